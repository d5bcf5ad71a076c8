//! Where documents come from, one after the other.

use std::{
    fs::{self, File},
    os::fd::OwnedFd,
    sync::Arc,
    time::Instant,
};

use rustix::fs::FileType;

use super::{
    git::{self, Repository},
    options::Options,
    totals::Totals,
};
use crate::{
    capabilities::files::walk::{Ignored, Walk},
    domain::Error,
};

/// A row of documents.
pub enum Source {
    /// One file.
    One(One),
    /// The files below a directory.
    Tree(Box<Tree>),
    /// The arguments of processes.
    Processes(std::vec::IntoIter<u32>),
    /// What Git keeps.
    Versions(Box<Versions>),
}

/// Something that is to be searched, not yet read.
pub struct Item {
    /// As matches show it.
    pub path: String,
    /// Where `path` goes on after the search's own.
    pub prefix: usize,
    /// Ignore files leave it out, and an option asks for it.
    pub ignored: bool,
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
    /// A version that Git keeps.
    Blob(Blob),
}

impl Source {
    /// The next item, in order; what is none is counted.
    pub fn next(&mut self, totals: &mut Totals, deadline: Instant) -> Result<Option<Item>, Error> {
        match self {
            Self::One(one) => Ok(one.0.take()),
            Self::Tree(tree) => tree.next(totals, deadline),
            Self::Versions(versions) => versions.next(totals, deadline),
            Self::Processes(processes) => Ok(processes.next().map(|process| Item {
                path: format!("/proc/{process}/cmdline"),
                prefix: 0,
                ignored: false,
                place: Place::Process(process),
            })),
        }
    }
}

/// A version of a file.
pub struct Blob {
    /// Where its bytes are.
    pub repository: Arc<Repository>,
    /// Its name there.
    pub id: git::Id,
    /// The first commit that has it; none where it is only staged.
    pub commit: Option<String>,
    /// The directory and the name of the file that it may be the same as.
    pub file: Option<(Arc<OwnedFd>, String)>,
}

/// Versions of files that Git keeps.
pub struct Versions {
    kept: Kept,
    prefix: String,
    exclude: Ignored,
}

enum Kept {
    Staged(git::Staged),
    History(Box<git::History>),
}

impl Versions {
    /// What options ask for of the repository of a directory; nothing where there is none.
    pub fn all(
        tree: Arc<OwnedFd>,
        shown: &str,
        prefix: &str,
        exclude: Ignored,
        options: &Options,
    ) -> Result<Vec<Source>, Error> {
        let Some(repository) = Repository::open(&tree, shown)?.map(Arc::new) else { return Ok(Vec::new()) };
        let mut kept = Vec::new();
        if options.staged {
            kept.push(Kept::Staged(git::Staged::new(Arc::clone(&repository), tree)?));
        }
        if options.history {
            kept.push(Kept::History(Box::new(git::History::new(
                repository,
                options.commits_maximum,
                exclude.clone(),
            ))));
        }
        let source = |kept| {
            Source::Versions(Box::new(Self { kept, prefix: prefix.to_owned(), exclude: exclude.clone() }))
        };
        Ok(kept.into_iter().map(source).collect())
    }

    fn next(&mut self, totals: &mut Totals, deadline: Instant) -> Result<Option<Item>, Error> {
        loop {
            let (path, blob) = match &mut self.kept {
                Kept::Staged(staged) => {
                    let Some(entry) = staged.next() else { return Ok(None) };
                    let file = Some((Arc::clone(staged.tree()), entry.path.clone()));
                    let repository = Arc::clone(staged.repository());
                    (entry.path, Blob { repository, id: entry.id, commit: None, file })
                }
                Kept::History(history) => {
                    let Some(version) = history.next(totals, deadline)? else { return Ok(None) };
                    let repository = Arc::clone(history.repository());
                    (
                        version.path,
                        Blob { repository, id: version.id, commit: Some(version.commit), file: None },
                    )
                }
            };
            if !self.exclude.names(&path) {
                let path = format!("{}{path}", self.prefix);
                let place = Place::Blob(blob);
                return Ok(Some(Item { path, prefix: self.prefix.len(), ignored: false, place }));
            }
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
        Self(Some(Item { path: path.to_owned(), prefix, ignored: false, place: Place::Open(file) }))
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
                return Ok(Some(Item { path: met.path, prefix: self.prefix, ignored: met.ignored, place }));
            }
        }
    }
}
