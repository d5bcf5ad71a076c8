//! What a sequence of bytes is, by its first bytes and never by its name.

use super::{
    bytes::{Budget, Bytes},
    tar,
    unpack::Method,
    zip,
};
use crate::domain::Error;

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An archive with a directory at its end.
    Zip,
    /// Headers of 512 bytes with what they are about after them.
    Tar,
    /// 7-Zip's archive.
    SevenZip,
    /// One packed stream.
    Packed(Method),
    /// None of these.
    Bytes,
}

/// Bytes that are looked at: the header of a tar, and enough of a zlib stream to tell it from text.
const HEAD: usize = 1 << 10;

/// Packed streams that are no archive by their first bytes are unpacked so far to look for a zip's end.
const FAR: u64 = 64 << 20;

impl Format {
    /// The contract's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::Tar => "tar",
            Self::SevenZip => "7z",
            Self::Packed(Method::Gzip) => "gzip",
            Self::Packed(Method::Zlib) => "zlib",
            Self::Packed(Method::Zstd) => "zstd",
            Self::Packed(Method::Bzip2) => "bzip2",
            Self::Packed(Method::Xz | Method::Lzma | Method::ZipLzma(_)) => "xz",
            Self::Packed(Method::Deflate) | Self::Bytes => "bytes",
        }
    }

    /// The format of these bytes.
    pub fn of(bytes: &Bytes, budget: &Budget) -> Result<Self, Error> {
        let head = bytes.get(0, HEAD, budget)?;
        if let Some(format) = by_head(&head) {
            return Ok(format);
        }
        // Readers of zip look at the end: what stands in front does not stop them.
        let known = bytes.known_size().is_some();
        let near = known
            || (!matches!(
                bytes.read_at(FAR, &mut [0], budget),
                Ok(1) | Err(Error::Limit(_) | Error::Timeout(_))
            ));
        match near && zip::has_end(bytes, budget)? {
            true => Ok(Self::Zip),
            false => Ok(Self::Bytes),
        }
    }
}

fn by_head(head: &[u8]) -> Option<Format> {
    Some(match head {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, b'P', b'K', ..] => Format::Zip,
        [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => Format::SevenZip,
        [0x1f, 0x8b, 8, ..] => Format::Packed(Method::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Format::Packed(Method::Zstd),
        [low, 0x2a, 0x4d, 0x18, ..] if low >> 4 == 5 => Format::Packed(Method::Zstd),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
        | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => {
            Format::Packed(Method::Bzip2)
        }
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Format::Packed(Method::Xz),
        _ if is_lzma(head) => Format::Packed(Method::Lzma),
        _ if tar::is_header(head) => Format::Tar,
        _ if is_zlib(head) => Format::Packed(Method::Zlib),
        _ => return None,
    })
}

/// Default properties, a dictionary of a whole power of two, and a size that is unknown or below 256 GiB.
fn is_lzma(head: &[u8]) -> bool {
    let [0x5d, a, b, c, d, size @ ..] = head else { return false };
    let Some(size) = size.first_chunk() else { return false };
    let (dictionary, size) = (u32::from_le_bytes([*a, *b, *c, *d]), u64::from_le_bytes(*size));
    dictionary >= 4096 && dictionary.is_power_of_two() && (size == u64::MAX || size < 1 << 38)
}

/// Two bytes are little: the stream must begin to unpack, too.
fn is_zlib(head: &[u8]) -> bool {
    let &[method, flags, ..] = head else { return false };
    let fits = method & 0xf == 8 && method >> 4 <= 7 && flags & 0x20 == 0;
    if !fits || !u16::from_be_bytes([method, flags]).is_multiple_of(31) {
        return false;
    }
    let mut out = vec![0; 32 << 10];
    let mut inflate = flate2::Decompress::new(true);
    let status = inflate.decompress(head, &mut out, flate2::FlushDecompress::None);
    match status {
        Ok(flate2::Status::StreamEnd) => true,
        Ok(_) => inflate.total_out() > 0 || inflate.total_in() == HEAD as u64,
        Err(_) => false,
    }
}
