//! A job from its compiled plugin to its outcome: the store, the instance, the call, the way back. Budget: 100 µs for the trivial one.

use super::guest::{Bench, component};
use criterion::Criterion;
use gonogo::{
    capabilities::session::{Call, Mode},
    catalog::Found,
    domain::Outcome,
};
use serde::Deserialize;

/// What the bench needs of a case of `system/cpu`.
#[derive(Deserialize)]
struct Case {
    parameters: serde_json::Value,
    calls: Vec<Call>,
}

fn judged(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Judged(_)), "{outcome:?}");
}

/// The group.
pub fn instantiate(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("instantiate");

    let trivial = Bench::new(component("", "", "", 0), "bench/check", Vec::new());
    judged(&trivial.run(Mode::Live));
    group.bench_function("trivial", |bencher| bencher.iter(|| trivial.run(Mode::Live)));

    // As a language's runtime begins: it asks for its variables, and gets none.
    let import = r#"(import "wasi:cli/environment@0.2.0" "get-environment" (func $call (param i32)))"#;
    let wasi = Bench::new(component(import, "", "(call $call (i32.const 16))", 1), "bench/check", Vec::new());
    judged(&wasi.run(Mode::Live));
    group.bench_function("trivial-with-wasi", |bencher| bencher.iter(|| wasi.run(Mode::Live)));

    let case = include_str!("../plugins/system/cases/cpu/node-as-declared.json");
    let case = serde_json::from_str::<Case>(case).unwrap();
    let system = Found::built_in().find(|found| found.name == "system").unwrap();
    let cpu = Bench::new(system.bytes.to_vec(), "system/cpu", Vec::new()).with(case.parameters);
    let calls =
        case.calls.into_iter().map(|call| Call { ask: serde_json::json!({}), ..call }).collect::<Vec<_>>();
    let replay = || Mode::Replay(calls.clone());
    judged(&cpu.run(replay()));
    group.bench_function("system-cpu-replayed", |bencher| bencher.iter(|| cpu.run(replay())));
    group.finish();
}
