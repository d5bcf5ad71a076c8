//! What will run, with every grant spelled out: the configuration and the profile held against the catalog. Pure.

use std::{path::PathBuf, time::Duration};

use serde::Serialize;

use crate::domain::{Authority, CheckId, ItemId};

/// The ordered items, each with what is to be done about it.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The project directory, absolute.
    pub project: PathBuf,
    /// The profile's name.
    pub profile: String,
    /// In the profile's order.
    pub items: Vec<Item>,
}

/// How an item is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// By a plugin, from facts it measures.
    Auto,
    /// By a plugin, from an artifact that people produce.
    Evidence,
    /// By a person.
    Attest,
}

/// One line of the checklist.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// What must hold, for a person.
    pub title: String,
    /// How it is decided.
    pub how: How,
    /// Whether the decision depends on it.
    pub required: bool,
    /// Items that must hold before this one is asked.
    pub needs: Vec<ItemId>,
    /// Who sees to it.
    pub owner: Option<String>,
    /// Settings of gonogo.toml that differ from the profile's: `with.minimum (line 4)`.
    pub overridden: Vec<String>,
    /// What is to be done.
    pub task: Task,
}

/// What is to be done about an item.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "task")]
pub enum Task {
    /// Run a check.
    Job(Job),
    /// Nothing: declared not applicable.
    NotApplicable {
        /// Why.
        reason: String,
    },
    /// Nothing can run yet.
    Open {
        /// The check that would decide.
        check: Option<CheckId>,
        /// What is missing.
        reason: String,
        /// The lines to write into gonogo.toml.
        lines: String,
    },
    /// Merge other items.
    Rollup {
        /// The items, all of them in the plan.
        of: Vec<ItemId>,
    },
}

/// One run of one check with its parameters, grants and limits.
#[derive(Clone, Debug, Serialize)]
pub struct Job {
    /// The check.
    pub check: CheckId,
    /// The parameters, defaults filled in, valid against the check's schema. An object.
    pub parameters: serde_json::Value,
    /// All that the job may touch.
    pub authorities: Vec<Authority>,
    /// How long the whole job may take.
    #[serde(serialize_with = "seconds")]
    pub timeout: Duration,
    /// Whether nothing may run beside it.
    pub exclusive: bool,
}

fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}
