//! What is worked out from a plugin's bytes once and kept: its compiled code and its description.
//!
//! Compiled code is native code: whoever can put a file here runs it. So the directory is the user's own (0700, no link), and each
//! entry carries a keyed BLAKE3 hash over its name and content, with a key that only the user can read. An entry that does not fit is
//! as good as none.
//!
//! An entry that is mapped is read whole and checked first, then mapped from the same open file. In between only this user can write to it:
//! it is theirs, nobody else may write, and the directory lets nobody else in. They could read the key, too, and forge what they like.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    num::NonZero,
    os::{
        fd::AsRawFd,
        unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
    thread,
};

/// Bytes of the key and of each entry's hash.
const HASH: usize = 32;

/// Bytes that are hashed by themselves, on one of several threads.
const CHUNK: usize = 256 << 10;

/// Bytes that are read at a time: memory is as dear as hashing where it is touched for the first time.
const PIECE: usize = 64 << 10;

/// Chunks that are worth a thread: one takes some 50 µs, a thread about as long to start.
const CHUNKS_FOR_A_THREAD: usize = 8;

/// Most threads that hash one entry. With four, the largest take two milliseconds.
const THREADS: usize = 4;

/// A directory of authenticated entries.
#[derive(Debug)]
pub struct Cache {
    directory: PathBuf,
    key: [u8; HASH],
}

/// Why there is no cache.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither `XDG_CACHE_HOME` nor `HOME` is an absolute path.
    #[error("neither XDG_CACHE_HOME nor HOME names a directory")]
    NoHome,
    /// The directory is a link, somebody else's, or open to others.
    #[error("{0} {1}; remove it, or point XDG_CACHE_HOME elsewhere")]
    NotOurs(PathBuf, &'static str),
    /// The system refused.
    #[error("cannot {tried} {path}")]
    Io {
        /// What was tried.
        tried: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl Cache {
    /// The user's cache, made where it is not there.
    ///
    /// # Errors
    /// Where there is no safe place for one.
    pub fn of_user() -> Result<Self, Error> {
        let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = absolute("XDG_CACHE_HOME")
            .or_else(|| Some(absolute("HOME")?.join(".cache")))
            .ok_or(Error::NoHome)?;
        fs::create_dir_all(&base).map_err(failed("create", &base))?;
        Self::open(base.join("gonogo"))
    }

    /// A cache in a directory of its own.
    ///
    /// # Errors
    /// Where the directory is not the user's own, or cannot be made.
    pub fn open(directory: PathBuf) -> Result<Self, Error> {
        match DirBuilder::new().mode(0o700).create(&directory) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed("create", &directory)(error)),
        }
        let found = fs::symlink_metadata(&directory).map_err(failed("look at", &directory))?;
        let wrong = match &found {
            found if !found.is_dir() => Some("is not a directory"),
            found if found.uid() != rustix::process::geteuid().as_raw() => Some("belongs to another user"),
            found if found.mode() & 0o077 != 0 => Some("is open to other users"),
            _ => None,
        };
        if let Some(wrong) = wrong {
            return Err(Error::NotOurs(directory, wrong));
        }
        let key = key(&directory)?;
        Ok(Self { directory, key })
    }

    /// The directory itself, for what has its own proof of being what it should be.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The content of an entry, if it is there, whole, and written by us under this name.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        let mut content = Vec::new();
        open_ours(&self.directory.join(name)).ok()?.read_to_end(&mut content).ok()?;
        let at = content.len().checked_sub(HASH)?;
        let (body, hash) = content.split_at(at);
        Self::fits(name, self.hash(name, body), hash)?;
        content.truncate(at);
        Some(content)
    }

    /// An entry to be mapped, if it is there, whole, and written by us under this name. Its hash follows the content.
    pub fn get_file(&self, name: &str) -> Option<Kept> {
        let path = self.directory.join(name);
        let file = open_ours(&path).ok()?;
        let length = file.metadata().ok()?.len().checked_sub(HASH as u64)?;
        let mut hash = [0; HASH];
        file.read_exact_at(&mut hash, length).ok()?;
        let read = |buffer: &mut [u8], at: usize| file.read_exact_at(buffer, at as u64);
        let found = self.hash_of(name, usize::try_from(length).ok()?, &read).ok()?;
        Self::fits(name, found, &hash)?;
        Some(Kept { file, path })
    }

    /// Keeps an entry. A failure costs time at the next run and nothing else, so it is only logged.
    pub fn put(&self, name: &str, content: &[u8]) {
        let write = |path: &Path| {
            let mut file = new_file(path)?;
            file.write_all(content)?;
            file.write_all(self.hash(name, content).as_bytes())
        };
        if let Err(error) = replace(&self.directory.join(name), write) {
            tracing::warn!("cannot write cache entry {name}: {error}");
        }
    }

    /// Whether it is the hash that was written.
    fn fits(name: &str, found: blake3::Hash, written: &[u8]) -> Option<()> {
        if found != *<&[u8; HASH]>::try_from(written).ok()? {
            tracing::warn!("cache entry {name} is not what was written; it is made anew");
            return None;
        }
        Some(())
    }

    /// Constant-time comparable hash of an entry.
    fn hash(&self, name: &str, content: &[u8]) -> blake3::Hash {
        let read = |buffer: &mut [u8], at: usize| {
            buffer.copy_from_slice(&content[at..at + buffer.len()]);
            Ok(())
        };
        // Memory can always be read. Should it not, this is the hash of no entry.
        self.hash_of(name, content.len(), &read).unwrap_or_else(|_| blake3::keyed_hash(&self.key, b""))
    }

    /// The same of whatever can be read at any place. Its chunks are hashed on several threads where there are many, because every run
    /// waits for it.
    fn hash_of(
        &self,
        name: &str,
        length: usize,
        read: &(impl Fn(&mut [u8], usize) -> io::Result<()> + Sync),
    ) -> io::Result<blake3::Hash> {
        let chunks = length.div_ceil(CHUNK);
        let chunk = |number: usize, buffer: &mut Vec<u8>| {
            let mut hasher = blake3::Hasher::new_keyed(&self.key);
            let end = length.min((number + 1) * CHUNK);
            for at in (number * CHUNK..end).step_by(PIECE) {
                buffer.resize(PIECE.min(end - at), 0);
                read(buffer, at)?;
                hasher.update(buffer);
            }
            Ok::<_, io::Error>(hasher.finalize())
        };
        let part = |numbers: std::ops::Range<usize>| {
            let mut buffer = Vec::new();
            numbers.map(|number| chunk(number, &mut buffer)).collect::<io::Result<Vec<_>>>()
        };
        let threads = match chunks / CHUNKS_FOR_A_THREAD {
            0 | 1 => 1,
            // To find out how many cores there are takes as long as to hash a description.
            worth => worth.min(THREADS).min(thread::available_parallelism().map_or(1, NonZero::get)),
        };
        let share = chunks.div_ceil(threads).max(1);
        let part = &part;
        let hashes = thread::scope(|scope| {
            let numbers = |thread: usize| (thread * share).min(chunks)..((thread + 1) * share).min(chunks);
            let start = |thread: usize| {
                let hash = move || part(numbers(thread));
                (thread, thread::Builder::new().name("cache".to_owned()).spawn_scoped(scope, hash))
            };
            let others = (1..threads).map(start).collect::<Vec<_>>();
            let mut hashes = part(numbers(0))?;
            for (thread, other) in others {
                hashes.extend(match other {
                    Ok(other) => other.join().map_err(|_| io::Error::other("a thread panicked"))??,
                    // The system gives no more threads.
                    Err(_) => part(numbers(thread))?,
                });
            }
            Ok::<_, io::Error>(hashes)
        })?;
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        hasher.update(&(length as u64).to_le_bytes());
        for hash in hashes {
            hasher.update(hash.as_bytes());
        }
        Ok(hasher.finalize())
    }
}

