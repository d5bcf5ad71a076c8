//! Safetensors, validated whole.

use std::{collections::BTreeSet, fmt};

use gonogo_sdk::{Error, Severity};
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};

use super::super::{finding::Advice, scan::Scan, source::Source};

/// Most bytes of a header, by the format.
const HEADER: u64 = 100_000_000;

/// Whether these may be the first bytes: a length, then JSON.
pub fn starts(head: &[u8]) -> bool {
    match head {
        [length @ .., _, _] if length.len() < 8 => false,
        [a, b, c, d, 0, 0, 0, 0, b'{', b'"' | b'}' | b' ' | b'\n', ..] => {
            let length = u64::from(u32::from_le_bytes([*a, *b, *c, *d]));
            (2..=HEADER).contains(&length)
        }
        _ => false,
    }
}

/// Validates a file; whether it is one. What has not the name and is none is left alone.
pub fn look(scan: &mut Scan<'_>, source: &dyn Source, path: &str, named: bool) -> Result<bool, Error> {
    match validate(source)? {
        Ok(()) => Ok(true),
        Err(why) if named => {
            scan.say(Severity::NoGo, path, format!("is no valid safetensors file: {why}"), Advice::Again);
            Ok(true)
        }
        Err(_) => Ok(false),
    }
}

fn validate(source: &dyn Source) -> Result<Result<(), String>, Error> {
    let head = source.read(0, 8)?;
    let Some(length) = head.first_chunk().map(|bytes| u64::from_le_bytes(*bytes)) else {
        return Ok(Err(format!("it has {} bytes, at least 8 wanted", head.len())));
    };
    let size = source.size()?;
    if length > HEADER {
        return Ok(Err(format!("its header has {length} bytes, at most {HEADER} wanted")));
    }
    let Some(data) = size.checked_sub(8 + length) else {
        return Ok(Err(format!("its header has {length} bytes, the file only {size}")));
    };
    let mut header = Vec::with_capacity(length as usize);
    while (header.len() as u64) < length {
        let part = (length - header.len() as u64).min(4 << 20) as u32;
        let more = source.read(8 + header.len() as u64, part)?;
        if more.is_empty() {
            return Ok(Err("it ends in its header".to_owned()));
        }
        header.extend_from_slice(&more);
    }
    if header.first() != Some(&b'{') {
        return Ok(Err("its header does not start with {".to_owned()));
    }
    let mut tensors = Tensors { spans: Vec::new() };
    let Ok(header) = std::str::from_utf8(&header) else {
        return Ok(Err("its header is not UTF-8".to_owned()));
    };
    let mut parser = serde_json::Deserializer::from_str(header);
    let parsed = Header(&mut tensors).deserialize(&mut parser).and_then(|()| parser.end());
    Ok(match parsed {
        Err(error) => Err(format!("its header: {error}")),
        Ok(()) => tensors.contiguous(data),
    })
}

struct Tensors {
    /// Where each starts and ends, behind the header.
    spans: Vec<(u64, u64)>,
}

impl Tensors {
    /// No hole, no overlap, to the end.
    fn contiguous(mut self, data: u64) -> Result<(), String> {
        self.spans.sort_unstable();
        let mut at = 0;
        for (start, end) in self.spans {
            if start != at {
                let what = if start > at { "a hole" } else { "an overlap" };
                return Err(format!("{what}: a tensor starts at {start}, the one before it ends at {at}"));
            }
            at = end;
        }
        if at == data {
            Ok(())
        } else {
            Err(format!("its tensors end at {at}, the file at {data} behind the header"))
        }
    }
}

/// The object of the header: names to tensors, each once.
struct Header<'a>(&'a mut Tensors);

impl<'de> DeserializeSeed<'de> for Header<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Header<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                map.next_value_seed(Metadata)?;
            } else {
                let span = map.next_value_seed(Tensor { name: &name })?;
                self.0.spans.push(span);
            }
            if !names.insert(name.clone()) {
                return Err(A::Error::custom(format!("the key {name:?} is there twice")));
            }
        }
        Ok(())
    }
}

struct Metadata;

impl<'de> DeserializeSeed<'de> for Metadata {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Metadata {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names = BTreeSet::new();
        while let Some((name, _)) = map.next_entry::<String, String>()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom(format!("the key {name:?} of __metadata__ is there twice")));
            }
        }
        Ok(())
    }
}

