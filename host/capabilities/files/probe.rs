//! How fast and how trustworthy a directory's storage is: a file of noise, written, synced, read back and gone.
//!
//! The file has no name, or loses it right after it is made, so that nothing is left behind however this ends.

use std::{
    fs::File,
    hash::{BuildHasher, RandomState},
    io,
    os::{fd::AsFd, unix::fs::FileExt},
    time::{Duration, Instant},
};

use rustix::{
    fs::{
        Advice, AtFlags, FileType, Mode, OFlags, fadvise, fcntl_getfl, fcntl_setfl, fdatasync, fstatvfs,
        openat, unlinkat,
    },
    io::Errno,
};

use super::{in_time, place::Held};
use crate::domain::{Attributes, Error};

/// Bytes of one write or read, and a power of two: what data loaders and checkpoint writers use.
const CHUNK: usize = 1 << 20;

/// The unit that files are written in past the page cache, a multiple of what any disk wants.
const BLOCK: usize = 4 << 10;

/// How many small writes with fsync are timed; the median counts.
const SYNCS: usize = 5;

/// Most random reads, and the longest that they may take together.
const RANDOM_READS: usize = 4000;
/// See [`RANDOM_READS`].
const RANDOM_TIME: Duration = Duration::from_millis(500);

/// Least file size for random reads in bytes: below, they would hit the same blocks.
const LEAST_FOR_RANDOM: u64 = 1 << 20;

/// Without a bypass of the page cache, bytes between two syncs: so that the last one does not take minutes past the deadline.
const SYNC_EVERY: u64 = 64 << 20;

/// A probe leaves at least this share of the filesystem free: others write there too.
const LEAST_FREE: f64 = 0.1;

/// Attributes as `files.probe` answers them.
pub fn run(held: &Held, size: u64, deadline: Instant) -> Result<Attributes, Error> {
    if held.kind() != FileType::Directory {
        return Err(Error::Io(format!("cannot probe {}: it is not a directory", held.shown)));
    }
    let size = size.max(1).div_ceil(BLOCK as u64) * BLOCK as u64;
    has_space(held, size)?;
    let mut probe = Probe::create(held, deadline)?;
    let mut attributes = Attributes::new();
    attributes.set("sync-time", probe.sync_time()?);
    attributes.set("write-rate", size as f64 / probe.write(size)?.as_secs_f64());
    attributes.set("read-rate", size as f64 / probe.read_back(size)?.as_secs_f64());
    if size >= LEAST_FOR_RANDOM {
        attributes.set("random-reads", probe.random_reads(size)?);
    }
    attributes.set("direct", probe.direct);
    attributes.set("written", size);
    Ok(attributes)
}

/// A single block always may be tried: whether a directory is writable is asked on full disks too.
fn has_space(held: &Held, size: u64) -> Result<(), Error> {
    if size <= BLOCK as u64 {
        return Ok(());
    }
    let stat = fstatvfs(held).map_err(|errno| held.error("ask for the space of", &errno.into()))?;
    let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
    let (total, available) = (bytes(stat.f_blocks), bytes(stat.f_bavail));
    let left = available.saturating_sub(size);
    match size <= available && left as f64 >= total as f64 * LEAST_FREE {
        true => Ok(()),
        false => Err(Error::Limit(format!(
            "a probe of {size} bytes would leave less than 10 % of the filesystem of {} free ({available} of {total} bytes are \
             available): make room, or probe with less",
            held.shown
        ))),
    }
}

/// The probe file while it exists.
struct Probe<'a> {
    held: &'a Held,
    deadline: Instant,
    file: File,
    /// Whether the page cache is bypassed.
    direct: bool,
    /// Differs from run to run, so that no block is like one that the disk knows.
    seed: u64,
    /// One chunk of noise, aligned as a bypass wants it.
    noise: Aligned,
}

