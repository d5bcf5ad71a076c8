//! The memo: what was seen before, by its number.

use super::{
    machine::{Halt, Machine},
    value::Value,
};

impl Machine<'_> {
    /// Pushes what was memoized under a number.
    #[inline]
    pub(super) fn get(&mut self, id: u32) -> Result<(), Halt> {
        let value = match self.memo.get(id as usize) {
            Some(Value::Nothing) | None => self.sparse.get(&id).copied(),
            Some(value) => Some(*value),
        };
        let value = match value {
            Some(value) => value,
            None if self.memo_full => Value::Lost,
            None => {
                self.odd("it asks the memo for what was never put")?;
                Value::Nothing
            }
        };
        self.push(value)
    }

    /// Memoizes the top of the stack under a number.
    #[inline]
    pub(super) fn put(&mut self, id: u32) -> Result<(), Halt> {
        let Some(&value) = self.stack.last() else { return self.odd("it memoizes nothing") };
        let place = id as usize;
        if place == self.memo.len() && place < self.rules.budget.entries {
            self.memo.push(value);
            self.memoized += 1;
            return Ok(());
        }
        if let Some(slot) = self.memo.get_mut(place) {
            self.memoized += usize::from(*slot == Value::Nothing);
            *slot = value;
        } else if place < self.memo.len() + 4_096 && place < self.rules.budget.entries {
            self.memo.resize(place, Value::Nothing);
            self.memo.push(value);
            self.memoized += 1;
        } else if self.sparse.len() < 100_000 {
            self.memoized += usize::from(self.sparse.insert(id, value).is_none());
        } else {
            self.memo_full = true;
        }
        Ok(())
    }
}
