//! Where what is large is put for a while.

use std::{
    env,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use rustix::fs::{Access, access, statfs};

use crate::{capabilities::files::Scratch, domain::Error};

/// How many directories this process has made.
static MADE: AtomicU64 = AtomicU64::new(0);

/// Of `statfs`, in Linux's own units: file systems that keep files in memory.
const TMPFS: u32 = 0x0102_1994;
const RAMFS: u32 = 0x8584_58f6;

/// `TMPDIR`, or else `/tmp`; `/var/tmp` where `/tmp` is in memory, as it is with several distributions.
pub fn folder() -> PathBuf {
    let folder = env::temp_dir();
    let large = Path::new("/var/tmp");
    let moved = env::var_os("TMPDIR").is_none()
        && in_memory(&folder)
        && !in_memory(large)
        && access(large, Access::WRITE_OK | Access::EXEC_OK).is_ok();
    if moved { large.to_owned() } else { folder }
}

/// A directory in there, for what its name says: removed with what is in it.
pub fn directory(what: &str) -> Result<(PathBuf, Scratch), Error> {
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let path = folder().join(format!("gonogo-{what}-{}-{number}", process::id()));
    let scratch = Scratch::make(&path, &path.to_string_lossy())?;
    Ok((path, scratch))
}

/// Whether files of a directory take memory instead of disk. What cannot be asked does not.
pub fn in_memory(folder: &Path) -> bool {
    // The type's width and sign differ between machines; its values are of 32 bits.
    statfs(folder).is_ok_and(|found| [TMPFS, RAMFS].contains(&(found.f_type as u32)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_told_from_disk() {
        // Every Linux mounts these so.
        assert!(in_memory(Path::new("/dev/shm")));
        assert!(!in_memory(Path::new("/proc")));
        assert!(!in_memory(Path::new("/nowhere/at/all")));
    }
}
