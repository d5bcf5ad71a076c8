//! What one job gave.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Error, Value};

/// How bad a finding is, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; the verdict stays go.
    Note,
    /// Needs attention, does not stop the run.
    Warn,
    /// Could not be told.
    Unknown,
    /// Must not start like this.
    NoGo,
}

/// A place in a file, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// The file, as the parameter named it.
    pub path: String,
    /// The line.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u32>,
    /// The column, in characters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<u32>,
}

/// Something to act on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// How bad.
    pub severity: Severity,
    /// What is wrong, with the value found and the value asked for.
    pub message: String,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub location: Option<Location>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
}

/// Something measured, with the bound it was held against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fact {
    /// What was measured.
    pub name: String,
    /// The value.
    pub value: Value,
    /// `B`, `s`, `B/s`, `Hz`, `°C`, `W`, `1`; absent for text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unit: Option<String>,
    /// `>= 4`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bound: Option<String>,
}

/// What a check found out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// One line with the figures that matter.
    pub summary: String,
    /// What was measured.
    pub facts: Vec<Fact>,
    /// What to act on.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The worst severity among the findings.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

/// What one job gave: a report, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The check judged.
    Judged(Report),
    /// The item asks for nothing here.
    NotApplicable(String),
    /// Could not tell, and why: a limit, a denial, a deadline, a trap, with the last host call.
    Unknown {
        /// Why.
        reason: String,
        /// What was found out before, if anything.
        report: Report,
    },
}

impl Outcome {
    /// Could not tell, with nothing found out.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self::Unknown { reason: reason.into(), report: Report::default() }
    }
}

impl From<Error> for Outcome {
    fn from(error: Error) -> Self {
        Self::unknown(error.to_string())
    }
}
