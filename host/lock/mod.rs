//! gonogo.lock: which plugins a project runs, byte for byte, and what a person consented that each of them can do. Pure.
//!
//! Text is read strictly, and written in one way only: [`Lock`] to [`text`](Lock::text) and back is the same lock, and the same lock is the
//! same text. What a person consents to is known by the digest of just these lines ([`Entry::consent`]).

mod difference;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use sha2::{Digest, Sha256};

pub use difference::Difference;
pub use read::parse;

use crate::domain::{PluginSource, Signer, grant::shell_words, text::acts};

/// The form that this program writes and reads.
const VERSION: u64 = 1;

/// What a default can give: the values of `x-gonogo-grant`, and a part of a command.
pub const GRANTS: &[&str] = &[
    "read",
    "dataset",
    "write",
    "scratch",
    "processes",
    "endpoint",
    "program",
    "command",
    "variable",
    "reveal",
    ARGUMENT,
];

/// A default that carries no authority by itself, but may be put into a command.
pub const ARGUMENT: &str = "argument";

/// What gonogo.lock holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// By the plugin's name in gonogo.toml.
    pub plugins: BTreeMap<String, Entry>,
}

/// One plugin, as a person consented to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it comes from, as gonogo.toml had it.
    pub source: PluginSource,
    /// What it says is its version.
    pub version: String,
    /// `sha256:…` of its manifest in a registry.
    pub manifest: Option<String>,
    /// SHA-256 of the component, lower-case hex.
    pub sha256: String,
    /// Who signed it.
    pub signer: Option<Signer>,
    /// The version of the contract `gonogo:plugin` that it is made for.
    pub contract: String,
    /// All that it can do.
    pub abilities: Abilities,
    /// Where it stands in gonogo.lock, counted from 1; 0 before it is written.
    pub line: usize,
}

/// All that a plugin can do.
pub type Abilities = BTreeSet<Ability>;

/// Something that a plugin can do, if a person lets it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ability {
    /// It can call this interface of the host, within what parameters grant: `gonogo:plugin/files@0.1.0`.
    Interface(String),
    /// Its runtime imports WASI, which gives it nothing.
    Wasi,
    /// A check may run this command, with parameters put into its placeholders.
    Command {
        /// The check's name.
        check: String,
        /// The template, word for word.
        words: Vec<String>,
    },
    /// Where nobody writes the parameter, a check gets this authority by its default.
    Default {
        /// The check's name.
        check: String,
        /// The parameter: `tables[].scratch`.
        parameter: String,
        /// The kind of authority, one of [`GRANTS`].
        grant: String,
        /// On what: a path, a name; the words of a command.
        value: Vec<String>,
    },
}

impl fmt::Display for Ability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interface(name) => {
                // The package is the same for all, its version is said once, and who reads this wants to know what it reaches.
                let short = name.strip_prefix("gonogo:plugin/").unwrap_or(name);
                write!(f, "call {}", shown(short))?;
                match interface(short) {
                    Some(about) => write!(f, ": {about}"),
                    None => Ok(()),
                }
            }
            Self::Wasi => {
                write!(f, "import WASI, which gives it no file, no variable, no argument and no network")
            }
            Self::Command { check, words } => {
                write!(f, "run {}   [{}]", shown(&template(words)), shown(check))
            }
            Self::Default { check, parameter, grant, value } => {
                let what = match grant.as_str() {
                    "read" => "read",
                    "dataset" => "read tables",
                    "write" => "probe",
                    "scratch" => "make",
                    "processes" => "search the arguments of processes",
                    "endpoint" => "ask the server",
                    "program" => "find",
                    "command" => "run",
                    "variable" => "test the variable",
                    ARGUMENT => "put into its commands",
                    "reveal" => "see the variable",
                    // A kind that came later: its name says more than a guess.
                    other => other,
                };
                let value = match value.as_slice() {
                    _ if grant == "processes" => String::new(),
                    [one] if grant != "command" => format!(" {}", shown(one)),
                    words => format!(" {}", shown(&shell_words(words))),
                };
                write!(f, "{what}{value} by default   [{}: {}]", shown(check), shown(parameter))
            }
        }
    }
}

/// What an interface is for, within what parameters grant.
fn interface(short: &str) -> Option<&'static str> {
    match short.split_once('@').map_or(short, |(name, _)| name) {
        "files" => Some("files and directories that parameters name"),
        "process" => Some("programs and commands that are granted"),
        "environment" => Some("variables that parameters name"),
        "network" => Some("endpoints that parameters name"),
        "system" => Some("what this machine is: CPU, memory, disks, GPUs, kernel log"),
        "dataset" => Some("tables that parameters name"),
        "clock" => Some("the time"),
        "log" => Some("its own messages, bounded"),
        _ => None,
    }
}

/// A template as one would type it, with `{name}` where a parameter is put in.
fn template(words: &[String]) -> String {
    let word = |word: &String| match word.starts_with('{') && word.ends_with('}') && !word.contains(' ') {
        true => word.clone(),
        false => shell_words(std::slice::from_ref(word)),
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// On one line, and what would act is spelt out. Never cut, never blanked: consent to what is not shown is none.
fn shown(said: &str) -> String {
    said.chars().fold(String::new(), |mut out, c| {
        if acts(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
        out
    })
}

impl Entry {
    /// What a person consents to, in one word: the digest of the lines that will stand in gonogo.lock. It is another one for other bytes, another
    /// source, another signer, and whatever more or less the plugin can do.
    pub fn consent(&self, name: &str) -> String {
        let mut hasher = Sha256::new();
        hasher.update(b"gonogo consent 1\n");
        hasher.update(write::entry(name, self).as_bytes());
        let hash = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        format!("sha256:{hash}")
    }
}
