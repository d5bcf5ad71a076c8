//! Code that never ends, in each place that runs code.

use std::time::{Duration, Instant};

use gonogo::domain::limits::DESCRIBE_TIMEOUT;

use crate::{
    guest::Guest,
    sandbox::{Attempt, beside, describe},
};

const FOR_EVER: &str = "(loop $again (br $again)) (unreachable)";

#[test]
fn an_endless_loop_in_run() {
    let guest = Guest::new().run(FOR_EVER);
    Attempt::of(&guest).ends_unknown(&["did not end within 300 ms", "before any host call"]);
}

#[test]
fn an_endless_loop_after_a_host_call_names_the_call() {
    let body = format!("(drop (call $clock.now)) {FOR_EVER}");
    let guest = Guest::new().import("clock", "now", "(result f64)").run(&body);
    Attempt::of(&guest).ends_unknown(&["did not end within 300 ms", "last host call: clock.now"]);
}

#[test]
fn an_endless_loop_in_realloc() {
    // The host asks for room for the parameters before `run` begins.
    let guest = Guest::new().realloc(FOR_EVER);
    Attempt::of(&guest).ends_unknown(&["did not end within 300 ms"]);
}

#[test]
fn an_endless_loop_in_the_start_function() {
    let guest = Guest::new().field(&format!("(func $start {FOR_EVER}) (start $start)"));
    Attempt::of(&guest).ends_unknown(&["did not end within 300 ms"]);
}

#[test]
fn an_endless_loop_after_the_answer() {
    let guest = Guest::new().post_run(FOR_EVER);
    Attempt::of(&guest).ends_unknown(&["did not end within 300 ms"]);
}

#[test]
fn an_endless_loop_in_describe() {
    let guest = Guest::new().describe(FOR_EVER).build();
    let started = Instant::now();
    let error = describe(&guest).unwrap_err().to_string();
    assert!(error.contains("does not describe itself: did not end within 2.0 s"), "{error}");
    assert!(started.elapsed() < DESCRIBE_TIMEOUT + Duration::from_secs(10));
}

#[test]
fn a_loop_of_instructions_that_take_long_each() {
    let fill = "(loop $again
        (memory.fill (i32.const 0) (i32.const 7) (i32.const 0x10000000))
        (br $again)) (unreachable)";
    Attempt::of(&Guest::new().pages(4096).run(fill)).ends_unknown(&["did not end within 300 ms"]);
}

#[test]
fn endless_loops_on_every_thread_leave_time_for_the_others() {
    let spin = Attempt::of(&Guest::new().run(FOR_EVER));
    let ids = ["hostile.a", "hostile.b", "hostile.c", "hostile.d"];
    let run = beside(ids.map(|id| (id, &spin)), 3);
    for id in ids {
        let ran = &run.ran[&id.to_owned().try_into().unwrap()];
        assert!(format!("{:?}", ran.outcome).contains("did not end within 300 ms"), "{ran:?}");
    }
}
