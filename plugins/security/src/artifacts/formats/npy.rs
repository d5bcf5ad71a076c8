//! The header of a NumPy array file: whether a pickle follows.

use gonogo_sdk::{Error, Severity};

use super::super::{finding::Advice, scan::Scan, source::Source};

/// Bytes of a header that NumPy reads without being told to (`max_header_size` is 10,000; structured types may need more).
const HEADER: u32 = 1 << 20;

/// Where the pickle starts, where the array is one of objects.
pub fn objects(
    scan: &mut Scan<'_>,
    source: &dyn Source,
    major: u8,
    path: &str,
) -> Result<Option<u64>, Error> {
    let head = source.read(0, 12)?;
    let length = match (major, &head[..]) {
        (1, [_, _, _, _, _, _, _, _, low, high, ..]) => {
            Some((10, u32::from(u16::from_le_bytes([*low, *high]))))
        }
        (2 | 3, [_, _, _, _, _, _, _, _, a, b, c, d]) => Some((12, u32::from_le_bytes([*a, *b, *c, *d]))),
        _ => None,
    };
    let Some((from, length)) = length else {
        let message = format!("is an array of NumPy with a header of version {major} that is none");
        scan.say(Severity::Unknown, path, message, Advice::Again);
        return Ok(None);
    };
    if length > HEADER {
        let message = format!("is an array of NumPy with a header of {length} bytes, more than {HEADER}");
        scan.say(Severity::Unknown, path, message, Advice::Look);
        return Ok(None);
    }
    let header = source.read(from, length)?;
    Ok(has_objects(&header).then_some(from + u64::from(length)))
}

/// Whether a type in the header is one of objects, as NumPy reads types: `'|O'`, `'O8'`, `'object'`, `'i4,(2,)O'`. Texts may be escaped, which no writer does.
fn has_objects(header: &[u8]) -> bool {
    let is_object = |part: &[u8]| {
        let part = part.trim_ascii();
        let part = part.strip_prefix(b"object").map_or(part, |_| b"O");
        let start = part.iter().position(|byte| !b"0123456789()<>=| ".contains(byte)).unwrap_or(part.len());
        let (first, rest) = part.get(start..).and_then(<[u8]>::split_first).unwrap_or((&0, &[]));
        *first == b'O' && rest.iter().all(u8::is_ascii_digit)
    };
    let mut texts = header.split(|byte| matches!(byte, b'\'' | b'"'));
    header.contains(&b'\\') || texts.any(|text| text.split(|byte| *byte == b',').any(is_object))
}

#[cfg(test)]
mod tests {
    use super::has_objects;

    #[test]
    fn arrays_of_objects_are_seen() {
        assert!(has_objects(b"{'descr': '|O', 'fortran_order': False, 'shape': (2,), }"));
        assert!(has_objects(
            b"{'descr': [('a', '<f8'), ('b', '|O')], 'fortran_order': False, 'shape': (2,), }"
        ));
        for kind in ["object", "O8", "=O", "i4,O", "(2,3)O", "\\x4f"] {
            let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': (2,), }}");
            assert!(has_objects(header.as_bytes()), "{kind}");
        }
        assert!(has_objects(br#"{"descr": '''|O''', 'fortran_order': False, 'shape': (2,), }"#));
        assert!(!has_objects(b"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }"));
        assert!(!has_objects(b"{'descr': [('OBJ', '<f8')], 'fortran_order': False, 'shape': (2,), }"));
    }
}
