//! Where documents come from, one after the other.

use std::{
    fs::{self, File},
    os::fd::OwnedFd,
    sync::Arc,
    time::Instant,
};

use rustix::fs::FileType;

use super::totals::Totals;
use crate::{capabilities::files::walk::Walk, domain::Error};

/// A row of documents.
pub enum Source {
    /// One file.
    One(One),
    /// The files below a directory.
    Tree(Tree),
    /// The arguments of processes.
    Processes(std::vec::IntoIter<u32>),
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
    /// The arguments of a process, by its id.
    Process(u32),
}

impl Source {
    /// The next item, in order; what is none is counted.
    pub fn next(&mut self, totals: &mut Totals, deadline: Instant) -> Result<Option<Item>, Error> {
        match self {
            Self::One(one) => Ok(one.0.take()),
            Self::Tree(tree) => tree.next(totals, deadline),
            Self::Processes(processes) => Ok(processes.next().map(|process| Item {
                path: format!("/proc/{process}/cmdline"),
                prefix: 0,
                place: Place::Process(process),
            })),
        }
    }
}

/// The processes that run now, without this one, in order. Those of other users that hide their arguments count as unreadable later.
pub fn processes() -> Result<Source, Error> {
    let entries = fs::read_dir("/proc").map_err(|error| Error::from_io("list", "/proc", &error))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()?.parse::<u32>().ok());
    let mut processes = names.filter(|process| *process != std::process::id()).collect::<Vec<_>>();
    processes.sort_unstable();
    Ok(Source::Processes(processes.into_iter()))
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
