//! The C SDK by its own tests, its examples in other languages, and what is particular to building in C.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::cli::scratch::{Ran, folder, gonogo, root};

/// A folder with a plugin in C.
fn made(into: &Path) -> PathBuf {
    let ran = Ran::from(
        gonogo().args(["plugin", "new", "mine", "--lang", "c"]).current_dir(into).output().unwrap(),
    );
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    into.join("mine")
}

fn build(folder: &Path) -> Ran {
    Ran::from(gonogo().args(["plugin", "build"]).current_dir(folder).output().unwrap())
}

#[test]
fn the_sdk_does_as_its_tests_say_without_undefined_behaviour() {
    let made = folder();
    let unit = made.path().join("unit");
    let sdk = root().join("sdk/c");
    let mut command = Command::new("gcc");
    command.args(["-std=c11", "-g", "-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers"]);
    command.args([
        "-fsanitize=address,undefined",
        "-fno-sanitize-recover=all",
        "-I",
        "gonogo",
        "tests/unit.c",
    ]);
    for name in ["arena", "json", "units", "parameters", "describe", "values", "attributes", "report"] {
        command.arg(format!("gonogo/{name}.c"));
    }
    let ran = Ran::from(command.args(["-lm", "-o"]).arg(&unit).current_dir(&sdk).output().unwrap());
    assert_eq!(ran.code, Some(0), "gcc, which .ci/run installs, says\n{}", ran.err);
    let ran = Ran::from(Command::new(&unit).output().unwrap());
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "all as expected\n"), "{}", ran.err);
}

#[test]
fn what_is_built_is_always_the_same_without_warnings_and_without_wasi() {
    let (into, other) = (folder(), folder());
    let (folder, again) = (made(into.path()), made(other.path()));
    for folder in [&folder, &again] {
        let ran = build(folder);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
    }
    let component = fs::read(folder.join("mine.wasm")).unwrap();
    assert!(
        component == fs::read(again.join("mine.wasm")).unwrap(),
        "the same sources elsewhere make another component"
    );
    assert!(!component.windows(5).any(|part| part == b"wasi:"), "it imports WASI");
    assert!(component.len() < 100_000, "{} bytes", component.len());
    let left = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
    let laid = fs::read_dir(root().join("sdk/c/template")).unwrap().count();
    assert_eq!(left.len(), laid + ["sdk", "wit", "mine.wasm"].len(), "{left:?}");
}

#[test]
fn what_is_missing_or_wrong_is_said() {
    let into = folder();
    let folder = made(into.path());
    let mut command = gonogo();
    command.args(["plugin", "build"]).current_dir(&folder).env("PATH", "/nowhere");
    let ran = Ran::from(command.output().unwrap());
    // Debian's compiler is not looked for on the PATH.
    if Path::new("/usr/lib/wasm32-wasi/libc.a").exists() {
        assert!(ran.code == Some(0) && ran.out.contains("clang version"), "{}{}", ran.out, ran.err);
    } else {
        assert_eq!(ran.code, Some(4), "{}", ran.err);
        assert!(ran.err.contains("a C compiler for WASI is missing"), "{}", ran.err);
        assert!(
            ran.err.contains("pip install ziglang==") && ran.err.contains("apt-get install"),
            "{}",
            ran.err
        );
    }
    let source = folder.join("src/scratch.c");
    fs::write(
        &source,
        fs::read_to_string(&source).unwrap().replace("gonogo_files_space(", "gonogo_files_spice("),
    )
    .unwrap();
    let ran = build(&folder);
    assert!(
        ran.code != Some(0) && ran.err.contains("gonogo_files_spice") && ran.err.contains("could not build"),
        "{}",
        ran.err
    );
}

#[test]
fn a_parameter_that_the_table_does_not_have_is_never_a_go() {
    let into = folder();
    let folder = made(into.path());
    let source = folder.join("src/scratch.c");
    let text = fs::read_to_string(&source).unwrap();
    fs::write(&source, text.replace("gonogo_size(with, \"minimum\")", "gonogo_size(with, \"minimun\")"))
        .unwrap();
    assert_eq!(build(&folder).code, Some(0));
    let mut command = gonogo();
    command.args(["plugin", "test", ".", "--component", "mine.wasm", "go"]).current_dir(&folder);
    let ran = Ran::from(command.output().unwrap());
    assert!(
        ran.code == Some(1) && ran.out.contains("asks for a parameter 'minimun'"),
        "{}{}",
        ran.out,
        ran.err
    );
}

/// The first command in the part of the SDK's README that has this heading.
fn command_of(heading: &str) -> String {
    let readme = fs::read_to_string(root().join("sdk/c/README.md")).unwrap();
    let part = readme
        .split(&format!("## {heading}\n"))
        .nth(1)
        .unwrap_or_else(|| panic!("no '{heading}' in {readme}"));
    part.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap().to_owned()
}

#[test]
fn the_examples_in_other_languages_build_as_the_readme_says_and_pass_their_cases() {
    let at = folder();
    // A copy: they leave their output beside the sources.
    let copied = Command::new("cp").args(["-r"]).arg(root().join("sdk/c")).arg(at.path()).status().unwrap();
    assert!(copied.success());
    for (heading, name) in [("C++", "cpp"), ("Zig", "zig")] {
        let folder = at.path().join("c/examples").join(name);
        let command = command_of(heading);
        let words =
            command.replace("gonogo plugin", &format!("{} plugin", gonogo().get_program().to_string_lossy()));
        let ran = Ran::from(Command::new("sh").args(["-euc", &words]).current_dir(&folder).output().unwrap());
        assert_eq!(ran.code, Some(0), "{command}\n{}{}", ran.out, ran.err);
        assert!(ran.out.contains("3 passed, 0 failed"), "{command}\n{}", ran.out);
    }
}
