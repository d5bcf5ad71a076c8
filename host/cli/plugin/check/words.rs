//! How well a plugin describes itself: what people read in `list`, `explain` and the report.

use serde_json::Value;

use super::Row;
use crate::{
    catalog::{Check, Description},
    cli::parameters,
    plan::Schema,
    report::layout::columns,
};

/// Columns of a summary: it stands beside a name on one line of a terminal.
const WIDEST: usize = 80;

/// What is wrong with a line that says what something is.
fn summary(about: &str, summary: &str) -> Option<Row> {
    let found = match summary.trim() {
        "" => "has no summary",
        text if columns(text) > WIDEST => "has a summary of more than 80 columns",
        text if text.ends_with('.') && !text.ends_with('…') => "has a summary with a full stop",
        _ => return None,
    };
    Some(
        Row::warn(about, found)
            .hint("say in one line, without a full stop, what must hold: 'Swap is off, or small'"),
    )
}

/// What the plugin says of itself as a whole.
pub fn of_plugin(description: &Description) -> Vec<Row> {
    let version = match semver::Version::parse(&description.version) {
        Ok(version) => Row::ok("version", version.to_string()),
        Err(error) => {
            let message = format!("'{}' is no semantic version: {error}", description.version);
            Row::error("version", message).hint("write three numbers: 1.0.0")
        }
    };
    std::iter::once(version).chain(summary("plugin", &description.summary)).collect()
}

/// What it says of a check.
pub fn of_check(check: &Check) -> Vec<Row> {
    let mut rows = summary(&check.name, &check.summary).into_iter().collect::<Vec<_>>();
    if check.documentation.trim().is_empty() {
        let hint = "say what is measured, how it is judged, and where the default bounds come from";
        rows.push(Row::warn(&check.name, "has no documentation beyond its summary").hint(hint));
    }
    let undocumented = parameters::parameters(&check.parameters);
    let undocumented = undocumented.iter().filter(|parameter| parameter.description.is_empty());
    let names = undocumented.map(|parameter| format!("'{}'", parameter.name)).collect::<Vec<_>>();
    if !names.is_empty() {
        let message = format!("does not say what {} means", names.join(", "));
        rows.push(Row::warn(&check.name, message).hint("give each parameter a description"));
    }
    if let Some(wrong) = Schema::new(&check.parameters).ok().and_then(|schema| schema.wrong_default()) {
        rows.push(Row::error(&check.name, wrong).hint("whoever gives no parameters runs the check with it"));
    }
    if check.parameters.get("additionalProperties") != Some(&Value::Bool(false)) {
        let message = "takes parameters that it does not know: a misspelt one is not noticed";
        rows.push(Row::warn(&check.name, message).hint("\"additionalProperties\": false"));
    }
    rows
}
