//! What is known of a table: its columns, and its rows in parts that can be read one by one.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, new_null_array},
        datatypes::{DataType, Field, Schema},
    },
    execution::memory_pool::MemoryReservation,
};

use super::{
    chunk::Chunk,
    decoded::Decoded,
    kind::Kind,
    laid::Laid,
    parquet::Footer,
    stored,
    text::{columns, csv::Csv, objects},
};
use crate::domain::Error;

/// A column of the files.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    /// As it is asked.
    pub asked: DataType,
    /// As it is stored.
    pub stored: DataType,
    pub json: bool,
    pub nullable: bool,
}

/// What was found out of a table.
pub struct Known {
    pub columns: Vec<Column>,
    pub kinds: Vec<Kind>,
    pub reader: Reader,
    pub parts: Vec<Part>,
    /// Absent for an Arrow stream that was not read.
    pub rows: Option<u64>,
    /// Memory that kept rows take, given back with them.
    pub reserved: Option<MemoryReservation>,
    /// Where rows are that are not kept. Parquet and Arrow have columns on disk as they are.
    pub laid: Option<Laid>,
}

/// What reads them.
pub enum Reader {
    Csv(Csv),
    Json,
    Parquet(Vec<Footer>, Decoded),
    Arrow(Vec<super::arrow::Outline>),
}

/// Rows that can be read without those before them.
pub enum Part {
    /// In memory.
    Kept(Chunk),
    /// On disk, in columns: all of a chunk but those, and where they are.
    Laid(Chunk, u64),
    /// Part of a plain text file: all of a chunk but its columns.
    Text(Chunk),
    /// A file that is read from its start.
    Whole { file: usize, rows: u64 },
    /// A row group of Parquet.
    Group { file: usize, group: usize, first_row: u64, rows: u64 },
    /// Batches of Arrow; all of a stream.
    Batches { file: usize, batches: std::ops::Range<usize>, first_row: u64, rows: u64 },
}

impl Part {
    pub fn rows(&self) -> u64 {
        match self {
            Self::Kept(chunk) | Self::Laid(chunk, _) | Self::Text(chunk) => chunk.rows as u64,
            Self::Whole { rows, .. } | Self::Group { rows, .. } | Self::Batches { rows, .. } => *rows,
        }
    }
}

impl Known {
    /// Whether all rows had to be read to find this out.
    pub fn was_read(&self) -> bool {
        matches!(self.reader, Reader::Csv(_) | Reader::Json)
    }

    /// The rows of each file, where footers say so.
    pub fn rows_of_files(&self, count: usize) -> Vec<Option<u64>> {
        let mut rows = vec![Some(0); count];
        for part in &self.parts {
            match part {
                Part::Group { file, rows: some, .. } => rows[*file] = rows[*file].map(|rows| rows + some),
                Part::Batches { file, batches, .. } if batches.is_empty() => rows[*file] = None,
                Part::Batches { file, rows: some, .. } => rows[*file] = rows[*file].map(|rows| rows + some),
                Part::Kept(_) | Part::Laid(..) | Part::Text(_) | Part::Whole { .. } => {}
            }
        }
        rows
    }

    /// The wanted columns of a chunk that was laid down, as the table's types.
    pub fn laid(&self, chunk: &Chunk, start: u64, wanted: &[usize]) -> Result<Chunk, Error> {
        // Columns that came up later are not in it.
        let there = wanted.iter().copied().filter(|at| *at < chunk.kinds.len()).collect::<Vec<_>>();
        let gone = || Error::Io("rows that were put on disk are there no more".to_owned());
        let read = self.laid.as_ref().ok_or_else(gone)?.get(chunk, start, &there)?;
        let mut places = (0..).peekable();
        let column = |at: &usize| {
            let kind = self.kinds[*at];
            match places.next_if(|_| *at < chunk.kinds.len()) {
                None => Some(new_null_array(&kind.arrow(), chunk.rows)),
                Some(place) => widened(&self.reader, &read, place, kind),
            }
        };
        let narrow = || Error::Io("rows were put on disk with types that have no room for them".to_owned());
        let columns = wanted.iter().map(column).collect::<Option<_>>().ok_or_else(narrow)?;
        Ok(Chunk { columns, ..read })
    }

    /// The wanted columns of a chunk, as the table's types; nulls where it has none of that name.
    pub fn project(&self, chunk: Chunk, names: Option<&[String]>, wanted: &[usize]) -> Option<Chunk> {
        let column = |at: &usize| {
            let place = match names {
                None => Some(*at),
                Some(names) => names.iter().position(|name| *name == self.columns[*at].name),
            };
            let kind = self.kinds[*at];
            match place {
                None => Some(new_null_array(&kind.arrow(), chunk.rows)),
                Some(place) => widened(&self.reader, &chunk, place, kind),
            }
        };
        let columns = wanted.iter().map(column).collect::<Option<Vec<_>>>()?;
        Some(Chunk { columns, ..chunk })
    }

    /// Where the wanted columns are in a file: the order may be another one.
    pub fn places(&self, schema: &Schema, wanted: &[usize]) -> Vec<usize> {
        wanted.iter().filter_map(|at| schema.index_of(&self.columns[*at].name).ok()).collect()
    }
}

fn widened(reader: &Reader, chunk: &Chunk, at: usize, kind: Kind) -> Option<ArrayRef> {
    match reader {
        Reader::Csv(_) => columns::widened(&chunk.columns[at], chunk.kinds[at], kind),
        _ => objects::widened(&chunk.columns[at], chunk.kinds[at], kind),
    }
}

/// The columns of a format that has types of its own.
pub fn stored_columns(schema: &Schema) -> Vec<Column> {
    let column = |field: &Arc<Field>| Column {
        name: field.name().clone(),
        asked: stored::asked_as(field.data_type()),
        stored: field.data_type().clone(),
        json: stored::is_json(field.data_type()),
        nullable: field.is_nullable(),
    };
    schema.fields().iter().map(column).collect()
}
