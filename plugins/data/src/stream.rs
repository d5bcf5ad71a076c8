//! Files that are read from front to back, however large they are.

use std::io::{self, Read};

use gonogo_sdk::{
    Error,
    files::{self, Content},
};

/// Bytes that are asked for at once.
const PART: u32 = 1 << 20;

/// The bytes of a file, in order.
pub struct Stream {
    content: Content,
    offset: u64,
    part: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Stream {
    /// Opens a file.
    pub fn open(path: &str) -> Result<Self, Error> {
        Ok(Self::of(files::open(path)?))
    }

    /// A file, or a member of an archive, that is open.
    pub fn of(content: Content) -> Self {
        Self { content, offset: 0, part: Vec::new(), at: 0, ended: false }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.part.len() && !self.ended {
            self.part =
                self.content.read(self.offset, PART).map_err(|error| io::Error::other(error.to_string()))?;
            self.at = 0;
            self.offset += self.part.len() as u64;
            self.ended = self.part.len() < PART as usize;
        }
        let length = buffer.len().min(self.part.len() - self.at);
        buffer[..length].copy_from_slice(&self.part[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}
