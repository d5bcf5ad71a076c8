//! The bytes of one file, as far as it is searched at all.

use std::{
    fs::File,
    io::{self, Read},
    os::fd::OwnedFd,
};

use memchr::memchr;
use rustix::fs::{FileType, Mode, OFlags, fstat, openat};

use super::utf16;
use crate::domain::{Error, text};

/// Bytes of a file that are looked at for a NUL.
const BINARY: usize = 8 << 10;

/// First bytes that are read of a file, before its rest: most end here.
const FIRST: usize = 64 << 10;

/// Most bytes of a path that a message quotes.
const MOST_QUOTED: usize = 300;

/// What a file is to the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Its bytes are in the buffer.
    Text,
    /// It has a NUL.
    Binary,
    /// It is larger than asked for.
    Large,
}

/// Opens a name in a directory, following no link. What is no regular file by now is an error.
pub fn open(directory: &OwnedFd, name: &[u8], path: &str) -> Result<File, Error> {
    // The directory called it a regular file. Should it be a FIFO by now, the open does not wait, and it is not read.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let opened = openat(directory, name, flags, Mode::empty());
    opened.map(File::from).map_err(|errno| failed("open", path, &errno.into()))
}

/// The size of a regular file, in bytes; whatever else was opened is an error.
pub fn size(file: &File, path: &str) -> Result<u64, Error> {
    let stat = fstat(file).map_err(|errno| failed("read", path, &errno.into()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        let path = text::line(path, MOST_QUOTED);
        return Err(Error::Io(format!("cannot read {path}: it was replaced by something that is no file")));
    }
    Ok(u64::try_from(stat.st_size).unwrap_or(0))
}

/// Reads a file of at most `most` bytes, and with `binary` whatever is in it.
pub fn read(
    file: &mut File,
    path: &str,
    most: u64,
    binary: bool,
    buffer: &mut Vec<u8>,
) -> Result<Sort, Error> {
    let size = size(file, path)?;
    if size > most {
        return Ok(Sort::Large);
    }
    buffer.clear();
    let mut want = FIRST;
    loop {
        // One byte more than there may be, so that the end shows at once.
        let rest = (most + 1).saturating_sub(buffer.len() as u64);
        let length = file.take(rest.min(want as u64)).read_to_end(buffer);
        let length = match length {
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed("read", path, &error)),
        };
        if want == FIRST && !binary && is_binary(buffer) {
            return Ok(Sort::Binary);
        }
        // It may have grown since it was opened.
        if buffer.len() as u64 > most {
            return Ok(Sort::Large);
        }
        if length < want {
            return Ok(Sort::Text);
        }
        want = usize::try_from(size).unwrap_or(0).saturating_sub(buffer.len()).max(1 << 20);
    }
}

/// Whether there is a NUL in the first bytes, and they are no UTF-16.
pub fn is_binary(bytes: &[u8]) -> bool {
    memchr(0, &bytes[..bytes.len().min(BINARY)]).is_some() && !utf16::is(bytes)
}

/// An operating-system error on a path.
pub fn failed(tried: &str, path: &str, error: &io::Error) -> Error {
    Error::from_io(tried, &text::line(path, MOST_QUOTED), error)
}
