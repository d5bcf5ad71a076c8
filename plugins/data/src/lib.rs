//! Checks of data: that it is there, whole, consistent, labelled, and split as it should be.

mod accessible;
mod balance;
mod clean;
mod integrity;
mod labels;
mod missing;
mod parse;
mod present;
mod quality;
mod schema;
mod splits;

mod classes;
mod damage;
mod drift;
mod frame;
mod pair;
mod pattern;
mod repeated;
mod sql;
mod stream;
mod tally;
mod words;

use gonogo_sdk::{Entry, Plugin};

/// The table of the checks.
pub const PLUGIN: Plugin = Plugin {
    version: env!("CARGO_PKG_VERSION"),
    summary: "Data: presence, integrity, quality, labels, balance, splits",
    checks: &[
        Entry::new::<present::Present>("present"),
        Entry::new::<parse::Parse>("parse"),
        Entry::new::<schema::Schema>("schema"),
        Entry::new::<accessible::Accessible>("accessible"),
        Entry::new::<integrity::Integrity>("integrity"),
        Entry::new::<quality::Quality>("quality"),
        Entry::new::<clean::Clean>("clean"),
        Entry::new::<missing::Missing>("missing"),
        Entry::new::<labels::Labels>("labels"),
        Entry::new::<balance::Balance>("balance"),
        Entry::new::<splits::Splits>("splits"),
    ],
};

gonogo_sdk::export!(PLUGIN);

#[cfg(test)]
#[test]
fn cases() {
    gonogo_sdk::testing::cases(&PLUGIN, std::path::Path::new("cases"));
}
