//! One pack: where each object is in it, and how its entries begin.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    os::{fd::AsFd, unix::fs::FileExt},
};

use rustix::{
    fs::{Dir, Mode, OFlags, openat},
    io::Errno,
};

use super::{Id, Kind, damaged, open_in, read_whole};

/// Bytes that are read of a pack at once: about what an entry has.
const BUFFER: usize = 8 << 10;

/// Bytes before the names in an index: magic, version, and 256 counts.
const NAMES: usize = 8 + 256 * 4;

/// A pack with its index.
pub struct Pack {
    file: File,
    /// Of version 2: counts, names, checksums, places, large places.
    index: Vec<u8>,
    count: usize,
}

/// How an entry is packed.
pub enum Entry {
    /// As it is.
    Whole(Kind),
    /// As a delta of what is at this place.
    DeltaAt(u64),
    /// As a delta of the object of this name.
    DeltaOf(Id),
}

/// Reads from a place on.
pub struct Reading<'a> {
    file: &'a File,
    at: u64,
}

impl Read for Reading<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read_at(buffer, self.at)?;
        self.at += length as u64;
        Ok(length)
    }
}

impl Pack {
    /// All packs of a repository.
    pub fn all(git: impl AsFd) -> io::Result<Vec<Self>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = openat(git, "objects", flags, Mode::empty());
        let directory = match opened.and_then(|objects| openat(objects, "pack", flags, Mode::empty())) {
            Ok(directory) => directory,
            Err(Errno::NOENT) => return Ok(Vec::new()),
            Err(errno) => return Err(errno.into()),
        };
        let mut names = Vec::new();
        for entry in Dir::read_from(&directory)? {
            let entry = entry?;
            names.extend(
                entry.file_name().to_str().ok().and_then(|name| name.strip_suffix(".idx")).map(str::to_owned),
            );
        }
        names.sort_unstable();
        names.iter().map(|name| Self::open(&directory, name)).collect()
    }

    fn open(directory: impl AsFd, name: &str) -> io::Result<Self> {
        let index = read_whole(open_in(&directory, &format!("{name}.idx"))?)?;
        let file = open_in(&directory, &format!("{name}.pack"))?;
        if !index.starts_with(b"\xfftOc\0\0\0\x02") {
            return Err(damaged("the index of a pack is not of version 2"));
        }
        let count =
            word(&index, NAMES - 4).ok_or_else(|| damaged("the index of a pack ends early"))? as usize;
        match index.len() >= NAMES + count * 28 {
            true => Ok(Self { file, index, count }),
            false => Err(damaged("the index of a pack ends early")),
        }
    }

    /// Where an object is in the pack.
    pub fn place(&self, id: &Id) -> Option<u64> {
        let first = usize::from(id[0]);
        let mut low = if first == 0 { 0 } else { word(&self.index, 8 + 4 * (first - 1))? as usize };
        let mut high = (word(&self.index, 8 + 4 * first)? as usize).min(self.count);
        while low < high {
            let middle = low.midpoint(high);
            let at = NAMES + 20 * middle;
            match self.index.get(at..at + 20)?.cmp(id) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return self.offset(middle),
            }
        }
        None
    }

    fn offset(&self, at: usize) -> Option<u64> {
        let offsets = NAMES + 24 * self.count;
        let offset = word(&self.index, offsets + 4 * at)?;
        if offset & 1 << 31 == 0 {
            return Some(u64::from(offset));
        }
        let large = offsets + 4 * self.count + 8 * (offset & !(1 << 31)) as usize;
        Some(u64::from(word(&self.index, large)?) << 32 | u64::from(word(&self.index, large + 4)?))
    }

    /// How the entry at a place is packed, its unpacked size, and a reader of what is packed.
    pub fn entry(&self, offset: u64) -> io::Result<(Entry, u64, BufReader<Reading<'_>>)> {
        let mut reader = BufReader::with_capacity(BUFFER, Reading { file: &self.file, at: offset });
        let mut byte = [0];
        reader.read_exact(&mut byte)?;
        let kind = byte[0] >> 4 & 7;
        let mut size = u64::from(byte[0] & 15);
        let mut shift = 4;
        while byte[0] & 0x80 != 0 {
            reader.read_exact(&mut byte)?;
            if shift > 56 {
                return Err(damaged("a size has no end"));
            }
            size |= u64::from(byte[0] & 0x7f) << shift;
            shift += 7;
        }
        let entry = match kind {
            1 => Entry::Whole(Kind::Commit),
            2 => Entry::Whole(Kind::Tree),
            3 => Entry::Whole(Kind::Blob),
            4 => Entry::Whole(Kind::Tag),
            6 => {
                reader.read_exact(&mut byte)?;
                let mut back = u64::from(byte[0] & 0x7f);
                while byte[0] & 0x80 != 0 {
                    reader.read_exact(&mut byte)?;
                    if back >> 55 != 0 {
                        return Err(damaged("a place has no end"));
                    }
                    back = (back + 1) << 7 | u64::from(byte[0] & 0x7f);
                }
                let base = offset.checked_sub(back).filter(|base| *base < offset);
                Entry::DeltaAt(base.ok_or_else(|| damaged("a delta's base is before its pack"))?)
            }
            7 => {
                let mut id = [0; 20];
                reader.read_exact(&mut id)?;
                Entry::DeltaOf(id)
            }
            _ => return Err(damaged("an entry of a pack is of no known kind")),
        };
        Ok((entry, size, reader))
    }
}

/// Four bytes, the highest first.
pub fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}
