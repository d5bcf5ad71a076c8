//! Time.

use serde_json::Value as Json;

use crate::{Error, bindings::gonogo::plugin::clock as wit, host::ask};

/// Seconds since the Unix epoch.
pub fn now() -> Result<f64, Error> {
    ask("clock.now", || Json::Null, || Ok(wit::now()))
}

/// Seconds since the job started.
pub fn elapsed() -> Result<f64, Error> {
    ask("clock.elapsed", || Json::Null, || Ok(wit::elapsed()))
}
