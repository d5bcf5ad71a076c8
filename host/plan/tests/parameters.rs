//! Defaults, validation, and what is missing.

use super::*;

fn cpu() -> Vec<Check> {
    let size = json!({ "type": ["string", "null"], "pattern": "^[0-9]+ GiB$", "x-gonogo-expected": "a size: write '64 GiB'", "default": null });
    vec![check(
        "cpu",
        object(
            &["root"],
            json!({
                "root": { "type": "string", "description": "Where it is.\nMore.", "x-gonogo-grant": "read" },
                "minimum": { "type": "number", "default": 4, "minimum": 1 },
                "size": size,
                "mode": { "enum": ["strict", "lax"], "default": "lax" },
                "deep": object(&[], json!({ "a": { "default": { "b": 1 }, "properties": { "c": { "default": 2 } } } })),
            }),
        ),
        &[],
    )]
}

#[test]
fn defaults_are_filled_in_however_deep() {
    let job = only_job(cpu(), "[items.\"a.b\"]\ncheck = \"own/cpu\"\nwith = { root = \"x\", deep = {} }\n");
    assert_eq!(
        job.parameters,
        json!({ "root": "x", "deep": { "a": { "b": 1, "c": 2 } }, "minimum": 4, "mode": "lax" })
    );
}

#[test]
fn every_wrong_parameter_is_reported_with_its_line() {
    let config = r#"
[items."a.b"]
check = "own/cpu"
[items."a.b".with]
root = "x"
minimun = 3
minimum = "4"
size = "64"
mode = "lex"
deep = { zzzz = 1 }
[items."a.c"]
check = "own/cpu"
with = { root = 3 }
"#;
    let expected = [
        "gonogo.toml:6:1 there is no parameter 'minimun' | did you mean 'minimum'?",
        "gonogo.toml:7:1 'minimum': \"4\" is not of type \"number\"",
        "gonogo.toml:8:1 'size': '64' is not a size: write '64 GiB'",
        "gonogo.toml:9:1 'mode': 'lex' is none of strict, lax | did you mean 'lax'?",
        "gonogo.toml:10:10 there is no parameter 'zzzz' | there are a",
        "gonogo.toml:13:10 'root': 3 is not of type \"string\"",
    ];
    assert_eq!(shown(try_plan(cpu(), config).unwrap_err()), expected);
}

#[test]
fn a_wrong_parameter_of_the_profile_names_the_profile() {
    let profile = read_profile(
        "[[items]]\nid = \"a.b\"\ntitle = \"t\"\nhow = \"auto\"\ncheck = \"own/cpu\"\nwith = { root = \"x\", minimum = 0 }\n",
    );
    let made = plan(&surroundings(), &Config::default(), &profile, &catalog(cpu()), &Selection::default());
    assert_eq!(shown(made.unwrap_err()), ["site.toml:7:22 'minimum': 0 is less than the minimum of 1"]);
}

#[test]
fn a_missing_parameter_leaves_the_item_open_with_the_lines_to_write() {
    let Task::Open { check, reason, lines } = only_task(cpu(), "[items.\"a.b\"]\ncheck = \"own/cpu\"\n")
    else {
        panic!("not open")
    };
    assert_eq!(check.unwrap().to_string(), "own/cpu");
    assert_eq!(reason, "the parameter 'root' is not given (Where it is)");
    assert_eq!(lines, "[items.\"a.b\".with]\nroot = \"path/to/read\"\n");
    // The lines are what gonogo.toml takes.
    let job = only_job(cpu(), &format!("{lines}[items.\"a.b\"]\ncheck = \"own/cpu\"\n"));
    assert_eq!(job.parameters["root"], "path/to/read");
}

