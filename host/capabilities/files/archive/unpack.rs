//! Streams that are unpacked as far as they are read.
//!
//! What was unpacked stays in memory while the job's budget allows; then its beginning is forgotten, and whoever goes back has it
//! unpacked again. What breaks off is given as far as it goes: only a read at the break fails.

use std::{
    io::{self, BufReader, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::bytes::{Budget, Bytes, Cursor};
use crate::domain::{
    Error,
    limits::{UNPACKED_FREE_BYTES, UNPACKED_RATIO},
};

/// How something is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Deflate without a header, as in zip.
    Deflate,
    /// One or more gzip members.
    Gzip,
    /// Deflate in a zlib frame.
    Zlib,
    /// Zstandard frames.
    Zstd,
    /// One or more bzip2 streams.
    Bzip2,
    /// XZ streams.
    Xz,
    /// The older .lzma.
    Lzma,
    /// LZMA as zip has it: its properties in front, and as many bytes unpacked.
    ZipLzma(u64),
}

/// Bytes unpacked at once.
const BLOCK: usize = 128 << 10;

/// Bytes of packed data read at once.
const PACKED: usize = 64 << 10;

/// What a stream keeps at the least, to go back a little.
const LEAST_KEPT: usize = 4 << 20;

/// Largest dictionary of LZMA: that of `xz -9`, in KiB, with what the decoder needs beside it.
const MOST_LZMA: u32 = 66 << 10;

/// Largest window of Zstandard: that of `zstd --long`.
const MOST_ZSTD: u64 = 128 << 20;

/// What a stream unpacks.
pub struct Unpacked {
    from: Arc<Bytes>,
    method: Method,
    budget: Arc<Budget>,
    decoder: Option<Decoder>,
    /// What is in memory, from this byte on.
    start: u64,
    kept: Vec<u8>,
    end: Option<End>,
    /// Its length, once its end was seen.
    length: Option<u64>,
    /// Where a decoder failed first: from there on it goes byte by byte, because decoders drop what they have when they fail.
    careful: Option<u64>,
}

struct Decoder {
    reader: Box<dyn Read + Send>,
    /// Packed bytes that it took.
    taken: Arc<AtomicU64>,
    /// What it needs in memory.
    needs: usize,
}

#[derive(Clone)]
enum End {
    Whole,
    Broken(String),
    /// More would come, and too much.
    Limited(String),
}

impl Unpacked {
    /// What `from` holds. Nothing is unpacked yet.
    pub fn new(from: Arc<Bytes>, method: Method, budget: &Arc<Budget>) -> Self {
        Self {
            from,
            method,
            budget: Arc::clone(budget),
            decoder: None,
            start: 0,
            kept: Vec::new(),
            end: None,
            length: None,
            careful: None,
        }
    }

    fn position(&self) -> u64 {
        self.start + self.kept.len() as u64
    }

    /// Bytes from `offset`: none only at the end.
    pub fn read_at(&mut self, offset: u64, buffer: &mut [u8], budget: &Budget) -> Result<usize, Error> {
        if buffer.is_empty() || self.length.is_some_and(|length| offset >= length) {
            return Ok(0);
        }
        if offset < self.start {
            self.restart();
        }
        while self.position() <= offset {
            match &self.end {
                None => self.unpack(offset, budget)?,
                Some(End::Whole) => return Ok(0),
                Some(end) => return Err(self.stopped(end)),
            }
        }
        let rest = usize::try_from(offset - self.start).ok().and_then(|at| self.kept.get(at..));
        let rest = rest.unwrap_or_default();
        let length = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..length), rest.get(..length)) {
            to.copy_from_slice(from);
        }
        Ok(length)
    }

    /// Its length: unpacks it to its end.
    pub fn size(&mut self, budget: &Budget) -> Result<u64, Error> {
        loop {
            match (&self.end, self.length) {
                (_, Some(length)) => return Ok(length),
                (Some(end), _) => return Err(self.stopped(end)),
                _ => self.unpack(u64::MAX, budget)?,
            }
        }
    }

    /// Its length, if its end was seen.
    pub fn known_size(&self) -> Option<u64> {
        self.length
    }

    fn stopped(&self, end: &End) -> Error {
        match end {
            End::Broken(why) => Error::Io(format!("cannot unpack beyond byte {}: {why}", self.position())),
            End::Limited(why) => Error::Limit(why.clone()),
            End::Whole => Error::Io("it ends here".to_owned()),
        }
    }

    fn restart(&mut self) {
        self.close();
        self.budget.forget(self.kept.len());
        self.kept = Vec::new();
        self.start = 0;
        self.end = None;
    }

    fn close(&mut self) {
        if let Some(decoder) = self.decoder.take() {
            self.budget.forget(decoder.needs);
        }
    }

    /// Unpacks one more block. What lies before `wanted` may be forgotten.
    fn unpack(&mut self, wanted: u64, budget: &Budget) -> Result<(), Error> {
        let decoder = match &mut self.decoder {
            Some(decoder) => decoder,
            None => match Decoder::new(&self.from, self.method, &self.budget) {
                Ok(decoder) => self.decoder.insert(decoder),
                Err(error) => return self.broke(&error),
            },
        };
        let before = self.kept.len();
        let near = self.careful.is_some_and(|broke| self.start + before as u64 >= broke);
        self.kept.resize(before + if near { 1 } else { BLOCK }, 0);
        let read = decoder.reader.read(self.kept.get_mut(before..).unwrap_or_default());
        let taken = decoder.taken.load(Ordering::Relaxed);
        self.kept.truncate(before + read.as_ref().map_or(0, |length| *length));
        let length = match read {
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            Err(error) => return self.broke(&error),
        };
        if let Err(error) = budget.spend(length).and_then(|()| self.budget.keep(length)) {
            // What is not counted is not kept.
            self.kept.truncate(before);
            self.restart();
            return Err(error);
        }
        if length == 0 {
            self.length = Some(self.position());
            self.end = Some(End::Whole);
            self.close();
            return Ok(());
        }
        let position = self.position();
        if position > UNPACKED_FREE_BYTES && position / UNPACKED_RATIO > taken {
            self.end = Some(End::Limited(format!(
                "{position} bytes were unpacked from {taken}, more than {UNPACKED_RATIO} times as many: this looks like an attack"
            )));
            self.close();
            return Ok(());
        }
        self.trim(wanted);
        Ok(())
    }

    /// Forgets the beginning where memory is tight.
    fn trim(&mut self, wanted: u64) {
        if self.kept.len() < 2 * LEAST_KEPT || !self.budget.is_tight() {
            return;
        }
        let before = usize::try_from(wanted.saturating_sub(self.start)).unwrap_or(usize::MAX);
        let gone = (self.kept.len() - LEAST_KEPT).min(before);
        self.kept.drain(..gone);
        self.kept.shrink_to(2 * LEAST_KEPT);
        self.start += gone as u64;
        self.budget.forget(gone);
    }

    fn broke(&mut self, error: &io::Error) -> Result<(), Error> {
        if let Some(error) = self.budget.failed() {
            // The same may be tried again: with another deadline, or after other contents are given up.
            self.restart();
            return Err(error);
        }
        let text = error.to_string();
        if error.kind() == io::ErrorKind::OutOfMemory {
            self.restart();
            return Err(Error::Limit(format!("it cannot be unpacked: {text}")));
        }
        let checks = ["gzip header", "checksum"];
        if self.method == Method::Gzip && self.position() > 0 && checks.iter().any(|part| text.contains(part))
        {
            // All was there: what follows is padding, or a check value that is wrong, which stops no loader in time.
            self.length = Some(self.position());
            self.end = Some(End::Whole);
        } else if self.careful.is_some() {
            self.end = Some(End::Broken(text));
        } else {
            // Once more, up to the very byte.
            self.careful = Some(self.position());
            self.restart();
            return Ok(());
        }
        self.close();
        Ok(())
    }
}

