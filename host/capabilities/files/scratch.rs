//! Scratch directories: made for one job, filled by its commands, and gone with all that is in them when the job ends.
//!
//! A directory is removed when its [`Scratch`] is dropped, so also after a trap or a deadline. [`remove_all`] removes what is left when
//! the program ends before its jobs do. Only a job that never comes back from the kernel, in a program that is killed, leaves its own.

use std::{
    ffi::{CStr, CString},
    mem,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rustix::{
    fs::{
        AtFlags, CWD, Dir, FileType, FlockOperation, Mode, OFlags, Stat, chmod, fchmod, flock, fstat,
        mkdirat, openat, renameat, statat, unlinkat,
    },
    io::Errno,
    process::geteuid,
};

use super::{
    Files,
    place::{Access, Root},
};
use crate::domain::Error;

/// Directories within one another that are removed with a descriptor each. What lies deeper is moved up first.
const DEEPEST: usize = 64;

/// How often the directory is gone through again after something was moved up.
const MOST_ROUNDS: usize = 100_000;

/// The directories that are there now.
static MADE: Mutex<Made> = Mutex::new(Made { over: false, directories: Vec::new() });

struct Made {
    /// The program ends: no further ones.
    over: bool,
    directories: Vec<Arc<Directory>>,
}

fn made() -> MutexGuard<'static, Made> {
    MADE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A scratch directory while its job runs.
pub struct Scratch(Arc<Directory>);

struct Directory {
    /// The directory that it is in.
    parent: OwnedFd,
    name: CString,
    /// The very directory, locked, so that no two jobs share it.
    fd: OwnedFd,
    stat: Stat,
    /// Whether it was not there before.
    new: bool,
}

impl Files {
    /// Makes the directory of a scratch grant. It must not be there, or be an empty directory of this user: that one stays, emptied.
    pub fn scratch(&self, path: &str) -> Result<(), Error> {
        let place = self.locate(path, Access::Scratch)?;
        place.root().make(place.shown())
    }
}

impl Root {
    fn make(&self, shown: &str) -> Result<(), Error> {
        if self.scratch.get().is_some() {
            return Ok(());
        }
        let scratch = Scratch::make(&self.path, shown)?;
        // Jobs have one thread. Were there two, one of them would find the directory locked.
        self.scratch.get_or_init(|| scratch);
        Ok(())
    }
}

impl Scratch {
    /// Makes a directory that only this user may enter. Links on the way to it are followed: the path is the user's word.
    pub fn make(path: &Path, shown: &str) -> Result<Self, Error> {
        let failed = |errno: Errno| Error::from_io("make the scratch directory", shown, &errno.into());
        let refused = |why: &str| Err(Error::Io(format!("cannot make the scratch directory {shown}: {why}")));
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return refused("it is the root of all");
        };
        let name = CString::new(name.as_bytes()).map_err(|_| failed(Errno::INVAL))?;
        let parent = openat(CWD, parent, directory_flags() - OFlags::NOFOLLOW, Mode::empty())
            .map_err(|errno| Error::from_io("open the directory above", shown, &errno.into()))?;
        let new = match mkdirat(&parent, &name, Mode::RWXU) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(errno) => return Err(failed(errno)),
        };
        let fd = match openat(&parent, &name, directory_flags(), Mode::empty()) {
            Err(Errno::NOTDIR | Errno::LOOP) => {
                return refused("something else has this name: name another path");
            }
            opened => opened.map_err(failed)?,
        };
        let stat = fstat(&fd).map_err(failed)?;
        if stat.st_uid != geteuid().as_raw() {
            return refused("it belongs to somebody else");
        }
        if flock(&fd, FlockOperation::NonBlockingLockExclusive) == Err(Errno::AGAIN) {
            return refused("another job uses it: name another path for one of the two");
        }
        if !names(fd.as_fd()).map_err(failed)?.is_empty() {
            return refused(
                "it is not empty, and what is in it would be removed: empty it, or name another path",
            );
        }
        let directory = Arc::new(Directory { parent, name, fd, stat, new });
        let mut made = made();
        if made.over {
            directory.remove();
            return refused("the program ends");
        }
        made.directories.push(Arc::clone(&directory));
        drop(made);
        fchmod(&directory.fd, Mode::RWXU).map_err(failed)?;
        Ok(Self(directory))
    }

    /// The directory, to open what is in it.
    pub fn handle(&self) -> BorrowedFd<'_> {
        self.0.fd.as_fd()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Known until it is gone: the program may end while this thread is still removing, and then [`remove_all`] has to finish it.
        self.0.remove();
        made().directories.retain(|other| !Arc::ptr_eq(other, &self.0));
    }
}

