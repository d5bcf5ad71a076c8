//! JSON Lines, and lists of objects.

use std::{fmt, sync::Arc};

use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};

use super::{
    super::{
        chunk::Chunk,
        source::{Clock, Source},
    },
    blocks::{Block, Blocks, Rows},
    csv::Place,
    objects::{MOST_CELLS, Object, Parsed, Taken},
    parallel,
};
use crate::domain::{Error, text as plain};

/// Rows of a list that make a chunk.
const ROWS: usize = 16 << 10;

/// Why a line is none of JSON Lines.
struct BadLine {
    /// From 0.
    line: u64,
    row: u64,
    column: usize,
    why: String,
}

/// Reads JSON Lines to their end, in order of the rows. `sink` gets each chunk with the names of its columns.
pub fn read_lines(
    at: usize,
    source: &Source,
    clock: &Clock,
    sink: &mut dyn FnMut(Chunk, Vec<String>) -> Result<bool, Place>,
) -> Result<(), Place> {
    let path = &source.file.path;
    let mut blocks = Blocks::new(source.text()?, source.start(), Rows::Lines, path);
    let (mut row, mut line) = (0, 0);
    let mut next = || {
        clock.in_time(path)?;
        blocks.next()
    };
    parallel::ordered(
        &mut next,
        &|block: Block| (block.start, block.bytes.len(), lines(&block.bytes)),
        &mut |(start, length, found)| {
            let (parsed, lines, line_ends) = found.map_err(|bad| {
                let at = line + bad.line + 1;
                Place {
                    error: Error::Io(format!("{path}:{at}:{} {}", bad.column, bad.why)),
                    line: Some(at),
                    row: Some(row + bad.row + 1),
                    column: None,
                    byte: None,
                }
            })?;
            let Parsed { names, columns, kinds, rows } = parsed;
            let range = source.is_plain().then_some(start..start + length as u64);
            let chunk = Chunk {
                file: at,
                first_row: row,
                first_line: Some(line),
                lines,
                rows,
                columns,
                kinds,
                range,
            };
            row += rows as u64;
            line += line_ends;
            if rows == 0 { Ok(true) } else { sink(chunk, names) }
        },
    )
}

/// Reads part of JSON Lines again.
pub fn part(bytes: &[u8]) -> Option<(Parsed, Option<Arc<[u32]>>)> {
    lines(bytes).ok().map(|(parsed, lines, _)| (parsed, lines))
}

type Lines = (Parsed, Option<Arc<[u32]>>, u64);

fn lines(bytes: &[u8]) -> Result<Lines, BadLine> {
    let mut rows = Taken::default();
    let mut numbers: Option<Vec<u32>> = None;
    let mut line = 0;
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', bytes).map(Some).chain([None]);
    for end in ends {
        let text = &bytes[start..end.unwrap_or(bytes.len())];
        start = end.map_or(bytes.len(), |end| end + 1);
        if !text.iter().all(u8::is_ascii_whitespace) {
            match &mut numbers {
                Some(numbers) => numbers.push(line as u32),
                None if line == rows.rows as u64 => {}
                None => numbers = Some((0..rows.rows as u32).chain([line as u32]).collect()),
            }
            let row = rows.rows as u64;
            let mut deserializer = serde_json::Deserializer::from_slice(text);
            let read = Object(&mut rows).deserialize(&mut deserializer).and_then(|()| deserializer.end());
            read.map_err(|error| BadLine { line, row, column: error.column(), why: why(&error) })?;
        }
        line += u64::from(end.is_some());
    }
    Ok((rows.finish(), numbers.map(Into::into), line))
}

/// What is wrong with JSON, without the place that stands at its end.
fn why(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    let text = match text.contains("recursion limit") {
        true => "is nested more than 128 levels deep",
        false => text,
    };
    format!("is no object of JSON: {}", plain::line(text, 200))
}

