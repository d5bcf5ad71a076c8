//! What Parquet writes in Thrift's compact protocol, looked through before its reader makes room for what is said to follow.
//!
//! The reader asks for memory for as many elements or bytes as a list or a text claims to have. Where that is a lie, no system has so much, and the
//! whole program would end. Here every one of them must be there.

use std::collections::BTreeMap;

/// Most elements of a list: what the reader in C++ takes, too.
const ELEMENTS: u64 = 1_000_000;

/// Structs in structs in lists: Parquet's own are some eight deep.
const DEPTH: usize = 32;

/// Why it is no struct that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// It goes on behind these bytes.
    #[error("it is truncated, or claims more than is there")]
    Short,
    /// It is nothing that anybody writes.
    #[error("{0}")]
    Odd(&'static str),
}

/// A struct that holds what it says.
#[derive(Debug)]
pub struct Struct {
    /// Its bytes.
    pub length: usize,
    /// Its own whole numbers, by the number of their field.
    pub numbers: BTreeMap<i64, i64>,
}

/// Looks a struct through, from its first byte.
pub fn look(bytes: &[u8]) -> Result<Struct, Wrong> {
    let mut walk = Walk { bytes, at: 0 };
    let mut numbers = BTreeMap::new();
    walk.structure(0, &mut |field, number| {
        numbers.insert(field, number);
    })?;
    Ok(Struct { length: walk.at, numbers })
}

struct Walk<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Walk<'_> {
    fn byte(&mut self) -> Result<u8, Wrong> {
        let byte = *self.bytes.get(self.at).ok_or(Wrong::Short)?;
        self.at += 1;
        Ok(byte)
    }

    fn skip(&mut self, length: u64) -> Result<(), Wrong> {
        let left = (self.bytes.len() - self.at) as u64;
        if length > left {
            return Err(Wrong::Short);
        }
        self.at += length as usize;
        Ok(())
    }

    fn varint(&mut self) -> Result<u64, Wrong> {
        let mut number = 0;
        for place in 0..10 {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Wrong::Odd("a number has no end"))
    }

    /// A number with its sign in its last bit.
    fn zigzag(&mut self) -> Result<i64, Wrong> {
        let number = self.varint()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    fn structure(&mut self, depth: usize, seen: &mut dyn FnMut(i64, i64)) -> Result<(), Wrong> {
        if depth > DEPTH {
            return Err(Wrong::Odd("structs are nested without end"));
        }
        let mut field = 0;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Ok(());
            }
            field = match head >> 4 {
                0 => self.zigzag()?,
                step => field.wrapping_add(i64::from(step)),
            };
            match head & 0x0f {
                // Whether it is true is in its kind.
                1 | 2 => {}
                4..=6 => seen(field, self.zigzag()?),
                kind => self.value(kind, depth)?,
            }
        }
    }

    fn value(&mut self, kind: u8, depth: usize) -> Result<(), Wrong> {
        match kind {
            1..=3 => self.skip(1),
            4..=6 => self.varint().map(|_| ()),
            7 => self.skip(8),
            8 => {
                let length = self.varint()?;
                self.skip(length)
            }
            9 | 10 => {
                let head = self.byte()?;
                let size = match head >> 4 {
                    15 => self.varint()?,
                    size => u64::from(size),
                };
                self.elements(size, &[head & 0x0f], depth)
            }
            11 => match self.varint()? {
                0 => Ok(()),
                size => {
                    let kinds = self.byte()?;
                    self.elements(size, &[kinds >> 4, kinds & 0x0f], depth)
                }
            },
            12 => self.structure(depth + 1, &mut |_, _| {}),
            13 => self.skip(16),
            _ => Err(Wrong::Odd("a value is of no kind that there is")),
        }
    }

    fn elements(&mut self, size: u64, kinds: &[u8], depth: usize) -> Result<(), Wrong> {
        if depth > DEPTH {
            return Err(Wrong::Odd("lists are nested without end"));
        }
        if size > ELEMENTS {
            return Err(Wrong::Odd("a list claims to have more than a million elements"));
        }
        for _ in 0..size {
            kinds.iter().try_for_each(|kind| self.value(*kind, depth + 1))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Field 1: the number 3. Field 3: the text `abc`. Field 4: a list of two structs, each with the number -1 in its field 2. Field 5: true.
    const HONEST: [u8; 19] =
        [0x15, 6, 0x28, 3, b'a', b'b', b'c', 0x19, 0x2c, 0x25, 1, 0, 0x25, 1, 0, 0x11, 0, 7, 7];

    #[test]
    fn an_honest_struct_ends_where_it_says() {
        let looked = look(&HONEST).unwrap();
        assert_eq!((looked.length, looked.numbers), (17, BTreeMap::from([(1, 3)])));
        for length in 0..17 {
            assert_eq!(look(&HONEST[..length]).unwrap_err(), Wrong::Short, "{length} bytes");
        }
    }

    #[test]
    fn what_claims_more_than_is_there_is_told() {
        let many = [0xff, 0xff, 0xff, 0xff, 0x07];
        let text = [&[0x18][..], &many, b"abc"].concat();
        assert_eq!(look(&text).unwrap_err(), Wrong::Short);
        let list = [&[0x19, 0xfc][..], &many, &[0; 64]].concat();
        assert!(matches!(look(&list), Err(Wrong::Odd(why)) if why.contains("million")));
        let map = [&[0x1b][..], &many, &[0x55; 64]].concat();
        assert!(matches!(look(&map), Err(Wrong::Odd(why)) if why.contains("million")));
        assert!(matches!(look(&[0x1c; 100]), Err(Wrong::Odd(why)) if why.contains("nested")));
        assert!(
            matches!(look(&[[0x19].as_slice(), &[0x19; 100]].concat()), Err(Wrong::Odd(why)) if why.contains("nested"))
        );
        assert!(matches!(
            look(&[0x15, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]),
            Err(Wrong::Odd(_))
        ));
        assert!(matches!(look(&[0x1e]), Err(Wrong::Odd(_))));
    }
}
