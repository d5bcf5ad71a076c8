//! Digests of files, on all cores.
//!
//! Threads take pieces from one queue, large files first. A piece is a whole file, except that BLAKE3 is a tree: of a large file each
//! piece is a subtree, whose value whoever comes last joins with the others. Everything is read into one buffer for each thread, small
//! enough to stay in its cache: the page faults of a mapped file cost more than the copy.

use std::{
    fs::File,
    io::{self, Read},
    num::NonZero,
    os::unix::fs::FileExt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use blake3::hazmat::{ChainingValue, HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root};
use rustix::fs::{Advice, Stat, fadvise, fstat};
use sha2::{Digest, Sha256};

use super::{
    Algorithm, Files, content, in_time,
    place::{Access, Held},
    probe::Aligned,
};
use crate::domain::{Error, Value, text};

/// Most files of one call: a list of as many paths is a MiB or so of a plugin's memory.
const MOST_FILES: usize = 10_000;

/// Bytes of a thread's buffer, and between two looks at the deadline: about a core's own cache, some tenths of a millisecond of work. It
/// begins at a page: the kernel copies into such a buffer in two thirds of the time.
const BLOCK: usize = 1 << 20;

/// Least bytes of a subtree that a thread takes at once, a power of two: some milliseconds of work.
const LEAST_SUBTREE: u64 = 4 << 20;

/// Most subtrees of one file, so that the values of any file fit into 2 MiB.
const MOST_SUBTREES: u64 = 1 << 16;

/// How a digest comes out.
type Digested = Result<String, Error>;

impl Files {
    /// The digests of many regular files, in the order of `paths`.
    pub fn digests(
        &self,
        paths: &[String],
        algorithm: Algorithm,
        deadline: Instant,
    ) -> Result<Vec<Value>, Error> {
        if paths.len() > MOST_FILES {
            return Err(Error::Limit(format!(
                "the digests of {} files were asked for, and one call gives {MOST_FILES} at most",
                paths.len()
            )));
        }
        let open = |file: usize| {
            let path = paths.get(file).map_or("", String::as_str);
            Opened::new(&self.locate(path, Access::Read)?.open(true)?)
        };
        // Opened twice, so that no more files than threads are open at any time.
        let size = |path: &String| {
            let held = self.locate(path, Access::Read).and_then(|place| place.open(true));
            held.map_or(0, |held| length(&held.stat))
        };
        let sizes = paths.iter().map(size).collect::<Vec<_>>();
        let digests = Work::new(&sizes, algorithm, deadline, &open).done();
        Ok(digests
            .into_iter()
            .map(|digest| digest.map_or_else(|failed| Value::Failed { failed }, Value::Text))
            .collect())
    }
}

/// The digest of one file in lower-case hex.
pub fn digest(held: &Held, algorithm: Algorithm, deadline: Instant) -> Digested {
    let open = |_: usize| Opened::new(held);
    let digests = Work::new(&[length(&held.stat)], algorithm, deadline, &open).done();
    digests.into_iter().next().unwrap_or_else(|| Err(Error::Io(format!("cannot digest {}", held.shown))))
}

fn length(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

/// A file under way, as it was when it was opened.
pub struct Opened {
    file: File,
    before: Stat,
    shown: String,
}

impl Opened {
    /// Opens a regular file, and nothing else.
    pub fn new(held: &Held) -> Result<Self, Error> {
        let file = content::open(held)?;
        let before = fstat(&file).map_err(|errno| held.error("read", &errno.into()))?;
        // Only advice: filesystems that take none read as well.
        fadvise(&file, 0, None, Advice::Sequential).ok();
        Ok(Self { file, before, shown: held.shown.clone() })
    }

    fn failed(&self, error: &io::Error) -> Error {
        Error::from_io("read", &text::line(&self.shown, 300), error)
    }

    /// Fails unless the file is what it was, and `total` bytes of it were read.
    fn unchanged(&self, total: u64) -> Result<(), Error> {
        let after = fstat(&self.file).map_err(|errno| self.failed(&errno.into()))?;
        let (size, before) = (length(&self.before), &self.before);
        // Files of /proc and /sys say that they are empty, and are not.
        let whole = total == size || size == 0;
        let same = before.st_size == after.st_size
            && (before.st_mtime, before.st_mtime_nsec) == (after.st_mtime, after.st_mtime_nsec);
        match whole && same {
            true => Ok(()),
            false => Err(Error::Io(format!("cannot digest {}: it changed while it was read", self.shown))),
        }
    }

    /// Hands the whole file over, block by block, and fails if it changed meanwhile.
    pub fn feed(
        &self,
        buffer: &mut [u8],
        deadline: Instant,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), Error> {
        let mut total = 0;
        loop {
            in_time(deadline, "digesting", &self.shown)?;
            let length = match (&self.file).read(buffer) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.failed(&error)),
            };
            take(buffer.get(..length).unwrap_or_default());
            total += length as u64;
        }
        self.unchanged(total)
    }

    /// The value of the subtree of BLAKE3 over `length` bytes from `offset`.
    fn subtree(
        &self,
        offset: u64,
        length: u64,
        buffer: &mut [u8],
        deadline: Instant,
    ) -> Result<ChainingValue, Error> {
        let mut hasher = blake3::Hasher::new();
        hasher.set_input_offset(offset);
        let mut done = 0;
        while done < length {
            in_time(deadline, "digesting", &self.shown)?;
            let most = usize::try_from(length - done).unwrap_or(usize::MAX).min(buffer.len());
            let block = buffer.get_mut(..most).unwrap_or_default();
            self.file.read_exact_at(block, offset + done).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => {
                    Error::Io(format!("cannot digest {}: it changed while it was read", self.shown))
                }
                _ => self.failed(&error),
            })?;
            hasher.update(block);
            done += block.len() as u64;
        }
        Ok(hasher.finalize_non_root())
    }
}

