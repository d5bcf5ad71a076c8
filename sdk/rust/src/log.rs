//! Messages for whoever runs the host with `-v`; no part of the report.

#[cfg(target_arch = "wasm32")]
use crate::bindings::gonogo::plugin::log as wit;

/// How loud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Everything.
    Trace,
    /// For the check's author.
    Debug,
    /// For its user.
    Info,
    /// Something odd.
    Warn,
}

/// Logs a message. Natively it goes to standard error, which `cargo test` shows of failing tests.
#[cfg_attr(
    not(target_arch = "wasm32"),
    expect(
        clippy::print_stderr,
        reason = "natively there is no host: a failing test shows what its check logged"
    )
)]
pub fn log(level: Level, message: &str) {
    #[cfg(target_arch = "wasm32")]
    wit::log(
        match level {
            Level::Trace => wit::Level::Trace,
            Level::Debug => wit::Level::Debug,
            Level::Info => wit::Level::Info,
            Level::Warn => wit::Level::Warn,
        },
        message,
    );
    #[cfg(not(target_arch = "wasm32"))]
    eprintln!("{level:?}: {message}");
}
