//! The Python SDK by its own tests, and what is particular to building in Python.

use std::{fs, path::Path, process::Command};

use super::cli::scratch::{Ran, folder, gonogo, root};

/// Runs `python3 -m unittest` in a folder, with further folders for modules; gives how many tests passed.
fn unittest(folder: &Path, path: &str) -> u32 {
    let mut command = Command::new("python3");
    command.args(["-B", "-m", "unittest"]).current_dir(folder).env("PYTHONPATH", path);
    let ran = Ran::from(command.env_remove("GONOGO_BLESS").output().unwrap());
    assert_eq!(ran.code, Some(0), "the SDK needs Python 3.11 or newer as python3\n{}", ran.err);
    let count = ran.err.split("Ran ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok());
    count.unwrap_or_else(|| panic!("{}", ran.err))
}

/// A folder with a plugin in Python that has no virtual environment.
fn made(into: &Path) -> std::path::PathBuf {
    let ran =
        gonogo().args(["plugin", "new", "mine", "--lang", "python"]).current_dir(into).output().unwrap();
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
    into.join("mine")
}

fn build(folder: &Path, path: Option<&str>) -> Ran {
    let mut command = gonogo();
    command.args(["plugin", "build"]).current_dir(folder);
    if let Some(path) = path {
        command.env("PATH", path);
    }
    Ran::from(command.output().unwrap())
}

#[test]
fn the_sdk_passes_its_own_tests() {
    assert!(unittest(&root().join("sdk/python"), "") > 30);
}

#[test]
fn a_new_plugin_runs_its_cases_natively_as_its_readme_says() {
    let into = folder();
    let folder = made(into.path());
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    assert!(readme.contains("\nPYTHONPATH=sdk/python python3 -m unittest "), "{readme}");
    // A test for each case, and that each check has one.
    let cases = fs::read_dir(folder.join("cases/scratch")).unwrap().count();
    assert_eq!(unittest(&folder, "sdk/python") as usize, cases + 1);
}

#[test]
fn what_is_missing_or_wrong_is_said_before_anything_is_built() {
    let into = folder();
    let folder = made(into.path());

    let ran = build(&folder, Some("/nowhere"));
    assert_eq!(ran.code, Some(4), "{}", ran.err);
    assert!(ran.err.contains("componentize-py is missing"), "{}", ran.err);
    assert!(ran.err.contains(".venv/bin/pip install componentize-py=="), "{}", ran.err);

    let table = folder.join("checks/__init__.py");
    let text = fs::read_to_string(&table).unwrap();
    fs::write(&table, text.replace(".scratch", ".scretch")).unwrap();
    let ran = build(&folder, None);
    assert_ne!(ran.code, Some(0));
    assert!(ran.err.contains("No module named 'checks.scretch'"), "{}", ran.err);
    assert!(ran.err.contains("python3 could not build"), "{}", ran.err);

    fs::write(&table, "plugins = []\n").unwrap();
    let ran = build(&folder, None);
    assert!(ran.err.contains("checks needs a variable `plugin` that is a gonogo.Plugin"), "{}", ran.err);

    let manifest = folder.join("pyproject.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("module = \"checks\"", "modul = \"checks\"")).unwrap();
    let ran = build(&folder, None);
    assert_ne!(ran.code, Some(0));
    assert!(ran.err.contains("pyproject.toml cannot be used") && ran.err.contains("modul"), "{}", ran.err);
    assert!(!folder.join("mine.wasm").exists());
}
