//! One test for each class of past faults in wasmtime that what we use of it could have, so that an upgrade cannot bring one back
//! unseen.
//!
//! Classes that cannot apply, and what keeps it so:
//! - handle exhaustion, wrong handles, handles that are left: tested in `resources`. Destructors of guests: they export no resource.
//! - drop in the middle of an asynchronous call: concurrency support is off, guests run to their end (a test beside the engine's
//!   configuration holds the features).
//! - file-system escapes of wasmtime-wasi (trailing slash, absolute link, truncation without permission): no guest is given a directory, and
//!   without one there is no path (tested in `wasi`); our own files are tested where they are. Its `wasi:http` is not linked.
//! - allocation in wasmtime-wasi by a number that a guest names (random bytes, zeroes, pollables): tested in `wasi`.
//! - miscompiled SIMD, sign extension and address modes: wasmtime's own suite and fuzzing, in the newest patch of its LTS.
//! - growing a memory while a host function borrows it: generated bindings copy what they read.

use std::path::Path;

use gonogo::domain::limits::CALL_BYTES;

use crate::{
    guest::{Guest, report},
    sandbox::Attempt,
};

fn run(body: &str) -> Attempt {
    Attempt::of(&Guest::new().run(body))
}

#[test]
fn lifting_discriminants_that_do_not_exist() {
    // Of the result, of stop, of a severity, of the options, of a value.
    let at_scratch = |stores: &str| format!("{stores} (global.get $scratch)");
    let one = |list: u32| {
        format!(
            "(i32.store offset={list} (global.get $scratch) (i32.const 2048))
             (i32.store offset={} (global.get $scratch) (i32.const 1))
             (memory.fill (i32.const 2048) (i32.const 0) (i32.const 64))",
            list + 4
        )
    };
    let in_finding =
        |at: u32| at_scratch(&format!("{} (i32.store8 offset={at} (i32.const 2048) (i32.const 9))", one(20)));
    let in_fact =
        |at: u32| at_scratch(&format!("{} (i32.store8 offset={at} (i32.const 2048) (i32.const 9))", one(12)));
    let bodies = [
        at_scratch("(i32.store8 (global.get $scratch) (i32.const 2))"),
        at_scratch("(i32.store8 (global.get $scratch) (i32.const 255))"),
        at_scratch(
            "(i32.store8 (global.get $scratch) (i32.const 1)) (i32.store8 offset=4 (global.get $scratch) (i32.const 2))",
        ),
        in_finding(0),
        in_finding(12),
        in_finding(40),
        in_fact(8),
        in_fact(32),
        in_fact(44),
    ];
    for body in bodies {
        // Of all that the guest says only its heap lies at 2048.
        Attempt::of(&Guest::new().text("room", &"x".repeat(4_000)).run(&body))
            .ends_unknown(&["trapped", "discriminant"]);
    }
}

#[test]
fn lifting_from_addresses_that_do_not_exist() {
    run("(i32.add (global.get $answer) (i32.const 1))").ends_unknown(&["trapped", "align"]);
    for address in ["0xfffffff0", "0x7ffffffc", "0xfffffffc"] {
        run(&format!("(i32.const {address})")).ends_unknown(&["trapped", "out of bounds"]);
    }
}

#[test]
fn lifting_lists_whose_length_overflows() {
    for length in ["0x10000000", "0x04924925", "0x7fffffff", "0xffffffff"] {
        let body = format!(
            "(i32.store offset=20 (global.get $scratch) (i32.const 0))
             (i32.store offset=24 (global.get $scratch) (i32.const {length}))
             (global.get $scratch)"
        );
        run(&body).ends_unknown(&["trapped", "out of bounds"]);
    }
    let misaligned = "(i32.store offset=20 (global.get $scratch) (i32.const 1))
        (i32.store offset=24 (global.get $scratch) (i32.const 1))
        (global.get $scratch)";
    run(misaligned).ends_unknown(&["trapped", "align"]);
}

#[test]
fn lifting_arguments_that_do_not_exist() {
    let level = Guest::new()
        .import("log", "log", "(param i32 i32 i32)")
        .run("(call $log.log (i32.const 9) (i32.const 0) (i32.const 0)) (global.get $answer)");
    Attempt::of(&level).ends_unknown(&["trapped", "discriminant"]);
    let result = |address: &str| {
        Guest::new()
            .import("system", "os", "(param i32)")
            .run(&format!("(call $system.os (i32.const {address})) (global.get $answer)"))
    };
    Attempt::of(&result("0xfffffff0")).ends_unknown(&["trapped"]);
    Attempt::of(&result("1")).ends_unknown(&["trapped", "align"]);
}

#[test]
fn room_that_realloc_does_not_have() {
    for address in ["-1", "0x7fffffff"] {
        let guest = Guest::new().realloc(&format!("(i32.const {address})"));
        Attempt::of(&guest).ends_unknown(&["trapped: realloc return: beyond end of memory"]);
    }
}

#[test]
fn data_beyond_the_budget_of_one_call() {
    // The words of wasmtime's error tell this limit from a trap: an upgrade that changes them must change ours.
    let long = Guest::new().pages(400).run(&format!(
        "(i32.store offset=8 (global.get $scratch) (i32.const {}))
         (global.get $scratch)",
        CALL_BYTES + 1
    ));
    Attempt::of(&long).ends_unknown(&["hands over more than 8 MiB in one call"]);
}

#[test]
fn each_call_has_the_whole_budget() {
    let guest = Guest::new().pages(400).import("log", "log", "(param i32 i32 i32)").run(
        "(loop $again
           (call $log.log (i32.const 0) (i32.const 0x100000) (i32.const 5000000))
           (local.set $at (i32.add (local.get $at) (i32.const 1)))
           (br_if $again (i32.lt_u (local.get $at) (i32.const 5))))
         (global.get $answer)",
    );
    assert_eq!(Attempt::of(&guest).within(std::time::Duration::from_mins(1)).judges(), report("fine"));
}

#[test]
fn a_trap_after_the_answer_spoils_it() {
    Attempt::of(&Guest::new().post_run("(unreachable)")).ends_unknown(&["broke off"]);
}

#[test]
fn leaving_the_guest_where_it_must_not() {
    let call = "(drop (call $clock.now))";
    let guest = || Guest::new().import("clock", "now", "(result f64)");
    Attempt::of(&guest().post_run(call)).ends_unknown(&["trapped", "cannot leave component instance"]);
    Attempt::of(&guest().realloc(&format!("{call} (i32.const 2048)")))
        .ends_unknown(&["trapped", "cannot leave component instance"]);
    let start = format!("(func $start {call}) (start $start)");
    // A start function may call the host: it runs within the job's limits and grants.
    assert_eq!(Attempt::of(&guest().field(&start)).judges(), report("fine"));
}

#[test]
fn wasi_is_of_the_same_release_as_the_engine() {
    let lock = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let version = |name: &str| {
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \"")).unwrap();
        let version = rest.split('"').next().unwrap();
        version.split('.').map(|part| part.parse().unwrap()).collect::<Vec<u32>>()
    };
    assert_eq!(version("wasmtime-wasi"), version("wasmtime"));
    assert!(version("wasmtime") >= vec![48, 0, 8], "what is older has faults that were mended");
    assert!(!lock.contains("name = \"wasmtime-wasi-http\""), "its advisories now need tests of their own");
}
