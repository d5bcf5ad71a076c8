//! Short measurements of what the cores and the memory give.
//!
//! The arithmetic is the portable kind that every binary for this architecture holds, so its figure compares machines and shows
//! throttling; it is not the peak that a hand-tuned library reaches.

use std::{
    hint::black_box,
    thread,
    time::{Duration, Instant},
};

use crate::domain::{Attributes, Error};

/// The longest that arithmetic may be run, in seconds: a check, not a burn-in.
const LONGEST: f64 = 5.0;

/// The most memory that may be written, in bytes.
const MOST_MEMORY: u64 = 2 * 1024 * 1024 * 1024;

/// Enough passes for a best one; after the second of them, time also ends the measurement.
const PASSES: usize = 10;

/// How long passes over memory go on when the deadline is far.
const LONG_ENOUGH: Duration = Duration::from_millis(500);

/// Sums that do not wait for each other: enough to fill the units of today's cores in their widest vectors.
const SUMS: usize = 32;

/// Steps between two looks at the clock: about ten microseconds.
const STEPS: usize = 2000;

/// See `probe-cpu` in `wit/system.wit`.
pub(super) fn cpu(seconds: f64, cores: usize, deadline: Instant) -> Result<Attributes, Error> {
    if !(seconds > 0.0 && seconds <= LONGEST) {
        return Err(Error::Limit(format!(
            "cannot run arithmetic for {seconds} s, only for more than 0 s and at most {LONGEST} s"
        )));
    }
    let wanted = Duration::from_secs_f64(seconds);
    let start = Instant::now();
    if deadline < start + wanted {
        return Err(Error::Timeout(format!("arithmetic for {seconds} s would outlast the deadline")));
    }
    let single = arithmetic(start + wanted / 2);
    let end = start + wanted;
    let all: f64 = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores)
            .map(|_| thread::Builder::new().spawn_scoped(scope, || arithmetic(end)))
            .collect::<Result<_, _>>()
            .map_err(|error| Error::from_io("start", "a thread", &error))?;
        // A thread of plain arithmetic cannot panic.
        Ok::<f64, Error>(threads.into_iter().filter_map(|thread| thread.join().ok()).sum())
    })?;
    let mut probe = Attributes::new();
    probe.set("single", single);
    probe.set("all", all);
    probe.set("cores", cores);
    Ok(probe)
}

/// Multiplies and adds until `end`; floating-point operations per second.
fn arithmetic(end: Instant) -> f64 {
    let start = Instant::now();
    // The factor is known to nobody but the processor, and the sums neither grow nor fade.
    let (factor, summand) = (black_box(0.999_999_9), black_box(1e-7));
    let mut sums = [1.0_f64; SUMS];
    let mut operations = 0_u64;
    loop {
        for _ in 0..STEPS {
            for sum in &mut sums {
                *sum = *sum * factor + summand;
            }
        }
        sums = black_box(sums);
        operations += 2 * (STEPS * SUMS) as u64;
        let now = Instant::now();
        if now >= end {
            return operations as f64 / now.duration_since(start).as_secs_f64();
        }
    }
}

