//! Files that are no plugin of this contract.

use std::{
    fs::File,
    path::Path,
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
};

use gonogo::{
    catalog::{self, Found},
    domain::limits::PLUGIN_BYTES,
    runtime::{Error, Runtime},
};
use proptest::prelude::*;

use crate::{
    guest::Guest,
    sandbox::{RUNTIME, found, surroundings},
};

fn refused(bytes: &[u8]) -> Error {
    match RUNTIME.load(&found("package", bytes).sha256, bytes, || {}) {
        Err(error) => error,
        Ok(_) => panic!("it was taken"),
    }
}

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

#[test]
fn what_is_no_component_is_told_by_its_kind() {
    let core = Guest::new().core();
    assert!(refused(&core).to_string().starts_with("this is a core module; `gonogo plugin build`"));
    let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    assert!(refused(&program[..PLUGIN_BYTES.min(program.len())]).to_string().contains("native code"));
    for bytes in [&b""[..], b"\0asm", b"(component)", b"#!/bin/sh\n", b"PK\x03\x04"] {
        assert!(refused(bytes).to_string().contains("not WebAssembly"), "{bytes:?}");
    }
}

#[test]
fn what_is_too_large_is_not_looked_at() {
    let mut bytes = Guest::new().build();
    bytes.resize(PLUGIN_BYTES + 1, 0);
    assert!(matches!(refused(&bytes), Error::TooLarge(size) if size == PLUGIN_BYTES + 1));
    let base = tempfile::tempdir().unwrap();
    let path = base.path().join("huge.wasm");
    File::create(&path).unwrap().set_len(1 << 40).unwrap();
    assert!(
        matches!(Found::in_file("huge", path), Err(catalog::Error::TooLarge { size, .. }) if size == 1 << 40)
    );
}

#[test]
fn what_imports_something_else_is_told_what_there_is() {
    for import in [
        "gonogo:plugin/files@0.2.0",
        "gonogo:plugin/network@0.1.0",
        "gonogo:plugins/files@0.1.0",
        "wasi:cli/environment@0.3.0",
        "wasi:http/types@0.2.0",
        "anything",
    ] {
        let text = format!(r#"(component (import "{import}" (instance)))"#);
        let error = refused(&component(&text)).to_string();
        assert!(error.contains(&format!("imports {import}, which this gonogo does not offer")), "{error}");
        assert!(error.contains("it offers gonogo:plugin@0.1.0"), "{error}");
    }
    let function = r#"(component (import "gonogo:plugin/files@0.1.0"
        (instance (export "remove" (func (param "path" string))))))"#;
    assert!(matches!(refused(&component(function)), Error::Export { .. } | Error::Contract(_)));
}

#[test]
fn what_exports_something_else_is_told_what_is_needed() {
    let error = refused(&component("(component)")).to_string();
    assert!(
        error.contains("exports nothing") && error.contains("gonogo:plugin@0.1.0's interface checks"),
        "{error}"
    );
    let later = r#"(component (instance $empty) (export "gonogo:plugin/checks@0.2.0" (instance $empty)))"#;
    let error = refused(&component(later)).to_string();
    assert!(error.contains("exports gonogo:plugin/checks@0.2.0"), "{error}");
    let empty = r#"(component (instance $empty) (export "gonogo:plugin/checks@0.1.0" (instance $empty)))"#;
    assert!(matches!(refused(&component(empty)), Error::Contract(_)));
}

#[test]
fn what_is_nested_deeply_or_repeated_without_end_is_refused() {
    let deep = format!("{}{}", "(component ".repeat(2_000), ")".repeat(2_000));
    assert!(wat::parse_str(&deep).is_err() || matches!(refused(&component(&deep)), Error::Compile(_)));
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    // A section that claims 4 GiB.
    bytes.extend([1, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    assert!(matches!(refused(&bytes), Error::Compile(_)));
}

#[test]
fn whoever_needs_a_plugin_at_the_same_time_waits_for_one_compile() {
    let runtime = Arc::new(Runtime::new(None));
    let (bytes, compiled, together) = (Guest::new().build(), AtomicUsize::new(0), Barrier::new(4));
    let digest = found("package", &bytes).sha256;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                together.wait();
                let compiling = || {
                    compiled.fetch_add(1, Ordering::Relaxed);
                };
                runtime.load(&digest, &bytes, compiling).unwrap();
            });
        }
    });
    assert_eq!(compiled.load(Ordering::Relaxed), 1);
}

/// One change to a file.
#[derive(Clone, Debug)]
enum Change {
    Set(usize, u8),
    Remove(usize, usize),
    Repeat(usize, usize),
    Cut(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<usize>();
    prop_oneof![
        8 => (at, any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        1 => (at, 1_usize..64).prop_map(|(at, length)| Change::Remove(at, length)),
        1 => (at, 1_usize..64).prop_map(|(at, length)| Change::Repeat(at, length)),
        1 => at.prop_map(Change::Cut),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let length = bytes.len().max(1);
        match *change {
            Change::Set(at, byte) => {
                if let Some(place) = bytes.get_mut(at % length) {
                    *place = byte;
                }
            }
            Change::Remove(at, many) => {
                let at = at % length;
                bytes.drain(at.min(bytes.len())..(at + many).min(bytes.len()));
            }
            Change::Repeat(at, many) => {
                let at = (at % length).min(bytes.len());
                let part = bytes[at..(at + many).min(bytes.len())].to_vec();
                bytes.splice(at..at, part);
            }
            Change::Cut(at) => bytes.truncate(at % length),
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// A damaged plugin is refused or says something: the host never panics.
    #[test]
    fn damaged_plugins_harm_nobody(changes in prop::collection::vec(change(), 1..6)) {
        let bytes = changed(Guest::new().build(), &changes);
        let _ = RUNTIME.description(&found("damaged", &bytes), &surroundings(Path::new("/nowhere")), || {});
    }

    /// So is whatever follows a component's first bytes.
    #[test]
    fn random_components_harm_nobody(rest in prop::collection::vec(any::<u8>(), 0..512)) {
        let bytes = [&b"\0asm\x0d\0\x01\0"[..], &rest].concat();
        let _ = RUNTIME.load(&found("random", &bytes).sha256, &bytes, || {});
    }
}
