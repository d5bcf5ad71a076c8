//! What a constant may hold: a pickle as it is, packed, or written as text.

use super::memory;

/// Shorter constants hold no pickle that does anything.
pub const SHORTEST: usize = 12;

/// Bytes of a constant from which [`promising`] can tell.
pub const HEAD: usize = 64;

/// How many stages of text in text are looked through.
const STAGES: u8 = 4;

/// Whether a whole constant may hold a pickle or something packed.
#[inline]
pub fn may_hold(constant: &[u8]) -> bool {
    constant.len() >= SHORTEST && promising(constant)
}

/// Whether a constant may hold a pickle or something packed, by its first bytes.
#[inline]
pub fn promising(head: &[u8]) -> bool {
    match head.first() {
        Some(b' ') | None => false,
        Some(_) => starts(head.get(..HEAD).unwrap_or(head), 0),
    }
}

/// Whether these are the first bytes of a pickle, of something packed, or of a text that stands for such.
fn starts(head: &[u8], stage: u8) -> bool {
    if magic(head) || protocol_0(head) {
        return true;
    }
    if stage >= STAGES || head.len() < SHORTEST {
        return false;
    }
    if !first_look(head) {
        return false;
    }
    let part = head.get(..48).unwrap_or(head);
    [base64_bytes(part), hex_bytes(part), base85_bytes(part, &PYTHON_85), base85_bytes(part, &ASCII_85)]
        .into_iter()
        .enumerate()
        .any(|(kind, bytes)| {
            bytes.is_some_and(|bytes| {
                // Nearly any word is base 85: only what is surely packed counts.
                if kind < 2 {
                    starts(&bytes, stage + 1)
                } else {
                    magic(&bytes) && bytes.first() != Some(&b'P')
                }
            })
        })
}

/// What the first characters alone can tell: for nearly all texts, that they stand for nothing.
#[inline]
fn first_look(head: &[u8]) -> bool {
    let Some(&text) = head.first_chunk::<5>() else { return false };
    let begins =
        |byte: u8| matches!(byte, 0x80 | 0xc2 | 0x1f | 0x78 | 0x58 | 0x68 | b'(' | b')' | b']' | b'}');
    let sixes = text.map(|byte| BASE_64[usize::from(byte)]);
    if let [one @ ..=63, two @ ..=63, three @ ..=63, four @ ..=63, _] = sixes {
        let (first, second) = (one << 2 | two >> 4, two << 4 | three >> 2);
        let third = three << 6 | four;
        // Again text, of which `BZh`, `PK` and the import of protocol 0 are some.
        if begins(first) || first.is_ascii_alphanumeric() && second.is_ascii_graphic() && (third < 0x7f) {
            return true;
        }
        if let (Some(high), Some(low)) = (char::from(text[0]).to_digit(16), char::from(text[1]).to_digit(16))
        {
            let first = (high << 4 | low) as u8;
            if begins(first) || first.is_ascii_alphanumeric() {
                return true;
            }
        }
    }
    [&PYTHON_85, &ASCII_85].into_iter().any(|alphabet| {
        let group = text.map(|byte| u64::from(alphabet[usize::from(byte)]));
        let number = group.iter().fold(0, |sum, digit| sum * 85 + digit);
        // Magic numbers of pickles, gzip, zlib, bzip2.
        group.iter().all(|&digit| digit < 85)
            && (matches!(number >> 16, 0x8000..=0x8005 | 0x1f8b | 0x425a)
                || matches!(number >> 24, 0x78 | 0x58 | 0x68))
            || text.starts_with(b"<~")
    })
}

/// A pickle of protocol 2 and later, or packed bytes; as bytes, or as text of Latin-1.
fn magic(head: &[u8]) -> bool {
    match head {
        [0x80, 0..=5, ..] | [0xc2, 0x80, 0..=5, ..] | [b'B', b'Z', b'h', b'1'..=b'9', b'1', ..] => true,
        _ => {
            memory::format(head) != "bytes"
                && !matches!(head, [0x58 | 0x68 | 0x78, second, ..] if (0x20..0x7f).contains(second) && *second != 0x5e)
        }
    }
}

/// A pickle without a magic number: an import, or a mark before what protocol 0 or 1 puts on the stack.
fn protocol_0(head: &[u8]) -> bool {
    let name = |bytes: &[u8]| {
        let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
        line.len() < bytes.len()
            && line.first().is_some_and(|&byte| byte.is_ascii_alphabetic() || byte == b'_')
            && line.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.')
    };
    match head {
        [b'c', rest @ ..] => name(rest),
        [b'(' | b']' | b'}' | b')' | b'N', rest @ ..] => {
            let rest = rest.iter().position(|byte| !b"(]})Ndlt".contains(byte)).and_then(|at| rest.get(at..));
            match rest.unwrap_or_default() {
                [b'c' | b'i', rest @ ..] => name(rest),
                [b'V' | b'I', rest @ ..] => rest.contains(&b'\n'),
                [b'S', b'\'' | b'"', ..]
                | [b'X', _, _, 0, 0, ..]
                | [0x8c, ..]
                | [b'p', b'0'..=b'9', b'\n', ..]
                | [b'q', 0..=9, ..] => true,
                _ => false,
            }
        }
        [b'S', b'\'' | b'"', rest @ ..] => rest.contains(&b'\n'),
        [b'X', _, _, 0, 0, ..] | [0x8c, _, b'a'..=b'z' | b'_', ..] => true,
        _ => false,
    }
}

