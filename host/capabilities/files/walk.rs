//! Walks: everything below a directory, natively, in batches.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::{Files, Kind};
use crate::domain::{Attributes, Error};

/// One thing that a walk met. `wit/files.wit` says what each part is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the contract's words")]
pub struct Entry {
    pub path: String,
    pub kind: Kind,
    #[serde(default)]
    pub size: u64,
    #[serde(default)]
    pub mode: u32,
    #[serde(default)]
    pub owner: u32,
    #[serde(default)]
    pub group: u32,
    #[serde(default)]
    pub modified: f64,
    #[serde(default)]
    pub links: u32,
    #[serde(default)]
    pub device: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Error>,
}

/// A walk under way.
pub struct Walk;

impl Files {
    /// Starts to walk a directory and all below it.
    pub fn walk(&self, _path: &str, _options: &Attributes) -> Result<Walk, Error> {
        Err(Error::Unsupported("this host does not walk".to_owned()))
    }
}

impl Walk {
    /// The next batch; empty at the end.
    pub fn next(&mut self, _deadline: Instant) -> Result<Vec<Entry>, Error> {
        Ok(Vec::new())
    }
}
