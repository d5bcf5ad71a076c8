//! A remote object as a file: as long as it is, empty where nobody looked, filled in by ranges when somebody does.
//!
//! Whatever reads tables reads files. So an object is fetched into one in a directory of the run: the footer of Parquet first, the columns that a query names
//! when it names them, all of a text. What was fetched stays until the table goes, and is not asked for again. No descriptor is held: a table may have thousands.

use std::{
    fs::File,
    io,
    ops::Range,
    os::unix::fs::FileExt,
    slice,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use futures::{StreamExt, TryStreamExt};
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore, path::Path as Key};
use rustix::fs::{AtFlags, Mode, OFlags, openat, unlinkat};

use super::{super::source::Clock, Going, ranges::Ranges, told};
use crate::domain::{Endpoint, Error, limits::DATASET_SPILL_BYTES};

/// Bytes of one request: as many as a connection carries in about a second.
const PIECE: u64 = 16 << 20;

/// Requests for one object at a time.
const AT_ONCE: usize = 4;

/// Ranges that lie closer are fetched as one: a request takes as long as so many bytes.
const GAP: u64 = 512 << 10;

/// How many files were made.
static MADE: AtomicU64 = AtomicU64::new(0);

/// Disk space for what is fetched, of a run.
#[derive(Debug, Default)]
pub struct Budget(AtomicU64);

impl Budget {
    fn take(&self, bytes: u64) -> bool {
        let fits = |taken: u64| taken.checked_add(bytes).filter(|taken| *taken <= DATASET_SPILL_BYTES);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
    }

    fn give_back(&self, bytes: u64) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// A remote object.
pub struct Object {
    store: Arc<dyn ObjectStore>,
    key: Key,
    server: Endpoint,
    /// As the parameter writes it, or as it was found.
    path: String,
    /// As it was when it was found.
    meta: ObjectMeta,
    going: Arc<Going>,
    /// Its file's name in the directory of the run.
    name: String,
    /// What of the file is there.
    there: Mutex<Ranges>,
}

impl Object {
    pub fn new(
        store: Arc<dyn ObjectStore>,
        server: Endpoint,
        path: String,
        meta: ObjectMeta,
        going: Arc<Going>,
    ) -> Self {
        let name = MADE.fetch_add(1, Ordering::Relaxed).to_string();
        Self { store, key: meta.location.clone(), server, path, meta, going, name, there: Mutex::default() }
    }

    /// In bytes.
    pub fn size(&self) -> u64 {
        self.meta.size
    }

    /// Whether both are one object, that was not written to in between.
    pub fn is(&self, other: &Self) -> bool {
        self.path == other.path && self.server == other.server && same(&self.meta, &other.meta)
    }

    fn there(&self) -> MutexGuard<'_, Ranges> {
        self.there.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file, from its start.
    pub fn open(&self) -> Result<File, Error> {
        self.file(OFlags::RDONLY)
    }

    fn file(&self, access: OFlags) -> Result<File, Error> {
        let failed = |error: io::Error| Error::from_io("keep what was fetched of", &self.path, &error);
        let open = |access| {
            let flags = access | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let opened = openat(self.going.room.handle(), self.name.as_str(), flags, Mode::RUSR | Mode::WUSR);
            opened.map(File::from).map_err(|errno| failed(errno.into()))
        };
        let file = open(access)?;
        if file.metadata().map_err(failed)?.len() != self.size() {
            open(OFlags::RDWR)?.set_len(self.size()).map_err(failed)?;
        }
        Ok(file)
    }

    /// Sees to it that these ranges of the file are what they are on the server.
    pub fn fetch(self: &Arc<Self>, wanted: &[Range<u64>], clock: &Clock) -> Result<(), Error> {
        let missing = self.there().missing(wanted, self.size(), GAP);
        if missing.is_empty() {
            return Ok(());
        }
        let mut taken = self.take_room(missing.iter().map(|range| range.end - range.start).sum())?;
        let (object, into) = (Arc::clone(self), self.file(OFlags::RDWR)?);
        let fetched = self.going.wait(&self.path, clock, async move {
            match object.ask_for(&into, &missing).await {
                // Simple servers know no ranges.
                Err(object_store::Error::NotSupported { .. }) => Ok(None),
                answer => answer.map(|()| Some(missing)),
            }
        });
        let fetched = match fetched {
            Ok(None) => self.fetch_whole(&mut taken, clock).map(|()| vec![self.whole()]),
            Ok(Some(ranges)) => Ok(ranges),
            Err(error) => Err(error),
        };
        let mut there = self.there();
        let before = there.bytes();
        let fetched = fetched.map(|ranges| ranges.into_iter().for_each(|range| there.add(range)));
        // Another job may have fetched the same by now.
        let kept = there.bytes() - before;
        drop(there);
        self.going.budget.give_back(taken.saturating_sub(kept));
        fetched
    }

