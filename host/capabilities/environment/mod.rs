//! Environment variables that a job's parameters name: length, whole match, numbers in the value, and the value where a parameter reveals it.

mod decode;
mod dotenv;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt,
    sync::{Arc, Mutex, PoisonError},
};

use self::decode::Step;
use super::{files::Files, pattern};
use crate::domain::{Authority, Error, Grant, text};

/// Different patterns that one job may hold against one variable. Each answer tells one bit of the value, and a value worth
/// hiding has more than a hundred.
const MOST_PATTERNS: usize = 8;

/// Most digits of a number that is given out: a point in time in milliseconds has thirteen, in seconds ten. A longer one is more likely a secret.
const MOST_DIGITS: usize = 12;

/// Longest `.env` file: people write them by hand.
const MOST_FILE: u32 = 1 << 20;

/// The variables of one job.
pub struct Environment {
    /// Whether the plugin sees the value, for each variable that a parameter names.
    granted: BTreeMap<String, bool>,
    source: Arc<BTreeMap<OsString, OsString>>,
    /// From `.env` files, for variables that are not set.
    loaded: BTreeMap<OsString, OsString>,
    asked: Mutex<BTreeMap<String, BTreeSet<String>>>,
    revealed: Mutex<BTreeSet<String>>,
}

impl Environment {
    /// The variables that `authorities` grant, out of a snapshot of the process's environment.
    pub fn new(authorities: &[Authority], source: Arc<BTreeMap<OsString, OsString>>) -> Self {
        let mut granted = BTreeMap::new();
        for authority in authorities {
            if let Grant::Variable { name, reveal } = &authority.grant {
                *granted.entry(name.clone()).or_default() |= reveal;
            }
        }
        Self { granted, source, loaded: BTreeMap::new(), asked: Mutex::default(), revealed: Mutex::default() }
    }

    /// Length of the value in bytes; `None` when the variable is not set.
    pub fn length(&self, name: &str) -> Result<Option<u32>, Error> {
        self.hold(name)?;
        Ok(self.value(name).map(|value| u32::try_from(value.len()).unwrap_or(u32::MAX)))
    }

    /// Whether the whole value matches a regular expression.
    pub fn matches(&self, name: &str, pattern: &str) -> Result<bool, Error> {
        self.hold(name)?;
        let Some(value) = self.value(name) else {
            return Err(Error::NotFound(format!("environment variable {name} is not set")));
        };
        let compiled = pattern::compile_whole(pattern)?;
        self.count(name, pattern.to_owned())?;
        Ok(compiled.is_match(value.as_bytes()))
    }

