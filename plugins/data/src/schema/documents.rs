//! Files that declare columns: JSON Schema, Frictionless table schemas and data packages, Croissant.

use gonogo_sdk::dataset::Type;
use serde_json::{Map, Value as Json};

use super::field::Field;

/// The columns that a file declares, and whether there may be no others.
pub fn read(text: &str, named: Option<&str>) -> Result<(Vec<Field>, bool), String> {
    let json: Json = serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))?;
    let object = json.as_object().ok_or("it is no object")?;
    if let Some(sets) = list(object, &["recordSet", "cr:recordSet"]) {
        return croissant(sets, named).map(|fields| (fields, false));
    }
    if let Some(resources) = list(object, &["resources"]) {
        let resource = resources
            .iter()
            .find(|resource| named.is_none() || text_of(resource, &["name"]).as_deref() == named);
        let resource =
            resource.ok_or_else(|| format!("no resource is called '{}'", named.unwrap_or_default()))?;
        let schema = resource.get("schema").and_then(Json::as_object).ok_or("the resource has no schema")?;
        return frictionless(schema).map(|fields| (fields, false));
    }
    if object.contains_key("fields") {
        return frictionless(object).map(|fields| (fields, false));
    }
    if object.contains_key("properties") || object.contains_key("$schema") {
        return json_schema(object);
    }
    Err("it has none of 'properties' (JSON Schema), 'fields' (Frictionless), 'resources' (data package), 'recordSet' (Croissant)".to_owned())
}

fn list<'j>(object: &'j Map<String, Json>, keys: &[&str]) -> Option<&'j Vec<Json>> {
    keys.iter().find_map(|key| object.get(*key)?.as_array())
}

fn text_of(json: &Json, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| json.get(*key)?.as_str().map(str::to_owned))
}

