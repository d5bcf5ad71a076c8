//! Components that were fetched, by their digest.
//!
//! A file here is worth nothing by itself: its bytes are held against the digest that the lock names each time that they are read, before
//! anybody looks at them. So it matters little who could write here, and the same holds for folders that a project brings along.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

use super::digest;
use crate::domain::{limits::PLUGIN_BYTES, source::is_sha256};

/// A folder of components.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// Why a component cannot be had from here, or put here.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system refuses.
    #[error("cannot {tried} {path}")]
    Io {
        /// What was tried.
        tried: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// Something else stands under that name.
    #[error("{path} is not the component that was locked: expected sha256 {expected}, found {found}")]
    Swapped {
        /// The file.
        path: PathBuf,
        /// Lower-case hex.
        expected: String,
        /// Lower-case hex.
        found: String,
    },
}

impl Store {
    /// The store in that folder, which need not be there.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where a component is, or would be.
    pub fn path(&self, sha256: &str) -> PathBuf {
        self.folder.join(format!("{sha256}.wasm"))
    }

    /// Whether its folder is there.
    pub fn is_there(&self) -> bool {
        self.folder.is_dir()
    }

    /// The component of that digest, if it is there.
    ///
    /// # Errors
    /// Where the file cannot be read, or holds anything else.
    pub fn get(&self, sha256: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = self.path(sha256);
        let failed = |source| Error::Io { tried: "read", path: path.clone(), source };
        // What is no plain file must not be waited for.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(&path);
        let file = match opened {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(failed)?,
        };
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(failed(io::Error::other("it is no plain file")));
        }
        let mut bytes = Vec::new();
        file.take(PLUGIN_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        let found = digest(&bytes);
        match found == sha256 {
            true => Ok(Some(bytes)),
            false => Err(Error::Swapped { path, expected: sha256.to_owned(), found }),
        }
    }

    /// Keeps a component, and says where. A file of that name is replaced in one step.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn put(&self, component: &[u8]) -> Result<PathBuf, Error> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.map_err(|source| Error::Io { tried: "make", path: self.folder.clone(), source })?;
        let path = self.path(&digest(component));
        let fresh = path.with_extension(format!("{}.tmp", std::process::id()));
        let write = || {
            // What another process of this number left behind when it was killed.
            let _ = fs::remove_file(&fresh);
            let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o644).open(&fresh)?;
            file.write_all(component)?;
            // A name that outlives a crash must not outlive its bytes.
            file.sync_all()?;
            fs::rename(&fresh, &path)
        };
        let written = write();
        if written.is_err() {
            let _ = fs::remove_file(&fresh);
        }
        written.map_err(|source| Error::Io { tried: "write", path: path.clone(), source })?;
        Ok(path)
    }

    /// Removes the components for which this says no. What else lies in the folder stays.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn keep_only(&self, keep: impl Fn(&str) -> bool) -> Result<usize, Error> {
        let failed = |tried, path: &Path| {
            let path = path.to_owned();
            move |source| Error::Io { tried, path, source }
        };
        let mut removed = 0;
        for entry in fs::read_dir(&self.folder).map_err(failed("list", &self.folder))? {
            let path = entry.map_err(failed("list", &self.folder))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.strip_suffix(".wasm").is_some_and(|digest| is_sha256(digest) && !keep(digest)) {
                fs::remove_file(&path).map_err(failed("remove", &path))?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_comes_back_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("plugins"));
        let (one, two) = (digest(b"one"), digest(b"two"));
        assert_eq!(store.get(&one).unwrap(), None);
        let path = store.put(b"one").unwrap();
        assert_eq!((path, store.get(&one).unwrap().unwrap()), (store.path(&one), b"one".to_vec()));
        store.put(b"one").unwrap();
        assert_eq!(fs::read_dir(folder.path().join("plugins")).unwrap().count(), 1);

        fs::write(store.path(&one), "swapped").unwrap();
        let swapped = store.get(&one).unwrap_err().to_string();
        assert!(swapped.contains(&one) && swapped.contains(&digest(b"swapped")), "{swapped}");
        std::os::unix::fs::symlink(store.path(&one), store.path(&two)).unwrap();
        assert!(matches!(store.get(&two), Err(Error::Io { .. })), "a link");
    }

    #[test]
    fn only_components_are_cleared_away() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().to_owned());
        store.put(b"one").unwrap();
        store.put(b"two").unwrap();
        fs::write(folder.path().join("README"), "mine").unwrap();
        assert_eq!(store.keep_only(|kept| kept == digest(b"one")).unwrap(), 1);
        assert_eq!(store.get(&digest(b"two")).unwrap(), None);
        assert!(store.get(&digest(b"one")).unwrap().is_some() && folder.path().join("README").exists());
    }
}
