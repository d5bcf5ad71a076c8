//! The index of a borg repository: where each object is, in a hash table written as it is in memory.
//!
//! Header of 18 bytes: `BORG_IDX`, entries (4, little-endian), buckets (4), bytes of a key (1), bytes of a value (1). Then the buckets; of a value
//! the first 4 bytes are the segment and the next 4 the offset. 0xffffffff as segment marks an empty bucket, 0xfffffffe a deleted one.

use std::collections::BTreeMap;

use gonogo_sdk::{Error, files};

const MAGIC: &[u8] = b"BORG_IDX";

const HEADER: usize = 18;

/// Segments from here on are marks.
const MARKS: u32 = 0xffff_fffe;

/// Most segments of an index: 500 MB each, so that more is not to be believed.
const SEGMENTS: usize = 1_000_000;

/// The objects of a segment that the index knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// How many.
    pub objects: u64,
    /// Where the last one begins.
    pub farthest: u64,
}

/// Objects by segment, or what is wrong with the index.
type Read = Result<BTreeMap<u32, Place>, String>;

/// Reads the index in a file.
pub fn places(path: &str) -> Result<Read, Error> {
    let content = files::open(path)?;
    let header = content.read(0, HEADER as u32)?;
    let table = match Table::new(&header) {
        Ok(table) => table,
        Err(why) => return Ok(Err(why)),
    };
    let mut found = Found::default();
    let bucket = table.bucket();
    let whole = files::MOST_BYTES as usize / bucket * bucket;
    let mut offset = HEADER as u64;
    loop {
        let bytes = content.read(offset, whole as u32)?;
        offset += bytes.len() as u64;
        found.take(&table, &bytes);
        if found.places.len() > SEGMENTS {
            return Ok(Err(format!("it names more than {SEGMENTS} segments")));
        }
        if bytes.len() < whole {
            return Ok(found.judge(&table, offset));
        }
    }
}

#[derive(Debug)]
struct Table {
    entries: u64,
    buckets: u64,
    key: usize,
    value: usize,
}

impl Table {
    fn new(header: &[u8]) -> Result<Self, String> {
        let Ok::<[u8; HEADER], _>(header) = header.try_into() else {
            return Err(format!("it has {} bytes", header.len()));
        };
        if !header.starts_with(MAGIC) {
            return Err("it does not begin with BORG_IDX".to_owned());
        }
        let number = |at: usize| {
            header
                .get(at..at + 4)
                .map(|four| four.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
        };
        let (entries, buckets) = (number(8).unwrap_or_default(), number(12).unwrap_or_default());
        let [.., key, value] = header;
        if key != 32 || value < 8 || entries > buckets {
            return Err(format!(
                "{entries} entries in {buckets} buckets with keys of {key} and values of {value} bytes"
            ));
        }
        Ok(Self { entries, buckets, key: key.into(), value: value.into() })
    }

    const fn bucket(&self) -> usize {
        self.key + self.value
    }
}

#[derive(Default)]
struct Found {
    places: BTreeMap<u32, Place>,
    entries: u64,
}

impl Found {
    fn take(&mut self, table: &Table, bytes: &[u8]) {
        for bucket in bytes.chunks_exact(table.bucket()) {
            let Some([s0, s1, s2, s3, o0, o1, o2, o3]) =
                bucket.get(table.key..).and_then(|value| value.first_chunk())
            else {
                continue;
            };
            let segment = u32::from_le_bytes([*s0, *s1, *s2, *s3]);
            if segment >= MARKS {
                continue;
            }
            let place = self.places.entry(segment).or_default();
            place.objects += 1;
            place.farthest = place.farthest.max(u32::from_le_bytes([*o0, *o1, *o2, *o3]).into());
            self.entries += 1;
        }
    }

    fn judge(self, table: &Table, size: u64) -> Read {
        let wanted = HEADER as u64 + table.buckets * table.bucket() as u64;
        if size != wanted {
            return Err(format!("it has {size} bytes, {wanted} wanted"));
        }
        if self.entries != table.entries {
            return Err(format!("it holds {} entries, and its header says {}", self.entries, table.entries));
        }
        Ok(self.places)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Read {
        let (header, rest) = bytes.split_at(bytes.len().min(HEADER));
        let table = Table::new(header)?;
        let mut found = Found::default();
        found.take(&table, rest);
        found.judge(&table, bytes.len() as u64)
    }

    fn index() -> Vec<u8> {
        let bucket = |segment: u32, offset: u32| {
            [&[5; 32][..], &segment.to_le_bytes(), &offset.to_le_bytes()].concat()
        };
        let buckets =
            [bucket(2, 8), bucket(u32::MAX, 0), bucket(2, 500), bucket(MARKS, 0), bucket(4, 8)].concat();
        [&b"BORG_IDX\x03\0\0\0\x05\0\0\0\x20\x08"[..], &buckets].concat()
    }

    #[test]
    fn objects_by_segment() {
        let places = read(&index()).unwrap();
        assert_eq!(places[&2], Place { objects: 2, farthest: 500 });
        assert_eq!(places[&4], Place { objects: 1, farthest: 8 });
        assert_eq!(places.len(), 2);
    }

    #[test]
    fn damage_is_told() {
        let whole = index();
        assert!(read(&whole[..whole.len() - 1]).unwrap_err().contains("217 bytes, 218 wanted"));
        assert!(read(&whole[..10]).is_err());
        let mut other = whole.clone();
        other[8] = 4;
        assert!(read(&other).unwrap_err().contains("header says 4"));
        other[0] = 0;
        assert!(read(&other).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
            let _ = read(&[MAGIC, &bytes].concat());
        }
    }
}
