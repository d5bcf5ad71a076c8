//! Running the commands that the plan lists, and nothing else.
//!
//! [`child`] starts one and waits for it; [`tree`] knows every process that comes from one and ends them all.

mod child;
#[cfg(test)]
mod tests;
mod tree;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::Instant,
};

use serde::{Deserialize, Serialize};

pub use self::tree::end_all;
use super::search_path::SearchPath;
use crate::domain::{
    Authority, Error, Grant,
    grant::{Argument, admits, command_words, shell_words},
    text,
};

/// Variables that a program gets from the host's environment: who runs it, where it may put scratch files, and the time zone.
const PASSED_ON: [&str; 5] = ["HOME", "USER", "LOGNAME", "TZ", "TMPDIR"];

/// How many commands a refusal names.
const MOST_NAMED: usize = 5;

/// Most bytes of a command that a message quotes.
const MOST_QUOTED: usize = 200;

/// What a command that ran to its end left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    #[serde(default)]
    pub signal: Option<i32>,
    /// At most 1 MiB, invalid UTF-8 replaced.
    #[serde(default)]
    pub stdout: String,
    /// At most 64 KiB, invalid UTF-8 replaced.
    #[serde(default)]
    pub stderr: String,
    /// Whether either was longer.
    #[serde(default)]
    pub truncated: bool,
}

/// The commands and programs of one job.
pub struct Processes {
    project: PathBuf,
    commands: Vec<Vec<Argument>>,
    programs: Vec<String>,
    path: SearchPath,
}

impl Processes {
    /// The commands and programs that `authorities` grant. Commands run in `project`; programs are found on `path`.
    pub fn new(project: &Path, authorities: &[Authority], path: &SearchPath) -> Self {
        let (mut commands, mut programs) = (Vec::new(), Vec::new());
        for authority in authorities {
            match &authority.grant {
                Grant::Command { arguments } => commands.push(arguments.clone()),
                Grant::Program { name } => programs.push(name.clone()),
                _ => {}
            }
        }
        Self { project: project.to_owned(), commands, programs, path: path.clone() }
    }

    /// All that a program gets as its environment, but for the mark of its run.
    fn variables(&self) -> Vec<(&'static str, OsString)> {
        let mut variables = vec![
            ("PATH", self.path.as_variable()),
            // Messages in one language, in UTF-8, wherever this runs.
            ("LANG", "C.UTF-8".into()),
            ("LC_ALL", "C.UTF-8".into()),
        ];
        let passed_on = PASSED_ON.iter().filter_map(|&name| Some((name, std::env::var_os(name)?)));
        variables.extend(passed_on);
        variables
    }

    /// Where a program that a parameter or a command names is.
    pub fn find(&self, program: &str) -> Result<String, Error> {
        let of_command = self.commands.iter().filter_map(|command| match command.first() {
            Some(Argument::Text(program)) => Some(program),
            // No template leaves its program to the check.
            Some(Argument::Slot { .. }) | None => None,
        });
        let named: Vec<_> = self.programs.iter().chain(of_command).collect();
        if !named.iter().any(|name| *name == program) {
            return Err(Error::Denied(format!(
                "program {} is not among those that this job's parameters name ({}); to allow it, name it in a parameter of kind \
                 'program' of this item in gonogo.toml",
                text::line(program, MOST_QUOTED),
                listed(named.into_iter().cloned()),
            )));
        }
        let found = self.path.find(program).ok_or_else(|| self.path.explain(program))?;
        found.into_os_string().into_string().map_err(|path| {
            Error::Io(format!("cannot name program {program}: its path {} is not UTF-8", path.display()))
        })
    }

    /// Runs a command that the plan lists, argument for argument and with its slots filled in, until it ends or `deadline` comes.
    pub fn run(&self, command: &[String], deadline: Instant) -> Result<Output, Error> {
        let granted = self.commands.iter().any(|planned| admits(planned, command));
        let Some(program) = command.first().filter(|_| granted) else {
            return Err(Error::Denied(format!(
                "command {} is not among those that the plan lists for this job ({}); to allow it, write it word for word in a \
                 parameter of kind 'command' of this item in gonogo.toml",
                quote(command),
                listed(self.commands.iter().map(|planned| text::line(&command_words(planned), MOST_QUOTED))),
            )));
        };
        let found = self.path.find(program).ok_or_else(|| self.path.explain(program))?;
        child::run(&child::Start {
            program: &found,
            arguments: &command[1..],
            directory: &self.project,
            variables: &self.variables(),
            shown: &quote(command),
            deadline,
        })
    }
}

fn quote(command: &[String]) -> String {
    text::line(&shell_words(command), MOST_QUOTED)
}

fn listed(items: impl ExactSizeIterator<Item = String>) -> String {
    let more = items.len().saturating_sub(MOST_NAMED);
    let named = items.take(MOST_NAMED).collect::<Vec<_>>().join("; ");
    match (named.is_empty(), more) {
        (true, _) => "none".to_owned(),
        (false, 0) => named,
        (false, more) => format!("{named}; and {more} more"),
    }
}