/// A value as cells spell it.
fn spelled(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn values(json: Option<&Json>) -> Option<Vec<String>> {
    Some(json?.as_array()?.iter().filter(|value| !value.is_null()).map(spelled).collect())
}

/// The schema of a row.
fn json_schema(object: &Map<String, Json>) -> Result<(Vec<Field>, bool), String> {
    let object = match object.get("items").and_then(Json::as_object) {
        // A schema of a list of rows.
        Some(items) if !object.contains_key("properties") => items,
        _ => object,
    };
    let properties = object.get("properties").and_then(Json::as_object).ok_or("it has no 'properties'")?;
    let required = values(object.get("required")).unwrap_or_default();
    let field = |(name, schema): (&String, &Json)| {
        let kinds = match schema.get("type") {
            Some(Json::Array(kinds)) => kinds.iter().filter_map(Json::as_str).collect(),
            Some(Json::String(kind)) => vec![kind.as_str()],
            _ => Vec::new(),
        };
        let null = kinds.contains(&"null");
        let format = text_of(schema, &["format"]);
        let types = kinds.iter().filter_map(|kind| match (*kind, format.as_deref()) {
            ("string", Some("date")) => Some(Type::Date),
            ("string", Some("date-time")) => Some(Type::Timestamp),
            ("string", Some("time")) => Some(Type::Time),
            ("string", _) => Some(Type::Text),
            ("integer", _) => Some(Type::Integer),
            ("number", _) => Some(Type::Number),
            ("boolean", _) => Some(Type::Boolean),
            ("object" | "array", _) => Some(Type::Json),
            _ => None,
        });
        let must_be = required.contains(name);
        let number = |key| schema.get(key).and_then(Json::as_f64);
        let count = |key| schema.get(key).and_then(Json::as_u64);
        let fixed = schema.get("const").map(|value| vec![spelled(value)]);
        Field {
            name: name.clone(),
            must_be,
            types: types.collect(),
            filled: must_be && !kinds.is_empty() && !null,
            unique: false,
            values: values(schema.get("enum")).or(fixed),
            minimum: number("minimum"),
            maximum: number("maximum"),
            shortest: count("minLength"),
            longest: count("maxLength"),
            pattern: text_of(schema, &["pattern"]),
        }
    };
    let closed = object.get("additionalProperties") == Some(&Json::Bool(false));
    let mut fields = properties.iter().map(field).collect::<Vec<_>>();
    fields.extend(
        required
            .iter()
            .filter(|name| !properties.contains_key(*name))
            .map(|name| Field::of(name, Type::Null)),
    );
    // A JSON object has no order.
    fields.sort_by(|one, other| one.name.cmp(&other.name));
    Ok((fields, closed))
}

fn frictionless(schema: &Map<String, Json>) -> Result<Vec<Field>, String> {
    let fields = schema.get("fields").and_then(Json::as_array).ok_or("'fields' is no list")?;
    let keys = match schema.get("primaryKey") {
        Some(Json::String(key)) => vec![key.clone()],
        // Several columns are a key together, and none of them alone.
        Some(Json::Array(keys)) if keys.len() == 1 => values(schema.get("primaryKey")).unwrap_or_default(),
        _ => Vec::new(),
    };
    let field = |field: &Json| {
        let name = text_of(field, &["name"]).ok_or("a field has no name")?;
        let types = match text_of(field, &["type"]).as_deref() {
            Some("string" | "duration") => vec![Type::Text],
            Some("integer" | "year") => vec![Type::Integer],
            Some("number") => vec![Type::Number],
            Some("boolean") => vec![Type::Boolean],
            Some("date") => vec![Type::Date],
            Some("datetime") => vec![Type::Timestamp],
            Some("time") => vec![Type::Time, Type::Text],
            Some("object" | "array" | "geojson") => vec![Type::Json, Type::Text],
            _ => Vec::new(),
        };
        let none = Json::Null;
        let rules = field.get("constraints").unwrap_or(&none);
        let number = |key| {
            rules.get(key).and_then(|value: &Json| value.as_f64().or_else(|| value.as_str()?.parse().ok()))
        };
        let count = |key| rules.get(key).and_then(Json::as_u64);
        let holds = |key| rules.get(key) == Some(&Json::Bool(true));
        let is_key = keys.contains(&name);
        Ok(Field {
            must_be: true,
            types,
            filled: holds("required") || is_key,
            unique: holds("unique") || is_key,
            values: values(rules.get("enum")),
            minimum: number("minimum"),
            maximum: number("maximum"),
            shortest: count("minLength"),
            longest: count("maxLength"),
            // Frictionless' patterns match a value from end to end.
            pattern: text_of(rules, &["pattern"]).map(|pattern| format!("^(?:{pattern})$")),
            name,
        })
    };
    fields.iter().map(field).collect()
}

fn croissant(sets: &[Json], named: Option<&str>) -> Result<Vec<Field>, String> {
    let is_named = |set: &&Json| {
        let names = ["@id", "name", "cr:name"].map(|key| text_of(set, &[key]));
        named.is_none_or(|named| names.iter().flatten().any(|name| name == named))
    };
    let set = sets
        .iter()
        .find(is_named)
        .ok_or_else(|| format!("no record set is called '{}'", named.unwrap_or_default()))?;
    let fields = set
        .get("field")
        .or_else(|| set.get("cr:field"))
        .and_then(Json::as_array)
        .ok_or("the record set has no fields")?;
    let field = |field: &Json| {
        // What a column is called in the file is said where it is extracted from.
        let extract = field.get("source").and_then(|source| source.get("extract"));
        let column = extract.and_then(|extract| text_of(extract, &["column"]));
        let name = column
            .or_else(|| text_of(field, &["name", "cr:name"]))
            .or_else(|| text_of(field, &["@id"]).map(|id| id.rsplit('/').next().unwrap_or(&id).to_owned()));
        let kinds = match field.get("dataType").or_else(|| field.get("cr:dataType")) {
            Some(Json::Array(kinds)) => kinds.iter().map(spelled).collect(),
            Some(kind) => vec![spelled(kind)],
            None => Vec::new(),
        };
        let repeated = field.get("repeated").or_else(|| field.get("isArray")) == Some(&Json::Bool(true));
        let kind = kinds.iter().find_map(|kind| match kind.rsplit([':', '/']).next()? {
            _ if repeated => Some(Type::Json),
            "Text" | "URL" | "string" => Some(Type::Text),
            "Integer" | "Int8" | "Int16" | "Int32" | "Int64" | "UInt8" | "UInt16" | "UInt32" | "UInt64" => {
                Some(Type::Integer)
            }
            "Number" | "Float" | "Float16" | "Float32" | "Float64" => Some(Type::Number),
            "Boolean" => Some(Type::Boolean),
            "Date" => Some(Type::Date),
            "DateTime" => Some(Type::Timestamp),
            "Time" => Some(Type::Time),
            _ => None,
        });
        let name = name.ok_or("a field has no name")?;
        Ok(Field { types: kind.into_iter().collect(), ..Field::of(&name, Type::Null) })
    };
    fields.iter().map(field).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn schemas_of_rows() {
        let text = r#"{"type": "object", "properties": {"a": {"type": "integer", "minimum": 0}, "b": {"type": ["string", "null"], "enum": ["x", null]},
            "c": {"type": "string", "format": "date"}}, "required": ["a", "b", "d"], "additionalProperties": false}"#;
        let (fields, closed) = read(text, None).unwrap();
        assert!(closed);
        let field = |name: &str| fields.iter().find(|field| field.name == name).unwrap();
        assert_eq!((field("a").minimum, field("a").filled, field("a").must_be), (Some(0.0), true, true));
        assert_eq!((field("b").values.clone(), field("b").filled), (Some(vec!["x".to_owned()]), false));
        assert!(field("d").must_be && field("d").types.is_empty());
        assert_eq!((field("c").types.clone(), field("c").must_be), (vec![Type::Date], false));
    }

    #[test]
    fn tables_of_frictionless() {
        let text = r#"{"fields": [{"name": "id", "type": "integer"}, {"name": "t", "type": "string", "constraints": {"required": true, "pattern": "a|b", "maxLength": 3}}], "primaryKey": "id"}"#;
        let (fields, closed) = read(text, None).unwrap();
        assert!(!closed && fields[0].unique && fields[0].filled && !fields[1].unique);
        assert_eq!((fields[1].pattern.as_deref(), fields[1].longest), (Some("^(?:a|b)$"), Some(3)));
        let package = format!(r#"{{"resources": [{{"name": "x"}}, {{"name": "y", "schema": {text}}}]}}"#);
        assert_eq!(read(&package, Some("y")).unwrap().0.len(), 2);
        assert!(read(&package, Some("z")).unwrap_err().contains('z'));
    }

    #[test]
    fn records_of_croissant() {
        let text = r#"{"@type": "sc:Dataset", "recordSet": [{"@id": "rows", "field": [
            {"@id": "rows/a", "dataType": "sc:Integer", "source": {"extract": {"column": "A"}}},
            {"@id": "rows/b", "dataType": ["sc:Text"]}, {"name": "c", "dataType": "cr:Float64"}]}]}"#;
        let (fields, _) = read(text, None).unwrap();
        let seen = fields.iter().map(|field| (field.name.as_str(), field.types[0])).collect::<Vec<_>>();
        assert_eq!(seen, [("A", Type::Integer), ("b", Type::Text), ("c", Type::Number)]);
    }

    #[test]
    fn what_is_no_schema_is_said() {
        for (text, why) in
            [("[]", "no object"), ("{", "no JSON"), ("{}", "none of"), (r#"{"fields": [{}]}"#, "no name")]
        {
            assert!(read(text, None).unwrap_err().contains(why), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in r#"\{("(fields|properties|recordSet|resources|type|name|field)": ?(\[|\{|1|"x"|\]|\}|,)*){0,6}\}?"#) {
            _ = read(&text, None);
        }
    }
}
