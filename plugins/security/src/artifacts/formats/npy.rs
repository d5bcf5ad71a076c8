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

/// Whether a type in the header is `O`: `'|O'`, `'O'`, `'|O8'`.
fn has_objects(header: &[u8]) -> bool {
    header.split(|byte| matches!(byte, b'\'' | b'"')).skip(1).step_by(2).any(|text| {
        let text = text.strip_prefix(b"|").unwrap_or(text);
        text.split_first().is_some_and(|(&first, rest)| first == b'O' && rest.iter().all(u8::is_ascii_digit))
    })
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
        assert!(!has_objects(b"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }"));
    }
}
