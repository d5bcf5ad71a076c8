//! Which items there are, what they need, what is chosen.

use super::*;

const PROFILE: &str = r#"
[[items]]
id = "s.h.cpu"
title = "CPU"
how = "auto"
check = "own/cpu"
with = { minimum = 4 }

[[items]]
id = "s.h.gpu"
title = "GPU"
how = "auto"
check = "own/gpu"
needs = ["s.h.cpu"]

[[items]]
id = "s.w.git"
title = "Git"
how = "auto"
check = "own/cpu"
needs = ["s.h.gpu"]

[[items]]
id = "v.hardware"
title = "All of hardware"
how = "auto"
rollup = ["s.h.*"]

[[items]]
id = "v.signed"
title = "Signed"
how = "attest"
"#;

fn checks() -> Vec<Check> {
    let schema = object(&[], json!({ "minimum": { "type": "integer" }, "other": { "type": "integer" } }));
    vec![check("cpu", schema.clone(), &[]), check("gpu", schema, &[])]
}

fn made(config: &str, only: &[&str], skip: &[&str]) -> Result<Plan, Vec<String>> {
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let selection = Selection { only: texts(only), skip: texts(skip) };
    plan(&surroundings(), &read_config(config), &read_profile(PROFILE), &catalog(checks()), &selection)
        .map_err(shown)
}

fn ids(plan: &Plan) -> Vec<&str> {
    plan.items.iter().map(|item| item.id.as_str()).collect()
}

#[test]
fn the_profile_comes_in_its_order_and_then_the_users_own() {
    let plan = made("items.\"a.own\".check = \"acme/gpu\"", &[], &[]).unwrap();
    assert_eq!(ids(&plan), ["s.h.cpu", "s.h.gpu", "s.w.git", "v.hardware", "v.signed", "a.own"]);
    assert_eq!(plan.items[5].title, "gpu holds");
    assert!(matches!(&plan.items[3].task, Task::Rollup { of } if of.len() == 2));
    assert!(matches!(&plan.items[4].task, Task::Open { check: None, .. }));
    assert_eq!(plan.items[1].needs[0].as_str(), "s.h.cpu");
}

#[test]
fn the_users_word_stands_and_is_noted() {
    let config = "[items.\"s.h.cpu\"]\nrequired = false\ntitle = \"CPU\"\nowner = \"me\"\nwith = { minimum = 8, other = 1 }\n[items.\"s.h.gpu\"]\nnot-applicable = \"CPU only\"\n";
    let plan = made(config, &[], &[]).unwrap();
    let cpu = &plan.items[0];
    assert!(!cpu.required && cpu.owner.as_deref() == Some("me"));
    assert_eq!(
        cpu.overridden,
        ["with.minimum (line 5)", "with.other (line 5)", "required (line 2)", "owner (line 4)"]
    );
    assert!(matches!(&cpu.task, Task::Job(job) if job.parameters == json!({ "minimum": 8, "other": 1 })));
    assert!(matches!(&plan.items[1].task, Task::NotApplicable { reason } if reason == "CPU only"));
}

#[test]
fn another_check_does_not_inherit_parameters() {
    let plan = made("items.\"s.h.cpu\".check = \"own/gpu\"", &[], &[]).unwrap();
    assert!(matches!(&plan.items[0].task, Task::Job(job) if job.parameters == json!({})));
}

#[test]
fn what_is_not_there_is_reported_with_what_was_meant() {
    let config = r#"
[items."s.h.cpo"]
required = false
[items."a.a"]
check = "own/cpo"
[items."a.b"]
check = "owm/cpu"
[items."a.c"]
check = "zzzzzz/cpu"
needs = ["s.h.gpi", "v.hardware"]
[items."v.signed"]
with = { x = 1 }
"#;
    assert_eq!(
        made(config, &[], &[]).unwrap_err(),
        [
            "gonogo.toml:2:8 the profile 'site' has no item 's.h.cpo' | did you mean 's.h.cpu'?",
            "gonogo.toml:4:8 check 'own/cpo': plugin 'own' has no check 'cpo' | did you mean 'cpu'?",
            "gonogo.toml:6:8 check 'owm/cpu': no plugin is called 'owm' | did you mean 'own'?",
            "gonogo.toml:8:8 check 'zzzzzz/cpu': no plugin is called 'zzzzzz' | there are acme, friend, own",
            "gonogo.toml:10:10 'a.c' needs 's.h.gpi', which is no item | did you mean 's.h.gpu'?",
            "gonogo.toml:10:21 'a.c' needs 'v.hardware', which merges other items: name those",
            "gonogo.toml:11:8 'v.signed' runs no check, so it takes no parameters",
        ]
    );
}