    /// Counts what a variable is held against: once each.
    fn count(&self, name: &str, asked_for: String) -> Result<(), Error> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let patterns = asked.entry(name.to_owned()).or_default();
        if !patterns.contains(&asked_for) {
            if patterns.len() == MOST_PATTERNS {
                return Err(Error::Limit(format!(
                    "environment variable {name} was held against {MOST_PATTERNS} patterns already, and more could guess its value"
                )));
            }
            patterns.insert(asked_for);
        }
        Ok(())
    }

    /// Takes in a `.env` file: for the rest of the job, variables that are not set have its values. The names in it, in order.
    pub fn load(&mut self, path: &str, files: &Files) -> Result<Vec<String>, Error> {
        let bytes = files.read(path, 0, MOST_FILE)?;
        let shown = text::line(path, 300);
        if bytes.len() == MOST_FILE as usize {
            return Err(Error::Limit(format!(
                "{shown} has {MOST_FILE} bytes or more, and a .env file has fewer"
            )));
        }
        // The text is not quoted: it holds secrets.
        let text = String::from_utf8(bytes).map_err(|error| {
            Error::Io(format!(
                "cannot load {shown}: it is not UTF-8 at byte {}",
                error.utf8_error().valid_up_to()
            ))
        })?;
        let variable = |name: &str| self.value(name).and_then(OsStr::to_str).map(str::to_owned);
        let (entries, wrong) = dotenv::parse(&text, variable);
        for line in wrong {
            tracing::warn!("{shown}: line {line} is no entry, and is left out");
        }
        let mut names = Vec::<String>::new();
        // The last of several of one name counts, and what an earlier file said.
        let mut values = BTreeMap::new();
        for (name, value) in entries {
            if let Some(value) = value {
                values.insert(OsString::from(&name), OsString::from(value));
            }
            if !names.contains(&name) {
                names.push(name);
            }
        }
        for (name, value) in values {
            self.loaded.entry(name).or_insert(value);
        }
        Ok(names)
    }

    /// The whole number that the first group of a pattern captures in a value or a part of it.
    pub fn number(&mut self, name: &str, decode: &[String], pattern: &str) -> Result<Option<i64>, Error> {
        self.hold(name)?;
        let Some(value) = self.value(name) else {
            return Err(Error::NotFound(format!("environment variable {name} is not set")));
        };
        let compiled = pattern::compile(pattern)?;
        if compiled.captures_len() < 2 {
            return Err(Error::Io("the pattern of a number has no group that captures it".to_owned()));
        }
        let steps = Step::all(decode)?;
        self.count(name, format!("{} {pattern}", decode.join(" ")))?;
        let Some(part) = decode::apply(&steps, value.as_bytes()) else { return Ok(None) };
        let Some(found) = compiled.captures(&part).and_then(|groups| groups.get(1)) else { return Ok(None) };
        let digits = found.as_bytes().strip_prefix(b"-").unwrap_or(found.as_bytes());
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return Ok(None);
        }
        // Part of a longer number is no number of its own: piece by piece, it could be a secret.
        let beside = |at: Option<usize>| at.and_then(|at| part.get(at)).is_some_and(u8::is_ascii_digit);
        let cut = beside(found.start().checked_sub(1)) || beside(Some(found.end()));
        if cut || digits.len() > MOST_DIGITS {
            return Err(Error::Limit(format!(
                "the number in environment variable {name} has more than {MOST_DIGITS} digits, or is part of a longer one"
            )));
        }
        Ok(std::str::from_utf8(found.as_bytes()).ok().and_then(|text| text.parse().ok()))
    }

    /// The value, only for a parameter of kind `reveal`; `None` when the variable is not set.
    pub fn reveal(&self, name: &str) -> Result<Option<String>, Error> {
        if !self.hold(name)? {
            return Err(Error::Denied(format!(
                "the value of environment variable {name}: this job's parameters allow its length and matches only; to allow it, \
                 name it in a parameter of kind 'reveal' of this item in gonogo.toml"
            )));
        }
        let Some(value) = self.value(name) else { return Ok(None) };
        let value = value.to_str().ok_or_else(|| {
            Error::Io(format!("cannot read environment variable {name}: its value is not UTF-8"))
        })?;
        self.revealed.lock().unwrap_or_else(PoisonError::into_inner).insert(value.to_owned());
        Ok(Some(value.to_owned()))
    }

    /// The values handed out in this job, to be removed from whatever the plugin says.
    pub fn revealed(&self) -> Vec<String> {
        self.revealed.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Whether a granted variable's value may be seen.
    fn hold(&self, name: &str) -> Result<bool, Error> {
        self.granted.get(name).copied().ok_or_else(|| {
            let named = match self.granted.is_empty() {
                true => "none".to_owned(),
                false => self.granted.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
            };
            Error::Denied(format!(
                "environment variable {} is not among those that this job's parameters name ({named}); to allow it, name it in a \
                 parameter of kind 'variable' of this item in gonogo.toml",
                text::line(name, 100),
            ))
        })
    }

    fn value(&self, name: &str) -> Option<&OsStr> {
        let name = OsStr::new(name);
        self.source.get(name).or_else(|| self.loaded.get(name)).map(OsString::as_os_str)
    }
}
