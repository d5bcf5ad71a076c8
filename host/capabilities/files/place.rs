//! From a path to the thing itself: the grant that it falls under, then one open below the granted directory.

use std::{
    collections::{BTreeSet, HashMap},
    ffi::OsStr,
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    path::{Component, Path, PathBuf},
    sync::OnceLock,
};

use rustix::{
    fs::{self, CWD, FileType, Mode, OFlags, ResolveFlags, Stat},
    io::Errno,
};

use super::{Files, scratch::Scratch};
use crate::domain::{Error, Grant, text, value::reason};

/// How often an open is tried again when the kernel says that directories were renamed under it (`EAGAIN`).
const MOST_TRIES: usize = 32;

/// How many granted paths a refusal names.
const MOST_NAMED: usize = 5;

/// Most bytes of a path that a message quotes.
const MOST_QUOTED: usize = 300;

/// What is to be done with a path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Its attributes: of what may be read, and of a directory that may be probed.
    Look,
    /// Its content.
    Read,
    /// A probe file in it.
    Probe,
    /// To make it, as a scratch directory.
    Scratch,
}

/// What a path is granted for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Read,
    /// For probes, and not for reading.
    Write,
    /// For reading, once the host has made it.
    Scratch,
}

/// One granted path.
pub struct Root {
    /// As the parameter writes it, without `.`.
    name: PathBuf,
    /// Absolute.
    pub path: PathBuf,
    purpose: Purpose,
    /// Opened on first use.
    handle: OnceLock<OwnedFd>,
    /// The scratch directory, once it is made.
    pub scratch: OnceLock<Scratch>,
}

impl Root {
    /// The root that a grant opens, if it is one on files.
    pub fn of(grant: &Grant) -> Option<Self> {
        let (name, path, purpose) = match grant {
            Grant::Read { name, path } => (name, path, Purpose::Read),
            Grant::Write { name, path } => (name, path, Purpose::Write),
            Grant::Scratch { name, path } => (name, path, Purpose::Scratch),
            _ => return None,
        };
        let name = without_dots(Path::new(name));
        Some(Self { name, path: path.clone(), purpose, handle: OnceLock::new(), scratch: OnceLock::new() })
    }

    /// Links in the granted path itself are followed: it is the user's word.
    fn handle(&self) -> io::Result<BorrowedFd<'_>> {
        if self.purpose == Purpose::Scratch {
            let made = self.scratch.get().map(Scratch::handle);
            return made.ok_or_else(|| {
                io::Error::new(io::ErrorKind::NotFound, "this scratch directory is not made yet")
            });
        }
        if let Some(handle) = self.handle.get() {
            return Ok(handle.as_fd());
        }
        let opened = fs::openat(CWD, &self.path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
        Ok(self.handle.get_or_init(|| opened).as_fd())
    }
}

/// The places of roots in their list, by name and by path.
pub fn by_name_and_path(roots: &[Root]) -> HashMap<PathBuf, Vec<usize>> {
    let mut named = HashMap::<_, Vec<_>>::with_capacity(2 * roots.len());
    for (at, root) in roots.iter().enumerate() {
        named.entry(root.name.clone()).or_default().push(at);
        named.entry(root.path.clone()).or_default().push(at);
    }
    named
}

/// A path that is granted.
pub struct Place<'a> {
    root: &'a Root,
    /// Below the root; empty for the root itself.
    rest: PathBuf,
    /// As the plugin wrote it, fit for a message.
    shown: String,
}

/// A thing that is held without being opened for reading, so that nothing happens to it.
pub struct Held {
    /// Opened with `O_PATH`.
    fd: OwnedFd,
    /// What it is.
    pub stat: Stat,
    /// Its path, fit for a message.
    pub shown: String,
}

