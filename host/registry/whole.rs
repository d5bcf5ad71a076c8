//! Files that appear whole under their name, or not at all, whatever happens while they are written.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// A file that is being written beside its name.
#[derive(Debug)]
pub struct Whole {
    /// Where the bytes go.
    pub file: File,
    path: PathBuf,
    temporary: PathBuf,
}

impl Whole {
    /// A file for that name, in the same folder, hidden until it is finished.
    ///
    /// # Errors
    /// Where the folder is not there or may not be written.
    pub fn new(path: &Path) -> io::Result<Self> {
        // A link to a file stays a link: what it points to is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let name = path.file_name().ok_or_else(|| io::Error::other("it is no name of a file"))?;
        if path.is_dir() {
            return Err(io::Error::other("it is a directory"));
        }
        let temporary =
            path.with_file_name(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
        // What another process of this number left behind when it was killed.
        let _ = fs::remove_file(&temporary);
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&temporary)?;
        Ok(Self { file, path, temporary })
    }

    /// Gives it its name.
    ///
    /// # Errors
    /// Where the bytes cannot be brought to the disk. Then nothing has that name that did not have it before.
    pub fn finish(self) -> io::Result<()> {
        // A name that outlives a crash must not outlive its bytes.
        self.file.sync_all()?;
        fs::rename(&self.temporary, &self.path)
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        // After it was finished, there is nothing of that name.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// A file without a name: gone when it is closed, however the process ends.
pub(super) fn unnamed() -> io::Result<File> {
    /// Names that others took in the same nanosecond.
    const ATTEMPTS: u32 = 8;
    let mut taken = io::Error::other("no name is free");
    for attempt in 0..ATTEMPTS {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
        let path = env::temp_dir().join(format!(".gonogo-{}-{now}-{attempt}", std::process::id()));
        match OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => return fs::remove_file(&path).map(|()| file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = error,
            Err(error) => return Err(error),
        }
    }
    Err(taken)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_is_whole_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bundle");
        let mut half = Whole::new(&path).unwrap();
        half.file.write_all(b"half").unwrap();
        drop(half);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let mut whole = Whole::new(&path).unwrap();
        whole.file.write_all(b"whole").unwrap();
        assert!(!path.exists());
        whole.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(Whole::new(&folder.path().join("none/a")).is_err());
        assert!(Whole::new(folder.path()).is_err());
    }
}
