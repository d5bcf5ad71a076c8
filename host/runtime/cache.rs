//! What is worked out from a plugin's bytes once and kept: its compiled code and its description.
//!
//! Compiled code is native code: whoever can put a file here runs it. So the directory is the user's own (0700, no link), and each
//! entry carries a keyed BLAKE3 hash over its name and content, with a key that only the user can read. An entry that does not fit is
//! as good as none. Entries are read whole before they are looked at, so nothing can be swapped in between.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Bytes of the key and of each entry's hash.
const HASH: usize = 32;

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
        if self.hash(name, body) != *<&[u8; HASH]>::try_from(hash).ok()? {
            tracing::warn!("cache entry {name} is not what was written; it is made anew");
            return None;
        }
        content.truncate(at);
        Some(content)
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

    /// Constant-time comparable hash of an entry.
    fn hash(&self, name: &str, content: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        hasher.update(content);
        hasher.finalize()
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
    if found.is_file() && found.uid() == rustix::process::geteuid().as_raw() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::PermissionDenied, "not a plain file of this user"))
    }
}

fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Writes a file beside its place and moves it there, so that nobody ever sees half of it.
fn replace(path: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(format!(".{}.{:?}", std::process::id(), std::thread::current().id()));
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
