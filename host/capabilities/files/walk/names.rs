//! The names in one directory, sorted, in little memory: a directory can hold millions.

use std::{mem::MaybeUninit, os::fd::AsFd};

use rustix::fs::{FileType, RawDir};

use crate::domain::{Error, value::reason};

/// Most names in one directory: about 300 MB.
const MOST_NAMES: usize = 10_000_000;

/// Bytes of directory entries that one system call reads.
const BUFFER: usize = 64 << 10;

/// Names one after the other in one buffer, and in their order where each is.
pub struct Names {
    bytes: Vec<u8>,
    each: Vec<(u64, u8, FileType)>,
}

impl Names {
    /// All names but `.` and `..`. An error has `{}` for the directory's path.
    pub fn read(directory: impl AsFd) -> Result<Self, Error> {
        let failed =
            |errno: rustix::io::Errno| Error::Io(format!("cannot list {{}}: {}", reason(&errno.into())));
        let mut names = Self { bytes: Vec::new(), each: Vec::new() };
        let mut buffer = vec![MaybeUninit::uninit(); BUFFER];
        let mut entries = RawDir::new(directory, &mut buffer);
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            if names.each.len() == MOST_NAMES {
                return Err(Error::Limit(format!("{{}} has more than {MOST_NAMES} names")));
            }
            let Ok(length) = u8::try_from(name.len()) else {
                return Err(Error::Limit("{} has a name of more than 255 bytes".to_owned()));
            };
            names.each.push((names.bytes.len() as u64, length, entry.file_type()));
            names.bytes.extend_from_slice(name);
        }
        let bytes = &names.bytes;
        names.each.sort_unstable_by_key(|&(start, length, _)| slice(bytes, start, length));
        Ok(names)
    }

    /// A name by its place in the order.
    pub fn get(&self, at: usize) -> Option<(&[u8], FileType)> {
        let &(start, length, kind) = self.each.get(at)?;
        Some((slice(&self.bytes, start, length), kind))
    }

    /// Whether there is a regular file of this name.
    pub fn has_file(&self, name: &[u8]) -> bool {
        let found =
            self.each.binary_search_by(|&(start, length, _)| slice(&self.bytes, start, length).cmp(name));
        let kind = found.ok().and_then(|at| self.each.get(at)).map(|&(_, _, kind)| kind);
        matches!(kind, Some(FileType::RegularFile | FileType::Unknown))
    }
}

fn slice(bytes: &[u8], start: u64, length: u8) -> &[u8] {
    let start = start as usize;
    bytes.get(start..start + usize::from(length)).unwrap_or_default()
}
