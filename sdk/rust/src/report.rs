//! Builders for what a check says.

use serde::{Deserialize, Serialize};

use crate::{Value, bindings::exports::gonogo::plugin::checks as wit};

/// How bad a finding is, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The file, as the parameter named it.
    pub path: String,
    /// The line.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u32>,
    /// The column.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<u32>,
}

/// Something to act on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    severity: Severity,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    location: Option<Location>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    hint: Option<String>,
}

impl Finding {
    /// In which file.
    pub fn at(&mut self, path: impl Into<String>) -> &mut Self {
        self.location = Some(Location { path: path.into(), line: None, column: None });
        self
    }

    /// On which line of which file.
    pub fn at_line(&mut self, path: impl Into<String>, line: u32) -> &mut Self {
        self.location = Some(Location { path: path.into(), line: Some(line), column: None });
        self
    }

    /// In which column of the line that [`Finding::at_line`] named.
    pub fn column(&mut self, column: u32) -> &mut Self {
        if let Some(location) = &mut self.location {
            location.column = Some(column);
        }
        self
    }

    /// What to do: best the exact command or line of configuration.
    pub fn hint(&mut self, hint: impl Into<String>) -> &mut Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Something measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    name: String,
    value: Value,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    bound: Option<String>,
}

impl Fact {
    /// `B`, `s`, `B/s`, `Hz`, `°C`, `W`, or `1` for a count or a share.
    pub fn unit(&mut self, unit: &str) -> &mut Self {
        self.unit = Some(unit.to_owned());
        self
    }

    /// What the value is held against, in the fact's unit: `>= 4`.
    pub fn bound(&mut self, bound: impl Into<String>) -> &mut Self {
        self.bound = Some(bound.into());
        self
    }
}

/// What a check found out. The worst finding makes the verdict; none makes it go.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    summary: String,
    facts: Vec<Fact>,
    findings: Vec<Finding>,
}

impl Report {
    /// The result in one line, with the figures that matter. The last call counts.
    pub fn summary(&mut self, summary: impl Into<String>) {
        self.summary = summary.into();
    }

    /// Something measured. Give it its unit and its bound. A `Vec<f64>` is a series, which a report draws.
    pub fn fact(&mut self, name: impl Into<String>, value: impl Into<Value>) -> &mut Fact {
        push(&mut self.facts, Fact { name: name.into(), value: value.into(), unit: None, bound: None })
    }

    /// Worth knowing; the verdict stays go.
    pub fn note(&mut self, message: impl Into<String>) -> &mut Finding {
        self.finding(Severity::Note, message)
    }

    /// Needs attention, does not stop the run.
    pub fn warn(&mut self, message: impl Into<String>) -> &mut Finding {
        self.finding(Severity::Warn, message)
    }

    /// A part of it could not be told.
    pub fn unknown(&mut self, message: impl Into<String>) -> &mut Finding {
        self.finding(Severity::Unknown, message)
    }

    /// Must not start like this.
    pub fn no_go(&mut self, message: impl Into<String>) -> &mut Finding {
        self.finding(Severity::NoGo, message)
    }

    /// A finding whose severity is computed.
    pub fn finding(&mut self, severity: Severity, message: impl Into<String>) -> &mut Finding {
        push(&mut self.findings, Finding { severity, message: message.into(), location: None, hint: None })
    }

    /// The worst severity so far.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// How many findings there are.
    pub fn findings(&self) -> usize {
        self.findings.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.facts.is_empty() && self.findings.is_empty()
    }
}

fn push<T>(list: &mut Vec<T>, item: T) -> &mut T {
    let at = list.len();
    list.push(item);
    &mut list[at]
}

impl From<Report> for wit::Report {
    fn from(report: Report) -> Self {
        Self {
            summary: report.summary,
            facts: report.facts.into_iter().map(Into::into).collect(),
            findings: report.findings.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Fact> for wit::Fact {
    fn from(fact: Fact) -> Self {
        Self { name: fact.name, value: fact.value.into(), unit: fact.unit, bound: fact.bound }
    }
}

impl From<Finding> for wit::Finding {
    fn from(finding: Finding) -> Self {
        Self {
            severity: match finding.severity {
                Severity::Note => wit::Severity::Note,
                Severity::Warn => wit::Severity::Warn,
                Severity::Unknown => wit::Severity::Unknown,
                Severity::NoGo => wit::Severity::NoGo,
            },
            message: finding.message,
            location: finding.location.map(|place| wit::Location {
                path: place.path,
                line: place.line,
                column: place.column,
            }),
            hint: finding.hint,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_one_of_a_line() {
        let mut report = Report::default();
        let location = report.note("x").at_line("a.toml", 3).column(7).location.clone();
        assert_eq!(location, Some(Location { path: "a.toml".to_owned(), line: Some(3), column: Some(7) }));
        assert_eq!(report.note("x").column(7).location, None);
    }
}