/// An entry that was checked.
#[derive(Debug)]
pub struct Kept {
    file: File,
    path: PathBuf,
}

impl Kept {
    /// A path of the very file that was checked, as long as this is kept.
    pub fn path(&self) -> PathBuf {
        let open = PathBuf::from(format!("/proc/self/fd/{}", self.file.as_raw_fd()));
        // Where there is no /proc: the directory is the user's own.
        if open.exists() { open } else { self.path.clone() }
    }

    /// The content.
    pub fn content(&self) -> Option<Vec<u8>> {
        let length = usize::try_from(self.file.metadata().ok()?.len()).ok()?.checked_sub(HASH)?;
        let mut content = vec![0; length];
        self.file.read_exact_at(&mut content, 0).ok()?;
        Some(content)
    }
}

fn failed(tried: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { tried, path, source }
}

/// The user's key, made at the first use. Two processes that make it at once agree: linking fails for the second.
fn key(directory: &Path) -> Result<[u8; HASH], Error> {
    let path = directory.join("key");
    for _ in 0..2 {
        match open_ours(&path) {
            Ok(mut file) => {
                let mut key = [0; HASH];
                file.read_exact(&mut key).map_err(failed("read", &path))?;
                return Ok(key);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed("read", &path)(error)),
        }
        let fresh = directory.join(format!("key.{}", std::process::id()));
        let made = (|| {
            let mut key = [0; HASH];
            File::open("/dev/urandom")?.read_exact(&mut key)?;
            let mut file = new_file(&fresh)?;
            file.write_all(&key)?;
            file.sync_all()?;
            fs::hard_link(&fresh, &path)
        })();
        let _ = fs::remove_file(&fresh);
        match made {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed("write", &path)(error)),
        }
    }
    Err(failed("read", &path)(io::ErrorKind::NotFound.into()))
}

