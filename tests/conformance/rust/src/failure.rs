use gonogo_sdk::{Check, JsonSchema, Report, Stop};
use serde::Deserialize;

/// This check breaks
///
/// To see what a panic or an exception becomes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Failure {}

impl Check for Failure {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        report.fact("before", true);
        panic!("broken by design");
    }
}
