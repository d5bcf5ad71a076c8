//! The program itself: `gonogo --version`. Budget: 5 ms, most of which is the kernel's.

use std::process::Command;

use criterion::Criterion;

/// The group.
pub fn startup(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("startup");
    group.bench_function("version", |bencher| {
        bencher.iter(|| {
            let output = Command::new(env!("CARGO_BIN_EXE_gonogo")).arg("--version").output().unwrap();
            assert!(output.status.success());
        });
    });
    group.finish();
}