impl Drop for Unpacked {
    fn drop(&mut self) {
        self.restart();
    }
}

impl Decoder {
    fn new(from: &Arc<Bytes>, method: Method, budget: &Arc<Budget>) -> io::Result<Self> {
        let cursor = Cursor::new(from, budget);
        let taken = cursor.taken();
        let needs = match method {
            Method::Deflate | Method::Gzip | Method::Zlib => 64 << 10,
            Method::Bzip2 => 4 << 20,
            Method::Zstd => 8 << 20,
            Method::Xz | Method::Lzma | Method::ZipLzma(_) => (MOST_LZMA as usize) << 10,
        };
        budget.keep(needs).map_err(|error| budget.fail(error))?;
        let reader = Self::reader(BufReader::with_capacity(PACKED, cursor), method);
        match reader {
            Ok(reader) => Ok(Self { reader, taken, needs }),
            Err(error) => {
                budget.forget(needs);
                Err(error)
            }
        }
    }

    fn reader(mut from: BufReader<Cursor>, method: Method) -> io::Result<Box<dyn Read + Send>> {
        Ok(match method {
            Method::Deflate => Box::new(flate2::bufread::DeflateDecoder::new(from)),
            Method::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(from)),
            Method::Zlib => Box::new(flate2::bufread::ZlibDecoder::new(from)),
            Method::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(from)),
            Method::Zstd => Box::new(Frames { from: Some(from), frame: None }),
            Method::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(from, true, MOST_LZMA)),
            Method::Lzma => {
                let reader = lzma_rust2::LzmaReader::new_mem_limit(from, MOST_LZMA, None);
                Box::new(reader.map_err(io::Error::other)?)
            }
            Method::ZipLzma(size) => {
                let mut head = [0; 9];
                from.read_exact(&mut head)?;
                let [_, _, _, _, properties, a, b, c, d] = head;
                let dictionary = u32::from_le_bytes([a, b, c, d]);
                if dictionary >> 10 > MOST_LZMA {
                    return Err(io::Error::from(io::ErrorKind::OutOfMemory));
                }
                let reader = lzma_rust2::LzmaReader::new_with_props(from, size, properties, dictionary, None);
                Box::new(reader.map_err(io::Error::other)?)
            }
        })
    }
}

