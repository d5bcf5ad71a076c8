//! Checks of the process environment: variables, credentials, and the paths that they name.

use gonogo_sdk::Plugin;

/// The table of the checks.
pub const PLUGIN: Plugin = Plugin {
    version: env!("CARGO_PKG_VERSION"),
    summary: "Environment variables, credentials, and the paths that they name",
    checks: &[],
};

gonogo_sdk::export!(PLUGIN);
