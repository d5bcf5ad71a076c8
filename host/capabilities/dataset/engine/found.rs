//! What is found out of a table while its text is read: names, types, and the rows: in memory where there is room for all, or else on disk.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::Arc,
};

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, new_empty_array, new_null_array},
        datatypes::DataType,
    },
    execution::memory_pool::MemoryReservation,
};

use super::{
    chunk::Chunk,
    kind::Kind,
    known::Part,
    laid::Laid,
    text::{columns, objects},
};
use crate::domain::Error;

/// Room for rows, so that files are read once.
pub trait Room {
    /// None of its memory yet.
    fn begin(&self) -> MemoryReservation;

    /// Some more, where there is.
    fn grow(&self, reserved: &MemoryReservation, bytes: usize) -> bool;

    /// Where rows may be laid down for which there is none.
    fn folder(&self) -> &Path;
}

/// What is gathered while text is read.
pub struct Found<'a> {
    pub names: Vec<String>,
    places: HashMap<String, usize>,
    /// Types so far, and whether a null was met.
    pub columns: Vec<(Kind, bool)>,
    pub parts: Vec<Part>,
    pub rows: u64,
    pub reserved: MemoryReservation,
    /// Bytes of text that the table is read from, where it is plain.
    text: Option<u64>,
    /// Bytes of memory that rows took so far.
    taken: usize,
    /// Whether there is room for all.
    fits: bool,
    pub laid: Laid,
    room: &'a dyn Room,
}

impl<'a> Found<'a> {
    /// Nothing yet of so many bytes of plain text, if it is.
    pub fn new(room: &'a dyn Room, text: Option<u64>) -> Self {
        let (names, columns, parts) = (Vec::new(), Vec::new(), Vec::new());
        let (reserved, laid) = (room.begin(), Laid::within(room.folder()));
        Self {
            names,
            places: HashMap::new(),
            columns,
            parts,
            rows: 0,
            reserved,
            text,
            taken: 0,
            fits: true,
            laid,
            room,
        }
    }

    /// Takes a chunk whose columns are those of the table.
    pub fn take(&mut self, chunk: Chunk) -> bool {
        for ((kind, nulls), (column, found)) in
            self.columns.iter_mut().zip(chunk.columns.iter().zip(&chunk.kinds))
        {
            *kind = kind.join(*found);
            *nulls |= column.logical_null_count() > 0;
        }
        self.rows += chunk.rows as u64;
        if self.fits && !self.has_room(&chunk) {
            self.fits = false;
            self.lay_down();
        }
        let part = match self.fits {
            true => Part::Kept(chunk),
            false => match self.laid.put(&chunk) {
                Some(at) => Part::Laid(typed(chunk), at),
                None => Part::Text(bare(chunk)),
            },
        };
        self.parts.push(part);
        true
    }

    /// Whether memory has room for one more chunk: of plain files, after the first one, for all that follow.
    fn has_room(&mut self, chunk: &Chunk) -> bool {
        let bytes = chunk.bytes();
        self.taken += bytes;
        let all = match (self.text, &chunk.range) {
            (Some(text), Some(range)) if self.parts.is_empty() => {
                (bytes as f64 / (range.end - range.start).max(1) as f64 * text as f64) as usize
            }
            _ => 0,
        };
        let more = all.max(self.taken).saturating_sub(self.reserved.size());
        more == 0 || self.room.grow(&self.reserved, more)
    }

    /// Leaves the memory to queries, and to tables that fit.
    fn lay_down(&mut self) {
        for part in &mut self.parts {
            if let Part::Kept(chunk) = part
                && let Some(at) = self.laid.put(chunk)
            {
                *part = Part::Laid(typed(chunk.clone()), at);
            }
        }
    }