/// Opens a plain file of the user's own; a link or somebody else's file is an error.
fn open_ours(path: &Path) -> io::Result<File> {
    let nofollow = rustix::fs::OFlags::NOFOLLOW.bits() | rustix::fs::OFlags::NONBLOCK.bits();
    let file = OpenOptions::new().read(true).custom_flags(nofollow.cast_signed()).open(path)?;
    let found = file.metadata()?;
    if found.is_file() && found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o022 == 0 {
        Ok(file)
    } else {
        Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "not a plain file that only this user can write to",
        ))
    }
}

fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Writes a file beside its place and moves it there, so that nobody ever sees half of it.
fn replace(path: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(format!(".{}.{:?}", std::process::id(), thread::current().id()));
    let fresh = PathBuf::from(fresh);
    let done = write(&fresh).and_then(|()| fs::rename(&fresh, path));
    if done.is_err() {
        let _ = fs::remove_file(&fresh);
    }
    done
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn cache() -> (tempfile::TempDir, Cache) {
        let base = tempfile::tempdir().unwrap();
        let cache = Cache::open(base.path().join("gonogo")).unwrap();
        (base, cache)
    }

    #[test]
    fn entries_come_back_also_to_another_process() {
        let (base, cache) = cache();
        cache.put("a.code", b"native");
        assert_eq!(cache.get("a.code").unwrap(), b"native");
        assert_eq!(Cache::open(base.path().join("gonogo")).unwrap().get("a.code").unwrap(), b"native");
        assert_eq!(cache.get("b.code"), None);
    }

    #[test]
    fn large_entries_are_hashed_on_several_threads_to_the_same() {
        let (_base, cache) = cache();
        let whole = (0..CHUNK * 40 + 7).map(|at| (at / 1000) as u8).collect::<Vec<_>>();
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, CHUNK * 8, CHUNK * 33 + 5, whole.len()] {
            cache.put("large", &whole[..length]);
            assert!(cache.get("large").unwrap() == whole[..length], "{length}");
            let kept = cache.get_file("large").unwrap();
            assert!(kept.content().unwrap() == whole[..length], "{length}");
            assert_eq!(fs::read(kept.path()).unwrap().len(), length + HASH);
        }
        let path = cache.directory.join("large");
        let good = fs::read(&path).unwrap();
        for at in [0, CHUNK, CHUNK * 39 + 3, good.len() - 1] {
            let mut forged = good.clone();
            forged[at] ^= 1;
            fs::write(&path, forged).unwrap();
            assert!(cache.get_file("large").is_none() && cache.get("large").is_none(), "a bit at {at}");
        }
        for length in [0, 31, 32, good.len() - 1] {
            fs::write(&path, &good[..length]).unwrap();
            assert!(cache.get_file("large").is_none(), "{length} bytes");
        }
    }

    #[test]
    fn what_others_may_write_to_is_none() {
        let (_base, cache) = cache();
        cache.put("a", b"content");
        let path = cache.directory.join("a");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o620)).unwrap();
        assert!(cache.get("a").is_none() && cache.get_file("a").is_none());
    }

    #[test]
    fn forged_truncated_swapped_and_linked_entries_are_none() {
        let (base, cache) = cache();
        let path = |name: &str| base.path().join("gonogo").join(name);
        cache.put("a", b"first");
        cache.put("b", b"second");
        let good = fs::read(path("a")).unwrap();
        fs::copy(path("b"), path("a")).unwrap();
        assert_eq!(cache.get("a"), None, "an entry under another's name");
        for changed in [&good[..good.len() - 1], &good[1..], &[][..], b"short"] {
            fs::write(path("a"), changed).unwrap();
            assert_eq!(cache.get("a"), None);
        }
        let mut flipped = good.clone();
        flipped[0] ^= 1;
        fs::write(path("a"), flipped).unwrap();
        assert_eq!(cache.get("a"), None);
        fs::write(base.path().join("elsewhere"), &good).unwrap();
        fs::remove_file(path("a")).unwrap();
        symlink(base.path().join("elsewhere"), path("a")).unwrap();
        assert_eq!(cache.get("a"), None, "a link");
        let (_other_base, other) = self::cache();
        fs::write(other.directory.join("a"), &good).unwrap();
        assert_eq!(other.get("a"), None, "another user's key");
    }

    #[test]
    fn a_directory_that_is_not_ours_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let open = base.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o770)).unwrap();
        assert!(Cache::open(open.clone()).unwrap_err().to_string().contains("open to other users"));
        let link = base.path().join("link");
        symlink(&open, &link).unwrap();
        assert!(Cache::open(link).unwrap_err().to_string().contains("not a directory"));
    }
}
