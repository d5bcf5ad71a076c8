//! Running the commands that the plan lists: those of [`Check::COMMANDS`](crate::Check::COMMANDS) and of [`Command`](crate::Command) parameters.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Error, bindings::gonogo::plugin::process as wit, host::ask};

/// What a command that ran to its end left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The exit code; absent when a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    #[serde(default)]
    pub signal: Option<i32>,
    /// At most 1 MiB.
    #[serde(default)]
    pub stdout: String,
    /// At most 64 KiB.
    #[serde(default)]
    pub stderr: String,
    /// Whether either was longer.
    #[serde(default)]
    pub truncated: bool,
}

impl Output {
    /// Whether it ended with code 0.
    pub fn succeeded(&self) -> bool {
        self.code == Some(0)
    }

    /// How it ended: `code 1`, `signal 9`.
    pub fn ending(&self) -> String {
        match (self.code, self.signal) {
            (Some(code), _) => format!("code {code}"),
            (None, Some(signal)) => format!("signal {signal}"),
            (None, None) => "no code".to_owned(),
        }
    }
}

/// Where a program that a parameter or a command names is.
pub fn find(program: &str) -> Result<String, Error> {
    ask("process.find", || json!({"program": program}), || Ok(wit::find(program)?))
}

/// Runs a command that the plan lists, argument for argument.
pub fn run(command: &[&str]) -> Result<Output, Error> {
    let import = || {
        let output = wit::run(&command.iter().map(|&word| word.to_owned()).collect::<Vec<_>>())?;
        Ok(Output {
            code: output.code,
            signal: output.signal,
            stdout: output.stdout,
            stderr: output.stderr,
            truncated: output.truncated,
        })
    };
    ask("process.run", || json!({"command": command}), import)
}
