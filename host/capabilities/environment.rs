//! Environment variables that a job's parameters name: length, whole match, and the value where a parameter reveals it.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt,
    sync::{Arc, Mutex, PoisonError},
};

use super::files::Files;
use super::pattern;
use crate::domain::{Authority, Error, Grant, text};

/// Different patterns that one job may hold against one variable. Each answer tells one bit of the value, and a value worth
/// hiding has more than a hundred.
const MOST_PATTERNS: usize = 8;

/// The variables of one job.
pub struct Environment {
    /// Whether the plugin sees the value, for each variable that a parameter names.
    granted: BTreeMap<String, bool>,
    source: Arc<BTreeMap<OsString, OsString>>,
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
        Self { granted, source, asked: Mutex::default(), revealed: Mutex::default() }
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
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let patterns = asked.entry(name.to_owned()).or_default();
        if !patterns.contains(pattern) {
            if patterns.len() == MOST_PATTERNS {
                return Err(Error::Limit(format!(
                    "environment variable {name} was held against {MOST_PATTERNS} patterns already, and more could guess its value"
                )));
            }
            patterns.insert(pattern.to_owned());
        }
        Ok(compiled.is_match(value.as_bytes()))
    }

    /// Takes in a `.env` file. The names in it.
    pub fn load(&mut self, _path: &str, _files: &Files) -> Result<Vec<String>, Error> {
        Err(Error::Unsupported("this host reads no .env files".to_owned()))
    }

    /// The whole number that a pattern captures in a value or a part of it.
    pub fn number(&mut self, _name: &str, _decode: &[String], _pattern: &str) -> Result<Option<i64>, Error> {
        Err(Error::Unsupported("this host looks into no values".to_owned()))
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
        self.source.get(OsStr::new(name)).map(OsString::as_os_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Origin;

    fn environment() -> Environment {
        let authority = |name: &str, reveal| Authority {
            grant: Grant::Variable { name: name.to_owned(), reveal },
            parameter: "names".to_owned(),
            origin: Origin::Profile,
        };
        let authorities = [
            authority("TOKEN", false),
            authority("HOSTS", true),
            authority("UNSET", true),
            authority("RAW", true),
        ];
        let variables = [("TOKEN", &b"hunter2"[..]), ("HOSTS", b"a,b"), ("RAW", b"\xff"), ("OTHER", b"x")];
        let source = variables.map(|(name, value)| (name.into(), OsStr::from_bytes(value).to_owned()));
        Environment::new(&authorities, Arc::new(source.into()))
    }

    #[test]
    fn length_is_in_bytes_and_absent_when_not_set() {
        let environment = environment();
        assert_eq!(environment.length("TOKEN"), Ok(Some(7)));
        assert_eq!(environment.length("RAW"), Ok(Some(1)));
        assert_eq!(environment.length("UNSET"), Ok(None));
    }

    #[test]
    fn what_no_parameter_names_is_denied_whether_it_is_set_or_not() {
        let environment = environment();
        for name in ["OTHER", "MISSING", "", "TOKEN=", "token", "HOSTS\0"] {
            assert!(matches!(environment.length(name), Err(Error::Denied(_))), "{name}");
            assert!(matches!(environment.matches(name, ""), Err(Error::Denied(_))), "{name}");
            assert!(matches!(environment.reveal(name), Err(Error::Denied(_))), "{name}");
        }
        let text = environment.length("OTHER").unwrap_err().to_string();
        assert!(text.contains("OTHER") && text.contains("HOSTS, RAW, TOKEN, UNSET"), "{text}");
    }

    #[test]
    fn the_whole_value_must_match() {
        let environment = environment();
        assert_eq!(environment.matches("TOKEN", "hunter[0-9]"), Ok(true));
        assert_eq!(environment.matches("TOKEN", "hunter"), Ok(false));
        assert_eq!(environment.matches("HOSTS", "a|a,b"), Ok(true));
        assert!(matches!(environment.matches("UNSET", ".*"), Err(Error::NotFound(_))));
        assert!(matches!(environment.matches("TOKEN", "("), Err(Error::Io(_))));
    }

    #[test]
    fn a_value_cannot_be_guessed_pattern_by_pattern() {
        let environment = environment();
        for guess in 0..MOST_PATTERNS {
            assert_eq!(environment.matches("TOKEN", &format!("h{{{guess}}}.*")), Ok(guess < 2));
        }
        assert!(matches!(environment.matches("TOKEN", "hu.*"), Err(Error::Limit(_))));
        assert_eq!(environment.matches("TOKEN", "h{0}.*"), Ok(true), "a pattern again tells nothing new");
        assert_eq!(environment.matches("HOSTS", "hu.*"), Ok(false), "each variable has its own count");
    }

    #[test]
    fn values_are_revealed_only_where_granted_and_remembered() {
        let environment = environment();
        let denied = environment.reveal("TOKEN").unwrap_err();
        assert!(matches!(denied, Error::Denied(_)) && !denied.to_string().contains("hunter2"));
        assert!(environment.revealed().is_empty());
        assert_eq!(environment.reveal("HOSTS"), Ok(Some("a,b".to_owned())));
        assert_eq!(environment.reveal("UNSET"), Ok(None));
        assert!(matches!(environment.reveal("RAW"), Err(Error::Io(_))));
        assert_eq!(environment.revealed(), ["a,b"]);
    }
}
