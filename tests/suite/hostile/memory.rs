//! Memory, tables, stack, and data handed to the host: each meets its limit, by name.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use gonogo::domain::{
    Outcome, Severity,
    limits::{DESCRIPTION_BYTES, FACTS, FINDINGS, LOG_BYTES, TEXT_BYTES},
};

use crate::{
    guest::Guest,
    sandbox::{Attempt, describe},
};

/// Time enough for whatever is not about time.
const AMPLE: Duration = Duration::from_mins(1);

/// Ends the guest where the value on the stack says that growing failed.
const OR_DIE: &str = "(i32.const -1) (i32.eq) (if (then (unreachable)))";

#[test]
fn growing_many_memories_meets_one_limit() {
    let names = (0..7).map(|number| format!("$more{number}")).collect::<Vec<_>>();
    let memories = names.iter().map(|name| format!("(memory {name} 1)")).collect::<Vec<_>>().concat();
    let grow = names.iter().map(|name| format!("(memory.grow {name} (i32.const 1024)) {OR_DIE}"));
    let guest = Guest::new()
        .field(&memories)
        .run(&format!("{} (global.get $answer)", grow.collect::<Vec<_>>().concat()));
    Attempt::of(&guest).within(AMPLE).ends_unknown(&["needs more than 256 MiB of memory"]);
}

#[test]
fn more_memory_than_there_is_from_the_start() {
    let guest = Guest::new().pages(4096).field("(memory $more 1)");
    Attempt::of(&guest)
        .within(AMPLE)
        .ends_unknown(&["needs more than 256 MiB of memory", "before any host call"]);
}

#[test]
fn more_memories_and_instances_than_a_guest_needs() {
    let memories = |count| Guest::new().field(&"(memory 0)".repeat(count));
    Attempt::of(&memories(20)).within(AMPLE).ends_unknown(&["memory count too high"]);
    Attempt::of(&memories(80))
        .within(AMPLE)
        .ends_unknown(&["cannot be used", "memories count of 81 exceeds"]);
}

#[test]
fn a_table_of_ten_million_elements() {
    let declared = Guest::new().field("(table 10000000 funcref)");
    Attempt::of(&declared).within(AMPLE).ends_unknown(&["needs more than 200,000 table elements"]);
    let grown = Guest::new().field("(table $table 1 funcref)").run(&format!(
        "(table.grow $table (ref.null func) (i32.const 10000000)) {OR_DIE} (global.get $answer)"
    ));
    Attempt::of(&grown).within(AMPLE).ends_unknown(&["needs more than 200,000 table elements"]);
}

#[test]
fn many_tables_meet_one_limit() {
    let tables = (0..8).map(|_| "(table 30000 funcref)").collect::<Vec<_>>().concat();
    Attempt::of(&Guest::new().field(&tables))
        .within(AMPLE)
        .ends_unknown(&["needs more than 200,000 table elements"]);
}

#[test]
fn deep_recursion() {
    let guest = Guest::new()
        .field("(func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))")
        .run("(call $deep (i32.const 1))");
    Attempt::of(&guest).within(AMPLE).ends_unknown(&["needs more than 1 MiB of call stack"]);
}

fn logs(pages: u32, at: &str, length: &str) -> Guest {
    Guest::new().pages(pages).import("log", "log", "(param i32 i32 i32)").run(&format!(
        "(call $log.log (i32.const 2) (i32.const {at}) (i32.const {length})) (global.get $answer)"
    ))
}

#[test]
fn strings_beyond_the_guests_memory() {
    for (at, length) in [("0", "0xffffffff"), ("0xffffffff", "1"), ("0xffffffff", "0xffffffff")] {
        Attempt::of(&logs(32, at, length)).within(AMPLE).ends_unknown(&["trapped", "out of bounds"]);
    }
}

#[test]
fn a_string_larger_than_a_call_may_hand_over() {
    Attempt::of(&logs(4000, "0", "200000000"))
        .within(AMPLE)
        .ends_unknown(&["hands over more than 8 MiB in one call"]);
}

#[test]
fn a_list_of_strings_that_all_lie_in_one_place() {
    // 1,000 strings of 64 KiB in 8 KB of memory.
    let guest = Guest::new().pages(32).import("process", "run", "(param i32 i32 i32)").run(
        "(loop $next
               (i32.store offset=0x100000 (local.get $at) (i32.const 0x80000))
               (i32.store offset=0x100004 (local.get $at) (i32.const 0x10000))
               (local.set $at (i32.add (local.get $at) (i32.const 8)))
               (br_if $next (i32.lt_u (local.get $at) (i32.const 8000))))
             (call $process.run (i32.const 0x100000) (i32.const 1000) (global.get $scratch))
             (global.get $answer)",
    );
    Attempt::of(&guest).within(AMPLE).ends_unknown(&["hands over more than 8 MiB in one call"]);
}

/// A report whose lists of facts and findings claim lengths; what they point to is zeros, which is valid.
fn claims(pages: u32, facts: u32, findings: u32) -> Guest {
    Guest::new().pages(pages).run(&format!(
        "(i32.store offset=12 (global.get $scratch) (i32.const 0x200000))
         (i32.store offset=16 (global.get $scratch) (i32.const {facts}))
         (i32.store offset=20 (global.get $scratch) (i32.const 0x200000))
         (i32.store offset=24 (global.get $scratch) (i32.const {findings}))
         (global.get $scratch)"
    ))
}