#[test]
fn of_alternatives_the_one_that_was_meant_is_judged() {
    let kinds = json!([
        object(&["kind", "path"], json!({ "kind": { "const": "exists" }, "path": { "type": "string" } })),
        object(&["kind", "size"], json!({ "kind": { "const": "size" }, "size": { "type": "integer" } })),
    ]);
    let list = json!({ "type": "array", "items": { "oneOf": kinds } });
    let checks = || vec![check("paths", object(&[], json!({ "assertions": list })), &[])];
    let config = "[items.\"a.b\"]\ncheck = \"own/paths\"\n[items.\"a.b\".with]\nassertions = [\n  { kind = \"exists\", path = \"x\" },\n  { kind = \"size\", size = \"x\" },\n  { kind = \"size\" },\n  { kind = \"magic\" },\n]\n";
    assert_eq!(
        shown(try_plan(checks(), config).unwrap_err()),
        [
            "gonogo.toml:6:20 'assertions[1].size': \"x\" is not of type \"integer\"",
            "gonogo.toml:7:3 'assertions[2]' lacks the parameter 'size'",
            "gonogo.toml:8:3 'assertions[3]': '{\"kind\":\"magic\"}' is none of what it can be",
        ]
    );
}

#[test]
fn schemas_that_cannot_be_used_are_said_to_be_so() {
    for (schema, why) in [
        (json!({ "properties": { "a": { "x-gonogo-grant": "root" } } }), "a grant of the kind \"root\""),
        (
            json!({ "$ref": "#/$defs/a", "$defs": { "a": { "items": { "$ref": "#/$defs/a" } } } }),
            "refers to itself",
        ),
        (json!({ "properties": { "a": { "$ref": "#/$defs/gone" } } }), "which is not in it"),
        (json!({ "properties": { "a": { "type": "nothing" } } }), "not valid"),
        (json!({ "properties": { "a": { "pattern": "a{1000}{1000}{1000}" } } }), "not valid"),
    ] {
        let found =
            shown(try_plan(vec![check("x", schema, &[])], "items.\"a.b\".check = \"own/x\"").unwrap_err());
        assert!(found[0].contains("check 'own/x' cannot be used") && found[0].contains(why), "{found:?}");
    }
}

#[test]
fn limits_come_from_the_item_then_the_check_then_the_file_then_the_host() {
    let seconds = |check_says: Option<u64>, config: &str| {
        let mut checks = vec![check("x", object(&[], json!({})), &[])];
        checks[0].timeout = check_says.map(Duration::from_secs);
        only_job(checks, config).timeout.as_secs()
    };
    let item = "items.\"a.b\" = { check = \"own/x\", timeout = \"1 s\" }";
    let plain = "items.\"a.b\".check = \"own/x\"";
    assert_eq!(seconds(Some(2), &format!("timeout = \"3 s\"\n{item}")), 1);
    assert_eq!(seconds(Some(2), &format!("timeout = \"3 s\"\n{plain}")), 2);
    assert_eq!(seconds(None, &format!("timeout = \"3 s\"\n{plain}")), 3);
    assert_eq!(seconds(None, plain), 10);
}

#[test]
fn many_items_of_one_check_are_planned_fast() {
    let config = (0..500).map(|n| {
        format!("[items.\"a.n{n}\"]\ncheck = \"own/cpu\"\n[items.\"a.n{n}\".with]\nroot = \"d/{n}\"\nsize = \"1 GiB\"\n")
    });
    let (config, profile, catalog) =
        (read_config(&config.collect::<String>()), read_profile(""), catalog(cpu()));
    let started = std::time::Instant::now();
    let plan = plan(&surroundings(), &config, &profile, &catalog, &Selection::default()).unwrap();
    let took = started.elapsed();
    assert_eq!(plan.items.len(), 500);
    eprintln!("500 items planned in {took:?}");
    // Far above what it takes, far below what a validator compiled for each item would take.
    assert!(took < Duration::from_millis(250), "{took:?}");
}

#[test]
fn what_a_schema_says_of_all_together_counts_where_nothing_is_given_too() {
    let size = || json!({ "size": { "type": "integer", "default": 4 }, "root": { "type": "string" } });
    let config = "[items.\"a.b\"]\ncheck = \"own/cpu\"\n";
    let plain = vec![check("cpu", object(&["size"], size()), &[])];
    assert_eq!(only_job(plain, config).parameters, json!({ "size": 4 }));
    let together = json!({ "type": "object", "properties": size(), "anyOf": [{ "required": ["root"] }, { "minProperties": 2 }] });
    let task = only_task(vec![check("cpu", together, &[])], config);
    assert!(matches!(&task, Task::Open { reason, .. } if reason.contains("'root' is not given")), "{task:?}");
}
