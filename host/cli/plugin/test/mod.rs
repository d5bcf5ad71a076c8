//! `gonogo plugin test`: runs the cases of a plugin through the real runtime, with the host's answers from the case.

mod difference;
mod record;
mod report;
mod watch;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::{
    capabilities::{
        host::Surroundings,
        session::{Call, Mode, Trace},
    },
    catalog::{Check, Plugin},
    domain::{Authority, CheckId, Grant, Origin, Outcome, Verdict, limits::DEFAULT_TIMEOUT},
    plan::{Job, Schema},
    runtime::Runtime,
};
pub use record::{Recording, record};
pub use report::{as_junit, as_text};
pub use watch::{Error as Unwatched, Watched, watch};

/// One case, as `cases/<check>/<name>.json` has it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What the case shows.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The parameters, defaults left out.
    #[serde(default)]
    pub parameters: Json,
    /// The host's answers.
    #[serde(default)]
    pub calls: Vec<Call>,
    /// `verdict`, `reason`, `summary`, `findings`, `facts`: what is here must be so.
    #[serde(default)]
    pub expect: Map<String, Json>,
}

/// How one case went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// As expected.
    Passed,
    /// What was expected was written down anew.
    Blessed,
    /// Not so, and why.
    Failed(Vec<Fault>),
}

/// Why a case failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It could not be run, or there is more to say.
    Said(String),
    /// One of the things that it expects is otherwise.
    Differs {
        /// Which: `summary`.
        key: String,
        /// What the case expects.
        expected: Json,
        /// What the check gave. Null where it gave none.
        seen: Json,
    },
}

/// One case that ran.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The check.
    pub check: String,
    /// The file, below the folder of the cases.
    pub name: String,
    /// The verdict that it gave.
    pub verdict: Option<Verdict>,
    /// How it went.
    pub ended: Ended,
    /// How long it took.
    pub took: Duration,
}

/// Why the cases cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No folder.
    #[error("cannot read the cases in {0}")]
    Unreadable(PathBuf, #[source] std::io::Error),
}

/// Which cases to run, and how.
#[derive(Clone, Debug)]
pub struct Cases {
    /// `cases/<check>/<name>.json` lie below.
    pub folder: PathBuf,
    /// Only those whose path below the folder contains this.
    pub filter: Option<String>,
    /// Whether to write down what they give.
    pub bless: bool,
}

/// Runs cases.
///
/// # Errors
/// Where the folder cannot be read. What is wrong with a case is in its result.
pub fn test(
    plugin: &Plugin,
    cases: &Cases,
    runtime: &Runtime,
    surroundings: &Surroundings,
) -> Result<Vec<Tried>, Error> {
    let chosen = |name: &str| cases.filter.as_ref().is_none_or(|filter| name.contains(filter));
    let bench = Bench::new(plugin, runtime, surroundings);
    let mut tried = Vec::new();
    for (check, file) in files(&cases.folder)? {
        let name = file.strip_prefix(&cases.folder).unwrap_or(&file).display().to_string();
        if !chosen(&name) {
            continue;
        }
        let began = Instant::now();
        let (verdict, ended) = match bench.case(&check, &file, cases.bless) {
            Ok((verdict, ended)) => (Some(verdict), ended),
            Err(why) => (None, Ended::Failed(vec![Fault::Said(why)])),
        };
        tried.push(Tried { check, name, verdict, ended, took: began.elapsed() });
    }
    if cases.filter.is_none() {
        let with_case = tried.iter().map(|tried| tried.check.clone()).collect::<BTreeSet<_>>();
        let without = plugin.description.checks.iter().filter(|check| !with_case.contains(&check.name));
        let why = "the check has no case";
        tried.extend(without.map(|check| Tried {
            check: check.name.clone(),
            name: check.name.clone(),
            verdict: None,
            ended: Ended::Failed(vec![Fault::Said(why.to_owned())]),
            took: Duration::ZERO,
        }));
    }
    Ok(tried)
}

/// Whether there were cases and none failed.
pub fn passed(tried: &[Tried]) -> bool {
    !tried.is_empty() && tried.iter().all(|tried| !matches!(tried.ended, Ended::Failed(_)))
}

/// What cases are run on: the plugin, and the schemas of its checks made ready once for all their cases.
struct Bench<'a> {
    plugin: &'a Plugin,
    runtime: &'a Runtime,
    surroundings: &'a Surroundings,
    schemas: BTreeMap<&'a str, Result<Schema, String>>,
}

impl<'a> Bench<'a> {
    fn new(plugin: &'a Plugin, runtime: &'a Runtime, surroundings: &'a Surroundings) -> Self {
        let checks = plugin.description.checks.iter();
        let schemas = checks.map(|check| (check.name.as_str(), Schema::new(&check.parameters))).collect();
        Self { plugin, runtime, surroundings, schemas }
    }

