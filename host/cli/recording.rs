//! Recordings: what `check --record` keeps and `check --replay` runs again.
//!
//! A recording holds the plan and every answer that the host gave, so that it needs nothing of the machine, the project or the
//! profile that it was made with: only the plugins, which are run again.

use std::{collections::BTreeMap, fs, path::Path};

use serde::{Deserialize, Serialize};

use super::{exit::Exit, failure::Failure, output::Output};
use crate::{
    capabilities::{found, session::Call},
    catalog::Catalog,
    domain::{ItemId, value},
    plan::Plan,
    report::Host,
};

/// The form of the file; a change that breaks readers changes the number.
const SCHEMA: &str = "gonogo/recording@1";

/// Most bytes of a recording that are read: hundreds of thousands of answers.
const MOST: u64 = 1 << 30;

/// One run of a plan, with every answer that the host gave.
#[derive(Debug, Serialize, Deserialize)]
pub struct Recording {
    schema: String,
    /// The machine that was asked.
    pub host: Host,
    /// The plugins that asked: SHA-256 by name.
    plugins: BTreeMap<String, String>,
    /// What was run.
    pub plan: Plan,
    /// The answers to each item's job, in order.
    pub answers: BTreeMap<ItemId, Vec<Call>>,
}

impl Recording {
    /// What is to be kept of a run.
    pub fn new(host: Host, catalog: &Catalog, plan: Plan, answers: BTreeMap<ItemId, Vec<Call>>) -> Self {
        let digest = |plugin: &crate::catalog::Plugin| (plugin.name.clone(), plugin.sha256.clone());
        let plugins = catalog.plugins.values().map(digest).collect();
        Self { schema: SCHEMA.to_owned(), host, plugins, plan, answers }
    }

    /// Writes it to a file, whole or not at all.
    pub fn write(&self, output: &Output) -> Result<(), Failure> {
        let bug = |error| Failure::new(Exit::Bug, "cannot write the recording as JSON").cause(error);
        let mut recording = serde_json::to_value(self).map_err(bug)?;
        if let Some(answers) = recording.get_mut("answers") {
            found::blank(answers);
        }
        let mut text = serde_json::to_vec_pretty(&recording).map_err(bug)?;
        text.push(b'\n');
        output.write(&text)
    }

    /// Reads a file that [`Recording::write`] wrote.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let unreadable = |error: std::io::Error| {
            Failure::usage(format!("cannot read the recording {}: {}", path.display(), value::reason(&error)))
        };
        let found = fs::metadata(path).map_err(unreadable)?;
        if !found.is_file() || found.len() > MOST {
            return Err(Failure::usage(format!(
                "the recording {} is no file of at most 1 GiB",
                path.display()
            )));
        }
        let text = fs::read(path).map_err(unreadable)?;
        let invalid = |why: String| {
            Failure::invalid(format!("{} is no recording: {why}", path.display()))
                .hint("make one with `gonogo check --record FILE`")
        };
        let recording: Self = serde_json::from_slice(&text).map_err(|error| invalid(error.to_string()))?;
        match recording.schema == SCHEMA {
            true => Ok(recording),
            false => Err(invalid(format!(
                "it is of the form '{}', this gonogo reads '{SCHEMA}'",
                recording.schema
            ))),
        }
    }

    /// The plugins that are not, byte for byte, those of the recording: their checks may judge otherwise.
    pub fn changed<'a>(&'a self, catalog: &'a Catalog) -> impl Iterator<Item = &'a str> {
        let same = |name: &str, sha256: &str| {
            catalog.plugins.get(name).is_some_and(|plugin| plugin.sha256 == sha256)
        };
        self.plugins.iter().filter(move |(name, sha256)| !same(name, sha256)).map(|(name, _)| name.as_str())
    }
}
