//! Checks of what must not be there: secrets, unsafe artifacts, open doors, known vulnerabilities, personal data.

mod access;
mod advisories;
mod permissions;
mod privacy;
mod shell;

use gonogo_sdk::{Entry, Plugin};

/// The table of the checks.
pub const PLUGIN: Plugin = Plugin {
    version: env!("CARGO_PKG_VERSION"),
    summary: "Secrets, unsafe artifacts, permissions, known vulnerabilities, personal data",
    checks: &[
        Entry::new::<permissions::Permissions>("permissions"),
        Entry::new::<access::Access>("access"),
        Entry::new::<advisories::Advisories>("advisories"),
        Entry::new::<privacy::Privacy>("privacy"),
    ],
};

gonogo_sdk::export!(PLUGIN);

#[cfg(test)]
#[test]
fn cases() {
    gonogo_sdk::testing::cases(&PLUGIN, std::path::Path::new("cases"));
}
