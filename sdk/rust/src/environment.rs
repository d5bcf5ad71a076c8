//! The environment variables that [`Variable`](crate::Variable) and [`Revealed`](crate::Revealed) parameters name.

use serde_json::json;

use crate::{Error, bindings::gonogo::plugin::environment as wit, host::ask};

/// Length of the value in bytes; `None` when the variable is not set.
pub fn length(name: &str) -> Result<Option<u32>, Error> {
    ask("environment.length", || json!({"name": name}), || Ok(wit::length(name)?))
}

/// Whether the whole value matches a regular expression.
pub fn matches(name: &str, pattern: &str) -> Result<bool, Error> {
    ask(
        "environment.matches",
        || json!({"name": name, "pattern": pattern}),
        || Ok(wit::matches(name, pattern)?),
    )
}

/// The value, for a [`Revealed`](crate::Revealed) parameter; `None` when the variable is not set.
pub fn reveal(name: &str) -> Result<Option<String>, Error> {
    ask("environment.reveal", || json!({"name": name}), || Ok(wit::reveal(name)?))
}

/// Takes in a `.env` file; for the rest of the job, variables that are not set have its values. Gives the names in it.
pub fn load(path: &str) -> Result<Vec<String>, Error> {
    ask("environment.load", || json!({"path": path}), || Ok(wit::load(path)?))
}

/// The whole number that a pattern's first group captures in the value, or in a part of it: each step of `decode` is one of
/// `jwt-header`, `jwt-claims`, `base64`, `json:NAME`.
pub fn number(name: &str, decode: &[&str], pattern: &str) -> Result<Option<i64>, Error> {
    let import = || {
        let decode = decode.iter().map(|&step| step.to_owned()).collect::<Vec<_>>();
        Ok(wit::number(name, &decode, pattern)?)
    };
    ask("environment.number", || json!({"name": name, "decode": decode, "pattern": pattern}), import)
}
