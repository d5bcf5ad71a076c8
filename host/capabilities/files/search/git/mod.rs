//! What Git keeps: a reader of repositories that opens everything below one `.git` directory, following no link.
//!
//! It is small because it only reads what a search needs: references, commits, trees, blobs, packs and the index. It takes
//! no configuration, runs no hook, maps no file into memory, and borrows no objects from elsewhere.

mod history;
mod index;
mod objects;
mod pack;
mod references;

use std::{
    fs::File,
    io::{self, Read},
    os::fd::{AsFd, OwnedFd},
};

use rustix::{
    fs::{FileType, Mode, OFlags, fstat, openat},
    io::Errno,
};

use self::pack::Pack;
pub use self::{history::History, index::Staged, objects::Cache};
use crate::domain::Error;

/// Largest file of Git's own that is read as a whole, in bytes: an index of ten million files has 1 GiB.
const MOST_FILE: u64 = 1 << 30;

/// The name of an object.
pub type Id = [u8; 20];

/// A repository.
pub struct Repository {
    /// The `.git` directory.
    directory: OwnedFd,
    packs: Vec<Pack>,
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Commit,
    Tree,
    Blob,
    Tag,
}

/// What became of an object.
pub enum Got {
    /// Its content.
    Object(Kind, Vec<u8>),
    /// It is larger than asked for.
    Large,
}

impl Repository {
    /// The repository whose `.git` lies directly in a directory; none where there is no such thing.
    pub fn open(parent: impl AsFd, shown: &str) -> Result<Option<Self>, Error> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = match openat(parent, ".git", flags, Mode::empty()) {
            Ok(directory) => directory,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::NOTDIR | Errno::LOOP) => {
                return Err(Error::Denied(format!(
                    "{shown} has a .git that is no directory and leads elsewhere: search the repository itself"
                )));
            }
            Err(errno) => return Err(Error::from_io("open", &format!("{shown}/.git"), &errno.into())),
        };
        for (path, what) in [
            ("commondir", "is a further working tree of another repository"),
            ("objects/info/alternates", "borrows objects from another repository"),
            ("reftable/tables.list", "keeps its references in a form that is not read"),
        ] {
            if open_in(&directory, path).is_ok() {
                return Err(Error::Unsupported(format!(
                    "the repository {shown} {what}: search that one, or a clone"
                )));
            }
        }
        let packs = Pack::all(&directory)
            .map_err(|error| Error::from_io("read", &format!("{shown}/.git"), &error))?;
        Ok(Some(Self { directory, packs }))
    }

    /// A file of Git's own, whole.
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        read_whole(open_in(&self.directory, path)?)
    }
}

fn read_whole(file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match file.take(MOST_FILE + 1).read_to_end(&mut bytes)? as u64 > MOST_FILE {
        true => Err(damaged("a file of Git is too large")),
        false => Ok(bytes),
    }
}

/// Opens a regular file below a directory, one name at a time, following no link.
pub fn open_in(directory: impl AsFd, path: &str) -> io::Result<File> {
    let mut held: Option<OwnedFd> = None;
    let mut names = path.split('/').peekable();
    while let Some(name) = names.next() {
        if matches!(name, "" | "." | "..") {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        let parent = held.as_ref().map_or(directory.as_fd(), AsFd::as_fd);
        let flags = match names.peek() {
            Some(_) => OFlags::PATH | OFlags::DIRECTORY,
            None => OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY,
        };
        held = Some(openat(parent, name, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?);
    }
    let opened = held.ok_or(io::ErrorKind::InvalidInput)?;
    match FileType::from_raw_mode(fstat(&opened)?.st_mode) {
        FileType::RegularFile => Ok(opened.into()),
        _ => Err(damaged("not a regular file")),
    }
}

fn damaged(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Forty hexadecimal digits.
fn id(hex: &[u8]) -> Option<Id> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut id = [0; 20];
    for (at, byte) in id.iter_mut().enumerate() {
        *byte = digit(*hex.get(2 * at)?)? << 4 | digit(*hex.get(2 * at + 1)?)?;
    }
    (hex.len() == 40).then_some(id)
}

/// The first twelve hexadecimal digits, as Git shows commits.
fn abbreviated(id: &Id) -> String {
    id.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

fn hex(id: &Id) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}
