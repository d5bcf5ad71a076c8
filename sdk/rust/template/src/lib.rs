//! {{title}}: checks for gonogo.

mod scratch;

use gonogo_sdk::{Entry, Plugin};

/// The table of the checks: a new one is a file and a line here.
pub const PLUGIN: Plugin = Plugin {
    version: env!("CARGO_PKG_VERSION"),
    summary: "{{title}}",
    checks: &[Entry::new::<scratch::Scratch>("scratch")],
};

gonogo_sdk::export!(PLUGIN);

/// `cargo test` runs the cases natively; `gonogo plugin test` runs the same files through the sandbox.
#[cfg(test)]
#[test]
fn cases() {
    gonogo_sdk::testing::cases(&PLUGIN, std::path::Path::new("cases"));
}
