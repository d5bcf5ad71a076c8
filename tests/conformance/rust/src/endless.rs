use gonogo_sdk::{Check, JsonSchema, Report, Stop};
use serde::Deserialize;

/// This check never ends
///
/// To see what a deadline becomes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Endless {}

impl Check for Endless {
    const TIMEOUT: Option<f64> = Some(1.0);

    fn run(&self, _: &mut Report) -> Result<(), Stop> {
        loop {
            std::hint::black_box(self);
        }
    }
}
