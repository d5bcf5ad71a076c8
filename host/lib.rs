//! GO or NO-GO for an AI training run.
//!
//! ```text
//! gonogo.toml ── config ──> Config  ┐
//! profile TOML ─ profile ─> Profile ├─ plan ─> Plan ─ run ─> outcomes ─ verdict ─> Assessment ─ report ─> bytes
//! .wasm files ── catalog ─> Catalog ┘            (runtime, capabilities)
//! ```
//!
//! Every arrow is a value. The modules stand in the order of that line; each uses only what stands below it, which a test holds
//! them to: `cli > report > verdict | run > runtime > capabilities > bindings | plan > config, profile, catalog, lock, registry > domain`.

pub mod domain;

pub mod catalog;
pub mod config;
pub mod lock;
pub mod profile;
pub mod registry;

pub mod plan;

pub mod bindings;
pub mod capabilities;
pub mod runtime;

pub mod run;
pub mod verdict;

pub mod report;

pub mod cli;
