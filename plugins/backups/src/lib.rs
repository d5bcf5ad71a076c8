//! Checks of backups: that they are there, complete, fresh, whole, scheduled, and give back what went in.

mod coverage;
mod drill;
mod integrity;
mod schedule;

mod backup;
mod bundle;
mod commands;
mod compare;
mod crc32;
mod digest;
mod dvc;
mod manifest;
mod snapshots;
mod time;
mod tree;

use gonogo_sdk::{Entry, Plugin};

/// The table of the checks.
pub const PLUGIN: Plugin = Plugin {
    version: env!("CARGO_PKG_VERSION"),
    summary: "Backups: coverage, restore drills, schedules, integrity",
    checks: &[
        Entry::new::<coverage::Coverage>("coverage"),
        Entry::new::<integrity::Integrity>("integrity"),
        Entry::new::<drill::Drill>("drill"),
        Entry::new::<schedule::Schedule>("schedule"),
    ],
};

gonogo_sdk::export!(PLUGIN);

#[cfg(test)]
#[test]
fn cases() {
    gonogo_sdk::testing::cases(&PLUGIN, std::path::Path::new("cases"));
}
