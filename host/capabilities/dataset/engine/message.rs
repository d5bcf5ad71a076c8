//! Messages of Arrow IPC, looked at before the decoder makes room for what they claim to hold.
//!
//! The decoder asks for memory as large as a head says that a body is, or that a compressed buffer gets. Where that is a lie, no system has so
//! much, and the whole program would end.

use std::io::{self, Read};

use arrow_ipc::{
    Block, CompressionType, MessageHeader, MetadataVersion, RecordBatch as Head, reader::FileDecoder,
    root_as_message,
};
use datafusion::arrow::{array::RecordBatch, buffer::Buffer, datatypes::SchemaRef, error::ArrowError};

use crate::domain::{Error, text};

/// Largest head of a message: a few numbers for each column.
pub const MOST_HEAD: usize = 64 << 20;

/// Largest body of a batch, as it is and unpacked: all of it is in memory at once.
pub const MOST_BODY: u64 = 1 << 30;

/// LZ4 makes at most so many bytes of one.
const LZ4_RATIO: u64 = 255;

/// Bytes before a compressed buffer that say how long it gets; -1 where it is not compressed after all.
const PREFIX: usize = 8;

/// What begins a message, since 2020.
const MARK: [u8; 4] = [0xff; 4];

/// A message, whole.
pub struct Message {
    bytes: Buffer,
    /// Where its body begins.
    body: usize,
    kind: MessageHeader,
    pub version: MetadataVersion,
}

/// Why it is none.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    /// It does not hold what it says.
    #[error("{0}")]
    Damaged(String),
    /// It holds too much.
    #[error("a batch has {0} bytes, more than the {MOST_BODY} that are taken: write it in smaller ones")]
    Large(u64),
    /// It cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The decoder does not take it.
    #[error("{0}")]
    Decoder(#[from] ArrowError),
}

impl Wrong {
    /// As the error of a file.
    pub fn of(self, path: &str) -> Error {
        match self {
            Self::Large(_) => Error::Limit(format!("{path}: {self}")),
            Self::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Error::Io(format!("cannot read {path}: it ends too early: it is truncated"))
            }
            wrong => Error::Io(format!("cannot read {path}: {}", text::line(&wrong.to_string(), 300))),
        }
    }
}

fn damaged(what: impl Into<String>) -> Wrong {
    Wrong::Damaged(what.into())
}

impl Message {
    /// The message in these bytes, of which so many are its head.
    pub fn new(bytes: Buffer, head: usize) -> Result<Self, Wrong> {
        let message = self::head(bytes.get(..head).unwrap_or_default())?;
        let batch = match message.header_type() {
            MessageHeader::RecordBatch => message.header_as_record_batch(),
            MessageHeader::DictionaryBatch => {
                message.header_as_dictionary_batch().and_then(|batch| batch.data())
            }
            _ => None,
        };
        if let Some(batch) = batch {
            unpacks(&batch, &bytes[head..])?;
        }
        let (kind, version) = (message.header_type(), message.version());
        Ok(Self { body: head, kind, version, bytes })
    }

    /// The next message of a stream; none at its end.
    pub fn next(stream: &mut impl Read) -> Result<Option<Self>, Wrong> {
        let mut bytes = Vec::new();
        let mut word = |bytes: &mut Vec<u8>| {
            let read = stream.by_ref().take(4).read_to_end(bytes)?;
            let last = bytes.last_chunk::<4>().copied().unwrap_or_default();
            match read {
                4 => Ok(Some(last)),
                // Streams may end without the mark of their end.
                0 if bytes.is_empty() => Ok(None),
                _ => Err(Wrong::Io(io::ErrorKind::UnexpectedEof.into())),
            }
        };
        let mut length = word(&mut bytes)?;
        if length == Some(MARK) {
            length = word(&mut bytes)?;
        }
        let length = match length.map(u32::from_le_bytes) {
            None | Some(0) => return Ok(None),
            Some(length) if length as usize > MOST_HEAD => return Err(damaged("a message has no end")),
            Some(length) => u64::from(length),
        };
        let mut whole = |bytes: &mut Vec<u8>, length: u64| {
            // It makes room as bytes come.
            let read = stream.by_ref().take(length).read_to_end(bytes)?;
            match read as u64 == length {
                true => Ok(()),
                false => Err(Wrong::Io(io::ErrorKind::UnexpectedEof.into())),
            }
        };
        whole(&mut bytes, length)?;
        let body = head(&bytes)?.bodyLength();
        let body = u64::try_from(body).map_err(|_| damaged("a message has no length"))?;
        if body > MOST_BODY {
            return Err(Wrong::Large(body));
        }
        let head = bytes.len();
        whole(&mut bytes, body)?;
        Self::new(Buffer::from(bytes), head).map(Some)
    }

