//! gonogo.toml and the words that select: every problem at once, each with its place and the way out.

use jsonschema::Validator;
use serde_json::{Value, json};

use super::scratch::{Scratch, gonogo, root};

const BROKEN: &str = r#"profil = "training"

[items."system.hardware.cpu"]
requird = false
needs = ["nope"]
timeout = "soon"
"#;

#[test]
fn every_problem_is_told_with_its_line_and_what_was_meant() {
    let project = Scratch::copy_of("ready");
    project.write("gonogo.toml", BROKEN);
    let ran = project.run(&["check"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(4), ""));
    for line in [
        "gonogo.toml:1:1\n",
        "1 | profil = \"training\"\n  | ^^^^^^\n  = did you mean 'profile'?",
        "gonogo.toml:4:1\n",
        "did you mean 'required'?",
        "gonogo.toml:5:10\n",
        "'nope' is no item id",
        "gonogo.toml:6:11\n",
    ] {
        assert!(ran.err.contains(line), "{line}\n{}", ran.err);
    }
    assert_eq!(ran.err.matches("error: ").count(), 4, "{}", ran.err);
}

const MISSPELT: &str = r#"[items."system.hardware.memry".with]
minimum = "1 GiB"

[items."system.hardware.memory".with]
minimun = "1 GiB"

[items."system.hardware.storage".with]
minimum = "plenty"

[items."site.one"]
check = "system/path"
"#;

#[test]
fn ids_and_parameters_are_held_against_what_there_is() {
    let project = Scratch::copy_of("ready");
    project.write("gonogo.toml", MISSPELT);
    for command in ["check", "plan"] {
        let ran = project.run(&[command]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(4), ""), "{}", ran.err);
        for line in [
            "gonogo.toml:1:8\n",
            "did you mean 'system.hardware.memory'?",
            "gonogo.toml:5:1\n",
            "did you mean 'minimum'?",
            "gonogo.toml:8:1\n",
            "'plenty' is not a size: write a number and a unit",
            "gonogo.toml:10:8\n",
            "did you mean 'paths'?",
        ] {
            assert!(ran.err.contains(line), "{line}\n{}", ran.err);
        }
    }
}

#[test]
fn what_is_no_toml_is_told_with_its_place() {
    let project = Scratch::copy_of("ready");
    project.write("gonogo.toml", "[items.\"system.hardware.cpu\".with\nminimum = 1\n");
    let ran = project.run(&["check"]);
    assert_eq!(ran.code, Some(4));
    assert!(ran.err.contains("gonogo.toml:1:"), "{}", ran.err);
}

#[test]
fn selecting_nothing_is_an_error_and_never_go() {
    let project = Scratch::copy_of("ready");
    let misspelt = project.run(&["check", "--only", "system.hardwre.*"]);
    assert_eq!((misspelt.code, misspelt.out.as_str()), (Some(4), ""));
    assert!(misspelt.err.contains("system.hardwre.*"), "{}", misspelt.err);
    assert!(misspelt.err.contains("system.hardware"), "{}", misspelt.err);
    for words in [
        &["check", "--skip", "*"][..],
        &["check", "--only", "system.hardware.cpu", "--skip", "*.cpu"],
        &["plan", "--skip", "*"],
    ] {
        let nothing = project.run(words);
        assert_eq!((nothing.code, nothing.out.as_str()), (Some(4), ""), "{words:?}");
        assert!(nothing.err.contains("nothing is left to check"), "{}", nothing.err);
    }
}

/// The schema that the program prints.
fn schema(of: &str) -> Validator {
    let printed = gonogo().args(["schema", of]).output().unwrap();
    let schema: Value = serde_json::from_slice(&printed.stdout).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn assert_valid(schema: &Validator, value: &Value) {
    let problems = schema.iter_errors(value).map(|problem| format!("{}: {problem}", problem.instance_path()));
    assert_eq!(problems.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn every_report_is_as_its_schema_says() {
    let schema = schema("report");
    let open = Scratch::copy_of("ready");
    open.configure("[items.\"site.open\"]\ncheck = \"system/paths\"\n");
    for project in [&open, &Scratch::copy_of("not-ready")] {
        let report = project.check().json();
        assert_valid(&schema, &report);
        let mut wrong = report.clone();
        wrong["decision"] = json!("MAYBE");
        assert!(!schema.is_valid(&wrong));
    }
}

#[test]
fn the_samples_are_as_the_schema_of_gonogo_toml_says() {
    let schema = schema("config");
    for sample in ["ready", "not-ready"] {
        let path = root().join("tests/projects").join(sample).join("gonogo.toml");
        let config: Value = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert_valid(&schema, &config);
    }
    for broken in ["profil = \"training\"", "[items.\"system.hardware.cpu\"]\nrequird = false", "[items.cpu]"]
    {
        assert!(!schema.is_valid(&toml::from_str(broken).unwrap()), "{broken}");
    }
}
