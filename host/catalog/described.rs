//! From what a plugin says of itself to a description that the rest of the host can rely on.

use super::{Check, Description};
use crate::domain::{
    Attributes, Value, id,
    limits::{CHECKS, DESCRIPTION_BYTES, LINE_BYTES},
    text,
};

/// What a plugin says of itself, as it came.
#[derive(Debug, Default)]
pub struct Said {
    /// Semver.
    pub version: String,
    /// One line.
    pub summary: String,
    /// The checks.
    pub checks: Vec<SaidCheck>,
}

/// What a plugin says of one check, as it came.
#[derive(Debug, Default)]
pub struct SaidCheck {
    /// Its name.
    pub name: String,
    /// One line.
    pub summary: String,
    /// Markdown.
    pub documentation: String,
    /// JSON Schema, as text.
    pub parameters: String,
    /// Commands with placeholders.
    pub commands: Vec<Vec<String>>,
    /// Timeout and exclusiveness.
    pub traits: Attributes,
}

/// What is wrong with a description.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Too long.
    #[error("it says more than {DESCRIPTION_BYTES} bytes")]
    TooLong,
    /// Too many checks.
    #[error("it has {0} checks, more than {CHECKS}")]
    TooMany(usize),
    /// No check.
    #[error("it has no check")]
    Empty,
    /// A name that is none.
    #[error("'{0}' is no name of a check: write a-z, 0-9 and '-', at most 80")]
    Name(String),
    /// A name twice.
    #[error("it has two checks named '{0}'")]
    Twice(String),
    /// Parameters that are no schema.
    #[error("the parameters of '{0}' are no JSON Schema of an object: {1}")]
    Schema(String, String),
    /// A command that cannot be run, or not be shown.
    #[error("a command of '{0}' {1}")]
    Command(String, &'static str),
    /// A timeout that is none.
    #[error("the timeout of '{0}' is not a number of seconds between 0 and 86400")]
    Timeout(String),
}

/// Holds a description to what the contract promises.
///
/// # Errors
/// The first thing that is wrong: a plugin is taken whole or not at all.
pub fn valid(said: Said, imports: Vec<String>) -> Result<Description, Invalid> {
    let bytes = |check: &SaidCheck| {
        let commands = check.commands.iter().flatten().map(String::len).sum::<usize>();
        check.documentation.len() + check.parameters.len() + check.summary.len() + check.name.len() + commands
    };
    if said.checks.iter().map(bytes).sum::<usize>() > DESCRIPTION_BYTES {
        return Err(Invalid::TooLong);
    }
    if said.checks.len() > CHECKS {
        return Err(Invalid::TooMany(said.checks.len()));
    }
    if said.checks.is_empty() {
        return Err(Invalid::Empty);
    }
    let mut checks = Vec::<Check>::new();
    for check in said.checks {
        if !id::is_name(&check.name) {
            return Err(Invalid::Name(text::line(&check.name, 80)));
        }
        if checks.iter().any(|other| other.name == check.name) {
            return Err(Invalid::Twice(check.name));
        }
        checks.push(valid_check(check)?);
    }
    let line = |text: &str| text::line(text, LINE_BYTES);
    Ok(Description { version: line(&said.version), summary: line(&said.summary), imports, checks })
}

fn valid_check(check: SaidCheck) -> Result<Check, Invalid> {
    let not_a_schema = |why: String| Invalid::Schema(check.name.clone(), text::line(&why, LINE_BYTES));
    let parameters: serde_json::Value =
        serde_json::from_str(&check.parameters).map_err(|error| not_a_schema(error.to_string()))?;
    if parameters.get("type").and_then(|kind| kind.as_str()) != Some("object") {
        return Err(not_a_schema("its type is not 'object'".to_owned()));
    }
    jsonschema::meta::validate(&parameters).map_err(|error| not_a_schema(error.to_string()))?;
    if check.commands.iter().any(|command| command.first().is_none_or(String::is_empty)) {
        return Err(Invalid::Command(check.name, "has no program"));
    }
    // People consent to commands by what they see: a character that hides another must not get there.
    if check.commands.iter().flatten().any(|word| *word != text::lines(word, word.len())) {
        return Err(Invalid::Command(check.name, "has a control character"));
    }
    let timeout = match check.traits.get("timeout") {
        None => None,
        Some(value) => {
            let seconds = match value {
                Value::Number(seconds) => *seconds,
                Value::Integer(seconds) => *seconds as f64,
                _ => f64::NAN,
            };
            if !(seconds > 0.0 && seconds <= 86_400.0) {
                return Err(Invalid::Timeout(check.name));
            }
            Some(std::time::Duration::from_secs_f64(seconds))
        }
    };
    Ok(Check {
        summary: text::line(&check.summary, LINE_BYTES),
        documentation: text::lines(&check.documentation, DESCRIPTION_BYTES),
        parameters: parameters.into(),
        commands: check.commands,
        timeout,
        exclusive: check.traits.get("exclusive") == Some(&Value::Boolean(true)),
        name: check.name,
    })
}
