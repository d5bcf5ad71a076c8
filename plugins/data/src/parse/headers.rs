//! The headers of images and audio, and the ends that such files must have.

use gonogo_sdk::{Error, files::Content};

use super::Fault;

/// Bytes at the beginning in which a header lies, but for JPEG's, whose size may follow a long profile.
const HEADER: u32 = 64 << 10;

/// Most bytes of JPEG's segments before the size.
const SEGMENTS: u64 = 32 << 20;

/// Bytes after the end of a picture that tools leave there.
const TAIL: u32 = 4 << 10;

fn broken<T>(what: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Broken(what.into(), None))
}

fn big(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

fn little(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

/// The width and height of an image that has its end.
pub fn image(content: &Content) -> Result<(u32, u32), Fault> {
    let size = content.size()?;
    let head = content.read(0, HEADER)?;
    let from = size.saturating_sub(u64::from(TAIL));
    let tail = content.read(from, TAIL)?;
    match known(&head, &tail, size)? {
        Found::Size(width, height) => Ok((width, height)),
        Found::Jpeg => jpeg(size, &tail, |offset, length| content.read(offset, length)),
    }
}

/// What the first bytes tell.
#[derive(Debug, PartialEq)]
enum Found {
    Size(u32, u32),
    Jpeg,
}

fn known(head: &[u8], tail: &[u8], size: u64) -> Result<Found, Fault> {
    let (width, height) = match head {
        [0x89, b'P', b'N', b'G', 13, 10, 26, 10, _, _, _, _, b'I', b'H', b'D', b'R', rest @ ..]
            if rest.len() >= 8 =>
        {
            // The last chunk is empty and has a fixed checksum; some tools pad after it.
            let end = b"IEND\xae\x42\x60\x82";
            if !tail.windows(end.len()).any(|window| window == end) {
                return broken("the PNG has no end: it was truncated");
            }
            (big(&rest[..4]), big(&rest[4..8]))
        }
        [0xff, 0xd8, 0xff, ..] => return Ok(Found::Jpeg),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', w0, w1, h0, h1, ..] => {
            if !tail.contains(&0x3b) {
                return broken("the GIF has no end: it was truncated");
            }
            (little(&[*w0, *w1]), little(&[*h0, *h1]))
        }
        [b'B', b'M', rest @ ..] if rest.len() >= 24 => {
            let length = u64::from(little(&rest[..4]));
            // A length of 0 is written by some tools of uncompressed pictures.
            if length > size {
                return broken(format!("the BMP has {size} of {length} bytes: it was truncated"));
            }
            // The height is negative where rows go from top to bottom.
            (little(&rest[16..20]), little(&rest[20..24]).cast_signed().unsigned_abs())
        }
        [b'R', b'I', b'F', b'F', l0, l1, l2, l3, b'W', b'E', b'B', b'P', rest @ ..] if rest.len() >= 18 => {
            let length = u64::from(little(&[*l0, *l1, *l2, *l3])) + 8;
            if length > size {
                return broken(format!("the WebP has {size} of {length} bytes: it was truncated"));
            }
            match &rest[..4] {
                b"VP8 " => (little(&rest[14..16]) & 0x3fff, little(&rest[16..18]) & 0x3fff),
                b"VP8L" => {
                    let bits = little(&rest[9..13]);
                    ((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1)
                }
                b"VP8X" => (little(&rest[12..15]) + 1, little(&rest[15..18]) + 1),
                _ => return broken("the WebP has no picture"),
            }
        }
        _ => return broken("it begins like no PNG, JPEG, GIF, BMP or WebP"),
    };
    if width == 0 || height == 0 {
        return broken(format!("the picture is {width} × {height}"));
    }
    Ok(Found::Size(width, height))
}

/// The size in the first frame header, behind any number of profiles and previews.
fn jpeg(
    size: u64,
    tail: &[u8],
    read: impl Fn(u64, u32) -> Result<Vec<u8>, Error>,
) -> Result<(u32, u32), Fault> {
    if !tail.windows(2).any(|window| window == [0xff, 0xd9]) {
        return broken("the JPEG has no end: it was truncated");
    }
    let mut at = 2;
    while at < size.min(SEGMENTS) {
        let head = read(at, 9)?;
        let [0xff, kind, rest @ ..] = head.as_slice() else {
            return broken(format!("byte {at} of the JPEG is no marker"));
        };
        match kind {
            // Bytes that fill up, and markers without a length.
            0xff => at += 1,
            0x01 | 0xd0..=0xd7 => at += 2,
            0xda | 0xd9 => return broken("the JPEG has no frame before its picture"),
            0xc0..=0xcf if ![0xc4, 0xc8, 0xcc].contains(kind) => {
                let &[_, _, _, h0, h1, w0, w1] = rest else {
                    return broken("the JPEG breaks off in its header");
                };
                let (width, height) = (big(&[w0, w1]), big(&[h0, h1]));
                return if width == 0 { broken("the JPEG has no width") } else { Ok((width, height.max(1))) };
            }
            _ => {
                let [l0, l1, ..] = rest else { return broken("the JPEG breaks off in its header") };
                at += 2 + u64::from(big(&[*l0, *l1]).max(2));
            }
        }
    }
    broken("the JPEG has no frame")
}

/// A WAV or FLAC whose header fits what follows.
pub fn audio(content: &Content) -> Result<(), Fault> {
    let size = content.size()?;
    let head = content.read(0, HEADER)?;
    match head.get(..4) {
        Some(b"RIFF" | b"RF64") => wav(&head, size),
        Some(b"fLaC") => flac(&head, size),
        // Some tools put tags before the stream.
        Some([b'I', b'D', b'3', _]) => {
            broken("it has ID3 tags before its audio, which decoders of FLAC refuse")
        }
        _ => broken("it begins like no WAV or FLAC"),
    }
}

fn wav(head: &[u8], size: u64) -> Result<(), Fault> {
    if head.get(8..12) != Some(b"WAVE") {
        return broken("the RIFF file is no WAV");
    }
    let mut at = 12;
    let mut format = None;
    while let Some([a, b, c, d, l0, l1, l2, l3]) = head.get(at..at + 8) {
        let length = u64::from(little(&[*l0, *l1, *l2, *l3]));
        match [*a, *b, *c, *d] {
            [b'f', b'm', b't', b' '] => {
                let Some(fields) = head.get(at + 8..at + 24) else {
                    return broken("the WAV breaks off in its header");
                };
                let (channels, rate) = (little(&fields[2..4]), little(&fields[4..8]));
                if channels == 0 || rate == 0 {
                    return broken(format!("the WAV has {channels} channels at {rate} Hz"));
                }
                format = Some(());
            }
            [b'd', b'a', b't', b'a'] => {
                let there = size.saturating_sub(at as u64 + 8);
                // A stream that was never closed, and RF64, have no length here.
                let is_open = length == u64::from(u32::MAX) || head.starts_with(b"RF64");
                return match format {
                    None => broken("the WAV has no format before its samples"),
                    Some(()) if length > there && !is_open => {
                        broken(format!("the WAV has {there} of {length} bytes of samples: it was truncated"))
                    }
                    Some(()) if there == 0 => broken("the WAV has no samples"),
                    Some(()) => Ok(()),
                };
            }
            _ => {}
        }
        // Chunks begin at even places.
        at += 8 + usize::try_from(length + length % 2).unwrap_or(usize::MAX).min(head.len());
    }
    broken("the WAV has no samples")
}

fn flac(head: &[u8], size: u64) -> Result<(), Fault> {
    let Some(stream) = head.get(8..42) else { return broken("the FLAC breaks off in its header") };
    if head[4] & 0x7f != 0 {
        return broken("the FLAC has no stream information at its beginning");
    }
    let rate = big(&stream[10..13]) >> 4;
    let samples = u64::from(stream[13] & 0x0f) << 32 | u64::from(big(&stream[14..18]));
    if rate == 0 {
        return broken("the FLAC has a rate of 0 Hz");
    }
    // The smallest frame that is declared, for each block of samples.
    let (block, frame) = (u64::from(big(&stream[2..4])), u64::from(big(&stream[4..7])));
    let least = samples.checked_div(block).unwrap_or_default() * frame;
    if least > size {
        return broken(format!(
            "the FLAC has {size} bytes, and its {samples} samples need {least} at least: it was truncated"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PNG: &[u8] =
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x03\x08\0\0\0\0....\0\0\0\0IEND\xae\x42\x60\x82";

    fn says(fault: Fault) -> String {
        match fault {
            Fault::Broken(what, _) => what,
            Fault::Unknown(error) => error.to_string(),
        }
    }

    fn size_of(bytes: &[u8]) -> Result<Found, String> {
        known(bytes, &bytes[bytes.len().saturating_sub(TAIL as usize)..], bytes.len() as u64).map_err(says)
    }

    #[test]
    fn pictures_have_a_size_and_an_end() {
        assert_eq!(size_of(PNG), Ok(Found::Size(2, 3)));
        assert!(size_of(&PNG[..PNG.len() - 4]).unwrap_err().contains("truncated"));
        assert_eq!(size_of(b"GIF89a\x02\0\x03\0...\x3b"), Ok(Found::Size(2, 3)));
        assert!(size_of(b"GIF89a\x02\0\x03\0...").unwrap_err().contains("truncated"));
        assert!(size_of(b"<html>").unwrap_err().contains("no PNG"));
        assert!(size_of(b"").is_err());
    }

    #[test]
    fn jpegs_have_a_frame() {
        let bytes = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\x03\x00\x02...\xff\xd9";
        let read = |bytes: &'static [u8]| {
            jpeg(bytes.len() as u64, bytes, move |at, length| {
                let at = usize::try_from(at).unwrap().min(bytes.len());
                Ok(bytes[at..(at + length as usize).min(bytes.len())].to_vec())
            })
            .map_err(says)
        };
        assert_eq!(read(bytes), Ok((2, 3)));
        assert!(read(&bytes[..20]).unwrap_err().contains("truncated"));
        assert!(read(b"\xff\xd8\xff\xda\xff\xd9").unwrap_err().contains("no frame"));
    }

    #[test]
    fn samples_are_all_there() {
        let mut bytes = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x04\0\0\0abcd".to_vec();
        assert!(wav(&bytes, bytes.len() as u64).is_ok());
        let fault = wav(&bytes, bytes.len() as u64 - 1).err().map(says);
        assert!(fault.unwrap().contains("3 of 4 bytes"));
        bytes[22] = 0;
        assert!(wav(&bytes, bytes.len() as u64).err().map(says).unwrap().contains("0 channels"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(start in 0..5_usize, bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let magic: [&[u8]; 5] = [b"RIFF", b"fLaC", b"BM", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8L"];
            let bytes = [magic[start], &bytes].concat();
            _ = size_of(&bytes);
            _ = wav(&bytes, bytes.len() as u64);
            _ = flac(&bytes, bytes.len() as u64);
        }
    }
}
