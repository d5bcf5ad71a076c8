//! The host side of the contract: what plugins can ask, and the only place that touches files, processes and the environment for them.
//!
//! A capability is a plain struct that is made from a job's grants and answers in domain types; it holds what a plugin asks for against
//! those grants before it does anything. [`host`] wires them to the contract, through [`session`], which keeps deadlines and recordings.

pub mod dataset;
pub mod environment;
pub mod files;
pub mod found;
pub mod host;
mod pattern;
pub mod process;
pub mod search_path;
pub mod session;
pub mod system;
