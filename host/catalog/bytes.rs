//! A component's bytes, which most runs never look at: what they need was compiled before.

use std::{
    borrow::Cow,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use sha2::{Digest, Sha256};

use super::hex;
use crate::domain::limits::PLUGIN_BYTES;

/// Bytes at hand, or in a file until somebody needs them.
#[derive(Clone, Debug)]
pub struct Bytes(Arc<Kept>);

#[derive(Debug)]
enum Kept {
    Here(Cow<'static, [u8]>),
    /// In this file, which must have this SHA-256 when it is read.
    There {
        path: PathBuf,
        sha256: String,
        length: usize,
        read: OnceLock<Vec<u8>>,
    },
}

impl Bytes {
    /// The bytes of a file that had this digest and length. Should they have changed when they are needed, there are none: no other bytes
    /// are ever taken for these.
    pub fn in_file(path: PathBuf, sha256: String, length: usize) -> Self {
        Self(Arc::new(Kept::There { path, sha256, length, read: OnceLock::new() }))
    }

    /// How many there are, without reading them.
    pub fn len(&self) -> usize {
        match &*self.0 {
            Kept::Here(bytes) => bytes.len(),
            Kept::There { length, .. } => *length,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        match &*self.0 {
            Kept::Here(bytes) => bytes,
            Kept::There { path, sha256, read, .. } => read.get_or_init(|| match whole(path) {
                Ok(bytes) if hex(&Sha256::digest(&bytes)) == *sha256 => bytes,
                Ok(_) => {
                    tracing::warn!("{} is not what it was when this run began", path.display());
                    Vec::new()
                }
                Err(error) => {
                    tracing::warn!("cannot read {} again: {error}", path.display());
                    Vec::new()
                }
            }),
        }
    }
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_ref()
    }
}

impl From<Cow<'static, [u8]>> for Bytes {
    fn from(bytes: Cow<'static, [u8]>) -> Self {
        Self(Arc::new(Kept::Here(bytes)))
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(Cow::Owned(bytes))
    }
}

impl From<&'static [u8]> for Bytes {
    fn from(bytes: &'static [u8]) -> Self {
        Self::from(Cow::Borrowed(bytes))
    }
}

/// A whole file, if it is not larger than a plugin may be.
pub fn whole(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(PLUGIN_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_is_not_taken_for_what_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wasm");
        std::fs::write(&path, b"component").unwrap();
        let bytes = || Bytes::in_file(path.clone(), hex(&Sha256::digest(b"component")), 9);
        assert_eq!((bytes().len(), bytes().as_ref()), (9, &b"component"[..]));
        let (before, unread) = (bytes(), bytes());
        assert_eq!(&*before, b"component");
        std::fs::write(&path, b"different").unwrap();
        assert_eq!(&*before, b"component", "what was read stays");
        assert!(unread.as_ref().is_empty());
        std::fs::remove_file(&path).unwrap();
        assert!(bytes().as_ref().is_empty());
    }
}
