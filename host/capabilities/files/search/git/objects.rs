//! Objects by name: loose ones, and those in packs with all that they are deltas of.

use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, Read},
    sync::Arc,
};

use flate2::bufread::ZlibDecoder;

use super::{Got, Id, Kind, Repository, damaged, hex, open_in, pack::Entry};

/// Longest chain of deltas: Git's own bound.
const MOST_DELTAS: usize = 4_096;

/// Largest object that others may be deltas of, in bytes.
const MOST_BASE: u64 = 256 << 20;

/// Bytes of unpacked objects that a thread keeps: the next is often a delta of one of them.
const KEPT: usize = 64 << 20;

/// An object and what it is.
type Unpacked = (Kind, Arc<Vec<u8>>);

/// Objects that were unpacked, by pack and place.
#[derive(Default)]
pub struct Cache {
    kept: HashMap<(usize, u64), Unpacked>,
    bytes: usize,
}

impl Cache {
    fn keep(&mut self, key: (usize, u64), kind: Kind, bytes: &Arc<Vec<u8>>) {
        if bytes.len() > KEPT / 8 {
            return;
        }
        if self.bytes + bytes.len() > KEPT {
            self.kept.clear();
            self.bytes = 0;
        }
        self.bytes += bytes.len();
        self.kept.insert(key, (kind, Arc::clone(bytes)));
    }
}

impl Repository {
    /// An object of at most `most` bytes.
    pub fn find(&self, id: &Id, most: u64, cache: &mut Cache) -> io::Result<Got> {
        for (at, pack) in self.packs.iter().enumerate() {
            if let Some(offset) = pack.place(id) {
                return self.unpack(at, offset, most, cache);
            }
        }
        let name = hex(id);
        let (folder, file) = name.split_at(2);
        let file = open_in(&self.directory, &format!("objects/{folder}/{file}"))?;
        let mut reader = BufReader::new(ZlibDecoder::new(BufReader::new(file)));
        let mut header = Vec::new();
        (&mut reader).take(64).read_until(0, &mut header)?;
        let header = header.strip_suffix(b"\0").ok_or_else(|| damaged("an object has no header"))?;
        let mut words = header.split(|&byte| byte == b' ');
        let kind = match words.next() {
            Some(b"commit") => Kind::Commit,
            Some(b"tree") => Kind::Tree,
            Some(b"blob") => Kind::Blob,
            Some(b"tag") => Kind::Tag,
            _ => return Err(damaged("an object is of no known kind")),
        };
        let size = words.next().and_then(|size| std::str::from_utf8(size).ok()?.parse::<u64>().ok());
        let size = size.ok_or_else(|| damaged("an object has no size"))?;
        if size > most {
            return Ok(Got::Large);
        }
        Ok(Got::Object(kind, exactly(reader, size)?))
    }

    /// An object in a pack: back along its deltas to one that is whole, and forward again.
    fn unpack(&self, at: usize, offset: u64, most: u64, cache: &mut Cache) -> io::Result<Got> {
        let pack = self.packs.get(at).ok_or_else(|| damaged("no such pack"))?;
        let mut deltas = Vec::new();
        let mut next = offset;
        let (kind, mut bytes) = loop {
            if let Some((kind, bytes)) = cache.kept.get(&(at, next)) {
                break (*kind, Arc::clone(bytes));
            }
            if deltas.len() > MOST_DELTAS {
                return Err(damaged("a chain of deltas has no end"));
            }
            let (entry, size, reader) = pack.entry(next)?;
            let bound = if deltas.is_empty() { most } else { MOST_BASE };
            if matches!(entry, Entry::Whole(_)) && size > bound {
                return Ok(Got::Large);
            }
            if size > MOST_BASE {
                return Ok(Got::Large);
            }
            let bytes = exactly(ZlibDecoder::new(reader), size)?;
            let base = match entry {
                Entry::Whole(kind) => {
                    let bytes = Arc::new(bytes);
                    cache.keep((at, next), kind, &bytes);
                    break (kind, bytes);
                }
                Entry::DeltaAt(base) => base,
                Entry::DeltaOf(id) => {
                    // Packs on disk have the bases of their deltas.
                    pack.place(&id).ok_or_else(|| damaged("the base of a delta is not in its pack"))?
                }
            };
            if deltas.is_empty() && sizes(&bytes)?.1 > most {
                return Ok(Got::Large);
            }
            deltas.push((next, bytes));
            next = base;
        };
        for (place, delta) in deltas.iter().rev() {
            bytes = Arc::new(applied(&bytes, delta)?);
            cache.keep((at, *place), kind, &bytes);
        }
        match bytes.len() as u64 > most {
            true => Ok(Got::Large),
            false => Ok(Got::Object(kind, Arc::unwrap_or_clone(bytes))),
        }
    }
}

/// So many bytes, neither more nor fewer.
fn exactly(reader: impl Read, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match reader.take(size + 1).read_to_end(&mut bytes)? as u64 == size {
        true => Ok(bytes),
        false => Err(damaged("an object is not as long as it says")),
    }
}

/// Seven bits a byte, the lowest first.
fn number(bytes: &mut &[u8]) -> io::Result<u64> {
    let mut number = 0_u64;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or_else(|| damaged("a delta ends early"))?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(damaged("a size has no end"))
}

/// The sizes of a delta's base and result, in bytes.
fn sizes(mut delta: &[u8]) -> io::Result<(u64, u64)> {
    Ok((number(&mut delta)?, number(&mut delta)?))
}

/// The result of a delta.
fn applied(base: &[u8], mut delta: &[u8]) -> io::Result<Vec<u8>> {
    let wrong = || damaged("a delta does not fit its base");
    let (from, to) = (number(&mut delta)?, number(&mut delta)?);
    if from != base.len() as u64 || to > MOST_BASE {
        return Err(wrong());
    }
    let mut out = Vec::with_capacity(usize::try_from(to).unwrap_or(0).min(1 << 20));
    while let Some((&command, rest)) = delta.split_first() {
        delta = rest;
        let part = if command & 0x80 == 0 {
            let (part, rest) = delta.split_at_checked(usize::from(command)).ok_or_else(wrong)?;
            delta = rest;
            if part.is_empty() {
                return Err(wrong());
            }
            part
        } else {
            let mut places = [0_u8; 7];
            for (bit, place) in places.iter_mut().enumerate() {
                if command & 1 << bit != 0 {
                    let (&byte, rest) = delta.split_first().ok_or_else(wrong)?;
                    (*place, delta) = (byte, rest);
                }
            }
            let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
            let start = number(&places[..4]);
            let length = match number(&places[4..]) {
                0 => 0x10000,
                length => length,
            };
            base.get(start..start + length).ok_or_else(wrong)?
        };
        if (out.len() + part.len()) as u64 > to {
            return Err(wrong());
        }
        out.extend_from_slice(part);
    }
    if out.len() as u64 == to { Ok(out) } else { Err(wrong()) }
}
