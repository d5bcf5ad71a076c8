//! Where history ends: what all references name.

use std::{io, os::fd::AsFd};

use rustix::fs::{Dir, FileType, Mode, OFlags, openat};

use super::{Id, Repository, damaged, id, open_in, read_whole};

/// Deepest folder of references, and most of them.
const MOST_DEPTH: usize = 32;
const MOST_REFERENCES: usize = 1_000_000;

impl Repository {
    /// The objects that all references name, HEAD's among them.
    pub fn references(&self) -> io::Result<Vec<Id>> {
        let mut found = Vec::new();
        // Where HEAD names a branch, that is among the others.
        let head = self.read("HEAD")?;
        found.extend(id(head.trim_ascii()));
        match self.read("packed-refs") {
            Ok(packed) => {
                for line in packed.split(|&byte| byte == b'\n') {
                    found.extend(line.get(..40).and_then(id));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        loose(&self.directory, "refs", 0, &mut found)?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Commits whose parents were not fetched.
    pub fn shallow(&self) -> Vec<Id> {
        let lines = self.read("shallow").unwrap_or_default();
        lines.split(|&byte| byte == b'\n').filter_map(id).collect()
    }
}

fn loose(parent: impl AsFd, name: &str, depth: usize, found: &mut Vec<Id>) -> io::Result<()> {
    if depth > MOST_DEPTH {
        return Err(damaged("references are nested too deep"));
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = openat(parent, name, flags, Mode::empty())?;
    for entry in Dir::read_from(&directory)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().to_str() else { continue };
        if matches!(name, "." | "..") {
            continue;
        }
        if found.len() > MOST_REFERENCES {
            return Err(damaged("too many references"));
        }
        match entry.file_type() {
            FileType::Directory => loose(&directory, name, depth + 1, found)?,
            // A reference to a reference is found there; one that is being written has another name.
            FileType::RegularFile => found.extend(id(read_whole(open_in(&directory, name)?)?.trim_ascii())),
            _ => {}
        }
    }
    Ok(())
}