/// Zstandard frames, one after another.
struct Frames {
    from: Option<BufReader<Cursor>>,
    frame: Option<Box<Frame>>,
}

type Frame = ruzstd::decoding::StreamingDecoder<BufReader<Cursor>, ruzstd::decoding::FrameDecoder>;

impl Read for Frames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use io::BufRead;
        loop {
            if let Some(frame) = &mut self.frame {
                match frame.read(buffer)? {
                    0 => self.from = self.frame.take().map(|frame| frame.into_inner()),
                    length => return Ok(length),
                }
            }
            let Some(mut from) = self.from.take() else { return Ok(0) };
            // A skippable frame is its length, and so many bytes.
            let head = from.fill_buf()?;
            if head.is_empty() {
                return Ok(0);
            }
            if let &[low, 0x2a, 0x4d, 0x18, ..] = head
                && low >> 4 == 5
            {
                let mut head = [0; 8];
                from.read_exact(&mut head)?;
                let [_, _, _, _, a, b, c, d] = head;
                let length = u64::from(u32::from_le_bytes([a, b, c, d]));
                io::copy(&mut (&mut from).take(length), &mut io::sink())?;
                self.from = Some(from);
                continue;
            }
            let frame = ruzstd::decoding::StreamingDecoder::new_with_max_window_size(from, MOST_ZSTD);
            self.frame = Some(Box::new(frame.map_err(|error| io::Error::other(error.to_string()))?));
        }
    }
}
