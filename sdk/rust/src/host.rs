//! The one way to the host: the contract's imports in WebAssembly, a case's answers natively.

use serde::{Serialize, de::DeserializeOwned};

use crate::Error;

/// Asks the host. `call` and `ask` are what a recording keeps, `import` is the contract's function.
#[cfg(target_arch = "wasm32")]
pub fn ask<T>(
    _call: &str,
    _ask: impl FnOnce() -> serde_json::Value,
    import: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error>
where
    T: Serialize + DeserializeOwned,
{
    import()
}

/// Asks the case that is being run.
#[cfg(not(target_arch = "wasm32"))]
pub fn ask<T>(
    call: &str,
    ask: impl FnOnce() -> serde_json::Value,
    _import: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error>
where
    T: Serialize + DeserializeOwned,
{
    crate::testing::answer(call, &ask())
}
