//! A table: what its files are, what its columns are, and its rows in parts that can be read one by one.

use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::{
    array::{Array, ArrayRef},
    datatypes::{DataType, Field, Schema, SchemaRef},
};

use super::{
    chunk::Chunk,
    decoded::{Batches, Decoded},
    detect::format_of,
    found::{Found, Room},
    kind::Kind,
    known::{Column, Known, Part, Reader, stored_columns},
    member::{Member, Wanted, fetch_heads},
    once::Once,
    parquet::Footer,
    partition::{Partition, partitions},
    source::{Clock, Source},
    stored,
    text::{
        csv::{Csv, MOST_COLUMNS, Place},
        json,
    },
};
use crate::{
    capabilities::dataset::options::{Format, Options},
    domain::{Error, text},
};

/// The columns that every table has besides those of its files.
pub const SYSTEM_COLUMNS: [&str; 3] = ["__file", "__row", "__line"];

/// A table that was opened.
pub struct Files {
    pub sources: Vec<Source>,
    pub options: Arc<Options>,
    pub format: Format,
    /// Names, types and, for each file, values of partitions.
    pub partitions: Vec<Partition>,
    known: Once<Result<Arc<Known>, Error>>,
}

impl Files {
    /// Looks at the first bytes of the files of a table.
    pub fn look(selected: Vec<Member>, options: Options, clock: &Clock) -> Result<Self, Error> {
        let by_pattern = selected.iter().any(|file| file.found);
        let partitions = match options.partitions.unwrap_or(by_pattern) {
            true => partitions(&selected)?,
            false => Vec::new(),
        };
        fetch_heads(&selected, clock)?;
        let sources = selected.into_iter().map(|file| Source::look(file, &options));
        let sources = sources.collect::<Result<Vec<_>, Error>>()?;
        let mut format = None;
        for source in &sources {
            let found = options.format.unwrap_or_else(|| format_of(source));
            match format {
                None => format = Some((found, &source.file.path)),
                Some((first, path)) if first != found => {
                    return Err(Error::Io(format!(
                        "{path} is {} and {} is {}: a table has one format; name its files by a pattern, or say which by the option `format`",
                        first.name(),
                        source.file.path,
                        found.name()
                    )));
                }
                Some(_) => {}
            }
        }
        let Some((format, _)) = format else { return Err(Error::NotFound("a table of no files".to_owned())) };
        Ok(Self { sources, options: Arc::new(options), format, partitions, known: Once::default() })
    }

    /// Whether it is the table of these files, as they are now.
    pub fn is(&self, selected: &[Member], options: &Options) -> bool {
        *self.options == *options
            && self.sources.len() == selected.len()
            && self.sources.iter().zip(selected).all(|(source, file)| source.file.is(file))
    }

    /// What its columns and parts are. Of text this reads all of it, once for all jobs, and keeps it where there is room.
    pub fn known(&self, clock: &Clock, room: &dyn Room) -> Result<Arc<Known>, Error> {
        let find = || {
            let found = match self.format {
                Format::Csv | Format::JsonLines | Format::Json => self.read_text(clock, room),
                Format::Parquet => self.read_footers(clock, room),
                Format::Arrow => self.read_outlines(clock),
            };
            found.and_then(|known| self.checked(known)).map(Arc::new)
        };
        // What did not end in time may do so the next time.
        let lasts = |found: &Result<_, Error>| !matches!(found, Err(Error::Timeout(_)));
        let late = || {
            let path = &self.sources[0].file.path;
            Err(Error::Timeout(format!("another job was still reading {path} at this job's deadline")))
        };
        self.known.get(clock.deadline, find, lasts).unwrap_or_else(late)
    }

    /// Whether footers tell the number of rows.
    pub fn footers(&self) -> bool {
        match self.format {
            Format::Parquet => true,
            Format::Arrow => self.sources.iter().all(Source::is_plain),
            _ => false,
        }
    }

