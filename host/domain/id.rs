//! Names of items and checks.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is wrong with a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{name}' is no {kind}: {expected}")]
pub struct InvalidId {
    name: String,
    kind: &'static str,
    expected: &'static str,
}

/// One line of a checklist: `system.hardware.cpu`. Two or more parts of lower-case letters, digits, hyphens and underscores.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct ItemId(String);

impl ItemId {
    /// The id as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first part: `system`.
    pub fn phase(&self) -> &str {
        self.0.split('.').next().unwrap_or_default()
    }

    /// The second part, or nothing where the id has but two: `hardware`.
    pub fn section(&self) -> &str {
        let mut parts = self.0.split('.').skip(1);
        match (parts.next(), parts.next()) {
            (Some(section), Some(_)) => section,
            _ => "",
        }
    }
}

impl TryFrom<String> for ItemId {
    type Error = InvalidId;

    fn try_from(name: String) -> Result<Self, InvalidId> {
        let parts = name.split('.').collect::<Vec<_>>();
        if parts.len() >= 2 && name.len() <= 200 && parts.iter().all(|part| is_word(part, true)) {
            return Ok(Self(name));
        }
        let expected = "write two or more parts joined by dots, each of a-z, 0-9, '-' and '_'";
        Err(InvalidId { name, kind: "item id", expected })
    }
}

impl From<ItemId> for String {
    fn from(id: ItemId) -> Self {
        id.0
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A check in a plugin: `system/cpu`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct CheckId {
    plugin: String,
    name: String,
}

impl CheckId {
    /// The plugin's name: `system`.
    pub fn plugin(&self) -> &str {
        &self.plugin
    }

    /// The check's name in its plugin: `cpu`.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl TryFrom<String> for CheckId {
    type Error = InvalidId;

    fn try_from(id: String) -> Result<Self, InvalidId> {
        match id.split_once('/') {
            Some((plugin, name)) if is_word(plugin, false) && is_word(name, false) && id.len() <= 200 => {
                Ok(Self { plugin: plugin.to_owned(), name: name.to_owned() })
            }
            _ => Err(InvalidId {
                name: id,
                kind: "check id",
                expected: "write 'plugin/check', each of a-z, 0-9 and '-'",
            }),
        }
    }
}

impl From<CheckId> for String {
    fn from(id: CheckId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.plugin, self.name))
    }
}

/// Whether this can be the name of a plugin or of a check in it: two of them fit into a check id.
pub fn is_name(word: &str) -> bool {
    is_word(word, false) && word.len() <= 80
}

fn is_word(word: &str, underscore: bool) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && word
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || (underscore && b == b'_'))
}
