//! What is staged: the entries of Git's index.

use std::{os::fd::OwnedFd, os::unix::fs::MetadataExt, sync::Arc};

use super::{Id, Repository, open_in, pack::word};
use crate::domain::Error;

/// Bytes of an entry before its name.
const FIXED: usize = 62;

/// The staged files whose versions in the tree are not known to be the same.
pub struct Staged {
    repository: Arc<Repository>,
    tree: Arc<OwnedFd>,
    entries: std::vec::IntoIter<Entry>,
    written: i64,
}

/// A file in the index.
pub struct Entry {
    /// Where it is, in the repository.
    pub path: String,
    /// The blob's name.
    pub id: Id,
    modified: (u32, u32),
    size: u32,
}

impl Staged {
    /// The index of a repository whose files are in `tree`.
    pub fn new(repository: Arc<Repository>, tree: Arc<OwnedFd>) -> Result<Self, Error> {
        let failed = |error: &std::io::Error| Error::from_io("read", ".git/index", error);
        let (bytes, written) = match open_in(&repository.directory, "index") {
            Ok(file) => {
                let written = file.metadata().map_err(|error| failed(&error))?.mtime();
                (super::read_whole(file).map_err(|error| failed(&error))?, written)
            }
            // Nothing was ever staged.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                (b"DIRC\0\0\0\x02\0\0\0\0".to_vec(), 0)
            }
            Err(error) => return Err(failed(&error)),
        };
        let entries =
            entries(&bytes).ok_or_else(|| Error::Io("cannot read .git/index: it is damaged".to_owned()))?;
        Ok(Self { repository, tree, entries: entries.into_iter(), written })
    }

    /// The repository.
    pub fn repository(&self) -> &Arc<Repository> {
        &self.repository
    }

    /// The directory of the files.
    pub fn tree(&self) -> &Arc<OwnedFd> {
        &self.tree
    }

    /// The next entry whose file is not known to be the same.
    pub fn next(&mut self) -> Option<Entry> {
        let (tree, written) = (&self.tree, self.written);
        self.entries.find(|entry| {
            let Some(there) = open_in(tree, &entry.path).ok().and_then(|file| file.metadata().ok()) else {
                return true;
            };
            let modified = (there.mtime() as u32, there.mtime_nsec() as u32);
            // A file that was written in the second of the index may have changed after it was added.
            modified != entry.modified || there.size() as u32 != entry.size || there.mtime() >= written
        })
    }
}

/// The regular files of an index of version 2, 3 or 4.
fn entries(bytes: &[u8]) -> Option<Vec<Entry>> {
    if !bytes.starts_with(b"DIRC") {
        return None;
    }
    let (version, count) = (word(bytes, 4)?, word(bytes, 8)?);
    if !(2..=4).contains(&version) {
        return None;
    }
    let mut entries = Vec::new();
    let mut at = 12;
    let mut path = Vec::new();
    for _ in 0..count {
        let start = at;
        let mode = word(bytes, at + 24)?;
        let modified = (word(bytes, at + 8)?, word(bytes, at + 12)?);
        let size = word(bytes, at + 36)?;
        let id = *bytes.get(at + 40..)?.first_chunk::<20>()?;
        let is_extended = bytes.get(at + 60)? & 0x40 != 0;
        at += FIXED + if is_extended { 2 } else { 0 };
        if version == 4 {
            // How much of the path before is left out, then what follows it.
            let mut byte = *bytes.get(at)?;
            let mut cut = usize::from(byte & 0x7f);
            while byte & 0x80 != 0 {
                at += 1;
                byte = *bytes.get(at)?;
                cut = cut.checked_add(1)?.checked_mul(128)? | usize::from(byte & 0x7f);
            }
            at += 1;
            path.truncate(path.len().checked_sub(cut)?);
        } else {
            path.clear();
        }
        let length = memchr::memchr(0, bytes.get(at..)?)?;
        path.extend_from_slice(bytes.get(at..at + length)?);
        at += length + 1;
        if version < 4 {
            // Filled up to eights, with at least one NUL.
            at = start + (at - start).next_multiple_of(8);
        }
        // A file whose name is no text cannot be named, and links and other repositories are no files.
        if mode >> 12 == 0o10
            && let Ok(path) = std::str::from_utf8(&path)
        {
            entries.push(Entry { path: path.to_owned(), id, modified, size });
        }
    }
    Some(entries)
}
