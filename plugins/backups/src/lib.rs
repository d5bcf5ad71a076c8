//! Checks of backups: that they are there, complete, fresh, whole, scheduled, and give back what went in.

use gonogo_sdk::Plugin;

/// The table of the checks.
pub const PLUGIN: Plugin = Plugin {
    version: env!("CARGO_PKG_VERSION"),
    summary: "Backups: coverage, restore drills, schedules, integrity",
    checks: &[],
};

gonogo_sdk::export!(PLUGIN);
