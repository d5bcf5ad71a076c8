//! The plugins inside the program, as `plugins/dist/` has them.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What was written down when they were built.
const BUILT: &str = include_str!("../../plugins/dist/BUILT.toml");

#[derive(Deserialize)]
struct Built {
    plugins: BTreeMap<String, Digests>,
}

#[derive(Deserialize)]
struct Digests {
    component: String,
}

/// SHA-256 of each component, lower-case hex: to read it is quicker than to digest megabytes at each start.
pub fn digests() -> BTreeMap<String, String> {
    let built = toml::from_str::<Built>(BUILT).map(|built| built.plugins).unwrap_or_default();
    built.into_iter().map(|(name, digests)| (name, digests.component)).collect()
}

/// Each plugin's name and component.
pub const PLUGINS: &[(&str, &[u8])] = &[
    ("backups", include_bytes!("../../plugins/dist/backups.wasm")),
    ("data", include_bytes!("../../plugins/dist/data.wasm")),
    ("environment", include_bytes!("../../plugins/dist/environment.wasm")),
    ("security", include_bytes!("../../plugins/dist/security.wasm")),
    ("system", include_bytes!("../../plugins/dist/system.wasm")),
    ("toolchain", include_bytes!("../../plugins/dist/toolchain.wasm")),
];

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::catalog::hex;

    #[test]
    fn each_plugin_is_what_was_written_down() {
        let computed = PLUGINS.iter().map(|(name, bytes)| ((*name).to_owned(), hex(&Sha256::digest(bytes))));
        assert_eq!(digests(), computed.collect());
    }
}
