//! What is in a regular file: parts, matching lines, digests. Always streamed, in time and with bounded memory.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    time::Instant,
};

use regex::bytes::Regex;
use rustix::{
    buffer::spare_capacity,
    fs::{Advice, FileType, OFlags, Stat, fadvise, fstat},
    io::{Errno, pread},
};
use sha2::{Digest, Sha256};

use super::{Algorithm, in_time, place::Held};
use crate::domain::Error;

/// Bytes between two looks at the deadline, and the size of buffers: about a millisecond of work on one core.
const BLOCK: usize = 1 << 20;

/// First buffer for a file whose size is not known beforehand, as in /proc and /sys: most of those fit.
const FIRST: usize = 16 << 10;

/// Longest line that is held against a pattern, in bytes.
const MOST_LINE: usize = 1 << 20;

/// Bytes from `offset`; fewer than `length` only at the end of the file.
pub fn read(held: &Held, offset: u64, length: u32) -> Result<Vec<u8>, Error> {
    let file = open(held)?;
    let length = length as usize;
    let size = usize::try_from(held.stat.st_size).unwrap_or(usize::MAX);
    // One byte more than is there, so that the end shows in the same call that reads the rest.
    let expected = match size {
        0 => FIRST,
        _ => size.saturating_sub(usize::try_from(offset).unwrap_or(usize::MAX)).saturating_add(1),
    };
    let mut bytes = Vec::with_capacity(length.min(expected));
    while bytes.len() < length {
        if bytes.len() == bytes.capacity() {
            bytes.reserve((length - bytes.len()).min(bytes.len().max(FIRST)));
        }
        let at = offset.saturating_add(bytes.len() as u64);
        match pread(&file, spare_capacity(&mut bytes), at) {
            Ok(0) => break,
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(held.error("read", &errno.into())),
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// The number of the first line that matches, from 1.
pub fn find(held: &Held, pattern: &Regex, deadline: Instant) -> Result<Option<u64>, Error> {
    let file = open(held)?;
    let size = usize::try_from(held.stat.st_size).unwrap_or(BLOCK);
    let mut reader = BufReader::with_capacity(size.clamp(FIRST, BLOCK), file);
    let mut line = Vec::new();
    let (mut number, mut since) = (0, 0);
    in_time(deadline, "searching", &held.shown)?;
    loop {
        line.clear();
        // Two bytes more, for the end of the longest line.
        let mut rest = (&mut reader).take(MOST_LINE as u64 + 2);
        let length = rest.read_until(b'\n', &mut line).map_err(|error| held.error("read", &error))?;
        if length == 0 {
            return Ok(None);
        }
        number += 1;
        since += length;
        if since >= BLOCK {
            since = 0;
            in_time(deadline, "searching", &held.shown)?;
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.len() > MOST_LINE {
            return Err(Error::Limit(format!(
                "line {number} of {} is longer than {MOST_LINE} bytes",
                held.shown
            )));
        }
        if pattern.is_match(text) {
            return Ok(Some(number));
        }
    }
}

/// The digest in lower-case hex.
pub fn digest(held: &Held, algorithm: Algorithm, deadline: Instant) -> Result<String, Error> {
    match algorithm {
        Algorithm::Sha256 => {
            let mut hasher = Sha256::new();
            feed(held, deadline, |bytes| hasher.update(bytes))?;
            let mut hex = String::with_capacity(64);
            for byte in hasher.finalize() {
                hex += &format!("{byte:02x}");
            }
            Ok(hex)
        }
        Algorithm::Blake3 => {
            let mut hasher = blake3::Hasher::new();
            feed(held, deadline, |bytes| {
                hasher.update(bytes);
            })?;
            Ok(hasher.finalize().to_hex().to_string())
        }
    }
}

/// Hands the whole file over, block by block, and fails if it changed meanwhile.
pub fn feed(held: &Held, deadline: Instant, mut take: impl FnMut(&[u8])) -> Result<(), Error> {
    let mut file = open(held)?;
    let failed = |error: io::Error| held.error("read", &error);
    let stat = |file: &File| fstat(file).map_err(|errno| failed(errno.into()));
    let before = stat(&file)?;
    let size = u64::try_from(before.st_size).unwrap_or(0);
    // Only advice: filesystems that take none read as well.
    fadvise(&file, 0, None, Advice::Sequential).ok();
    let mut buffer = vec![0; usize::try_from(size).unwrap_or(BLOCK).clamp(FIRST, BLOCK)];
    let mut total = 0;
    loop {
        in_time(deadline, "digesting", &held.shown)?;
        let length = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed(error)),
        };
        take(&buffer[..length]);
        total += length as u64;
    }
    let after = stat(&file)?;
    // Files of /proc and /sys say that they are empty, and are not.
    let whole = total == size || size == 0;
    match whole && unchanged(&before, &after) {
        true => Ok(()),
        false => Err(Error::Io(format!("cannot digest {}: it changed while it was read", held.shown))),
    }
}

fn unchanged(before: &Stat, after: &Stat) -> bool {
    before.st_size == after.st_size
        && (before.st_mtime, before.st_mtime_nsec) == (after.st_mtime, after.st_mtime_nsec)
}

/// Opens a regular file, and nothing else.
fn open(held: &Held) -> Result<File, Error> {
    let shown = &held.shown;
    match held.kind() {
        FileType::RegularFile => Ok(File::from(held.reopen(OFlags::empty())?)),
        FileType::Directory => Err(Error::Io(format!("cannot read {shown}: it is a directory"))),
        _ => Err(Error::Unsupported(format!(
            "{shown} is a FIFO, a socket or a device, which are never opened"
        ))),
    }
}