impl<'a> Probe<'a> {
    fn create(held: &'a Held, deadline: Instant) -> Result<Self, Error> {
        let seed = RandomState::new().hash_one(0);
        let (file, direct) = match create(held, OFlags::DIRECT, seed) {
            Err(Errno::INVAL | Errno::OPNOTSUPP) => {
                create(held, OFlags::empty(), seed).map(|file| (file, false))
            }
            created => created.map(|file| (file, true)),
        }
        .map_err(|errno| held.error("write a file in", &errno.into()))?;
        let mut noise = Aligned::new(CHUNK);
        let mut state = seed | 1;
        for word in noise.bytes().chunks_exact_mut(8) {
            word.copy_from_slice(&next(&mut state).to_le_bytes());
        }
        let mut probe = Self { held, deadline, file, direct, seed, noise };
        // Some filesystems take the flag and refuse the write.
        if direct && probe.file.write_all_at(&probe.noise.bytes()[..BLOCK], 0).is_err() {
            let flags = fcntl_getfl(&probe.file).map_err(|errno| probe.failed("write", &errno.into()))?;
            fcntl_setfl(&probe.file, flags - OFlags::DIRECT).map_err(|e| probe.failed("write", &e.into()))?;
            probe.direct = false;
        }
        Ok(probe)
    }

    /// Median of a write of 4 KiB with fsync, in seconds.
    fn sync_time(&mut self) -> Result<f64, Error> {
        let mut times = Vec::new();
        for round in 0..SYNCS {
            self.in_time()?;
            stamp(&mut self.noise.bytes()[..BLOCK], round as u64, self.seed);
            let start = Instant::now();
            let block = &self.noise.bytes()[..BLOCK];
            self.file.write_all_at(block, 0).map_err(|e| failed(self.held, "write", &e))?;
            self.file.sync_all().map_err(|e| failed(self.held, "sync", &e))?;
            times.push(start.elapsed());
        }
        times.sort_unstable();
        Ok(times[SYNCS / 2].as_secs_f64())
    }

    /// Time to write the whole file and to sync it.
    fn write(&mut self, size: u64) -> Result<Duration, Error> {
        let mut taken = Duration::ZERO;
        for (offset, length) in chunks(size) {
            self.in_time()?;
            let chunk = &mut self.noise.bytes()[..length];
            stamp(chunk, offset, self.seed);
            let start = Instant::now();
            self.file.write_all_at(chunk, offset).map_err(|error| failed(self.held, "write", &error))?;
            if !self.direct && (offset + length as u64).is_multiple_of(SYNC_EVERY) {
                fdatasync(&self.file).map_err(|errno| self.failed("sync", &errno.into()))?;
            }
            taken += start.elapsed();
        }
        let start = Instant::now();
        self.file.sync_all().map_err(|error| self.failed("sync", &error))?;
        Ok(taken + start.elapsed())
    }

    /// Time to read the whole file; fails if it is not what was written.
    fn read_back(&mut self, size: u64) -> Result<Duration, Error> {
        if !self.direct {
            // Only advice: where it is not taken, `direct` says what the figure is worth.
            fadvise(&self.file, 0, None, Advice::DontNeed).ok();
        }
        let mut taken = Duration::ZERO;
        let mut back = Aligned::new(CHUNK);
        for (offset, length) in chunks(size) {
            self.in_time()?;
            let start = Instant::now();
            let read = &mut back.bytes()[..length];
            self.file.read_exact_at(read, offset).map_err(|error| self.failed("read back", &error))?;
            taken += start.elapsed();
            let written = &mut self.noise.bytes()[..length];
            stamp(written, offset, self.seed);
            if read != written {
                return Err(Error::Io(format!(
                    "storage of {} is broken: what was read back at byte {offset} is not what was written",
                    self.held.shown
                )));
            }
        }
        Ok(taken)
    }

    /// Reads of 4 KiB in random places, per second, one after another.
    fn random_reads(&mut self, size: u64) -> Result<f64, Error> {
        if !self.direct {
            fadvise(&self.file, 0, None, Advice::DontNeed).ok();
        }
        let mut block = Aligned::new(BLOCK);
        let mut state = self.seed | 1;
        let start = Instant::now();
        let mut reads = 0;
        while reads < RANDOM_READS && start.elapsed() < RANDOM_TIME {
            self.in_time()?;
            let offset = next(&mut state) % (size / BLOCK as u64) * BLOCK as u64;
            self.file
                .read_exact_at(block.bytes(), offset)
                .map_err(|error| self.failed("read back", &error))?;
            reads += 1;
        }
        Ok(reads as f64 / start.elapsed().as_secs_f64())
    }

