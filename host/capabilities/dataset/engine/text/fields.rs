//! The fields of the rows of a block of CSV.

use csv_core::ReadRecordResult;

use super::{blocks::Block, dialect::Dialect};

/// The fields of a block, row after row.
pub struct Fields {
    /// What the fields are parts of.
    text: Vec<u8>,
    /// Where each begins and ends.
    spans: Vec<(u32, u32)>,
    /// Fields of a row.
    pub width: usize,
    pub rows: usize,
    /// The line of each row, from 0 at the block's first, where not every row has one line of its own.
    pub lines: Option<Vec<u32>>,
    /// Ends of lines in the block.
    pub line_ends: u64,
}

/// Why a block cannot be split.
#[derive(Debug, PartialEq, Eq)]
pub enum Odd {
    /// It ends inside of quotes, and is not the last: its end was found wrongly.
    Open,
    /// The text ends inside of quotes that begin in the row on this line (from 0 at the block's first).
    NeverCloses { line: u64 },
    /// A row has too many fields, or too few.
    Ragged { line: u64, row: u64, fields: usize },
}

impl Fields {
    /// Splits a block whose rows have `width` fields each.
    pub fn split(block: Block, dialect: Dialect, width: usize) -> Result<Self, Odd> {
        let holds = |sign: Option<u8>| sign.is_some_and(|sign| memchr::memchr(sign, &block.bytes).is_some());
        match holds(dialect.quote) || holds(dialect.comment) {
            false => Self::split_plain(block, dialect.delimiter, width),
            true => Self::split_quoted(&block, dialect, width),
        }
    }

    /// Without quotes: fields are what stands between delimiters.
    fn split_plain(block: Block, delimiter: u8, width: usize) -> Result<Self, Odd> {
        let bytes = &block.bytes;
        let mut spans = Vec::with_capacity(bytes.len() / 6);
        let (mut start, mut row_start, mut fields) = (0, 0, 0);
        let (mut line, mut rows) = (0_u64, 0_usize);
        let mut lines = Lines::default();
        let mut end_row = |end: usize, start: usize, fields: &mut usize, line: u64, spans: &mut Vec<_>| {
            spans.push((start as u32, end as u32));
            if *fields + 1 != width {
                return Err(Odd::Ragged { line, row: rows as u64, fields: *fields + 1 });
            }
            lines.row(rows, line);
            (rows, *fields) = (rows + 1, 0);
            Ok(())
        };
        for at in memchr::memchr3_iter(delimiter, b'\n', b'\r', bytes) {
            if bytes[at] == delimiter {
                spans.push((start as u32, at as u32));
                fields += 1;
            } else {
                // Empty lines are no rows, and so is what stands between the two bytes of a line's end.
                if at > row_start {
                    end_row(at, start, &mut fields, line, &mut spans)?;
                }
                line += u64::from(bytes[at] == b'\n');
                row_start = at + 1;
            }
            start = at + 1;
        }
        if row_start < bytes.len() {
            end_row(bytes.len(), start, &mut fields, line, &mut spans)?;
        }
        let lines = lines.found(rows);
        Ok(Self { text: block.bytes, spans, width, rows, lines, line_ends: line })
    }

    fn split_quoted(block: &Block, dialect: Dialect, width: usize) -> Result<Self, Odd> {
        let mut reader = dialect.reader();
        // What is unquoted is never longer than it was.
        let mut text = vec![0; block.bytes.len() + 1];
        let mut ends = vec![0; width + 2];
        let (mut spans, mut lines) = (Vec::with_capacity(block.bytes.len() / 6), Lines::default());
        let (mut at, mut out, mut rows) = (0, 0, 0);
        let mut counted = Counted { bytes: &block.bytes, to: 0, lines: 0 };
        loop {
            // Before a row stand empty lines and comments.
            let mut row_start = at;
            while let Some(byte) = block.bytes.get(row_start) {
                if matches!(byte, b'\n' | b'\r') {
                    row_start += 1;
                } else if dialect.comment == Some(*byte) {
                    let rest = &block.bytes[row_start..];
                    row_start += memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
                } else {
                    break;
                }
            }
            let line = counted.up_to(row_start);
            let (from, mut found) = (out, 0);
            loop {
                let (result, read, written, fields) =
                    reader.read_record(&block.bytes[at..], &mut text[out..], &mut ends[found..]);
                at += read;
                out += written;
                found += fields;
                match result {
                    ReadRecordResult::Record | ReadRecordResult::End => break,
                    ReadRecordResult::OutputEndsFull => ends.resize(ends.len() * 2, 0),
                    // There is always room, or else a row would be longer than its text.
                    ReadRecordResult::OutputFull => text.resize(text.len() + 1024, 0),
                    ReadRecordResult::InputEmpty if row_start >= block.bytes.len() => break,
                    ReadRecordResult::InputEmpty if dialect.ends_in_quotes(&block.bytes[row_start..]) => {
                        return Err(if block.last { Odd::NeverCloses { line } } else { Odd::Open });
                    }
                    ReadRecordResult::InputEmpty => {}
                }
            }
            if row_start >= block.bytes.len() {
                break;
            }
            if found != width {
                return Err(Odd::Ragged { line, row: rows as u64, fields: found });
            }
            let mut start = from as u32;
            spans.extend(ends[..found].iter().map(|end| {
                let end = (from + end) as u32;
                (std::mem::replace(&mut start, end), end)
            }));
            lines.row(rows, line);
            rows += 1;
        }
        let line_ends = counted.up_to(block.bytes.len());
        Ok(Self { text, spans, width, rows, lines: lines.found(rows), line_ends })
    }

