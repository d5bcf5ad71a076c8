//! Private keys in PEM (RFC 7468) and in OpenSSH's form: whether what stands between the two marks can be one.
//!
//! In sources a key is often a text with `\n` in it, or many texts put together. Programs that read keys name the marks as well, and documents show keys whose middle
//! is left out; these are none.

use base64::{Engine, alphabet, engine};

use super::redact::entropy;

/// Fewest characters of a body: an Ed25519 key has 64.
const SHORTEST: usize = 60;

/// Least entropy of a body, in bits per character. Base64 of a key has more than 5; repeated characters and words have less.
const ENTROPY: f64 = 4.2;

/// What OpenSSH's own form begins with.
const OPENSSH: &[u8] = b"openssh-key-v1\0";

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A key.
    Plain,
    /// A key that a passphrase protects.
    Encrypted,
}

/// The key in a block that starts with its first mark.
pub fn key(block: &[u8]) -> Option<Key> {
    let block = String::from_utf8_lossy(block);
    let (_, rest) = block.split_once("-----BEGIN")?;
    let (kind, rest) = rest.split_once("-----")?;
    let (inner, _) = rest.split_once("-----END")?;
    let headers = inner.contains("ENCRYPTED");
    // The last header of an encrypted key, up to the end of its line.
    let inner = inner.split_once("DEK-Info:").map_or(inner, |(_, rest)| {
        let end = rest.find(['\n', '\\']).unwrap_or(0);
        rest.get(end..).unwrap_or_default()
    });
    let body = body(inner)?;
    if body.len() < SHORTEST || entropy(body.as_bytes()) < ENTROPY {
        return None;
    }
    let encrypted = headers || kind.contains("ENCRYPTED");
    let bytes = decoded(&body);
    match bytes.strip_prefix(OPENSSH) {
        Some(rest) => openssh(rest),
        None if encrypted => Some(Key::Encrypted),
        // What says that it is DER of some length has that length.
        None => der_length(&bytes).is_none_or(|length| length <= bytes.len()).then_some(Key::Plain),
    }
}

/// The characters of base64 in a text, without what sources put between its lines; none where there are words or dots, as in keys that are left out.
fn body(inner: &str) -> Option<String> {
    let mut body = String::with_capacity(inner.len());
    let mut rest = inner.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '+' | '/' => body.push(c),
            '=' => break,
            '\\' => _ = rest.next_if(|next| matches!(next, 'n' | 'r' | 't')),
            // `&#10;`, `&#xA;`
            '&' => rest.by_ref().take(6).take_while(|next| *next != ';').for_each(drop),
            '…' | '[' | '<' | '{' | '$' => return None,
            _ => {}
        }
    }
    Some(body)
}

/// As far as it can be decoded: what is cut off ends anywhere.
fn decoded(body: &str) -> Vec<u8> {
    let lenient = engine::GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(engine::DecodePaddingMode::Indifferent);
    let whole = body.len() - usize::from(body.len() % 4 == 1);
    let body = body.get(..whole).unwrap_or_default();
    engine::GeneralPurpose::new(&alphabet::STANDARD, lenient).decode(body).unwrap_or_default()
}

/// Bytes of a DER sequence, its header included; none where the bytes are no such.
fn der_length(bytes: &[u8]) -> Option<usize> {
    match *bytes {
        [0x30, length @ 0x20..=0x7f, 2, ..] => Some(2 + usize::from(length)),
        [0x30, 0x81, length, 2, ..] => Some(3 + usize::from(length)),
        [0x30, 0x82, high, low, 2, ..] => Some(4 + usize::from(u16::from_be_bytes([high, low]))),
        _ => None,
    }
}

/// The fields of OpenSSH's form (PROTOCOL.key): cipher, derivation and its options, how many keys, a public one, the private ones.
fn openssh(bytes: &[u8]) -> Option<Key> {
    let (cipher, rest) = field(bytes)?;
    let (_, rest) = field(rest)?;
    let (_, rest) = field(rest)?;
    let (_, rest) = field(rest.get(4..)?)?;
    field(rest)?;
    Some(if cipher == b"none" { Key::Plain } else { Key::Encrypted })
}

/// A field with its length before it, and what follows.
fn field(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An Ed25519 key that nobody uses.
    const BODY: &str = "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF";

    fn block(kind: &str, body: &str) -> String {
        format!("-----BEGIN {kind}PRIVATE KEY-----{body}-----END {kind}PRIVATE KEY-----")
    }

    fn judged(kind: &str, body: &str) -> Option<Key> {
        key(block(kind, body).as_bytes())
    }

    #[test]
    fn keys_are_keys_however_they_are_written() {
        let (first, second) = BODY.split_at(30);
        for body in [
            format!("\n{BODY}\n"),
            format!("\\n{first}\\n{second}\\n"),
            format!("\" +\n    \"{first}\" +\n    \"{second}\" +\n    \""),
            format!("\r\n    {first}\r\n    {second}\r\n"),
            format!("&#10;{first}&#10;{second}&#10;"),
        ] {
            assert_eq!(judged("", &body), Some(Key::Plain), "{body}");
        }
        // What is no DER may be a key of another form.
        assert_eq!(judged("EC ", &format!("\n{}\n", BODY.replace("MC4C", "zC4C"))), Some(Key::Plain));
    }

    #[test]
    fn what_is_left_out_or_made_up_is_none() {
        let rsa = "MIIEpQIBAAKCAQEAuyf/lNrH9ck8DmNyo3fGgvCI1l9s+cmBY3WIz+cUDqmxiieR";
        for body in [
            String::new(),
            "\\n".to_owned(),
            "\") || text.contains(\"".to_owned(),
            format!("\\n{rsa}\\n.\\n"),
            format!("\n{rsa}\n...\n"),
            format!("\n{BODY}…\n"),
            format!("\n{}\n", "A".repeat(1_000)),
            format!("\n{}\n", "abcd1234".repeat(100)),
            "\n<your key>\n".to_owned(),
        ] {
            assert_eq!(judged("RSA ", &body), None, "{body}");
        }
        assert_eq!(key(b"-----BEGIN PRIVATE KEY-----"), None);
        assert_eq!(key(b""), None);
    }

    #[test]
    fn passphrases_are_seen() {
        let headers = "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF0123456789ABCDEF\n\n";
        let random = BODY.replace("MC4C", "zC4C");
        assert_eq!(judged("RSA ", &format!("{headers}{random}\n")), Some(Key::Encrypted));
        assert_eq!(judged("ENCRYPTED ", &format!("\n{random}\n")), Some(Key::Encrypted));
        let openssh = |cipher: &str| {
            let mut bytes = OPENSSH.to_vec();
            for field in [cipher.as_bytes(), b"bcrypt", b"salt and rounds"] {
                bytes.extend((field.len() as u32).to_be_bytes());
                bytes.extend(field);
            }
            bytes.extend([0, 0, 0, 1]);
            for length in [51_u32, 144] {
                bytes.extend(length.to_be_bytes());
                bytes.extend((0..length).map(|at| (at * 37) as u8));
            }
            engine::general_purpose::STANDARD.encode(bytes)
        };
        assert_eq!(judged("OPENSSH ", &format!("\n{}\n", openssh("none"))), Some(Key::Plain));
        assert_eq!(judged("OPENSSH ", &format!("\n{}\n", openssh("aes256-ctr"))), Some(Key::Encrypted));
        let cut = openssh("none").get(..160).map(str::to_owned).unwrap();
        assert_eq!(judged("OPENSSH ", &format!("\n{cut}\n")), None);
    }
}
