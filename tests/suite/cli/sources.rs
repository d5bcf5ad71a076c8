//! Plugins come in by consent, are held to gonogo.lock, and go again.

use std::fs;

use super::{
    scratch::{root, sh},
    site::{CONFIG, Site, plugin, printed, sha256},
};
use crate::guest::Guest;

#[test]
fn without_a_terminal_adding_is_refused_and_the_command_that_consents_works() {
    let site = Site::new();
    site.write("acme.wasm", &plugin("adding", "1.2.0", &["git status", "sh -c {script}"]));
    let refused = site.run(&["plugin", "add", "acme", "path:acme.wasm"]);
    assert_eq!((refused.code, refused.out.as_str()), (Some(2), ""), "{}", refused.err);
    for part in [
        "acme 1.2.0  from path:acme.wasm",
        "  + run git status   [check]",
        "  + run sh -c {script}   [check]",
        "the plugin acme was not added",
    ] {
        assert!(refused.err.contains(part), "{part}\n{}", refused.err);
    }
    assert_eq!(site.read("gonogo.toml"), CONFIG);
    assert!(!site.at("gonogo.lock").exists());

    let added = site.typed(&printed(&refused));
    assert_eq!(added.code, Some(0), "{}", added.err);
    let config = site.read("gonogo.toml");
    assert!(
        config.starts_with(CONFIG) && config.ends_with("\n[plugins.acme]\nsource = \"path:acme.wasm\"\n"),
        "{config}"
    );
    let lock = site.read("gonogo.lock");
    assert!(lock.contains("{ check = \"check\", words = [\"sh\", \"-c\", \"{script}\"] },"), "{lock}");
    let line = lock.lines().position(|line| line == "[plugins.acme]").unwrap() + 1;

    let plan = site.done(&["plan", "--only", "site.status"]).out;
    assert!(
        plan.contains(&format!("command  git status   [commands, consent, gonogo.lock line {line}]")),
        "{plan}"
    );
    assert_eq!(site.verdict().0, "go");
}

#[test]
fn on_a_terminal_a_person_is_asked_and_only_yes_is_yes() {
    let site = Site::new();
    site.write("acme.wasm", &plugin("asked", "1.0.0", &["git status"]));
    // `script` is a terminal, to whom it runs.
    let answer = |answer: &str| {
        let command = format!("{} plugin add acme path:acme.wasm", env!("CARGO_BIN_EXE_gonogo"));
        let script = r#"printf '%s\n' "$1" | script -qec "$2" /dev/null; echo "ended""#;
        sh(site.path(), script, &[answer.as_ref(), command.as_ref()])
    };
    for no in ["n", "", "yes please"] {
        let said = answer(no);
        assert!(said.contains(" run git status   [check]") && said.contains("Consent? [y/N]"), "{said}");
        assert!(said.contains("you did not consent"), "{said}");
        assert!(!site.at("gonogo.lock").exists());
    }
    let said = answer("y");
    assert!(said.contains("acme 1.0.0  added to "), "{said}");
    assert_eq!(site.check(&["--locked"]).code, Some(0));
}

#[test]
fn consent_to_other_bytes_or_abilities_is_none() {
    let site = Site::new();
    site.write("acme.wasm", &plugin("replay", "1.0.0", &["git status"]));
    let command = printed(&site.run(&["plugin", "add", "acme", "path:acme.wasm"]));
    for other in [plugin("other bytes", "1.0.0", &["git status"]), plugin("replay", "1.0.0", &["git log"])] {
        site.write("acme.wasm", &other);
        let refused = site.typed(&command);
        assert_eq!(refused.code, Some(2), "{}", refused.err);
        assert!(refused.err.contains("What --accept names is something else"), "{}", refused.err);
        assert_ne!(printed(&refused).rsplit_once("--accept"), command.rsplit_once("--accept"));
    }
    assert_eq!(site.read("gonogo.toml"), CONFIG);
    assert!(!site.at("gonogo.lock").exists());
}

#[test]
fn what_nobody_consented_to_stays_open_and_says_how_to_consent() {
    let site = Site::new();
    site.write("acme.wasm", &plugin("unasked", "1.0.0", &["git status"]));
    site.write("gonogo.toml", format!("{CONFIG}\n[plugins.acme]\nsource = \"path:acme.wasm\"\n").as_bytes());
    let (verdict, said) = site.verdict();
    assert_eq!(verdict, "open");
    assert!(said.contains("wants to run `git status`; there is no consent yet"), "{said}");
    assert!(said.contains("gonogo plugin update acme"), "{said}");
    site.consent(&["plugin", "update", "acme"]);
    assert_eq!(site.verdict().0, "go");
}