/// Removes every scratch directory that is left: for the end of the program.
pub fn remove_all() {
    let left = {
        let mut made = made();
        made.over = true;
        // Taken out first: who is told twice to end does not wait for the first.
        mem::take(&mut made.directories)
    };
    for directory in left {
        directory.remove();
    }
}

impl Directory {
    fn remove(&self) {
        self.empty();
        if !self.new {
            fchmod(&self.fd, Mode::from_raw_mode(self.stat.st_mode)).ok();
            return;
        }
        // Whatever has its name by now: only the very directory goes.
        let there = statat(&self.parent, &self.name, AtFlags::SYMLINK_NOFOLLOW);
        if there.is_ok_and(|there| (there.st_dev, there.st_ino) == (self.stat.st_dev, self.stat.st_ino))
            && let Err(errno) = unlinkat(&self.parent, &self.name, AtFlags::REMOVEDIR)
        {
            tracing::warn!("cannot remove the scratch directory {}: {errno}", self.name.to_string_lossy());
        }
    }

    fn empty(&self) {
        let mut moved = 0;
        for _ in 0..MOST_ROUNDS {
            let before = moved;
            self.empty_one(self.fd.as_fd(), 0, &mut moved);
            if moved == before {
                return;
            }
        }
    }

    /// Removes what is in a directory, and gives whether something was left.
    fn empty_one(&self, directory: BorrowedFd<'_>, depth: usize, moved: &mut u64) -> bool {
        let Ok(names) = names(directory) else { return true };
        let mut left = false;
        for name in names {
            left |= match unlinkat(directory, &name, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => false,
                Err(_) => !self.remove_directory(directory, &name, depth, moved),
            };
        }
        left
    }

    fn remove_directory(&self, parent: BorrowedFd<'_>, name: &CStr, depth: usize, moved: &mut u64) -> bool {
        let Ok(stat) = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) else { return false };
        // What is mounted in it is not its own.
        if FileType::from_raw_mode(stat.st_mode) != FileType::Directory || stat.st_dev != self.stat.st_dev {
            return false;
        }
        let held = OFlags::PATH | OFlags::NOFOLLOW | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let Ok(held) = openat(parent, name, held, Mode::empty()) else { return false };
        // Restored directories may be closed even to their owner. By descriptor, so that no link is followed.
        chmod(format!("/proc/self/fd/{}", held.as_raw_fd()), Mode::RWXU).ok();
        if depth == DEEPEST {
            // It is met again there.
            *moved += u64::from(renameat(parent, name, &self.fd, format!("moved-up-{moved}")).is_ok());
            return false;
        }
        let Ok(opened) = openat(parent, name, directory_flags(), Mode::empty()) else { return false };
        drop(held);
        self.empty_one(opened.as_fd(), depth + 1, moved);
        unlinkat(parent, name, AtFlags::REMOVEDIR).is_ok()
    }
}

fn directory_flags() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