    /// Takes a chunk whose columns have these names.
    pub fn take_named(&mut self, mut chunk: Chunk, names: &[String]) -> bool {
        let mut columns = vec![None; self.names.len()];
        for ((name, column), kind) in names.iter().zip(&chunk.columns).zip(&chunk.kinds) {
            let at = *self.places.entry(name.clone()).or_insert_with(|| {
                self.names.push(name.clone());
                // In rows before this one it was null.
                self.columns.push((Kind::Null, self.rows > 0));
                columns.push(None);
                self.names.len() - 1
            });
            columns[at] = Some((Arc::clone(column), *kind));
        }
        let rows = chunk.rows;
        let absent = || (new_null_array(&DataType::Null, rows), Kind::Null);
        (chunk.columns, chunk.kinds) =
            columns.into_iter().map(|column| column.unwrap_or_else(absent)).unzip();
        self.take(chunk)
    }

    /// A file of which some rows are neither kept nor laid down, and that cannot be read part by part, is one part. Of memory only what is used stays reserved.
    pub fn make_whole(&mut self) {
        let mut whole = BTreeMap::new();
        self.parts.retain(|part| match part {
            Part::Text(chunk) if chunk.range.is_none() => {
                *whole.entry(chunk.file).or_insert(0) += chunk.rows as u64;
                false
            }
            _ => true,
        });
        // What is left of such a file would be read twice.
        for (file, rows) in &mut whole {
            self.parts.retain(|part| match part {
                Part::Kept(chunk) | Part::Laid(chunk, _) if chunk.file == *file => {
                    *rows += chunk.rows as u64;
                    false
                }
                _ => true,
            });
        }
        self.parts.extend(whole.into_iter().map(|(file, rows)| Part::Whole { file, rows }));
        let kept = |part: &Part| if let Part::Kept(chunk) = part { chunk.bytes() } else { 0 };
        self.reserved.resize(self.parts.iter().map(kept).sum());
    }

    /// Gives all kept chunks the types of the table. Those on disk get them when they are read, or are read from their files if their values do not say enough.
    pub fn widen(
        &mut self,
        kinds: &[Kind],
        again: impl Fn(&Chunk, &[usize]) -> Result<Option<Vec<ArrayRef>>, Error>,
    ) -> Result<(), Error> {
        let is_csv = self.places.is_empty();
        for part in &mut self.parts {
            let chunk = match part {
                Part::Kept(chunk) => chunk,
                Part::Laid(chunk, _) => {
                    let widens = |(from, to): (&Kind, &Kind)| {
                        widened(is_csv, &new_empty_array(&from.arrow()), *from, *to).is_some()
                    };
                    if !chunk.kinds.iter().zip(kinds).all(widens) {
                        *part = Part::Text(bare(chunk.clone()));
                    }
                    continue;
                }
                Part::Text(_) | Part::Whole { .. } | Part::Group { .. } | Part::Batches { .. } => continue,
            };
            let mut wanted = Vec::new();
            for (at, kind) in kinds.iter().enumerate() {
                if at == chunk.columns.len() {
                    chunk.columns.push(new_null_array(&kind.arrow(), chunk.rows));
                    chunk.kinds.push(*kind);
                }
                match widened(is_csv, &chunk.columns[at], chunk.kinds[at], *kind) {
                    Some(column) => (chunk.columns[at], chunk.kinds[at]) = (column, *kind),
                    None => wanted.push(at),
                }
            }
            if wanted.is_empty() {
                continue;
            }
            match again(chunk, &wanted)? {
                Some(columns) => {
                    for (at, column) in wanted.into_iter().zip(columns) {
                        (chunk.columns[at], chunk.kinds[at]) = (column, kinds[at]);
                    }
                }
                // How it was spelled is known only to who reads the file from its start.
                None => *part = Part::Text(bare(chunk.clone())),
            }
        }
        Ok(())
    }
}

fn widened(is_csv: bool, column: &ArrayRef, from: Kind, to: Kind) -> Option<ArrayRef> {
    match is_csv {
        true => columns::widened(column, from, to),
        false => objects::widened(column, from, to),
    }
}

/// All of a chunk but its rows.
fn typed(chunk: Chunk) -> Chunk {
    Chunk { columns: Vec::new(), lines: None, ..chunk }
}

/// All of a chunk but its rows and their types.
fn bare(chunk: Chunk) -> Chunk {
    Chunk { kinds: Vec::new(), ..typed(chunk) }
}