#[test]
fn a_build_may_change_and_may_not_ask_for_more() {
    let site = Site::with(&plugin("builds", "1.0.0", &["git status"]));
    assert_eq!(site.check(&["--locked"]).code, Some(0));

    // Another build that asks for the same runs: its author works on it. CI holds it to the lock.
    let next = plugin("the next build", "1.0.0", &["git status"]);
    site.write("acme.wasm", &next);
    assert_eq!(site.verdict().0, "go");
    let refused = site.check(&["--locked"]);
    assert_eq!((refused.code, refused.out.as_str()), (Some(4), ""), "{}", refused.err);
    assert!(refused.err.contains(&format!("found {}", sha256(&next))), "{}", refused.err);
    let listed = site.done(&["plugin", "list", "--format", "json"]).json();
    assert_eq!(listed[0]["state"], "changed");
    let updated = site.done(&["plugin", "update"]);
    assert!(updated.out.contains("acme 1.0.0  updated to another build"), "{}", updated.out);
    assert_eq!(site.check(&["--locked"]).code, Some(0));

    // One that asks for more does not get it.
    site.write("acme.wasm", &plugin("more", "1.0.0", &["git status", "rm -rf {path}"]));
    let (verdict, said) = site.verdict();
    assert_eq!(verdict, "open", "{said}");
    assert!(said.contains("consent was given to less than it asks for now"), "{said}");
    let refused = site.check(&["--locked"]);
    assert_eq!(refused.code, Some(4));
    assert!(refused.err.contains("it can do more, such as: run rm -rf {path}"), "{}", refused.err);
}

#[test]
fn an_update_that_can_do_more_shows_the_difference_and_waits() {
    let site = Site::with(&plugin("updates", "1.0.0", &["git status", "git log"]));
    let locked = site.read("gonogo.lock");
    site.write("acme.wasm", &plugin("updates", "1.1.0", &["git status", "git push"]));
    let refused = site.run(&["plugin", "update"]);
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    assert!(
        refused.err.contains("  + run git push   [check]\n  - run git log   [check]\n"),
        "{}",
        refused.err
    );
    assert!(!refused.err.contains("git status"), "{}", refused.err);
    assert_eq!(site.read("gonogo.lock"), locked);

    let updated = site.typed(&printed(&refused));
    assert_eq!(updated.code, Some(0), "{}", updated.err);
    assert!(updated.out.starts_with("acme 1.0.0  updated to 1.1.0\n"), "{}", updated.out);

    // Less needs nobody, and is told.
    site.write("acme.wasm", &plugin("updates", "1.2.0", &["git status"]));
    let updated = site.done(&["plugin", "update", "acme"]);
    assert_eq!(updated.out, "acme 1.1.0  updated to 1.2.0\n  - run git push   [check]\n");
    assert_eq!(site.done(&["plugin", "update"]).out, "acme 1.2.0  is what it was\n");
    assert_eq!(site.run(&["plugin", "update", "amce"]).code, Some(2));
}

#[test]
fn an_older_version_is_told_and_needs_consent() {
    let site = Site::with(&plugin("downgrade", "1.10.0", &["git status"]));
    site.write("acme.wasm", &plugin("downgrade", "1.9.0", &["git status"]));
    let refused = site.run(&["plugin", "update", "acme"]);
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    assert!(refused.err.contains("older than what is locked: 1.9.0 in place of 1.10.0"), "{}", refused.err);
    let command = printed(&refused);
    assert!(command.contains(" --allow-downgrade "), "{command}");
    assert_eq!(site.typed(&command.replace(" --allow-downgrade", "")).code, Some(2));
    assert_eq!(site.typed(&command).code, Some(0));
    assert!(site.read("gonogo.lock").contains("version = \"1.9.0\""));
}

