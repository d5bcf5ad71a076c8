//! Where programs are looked for: the directories of PATH that nobody else can plant a program in.

use std::{
    ffi::{OsStr, OsString},
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use rustix::fs::{Access, AtFlags, CWD, accessat};

use crate::domain::{Error, value::reason};

/// The clean search path, and what was left out of it. Clones are the same one.
#[derive(Clone, Debug)]
pub struct SearchPath(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The value of PATH.
    path: OsString,
    project: PathBuf,
    /// Looked at when a program is first looked for: most jobs run none.
    clean: OnceLock<Clean>,
}

#[derive(Debug, Default)]
struct Clean {
    directories: Vec<PathBuf>,
    /// Directories of PATH that are not searched, each with why.
    dropped: Vec<String>,
}

impl SearchPath {
    /// The directories of `path` (the value of PATH) that are absolute, exist, do not lie below `project` and that others cannot
    /// write to, in order, with links resolved.
    pub fn new(path: &OsStr, project: &Path) -> Self {
        let (path, project) = (path.to_owned(), project.to_owned());
        Self(Arc::new(Shared { path, project, clean: OnceLock::new() }))
    }

    fn clean(&self) -> &Clean {
        let Shared { path, project, clean: looked } = &*self.0;
        looked.get_or_init(|| {
            let real_project = fs::canonicalize(project).unwrap_or_else(|_| project.clone());
            let mut found = Clean::default();
            for directory in std::env::split_paths(path) {
                match clean(&directory, project, &real_project) {
                    Ok(directory) if found.directories.contains(&directory) => {}
                    Ok(directory) => found.directories.push(directory),
                    Err(why) => found.dropped.push(format!("'{}' ({why})", directory.display())),
                }
            }
            found
        })
    }

    /// The executable regular file of that name. A name with a `/` is a path: absolute, or relative to the project. A bare name is
    /// never looked for in the current directory.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        self.candidates(name).find(|candidate| executable(candidate))
    }

    /// Why [`find`](Self::find) found nothing.
    pub fn explain(&self, name: &str) -> Error {
        let there = self.candidates(name).find_map(|candidate| {
            let target = fs::read_link(&candidate);
            let shown = candidate.display();
            match (fs::metadata(&candidate), target) {
                (Ok(found), _) if found.is_dir() => Some(format!("{shown} is a directory")),
                (Ok(found), _) if !found.is_file() => Some(format!("{shown} is not a regular file")),
                (Ok(_), _) => Some(format!("{shown} is not executable by this user")),
                (Err(_), Ok(target)) => {
                    Some(format!("{shown} is a link to {}, which is not there", target.display()))
                }
                (Err(_), Err(_)) => None,
            }
        });
        let text = there.unwrap_or_else(|| match name.contains('/') {
            true => format!("program {name} is not there"),
            false => format!("program {name} is in none of {}", self.show()),
        });
        let dropped = &self.clean().dropped;
        Error::NotFound(match dropped.is_empty() || name.contains('/') {
            true => text,
            false => format!("{text}; not searched: {}", dropped.join(", ")),
        })
    }

    /// The search path as a value of PATH.
    pub fn as_variable(&self) -> OsString {
        // Entries come from splitting a PATH; resolving a link can bring a ':' in, and such a directory is dropped then.
        let fit = self
            .clean()
            .directories
            .iter()
            .filter(|directory| !directory.as_os_str().as_encoded_bytes().contains(&b':'));
        std::env::join_paths(fit).unwrap_or_default()
    }

    fn candidates<'a>(&'a self, name: &'a str) -> Box<dyn Iterator<Item = PathBuf> + 'a> {
        if name.is_empty() || name == "." || name == ".." || name.contains('\0') {
            Box::new(std::iter::empty())
        } else if name.contains('/') {
            Box::new(std::iter::once(self.0.project.join(name)))
        } else {
            Box::new(self.clean().directories.iter().map(move |directory| directory.join(name)))
        }
    }

    fn show(&self) -> String {
        let directories = &self.clean().directories;
        match directories.is_empty() {
            true => "no directories: PATH has none that is safe".to_owned(),
            false => directories.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(":"),
        }
    }
}

