//! How the program ends and where its words go: exit codes, pipes, colours, files written whole, completions.

use std::{fs, io::Read, process::Stdio};

use super::scratch::{Scratch, folder, gonogo, sh};

const ESCAPE: char = '\u{1b}';

#[test]
fn each_decision_has_its_code() {
    let bare = Scratch::copy_of("ready");
    let only = |id: &str| bare.run(&["check", "--only", id]).code;
    assert_eq!(only("system.hardware.cpu"), Some(0));
    assert_eq!(only("system.development.venv"), Some(1));
    assert_eq!(bare.run(&["check", "--project", "nowhere"]).code, Some(2));
    assert_eq!(bare.run(&["check", "--output", "nowhere/report"]).code, Some(2));
    assert_eq!(bare.run(&["check", "--colour"]).code, Some(2));
    // Without its parameter an item is open, which is not decided.
    bare.configure("[items.\"site.open\"]\ncheck = \"system/paths\"\n");
    let open = bare.run(&["check", "--only", "site.open"]);
    assert_eq!(open.code, Some(3), "{}", open.err);
    assert!(open.out.contains("write into gonogo.toml:"), "{}", open.out);
    assert_eq!(bare.run(&["plan", "--only", "site.open"]).code, Some(0));
    bare.write("gonogo.toml", "= 1");
    assert_eq!(bare.run(&["check"]).code, Some(4));
}

#[test]
fn an_item_that_is_not_required_decides_nothing() {
    let bare = Scratch::copy_of("ready");
    bare.configure("[items.\"system.development.venv\"]\nrequired = false\n");
    let ran = bare.run(&["check", "--format", "json", "--only", "system.development.venv"]);
    assert_eq!((ran.code, ran.verdicts()["system.development.venv"].as_str()), (Some(0), "no-go"));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let bare = Scratch::copy_of("ready");
    let all = ["check", "plan", "list", "list --checks", "explain system/paths", "schema report"];
    for words in all.map(|words| words.split(' ').collect::<Vec<_>>()) {
        let mut command = gonogo();
        command.args(&words).current_dir(bare.path());
        let mut run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Closed before anything is written.
        drop(run.stdout.take());
        let mut said = String::new();
        run.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        let expected = i32::from(words == ["check"]);
        assert_eq!((run.wait().unwrap().code(), said.as_str()), (Some(expected), ""), "{words:?}");
    }
}

#[test]
fn a_pipe_gets_no_colours_unless_it_is_asked_for() {
    let bare = Scratch::copy_of("ready");
    let only = |words: &[&str]| {
        let all = [&["check", "--only", "system.*"], words].concat();
        bare.run(&all).out
    };
    assert!(!only(&[]).contains(ESCAPE));
    assert!(!only(&["--color", "never"]).contains(ESCAPE));
    assert!(!only(&["--format", "json", "--color", "always"]).contains(ESCAPE));
    let coloured = only(&["--color", "always"]);
    assert!(coloured.contains(ESCAPE), "{coloured}");
}

#[test]
fn a_report_is_written_whole_or_not_at_all() {
    let bare = Scratch::copy_of("ready");
    bare.write("report.json", "an older report");
    let out = folder();
    let report = out.path().join("report.json");
    let words = ["check", "--only", "system.hardware.*", "--format", "json", "--output"];
    let ran = bare.run(&[&words[..], &[report.to_str().unwrap()]].concat());
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{}", ran.err);
    assert!(ran.err.starts_with("GO  report in "), "{}", ran.err);
    let written: serde_json::Value = serde_json::from_slice(&fs::read(&report).unwrap()).unwrap();
    assert_eq!(written["decision"], "GO");
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 1);

    // What cannot be run does not touch what is there.
    bare.write("gonogo.toml", "= 1");
    assert_eq!(bare.run(&["check", "--output", "report.json"]).code, Some(4));
    assert_eq!(bare.read("report.json"), "an older report");
}

#[test]
fn completions_are_scripts_of_their_shells() {
    let folder = folder();
    for shell in ["bash", "zsh", "fish"] {
        let script = gonogo().args(["completions", shell]).output().unwrap();
        assert!(script.status.success());
        let text = String::from_utf8(script.stdout).unwrap();
        for word in ["check", "explain", "completions", "--only"] {
            assert!(text.contains(word.trim_start_matches('-')), "{shell} has no {word}");
        }
        fs::write(folder.path().join(shell), text).unwrap();
        // Shells that are here say whether they can read it; bash is everywhere.
        let read = r#"[ "$1" != bash ] && ! command -v "$1" > /dev/null || "$1" -n "$1""#;
        sh(folder.path(), read, &[shell.as_ref()]);
    }
}
