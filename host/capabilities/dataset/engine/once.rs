//! What is found out once, by whoever asks first. Others wait for it, each as long as it may.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// A value that is found out when it is first needed.
pub struct Once<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

enum State<T> {
    Unknown,
    BeingFound,
    Known(T),
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self { state: Mutex::new(State::Unknown), changed: Condvar::new() }
    }
}

impl<T: Clone> Once<T> {
    /// The value; `None` where somebody else was still finding it out at the deadline. One that does not last is given out, but not kept.
    pub fn get(
        &self,
        deadline: Instant,
        find: impl FnOnce() -> T,
        lasts: impl FnOnce(&T) -> bool,
    ) -> Option<T> {
        let mut state = self.lock();
        loop {
            match &*state {
                State::Known(value) => return Some(value.clone()),
                State::Unknown => break,
                State::BeingFound => {
                    let left = deadline.checked_duration_since(Instant::now())?;
                    let waited = self.changed.wait_timeout(state, left);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
        *state = State::BeingFound;
        drop(state);
        // Also after a panic somebody else may try.
        let mut found = Found { once: self, state: State::Unknown };
        let value = find();
        if lasts(&value) {
            found.state = State::Known(value.clone());
        }
        Some(value)
    }
}

impl<T> Once<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says what was found when it goes.
struct Found<'a, T> {
    once: &'a Once<T>,
    state: State<T>,
}

impl<T> Drop for Found<'_, T> {
    fn drop(&mut self) {
        *self.once.lock() = std::mem::replace(&mut self.state, State::Unknown);
        self.once.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        panic::{AssertUnwindSafe, catch_unwind},
        sync::{
            Barrier,
            atomic::{AtomicU32, Ordering},
        },
        thread,
        time::Duration,
    };

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_mins(1)
    }

    #[test]
    fn a_value_is_found_once_by_all_together() {
        let (once, found) = (Once::default(), AtomicU32::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let find = || {
                        thread::sleep(Duration::from_millis(5));
                        found.fetch_add(1, Ordering::Relaxed)
                    };
                    assert_eq!(once.get(soon(), find, |_| true), Some(0));
                });
            }
        });
        assert_eq!(found.into_inner(), 1);
    }

    #[test]
    fn who_waits_waits_until_its_deadline() {
        let (once, begun, ends) = (Once::default(), Barrier::new(2), Barrier::new(2));
        thread::scope(|scope| {
            scope.spawn(|| {
                let find = || {
                    begun.wait();
                    ends.wait();
                    1
                };
                assert_eq!(once.get(soon(), find, |_| true), Some(1));
            });
            begun.wait();
            assert_eq!(once.get(Instant::now() + Duration::from_millis(5), || 2, |_| true), None);
            ends.wait();
        });
    }

    #[test]
    fn what_does_not_last_and_what_panics_is_tried_again() {
        let once = Once::default();
        assert_eq!(once.get(soon(), || 1, |_| false), Some(1));
        let panicked = catch_unwind(AssertUnwindSafe(|| once.get(soon(), || panic!("no"), |_| true)));
        assert!(panicked.is_err());
        assert_eq!(once.get(soon(), || 3, |_| true), Some(3));
        assert_eq!(once.get(soon(), || 4, |_| true), Some(3));
    }
}
