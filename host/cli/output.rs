//! Where results go: standard output, or a file that is whole or not there at all.

use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind, IsTerminal, Write},
    path::{Path, PathBuf},
};

use super::{args::Color, failure::Failure};
use crate::{
    domain::value,
    report::{
        Style,
        layout::{NARROWEST, USUAL_WIDTH, WIDEST},
    },
};

/// A place for one result.
#[derive(Debug)]
pub enum Output {
    /// Standard output.
    Standard,
    /// What is neither a regular file nor absent: a pipe, a device. Written straight into.
    Special(PathBuf),
    /// A file that is replaced in one step.
    File(PathBuf),
}

impl Output {
    /// The place that `--output` names, looked at before anything runs, so that no long run ends in a report that has nowhere to go.
    pub fn find(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::Standard) };
        let wrong = |why: &str| {
            let message = format!("cannot write {}: {why}", path.display());
            Err(Failure::usage(message).hint("name a file in a directory that is there and may be written"))
        };
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => wrong("it is a directory"),
            // A link to a file stays a link: what it points to is replaced.
            Ok(found) if found.is_file() => {
                Ok(Self::File(fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())))
            }
            Ok(_) => Ok(Self::Special(path.to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                match (path.file_name(), folder.is_none_or(Path::is_dir)) {
                    (None, _) => wrong("it is no file"),
                    (_, false) => wrong("its directory is not there"),
                    _ => Ok(Self::File(path.to_owned())),
                }
            }
            Err(error) => wrong(&value::reason(&error)),
        }
    }

    /// Writes the whole result.
    pub fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        let (written, what) = match self {
            Self::Standard => (standard(bytes), "standard output".to_owned()),
            Self::Special(path) => {
                let file = OpenOptions::new().write(true).open(path);
                (forgiving(file.and_then(|mut file| file.write_all(bytes))), path.display().to_string())
            }
            Self::File(path) => (replace(path, bytes), path.display().to_string()),
        };
        written.map_err(|error| Failure::usage(format!("cannot write {what}: {}", value::reason(&error))))
    }

    /// Makes room for what comes next, on a terminal.
    pub fn clear(&self) -> Result<(), Failure> {
        match self {
            Self::Standard if io::stdout().is_terminal() => self.write(b"\x1b[2J\x1b[H"),
            _ => Ok(()),
        }
    }

    /// How a text is to look that goes here.
    pub fn style(&self, verbose: u8) -> Style {
        let colour = match self {
            Self::Standard => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
            // Only `--color always` colours a file.
            Self::Special(_) | Self::File(_) => {
                anstream::ColorChoice::global() == anstream::ColorChoice::Always
            }
        };
        let width = match self {
            Self::Standard if io::stdout().is_terminal() => terminal_width(),
            _ => USUAL_WIDTH,
        };
        Style { colour, width, verbose: verbose > 0 }
    }
}

/// How a text looks on standard error.
pub fn style_of_errors() -> Style {
    let colour = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
    Style { colour, ..Style::PLAIN }
}

/// Obeys `--color` from here on.
pub fn choose_colour(when: Color) {
    let choice = match when {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

fn terminal_width() -> usize {
    let width = terminal_size::terminal_size().map_or(USUAL_WIDTH, |(width, _)| usize::from(width.0));
    width.clamp(NARROWEST, WIDEST)
}

fn standard(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    forgiving(out.write_all(bytes).and_then(|()| out.flush()))
}

/// A reader that has seen enough is no failure.
fn forgiving(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes beside the file and renames, so that nobody ever reads half of it.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
        file.write_all(bytes)?;
        // A name that outlives a crash must not outlive its bytes.
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    let written = write();
    if written.as_ref().is_err_and(|error| error.kind() != ErrorKind::AlreadyExists) {
        // It may never have been made.
        let _ = fs::remove_file(&temporary);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        fs::write(&path, "old and longer").unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        Output::find(Some(&link)).unwrap().write(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(link.is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_refused_before_the_run() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().to_owned(), folder.path().join("none/report"), folder.path().join("..")] {
            assert!(Output::find(Some(&path)).is_err(), "{}", path.display());
        }
    }

    #[test]
    fn a_device_is_written_into_and_stays_a_device() {
        let null = Output::find(Some(Path::new("/dev/null"))).unwrap();
        assert!(matches!(null, Output::Special(_)));
        null.write(b"x").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        assert!(Output::find(Some(Path::new("/dev/full"))).unwrap().write(b"x").is_err());
    }
}
