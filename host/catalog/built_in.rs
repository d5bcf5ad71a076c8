//! The plugins inside the program, as `plugins/dist/` has them.

/// Each plugin's name and component.
pub const PLUGINS: &[(&str, &[u8])] = &[
    ("system", include_bytes!("../../plugins/dist/system.wasm")),
    ("toolchain", include_bytes!("../../plugins/dist/toolchain.wasm")),
];
