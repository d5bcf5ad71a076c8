use std::{fs, time::Duration};

use serde_json::json;

use super::*;
use crate::catalog::{Check, Description, Source};

fn check() -> Check {
    Check {
        name: "scratch".to_owned(),
        summary: "Scratch has room".to_owned(),
        documentation: "Free space is what users may use.".to_owned(),
        parameters: json!({
            "type": "object",
            "properties": { "directory": { "type": "string", "x-gonogo-grant": "write", "description": "The directory." } },
            "required": ["directory"],
            "additionalProperties": false,
        })
        .into(),
        commands: Vec::new(),
        timeout: Some(Duration::from_secs(1)),
        exclusive: false,
    }
}

/// Changes the parameters of the check.
fn parameters(change: impl FnOnce(&mut serde_json::Value)) -> impl FnOnce(&mut Description) {
    move |it| {
        let mut schema = serde_json::Value::clone(&it.checks[0].parameters);
        change(&mut schema);
        it.checks[0].parameters = schema.into();
    }
}

fn reviewed(change: impl FnOnce(&mut Description), cases: Option<&Path>) -> Review {
    let bytes = wat::parse_str("(component)").unwrap();
    let imports = ["types", "files"].map(|name| format!("gonogo:plugin/{name}@0.1.0")).to_vec();
    let mut description = Description {
        version: "1.2.0".to_owned(),
        summary: "Site checks".to_owned(),
        imports,
        checks: vec![check()],
    };
    change(&mut description);
    let found = Found::new("acme".to_owned(), Source::File("acme.wasm".into()), bytes.into());
    Review::of(&found.described(description), cases)
}

/// What is said beyond ok.
fn complaints(review: &Review) -> Vec<String> {
    let rows = review.rows.iter().filter(|row| row.mark != Mark::Ok);
    rows.map(|row| format!("{}: {}", row.about, row.message)).collect()
}

#[track_caller]
fn complains(change: impl FnOnce(&mut Description), mark: Mark, words: &str) {
    let review = reviewed(change, None);
    let said = complaints(&review);
    assert!(said.len() == 1 && said[0].contains(words), "{words}: {said:?}");
    assert_eq!(review.worst, mark);
}

#[test]
fn what_is_as_it_should_be_has_no_complaint() {
    let review = reviewed(|_| {}, None);
    assert_eq!(complaints(&review), Vec::<String>::new());
    assert_eq!(review.worst, Mark::Ok);
    let text = review.as_text(&Style::PLAIN);
    assert!(text.starts_with("acme 1.2.0") && text.ends_with("0 errors, 0 warnings\n"), "{text}");
}

#[test]
fn each_fault_of_a_description_is_named() {
    complains(|it| it.version = "1.2".to_owned(), Mark::Error, "no semantic version");
    complains(|it| it.summary.clear(), Mark::Warn, "plugin: has no summary");
    complains(|it| it.checks[0].summary += ".", Mark::Warn, "full stop");
    complains(|it| it.checks[0].summary = "x".repeat(81), Mark::Warn, "more than 80");
    complains(|it| it.checks[0].documentation.clear(), Mark::Warn, "no documentation");
    complains(
        parameters(|schema| schema["properties"]["directory"]["description"] = json!("")),
        Mark::Warn,
        "does not say what 'directory' means",
    );
    complains(
        parameters(|schema| schema["properties"]["directory"]["default"] = json!(7)),
        Mark::Error,
        "the default at /directory does not fit",
    );
    complains(parameters(|schema| schema["additionalProperties"] = json!(true)), Mark::Warn, "misspelt");
}

#[test]
fn imports_are_held_against_parameters_and_commands() {
    let import = |name: &str| format!("gonogo:plugin/{name}@0.1.0");
    complains(
        |it| it.imports.push(import("process")),
        Mark::Warn,
        "imports process, but no parameter grants",
    );
    complains(|it| it.imports.push(import("dataset")), Mark::Warn, "imports dataset, but");
    complains(|it| it.imports.clear(), Mark::Warn, "grants 'write', but the plugin does not import files");
    let command = vec!["git".to_owned(), "--version".to_owned()];
    complains(|it| it.checks[0].commands.push(command.clone()), Mark::Warn, "runs `git --version`, but");
    let review = reviewed(
        |it| {
            it.checks[0].commands.push(command.clone());
            it.imports.push(import("process"));
        },
        None,
    );
    assert_eq!(complaints(&review), Vec::<String>::new());
    let review = reviewed(|it| it.imports.push("wasi:cli/environment@0.2.3".to_owned()), None);
    assert!(review.worst == Mark::Ok && review.as_text(&Style::PLAIN).contains("WASI"));
}

