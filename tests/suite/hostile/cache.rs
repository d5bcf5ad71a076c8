//! Compiled code that somebody else wrote: native code, which must never run.
//!
//! What an entry is held to is tested where the cache is; here, that the runtime makes anew what does not fit, and gives the right answer.

use std::{
    cell::Cell,
    fs,
    os::unix::fs::{PermissionsExt, chown, symlink},
    path::{Path, PathBuf},
};

use gonogo::{
    capabilities::session::{Mode, Trace},
    domain::Outcome,
    runtime::{Cache, Runtime},
};

use crate::{
    guest::{Guest, report},
    sandbox::{Attempt, found, surroundings},
};

struct Scratch {
    base: tempfile::TempDir,
    guest: Vec<u8>,
}

impl Scratch {
    /// A cache that holds a guest's code.
    fn filled() -> Self {
        let scratch = Self { base: tempfile::tempdir().unwrap(), guest: named("fine") };
        assert!(scratch.compiles(&scratch.guest, "fine"), "the first time");
        assert!(!scratch.compiles(&scratch.guest, "fine"), "the second time");
        scratch
    }

    fn directory(&self) -> PathBuf {
        self.base.path().join("cache")
    }

    /// The file that holds the code of these bytes.
    fn code(&self, guest: &[u8]) -> PathBuf {
        let digest = found("hostile", guest).sha256;
        let ours = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.strip_prefix(&digest).is_some_and(|rest| rest.contains(".code"))
        };
        let mut paths = fs::read_dir(self.directory()).unwrap().map(|entry| entry.unwrap().path());
        paths.find(ours).unwrap()
    }

    /// Runs a guest in a new process's runtime, which must give its right answer. Whether it had to be compiled.
    fn compiles(&self, guest: &[u8], answer: &str) -> bool {
        let runtime = Runtime::new(Some(Cache::open(self.directory()).unwrap()));
        let found = found("hostile", guest);
        let compiled = Cell::new(false);
        let loaded = runtime.load(&found.sha256, guest, || compiled.set(true)).unwrap();
        let surroundings = surroundings(Path::new("/nowhere"));
        let job = Attempt::of(&Guest::new()).within(std::time::Duration::from_secs(30)).job("hostile/check");
        let outcome = loaded.run("hostile.cached", &job, &surroundings, Mode::Live, &Trace::default());
        assert_eq!(outcome, Outcome::Judged(report(answer)));
        compiled.get()
    }
}

/// A guest that answers this.
fn named(answer: &str) -> Vec<u8> {
    Guest::new().answers(Ok(report(answer))).build()
}

#[test]
fn changed_code_is_made_anew() {
    let scratch = Scratch::filled();
    let path = scratch.code(&scratch.guest);
    let good = fs::read(&path).unwrap();
    for at in [0, good.len() / 2, good.len() - 1] {
        let mut forged = good.clone();
        forged[at] ^= 1;
        fs::write(&path, forged).unwrap();
        assert!(scratch.compiles(&scratch.guest, "fine"), "a bit at {at}");
        assert!(!scratch.compiles(&scratch.guest, "fine"), "it was repaired");
    }
    for length in [0, 1, 31, 32, good.len() / 2, good.len() - 32, good.len() - 1] {
        fs::write(&path, &good[..length]).unwrap();
        assert!(scratch.compiles(&scratch.guest, "fine"), "{length} bytes");
    }
}

#[test]
fn code_of_another_plugin_is_made_anew() {
    let scratch = Scratch::filled();
    let other = named("forged");
    assert!(scratch.compiles(&other, "forged"));
    let (ours, theirs) = (scratch.code(&scratch.guest), scratch.code(&other));
    let kept = fs::read(&ours).unwrap();
    fs::copy(&theirs, &ours).unwrap();
    fs::write(&theirs, kept).unwrap();
    assert!(scratch.compiles(&scratch.guest, "fine"));
    assert!(scratch.compiles(&other, "forged"));
}

#[test]
fn code_made_with_another_key_is_made_anew() {
    let (scratch, attacker) = (Scratch::filled(), Scratch::filled());
    // The attacker's own cache holds genuine code under the same name, signed with the attacker's key.
    fs::copy(attacker.code(&attacker.guest), scratch.code(&scratch.guest)).unwrap();
    assert!(scratch.compiles(&scratch.guest, "fine"));
}

#[test]
fn a_link_in_place_of_code_is_replaced() {
    let scratch = Scratch::filled();
    let path = scratch.code(&scratch.guest);
    let elsewhere = scratch.base.path().join("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    symlink(&elsewhere, &path).unwrap();
    assert!(scratch.compiles(&scratch.guest, "fine"));
    assert!(fs::symlink_metadata(&path).unwrap().is_file(), "the link gave way to a file");
    assert!(!scratch.compiles(&scratch.guest, "fine"));
}

/// Gives a file to another user, which only root can.
fn give_away(path: &Path) -> bool {
    chown(path, Some(65_534), Some(65_534)).is_ok()
}

#[test]
fn code_of_another_user_is_made_anew() {
    let scratch = Scratch::filled();
    if give_away(&scratch.code(&scratch.guest)) {
        assert!(scratch.compiles(&scratch.guest, "fine"));
    }
}

#[test]
fn a_directory_that_others_could_write_to_is_no_cache() {
    let refused = |scratch: &Scratch| Cache::open(scratch.directory()).unwrap_err().to_string();
    let scratch = Scratch::filled();
    fs::set_permissions(scratch.directory(), fs::Permissions::from_mode(0o777)).unwrap();
    assert!(refused(&scratch).contains("is open to other users"));

    let scratch = Scratch::filled();
    let elsewhere = scratch.base.path().join("elsewhere");
    fs::rename(scratch.directory(), &elsewhere).unwrap();
    symlink(&elsewhere, scratch.directory()).unwrap();
    assert!(refused(&scratch).contains("is not a directory"));

    let scratch = Scratch::filled();
    if give_away(&scratch.directory()) {
        assert!(refused(&scratch).contains("belongs to another user"));
    }

    let scratch = Scratch::filled();
    if give_away(&scratch.directory().join("key")) {
        assert!(refused(&scratch).contains("cannot read"));
    }
}
