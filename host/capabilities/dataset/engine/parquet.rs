//! Parquet: footers for what they tell, row groups for the rest.

use std::{
    fs::File,
    ops::Range,
    os::unix::fs::FileExt,
    panic::{AssertUnwindSafe, catch_unwind},
    slice,
    sync::Arc,
};

use datafusion::arrow::{
    array::{ArrayRef, RecordBatch},
    datatypes::SchemaRef,
};
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder},
    },
    file::metadata::{ColumnChunkMetaData, ParquetMetaDataReader},
};

use super::{
    member::{FOOTER, Wanted},
    source::{Clock, Source, unreadable},
    stored,
    text::csv::Place,
    thrift,
};
use crate::domain::{Error, text};

/// Bytes after the footer: its length, and `PAR1`.
const END: usize = 8;

/// Largest footer: that of ten thousand columns in a hundred row groups has some 100 MB.
const MOST_FOOTER: usize = 256 << 20;

/// Largest head of a page: what the reader in C++ takes, too.
const MOST_HEAD: u64 = 16 << 20;

/// Largest page, unpacked: writers make them of a megabyte.
const MOST_PAGE: i64 = 1 << 30;

/// Fields of a page's head.
const UNPACKED: i64 = 2;
const PACKED: i64 = 3;

/// Rows of a batch: what the engine takes at once.
const ROWS: usize = 8 << 10;

/// A file whose footer was read.
#[derive(Clone)]
pub struct Footer {
    metadata: ArrowReaderMetadata,
}

/// The reader trusts what it reads in places, and panics there.
pub fn guarded<T>(path: &str, read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(Error::Io(format!("cannot read {path}: it is damaged in a way that its reader does not know")))
    })
}

fn damaged(path: &str, error: &dyn std::fmt::Display) -> Error {
    Error::Io(format!("cannot read {path}: {}", text::line(&error.to_string(), 300)))
}

/// Fetches the footer of a file that is elsewhere: most are in its last bytes; where one is longer, those say how long.
fn fetch_footer(source: &Source, clock: &Clock) -> Result<(), Error> {
    if !source.file.is_remote() {
        return Ok(());
    }
    let size = source.file.size;
    source.file.fetch(&Wanted::Parts(slice::from_ref(&(size.saturating_sub(FOOTER)..size))), clock)?;
    let mut end = [0; END];
    let Some(at) = size.checked_sub(END as u64) else { return Ok(()) };
    let read = source.file.open()?.read_exact_at(&mut end, at);
    read.map_err(|error| unreadable(&source.file.path, &error))?;
    let length = u64::from(u32::from_le_bytes([end[0], end[1], end[2], end[3]]));
    // What leads out of the file is damaged, which the reader says.
    source.file.fetch(&Wanted::Parts(slice::from_ref(&(at.saturating_sub(length)..size))), clock)
}

impl Footer {
    /// Reads it, and nothing else of the file.
    pub fn read(source: &Source, clock: &Clock) -> Result<Self, Error> {
        let path = &source.file.path;
        fetch_footer(source, clock)?;
        guarded(path, || {
            let bytes = footer(source)?;
            thrift::look(&bytes)
                .map_err(|wrong| damaged(path, &format!("its footer is damaged: {wrong}")))?;
            let metadata = ParquetMetaDataReader::decode_metadata(&bytes).map(Arc::new);
            let metadata = metadata
                .and_then(|metadata| ArrowReaderMetadata::try_new(metadata, ArrowReaderOptions::new()));
            Ok(Self { metadata: metadata.map_err(|error| damaged(path, &error))? })
        })
    }

    pub fn schema(&self) -> &SchemaRef {
        self.metadata.schema()
    }

