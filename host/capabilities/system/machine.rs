//! Where a machine's files are, and how one is read: absent, read, or failed.

use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

use crate::domain::{Attributes, Error, Value};

/// The longest file of /proc, /sys or /etc that is read. The largest known, mountinfo of a host with thousands of containers,
/// stays below.
const LONGEST_FILE: u64 = 16 * 1024 * 1024;

/// A reading that may not apply to this machine: `None` where the thing is not there.
pub(super) type Reading<T> = Result<Option<T>, Error>;

/// A Linux machine: this one, or one laid out in files below a folder.
#[derive(Clone, Debug)]
pub struct Machine {
    root: PathBuf,
}

impl Machine {
    /// The machine that this process runs on.
    pub fn here() -> Self {
        Self { root: PathBuf::from("/") }
    }

    /// A machine whose /proc, /sys, /dev and /etc are below `root`. What the kernel tells by system call is still this one's.
    pub fn below(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where the file is that the machine calls `absolute`.
    pub(super) fn path(&self, absolute: impl AsRef<Path>) -> PathBuf {
        let absolute = absolute.as_ref();
        self.root.join(absolute.strip_prefix("/").unwrap_or(absolute))
    }

    /// Whether something is there.
    pub(super) fn has(&self, absolute: impl AsRef<Path>) -> bool {
        self.path(absolute).exists()
    }

    /// The whole text of a file, with what is not UTF-8 replaced.
    pub(super) fn read(&self, absolute: impl AsRef<Path>) -> Reading<String> {
        self.read_start(absolute, LONGEST_FILE).and_then(|read| match read {
            Some(text) if text.len() as u64 > LONGEST_FILE => {
                Err(Error::Limit(format!("a system file is larger than {LONGEST_FILE} bytes")))
            }
            read => Ok(read),
        })
    }

    /// The first `most` bytes of a file, and a few more.
    pub(super) fn read_start(&self, absolute: impl AsRef<Path>, most: u64) -> Reading<String> {
        let path = self.path(absolute);
        let read = || {
            let mut bytes = Vec::with_capacity(1024);
            File::open(&path)?.take(most + 1).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        match read() {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) => absent_or(&error, "read", &path),
        }
    }

    /// A file that must be there on any Linux.
    pub(super) fn need(&self, absolute: impl AsRef<Path>) -> Result<String, Error> {
        let absolute = absolute.as_ref();
        self.read(absolute)?.ok_or_else(|| Error::NotFound(format!("{} is missing", absolute.display())))
    }

    /// A file's text on one line, without the white space around it; `None` also where that leaves nothing.
    pub(super) fn line(&self, absolute: impl AsRef<Path>) -> Reading<String> {
        Ok(self.read(absolute)?.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
    }

    /// The number that is all of a file.
    pub(super) fn number(&self, absolute: impl AsRef<Path>) -> Reading<u64> {
        let absolute = absolute.as_ref();
        self.line(absolute)?.map(|text| parsed(&text, &absolute.display().to_string())).transpose()
    }

    /// The names in a folder, sorted, without those that are not UTF-8 (the kernel makes none).
    pub(super) fn names(&self, absolute: impl AsRef<Path>) -> Reading<Vec<String>> {
        let path = self.path(absolute);
        let list = || {
            let mut names = Vec::new();
            for entry in path.read_dir()? {
                names.extend(entry?.file_name().into_string());
            }
            names.sort_unstable();
            Ok(names)
        };
        list().map_or_else(|error| absent_or(&error, "list", &path), |names| Ok(Some(names)))
    }

    /// The last name in what a symbolic link says: `nvidia`.
    pub(super) fn link_name(&self, absolute: impl AsRef<Path>) -> Option<String> {
        Some(self.path(absolute).read_link().ok()?.file_name()?.to_str()?.to_owned())
    }
}

/// Not there is an answer; anything else is a failure. The kernel answers a read with ENODEV where a device has gone.
fn absent_or<T>(error: &std::io::Error, tried: &str, path: &Path) -> Reading<T> {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Ok(None),
        _ => Err(Error::from_io(tried, &path.display().to_string(), error)),
    }
}

/// What a text of the kernel means, or that it means nothing.
pub(super) fn parsed<T: std::str::FromStr>(text: &str, from: &str) -> Result<T, Error> {
    text.trim().parse().map_err(|_| Error::Io(format!("cannot understand '{}' in {from}", text.trim())))
}

/// Adds what was read: absent where it does not apply, failed where it could not be read.
pub(super) fn put<T: Into<Value>>(attributes: &mut Attributes, name: &str, reading: Reading<T>) {
    match reading {
        Ok(value) => attributes.set_some(name, value),
        Err(failed) => attributes.set(name, Value::Failed { failed }),
    }
}
