//! Reading what parameters of kind `read` name, and probing where parameters of kind `write` allow it.
//!
//! Two steps, never mixed: [`place`] finds the grant that a path falls under and opens the thing itself below the granted directory
//! without touching it (`O_PATH`); everything else works on that descriptor. So nothing is checked by name and opened after.

pub mod archive;
mod content;
mod digests;
mod directory;
mod place;
mod probe;
mod scratch;
pub mod search;
#[cfg(feature = "dataset")]
pub mod selection;
mod space;
mod stat;
#[cfg(test)]
mod tests;
pub mod walk;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use serde::{Deserialize, Serialize};

use self::place::{Access, Root};
#[cfg(feature = "dataset")]
pub use self::scratch::Scratch;
pub use self::scratch::remove_all as remove_scratches;
use super::pattern;
use crate::domain::{Attributes, Authority, Error, Grant, remote::is_remote};

/// Most bytes that one `read` gives: a plugin's memory holds several of them.
const MOST_READ: u32 = 4 << 20;

/// Most names that one `list` gives: about 10 MiB in a plugin's memory.
const MOST_NAMES: usize = 100_000;

/// Largest probe file in bytes: enough to outlast the write cache of a disk, little enough to be harmless.
const MOST_PROBE: u64 = 4 << 30;

/// What a name in a directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A FIFO, socket or device.
    Other,
}

/// How to digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// BLAKE3.
    Blake3,
}

/// The files of one job. `wit/files.wit` says what each function answers.
pub struct Files {
    project: PathBuf,
    roots: Vec<Root>,
    /// Which roots have this name or this path: a job may have hundreds, and each call asks for one.
    named: HashMap<PathBuf, Vec<usize>>,
    /// What may be read as tables: names as parameters write them, with their absolute paths.
    #[cfg_attr(not(feature = "dataset"), expect(dead_code, reason = "asked for by the engine alone"))]
    tables: Vec<(PathBuf, PathBuf)>,
    /// Whether the arguments of processes may be searched.
    processes: bool,
    /// What is left for contents.
    contents: Arc<archive::Budget>,
}

impl Files {
    /// The files that `authorities` grant; relative paths start at `project`.
    pub fn new(project: &Path, authorities: &[Authority]) -> Self {
        let roots = authorities.iter().filter_map(|authority| Root::of(&authority.grant)).collect::<Vec<_>>();
        let named = place::by_name_and_path(&roots);
        let table = |authority: &Authority| match &authority.grant {
            // What is remote is no file, not even one that is called so.
            Grant::Dataset { name, path } if !is_remote(name) => Some((PathBuf::from(name), path.clone())),
            _ => None,
        };
        let tables = authorities.iter().filter_map(table).collect();
        let processes = authorities.iter().any(|authority| authority.grant == Grant::Processes);
        Self { project: project.to_owned(), roots, named, tables, processes, contents: Arc::default() }
    }

    /// Denies what nobody said yes to: searching the arguments of processes.
    fn may_search_processes(&self) -> Result<(), Error> {
        match self.processes {
            true => Ok(()),
            false => Err(Error::Denied(
                "the arguments of processes: no parameter of this job allows to search them; to allow it, set a parameter of kind \
                 'processes' of this item to true in gonogo.toml"
                    .to_owned(),
            )),
        }
    }

    /// What a path is; with `follow`, what a link leads to.
    pub fn stat(&self, path: &str, follow: bool) -> Result<Attributes, Error> {
        let place = self.locate(path, Access::Look)?;
        Ok(stat::attributes(&place.open(follow)?))
    }

    /// At most `length` bytes of a regular file from `offset`; fewer only at its end.
    pub fn read(&self, path: &str, offset: u64, length: u32) -> Result<Vec<u8>, Error> {
        if length > MOST_READ {
            return Err(Error::Limit(format!(
                "{length} bytes of {path} were asked for, and one read gives {MOST_READ} at most"
            )));
        }
        let place = self.locate(path, Access::Read)?;
        content::read(&place.open(true)?, offset, length)
    }

    /// Names in a directory with their kinds, sorted by name.
    pub fn list(&self, path: &str) -> Result<Vec<(String, Kind)>, Error> {
        let place = self.locate(path, Access::Read)?;
        directory::list(&place.open(true)?, MOST_NAMES)
    }

    /// The number of the first line, from 1, on which a regular expression matches.
    pub fn find(&self, path: &str, pattern: &str, deadline: Instant) -> Result<Option<u64>, Error> {
        let place = self.locate(path, Access::Read)?;
        let pattern = pattern::compile(pattern)?;
        content::find(&place.open(true)?, &pattern, deadline)
    }

    /// The digest of a regular file in lower-case hex.
    pub fn digest(&self, path: &str, algorithm: Algorithm, deadline: Instant) -> Result<String, Error> {
        let place = self.locate(path, Access::Read)?;
        digests::digest(&place.open(true)?, algorithm, deadline)
    }

    /// The filesystem that holds a path.
    pub fn space(&self, path: &str) -> Result<Attributes, Error> {
        let place = self.locate(path, Access::Look)?;
        space::attributes(&place.open(true)?)
    }

    /// Writes a file of `size` bytes (rounded up to whole 4 KiB) in a directory, syncs it, reads it back and removes it.
    pub fn probe(&self, directory: &str, size: u64, deadline: Instant) -> Result<Attributes, Error> {
        if size > MOST_PROBE {
            return Err(Error::Limit(format!(
                "a probe of {size} bytes in {directory} was asked for, and {MOST_PROBE} are the most"
            )));
        }
        let place = self.locate(directory, Access::Probe)?;
        probe::run(&place.open(true)?, size, deadline)
    }
}

/// Ends what takes longer than it may.
fn in_time(deadline: Instant, tried: &str, subject: &str) -> Result<(), Error> {
    match Instant::now() < deadline {
        true => Ok(()),
        false => Err(Error::Timeout(format!("{tried} {subject} did not end before its deadline"))),
    }
}
