//! Checks of the tools that a project builds and runs with: interpreters, environments, and what is installed in them.

mod consistency;
mod git;
mod node;
mod pnpm;
mod programs;
mod python;
mod requirements;
mod smoke;
mod venv;

mod asked;
mod defaults;
mod environments;
mod installed;
mod lock;
mod metadata;
mod nodejs;
mod pins;
mod poetry_constraint;
mod problems;
mod project;
mod pyproject;
mod requirement;
mod requirements_txt;
mod satisfied;
mod toml_text;
mod versions;

use gonogo_sdk::{Entry, Plugin};

/// The table of the checks.
pub const PLUGIN: Plugin = Plugin {
    version: env!("CARGO_PKG_VERSION"),
    summary: "Tools: interpreters, environments, and what is installed in them",
    checks: &[
        Entry::new::<python::Python>("python"),
        Entry::new::<node::Node>("node"),
        Entry::new::<pnpm::Pnpm>("pnpm"),
        Entry::new::<git::Git>("git"),
        Entry::new::<programs::Programs>("programs"),
        Entry::new::<venv::Venv>("venv"),
        Entry::new::<requirements::Requirements>("requirements"),
        Entry::new::<consistency::Consistency>("consistency"),
        Entry::new::<smoke::Smoke>("smoke"),
    ],
};

gonogo_sdk::export!(PLUGIN);

#[cfg(test)]
#[test]
fn cases() {
    gonogo_sdk::testing::cases(&PLUGIN, std::path::Path::new("cases"));
}
