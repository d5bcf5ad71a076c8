//! package-lock.json, versions 1 to 3, and the copy of it that npm leaves in node_modules.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{NodeLock, Place};

/// Reads a package-lock.json.
pub fn parse(text: &str) -> Result<NodeLock, String> {
    let json: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
    let objects = |key: &str| json.get(key).and_then(Value::as_object);
    let mut lock = NodeLock::default();
    if let Some(packages) = objects("packages") {
        for (path, package) in packages.iter().filter(|(path, _)| path.starts_with("node_modules/")) {
            lock.places.insert(path.clone(), place(package));
        }
    } else if let Some(dependencies) = objects("dependencies") {
        nested("", dependencies, &mut lock.places);
    } else if json.get("lockfileVersion").is_none() {
        return Err("it has neither 'packages' nor 'dependencies'".to_owned());
    }
    let direct = lock.places.iter().filter_map(|(path, place)| {
        let name = path.strip_prefix("node_modules/").filter(|name| !name.contains("/node_modules/"))?;
        Some((name.to_owned(), place.version.clone()))
    });
    lock.chosen = direct.collect();
    Ok(lock)
}

fn place(package: &Value) -> Place {
    let flag = |key: &str| package.get(key).and_then(Value::as_bool) == Some(true);
    Place {
        version: package.get("version").and_then(Value::as_str).map(str::to_owned),
        development: flag("dev"),
        optional: flag("optional") || flag("devOptional") || flag("peer") && flag("extraneous"),
    }
}

/// Version 1 nests packages instead of naming their places.
fn nested(prefix: &str, dependencies: &serde_json::Map<String, Value>, places: &mut BTreeMap<String, Place>) {
    for (name, package) in dependencies {
        let path = format!("{prefix}node_modules/{name}");
        if let Some(inner) = package.get("dependencies").and_then(Value::as_object) {
            nested(&format!("{path}/"), inner, places);
        }
        places.insert(path, place(package));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_versions_of_the_format() {
        let three = r#"{"lockfileVersion":3,"packages":{"":{"dependencies":{"a":"^1"}},"node_modules/a":{"version":"1.2.0"},"node_modules/a/node_modules/b":{"version":"2.0.0","optional":true},"node_modules/lib":{"link":true}}}"#;
        let lock = parse(three).unwrap();
        assert_eq!(lock.chosen.get("a").cloned().flatten().as_deref(), Some("1.2.0"));
        assert_eq!(lock.chosen.get("lib"), Some(&None));
        assert!(lock.places["node_modules/a/node_modules/b"].optional);
        let one = r#"{"lockfileVersion":1,"dependencies":{"a":{"version":"1.2.0","dependencies":{"b":{"version":"2.0.0","dev":true}}}}}"#;
        let lock = parse(one).unwrap();
        assert_eq!(lock.chosen.len(), 1);
        assert!(lock.places["node_modules/a/node_modules/b"].development);
        assert!(parse("[]").is_err());
    }
}
