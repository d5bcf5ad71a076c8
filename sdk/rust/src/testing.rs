//! Runs checks natively against recorded or hand-written host answers: the `cases/` of a plugin in plain `cargo test`.
//!
//! A case is a JSON file `cases/<check>/<name>.json`: the parameters, the host's answers in the form that `gonogo check --record` writes,
//! and what is expected. Only the keys that `expect` has are compared; `GONOGO_BLESS=1` writes all of them. `gonogo plugin test` runs the same
//! files through the real runtime.

#![expect(clippy::panic, reason = "a case that cannot be run fails the test that runs it")]

use std::{cell::RefCell, collections::HashSet, fs, path::Path};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value as Json};

use crate::{Error, Plugin, Severity, Stop};

/// One host answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The function: `files.stat`.
    pub call: String,
    /// Its arguments by name; absent where it has none.
    #[serde(default, skip_serializing_if = "Json::is_null")]
    pub ask: Json,
    /// `{"ok": …}` or `{"error": {"not-found": "…"}}`.
    pub answer: Answer,
}

/// What the host said.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The answer.
    Ok(Json),
    /// Why there is none.
    Error(Error),
}

/// One case.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What the case shows.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The parameters, defaults left out.
    #[serde(default)]
    pub parameters: Json,
    /// The host's answers. A call made again gets the next answer to it, the last one for ever.
    #[serde(default)]
    pub calls: Vec<Call>,
    /// `verdict`, `reason`, `summary`, `findings`, `facts`.
    #[serde(default)]
    pub expect: Map<String, Json>,
}

thread_local! {
    static CASE: RefCell<Vec<Call>> = const { RefCell::new(Vec::new()) };
}

/// The answer of the case that this thread runs.
pub(crate) fn answer<T: DeserializeOwned>(call: &str, ask: &Json) -> Result<T, Error> {
    let answer = CASE.with_borrow_mut(|calls| {
        let same = |other: &Call| other.call == call && other.ask == *ask;
        let at = calls.iter().position(same)?;
        let again = calls[at + 1..].iter().any(same);
        Some(if again { calls.remove(at).answer } else { calls[at].answer.clone() })
    });
    match answer {
        Some(Answer::Ok(value)) => Ok(serde_json::from_value(value.clone()).unwrap_or_else(|error| {
            panic!("the case's answer to {call} {ask} is not of its form: {error}: {value}")
        })),
        Some(Answer::Error(error)) => Err(error),
        None => panic!("the case has no answer to {call} {ask}"),
    }
}

/// Runs one check of a plugin on a case and gives `verdict`, `reason`, `summary`, `findings` and `facts`.
pub fn run(plugin: &Plugin, check: &str, case: &Case) -> Map<String, Json> {
    CASE.set(case.calls.clone());
    let parameters = if case.parameters.is_null() { "{}".to_owned() } else { case.parameters.to_string() };
    let mut seen = Map::new();
    match plugin.run(check, &parameters) {
        Ok(report) => {
            let verdict = match report.worst() {
                None | Some(Severity::Note) => "go",
                Some(Severity::Warn) => "warn",
                Some(Severity::Unknown) => "unknown",
                Some(Severity::NoGo) => "no-go",
            };
            seen.insert("verdict".to_owned(), verdict.into());
            if let Ok(Json::Object(report)) = serde_json::to_value(report) {
                seen.extend(report);
            }
        }
        Err(Stop::NotApplicable(why)) => {
            seen.insert("verdict".to_owned(), "not-applicable".into());
            seen.insert("reason".to_owned(), why.into());
        }
        Err(Stop::Unknown(why)) => {
            seen.insert("verdict".to_owned(), "unknown".into());
            seen.insert("reason".to_owned(), why.into());
        }
    }
    seen
}

/// Runs every `cases/<check>/<name>.json` below `folder`, and panics with all differences.
///
/// # Panics
/// When a case differs, a folder names no check, or a check has no case.
pub fn cases(plugin: &Plugin, folder: &Path) {
    let bless = std::env::var_os("GONOGO_BLESS").is_some();
    let mut wrong = Vec::new();
    let mut tried = HashSet::new();
    for (check, file) in files(folder) {
        tried.insert(check.clone());
        if !plugin.checks.iter().any(|entry| entry.name == check) {
            wrong.push(format!("{}: the plugin has no check '{check}'", file.display()));
            continue;
        }
        let text = fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", file.display()));
        let mut case: Case =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let ran = std::panic::catch_unwind(|| run(plugin, &check, &case));
        let Ok(seen) = ran else {
            wrong.push(format!("{}: panicked, see above", file.display()));
            continue;
        };
        if bless {
            case.expect = seen;
            let text = serde_json::to_string_pretty(&case).unwrap_or_default() + "\n";
            fs::write(&file, text).unwrap_or_else(|error| panic!("cannot write {}: {error}", file.display()));
        } else if case.expect.is_empty() {
            wrong.push(format!("{}: expects nothing; run again with GONOGO_BLESS=1", file.display()));
        } else {
            let differing = case.expect.iter().filter(|(key, value)| seen.get(*key) != Some(value));
            wrong.extend(differing.map(|(key, value)| {
                let seen = seen.get(key).unwrap_or(&Json::Null);
                format!("{}: {key}\n  expected {value}\n  but was  {seen}", file.display())
            }));
        }
    }
    let without = plugin.checks.iter().filter(|entry| !tried.contains(entry.name));
    wrong.extend(without.map(|entry| format!("{}: check '{}' has no case", folder.display(), entry.name)));
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn files(folder: &Path) -> Vec<(String, std::path::PathBuf)> {
    let entries = |folder: &Path| {
        let entries =
            fs::read_dir(folder).unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
        let mut paths = entries.filter_map(|entry| Some(entry.ok()?.path())).collect::<Vec<_>>();
        paths.sort();
        paths
    };
    let mut found = Vec::new();
    for check in entries(folder) {
        let name = check.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let cases =
            entries(&check).into_iter().filter(|path| path.extension().is_some_and(|end| end == "json"));
        found.extend(cases.map(|path| (name.clone(), path)));
    }
    found
}
