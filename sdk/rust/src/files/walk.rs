//! Everything below a directory, as the host meets it.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{Kind, wit};
use crate::{Attributes, Error, host::ask};

/// One thing that a walk met. Links are not followed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    /// As the walk's path, with further names after it.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Bytes.
    #[serde(default)]
    pub size: u64,
    /// The permission bits.
    #[serde(default)]
    pub mode: u32,
    /// User id.
    #[serde(default)]
    pub owner: u32,
    /// Group id.
    #[serde(default)]
    pub group: u32,
    /// Seconds since the Unix epoch.
    #[serde(default)]
    pub modified: f64,
    /// Hard links.
    #[serde(default)]
    pub links: u32,
    /// The device that holds it.
    #[serde(default)]
    pub device: u64,
    /// Where a link leads to, as it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What could not be found out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Error>,
}

/// A walk that is being described.
#[derive(Clone, Debug)]
pub struct Walk {
    path: String,
    options: Attributes,
}

/// A walk of a directory and all below it.
pub fn walk(path: &str) -> Walk {
    Walk { path: path.to_owned(), options: Attributes::default() }
}

impl Walk {
    /// Leaves out what these patterns of .gitignore name, relative to the walk's path.
    #[must_use]
    pub fn exclude(self, patterns: &[&str]) -> Self {
        self.option("exclude", texts(patterns))
    }

    /// Leaves out what .gitignore and .ignore files name.
    #[must_use]
    pub fn ignore_files(self) -> Self {
        self.option("ignore-files", true)
    }

    /// Stays on one device.
    #[must_use]
    pub fn same_device(self) -> Self {
        self.option("same-device", true)
    }

    /// Goes no deeper; 1 is what lies directly in the directory.
    #[must_use]
    pub fn depth(self, depth: u32) -> Self {
        self.option("depth", depth)
    }

    /// Gives only what has one of these permission bits.
    #[must_use]
    pub fn mode_any(self, bits: u32) -> Self {
        self.option("mode-any", bits)
    }

    /// Gives only these kinds: `file`, `directory`, `link`, `other`.
    #[must_use]
    pub fn kinds(self, kinds: &[&str]) -> Self {
        self.option("kinds", texts(kinds))
    }

    fn option(mut self, name: &str, value: impl Into<crate::Value>) -> Self {
        self.options.set(name, value);
        self
    }

    /// Starts.
    ///
    /// # Errors
    /// Where the path is not granted, or is no directory.
    pub fn start(self) -> Result<Entries, Error> {
        let Self { path, options } = self;
        let asked = json!({"path": path, "options": options});
        let mut handle = None;
        let import = || {
            handle = Some(wit::walk(&path, &options.into_wit())?);
            Ok(())
        };
        ask("files.walk", || asked.clone(), import)?;
        Ok(Entries { asked, handle, batch: Vec::new().into_iter(), ended: false })
    }
}

pub(super) fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// What a walk meets, parents before children. After an error it is at its end.
pub struct Entries {
    asked: Json,
    handle: Option<wit::Entries>,
    batch: std::vec::IntoIter<Entry>,
    ended: bool,
}

impl Iterator for Entries {
    type Item = Result<Entry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.batch.as_slice().is_empty() && !self.ended {
            let handle = self.handle.as_ref();
            let import = || {
                let batch = handle.map_or(Ok(Vec::new()), wit::Entries::next)?;
                Ok(batch.into_iter().map(Entry::from).collect::<Vec<_>>())
            };
            match ask("files.walk.next", || self.asked.clone(), import) {
                Ok(batch) => self.batch = batch.into_iter(),
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            }
            self.ended = self.batch.as_slice().is_empty();
        }
        self.batch.next().map(Ok)
    }
}

impl From<wit::Entry> for Entry {
    fn from(entry: wit::Entry) -> Self {
        Self {
            path: entry.path,
            kind: entry.kind.into(),
            size: entry.size,
            mode: entry.mode,
            owner: entry.owner,
            group: entry.group,
            modified: entry.modified,
            links: entry.links,
            device: entry.device,
            target: entry.target,
            failed: entry.failed.map(Into::into),
        }
    }
}
