//! The reference of the conformance suite: the checks that every SDK writes the same way.

mod endless;
mod escape;
mod failure;
mod large;
mod lines;
mod memory;
mod table;
mod unicode;
mod variable;
mod version;
mod walk;

use gonogo_sdk::{Entry, Plugin};

/// The table of the checks.
pub const PLUGIN: Plugin = Plugin {
    version: env!("CARGO_PKG_VERSION"),
    summary: "Checks that every SDK writes the same way",
    checks: &[
        Entry::new::<memory::Memory>("memory"),
        Entry::new::<lines::Lines>("lines"),
        Entry::new::<large::Large>("large"),
        Entry::new::<unicode::Unicode>("unicode"),
        Entry::new::<version::Version>("version"),
        Entry::new::<variable::Variable>("variable"),
        Entry::new::<walk::Walk>("walk"),
        Entry::new::<table::Table>("table"),
        Entry::new::<failure::Failure>("failure"),
        Entry::new::<endless::Endless>("endless"),
        Entry::new::<escape::Escape>("escape"),
    ],
};

gonogo_sdk::export!(PLUGIN);
