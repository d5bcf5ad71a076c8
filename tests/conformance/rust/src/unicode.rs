use gonogo_sdk::{Check, JsonSchema, Report, Stop, log};
use serde::Deserialize;

/// Text keeps its characters: Größe, 世界, 👋🏽
///
/// Characters are Unicode scalar values.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Unicode {
    #[doc = "Any text: ½, ß, e\u{301}."]
    #[serde(default = "text")]
    text: String,
}

fn text() -> String {
    "Grüße, 世界 👋🏽".to_owned()
}

/// How many characters take 1, 2, 3 and 4 bytes.
fn widths(text: &str) -> Vec<f64> {
    let mut widths = vec![0.0; 4];
    for character in text.chars() {
        widths[character.len_utf8() - 1] += 1.0;
    }
    widths
}

impl Check for Unicode {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let text = self.text.as_str();
        report.fact("characters", text.chars().count()).unit("1");
        report.fact("bytes", text.len()).unit("B");
        report.fact("widths", widths(text)).unit("1");
        report.fact("reversed", text.chars().rev().collect::<String>());
        report.note(text).at(text).hint(text);
        log::log(log::Level::Info, text);
        report.summary(text);
        Ok(())
    }
}
