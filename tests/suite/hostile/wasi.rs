//! Guests that try to get something by WASI: there is all of it, and it gives nothing. And what wasmtime-wasi must not let them do to the host.

use std::{path::Path, time::Duration};

use gonogo::{domain::limits::HANDLES, runtime::Runtime};

use crate::{
    guest::{Guest, report},
    sandbox::{Attempt, beside, describe, found, surroundings},
};

/// Traps where this is not zero.
fn zero(value: &str) -> String {
    format!("(if {value} (then (unreachable)))")
}

/// Traps where these are not the same.
fn same(one: &str, other: i32) -> String {
    zero(&format!("(i32.ne {one} (i32.const {other}))"))
}

const LENGTH: &str = "(i32.load offset=4 (global.get $scratch))";
const RESULT: &str = "(i32.load8_u (global.get $scratch))";
const CASE: &str = "(i32.load8_u offset=4 (global.get $scratch))";

/// A guest with what a program prints by: the text is at `$text`.
fn prints(text: &str) -> Guest {
    Guest::new()
        .wasi("cli/stdout", "get-stdout", "(result i32)")
        .wasi("cli/stderr", "get-stderr", "(result i32)")
        .wasi("io/streams", "[method]output-stream.write", "(param i32 i32 i32 i32)")
        .wasi("io/streams", "[method]output-stream.blocking-write-and-flush", "(param i32 i32 i32 i32)")
        .wasi("io/streams", "[method]output-stream.write-zeroes", "(param i32 i64 i32)")
        .wasi("io/streams", "[method]output-stream.blocking-write-zeroes-and-flush", "(param i32 i64 i32)")
        .text("text", text)
}

/// Writes the text to the stream.
fn print(function: &str, stream: &str) -> String {
    format!(
        "(call $streams.output-stream.{function} {stream} (global.get $text) (global.get $text.length) (global.get $scratch))"
    )
}

/// A guest with what a program waits by.
fn waits() -> Guest {
    Guest::new()
        .wasi("clocks/monotonic-clock", "subscribe-duration", "(param i64) (result i32)")
        .wasi("io/poll", "[method]pollable.block", "(param i32)")
        .wasi("io/poll", "poll", "(param i32 i32 i32)")
}

#[test]
fn there_is_no_directory_no_argument_and_no_variable() {
    let guest = Guest::new()
        .wasi("cli/environment", "get-environment", "(param i32)")
        .wasi("cli/environment", "get-arguments", "(param i32)")
        .wasi("cli/environment", "initial-cwd", "(param i32)")
        .wasi("filesystem/preopens", "get-directories", "(param i32)");
    let mut body = String::new();
    for list in ["environment.get-environment", "environment.get-arguments", "preopens.get-directories"] {
        body += &format!("(call ${list} (global.get $scratch)) {}", zero(LENGTH));
    }
    body += &format!("(call $environment.initial-cwd (global.get $scratch)) {}", zero(RESULT));
    let guest = guest.run(&format!("{body} (global.get $answer)"));
    assert_eq!(Attempt::of(&guest).within(Duration::from_secs(30)).judges(), report("fine"));
}

#[test]
fn a_descriptor_that_was_never_given() {
    // Without one there is no path to open below it: neither `..`, nor a trailing slash, nor a link can lead anywhere.
    for handle in ["0", "1", "3", "4", "-1"] {
        let guest = Guest::new()
            .wasi("filesystem/types", "[method]descriptor.is-same-object", "(param i32 i32) (result i32)")
            .run(&format!(
                "(drop (call $types.descriptor.is-same-object (i32.const {handle}) (i32.const {handle}))) (global.get $answer)"
            ));
        Attempt::of(&guest).ends_unknown(&["trapped", "handle"]);
    }
}

