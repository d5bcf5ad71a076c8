//! Who holds a lock, and whether that process still lives.

use std::fmt;

use gonogo_sdk::{Stop, system};

use crate::commands::{run, said};

/// A process on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// As the lock names it: `node`, `node.example.org@2485377892354`.
    pub host: String,
    /// Its number there.
    pub process: u64,
}

/// What is known of a lock's holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Life {
    /// A process of that number runs here.
    Alive,
    /// No process of that number runs here.
    Dead,
    /// It ran on another host, where it cannot be looked for.
    Elsewhere,
    /// It ran here and could not be looked for, for this reason.
    Unclear(String),
}

impl Holder {
    /// Whether it lives.
    pub fn life(&self) -> Result<Life, Stop> {
        let here: String = system::os()?.need("hostname")?;
        if label(&here) != label(&self.host) {
            return Ok(Life::Elsewhere);
        }
        let command = ["ps", "-o", "stat=", "-p", &self.process.to_string()].map(str::to_owned);
        let output = match run(&command)? {
            Ok(output) => output,
            Err(why) => return Ok(Life::Unclear(why)),
        };
        let state = output.stdout.trim();
        Ok(match output.code {
            // Ended, and not yet taken note of by who started it.
            Some(0) if state.starts_with('Z') => Life::Dead,
            Some(0) if !state.is_empty() => Life::Alive,
            Some(1) if state.is_empty() => Life::Dead,
            _ => Life::Unclear(format!("ps ended with {}: {}", output.ending(), said(&output))),
        })
    }
}

/// A host's own name, without its domain and what borg adds.
fn label(host: &str) -> &str {
    host.split(['.', '@']).next().unwrap_or(host)
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.process, label(&self.host))
    }
}
