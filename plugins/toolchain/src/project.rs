//! The project's own files: what lies at its top, and reading those that are there.

use gonogo_sdk::{
    Error,
    files::{self, Kind},
};

/// A path below a directory, written as the contract wants it: no leading `./`.
pub fn join(directory: &str, name: &str) -> String {
    match directory.trim_end_matches('/') {
        "." => name.to_owned(),
        "" => format!("/{name}"),
        directory => format!("{directory}/{name}"),
    }
}

/// A path as written in a file of `directory`, with `.` and `..` taken out; `None` where it leaves the project or is absolute.
pub fn resolve(directory: &str, written: &str) -> Option<String> {
    if written.starts_with('/') {
        return None;
    }
    let mut parts = directory.split('/').filter(|part| !matches!(*part, "" | ".")).collect::<Vec<_>>();
    for part in written.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    let absolute = if directory.starts_with('/') { "/" } else { "" };
    match parts.is_empty() {
        true => Some(".".to_owned()),
        false => Some(format!("{absolute}{}", parts.join("/"))),
    }
}

/// The directory of a file's path.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(directory, _)| directory)
}

/// The last name of a path.
pub fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// A text file; `None` where there is none.
pub fn read(path: &str) -> Result<Option<String>, Error> {
    match files::read_text(path) {
        Ok(text) => Ok(Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A directory's entries; `None` where there is none.
pub fn list(path: &str) -> Result<Option<Vec<(String, Kind)>>, Error> {
    match files::list(path) {
        Ok(entries) => Ok(Some(entries)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The 1-based line of a byte.
pub fn line_at(text: &str, byte: usize) -> u32 {
    let before = text.as_bytes().get(..byte).unwrap_or(text.as_bytes());
    before.split(|&byte| byte == b'\n').count() as u32
}

/// The project directory, listed once.
pub struct Project {
    root: String,
    names: Vec<(String, Kind)>,
}

impl Project {
    /// Lists the directory.
    pub fn open(root: &str) -> Result<Self, Error> {
        Ok(Self { root: root.to_owned(), names: files::list(root)? })
    }

    /// Whether something of that name lies at its top.
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|(other, _)| other == name)
    }

    /// The names at its top.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|(name, _)| name.as_str())
    }

    /// The path of a name below it.
    pub fn path(&self, name: &str) -> String {
        join(&self.root, name)
    }

    /// A text file at its top; `None`, without asking, where the list has no such name.
    pub fn read(&self, name: &str) -> Result<Option<String>, Error> {
        if self.has(name) { read(&self.path(name)) } else { Ok(None) }
    }

    /// Whether anything at its top says that this is a Python project.
    pub fn is_python(&self) -> bool {
        const FILES: &[&str] = &[
            "pyproject.toml",
            "setup.py",
            "setup.cfg",
            "Pipfile",
            "uv.lock",
            "poetry.lock",
            "pylock.toml",
            ".python-version",
        ];
        self.names().any(|name| {
            let end = name.rsplit_once('.').map_or("", |(_, end)| end);
            FILES.contains(&name) || end == "py" || (name.starts_with("requirements") && end == "txt")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        assert_eq!(resolve("requirements", "../base.txt").as_deref(), Some("base.txt"));
        assert_eq!(resolve(".", "./a//b.txt").as_deref(), Some("a/b.txt"));
        assert_eq!(resolve("/srv/project", "a.txt").as_deref(), Some("/srv/project/a.txt"));
        assert_eq!(resolve(".", "../outside.txt"), None);
        assert_eq!(resolve(".", "/etc/passwd"), None);
        assert_eq!(join(".", "a"), "a");
        assert_eq!(join("/", "a"), "/a");
        assert_eq!(join("env/", "a"), "env/a");
    }
}
