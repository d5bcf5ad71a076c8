//! The bytes of one file: unpacked, and turned into UTF-8.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};

use super::{
    super::options::{Compression, Options},
    member::Member,
};
use crate::domain::{Error, text, value::reason};

/// Bytes that are looked at to find out what a file is.
pub const LOOKED_AT: usize = 64 << 10;

/// Bytes that are turned into UTF-8 at once.
const PIECE: usize = 64 << 10;

/// The deadline, and whether somebody stopped waiting.
#[derive(Clone)]
pub struct Clock {
    pub deadline: Instant,
    pub stopped: Arc<AtomicBool>,
}

impl Clock {
    pub fn new(deadline: Instant) -> Self {
        Self { deadline, stopped: Arc::default() }
    }

    /// Ends what takes longer than it may.
    pub fn in_time(&self, path: &str) -> Result<(), Error> {
        match Instant::now() < self.deadline && !self.stopped.load(Ordering::Relaxed) {
            true => Ok(()),
            false => Err(Error::Timeout(format!("reading {path} did not end before its deadline"))),
        }
    }
}

/// A file of a table.
pub struct Source {
    pub file: Member,
    pub compression: Compression,
    /// What its text is written in, where that is not UTF-8.
    encoding: Option<&'static Encoding>,
    /// Bytes of a byte order mark.
    mark: u64,
    /// Its first bytes, unpacked but not decoded.
    pub head: Vec<u8>,
}

impl Source {
    /// Looks at the first bytes of a file.
    pub fn look(file: Member, options: &Options) -> Result<Self, Error> {
        let opened = file.open()?;
        let mut first = [0; 4];
        let found = opened.read_at(&mut first, 0).map_err(|error| unreadable(&file.path, &error))?;
        let compression = options.compression.unwrap_or(match first[..found] {
            [0x1f, 0x8b, ..] => Compression::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] => Compression::Zstd,
            _ => Compression::None,
        });
        let encoding = match options.encoding.as_deref() {
            None => None,
            Some(label) => Some(Encoding::for_label(label.as_bytes()).ok_or_else(|| {
                let label = text::line(label, 40);
                Error::Unsupported(format!(
                    "the encoding '{label}' is none of the web's: write `windows-1252`, for example"
                ))
            })?),
        };
        let mut source = Self { file, compression, encoding: None, mark: 0, head: Vec::new() };
        let mut head = Vec::new();
        // What is damaged further on is told when it is read.
        let mut reader = source.unpacked(opened)?.take(LOOKED_AT as u64);
        if let Err(error) = reader.read_to_end(&mut head)
            && head.is_empty()
        {
            return Err(unreadable(&source.file.path, &error));
        }
        let (encoding, mark) = match Encoding::for_bom(&head) {
            Some((marked, length)) => (Some(marked), length),
            None => (encoding, 0),
        };
        source.encoding = encoding.filter(|encoding| *encoding != UTF_8);
        source.mark = mark as u64;
        source.head = head;
        Ok(source)
    }

    /// Whether parts of it can be read without what comes before.
    pub fn is_plain(&self) -> bool {
        self.compression == Compression::None && self.encoding.is_none()
    }

    /// Where its text begins.
    pub fn start(&self) -> u64 {
        if self.is_plain() { self.mark } else { 0 }
    }

    /// The first part of its text.
    pub fn head_text(&self) -> Vec<u8> {
        let bytes = self.head.get(self.mark as usize..).unwrap_or_default();
        match self.encoding {
            None => bytes.to_owned(),
            Some(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned().into_bytes(),
        }
    }

    fn unpacked(&self, file: File) -> Result<Box<dyn Read + Send>, Error> {
        Ok(match self.compression {
            Compression::None => Box::new(file),
            Compression::Gzip => {
                Box::new(flate2::read::MultiGzDecoder::new(io::BufReader::with_capacity(PIECE, file)))
            }
            Compression::Zstd => {
                let decoder = zstd::stream::read::Decoder::new(file);
                Box::new(decoder.map_err(|error| unreadable(&self.file.path, &error))?)
            }
        })
    }

    /// All its bytes, unpacked and as they are: of formats that are not text.
    pub fn bytes(&self) -> Result<Box<dyn Read + Send>, Error> {
        self.unpacked(self.file.open()?)
    }

    /// Its text from the start.
    pub fn text(&self) -> Result<Box<dyn Read + Send>, Error> {
        let mut reader = self.unpacked(self.file.open()?)?;
        let skipped = io::copy(&mut reader.by_ref().take(self.mark), &mut io::sink());
        skipped.map_err(|error| unreadable(&self.file.path, &error))?;
        Ok(match self.encoding {
            None => reader,
            // It wants room for whole characters.
            Some(encoding) => {
                let recoded = Recoded::new(reader, encoding.new_decoder_without_bom_handling());
                Box::new(io::BufReader::with_capacity(PIECE, recoded))
            }
        })
    }

    /// Part of a plain file.
    pub fn part(&self, start: u64, length: usize) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; length];
        let read = self.file.open()?.read_exact_at(&mut bytes, start);
        read.map_err(|error| unreadable(&self.file.path, &error))?;
        Ok(bytes)
    }
}

/// Why a file cannot be read.
pub fn unreadable(path: &str, error: &io::Error) -> Error {
    let why = match error.kind() {
        io::ErrorKind::UnexpectedEof => "it ends too early: it is truncated".to_owned(),
        _ => text::line(&reason(error), 300),
    };
    Error::Io(format!("cannot read {path}: {why}"))
}

/// A reader of text in another encoding that gives UTF-8.
struct Recoded<R> {
    inner: R,
    decoder: Decoder,
    raw: Vec<u8>,
    /// What of `raw` is not decoded yet.
    from: usize,
    filled: usize,
    at_end: bool,
    done: bool,
    /// Bytes decoded before `raw`.
    before: u64,
}

impl<R: Read> Recoded<R> {
    fn new(inner: R, decoder: Decoder) -> Self {
        Self {
            inner,
            decoder,
            raw: vec![0; PIECE],
            from: 0,
            filled: 0,
            at_end: false,
            done: false,
            before: 0,
        }
    }
}

impl<R: Read> Read for Recoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // A character takes up to four bytes, and the decoder wants room for one.
        if out.len() < 16 {
            return Err(io::Error::other("too little room for a character"));
        }
        loop {
            if self.done {
                return Ok(0);
            }
            if self.from == self.filled && !self.at_end {
                self.before += self.filled as u64;
                self.filled = self.inner.read(&mut self.raw)?;
                self.from = 0;
                self.at_end = self.filled == 0;
            }
            let raw = &self.raw[self.from..self.filled];
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(raw, out, self.at_end);
            self.from += read;
            match result {
                DecoderResult::Malformed(..) => {
                    let encoding = self.decoder.encoding().name();
                    let byte = self.before + self.from as u64;
                    return Err(io::Error::other(format!("it is not {encoding} before byte {byte}")));
                }
                DecoderResult::InputEmpty if self.at_end => self.done = true,
                DecoderResult::InputEmpty | DecoderResult::OutputFull => {}
            }
            if written > 0 {
                return Ok(written);
            }
        }
    }
}
