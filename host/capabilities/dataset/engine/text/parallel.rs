//! Work on all cores whose results are taken in order.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, channel, sync_channel},
    },
    thread,
};

/// Threads that read at once: more than eight wait for memory rather than work.
const MOST_THREADS: usize = 8;

/// How many threads read.
pub fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS)
}

/// Takes inputs one after the other, works on each on some thread, and gives the results to `sink` in the order of the inputs, on this thread. `sink` says
/// whether to go on.
pub fn ordered<I, O, E, F>(
    next: &mut dyn FnMut() -> Result<Option<I>, F>,
    work: &(dyn Fn(I) -> O + Sync),
    sink: &mut dyn FnMut(O) -> Result<bool, E>,
) -> Result<(), E>
where
    I: Send,
    O: Send,
    E: From<F>,
{
    let threads = threads();
    if threads == 1 {
        while let Some(input) = next()? {
            if !sink(work(input))? {
                break;
            }
        }
        return Ok(());
    }
    // One input for each thread waits, and no more: they are large.
    let (inputs, waiting) = sync_channel::<(u64, I)>(1);
    let waiting = Mutex::new(waiting);
    let (results, done) = channel();
    thread::scope(|scope| {
        for _ in 0..threads {
            let (results, waiting) = (results.clone(), &waiting);
            scope.spawn(move || {
                while let Some((at, input)) = take(waiting) {
                    let output = catch_unwind(AssertUnwindSafe(|| work(input)));
                    if results.send((at, output)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(results);
        let (mut sent, mut given) = (0, 0);
        let mut early = BTreeMap::new();
        let mut inputs = Some(inputs);
        let mut failed = None;
        loop {
            // Results are taken as they come, so that no more than a few wait in memory.
            while sent - given >= threads as u64 * 2 || inputs.is_none() {
                if given == sent {
                    break;
                }
                let Ok((at, output)) = done.recv() else { return Ok(()) };
                early.insert(at, output.unwrap_or_else(|panic| resume_unwind(panic)));
                while let Some(output) = early.remove(&given) {
                    given += 1;
                    if !sink(output)? {
                        return Ok(());
                    }
                }
            }
            match &inputs {
                None => break,
                Some(channel) => match next() {
                    Ok(Some(input)) => {
                        if channel.send((sent, input)).is_err() {
                            return Ok(());
                        }
                        sent += 1;
                    }
                    Ok(None) => inputs = None,
                    // What comes before a failure is given out first: it may hold an earlier one.
                    Err(error) => {
                        failed = Some(error);
                        inputs = None;
                    }
                },
            }
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    })
}

fn take<T>(waiting: &Mutex<Receiver<T>>) -> Option<T> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(fails_at: Option<u32>, stops_at: u32) -> (Vec<u32>, Result<(), String>) {
        let mut input = 0;
        let mut next = || {
            input += 1;
            match input {
                input if Some(input) == fails_at => Err("failed".to_owned()),
                input if input > 500 => Ok(None),
                input => Ok(Some(input)),
            }
        };
        let mut seen = Vec::new();
        let mut sink = |output| {
            seen.push(output);
            Ok(output / 2 < stops_at)
        };
        let result = ordered(&mut next, &|input| input * 2, &mut sink);
        (seen, result)
    }

    #[test]
    fn results_come_in_order() {
        let (seen, result) = run(None, 1_000);
        assert_eq!(seen, (1..=500).map(|input| input * 2).collect::<Vec<_>>());
        assert_eq!(result, Ok(()));
    }

    #[test]
    fn a_failure_comes_after_what_was_before_it() {
        assert_eq!(
            run(Some(41), 1_000),
            ((1..=40).map(|input| input * 2).collect(), Err("failed".to_owned()))
        );
        assert_eq!(run(None, 7).0, (1..=7).map(|input| input * 2).collect::<Vec<_>>());
    }
}
