//! Segments of a borg repository: a magic, then entries that each carry the CRC-32 of what follows it.
//!
//! As borg's internals documentation has it: checksum (4 bytes, little-endian), size of the whole entry (4), tag (1), then for PUT a key of 32
//! bytes and data, for DELETE a key, for COMMIT nothing. PUT2, of borg 2's first betas, has the checksum over header, key and an xxh64 of the data alone.

use std::fmt;

use crate::crc32::Crc32;

/// What each segment begins with.
const MAGIC: &[u8; 8] = b"BORG_SEG";

/// Checksum, size and tag.
const HEADER: usize = 9;

/// Bytes of a key.
const KEY: u64 = 32;

/// Bytes of PUT2's hash.
const HASH: u64 = 8;

/// The largest entry that borg writes or reads: 20 MiB of data with header and key.
const MOST: u64 = (20 << 20) + 41;

const PUT: u8 = 0;
const DELETE: u8 = 1;
const COMMIT: u8 = 2;
const PUT2: u8 = 3;

/// What is wrong in a segment, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where the entry begins, in bytes.
    pub offset: u64,
    /// What is wrong with it.
    pub what: What,
}

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The segment does not begin as one.
    Magic,
    /// No entry has this size with this tag.
    Size(u32, u8),
    /// There is no such tag.
    Tag(u8),
    /// The checksum written and that of the bytes.
    Checksum(u32, u32),
    /// The segment ends in the middle of it: bytes that are missing.
    Truncated(u64),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.offset;
        match &self.what {
            What::Magic => write!(f, "it does not begin with BORG_SEG"),
            What::Size(size, tag) => {
                write!(f, "the entry at byte {at} has tag {tag} and an impossible size of {size} bytes")
            }
            What::Tag(tag) => write!(f, "the entry at byte {at} has the unknown tag {tag}"),
            What::Checksum(wanted, found) => {
                write!(f, "the entry at byte {at} has the CRC-32 {found:08x}, {wanted:08x} wanted")
            }
            What::Truncated(missing) => {
                write!(f, "it ends in the entry at byte {at}, {missing} bytes too early")
            }
        }
    }
}

/// Reads a segment as its bytes come.
#[derive(Debug)]
pub struct Segment {
    /// Where the entry that is being read begins.
    offset: u64,
    header: [u8; HEADER],
    have: usize,
    /// Bytes of the entry that its checksum still has to take in, and that come after them.
    checked: u64,
    unchecked: u64,
    crc: Crc32,
    magic: bool,
    /// Entries read to their end.
    pub entries: u64,
    /// Bytes of data that no checksum of ours covers.
    pub uncovered: u64,
    /// Whether the last entry ends a transaction.
    pub committed: bool,
}

impl Segment {
    /// At the beginning.
    pub const fn new() -> Self {
        Self {
            offset: 0,
            header: [0; HEADER],
            have: 0,
            checked: 0,
            unchecked: 0,
            crc: Crc32::new(),
            magic: false,
            entries: 0,
            uncovered: 0,
            committed: false,
        }
    }