    /// One column, from the first row to the last.
    pub fn column(&self, at: usize) -> impl Iterator<Item = &[u8]> + Clone {
        let spans = self.spans.get(at..).unwrap_or_default().iter().step_by(self.width.max(1));
        spans.map(|(start, end)| &self.text[*start as usize..*end as usize])
    }

    /// Whether all of it is UTF-8; else the first row and field that is not.
    pub fn check_utf8(&self) -> Result<(), (usize, usize)> {
        if std::str::from_utf8(&self.text).is_ok() {
            return Ok(());
        }
        let bad = self.spans.iter().position(|(start, end)| {
            std::str::from_utf8(&self.text[*start as usize..*end as usize]).is_err()
        });
        bad.map_or(Ok(()), |at| Err((at / self.width, at % self.width)))
    }

    /// The line of a row, from 0 at the block's first.
    pub fn line(&self, row: usize) -> u64 {
        self.lines.as_ref().map_or(row as u64, |lines| lines.get(row).copied().unwrap_or_default().into())
    }
}

/// The lines of rows, kept only where they are not those of their numbers.
#[derive(Default)]
struct Lines(Option<Vec<u32>>);

impl Lines {
    fn row(&mut self, row: usize, line: u64) {
        match &mut self.0 {
            Some(lines) => lines.push(line as u32),
            None if line == row as u64 => {}
            None => self.0 = Some((0..row as u32).chain([line as u32]).collect()),
        }
    }

    fn found(self, rows: usize) -> Option<Vec<u32>> {
        self.0.inspect(|lines| debug_assert_eq!(lines.len(), rows))
    }
}

/// Ends of lines up to a place that only moves on.
struct Counted<'a> {
    bytes: &'a [u8],
    to: usize,
    lines: u64,
}

impl Counted<'_> {
    fn up_to(&mut self, to: usize) -> u64 {
        self.lines += memchr::memchr_iter(b'\n', &self.bytes[self.to..to]).count() as u64;
        self.to = to;
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::capabilities::dataset::options::Options;

    fn dialect() -> Dialect {
        Dialect { comment: None, ..Dialect::of(b"a,b\n", true, &Options::default()) }
    }

    fn block(text: &str) -> Block {
        Block { bytes: text.as_bytes().to_owned(), start: 0, last: true }
    }

    fn rows(fields: &Fields) -> Vec<Vec<String>> {
        let row = |row: usize| {
            let cell = |at| String::from_utf8_lossy(fields.column(at).nth(row).unwrap()).into_owned();
            (0..fields.width).map(cell).collect()
        };
        (0..fields.rows).map(row).collect()
    }

    #[test]
    fn rows_are_split_and_their_lines_known() {
        let fields = Fields::split(block("1,2\r\n\r\n3,\n,4"), dialect(), 2).unwrap();
        assert_eq!(rows(&fields), [["1", "2"], ["3", ""], ["", "4"]]);
        assert_eq!((fields.line(0), fields.line(1), fields.line(2), fields.line_ends), (0, 2, 3, 3));
        let fields = Fields::split(block("\"a\nb\",\"c\"\"d\"\n\ne,f\n"), dialect(), 2).unwrap();
        assert_eq!(rows(&fields), [["a\nb", "c\"d"], ["e", "f"]]);
        assert_eq!((fields.line(0), fields.line(1), fields.line_ends), (0, 3, 4));
        assert_eq!(Fields::split(block("\n\n"), dialect(), 2).unwrap().rows, 0);
        assert_eq!(Fields::split(block("\"\"\n\n"), dialect(), 1).unwrap().rows, 1);
    }

    #[test]
    fn comments_are_no_rows() {
        let dialect = Dialect { comment: Some(b'#'), ..dialect() };
        let fields = Fields::split(block("# \"x\n1,2\n#\n3,4\n"), dialect, 2).unwrap();
        assert_eq!((rows(&fields).len(), fields.line(0), fields.line(1)), (2, 1, 3));
    }

    #[test]
    fn odd_rows_are_told_with_their_lines() {
        let split = |text: &str| Fields::split(block(text), dialect(), 2).err();
        assert_eq!(split("1,2\n3\n"), Some(Odd::Ragged { line: 1, row: 1, fields: 1 }));
        assert_eq!(split("1,2\n\n3,4,5,6,7,8\n"), Some(Odd::Ragged { line: 2, row: 1, fields: 6 }));
        assert_eq!(split("\"a\nb\",2\n\"3\",4,5\n"), Some(Odd::Ragged { line: 2, row: 1, fields: 3 }));
        assert_eq!(split("1,2\n3,\"x\n5,6\n"), Some(Odd::NeverCloses { line: 1 }));
        let open = Block { last: false, ..block("1,2\n3,\"x\n") };
        assert_eq!(Fields::split(open, dialect(), 2).err(), Some(Odd::Open));
    }

    proptest! {
        #[test]
        fn rows_are_those_that_the_csv_crate_reads(text in "[ab\",\n\r]{0,60}") {
            let mut known = csv::ReaderBuilder::new();
            let known = known.has_headers(false).flexible(true).from_reader(text.as_bytes()).into_byte_records();
            let known = known.map(Result::unwrap).collect::<Vec<_>>();
            let width = known.first().map_or(1, csv::ByteRecord::len);
            match Fields::split(block(&text), dialect(), width) {
                Ok(fields) => {
                    let known = known.iter().map(|row| row.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect());
                    prop_assert_eq!(rows(&fields), known.collect::<Vec<Vec<String>>>());
                }
                Err(Odd::Ragged { row, fields, .. }) => prop_assert_eq!(known[row as usize].len(), fields),
                Err(Odd::NeverCloses { .. }) => prop_assert!(text.contains('"')),
                Err(Odd::Open) => prop_assert!(false, "the block is the last"),
            }
        }
    }
}
