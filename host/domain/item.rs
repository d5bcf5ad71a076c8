//! What items of profiles, configurations and plans share.

use serde::{Deserialize, Serialize};

/// How an item is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// By a plugin, from facts it measures.
    Auto,
    /// By a plugin, from an artifact that people produce.
    Evidence,
    /// By a person.
    Attest,
}

impl How {
    /// All of them with their names in files.
    pub const ALL: [(&'static str, Self); 3] =
        [("auto", Self::Auto), ("evidence", Self::Evidence), ("attest", Self::Attest)];
}

impl TryFrom<String> for How {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|(known, _)| *known == name);
        found
            .map(|(_, how)| how)
            .ok_or_else(|| format!("'{name}' is no way to decide: write auto, evidence or attest"))
    }
}
