//! Handles to what the host keeps for a guest: too many, given up, never given, of another kind, left at the end. And directories that
//! the host makes for a guest, which must not stay, however it ends.

use std::{fs, path::Path, time::Duration};

use gonogo::domain::{Grant, Outcome, limits::HANDLES};

use crate::{
    guest::{Guest, report},
    sandbox::Attempt,
};

/// Opens the file of the test: the handle lies at `$scratch` + 4.
const OPEN: &str = "(call $files.open (global.get $path) (global.get $path.length) (global.get $scratch))
    (if (i32.load8_u (global.get $scratch)) (then (unreachable)))";

/// The handle that was opened last.
const HANDLE: &str = "(i32.load offset=4 (global.get $scratch))";

/// A job of a guest with these calls, which may read one file.
fn attempt(project: &Path, body: &str) -> Attempt {
    let path = project.join("file");
    fs::write(&path, "content").unwrap();
    let guest = Guest::new()
        .import("files", "open", "(param i32 i32 i32)")
        .import("files", "[method]content.format", "(param i32 i32)")
        .import("files", "[method]content.member", "(param i32 i32 i32)")
        .import("files", "[method]entries.next", "(param i32 i32)")
        .import("files", "[resource-drop]content", "(param i32)")
        .text("path", path.to_str().unwrap())
        .run(&format!("{body} (global.get $answer)"));
    let grant = Grant::Read { name: path.to_str().unwrap().to_owned(), path };
    Attempt::of(&guest).project(project).granted([grant])
}

/// The calls, so many times.
fn times(number: usize, body: &str) -> String {
    format!(
        "(loop $again {body}
           (local.set $at (i32.add (local.get $at) (i32.const 1)))
           (br_if $again (i32.lt_u (local.get $at) (i32.const {number}))))"
    )
}

#[test]
fn handles_that_are_never_given_up() {
    let project = tempfile::tempdir().unwrap();
    attempt(project.path(), &times(HANDLES * 2, OPEN)).ends_unknown(&["last host call: files.open"]);
}

#[test]
fn handles_that_are_given_up_are_no_matter() {
    let project = tempfile::tempdir().unwrap();
    let body = times(HANDLES * 2, &format!("{OPEN} (call $files.drop-content {HANDLE})"));
    assert_eq!(attempt(project.path(), &body).within(Duration::from_mins(1)).judges(), report("fine"));
}

#[test]
fn a_guest_that_ends_with_handles_in_its_hands() {
    let project = tempfile::tempdir().unwrap();
    assert_eq!(attempt(project.path(), &times(100, OPEN)).judges(), report("fine"));
}

#[test]
fn a_handle_after_it_was_given_up() {
    let project = tempfile::tempdir().unwrap();
    for again in [
        format!("(call $files.content.format {HANDLE} (i32.add (global.get $scratch) (i32.const 16)))"),
        format!("(call $files.drop-content {HANDLE})"),
    ] {
        let body = format!("{OPEN} (call $files.drop-content {HANDLE}) {again}");
        attempt(project.path(), &body).ends_unknown(&["unknown handle"]);
    }
}

#[test]
fn a_handle_that_was_never_given() {
    let project = tempfile::tempdir().unwrap();
    for handle in ["0", "1", "7", "-1", "0x7fffffff"] {
        let body = format!("(call $files.content.format (i32.const {handle}) (global.get $scratch))");
        attempt(project.path(), &body).ends_unknown(&["handle"]);
    }
}

#[test]
fn a_handle_of_another_kind() {
    let project = tempfile::tempdir().unwrap();
    let body =
        format!("{OPEN} (call $files.entries.next {HANDLE} (i32.add (global.get $scratch) (i32.const 16)))");
    attempt(project.path(), &body).ends_unknown(&["trapped", "handle"]);
}

/// A guest that has a directory made, puts nothing in it, and goes on like this.
fn makes(project: &Path, then: &str) -> Attempt {
    let guest =
        Guest::new().import("files", "scratch", "(param i32 i32 i32)").text("path", "drill").run(&format!(
            "(call $files.scratch (global.get $path) (global.get $path.length) (global.get $scratch))
         (if (i32.load8_u (global.get $scratch)) (then (return (i32.const 0))))
         {then}
         (global.get $answer)"
        ));
    let grant = Grant::Scratch { name: "drill".to_owned(), path: project.join("drill") };
    Attempt::of(&guest).project(project).granted([grant])
}

#[test]
fn a_scratch_directory_goes_however_its_job_ends() {
    for (then, judged) in [("", true), ("(unreachable)", false), ("(loop $on (br $on))", false)] {
        let project = tempfile::tempdir().unwrap();
        let outcome = makes(project.path(), then).within(Duration::from_millis(700)).outcome();
        assert_eq!(matches!(outcome, Outcome::Judged(_)), judged, "{outcome:?}");
        assert!(!project.path().join("drill").exists(), "{then}");
    }
    let project = tempfile::tempdir().unwrap();
    fs::create_dir(project.path().join("drill")).unwrap();
    fs::write(project.path().join("drill/mine"), "x").unwrap();
    makes(project.path(), "").outcome();
    assert!(project.path().join("drill/mine").exists(), "what the host did not make stays");
}
