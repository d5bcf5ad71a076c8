//! Arrow IPC: files with a footer, and streams without one.

use std::{fs::File, io::BufReader, os::unix::fs::FileExt, sync::Arc};

use arrow_ipc::{
    Block, MetadataVersion,
    reader::{FileDecoder, read_footer_length},
    root_as_footer,
};
use datafusion::arrow::{
    array::{ArrayRef, RecordBatch},
    buffer::MutableBuffer,
    datatypes::SchemaRef,
};

use super::{
    message::{MOST_BODY, MOST_HEAD, Message, Wrong, head, native},
    parquet::guarded,
    source::{Clock, Source},
    stored,
};
use crate::domain::Error;

/// What files with a footer begin and end with.
const MAGIC: &[u8] = b"ARROW1";

/// Bytes of a reader's buffer.
const BUFFER: usize = 256 << 10;

/// Largest footer: it holds a few numbers for each column and batch.
const MOST_FOOTER: usize = 64 << 20;

/// A file whose schema was read.
#[derive(Clone)]
pub struct Outline {
    pub schema: SchemaRef,
    /// The rows of each batch; absent for a stream.
    pub batches: Option<Vec<u64>>,
    layout: Arc<Layout>,
}

/// Where a file has its messages. Nothing for a stream.
struct Layout {
    version: MetadataVersion,
    dictionaries: Vec<Block>,
    batches: Vec<Block>,
}

fn is_file(source: &Source) -> bool {
    source.head.starts_with(MAGIC)
}

/// Whether a file begins as one of these does.
pub fn begins(head: &[u8]) -> bool {
    head.starts_with(MAGIC) || head.starts_with(&[0xff, 0xff, 0xff, 0xff])
}

impl Outline {
    pub fn read(source: &Source) -> Result<Self, Error> {
        let path = &source.file.path;
        guarded(path, || {
            if is_file(source) && source.is_plain() {
                return file(source).map_err(|wrong| wrong.of(path));
            }
            if is_file(source) {
                return Err(Error::Unsupported(format!(
                    "{path} is an Arrow file that is compressed as a whole: unpack it first"
                )));
            }
            let mut stream = BufReader::with_capacity(BUFFER, source.bytes()?);
            let first = Message::next(&mut stream).and_then(|message| {
                let message = message.ok_or_else(|| Wrong::Damaged("it is empty".to_owned()))?;
                Ok((message.schema()?, message.version))
            });
            let (schema, version) = first.map_err(|wrong| wrong.of(path))?;
            let layout = Layout { version, dictionaries: Vec::new(), batches: Vec::new() };
            Ok(Self { schema, batches: None, layout: layout.into() })
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
        let mut decoder = FileDecoder::new(Arc::clone(&self.schema), self.layout.version);
        let mut next: Box<dyn FnMut() -> Result<Option<Message>, Wrong>> = if self.batches.is_some() {
            let file = source.file.open()?;
            let size = source.file.size;
            let of_range = self.layout.batches.get(batches).unwrap_or_default();
            let mut blocks = self.layout.dictionaries.iter().chain(of_range);
            Box::new(move || blocks.next().map(|block| message(&file, size, block)).transpose())
        } else {
            let mut stream = BufReader::with_capacity(BUFFER, source.bytes()?);
            // The schema, which is known.
            guarded(path, || Message::next(&mut stream).map_err(|wrong| wrong.of(path)))?;
            Box::new(move || Message::next(&mut stream))
        };
        let mut reader = move || -> Result<Option<RecordBatch>, Wrong> {
            while let Some(message) = next()? {
                if let Some(batch) = message.decode(&mut decoder)? {
                    return Ok(Some(batch));
                }
            }
            Ok(None)
        };
        loop {
            clock.in_time(path)?;
            let batch = guarded(path, || {
                let Some(batch) = reader().map_err(|wrong| wrong.of(path))? else { return Ok(None) };
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

/// What the footer of a file says, and the heads of its batches.
fn file(source: &Source) -> Result<Outline, Wrong> {
    let (file, size) =
        (source.file.open().map_err(|error| Wrong::Damaged(error.to_string()))?, source.file.size);
    let damaged = |what: &str| Wrong::Damaged(what.to_owned());
    let mut end = [0; 10];
    let at = size.checked_sub(end.len() as u64).ok_or_else(|| damaged("it is too short: it is truncated"))?;
    file.read_exact_at(&mut end, at)?;
    let length = read_footer_length(end)?;
    let start = at.checked_sub(length as u64).filter(|_| length <= MOST_FOOTER);
    let mut footer = vec![0; length.min(MOST_FOOTER)];
    file.read_exact_at(&mut footer, start.ok_or_else(|| damaged("its footer is damaged"))?)?;
    let footer =
        root_as_footer(&footer).map_err(|error| Wrong::Damaged(format!("its footer is damaged: {error}")))?;
    let schema = native(&footer.schema().ok_or_else(|| damaged("its footer has no schema"))?)?;
    let layout = Layout {
        version: footer.version(),
        dictionaries: footer.dictionaries().into_iter().flatten().copied().collect(),
        batches: footer.recordBatches().into_iter().flatten().copied().collect(),
    };
    let rows = layout.batches.iter().map(|block| rows(&file, size, block)).collect::<Result<_, _>>()?;
    Ok(Outline { schema, batches: Some(rows), layout: layout.into() })
}

fn wrong() -> Wrong {
    Wrong::Damaged("its footer leads nowhere".to_owned())
}

/// Where a message is: its place, the bytes of its head, and those of its body.
fn place(size: u64, block: &Block) -> Result<(u64, usize, u64), Wrong> {
    let start = u64::try_from(block.offset()).map_err(|_| wrong())?;
    let head = usize::try_from(block.metaDataLength()).map_err(|_| wrong())?;
    let body = u64::try_from(block.bodyLength()).map_err(|_| wrong())?;
    let end = start.checked_add(head as u64).and_then(|end| end.checked_add(body));
    if !(8..MOST_HEAD).contains(&head) || end.is_none_or(|end| end > size) {
        return Err(wrong());
    }
    if body > MOST_BODY {
        return Err(Wrong::Large(body));
    }
    Ok((start, head, body))
}

fn message(file: &File, size: u64, block: &Block) -> Result<Message, Wrong> {
    let (start, head, body) = place(size, block)?;
    let mut bytes = MutableBuffer::from_len_zeroed(head + body as usize);
    file.read_exact_at(&mut bytes, start)?;
    Message::new(bytes.into(), head)
}

/// How many rows a batch says that it has.
fn rows(file: &File, size: u64, block: &Block) -> Result<u64, Wrong> {
    let (start, length, _) = place(size, block)?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, start)?;
    let batch = head(&bytes)?.header_as_record_batch().ok_or_else(wrong)?;
    u64::try_from(batch.length()).map_err(|_| wrong())
}
