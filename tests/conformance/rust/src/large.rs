use gonogo_sdk::{Check, JsonSchema, Report, Stop};
use serde::Deserialize;

/// A large text comes back as it went
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Large {
    /// The text.
    #[serde(default)]
    text: String,
}

impl Check for Large {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let (bytes, characters) = (self.text.len(), self.text.chars().count());
        report.fact("bytes", bytes).unit("B");
        report.fact("characters", characters).unit("1");
        report.note(&self.text);
        report.summary(format!("{bytes} B, {characters} characters"));
        Ok(())
    }
}