#[test]
fn sockets_and_names_are_refused() {
    let guest = Guest::new()
        .wasi("sockets/tcp-create-socket", "create-tcp-socket", "(param i32 i32)")
        .wasi("sockets/udp-create-socket", "create-udp-socket", "(param i32 i32)")
        .wasi("sockets/instance-network", "instance-network", "(result i32)")
        .wasi("sockets/ip-name-lookup", "resolve-addresses", "(param i32 i32 i32 i32)")
        .text("name", "localhost");
    let mut body = String::new();
    for create in ["tcp-create-socket.create-tcp-socket", "udp-create-socket.create-udp-socket"] {
        for family in [0, 1] {
            let call = format!("(call ${create} (i32.const {family}) (global.get $scratch))");
            // An error, and it is access-denied.
            body += &format!("{call} {} {}", same(RESULT, 1), same(CASE, 1));
        }
    }
    body += "(call $ip-name-lookup.resolve-addresses (call $instance-network.instance-network)
        (global.get $name) (global.get $name.length) (global.get $scratch))";
    body += &same(RESULT, 1);
    let guest = guest.run(&format!("{body} (global.get $answer)"));
    assert_eq!(Attempt::of(&guest).within(Duration::from_secs(30)).judges(), report("fine"));
}

#[test]
fn standard_input_is_at_its_end() {
    let guest = Guest::new()
        .wasi("cli/stdin", "get-stdin", "(result i32)")
        .wasi("io/streams", "[method]input-stream.blocking-read", "(param i32 i64 i32)")
        .run(&format!(
            "(call $streams.input-stream.blocking-read (call $stdin.get-stdin) (i64.const 100) (global.get $scratch))
             {} {} (global.get $answer)",
            same(RESULT, 1),
            same(CASE, 1)
        ));
    assert_eq!(Attempt::of(&guest).within(Duration::from_secs(30)).judges(), report("fine"));
}

#[test]
fn a_flood_of_output_is_taken_and_forgotten() {
    let print = print("write", "(i32.load offset=32 (global.get $scratch))");
    let body = format!(
        "(i32.store offset=32 (global.get $scratch) (call $stdout.get-stdout))
         (loop $again {print}
           (local.set $at (i32.add (local.get $at) (i32.const 1)))
           (br_if $again (i32.lt_u (local.get $at) (i32.const 50000))))
         (global.get $answer)"
    );
    let guest = prints(&"flood ".repeat(10_000)).run(&body);
    // Three gigabytes.
    assert_eq!(Attempt::of(&guest).within(Duration::from_mins(2)).judges(), report("fine"));
}

#[test]
fn what_a_guest_printed_last_says_why_it_ended() {
    let print = print("blocking-write-and-flush", "(call $stderr.get-stderr)");
    let guest = prints("Traceback (most recent call last):\nValueError: boom\n")
        .run(&format!("{print} (unreachable)"));
    Attempt::of(&guest).ends_unknown(&["broke off", "Traceback (most recent call last): ValueError: boom"]);
}

#[test]
fn zeroes_are_not_allocated_because_a_guest_says_so() {
    for function in ["write-zeroes", "blocking-write-zeroes-and-flush"] {
        for length in ["0x10000000000", "-1"] {
            let body = format!(
                "(call $streams.output-stream.{function} (call $stdout.get-stdout) (i64.const {length}) (global.get $scratch))
                 (global.get $answer)"
            );
            Attempt::of(&prints("").run(&body)).ends_unknown(&["more zeroes at once than there is room for"]);
        }
    }
}

#[test]
fn whoever_sleeps_beyond_the_deadline_is_woken_and_ends() {
    // An hour, and for ever.
    for nanoseconds in ["3600000000000", "-1"] {
        let subscribe = format!("(call $monotonic-clock.subscribe-duration (i64.const {nanoseconds}))");
        let block = format!("(call $poll.pollable.block {subscribe})");
        let poll = format!(
            "(i32.store offset=32 (global.get $scratch) {subscribe})
             (call $poll.poll (i32.add (global.get $scratch) (i32.const 32)) (i32.const 1) (global.get $scratch))"
        );
        for wait in [block, poll] {
            let attempt = Attempt::of(&waits().run(&format!("{wait} (global.get $answer)")));
            attempt.ends_unknown(&["did not end within 300 ms", "last host call: wasi.poll"]);
            let run = beside([("hostile.sleeps", &attempt)], 2);
            assert_eq!(run.stuck, 0, "its thread came back");
        }
    }
}

