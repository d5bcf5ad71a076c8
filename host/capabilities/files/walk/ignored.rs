//! What is left out: patterns of .gitignore, from options and from ignore files. They are read by descriptor and matched by path.

use std::{fs::File, io::Read, os::fd::AsFd};

use ignore::{
    Match,
    gitignore::{Gitignore, GitignoreBuilder},
};
use rustix::fs::{FileType, Mode, OFlags, fstat, openat};

use super::names::Names;
use crate::domain::{Error, text};

/// Largest ignore file that is read, in bytes; the rest of a longer one does not count.
const MOST_BYTES: u64 = 1 << 20;

/// Most patterns of one list.
const MOST_PATTERNS: usize = 20_000;

/// Patterns of .gitignore, relative to one directory.
#[derive(Clone)]
pub struct Ignored(Option<Gitignore>);

impl Ignored {
    /// Nothing.
    pub fn nothing() -> Self {
        Self(None)
    }

    /// Whether there is no pattern.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The patterns of an option.
    pub fn of(patterns: &[String]) -> Result<Self, Error> {
        if patterns.len() > MOST_PATTERNS {
            return Err(Error::Limit(format!("more than {MOST_PATTERNS} patterns of paths")));
        }
        let mut builder = GitignoreBuilder::new("");
        for pattern in patterns {
            builder.add_line(None, pattern).map_err(|error| wrong(pattern, &error))?;
        }
        match patterns.is_empty() {
            true => Ok(Self(None)),
            false => Ok(Self(Some(builder.build().map_err(|error| wrong("", &error))?))),
        }
    }

    /// The lines of an ignore file. Those that are no pattern do not count, as in Git.
    fn of_file(text: &[u8]) -> Self {
        let mut builder = GitignoreBuilder::new("");
        for line in String::from_utf8_lossy(text).lines().take(MOST_PATTERNS) {
            builder.add_line(None, line).ok();
        }
        Self(builder.build().ok().filter(|patterns| !patterns.is_empty()))
    }

    /// Whether a path is named (true), or named as an exception (false). The directories above it are not looked at.
    pub fn matches(&self, path: &str, is_directory: bool) -> Option<bool> {
        match self.0.as_ref()?.matched(path, is_directory) {
            Match::None => None,
            Match::Ignore(_) => Some(true),
            Match::Whitelist(_) => Some(false),
        }
    }

    /// Whether a path or a directory above it is named.
    pub fn names(&self, path: &str) -> bool {
        let above = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
        above
            .map(|path| (path, true))
            .chain([(path, false)])
            .any(|(path, is_directory)| !path.is_empty() && self.matches(path, is_directory) == Some(true))
    }
}

fn wrong(pattern: &str, error: &ignore::Error) -> Error {
    Error::Unsupported(format!(
        "'{}' is no pattern of .gitignore: {}",
        text::line(pattern, 200),
        text::line(&error.to_string(), 200)
    ))
}

/// The ignore files of one directory. `.ignore` goes before `.gitignore`.
pub struct IgnoreFiles(Vec<Ignored>);

impl IgnoreFiles {
    /// Reads what there is of them.
    pub fn of(directory: impl AsFd, names: &Names, wanted: bool) -> Self {
        if !wanted {
            return Self(Vec::new());
        }
        let there = [".ignore", ".gitignore"].into_iter().filter(|name| names.has_file(name.as_bytes()));
        Self(there.filter_map(|name| read(&directory, name)).map(|text| Ignored::of_file(&text)).collect())
    }

    /// As [`Ignored::matches`].
    pub fn matches(&self, path: &str, is_directory: bool) -> Option<bool> {
        self.0.iter().find_map(|patterns| patterns.matches(path, is_directory))
    }
}

/// What cannot be read ignores nothing: then more is looked at, never less.
fn read(directory: impl AsFd, name: &str) -> Option<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = openat(directory, name, flags, Mode::empty()).ok()?;
    let is_file = FileType::from_raw_mode(fstat(&file).ok()?.st_mode) == FileType::RegularFile;
    let mut text = Vec::new();
    is_file.then(|| File::from(file).take(MOST_BYTES).read_to_end(&mut text).ok()).flatten()?;
    Some(text)
}
