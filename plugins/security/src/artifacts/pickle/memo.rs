//! The memo: what was seen before, by its number.

use std::collections::BTreeMap;

use super::{
    machine::{Halt, Machine},
    value::{Slot, Value},
};

/// Entries that are set aside at once.
const CHUNK: usize = 8_192;

/// Most entries that are put far beyond the others.
const SPARSE: usize = 100_000;

/// What was put, by its number. Memory is taken a chunk at a time, and none for a chunk of plain data.
#[derive(Default)]
pub(super) struct Memo {
    chunks: Vec<Option<Box<[Slot]>>>,
    /// One more than the highest number in the chunks.
    length: usize,
    /// How many numbers there are in all.
    count: usize,
    sparse: BTreeMap<u32, Slot>,
    /// Whether some were not kept.
    full: bool,
}

impl Memo {
    /// The number that `MEMOIZE` gives.
    #[inline]
    pub(super) fn next(&self) -> u32 {
        u32::try_from(self.count).unwrap_or(u32::MAX)
    }

    #[inline]
    pub(super) fn get(&self, id: u32) -> Option<Slot> {
        let place = id as usize;
        let slot = match self.chunks.get(place / CHUNK) {
            _ if place >= self.length => Slot::NOTHING,
            Some(Some(chunk)) => chunk.get(place % CHUNK).copied().unwrap_or(Slot::NOTHING),
            _ => Slot::OTHER,
        };
        if slot != Slot::NOTHING {
            return Some(slot);
        }
        self.sparse.get(&id).copied().or(self.full.then(|| Value::Lost.into()))
    }

    #[inline]
    pub(super) fn put(&mut self, id: u32, slot: Slot, most: usize) {
        let place = id as usize;
        if place == self.length && place < most {
            self.length += 1;
            self.count += 1;
            self.set(place, slot);
        } else {
            self.put_anywhere(id, slot, most);
        }
    }

    #[cold]
    fn put_anywhere(&mut self, id: u32, slot: Slot, most: usize) {
        let place = id as usize;
        if place < self.length {
            self.count += usize::from(self.get(id).is_none());
            self.set(place, slot);
        } else if place < self.length + 4_096 && place < most {
            for between in self.length..place {
                self.set(between, Slot::NOTHING);
            }
            self.length = place + 1;
            self.count += 1;
            self.set(place, slot);
        } else if self.sparse.len() < SPARSE {
            self.count += usize::from(self.sparse.insert(id, slot).is_none());
        } else {
            self.full = true;
        }
    }

    #[inline]
    fn set(&mut self, place: usize, slot: Slot) {
        if let Some(Some(chunk)) = self.chunks.get_mut(place / CHUNK) {
            if let Some(held) = chunk.get_mut(place % CHUNK) {
                *held = slot;
            }
        } else if slot != Slot::OTHER {
            self.set_first(place, slot);
        }
    }

    /// The first of a chunk that is more than plain data.
    #[cold]
    fn set_first(&mut self, place: usize, slot: Slot) {
        let mut chunk = vec![Slot::OTHER; CHUNK];
        if let Some(held) = chunk.get_mut(place % CHUNK) {
            *held = slot;
        }
        if place / CHUNK >= self.chunks.len() {
            self.chunks.resize(place / CHUNK + 1, None);
        }
        if let Some(none) = self.chunks.get_mut(place / CHUNK) {
            *none = Some(chunk.into_boxed_slice());
        }
    }
}

impl Machine<'_> {
    /// Pushes what was memoized under a number.
    #[inline]
    pub(super) fn get(&mut self, id: u32) -> Result<(), Halt> {
        let slot = self.memo.get(id);
        if slot.is_none() {
            self.odd("it asks the memo for what was never put")?;
        }
        self.push(slot.unwrap_or(Slot::NOTHING))
    }

    /// Memoizes the top of the stack under a number.
    #[inline]
    pub(super) fn put(&mut self, id: u32) -> Result<(), Halt> {
        let Some(&slot) = self.stack.last() else { return self.odd("it memoizes nothing") };
        self.memo.put(id, slot, self.rules.budget.entries);
        Ok(())
    }
}
