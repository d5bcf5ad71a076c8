//! Host calls that wait: for a child, for a FIFO, for a device. Their job ends at its deadline, the others when they would anyway.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use gonogo::domain::{Grant, Verdict};

use crate::{
    guest::Guest,
    sandbox::{Attempt, beside},
};

/// A guest that runs one command of these words.
fn runs(words: &[&str]) -> (Guest, Grant) {
    const NAMES: [&str; 4] = ["word0", "word1", "word2", "word3"];
    let mut guest = Guest::new().import("process", "run", "(param i32 i32 i32)");
    let mut body = String::new();
    for (index, word) in words.iter().enumerate() {
        let name = NAMES[index];
        guest = guest.text(name, word);
        body.push_str(&format!(
            "(i32.store offset={} (global.get $scratch) (global.get ${name}))
             (i32.store offset={} (global.get $scratch) (global.get ${name}.length))",
            index * 8,
            index * 8 + 4
        ));
    }
    body.push_str(&format!(
        "(call $process.run (global.get $scratch) (i32.const {}) (i32.const 16))",
        words.len()
    ));
    // Whatever the host answered: only an answer lets the guest go on.
    body.push_str("(global.get $answer)");
    let arguments = words.iter().copied();
    (guest.run(&body), Grant::command(arguments))
}

fn attempt(words: &[&str]) -> (tempfile::TempDir, Attempt) {
    let project = tempfile::tempdir().unwrap();
    let (guest, grant) = runs(words);
    let attempt = Attempt::of(&guest).project(project.path()).granted([grant]);
    (project, attempt)
}

#[test]
fn a_child_that_sleeps() {
    let (_project, attempt) = attempt(&["sleep", "61"]);
    attempt.ends_unknown(&["did not end within 300 ms", "last host call: process.run sleep 61"]);
}

#[test]
fn a_child_that_ignores_signals() {
    let (_project, attempt) = attempt(&["sh", "-c", "trap '' TERM INT HUP; sleep 62; sleep 62"]);
    attempt.ends_unknown(&["did not end within 300 ms", "last host call: process.run sh -c"]);
}

#[test]
fn children_that_outlive_their_parent_end_with_the_job() {
    let project = tempfile::tempdir().unwrap();
    let alive = project.path().join("alive");
    let script = "(setsid sh -c 'while :; do touch alive; sleep 0.05; done' &) ; exit 0";
    let (guest, grant) = runs(&["sh", "-c", script]);
    // Whether the host waits for the pipe or not is its affair: here only that nothing stays behind.
    let started = Instant::now();
    Attempt::of(&guest).project(project.path()).granted([grant]).outcome();
    assert!(started.elapsed() < Duration::from_secs(10));
    let _ = fs::remove_file(&alive);
    std::thread::sleep(Duration::from_millis(500));
    assert!(!alive.exists(), "a process of the job is still at work");
}

/// A guest that reads what is at `path` and answers as ever, whatever the host said.
fn reads(path: &str) -> Guest {
    Guest::new().import("files", "read", "(param i32 i32 i64 i32 i32)").text("path", path).run(
        "(call $files.read (global.get $path) (global.get $path.length) (i64.const 0) (i32.const 10)
           (global.get $scratch))
         (global.get $answer)",
    )
}

#[test]
fn a_fifo_and_a_device_are_not_waited_for() {
    let project = tempfile::tempdir().unwrap();
    let fifo = project.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    for path in [&*fifo, "/dev/tty".as_ref()] {
        let name = path.to_str().unwrap();
        let grant = Grant::Read { name: name.to_owned(), path: path.to_owned() };
        let attempt = Attempt::of(&reads(name)).project(project.path()).granted([grant]);
        let started = Instant::now();
        assert_eq!(Verdict::from(&attempt.within(Duration::from_secs(30)).outcome()), Verdict::Go, "{name}");
        assert!(started.elapsed() < Duration::from_secs(15), "{name}");
    }
}

#[test]
fn jobs_that_wait_wait_together() {
    let (_project, attempt) = attempt(&["sleep", "1"]);
    let attempt = attempt.within(Duration::from_secs(30));
    let ids = (0..10).map(|number| format!("hostile.sleep-{number}")).collect::<Vec<_>>();
    let started = Instant::now();
    let run = beside(ids.iter().map(|id| (id.as_str(), &attempt)), 30);
    assert!(started.elapsed() < Duration::from_secs(8), "ten seconds of sleep took {:?}", started.elapsed());
    for id in ids {
        assert_eq!(Verdict::from(&run.ran[&id.try_into().unwrap()].outcome), Verdict::Go);
    }
}
