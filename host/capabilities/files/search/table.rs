//! Tables: rows of named fields out of `.csv`, `.tsv`, `.jsonl` and `.parquet` files, one row at a time.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use csv::{ByteRecord, Reader, ReaderBuilder};
use parquet::{
    basic::Type as Physical,
    file::reader::{FileReader, SerializedFileReader},
    record::{Field, reader::RowIter},
    schema::types::Type,
};
use serde_json::Value as Json;

use super::file::failed;
use crate::domain::{Error, text};

/// Longest row, in bytes: a quote that is never closed would make one of the rest of the file.
const MOST_ROW: u64 = 16 << 20;

/// Most fields of one row.
const MOST_FIELDS: usize = 100_000;

/// Bytes that are read at once.
const BUFFER: usize = 256 << 10;

/// Fields of one row with their names.
pub type Cells = Vec<(Arc<str>, Vec<u8>)>;

/// A table that is being read.
pub struct Table {
    rows: Rows,
    path: String,
    size: u64,
    /// How many rows are there, where the file says so.
    said: Option<u64>,
    /// How many rows were met.
    pub met: u64,
}

enum Rows {
    Csv(Box<Csv>),
    Lines(Lines),
    Parquet(RowIter<'static>),
}

/// Whether a file is read as a table, by its name.
pub fn is_table(path: &str) -> bool {
    matches!(extension(path), "csv" | "tsv" | "jsonl" | "ndjson" | "parquet")
}

fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Whether a row, from 0, is among a share of all that is spread evenly and the same in each run.
pub fn is_sampled(row: u64, share: f64) -> bool {
    let chosen = |rows: u64| (rows as f64 * share).ceil();
    share >= 1.0 || chosen(row + 1) > chosen(row)
}

impl Table {
    /// Opens a table of `size` bytes, by the name of its file.
    pub fn open(file: File, path: &str, size: u64) -> Result<Self, Error> {
        let mut said = None;
        let rows = match extension(path) {
            "parquet" => {
                let (rows, count) = guarded(path, || parquet(file))?;
                said = Some(count);
                Rows::Parquet(rows)
            }
            "csv" => Rows::Csv(Box::new(Csv::open(file, b',').map_err(|error| of_csv(path, &error))?)),
            "tsv" => Rows::Csv(Box::new(Csv::open(file, b'\t').map_err(|error| of_csv(path, &error))?)),
            _ => Rows::Lines(Lines {
                reader: BufReader::with_capacity(BUFFER, file),
                line: Vec::new(),
                read: 0,
            }),
        };
        Ok(Self { rows, path: path.to_owned(), size, said, met: 0 })
    }

    /// Goes to the next row; false at the end. With `look`, its fields are put into `cells`.
    pub fn next(&mut self, look: bool, cells: &mut Cells) -> Result<bool, Error> {
        cells.clear();
        let path = &self.path;
        let there = match &mut self.rows {
            Rows::Csv(table) => table.next(look, cells).map_err(|error| of_csv(path, &error))?,
            Rows::Lines(lines) => lines.next(look, cells).map_err(|error| failed("read", path, &error))?,
            Rows::Parquet(rows) => guarded(path, || {
                let Some(row) = rows.next().transpose()? else { return Ok(false) };
                if look {
                    row.into_columns().into_iter().for_each(|(name, field)| of_field(name, field, cells));
                }
                Ok(true)
            })?,
        };
        self.met += u64::from(there);
        Ok(there)
    }

    /// How many rows there are: as the file says; counted, at its end; else by the share of its bytes that the rows met so far take.
    pub fn total(&self) -> u64 {
        let read = match &self.rows {
            Rows::Csv(table) => table.reader.position().byte(),
            Rows::Lines(lines) => lines.read,
            Rows::Parquet(_) => 0,
        };
        match (self.said, read) {
            (Some(said), _) => said,
            (None, read) if read == 0 || read >= self.size => self.met,
            (None, read) => (self.met as f64 * (self.size as f64 / read as f64)) as u64,
        }
    }
}

/// A file of separated values whose first row has the names.
struct Csv {
    reader: Reader<Bounded>,
    names: Vec<Arc<str>>,
    record: ByteRecord,
}

/// A file of which no more is read than one row may have.
struct Bounded {
    file: File,
    left: u64,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(too_long());
        }
        let length = self.file.read(buffer)?;
        self.left = self.left.saturating_sub(length as u64);
        Ok(length)
    }
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a row is longer than {MOST_ROW} bytes"))
}

impl Csv {
    fn open(file: File, delimiter: u8) -> csv::Result<Self> {
        let bounded = Bounded { file, left: MOST_ROW };
        let mut builder = ReaderBuilder::new();
        builder.delimiter(delimiter).flexible(true).has_headers(false).buffer_capacity(BUFFER);
        let mut table =
            Self { reader: builder.from_reader(bounded), names: Vec::new(), record: ByteRecord::new() };
        if table.read()? {
            let name = |name: &[u8]| String::from_utf8_lossy(name.trim_ascii()).into();
            table.names = table.record.iter().take(MOST_FIELDS).map(name).collect();
        }
        Ok(table)
    }

