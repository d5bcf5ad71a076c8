//! Secrets that searches found, kept in this process alone: so that they can be cut out of what other checks were answered before it is
//! written anywhere. The check of model files reads a source file, too, and its recording must not have the token that stands in it.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use serde_json::Value;

/// Secrets that are remembered; a project with more has been told enough.
const MOST: usize = 10_000;

/// Shorter ones stand everywhere: to cut them out would destroy the recording.
const SHORTEST: usize = 6;

static FOUND: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Remembers a secret.
pub fn remember(value: &[u8]) {
    let Ok(text) = std::str::from_utf8(value) else { return };
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if text.len() >= SHORTEST && found.len() < MOST {
        found.insert(text.to_owned());
    }
}

/// Puts as many asterisks in the place of each secret in all texts of a value, so that places in a file stay what they are. Bytes that are
/// no text are recorded as `hex`: there a secret stands in hex, too, in UTF-8 or, as PowerShell writes it, in UTF-16.
pub fn blank(value: &mut Value) {
    let found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if found.is_empty() {
        return;
    }
    // The longest first: a shorter one may be a part of it.
    let mut found = found.iter().collect::<Vec<_>>();
    found.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let texts = found.iter().flat_map(|secret| text_forms(secret)).collect::<Vec<_>>();
    let in_hex = found.iter().flat_map(|secret| hex_forms(secret)).collect::<Vec<_>>();
    blank_all(value, &texts, &in_hex);
}

/// A secret and its asterisks as text: as it is, and with a NUL between its characters, as UTF-16 reads where all of it is ASCII.
fn text_forms(secret: &str) -> [(String, String); 2] {
    let apart = |text: &str| text.split("").filter(|it| !it.is_empty()).collect::<Vec<_>>().join("\0");
    let stars = "*".repeat(secret.len());
    [(apart(secret), apart(&stars)), (secret.to_owned(), stars)]
}

/// A secret and its asterisks in hex: UTF-8, UTF-16 in both orders.
fn hex_forms(secret: &str) -> [(String, String); 3] {
    let stars = "*".repeat(secret.encode_utf16().count());
    let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let units = |text: &str, order: fn(u16) -> [u8; 2]| hex(text.encode_utf16().flat_map(order).collect());
    [
        (hex(secret.as_bytes().to_vec()), "2a".repeat(secret.len())),
        (units(secret, u16::to_le_bytes), units(&stars, u16::to_le_bytes)),
        (units(secret, u16::to_be_bytes), units(&stars, u16::to_be_bytes)),
    ]
}

fn blank_all(value: &mut Value, texts: &[(String, String)], in_hex: &[(String, String)]) {
    match value {
        Value::String(text) => blank_text(text, texts),
        Value::Array(elements) => {
            for element in elements {
                blank_all(element, texts, in_hex);
            }
        }
        Value::Object(object) => {
            for (key, element) in object.iter_mut() {
                match element {
                    Value::String(text) if key == "hex" => blank_text(text, in_hex),
                    element => blank_all(element, texts, in_hex),
                }
            }
        }
        _ => {}
    }
}

fn blank_text(text: &mut String, secrets: &[(String, String)]) {
    for (secret, stars) in secrets {
        if text.contains(secret.as_str()) {
            *text = text.replace(secret.as_str(), stars);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_cut_out_wherever_it_stands() {
        remember(b"found-once-0123456789");
        let mut answer =
            json!({"ok": ["key = found-once-0123456789;", {"deep": "found-once-0123456789"}, 7]});
        blank(&mut answer);
        assert_eq!(
            answer,
            json!({"ok": ["key = *********************;", {"deep": "*********************"}, 7]})
        );
    }

    #[test]
    fn a_secret_is_cut_out_of_bytes_in_hex() {
        remember(b"lies-in-hex-7");
        let utf16 = "\u{feff}K=lies-in-hex-7".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let latin = [b"\xe4=lies-in-hex-7".as_slice(), b"\n"].concat();
        let mut answer = json!(String::from_utf8(utf16[2..].to_vec()).unwrap());
        blank(&mut answer);
        assert_eq!(answer, json!(format!("K\0=\0{}", "*\0".repeat(13))));
        for bytes in [utf16, latin] {
            let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            let mut answer = json!({ "ok": { "hex": hex } });
            blank(&mut answer);
            let after = answer["ok"]["hex"].as_str().unwrap();
            assert_eq!(after.len(), hex.len());
            assert!(!after.contains("6c6965732d69") && !after.contains("6c00690065007300"), "{after}");
            assert!(after.contains("2a"), "{after}");
        }
    }
}
