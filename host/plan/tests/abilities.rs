//! What consent covers: never less than what planning grants by it.

use proptest::{collection, option, prelude::*, sample};

use super::*;
use crate::{
    domain::{Grant, Origin},
    lock::{Abilities, Ability, GRANTS},
};

fn able(checks: Vec<Check>) -> Abilities {
    abilities(&catalog(checks).plugins["acme"].description).unwrap()
}

fn shown(checks: Vec<Check>) -> Vec<String> {
    able(checks).iter().map(ToString::to_string).collect()
}

#[test]
fn imports_commands_and_defaults_are_abilities_and_plain_data_is_none() {
    let schema = object(
        &["own"],
        json!({
            "own": { "type": "string", "x-gonogo-grant": "read" },
            "tables": { "type": "array", "items": object(&[], json!({ "scratch": { "type": "string", "x-gonogo-grant": "write", "default": "/var/tmp" } })) },
            "tool": { "type": "string", "x-gonogo-grant": "program", "default": "nvcc" },
            "depth": { "type": "integer", "default": 3 },
            "limit": { "type": "integer", "default": 9 },
            "all": { "type": "boolean", "x-gonogo-grant": "processes", "default": true },
            "line": { "type": "array", "x-gonogo-grant": "command", "default": ["cat", "/etc/passwd"] },
        }),
    );
    let templates: &[&[&str]] = &[&["git", "log", "-{depth}"], &["{tool}", "--version"]];
    let catalog = catalog(vec![check("x", schema, templates)]);
    let mut description = catalog.plugins["acme"].description.clone();
    description.imports = ["gonogo:plugin/log@0.1.0", "wasi:cli/environment@0.2.6", "wasi:io/streams@0.2.6"]
        .map(str::to_owned)
        .into();
    let shown = abilities(&description).unwrap().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        shown,
        [
            "call log@0.1.0: its own messages, bounded",
            "import WASI, which gives it no file, no variable, no argument and no network",
            "run git log '-{depth}'   [x]",
            "run {tool} --version   [x]",
            "search the arguments of processes by default   [x: all]",
            "put into its commands 3 by default   [x: depth]",
            "run cat /etc/passwd by default   [x: line]",
            "probe /var/tmp by default   [x: tables[].scratch]",
            "find nvcc by default   [x: tool]",
        ]
    );
}

#[test]
fn a_default_is_found_in_any_corner_of_a_schema() {
    let secret = json!({ "type": "string", "x-gonogo-grant": "read", "default": "/etc/shadow" });
    let plain = json!({ "type": "string", "default": "/etc/shadow" });
    let grant = json!({ "x-gonogo-grant": "read" });
    let nested = object(&[], json!({ "p": secret }));
    for properties in [
        json!({ "a": { "default": {}, "properties": { "p": secret } } }),
        json!({ "a": { "default": [{}], "items": nested } }),
        json!({ "a": { "default": [{}], "prefixItems": [nested] } }),
        json!({ "a": { "default": ["/etc/shadow"], "items": grant } }),
        json!({ "a": { "default": { "k": "/etc/shadow" }, "additionalProperties": grant } }),
        json!({ "a": { "default": { "k": {} }, "additionalProperties": nested } }),
        json!({ "a": { "x-gonogo-grant": "command", "default": ["cat", "/etc/shadow"] } }),
        json!({ "a": { "$ref": "#/$defs/n", "default": {} } }),
        json!({ "a": { "default": "/etc/shadow", "allOf": [grant] } }),
        json!({ "a": { "default": "/etc/shadow", "oneOf": [grant, { "type": "null" }] } }),
    ] {
        let schema = json!({ "type": "object", "properties": properties, "$defs": { "n": nested } });
        let found = shown(vec![check("x", schema.clone(), &[])]);
        assert!(found.iter().any(|line| line.contains("/etc/shadow")), "{schema}: {found:?}");
    }
    // The default stands in one schema, the grant in another.
    let apart = json!({ "type": "object", "allOf": [{ "properties": { "a": plain } }, { "properties": { "a": grant } }] });
    assert_eq!(shown(vec![check("x", apart, &[])]), ["read /etc/shadow by default   [x: a]"]);
    let beside = json!({ "type": "object", "properties": { "a": plain }, "anyOf": [{ "additionalProperties": grant }] });
    assert_eq!(shown(vec![check("x", beside, &[])]), ["read /etc/shadow by default   [x: a]"]);
}

