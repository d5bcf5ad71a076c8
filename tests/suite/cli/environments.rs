//! Faults of a Python environment: the item that is about them turns, and no other.

use std::fs;

use super::scratch::{Ran, Scratch, before, turned};

const REQUIREMENTS: &str = "system.development.requirements";
const DEVELOPMENT: &str = "system.development.dev_requirements";
const PACKAGES: &str = "system.development.packages";
const SMOKE: &str = "system.development.smoke";
const VENV: &str = "system.development.venv";
const SOFTWARE: &str = "verification.pretraining.software";

/// pip in the project's environment.
const PIP: &str = ".venv/bin/python -m pip --quiet --disable-pip-version-check";

fn messages(ran: &Ran, id: &str) -> String {
    ran.item(id)["findings"].to_string()
}

#[test]
fn a_package_that_is_removed() {
    let ready = Scratch::ready();
    ready.sh(&format!("{PIP} uninstall --yes pytest"));
    let ran = ready.check();
    let verdicts = ran.verdicts();
    assert_eq!(turned(before(), &verdicts), [(DEVELOPMENT, "no-go"), (SOFTWARE, "no-go")]);
    assert!(messages(&ran, DEVELOPMENT).contains("pytest>=8,<9 is not installed in .venv"));
}

#[test]
fn a_package_that_another_needs_is_removed() {
    let ready = Scratch::ready();
    ready.sh(&format!("{PIP} uninstall --yes iniconfig"));
    let ran = ready.check();
    let verdicts = ran.verdicts();
    assert_eq!(turned(before(), &verdicts), [(PACKAGES, "no-go"), (SOFTWARE, "no-go")]);
    assert!(messages(&ran, PACKAGES).contains("iniconfig"));
}

#[test]
fn a_package_that_is_downgraded() {
    let ready = Scratch::ready();
    ready.sh(&format!("{PIP} install tqdm==4.66.6"));
    let ran = ready.check();
    let verdicts = ran.verdicts();
    let expected = [(DEVELOPMENT, "no-go"), (REQUIREMENTS, "no-go"), (SOFTWARE, "no-go")];
    assert_eq!(turned(before(), &verdicts), expected);
    let said = messages(&ran, REQUIREMENTS);
    assert!(said.contains("tqdm 4.66.6 is installed, ==4.67.1 wanted"), "{said}");
}

#[test]
fn a_package_whose_metadata_are_broken() {
    let ready = Scratch::ready();
    let found = ready.sh("echo .venv/lib/python*/site-packages/tqdm-*.dist-info/METADATA");
    // As after a full disk: the file is there, and nothing in it.
    ready.write(found.trim(), "");
    let ran = ready.check();
    let verdicts = ran.verdicts();
    // Which version is installed could not be told, and that is never GO.
    let expected =
        [(DEVELOPMENT, "unknown"), (PACKAGES, "no-go"), (REQUIREMENTS, "unknown"), (SOFTWARE, "no-go")];
    assert_eq!(turned(before(), &verdicts), expected);
    for id in [PACKAGES, REQUIREMENTS] {
        let said = messages(&ran, id);
        assert!(said.contains("the metadata of tqdm cannot be read: it has no Name"), "{said}");
        assert!(said.contains("pip install --force-reinstall --no-deps tqdm"), "{said}");
    }
}

#[test]
fn two_packages_in_conflict() {
    let ready = Scratch::ready();
    ready.sh(&format!("{PIP} install --no-deps pluggy==1.0.0"));
    let ran = ready.check();
    let verdicts = ran.verdicts();
    assert_eq!(turned(before(), &verdicts), [(PACKAGES, "no-go"), (SOFTWARE, "no-go")]);
    let said = messages(&ran, PACKAGES);
    assert!(said.contains("pluggy") && said.contains("1.0.0") && said.contains("pytest"), "{said}");
}

#[test]
fn an_interpreter_that_is_gone() {
    let ready = Scratch::ready();
    for name in ["python", "python3"] {
        fs::remove_file(ready.at(".venv/bin").join(name)).unwrap();
        std::os::unix::fs::symlink("/opt/python-3.8/bin/python3", ready.at(".venv/bin").join(name)).unwrap();
    }
    let ran = ready.check();
    let verdicts = ran.verdicts();
    let expected = [
        (DEVELOPMENT, "unknown"),
        (PACKAGES, "unknown"),
        (REQUIREMENTS, "unknown"),
        (SMOKE, "unknown"),
        (VENV, "no-go"),
        (SOFTWARE, "no-go"),
    ];
    assert_eq!(turned(before(), &verdicts), expected, "{}", ran.item("system.software.python"));
    assert_eq!(ran.item(SMOKE)["blocked_by"], VENV);
    // The root is shown, what waits for it is folded.
    let text = ready.run(&["check"]).out;
    assert!(text.starts_with("NO-GO  1 required item does not hold\n"), "{text}");
    assert!(text.contains("the interpreter .venv/bin/python is gone"), "{text}");
    assert!(text.contains("items wait for this: requirements, dev_requirements, packages, smoke"), "{text}");
}
