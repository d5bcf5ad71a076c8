//! Bytes in memory as a source: constants inside pickles, looked into without the host.

use gonogo_sdk::Error;
use miniz_oxide::inflate;

use super::source::{Member, Source};

/// Most bytes that one packed constant is unpacked to, all members together.
const UNPACKED: usize = 8 << 20;

/// Most members of an archive in memory.
const MEMBERS: usize = 1_000;

/// Bytes that lie in memory.
pub struct Memory(pub Vec<u8>);

impl Memory {
    /// The members with their bytes: those of a zip by its local headers, the one of gzip and zlib. And whether that is all of them.
    pub fn unpacked(&self) -> (Vec<(Member, Vec<u8>)>, bool) {
        let bytes = &self.0;
        let mut room = UNPACKED;
        let stream = match format(bytes) {
            "zip" => return zip(bytes),
            "gzip" => gzip(bytes),
            "zlib" => bytes.get(2..),
            _ => None,
        };
        let unpacked = stream.and_then(|stream| inflate_some(stream, &mut room));
        (unpacked.map(|bytes| (one(""), bytes)).into_iter().collect(), room > 0)
    }
}

impl Source for Memory {
    fn format(&self) -> Result<String, Error> {
        Ok(format(&self.0).to_owned())
    }

    fn size(&self) -> Result<u64, Error> {
        Ok(self.0.len() as u64)
    }

    fn read(&self, offset: u64, length: u32) -> Result<Vec<u8>, Error> {
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(self.0.len());
        let to = from.saturating_add(length as usize).min(self.0.len());
        Ok(self.0.get(from..to).unwrap_or_default().to_vec())
    }

    fn members(&self) -> Result<Vec<Member>, Error> {
        Ok(self.unpacked().0.into_iter().map(|(member, _)| member).collect())
    }

    fn member(&self, index: u32) -> Result<Box<dyn Source>, Error> {
        match self.unpacked().0.into_iter().nth(index as usize) {
            Some((_, bytes)) => Ok(Box::new(Self(bytes))),
            None => Err(Error::NotFound(format!("there is no member {index}"))),
        }
    }
}

/// The format by the first bytes, as far as it can be looked into here.
pub fn format(bytes: &[u8]) -> &'static str {
    match bytes {
        [b'P', b'K', 3, 4, ..] => "zip",
        [0x1f, 0x8b, 8, ..] => "gzip",
        // The two bytes of a zlib header are a multiple of 31.
        [first @ (0x58 | 0x68 | 0x78), second, ..]
            if (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0 && second & 0x20 == 0 =>
        {
            "zlib"
        }
        _ => "bytes",
    }
}

fn one(name: &str) -> Member {
    Member { name: name.to_owned(), file: true, ..Member::default() }
}

/// What can be inflated into the room that is left, also of a stream that breaks.
fn inflate_some(bytes: &[u8], room: &mut usize) -> Option<Vec<u8>> {
    let unpacked = inflate::decompress_to_vec_with_limit(bytes, *room).unwrap_or_else(|error| error.output);
    *room = room.saturating_sub(unpacked.len());
    (!unpacked.is_empty()).then_some(unpacked)
}

/// The deflate stream behind a gzip header.
fn gzip(bytes: &[u8]) -> Option<&[u8]> {
    let flags = *bytes.get(3)?;
    let mut rest = bytes.get(10..)?;
    if flags & 4 != 0 {
        let extra = usize::from(u16::from_le_bytes(*rest.first_chunk()?));
        rest = rest.get(2 + extra..)?;
    }
    // Name and comment, each up to a NUL.
    for flag in [8, 16] {
        if flags & flag != 0 {
            let end = rest.iter().position(|&byte| byte == 0)?;
            rest = rest.get(end + 1..)?;
        }
    }
    if flags & 2 != 0 { rest.get(2..) } else { Some(rest) }
}

/// Every local header that can be found, central directory or not; and whether all were unpacked.
fn zip(bytes: &[u8]) -> (Vec<(Member, Vec<u8>)>, bool) {
    let mut found = Vec::new();
    let mut room = UNPACKED;
    let mut at = 0;
    while let Some(next) =
        bytes.get(at..).and_then(|rest| rest.windows(4).position(|four| four == b"PK\x03\x04"))
    {
        if found.len() >= MEMBERS || room == 0 {
            return (found, false);
        }
        at += next;
        let header = |from: usize| bytes.get(at + from..).and_then(|rest| rest.first_chunk::<2>());
        let number = |from| header(from).map_or(0, |pair| usize::from(u16::from_le_bytes(*pair)));
        let (method, name, extra) = (number(8), number(26), number(28));
        let packed = number(18) | number(20) << 16;
        let from = at + 30 + name + extra;
        let text = bytes.get(at + 30..at + 30 + name).map(String::from_utf8_lossy).unwrap_or_default();
        let rest = bytes.get(from..).unwrap_or_default();
        // Written as a stream, the length stands behind the bytes.
        let data =
            if packed == 0 || packed == 0xffff_ffff { rest } else { rest.get(..packed).unwrap_or(rest) };
        let unpacked = match method {
            0 => {
                let length = data.len().min(room);
                room -= length;
                data.get(..length).map(<[u8]>::to_vec)
            }
            8 => inflate_some(data, &mut room),
            _ => None,
        };
        if let Some(unpacked) = unpacked {
            found.push((one(&text), unpacked));
        }
        at += 4;
    }
    (found, room > 0)
}