    /// Takes the next bytes. After an error there is nothing more to learn from the segment.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Result<(), Damage> {
        while !bytes.is_empty() {
            let wanted = if self.magic { HEADER } else { MAGIC.len() };
            if self.have < wanted {
                let (now, rest) = bytes.split_at(bytes.len().min(wanted - self.have));
                if let Some(place) = self.header.get_mut(self.have..self.have + now.len()) {
                    place.copy_from_slice(now);
                }
                self.have += now.len();
                bytes = rest;
                match (self.have == wanted, self.magic) {
                    (false, _) => return Ok(()),
                    (true, false) => self.begin()?,
                    (true, true) => self.entry()?,
                }
                continue;
            }
            let (now, rest) = split(bytes, self.checked);
            self.crc.update(now);
            self.checked -= now.len() as u64;
            let (skipped, rest) = split(rest, if self.checked == 0 { self.unchecked } else { 0 });
            self.unchecked -= skipped.len() as u64;
            self.uncovered += skipped.len() as u64;
            bytes = rest;
            self.end()?;
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Damage> {
        if self.header.get(..MAGIC.len()) != Some(MAGIC) {
            return Err(self.damage(What::Magic));
        }
        (self.magic, self.have, self.offset) = (true, 0, MAGIC.len() as u64);
        Ok(())
    }

    /// A header is complete.
    fn entry(&mut self) -> Result<(), Damage> {
        let [_, _, _, _, s0, s1, s2, s3, tag] = self.header;
        let size = u32::from_le_bytes([s0, s1, s2, s3]);
        let body = u64::from(size).checked_sub(HEADER as u64).filter(|_| u64::from(size) <= MOST + HASH);
        let (checked, unchecked) = match (tag, body) {
            (PUT, Some(body)) if body >= KEY => (body, 0),
            (DELETE, Some(KEY)) => (KEY, 0),
            (COMMIT, Some(0)) => (0, 0),
            (PUT2, Some(body)) if body >= KEY + HASH => (KEY + HASH, body - KEY - HASH),
            (PUT | DELETE | COMMIT | PUT2, _) => return Err(self.damage(What::Size(size, tag))),
            _ => return Err(self.damage(What::Tag(tag))),
        };
        (self.checked, self.unchecked) = (checked, unchecked);
        self.crc = Crc32::new();
        self.crc.update(&[s0, s1, s2, s3, tag]);
        self.committed = tag == COMMIT;
        self.end()
    }

    /// Goes on to the next entry where this one is complete.
    fn end(&mut self) -> Result<(), Damage> {
        if self.checked > 0 || self.unchecked > 0 {
            return Ok(());
        }
        let [c0, c1, c2, c3, s0, s1, s2, s3, _] = self.header;
        let (wanted, found) = (u32::from_le_bytes([c0, c1, c2, c3]), self.crc.value());
        if wanted != found {
            return Err(self.damage(What::Checksum(wanted, found)));
        }
        self.offset += u64::from(u32::from_le_bytes([s0, s1, s2, s3]));
        self.have = 0;
        self.entries += 1;
        Ok(())
    }

    /// The bytes are at their end.
    pub fn finish(&self) -> Result<(), Damage> {
        let missing = match (self.magic, self.have) {
            (false, have) => (MAGIC.len() - have) as u64,
            (true, 0) => return Ok(()),
            (true, have) if have < HEADER => (HEADER - have) as u64,
            (true, _) => self.checked + self.unchecked,
        };
        Err(self.damage(What::Truncated(missing)))
    }

    const fn damage(&self, what: What) -> Damage {
        Damage { offset: self.offset, what }
    }
}

/// At most so many bytes, and the rest.
fn split(bytes: &[u8], most: u64) -> (&[u8], &[u8]) {
    bytes.split_at(usize::try_from(most).unwrap_or(usize::MAX).min(bytes.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(tag: u8, body: &[u8]) -> Vec<u8> {
        let mut covered = (HEADER as u32 + body.len() as u32).to_le_bytes().to_vec();
        covered.push(tag);
        let mut crc = Crc32::new();
        crc.update(&covered);
        crc.update(if tag == PUT2 { &body[..40] } else { body });
        [&crc.value().to_le_bytes()[..], &covered, body].concat()
    }

    fn segment() -> Vec<u8> {
        let put = [&[7; 32][..], &[1, 2, 3, 4, 5]].concat();
        [MAGIC.to_vec(), entry(PUT, &put), entry(DELETE, &[9; 32]), entry(PUT2, &[3; 60]), entry(COMMIT, &[])]
            .concat()
    }

    fn read(bytes: &[u8], piece: usize) -> Result<Segment, Damage> {
        let mut segment = Segment::new();
        for piece in bytes.chunks(piece) {
            segment.feed(piece)?;
        }
        segment.finish()?;
        Ok(segment)
    }

    #[test]
    fn a_whole_segment() {
        for piece in [1, 3, 9, 1000] {
            let segment = read(&segment(), piece).unwrap();
            assert_eq!((segment.entries, segment.uncovered, segment.committed), (4, 20, true));
        }
        assert_eq!(read(b"BORG_SEG\x40\xf4\x3c\x25\x09\0\0\0\x02", 5).unwrap().entries, 1);
        assert!(!read(b"BORG_SEG", 5).unwrap().committed);
    }

    #[test]
    fn each_bit_counts() {
        let whole = segment();
        let uncovered = whole.len() - 9 - 20..whole.len() - 9;
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[at] ^= 1 << bit;
                assert_eq!(read(&damaged, 64).is_ok(), uncovered.contains(&at), "byte {at}");
            }
        }
    }

    #[test]
    fn each_truncation_counts_but_between_entries() {
        let whole = segment();
        let ends = [8, 8 + 46, 8 + 46 + 41, whole.len() - 9, whole.len()];
        for length in 0..=whole.len() {
            let read = read(&whole[..length], 64);
            assert_eq!(read.is_ok(), ends.contains(&length), "{length}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), piece in 1_usize..50) {
            let _ = read(&bytes, piece);
            let _ = read(&[MAGIC, &bytes[..]].concat(), piece);
        }
    }
}
