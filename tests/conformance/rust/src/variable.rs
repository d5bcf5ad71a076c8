use gonogo_sdk::{Check, JsonSchema, Report, Stop, environment};
use serde::Deserialize;

/// A variable is set to something of the right form
///
/// The value never reaches the check.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Variable {
    /// The variable.
    name: gonogo_sdk::Variable,
    /// What the whole value must match.
    #[serde(default = "pattern")]
    pattern: String,
}

fn pattern() -> String {
    ".+".to_owned()
}

impl Check for Variable {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let Self { name, pattern } = self;
        let Some(length) = environment::length(name)? else {
            report.no_go(format!("{name} is not set")).hint(format!("export {name}=…"));
            report.summary(format!("{name} is not set"));
            return Ok(());
        };
        report.fact("length", length).unit("B");
        if !environment::matches(name, pattern)? {
            report.no_go(format!("{name} does not match {pattern}"));
        }
        report.summary(format!("{name} is set"));
        Ok(())
    }
}
