//! The files of a dataset: found by name, by directory or by pattern below what is granted, and opened again whenever they are read.
//!
//! What is held is the directory before the first sign of a pattern; each file is opened below it, step by step, and must be the very
//! file that was found. So thousands of files need one descriptor, and none of them can be exchanged on the way.

use std::{
    fs::File,
    path::{Component, Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use globset::{GlobBuilder, GlobMatcher};
use rustix::fs::{FileType, OFlags};

use super::{
    Files, directory, in_time,
    place::{Access, Held},
};
use crate::domain::{Error, text};

/// Most files of a table.
const MOST_FILES: usize = 100_000;

/// Most names that are looked at to find them.
const MOST_NAMES: usize = 1_000_000;

/// Deepest directory below the one that is held: hive-style partitions have three or four.
const MOST_DEPTH: usize = 64;

/// Most bytes of a path that a message quotes.
const MOST_QUOTED: usize = 300;

/// A regular file that was found.
#[derive(Clone)]
pub struct Selected {
    base: Arc<Held>,
    /// Below the base; empty for the base itself.
    rest: PathBuf,
    /// As the parameter writes it, with further names after it.
    pub path: String,
    /// In bytes, when it was found.
    pub size: u64,
    /// Whether it was found by a directory or a pattern.
    pub found: bool,
    identity: Identity,
}

/// What tells a file from another, and from itself after it was written to.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    size: i64,
    modified: (i64, i64),
}

impl Identity {
    #[expect(clippy::unnecessary_cast, reason = "the types of these fields differ between platforms")]
    fn of(held: &Held) -> Self {
        let stat = &held.stat;
        let modified = (stat.st_mtime as i64, stat.st_mtime_nsec as i64);
        Self { device: stat.st_dev as u64, inode: stat.st_ino as u64, size: stat.st_size as i64, modified }
    }
}

impl Selected {
    /// Whether both are one file, found in the same way, that was not written to in between.
    pub fn is(&self, other: &Self) -> bool {
        self.path == other.path && self.found == other.found && self.identity == other.identity
    }

    /// Opens it for reading.
    pub fn open(&self) -> Result<File, Error> {
        let opened = if self.rest.as_os_str().is_empty() {
            self.base.reopen(OFlags::empty())?
        } else {
            let held = self.base.below(&self.rest, &self.path)?;
            if Identity::of(&held) != self.identity {
                return Err(self.changed());
            }
            held.reopen(OFlags::empty())?
        };
        let file = File::from(opened);
        match file.metadata() {
            Ok(metadata) if metadata.len() == self.size => Ok(file),
            Ok(_) => Err(self.changed()),
            Err(error) => Err(Error::from_io("read", &self.path, &error)),
        }
    }

    fn changed(&self) -> Error {
        Error::Io(format!(
            "{} was changed while it was being read: ask again when nothing writes to it",
            self.path
        ))
    }
}

impl Files {
    /// The files of a table, by name. `names` are those of parameters of kind `dataset`, or lie below what may be read.
    pub fn select(&self, names: &[String], deadline: Instant) -> Result<Vec<Selected>, Error> {
        let mut selected: Vec<Selected> = Vec::new();
        let mut search = Search { left: MOST_NAMES, deadline };
        for name in names {
            let shown = text::line(name, MOST_QUOTED);
            let before = selected.len();
            // A name that is also a pattern (`a[1].csv`) is a name where it is there.
            let whole = self.base_of_table(name, name).and_then(|base| base.ok_or(gone(&shown)));
            match (whole, first_sign(name)) {
                (Ok(held), _) => search.take(Arc::new(held), None, &mut selected)?,
                (Err(Error::NotFound(_)), Some(at)) => {
                    let (prefix, pattern) = name.split_at(name[..at].rfind('/').map_or(0, |slash| slash + 1));
                    let prefix = match prefix {
                        "" => ".",
                        "/" => "/",
                        prefix => prefix.trim_end_matches('/'),
                    };
                    let base = self.base_of_table(name, prefix)?.ok_or_else(|| gone(&shown))?;
                    let matcher = matcher(pattern, &shown)?;
                    search.take(Arc::new(base), Some((&matcher, pattern)), &mut selected)?;
                }
                (Err(error), _) => return Err(error),
            }
            if selected.len() == before {
                return Err(Error::NotFound(format!("{shown} names no file")));
            }
        }
        selected.sort_by(|one, other| one.path.cmp(&other.path));
        selected.dedup_by(|one, other| one.path == other.path);
        Ok(selected)
    }

    /// Holds the place before the signs of a granted pattern; `None` where nothing is there.
    fn base_of_table(&self, name: &str, base: &str) -> Result<Option<Held>, Error> {
        let (base, asked) = (plain(Path::new(base)), plain(Path::new(name)));
        let base = if base.as_os_str().is_empty() { Path::new(".") } else { &base };
        let shown = text::line(&base.to_string_lossy(), MOST_QUOTED);
        let granted = self.tables.iter().any(|(known, path)| plain(known) == asked || *path == asked);
        let held = match granted {
            true => Held::of_path(&self.project.join(base), &shown),
            false => match self.locate(&base.to_string_lossy(), Access::Read) {
                Ok(place) => place.open(true),
                Err(Error::Denied(_)) => return Err(self.no_table(name)),
                Err(error) => Err(error),
            },
        };
        match held {
            Ok(held) => Ok(Some(held)),
            Err(Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn no_table(&self, name: &str) -> Error {
        let named = self.tables.iter().map(|(name, _)| text::line(&name.to_string_lossy(), MOST_QUOTED));
        let named = named.take(5).collect::<Vec<_>>().join(", ");
        Error::Denied(format!(
            "{} is not among the tables that this job's parameters name ({}); to allow it, name it in a parameter of kind 'dataset' of \
             this item in gonogo.toml",
            text::line(name, MOST_QUOTED),
            if named.is_empty() { "none" } else { &named },
        ))
    }
}

fn gone(shown: &str) -> Error {
    Error::NotFound(format!("{shown} is not there"))
}

/// The path without `.` and doubled or trailing slashes.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

/// Where a name stops being one.
fn first_sign(name: &str) -> Option<usize> {
    name.find(['*', '?', '[', '{'])
}

fn matcher(pattern: &str, shown: &str) -> Result<GlobMatcher, Error> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    glob.map(|glob| glob.compile_matcher())
        .map_err(|error| Error::Unsupported(format!("{shown} is no pattern: {}", error.kind())))
}

/// One look for files.
struct Search {
    /// Names that may still be looked at.
    left: usize,
    deadline: Instant,
}

impl Search {
    fn take(
        &mut self,
        base: Arc<Held>,
        pattern: Option<(&GlobMatcher, &str)>,
        selected: &mut Vec<Selected>,
    ) -> Result<(), Error> {
        match base.kind() {
            FileType::RegularFile if pattern.is_none() => {
                let (size, identity) = (size(&base), Identity::of(&base));
                let path = base.shown.clone();
                selected.push(Selected { base, rest: PathBuf::new(), path, size, found: false, identity });
                Ok(())
            }
            FileType::Directory => self.walk(&base, pattern, selected),
            _ => Err(Error::Unsupported(format!("{} is neither a file nor a directory", base.shown))),
        }
    }

    fn walk(
        &mut self,
        base: &Arc<Held>,
        pattern: Option<(&GlobMatcher, &str)>,
        selected: &mut Vec<Selected>,
    ) -> Result<(), Error> {
        let deepest = pattern.map_or(MOST_DEPTH, |(_, pattern)| match pattern.contains("**") {
            true => MOST_DEPTH,
            false => pattern.matches('/').count(),
        });
        let mut directories = vec![(PathBuf::new(), 0)];
        while let Some((directory, depth)) = directories.pop() {
            in_time(self.deadline, "looking for files below", &base.shown)?;
            let shown = join(&base.shown, &directory);
            let names = match directory.as_os_str().is_empty() {
                true => directory::list(base, self.left)?,
                false => directory::list(&base.below(&directory, &shown)?, self.left)?,
            };
            self.left = self.left.saturating_sub(names.len());
            for (name, kind) in names {
                let rest = directory.join(&name);
                let hidden = name.starts_with(['.', '_']) && !name.contains('=');
                if kind == super::Kind::Directory {
                    if depth == MOST_DEPTH {
                        return Err(Error::Limit(format!(
                            "{shown} is more than {MOST_DEPTH} directories deep"
                        )));
                    }
                    if depth < deepest
                        && !(hidden && pattern.is_none_or(|(_, pattern)| pattern.contains("**")))
                    {
                        directories.push((rest, depth + 1));
                    }
                    continue;
                }
                let wanted = match pattern {
                    Some((matcher, _)) => matcher.is_match(&rest),
                    None => !hidden,
                };
                if wanted && kind != super::Kind::Other {
                    add(base, rest, selected)?;
                }
            }
        }
        Ok(())
    }
}

fn add(base: &Arc<Held>, rest: PathBuf, selected: &mut Vec<Selected>) -> Result<(), Error> {
    let path = join(&base.shown, &rest);
    let held = base.below(&rest, &path)?;
    // Links to directories are not followed, as in walks.
    if held.kind() != FileType::RegularFile {
        return Ok(());
    }
    if selected.len() == MOST_FILES {
        return Err(Error::Limit(format!("{} has more than {MOST_FILES} files", base.shown)));
    }
    let (size, identity) = (size(&held), Identity::of(&held));
    selected.push(Selected { base: Arc::clone(base), rest, path, size, found: true, identity });
    Ok(())
}

fn size(held: &Held) -> u64 {
    u64::try_from(held.stat.st_size).unwrap_or_default()
}

/// A path as the user would write it.
fn join(base: &str, rest: &Path) -> String {
    match (base, rest.as_os_str().is_empty()) {
        (base, true) => base.to_owned(),
        (".", false) => rest.display().to_string(),
        (base, false) => Path::new(base).join(rest).display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink, time::Duration};

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

    fn grant(project: &Path, name: &str) -> Grant {
        Grant::Dataset { name: name.to_owned(), path: project.join(name) }
    }

    fn paths(project: &Path, granted: &str, asked: &str) -> Result<Vec<String>, Error> {
        let files = files(project, &[grant(project, granted)]);
        let selected = files.select(&[asked.to_owned()], Instant::now() + Duration::from_secs(9))?;
        selected.iter().map(|file| file.open().map(|_| file.path.clone())).collect()
    }

    fn project() -> tempfile::TempDir {
        let project = tempfile::tempdir().unwrap();
        for name in [
            "d/a.csv",
            "d/b.csv",
            "d/_SUCCESS",
            "d/.x.crc",
            "d/y=1/z=b/c.csv",
            "d/.h/e.csv",
            "d/e[1].csv",
            "f.csv",
        ] {
            let path = project.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        project
    }

    #[test]
    fn names_directories_and_patterns_select_files() {
        let project = project();
        let at = project.path();
        assert_eq!(paths(at, "d/a.csv", "d/a.csv").unwrap(), ["d/a.csv"]);
        assert_eq!(paths(at, "d", "./d/").unwrap(), ["d/a.csv", "d/b.csv", "d/e[1].csv", "d/y=1/z=b/c.csv"]);
        assert_eq!(paths(at, "d/?.csv", "d/?.csv").unwrap(), ["d/a.csv", "d/b.csv"]);
        assert_eq!(paths(at, "d/**/*.csv", "d/**/*.csv").unwrap().len(), 4);
        assert_eq!(paths(at, "d/*/*/c.csv", "d/*/*/c.csv").unwrap(), ["d/y=1/z=b/c.csv"]);
        assert_eq!(paths(at, "*.csv", "*.csv").unwrap(), ["f.csv"]);
        assert_eq!(paths(at, "d/e[1].csv", "d/e[1].csv").unwrap(), ["d/e[1].csv"]);
        assert!(matches!(paths(at, "g.csv", "g.csv"), Err(Error::NotFound(_))));
        assert!(matches!(paths(at, "g/*.csv", "g/*.csv"), Err(Error::NotFound(_))));
        assert!(matches!(paths(at, "d/*.tsv", "d/*.tsv"), Err(Error::NotFound(_))));
        assert!(matches!(paths(at, "d/[.csv", "d/[.csv"), Err(Error::Unsupported(_))));
    }

    #[test]
    fn what_no_parameter_names_is_denied() {
        let project = project();
        let at = project.path();
        for asked in ["f.csv", "d", "*", "d/b.csv", "d/a.csv/../b.csv", "/etc/passwd", "d/*.csv"] {
            assert!(matches!(paths(at, "d/a.csv", asked), Err(Error::Denied(_))), "{asked}");
        }
        assert!(matches!(paths(at, "s3://d/a.csv", "s3:/d/a.csv"), Err(Error::Denied(_))));
        let readable = files(at, &[Grant::Read { name: "d".to_owned(), path: at.join("d") }]);
        let select =
            |name: &str| readable.select(&[name.to_owned()], Instant::now() + Duration::from_secs(9));
        assert_eq!(select("d/y=1").unwrap()[0].path, "d/y=1/z=b/c.csv");
        assert_eq!(select("d/?.csv").unwrap().len(), 2);
        assert!(matches!(select("*.csv"), Err(Error::Denied(_))));
        let granted = files(at, &[grant(at, "d/a.csv")]);
        assert!(matches!(granted.read("d/a.csv", 0, 9), Err(Error::Denied(_))), "as a table only");
    }

    #[test]
    fn links_that_lead_out_are_no_doors_and_changed_files_are_told() {
        let project = project();
        let at = project.path();
        symlink("../f.csv", at.join("d/out.csv")).unwrap();
        assert!(matches!(paths(at, "d/*.csv", "d/*.csv"), Err(Error::Denied(_))));
        assert_eq!(paths(at, "d/out.csv", "d/out.csv").unwrap(), ["d/out.csv"], "the user's word");
        fs::remove_file(at.join("d/out.csv")).unwrap();
        let files = files(at, &[grant(at, "d")]);
        let selected = files.select(&["d".to_owned()], Instant::now() + Duration::from_secs(9)).unwrap();
        fs::remove_file(at.join("d/a.csv")).unwrap();
        symlink("b.csv", at.join("d/a.csv")).unwrap();
        assert!(matches!(selected[0].open(), Err(Error::Io(why)) if why.contains("changed")));
        fs::write(at.join("d/b.csv"), "longer than before").unwrap();
        assert!(matches!(selected[1].open(), Err(Error::Io(why)) if why.contains("changed")));
    }
}
