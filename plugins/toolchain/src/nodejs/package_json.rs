//! package.json, of the project and of what is installed.

use std::collections::BTreeMap;

use serde_json::Value;

/// A package.json. Fields of another form than npm's are as good as absent.
#[derive(Debug, Default)]
pub struct PackageJson {
    text: String,
    json: Value,
}

impl PackageJson {
    /// Reads one.
    pub fn parse(text: String) -> Result<Self, String> {
        match serde_json::from_str::<Value>(&text) {
            Ok(json) if json.is_object() => Ok(Self { text, json }),
            Ok(_) => Err("is no JSON object".to_owned()),
            Err(error) => Err(format!("is not JSON: {error}")),
        }
    }

    /// A text at the top: `name`, `version`, `packageManager`.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.json.get(key)?.as_str()
    }

    /// `dependencies`, `devDependencies`, `optionalDependencies`, `peerDependencies`: name and range.
    pub fn table(&self, key: &str) -> BTreeMap<&str, &str> {
        let entries = self.json.get(key).and_then(Value::as_object).into_iter().flatten();
        entries.filter_map(|(name, range)| Some((name.as_str(), range.as_str()?))).collect()
    }

    /// `engines.node` and the like.
    pub fn engine(&self, name: &str) -> Option<&str> {
        self.json.get("engines")?.get(name)?.as_str()
    }

    /// Whether dependencies are replaced by others.
    pub fn has_overrides(&self) -> bool {
        let pnpm = self.json.get("pnpm").and_then(|pnpm| pnpm.get("overrides"));
        pnpm.or_else(|| self.json.get("overrides")).is_some()
    }

    /// Whether a peer may be absent.
    pub fn is_optional_peer(&self, name: &str) -> bool {
        let meta = self.json.get("peerDependenciesMeta").and_then(|meta| meta.get(name));
        meta.and_then(|meta| meta.get("optional")).and_then(Value::as_bool) == Some(true)
    }

    /// The line, from 1, on which a key stands below another: good enough to look there.
    pub fn line_of(&self, table: &str, key: &str) -> u32 {
        let find = |from: usize, name: &str| {
            let text = self.text.get(from..).unwrap_or_default();
            text.find(&format!("\"{name}\"")).map(|at| at + from)
        };
        let at = find(0, table).map(|at| find(at, key).unwrap_or(at));
        crate::project::line_at(&self.text, at.unwrap_or(0))
    }
}
