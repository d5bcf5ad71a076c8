//! Sequences of bytes: a file, a part of another sequence, something unpacked. And the budget that one job has for them.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::FileExt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Instant,
};

use super::unpack::Unpacked;
use crate::domain::{
    Error,
    limits::{ARCHIVE_MEMBERS, ARCHIVE_NAMES_BYTES, CONTENT_BYTES, UNPACKED_BYTES, UNPACKED_KEPT_BYTES},
};

/// What one job may spend on contents, all of them together.
#[derive(Default)]
pub struct Budget {
    /// Bytes in memory.
    kept: AtomicUsize,
    /// Bytes read and unpacked so far.
    read: AtomicU64,
    members: AtomicUsize,
    names: AtomicUsize,
    /// When the job must have ended, told by each call.
    deadline: Mutex<Option<Instant>>,
    /// Why a reader below a decoder failed: decoders do not hand errors through.
    failed: Mutex<Option<Error>>,
}

impl Budget {
    /// Sets when the call at hand must end.
    pub fn until(&self, deadline: Instant) {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = Some(deadline);
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Counts bytes that were read or unpacked.
    pub fn spend(&self, bytes: usize) -> Result<(), Error> {
        let deadline = *self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Error::Timeout("unpacking did not end before the deadline".to_owned()));
        }
        let before = self.read.fetch_add(bytes as u64, Ordering::Relaxed);
        match before.saturating_add(bytes as u64) > CONTENT_BYTES {
            true => Err(Error::Limit(format!(
                "this job read and unpacked {} GiB of contents, the most",
                CONTENT_BYTES >> 30
            ))),
            false => Ok(()),
        }
    }

    /// Counts bytes that stay in memory.
    pub fn keep(&self, bytes: usize) -> Result<(), Error> {
        let before = self.kept.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > UNPACKED_BYTES {
            self.forget(bytes);
            return Err(Error::Limit(format!(
                "unpacked contents of this job would take more than {} MiB of memory: give up those that are done with",
                UNPACKED_BYTES >> 20
            )));
        }
        Ok(())
    }

    /// The opposite of [`Budget::keep`].
    pub fn forget(&self, bytes: usize) {
        self.kept.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Whether so much is in memory that what was read longest ago should go.
    pub fn is_tight(&self) -> bool {
        self.kept.load(Ordering::Relaxed) > UNPACKED_KEPT_BYTES
    }

    /// Counts a member with the bytes of its name.
    pub fn member(&self, name: usize) -> Result<(), Error> {
        let members = self.members.fetch_add(1, Ordering::Relaxed);
        let names = self.names.fetch_add(name, Ordering::Relaxed);
        match members >= ARCHIVE_MEMBERS || names > ARCHIVE_NAMES_BYTES {
            true => Err(Error::Limit(format!(
                "archives of more than {ARCHIVE_MEMBERS} members together, or with names of more than {} MiB",
                ARCHIVE_NAMES_BYTES >> 20
            ))),
            false => Ok(()),
        }
    }

    /// Keeps an error that is to get past a decoder.
    pub fn fail(&self, error: Error) -> io::Error {
        let text = error.to_string();
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        io::Error::other(text)
    }

    /// The error that got past a decoder, if there was one.
    pub fn failed(&self) -> Option<Error> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A sequence of bytes.
pub enum Bytes {
    /// A regular file.
    File {
        /// Open for reading.
        file: File,
        /// When it was opened.
        size: u64,
        /// Its path, fit for a message.
        shown: String,
    },
    /// Part of another sequence.
    Part {
        /// The other.
        of: Arc<Self>,
        /// Where it begins there.
        offset: u64,
        /// Where it ends at the latest.
        length: u64,
    },
    /// What was unpacked as a whole.
    Memory(Kept),
    /// What is unpacked as far as it is read.
    Unpacked(Box<Mutex<Unpacked>>),
}

/// Bytes in memory, counted while they are there.
pub struct Kept {
    bytes: Vec<u8>,
    budget: Arc<Budget>,
}

impl Kept {
    /// Bytes that were counted already.
    pub fn counted(bytes: Vec<u8>, budget: &Arc<Budget>) -> Self {
        Self { bytes, budget: Arc::clone(budget) }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.budget.forget(self.bytes.len());
    }
}

impl Bytes {
    /// Bytes from `offset`: none only at the end.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8], budget: &Budget) -> Result<usize, Error> {
        match self {
            Self::File { file, shown, .. } => loop {
                budget.spend(buffer.len().min(1))?;
                match file.read_at(buffer, offset) {
                    Ok(length) => {
                        budget.spend(length)?;
                        return Ok(length);
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(Error::from_io("read", shown, &error)),
                }
            },
            Self::Part { of, offset: start, length } => {
                let left = usize::try_from(length.saturating_sub(offset)).unwrap_or(usize::MAX);
                let most = buffer.len().min(left);
                let Some(buffer) = buffer.get_mut(..most).filter(|buffer| !buffer.is_empty()) else {
                    return Ok(0);
                };
                let Some(at) = start.checked_add(offset) else { return Ok(0) };
                of.read_at(at, buffer, budget)
            }
            Self::Memory(kept) => {
                let rest =
                    usize::try_from(offset).ok().and_then(|at| kept.bytes.get(at..)).unwrap_or_default();
                let length = rest.len().min(buffer.len());
                if let (Some(to), Some(from)) = (buffer.get_mut(..length), rest.get(..length)) {
                    to.copy_from_slice(from);
                }
                Ok(length)
            }
            Self::Unpacked(unpacked) => {
                unpacked.lock().unwrap_or_else(PoisonError::into_inner).read_at(offset, buffer, budget)
            }
        }
    }

    /// As many bytes as there are, up to the length of the buffer.
    pub fn read_full(&self, offset: u64, buffer: &mut [u8], budget: &Budget) -> Result<usize, Error> {
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match self.read_at(offset.saturating_add(done as u64), rest, budget) {
                Ok(0) => break,
                Ok(length) => done += length,
                // What was read is given; whoever asks for more hears of the error.
                Err(Error::Io(_)) if done > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// At most `length` bytes from `offset`.
    pub fn get(&self, offset: u64, length: usize, budget: &Budget) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; length];
        let length = self.read_full(offset, &mut bytes, budget)?;
        bytes.truncate(length);
        Ok(bytes)
    }

    /// Length in bytes. Unpacks what is packed to its end.
    pub fn size(&self, budget: &Budget) -> Result<u64, Error> {
        match self {
            Self::File { size, .. } => Ok(*size),
            Self::Part { of, offset, length } => match &**of {
                // Not further than it says, and not further than there is.
                Self::Unpacked(_) => {
                    let last = offset.saturating_add(*length).saturating_sub(1);
                    if *length == 0 || of.read_at(last, &mut [0], budget)? == 1 {
                        return Ok(*length);
                    }
                    Ok(of.size(budget)?.saturating_sub(*offset))
                }
                _ => Ok(of.size(budget)?.saturating_sub(*offset).min(*length)),
            },
            Self::Memory(kept) => Ok(kept.bytes.len() as u64),
            Self::Unpacked(unpacked) => unpacked.lock().unwrap_or_else(PoisonError::into_inner).size(budget),
        }
    }

    /// Length in bytes, where that is known without unpacking anything.
    pub fn known_size(&self) -> Option<u64> {
        match self {
            Self::File { size, .. } => Some(*size),
            Self::Part { of, offset, length } => {
                of.known_size().map(|size| size.saturating_sub(*offset).min(*length))
            }
            Self::Memory(kept) => Some(kept.bytes.len() as u64),
            Self::Unpacked(unpacked) => unpacked.lock().unwrap_or_else(PoisonError::into_inner).known_size(),
        }
    }
}

/// Reads a sequence from its beginning, for decoders.
pub struct Cursor {
    of: Arc<Bytes>,
    at: u64,
    budget: Arc<Budget>,
    /// The furthest byte that was taken.
    taken: Arc<AtomicU64>,
}

impl Cursor {
    /// At the beginning.
    pub fn new(of: &Arc<Bytes>, budget: &Arc<Budget>) -> Self {
        Self { of: Arc::clone(of), at: 0, budget: Arc::clone(budget), taken: Arc::default() }
    }

    /// How far it was read, also once a decoder has it.
    pub fn taken(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.taken)
    }
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length =
            self.of.read_at(self.at, buffer, &self.budget).map_err(|error| self.budget.fail(error))?;
        self.at += length as u64;
        self.taken.fetch_max(self.at, Ordering::Relaxed);
        Ok(length)
    }
}

impl Seek for Cursor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let size = || self.of.size(&self.budget).map_err(|error| self.budget.fail(error));
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => size()?.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