impl Files {
    /// Holds a path against the grants, by its words alone.
    pub fn locate(&self, path: &str, access: Access) -> Result<Place<'_>, Error> {
        let shown = text::line(path, MOST_QUOTED);
        if path.is_empty() || path.contains('\0') {
            return Err(Error::Denied(format!("'{shown}' is no path")));
        }
        let asked = without_dots(Path::new(path));
        let absolute = self.project.join(&asked);
        let below = |root: &Root| {
            let by_name =
                (asked.is_absolute() == root.name.is_absolute()).then(|| asked.strip_prefix(&root.name));
            let rest = match by_name {
                Some(Ok(rest)) if is_plain(rest) => rest,
                _ => absolute.strip_prefix(&root.path).ok().filter(|rest| is_plain(rest))?,
            };
            Some(rest.to_owned())
        };
        let above = asked.ancestors().chain(absolute.ancestors()).filter_map(|path| self.named.get(path));
        let candidates = above.flatten().copied().collect::<BTreeSet<_>>();
        let granted = candidates.into_iter().map(|at| &self.roots[at]);
        let granted = granted.filter_map(|root| below(root).map(|rest| (root, rest)));
        let fit = granted.filter(|(root, rest)| match access {
            Access::Read => root.purpose != Purpose::Write,
            Access::Look => root.purpose != Purpose::Write || rest.as_os_str().is_empty(),
            Access::Probe => root.purpose == Purpose::Write && rest.as_os_str().is_empty(),
            Access::Scratch => root.purpose == Purpose::Scratch && rest.as_os_str().is_empty(),
        });
        // The most specific grant is the one that the path was written for; one for reading goes before one for probes.
        match fit.max_by_key(|(root, _)| (root.path.components().count(), root.purpose != Purpose::Write)) {
            Some((root, rest)) => Ok(Place { root, rest, shown }),
            None => Err(self.denied(path, &shown, access)),
        }
    }

    fn denied(&self, path: &str, shown: &str, access: Access) -> Error {
        if Path::new(path).components().any(|part| part == Component::ParentDir) {
            return Error::Denied(format!("{shown} contains '..', which leads out of what parameters name"));
        }
        let fits = |root: &&Root| match access {
            Access::Look | Access::Read => root.purpose != Purpose::Write,
            Access::Probe => root.purpose == Purpose::Write,
            Access::Scratch => root.purpose == Purpose::Scratch,
        };
        let mut names: Vec<_> = self.roots.iter().filter(fits).map(Root::shown).collect();
        let more = names.len().saturating_sub(MOST_NAMED);
        names.truncate(MOST_NAMED);
        let mut named = match names.is_empty() {
            true => "none".to_owned(),
            false => names.join(", "),
        };
        if more > 0 {
            named += &format!(" and {more} more");
        }
        Error::Denied(match access {
            Access::Probe => format!(
                "{shown} is not a directory that this job's parameters name for writing ({named}); to allow it, name it in a \
                 parameter of kind 'write' of this item in gonogo.toml"
            ),
            Access::Scratch => format!(
                "{shown} is not a directory that this job's parameters name as scratch ({named}); to allow it, name it in a \
                 parameter of kind 'scratch' of this item in gonogo.toml"
            ),
            Access::Look | Access::Read => format!(
                "{shown} is not below a path that this job's parameters name ({named}); to allow it, name it in a parameter of \
                 kind 'read' of this item in gonogo.toml"
            ),
        })
    }
}

impl Root {
    fn shown(&self) -> String {
        let name = match self.name.as_os_str().is_empty() {
            true => ".".to_owned(),
            false => self.name.display().to_string(),
        };
        text::line(&name, MOST_QUOTED)
    }
}

impl Place<'_> {
    /// The grant that it falls under.
    pub fn root(&self) -> &Root {
        self.root
    }

    /// As the plugin wrote it, fit for a message.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Takes hold of the thing; with `follow`, of what a link leads to.
    pub fn open(&self, follow: bool) -> Result<Held, Error> {
        let error = |error: &io::Error| Error::from_io("open", &self.shown, error);
        let fd = match (self.rest.as_os_str().is_empty(), follow) {
            (true, false) if self.root.purpose != Purpose::Scratch => {
                fs::openat(CWD, &self.root.path, path_flags(false), Mode::empty())
                    .map_err(|errno| error(&errno.into()))?
            }
            (true, _) => {
                self.root.handle().and_then(|handle| handle.try_clone_to_owned()).map_err(|e| error(&e))?
            }
            (false, _) => {
                let root = self.root.handle().map_err(|e| error(&e))?;
                let refused = |refusal| refused(&self.shown, &self.root.shown(), refusal);
                beneath(root, &self.rest, follow).map_err(refused)?
            }
        };
        let stat = fs::fstat(&fd).map_err(|errno| error(&errno.into()))?;
        Ok(Held { fd, stat, shown: self.shown.clone() })
    }
}

fn refused(shown: &str, root: &str, refusal: Refusal) -> Error {
    match refusal {
        Refusal::NoSafeLinks => Error::Unsupported(format!(
            "{shown} goes through a symbolic link, and this kernel cannot follow one safely (no openat2, Linux 5.6)"
        )),
        Refusal::Errno(Errno::XDEV) => Error::Denied(format!(
            "{shown} is a link that leads out of {root}, or goes through one (an absolute link counts as one); to allow it, \
             name where it leads in a parameter of kind 'read' of this item in gonogo.toml"
        )),
        Refusal::Errno(Errno::LOOP) => Error::Denied(format!(
            "{shown} goes through links in a circle, or through a link of /proc that leads anywhere"
        )),
        Refusal::Errno(Errno::NOTDIR) => {
            Error::NotFound(format!("cannot open {shown}: something on the way is not a directory"))
        }
        Refusal::Errno(errno) => Error::from_io("open", shown, &errno.into()),
    }
}

