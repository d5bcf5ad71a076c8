//! The built-in profile, and profiles as users write them.

use super::*;

fn read(text: &str) -> Result<Profile, Vec<Problem>> {
    let base = extends(text).map(|_| training().unwrap());
    parse(Path::new("site.toml"), text, base)
}

/// The problems of a text, each as `line message`, with the hint after a `|`.
fn problems(text: &str) -> Vec<String> {
    let show = |problem: Problem| {
        let hint = problem.hint.map_or_else(String::new, |hint| format!(" | {hint}"));
        format!("{} {}{hint}", problem.place.unwrap().line, problem.message)
    };
    read(text).unwrap_err().into_iter().map(show).collect()
}

#[test]
fn the_built_in_profile_is_valid() {
    let training = training().unwrap();
    let count = |plugin: &str| {
        let of = |item: &&Item| item.check.as_ref().is_some_and(|check| check.plugin() == plugin);
        training.items.iter().filter(of).count()
    };
    assert_eq!((count("system"), count("toolchain"), training.items.len()), (12, 11, 55));
    assert!(training.items.iter().all(|item| item.required));
    assert!(training.items.iter().all(|item| !item.title.ends_with('.') && item.title.len() < 100));
}

#[test]
fn a_profile_can_extend_another() {
    let profile = read(
        r#"
name = "site"
extends = "training"
drop = ["system.software.node", "execution.*"]

[[items]]
id = "system.hardware.cpu"
required = false
with = { minimum = 32 }

[[items]]
id = "system.development.requirements"
with = { files = ["lock.txt"] }

[[items]]
id = "site.scratch"
title = "Scratch is there"
how = "auto"
check = "system/paths"
"#,
    )
    .unwrap();
    let item = |id: &str| profile.items.iter().find(|item| item.id.value.as_str() == id);
    assert_eq!(profile.items.len(), 54);
    assert!(item("system.software.node").is_none() && item("site.scratch").is_some());
    let cpu = item("system.hardware.cpu").unwrap();
    assert_eq!((cpu.required, cpu.with.values["minimum"].as_i64()), (false, Some(32)));
    assert_eq!(cpu.title, "Enough logical cores are usable here");
    let requirements = item("system.development.requirements").unwrap();
    assert_eq!(requirements.with.values["scope"], "runtime");
    assert_eq!(requirements.with.marks["files[0]"].line(), 13);
}

#[test]
fn another_check_starts_without_the_parameters_of_the_old_one() {
    let profile = read(
        "name = \"x\"\nextends = \"training\"\n[[items]]\nid = \"system.development.requirements\"\ncheck = \"acme/lock\"\n",
    )
    .unwrap();
    let item = profile.items.iter().find(|item| item.id.value.as_str() == "system.development.requirements");
    assert!(item.unwrap().with.values.is_empty());
}

#[test]
fn every_problem_is_reported_at_once() {
    let text = r#"extends = "training"
drop = ["system.sofware.*", "a{"]
nam = "x"
[[items]]
id = "system.hardware.cpo"
[[items]]
title = "no id"
[[items]]
id = "a.b"
title = "twice"
how = "auto"
check = "system/cpu"
needs = ["system.hardware.gpo"]
[[items]]
id = "a.b"
[[items]]
id = "a.c"
title = "no way to decide"
how = "auto"
[[items]]
id = "a.d"
title = "merges nothing"
how = "auto"
rollup = ["sistem.*"]
"#;
    let expected = [
        "1 the profile has no name | write name = \"…\" at its top",
        "2 'system.sofware.*' drops no item | did you mean 'system.software.*'?",
        "2 'a{' is no pattern: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)",
        "3 unknown key 'nam' | did you mean 'name'?",
        "5 the new item 'system.hardware.cpo' needs a title and how | did you mean 'system.hardware.cpu', which this profile extends?",
        "6 an item has no id",
        "9 'a.b' needs 'system.hardware.gpo', which is no item | did you mean 'system.hardware.gpu'?",
        "15 'a.b' is there twice",
        "17 'a.c' must have one of: a check, a rollup, how = \"attest\"",
        "21 'a.d' merges sistem.*: no item",
    ];
    assert_eq!(problems(text), expected);
}

#[test]
fn settings_name_a_built_in_profile_or_a_file() {
    assert!(matches!(choose("training"), Ok(Choice::BuiltIn(_))));
    assert!(matches!(choose("profiles/site"), Ok(Choice::File(_))));
    assert!(matches!(choose("site.toml"), Ok(Choice::File(_))));
    let problem = &choose("trainig").unwrap_err()[0];
    assert_eq!(problem.hint.as_deref(), Some("did you mean 'training'?"));
}
