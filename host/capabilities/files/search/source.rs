//! Where documents come from, one after the other.

use std::{fs::File, os::fd::OwnedFd, sync::Arc, time::Instant};

use rustix::fs::FileType;

use super::{file, totals::Totals};
use crate::{capabilities::files::walk::Walk, domain::Error};

/// A row of documents.
pub enum Source {
    /// One file.
    One(One),
    /// The files below a directory.
    Tree(Tree),
}

/// Something that is to be searched, not yet read.
pub struct Item {
    /// As matches show it.
    pub path: String,
    /// Where `path` goes on after the search's own.
    pub prefix: usize,
    /// Where its bytes are.
    pub place: Place,
}

/// Where bytes are.
pub enum Place {
    /// A file that is open.
    Open(File),
    /// A name in a directory that is open.
    Name(Arc<OwnedFd>, Vec<u8>),
}

impl Source {
    /// The next item, in order; what is none is counted.
    pub fn next(&mut self, totals: &mut Totals, deadline: Instant) -> Result<Option<Item>, Error> {
        match self {
            Self::One(one) => Ok(one.0.take()),
            Self::Tree(tree) => tree.next(totals, deadline),
        }
    }
}

/// One file.
pub struct One(Option<Item>);

impl One {
    /// A file that was opened.
    pub fn new(path: &str, file: File) -> Self {
        let prefix = path.rfind('/').map_or(0, |slash| slash + 1);
        Self(Some(Item { path: path.to_owned(), prefix, place: Place::Open(file) }))
    }
}

/// The files of a walk.
pub struct Tree {
    walk: Walk,
    prefix: usize,
}

impl Tree {
    /// All files that a walk meets.
    pub fn new(walk: Walk) -> Self {
        let prefix = walk.prefix().len();
        Self { walk, prefix }
    }

    fn next(&mut self, totals: &mut Totals, deadline: Instant) -> Result<Option<Item>, Error> {
        loop {
            let Some(met) = self.walk.step(false, deadline)? else { return Ok(None) };
            if let Some(failed) = met.failed {
                totals.unreadable(&failed);
            } else if met.kind == FileType::RegularFile {
                let place = Place::Name(met.directory, met.name);
                return Ok(Some(Item { path: met.path, prefix: self.prefix, place }));
            }
        }
    }
}

impl Place {
    /// Opens what is no file yet.
    pub fn open(self, path: &str) -> Result<File, Error> {
        match self {
            Self::Open(file) => Ok(file),
            Self::Name(directory, name) => file::open(&directory, &name, path),
        }
    }
}
