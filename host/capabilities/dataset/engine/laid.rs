//! Rows that memory has no room for, laid down on disk in columns: to read them from there takes a fraction of what reading their text again would.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_ipc::{
    Block, MetadataVersion,
    reader::FileDecoder,
    writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions, write_message},
};
use datafusion::arrow::{
    array::{ArrayRef, AsArray, RecordBatch, UInt32Array},
    buffer::Buffer,
    datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type},
    error::ArrowError,
};
use rustix::{buffer::spare_capacity, fs::fstatvfs, io::pread};

use super::{chunk::Chunk, temporary};
use crate::domain::Error;

/// Bytes of a column below which its head would be a good part of it.
const LEAST_COLUMN: usize = 1 << 10;

/// Bytes that say where a column of a block is: how long its head is, and its body.
const ENTRY: usize = 8;

/// A file without a name, so that nothing is left of it however the program ends. A block of it holds one chunk: the lines of its rows, where they have several, and
/// its columns, each as Arrow's IPC has it. What a block begins with says where each is.
pub struct Laid {
    folder: PathBuf,
    open: Option<Open>,
    /// There is no disk to write to, or no room on it any more.
    given_up: bool,
}

struct Open {
    file: File,
    end: u64,
    /// Where it ends at the most.
    most: u64,
    buffer: Vec<u8>,
}

impl Laid {
    /// Nothing yet, in this directory.
    pub fn within(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), open: None, given_up: false }
    }

    /// Lays a chunk down, and gives where; nothing where that is not worth it, or there is no room.
    pub fn put(&mut self, chunk: &Chunk) -> Option<u64> {
        if self.given_up || chunk.bytes() / chunk.columns.len().max(1) < LEAST_COLUMN {
            return None;
        }
        match self.try_put(chunk) {
            Ok(at) => Some(at),
            Err(error) => {
                // What was laid down before stays there.
                tracing::info!("rows that memory has no room for are read from their files: {error}");
                self.given_up = true;
                None
            }
        }
    }

    fn try_put(&mut self, chunk: &Chunk) -> io::Result<u64> {
        let open = match &mut self.open {
            Some(open) => open,
            none => none.insert(Open::begin(&self.folder)?),
        };
        let lines = chunk.lines.as_ref().map(|lines| Arc::new(UInt32Array::from(lines.to_vec())) as ArrayRef);
        let buffer = &mut open.buffer;
        buffer.clear();
        buffer.resize((1 + chunk.columns.len()) * ENTRY, 0);
        let columns = [lines.as_ref()].into_iter().chain(chunk.columns.iter().map(Some));
        for (at, column) in columns.enumerate() {
            let Some(column) = column else { continue };
            let (head, body) = encoded(column, buffer).map_err(io::Error::other)?;
            let too_long = |_| io::Error::other("a column of a block has 4 GiB or more");
            let sizes = [u32::try_from(head).map_err(too_long)?, u32::try_from(body).map_err(too_long)?];
            for (entry, size) in buffer[at * ENTRY..][..ENTRY].chunks_exact_mut(4).zip(sizes) {
                entry.copy_from_slice(&size.to_le_bytes());
            }
        }
        let (start, length) = (open.end, buffer.len() as u64);
        if start + length > open.most {
            return Err(io::Error::other("they would take more than half of the disk's free space"));
        }
        open.file.write_all_at(buffer, start)?;
        open.end += length;
        Ok(start)
    }

    /// The wanted columns of a chunk that was laid down, with the types they had, and the lines of its rows.
    pub fn get(&self, chunk: &Chunk, start: u64, wanted: &[usize]) -> Result<Chunk, Error> {
        self.try_get(chunk, start, wanted).map_err(|error| {
            let folder = self.folder.display();
            Error::Io(format!("cannot read rows again that were put on disk, in {folder}: {error}"))
        })
    }

    fn try_get(&self, chunk: &Chunk, start: u64, wanted: &[usize]) -> Result<Chunk, ArrowError> {
        let file = &self.open.as_ref().ok_or_else(damaged)?.file;
        let heads = part(file, start, (1 + chunk.kinds.len()) * ENTRY)?;
        let mut at = start + heads.len() as u64;
        let place = |entry: &[u8]| {
            let place = Place { at, head: number(&entry[..4]), body: number(&entry[4..]) };
            at += u64::from(place.head) + u64::from(place.body);
            place
        };
        let places = heads.chunks_exact(ENTRY).map(place).collect::<Vec<_>>();
        let column = |at: &usize| decoded(file, &places[1 + at], chunk.kinds[*at].arrow(), chunk.rows);
        let lines = if places[0].head == 0 {
            None
        } else {
            let lines = decoded(file, &places[0], DataType::UInt32, chunk.rows)?;
            Some(Arc::from(lines.as_primitive::<UInt32Type>().values().as_ref()))
        };
        Ok(Chunk {
            columns: wanted.iter().map(column).collect::<Result<_, _>>()?,
            kinds: wanted.iter().map(|at| chunk.kinds[*at]).collect(),
            lines,
            ..chunk.clone()
        })
    }
}