    /// Counts the rows by reading them: of streams, which say it nowhere.
    pub fn count(&self, known: &Known, clock: &Clock) -> Result<u64, Error> {
        let mut rows = 0;
        for part in &known.parts {
            self.read(known, part, &[], clock, &mut |chunk| {
                rows += chunk.rows as u64;
                Ok(true)
            })?;
        }
        Ok(rows)
    }

    fn checked(&self, known: Known) -> Result<Known, Error> {
        if known.columns.len() > MOST_COLUMNS {
            let path = &self.sources[0].file.path;
            return Err(Error::Limit(format!(
                "{path} has {} columns, and {MOST_COLUMNS} are the most",
                known.columns.len()
            )));
        }
        let mut names = std::collections::HashSet::new();
        let partitions = self.partitions.iter().map(|partition| partition.name.as_str());
        let all =
            known.columns.iter().map(|column| column.name.as_str()).chain(partitions).chain(SYSTEM_COLUMNS);
        for name in all {
            if !names.insert(name.to_owned()) {
                return Err(Error::Io(format!(
                    "{} has two columns called '{}' (directories named so count, and {})",
                    self.sources[0].file.path,
                    text::line(name, 100),
                    SYSTEM_COLUMNS.join(", ")
                )));
            }
        }
        Ok(known)
    }

    fn read_text(&self, clock: &Clock, room: &dyn Room) -> Result<Known, Error> {
        self.sources[0].file.fetch(&Wanted::All, clock)?;
        let csv = match self.format {
            Format::Csv => Some(Csv::of(&self.sources[0], &self.options)?),
            _ => None,
        };
        let plain = self.sources.iter().all(Source::is_plain);
        let text = plain.then(|| self.sources.iter().map(|source| source.file.size).sum());
        let mut found = Found::new(room, text);
        if let Some(csv) = &csv {
            found.names = csv.names.to_vec();
            found.columns.resize(found.names.len(), (Kind::Null, false));
        }
        // Who reads the next rows need not try again what did not have room for some before.
        let met = Mutex::new(vec![Kind::Null; found.columns.len()]);
        let met = || met.lock().unwrap_or_else(PoisonError::into_inner);
        for (at, source) in self.sources.iter().enumerate() {
            source.file.fetch(&Wanted::All, clock)?;
            let read =
                match (&csv, self.format) {
                    (Some(csv), _) => csv.read(at, source, &|| met().clone(), clock, &mut |chunk| {
                        let goes_on = found.take(chunk);
                        *met() = found.columns.iter().map(|(kind, _)| *kind).collect();
                        Ok(goes_on)
                    }),
                    (None, Format::Json) => json::read_list(at, source, clock, &mut |chunk, names| {
                        Ok(found.take_named(chunk, &names))
                    }),
                    (None, _) => json::read_lines(at, source, clock, &mut |chunk, names| {
                        Ok(found.take_named(chunk, &names))
                    }),
                };
            read.map_err(|place| place.error)?;
        }
        let kinds = found.columns.iter().map(|(kind, _)| *kind).collect::<Vec<_>>();
        found.widen(&kinds, |chunk, wanted| match &csv {
            Some(csv) if chunk.range.is_some() => {
                Ok(Some(csv.part(chunk, &self.sources[chunk.file], wanted, &kinds)?.columns))
            }
            _ => Ok(None),
        })?;
        found.make_whole();
        let Found { names, columns, parts, rows, reserved, laid, .. } = found;
        let columns = names.into_iter().zip(columns).map(|(name, (kind, nulls))| Column {
            name,
            asked: kind.arrow(),
            stored: kind.arrow(),
            json: kind == Kind::Json,
            nullable: nulls,
        });
        let reader = csv.map_or(Reader::Json, Reader::Csv);
        Ok(Known {
            columns: columns.collect(),
            kinds,
            reader,
            parts,
            rows: Some(rows),
            reserved: Some(reserved),
            laid: Some(laid),
        })
    }

