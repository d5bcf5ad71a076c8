//! Plugins found: where they come from, their digests, what they describe.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::domain::CheckId;

/// Where a plugin comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Embedded in the program: its defaults may carry authority.
    BuiltIn,
    /// A file that gonogo.toml names.
    File(PathBuf),
}

/// A plugin's bytes and where they come from.
#[derive(Clone, Debug)]
pub struct Plugin {
    /// `system` in `system/cpu`.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
    /// The component.
    pub bytes: Arc<[u8]>,
    /// SHA-256 of the component, lower-case hex.
    pub sha256: String,
    /// What it says of itself, validated.
    pub description: Description,
}

/// What a plugin says of itself. Every text is bounded and clean; names are unique and well formed; schemas are valid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Semver.
    pub version: String,
    /// One line.
    pub summary: String,
    /// Interfaces that the component imports: `gonogo:plugin/files@0.1.0`.
    pub imports: Vec<String>,
    /// In the plugin's order.
    pub checks: Vec<Check>,
}

/// What a plugin says of one check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// `cpu` in `system/cpu`.
    pub name: String,
    /// What must hold, one line.
    pub summary: String,
    /// Markdown.
    pub documentation: String,
    /// JSON Schema of the parameters.
    pub parameters: serde_json::Value,
    /// Commands with placeholders.
    pub commands: Vec<Vec<String>>,
    /// How long the whole job may take.
    #[serde(default)]
    pub timeout: Option<Duration>,
    /// Whether nothing may run beside it.
    #[serde(default)]
    pub exclusive: bool,
}

/// The plugins at hand, by name.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// By plugin name.
    pub plugins: BTreeMap<String, Plugin>,
}

impl Catalog {
    /// The plugin and the check of that id.
    pub fn check(&self, id: &CheckId) -> Option<(&Plugin, &Check)> {
        let plugin = self.plugins.get(id.plugin())?;
        Some((plugin, plugin.description.checks.iter().find(|check| check.name == id.name())?))
    }

    /// Every check with its id, in order.
    pub fn checks(&self) -> impl Iterator<Item = (CheckId, &Plugin, &Check)> {
        self.plugins.values().flat_map(|plugin| {
            let id = |check: &Check| CheckId::try_from(format!("{}/{}", plugin.name, check.name)).ok();
            plugin.description.checks.iter().filter_map(move |check| Some((id(check)?, plugin, check)))
        })
    }
}
