//! JSON Lines, and lists of objects: names are found as they are met, types from what the values are.

use std::{collections::HashMap, fmt, sync::Arc};

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, NullArray, StringViewArray,
    new_null_array,
};
use datafusion::arrow::{
    compute::cast,
    datatypes::{Float64Type, Int64Type},
};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{
    super::{
        chunk::Chunk,
        kind::Kind,
        source::{Clock, Source},
    },
    blocks::{Block, Blocks, Rows},
    csv::{MOST_COLUMNS, Place},
    parallel,
};
use crate::domain::{Error, text as plain};

/// Rows of a list that make a chunk.
const ROWS: usize = 16 << 10;

/// Cells, also empty ones, that rows taken in at once may have: objects of other names in each row have as many as the square of their number.
const MOST_CELLS: usize = 8 << 20;

/// A value of an object.
#[derive(Clone, Debug, PartialEq)]
enum Cell {
    Null,
    Boolean(bool),
    Integer(i64),
    Number(f64),
    Text(Box<str>),
    /// A list or an object, or an integer that does not fit: as JSON.
    Json(Box<str>),
    /// The last, with all its digits.
    Large(Box<str>),
}

impl Cell {
    fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Boolean(_) => Kind::Boolean,
            Self::Integer(_) => Kind::Integer,
            Self::Number(_) => Kind::Number,
            Self::Text(_) | Self::Large(_) => Kind::Text,
            Self::Json(_) => Kind::Json,
        }
    }
}

/// Rows that are being taken in.
#[derive(Default)]
struct Taken {
    names: Vec<String>,
    places: HashMap<String, usize>,
    columns: Vec<Vec<Cell>>,
    rows: usize,
}

impl Taken {
    fn set(&mut self, name: &str, cell: Cell) -> Result<(), String> {
        let at = if let Some(at) = self.places.get(name) {
            *at
        } else {
            if self.names.len() == MOST_COLUMNS {
                return Err(format!("more than {MOST_COLUMNS} names"));
            }
            self.names.push(name.to_owned());
            self.places.insert(name.to_owned(), self.names.len() - 1);
            self.columns.push(Vec::new());
            self.names.len() - 1
        };
        let column = &mut self.columns[at];
        // Of a name that stands twice in an object, the last counts, as everywhere.
        column.resize(self.rows, Cell::Null);
        column.push(cell);
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), String> {
        self.rows += 1;
        match self.cells() > MOST_CELLS {
            true => Err(format!(
                "has too many names beside those of other rows: {} in {} rows",
                self.names.len(),
                self.rows
            )),
            false => Ok(()),
        }
    }

    fn cells(&self) -> usize {
        self.names.len() * self.rows
    }

    fn finish(mut self) -> Parsed {
        for column in &mut self.columns {
            column.resize(self.rows, Cell::Null);
        }
        let (columns, kinds) = self.columns.into_iter().map(array).unzip();
        Parsed { names: self.names, columns, kinds, rows: self.rows }
    }
}

/// Rows in columns, each with a name of its own.
pub struct Parsed {
    pub names: Vec<String>,
    pub columns: Vec<ArrayRef>,
    pub kinds: Vec<Kind>,
    pub rows: usize,
}

fn array(cells: Vec<Cell>) -> (ArrayRef, Kind) {
    let kind = cells.iter().fold(Kind::Null, |kind, cell| kind.join(cell.kind()));
    let integer = |cell: &Cell| match cell {
        Cell::Integer(value) => Some(*value),
        _ => None,
    };
    let number = |cell: &Cell| match cell {
        Cell::Integer(value) => Some(*value as f64),
        Cell::Number(value) => Some(*value),
        _ => None,
    };
    let boolean = |cell: &Cell| match cell {
        Cell::Boolean(value) => Some(*value),
        _ => None,
    };
    let column: ArrayRef = match kind {
        Kind::Null => Arc::new(NullArray::new(cells.len())),
        Kind::Boolean => Arc::new(cells.iter().map(boolean).collect::<BooleanArray>()),
        Kind::Integer => Arc::new(cells.iter().map(integer).collect::<Int64Array>()),
        Kind::Number => Arc::new(cells.iter().map(number).collect::<Float64Array>()),
        _ => {
            let text = |cell: Cell| match cell {
                Cell::Null => None,
                Cell::Boolean(value) => Some(value.to_string().into()),
                Cell::Integer(value) => Some(value.to_string().into()),
                Cell::Number(value) => serde_json::to_string(&value).ok().map(Into::into),
                Cell::Text(text) | Cell::Json(text) | Cell::Large(text) => Some(text),
            };
            Arc::new(cells.into_iter().map(text).collect::<StringViewArray>())
        }
    };
    (column, kind)
}

/// A column with a wider type. What it was in JSON can always be said again.
pub fn widened(column: &ArrayRef, from: Kind, to: Kind) -> Option<ArrayRef> {
    if from == to {
        return Some(Arc::clone(column));
    }
    if from == Kind::Null {
        return Some(new_null_array(&to.arrow(), column.len()));
    }
    match (from, to) {
        (Kind::Integer, Kind::Number) => cast(column, &to.arrow()).ok(),
        (Kind::Json, Kind::Text) => Some(Arc::clone(column)),
        (Kind::Boolean, Kind::Text) => {
            let texts = column.as_boolean().iter().map(|value| value.map(|value| value.to_string()));
            Some(Arc::new(texts.collect::<StringViewArray>()))
        }
        (Kind::Integer, Kind::Text) => {
            let texts =
                column.as_primitive::<Int64Type>().iter().map(|value| value.map(|value| value.to_string()));
            Some(Arc::new(texts.collect::<StringViewArray>()))
        }
        (Kind::Number, Kind::Text) => {
            let text = |value: f64| serde_json::to_string(&value).unwrap_or_default();
            let texts = column.as_primitive::<Float64Type>().iter().map(|value| value.map(text));
            Some(Arc::new(texts.collect::<StringViewArray>()))
        }
        _ => None,
    }
}

/// Takes one object in.
struct Object<'a>(&'a mut Taken);

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, whose names are the columns")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let cell = map.next_value_seed(OneCell)?;
            let column = self.0.places.get(name.as_ref()).map(|at| &mut self.0.columns[*at]);
            match column {
                // It stands twice.
                Some(column) if column.len() > self.0.rows => column[self.0.rows] = cell,
                _ => self.0.set(&name, cell).map_err(serde::de::Error::custom)?,
            }
        }
        self.0.end_row().map_err(serde::de::Error::custom)
    }
}

struct OneCell;

impl<'de> DeserializeSeed<'de> for OneCell {
    type Value = Cell;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cell, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for OneCell {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Cell, E> {
        Ok(Cell::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Cell, E> {
        Ok(Cell::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Cell, E> {
        Ok(i64::try_from(value).map_or_else(|_| Cell::Large(value.to_string().into()), Cell::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Cell, E> {
        Ok(Cell::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Cell, E> {
        Ok(Cell::Text(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Cell::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Cell, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = seq.next_element::<serde_json::Value>()? {
            list.push(value);
        }
        Ok(Cell::Json(serde_json::Value::Array(list).to_string().into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell, A::Error> {
        let mut object = serde_json::Map::new();
        while let Some((name, value)) = map.next_entry::<String, serde_json::Value>()? {
            object.insert(name, value);
        }
        Ok(Cell::Json(serde_json::Value::Object(object).to_string().into()))
    }
}

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
    use super::*;

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