    fn read_footers(&self, clock: &Clock, room: &dyn Room) -> Result<Known, Error> {
        let (mut footers, mut parts, mut rows): (Vec<Footer>, _, _) = (Vec::new(), Vec::new(), 0);
        for (file, source) in self.sources.iter().enumerate() {
            clock.in_time(&source.file.path)?;
            let footer = footer(source, clock)?;
            if let Some(first) = footers.first() {
                same_schema(&self.sources[0], first.schema(), source, footer.schema())?;
            }
            let mut first_row = 0;
            for (group, count) in footer.row_groups().enumerate() {
                parts.push(Part::Group { file, group, first_row, rows: count });
                first_row += count;
            }
            rows += first_row;
            footers.push(footer);
        }
        let columns = footers.first().map(|first| stored_columns(first.schema())).unwrap_or_default();
        let kinds = Vec::new();
        Ok(Known {
            columns,
            kinds,
            reader: Reader::Parquet(footers, Decoded::new(room.begin())),
            parts,
            rows: Some(rows),
            reserved: None,
            laid: None,
        })
    }

    fn read_outlines(&self, clock: &Clock) -> Result<Known, Error> {
        let (mut outlines, mut parts, mut rows): (Vec<super::arrow::Outline>, _, _) =
            (Vec::new(), Vec::new(), Some(0));
        for (file, source) in self.sources.iter().enumerate() {
            clock.in_time(&source.file.path)?;
            source.file.fetch(&Wanted::All, clock)?;
            let outline = super::arrow::Outline::read(source)?;
            if let Some(first) = outlines.first() {
                same_schema(&self.sources[0], &first.schema, source, &outline.schema)?;
            }
            match &outline.batches {
                None => {
                    parts.push(Part::Batches { file, batches: 0..0, first_row: 0, rows: 0 });
                    rows = None;
                }
                Some(batches) => {
                    let mut first_row = 0;
                    for (at, count) in batches.iter().enumerate() {
                        parts.push(Part::Batches { file, batches: at..at + 1, first_row, rows: *count });
                        first_row += count;
                    }
                    rows = rows.map(|rows| rows + first_row);
                }
            }
            outlines.push(outline);
        }
        let columns = outlines.first().map(|first| stored_columns(&first.schema)).unwrap_or_default();
        Ok(Known {
            columns,
            kinds: Vec::new(),
            reader: Reader::Arrow(outlines),
            parts,
            rows,
            reserved: None,
            laid: None,
        })
    }

    /// The columns of the files, of the paths, and those that every table has.
    pub fn schema(&self, known: &Known) -> SchemaRef {
        let columns = known.columns.iter().map(|column| Field::new(&column.name, column.asked.clone(), true));
        let partitions =
            self.partitions.iter().map(|partition| Field::new(&partition.name, partition.kind.arrow(), true));
        let system = [DataType::Utf8View, DataType::Int64, DataType::Int64];
        let system = SYSTEM_COLUMNS.iter().zip(system).map(|(name, kind)| Field::new(*name, kind, true));
        Arc::new(Schema::new(columns.chain(partitions).chain(system).collect::<Vec<_>>()))
    }

