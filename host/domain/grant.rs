//! What one job may touch, and why.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

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
    /// A probe file may be made in this directory.
    Write {
        /// As the parameter writes it.
        name: String,
        /// Absolute, without `.` and `..`.
        path: PathBuf,
    },
    /// This program may be looked up.
    Program {
        /// A name to be found on the PATH, or a path.
        name: String,
    },
    /// Exactly this command may run.
    Command {
        /// The program and its arguments.
        arguments: Vec<String>,
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
            Self::Write { path, .. } => write!(f, "probe {}", path.display()),
            Self::Program { name } => write!(f, "find {name}"),
            Self::Command { arguments } => write!(f, "run {}", shell_words(arguments)),
            Self::Variable { name, reveal: false } => write!(f, "test ${name}"),
            Self::Variable { name, reveal: true } => write!(f, "see ${name}"),
        }
    }
}

/// A command as one would type it: arguments with anything unusual in single quotes.
pub fn shell_words(arguments: &[String]) -> String {
    let plain = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./=:,+@%".contains(&b))
    };
    let words = arguments.iter().map(|word| match plain(word) {
        true => word.clone(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    });
    words.collect::<Vec<_>>().join(" ")
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
    /// The check's own default; counts only for built-in plugins.
    Default,
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