    fn case(&self, check: &str, file: &Path, bless: bool) -> Result<(Verdict, Ended), String> {
        let text = fs::read_to_string(file).map_err(|error| format!("cannot read it: {error}"))?;
        let mut case: Case =
            serde_json::from_str(&text).map_err(|error| format!("it is no case: {error}"))?;
        let outcome = self.run(check, &case)?;
        let verdict = Verdict::from(&outcome);
        let seen = seen(&outcome);
        if bless {
            case.expect = seen;
            write(file, &case)?;
            return Ok((verdict, Ended::Blessed));
        }
        if case.expect.is_empty() {
            let why = "it expects nothing; `--bless` writes down what it gives".to_owned();
            return Ok((verdict, Ended::Failed(vec![Fault::Said(why)])));
        }
        let mut faults = faults(&case.expect, &seen);
        if !faults.is_empty() {
            let misfit =
                self.schema(check).ok().and_then(|schema| schema.misfit(&schema.filled(case.parameters)));
            faults.extend(misfit.map(Fault::Said));
        }
        Ok((verdict, if faults.is_empty() { Ended::Passed } else { Ended::Failed(faults) }))
    }

    fn schema(&self, check: &str) -> Result<&Schema, String> {
        let schema = self.schemas.get(check).ok_or_else(|| format!("'{check}' has no schema"))?;
        schema.as_ref().map_err(Clone::clone)
    }

    /// Runs a check with the answers of a case.
    fn run(&self, check: &str, case: &Case) -> Result<Outcome, String> {
        let described = self.plugin.description.checks.iter().find(|described| described.name == check);
        let described = described.ok_or_else(|| format!("the plugin has no check '{check}'"))?;
        let parameters = self.schema(check)?.filled(case.parameters.clone());
        let id =
            CheckId::try_from(format!("{}/{check}", self.plugin.name)).map_err(|error| error.to_string())?;
        let job = job(id, described, parameters, &case.calls);
        let loaded = self.runtime.load(&self.plugin.sha256, &self.plugin.bytes, || {});
        let loaded = loaded.map_err(|error| error.to_string())?;
        let mode = Mode::Replay(case.calls.clone());
        Ok(loaded.run(check, &job, self.surroundings, mode, &Trace::default()))
    }
}

/// What of the expected is otherwise.
fn faults(expected: &Map<String, Json>, seen: &Map<String, Json>) -> Vec<Fault> {
    let differing = expected.iter().filter(|(key, value)| seen.get(*key) != Some(value));
    let fault = |(key, value): (&String, &Json)| Fault::Differs {
        key: key.clone(),
        expected: value.clone(),
        seen: seen.get(key).cloned().unwrap_or_default(),
    };
    let mut faults = differing.map(fault).collect::<Vec<_>>();
    // Why it is unknown, where something else was expected.
    if let (false, None, Some(reason)) = (faults.is_empty(), expected.get("reason"), seen.get("reason")) {
        faults.push(Fault::Said(format!("the reason: {}", reason.as_str().unwrap_or_default())));
    }
    faults
}

/// Writes a case as people read it.
fn write(file: &Path, case: &Case) -> Result<(), String> {
    let text = serde_json::to_string_pretty(case).map_err(|error| error.to_string())? + "\n";
    fs::write(file, text).map_err(|error| format!("cannot write {}: {error}", file.display()))
}

/// A job that gets its answers from a case: it needs no grant. Only the values that the case reveals are granted, as by the check's
/// own default, because what stands in a case is no secret and may be said.
fn job(check: CheckId, described: &Check, parameters: Json, calls: &[Call]) -> Job {
    let revealed = calls.iter().filter(|call| call.call == "environment.reveal");
    let authorities = revealed.filter_map(|call| {
        let name = call.ask.get("name")?.as_str()?.to_owned();
        let parameter = name.clone();
        Some(Authority { grant: Grant::Variable { name, reveal: true }, parameter, origin: Origin::Default })
    });
    let timeout = described.timeout.unwrap_or(DEFAULT_TIMEOUT);
    Job { check, parameters, authorities: authorities.collect(), timeout, exclusive: false }
}

/// What a case can expect.
fn seen(outcome: &Outcome) -> Map<String, Json> {
    let mut seen = Map::new();
    seen.insert("verdict".to_owned(), Verdict::from(outcome).name().into());
    let (reason, report) = match outcome {
        Outcome::Judged(report) => (None, Some(report)),
        Outcome::NotApplicable(reason) => (Some(reason), None),
        Outcome::Unknown { reason, report } => {
            (Some(reason), Some(report).filter(|report| !report.facts.is_empty()))
        }
    };
    if let Some(reason) = reason {
        seen.insert("reason".to_owned(), reason.as_str().into());
    }
    if let Some(Ok(Json::Object(report))) = report.map(serde_json::to_value) {
        seen.extend(report);
    }
    seen
}

/// `cases/<check>/<name>.json`, sorted.
fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>, Error> {
    let entries = |folder: &Path| {
        let unreadable = |error| Error::Unreadable(folder.to_owned(), error);
        let entries = fs::read_dir(folder).map_err(unreadable)?;
        let mut paths =
            entries.map(|entry| Ok(entry.map_err(unreadable)?.path())).collect::<Result<Vec<_>, _>>()?;
        paths.sort();
        Ok(paths)
    };
    let mut found = Vec::new();
    for check in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        let name = check.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let cases =
            entries(&check)?.into_iter().filter(|path| path.extension().is_some_and(|end| end == "json"));
        found.extend(cases.map(|path| (name.clone(), path)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_case_in_the_readme_is_one() {
        let readme = include_str!("../../../../sdk/README.md");
        let text = readme.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let case = serde_json::from_str::<Case>(text).unwrap();
        assert_eq!((case.calls.len(), case.expect["verdict"].as_str()), (2, Some("no-go")));
    }
}
