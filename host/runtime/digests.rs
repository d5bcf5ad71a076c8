//! Digests of files that were read before: to read and digest twenty megabytes takes longer than to start their check.
//!
//! A file is known by where it lies on which device, its size and when it was last changed, which the kernel writes down for whoever changes
//! it. A digest that is out of date does no harm: it leads to the code that was compiled of what the file held then, never to bytes that
//! nobody looked at.

use std::{
    fs::Metadata,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Runtime;
use crate::catalog::{self, Found, Source};

/// A file that changed within that time before it was read may have changed once more in the same moment.
const SETTLED: Duration = Duration::from_secs(2);

/// Which file, as it was.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

#[derive(Debug, Serialize, Deserialize)]
struct Known {
    seen: Seen,
    sha256: String,
}

impl Seen {
    fn of(found: &Metadata) -> Self {
        Self {
            device: found.dev(),
            inode: found.ino(),
            size: found.size(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        }
    }

    fn is_settled(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let changed = Duration::from_secs(self.changed.0.max(0).unsigned_abs());
        now > changed + SETTLED
    }
}

impl Runtime {
    /// A plugin in a file, which is read only where it was not read before.
    ///
    /// # Errors
    /// Where the file cannot be read, or is larger than any plugin may be.
    pub fn find(&self, name: &str, path: PathBuf) -> Result<Found, catalog::Error> {
        let looked = catalog::look(name, &path)?;
        let (seen, entry) = (Seen::of(&looked), entry(&path));
        let kept = self.cache.as_ref().and_then(|cache| cache.get(&entry));
        let known = kept.and_then(|kept| serde_json::from_slice::<Known>(&kept).ok());
        if let Some(known) = known.filter(|known| known.seen == seen) {
            let length = usize::try_from(seen.size).unwrap_or(usize::MAX);
            return Ok(Found::known(name.to_owned(), Source::File(path.clone()), path, known.sha256, length));
        }
        let settled = seen.is_settled();
        let found = Found::in_file(name, path.clone())?;
        // What changed while it was read is known as neither.
        if let Some(cache) = &self.cache
            && settled
            && catalog::look(name, &path).is_ok_and(|after| Seen::of(&after) == seen)
            && let Ok(content) = serde_json::to_vec(&Known { seen, sha256: found.sha256.clone() })
        {
            cache.put(&entry, &content);
        }
        Ok(found)
    }
}

fn entry(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    let hex = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("{hex}.file")
}

#[cfg(test)]
mod tests {
    use std::fs::{self, FileTimes};

    use super::*;
    use crate::runtime::Cache;

    #[test]
    fn a_file_is_read_again_once_it_changed() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = Runtime::new(Some(Cache::open(folder.path().join("cache")).unwrap()));
        let path = folder.path().join("a.wasm");
        let write = |content: &[u8]| fs::write(&path, content).unwrap();
        let is_known = |runtime: &Runtime| runtime.cache.as_ref().unwrap().get(&entry(&path)).is_some();
        write(b"one");
        let one = runtime.find("a", path.clone()).unwrap();
        assert!(!is_known(&runtime), "it changed a moment ago");
        std::thread::sleep(SETTLED + Duration::from_secs(1));
        assert_eq!(runtime.find("a", path.clone()).unwrap().sha256, one.sha256);
        assert!(is_known(&runtime));
        let again = runtime.find("a", path.clone()).unwrap();
        assert_eq!((again.sha256.as_str(), again.bytes.len()), (one.sha256.as_str(), 3));
        // The same size, and somebody who sets the time back.
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        write(b"two");
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_times(FileTimes::new().set_modified(modified)).unwrap();
        assert_ne!(runtime.find("a", path.clone()).unwrap().sha256, one.sha256);
    }
}
