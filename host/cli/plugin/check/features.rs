//! Which parts of WebAssembly a component uses, found by validating it without each of them.

use wasmparser::{Validator, WasmFeatures};

use super::Row;

/// Parts beyond the first version, and whether the sandbox has them. A test holds the second column to the sandbox itself.
pub(super) const FEATURES: &[(WasmFeatures, &str, bool)] = &[
    (WasmFeatures::BULK_MEMORY, "bulk memory", true),
    (WasmFeatures::MULTI_VALUE, "multi-value", true),
    (WasmFeatures::SIGN_EXTENSION, "sign extension", true),
    (WasmFeatures::SATURATING_FLOAT_TO_INT, "saturating conversions", true),
    (WasmFeatures::REFERENCE_TYPES, "reference types", true),
    (WasmFeatures::EXTENDED_CONST, "extended constants", true),
    (WasmFeatures::SIMD, "SIMD", true),
    (WasmFeatures::MULTI_MEMORY, "several memories", true),
    (WasmFeatures::RELAXED_SIMD, "relaxed SIMD", false),
    (WasmFeatures::THREADS, "threads", false),
    (WasmFeatures::TAIL_CALL, "tail calls", false),
    (WasmFeatures::EXCEPTIONS, "exceptions", false),
    (WasmFeatures::LEGACY_EXCEPTIONS, "legacy exceptions", false),
    (WasmFeatures::MEMORY64, "64-bit memory", false),
    (WasmFeatures::FUNCTION_REFERENCES, "function references", false),
    (WasmFeatures::GC_TYPES, "external references", false),
    (WasmFeatures::GC, "garbage collection", false),
    (WasmFeatures::CUSTOM_PAGE_SIZES, "custom page sizes", false),
    (WasmFeatures::WIDE_ARITHMETIC, "wide arithmetic", false),
];

/// What a component uses. The error says why it is none.
pub fn used(component: &[u8]) -> Result<Vec<&'static str>, String> {
    let valid = |features: WasmFeatures| Validator::new_with_features(features).validate_all(component);
    valid(WasmFeatures::all()).map_err(|error| error.to_string())?;
    let needed = |(feature, _, _): &&(WasmFeatures, &'static str, bool)| {
        valid(WasmFeatures::all().difference(without(*feature))).is_err()
    };
    Ok(FEATURES.iter().filter(needed).map(|(_, name, _)| *name).collect())
}

/// A feature with those that are nothing without it.
fn without(feature: WasmFeatures) -> WasmFeatures {
    match feature {
        WasmFeatures::SIMD => feature | WasmFeatures::RELAXED_SIMD,
        WasmFeatures::REFERENCE_TYPES => feature | WasmFeatures::FUNCTION_REFERENCES | WasmFeatures::GC,
        WasmFeatures::FUNCTION_REFERENCES => feature | WasmFeatures::GC,
        _ => feature,
    }
}

/// The answer for people.
pub fn row(used: &Result<Vec<&'static str>, String>) -> Row {
    let used = match used {
        Ok(used) => used,
        Err(why) => {
            return Row::error("features", format!("it is no valid component: {why}"))
                .hint("build it with `gonogo plugin build`");
        }
    };
    let off = FEATURES.iter().filter(|(_, name, on)| !on && used.contains(name)).map(|(_, name, _)| *name);
    let off = off.collect::<Vec<_>>();
    if !off.is_empty() {
        let message = format!("uses {}, which the sandbox does not have", off.join(", "));
        return Row::error("features", message).hint("switch it off in the compiler's options");
    }
    match used.is_empty() {
        true => Row::ok("features", "none beyond the first version of WebAssembly"),
        false => Row::ok("features", used.join(", ")),
    }
}
