//! The contract as `wasmtime` sees it, and the conversions between its types and the domain's.

use crate::{catalog::described, domain};

/// Generated from `wit/`.
#[expect(missing_docs, reason = "generated; wit/ has the documentation")]
mod generated {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "plugin",
        imports: { default: trappable },
        require_store_data_send: true,
    });
}

pub use generated::{
    Plugin, PluginPre,
    exports::gonogo::plugin::checks,
    gonogo::plugin::{clock, dataset, environment, files, log, process, system, types},
};

/// The contract's package and version, as component imports and exports name it.
pub const CONTRACT: &str = "gonogo:plugin@0.1.0";

/// Attributes as the contract has them.
pub type Attributes = Vec<(String, types::Value)>;

impl From<domain::Error> for types::Error {
    fn from(error: domain::Error) -> Self {
        match error {
            domain::Error::Denied(text) => Self::Denied(text),
            domain::Error::NotFound(text) => Self::NotFound(text),
            domain::Error::Limit(text) => Self::Limit(text),
            domain::Error::Timeout(text) => Self::Timeout(text),
            domain::Error::Io(text) => Self::Io(text),
            domain::Error::Unsupported(text) => Self::Unsupported(text),
        }
    }
}

impl From<types::Error> for domain::Error {
    fn from(error: types::Error) -> Self {
        match error {
            types::Error::Denied(text) => Self::Denied(text),
            types::Error::NotFound(text) => Self::NotFound(text),
            types::Error::Limit(text) => Self::Limit(text),
            types::Error::Timeout(text) => Self::Timeout(text),
            types::Error::Io(text) => Self::Io(text),
            types::Error::Unsupported(text) => Self::Unsupported(text),
        }
    }
}

impl From<domain::Value> for types::Value {
    fn from(value: domain::Value) -> Self {
        match value {
            domain::Value::Boolean(value) => Self::Boolean(value),
            domain::Value::Integer(value) => Self::Integer(value),
            domain::Value::Number(value) => Self::Number(value),
            domain::Value::Text(value) => Self::Text(value),
            domain::Value::Texts(value) => Self::Texts(value),
            domain::Value::Numbers(value) => Self::Numbers(value),
            domain::Value::Failed { failed } => Self::Failed(failed.into()),
        }
    }
}

impl From<types::Value> for domain::Value {
    fn from(value: types::Value) -> Self {
        match value {
            types::Value::Boolean(value) => Self::Boolean(value),
            types::Value::Integer(value) => Self::Integer(value),
            types::Value::Number(value) => Self::Number(value),
            types::Value::Text(value) => Self::Text(value),
            types::Value::Texts(value) => Self::Texts(value),
            types::Value::Numbers(value) => Self::Numbers(value),
            types::Value::Failed(error) => Self::Failed { failed: error.into() },
        }
    }
}

impl From<Attributes> for domain::Attributes {
    fn from(attributes: Attributes) -> Self {
        Self(attributes.into_iter().map(|(name, value)| (name, value.into())).collect())
    }
}

/// A machine's answer, for the guest.
pub fn attributes(attributes: domain::Attributes) -> Attributes {
    attributes.0.into_iter().map(|(name, value)| (name, value.into())).collect()
}

impl From<checks::Severity> for domain::Severity {
    fn from(severity: checks::Severity) -> Self {
        match severity {
            checks::Severity::Note => Self::Note,
            checks::Severity::Warn => Self::Warn,
            checks::Severity::Unknown => Self::Unknown,
            checks::Severity::NoGo => Self::NoGo,
        }
    }
}

impl From<checks::Finding> for domain::Finding {
    fn from(finding: checks::Finding) -> Self {
        Self {
            severity: finding.severity.into(),
            message: finding.message,
            location: finding.location.map(|at| domain::Location {
                path: at.path,
                line: at.line,
                column: at.column,
            }),
            hint: finding.hint,
        }
    }
}

impl From<checks::Fact> for domain::Fact {
    fn from(fact: checks::Fact) -> Self {
        Self { name: fact.name, value: fact.value.into(), unit: fact.unit, bound: fact.bound }
    }
}

impl From<checks::Report> for domain::Report {
    fn from(report: checks::Report) -> Self {
        Self {
            summary: report.summary,
            facts: report.facts.into_iter().map(Into::into).collect(),
            findings: report.findings.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<checks::Description> for described::Said {
    fn from(said: checks::Description) -> Self {
        Self {
            version: said.version,
            summary: said.summary,
            checks: said.checks.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<checks::Check> for described::SaidCheck {
    fn from(check: checks::Check) -> Self {
        Self {
            name: check.name,
            summary: check.summary,
            documentation: check.documentation,
            parameters: check.parameters,
            commands: check.commands,
            traits: domain::Attributes(
                check.traits.into_iter().map(|(name, value)| (name, value.into())).collect(),
            ),
        }
    }
}
