//! Walks over real directories.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{
        ffi::OsStrExt,
        fs::{PermissionsExt, symlink},
        net::UnixListener,
    },
    path::Path,
    time::Duration,
};

use rustix::fs::{CWD, Mode, mknodat};

use super::*;
use crate::domain::{Authority, Grant, Origin, Value};

/// The directory, granted as `data`.
fn files(root: &Path) -> Files {
    let grant = Grant::Read { name: "data".to_owned(), path: root.to_owned() };
    let authority = Authority { grant, parameter: "root".to_owned(), origin: Origin::Config { line: 1 } };
    Files::new(Path::new("/project"), &[authority])
}

fn soon() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

fn options(options: &[(&str, Value)]) -> Attributes {
    Attributes(options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

fn texts(texts: &[&str]) -> Value {
    Value::Texts(texts.iter().map(|text| (*text).to_owned()).collect())
}

fn entries(root: &Path, given: &[(&str, Value)]) -> Vec<Entry> {
    let mut walk = files(root).walk("data", &options(given)).unwrap();
    let mut entries = Vec::new();
    loop {
        let batch = walk.next(soon()).unwrap();
        assert!(batch.len() <= MOST_ENTRIES);
        if batch.is_empty() {
            assert_eq!(walk.next(soon()).unwrap(), [], "the end stays the end");
            return entries;
        }
        entries.extend(batch);
    }
}

fn paths(root: &Path, given: &[(&str, Value)]) -> Vec<String> {
    entries(root, given).into_iter().map(|entry| entry.path).collect()
}

fn tree(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[test]
fn parents_come_before_children_and_names_are_sorted() {
    let root = tempfile::tempdir().unwrap();
    tree(root.path(), &[("b/y", "12345"), ("b/x/deep", ""), ("a", ""), ("b.txt", "")]);
    let all = ["data/a", "data/b", "data/b/x", "data/b/x/deep", "data/b/y", "data/b.txt"];
    assert_eq!(paths(root.path(), &[]), all);
    assert_eq!(paths(root.path(), &[("depth", 1_i64.into())]), ["data/a", "data/b", "data/b.txt"]);
    let found = entries(root.path(), &[("kinds", texts(&["directory"]))]);
    assert_eq!(found.iter().map(|entry| &*entry.path).collect::<Vec<_>>(), ["data/b", "data/b/x"]);
    let y = entries(root.path(), &[]).into_iter().find(|entry| entry.path == "data/b/y").unwrap();
    assert_eq!((y.kind, y.size, y.links, y.failed), (Kind::File, 5, 1, None));
    assert!(y.modified > 1e9 && y.device != 0);
    let whole = files(root.path()).walk(root.path().to_str().unwrap(), &Attributes::new()).unwrap();
    assert_eq!(whole.prefix(), format!("{}/", root.path().display()));
}

#[test]
fn entries_are_chosen_by_permission_bits() {
    let root = tempfile::tempdir().unwrap();
    tree(root.path(), &[("open", ""), ("closed", "")]);
    fs::set_permissions(root.path().join("open"), fs::Permissions::from_mode(0o602)).unwrap();
    fs::set_permissions(root.path().join("closed"), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(paths(root.path(), &[("mode-any", 0o022_i64.into())]), ["data/open"]);
}

#[test]
fn ignore_files_count_where_they_stand() {
    let root = tempfile::tempdir().unwrap();
    tree(
        root.path(),
        &[
            (".gitignore", "*.log\n/build\ntarget/\n# comment\n"),
            ("a.log", ""),
            ("build/x", ""),
            ("sub/build/x", ""),
            ("sub/target/x", ""),
            ("sub/.gitignore", "!keep.log\n"),
            ("sub/keep.log", ""),
            ("sub/other.log", ""),
            ("sub/.ignore", "secret\n"),
            ("sub/secret", ""),
            (".git/config", ""),
            ("kept", ""),
        ],
    );
    let found = paths(root.path(), &[("ignore-files", true.into()), ("kinds", texts(&["file"]))]);
    let expected =
        ["data/.gitignore", "data/kept", "data/sub/.gitignore", "data/sub/.ignore", "data/sub/build/x"];
    assert_eq!(found, [&expected[..], &["data/sub/keep.log"]].concat());
    let found = paths(root.path(), &[("exclude", texts(&["sub", "*.log", "!a.log", ".*"]))]);
    assert_eq!(found, ["data/a.log", "data/build", "data/build/x", "data/kept"]);
}

#[test]
fn nothing_leads_out_and_nothing_is_opened() {
    let root = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    tree(outside.path(), &[("secret", "")]);
    tree(root.path(), &[("sub/file", "")]);
    symlink(outside.path(), root.path().join("out")).unwrap();
    symlink("..", root.path().join("sub/loop")).unwrap();
    symlink("/proc/self/root", root.path().join("magic")).unwrap();
    mknodat(CWD, root.path().join("fifo"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    let _socket = UnixListener::bind(root.path().join("socket")).unwrap();
    let found = entries(root.path(), &[]);
    let kind = |path: &str| found.iter().find(|entry| entry.path == path).map(|entry| entry.kind);
    assert_eq!(found.len(), 7, "{found:?}");
    assert_eq!(kind("data/out"), Some(Kind::Link));
    assert_eq!((kind("data/fifo"), kind("data/socket")), (Some(Kind::Other), Some(Kind::Other)));
    let link = found.iter().find(|entry| entry.path == "data/magic").unwrap();
    assert_eq!(link.target.as_deref(), Some("/proc/self/root"));
    let files = files(root.path());
    assert!(matches!(files.walk("data/out", &Attributes::new()), Err(Error::Denied(_))));
    assert!(matches!(files.walk("data/sub/file", &Attributes::new()), Err(Error::Io(_))));
    assert!(matches!(files.walk("/etc", &Attributes::new()), Err(Error::Denied(_))));
}

#[test]
fn what_cannot_be_told_is_an_entry_that_failed() {
    let root = tempfile::tempdir().unwrap();
    let name = OsStr::from_bytes(b"n\xffme");
    fs::create_dir(root.path().join(name)).unwrap();
    fs::write(root.path().join(name).join("inside"), "").unwrap();
    let found = entries(root.path(), &[("kinds", texts(&["file"]))]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].path, "data/n\u{fffd}me");
    assert!(matches!(&found[0].failed, Some(Error::Io(text)) if text.contains("not UTF-8")));
}

#[test]
fn depth_is_bounded_and_so_are_descriptors() {
    let root = tempfile::tempdir().unwrap();
    let mut deep = root.path().to_owned();
    for _ in 0..MOST_DEPTH + 10 {
        deep.push("d");
    }
    fs::create_dir_all(&deep).unwrap();
    let found = entries(root.path(), &[]);
    assert_eq!(found.len(), MOST_DEPTH);
    let last = found.last().unwrap();
    assert!(matches!(&last.failed, Some(Error::Limit(text)) if text.contains("128")), "{last:?}");
    assert!(found[..found.len() - 1].iter().all(|entry| entry.failed.is_none()));
}

#[test]
fn a_directory_of_many_names_comes_in_batches() {
    let root = tempfile::tempdir().unwrap();
    for at in 0..20_000 {
        fs::File::create(root.path().join(format!("{at:05}"))).unwrap();
    }
    let found = paths(root.path(), &[]);
    assert_eq!(found.len(), 20_000);
    assert!(found.is_sorted());
    let mut walk = files(root.path()).walk("data", &Attributes::new()).unwrap();
    assert!(matches!(walk.next(Instant::now()), Err(Error::Timeout(_))));
}

#[test]
fn a_tree_that_is_replaced_meanwhile_leads_nowhere_else() {
    let root = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    tree(outside.path(), &[("secret", "")]);
    tree(root.path(), &[("a", ""), ("b/inside", ""), ("c", "")]);
    let mut walk = files(root.path()).walk("data", &Attributes::new()).unwrap();
    assert_eq!(walk.step(true, soon()).unwrap().unwrap().path, "data/a");
    fs::rename(root.path().join("b"), root.path().join("was-b")).unwrap();
    symlink(outside.path(), root.path().join("b")).unwrap();
    fs::remove_file(root.path().join("c")).unwrap();
    let rest = walk.next(soon()).unwrap();
    assert_eq!(
        rest.iter().map(|entry| (&*entry.path, entry.kind)).collect::<Vec<_>>(),
        [("data/b", Kind::Link)]
    );
}

#[test]
fn options_of_another_name_or_type_are_refused() {
    let root = tempfile::tempdir().unwrap();
    for (name, value) in [
        ("depht", 1_i64.into()),
        ("depth", "1".into()),
        ("depth", (-1_i64).into()),
        ("kinds", texts(&["folder"])),
        ("exclude", texts(&["{a"])),
        ("ignore-files", 1_i64.into()),
    ] {
        let walk = files(root.path()).walk("data", &options(&[(name, value)]));
        assert!(matches!(walk, Err(Error::Unsupported(_))), "{name}");
    }
}