#[test]
fn needs_in_circles_are_reported_once() {
    assert_eq!(
        made("items.\"s.h.cpu\".needs = [\"s.w.git\"]", &[], &[]).unwrap_err(),
        ["gonogo.toml:1:7 items need each other in a circle: s.h.cpu -> s.w.git -> s.h.gpu -> s.h.cpu"]
    );
    assert_eq!(made("items.\"s.h.cpu\".needs = [\"s.h.cpu\"]", &[], &[]).unwrap_err().len(), 1);
}

#[test]
fn patterns_choose_items_or_checks() {
    assert_eq!(ids(&made("", &["s.h.*"], &[]).unwrap()), ["s.h.cpu", "s.h.gpu"]);
    assert_eq!(ids(&made("", &["own/cpu"], &[]).unwrap()), ["s.h.cpu", "s.w.git"]);
    assert_eq!(ids(&made("", &["own/*"], &["*/gpu"]).unwrap()), ["s.h.cpu", "s.w.git"]);
    let plan = made("", &[], &["s.h.*"]).unwrap();
    // A rollup of nothing goes, and so does a need of what is not there.
    assert_eq!(ids(&plan), ["s.w.git", "v.signed"]);
    assert!(plan.items[0].needs.is_empty());
    let plan = made("", &["s.h.gpu", "v.hardware"], &[]).unwrap();
    assert!(matches!(&plan.items[1].task, Task::Rollup { of } if of.len() == 1));
}

#[test]
fn choosing_nothing_is_an_error() {
    let wrong = |only: &[&str], skip: &[&str]| made("", only, skip).unwrap_err();
    assert_eq!(wrong(&["s.h.cpo"], &[]), ["--only 's.h.cpo' matches no item | did you mean 's.h.cpu'?"]);
    assert_eq!(wrong(&["s.h"], &[]), ["--only 's.h' matches no item | did you mean 's.h.*'?"]);
    assert_eq!(wrong(&["own"], &[]), ["--only 'own' matches no item | did you mean 'own/*'?"]);
    assert_eq!(wrong(&[""], &[]).len(), 1);
    assert_eq!(wrong(&[], &["nothing.like.it"]), ["--skip 'nothing.like.it' matches no item"]);
    assert_eq!(wrong(&[], &["*"]), ["nothing is left to check: every item is left out"]);
    assert_eq!(
        wrong(&["v.hardware"], &[]),
        ["'v.hardware' merges s.h.*, and nothing of that is chosen | choose those items too"]
    );
    assert_eq!(wrong(&["a{"], &[]).len(), 1);
}

#[test]
fn a_profile_without_items_is_no_plan() {
    assert_eq!(
        shown(try_plan(checks(), "").unwrap_err()),
        ["nothing is left to check: every item is left out"]
    );
}

#[test]
fn the_built_in_profile_can_be_planned_over_its_checks() {
    let profile = profile::training().unwrap();
    let mut plugins = BTreeMap::<String, Vec<Check>>::new();
    for id in profile.items.iter().filter_map(|item| item.check.as_ref()) {
        let checks = plugins.entry(id.plugin().to_owned()).or_default();
        if !checks.iter().any(|check| check.name == id.name()) {
            checks.push(check(id.name(), json!({ "type": "object" }), &[]));
        }
    }
    let plugins = plugins.into_iter().map(|(name, checks)| plugin(&name, Source::BuiltIn, checks));
    let catalog = Catalog { plugins: plugins.collect() };
    let plan = plan(&surroundings(), &Config::default(), &profile, &catalog, &Selection::default()).unwrap();
    assert_eq!(plan.items.len(), 55);
    let rollup =
        plan.items.iter().find(|item| item.id.as_str() == "verification.pretraining.hardware").unwrap();
    assert!(matches!(&rollup.task, Task::Rollup { of } if of.len() == 7));
}