/// The files of one call.
struct Work<'a, O> {
    files: Vec<Mutex<State>>,
    /// Which file each run of pieces belongs to, with the first piece after it: large files first.
    order: Vec<(usize, u64)>,
    algorithm: Algorithm,
    deadline: Instant,
    open: &'a O,
}

/// How far a file is.
struct State {
    size: u64,
    /// Bytes of a piece, the last one aside.
    piece: u64,
    pieces: u64,
    /// While some of its pieces are taken, and others are not done.
    opened: Option<Arc<Opened>>,
    values: Vec<ChainingValue>,
    left: u64,
    digested: Option<Digested>,
}

impl State {
    fn new(size: u64, algorithm: Algorithm) -> Self {
        let piece = LEAST_SUBTREE.max(size.div_ceil(MOST_SUBTREES).next_power_of_two());
        let pieces = match algorithm {
            Algorithm::Sha256 => 1,
            Algorithm::Blake3 => size.div_ceil(piece).max(1),
        };
        Self { size, piece, pieces, opened: None, values: Vec::new(), left: pieces, digested: None }
    }
}

impl<'a, O: Fn(usize) -> Result<Opened, Error> + Sync> Work<'a, O> {
    fn new(sizes: &[u64], algorithm: Algorithm, deadline: Instant, open: &'a O) -> Self {
        let mut by_size = (0..sizes.len()).collect::<Vec<_>>();
        by_size.sort_by_key(|&file| std::cmp::Reverse(sizes.get(file)));
        let states = sizes.iter().map(|&size| State::new(size, algorithm)).collect::<Vec<_>>();
        let mut end = 0_u64;
        let order = by_size.into_iter().map(|file| {
            end += states.get(file).map_or(0, |state| state.pieces);
            (file, end)
        });
        let order = order.collect();
        Self { files: states.into_iter().map(Mutex::new).collect(), order, algorithm, deadline, open }
    }

    fn done(self) -> Vec<Digested> {
        let pieces = self.order.last().map_or(0, |(_, end)| *end);
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let threads = cores.min(usize::try_from(pieces).unwrap_or(usize::MAX));
        let next = AtomicU64::new(0);
        let work = || self.take_pieces(&next, pieces);
        thread::scope(|scope| {
            for _ in 1..threads {
                // Where the system gives no thread, the others do its work.
                let _ = thread::Builder::new().name("digest".to_owned()).spawn_scoped(scope, work);
            }
            work();
        });
        let late = || Err(Error::Timeout("digesting did not end before its deadline".to_owned()));
        let digested = |file: Mutex<State>| {
            file.into_inner().unwrap_or_else(PoisonError::into_inner).digested.unwrap_or_else(late)
        };
        self.files.into_iter().map(digested).collect()
    }