struct Tensor<'a> {
    name: &'a str,
}

impl<'de> DeserializeSeed<'de> for Tensor<'_> {
    type Value = (u64, u64);

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(u64, u64), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Tensor<'_> {
    type Value = (u64, u64);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dtype, shape and data_offsets of {:?}", self.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(u64, u64), A::Error> {
        let wrong = |what: &str| A::Error::custom(format!("{what} of {:?}", self.name));
        let (mut dtype, mut shape, mut span) = (None::<String>, None::<Vec<u64>>, None::<(u64, u64)>);
        while let Some(key) = map.next_key::<String>()? {
            let again = match &*key {
                "dtype" => dtype.replace(map.next_value()?).is_some(),
                "shape" => shape.replace(map.next_value()?).is_some(),
                "data_offsets" => span.replace(map.next_value()?).is_some(),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    return Err(wrong(&format!("the unknown key {key:?}")));
                }
            };
            if again {
                return Err(wrong(&format!("a second {key}")));
            }
        }
        let (Some(dtype), Some(shape), Some((start, end))) = (dtype, shape, span) else {
            return Err(wrong("not all of dtype, shape and data_offsets"));
        };
        let bits = bits(&dtype).ok_or_else(|| wrong(&format!("the unknown dtype {dtype:?}")))?;
        let total = shape.iter().try_fold(bits, |sum, &length| sum.checked_mul(length));
        let total = total.ok_or_else(|| wrong("more elements than can be counted in the shape"))?;
        if end.checked_sub(start).and_then(|bytes| bytes.checked_mul(8)) != Some(total) {
            return Err(wrong(&format!(
                "data_offsets {start} to {end}, {} bytes wanted by dtype and shape,",
                total.div_ceil(8)
            )));
        }
        Ok((start, end))
    }
}

/// Bits of one element.
fn bits(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "F4" => 4,
        "F6_E2M3" | "F6_E3M2" => 6,
        "BOOL" | "U8" | "I8" | "F8_E5M2" | "F8_E4M3" | "F8_E8M0" | "F8_E4M3FNUZ" | "F8_E5M2FNUZ" => 8,
        "I16" | "U16" | "F16" | "BF16" => 16,
        "I32" | "U32" | "F32" => 32,
        "I64" | "U64" | "F64" | "C64" => 64,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{super::super::memory::Memory, validate};

    fn file(header: &str, data: usize) -> Memory {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.resize(bytes.len() + data, 0);
        Memory(bytes)
    }

    fn judged(header: &str, data: usize) -> Result<(), String> {
        validate(&file(header, data)).unwrap()
    }

    #[test]
    fn a_valid_file_is_valid() {
        let two = r#"{"__metadata__":{"format":"pt"},"b":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}   "#;
        assert_eq!(judged(two, 12), Ok(()));
        assert_eq!(judged("{}", 0), Ok(()));
    }

    #[test]
    fn everything_that_can_be_wrong_is_seen() {
        let tensor = |rest: &str| format!(r#"{{"a":{{{rest}}}}}"#);
        for (header, data, wanted) in [
            (tensor(r#""dtype":"F32","shape":[2],"data_offsets":[0,8]"#), 9, "end at 8"),
            (tensor(r#""dtype":"F32","shape":[2],"data_offsets":[0,4]"#), 4, "8 bytes wanted"),
            (tensor(r#""dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]"#), 0, "more elements"),
            (tensor(r#""dtype":"F32","shape":[1],"data_offsets":[4,8]"#), 8, "a hole"),
            (tensor(r#""dtype":"F33","shape":[1],"data_offsets":[0,4]"#), 4, "unknown dtype"),
            (tensor(r#""dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1"#), 4, "unknown key"),
            (r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#.to_owned(), 2, "twice"),
            (r#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#.to_owned(), 3, "an overlap"),
            (r#"{"__metadata__":{"a":1}}"#.to_owned(), 0, "expected a string"),
            (" {}".to_owned(), 0, "does not start"),
            ("{} x".to_owned(), 0, "trailing"),
        ] {
            let why = judged(&header, data).unwrap_err();
            assert!(why.contains(wanted), "{header}: {why}");
        }
        let long = validate(&Memory(u64::MAX.to_le_bytes().to_vec())).unwrap().unwrap_err();
        assert!(long.contains("at most"), "{long}");
    }
}
