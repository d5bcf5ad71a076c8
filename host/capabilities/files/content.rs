//! What is in a regular file: parts, and matching lines. Always streamed, in time and with bounded memory.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    time::Instant,
};

use regex::bytes::Regex;
use rustix::{
    buffer::spare_capacity,
    fs::{FileType, OFlags},
    io::{Errno, pread},
};

use super::{in_time, place::Held};
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

/// Opens a regular file, and nothing else.
pub fn open(held: &Held) -> Result<File, Error> {
    let shown = &held.shown;
    match held.kind() {
        FileType::RegularFile => Ok(File::from(held.reopen(OFlags::empty())?)),
        FileType::Directory => Err(Error::Io(format!("cannot read {shown}: it is a directory"))),
        _ => Err(Error::Unsupported(format!(
            "{shown} is a FIFO, a socket or a device, which are never opened"
        ))),
    }
}
