//! What one job may touch, and why.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::Endpoint;

/// One thing that a job may touch. Computed from its parameters before anything runs, never asked for at run time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Grant {
    /// This file, or all below this directory.
    Read {
        /// As the parameter writes it, with variables put in and without `.` and `..`: how the plugin names it.
        name: String,
        /// Absolute, without `.` and `..`.
        path: PathBuf,
    },
    /// These files may be read as tables, and nothing else beside them.
    Dataset {
        /// As the parameter writes it, with variables put in and without `.` and `..`: a file, a directory or a pattern; or a remote object (`s3://…`, `https://…`).
        name: String,
        /// Absolute, without `.` and `..`; a pattern where the name is one. Of a remote object its name.
        path: PathBuf,
    },
    /// A probe file may be made in this directory.
    Write {
        /// As the parameter writes it.
        name: String,
        /// Absolute, without `.` and `..`.
        path: PathBuf,
    },
    /// This directory may be made, filled by the job's commands and read; the host removes it when the job ends.
    Scratch {
        /// As the parameter writes it.
        name: String,
        /// Absolute, without `.` and `..`.
        path: PathBuf,
    },
    /// The arguments of all processes that this user may see may be searched.
    Processes,
    /// This server may be asked for the remote tables that other parameters name.
    Endpoint {
        /// Scheme, host and port.
        #[serde(flatten)]
        server: Endpoint,
    },
    /// This program may be looked up.
    Program {
        /// A name to be found on the PATH, or a path.
        name: String,
    },
    /// Exactly this command may run, with its slots filled in.
    Command {
        /// The program and its arguments.
        arguments: Vec<Argument>,
    },
    /// Presence, length and matches of this environment variable; its value too with `reveal`.
    Variable {
        /// The variable's name.
        name: String,
        /// Whether the plugin sees the value.
        reveal: bool,
    },
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, .. } => write!(f, "read {}", path.display()),
            Self::Dataset { path, .. } => write!(f, "read tables {}", path.display()),
            Self::Write { path, .. } => write!(f, "probe {}", path.display()),
            Self::Scratch { path, .. } => write!(f, "make {}", path.display()),
            Self::Processes => write!(f, "search the arguments of processes"),
            Self::Endpoint { server } => write!(f, "ask {server}"),
            Self::Program { name } => write!(f, "find {name}"),
            Self::Command { arguments } => write!(f, "run {}", command_words(arguments)),
            Self::Variable { name, reveal: false } => write!(f, "test ${name}"),
            Self::Variable { name, reveal: true } => write!(f, "see ${name}"),
        }
    }
}

impl Grant {
    /// The grant of a command without slots.
    pub fn command<W: Into<String>>(words: impl IntoIterator<Item = W>) -> Self {
        Self::Command { arguments: words.into_iter().map(|word| Argument::Text(word.into())).collect() }
    }
}

/// One argument of a planned command. Which part of it is a slot was settled when the template was read, so a value that looks
/// like one stays text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Argument {
    /// Exactly this.
    Text(String),
    /// A part that the check fills in when it runs, between two texts.
    Slot {
        /// What stands before it.
        before: String,
        /// Its name: where a command has it twice, both have the same value.
        slot: String,
        /// What stands after it.
        after: String,
    },
}

/// Most characters of what fills a slot.
const MOST_FILLED: usize = 200;

impl Argument {
    /// Whether a word is this argument. Where it has a slot, the slot's name and what fills it.
    pub fn admits<'a>(&'a self, word: &'a str) -> Option<Option<(&'a str, &'a str)>> {
        match self {
            Self::Text(text) => (text == word).then_some(None),
            Self::Slot { before, slot, after } => {
                let filled = word.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
                may_fill(filled).then_some(Some((slot.as_str(), filled)))
            }
        }
    }
}

impl fmt::Display for Argument {
    /// As one would type it. A slot stands outside of quotes: `'my repository'::{?archive}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |text: &str| if text.is_empty() { String::new() } else { shell_word(text) };
        match self {
            Self::Text(text) => f.write_str(&shell_word(text)),
            Self::Slot { before, slot, after } => write!(f, "{}{{?{slot}}}{}", part(before), part(after)),
        }
    }
}

/// Whether a text may fill a slot: nothing that could be an option, a directory above, or a word of a shell.
fn may_fill(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"._:@+-".contains(&b);
    !text.starts_with('-')
        && !matches!(text, "" | "." | "..")
        && text.len() <= MOST_FILLED
        && text.bytes().all(fits)
}