    /// The number of rows of each row group.
    pub fn row_groups(&self) -> impl Iterator<Item = u64> + '_ {
        self.metadata
            .metadata()
            .row_groups()
            .iter()
            .map(|group| u64::try_from(group.num_rows()).unwrap_or_default())
    }

    /// Reads columns of one row group, batch by batch, in the order in which they are wanted.
    pub fn group(
        &self,
        source: &Source,
        group: usize,
        wanted: &[usize],
        clock: &Clock,
        sink: &mut dyn FnMut(Vec<ArrayRef>) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let path = &source.file.path;
        let chunks = guarded(path, || Ok(self.column_chunks(group, wanted)))?;
        if source.file.is_remote() {
            source.file.fetch(&Wanted::Parts(&chunks), clock)?;
        }
        let file = source.file.open()?;
        for chunk in chunks {
            pages(&file, chunk, source, clock)?;
        }
        let mut reader = guarded(path, || self.reader(file, path, group, wanted))?;
        // The reader gives them in the file's order.
        let mut order = wanted.to_vec();
        order.sort_unstable();
        order.dedup();
        let places = wanted.iter().map(|at| order.binary_search(at).unwrap_or_default()).collect::<Vec<_>>();
        loop {
            clock.in_time(path)?;
            let batch = guarded(path, || {
                let Some(batch) = reader.next() else { return Ok(None) };
                let batch: RecordBatch = batch.map_err(|error| damaged(path, &error))?;
                let columns = places.iter().map(|at| stored::converted(batch.column(*at), path));
                columns.collect::<Result<Vec<_>, Error>>().map(Some)
            })?;
            match batch {
                None => return Ok(()),
                Some(columns) => {
                    if !sink(columns)? {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Where columns of a row group are in the file.
    fn column_chunks(&self, group: usize, wanted: &[usize]) -> Vec<Range<u64>> {
        let metadata = self.metadata.metadata();
        let schema = metadata.file_metadata().schema_descr();
        let chunks = metadata.row_group(group).columns().iter().enumerate();
        let of_wanted = chunks.filter(|(leaf, _)| wanted.contains(&schema.get_column_root_idx(*leaf)));
        let range = |(_, chunk): (usize, &ColumnChunkMetaData)| {
            let (start, length) = chunk.byte_range();
            start..start.saturating_add(length)
        };
        of_wanted.map(range).collect()
    }

    fn reader(
        &self,
        file: File,
        path: &str,
        group: usize,
        wanted: &[usize],
    ) -> Result<parquet::arrow::arrow_reader::ParquetRecordBatchReader, Error> {
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let mask = ProjectionMask::roots(builder.parquet_schema(), wanted.iter().copied());
        let reader = builder.with_row_groups(vec![group]).with_projection(mask).with_batch_size(ROWS).build();
        reader.map_err(|error| damaged(path, &error))
    }

    /// Reads every page of every column, and says where that cannot be done.
    pub fn prove(&self, source: &Source, clock: &Clock) -> Result<(), Place> {
        let path = &source.file.path;
        let columns = self.schema().fields().len();
        let mut row = 0;
        for (group, rows) in self.row_groups().enumerate() {
            for at in 0..columns {
                let mut read = 0;
                let mut count = |columns: Vec<ArrayRef>| {
                    read += columns.first().map_or(0, |column| column.len() as u64);
                    Ok(true)
                };
                let proved = self.group(source, group, &[at], clock, &mut count);
                let name = self.schema().field(at).name();
                let error = match proved {
                    Err(error) => error,
                    Ok(()) if read != rows => damaged(
                        path,
                        &format!("column '{name}' has {read} values in a row group of {rows} rows"),
                    ),
                    Ok(()) => continue,
                };
                return Err(Place { row: Some(row + read + 1), column: Some(name.clone()), ..error.into() });
            }
            row += rows;
        }
        Ok(())
    }
}

/// The footer's bytes.
fn footer(source: &Source) -> Result<Vec<u8>, Error> {
    let path = &source.file.path;
    let file = source.file.open()?;
    let read =
        |buffer: &mut [u8], at: u64| file.read_exact_at(buffer, at).map_err(|error| unreadable(path, &error));
    let at = source.file.size.checked_sub(END as u64);
    let at = at.ok_or_else(|| damaged(path, &"it is too short for Parquet: it is truncated"))?;
    let mut end = [0; END];
    read(&mut end, at)?;
    let length = u32::from_le_bytes([end[0], end[1], end[2], end[3]]) as usize;
    match &end[4..] {
        b"PAR1" => {}
        b"PARE" => return Err(Error::Unsupported(format!("the footer of {path} is encrypted"))),
        _ => {
            return Err(damaged(
                path,
                &"it does not end as Parquet does: it is truncated, or something else",
            ));
        }
    }
    let start = at.checked_sub(length as u64);
    let start =
        start.ok_or_else(|| damaged(path, &"its footer would begin before the file: it is damaged"))?;
    if length > MOST_FOOTER {
        return Err(Error::Limit(format!(
            "the footer of {path} has {length} bytes, more than the {MOST_FOOTER} that are taken"
        )));
    }
    let mut bytes = vec![0; length];
    read(&mut bytes, start)?;
    Ok(bytes)
}

/// Looks at the head of each page of a column chunk, before the reader trusts it.
fn pages(file: &File, chunk: Range<u64>, source: &Source, clock: &Clock) -> Result<(), Error> {
    let path = &source.file.path;
    if chunk.end > source.file.size {
        return Err(damaged(path, &"its footer leads out of the file: it is damaged, or truncated"));
    }
    let mut head = Vec::new();
    let mut at = chunk.start;
    while at < chunk.end {
        clock.in_time(path)?;
        let mut most = 512;
        let found = loop {
            let length = most.min(chunk.end - at);
            head.resize(length as usize, 0);
            file.read_exact_at(&mut head, at).map_err(|error| unreadable(path, &error))?;
            match thrift::look(&head) {
                Ok(found) => break found,
                Err(thrift::Wrong::Short) if length < MOST_HEAD.min(chunk.end - at) => most *= 16,
                Err(wrong) => {
                    return Err(damaged(path, &format!("the head of a page at {at} is damaged: {wrong}")));
                }
            }
        };
        let number = |field| found.numbers.get(&field).copied().unwrap_or(-1);
        let (unpacked, packed) = (number(UNPACKED), u64::try_from(number(PACKED)));
        if unpacked > MOST_PAGE {
            return Err(Error::Limit(format!(
                "a page of {path} has {unpacked} bytes, more than the {MOST_PAGE} that are taken"
            )));
        }
        let packed = packed.map_err(|_| damaged(path, &format!("the head of a page at {at} has no size")))?;
        at = at.saturating_add(found.length as u64).saturating_add(packed);
    }
    Ok(())
}