#[test]
fn whoever_sleeps_a_little_goes_on() {
    let body = "(call $poll.pollable.block (call $monotonic-clock.subscribe-duration (i64.const 1000000)))
        (global.get $answer)";
    let attempt = Attempt::of(&waits().run(body)).within(Duration::from_secs(30));
    assert_eq!(attempt.judges(), report("fine"));
}

#[test]
fn waiting_for_nothing_and_for_very_much() {
    let nothing = "(call $poll.poll (i32.const 0) (i32.const 0) (global.get $scratch)) (global.get $answer)";
    Attempt::of(&waits().run(nothing)).ends_unknown(&["empty poll list"]);
    let much = format!(
        "(loop $again
           (drop (call $monotonic-clock.subscribe-duration (i64.const 3600000000000)))
           (local.set $at (i32.add (local.get $at) (i32.const 1)))
           (br_if $again (i32.lt_u (local.get $at) (i32.const {}))))
         (global.get $answer)",
        HANDLES * 2
    );
    Attempt::of(&waits().run(&much)).within(Duration::from_secs(30)).ends_unknown(&["trapped"]);
}

#[test]
fn random_bytes_are_bounded() {
    let guest = |length: &str, end: &str| {
        Guest::new().pages(64).wasi("random/random", "get-random-bytes", "(param i64 i32)").run(&format!(
            "(loop $again
               (call $random.get-random-bytes (i64.const {length}) (global.get $scratch)) {end})
             (global.get $answer)"
        ))
    };
    Attempt::of(&guest("0x100000000", "")).ends_unknown(&["asks for 4294967296 random bytes at once"]);
    Attempt::of(&guest("-1", "")).ends_unknown(&["asks for 18446744073709551615 random bytes at once"]);
    let heap = "(global.set $heap (i32.const 0x10000)) (br $again)";
    Attempt::of(&guest("256", heap)).ends_unknown(&["did not end within 300 ms"]);
}

#[test]
fn whoever_ends_the_program_gives_no_answer() {
    for (status, code) in [(0, 0), (1, 1)] {
        let guest = Guest::new()
            .wasi("cli/exit", "exit", "(param i32)")
            .run(&format!("(call $exit.exit (i32.const {status})) (global.get $answer)"));
        Attempt::of(&guest).ends_unknown(&[&format!("ended itself with exit code {code}")]);
    }
}

#[test]
fn who_describes_itself_gets_the_same_of_time_and_chance_everywhere() {
    // Eight letters by chance, written over the summary; and a clock that stands still.
    let bytes = Guest::new()
        .describes(|said| said.summary = "eightfold".to_owned())
        .wasi("random/random", "get-random-bytes", "(param i64 i32)")
        .wasi("clocks/wall-clock", "now", "(param i32)")
        .field(
            "(func $letters (local $at i32)
               (call $random.get-random-bytes (i64.const 8) (global.get $scratch))
               (loop $again
                 (i32.store8
                   (i32.add (i32.load offset=8 (global.get $description)) (local.get $at))
                   (i32.add (i32.const 97) (i32.and (i32.const 15)
                     (i32.load8_u (i32.add (i32.load (global.get $scratch)) (local.get $at))))))
                 (local.set $at (i32.add (local.get $at) (i32.const 1)))
                 (br_if $again (i32.lt_u (local.get $at) (i32.const 8)))))",
        )
        .describe(
            "(call $letters)
             (call $wall-clock.now (global.get $scratch))
             (if (i64.ne (i64.load (global.get $scratch)) (i64.const 946684800)) (then (unreachable)))
             (global.get $description)",
        )
        .build();
    let here = describe(&bytes).unwrap();
    assert_ne!(here.summary, "eightfold", "chance has written");
    let there = Runtime::new(None);
    let again =
        there.description(&found("hostile", &bytes), &surroundings(Path::new("/nowhere")), || {}).unwrap();
    assert_eq!(here, again);
    assert!(here.imports.contains(&"wasi:random/random@0.2.0".to_owned()), "{:?}", here.imports);
}