    /// The columns that it describes, as the first message of a stream does.
    pub fn schema(&self) -> Result<SchemaRef, Wrong> {
        let message = head(&self.bytes[..self.body])?;
        let schema = message.header_as_schema().ok_or_else(|| damaged("it does not begin with a schema"))?;
        native(&schema)
    }

    /// What the decoder makes of it: rows, or nothing but a dictionary for those to come.
    pub fn decode(&self, decoder: &mut FileDecoder) -> Result<Option<RecordBatch>, Wrong> {
        let body = (self.bytes.len() - self.body) as i64;
        let block = Block::new(0, self.body as i32, body);
        match self.kind {
            MessageHeader::DictionaryBatch => decoder.read_dictionary(&block, &self.bytes).map(|()| None),
            MessageHeader::RecordBatch => decoder.read_record_batch(&block, &self.bytes),
            // To pass over it could be to lose rows.
            _ => return Err(damaged("a message is neither rows nor a dictionary")),
        }
        .map_err(Wrong::Decoder)
    }
}

/// What the head of a message says. Those of before 2020 have no mark before the length.
pub fn head(bytes: &[u8]) -> Result<arrow_ipc::Message<'_>, Wrong> {
    let start = if bytes.starts_with(&MARK) { 8 } else { 4 };
    let words = bytes.get(start..).ok_or_else(|| damaged("a message has no head"))?;
    root_as_message(words).map_err(|error| damaged(format!("a message is damaged: {error}")))
}

/// The columns of a schema whose numbers are as this machine has them.
pub fn native(schema: &arrow_ipc::Schema<'_>) -> Result<SchemaRef, Wrong> {
    match schema.endianness().equals_to_target_endianness() {
        true => Ok(arrow_ipc::convert::fb_to_schema(schema.to_owned()).into()),
        false => Err(damaged("its numbers are in the byte order of another machine, which is not supported")),
    }
}

/// Whether a batch's compressed buffers are there, and get no longer than a batch may be.
fn unpacks(batch: &Head<'_>, body: &[u8]) -> Result<(), Wrong> {
    let Some(compression) = batch.compression() else { return Ok(()) };
    let is_lz4 = compression.codec() == CompressionType::LZ4_FRAME;
    let (mut unpacked, mut worst) = (0_u64, 0_u64);
    let mut packed = Vec::new();
    for buffer in batch.buffers().into_iter().flatten() {
        let place = usize::try_from(buffer.offset()).ok().zip(usize::try_from(buffer.length()).ok());
        let bytes = place.and_then(|(start, length)| body.get(start..)?.get(..length));
        let bytes = bytes.ok_or_else(|| damaged("a buffer of a batch is not in it"))?;
        let Some((length, content)) = bytes.split_first_chunk::<PREFIX>() else { continue };
        match i64::from_le_bytes(*length) {
            -1 => {}
            length => {
                let length = u64::try_from(length).map_err(|_| damaged("a buffer has no length"))?;
                unpacked = unpacked.saturating_add(length);
                worst = worst.saturating_add(content.len() as u64 * LZ4_RATIO);
                packed.push((content, length));
            }
        }
    }
    if unpacked > MOST_BODY {
        return Err(Wrong::Large(unpacked));
    }
    // Zstandard unpacks into what was asked for and no more. LZ4 goes on to the end, wherever that is.
    if is_lz4 && worst > MOST_BODY {
        packed.into_iter().try_for_each(|(content, length)| fits(content, length))?;
    }
    Ok(())
}

/// Whether a frame of LZ4 is as long as it says when it is unpacked.
fn fits(frame: &[u8], length: u64) -> Result<(), Wrong> {
    let mut decoder = lz4_flex::frame::FrameDecoder::new(frame).take(length + 1);
    let found = io::copy(&mut decoder, &mut io::sink());
    match found.map_err(|error| damaged(format!("a buffer cannot be unpacked: {error}")))? == length {
        true => Ok(()),
        false => Err(damaged("a buffer is not as long as it says when it is unpacked")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_frame_has_the_length_that_is_said() {
        let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
        encoder.write_all(&vec![0; 100_000]).unwrap();
        let frame = encoder.finish().unwrap();
        assert!(frame.len() < 1_000);
        assert!(fits(&frame, 100_000).is_ok());
        for length in [0, 99_999, 100_001] {
            assert!(matches!(fits(&frame, length), Err(Wrong::Damaged(_))), "{length}");
        }
        assert!(matches!(fits(&frame[..frame.len() / 2], 100_000), Err(Wrong::Damaged(_))));
    }
}
