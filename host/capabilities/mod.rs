//! The host side of each interface of the contract: the only place that touches files, processes and the environment for plugins.
//!
//! A capability is a plain struct that is made from a job's grants and answers in domain types. Each holds what a plugin asks
//! for against those grants before it does anything; nothing here knows WebAssembly.

pub mod environment;
pub mod files;
pub mod process;
pub mod search_path;

mod pattern;
