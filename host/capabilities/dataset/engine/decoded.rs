//! Columns of row groups that were decoded, kept so that the next question need not decode them again.

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use datafusion::{
    arrow::{
        array::{Array, ArrayData, ArrayRef},
        buffer::{Buffer, NullBuffer},
    },
    execution::memory_pool::MemoryReservation,
};

/// A column of a row group: its file, the group, and its place among the file's columns.
pub type Place = (usize, usize, usize);

/// Its values, batch by batch.
pub type Batches = Arc<[ArrayRef]>;

/// What is kept of one table, while there is room.
pub struct Decoded {
    columns: Mutex<HashMap<Place, Batches>>,
    reserved: MemoryReservation,
}

impl Decoded {
    /// Nothing yet, in memory that was reserved.
    pub fn new(reserved: MemoryReservation) -> Self {
        Self { columns: Mutex::default(), reserved }
    }

    fn columns(&self) -> MutexGuard<'_, HashMap<Place, Batches>> {
        self.columns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A column that is kept.
    pub fn get(&self, place: Place) -> Option<Batches> {
        self.columns().get(&place).map(Arc::clone)
    }

    /// Begins to gather columns that are being decoded.
    pub fn gather(&self, places: Vec<Place>) -> Gathering<'_> {
        let columns = vec![Vec::new(); places.len()];
        Gathering { decoded: self, places, columns, seen: HashSet::new(), bytes: 0, has_room: true }
    }
}

/// Columns that are being decoded. Unless they are kept in the end, their room is given back.
pub struct Gathering<'a> {
    decoded: &'a Decoded,
    places: Vec<Place>,
    columns: Vec<Vec<ArrayRef>>,
    /// Where buffers begin that were counted: those of pages and dictionaries are shared by many batches.
    seen: HashSet<usize>,
    bytes: usize,
    has_room: bool,
}

impl Gathering<'_> {
    /// Takes the next batch, while there is room.
    pub fn take(&mut self, batch: &[ArrayRef]) {
        if !self.has_room {
            return;
        }
        let seen = &mut self.seen;
        let bytes = batch.iter().map(|array| bytes(&array.to_data(), seen)).sum();
        if self.decoded.reserved.try_grow(bytes).is_err() {
            self.has_room = false;
            self.columns.clear();
            self.give_back();
            return;
        }
        self.bytes += bytes;
        for (column, array) in self.columns.iter_mut().zip(batch) {
            column.push(Arc::clone(array));
        }
    }

    /// Keeps them: all batches of the row group were taken.
    pub fn keep(mut self) {
        let mut kept = self.decoded.columns();
        // Another job may have been faster.
        if self.has_room && !self.places.iter().any(|place| kept.contains_key(place)) {
            let columns = mem::take(&mut self.columns).into_iter().map(Batches::from);
            kept.extend(mem::take(&mut self.places).into_iter().zip(columns));
            self.bytes = 0;
        }
    }

    fn give_back(&mut self) {
        self.decoded.reserved.shrink(mem::take(&mut self.bytes));
    }
}

impl Drop for Gathering<'_> {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// Bytes of the buffers that were not counted before.
fn bytes(data: &ArrayData, seen: &mut HashSet<usize>) -> usize {
    let nulls = data.nulls().map(NullBuffer::buffer);
    let own =
        data.buffers().iter().chain(nulls).filter(|buffer| seen.insert(buffer.data_ptr().as_ptr().addr()));
    let own = own.map(Buffer::capacity).sum::<usize>();
    own + data.child_data().iter().map(|child| bytes(child, seen)).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use datafusion::{
        arrow::array::{Int64Array, StringViewArray},
        execution::memory_pool::{GreedyMemoryPool, MemoryConsumer, MemoryPool},
    };

    use super::*;

    fn decoded(room: usize) -> (Arc<dyn MemoryPool>, Decoded) {
        let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(room));
        let reserved = MemoryConsumer::new("test").register(&pool);
        (pool, Decoded::new(reserved))
    }

    fn numbers(count: i64) -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(0..count))
    }

    #[test]
    fn what_was_decoded_to_its_end_is_kept_and_counted() {
        let (pool, decoded) = decoded(1 << 20);
        let mut gathering = decoded.gather(vec![(0, 0, 1), (0, 0, 2)]);
        gathering.take(&[numbers(1_000), numbers(1_000)]);
        gathering.take(&[numbers(10), numbers(10)]);
        gathering.keep();
        assert_eq!(decoded.get((0, 0, 1)).unwrap().len(), 2);
        assert!(decoded.get((0, 1, 1)).is_none());
        let reserved = pool.reserved();
        assert!((16_160..40_000).contains(&reserved), "{reserved}");
        // The same once more is not counted twice, nor is what ends before its end.
        let mut again = decoded.gather(vec![(0, 0, 2)]);
        again.take(&[numbers(1_000)]);
        again.keep();
        let mut cut = decoded.gather(vec![(0, 0, 3)]);
        cut.take(&[numbers(1_000)]);
        drop(cut);
        assert!(decoded.get((0, 0, 3)).is_none());
        assert_eq!(pool.reserved(), reserved);
        drop(decoded);
        assert_eq!(pool.reserved(), 0);
    }

    #[test]
    fn what_has_no_room_is_not_kept_and_gives_its_room_back() {
        let (pool, decoded) = decoded(20_000);
        let mut gathering = decoded.gather(vec![(0, 0, 0)]);
        gathering.take(&[numbers(1_000)]);
        gathering.take(&[numbers(100_000)]);
        gathering.take(&[numbers(1)]);
        gathering.keep();
        assert!(decoded.get((0, 0, 0)).is_none());
        assert_eq!(pool.reserved(), 0);
    }

    #[test]
    fn a_buffer_that_batches_share_counts_once() {
        let text = "a value that is too long for a view itself, ".repeat(100);
        let array: ArrayRef = Arc::new(StringViewArray::from_iter_values([text.as_str()]));
        let mut seen = HashSet::new();
        let first = bytes(&array.to_data(), &mut seen);
        assert!(first >= text.len());
        assert_eq!(bytes(&array.slice(0, 1).to_data(), &mut seen), 0);
    }
}