#[test]
fn removing_leaves_what_people_wrote() {
    let site = Site::with(&plugin("removing", "1.0.0", &[]));
    let ran = site.done(&["plugin", "remove", "acme"]);
    assert_eq!(site.read("gonogo.toml"), CONFIG);
    assert!(!site.at("gonogo.lock").exists());
    assert!(ran.err.contains("still names the check acme/check"), "{}", ran.err);
    let refused = site.run(&["plugin", "remove", "acme"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("names no plugin 'acme'"), "{}", refused.err);
    assert_eq!(
        site.done(&["plugin", "list"]).out,
        "gonogo.toml names no plugins besides the built-in ones\n"
    );
}

#[test]
fn ci_refuses_a_lock_that_is_missing_incomplete_or_would_change() {
    let site = Site::with(&plugin("locked", "1.0.0", &[]));
    let lock = site.read("gonogo.lock");
    let refused = |why: &str| {
        for command in ["check", "plan", "list"] {
            let ran = site.run(&[command, "--only", "site.status", "--locked"]);
            assert_eq!((ran.code, ran.out.as_str()), (Some(4), ""), "{command}: {}", ran.err);
            assert!(ran.err.contains(why), "{why}\n{}", ran.err);
        }
    };
    fs::remove_file(site.at("gonogo.lock")).unwrap();
    refused("plugin 'acme' is not in");
    assert_eq!(site.check(&[]).code, Some(0), "without it, what needs no consent runs");
    site.write("gonogo.lock", lock.replace("[plugins.acme]", "[plugins.other]").as_bytes());
    refused("has the plugin 'other', which gonogo.toml does not name");
    site.write("gonogo.lock", lock.replace("1.0.0", "1.0.1").as_bytes());
    refused("its entry would change");
    site.write("gonogo.lock", lock.replace("wasi = false", "wasi = \"no\"").as_bytes());
    refused("'wasi' must be true or false, not a text");
    site.write("gonogo.lock", lock.as_bytes());
    assert_eq!(site.check(&["--locked"]).code, Some(0));
}

#[test]
fn a_broken_lock_is_told_with_its_line_and_nothing_runs() {
    let site = Site::with(&plugin("broken lock", "1.0.0", &[]));
    site.replace("gonogo.lock", "wasi = false", "wasi = false\nallow = \"all\"");
    let ran = site.check(&[]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(4), ""));
    assert!(ran.err.contains("unknown key 'allow'") && ran.err.contains("gonogo.lock:"), "{}", ran.err);
}

#[test]
fn built_in_names_cannot_be_taken() {
    let site = Site::new();
    fs::copy(root().join("plugins/dist/system.wasm"), site.at("evil.wasm")).unwrap();
    site.write(
        "gonogo.toml",
        format!("{CONFIG}\n[plugins.system]\nsource = \"path:evil.wasm\"\n").as_bytes(),
    );
    for words in [&["check"][..], &["plan"], &["plugin", "list"], &["plugin", "update"]] {
        let ran = site.run(words);
        assert_eq!((ran.code, ran.out.as_str()), (Some(4), ""), "{words:?}: {}", ran.err);
        assert!(ran.err.contains("'system' is the name of a plugin that is built in"), "{}", ran.err);
        assert!(ran.err.contains("gonogo.toml:8:10"), "{}", ran.err);
    }
    site.write("gonogo.toml", CONFIG.as_bytes());
    let ran = site.run(&["plugin", "add", "system", "path:evil.wasm"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("is built in"), "{}", ran.err);
}

#[test]
fn a_plugin_answers_for_its_own_checks_alone() {
    // The very checks of a built-in plugin, under another name, are others.
    let site = Site::new();
    fs::copy(root().join("plugins/dist/system.wasm"), site.at("acme.wasm")).unwrap();
    site.replace("gonogo.toml", "acme/check", "acme/cpu");
    site.consent(&["plugin", "add", "acme", "path:acme.wasm"]);
    let checks = site.done(&["list", "--checks"]).out;
    assert!(checks.contains("  acme/cpu") && checks.contains("  system/cpu"), "{checks}");
    let again = site.run(&["plugin", "add", "acme", "path:acme.wasm"]);
    assert_eq!(again.code, Some(2));
    assert!(again.err.contains("has a plugin 'acme' already, from path:acme.wasm"), "{}", again.err);

    // An id of another plugin is no name of a check.
    let site = Site::new();
    let thief = Guest::new().describes_check(|check| check.name = "system/cpu".to_owned()).build();
    site.write("acme.wasm", &thief);
    let ran = site.run(&["plugin", "add", "acme", "path:acme.wasm"]);
    assert_eq!(ran.code, Some(4), "{}", ran.err);
    assert!(ran.err.contains("'system/cpu' is no name of a check"), "{}", ran.err);
}

#[test]
fn what_is_no_plugin_changes_nothing() {
    let site = Site::new();
    site.write("text.wasm", b"#!/bin/sh\n");
    for (source, why) in [
        ("path:nowhere.wasm", "nowhere.wasm"),
        ("path:text.wasm", "neither a WebAssembly component nor a bundle"),
        ("path:/dev/zero", "it is no file"),
    ] {
        let ran = site.run(&["plugin", "add", "acme", source]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(4), ""), "{source}: {}", ran.err);
        assert!(ran.err.contains(why), "{source}: {}", ran.err);
    }
    for (name, source) in [("acme", "git:x"), ("acme", "http://a/b.wasm"), ("Acme", "path:text.wasm")] {
        assert_eq!(site.run(&["plugin", "add", name, source]).code, Some(2), "{name} {source}");
    }
    assert_eq!(site.read("gonogo.toml"), CONFIG);
    assert!(!site.at("gonogo.lock").exists());
}
