//! Some rows of a file, in columns.

use std::{ops::Range, sync::Arc};

use datafusion::arrow::array::ArrayRef;

use super::kind::Kind;

/// Some rows that follow one another in one file.
#[derive(Clone)]
pub struct Chunk {
    /// The file's place in its table.
    pub file: usize,
    /// Before these, counted from 0.
    pub first_row: u64,
    /// The line of the first row, from 0; absent where the format has no lines.
    pub first_line: Option<u64>,
    /// The line of each row after the first one's, where rows have more than one line each.
    pub lines: Option<Arc<[u32]>>,
    pub rows: usize,
    /// Those that were asked for, in that order.
    pub columns: Vec<ArrayRef>,
    /// Their types, where the format has none of its own.
    pub kinds: Vec<Kind>,
    /// Where it is in its file, where it can be read again without what is before.
    pub range: Option<Range<u64>>,
}

impl Chunk {
    /// About how many bytes of memory it takes.
    pub fn bytes(&self) -> usize {
        let columns = self.columns.iter().map(|column| column.get_array_memory_size()).sum::<usize>();
        columns + self.lines.as_ref().map_or(0, |lines| lines.len() * 4)
    }
}
