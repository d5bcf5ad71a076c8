//! What Node projects say: package.json, its ranges, node_modules.

pub mod modules;
pub mod package_json;
pub mod range;
pub mod requirements;