    fn in_time(&self) -> Result<(), Error> {
        in_time(self.deadline, "probing", &self.held.shown)
    }

    fn failed(&self, tried: &str, error: &io::Error) -> Error {
        failed(self.held, tried, error)
    }
}

fn failed(held: &Held, tried: &str, error: &io::Error) -> Error {
    held.error(&format!("{tried} a probe file in"), error)
}

/// A file without a name where the filesystem can, else one that loses it at once.
fn create(held: &Held, extra: OFlags, seed: u64) -> Result<File, Errno> {
    let flags = OFlags::RDWR | OFlags::CLOEXEC | extra;
    let mode = Mode::RUSR | Mode::WUSR;
    match openat(held, ".", flags | OFlags::TMPFILE | OFlags::EXCL, mode) {
        // EISDIR and ENOENT come from kernels and filesystems that do not know the flag.
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::NOENT | Errno::INVAL) => {
            create_named(held.as_fd(), flags, seed)
        }
        created => created.map(File::from),
    }
}

/// A file that is made under a name nobody has and loses it at once.
fn create_named(directory: std::os::fd::BorrowedFd<'_>, flags: OFlags, seed: u64) -> Result<File, Errno> {
    let name = format!(".gonogo-probe-{seed:016x}");
    let created = openat(
        directory,
        &name,
        flags | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW,
        Mode::RUSR | Mode::WUSR,
    );
    match created {
        Ok(file) => unlinkat(directory, &name, AtFlags::empty()).map(|()| File::from(file)),
        Err(errno) => {
            // A filesystem without O_DIRECT may refuse the open after it made the name.
            if errno == Errno::INVAL {
                unlinkat(directory, &name, AtFlags::empty()).ok();
            }
            Err(errno)
        }
    }
}

/// Offsets and lengths of the chunks of a file.
fn chunks(size: u64) -> impl Iterator<Item = (u64, usize)> {
    (0..size).step_by(CHUNK).map(move |offset| {
        let left = usize::try_from(size - offset).unwrap_or(CHUNK);
        (offset, left.min(CHUNK))
    })
}

/// Makes every block of a chunk one of a kind.
fn stamp(chunk: &mut [u8], offset: u64, seed: u64) {
    for (block, at) in chunk.chunks_exact_mut(BLOCK).zip((offset..).step_by(BLOCK)) {
        block[..8].copy_from_slice(&(at ^ seed).to_le_bytes());
    }
}

/// Marsaglia's xorshift: noise that no disk compresses, as fast as memory.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// A buffer that starts at a multiple of [`BLOCK`] in memory.
pub struct Aligned {
    bytes: Vec<u8>,
    start: usize,
    length: usize,
}

impl Aligned {
    /// So many bytes, all zero.
    pub fn new(length: usize) -> Self {
        let bytes = vec![0; length + BLOCK];
        let start = bytes.as_ptr().align_offset(BLOCK).min(BLOCK);
        Self { bytes, start, length }
    }

    /// All of them.
    pub fn bytes(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.start + self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_probe_file_leaves_no_name() {
        let scratch = tempfile::tempdir().unwrap();
        let directory = File::open(scratch.path()).unwrap();
        let file = create_named(directory.as_fd(), OFlags::RDWR | OFlags::CLOEXEC, 7).unwrap();
        file.write_all_at(b"x", 0).unwrap();
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
    }

    #[test]
    fn buffers_are_aligned_and_blocks_one_of_a_kind() {
        let mut chunk = Aligned::new(CHUNK);
        assert_eq!(chunk.bytes().as_ptr() as usize % BLOCK, 0);
        stamp(chunk.bytes(), CHUNK as u64, 1);
        let stamps: std::collections::BTreeSet<_> =
            chunk.bytes().chunks(BLOCK).map(|b| b[..8].to_vec()).collect();
        assert_eq!(stamps.len(), CHUNK / BLOCK);
        assert_eq!(chunks(CHUNK as u64 + 5).collect::<Vec<_>>(), [(0, CHUNK), (CHUNK as u64, 5)]);
    }
}