/// Reads a list of objects.
pub fn read_list(
    at: usize,
    source: &Source,
    clock: &Clock,
    sink: &mut dyn FnMut(Chunk, Vec<String>) -> Result<bool, Place>,
) -> Result<(), Place> {
    let path = &source.file.path;
    let reader = std::io::BufReader::with_capacity(256 << 10, source.text()?);
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    let mut list = List { at, path, clock, row: 0, rows: Taken::default(), sink, ended: None };
    let read = list.read(&mut deserializer).and_then(|()| deserializer.end());
    let row = list.row + list.rows.rows as u64;
    match (list.ended, read) {
        (Some(Ok(())), _) | (None, Ok(())) => Ok(()),
        (Some(Err(place)), _) => Err(*place),
        (None, Err(error)) if error.is_io() => {
            let error = std::io::Error::from(error);
            Err(super::super::source::unreadable(path, &error).into())
        }
        (None, Err(error)) => Err(Place {
            error: Error::Io(format!(
                "{path}:{}:{} {}",
                error.line(),
                error.column(),
                why(&error).replace("is no object of JSON", "is no list of objects of JSON")
            )),
            line: Some(error.line() as u64),
            row: Some(row + 1),
            column: None,
            byte: None,
        }),
    }
}

struct List<'a> {
    at: usize,
    path: &'a str,
    clock: &'a Clock,
    row: u64,
    rows: Taken,
    sink: &'a mut dyn FnMut(Chunk, Vec<String>) -> Result<bool, Place>,
    /// Why the rest is not read: enough was, or the deadline is over.
    ended: Option<Result<(), Box<Place>>>,
}

impl List<'_> {
    fn read<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(Elements(self))
    }

    fn flush(&mut self) -> bool {
        let parsed = std::mem::take(&mut self.rows).finish();
        let Parsed { names, columns, kinds, rows } = parsed;
        let first_row = self.row;
        self.row += rows as u64;
        let chunk = Chunk {
            file: self.at,
            first_row,
            first_line: None,
            lines: None,
            rows,
            columns,
            kinds,
            range: None,
        };
        let answer = match self.clock.in_time(self.path) {
            Ok(()) => (self.sink)(chunk, names),
            Err(error) => Err(error.into()),
        };
        match answer {
            Ok(true) => true,
            Ok(false) => {
                self.ended = Some(Ok(()));
                false
            }
            Err(place) => {
                self.ended = Some(Err(Box::new(place)));
                false
            }
        }
    }
}

struct Elements<'l, 'a>(&'l mut List<'a>);

impl<'de> Visitor<'de> for Elements<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Object(&mut self.0.rows))?.is_some() {
            let full = self.0.rows.rows == ROWS || self.0.rows.cells() > MOST_CELLS / 2;
            if full && !self.0.flush() {
                return Err(serde::de::Error::custom("enough"));
            }
        }
        if self.0.rows.rows > 0 && !self.0.flush() {
            return Err(serde::de::Error::custom("enough"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::{
        array::{Array, AsArray},
        datatypes::Int64Type,
    };

    use super::*;
    use crate::capabilities::dataset::engine::kind::Kind;

    fn parse(text: &str) -> Result<Parsed, String> {
        lines(text.as_bytes()).map(|(parsed, ..)| parsed).map_err(|bad| format!("{}: {}", bad.line, bad.why))
    }

    #[test]
    fn names_and_types_are_found_as_they_come() {
        let parsed = parse("{\"a\":1,\"b\":\"x\"}\n\n{\"b\":2,\"c\":[1,{\"d\":null}],\"a\":1.5}\n").unwrap();
        assert_eq!((parsed.names, parsed.rows), (["a", "b", "c"].map(str::to_owned).to_vec(), 2));
        assert_eq!(parsed.kinds, [Kind::Number, Kind::Text, Kind::Json]);
        assert_eq!(parsed.columns[2].as_string_view().value(1), "[1,{\"d\":null}]");
        assert_eq!(parsed.columns[1].as_string_view().value(1), "2");
        assert!(parsed.columns[2].is_null(0));
        let twice = parse("{\"a\":1,\"a\":2}").unwrap();
        assert_eq!(twice.columns[0].as_primitive::<Int64Type>().values(), &[2]);
        let large = parse("{\"a\":18446744073709551615}\n{\"a\":1}").unwrap();
        assert_eq!(large.columns[0].as_string_view().value(0), "18446744073709551615");
    }

    #[test]
    fn what_is_no_object_is_told_with_its_line() {
        for (text, wanted) in [
            ("{\"a\":1}\n{\"a\":}\n", "1: is no object of JSON: expected value"),
            ("[1]", "0: is no object of JSON: invalid type: sequence"),
            ("{} {}", "0: is no object of JSON: trailing characters"),
            ("{\"a\":\"\u{1}\"}", "0: is no object of JSON: control character"),
        ] {
            let error = parse(text).err().unwrap();
            assert!(error.starts_with(wanted), "{error}");
        }
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        assert!(parse(&deep).err().unwrap().contains("128 levels"));
    }
}
