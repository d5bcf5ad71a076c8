//! Components made to break or exhaust a compiler. The child that compiles meets its limits, and this process says so and goes on.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use gonogo::{
    capabilities::session::{Mode, Trace},
    domain::Outcome,
    runtime::{
        Cache, Compiler, Error, Runtime,
        compiler::{Apart, Limits},
    },
};

use crate::{
    guest::{Guest, report},
    sandbox::{Attempt, found, surroundings},
};

/// The program itself compiles, within these limits.
fn apart(limits: Limits) -> Apart {
    Apart { program: env!("CARGO_BIN_EXE_gonogo").into(), arguments: vec!["compile-plugin".into()], limits }
}

fn runtime(limits: Limits) -> Runtime {
    Runtime::with(None, Compiler::Apart(apart(limits)))
}

fn refused(limits: Limits, bytes: &[u8]) -> Error {
    match runtime(limits).load(&found("bomb", bytes).sha256, bytes, || {}) {
        Err(error) => error,
        Ok(_) => panic!("it was compiled"),
    }
}

/// A number as WebAssembly has it.
fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id][..], &leb(content.len()), content].concat()
}

/// A component of one module with so many functions, all with this body.
fn functions(number: usize, body: &[u8]) -> Vec<u8> {
    let body = [&[0][..], body, &[0x0b]].concat();
    let code = [leb(body.len()), body].concat();
    let module = [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, &[1, 0x60, 0, 0]),
        section(3, &[leb(number), vec![0; number]].concat()),
        section(10, &[leb(number), code.repeat(number)].concat()),
    ]
    .concat();
    [b"\0asm\x0d\0\x01\0".to_vec(), section(1, &module)].concat()
}

/// Additions that a compiler must keep apart: five bytes each.
fn additions(bytes: usize) -> Vec<u8> {
    [&[0x41, 1][..], &[0x41, 2, 0x6a].repeat(bytes / 3), &[0x1a]].concat()
}

#[test]
fn what_is_compiled_apart_runs_here() {
    let base = tempfile::tempdir().unwrap();
    for cache in [None, Some(Cache::open(base.path().join("cache")).unwrap())] {
        let runtime = Runtime::with(cache, Compiler::Apart(apart(Limits::default())));
        let bytes = Guest::new().build();
        let loaded = runtime.load(&found("hostile", &bytes).sha256, &bytes, || {}).unwrap();
        let job = Attempt::of(&Guest::new()).within(Duration::from_secs(30)).job("hostile/check");
        let surroundings = surroundings(Path::new("/nowhere"));
        let outcome = loaded.run("hostile.apart", &job, &surroundings, Mode::Live, &Trace::default());
        assert_eq!(outcome, Outcome::Judged(report("fine")));
    }
}

#[test]
fn what_is_no_component_is_told_as_if_it_was_compiled_here() {
    let mut bytes = Guest::new().build();
    let half = bytes.len() / 2;
    bytes.truncate(half);
    let error = refused(Limits::default(), &bytes);
    let Error::Compile(cause) = &error else { panic!("{error}") };
    assert!(cause.to_string().contains("unexpected end"), "{cause}");
}

#[test]
fn a_million_functions_meet_the_limit_of_time_or_of_memory() {
    let bytes = functions(1_000_000, &[]);
    let seconds = Duration::from_secs;
    let generous = Limits { memory: 8 << 30, cpu: seconds(600), time: seconds(600) };
    let began = Instant::now();
    let error = refused(Limits { time: seconds(1), ..generous }, &bytes);
    assert!(matches!(&error, Error::TooMuch(what) if what == "1.0 s"), "{error}");
    let error = refused(Limits { cpu: seconds(1), ..generous }, &bytes).to_string();
    assert!(error.contains("takes more than 1.0 s of processor time"), "{error}");
    let error = refused(Limits { memory: 64 << 20, ..generous }, &bytes).to_string();
    assert!(error.contains("takes more than 64 MiB of memory"), "{error}");
    assert!(began.elapsed() < seconds(60));
}

#[test]
fn as_much_code_as_a_plugin_may_have_meets_a_limit() {
    let bytes = functions(8, &additions(7_500_000));
    assert!(bytes.len() > 50 << 20 && bytes.len() <= gonogo::domain::limits::PLUGIN_BYTES);
    let limits = Limits { memory: 512 << 20, cpu: Duration::from_secs(5), time: Duration::from_mins(1) };
    assert!(matches!(refused(limits, &bytes), Error::TooMuch(_)));
}

#[test]
fn deep_nesting_breaks_nobody_but_the_compiler() {
    let depth = 1_000_000;
    let nested = [[0x02, 0x40].repeat(depth), vec![0x0b; depth]].concat();
    let limits = Limits { cpu: Duration::from_secs(20), ..Limits::default() };
    // It compiles, or the child says why not: this process is still there.
    let runtime = runtime(limits);
    let bytes = functions(1, &nested);
    match runtime.compile(&found("bomb", &bytes).sha256, &bytes) {
        Ok(code) => assert!(code.starts_with(b"\x7fELF")),
        Err(error) => {
            assert!(matches!(error, Error::Compile(_) | Error::TooMuch(_) | Error::Broke { .. }), "{error}");
        }
    }
    let after = Guest::new().build();
    runtime.load(&found("hostile", &after).sha256, &after, || {}).unwrap();
}

#[test]
fn a_compiler_that_is_not_there_is_named() {
    let missing = Apart { program: "/nowhere/gonogo".into(), ..apart(Limits::default()) };
    let runtime = Runtime::with(None, Compiler::Apart(missing));
    let bytes = Guest::new().build();
    let Err(error) = runtime.load(&found("hostile", &bytes).sha256, &bytes, || {}) else {
        panic!("it was compiled")
    };
    assert!(error.to_string().contains("cannot run /nowhere/gonogo"), "{error}");
    let other = Apart { program: "/bin/false".into(), ..apart(Limits::default()) };
    let runtime = Runtime::with(None, Compiler::Apart(other));
    let Err(error) = runtime.load(&found("hostile", &bytes).sha256, &bytes, || {}) else {
        panic!("it was compiled")
    };
    assert!(error.to_string().contains("the compiler broke off (exit code 1)"), "{error}");
}

#[test]
fn a_child_without_its_parent_compiles_nothing() {
    let child = Command::new(env!("CARGO_BIN_EXE_gonogo"))
        .args(["compile-plugin", "--memory=1000000000", "--cpu=10", "--parent=1", "--bounded=false"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.code() == Some(70) && said.contains("whoever asked is gone"), "{said}");
    assert!(child.stdout.is_empty());
}
