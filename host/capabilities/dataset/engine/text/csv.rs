//! CSV: the header, then blocks of rows on all cores.

use std::{io::Read, sync::Arc};

use super::{
    super::{
        chunk::Chunk,
        kind::Kind,
        source::{Clock, LOOKED_AT, Source},
    },
    blocks::{Block, Blocks, MOST_ROW, Rows},
    columns::Reading,
    dialect::Dialect,
    fields::{Fields, Odd},
    parallel,
};
use crate::{
    capabilities::dataset::options::Options,
    domain::{Error, text as plain},
};

/// Most columns of a table: some real ones have ten thousand.
pub const MOST_COLUMNS: usize = 20_000;

/// Where a file cannot be read any further.
#[derive(Clone, Debug)]
pub struct Place {
    pub error: Error,
    pub line: Option<u64>,
    pub row: Option<u64>,
    pub column: Option<String>,
    pub byte: Option<u64>,
}

impl From<Error> for Place {
    fn from(error: Error) -> Self {
        Self { error, line: None, row: None, column: None, byte: None }
    }
}

/// How the CSV of a table is written, found in its first file.
#[derive(Clone)]
pub struct Csv {
    pub dialect: Dialect,
    pub header: bool,
    /// The names of the columns.
    pub names: Arc<[String]>,
    pub options: Arc<Options>,
}

impl Csv {
    /// Looks at the first file.
    pub fn of(source: &Source, options: &Arc<Options>) -> Result<Self, Error> {
        let head = source.head_text();
        let dialect = Dialect::of(&head, source.head.len() < LOOKED_AT, options);
        let header = options.header.unwrap_or(true);
        let csv = Self { dialect, header, names: Arc::default(), options: Arc::clone(options) };
        let (first, _) = csv.first_row(source)?;
        if first.is_empty() && options.columns.is_empty() {
            return Err(Error::Io(format!("{} is empty: it has not even a header", source.file.path)));
        }
        if first.len() > MOST_COLUMNS {
            return Err(Error::Limit(format!(
                "{} has {} columns, and {MOST_COLUMNS} are the most",
                source.file.path,
                first.len()
            )));
        }
        let names = match (options.columns.as_slice(), header) {
            ([], true) => first,
            ([], false) => (1..=first.len()).map(|at| format!("column_{at}")).collect(),
            (names, _) => names.to_owned(),
        };
        for (at, name) in names.iter().enumerate() {
            if names[..at].contains(name) {
                return Err(Error::Io(format!(
                    "{} has two columns called '{}': name them by the option `columns`",
                    source.file.path,
                    plain::line(name, 100)
                )));
            }
        }
        Ok(Self { names: names.into(), ..csv })
    }

    /// The fields of a file's first row, and where it ends.
    fn first_row(&self, source: &Source) -> Result<(Vec<String>, usize), Error> {
        let mut head = source.head_text();
        let mut all = source.head.len() < LOOKED_AT;
        loop {
            let mut reader = self.dialect.reader();
            let (mut out, mut ends) = (vec![0; head.len() + 1], vec![0; head.len() + 2]);
            let (mut at, mut written, mut found, mut done) = (0, 0, 0, false);
            loop {
                let (result, read, out_now, ends_now) =
                    reader.read_record(&head[at..], &mut out[written..], &mut ends[found..]);
                (at, written, found) = (at + read, written + out_now, found + ends_now);
                match result {
                    csv_core::ReadRecordResult::Record => {
                        done = true;
                        break;
                    }
                    csv_core::ReadRecordResult::InputEmpty if all && read > 0 => {}
                    _ => break,
                }
            }
            if !done && !all && head.len() < MOST_ROW {
                // A row longer than what was looked at: read on.
                let wanted = head.len() * 8;
                head.clear();
                let text = source.text()?.take(wanted as u64).read_to_end(&mut head);
                text.map_err(|error| super::super::source::unreadable(&source.file.path, &error))?;
                all = head.len() < wanted;
                continue;
            }
            if !done && !all {
                return Err(Error::Limit(format!(
                    "the first row of {} is longer than {} MiB",
                    source.file.path,
                    MOST_ROW >> 20
                )));
            }
            let mut start = 0;
            let mut names = Vec::with_capacity(found);
            for end in &ends[..found] {
                let name = std::str::from_utf8(&out[start..*end]).map_err(|_| {
                    let hint = "name its encoding by the option `encoding` (`windows-1252`, for example), if it is text";
                    Error::Io(format!("{}:1 is not UTF-8: {hint}", source.file.path))
                })?;
                if name.contains('\0') {
                    return Err(Error::Io(format!(
                        "{}:1 has NUL characters: it is no CSV",
                        source.file.path
                    )));
                }
                names.push(name.trim_matches([' ', '\t']).to_owned());
                start = *end;
            }
            // Both bytes of the line's end.
            let end =
                at + usize::from(at > 0 && head.get(at - 1) == Some(&b'\r') && head.get(at) == Some(&b'\n'));
            return Ok((names, end));
        }
    }