#[test]
fn a_million_findings_are_not_taken() {
    let words = &["hands over more than 8 MiB in one call"];
    Attempt::of(&claims(1024, 0, 1_000_000)).within(AMPLE).ends_unknown(words);
    Attempt::of(&claims(1024, 1_000_000, 0)).within(AMPLE).ends_unknown(words);
}

#[test]
fn of_many_findings_and_facts_some_are_kept_and_the_rest_counted() {
    let report = Attempt::of(&claims(100, 10_000, 10_000)).within(AMPLE).judges();
    assert_eq!(report.facts.len(), FACTS);
    assert_eq!(report.findings.len(), FINDINGS + 1);
    let last = report.findings.last().unwrap();
    assert_eq!(last.severity, Severity::Note);
    assert!(last.message.starts_with("9000 further findings are left out"), "{}", last.message);
}

#[test]
fn a_no_go_among_the_findings_that_are_left_out_stays_a_no_go() {
    // The last of 2,000 findings of 52 bytes.
    let body = "(i32.store8 offset=0x200000 (i32.const 103948) (i32.const 3))
        (i32.store offset=20 (global.get $scratch) (i32.const 0x200000))
        (i32.store offset=24 (global.get $scratch) (i32.const 2000))
        (global.get $scratch)";
    let report = Attempt::of(&Guest::new().pages(100).run(body)).within(AMPLE).judges();
    assert_eq!(report.worst(), Some(Severity::NoGo));
    assert_eq!(report.findings.len(), FINDINGS + 1);
}

/// A report of one finding whose message has this length.
fn message(pages: u32, length: u32) -> Guest {
    Guest::new().pages(pages).run(&format!(
        "(i32.store offset=20 (global.get $scratch) (i32.const 0x200000))
         (i32.store offset=24 (global.get $scratch) (i32.const 1))
         (i32.store (i32.const 0x200004) (i32.const 0x200100))
         (i32.store (i32.const 0x200008) (i32.const {length}))
         (global.get $scratch)"
    ))
}

#[test]
fn one_huge_finding() {
    Attempt::of(&message(100, 1 << 30)).within(AMPLE).ends_unknown(&["trapped", "out of bounds"]);
    Attempt::of(&message(4000, 200_000_000))
        .within(AMPLE)
        .ends_unknown(&["hands over more than 8 MiB in one call"]);
    let report = Attempt::of(&message(200, 5_000_000)).within(AMPLE).judges();
    assert!(report.findings[0].message.len() <= TEXT_BYTES);
}

#[test]
fn a_description_of_100_megabytes() {
    let guest = Guest::new().pages(2000).describe(
        "(i32.store offset=8 (global.get $description) (i32.const 0x100000))
         (i32.store offset=12 (global.get $description) (i32.const 100000000))
         (global.get $description)",
    );
    let error = describe(&guest.build()).unwrap_err().to_string();
    assert!(error.contains("hands over more than 8 MiB in one call"), "{error}");
}

#[test]
fn a_description_larger_than_anybody_reads() {
    let long = "x".repeat(DESCRIPTION_BYTES + 1);
    let guests = [
        Guest::new().describes_check(|check| check.documentation.clone_from(&long)),
        Guest::new().describes_check(|check| check.commands = vec![vec!["program".to_owned(), long.clone()]]),
        Guest::new().describes_check(|check| check.name.clone_from(&long)),
    ];
    for guest in guests {
        let error = describe(&guest.build()).unwrap_err().to_string();
        assert!(error.contains("it says more than 2097152 bytes"), "{error}");
    }
}

#[test]
fn more_checks_than_anybody_has() {
    let guest = Guest::new().describes(|said| {
        let one = |number| gonogo::catalog::described::SaidCheck {
            name: format!("check-{number}"),
            parameters: r#"{"type":"object"}"#.to_owned(),
            ..Default::default()
        };
        said.checks = (0..20_000).map(one).collect();
    });
    let error = describe(&guest.build()).unwrap_err().to_string();
    assert!(error.contains("it has 20000 checks, more than 500"), "{error}");
}

#[test]
fn a_million_host_calls() {
    let guest = Guest::new()
        .import("clock", "elapsed", "(result f64)")
        .run("(loop $again (drop (call $clock.elapsed)) (br $again)) (unreachable)");
    Attempt::of(&guest)
        .within(AMPLE)
        .ends_unknown(&["more than 1000000 host calls", "last host call: clock.elapsed"]);
}

/// Counts what is logged.
#[derive(Clone, Default)]
struct Counter(Arc<AtomicUsize>);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.fetch_add(bytes.len(), Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_endless_log() {
    let written = Counter::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
    let guest = Guest::new().import("log", "log", "(param i32 i32 i32)").run(
        "(loop $again
           (call $log.log (i32.const 3) (i32.const 0) (i32.const 1000))
           (br $again))
         (unreachable)",
    );
    let outcome = tracing::subscriber::with_default(subscriber, || Attempt::of(&guest).alone());
    assert!(matches!(&outcome, Outcome::Unknown { reason, .. } if reason.len() <= TEXT_BYTES), "{outcome:?}");
    let written = written.0.load(Ordering::Relaxed);
    assert!(written >= LOG_BYTES, "the log was read: {written}");
    // Each of the some 66 messages has a line of its own with time, level and name.
    assert!(written < LOG_BYTES + 80 * 200, "{written}");
}
