use gonogo_sdk::{Check, JsonSchema, Readable, Report, Stop, Variable, counted, environment};
use serde::Deserialize;

use crate::placeholder::is_placeholder;

/// Each required variable is set and holds what it should
///
/// A variable that is not set, is empty, or holds a placeholder (`changeme`, `<token>`, `${TOKEN}`, `your-api-key`) is a no-go, and so is one that does not match its pattern. Values are
/// never seen: the host answers length and matches only. With `env-file`, variables that are not set in the process count as they stand in
/// that file, by the rules of dotenv.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Required {
    /// The variables.
    #[schemars(length(min = 1))]
    variables: Vec<Wanted>,
    /// A `.env` file that the run will load.
    env_file: Option<Readable>,
}

/// What must hold of one variable.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
struct Wanted {
    /// The variable.
    name: Variable,
    /// A regular expression (of Rust's `regex` crate) that the whole value must match.
    pattern: Option<String>,
    /// The least length in bytes.
    #[serde(default = "one")]
    minimum_length: u32,
    /// Whether it need not be set; when it is, the rest must hold.
    #[serde(default)]
    optional: bool,
    /// Whether a value that looks like a placeholder is meant.
    #[serde(default)]
    allow_placeholder: bool,
}

fn one() -> u32 {
    1
}

impl Check for Required {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        load(self.env_file.as_deref(), report)?;
        let mut right = 0;
        for wanted in &self.variables {
            let before = report.findings();
            if let Err(error) = wanted.judge(report) {
                report.unknown(format!("{}: {error}", wanted.name));
            }
            right += usize::from(report.findings() == before);
        }
        let of = self.variables.len();
        report.fact("right", right).unit("1").bound(format!("= {of}"));
        let variables = counted(of as u64, "variable");
        report.summary(match right == of {
            true => format!("{variables} as required"),
            false => format!("{variables}, {right} of them as required"),
        });
        Ok(())
    }
}

/// Takes in a `.env` file, where one is named.
pub fn load(env_file: Option<&str>, report: &mut Report) -> Result<(), Stop> {
    if let Some(path) = env_file {
        let names =
            environment::load(path).map_err(|error| Stop::unknown(format!("cannot load {path}: {error}")))?;
        report.fact("env-file-variables", names.len()).unit("1");
    }
    Ok(())
}

impl Wanted {
    fn judge(&self, report: &mut Report) -> Result<(), gonogo_sdk::Error> {
        let name = &*self.name;
        let Some(length) = environment::length(name)? else {
            if !self.optional {
                report.no_go(format!("{name} is not set")).hint(format!("export {name}=…"));
            }
            return Ok(());
        };
        report.fact(format!("{name} length"), length).unit("B").bound(format!(">= {}", self.minimum_length));
        if length == 0 {
            report.no_go(format!("{name} is set to nothing")).hint(format!("export {name}=…"));
        } else if !self.allow_placeholder && is_placeholder(name)? {
            report.no_go(format!("{name} holds a placeholder")).hint(format!(
                "export {name}=… with its real value, or 'allow-placeholder = true' where it is meant"
            ));
        } else if length < self.minimum_length {
            report.no_go(format!("{name} has {length} bytes, at least {} wanted", self.minimum_length));
        } else if let Some(pattern) = &self.pattern
            && !environment::matches(name, pattern)?
        {
            report.no_go(format!("{name} does not match {pattern}"));
        }
        Ok(())
    }
}
