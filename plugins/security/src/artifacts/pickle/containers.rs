//! Tuples and dicts: of what they hold, what a judgement may ask for.

use super::{
    machine::{Halt, Machine},
    value::{Slot, Value},
};

/// Elements of a tuple or dict that are kept.
pub(super) const KEPT: usize = 32;

/// Slots that are set aside at once.
const CHUNK: usize = 4_096;

/// The elements of all tuples and dicts. They lie in chunks, so that it grows without being copied; none lies in two.
#[derive(Default)]
pub(super) struct Arena {
    chunks: Vec<Vec<Slot>>,
}

impl Arena {
    /// Keeps at most [`KEPT`] elements; where they begin.
    fn keep(&mut self, elements: &[Slot]) -> u32 {
        if self.chunks.last().is_none_or(|chunk| chunk.len() + KEPT > CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let before = self.taken() - CHUNK;
        let Some(chunk) = self.chunks.last_mut() else { return 0 };
        let start = before + chunk.len();
        chunk.extend_from_slice(elements);
        start as u32
    }

    fn get(&self, start: u32, length: u32) -> &[Slot] {
        let (start, length) = (start as usize, length as usize);
        let chunk = self.chunks.get(start / CHUNK).map(Vec::as_slice).unwrap_or_default();
        chunk.get(start % CHUNK..start % CHUNK + length).unwrap_or_default()
    }

    /// Slots that are taken, or nearly.
    fn taken(&self) -> usize {
        self.chunks.len() * CHUNK
    }
}

impl Machine<'_> {
    /// The uppermost `count` values as a tuple.
    #[inline]
    pub(super) fn tuple(&mut self, count: usize) -> Result<(), Halt> {
        let floor = self.marks.last().copied().unwrap_or_default();
        if self.stack.len() < floor + count {
            self.odd("it makes a tuple of an empty stack")?;
        }
        let from = self.stack.len().saturating_sub(count);
        let elements = self.stack.get(from..).unwrap_or_default();
        // Numbers: nobody asks for them but as the shape of an array, and a call may for how many there are.
        let asked = self.shapes || !self.imports.is_empty() && count < 2;
        let tuple = if elements.is_empty() {
            Slot::EMPTY_TUPLE
        } else if !asked && elements.iter().all(|slot| slot.is_plain()) {
            Slot::OTHER
        } else if self.arena.taken() > self.rules.budget.entries {
            Value::Lost.into()
        } else {
            let elements = elements.get(..KEPT).unwrap_or(elements);
            Value::Tuple(self.arena.keep(elements), elements.len() as u32).into()
        };
        self.stack.truncate(from);
        self.push(tuple)
    }

    /// Keys and values from a place on go into the dict below them.
    #[inline]
    pub(super) fn set_items(&mut self, from: usize) -> Result<(), Halt> {
        let Some(place) = from.checked_sub(1) else {
            self.stack.truncate(from);
            return self.odd("it sets items of nothing");
        };
        // A dict matters as the state of an object, whose class is imported before.
        if !self.imports.is_empty() {
            self.keep_items(from, place);
        }
        self.stack.truncate(from);
        Ok(())
    }

    fn keep_items(&mut self, from: usize, place: usize) {
        let (Some(&dict), Some(fresh)) = (self.stack.get(place), self.stack.get(from..)) else { return };
        let Value::Dict(start, length) = dict.value() else { return };
        let count = fresh.len() + length as usize;
        if count > KEPT || self.arena.taken() > self.rules.budget.entries {
            return;
        }
        let start = if length == 0 {
            self.arena.keep(fresh)
        } else {
            let mut held = [Slot::OTHER; KEPT];
            let older = self.arena.get(start, length);
            for (slot, &item) in held.iter_mut().zip(older.iter().chain(fresh)) {
                *slot = item;
            }
            self.arena.keep(held.get(..count).unwrap_or_default())
        };
        if let Some(dict) = self.stack.get_mut(place) {
            *dict = Value::Dict(start, count as u32).into();
        }
    }

    /// The elements of a tuple or dict.
    pub(super) fn elements(&self, value: Value) -> &[Slot] {
        match value {
            Value::Tuple(start, length) | Value::Dict(start, length) => self.arena.get(start, length),
            _ => &[],
        }
    }

    /// One of them.
    pub(super) fn element_at(&self, value: Value, index: usize) -> Option<Value> {
        self.elements(value).get(index).map(|slot| slot.value())
    }
}
