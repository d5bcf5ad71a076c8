//! Searches of what Git keeps, in repositories that Git itself made.

use std::{
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use super::*;

/// Runs Git, which takes nothing from the machine's own settings.
fn git(root: &Path, arguments: &[&str]) {
    /// When the next commit is made.
    static SECOND: AtomicU32 = AtomicU32::new(1_700_000_000);
    let who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
    let mut command = Command::new("git");
    command.current_dir(root).args(who).args(arguments).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", root);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null");
    // Which commit is the newest must not depend on how fast the machine is.
    command.env("GIT_COMMITTER_DATE", format!("{} +0000", SECOND.fetch_add(1, Ordering::Relaxed)));
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// False where there is no Git to make repositories with.
fn has_git() -> bool {
    Command::new("git").arg("--version").output().is_ok()
}

fn key() -> [Attributes; 1] {
    [pattern("key", r"key=\w+", &[("keywords", texts(&["key"]))])]
}

/// Matches as `source path text`, sorted.
fn search(root: &Path, options: &[(&str, Value)]) -> (Vec<String>, Attributes) {
    let (found, totals) = run(root, &key(), options);
    let shown = |found: &Attributes| {
        format!("{} {} {}", text(found, "source"), text(found, "path"), text(found, "text"))
    };
    let mut found = found.iter().map(shown).collect::<Vec<_>>();
    found.sort();
    (found, totals)
}

fn commit(root: &Path, file: &str, content: &str) {
    fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
    fs::write(root.join(file), content).unwrap();
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", "more"]);
}

const HISTORY: &[(&str, Value)] =
    &[("history", Value::Boolean(true)), ("ignore-files", Value::Boolean(true))];

#[test]
fn each_version_in_history_is_searched_once() {
    if !has_git() {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let path = root.path();
    git(path, &["init", "-q", "-b", "main"]);
    let filler = (0..300).map(|line| format!("line {line}\n")).collect::<String>();
    commit(path, "sub/a.txt", &format!("key=first\n{filler}"));
    commit(path, "sub/a.txt", &format!("key=second\n{filler}"));
    git(path, &["checkout", "-qb", "side"]);
    commit(path, "b.txt", "key=side\n");
    git(path, &["checkout", "-q", "main"]);
    commit(path, "copy.txt", &format!("key=first\n{filler}"));
    git(path, &["tag", "-am", "tagged", "v1"]);
    commit(path, "sub/a.txt", "nothing\n");
    git(path, &["rm", "-q", "copy.txt"]);
    git(path, &["commit", "-qm", "gone"]);
    let expected = [
        "history data/b.txt key=side",
        "history data/sub/a.txt key=first",
        "history data/sub/a.txt key=second",
    ];
    let (found, totals) = search(path, HISTORY);
    assert_eq!(found, expected);
    assert_eq!((integer(&totals, "commits"), integer(&totals, "unreadable-count")), (6, 0), "{totals:?}");
    // All in one pack, with deltas, and references packed.
    git(path, &["gc", "-q", "--aggressive", "--prune=now"]);
    assert_eq!(search(path, HISTORY).0, expected);
    let (found, totals) = search(path, &[HISTORY, &[("commits-maximum", 1_i64.into())]].concat());
    assert_eq!((found.len(), integer(&totals, "commits")), (0, 1));
    let (found, _) = search(path, &[HISTORY, &[("exclude", texts(&["/sub"]))]].concat());
    assert_eq!(found, ["history data/b.txt key=side", "history data/copy.txt key=first"]);
}

#[test]
fn what_is_staged_and_not_in_the_tree_is_searched() {
    if !has_git() {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let path = root.path();
    git(path, &["init", "-q"]);
    for version in ["2", "4"] {
        for (file, content) in [("a", "key=a"), ("dir/b", "key=b"), ("dir/c", "key=c")] {
            fs::create_dir_all(path.join("dir")).unwrap();
            fs::write(path.join(file), content).unwrap();
        }
        git(path, &["add", "."]);
        git(path, &["update-index", "--index-version", version]);
        fs::write(path.join("a"), "no more").unwrap();
        fs::remove_file(path.join("dir/b")).unwrap();
        let staged: &[(&str, Value)] = &[("staged", true.into()), ("ignore-files", true.into())];
        let expected = ["file data/dir/c key=c", "staged data/a key=a", "staged data/dir/b key=b"];
        assert_eq!(search(path, staged).0, expected, "version {version}");
    }
}

#[test]
fn repositories_that_lead_elsewhere_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let start = || files(root.path()).search("data", &key(), &attributes(HISTORY)).err();
    assert_eq!(start(), None, "no repository has no history");
    fs::write(root.path().join(".git"), "gitdir: /somewhere/else").unwrap();
    assert!(matches!(start(), Some(Error::Denied(_))));
    fs::remove_file(root.path().join(".git")).unwrap();
    std::os::unix::fs::symlink("/", root.path().join(".git")).unwrap();
    assert!(matches!(start(), Some(Error::Denied(_))));
    fs::remove_file(root.path().join(".git")).unwrap();
    fs::create_dir_all(root.path().join(".git/objects/info")).unwrap();
    fs::write(root.path().join(".git/objects/info/alternates"), "/somewhere/else\n").unwrap();
    assert!(matches!(start(), Some(Error::Unsupported(_))));
}

#[test]
fn damaged_repositories_are_unreadable_and_end() {
    if !has_git() {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let path = root.path();
    git(path, &["init", "-q"]);
    for version in 0..20 {
        commit(path, "file", &format!("key=v{version}\n{}", "x\n".repeat(200)));
    }
    git(path, &["gc", "-q"]);
    let packs = fs::read_dir(path.join(".git/objects/pack")).unwrap().map(|entry| entry.unwrap().path());
    let packs = packs.filter(|path| path.extension().is_some_and(|end| end == "pack" || end == "idx"));
    for file in packs.collect::<Vec<_>>().into_iter().chain([path.join(".git/index")]) {
        let good = fs::read(&file).unwrap();
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        for at in (0..good.len()).step_by((good.len() / 60).max(1)) {
            let mut damaged = good.clone();
            damaged[at] ^= 0xff;
            if at % 7 == 0 {
                damaged.truncate(at);
            }
            fs::write(&file, &damaged).unwrap();
            let options = attributes(&[HISTORY, &[("staged", true.into())]].concat());
            let Ok(mut search) = files(path).search("data", &key(), &options) else { continue };
            while search.next(soon()).is_ok_and(|batch| !batch.is_empty()) {}
        }
        fs::write(&file, &good).unwrap();
    }
    assert_eq!(search(path, HISTORY).0.len(), 21, "20 versions and the file itself");
}
