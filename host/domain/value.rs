//! What the host answers a plugin: named values and typed errors, in the form that recordings and cases keep them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why the host could not answer. The counterpart of `types.error` in the contract, whose words it is recorded in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Error {
    /// No parameter of this job names the thing.
    #[error("denied: {0}")]
    Denied(String),
    /// The named thing is not there.
    #[error("not found: {0}")]
    NotFound(String),
    /// The answer is larger than the host gives out.
    #[error("limit: {0}")]
    Limit(String),
    /// The answer did not come in time.
    #[error("timeout: {0}")]
    Timeout(String),
    /// The operating system refused or failed.
    #[error("{0}")]
    Io(String),
    /// This machine, platform or build cannot tell, ever.
    #[error("unsupported: {0}")]
    Unsupported(String),
}

/// `ESRCH`, on every Unix.
const NO_SUCH_PROCESS: i32 = 3;

impl Error {
    /// The same kind of error with another text.
    #[must_use]
    pub fn map_text(self, change: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Denied(text) => Self::Denied(change(text)),
            Self::NotFound(text) => Self::NotFound(change(text)),
            Self::Limit(text) => Self::Limit(change(text)),
            Self::Timeout(text) => Self::Timeout(change(text)),
            Self::Io(text) => Self::Io(change(text)),
            Self::Unsupported(text) => Self::Unsupported(change(text)),
        }
    }

    /// An operating-system error on `subject`, told apart by kind.
    pub fn from_io(tried: &str, subject: &str, error: &std::io::Error) -> Self {
        let text = format!("cannot {tried} {subject}: {}", reason(error));
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::NotFound(text),
            // Of a process that has ended since its file in /proc was opened.
            _ if error.raw_os_error() == Some(NO_SUCH_PROCESS) => Self::NotFound(text),
            std::io::ErrorKind::TimedOut => Self::Timeout(text),
            std::io::ErrorKind::Unsupported => Self::Unsupported(text),
            _ => Self::Io(text),
        }
    }
}

/// The message of an operating-system error without its number: `permission denied`.
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// One value. Units: bytes, seconds, bytes per second, hertz, degrees Celsius, watts, shares between 0 and 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Boolean(bool),
    /// A count, a size.
    Integer(i64),
    /// A measure.
    Number(f64),
    /// Text.
    Text(String),
    /// A list of texts. An empty list is one of these in JSON.
    Texts(Vec<String>),
    /// A series, in its order.
    Numbers(Vec<f64>),
    /// The host asked and got no answer.
    Failed {
        /// Why.
        failed: Error,
    },
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<u64> for Value {
    /// Saturates: what counts more than 2⁶³ is a count nobody compares with.
    fn from(value: u64) -> Self {
        Self::Integer(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::from(value as u64)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Vec<String>> for Value {
    fn from(value: Vec<String>) -> Self {
        Self::Texts(value)
    }
}

impl From<Vec<f64>> for Value {
    fn from(value: Vec<f64>) -> Self {
        Self::Numbers(value)
    }
}

impl<T: Into<Value>> From<Result<T, Error>> for Value {
    fn from(value: Result<T, Error>) -> Self {
        value.map_or_else(|failed| Self::Failed { failed }, Into::into)
    }
}

/// Named values. An absent name is unknown to this machine, never zero.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attributes(pub BTreeMap<String, Value>);

impl Attributes {
    /// No values yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// Adds a value where there is one.
    pub fn set_some(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    /// The value of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}