/// See `probe-memory` in `wit/system.wit`. `free` is what may be taken without harm.
pub(super) fn memory(size: u64, free: u64, cores: usize, deadline: Instant) -> Result<Attributes, Error> {
    if size > MOST_MEMORY {
        return Err(Error::Limit(format!(
            "cannot write arrays of {size} bytes, only of at most {MOST_MEMORY}"
        )));
    }
    if size > free / 2 {
        return Err(Error::Limit(format!(
            "arrays of {size} bytes are more than half of the {free} bytes that are free"
        )));
    }
    let length = size as usize / (3 * size_of::<f64>());
    if length < cores {
        return Err(Error::Limit(format!("arrays of {size} bytes are too small for {cores} cores")));
    }
    let mut arrays =
        Arrays { from: vec![1.0; length], with: vec![2.0; length], to: vec![0.0; length], cores };
    let start = Instant::now();
    let (mut copy, mut triad) = (Duration::MAX, Duration::MAX);
    for pass in 0..PASSES {
        let now = Instant::now();
        if now >= deadline || (pass > 1 && now.duration_since(start) > LONG_ENOUGH) {
            break;
        }
        let passed = arrays.pass(|to, from, _| to.copy_from_slice(from));
        copy = copy.min(passed);
        let scalar = black_box(3.0);
        let passed = arrays.pass(|to, from, with| {
            for ((to, from), with) in to.iter_mut().zip(from).zip(with) {
                *to = *from + scalar * *with;
            }
        });
        triad = triad.min(passed);
    }
    if triad == Duration::MAX {
        return Err(Error::Timeout("not one pass over the memory ended before the deadline".to_owned()));
    }
    let bytes = (length * size_of::<f64>()) as f64;
    let mut probe = Attributes::new();
    // As STREAM counts: what is read and written, not what caches fetch besides.
    probe.set("copy", 2.0 * bytes / copy.as_secs_f64());
    probe.set("triad", 3.0 * bytes / triad.as_secs_f64());
    probe.set("cores", cores);
    Ok(probe)
}

/// STREAM's three arrays.
struct Arrays {
    from: Vec<f64>,
    with: Vec<f64>,
    to: Vec<f64>,
    cores: usize,
}

impl Arrays {
    /// Runs `work` on equal parts, one for each core, and says how long all of them took.
    fn pass(&mut self, work: impl Fn(&mut [f64], &[f64], &[f64]) + Sync) -> Duration {
        let part = self.from.len().div_ceil(self.cores);
        let start = Instant::now();
        thread::scope(|scope| {
            for ((to, from), with) in
                self.to.chunks_mut(part).zip(self.from.chunks(part)).zip(self.with.chunks(part))
            {
                let work = &work;
                scope.spawn(move || {
                    work(to, from, with);
                    black_box(to);
                });
            }
        });
        start.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Value;

    fn number(probe: &Attributes, name: &str) -> f64 {
        match probe.get(name) {
            Some(Value::Number(number)) => *number,
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn arithmetic_is_as_fast_as_processors_are() {
        let start = Instant::now();
        let probe = cpu(0.1, 2, start + Duration::from_mins(1)).unwrap();
        assert!(start.elapsed() >= Duration::from_millis(100));
        // A core of this century does 0.1 to 200 G operations a second; an empty loop would seem to do far more.
        for name in ["single", "all"] {
            let speed = number(&probe, name);
            assert!((1e8..4e11).contains(&speed), "{name}: {speed}");
        }
    }

    #[test]
    fn memory_is_as_fast_as_memory_is() {
        let probe = memory(96 << 20, 1 << 30, 2, Instant::now() + Duration::from_mins(1)).unwrap();
        for name in ["copy", "triad"] {
            let speed = number(&probe, name);
            assert!((1e8..5e12).contains(&speed), "{name}: {speed}");
        }
    }

    #[test]
    fn what_is_too_much_is_refused() {
        let later = Instant::now() + Duration::from_mins(1);
        for seconds in [0.0, -1.0, 5.1, f64::NAN, f64::INFINITY] {
            assert!(matches!(cpu(seconds, 1, later), Err(Error::Limit(_))), "{seconds}");
        }
        assert!(matches!(cpu(1.0, 1, Instant::now()), Err(Error::Timeout(_))));
        assert!(matches!(memory(MOST_MEMORY + 1, u64::MAX, 1, later), Err(Error::Limit(_))));
        assert!(matches!(memory(1 << 20, 1 << 20, 1, later), Err(Error::Limit(_))));
        assert!(matches!(memory(0, 1 << 30, 1, later), Err(Error::Limit(_))));
        assert!(matches!(memory(1 << 20, 1 << 30, 1, Instant::now()), Err(Error::Timeout(_))));
    }
}