/// The directory without links, or why it is not searched.
fn clean(directory: &Path, project: &Path, real_project: &Path) -> Result<PathBuf, String> {
    if !directory.is_absolute() {
        return Err("not absolute".to_owned());
    }
    let real = fs::canonicalize(directory).map_err(|error| reason(&error))?;
    if directory.starts_with(project) || real.starts_with(real_project) {
        return Err("below the project".to_owned());
    }
    let found = fs::metadata(&real).map_err(|error| reason(&error))?;
    if !found.is_dir() {
        return Err("not a directory".to_owned());
    }
    // The sticky bit keeps others from replacing what is there, not from adding what is looked for.
    match found.permissions().mode() & 0o002 {
        0 => Ok(real),
        _ => Err("others can write to it".to_owned()),
    }
}

fn executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file())
        && accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS).is_ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn program(path: &Path, mode: u32) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "#!/bin/true\n").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn join(directories: &[&Path]) -> OsString {
        std::env::join_paths(directories).unwrap()
    }

    #[test]
    fn unsafe_directories_are_dropped_and_named() {
        let scratch = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(scratch.path()).unwrap();
        let project = root.join("project");
        let [planted, open, sticky, safe, linked] =
            ["project/bin", "open", "sticky", "safe", "linked"].map(|n| root.join(n));
        for directory in [&planted, &open, &sticky, &safe] {
            program(&directory.join("tool"), 0o755);
        }
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        fs::set_permissions(&sticky, fs::Permissions::from_mode(0o1777)).unwrap();
        symlink(&planted, &linked).unwrap();
        let missing = root.join("missing");
        let unsafe_ones = [&planted, &open, &sticky, &linked, &missing, Path::new("."), Path::new("")];
        let path = SearchPath::new(&join(&unsafe_ones), &project);
        assert_eq!(path.find("tool"), None);
        let text = path.explain("tool").to_string();
        for why in ["below the project", "others can write to it", "not absolute", "no such file"] {
            assert!(text.contains(why), "{why}: {text}");
        }
        let path = SearchPath::new(&join(&[&planted, &open, &safe, &safe]), &project);
        assert_eq!(path.find("tool"), Some(safe.join("tool")));
        assert_eq!(path.as_variable(), safe.as_os_str());
    }

    #[test]
    fn only_executable_regular_files_are_programs_and_the_reason_says_which() {
        let scratch = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(scratch.path()).unwrap();
        let bin = root.join("bin");
        program(&bin.join("plain"), 0o644);
        fs::create_dir(bin.join("directory")).unwrap();
        symlink("/nowhere/python", bin.join("broken")).unwrap();
        let path = SearchPath::new(bin.as_os_str(), &root.join("project"));
        for (name, why) in [
            ("plain", "not executable"),
            ("directory", "is a directory"),
            ("broken", "a link to /nowhere/python, which is not there"),
            ("absent", "in none of"),
            ("", "in none of"),
            ("..", "in none of"),
        ] {
            assert_eq!(path.find(name), None, "{name}");
            let error = path.explain(name);
            assert!(matches!(&error, Error::NotFound(text) if text.contains(why)), "{name}: {error}");
        }
    }

    #[test]
    fn names_with_a_slash_are_paths_from_the_project() {
        let scratch = tempfile::tempdir().unwrap();
        let project = scratch.path();
        program(&project.join(".venv/bin/python"), 0o755);
        let path = SearchPath::new(OsStr::new(""), project);
        let python = project.join(".venv/bin/python");
        assert_eq!(path.find(".venv/bin/python"), Some(python.clone()));
        assert_eq!(path.find(python.to_str().unwrap()), Some(python));
        assert_eq!(path.find("python"), None);
        assert_eq!(path.find("./python"), None);
    }
}