    fn take_pieces(&self, next: &AtomicU64, pieces: u64) {
        let largest = self.order.first().and_then(|(file, _)| self.files.get(*file));
        let largest = largest.map_or(0, |file| locked(file).size);
        // Room for the end of a file to show; the whole where the size is not known beforehand.
        let room =
            if largest == 0 { BLOCK } else { usize::try_from(largest + 1).unwrap_or(BLOCK).min(BLOCK) };
        let mut aligned = Aligned::new(room);
        let buffer = aligned.bytes();
        loop {
            let piece = next.fetch_add(1, Ordering::Relaxed);
            if piece >= pieces {
                return;
            }
            let at = self.order.partition_point(|(_, end)| *end <= piece);
            let Some(&(file, end)) = self.order.get(at) else { return };
            let Some(state) = self.files.get(file) else { return };
            let pieces = locked(state).pieces;
            if pieces == 1 {
                let digested = self.whole(file, buffer);
                locked(state).digested = Some(digested);
            } else {
                self.part(file, state, piece + pieces - end, buffer);
            }
        }
    }

    fn whole(&self, file: usize, buffer: &mut [u8]) -> Digested {
        let opened = (self.open)(file)?;
        match self.algorithm {
            Algorithm::Sha256 => {
                let mut hasher = Sha256::new();
                opened.feed(buffer, self.deadline, |bytes| hasher.update(bytes))?;
                Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
            }
            Algorithm::Blake3 => {
                let mut hasher = blake3::Hasher::new();
                opened.feed(buffer, self.deadline, |bytes| {
                    hasher.update(bytes);
                })?;
                Ok(hasher.finalize().to_hex().to_string())
            }
        }
    }

    /// One subtree of a large file; the last one to be done joins them.
    fn part(&self, file: usize, state: &Mutex<State>, place: u64, buffer: &mut [u8]) {
        let part = self.value(file, state, place, buffer);
        let mut state = locked(state);
        state.left -= 1;
        match part {
            Ok(value) => {
                if let Some(kept) = state.values.get_mut(usize::try_from(place).unwrap_or(usize::MAX)) {
                    *kept = value;
                }
            }
            // The first to fail says why.
            Err(error) => {
                state.digested.get_or_insert(Err(error));
            }
        }
        if state.left > 0 {
            return;
        }
        let (opened, values, size) = (state.opened.take(), std::mem::take(&mut state.values), state.size);
        if let (Some(opened), None) = (opened, &state.digested) {
            let unchanged = opened.unchanged(size);
            state.digested = Some(unchanged.map(|()| join(&values).to_hex().to_string()));
        }
    }

    fn value(
        &self,
        file: usize,
        state: &Mutex<State>,
        place: u64,
        buffer: &mut [u8],
    ) -> Result<ChainingValue, Error> {
        let (opened, offset, length) = {
            let mut state = locked(state);
            if let Some(Err(error)) = &state.digested {
                return Err(error.clone());
            }
            let opened = if let Some(opened) = &state.opened {
                Arc::clone(opened)
            } else {
                let opened = Arc::new((self.open)(file)?);
                state.values = vec![ChainingValue::default(); usize::try_from(state.pieces).unwrap_or(0)];
                state.opened = Some(Arc::clone(&opened));
                opened
            };
            let offset = place * state.piece;
            (opened, offset, state.piece.min(state.size.saturating_sub(offset)))
        };
        opened.subtree(offset, length, buffer, self.deadline)
    }
}