    /// Reads columns of a part. The columns of a chunk are those that are wanted, in their order.
    pub fn read(
        &self,
        known: &Known,
        part: &Part,
        wanted: &[usize],
        clock: &Clock,
        sink: &mut dyn FnMut(Chunk) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let bare = |file: usize, first_row: u64, rows: usize, columns| Chunk {
            file,
            first_row,
            first_line: None,
            lines: None,
            rows,
            columns,
            kinds: Vec::new(),
            range: None,
        };
        match (part, &known.reader) {
            (Part::Kept(chunk), _) => {
                let columns = wanted.iter().map(|at| Arc::clone(&chunk.columns[*at])).collect();
                sink(Chunk { columns, ..chunk.clone() }).map(drop)
            }
            (Part::Laid(chunk, start), _) => {
                clock.in_time(&self.sources[chunk.file].file.path)?;
                sink(known.laid(chunk, *start, wanted)?).map(drop)
            }
            (Part::Text(chunk), Reader::Csv(csv)) => {
                sink(csv.part(chunk, &self.sources[chunk.file], wanted, &known.kinds)?).map(drop)
            }
            (Part::Text(chunk), _) => {
                let source = &self.sources[chunk.file];
                let range = chunk.range.clone().unwrap_or_default();
                let bytes = source.part(range.start, (range.end - range.start) as usize)?;
                let changed =
                    || Error::Io(format!("{} was changed while it was being read", source.file.path));
                let (parsed, lines) =
                    json::part(&bytes).filter(|(parsed, _)| parsed.rows == chunk.rows).ok_or_else(changed)?;
                let full = Chunk { columns: parsed.columns, kinds: parsed.kinds, lines, ..chunk.clone() };
                sink(known.project(full, Some(&parsed.names), wanted).ok_or_else(changed)?).map(drop)
            }
            (Part::Whole { file, .. }, reader) => {
                let source = &self.sources[*file];
                let changed =
                    || Error::Io(format!("{} was changed while it was being read", source.file.path));
                let mut taken = |chunk: Chunk, names: Option<&[String]>| {
                    let chunk = known.project(chunk, names, wanted).ok_or_else(changed)?;
                    sink(chunk).map_err(Place::from)
                };
                let read = match (reader, self.format) {
                    (Reader::Csv(csv), _) => {
                        csv.read(*file, source, &|| known.kinds.clone(), clock, &mut |chunk| {
                            taken(chunk, None)
                        })
                    }
                    (_, Format::Json) => {
                        json::read_list(*file, source, clock, &mut |chunk, names| taken(chunk, Some(&names)))
                    }
                    _ => {
                        json::read_lines(*file, source, clock, &mut |chunk, names| taken(chunk, Some(&names)))
                    }
                };
                read.map_err(|place| place.error)
            }
            (Part::Group { file, rows, first_row, .. }, _) if wanted.is_empty() => {
                // Nothing but the number of rows is asked for.
                sink(bare(*file, *first_row, *rows as usize, Vec::new())).map(drop)
            }
            (Part::Group { file, group, first_row, .. }, Reader::Parquet(footers, decoded)) => {
                let (source, footer) = (&self.sources[*file], &footers[*file]);
                let mut row = *first_row;
                let mut sink = |columns: Vec<ArrayRef>| {
                    let rows = columns.first().map_or(0, Array::len);
                    row += rows as u64;
                    sink(bare(*file, row - rows as u64, rows, columns))
                };
                let places = known.places(footer.schema(), wanted);
                read_group((*file, *group), source, (footer, decoded), &places, clock, &mut sink)
            }
            (Part::Batches { file, batches, first_row, .. }, Reader::Arrow(outlines)) => {
                let source = &self.sources[*file];
                let mut row = *first_row;
                let places = known.places(&outlines[*file].schema, wanted);
                outlines[*file].batches(source, batches.clone(), &places, clock, &mut |columns, rows| {
                    row += rows as u64;
                    sink(bare(*file, row - rows as u64, rows, columns))
                })
            }
            (Part::Group { .. } | Part::Batches { .. }, _) => Ok(()),
        }
    }

    /// What keeps a file from being read to its end.
    pub fn prove(&self, at: usize, clock: &Clock) -> Result<(), Place> {
        let source = &self.sources[at];
        if self.format != Format::Parquet {
            // The first one says what the columns of the others are.
            self.sources[0].file.fetch(&Wanted::All, clock)?;
            source.file.fetch(&Wanted::All, clock)?;
        }
        match self.format {
            Format::Csv => {
                let csv = Csv::of(&self.sources[0], &self.options)?;
                let kinds = vec![Kind::Text; csv.names.len()];
                csv.read(at, source, &|| kinds.clone(), clock, &mut |_| Ok(true))
            }
            Format::JsonLines => json::read_lines(at, source, clock, &mut |_, _| Ok(true)),
            Format::Json => json::read_list(at, source, clock, &mut |_, _| Ok(true)),
            Format::Parquet => footer(source, clock)?.prove(source, clock),
            Format::Arrow => {
                let outline = super::arrow::Outline::read(source)?;
                let all = (0..outline.schema.fields().len()).collect::<Vec<_>>();
                let batches = 0..outline.batches.as_ref().map_or(0, Vec::len);
                let mut row = 0;
                let read = outline.batches(source, batches, &all, clock, &mut |_, rows| {
                    row += rows as u64;
                    Ok(true)
                });
                read.map_err(|error| Place { row: Some(row + 1), ..error.into() })
            }
        }
    }
}

