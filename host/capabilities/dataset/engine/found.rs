//! What is found out of a table while its text is read: names, types, and as many rows as memory has room for.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, new_null_array},
        datatypes::DataType,
    },
    execution::memory_pool::MemoryReservation,
};

use super::{
    chunk::Chunk,
    kind::Kind,
    known::Part,
    text::{columns, objects},
};
use crate::domain::Error;

/// Memory for rows that are kept.
pub trait Room {
    /// None of it yet.
    fn begin(&self) -> MemoryReservation;

    /// Some more, where there is.
    fn grow(&self, reserved: &MemoryReservation, bytes: usize) -> bool;
}

/// What is gathered while text is read.
pub struct Found<'a> {
    pub names: Vec<String>,
    places: HashMap<String, usize>,
    /// Types so far, and whether a null was met.
    pub columns: Vec<(Kind, bool)>,
    pub parts: Vec<Part>,
    pub rows: u64,
    /// Absent once there is no room to keep rows.
    pub reserved: Option<MemoryReservation>,
    room: &'a dyn Room,
}

impl<'a> Found<'a> {
    pub fn new(room: &'a dyn Room) -> Self {
        let (names, columns, parts) = (Vec::new(), Vec::new(), Vec::new());
        let reserved = Some(room.begin());
        Self { names, places: HashMap::new(), columns, parts, rows: 0, reserved, room }
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
        let bytes = chunk.bytes();
        if self.reserved.as_ref().is_some_and(|reserved| self.room.grow(reserved, bytes)) {
            self.parts.push(Part::Kept(chunk));
        } else {
            self.let_go();
            self.parts.push(Part::Text(bare(chunk)));
        }
        true
    }

    /// Keeps no rows any more, only where they are.
    fn let_go(&mut self) {
        if self.reserved.take().is_some() {
            for part in &mut self.parts {
                if let Part::Kept(chunk) = part {
                    *part = Part::Text(bare(chunk.clone()));
                }
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

    /// A file whose rows are not kept, and that cannot be read part by part, is one part.
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
                Part::Kept(chunk) if chunk.file == *file => {
                    *rows += chunk.rows as u64;
                    false
                }
                _ => true,
            });
        }
        self.parts.extend(whole.into_iter().map(|(file, rows)| Part::Whole { file, rows }));
    }

    /// Gives all kept chunks the types of the table.
    pub fn widen(
        &mut self,
        kinds: &[Kind],
        again: impl Fn(&Chunk, &[usize]) -> Result<Option<Vec<ArrayRef>>, Error>,
    ) -> Result<(), Error> {
        let is_csv = self.places.is_empty();
        for part in &mut self.parts {
            let Part::Kept(chunk) = part else { continue };
            let mut wanted = Vec::new();
            for (at, kind) in kinds.iter().enumerate() {
                if at == chunk.columns.len() {
                    chunk.columns.push(new_null_array(&kind.arrow(), chunk.rows));
                    chunk.kinds.push(*kind);
                }
                let widened = match is_csv {
                    true => columns::widened(&chunk.columns[at], chunk.kinds[at], *kind),
                    false => objects::widened(&chunk.columns[at], chunk.kinds[at], *kind),
                };
                match widened {
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

/// All of a chunk but its rows.
fn bare(chunk: Chunk) -> Chunk {
    Chunk { columns: Vec::new(), kinds: Vec::new(), lines: None, ..chunk }
}
