//! Text in blocks that end where a row does, so that each can be read without the others.

use std::io::{self, Read};

use super::dialect::Dialect;
use crate::domain::Error;

/// Bytes of a block: some thousand rows, as many as the engine takes at once, and what fits into a core's cache.
pub const BLOCK: usize = 1 << 20;

/// Longest row. What is longer is no row of a table that fits anywhere.
pub const MOST_ROW: usize = 64 << 20;

/// How the end of a row is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Each line is one.
    Lines,
    /// A line ends a row unless the quotes before it, counted from a row's start, are odd in number. Wrong where a quote stands in the middle of a field
    /// without quotes: whoever reads the block then finds it open at its end.
    Counted(Dialect),
    /// By reading all that is before: slower, and right.
    Read(Dialect),
}

/// A block of whole rows.
pub struct Block {
    pub bytes: Vec<u8>,
    /// Where it begins in the text.
    pub start: u64,
    /// Whether it is the last: a row may end without a line's end, or not at all.
    pub last: bool,
}

/// A text, block by block.
pub struct Blocks<R> {
    reader: R,
    rows: Rows,
    /// Read, and not yet given out.
    carried: Vec<u8>,
    start: u64,
    ended: bool,
    path: String,
}

impl<R: Read> Blocks<R> {
    pub fn new(reader: R, start: u64, rows: Rows, path: &str) -> Self {
        Self { reader, rows, carried: Vec::new(), start, ended: false, path: path.to_owned() }
    }

    /// The next block; none at the end.
    pub fn next(&mut self) -> Result<Option<Block>, Error> {
        let mut wanted = BLOCK;
        while !self.ended {
            let before = self.carried.len();
            self.carried.reserve(wanted.saturating_sub(before));
            let more = wanted.saturating_sub(before) as u64;
            let read = self.reader.by_ref().take(more).read_to_end(&mut self.carried);
            read.map_err(|error: io::Error| self.unreadable(&error))?;
            if self.carried.len() < wanted {
                self.ended = true;
                break;
            }
            if let Some(end) = self.end_of_rows() {
                let rest = self.carried.split_off(end);
                let bytes = std::mem::replace(&mut self.carried, rest);
                let start = self.start;
                self.start += bytes.len() as u64;
                return Ok(Some(Block { bytes, start, last: false }));
            }
            if wanted > MOST_ROW {
                return Err(Error::Limit(format!(
                    "a row of {} is longer than {} MiB, from byte {} on: does a quote never close, or is it no table?",
                    self.path,
                    MOST_ROW >> 20,
                    self.start
                )));
            }
            wanted *= 2;
        }
        if self.carried.is_empty() {
            return Ok(None);
        }
        let bytes = std::mem::take(&mut self.carried);
        let start = self.start;
        self.start += bytes.len() as u64;
        Ok(Some(Block { bytes, start, last: true }))
    }

    fn unreadable(&self, error: &io::Error) -> Error {
        super::super::source::unreadable(&self.path, error).map_text(|text| {
            format!("{text} (after {} bytes of its text)", self.start + self.carried.len() as u64)
        })
    }

    /// Where the last whole row ends.
    fn end_of_rows(&self) -> Option<usize> {
        let bytes = &self.carried;
        let lines = || memchr::memrchr(b'\n', bytes).map(|at| at + 1);
        match self.rows {
            Rows::Lines => lines(),
            Rows::Counted(dialect) => {
                let Some(quote) = dialect.quote else { return lines() };
                let mut odd = memchr::memchr_iter(quote, bytes).count() % 2 == 1;
                for at in memchr::memrchr2_iter(quote, b'\n', bytes) {
                    if bytes[at] == quote {
                        odd = !odd;
                    } else if !odd {
                        return Some(at + 1);
                    }
                }
                None
            }
            Rows::Read(dialect) => {
                let (mut reader, mut at, mut end) = (dialect.reader(), 0, None);
                let (mut out, mut ends) = (vec![0; 8 << 10], vec![0; 1 << 10]);
                loop {
                    let (result, read, ..) = reader.read_record(&bytes[at..], &mut out, &mut ends);
                    at += read;
                    match result {
                        csv_core::ReadRecordResult::Record => end = Some(at),
                        csv_core::ReadRecordResult::OutputFull
                        | csv_core::ReadRecordResult::OutputEndsFull => {}
                        csv_core::ReadRecordResult::InputEmpty | csv_core::ReadRecordResult::End => {
                            return end;
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capabilities::dataset::options::Options;

    fn starts(text: &str, rows: fn(Dialect) -> Rows) -> Vec<(u64, usize, bool)> {
        let dialect = Dialect::of(b"a,b\n", true, &Options::default());
        let mut blocks = Blocks::new(text.as_bytes(), 0, rows(dialect), "x");
        let mut found = Vec::new();
        while let Some(block) = blocks.next().unwrap() {
            found.push((block.start, block.bytes.len(), block.last));
        }
        found
    }

    #[test]
    fn blocks_end_where_rows_do() {
        // A row with a line's end inside of quotes stands across the block's end.
        let before = "x,y\n".repeat(BLOCK / 4 - 1);
        let text = format!("{before}\"a\nb\nc\nd\",e\nf,g");
        let (at, all) = (before.len(), text.len());
        for rows in [Rows::Counted as fn(Dialect) -> Rows, Rows::Read] {
            assert_eq!(starts(&text, rows), [(0, at, false), (at as u64, all - at, true)]);
        }
        assert_eq!(starts("", Rows::Counted), []);
    }

    #[test]
    fn a_row_without_end_is_a_limit() {
        let mut blocks = Blocks::new(io::repeat(b'x'), 0, Rows::Lines, "endless.csv");
        assert!(matches!(blocks.next(), Err(Error::Limit(why)) if why.contains("endless.csv")));
    }
}
