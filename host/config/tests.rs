//! Configurations as people write them, and as they get them wrong.

use std::{path::Path, time::Duration};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const SAMPLE: &str = r#"
profile = "training"
timeout = "30 s"

[plugins.acme]
source = "path:checks/acme.wasm"

[items."system.hardware.memory".with]
minimum = "64 GiB"

[items."system.hardware.gpu"]
not-applicable = "fine-tuning on CPU"

[items."site.scratch"]
title = "Scratch is mounted and fast"
check = "acme/scratch"
how = "auto"
needs = ["system.hardware.storage"]
owner = "storage team"
required = false
timeout = "2 min"
with = { mount = "/scratch", assertions = [{ path = "a" }, { path = "b", mode = 0o644 }], "odd.key" = 1.5 }
"#;

fn read(text: &str) -> Result<Config, Vec<Problem>> {
    parse(Path::new("gonogo.toml"), text)
}

/// The problems of a text, each as `line:column message`, with the hint after a `|`.
fn problems(text: &str) -> Vec<String> {
    let show = |problem: Problem| {
        let place = problem.place.unwrap();
        let hint = problem.hint.map_or_else(String::new, |hint| format!(" | {hint}"));
        format!("{}:{} {}{hint}", place.line, place.column, problem.message)
    };
    read(text).unwrap_err().into_iter().map(show).collect()
}

#[test]
fn a_whole_file_is_read() {
    let config = read(SAMPLE).unwrap();
    assert_eq!(config.profile.unwrap().value, "training");
    assert_eq!(config.timeout.unwrap().value, Duration::from_secs(30));
    assert_eq!(config.plugins["acme"].source.value.to_string(), "path:checks/acme.wasm");
    let ids = config.items.iter().map(|item| item.id.value.as_str()).collect::<Vec<_>>();
    assert_eq!(ids, ["system.hardware.memory", "system.hardware.gpu", "site.scratch"]);
    let scratch = &config.items[2];
    assert_eq!(scratch.with.values["assertions"][1], json!({ "path": "b", "mode": 0o644 }));
    assert_eq!(scratch.needs.as_ref().unwrap().value[0].value.as_str(), "system.hardware.storage");
    assert_eq!(scratch.check.as_ref().unwrap().mark.line(), 16);
}

#[test]
fn every_parameter_keeps_its_place() {
    let text = "[items.\"a.b\".with]\none = 1\nlist = [\n  { path = \"x\" },\n  { path = \"y\" },\n]\n";
    let config = read(text).unwrap();
    let line = |path: &str| config.items[0].with.marks[path].line();
    assert_eq!((line("one"), line("list"), line("list[0].path"), line("list[1].path")), (2, 3, 4, 5));
    assert_eq!(config.items[0].with.nearest("list[1].mode").unwrap().line(), 5);
}

#[test]
fn an_empty_file_asks_for_nothing() {
    let config = read("").unwrap();
    assert!(config.profile.is_none() && config.items.is_empty());
}

#[test]
fn every_problem_is_reported_at_once_with_its_place() {
    let text = r#"profil = "training"
timeout = 30
timeout2 = "1 s"
[plugins.acme]
source = "ftp://registry.example/acme"
[plugins.Bad]
sauce = "x"
[items."system.hardware.cpu"]
required = "yes"
not-applicable = " "
not-aplicable = "x"
timeout = "soon"
how = "magic"
check = "cpu"
needs = ["x", 3]
[items.single]
with = 3
[items."a.b".with]
big = 99999999999999999999
odd = [nan]
"#;
    let expected = [
        "1:1 unknown key 'profil' | did you mean 'profile'?",
        "2:11 'timeout' must be a duration, such as \"30 s\", not an integer",
        "3:1 unknown key 'timeout2' | did you mean 'timeout'?",
        "5:10 'ftp://registry.example/acme' is no plugin source: write path:FILE.wasm, file:FILE.bundle, https://…#sha256=… or oci://HOST/NAME:TAG",
        "6:10 'Bad' is no plugin name: write a-z, 0-9 and '-'",
        "6:10 plugin 'Bad' has no source | write source = \"path:FILE.wasm\"",
        "7:1 unknown key 'sauce' | did you mean 'source'?",
        "9:12 'required' must be true or false, not a text",
        "10:18 'not-applicable' must not be empty",
        "11:1 unknown key 'not-aplicable' | did you mean 'not-applicable'?",
        "12:11 'soon' is no duration: write a number and a unit, such as '30 s', '500 ms', '5 min', '2 h' or '1 d'",
        "13:7 'magic' is no way to decide: write auto, evidence or attest",
        "14:9 'cpu' is no check id: write 'plugin/check', each of a-z, 0-9 and '-'",
        "15:10 'x' is no item id: write two or more parts joined by dots, each of a-z, 0-9, '-' and '_'",
        "15:15 'needs' must be a text, not an integer",
        "16:8 'single' is no item id: write two or more parts joined by dots, each of a-z, 0-9, '-' and '_'",
        "19:7 an integer must lie between -2^63 and 2^63 - 1",
        "20:8 a number must be finite",
    ];
    assert_eq!(problems(text), expected);
}