fn locked(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The root over subtrees of one size, the last of which may be shorter: the left side always is the largest power of two that leaves a right one.
fn join(values: &[ChainingValue]) -> blake3::Hash {
    let (left, right) = values.split_at(left_of(values.len()));
    merge_subtrees_root(&joined(left), &joined(right), Mode::Hash)
}

fn joined(values: &[ChainingValue]) -> ChainingValue {
    match values {
        [] => ChainingValue::default(),
        [one] => *one,
        several => {
            let (left, right) = several.split_at(left_of(several.len()));
            merge_subtrees_non_root(&joined(left), &joined(right), Mode::Hash)
        }
    }
}

fn left_of(count: usize) -> usize {
    count.div_ceil(2).next_power_of_two().min(count)
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use super::*;
    use crate::domain::{Authority, Grant, Origin};

    fn files(project: &std::path::Path) -> Files {
        let grant = Grant::Read { name: "data".to_owned(), path: project.join("data") };
        let authority = Authority { grant, parameter: "it".to_owned(), origin: Origin::Config { line: 1 } };
        fs::create_dir_all(project.join("data")).unwrap();
        Files::new(project, &[authority])
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_mins(1)
    }

    fn noise(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
    }

    #[test]
    fn subtrees_join_to_the_digest_of_the_whole() {
        let project = tempfile::tempdir().unwrap();
        let files = files(project.path());
        let part = LEAST_SUBTREE as usize;
        let bytes = noise(5 * part + 7);
        for length in [0, 1, 1024, part - 1, part, part + 1, 2 * part, 3 * part, 4 * part + 1, 5 * part + 7] {
            fs::write(project.path().join("data/x"), &bytes[..length]).unwrap();
            let digest = files.digest("data/x", Algorithm::Blake3, soon()).unwrap();
            assert_eq!(digest, blake3::hash(&bytes[..length]).to_hex().to_string(), "{length}");
        }
    }

    #[test]
    fn many_are_answered_in_their_order_each_with_its_own_error() {
        let project = tempfile::tempdir().unwrap();
        let files = files(project.path());
        let bytes = noise(3 * LEAST_SUBTREE as usize);
        let mut paths = Vec::new();
        for (at, length) in [10, bytes.len(), 0, 70_000, 2 * bytes.len() / 3 + 1].into_iter().enumerate() {
            fs::write(project.path().join(format!("data/{at}")), &bytes[..length]).unwrap();
            paths.push((format!("data/{at}"), Some(length)));
        }
        paths.insert(2, ("data/missing".to_owned(), None));
        paths.insert(0, ("secret".to_owned(), None));
        paths.push(("data".to_owned(), None));
        let names = paths.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
        for algorithm in [Algorithm::Sha256, Algorithm::Blake3] {
            let digests = files.digests(&names, algorithm, soon()).unwrap();
            assert_eq!(digests.len(), paths.len());
            for ((path, length), digest) in paths.iter().zip(digests) {
                let Some(length) = length else {
                    assert!(matches!(digest, Value::Failed { .. }), "{path}");
                    continue;
                };
                let expected = match algorithm {
                    Algorithm::Blake3 => blake3::hash(&bytes[..*length]).to_hex().to_string(),
                    Algorithm::Sha256 => {
                        Sha256::digest(&bytes[..*length]).iter().map(|byte| format!("{byte:02x}")).collect()
                    }
                };
                assert_eq!(digest, Value::Text(expected), "{path}");
            }
        }
        let denied = files.digests(&names[..1], Algorithm::Blake3, soon()).unwrap();
        assert!(matches!(&denied[0], Value::Failed { failed: Error::Denied(_) }));
        let many = vec![String::new(); MOST_FILES + 1];
        assert!(matches!(files.digests(&many, Algorithm::Blake3, soon()), Err(Error::Limit(_))));
        assert_eq!(files.digests(&[], Algorithm::Blake3, soon()), Ok(Vec::new()));
    }

    #[test]
    fn the_deadline_counts_inside_large_files() {
        let project = tempfile::tempdir().unwrap();
        let files = files(project.path());
        let sparse = File::create(project.path().join("data/sparse")).unwrap();
        sparse.set_len(1 << 40).unwrap();
        let start = Instant::now();
        for algorithm in [Algorithm::Sha256, Algorithm::Blake3] {
            let deadline = Instant::now() + Duration::from_millis(100);
            let paths = ["data/sparse".to_owned(), "data/sparse".to_owned()];
            for digest in files.digests(&paths, algorithm, deadline).unwrap() {
                assert!(matches!(digest, Value::Failed { failed: Error::Timeout(_) }), "{digest:?}");
            }
        }
        assert!(start.elapsed() < Duration::from_secs(2));
    }
}
