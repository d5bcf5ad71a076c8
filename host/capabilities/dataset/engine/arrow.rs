//! Arrow IPC: files with a footer, and streams without one.

use std::{fs::File, io::BufReader, os::unix::fs::FileExt};

use arrow_ipc::{
    reader::{FileReader, StreamReader, read_footer_length},
    root_as_footer, root_as_message,
};
use datafusion::arrow::{array::ArrayRef, array::RecordBatch, datatypes::SchemaRef, error::ArrowError};

use super::{
    parquet::guarded,
    source::{Clock, Source},
    stored,
};
use crate::domain::{Error, text};

/// What files with a footer begin and end with.
const MAGIC: &[u8] = b"ARROW1";

/// Bytes of a reader's buffer.
const BUFFER: usize = 256 << 10;

/// Largest footer, and largest head of a batch: both hold a few numbers for each column and batch.
const MOST_METADATA: usize = 64 << 20;

/// A file whose schema was read.
#[derive(Clone)]
pub struct Schema {
    pub schema: SchemaRef,
    /// The rows of each batch; absent for a stream.
    pub batches: Option<Vec<u64>>,
}

fn damaged(path: &str, error: &dyn std::fmt::Display) -> Error {
    Error::Io(format!("cannot read {path}: {}", text::line(&error.to_string(), 300)))
}

fn is_file(source: &Source) -> bool {
    source.head.starts_with(MAGIC)
}

/// Whether a file begins as one of these does.
pub fn begins(head: &[u8]) -> bool {
    head.starts_with(MAGIC) || head.starts_with(&[0xff, 0xff, 0xff, 0xff])
}

impl Schema {
    pub fn read(source: &Source) -> Result<Self, Error> {
        let path = &source.file.path;
        guarded(path, || {
            if is_file(source) && source.is_plain() {
                let file = source.file.open()?;
                let batches = batches(&file, source.file.size).map_err(|error| damaged(path, &error))?;
                let reader = FileReader::try_new(BufReader::with_capacity(BUFFER, file), None);
                let schema = reader.map_err(|error| damaged(path, &error))?.schema();
                Ok(Self { schema, batches: Some(batches) })
            } else {
                if is_file(source) {
                    return Err(Error::Unsupported(format!(
                        "{path} is an Arrow file that is compressed as a whole: unpack it first"
                    )));
                }
                let reader = StreamReader::try_new(BufReader::with_capacity(BUFFER, source.bytes()?), None);
                Ok(Self { schema: reader.map_err(|error| damaged(path, &error))?.schema(), batches: None })
            }
        })
    }

    /// Reads columns of some batches, or of all of a stream.
    pub fn batches(
        &self,
        source: &Source,
        batches: std::ops::Range<usize>,
        wanted: &[usize],
        clock: &Clock,
        sink: &mut dyn FnMut(Vec<ArrayRef>, usize) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let path = &source.file.path;
        let mut reader: Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>> = guarded(path, || {
            if self.batches.is_some() {
                let file = BufReader::with_capacity(BUFFER, source.file.open()?);
                let mut reader = FileReader::try_new(file, None).map_err(|error| damaged(path, &error))?;
                reader.set_index(batches.start).map_err(|error| damaged(path, &error))?;
                Ok(Box::new(reader.take(batches.len())) as Box<dyn Iterator<Item = _>>)
            } else {
                let stream = BufReader::with_capacity(BUFFER, source.bytes()?);
                Ok(Box::new(StreamReader::try_new(stream, None).map_err(|error| damaged(path, &error))?)
                    as Box<_>)
            }
        })?;
        loop {
            clock.in_time(path)?;
            let batch = guarded(path, || {
                let Some(batch) = reader.next() else { return Ok(None) };
                let batch = batch.map_err(|error| damaged(path, &error))?;
                let columns = wanted.iter().map(|at| stored::converted(batch.column(*at), path));
                Ok(Some((columns.collect::<Result<Vec<_>, Error>>()?, batch.num_rows())))
            })?;
            match batch {
                None => return Ok(()),
                Some((columns, rows)) => {
                    if !sink(columns, rows)? {
                        return Ok(());
                    }
                }
            }
        }
    }
}

/// The rows of each batch, from the heads that the footer leads to.
fn batches(file: &File, size: u64) -> Result<Vec<u64>, String> {
    let short = |error: std::io::Error| error.to_string();
    let mut end = [0; 10];
    let at = size.checked_sub(end.len() as u64).ok_or("it is too short: it is truncated")?;
    file.read_exact_at(&mut end, at).map_err(short)?;
    let length = read_footer_length(end).map_err(|error| error.to_string())?;
    let start =
        at.checked_sub(length as u64).filter(|_| length <= MOST_METADATA).ok_or("its footer is damaged")?;
    let mut footer = vec![0; length];
    file.read_exact_at(&mut footer, start).map_err(short)?;
    let footer = root_as_footer(&footer).map_err(|error| format!("its footer is damaged: {error}"))?;
    let mut rows = Vec::new();
    for block in footer.recordBatches().into_iter().flatten() {
        let wrong = "its footer leads nowhere";
        let length =
            usize::try_from(block.metaDataLength()).ok().filter(|length| (8..MOST_METADATA).contains(length));
        let mut head = vec![0; length.ok_or(wrong)?];
        let offset = u64::try_from(block.offset()).ok().filter(|offset| *offset < size).ok_or(wrong)?;
        file.read_exact_at(&mut head, offset).map_err(short)?;
        // Files of before 2020 have no mark before the length.
        let head = if head.starts_with(&[0xff; 4]) { &head[8..] } else { &head[4..] };
        let message = root_as_message(head).map_err(|error| format!("a batch is damaged: {error}"))?;
        let batch = message.header_as_record_batch().ok_or(wrong)?;
        rows.push(u64::try_from(batch.length()).map_err(|_| wrong)?);
    }
    Ok(rows)
}
