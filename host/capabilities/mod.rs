//! The host side of the contract: what plugins can ask, and the one place that decides what each job may touch.

pub mod environment;
pub mod files;
pub mod host;
mod pattern;
pub mod process;
pub mod search_path;
pub mod session;
pub mod system;