    /// Reads a file to its end, in order of its rows. `kinds` gives the narrowest types to read columns as, block by block.
    pub fn read(
        &self,
        at: usize,
        source: &Source,
        kinds: &(dyn Fn() -> Vec<Kind> + Sync),
        clock: &Clock,
        sink: &mut dyn FnMut(Chunk) -> Result<bool, Place>,
    ) -> Result<(), Place> {
        let rows = match self.dialect.escape {
            Some(_) => Rows::Read(self.dialect),
            None => Rows::Counted(self.dialect),
        };
        let mut seen = 0;
        match self.read_as(at, source, rows, kinds, clock, &mut seen, sink) {
            Err(Ended::Open) => {
                // Quotes in the middle of fields: again, by reading row after row.
                let rows = Rows::Read(self.dialect);
                let mut skipping = |chunk: Chunk| match chunk.first_row >= seen {
                    true => sink(chunk),
                    false if chunk.first_row + chunk.rows as u64 <= seen => Ok(true),
                    false => sink(tail(chunk, seen)),
                };
                match self.read_as(at, source, rows, kinds, clock, &mut 0, &mut skipping) {
                    Ok(()) => Ok(()),
                    Err(Ended::At(place)) => Err(*place),
                    Err(Ended::Open) => Err(Place::from(Error::Io(format!(
                        "{} ends a row inside of quotes where it should not",
                        source.file.path
                    )))),
                }
            }
            Err(Ended::At(place)) => Err(*place),
            Ok(()) => Ok(()),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one private function, called twice")]
    fn read_as(
        &self,
        at: usize,
        source: &Source,
        rows: Rows,
        kinds: &(dyn Fn() -> Vec<Kind> + Sync),
        clock: &Clock,
        read: &mut u64,
        sink: &mut dyn FnMut(Chunk) -> Result<bool, Place>,
    ) -> Result<(), Ended> {
        let path = &source.file.path;
        let (start, mut line) = (source.start(), 0);
        let mut reader = source.text()?;
        let mut skipped = 0;
        if self.header {
            let (names, end) = self.first_row(source)?;
            self.check_header(source, &names)?;
            let mut header = vec![0; end];
            reader.read_exact(&mut header).map_err(|error| super::super::source::unreadable(path, &error))?;
            line = memchr::memchr_iter(b'\n', &header).count() as u64;
            skipped = end as u64;
        }
        let mut blocks = Blocks::new(reader, start + skipped, rows, path);
        let work = |block: Block| {
            let range = block.start..block.start + block.bytes.len() as u64;
            let chunk = self.chunk(at, block, &kinds());
            (chunk, range)
        };
        let mut row = 0;
        let mut next = || {
            clock.in_time(path)?;
            blocks.next()
        };
        parallel::ordered(&mut next, &work, &mut |(chunk, range)| {
            let (chunk, line_ends) = match chunk {
                Ok(found) => found,
                Err(Bad::Odd(Odd::Open)) => return Err(Ended::Open),
                Err(bad) => return Err(Ended::At(Box::new(self.place(path, line, row, bad)))),
            };
            let mut chunk = chunk;
            (chunk.first_row, chunk.first_line) = (row, Some(line));
            chunk.range = source.is_plain().then_some(range.clone());
            row += chunk.rows as u64;
            line += line_ends;
            let goes_on = chunk.rows == 0 || sink(chunk).map_err(|place| Ended::At(Box::new(place)))?;
            *read = row;
            Ok(goes_on)
        })
    }

    fn check_header(&self, source: &Source, names: &[String]) -> Result<(), Error> {
        if !self.options.columns.is_empty() || *names == *self.names {
            return Ok(());
        }
        let differing = names.iter().zip(self.names.iter()).find(|(one, other)| one != other);
        Err(Error::Io(match differing {
            Some((one, other)) => format!(
                "{}:1 has a column '{}' where the first file of its table has '{}'",
                source.file.path,
                plain::line(one, 100),
                plain::line(other, 100)
            ),
            None => format!(
                "{}:1 has {} columns, and the first file of its table has {}",
                source.file.path,
                names.len(),
                self.names.len()
            ),
        }))
    }

    /// The rows of a block in columns, and its ends of lines.
    fn chunk(&self, file: usize, block: Block, kinds: &[Kind]) -> Result<(Chunk, u64), Bad> {
        let fields = Fields::split(block, self.dialect, self.names.len()).map_err(Bad::Odd)?;
        if let Err((row, column)) = fields.check_utf8() {
            return Err(Bad::Text { line: fields.line(row), row: row as u64, column });
        }
        let reading = Reading { nulls: &self.options.nulls, text: self.options.text };
        let kind = |at: usize| kinds.get(at).copied().unwrap_or(Kind::Null);
        let columns = (0..fields.width).map(|at| reading.column(&fields, at, kind(at)));
        let (columns, kinds) = columns.unzip();
        let (rows, line_ends) = (fields.rows, fields.line_ends);
        let lines = fields.lines.map(Into::into);
        let chunk =
            Chunk { file, first_row: 0, first_line: Some(0), lines, rows, columns, kinds, range: None };
        Ok((chunk, line_ends))
    }

    /// Reads the rows of a part again: those of its columns that are wanted, as these types. The lines of its rows too, where they are not those of their numbers.
    pub fn part(
        &self,
        part: &Chunk,
        source: &Source,
        wanted: &[usize],
        kinds: &[Kind],
    ) -> Result<Chunk, Error> {
        let range = part.range.clone().unwrap_or_default();
        let bytes = source.part(range.start, (range.end - range.start) as usize)?;
        let block = Block { bytes, start: range.start, last: true };
        let changed = || Error::Io(format!("{} was changed while it was being read", source.file.path));
        let fields = Fields::split(block, self.dialect, self.names.len()).map_err(|_| changed())?;
        if fields.rows != part.rows || fields.check_utf8().is_err() {
            return Err(changed());
        }
        let reading = Reading { nulls: &self.options.nulls, text: self.options.text };
        let column = |at: &usize| reading.try_column(&fields, *at, kinds[*at]).map_err(|_| changed());
        let columns = wanted.iter().map(column).collect::<Result<_, Error>>()?;
        Ok(Chunk { columns, lines: fields.lines.map(Into::into), ..part.clone() })
    }

    fn place(&self, path: &str, line: u64, row: u64, bad: Bad) -> Place {
        let (at_line, at_row, column, why) = match bad {
            Bad::Odd(Odd::Ragged { line, row, fields }) => (
                line,
                Some(row),
                None,
                format!("has {fields} fields, and there are {} columns", self.names.len()),
            ),
            Bad::Odd(Odd::NeverCloses { line }) => {
                (line, None, None, "has a quote that never closes".to_owned())
            }
            // Is read again before anybody is told.
            Bad::Odd(Odd::Open) => (0, None, None, "begins rows that end inside of quotes".to_owned()),
            Bad::Text { line, row, column } => {
                let name = self.names.get(column).cloned().unwrap_or_default();
                let shown = plain::line(&name, 100);
                let why = format!(
                    "is not UTF-8 in column '{shown}': name the encoding by the option `encoding`, if it is text"
                );
                (line, Some(row), Some(name), why)
            }
        };
        let line = line + at_line + 1;
        Place {
            error: Error::Io(format!("{path}:{line} {why}")),
            line: Some(line),
            row: at_row.map(|at| row + at + 1),
            column,
            byte: None,
        }
    }
}

/// Why a block is not read.
enum Bad {
    Odd(Odd),
    Text { line: u64, row: u64, column: usize },
}

/// Why a file is not read to its end.
enum Ended {
    /// The ends of blocks are not where they were taken to be.
    Open,
    At(Box<Place>),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::At(Box::new(error.into()))
    }
}

/// The rows of a chunk from one on.
fn tail(chunk: Chunk, from: u64) -> Chunk {
    let skipped = (from - chunk.first_row) as usize;
    let rows = chunk.rows - skipped;
    let line = |at: usize| chunk.lines.as_ref().map_or(at as u64, |lines| u64::from(lines[at]));
    let (first, moved) = (chunk.first_line, line(skipped));
    let lines =
        chunk.lines.as_ref().map(|lines| lines[skipped..].iter().map(|line| line - moved as u32).collect());
    let columns = chunk.columns.iter().map(|column| column.slice(skipped, rows)).collect();
    Chunk {
        first_row: from,
        first_line: first.map(|line| line + moved),
        lines,
        rows,
        columns,
        range: None,
        ..chunk
    }
}
