//! Faults of a project's own files: the item that is about them turns, and no other.

use std::fs;

use super::scratch::{Scratch, before, root, turned};

const REQUIREMENTS: &str = "system.development.requirements";
const SOFTWARE: (&str, &str) = ("verification.pretraining.software", "no-go");

#[test]
fn a_python_that_nobody_has() {
    let ready = Scratch::ready();
    ready.replace("pyproject.toml", "requires-python = \">=3.9\"", "requires-python = \">=3.99\"");
    let ran = ready.check();
    let verdicts = ran.verdicts();
    assert_eq!(turned(before(), &verdicts), [("system.software.python", "no-go"), SOFTWARE]);
    let finding = &ran.item("system.software.python")["findings"][0];
    assert!(finding["message"].as_str().unwrap().ends_with("pyproject.toml requires >=3.99"), "{finding}");
    assert_eq!(finding["location"]["line"], 5, "{finding}");
}

#[test]
fn a_lock_that_is_older_than_what_it_locks() {
    let ready = Scratch::ready();
    fs::copy(root().join("tests/projects/not-ready/uv.lock"), ready.at("uv.lock")).unwrap();
    ready.replace("pyproject.toml", "[dependency-groups]\ndev = [\"pytest>=8,<9\"]\n", "");
    let ran = ready.check();
    let verdicts = ran.verdicts();
    assert_eq!(turned(before(), &verdicts), [(REQUIREMENTS, "no-go"), SOFTWARE]);
    let said = ran.item(REQUIREMENTS)["findings"].to_string();
    assert!(said.contains("uv.lock was made before pyproject.toml asked for numpy>=1.26,<3"), "{said}");
}

const PACKAGE: &str = r#"{
  "name": "penguins-board",
  "version": "1.0.0",
  "private": true,
  "engines": { "node": ">=0.1" },
  "dependencies": { "left-pad": "^1.3.0" }
}
"#;

/// As npm wrote it for `"left-pad": "1.2.0"`.
const LOCK: &str = r#"{
  "name": "penguins-board",
  "version": "1.0.0",
  "lockfileVersion": 3,
  "requires": true,
  "packages": {
    "": { "name": "penguins-board", "version": "1.0.0", "dependencies": { "left-pad": "1.2.0" } },
    "node_modules/left-pad": {
      "version": "1.2.0",
      "resolved": "https://registry.npmjs.org/left-pad/-/left-pad-1.2.0.tgz",
      "integrity": "sha512-OdxVCqRb3Pwx/6iEsw0/i3zhgQPlyBSZcSn10SEL8q2lIVeRwXi9UMjwTiSy98cFczGqyzMLVh6HlA3v3+N+hg=="
    }
  }
}
"#;

#[test]
fn a_package_lock_that_disagrees() {
    let ready = Scratch::ready();
    ready.write("package.json", PACKAGE);
    ready.write(
        "package-lock.json",
        &LOCK.replace("1.2.0", "1.3.0").replace(r#": "1.3.0" } }"#, r#": "^1.3.0" } }"#),
    );
    fs::create_dir_all(ready.at("node_modules/left-pad")).unwrap();
    ready.write("node_modules/left-pad/package.json", r#"{ "name": "left-pad", "version": "1.3.0" }"#);
    let agreeing = ready.check().verdicts();
    assert_eq!(agreeing[REQUIREMENTS], "go");

    ready.write("package-lock.json", LOCK);
    let ran = ready.check();
    assert_eq!(turned(&agreeing, &ran.verdicts()), [(REQUIREMENTS, "no-go"), SOFTWARE]);
    let said = ran.item(REQUIREMENTS)["findings"].to_string();
    assert!(said.contains("package-lock.json") && said.contains("left-pad"), "{said}");
}

#[test]
fn a_node_outside_its_range() {
    let ready = Scratch::ready();
    ready.write("package.json", "{ \"name\": \"board\", \"engines\": { \"node\": \">=0.1\" } }");
    let inside = ready.check().verdicts();
    ready.write("package.json", "{ \"name\": \"board\", \"engines\": { \"node\": \">=99\" } }");
    let ran = ready.check();
    let outside = ran.verdicts();
    let item = ran.item("system.software.node");
    assert_eq!(outside["system.software.node"], "no-go", "{item:#}");
    if inside["system.software.node"] == "no-go" {
        // There is no Node.js on this machine, and neither range is met.
        assert!(item["findings"][0]["message"].as_str().unwrap().contains("no program node"), "{item:#}");
        return;
    }
    assert_eq!(turned(&inside, &outside), [("system.software.node", "no-go"), SOFTWARE]);
    assert!(item["findings"][0]["message"].as_str().unwrap().contains(">=99"), "{item:#}");
}

#[test]
fn a_dirty_tree() {
    let ready = Scratch::ready();
    ready.configure("[items.\"system.software.git\".with]\nclean = true\n");
    ready.sh("git add . && git -c user.name=t -c user.email=t@example.org commit -q -m all");
    let clean = ready.check().verdicts();
    assert_eq!(turned(before(), &clean), []);

    ready.write("note.txt", "uncommitted");
    let ran = ready.check();
    let dirty = ran.verdicts();
    assert_eq!(turned(&clean, &dirty), [("system.software.git", "no-go"), SOFTWARE]);
    let item = ran.item("system.software.git");
    assert_eq!(item["findings"][0]["message"], "1 changed or untracked: note.txt", "{item:#}");
}
