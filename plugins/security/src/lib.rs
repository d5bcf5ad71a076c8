//! Checks of what must not be there: secrets, unsafe artifacts, open doors, known vulnerabilities, personal data.

use gonogo_sdk::{Entry, Plugin};

mod secrets;

/// The table of the checks.
pub const PLUGIN: Plugin = Plugin {
    version: env!("CARGO_PKG_VERSION"),
    summary: "Secrets, unsafe artifacts, permissions, known vulnerabilities, personal data",
    checks: &[Entry::new::<secrets::Secrets>("secrets")],
};

gonogo_sdk::export!(PLUGIN);

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn cases() {
        gonogo_sdk::testing::cases(&crate::PLUGIN, Path::new("cases"));
    }
}
