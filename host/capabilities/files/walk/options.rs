//! The options of a walk, and how options are read: by name, of one type.

use super::{Entry, Ignored};
use crate::{
    capabilities::files::Kind,
    domain::{Error, Value, text},
};

/// What a walk is to leave out.
pub struct Options {
    /// Patterns of .gitignore, relative to the walk's path.
    pub exclude: Ignored,
    /// Whether .gitignore and .ignore files count.
    pub ignore_files: bool,
    /// Patterns of .gitignore: files that are met although ignore files leave them out. Only searches ask for it.
    pub ignored: Ignored,
    /// Whether to stay on the device of the walk's path.
    pub same_device: bool,
    /// How deep to go; 1 is what lies directly in the directory.
    pub depth: usize,
    /// Only entries that have one of these permission bits.
    pub mode_any: Option<u32>,
    /// Only these kinds.
    pub kinds: Option<Vec<Kind>>,
}

impl Options {
    /// All there is.
    pub fn everything() -> Self {
        Self {
            exclude: Ignored::nothing(),
            ignore_files: false,
            ignored: Ignored::nothing(),
            same_device: false,
            depth: usize::MAX,
            mode_any: None,
            kinds: None,
        }
    }

    /// Takes an option; false where it is none of a walk.
    pub fn take(&mut self, name: &str, value: &Value) -> Result<bool, Error> {
        match name {
            "exclude" => self.exclude = Ignored::of(texts(name, value)?)?,
            "ignore-files" => self.ignore_files = boolean(name, value)?,
            "same-device" => self.same_device = boolean(name, value)?,
            "depth" => self.depth = count(name, value)?,
            "mode-any" => self.mode_any = Some(u32::try_from(count(name, value)?).unwrap_or(u32::MAX)),
            "kinds" => {
                self.kinds =
                    Some(texts(name, value)?.iter().map(|text| kind(text)).collect::<Result<_, _>>()?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether an entry is given. What failed always is, so that nobody takes silence for an answer.
    pub fn wants(&self, entry: &Entry) -> bool {
        let kind = self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&entry.kind));
        let mode = self.mode_any.is_none_or(|bits| entry.mode & bits != 0);
        entry.failed.is_some() || (kind && mode)
    }
}

fn kind(text: &str) -> Result<Kind, Error> {
    match text {
        "file" => Ok(Kind::File),
        "directory" => Ok(Kind::Directory),
        "link" => Ok(Kind::Link),
        "other" => Ok(Kind::Other),
        _ => Err(Error::Unsupported(format!("'{}' is no kind of entry", text::line(text, 50)))),
    }
}

fn no(name: &str, what: &str) -> Error {
    Error::Unsupported(format!("'{}' is to be {what}", text::line(name, 50)))
}

/// A boolean.
pub fn boolean(name: &str, value: &Value) -> Result<bool, Error> {
    match value {
        Value::Boolean(value) => Ok(*value),
        _ => Err(no(name, "true or false")),
    }
}

/// An integer that is not negative.
pub fn count(name: &str, value: &Value) -> Result<usize, Error> {
    match value {
        Value::Integer(value) => usize::try_from(*value).map_err(|_| no(name, "an integer, 0 or more")),
        _ => Err(no(name, "an integer, 0 or more")),
    }
}

/// A number.
pub fn number(name: &str, value: &Value) -> Result<f64, Error> {
    match value {
        Value::Number(value) if value.is_finite() => Ok(*value),
        Value::Integer(value) => Ok(*value as f64),
        _ => Err(no(name, "a number")),
    }
}

/// A text.
pub fn one_text<'a>(name: &str, value: &'a Value) -> Result<&'a str, Error> {
    match value {
        Value::Text(value) => Ok(value),
        _ => Err(no(name, "a text")),
    }
}

/// A list of texts.
pub fn texts<'a>(name: &str, value: &'a Value) -> Result<&'a [String], Error> {
    match value {
        Value::Texts(value) => Ok(value),
        _ => Err(no(name, "a list of texts")),
    }
}
