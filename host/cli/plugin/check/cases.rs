//! Whether a check has a case for each sort of verdict. Whether they pass is for `gonogo plugin test` to say.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

use super::Row;
use crate::catalog::Check;

/// Sorts of verdicts, and the verdicts of each.
const SORTS: &[(&str, &[&str])] = &[
    ("that it holds", &["go", "not-applicable"]),
    ("that it does not", &["no-go", "warn"]),
    ("that it cannot be told", &["unknown"]),
];

/// What is missing among the cases of a check.
pub fn of_check(check: &Check, folder: &Path) -> Vec<Row> {
    let entries = fs::read_dir(folder.join(&check.name)).into_iter().flatten();
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let files = files.filter(|path| path.extension().is_some_and(|end| end == "json")).collect::<Vec<_>>();
    if files.is_empty() {
        let message = format!("has no case in {}", folder.join(&check.name).display());
        let hint = format!("make one: gonogo plugin test --record {}/go --with 'name = value'", check.name);
        return vec![Row::warn(&check.name, message).hint(hint)];
    }
    let verdict = |path: &std::path::PathBuf| {
        let case = serde_json::from_slice::<Value>(&fs::read(path).ok()?).ok()?;
        case.pointer("/expect/verdict")?.as_str().map(str::to_owned)
    };
    let seen = files.iter().filter_map(verdict).collect::<BTreeSet<_>>();
    let missing =
        SORTS.iter().filter(|(_, verdicts)| !verdicts.iter().any(|verdict| seen.contains(*verdict)));
    let missing = missing.map(|(sort, _)| *sort).collect::<Vec<_>>();
    if missing.is_empty() {
        return Vec::new();
    }
    let message = format!("no case shows {}", missing.join(", nor "));
    vec![Row::warn(&check.name, message).hint("a check that can never say so does not check")]
}
