//! Time.

use serde_json::json;

use crate::{Error, bindings::gonogo::plugin::clock as wit, host::ask};

/// Seconds since the Unix epoch.
pub fn now() -> Result<f64, Error> {
    ask("clock.now", || json!({}), || Ok(wit::now()))
}

/// Seconds since the job started.
pub fn elapsed() -> Result<f64, Error> {
    ask("clock.elapsed", || json!({}), || Ok(wit::elapsed()))
}
