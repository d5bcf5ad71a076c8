//! What a plugin can reach, held against what its parameters and commands can give it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Row;
use crate::catalog::{Check, Description};

/// Most things of a default that are named one by one.
const NAMED: usize = 6;

/// Interfaces whose functions answer only what is granted, and the kinds of grants that give them something to answer.
const NEEDS: &[(&str, &[&str])] = &[
    ("files", &["read", "write", "scratch", "processes"]),
    ("dataset", &["dataset", "read"]),
    ("environment", &["variable", "reveal", "read"]),
    ("process", &["program", "command"]),
];

/// The interfaces of the contract among the imports.
fn interfaces(imports: &[String]) -> BTreeSet<&str> {
    imports.iter().filter_map(|import| interface(import)).collect()
}

/// An interface of the contract without package and version: `files`.
fn interface(import: &str) -> Option<&str> {
    let rest = import.strip_prefix("gonogo:plugin/")?;
    Some(rest.split_once('@').map_or(rest, |(name, _)| name))
}

/// What the imports say.
pub fn imports(description: &Description) -> Vec<Row> {
    let own = interfaces(&description.imports);
    let kinds = description.checks.iter().flat_map(kinds).collect::<BTreeSet<_>>();
    let mut rows = Vec::new();
    let capabilities = own.iter().copied().filter(|name| *name != "types").collect::<Vec<_>>();
    rows.push(match capabilities.is_empty() {
        true => Row::ok("imports", "nothing: it can reach nothing"),
        false => Row::ok("imports", capabilities.join(", ")),
    });
    for (interface, given_by) in NEEDS {
        if own.contains(interface) && !given_by.iter().any(|kind| kinds.contains(*kind)) {
            let given_by = given_by.iter().map(|kind| format!("'{kind}'")).collect::<Vec<_>>().join(", ");
            let command = if *interface == "process" { " and no check has a command" } else { "" };
            let message = format!(
                "imports {interface}, but no parameter grants {given_by}{command}: all that it asks for is denied"
            );
            let hint = format!("do not import {interface}, or give the parameter its kind in the schema");
            rows.push(Row::warn("imports", message).hint(hint));
        }
    }
    let wasi = description.imports.iter().filter(|import| import.starts_with("wasi:")).count();
    if wasi > 0 {
        let message =
            format!("{wasi} interfaces of WASI, which the language's runtime wants and which get nothing");
        rows.push(Row::ok("imports", message));
    }
    rows
}

/// What a check's parameters and commands say.
pub fn of_check(check: &Check, imports: &[String]) -> Vec<Row> {
    let own = interfaces(imports);
    let mut rows = Vec::new();
    for kind in kinds(check) {
        let used_by = NEEDS.iter().filter(|(_, kinds)| kinds.contains(&kind.as_str())).map(|(name, _)| *name);
        let used_by = used_by.collect::<Vec<_>>();
        if !used_by.iter().any(|interface| own.contains(interface)) {
            let what = match (kind.as_str(), check.commands.first()) {
                ("command", Some(command)) => format!("runs `{}`", command.join(" ")),
                _ => format!("has a parameter that grants '{kind}'"),
            };
            let message = format!("{what}, but the plugin does not import {}", used_by.join(" or "));
            let hint = "people would grant what nothing uses: leave it out, or use it";
            rows.push(Row::warn(&check.name, message).hint(hint));
        }
    }
    for (name, property) in
        check.parameters.get("properties").and_then(Value::as_object).into_iter().flatten()
    {
        let Some(default) = property.get("default").filter(|default| !default.is_null()) else { continue };
        let mut carried = Vec::new();
        collect_carried(property, default, &mut carried);
        if !carried.is_empty() {
            let more = carried.len().saturating_sub(NAMED);
            carried.truncate(NAMED);
            if more > 0 {
                carried.push(format!("and {more} more"));
            }
            let message = format!(
                "the default of '{name}' carries authority ({}): it counts only once people consent",
                carried.join(", ")
            );
            rows.push(
                Row::warn(&check.name, message)
                    .hint("let people write it, unless hardly anybody wants another"),
            );
        }
    }
    for command in &check.commands {
        rows.push(Row::ok(&check.name, format!("runs `{}`, once people consent", command.join(" "))));
    }
    rows
}

/// The kinds of grants that a check's parameters carry; `command` also for commands of its own.
fn kinds(check: &Check) -> BTreeSet<String> {
    let mut kinds = BTreeSet::new();
    collect_kinds(&check.parameters, &mut kinds);
    if !check.commands.is_empty() {
        kinds.insert("command".to_owned());
    }
    kinds
}

fn collect_kinds(schema: &Value, kinds: &mut BTreeSet<String>) {
    match schema {
        Value::Object(object) => {
            kinds.extend(object.get("x-gonogo-grant").and_then(Value::as_str).map(str::to_owned));
            // A default or an example is a value, not a schema.
            let inner = object
                .iter()
                .filter(|(key, _)| !["default", "examples", "const", "enum"].contains(&key.as_str()));
            inner.for_each(|(_, inner)| collect_kinds(inner, kinds));
        }
        Value::Array(list) => list.iter().for_each(|inner| collect_kinds(inner, kinds)),
        _ => {}
    }
}

/// What of a value would be granted, as `read data`.
fn collect_carried(schema: &Value, value: &Value, carried: &mut Vec<String>) {
    let Some(object) = schema.as_object() else { return };
    if let Some(kind) = object.get("x-gonogo-grant").and_then(Value::as_str) {
        match value {
            Value::String(text) => carried.push(format!("{kind} {text}")),
            Value::Array(_) | Value::Bool(true) => carried.push(format!("{kind} {value}")),
            _ => {}
        }
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        for inner in object.get(key).and_then(Value::as_array).into_iter().flatten() {
            collect_carried(inner, value, carried);
        }
    }
    if let (Some(items), Value::Array(list)) = (object.get("items"), value) {
        for element in list {
            collect_carried(items, element, carried);
        }
    }
    if let (Some(properties), Value::Object(values)) =
        (object.get("properties").and_then(Value::as_object), value)
    {
        for (name, value) in values {
            if let Some(inner) = properties.get(name) {
                collect_carried(inner, value, carried);
            }
        }
    }
    carried.sort();
    carried.dedup();
}