/// What a text stands for: base64, hex, base 85, Latin-1.
pub fn decoded(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut add = |decoded: Option<Vec<u8>>| {
        if let Some(decoded) = decoded
            && decoded.len() >= SHORTEST
            && promising(&decoded)
        {
            all.push(decoded);
        }
    };
    if let [0xc2, 0x80, ..] = bytes {
        let text = String::from_utf8_lossy(bytes);
        add(Some(text.chars().map_while(|it| u8::try_from(u32::from(it)).ok()).collect()));
    }
    add(hex_bytes(bytes));
    add(base64_bytes(bytes));
    add(base85_bytes(bytes, &PYTHON_85));
    add(base85_bytes(bytes, &ASCII_85));
    all
}

/// Base64 of either alphabet, with line ends, up to the first byte that is none.
fn base64_bytes(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut held, mut bits) = (0_u32, 0);
    let mut used = 0;
    for &byte in text {
        let six = match byte {
            b'\r' | b'\n' => continue,
            b'=' => break,
            _ => BASE_64[usize::from(byte)],
        };
        if six > 63 {
            return None;
        }
        used += 1;
        held = held << 6 | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    (used >= SHORTEST).then_some(bytes)
}

fn hex_bytes(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    let mut bytes = Vec::with_capacity(text.len() / 2);
    for pair in text.chunks_exact(2) {
        let [high, low] = *pair else { return None };
        let digit = |byte: u8| char::from(byte).to_digit(16);
        bytes.push((digit(high)? << 4 | digit(low)?) as u8);
    }
    (bytes.len() * 2 >= SHORTEST).then_some(bytes)
}

/// The values of the characters of an alphabet; 255 for all others.
const fn values(alphabet: &[u8]) -> [u8; 256] {
    let mut values = [255; 256];
    let mut at = 0;
    while at < alphabet.len() {
        values[alphabet[at] as usize] = at as u8;
        at += 1;
    }
    values
}

/// Base64, with the characters of the alphabet for URLs beside those of the ordinary one.
static BASE_64: [u8; 256] = {
    let mut values = values(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    values[b'-' as usize] = 62;
    values[b'_' as usize] = 63;
    values
};

/// The alphabet of `base64.b85encode`.
static PYTHON_85: [u8; 256] =
    values(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~");

/// The alphabet of `base64.a85encode`.
static ASCII_85: [u8; 256] =
    values(b"!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstu");

fn base85_bytes(text: &[u8], alphabet: &[u8; 256]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 5 * 4);
    let text = text.strip_prefix(b"<~").unwrap_or(text);
    for group in text.chunks(5) {
        let mut number = 0_u32;
        for at in 0..5 {
            // What is missing at the end counts as the highest digit.
            let digit = group.get(at).map_or(84, |&byte| alphabet[usize::from(byte)]);
            if digit > 84 {
                return None;
            }
            number = number.checked_mul(85)?.checked_add(u32::from(digit))?;
        }
        bytes.extend(number.to_be_bytes().iter().take(group.len().saturating_sub(1)));
    }
    (bytes.len() >= SHORTEST / 2).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_hold_a_pickle_is_seen_through_stages() {
        assert!(promising(b"\x80\x04\x95\x10\0\0\0\0\0\0\0"));
        assert!(promising(b"cos\nsystem\n(S'id'\ntR."));
        assert!(promising(b"gASVHAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOU"));
        assert!(promising(b"Z0FTVkhBQUFBQUFBQUFDTUJYQnZjMmw0bEl3R2M"));
        assert!(promising(b"8004951c000000000000008c05706f736978"));
        assert!(promising(b"eJxrYJnKzQABHj2MU3qYbUqSi/MA"));
        assert!(promising("\u{80}\u{4}\u{95}\u{10}aaaaaaaaaaa".as_bytes()));
    }

    #[test]
    fn ordinary_texts_hold_none() {
        for text in [
            "mean_squared_error",
            "model.layers.12.self_attn.q_proj.weight",
            "The quick brown fox (and others).",
            "xgboost_classifier_parameters",
            "collections_of_features",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "(parenthesised words in a text)",
            "https://example.org/path/to/file",
        ] {
            assert!(!promising(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn decoding_gives_back_what_was_written() {
        assert_eq!(
            decoded(b"gASVHAAAAAAAAACMBXBvc2l4"),
            [b"\x80\x04\x95\x1c\0\0\0\0\0\0\0\x8c\x05posix".to_vec()]
        );
    }
}
