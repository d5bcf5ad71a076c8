//! Bytes outside of what a job was granted, by every way that a path has. How paths are held to grants is tested in detail where
//! the capability is; here, that a guest gets nothing and cannot say go.

use std::{fs, os::unix::fs::symlink};

use gonogo::domain::{Grant, Outcome, Verdict};

use crate::{guest::Guest, sandbox::Attempt};

/// A guest whose summary is what it read.
fn reads(path: &str) -> Guest {
    Guest::new().import("files", "read", "(param i32 i32 i64 i32 i32)").text("path", path).run(
        "(call $files.read (global.get $path) (global.get $path.length) (i64.const 0) (i32.const 100)
           (global.get $scratch))
         (if (i32.eqz (i32.load8_u (global.get $scratch)))
           (then (i64.store offset=4 align=4 (global.get $answer) (i64.load offset=4 align=4 (global.get $scratch)))))
         (global.get $answer)",
    )
}

#[test]
fn what_was_not_granted_is_not_read() {
    let project = tempfile::tempdir().unwrap();
    let inside = project.path().join("data");
    fs::create_dir(&inside).unwrap();
    fs::write(inside.join("open"), "open to all").unwrap();
    fs::write(project.path().join("secret"), "the secret").unwrap();
    fs::create_dir(project.path().join("data-beside")).unwrap();
    fs::write(project.path().join("data-beside/secret"), "the secret").unwrap();
    symlink("../secret", inside.join("link")).unwrap();
    symlink("..", inside.join("up")).unwrap();
    symlink("/proc/self/root", inside.join("magic")).unwrap();
    let absolute = project.path().join("secret").to_str().unwrap().to_owned();
    let read = |path: &str| {
        let grant = Grant::Read { name: "data".to_owned(), path: inside.clone() };
        Attempt::of(&reads(path)).project(project.path()).granted([grant]).outcome()
    };
    assert!(matches!(read("data/open"), Outcome::Judged(report) if report.summary == "open to all"));
    let outside = [
        "secret",
        "data/../secret",
        "data/./../secret",
        "data/link",
        "data/link/",
        "data/up/secret",
        "data-beside/secret",
        "../secret",
        &*absolute,
        &*format!("data{absolute}"),
        &*format!("data/magic{absolute}"),
        "/proc/self/cwd/Cargo.toml",
        "data\0/../secret",
        "",
    ];
    for path in outside {
        let outcome = read(path);
        assert!(!format!("{outcome:?}").contains("the secret"), "{path}: {outcome:?}");
        // What lies below the grant but is not there is no denial: then the guest may judge, on nothing.
        let missing = path == format!("data{absolute}");
        assert!(missing || Verdict::from(&outcome) == Verdict::Unknown, "{path}: {outcome:?}");
    }
}
