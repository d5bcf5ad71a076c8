//! Walks: everything below a directory, natively, in batches.
//!
//! A walk holds the directories of the current path open and takes each step by a name in one of them, following no link. So nothing
//! that is renamed or replaced meanwhile leads it out of the granted directory, and its memory is that of one path.

mod ignored;
mod names;
pub mod options;
#[cfg(test)]
mod tests;

use std::{os::fd::OwnedFd, sync::Arc, time::Instant};

use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, openat, readlinkat, statat},
    io::Errno,
};
use serde::{Deserialize, Serialize};

use self::{ignored::IgnoreFiles, names::Names};
pub use self::{ignored::Ignored, options::Options};
use super::{
    Files, Kind, in_time,
    place::{Access, Held},
};
use crate::domain::{Attributes, Error, text, value::reason};

/// Most entries of one batch: about a megabyte in a plugin's memory.
const MOST_ENTRIES: usize = 4_096;

/// Deepest directory below the walk's path. Each holds a descriptor open, and jobs share 1,024 of them on most machines.
const MOST_DEPTH: usize = 128;

/// Steps between two looks at the deadline: about a millisecond.
const STEPS: usize = 256;

/// Most bytes of a path that a message quotes.
const MOST_QUOTED: usize = 300;

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
pub struct Walk {
    options: Options,
    /// What entries' paths begin with: the walk's path and a slash, or nothing for `.`.
    prefix: String,
    /// The current directory's path below the walk's, with a slash at its end.
    path: String,
    device: u64,
    /// The open directories, from the walk's own downwards.
    levels: Vec<Level>,
    steps: usize,
}

/// A directory that a walk is in.
struct Level {
    directory: Arc<OwnedFd>,
    names: Names,
    /// How many names are behind.
    done: usize,
    /// Length of the directory's own path in `Walk::path`.
    length: usize,
    ignore: IgnoreFiles,
    /// Ignore files leave out all that is in it.
    ignored: bool,
}

/// A step of a walk: a name in a directory that is held open.
pub struct Met {
    /// As entries give it.
    pub path: String,
    /// The directory that holds it.
    pub directory: Arc<OwnedFd>,
    /// Its name there.
    pub name: Vec<u8>,
    /// What it is, by the directory's word.
    pub kind: FileType,
    /// Its attributes, where they were asked for.
    stat: Option<Stat>,
    /// Ignore files leave it out, and an option asks for it.
    pub ignored: bool,
    /// What could not be found out.
    pub failed: Option<Error>,
}

impl Files {
    /// Starts to walk a directory and all below it.
    pub fn walk(&self, path: &str, options: &Attributes) -> Result<Walk, Error> {
        let held = self.locate(path, Access::Read)?.open(true)?;
        let mut parsed = Options::everything();
        for (name, value) in &options.0 {
            if !parsed.take(name, value)? {
                return Err(Error::Unsupported(format!("walk has no option '{}'", text::line(name, 50))));
            }
        }
        Walk::new(path, &held, parsed)
    }
}

impl Walk {
    /// A walk of the directory that is held.
    pub fn new(path: &str, held: &Held, options: Options) -> Result<Self, Error> {
        if held.kind() != FileType::Directory {
            return Err(Error::Io(format!("cannot walk {}: it is not a directory", held.shown)));
        }
        let directory = held.reopen(OFlags::DIRECTORY)?;
        let names = Names::read(&directory).map_err(|error| named(error, &held.shown))?;
        let prefix = match path.trim_end_matches('/') {
            "." => String::new(),
            path => format!("{path}/"),
        };
        let ignore = IgnoreFiles::of(&directory, &names, options.ignore_files);
        let level =
            Level { directory: Arc::new(directory), names, done: 0, length: 0, ignore, ignored: false };
        let device = held.stat.st_dev;
        Ok(Self { options, prefix, path: String::new(), device, levels: vec![level], steps: 0 })
    }