/// The names in a directory.
fn names(directory: BorrowedFd<'_>) -> Result<Vec<CString>, Errno> {
    let entries = Dir::read_from(directory)?;
    let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_owned()));
    let plain =
        |name: &Result<CString, Errno>| !matches!(name.as_deref().map(CStr::to_bytes), Ok(b"." | b".."));
    names.filter(plain).collect()
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::fs::{PermissionsExt, symlink},
        time::{Duration, Instant},
    };

    use super::*;
    use crate::domain::{Authority, Grant, Origin};

    fn files(project: &Path, grants: &[Grant]) -> Files {
        let authority = |grant: &Grant| Authority {
            grant: grant.clone(),
            parameter: "it".to_owned(),
            origin: Origin::Config { line: 1 },
        };
        Files::new(project, &grants.iter().map(authority).collect::<Vec<_>>())
    }

    fn grant(project: &Path) -> Grant {
        Grant::Scratch { name: "drill".to_owned(), path: project.join("drill") }
    }

    #[test]
    fn it_is_made_read_and_removed() {
        let project = tempfile::tempdir().unwrap();
        let drill = project.path().join("drill");
        let files = files(project.path(), &[grant(project.path())]);
        assert!(matches!(files.list("drill"), Err(Error::NotFound(_))), "not before it is made");
        assert!(matches!(files.scratch("drill/x"), Err(Error::Denied(_))));
        assert!(matches!(files.scratch("other"), Err(Error::Denied(_))));
        files.scratch("drill").unwrap();
        files.scratch("drill").unwrap();
        assert_eq!(fs::metadata(&drill).unwrap().permissions().mode() & 0o7777, 0o700);
        fs::create_dir_all(drill.join("a/b")).unwrap();
        fs::write(drill.join("a/b/c"), "x").unwrap();
        assert_eq!(files.read("drill/a/b/c", 0, 9).unwrap(), b"x");
        assert_eq!(files.list("drill").unwrap().len(), 1);
        assert!(files.stat("drill", false).is_ok() && files.stat("drill/a", true).is_ok());
        let deadline = Instant::now() + Duration::from_secs(9);
        assert!(matches!(files.probe("drill", 0, deadline), Err(Error::Denied(_))));
        drop(files);
        assert!(!drill.exists());
    }

    #[test]
    fn what_is_there_already_is_not_touched() {
        let project = tempfile::tempdir().unwrap();
        let drill = project.path().join("drill");
        let tries = || files(project.path(), &[grant(project.path())]).scratch("drill");
        fs::create_dir(&drill).unwrap();
        fs::write(drill.join("mine"), "x").unwrap();
        assert!(matches!(tries(), Err(Error::Io(text)) if text.contains("not empty")));
        assert!(drill.join("mine").exists());
        fs::remove_dir_all(&drill).unwrap();
        fs::write(&drill, "a file").unwrap();
        assert!(matches!(tries(), Err(Error::Io(text)) if text.contains("something else")));
        fs::remove_file(&drill).unwrap();
        fs::create_dir(project.path().join("empty")).unwrap();
        symlink("empty", &drill).unwrap();
        assert!(matches!(tries(), Err(Error::Io(text)) if text.contains("something else")));
        fs::remove_file(&drill).unwrap();
        let above = Grant::Scratch { name: "no/drill".to_owned(), path: project.path().join("no/drill") };
        assert!(matches!(files(project.path(), &[above]).scratch("no/drill"), Err(Error::NotFound(_))));
        // An empty directory is used, emptied, and stays as it was.
        fs::create_dir(&drill).unwrap();
        fs::set_permissions(&drill, fs::Permissions::from_mode(0o755)).unwrap();
        let held = files(project.path(), &[grant(project.path())]);
        held.scratch("drill").unwrap();
        fs::write(drill.join("new"), "x").unwrap();
        assert!(matches!(tries(), Err(Error::Io(text)) if text.contains("another job")));
        drop(held);
        assert_eq!(fs::metadata(&drill).unwrap().permissions().mode() & 0o7777, 0o755);
        assert_eq!(fs::read_dir(&drill).unwrap().count(), 0);
    }

    #[test]
    fn links_are_removed_and_not_followed() {
        let project = tempfile::tempdir().unwrap();
        let beside = project.path().join("beside");
        fs::create_dir(&beside).unwrap();
        fs::write(beside.join("kept"), "x").unwrap();
        let files = files(project.path(), &[grant(project.path())]);
        files.scratch("drill").unwrap();
        let drill = project.path().join("drill");
        symlink("../beside", drill.join("link")).unwrap();
        symlink(&beside, drill.join("absolute")).unwrap();
        assert!(matches!(files.list("drill/link"), Err(Error::Denied(_))));
        drop(files);
        assert!(!drill.exists() && beside.join("kept").exists());
    }

    #[test]
    fn what_is_closed_or_deep_goes_too() {
        let project = tempfile::tempdir().unwrap();
        let files = files(project.path(), &[grant(project.path())]);
        files.scratch("drill").unwrap();
        let drill = project.path().join("drill");
        let mut deep = drill.clone();
        (0..300).for_each(|_| deep.push("d"));
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("file"), "x").unwrap();
        fs::create_dir(drill.join("closed")).unwrap();
        fs::write(drill.join("closed/file"), "x").unwrap();
        fs::set_permissions(drill.join("closed"), fs::Permissions::from_mode(0o0)).unwrap();
        drop(files);
        assert!(!drill.exists());
    }

    #[test]
    fn another_directory_of_that_name_stays() {
        let project = tempfile::tempdir().unwrap();
        let files = files(project.path(), &[grant(project.path())]);
        files.scratch("drill").unwrap();
        fs::write(project.path().join("drill/in"), "x").unwrap();
        fs::rename(project.path().join("drill"), project.path().join("moved")).unwrap();
        fs::create_dir(project.path().join("drill")).unwrap();
        fs::write(project.path().join("drill/kept"), "x").unwrap();
        drop(files);
        assert!(project.path().join("drill/kept").exists() && !project.path().join("moved/in").exists());
    }
}
