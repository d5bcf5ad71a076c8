//! What hangs ends at its deadline and delays nothing else; Ctrl-C ends at once with what is known.

use std::{
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::scratch::{Ran, Scratch, before, gonogo, turned};

const SMOKE: &str = "system.development.smoke";
const STUCK: [(&str, &str); 2] = [(SMOKE, "unknown"), ("verification.pretraining.software", "unknown")];

/// Longer than anything here may take on a busy machine, shorter than what would hang.
const SOON: Duration = Duration::from_secs(15);

/// The sample with another smoke command.
fn with_smoke(command: &str, timeout: &str) -> Scratch {
    let ready = Scratch::ready();
    let text = ready.read("gonogo.toml");
    let line = text.lines().find(|line| line.starts_with("with = { command")).unwrap();
    ready.replace("gonogo.toml", line, &format!("with = {{ command = {command} }}"));
    ready.replace("gonogo.toml", "timeout = \"30 s\"", &format!("timeout = \"{timeout}\""));
    ready
}

/// The process that wrote its id into a file of the project.
fn written_pid(scratch: &Scratch) -> Option<Pid> {
    Pid::from_raw(fs::read_to_string(scratch.at("pid")).ok()?.trim().parse().ok()?)
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < SOON, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_fifo_is_looked_at_and_never_opened() {
    let ready = Scratch::ready();
    ready.sh("mkfifo data/fifo");
    ready.replace(
        "gonogo.toml",
        "with.assertions = [",
        "with.assertions = [\n    { path = \"data/fifo\", matches = \"x\" },",
    );
    let began = Instant::now();
    let ran = ready.check();
    assert!(began.elapsed() < SOON);
    assert_eq!(turned(before(), &ran.verdicts()), [("site.data", "no-go")]);
    let item = ran.item("site.data");
    assert!(item["findings"][0]["message"].as_str().unwrap().contains("data/fifo is a fifo"), "{item:#}");
}

fn ends_at_its_deadline(command: &str) {
    let stuck = with_smoke(command, "300 ms");
    let began = Instant::now();
    let ran = stuck.check();
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    assert_eq!(turned(before(), &ran.verdicts()), STUCK, "{}", ran.err);
    assert_eq!(ran.code, Some(3));
    let item = ran.item(SMOKE);
    let reason = item["reason"].as_str().unwrap();
    assert!(reason.contains("300 ms") && reason.contains("process.run"), "{reason}");
    // Its own time, and not that of the whole run.
    let took = item["duration_us"].as_u64().unwrap();
    assert!((300_000..5_000_000).contains(&took), "{took} µs");
    let pid = written_pid(&stuck).unwrap();
    wait_until("the child outlives its job", || test_kill_process(pid).is_err());
}

#[test]
fn a_child_that_sleeps_ends_at_the_deadline() {
    ends_at_its_deadline(r#"["sh", "-c", "echo $$ > pid; sleep 60"]"#);
}

#[test]
fn a_child_that_loops_ends_at_the_deadline() {
    ends_at_its_deadline(r#"["sh", "-c", "echo $$ > pid; while :; do :; done"]"#);
}

#[test]
fn a_child_that_ignores_being_asked_ends_at_the_deadline() {
    ends_at_its_deadline(r#"["sh", "-c", "echo $$ > pid; trap '' TERM INT HUP; while :; do sleep 1; done"]"#);
}

#[test]
fn the_time_on_the_command_line_goes_before_the_item_s() {
    let stuck = with_smoke(r#"["sleep", "60"]"#, "60 s");
    let ran = stuck.run(&["check", "--format", "json", "--only", SMOKE, "--timeout", "200 ms"]);
    assert_eq!(ran.verdicts()[SMOKE], "unknown");
    assert!(ran.item(SMOKE)["reason"].as_str().unwrap().contains("200 ms"), "{}", ran.out);
}

/// Sends a signal while the smoke command sleeps.
fn interrupted_by(signal: Signal) {
    let sleeping = with_smoke(r#"["sh", "-c", "echo $$ > pid; sleep 60"]"#, "60 s");
    let mut command = gonogo();
    command.args(["check", "--format", "json"]).current_dir(sleeping.path());
    let run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the smoke command does not start", || written_pid(&sleeping).is_some());
    let child = written_pid(&sleeping).unwrap();
    let asked = Instant::now();
    kill_process(Pid::from_child(&run), signal).unwrap();
    let ran = Ran::from(run.wait_with_output().unwrap());
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());

    assert_eq!(ran.code, Some(3), "{}", ran.err);
    assert_eq!(ran.json()["decision"], "INCOMPLETE");
    let item = ran.item(SMOKE);
    assert_eq!(item["verdict"], "unknown", "{item:#}");
    let reason = item["reason"].as_str().unwrap();
    assert!(reason.contains("interrupted after") && reason.contains("process.run"), "{reason}");
    // What was known by then is told: its need ran before it.
    assert_eq!(ran.verdicts()["system.development.venv"], "go");
    wait_until("the child outlives the run", || test_kill_process(child).is_err());
}

#[test]
fn ctrl_c_ends_at_once_with_what_is_known() {
    interrupted_by(Signal::INT);
}

#[test]
fn a_request_to_end_does_the_same() {
    interrupted_by(Signal::TERM);
}