impl Held {
    /// What it is.
    pub fn kind(&self) -> FileType {
        FileType::from_raw_mode(self.stat.st_mode)
    }

    /// The path of this very thing for calls that take no descriptor: a link of /proc to it, whatever its name leads to by now.
    pub fn link(&self) -> String {
        format!("/proc/self/fd/{}", self.fd.as_raw_fd())
    }

    /// Takes hold of the very place that an absolute path names. Links on the way are followed: for paths that are the user's word.
    pub fn of_path(path: &Path, shown: &str) -> Result<Self, Error> {
        let error = |errno: Errno| Error::from_io("open", shown, &errno.into());
        let fd = fs::openat(CWD, path, path_flags(true), Mode::empty()).map_err(error)?;
        let stat = fs::fstat(&fd).map_err(error)?;
        Ok(Self { fd, stat, shown: shown.to_owned() })
    }

    /// Takes hold of what lies below this directory, wherever links lead as long as they stay below it.
    pub fn below(&self, rest: &Path, shown: &str) -> Result<Self, Error> {
        let fd = beneath(self.as_fd(), rest, true).map_err(|refusal| refused(shown, &self.shown, refusal))?;
        let stat = fs::fstat(&fd).map_err(|errno| Error::from_io("open", shown, &errno.into()))?;
        Ok(Self { fd, stat, shown: shown.to_owned() })
    }

    /// Opens the very thing that is held, for reading. Only for regular files and directories: to open a FIFO or a device is to act on it.
    pub fn reopen(&self, flags: OFlags) -> Result<OwnedFd, Error> {
        let flags = flags | OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = fs::openat(CWD, self.link(), flags, Mode::empty())
            .map_err(|errno| Error::from_io("open", &self.shown, &errno.into()))?;
        // Holds unless something else than procfs is mounted on /proc.
        let stat = fs::fstat(&opened).map_err(|errno| Error::from_io("read", &self.shown, &errno.into()))?;
        match (stat.st_dev, stat.st_ino) == (self.stat.st_dev, self.stat.st_ino) {
            true => Ok(opened),
            false => Err(Error::Io(format!("cannot open {}: /proc does not lead to it", self.shown))),
        }
    }

    /// An operating-system error on this thing.
    pub fn error(&self, tried: &str, error: &io::Error) -> Error {
        match error.kind() {
            // The thing is there: what is missing or unsupported is something else.
            io::ErrorKind::NotFound => Error::Io(format!("cannot {tried} {}: {}", self.shown, reason(error))),
            _ => Error::from_io(tried, &self.shown, error),
        }
    }
}

impl AsFd for Held {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Why the kernel, or this code for want of a kernel that does, refused to open something.
#[derive(Debug)]
pub enum Refusal {
    /// What the kernel said.
    Errno(Errno),
    /// A symbolic link where only the kernel could follow it safely, and it cannot.
    NoSafeLinks,
}

fn path_flags(follow: bool) -> OFlags {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    if follow { flags } else { flags | OFlags::NOFOLLOW }
}

/// Opens what lies below a directory, wherever links on the way lead, as long as they stay below it.
fn beneath(root: BorrowedFd<'_>, rest: &Path, follow: bool) -> Result<OwnedFd, Refusal> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    for _ in 0..MOST_TRIES {
        match fs::openat2(root, rest, path_flags(follow), Mode::empty(), resolve) {
            Err(Errno::AGAIN | Errno::INTR) => {}
            // Filters of older container runtimes say EPERM to calls that they do not know.
            Err(Errno::NOSYS | Errno::PERM) => return step_by_step(root, rest, follow),
            Err(errno) => return Err(Refusal::Errno(errno)),
            Ok(fd) => return Ok(fd),
        }
    }
    Err(Refusal::Errno(Errno::AGAIN))
}

/// The same without `openat2`: one component at a time, following no link at all.
pub fn step_by_step(root: BorrowedFd<'_>, rest: &Path, follow: bool) -> Result<OwnedFd, Refusal> {
    let parts: Vec<&OsStr> = rest.iter().collect();
    let mut held: Option<OwnedFd> = None;
    for (index, part) in parts.iter().enumerate() {
        let parent = held.as_ref().map_or(root, AsFd::as_fd);
        let next = fs::openat(parent, *part, path_flags(false), Mode::empty()).map_err(Refusal::Errno)?;
        let mode = fs::fstat(&next).map_err(Refusal::Errno)?.st_mode;
        let last = index + 1 == parts.len();
        if FileType::from_raw_mode(mode) == FileType::Symlink && (follow || !last) {
            return Err(Refusal::NoSafeLinks);
        }
        held = Some(next);
    }
    held.ok_or(Refusal::Errno(Errno::NOENT))
}

/// The path without `.` and doubled or trailing slashes.
fn without_dots(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

/// Whether a path consists of nothing but names.
fn is_plain(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_)))
}
