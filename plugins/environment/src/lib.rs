//! Checks of the process environment: variables, credentials, and the paths that they name.
//!
//! No value is ever seen: the host says how long a value is, whether it matches a pattern, and which number stands in it.

mod credentials;
mod paths;
mod required;

mod expiry;
mod kinds;
mod placeholder;

use gonogo_sdk::{Entry, Plugin};

/// The table of the checks.
pub const PLUGIN: Plugin = Plugin {
    version: env!("CARGO_PKG_VERSION"),
    summary: "Environment variables, credentials, and the paths that they name",
    checks: &[
        Entry::new::<required::Required>("required"),
        Entry::new::<credentials::Credentials>("credentials"),
        Entry::new::<paths::Paths>("paths"),
    ],
};

gonogo_sdk::export!(PLUGIN);

#[cfg(test)]
#[test]
fn cases() {
    gonogo_sdk::testing::cases(&PLUGIN, std::path::Path::new("cases"));
}
