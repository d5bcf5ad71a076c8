//! Recording on one machine and replaying on another gives the same report, but for times.

use std::{fs, process::Command};

use regex::Regex;

use super::scratch::{Ran, Scratch, folder, gonogo};

/// A JSON report without its times.
fn timeless(report: &str) -> String {
    let times = Regex::new(r#""(started|duration_ms|duration_us)": ("[^"]*"|[0-9]+)"#).unwrap();
    times.replace_all(report, "\"$1\": …").into_owned()
}

#[test]
fn a_replay_needs_nothing_of_what_was_recorded() {
    let project = Scratch::copy_of("not-ready");
    project.add_environment();
    let kept = folder();
    let recording = kept.path().join("run.rec");
    let words = ["check", "--format", "json", "--record", recording.to_str().unwrap()];
    let recorded = project.run(&words);
    assert_eq!(recorded.code, Some(1), "{}", recorded.err);
    drop(project);

    // Another directory, and no variable at all.
    let elsewhere = folder();
    let mut replay = Command::new(env!("CARGO_BIN_EXE_gonogo"));
    replay.env_clear().current_dir(elsewhere.path());
    replay.args(["check", "--format", "json", "--replay"]).arg(&recording);
    let replayed = Ran::from(replay.output().unwrap());
    assert_eq!((replayed.code, replayed.err.as_str()), (Some(1), ""));
    pretty_assert(&timeless(&recorded.out), &timeless(&replayed.out));
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

/// The first line that differs, for texts that are too long to be read whole.
fn pretty_assert(one: &str, other: &str) {
    for (at, (one, other)) in one.lines().zip(other.lines()).enumerate() {
        assert_eq!(one, other, "line {}", at + 1);
    }
    assert_eq!(one.len(), other.len());
}

const TOKEN: &str = "sk-live-c0ffee0ddba11";

#[test]
fn a_value_that_was_revealed_is_in_no_recording_and_no_report() {
    let project = Scratch::copy_of("ready");
    project.configure(
        "[items.\"infrastructure.compute.allocation\".with]\npartition = \"gpu\"\nvariables = [\"SLURM_JOB_ID\", \"SLURM_JOB_PARTITION\"]\n",
    );
    let check = |words: &[&str]| -> Ran {
        let mut command = gonogo();
        command
            .args(["check", "--only", "infrastructure.compute.allocation", "--format", "json"])
            .args(words);
        command.env("SLURM_JOB_ID", "4711").env("SLURM_JOB_PARTITION", TOKEN);
        command.current_dir(project.path()).output().unwrap().into()
    };
    let recorded = check(&["--record", "run.rec"]);
    // It was read: another partition than the one asked for.
    assert_eq!(recorded.code, Some(1), "{}", recorded.out);
    for text in [&recorded.out, &recorded.err, &project.read("run.rec")] {
        assert!(!text.contains(TOKEN), "{text}");
    }
}

#[test]
fn what_is_no_recording_is_refused() {
    let project = Scratch::copy_of("ready");
    project.write("run.rec", "{}");
    let ran = project.run(&["check", "--replay", "run.rec"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(4), ""));
    assert!(ran.err.contains("run.rec is no recording"), "{}", ran.err);
    assert_eq!(project.run(&["check", "--replay", "none.rec"]).code, Some(2));
}