#[test]
fn what_planning_cannot_use_has_no_abilities() {
    let schema = object(&[], json!({ "a": { "x-gonogo-grant": "everything" } }));
    let refused = |checks| abilities(&catalog(checks).plugins["acme"].description).unwrap_err().to_string();
    assert!(refused(vec![check("x", schema, &[])]).contains("everything"));
    let template: &[&str] = &["{a"];
    assert!(refused(vec![check("x", object(&[], json!({})), &[template])]).contains("without its '}'"));
}

#[test]
fn every_grant_of_a_schema_can_be_locked() {
    for (_, name) in shape::Kind::ALL {
        assert!(GRANTS.contains(name), "{name}");
    }
}

/// Schemas of all the forms that planning looks into, with defaults of all sorts in them.
fn schema() -> impl Strategy<Value = Value> {
    let grant = || {
        option::of(sample::select(
            &["read", "write", "program", "variable", "reveal", "command", "processes"][..],
        ))
    };
    let default = prop_oneof![
        Just(json!("/etc/a")),
        Just(json!("b")),
        Just(json!(true)),
        Just(json!(["c", "/d"])),
        Just(json!({})),
        Just(json!([{}])),
        Just(json!({ "p": "/etc/e", "q": ["f"] })),
    ];
    let leaf = (grant(), option::of(default.clone())).prop_map(|(grant, default)| {
        let mut schema = json!({});
        if let Some(grant) = grant {
            schema["x-gonogo-grant"] = grant.into();
        }
        if let Some(default) = default {
            schema["default"] = default;
        }
        schema
    });
    leaf.prop_recursive(4, 24, 3, move |inner| {
        let keyword = sample::select(
            &["properties", "items", "prefixItems", "additionalProperties", "allOf", "anyOf", "oneOf"][..],
        );
        (collection::vec((keyword, inner.clone(), inner), 1..3), option::of(default.clone())).prop_map(
            |(parts, default)| {
                let mut schema = json!({});
                for (keyword, one, two) in parts {
                    schema[keyword] = match keyword {
                        "properties" => json!({ "p": one, "q": two }),
                        "items" | "additionalProperties" => one,
                        _ => json!([one, two]),
                    };
                }
                if let Some(default) = default {
                    schema["default"] = default;
                }
                schema
            },
        )
    })
}

/// What a grant is on, as abilities say it.
fn value(grant: &Grant) -> Vec<String> {
    match grant {
        Grant::Read { name, .. }
        | Grant::Dataset { name, .. }
        | Grant::Write { name, .. }
        | Grant::Scratch { name, .. }
        | Grant::Program { name }
        | Grant::Variable { name, .. } => vec![name.clone()],
        Grant::Endpoint { server } => vec![server.to_string()],
        Grant::Processes => Vec::new(),
        Grant::Command { arguments } => arguments.iter().map(ToString::to_string).collect(),
    }
}

proptest! {
    #[test]
    fn planning_grants_nothing_by_consent_that_consent_does_not_cover(
        one in schema(), two in schema(), given in sample::select(&["", "a = {}", "a = [{}, {}]", "a = { p = {}, z = [{}] }", "b = [[{}]]"][..])
    ) {
        let schema = json!({ "type": "object", "properties": { "a": one, "b": two } });
        let checks = || vec![check("x", schema.clone(), &[])];
        let config = with("friend/x", given);
        if let Ok(plan) = try_plan(checks(), &config)
            && let Task::Job(job) = &plan.items[0].task
        {
            let able = able(checks());
            for authority in &job.authorities {
                if authority.origin != (Origin::Consent { line: 7 }) {
                    continue;
                }
                let covered = able.iter().any(|ability| {
                    matches!(ability, Ability::Default { value: covered, .. } if *covered == value(&authority.grant))
                });
                prop_assert!(covered, "{:?}\n{:?}\n{schema}", authority, able);
            }
        }
    }
}

fn with(check: &str, parameters: &str) -> String {
    format!("[items.\"a.b\"]\ncheck = \"{check}\"\n[items.\"a.b\".with]\n{parameters}\n")
}
