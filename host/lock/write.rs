//! A lock as text: one way to write each, so that what did not change makes no difference.

use std::fmt::Write;

use super::{Ability, Entry, Lock, VERSION};
use crate::domain::text::acts;

/// What stands above it all.
const HEADER: &str = "\
# Which plugins this project runs, byte for byte, and what a person consented that each of them can do.
# Written by `gonogo plugin add`, `update` and `remove`. Keep it under version control, beside gonogo.toml.
";

impl Lock {
    /// The whole file.
    pub fn text(&self) -> String {
        let mut text = format!("{HEADER}version = {VERSION}\n");
        for (name, entry) in &self.plugins {
            text.push('\n');
            text += &self::entry(name, entry);
        }
        text
    }
}

/// The lines of one plugin.
pub(super) fn entry(name: &str, entry: &Entry) -> String {
    let mut out = format!("[plugins.{name}]\n");
    let mut line = |key: &str, value: &str| out += &format!("{key} = {value}\n");
    line("source", &quoted(&entry.source.to_string()));
    line("version", &quoted(&entry.version));
    if let Some(manifest) = &entry.manifest {
        line("manifest", &quoted(manifest));
    }
    line("sha256", &quoted(&entry.sha256));
    if let Some(signer) = &entry.signer {
        let (principal, fingerprint) = (quoted(&signer.principal), quoted(&signer.fingerprint));
        line("signer", &format!("{{ principal = {principal}, fingerprint = {fingerprint} }}"));
    }
    line("contract", &quoted(&entry.contract));
    line("wasi", if entry.abilities.contains(&Ability::Wasi) { "true" } else { "false" });
    let all = |write: &dyn Fn(&Ability) -> Option<String>| list(entry.abilities.iter().filter_map(write));
    line(
        "imports",
        &all(&|ability| match ability {
            Ability::Interface(name) => Some(quoted(name)),
            _ => None,
        }),
    );
    line(
        "commands",
        &all(&|ability| match ability {
            Ability::Command { check, words } => {
                Some(format!("{{ check = {}, words = {} }}", quoted(check), words_of(words)))
            }
            _ => None,
        }),
    );
    line(
        "defaults",
        &all(&|ability| match ability {
            Ability::Default { check, parameter, grant, value } => Some(format!(
                "{{ check = {}, parameter = {}, grant = {}, value = {} }}",
                quoted(check),
                quoted(parameter),
                quoted(grant),
                words_of(value)
            )),
            _ => None,
        }),
    );
    out
}

/// Each element on a line of its own, so that a difference shows it alone.
fn list(elements: impl Iterator<Item = String>) -> String {
    let mut out = String::new();
    for element in elements {
        let _ = writeln!(out, "    {element},");
    }
    if out.is_empty() { "[]".to_owned() } else { format!("[\n{out}]") }
}

fn words_of(words: &[String]) -> String {
    format!("[{}]", words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", "))
}

/// A text on one line. What would act on a terminal, or hide, is spelt out.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out += "\\n",
            '\t' => out += "\\t",
            c if acts(c) || c.is_control() => {
                let _ = match u16::try_from(u32::from(c)) {
                    Ok(short) => write!(out, "\\u{short:04X}"),
                    Err(_) => write!(out, "\\U{:08X}", u32::from(c)),
                };
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
