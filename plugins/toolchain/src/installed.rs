//! The distributions of an environment, read from their metadata without starting Python.

use std::{collections::BTreeMap, fmt};

use gonogo_sdk::{
    Error,
    files::{self, Kind, MOST_BYTES},
};
use pep440_rs::Version;
use pep508_rs::PackageName;

use crate::{
    environments::Environment,
    metadata::{self, Metadata},
    project::join,
};

/// Most headers fit. Those with a long licence text ask again.
const FIRST_READ: u32 = 16 << 10;

/// Why the metadata of a distribution cannot be used.
pub enum Fault {
    /// It is not there, or makes no sense.
    Damaged(String),
    /// The host did not answer.
    Unread(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(why) | Self::Unread(why) => f.write_str(why),
        }
    }
}

/// One installed distribution.
pub struct Distribution {
    /// Its normalised name.
    pub shown: String,
    /// Its `.dist-info` or `.egg-info`.
    pub path: String,
    /// As its directory says, else as its metadata does.
    pub version: Option<Version>,
    /// What it says of itself, or why that cannot be read.
    pub metadata: Result<Metadata, Fault>,
}

/// All of them.
#[derive(Default)]
pub struct Installed {
    /// By normalised name: one each, unless something is wrong.
    pub by_name: BTreeMap<PackageName, Vec<Distribution>>,
    /// What pip leaves behind when an uninstall is cut short: `~umpy-1.26.4.dist-info`.
    pub leftovers: Vec<String>,
}

impl Installed {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.by_name.values().map(Vec::len).sum()
    }

    /// Reads all distributions of an environment.
    pub fn read(environment: &Environment) -> Result<Self, Error> {
        let Some(directory) = &environment.site_packages else {
            let place = join(&environment.path, "lib");
            let minor = environment
                .version
                .release()
                .iter()
                .take(2)
                .map(u64::to_string)
                .collect::<Vec<_>>()
                .join(".");
            return Err(Error::NotFound(format!("{place} has no python{minor} with site-packages")));
        };
        let mut installed = Self::default();
        for (name, kind) in files::list(directory)? {
            let Some(stem) = name.strip_suffix(".dist-info").or_else(|| name.strip_suffix(".egg-info"))
            else {
                continue;
            };
            let mut parts = stem.split('-');
            let project = parts.next().unwrap_or(stem);
            let named = parts.next().and_then(|version| version.parse::<Version>().ok());
            let path = join(directory, &name);
            let Ok(normal) = PackageName::new(project.to_owned()) else {
                installed.leftovers.push(path);
                continue;
            };
            let file = match (name.ends_with(".dist-info"), kind) {
                (true, _) => join(&path, "METADATA"),
                (false, Kind::File) => path.clone(),
                (false, _) => join(&path, "PKG-INFO"),
            };
            let metadata = read(&file);
            let version = named.or_else(|| Some(metadata.as_ref().ok()?.version.clone()));
            let distribution = Distribution { shown: normal.to_string(), path, version, metadata };
            installed.by_name.entry(normal).or_default().push(distribution);
        }
        Ok(installed)
    }

    /// The version of a distribution that is installed once and tells it.
    pub fn version(&self, name: &PackageName) -> Option<&Version> {
        match self.by_name.get(name).map(Vec::as_slice) {
            Some([only]) => only.version.as_ref(),
            _ => None,
        }
    }
}

fn read(file: &str) -> Result<Metadata, Fault> {
    let mut length = FIRST_READ;
    loop {
        let bytes = files::read(file, 0, length).map_err(|error| match error {
            Error::NotFound(why) => Fault::Damaged(why),
            error => Fault::Unread(error.to_string()),
        })?;
        let end = metadata::header_end(&bytes);
        let whole = bytes.len() < length as usize || length == MOST_BYTES;
        if end.is_none() && !whole {
            length = MOST_BYTES.min(length * 16);
            continue;
        }
        let header = String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]);
        return metadata::parse(&header).map_err(Fault::Damaged);
    }
}
