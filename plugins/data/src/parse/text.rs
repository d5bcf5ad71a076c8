//! Text and JSON, from front to back.

use std::io::Read;

use serde::de::IgnoredAny;

use super::Fault;
use crate::stream::Stream;

/// Bytes that are looked at at once.
const PART: usize = 1 << 20;

/// Valid UTF-8 without a NUL.
pub fn text(path: &str) -> Result<(), Fault> {
    let mut stream = Stream::open(path)?;
    let mut utf8 = Utf8::default();
    let mut part = vec![0; PART];
    loop {
        let length = stream.read(&mut part).map_err(|error| Fault::Broken(error.to_string(), None))?;
        if length == 0 {
            return utf8.end();
        }
        utf8.take(&part[..length])?;
    }
}

/// One value of JSON and nothing after it.
pub fn json(path: &str) -> Result<(), Fault> {
    let reader = std::io::BufReader::with_capacity(1 << 16, Stream::open(path)?);
    let mut json = serde_json::Deserializer::from_reader(reader);
    let read = serde::Deserialize::deserialize(&mut json).and_then(|IgnoredAny| json.end());
    read.map_err(|error| Fault::Broken(error.to_string(), u32::try_from(error.line()).ok()))
}

/// Bytes so far, and where they are.
#[derive(Default)]
struct Utf8 {
    line: u32,
    bytes: u64,
    /// A character that began at the end of a part.
    begun: Vec<u8>,
}

impl Utf8 {
    fn take(&mut self, part: &[u8]) -> Result<(), Fault> {
        let mut joined = std::mem::take(&mut self.begun);
        joined.extend_from_slice(part);
        let (good, wrong) = match std::str::from_utf8(&joined) {
            Ok(_) => (joined.len(), None),
            Err(error) => (error.valid_up_to(), error.error_len()),
        };
        let nul = joined[..good].iter().position(|byte| *byte == 0);
        let until = nul.unwrap_or(good);
        self.line += joined[..until].split(|byte| *byte == b'\n').count() as u32 - 1;
        let at = self.bytes + until as u64;
        if nul.is_some() {
            return Err(self.wrong(at, "is a NUL"));
        }
        if wrong.is_some() {
            return Err(self.wrong(at, "starts no character of UTF-8"));
        }
        self.bytes = at;
        self.begun = joined[good..].to_vec();
        Ok(())
    }

    fn end(&self) -> Result<(), Fault> {
        if self.begun.is_empty() {
            Ok(())
        } else {
            Err(self.wrong(self.bytes, "starts a character that does not end"))
        }
    }

    fn wrong(&self, at: u64, what: &str) -> Fault {
        Fault::Broken(format!("byte {at} {what}"), Some(self.line + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parts: &[&[u8]]) -> Result<(), (String, Option<u32>)> {
        let mut utf8 = Utf8::default();
        let read = parts.iter().try_for_each(|part| utf8.take(part)).and_then(|()| utf8.end());
        read.map_err(|fault| match fault {
            Fault::Broken(what, line) => (what, line),
            Fault::Unknown(error) => (error.to_string(), None),
        })
    }

    #[test]
    fn characters_may_lie_across_parts() {
        let euro = "a€".as_bytes();
        assert_eq!(read(&[&euro[..2], &euro[2..3], &euro[3..]]), Ok(()));
        assert_eq!(
            read(&[&euro[..3]]),
            Err(("byte 1 starts a character that does not end".to_owned(), Some(1)))
        );
        assert_eq!(
            read(&[b"a\nb", b"\n\xff"]),
            Err(("byte 4 starts no character of UTF-8".to_owned(), Some(3)))
        );
        assert_eq!(read(&[b"a\n\0"]), Err(("byte 2 is a NUL".to_owned(), Some(2))));
        assert_eq!(read(&[]), Ok(()));
    }
}