/// Whether a command is the planned one, word for word, with its slots filled in.
pub fn admits(planned: &[Argument], command: &[String]) -> bool {
    let mut filled = BTreeMap::new();
    planned.len() == command.len()
        && planned.iter().zip(command).all(|(argument, word)| match argument.admits(word) {
            None => false,
            Some(None) => true,
            Some(Some((slot, value))) => *filled.entry(slot).or_insert(value) == value,
        })
}

/// A command as one would type it: arguments with anything unusual in single quotes.
pub fn shell_words(arguments: &[String]) -> String {
    arguments.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ")
}

/// A planned command as one would type it, slots as `{?name}`.
pub fn command_words(arguments: &[Argument]) -> String {
    arguments.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn shell_word(word: &str) -> String {
    let plain =
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./=:,+@%".contains(&b));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// Who wrote the parameter that a grant comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The user, in gonogo.toml, on this line.
    Config {
        /// Counted from 1.
        line: usize,
    },
    /// The profile.
    Profile,
    /// The check's own default, of a built-in plugin.
    Default,
    /// What another plugin brings: a default, or words of a command. A person consented to it in gonogo.lock, on this line.
    Consent {
        /// Counted from 1.
        line: usize,
    },
}

/// A grant with the parameter that gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// What may be touched.
    #[serde(flatten)]
    pub grant: Grant,
    /// The parameter, as a path of keys: `assertions[3].path`. `commands` for a command of the check's own.
    pub parameter: String,
    /// Who wrote it.
    pub origin: Origin,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slot(before: &str, after: &str) -> Argument {
        Argument::Slot { before: before.to_owned(), slot: "a".to_owned(), after: after.to_owned() }
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn a_slot_takes_names_and_nothing_that_acts() {
        let planned = [Argument::Text("borg".to_owned()), slot("/r::", "")];
        for good in ["/r::a", "/r::2026-01-01T10:00:00.5+01:00", "/r::x@y_z"] {
            let good = good.replace('_', "-");
            assert!(admits(&planned, &words(&["borg", &good])), "{good}");
        }
        let long = format!("/r::{}", "x".repeat(201));
        for bad in [
            "/r::", "/r::-x", "/r::.", "/r::..", "/r::a/b", "/r::a b", "/r::a\n", "/r::é", "/r", "/r::$x",
            &long,
        ] {
            assert!(!admits(&planned, &words(&["borg", bad])), "{bad}");
        }
        assert!(!admits(&planned, &words(&["borg"])) && !admits(&planned, &words(&["borg", "/r::a", "b"])));
        assert!(!admits(&[slot("", "")], &words(&["--rm"])));
    }

    #[test]
    fn a_slot_that_stands_twice_has_one_value() {
        let planned = [slot("", ""), slot("x=", "!")];
        assert!(admits(&planned, &words(&["1", "x=1!"])));
        assert!(!admits(&planned, &words(&["1", "x=2!"])));
    }

    #[test]
    fn slots_are_told_from_texts_that_look_like_them() {
        let (text, slot) = (Argument::Text("{?a}".to_owned()), slot("", ""));
        assert_eq!((text.to_string(), slot.to_string()), ("'{?a}'".to_owned(), "{?a}".to_owned()));
        let grant = Grant::Command { arguments: vec![text, slot] };
        let kept = serde_json::to_string(&grant).unwrap();
        assert_eq!(serde_json::from_str::<Grant>(&kept).unwrap(), grant);
        assert!(!admits(&[Argument::Text("{?a}".to_owned())], &words(&["x"])));
    }

    proptest! {
        #[test]
        fn what_is_admitted_has_the_planned_texts_and_a_harmless_part(
            before in "[a-z{?}:-]{0,4}", after in "[a-z{?}:-]{0,4}", word in "[a-z{?}:./ -]{0,12}", inner in "\\PC{0,6}"
        ) {
            let argument = slot(&before, &after);
            for word in [word, format!("{before}{inner}{after}")] {
                if let Some(filled) = argument.admits(&word) {
                    let (_, filled) = filled.unwrap();
                    prop_assert_eq!(&format!("{before}{filled}{after}"), &word);
                    let acts = filled.is_empty() || filled.starts_with('-') || filled.contains(['/', ' ', '\0', '{']);
                    prop_assert!(!acts, "{}", filled);
                }
            }
        }

        #[test]
        fn grants_survive_a_recording(before in "\\PC{0,9}", text in "\\PC{0,9}") {
            let grant = Grant::Command { arguments: vec![Argument::Text(text), slot(&before, "{?b}")] };
            let kept = serde_json::to_string(&grant).unwrap();
            prop_assert_eq!(serde_json::from_str::<Grant>(&kept).unwrap(), grant);
        }
    }
}