impl Open {
    fn begin(folder: &Path) -> io::Result<Self> {
        if temporary::in_memory(folder) {
            let why = "is in memory itself: set TMPDIR to a directory on disk";
            return Err(io::Error::other(format!("{} {why}", folder.display())));
        }
        let file = tempfile::tempfile_in(folder)?;
        let stat = fstatvfs(&file)?;
        let free = stat.f_bavail.saturating_mul(stat.f_frsize);
        Ok(Self { file, end: 0, most: free / 2, buffer: Vec::new() })
    }
}

/// Where a column is, and how many bytes its head and its body take.
struct Place {
    at: u64,
    head: u32,
    body: u32,
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn damaged() -> ArrowError {
    ArrowError::IpcError("they are not what was written".to_owned())
}

fn schema(kind: DataType) -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("", kind, true)]))
}

/// Puts a column at the end of `buffer`, and gives how many bytes its head takes, and its body.
fn encoded(column: &ArrayRef, buffer: &mut Vec<u8>) -> Result<(usize, usize), ArrowError> {
    let options = IpcWriteOptions::default();
    let batch = RecordBatch::try_new(schema(column.data_type().clone()), vec![Arc::clone(column)])?;
    let (_, data) = IpcDataGenerator::default().encode(
        &batch,
        &mut DictionaryTracker::new(true),
        &options,
        &mut IpcWriteContext::default(),
    )?;
    write_message(buffer, data, &options)
}

fn decoded(file: &File, place: &Place, kind: DataType, rows: usize) -> Result<ArrayRef, ArrowError> {
    let bytes = part(file, place.at, place.head as usize + place.body as usize)?;
    let block = Block::new(0, i32::try_from(place.head).map_err(|_| damaged())?, i64::from(place.body));
    let decoder = FileDecoder::new(schema(kind), MetadataVersion::V5);
    let batch = decoder.read_record_batch(&block, &Buffer::from(bytes))?;
    let batch = batch.filter(|batch| batch.num_rows() == rows).ok_or_else(damaged)?;
    Ok(Arc::clone(batch.column(0)))
}