#[test]
fn a_default_that_carries_authority_is_named_however_deep() {
    let with = |directory| parameters(|schema| schema["properties"]["directory"] = directory);
    complains(
        with(
            json!({ "type": "string", "x-gonogo-grant": "write", "description": "d", "default": "/scratch" }),
        ),
        Mark::Warn,
        "the default of 'directory' carries authority (write /scratch)",
    );
    let deep = json!({
        "type": "array", "description": "d", "default": [{ "at": "/a" }],
        "items": { "type": "object", "properties": { "at": {
            "anyOf": [{ "type": "string", "x-gonogo-grant": "write" }, { "type": "null" }], "description": "d",
        } } },
    });
    complains(with(deep), Mark::Warn, "(write /a)");
    let empty = json!({
        "type": "array", "description": "d", "default": [], "items": { "type": "string", "x-gonogo-grant": "write" },
    });
    assert_eq!(complaints(&reviewed(with(empty), None)), Vec::<String>::new());
}

#[test]
fn sorts_of_verdicts_without_a_case_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let said = |folder: &Path| complaints(&reviewed(|_| {}, Some(folder)));
    assert!(said(folder.path())[0].contains("has no case"));
    fs::create_dir(folder.path().join("scratch")).unwrap();
    let put = |verdict: &str| {
        let case = json!({ "expect": { "verdict": verdict } }).to_string();
        fs::write(folder.path().join("scratch").join(verdict).with_extension("json"), case).unwrap();
    };
    put("go");
    assert_eq!(said(folder.path()), ["scratch: no case shows that it does not, nor that it cannot be told"]);
    put("warn");
    put("unknown");
    assert_eq!(said(folder.path()), Vec::<String>::new());
}

#[test]
fn features_are_found_and_those_that_are_off_are_errors() {
    let component = |body: &str| wat::parse_str(format!("(component (core module {body}))")).unwrap();
    let used = |body: &str| features::used(&component(body)).unwrap();
    assert_eq!(used("(func)"), Vec::<&str>::new());
    assert_eq!(used("(func (result i32 i32) (i32.const 1) (i32.const 2))"), ["multi-value"]);
    assert_eq!(used("(func (drop (i8x16.splat (i32.const 1))))"), ["SIMD"]);
    assert_eq!(used("(memory 1) (memory 1)"), ["several memories"]);
    let threads = features::used(&component("(memory 1 1 shared)"));
    assert_eq!(threads.as_deref(), Ok(["threads"].as_slice()));
    assert_eq!(features::row(&threads).mark, Mark::Error);
    assert_eq!(features::row(&Ok(vec!["SIMD"])).mark, Mark::Ok);
    assert_eq!(features::row(&features::used(b"text")).mark, Mark::Error);
}

#[test]
fn what_is_called_on_is_what_the_sandbox_has() {
    let engine = wasmtime::Engine::new(&runtime::engine::config()).unwrap();
    // For each a module that is nothing without it.
    let modules = [
        ("SIMD", "(func (drop (i8x16.splat (i32.const 1))))"),
        ("bulk memory", "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))"),
        ("multi-value", "(func (result i32 i32) (i32.const 1) (i32.const 2))"),
        ("several memories", "(memory 1) (memory 1)"),
        ("extended constants", "(global i32 (i32.add (i32.const 1) (i32.const 2)))"),
        ("reference types", "(table 1 funcref) (table 1 funcref)"),
        ("external references", "(table 1 externref)"),
        ("sign extension", "(func (drop (i32.extend8_s (i32.const 1))))"),
        ("threads", "(memory 1 1 shared)"),
        ("tail calls", "(func (return_call 0))"),
        ("64-bit memory", "(memory i64 1)"),
        ("garbage collection", "(type (struct))"),
        ("exceptions", "(tag)"),
        ("relaxed SIMD", "(func (param v128) (result v128) local.get 0 local.get 0 i8x16.relaxed_swizzle)"),
    ];
    for (name, body) in modules {
        let (_, _, on) = features::FEATURES.iter().find(|(_, known, _)| *known == name).unwrap();
        let component = wat::parse_str(format!("(component (core module {body}))")).unwrap();
        let taken = wasmtime::component::Component::from_binary(&engine, &component).is_ok();
        assert_eq!(taken, *on, "{name}");
        assert!(features::used(&component).unwrap().contains(&name), "{name}");
    }
}
