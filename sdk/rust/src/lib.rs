//! Write gonogo checks in Rust.
//!
//! A check is a struct of parameters with doc comments, and a [`Check::run`] that measures through the host functions of this
//! crate ([`files`], [`dataset`], [`process`], [`environment`], [`system`], [`clock`], [`log`]) and says what it found in a [`Report`]. The struct's documentation is what
//! `gonogo explain` prints: its first paragraph, one line without a full stop, is the check's summary. A plugin is a table of checks:
//!
//! ```
//! use gonogo_sdk::{Check, Entry, JsonSchema, Plugin, Report, Size, Stop, system};
//! use serde::Deserialize;
//!
//! /// Swap is off, or small
//! ///
//! /// A training process that swaps is as good as dead.
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! #[schemars(crate = "gonogo_sdk::schemars")]
//! pub struct Swap {
//!     /// Most swap space that there may be.
//!     #[serde(default)]
//!     maximum: Size,
//! }
//!
//! impl Check for Swap {
//!     fn run(&self, report: &mut Report) -> Result<(), Stop> {
//!         let swap: u64 = system::memory()?.need("swap-total")?;
//!         report.fact("swap", swap).unit("B").bound(format!("<= {}", self.maximum.bytes()));
//!         report.summary(format!("{} of swap", Size::from(swap)));
//!         if swap > self.maximum.bytes() {
//!             report.no_go(format!("{} of swap, at most {} wanted", Size::from(swap), self.maximum)).hint("swapoff -a");
//!         }
//!         Ok(())
//!     }
//! }
//!
//! const PLUGIN: Plugin =
//!     Plugin { version: env!("CARGO_PKG_VERSION"), summary: "Checks of our site", checks: &[Entry::new::<Swap>("swap")] };
//! gonogo_sdk::export!(PLUGIN);
//! ```
//!
//! Natively, outside of WebAssembly, the host functions answer from a [`testing::Case`]: so a check's cases run in plain `cargo test`.

mod attributes;
mod check;
mod grants;
mod host;
mod report;
mod units;

pub mod clock;
pub mod dataset;
pub mod environment;
pub mod files;
pub mod log;
pub mod process;
pub mod system;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

pub use attributes::{Attributes, Error, FromValue, Value};
pub use check::{Check, Entry, Plugin, Stop};
pub use dataset::Dataset;
pub use grants::{Command, Endpoint, Processes, Program, Readable, Revealed, Scratch, Variable, Writable};
pub use report::{Fact, Finding, Location, Report, Severity};
pub use schemars::{self, JsonSchema};
pub use units::{Duration, Frequency, Rate, Size, counted};

/// The contract, as `wit-bindgen` writes it in Rust.
#[doc(hidden)]
#[expect(clippy::pedantic, reason = "generated")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "plugin",
        pub_export_macro: true,
        export_macro_name: "export_component",
        default_bindings_module: "gonogo_sdk::bindings",
    });
}

/// Makes a [`Plugin`] the one that this component exports.
#[macro_export]
macro_rules! export {
    ($plugin:expr) => {
        #[doc(hidden)]
        struct Component;

        impl $crate::bindings::exports::gonogo::plugin::checks::Guest for Component {
            fn describe() -> $crate::bindings::exports::gonogo::plugin::checks::Description {
                $plugin.describe()
            }

            fn run(
                name: String,
                parameters: String,
            ) -> Result<
                $crate::bindings::exports::gonogo::plugin::checks::Report,
                $crate::bindings::exports::gonogo::plugin::checks::Stop,
            > {
                $plugin.run(&name, &parameters).map(Into::into).map_err(Into::into)
            }
        }

        #[cfg(target_arch = "wasm32")]
        $crate::bindings::export_component!(Component with_types_in $crate::bindings);
    };
}