/// Some bytes of a file, into memory that need not be zeroed before.
fn part(file: &File, start: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        let at = start + bytes.len() as u64;
        if pread(file, spare_capacity(&mut bytes), at)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    // There may be room for more than was asked for.
    bytes.truncate(length);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::{
        array::{
            Array, BooleanArray, Date32Array, Float64Array, Int64Array, NullArray, StringViewArray,
            TimestampMicrosecondArray,
        },
        compute::concat,
    };

    use super::{super::kind::Kind, *};

    const ROWS: usize = 1_000;

    fn chunk(lines: Option<Vec<u32>>) -> Chunk {
        let numbers = || (0..ROWS).map(|at| (at % 7 != 0).then_some(at));
        let text = |at: usize| {
            if at.is_multiple_of(2) { format!("t{at}") } else { format!("ä longer text, number {at}") }
        };
        let times =
            || numbers().map(|at| at.map(|at| at as i64 * 1_000_001)).collect::<TimestampMicrosecondArray>();
        let columns: [(Kind, ArrayRef); 8] = [
            (Kind::Null, Arc::new(NullArray::new(ROWS))),
            (Kind::Boolean, Arc::new(numbers().map(|at| at.map(|at| at % 3 == 0)).collect::<BooleanArray>())),
            (Kind::Integer, Arc::new(numbers().map(|at| at.map(|at| -(at as i64))).collect::<Int64Array>())),
            (
                Kind::Number,
                Arc::new(numbers().map(|at| at.map(|at| at as f64 / 7.0)).collect::<Float64Array>()),
            ),
            (Kind::Date, Arc::new(numbers().map(|at| at.map(|at| at as i32)).collect::<Date32Array>())),
            (Kind::Timestamp, Arc::new(times())),
            (Kind::Instant, Arc::new(times().with_timezone("UTC"))),
            (Kind::Text, Arc::new(numbers().map(|at| at.map(text)).collect::<StringViewArray>())),
        ];
        let (kinds, columns) = columns.into_iter().unzip();
        let lines = lines.map(Into::into);
        Chunk { file: 1, first_row: 70, first_line: Some(71), lines, rows: ROWS, columns, kinds, range: None }
    }

    fn bare(chunk: &Chunk) -> Chunk {
        Chunk { columns: Vec::new(), lines: None, ..chunk.clone() }
    }

    /// Some of its rows.
    fn some(chunk: &Chunk, start: usize, rows: usize) -> Chunk {
        let columns = chunk.columns.iter().map(|column| column.slice(start, rows));
        Chunk { columns: columns.collect(), rows, ..chunk.clone() }
    }

    #[test]
    fn what_was_laid_down_comes_back() {
        let mut laid = Laid::within(&temporary::folder());
        let chunks = [chunk(None), chunk(Some((0..ROWS as u32).map(|row| row * 2).collect())), chunk(None)];
        let places = chunks.each_ref().map(|chunk| laid.put(chunk).unwrap());
        for wanted in [&[][..], &[7, 2], &[0, 1, 2, 3, 4, 5, 6, 7]] {
            for (chunk, place) in chunks.iter().zip(places).rev() {
                let read = laid.get(&bare(chunk), place, wanted).unwrap();
                assert_eq!((read.file, read.first_row, read.first_line, read.rows), (1, 70, Some(71), ROWS));
                assert_eq!(read.lines, chunk.lines);
                let columns = wanted.iter().map(|at| Arc::clone(&chunk.columns[*at])).collect::<Vec<_>>();
                assert_eq!(read.columns, columns);
                assert_eq!(read.kinds, wanted.iter().map(|at| chunk.kinds[*at]).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn some_rows_are_laid_down_without_the_others() {
        let some = some(&chunk(None), 300, 400);
        let mut laid = Laid::within(&temporary::folder());
        let at = laid.put(&some).unwrap();
        let read = laid.get(&bare(&some), at, &[1, 7]).unwrap();
        for (read, wanted) in read.columns.iter().zip([1, 7]) {
            assert_eq!(**read, *concat(&[&some.columns[wanted]]).unwrap());
        }
    }

    #[test]
    fn without_a_disk_and_for_a_few_rows_nothing_is_laid_down() {
        let full = chunk(None);
        assert!(Laid::within(Path::new("/dev/shm")).put(&full).is_none(), "that is memory");
        assert!(Laid::within(Path::new("/nowhere/at/all")).put(&full).is_none());
        let mut laid = Laid::within(&temporary::folder());
        let few = some(&full, 0, 9);
        let copied = |column: &ArrayRef| concat(&[&column.slice(0, 4), &column.slice(4, 5)]).unwrap();
        let columns = few.columns[2..5].iter().map(copied).collect();
        assert!(laid.put(&Chunk { columns, ..few }).is_none());
        let first = laid.put(&full).unwrap();
        // As if the disk had no more room.
        laid.open.as_mut().unwrap().most = 400 << 10;
        assert!((0..100).any(|_| laid.put(&full).is_none()));
        assert!(laid.put(&full).is_none(), "nor later");
        let read = laid.get(&bare(&full), first, &[2]).unwrap();
        assert_eq!(*read.columns[0], *full.columns[2], "what was there stays");
    }

    #[test]
    fn what_is_not_there_any_more_is_told() {
        let mut laid = Laid::within(&temporary::folder());
        let full = chunk(None);
        let at = laid.put(&full).unwrap();
        laid.open.as_ref().unwrap().file.set_len(at + 5_000).unwrap();
        let refused = laid.get(&bare(&full), at, &[7]);
        let Err(Error::Io(why)) = &refused else { panic!("{:?}", refused.map(|chunk| chunk.rows)) };
        assert!(
            why.contains("put on disk") && why.contains(&temporary::folder().display().to_string()),
            "{why}"
        );
    }
}
