//! What one host call costs, there and back: the canonical ABI, the session, the grant, the work itself.

use std::{fmt::Write, time::Instant};

use super::guest::{Bench, component};
use criterion::Criterion;
use gonogo::{
    capabilities::session::Mode,
    domain::{Grant, Outcome},
};

/// One kind of call.
struct Kind {
    name: &'static str,
    import: &'static str,
    data: String,
    call: String,
    grants: Vec<Grant>,
    /// Calls of one job: so many that its own cost does not show.
    times: u32,
}

/// Text for a data segment of the guest.
fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "\\{byte:02x}");
        text
    })
}

/// The call, which must succeed: its result begins with zero.
fn good(call: &str) -> String {
    format!("{call} (if (i32.load8_u (i32.const 16)) (then unreachable))")
}

fn kinds(file: &str) -> Vec<Kind> {
    let length = file.len();
    let read = || vec![Grant::Read { name: file.to_owned(), path: file.into() }];
    // A list of one string: where it is and how long it is, then the string.
    let program = "/bin/true";
    let command =
        [&72_u32.to_le_bytes()[..], &(program.len() as u32).to_le_bytes(), program.as_bytes()].concat();
    vec![
        Kind {
            name: "clock.now",
            import: r#"(import "gonogo:plugin/clock@0.1.0" "now" (func $call (result f64)))"#,
            data: String::new(),
            call: "(drop (call $call))".to_owned(),
            grants: Vec::new(),
            times: 10_000,
        },
        Kind {
            name: "files.stat",
            import: r#"(import "gonogo:plugin/files@0.1.0" "stat" (func $call (param i32 i32 i32 i32)))"#,
            data: escaped(file.as_bytes()),
            call: good(&format!(
                "(call $call (i32.const 64) (i32.const {length}) (i32.const 1) (i32.const 16))"
            )),
            grants: read(),
            times: 1_000,
        },
        Kind {
            name: "files.read-4-KiB",
            import: r#"(import "gonogo:plugin/files@0.1.0" "read" (func $call (param i32 i32 i64 i32 i32)))"#,
            data: escaped(file.as_bytes()),
            call: good(&format!(
                "(call $call (i32.const 64) (i32.const {length}) (i64.const 0) (i32.const 4096) (i32.const 16))"
            )),
            grants: read(),
            times: 1_000,
        },
        Kind {
            name: "process.run-true",
            import: r#"(import "gonogo:plugin/process@0.1.0" "run" (func $call (param i32 i32 i32)))"#,
            data: escaped(&command),
            call: good("(call $call (i32.const 64) (i32.const 1) (i32.const 16))"),
            grants: vec![Grant::command([program])],
            times: 10,
        },
    ]
}

/// The group.
pub fn host_calls(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, [b'x'; 4096]).unwrap();
    let mut group = criterion.benchmark_group("host_calls");
    for kind in kinds(file.to_str().unwrap()) {
        let component = component(kind.import, &kind.data, &kind.call, kind.times);
        let bench = Bench::new(component, "bench/check", kind.grants);
        let once = || {
            let outcome = bench.run(Mode::Live);
            assert!(matches!(outcome, Outcome::Judged(_)), "{}: {outcome:?}", kind.name);
        };
        group.bench_function(kind.name, |bencher| {
            bencher.iter_custom(|iterations| {
                let start = Instant::now();
                (0..iterations).for_each(|_| once());
                start.elapsed() / kind.times
            });
        });
    }
    group.finish();
}
