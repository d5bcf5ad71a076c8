//! A check's parameters as its JSON Schema tells them: for a table, and as lines of gonogo.toml.

use serde_json::{Map, Value};

use crate::domain::text;

/// Most bytes of one cell.
const MOST: usize = 600;

/// How deep lists and tables are followed.
const DEEPEST: usize = 4;

/// One parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// As a path of keys: `assertions[].path`.
    pub name: String,
    /// `size`, `list of path`, `"a" or "b"`.
    pub kind: String,
    /// What it is without being written: a value, `required`, or nothing.
    pub default: String,
    /// What writing it grants: `read`, `command`.
    pub grant: Option<String>,
    /// What it means.
    pub description: String,
}

/// Every parameter of an object schema, those of nested tables below their own.
pub fn parameters(schema: &Value) -> Vec<Parameter> {
    let mut out = Vec::new();
    collect(schema, "", 0, &mut out);
    out
}

fn collect(schema: &Value, prefix: &str, depth: usize, out: &mut Vec<Parameter>) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    for (key, property) in properties {
        let name = text::line(&format!("{prefix}{key}"), MOST);
        let inner = present(property);
        out.push(Parameter {
            kind: text::line(&kind(inner), MOST),
            default: default(schema, key, property),
            grant: grant(inner).map(|grant| text::line(grant, MOST)),
            description: description(property).or_else(|| description(inner)).unwrap_or_default(),
            name: name.clone(),
        });
        if depth < DEEPEST {
            collect(inner, &format!("{name}."), depth + 1, out);
            if let Some(items) = inner.get("items") {
                collect(present(items), &format!("{name}[]."), depth + 1, out);
            }
        }
    }
}

/// The schema without its `null`: what the parameter is where it is written.
fn present(schema: &Value) -> &Value {
    let variants = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array);
    let mut written = variants.into_iter().flatten().filter(|variant| variant["type"] != "null");
    match (written.next(), written.next()) {
        (Some(only), None) => only,
        _ => schema,
    }
}

fn description(schema: &Value) -> Option<String> {
    let text = schema.get("description")?.as_str()?;
    Some(text::line(&text.split_whitespace().collect::<Vec<_>>().join(" "), MOST))
}

/// The grant of the value or of each of its elements.
fn grant(schema: &Value) -> Option<&str> {
    schema.get("x-gonogo-grant").or_else(|| schema.get("items")?.get("x-gonogo-grant"))?.as_str()
}

fn kind(schema: &Value) -> String {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.iter().map(Value::to_string).collect::<Vec<_>>().join(" or ");
    }
    if let Some(value) = schema.get("const") {
        return value.to_string();
    }
    if let Some(variants) = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array) {
        let mut kinds = variants.iter().map(kind).filter(|kind| kind != "null").collect::<Vec<_>>();
        kinds.dedup();
        return kinds.join(" or ");
    }
    match schema.get("x-gonogo-grant").and_then(Value::as_str) {
        Some("read" | "write") => return "path".to_owned(),
        Some("program") => return "program".to_owned(),
        Some("variable" | "reveal") => return "variable".to_owned(),
        Some("command") => return "command".to_owned(),
        _ => {}
    }
    // `a size: write …`: the word is the kind.
    if let Some((word, _)) =
        schema.get("x-gonogo-expected").and_then(Value::as_str).and_then(|text| text.split_once(':'))
    {
        return word.trim_start_matches("a ").trim_start_matches("an ").to_owned();
    }
    let named = |kind: &str| match kind {
        "array" => match schema.get("items") {
            Some(items) => format!("list of {}", kind_of_element(items)),
            None => "list".to_owned(),
        },
        "object" => "table".to_owned(),
        "string" => "text".to_owned(),
        other => other.to_owned(),
    };
    match schema.get("type") {
        Some(Value::String(kind)) => named(kind),
        Some(Value::Array(kinds)) => {
            let kinds = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null");
            kinds.map(named).collect::<Vec<_>>().join(" or ")
        }
        _ => "anything".to_owned(),
    }
}

fn kind_of_element(schema: &Value) -> String {
    let kind = kind(schema);
    if kind == "table" { "tables".to_owned() } else { kind }
}

fn default(schema: &Value, name: &str, property: &Value) -> String {
    let required = schema.get("required").and_then(Value::as_array);
    match property.get("default") {
        None if required.is_some_and(|names| names.iter().any(|required| required == name)) => {
            "required".to_owned()
        }
        None | Some(Value::Null) => String::new(),
        Some(value) => toml(value),
    }
}

/// A block of gonogo.toml that sets every parameter: what must be written to an example, the rest, behind `#`, to what it is
/// anyway.
pub fn example(item: &str, schema: &Value) -> String {
    let mut out = format!("[items.\"{item}\".with]\n");
    let empty = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    for (name, property) in properties {
        let default = property.get("default").filter(|default| !default.is_null());
        let must = default.is_none() && self::default(schema, name, property) == "required";
        let comment = if must { "" } else { "# " };
        let value = default.map_or_else(|| sample(present(property), 0), toml);
        out += &format!("{comment}{} = {value}\n", toml_key(&text::line(name, MOST)));
    }
    out
}

