//! Not here yet.
pub mod plugin_build;
pub mod plugin_test;
