//! Checks of the machine: what it has, what of it this run may use, and whether it is healthy.

mod cpu;

use gonogo_sdk::{Entry, Plugin};

/// The table of the checks.
pub const PLUGIN: Plugin = Plugin {
    version: env!("CARGO_PKG_VERSION"),
    summary: "The machine: what it has, what of it this run may use, and whether it is healthy",
    checks: &[Entry::new::<cpu::Cpu>("cpu")],
};

gonogo_sdk::export!(PLUGIN);

#[cfg(test)]
#[test]
fn cases() {
    gonogo_sdk::testing::cases(&PLUGIN, std::path::Path::new("cases"));
}