#[test]
fn a_plugin_may_come_from_elsewhere_under_a_policy() {
    let config = read(
        "vendor = \"third-party\"\n[plugins.acme]\nsource = \"oci://r.example/acme:1\"\nsignature = \"required\"\nsigners = \"keys/team\"\ninsecure-http = true\n[plugins.bare]\nsource = \"file:a.bundle\"\n",
    )
    .unwrap();
    let (acme, bare) = (&config.plugins["acme"], &config.plugins["bare"]);
    assert_eq!((acme.signature, acme.insecure_http), (SignaturePolicy::Required, true));
    assert_eq!(acme.signers.as_ref().unwrap().value, Path::new("keys/team"));
    assert_eq!((acme.name.line(), config.vendor.unwrap().value.as_str()), (2, "third-party"));
    assert_eq!((bare.signature, bare.insecure_http), (SignaturePolicy::IfPresent, false));
    assert!(bare.signers.is_none());
}

#[test]
fn a_policy_that_cannot_hold_is_a_problem() {
    let text = r#"[plugins.a]
source = "path:a.wasm"
signature = "required"
insecure-http = true
[plugins.b]
source = "file:b.bundle"
signature = "off"
signers = "keys"
[plugins.c]
source = "https://c.example/c.wasm"
signature = "always"
"#;
    let expected = [
        "3:13 a component at path: has no signature that could be required | pack and sign a bundle, and write source = \"file:FILE.bundle\"",
        "4:17 'insecure-http' is for registries, whose source begins with oci:// | remove it",
        "8:11 nobody looks at 'signers' where signature = \"off\" | remove one of the two",
        "10:10 'https://c.example/c.wasm' does not say which bytes it means: write #sha256= and the SHA-256 of the file, in 64 hexadecimal digits, behind it",
        "11:13 'always' is no policy of signatures: write required, if-present or off",
    ];
    assert_eq!(problems(text), expected);
}

#[test]
fn syntax_errors_stand_beside_the_other_problems() {
    let found = problems("profile = \nprofil = 3\n[items.\"a.b\"]\nrequired = true\nrequired = false\n");
    assert!(found.iter().any(|problem| problem.starts_with("1:")), "{found:?}");
    assert!(found.iter().any(|problem| problem.starts_with("2:1 unknown key 'profil'")), "{found:?}");
    assert!(found.iter().any(|problem| problem.starts_with("5:1 duplicate key")), "{found:?}");
}

#[test]
fn an_id_without_quotes_is_understood() {
    assert_eq!(
        problems("[items.system.hardware.cpu]\nrequired = true\n"),
        [
            "1:8 the id of an item that starts with 'system' is not quoted | write [items.\"system.hardware.cpu\"]"
        ]
    );
}

#[test]
fn timeouts_have_bounds() {
    assert_eq!(problems("timeout = \"0 s\""), ["1:11 a timeout of zero leaves no time to run"]);
    assert_eq!(problems("timeout = \"5000 d\""), ["1:11 a timeout can be at most 30 d"]);
}

#[test]
fn the_schema_has_the_keys_that_are_read() {
    let keys = |table: &Value| table["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let schema = schema();
    let nested = |name: &str| keys(&schema["properties"][name]["additionalProperties"]);
    assert_eq!(keys(&schema), KEYS);
    assert_eq!(nested("plugins"), PLUGIN_KEYS);
    assert_eq!(nested("items"), ITEM_KEYS);
}

#[test]
fn the_schema_takes_what_is_read_and_refuses_what_is_not() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let valid = |text: &str| validator.is_valid(&toml::from_str::<Value>(text).unwrap());
    assert!(valid(SAMPLE) && valid(""));
    for source in
        ["oci://r.example/a:1", "file:a.bundle", &format!("https://a.example/b#sha256={}", "a".repeat(64))]
    {
        let text =
            format!("[plugins.a]\nsource = \"{source}\"\nsignature = \"if-present\"\nsigners = \"keys\"\n");
        assert!(read(&text).is_ok() && valid(&text), "{source}");
    }
    for wrong in [
        "profil = \"x\"",
        "timeout = 3",
        "timeout = \"soon\"",
        "plugins.acme.source = \"oci://x\"",
        "plugins.acme = {}",
        "plugins.acme.source = \"http://a.example/b.wasm\"",
        "plugins.acme.source = \"https://a.example/b.wasm\"",
        "plugins.acme = { source = \"path:a\", signature = \"always\" }",
        "plugins.acme = { source = \"path:a\", insecure-http = 1 }",
        "vendor = \"\"",
        "items.single.required = true",
        "items.\"a.b\".not-applicable = \"\"",
        "items.\"a.b\".how = \"magic\"",
        "items.\"a.b\".needs = \"c.d\"",
    ] {
        assert!(read(wrong).is_err() && !valid(wrong), "{wrong}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC*") {
        let _ = read(&text).map_err(|problems| problems.iter().map(ToString::to_string).collect::<String>());
    }

    #[test]
    fn no_mutation_of_a_valid_file_makes_it_panic(
        cuts in prop::collection::vec((0..SAMPLE.len(), 0..40_usize, "[\\[\\]{}=\"'.,#a0\\n\\x00é-]{0,6}"), 1..5)
    ) {
        let mut text = SAMPLE.to_owned();
        for (at, length, insert) in cuts {
            let at = text.floor_char_boundary(at.min(text.len()));
            let end = text.floor_char_boundary((at + length).min(text.len()));
            text.replace_range(at..end, &insert);
        }
        match read(&text) {
            Ok(_) => prop_assert!(toml::from_str::<Value>(&text).is_ok()),
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                for problem in problems {
                    let _ = problem.to_string();
                }
            }
        }
    }
}
