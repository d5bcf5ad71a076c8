//! What is in a directory.

use rustix::fs::{AtFlags, Dir, FileType, OFlags, statat};

use super::{Kind, place::Held};
use crate::domain::{Error, text};

/// The names with their kinds, sorted; more than `most` are a limit.
pub fn list(held: &Held, most: usize) -> Result<Vec<(String, Kind)>, Error> {
    if held.kind() != FileType::Directory {
        return Err(Error::Io(format!("cannot list {}: it is not a directory", held.shown)));
    }
    let opened = held.reopen(OFlags::DIRECTORY)?;
    let failed = |errno: rustix::io::Errno| held.error("list", &errno.into());
    let mut names = Vec::new();
    for entry in Dir::new(opened).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        if names.len() == most {
            return Err(Error::Limit(format!("{} has more than {most} names", held.shown)));
        }
        let kind = match entry.file_type() {
            // Some filesystems do not tell. What is gone by now was there a moment ago, as something.
            FileType::Unknown => statat(held, name, AtFlags::SYMLINK_NOFOLLOW)
                .map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode)),
            kind => kind,
        };
        let name = name.to_str().map_err(|_| {
            let lossy = text::line(&name.to_string_lossy(), 300);
            Error::Io(format!("cannot list {}: the name '{lossy}' is not UTF-8", held.shown))
        })?;
        names.push((name.to_owned(), kind.into()));
    }
    names.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    Ok(names)
}

impl From<FileType> for Kind {
    fn from(kind: FileType) -> Self {
        match kind {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Directory,
            FileType::Symlink => Self::Link,
            _ => Self::Other,
        }
    }
}
