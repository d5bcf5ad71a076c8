//! Work that may block for ever (a dead network mount, a broken driver) runs on a thread of its own, waited for until a deadline.
//!
//! A thread that does not come back is abandoned and counted; when it does come back, it is used again.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, Sender},
    },
    thread,
    time::Instant,
};

use crate::domain::{Error, limits::BLOCKING_THREADS};

/// Does the work, puts its thread back among the idle ones, and then hands over the answer: in this order, so that whoever waited
/// finds the thread idle for its next call.
type Work = Box<dyn FnOnce(Worker) + Send>;

/// A thread that waits for work.
#[derive(Clone)]
struct Worker(Sender<Work>);

/// Threads that wait for work, the last used on top: its caches are warm.
static IDLE: Mutex<Vec<Worker>> = Mutex::new(Vec::new());
static ALIVE: AtomicUsize = AtomicUsize::new(0);
static STUCK: AtomicUsize = AtomicUsize::new(0);

/// How many threads are in a call that nobody waits for any more.
pub fn stuck() -> usize {
    STUCK.load(Ordering::Relaxed)
}

enum Answer<T> {
    Pending,
    Given(thread::Result<T>),
    Abandoned,
}

/// Does the work on another thread; `Ok(None)` when it is not done by the deadline.
///
/// # Errors
/// `limit` when all threads are stuck, `io` when the system gives no thread or the work panicked.
pub fn within<T: Send + 'static>(
    deadline: Instant,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<Option<T>, Error> {
    let slot = Arc::new((Mutex::new(Answer::Pending), Condvar::new()));
    let filled = Arc::clone(&slot);
    let task: Work = Box::new(move |this| {
        let answer = catch_unwind(AssertUnwindSafe(work));
        lock(&IDLE).push(this);
        let (slot, given) = &*filled;
        let mut slot = lock(slot);
        if matches!(*slot, Answer::Abandoned) {
            STUCK.fetch_sub(1, Ordering::Relaxed);
        }
        *slot = Answer::Given(answer);
        given.notify_one();
    });
    let idle = lock(&IDLE).pop();
    let worker = idle.map_or_else(spawn, Ok)?;
    if worker.0.send(task).is_err() {
        return Err(Error::Io("a thread for blocking work ended unexpectedly".to_owned()));
    }

    let (slot, given) = &*slot;
    let left = deadline.saturating_duration_since(Instant::now());
    let waited = given.wait_timeout_while(lock(slot), left, |answer| matches!(answer, Answer::Pending));
    let (mut slot, _) = waited.unwrap_or_else(PoisonError::into_inner);
    match std::mem::replace(&mut *slot, Answer::Abandoned) {
        Answer::Given(Ok(value)) => Ok(Some(value)),
        Answer::Given(Err(_)) => {
            Err(Error::Io("a host function panicked: this is a bug of gonogo".to_owned()))
        }
        Answer::Pending | Answer::Abandoned => {
            STUCK.fetch_add(1, Ordering::Relaxed);
            Ok(None)
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn spawn() -> Result<Worker, Error> {
    if ALIVE.fetch_add(1, Ordering::Relaxed) >= BLOCKING_THREADS {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
        let stuck = stuck();
        return Err(Error::Limit(format!(
            "all {BLOCKING_THREADS} threads for blocking work are busy, {stuck} of them stuck"
        )));
    }
    let (sender, tasks) = mpsc::channel::<Work>();
    let worker = Worker(sender);
    let this = worker.clone();
    let run = move || {
        while let Ok(task) = tasks.recv() {
            task(this.clone());
        }
    };
    match thread::Builder::new().name("blocking".to_owned()).spawn(run) {
        Ok(_) => Ok(worker),
        Err(error) => {
            ALIVE.fetch_sub(1, Ordering::Relaxed);
            Err(Error::from_io("start", "a thread", &error))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn work_is_done_or_abandoned() {
        let soon = || Instant::now() + Duration::from_secs(5);
        assert_eq!(within(soon(), || 6 * 7), Ok(Some(42)));
        let (release, held) = mpsc::channel::<()>();
        let stuck_before = stuck();
        assert_eq!(within(Instant::now() + Duration::from_millis(20), move || held.recv().is_ok()), Ok(None));
        assert_eq!(stuck(), stuck_before + 1);
        assert_eq!(within(soon(), || "others go on"), Ok(Some("others go on")));
        release.send(()).unwrap();
        while stuck() > stuck_before {
            thread::yield_now();
        }
    }

    #[test]
    fn a_panic_is_an_error_and_not_a_hang() {
        let answer = within(Instant::now() + Duration::from_secs(5), || -> u8 { panic!("boo") });
        assert!(matches!(answer, Err(Error::Io(text)) if text.contains("bug")));
    }
}