fn sample(schema: &Value, depth: usize) -> String {
    if let Some(example) =
        schema.get("examples").and_then(Value::as_array).and_then(|examples| examples.first())
    {
        return toml(example);
    }
    if let Some(value) = schema.get("const").or_else(|| schema.get("enum")?.as_array()?.first()) {
        return toml(value);
    }
    if let Some(variant) =
        schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(|any| any.as_array()?.first())
    {
        return sample(variant, depth + 1);
    }
    match kind(schema).as_str() {
        "path" => "\"data/train\"".to_owned(),
        "program" => "\"git\"".to_owned(),
        "variable" => "\"CUDA_VISIBLE_DEVICES\"".to_owned(),
        "command" => "[\"python\", \"-c\", \"import torch\"]".to_owned(),
        "size" => "\"64 GiB\"".to_owned(),
        "rate" => "\"2 GB/s\"".to_owned(),
        "duration" => "\"30 s\"".to_owned(),
        "integer" | "number" => {
            schema.get("minimum").filter(|least| least.is_number()).map_or_else(|| "1".to_owned(), toml)
        }
        "boolean" => "true".to_owned(),
        "table" if depth < DEEPEST => {
            let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
            let pairs = required.filter_map(|name| {
                let name = name.as_str()?;
                let property = schema.get("properties")?.get(name)?;
                Some(format!(
                    "{} = {}",
                    toml_key(&text::line(name, MOST)),
                    sample(present(property), depth + 1)
                ))
            });
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
        _ => match schema.get("items") {
            Some(items) if depth < DEEPEST => format!("[{}]", sample(present(items), depth + 1)),
            Some(_) => "[]".to_owned(),
            None => "\"…\"".to_owned(),
        },
    }
}

/// A JSON value as TOML writes it on one line.
fn toml(value: &Value) -> String {
    let text = match value {
        Value::Object(map) => {
            let pairs = map.iter().map(|(key, value)| format!("{} = {}", toml_key(key), toml(value)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
        Value::Array(values) => format!("[{}]", values.iter().map(toml).collect::<Vec<_>>().join(", ")),
        // Where nothing acts, TOML's strings and numbers are those of JSON.
        value => value.to_string(),
    };
    text::line(&text, MOST)
}

fn toml_key(key: &str) -> String {
    match !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        true => key.to_owned(),
        false => Value::from(key).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "minimum": { "type": "string", "default": "16 GiB", "x-gonogo-expected": "a size: write a number and a unit", "description": "Least\nmemory." },
                "root": { "type": "string", "x-gonogo-grant": "read" },
                "strict": { "type": ["boolean", "null"] },
                "mode": { "enum": ["fast", "slow"], "default": "fast" },
                "assertions": { "type": "array", "items": {
                    "type": "object",
                    "properties": { "path": { "type": "string", "x-gonogo-grant": "read" }, "owner": { "anyOf": [{ "type": "string" }, { "type": "null" }] } },
                    "required": ["path"],
                } },
            },
            "required": ["root", "assertions"],
        })
    }

    #[test]
    fn every_parameter_is_told_with_kind_default_and_grant() {
        let rows = parameters(&schema());
        let row = |name: &str| rows.iter().find(|row| row.name == name).unwrap().clone();
        assert_eq!((row("minimum").kind.as_str(), row("minimum").default.as_str()), ("size", "\"16 GiB\""));
        assert_eq!(row("minimum").description, "Least memory.");
        assert_eq!((row("root").kind.as_str(), row("root").default.as_str()), ("path", "required"));
        assert_eq!(row("root").grant.as_deref(), Some("read"));
        assert_eq!(row("strict").kind, "boolean");
        assert_eq!(row("mode").kind, "\"fast\" or \"slow\"");
        assert_eq!(row("assertions").kind, "list of tables");
        assert_eq!(
            (row("assertions[].path").default.as_str(), row("assertions[].owner").kind.as_str()),
            ("required", "text")
        );
    }

    #[test]
    fn the_example_is_toml_that_sets_what_must_be_set() {
        let example = example("data.storage.integrity", &schema());
        let parsed: toml::Table = example.parse().unwrap();
        let with = &parsed["items"]["data.storage.integrity"]["with"];
        assert_eq!(with.as_table().unwrap().keys().collect::<Vec<_>>(), ["root", "assertions"]);
        let uncommented = example.replace("# ", "").parse::<toml::Table>().unwrap();
        assert_eq!(
            uncommented["items"]["data.storage.integrity"]["with"]["minimum"].as_str(),
            Some("16 GiB")
        );
    }

    #[test]
    fn a_schema_cannot_forge_lines() {
        let schema = json!({ "properties": { "a\nb\u{1b}": { "type": "x\u{202e}\ny", "default": "q\u{1b}[31m\u{2066}", "description": "d\0\n\ne" } }, "required": [] });
        for parameter in parameters(&schema) {
            for cell in [parameter.name, parameter.kind, parameter.default, parameter.description] {
                assert!(!cell.chars().any(text::acts), "{cell:?}");
            }
        }
        assert_eq!(example("a.b", &schema).lines().count(), 2);
        assert!(!example("a.b", &schema).chars().any(|c| c != '\n' && text::acts(c)));
    }
}
