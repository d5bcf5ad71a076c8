//! Bytes to look at: of a file, of a member of an archive, of a constant inside a pickle; and a window that moves over them.

use gonogo_sdk::{Attributes, Error, files::Content};

/// A sequence of bytes that may hold others.
pub trait Source {
    /// By the first bytes: `zip`, `gzip`, …, or `bytes`.
    fn format(&self) -> Result<String, Error>;

    /// Length in bytes.
    fn size(&self) -> Result<u64, Error>;

    /// At most 4 MiB from `offset`; fewer than `length` only at the end.
    fn read(&self, offset: u64, length: u32) -> Result<Vec<u8>, Error>;

    /// What an archive holds; empty for `bytes`.
    fn members(&self) -> Result<Vec<Member>, Error>;

    /// One member, by its place in [`Source::members`].
    fn member(&self, index: u32) -> Result<Box<dyn Source>, Error>;
}

/// What an archive says of a member.
#[derive(Clone, Debug, Default)]
pub struct Member {
    /// Its name, as the archive has it.
    pub name: String,
    /// Whether it has bytes to look at.
    pub file: bool,
    /// Whether a password is needed.
    pub encrypted: bool,
    /// Where headers contradict each other or the bytes.
    pub damage: Vec<String>,
}

impl Source for Content {
    fn format(&self) -> Result<String, Error> {
        self.format()
    }

    fn size(&self) -> Result<u64, Error> {
        self.size()
    }

    fn read(&self, offset: u64, length: u32) -> Result<Vec<u8>, Error> {
        self.read(offset, length)
    }

    fn members(&self) -> Result<Vec<Member>, Error> {
        Ok(self.members()?.iter().map(member).collect())
    }

    fn member(&self, index: u32) -> Result<Box<dyn Source>, Error> {
        Ok(Box::new(self.member(index)?))
    }
}

/// What the host does not say counts as nothing special: a member is still opened.
fn member(said: &Attributes) -> Member {
    Member {
        name: said.get("name").ok().flatten().unwrap_or_default(),
        file: said.get::<String>("kind").ok().flatten().is_none_or(|kind| kind == "file"),
        encrypted: said.get("encrypted").ok().flatten().unwrap_or_default(),
        damage: said.get("damage").ok().flatten().unwrap_or_default(),
    }
}

/// Bytes asked of a source at once: less costs calls, more costs memory that is not yet touched, on both sides.
pub const CHUNK: u32 = 64 << 10;

/// A window that moves over a source.
pub struct Window<'a> {
    source: &'a dyn Source,
    bytes: Vec<u8>,
    /// Where the window lies in the source.
    start: u64,
    /// The next byte, in the window.
    at: usize,
    ended: bool,
}

impl<'a> Window<'a> {
    /// From an offset on.
    pub fn new(source: &'a dyn Source, offset: u64) -> Self {
        Self { source, bytes: Vec::new(), start: offset, at: 0, ended: false }
    }

    /// Gives what it holds away, with the place of the next byte in it, and its own place in the source.
    pub fn lend(&mut self) -> (Vec<u8>, usize, u64) {
        (std::mem::take(&mut self.bytes), self.at, self.start)
    }

    /// Takes it back.
    pub fn take_back(&mut self, bytes: Vec<u8>, at: usize) {
        self.at = at.min(bytes.len());
        self.bytes = bytes;
    }

    /// Where the next byte lies in the source.
    pub fn offset(&self) -> u64 {
        self.start + self.at as u64
    }

    /// What lies ahead in the window.
    #[inline]
    pub fn ahead(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Goes over bytes that [`Window::ahead`] showed.
    #[inline]
    pub fn pass(&mut self, count: usize) {
        self.at = (self.at + count).min(self.bytes.len());
    }

    /// Makes `count` bytes be ahead; false where the source ends before.
    #[inline]
    pub fn need(&mut self, count: usize) -> Result<bool, Error> {
        if self.bytes.len() - self.at >= count { Ok(true) } else { self.fill(count) }
    }

    #[cold]
    fn fill(&mut self, count: usize) -> Result<bool, Error> {
        self.bytes.drain(..self.at);
        self.start += self.at as u64;
        self.at = 0;
        while self.bytes.len() < count && !self.ended {
            let more = self.source.read(self.start + self.bytes.len() as u64, CHUNK)?;
            self.ended = more.is_empty();
            if self.bytes.is_empty() {
                self.bytes = more;
            } else {
                self.bytes.extend_from_slice(&more);
            }
        }
        Ok(self.bytes.len() >= count)
    }

    /// Moves to any offset of the source.
    pub fn seek(&mut self, offset: u64) {
        match offset.checked_sub(self.start).and_then(|far| usize::try_from(far).ok()) {
            Some(far) if far <= self.bytes.len() => self.at = far,
            _ => {
                self.bytes.clear();
                self.at = 0;
                self.start = offset;
                self.ended = false;
            }
        }
    }

    /// Bytes of the source that may lie anywhere: from the window where it has them.
    pub fn bytes_at(&self, offset: u64, length: u32) -> Result<Vec<u8>, Error> {
        let from = offset.checked_sub(self.start).and_then(|far| usize::try_from(far).ok());
        let held = from.and_then(|from| self.bytes.get(from..from + length as usize));
        match held {
            Some(bytes) => Ok(bytes.to_vec()),
            None => self.source.read(offset, length),
        }
    }

    /// The bytes up to a line feed, which is passed; none where there is none within `most` bytes.
    pub fn line(&mut self, most: usize) -> Result<Option<(u64, u32)>, Error> {
        let mut seen = 0;
        loop {
            if let Some(end) = self.ahead().iter().skip(seen).position(|&byte| byte == b'\n') {
                let (offset, length) = (self.offset(), (seen + end) as u32);
                self.pass(seen + end + 1);
                return Ok(Some((offset, length)));
            }
            seen = self.ahead().len();
            if seen > most || !self.need(seen + 1)? {
                return Ok(None);
            }
        }
    }
}
