//! Runs of base64 in a text, decoded once where they hold text.

use std::ops::Range;

/// Shortest run that is looked at, in characters: 18 bytes, below which few secrets are.
const SHORTEST: usize = 24;

/// Longest part of a run that is decoded, in characters.
const LONGEST: usize = 1 << 20;

/// What each byte stands for, in base64 and base64url alike; 64 where it stands for nothing.
const VALUES: [u8; 256] = {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [64; 256];
    let mut at = 0;
    while at < letters.len() {
        values[letters[at] as usize] = at as u8;
        at += 1;
    }
    values[b'-' as usize] = 62;
    values[b'_' as usize] = 63;
    values
};

fn value(byte: u8) -> Option<u8> {
    let value = VALUES[usize::from(byte)];
    (value < 64).then_some(value)
}

/// Runs with what they hold, in their order.
pub fn runs(text: &[u8]) -> impl Iterator<Item = (Range<usize>, Vec<u8>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            // A run that begins before `at + SHORTEST` covers its last byte.
            let last = *text.get(at + SHORTEST - 1)?;
            if value(last).is_none() {
                at += SHORTEST;
                continue;
            }
            let before = text[at..at + SHORTEST - 1].iter().rposition(|&byte| value(byte).is_none());
            let start = before.map_or(at, |before| at + before + 1);
            let length = text[start..].iter().take_while(|&&byte| value(byte).is_some()).count();
            at = start + length;
            if length >= SHORTEST
                && let Some(decoded) = decoded(&text[start..start + length.min(LONGEST)])
            {
                return Some((start..start + length, decoded));
            }
        }
    })
}

/// What a run holds, where that is text.
fn decoded(run: &[u8]) -> Option<Vec<u8>> {
    // Most runs are names and hashes, which show by their first bytes.
    let first = decode(run.get(..SHORTEST)?);
    is_text(&first).then(|| decode(run)).filter(|bytes| is_text(bytes))
}

fn decode(run: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(run.len() / 4 * 3 + 3);
    for letters in run.chunks(4) {
        let bits =
            letters.iter().fold(0_u32, |bits, &byte| bits << 6 | u32::from(VALUES[usize::from(byte)] & 63));
        let [_, one, two, three] = (bits << (6 * (4 - letters.len()))).to_be_bytes();
        bytes.extend([one, two, three].iter().take(letters.len() * 6 / 8));
    }
    bytes
}

/// Whether nine in ten bytes are printable ASCII.
fn is_text(bytes: &[u8]) -> bool {
    let printable = bytes.iter().filter(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')).count();
    !bytes.is_empty() && printable * 10 >= bytes.len() * 9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_wherever_they_begin() {
        let run = "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ=";
        for before in 0..60 {
            let text = format!("{}\"{run}\"; end", " x".repeat(before));
            let found = runs(text.as_bytes()).collect::<Vec<_>>();
            let start = 2 * before + 1;
            assert_eq!(found, [(start..start + 31, b"hello world hello world".to_vec())], "{before}");
        }
    }

    #[test]
    fn what_holds_no_text_is_no_run() {
        let hash = "d2a84f4b8b650937ec8f73cd8be2c74add5a911ba64df27458ed8229da804a26";
        for text in ["", "short", hash, "host/capabilities/files/search/base64/mod", &"A".repeat(1000)] {
            assert_eq!(runs(text.as_bytes()).count(), 0, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn anything_may_be_looked_at(text: Vec<u8>) {
            for (range, decoded) in runs(&text) {
                proptest::prop_assert!(range.len() >= SHORTEST && !decoded.is_empty());
            }
        }
    }
}