    fn read(&mut self) -> csv::Result<bool> {
        self.reader.get_mut().left = MOST_ROW;
        self.reader.read_byte_record(&mut self.record)
    }

    fn next(&mut self, look: bool, cells: &mut Cells) -> csv::Result<bool> {
        let there = self.read()?;
        if there && look {
            for (at, value) in self.record.iter().enumerate().take(MOST_FIELDS) {
                let name = self.names.get(at).cloned().unwrap_or_else(|| format!("column {}", at + 1).into());
                cells.push((name, value.to_owned()));
            }
        }
        Ok(there)
    }
}

fn of_csv(path: &str, error: &csv::Error) -> Error {
    match error.kind() {
        csv::ErrorKind::Io(error) => failed("read", path, error),
        _ => Error::Io(format!("cannot read {} as a table: {error}", text::line(path, 300))),
    }
}

/// A file with a value of JSON on each line.
struct Lines {
    reader: BufReader<File>,
    line: Vec<u8>,
    read: u64,
}

impl Lines {
    fn next(&mut self, look: bool, cells: &mut Cells) -> io::Result<bool> {
        loop {
            self.line.clear();
            let length = (&mut self.reader).take(MOST_ROW + 1).read_until(b'\n', &mut self.line)?;
            self.read += length as u64;
            if length as u64 > MOST_ROW {
                return Err(too_long());
            }
            if length == 0 {
                return Ok(false);
            }
            let row = self.line.trim_ascii();
            if row.is_empty() {
                continue;
            }
            if look {
                match serde_json::from_slice::<Json>(row) {
                    Ok(value) => of_json(String::new(), &value, cells),
                    // What is no JSON is text all the same.
                    Err(_) => cells.push(("".into(), row.to_owned())),
                }
            }
            return Ok(true);
        }
    }
}

/// The texts and numbers in a value. Its nesting is bounded by the parser.
fn of_json(name: String, value: &Json, cells: &mut Cells) {
    let below = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        _ if cells.len() >= MOST_FIELDS => {}
        Json::Null | Json::Bool(_) => {}
        Json::Number(number) => cells.push((name.into(), number.to_string().into_bytes())),
        Json::String(text) => cells.push((name.into(), text.clone().into_bytes())),
        Json::Array(values) => values.iter().for_each(|value| of_json(name.clone(), value, cells)),
        Json::Object(values) => values.iter().for_each(|(key, value)| of_json(below(key), value, cells)),
    }
}

/// The rows of a Parquet file with the columns that can hold text, and how many it says there are.
fn parquet(file: File) -> parquet::errors::Result<(RowIter<'static>, u64)> {
    let reader = SerializedFileReader::new(file)?;
    let metadata = reader.metadata().file_metadata();
    let rows = u64::try_from(metadata.num_rows()).unwrap_or(0);
    let schema = metadata.schema();
    let fields = schema.get_fields().iter().filter(|field| holds_text(field)).cloned().collect::<Vec<_>>();
    let wanted = Type::group_type_builder(schema.name()).with_fields(fields).build()?;
    Ok((RowIter::from_file_into(Box::new(reader)).project(Some(wanted))?, rows))
}

fn holds_text(column: &Type) -> bool {
    match column {
        Type::PrimitiveType { physical_type, .. } => *physical_type == Physical::BYTE_ARRAY,
        Type::GroupType { fields, .. } => fields.iter().any(|field| holds_text(field)),
    }
}

/// The texts in a field of Parquet.
fn of_field(name: String, field: Field, cells: &mut Cells) {
    match field {
        _ if cells.len() >= MOST_FIELDS => {}
        Field::Str(text) => cells.push((name.into(), text.into_bytes())),
        Field::Bytes(bytes) if std::str::from_utf8(bytes.data()).is_ok() => {
            cells.push((name.into(), bytes.data().to_owned()));
        }
        Field::Group(row) => {
            for (key, field) in row.into_columns() {
                of_field(format!("{name}.{key}"), field, cells);
            }
        }
        Field::ListInternal(list) => {
            list.elements().iter().for_each(|field| of_field(name.clone(), field.clone(), cells));
        }
        Field::MapInternal(map) => {
            for (key, value) in map.entries() {
                of_field(format!("{name}.key"), key.clone(), cells);
                of_field(format!("{name}.value"), value.clone(), cells);
            }
        }
        _ => {}
    }
}

/// Parquet's reader trusts what it reads in places, and panics there.
fn guarded<T>(path: &str, read: impl FnOnce() -> parquet::errors::Result<T>) -> Result<T, Error> {
    let why = match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => text::line(&error.to_string(), 200),
        Err(_) => "it is damaged".to_owned(),
    };
    Err(Error::Io(format!("cannot read {} as a table: {why}", text::line(path, 300))))
}
