//! `gonogo plugin list`: the plugins of gonogo.toml, as far as files tell. Nothing is fetched, compiled or run.

use serde::Serialize;

use crate::{
    catalog::Found,
    cli::{
        args::PluginList,
        exit::Exit,
        failure::Failure,
        stages::{configuration_at, directory},
        supply::{Supply, refuse_taken_names},
        write,
    },
    config,
    domain::{PluginSource, text},
    lock::{Abilities, Ability, Entry},
    report::{
        Style,
        layout::{ACTION, FAINT, STRONG, table},
        units,
    },
};

/// Most bytes of one cell.
const MOST: usize = 300;

/// One plugin as `plugin list --format json` writes it.
#[derive(Debug, Serialize)]
struct Listed {
    name: String,
    source: String,
    /// Of what is locked.
    version: Option<String>,
    sha256: Option<String>,
    manifest: Option<String>,
    signer: Option<String>,
    /// All that a person consented to, one line each.
    can: Vec<String>,
    #[serde(skip)]
    summary: String,
    state: State,
}

/// How the component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    /// It is here, as it is locked.
    Installed,
    /// It is locked and not here: the next run fetches it.
    Missing,
    /// What is here is not what is locked.
    Changed,
    /// Nobody consented to it.
    NotLocked,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Missing => "missing",
            Self::Changed => "changed",
            Self::NotLocked => "not locked",
        }
    }
}

/// Lists them.
pub fn list(args: &PluginList, verbose: u8) -> Result<Exit, Failure> {
    let folder = directory(&args.place.project)?;
    let (path, text) = configuration_at(&folder, args.place.config.as_deref())?;
    let config =
        config::parse(&path, &text.unwrap_or_default()).map_err(|problems| Failure::problems(&problems))?;
    refuse_taken_names(&config)?;
    let supply = Supply::beside(&path, &config)?;
    let listed = config.plugins.iter().map(|(name, plugin)| {
        let source = &plugin.source.value;
        let entry = supply.entry(name).filter(|entry| entry.source == *source);
        let locked = |value: fn(&Entry) -> Option<String>| entry.and_then(value);
        Listed {
            name: name.clone(),
            source: source.to_string(),
            version: locked(|entry| Some(entry.version.clone())),
            sha256: locked(|entry| Some(entry.sha256.clone())),
            manifest: locked(|entry| entry.manifest.clone()),
            signer: locked(|entry| entry.signer.as_ref().map(ToString::to_string)),
            can: entry.iter().flat_map(|entry| &entry.abilities).map(ToString::to_string).collect(),
            summary: entry.map_or_else(|| "nothing by itself".to_owned(), |entry| summary(&entry.abilities)),
            state: entry.map_or(State::NotLocked, |entry| state(name, source, entry, &supply)),
        }
    });
    let listed = listed.collect::<Vec<_>>();
    write(&args.output, verbose, &listed, |style| as_text(&listed, style))?;
    Ok(Exit::Go)
}

fn state(name: &str, source: &PluginSource, entry: &Entry, supply: &Supply) -> State {
    if let PluginSource::Path(path) = source {
        let path = supply.folder.join(path);
        return match Found::in_file(name, path.clone()) {
            Ok(found) if found.sha256 == entry.sha256 => State::Installed,
            Ok(_) => State::Changed,
            Err(_) if path.exists() => State::Changed,
            Err(_) => State::Missing,
        };
    }
    match supply.at_hand(name, &entry.sha256) {
        Ok(Some(_)) => State::Installed,
        Ok(None) => State::Missing,
        Err(_) => State::Changed,
    }
}

/// What a plugin can do, in a few words: `files, process; 2 commands`.
fn summary(abilities: &Abilities) -> String {
    let interfaces = abilities.iter().filter_map(|ability| match ability {
        Ability::Interface(name) => {
            let name = name.rsplit_once('/').map_or(name.as_str(), |(_, name)| name);
            let name = name.split_once('@').map_or(name, |(name, _)| name);
            // Every plugin has these, and they reach nothing.
            Some(name).filter(|name| !matches!(*name, "types" | "log" | "clock"))
        }
        _ => None,
    });
    let interfaces = interfaces.collect::<Vec<_>>().join(", ");
    let count = |of: fn(&Ability) -> bool, word: &str| {
        let number = abilities.iter().filter(|ability| of(ability)).count();
        (number > 0).then(|| units::counted(number, word))
    };
    let parts = [
        Some(interfaces).filter(|names| !names.is_empty()),
        count(|ability| matches!(ability, Ability::Command { .. }), "command"),
        count(|ability| matches!(ability, Ability::Default { .. }), "default"),
        abilities.contains(&Ability::Wasi).then(|| "WASI, inert".to_owned()),
    ];
    let said = parts.into_iter().flatten().collect::<Vec<_>>();
    if said.is_empty() { "nothing".to_owned() } else { said.join("; ") }
}

fn as_text(listed: &[Listed], style: &Style) -> String {
    if listed.is_empty() {
        return "gonogo.toml names no plugins besides the built-in ones\n".to_owned();
    }
    let head = ["plugin", "version", "state", "signer", "source", "can"].map(str::to_owned);
    let cell = |text: &str| text::line(text, MOST);
    let rows = listed.iter().map(|plugin| {
        [
            cell(&plugin.name),
            cell(plugin.version.as_deref().unwrap_or("-")),
            plugin.state.name().to_owned(),
            cell(plugin.signer.as_deref().unwrap_or("-")),
            cell(&plugin.source),
            cell(&plugin.summary),
        ]
    });
    let rows = std::iter::once(head).chain(rows).collect::<Vec<_>>();
    let lines = table(&rows, [Some(STRONG), None, Some(ACTION), None, None, Some(FAINT)], style);
    let mut out = lines.join("\n") + "\n";
    if style.verbose {
        for plugin in listed.iter().filter(|plugin| !plugin.can.is_empty()) {
            out += &format!(
                "\n{}  {}\n",
                style.paint(STRONG, &plugin.name),
                style.paint(FAINT, &cell(&plugin.source))
            );
            // Never cut: this is what was consented to.
            plugin.can.iter().for_each(|can| out += &format!("  {can}\n"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_words_say_what_a_plugin_can_do() {
        let interface = |name: &str| Ability::Interface(format!("gonogo:plugin/{name}@0.1.0"));
        let command = |word: &str| Ability::Command { check: "x".to_owned(), words: vec![word.to_owned()] };
        assert_eq!(summary(&Abilities::new()), "nothing");
        assert_eq!(summary(&[interface("log"), interface("types")].into()), "nothing");
        let all = [interface("files"), interface("process"), Ability::Wasi, command("a"), command("b")];
        assert_eq!(summary(&all.into()), "files, process; 2 commands; WASI, inert");
    }
}