    fn fetch_whole(self: &Arc<Self>, taken: &mut u64, clock: &Clock) -> Result<(), Error> {
        *taken += self.take_room(self.size().saturating_sub(*taken))?;
        let (object, into) = (Arc::clone(self), self.file(OFlags::RDWR)?);
        self.going.wait(&self.path, clock, async move { object.take(&into, None).await })
    }

    fn whole(&self) -> Range<u64> {
        0..self.size()
    }

    fn take_room(&self, bytes: u64) -> Result<u64, Error> {
        match self.going.budget.take(bytes) {
            true => Ok(bytes),
            false => Err(Error::Limit(format!(
                "{} and other remote tables take more than {} GiB, which is the most that a run fetches: name fewer files, or Parquet, of which only the \
                 columns that are asked for are fetched",
                self.path,
                DATASET_SPILL_BYTES >> 30
            ))),
        }
    }

    async fn ask_for(&self, into: &File, missing: &[Range<u64>]) -> object_store::Result<()> {
        let all = missing == slice::from_ref(&self.whole());
        if all && self.size() <= PIECE {
            return self.take(into, None).await;
        }
        let mut pieces = Vec::new();
        for range in missing {
            let starts = (range.start..range.end).step_by(PIECE as usize);
            pieces.extend(starts.map(|start| start..range.end.min(start + PIECE)));
        }
        let taken = futures::stream::iter(pieces).map(|piece| self.take(into, Some(piece)));
        taken.buffer_unordered(AT_ONCE).try_collect::<()>().await
    }

    /// Writes what the server sends of a range, or of all, into the file.
    async fn take(&self, into: &File, range: Option<Range<u64>>) -> object_store::Result<()> {
        let wanted = range.clone().unwrap_or(0..self.size());
        let range = range.map(GetRange::Bounded);
        let answer = self.store.get_opts(&self.key, GetOptions { range, ..GetOptions::default() }).await?;
        if !same(&self.meta, &answer.meta) {
            return Err(told(Wrong::Changed));
        }
        let (mut at, mut parts) = (wanted.start, answer.into_stream());
        while let Some(part) = parts.next().await {
            let part = part?;
            let after = at + part.len() as u64;
            if after > wanted.end {
                return Err(told(Wrong::TooLong));
            }
            into.write_all_at(&part, at).map_err(|error| told(Wrong::Disk(error)))?;
            at = after;
        }
        match at == wanted.end {
            true => Ok(()),
            false => Err(told(Wrong::TooShort { sent: at - wanted.start, of: wanted.end - wanted.start })),
        }
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        let bytes = self.there().bytes();
        self.going.budget.give_back(bytes);
        // Goes with the directory otherwise.
        unlinkat(self.going.room.handle(), self.name.as_str(), AtFlags::empty()).ok();
    }
}

/// What is wrong with what was sent.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    #[error("it was changed while it was being read: ask again when nothing writes to it")]
    Changed,
    #[error("the server sends more than it said that there is")]
    TooLong,
    #[error("the server sent {sent} of {of} bytes: it is truncated")]
    TooShort { sent: u64, of: u64 },
    #[error("what is fetched cannot be kept: {0}")]
    Disk(io::Error),
}

fn same(one: &ObjectMeta, other: &ObjectMeta) -> bool {
    let tags = match (&one.e_tag, &other.e_tag) {
        (Some(one), Some(other)) => one.trim_start_matches("W/") == other.trim_start_matches("W/"),
        // Listings of some services have none.
        _ => true,
    };
    one.size == other.size && tags
}
