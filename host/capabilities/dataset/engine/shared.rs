//! What the jobs of one run share: the rows that were read, so that files are read once for all of them, and turns to ask.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryConsumer, MemoryPool, MemoryReservation};

use super::{
    super::options::Options, found::Room, member::Member, remote::Network, source::Clock, table::Files,
    temporary,
};
use crate::domain::{
    Error,
    limits::{DATASET_KEPT_BYTES, DATASET_QUERIES_AT_ONCE},
};

/// Tables that are remembered: each holds a descriptor or more.
const MOST_TABLES: usize = 64;

/// The tables of a run.
pub struct Shared {
    /// Those that were asked last come last.
    tables: Mutex<Vec<Arc<Files>>>,
    /// Memory for rows, in bytes.
    bytes: usize,
    kept: Arc<dyn MemoryPool>,
    /// Where rows are laid down that are not kept.
    folder: PathBuf,
    turns: Turns,
    /// Connections to where remote tables are.
    pub network: Network,
}

impl Default for Shared {
    fn default() -> Self {
        Self::keeping(DATASET_KEPT_BYTES, temporary::folder())
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} tables", self.tables().len())
    }
}

impl Shared {
    /// Room for so many bytes of rows in memory, and for what is more in a directory.
    pub fn keeping(bytes: usize, folder: PathBuf) -> Self {
        Self {
            tables: Mutex::default(),
            bytes,
            kept: Arc::new(GreedyMemoryPool::new(bytes)),
            folder,
            turns: Turns { free: Mutex::new(DATASET_QUERIES_AT_ONCE), changed: Condvar::new() },
            network: Network::default(),
        }
    }

    fn tables(&self) -> MutexGuard<'_, Vec<Arc<Files>>> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The table of these files. Whoever asks was granted each of them: they were found below that job's own grants.
    pub fn open(&self, selected: Vec<Member>, options: Options, clock: &Clock) -> Result<Arc<Files>, Error> {
        let find = |tables: &[Arc<Files>]| tables.iter().position(|table| table.is(&selected, &options));
        let mut tables = self.tables();
        if let Some(at) = find(&tables) {
            let table = tables.remove(at);
            tables.push(Arc::clone(&table));
            return Ok(table);
        }
        drop(tables);
        let table = Arc::new(Files::look(selected, options, clock)?);
        let mut tables = self.tables();
        if tables.len() >= MOST_TABLES {
            tables.remove(0);
        }
        tables.push(Arc::clone(&table));
        Ok(table)
    }

    /// Waits until this job may ask, and asks until what it gets is dropped.
    pub fn turn(&self, deadline: Instant) -> Result<Turn<'_>, Error> {
        let late = || Error::Timeout("queries of other jobs took all the time that this job has".to_owned());
        let mut free = self.turns.free();
        while *free == 0 {
            let left = deadline.checked_duration_since(Instant::now()).ok_or_else(late)?;
            free = self.turns.changed.wait_timeout(free, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *free -= 1;
        Ok(Turn(&self.turns))
    }
}

impl Room for Shared {
    fn begin(&self) -> MemoryReservation {
        MemoryConsumer::new("rows that are kept").register(&self.kept)
    }

    fn grow(&self, reserved: &MemoryReservation, bytes: usize) -> bool {
        if bytes > self.bytes {
            return false;
        }
        while reserved.try_grow(bytes).is_err() {
            let mut tables = self.tables();
            // No job holds it any more; the longest unasked goes first.
            let Some(at) = tables.iter().position(|table| Arc::strong_count(table) == 1) else {
                return false;
            };
            tables.remove(at);
        }
        true
    }

    fn folder(&self) -> &Path {
        &self.folder
    }
}

/// A query takes all cores and a share of memory, so only some are asked at a time.
struct Turns {
    free: Mutex<usize>,
    changed: Condvar,
}

impl Turns {
    fn free(&self) -> MutexGuard<'_, usize> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Given back when it goes.
pub struct Turn<'a>(&'a Turns);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.free() += 1;
        self.0.changed.notify_one();
    }
}