/// Reads columns of a row group: from memory those that are kept there, from the file the others, which then are, if there is room.
fn read_group(
    (file, group): (usize, usize),
    source: &Source,
    (footer, decoded): (&Footer, &Decoded),
    places: &[usize],
    clock: &Clock,
    sink: &mut dyn FnMut(Vec<ArrayRef>) -> Result<bool, Error>,
) -> Result<(), Error> {
    let path = &source.file.path;
    let kept = places.iter().map(|at| decoded.get((file, group, *at))).collect::<Vec<_>>();
    let missing = places.iter().zip(&kept).filter(|(_, kept)| kept.is_none());
    let missing = missing.map(|(at, _)| *at).collect::<Vec<_>>();
    // A row group is always cut into the same batches.
    let whole = |batch: usize, fresh: Vec<ArrayRef>| {
        let mut fresh = fresh.into_iter();
        let column = |kept: &Option<Batches>| match kept {
            Some(kept) => kept.get(batch).map(Arc::clone),
            None => fresh.next(),
        };
        let columns = kept.iter().map(column).collect::<Option<Vec<_>>>();
        columns.ok_or_else(|| Error::Io(format!("{path} was changed while it was being read")))
    };
    if missing.is_empty() {
        for batch in 0..kept.iter().flatten().map(|kept| kept.len()).min().unwrap_or_default() {
            clock.in_time(path)?;
            if !sink(whole(batch, Vec::new())?)? {
                break;
            }
        }
        return Ok(());
    }
    let mut gathering = decoded.gather(missing.iter().map(|at| (file, group, *at)).collect());
    let (mut batch, mut goes_on) = (0, true);
    footer.group(source, group, &missing, clock, &mut |columns| {
        gathering.take(&columns);
        goes_on = sink(whole(batch, columns)?)?;
        batch += 1;
        Ok(goes_on)
    })?;
    if goes_on {
        gathering.keep();
    }
    Ok(())
}

fn footer(source: &Source, clock: &Clock) -> Result<Footer, Error> {
    match source.is_plain() {
        true => Footer::read(source, clock),
        false => Err(Error::Unsupported(format!(
            "{} is Parquet that is compressed as a whole: unpack it first, its pages are compressed anyway",
            source.file.path
        ))),
    }
}

/// Whether files of a table have the same columns, in whatever order.
fn same_schema(first: &Source, wanted: &Schema, source: &Source, found: &Schema) -> Result<(), Error> {
    let (one, other) = (&source.file.path, &first.file.path);
    for field in wanted.fields() {
        let shown = text::line(field.name(), 100);
        match found.field_with_name(field.name()) {
            Err(_) => {
                return Err(Error::Io(format!(
                    "{one} has no column '{shown}', and {other} of the same table has"
                )));
            }
            Ok(same) if stored::asked_as(same.data_type()) != stored::asked_as(field.data_type()) => {
                return Err(Error::Io(format!(
                    "column '{shown}' is {} in {one}, and {} in {other} of the same table",
                    same.data_type(),
                    field.data_type()
                )));
            }
            Ok(_) => {}
        }
    }
    match found.fields().iter().find(|field| wanted.field_with_name(field.name()).is_err()) {
        Some(field) => {
            let shown = text::line(field.name(), 100);
            Err(Error::Io(format!("{one} has a column '{shown}', and {other} of the same table has none")))
        }
        None => Ok(()),
    }
}
