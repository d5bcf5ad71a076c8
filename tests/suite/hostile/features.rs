//! Parts of WebAssembly that are off: whoever uses one is refused when it is compiled.

use gonogo::runtime::Error;

use crate::sandbox::{RUNTIME, found};

/// Loads a component of this text. None of them exports anything.
fn load(component: &str) -> Error {
    let bytes = wat::parse_str(component).unwrap_or_else(|error| panic!("{error}\n{component}"));
    let found = found("feature", &bytes);
    match RUNTIME.load(&found.sha256, &bytes, || {}) {
        Err(error) => error,
        Ok(_) => panic!("it was taken: {component}"),
    }
}

#[test]
fn what_is_off_does_not_compile() {
    let modules = [
        ("threads: shared memory", "(memory 1 1 shared)"),
        ("threads: atomics", "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))"),
        ("memory64", "(memory i64 1)"),
        ("table64", "(table i64 1 funcref)"),
        ("exceptions", "(tag (param i32))"),
        ("garbage collection", "(type (struct (field i32)))"),
        ("function references", "(type $f (func)) (func (param (ref $f)))"),
        ("tail calls", "(func $again (return_call $again))"),
        (
            "relaxed SIMD",
            "(func (param v128 v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))",
        ),
        ("custom page sizes", "(memory 1 (pagesize 1))"),
        (
            "wide arithmetic",
            "(func (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1)))",
        ),
        ("stack switching", "(type $f (func)) (type (cont $f))"),
    ];
    for (feature, fields) in modules {
        let error = load(&format!("(component (core module {fields}))"));
        assert!(matches!(error, Error::Compile(_)), "{feature}: {error}");
    }
    let components = [
        ("asynchronous functions", "(component (type (stream u8)))"),
        (
            "error contexts",
            "(component (type error-context) (import \"x\" (func (param \"e\" error-context))))",
        ),
    ];
    for (feature, component) in components {
        let error = load(component);
        assert!(matches!(error, Error::Compile(_)), "{feature}: {error}");
    }
}

#[test]
fn what_is_on_does_compile() {
    let modules = [
        "(memory 1) (memory 1)",
        "(func (param v128) (result v128) (i8x16.abs (local.get 0)))",
        "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 1)))",
        "(func (result i32 i32) (i32.const 1) (i32.const 2))",
    ];
    for fields in modules {
        let error = load(&format!("(component (core module {fields}))"));
        assert!(matches!(error, Error::Export { .. }), "{error}");
    }
}
