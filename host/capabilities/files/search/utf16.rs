//! Text in UTF-16, as PowerShell and Notepad write it: known by its byte order mark, searched as UTF-8.

/// Bytes from which it can be told whether it is text.
const LOOKED_AT: usize = 8 << 10;

/// How the two bytes of a unit are read, where the first ones are a byte order mark and what follows them is text.
fn order(bytes: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    let order = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return None,
    };
    // UTF-32 begins alike, and other formats may by chance.
    let head = &bytes[2..bytes.len().min(LOOKED_AT)];
    let units = head.chunks_exact(2).map(|unit| order([unit[0], unit[1]]));
    let last = units.len().saturating_sub(1);
    let text = char::decode_utf16(units).enumerate().all(|(at, it)| match it {
        Ok(it) => it != '\0' && it != '\u{fffe}',
        // A pair may be cut in two.
        Err(_) => at == last,
    });
    text.then_some(order)
}

/// Whether these are the first bytes of such a text.
pub fn is(bytes: &[u8]) -> bool {
    order(bytes).is_some()
}

/// The text as UTF-8, without its mark, if it is one; what is no character is U+FFFD. At most half as long again.
pub fn transcoded(bytes: &[u8]) -> Option<String> {
    let order = order(bytes)?;
    let units = bytes[2..].chunks_exact(2).map(|unit| order([unit[0], unit[1]]));
    Some(char::decode_utf16(units).map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn both_orders_are_read() {
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            let bytes = utf16("\u{feff}KEY=Käse 🧀\r\n", order);
            assert_eq!(transcoded(&bytes).as_deref(), Some("KEY=Käse 🧀\r\n"));
        }
        assert_eq!(transcoded(&[0xff, 0xfe]).as_deref(), Some(""));
        // An odd byte at the end.
        assert_eq!(transcoded(&[0xff, 0xfe, b'a', 0, b'b']).as_deref(), Some("a"));
    }

    #[test]
    fn what_only_begins_alike_is_none() {
        for bytes in [
            &b"\xff\xfe\0\0a\0\0\0"[..],
            b"\xff\xfea\0\0\xd8\0\xd8b\0",
            b"a\0b\0",
            b"\xef\xbb\xbfa",
            b"\xff",
            b"",
        ] {
            assert_eq!(transcoded(bytes), None, "{bytes:x?}");
        }
    }

    #[test]
    fn a_pair_at_the_end_of_what_is_looked_at_may_be_cut() {
        let text = format!("\u{feff}{}🧀 and more", "x".repeat(LOOKED_AT / 2 - 2));
        let bytes = utf16(&text, u16::to_le_bytes);
        assert!(is(&bytes));
        assert_eq!(transcoded(&bytes).map(|text| text.ends_with("🧀 and more")), Some(true));
    }
}
