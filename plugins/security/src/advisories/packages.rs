//! What is held against the database: packages by name and version, and where they are named.

use std::collections::BTreeMap;

use gonogo_sdk::{
    Error,
    files::{self, MOST_BYTES},
};

use super::version::Ecosystem;
use crate::shell::word;

/// A lock file of a large monorepo has 10 MiB; this is far more, and what a check's memory bears.
const MOST_LOCK: u64 = 64 << 20;

/// What names a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The metadata of an installed distribution.
    Installed,
    /// requirements.txt.
    Requirements,
    /// uv.lock.
    Uv,
    /// poetry.lock.
    Poetry,
    /// Another lock of Python's: pylock.toml, pdm.lock.
    Pylock,
    /// package-lock.json.
    Npm,
    /// pnpm-lock.yaml.
    Pnpm,
    /// Cargo.lock.
    Cargo,
}

/// Where a package is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: String,
    /// The line, where the file has lines that people read.
    pub line: Option<u32>,
    /// What sort of file it is.
    pub source: Source,
}

/// A package in one version: ecosystem, name in its normal form, version as it is written.
pub type Key = (Ecosystem, String, String);

/// All packages that were found.
#[derive(Debug, Default)]
pub struct Packages {
    /// With the places that name them.
    pub found: BTreeMap<Key, Vec<Place>>,
    /// Files and environments that were read.
    pub read: Vec<String>,
    /// What could not be read: the place, and why.
    pub unread: Vec<(String, String)>,
    /// Requirements without a version.
    pub unpinned: usize,
}

impl Packages {
    /// Adds a package.
    pub fn add(&mut self, ecosystem: Ecosystem, name: &str, version: &str, place: Place) {
        let key = (ecosystem, ecosystem.normal(name), version.to_owned());
        self.found.entry(key).or_default().push(place);
    }

    /// The names of an ecosystem, each once.
    pub fn names(&self, ecosystem: Ecosystem) -> Vec<&str> {
        let mut names = self
            .found
            .keys()
            .filter(|(of, ..)| *of == ecosystem)
            .map(|(_, name, _)| name.as_str())
            .collect::<Vec<_>>();
        names.dedup();
        names
    }

    /// The ecosystems that have a package.
    pub fn ecosystems(&self) -> Vec<Ecosystem> {
        let mut found = self.found.keys().map(|(ecosystem, ..)| *ecosystem).collect::<Vec<_>>();
        found.dedup();
        found
    }
}

impl Source {
    /// The command that brings a version without the fault.
    pub fn upgrade(self, name: &str, fixed: &str) -> String {
        let least = word(&format!("{name}>={fixed}"));
        let least = if least.starts_with('\'') { least } else { format!("'{least}'") };
        match self {
            Self::Installed => format!("pip install {least}"),
            Self::Requirements => format!("write {name}=={fixed}, then pip install -r"),
            Self::Uv => format!("uv lock --upgrade-package {least} && uv sync"),
            Self::Poetry => format!("poetry update {name}, or poetry add {least}"),
            Self::Pylock => format!("lock anew with {least}"),
            Self::Npm => format!("npm install {}", word(&format!("{name}@{fixed}"))),
            Self::Pnpm => format!("pnpm update --depth Infinity {}", word(&format!("{name}@{fixed}"))),
            Self::Cargo => format!("cargo update --package {name} --precise {fixed}"),
        }
    }
}

/// A whole text file, in parts; `None` where it is not there.
pub fn read(path: &str) -> Result<Option<String>, Error> {
    let mut bytes = Vec::new();
    loop {
        let part = match files::read(path, bytes.len() as u64, MOST_BYTES) {
            Ok(part) => part,
            Err(Error::NotFound(_)) if bytes.is_empty() => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_last = part.len() < MOST_BYTES as usize;
        bytes.extend(part);
        if is_last {
            break;
        }
        if bytes.len() as u64 > MOST_LOCK {
            return Err(Error::Limit(format!("{path} is larger than {MOST_LOCK} bytes")));
        }
    }
    String::from_utf8(bytes).map(Some).map_err(|_| Error::Io(format!("{path} is not UTF-8")))
}
