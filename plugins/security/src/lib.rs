//! Checks of what must not be there: secrets, unsafe artifacts, open doors, known vulnerabilities, personal data.

use gonogo_sdk::Plugin;

/// The table of the checks.
pub const PLUGIN: Plugin = Plugin {
    version: env!("CARGO_PKG_VERSION"),
    summary: "Secrets, unsafe artifacts, permissions, known vulnerabilities, personal data",
    checks: &[],
};

gonogo_sdk::export!(PLUGIN);
