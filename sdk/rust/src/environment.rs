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