    /// What the path of everything that is met begins with.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The next batch; empty at the end.
    pub fn next(&mut self, deadline: Instant) -> Result<Vec<Entry>, Error> {
        let mut entries = Vec::new();
        while entries.len() < MOST_ENTRIES
            && let Some(met) = self.step(true, deadline)?
        {
            let entry = met.entry();
            if self.options.wants(&entry) {
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    /// The next thing below the directory, ignored ones left out; with `stat`, with its attributes.
    pub fn step(&mut self, stat: bool, deadline: Instant) -> Result<Option<Met>, Error> {
        loop {
            self.steps += 1;
            if self.steps.is_multiple_of(STEPS) {
                in_time(
                    deadline,
                    "walking",
                    &text::line(&format!("{}{}", self.prefix, self.path), MOST_QUOTED),
                )?;
            }
            let Some(level) = self.levels.last_mut() else { return Ok(None) };
            self.path.truncate(level.length);
            let Some((name, mut kind)) = level.names.get(level.done) else {
                self.levels.pop();
                continue;
            };
            level.done += 1;
            let name = name.to_owned();
            let directory = Arc::clone(&level.directory);
            let mut failed = None;
            let mut known = None;
            if stat || kind == FileType::Unknown {
                match statat(&directory, &*name, AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(stat) => {
                        kind = FileType::from_raw_mode(stat.st_mode);
                        known = Some(stat);
                    }
                    // Removed since the directory was read: there is nothing to tell of.
                    Err(Errno::NOENT) => continue,
                    Err(errno) => failed = Some(("look at", errno)),
                }
            }
            match std::str::from_utf8(&name) {
                Ok(name) => self.path += name,
                Err(_) => self.path += &String::from_utf8_lossy(&name),
            }
            let is_directory = kind == FileType::Directory;
            if self.options.exclude.matches(&self.path, is_directory) == Some(true) {
                continue;
            }
            let ignored = self.options.ignore_files && self.is_ignored(&name, is_directory);
            if ignored && !self.wants_ignored(&name, is_directory) {
                continue;
            }
            let path = format!("{}{}", self.prefix, self.path);
            let shown = || text::line(&path, MOST_QUOTED);
            let mut failed = failed.map(|(tried, errno)| Error::from_io(tried, &shown(), &errno.into()));
            if std::str::from_utf8(&name).is_err() {
                failed = Some(Error::Io(format!("the name of {} is not UTF-8", shown())));
            } else if is_directory && self.levels.len() < self.options.depth {
                let entered = self.enter(&directory, &name, ignored);
                failed = entered.err().map(|error| named(error, &shown())).or(failed);
            }
            return Ok(Some(Met { path, directory, name, kind, stat: known, ignored, failed }));
        }
    }

    /// Whether something that ignore files leave out is met nevertheless. Directories are entered for what may be in them.
    fn wants_ignored(&self, name: &[u8], is_directory: bool) -> bool {
        match is_directory {
            true => !self.options.ignored.is_empty() && name != b".git",
            false => self.options.ignored.matches(&self.path, false) == Some(true),
        }
    }

    fn is_ignored(&self, name: &[u8], is_directory: bool) -> bool {
        // What is below a directory that is ignored is ignored, whatever files in it say.
        if is_directory && name == b".git" || self.levels.last().is_some_and(|level| level.ignored) {
            return true;
        }
        // The deepest directory that says anything about it decides.
        let below = |level: &Level| {
            self.path.get(level.length..).map(|path| level.ignore.matches(path, is_directory))
        };
        self.levels.iter().rev().find_map(|level| below(level).flatten()).unwrap_or(false)
    }

    /// Opens the directory of the current path, so that the next steps are in it.
    fn enter(&mut self, parent: &OwnedFd, name: &[u8], ignored: bool) -> Result<(), Error> {
        if self.levels.len() >= MOST_DEPTH {
            return Err(Error::Limit(format!("{{}} is {MOST_DEPTH} directories deep, and is not entered")));
        }
        let failed = |errno: Errno| Error::from_io("list", "{}", &errno.into());
        let flags =
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let directory = openat(parent, name, flags, Mode::empty()).map_err(failed)?;
        if self.options.same_device && fstat(&directory).map_err(failed)?.st_dev != self.device {
            return Ok(());
        }
        let names = Names::read(&directory)?;
        let ignore = IgnoreFiles::of(&directory, &names, self.options.ignore_files && !ignored);
        self.path.push('/');
        let length = self.path.len();
        self.levels.push(Level { directory: Arc::new(directory), names, done: 0, length, ignore, ignored });
        Ok(())
    }
}

/// Puts the path into an error that was made without knowing it.
fn named(error: Error, shown: &str) -> Error {
    error.map_text(|text| text.replacen("{}", shown, 1))
}

impl Met {
    /// As the contract gives it.
    fn entry(self) -> Entry {
        let mut entry = Entry {
            kind: self.kind.into(),
            path: self.path,
            size: 0,
            mode: 0,
            owner: 0,
            group: 0,
            modified: 0.0,
            links: 0,
            device: 0,
            target: None,
            failed: self.failed,
        };
        if let Some(stat) = self.stat {
            entry.size = u64::try_from(stat.st_size).unwrap_or(0);
            entry.mode = stat.st_mode & 0o7777;
            entry.owner = stat.st_uid;
            entry.group = stat.st_gid;
            entry.modified = stat.st_mtime as f64 + stat.st_mtime_nsec as f64 / 1e9;
            entry.links = u32::try_from(stat.st_nlink).unwrap_or(u32::MAX);
            entry.device = stat.st_dev;
        }
        if self.kind == FileType::Symlink {
            let shown = || text::line(&entry.path, MOST_QUOTED);
            match readlinkat(&self.directory, &*self.name, Vec::new()).map(std::ffi::CString::into_string) {
                Ok(Ok(target)) => entry.target = Some(target),
                Ok(Err(_)) => {
                    entry.failed = Some(Error::Io(format!("the target of {} is not UTF-8", shown())));
                }
                Err(errno) => {
                    let why = reason(&errno.into());
                    entry.failed = Some(Error::Io(format!("cannot read link {}: {why}", shown())));
                }
            }
        }
        entry
    }
}
