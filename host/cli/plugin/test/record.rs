//! `gonogo plugin test --record`: a case from what this machine answers.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value as Json};

use super::{Bench, Case, seen, write};
use crate::{
    capabilities::{
        files::remove_scratches,
        found,
        host::Surroundings,
        process::end_all,
        session::{Mode, Trace},
    },
    catalog::{Catalog, Plugin, Trust},
    config,
    domain::{Origin, Problem, Verdict, id},
    plan::{self, Job, Schema, Selection, Task},
    profile::Profile,
    runtime::Runtime,
};

/// What the item is called for which the check runs.
const ITEM: &str = "record.case";

/// What to record.
pub struct Recording<'a> {
    /// `CHECK/NAME`.
    pub case: &'a str,
    /// Lines of TOML, as they would stand below `[items."…".with]`.
    pub with: &'a [String],
    /// Where `<check>/<name>.json` goes.
    pub folder: &'a Path,
    /// Whether what the plugin asks for by itself is granted too.
    pub consent: bool,
    /// Whether a case that is there may be replaced.
    pub replace: bool,
}

/// A case that was written.
#[derive(Debug)]
pub struct Recorded {
    /// Its file.
    pub file: PathBuf,
    /// The verdict that it gives.
    pub verdict: Verdict,
    /// How many answers of the host it has.
    pub calls: usize,
    /// Whether the check said something else of the machine itself than of the recording.
    pub otherwise: bool,
}

/// Why there is no case.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A name that is none.
    #[error("'{0}' names no case: write CHECK/NAME, each of a-z, 0-9 and '-'")]
    Name(String),
    /// It is there.
    #[error("{0} is there already")]
    Exists(PathBuf),
    /// What is wrong with the parameters.
    #[error("{}", shown(.0))]
    Parameters(Vec<Problem>),
    /// What is missing before the check can run.
    #[error("{reason}")]
    Open {
        /// What is missing.
        reason: String,
        /// Whether consent would give it.
        consent: bool,
    },
    /// It cannot be run, or the case not be written.
    #[error("{0}")]
    Said(String),
}

fn shown(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n")
}

impl Error {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Name(_) => Some("for example --record scratch/full-disk"),
            Self::Exists(_) => Some("choose another name, or replace it with --bless"),
            Self::Open { consent: true, .. } => {
                Some("--consent grants, for this run, what the plugin asks for by itself")
            }
            Self::Open { consent: false, .. } => {
                Some("give parameters as --with 'name = value', once for each")
            }
            Self::Parameters(_) | Self::Said(_) => None,
        }
    }
}

/// Runs a check on this machine with the grants that these parameters give, and writes the case.
///
/// # Errors
/// See [`Error`].
pub fn record(
    plugin: &Plugin,
    recording: &Recording<'_>,
    runtime: &Runtime,
    surroundings: &Surroundings,
) -> Result<Recorded, Error> {
    let (check, name) = recording.case.split_once('/').unwrap_or_default();
    if !(id::is_name(check) && id::is_name(name)) {
        return Err(Error::Name(recording.case.to_owned()));
    }
    let file = recording.folder.join(check).join(name).with_extension("json");
    if file.exists() && !recording.replace {
        return Err(Error::Exists(file));
    }
    let job = job(plugin, check, recording, surroundings)?;
    let described = plugin.description.checks.iter().find(|described| described.name == check);
    let schema = described.map_or(&Json::Null, |described| &described.parameters);
    let defaults = Schema::new(schema).map_err(Error::Said)?.defaults();

    let loaded = runtime.load(&plugin.sha256, &plugin.bytes, || {});
    let loaded = loaded.map_err(|error| Error::Said(error.to_string()))?;
    let trace = Trace::default();
    let outcome = loaded.run(check, &job, surroundings, Mode::Record, &trace);
    end_all();
    remove_scratches();

    let mut case = Case { parameters: own(&job.parameters, &defaults), ..Case::default() };
    // What searches found is blanked here as in every recording; what variables reveal never got into it.
    let said = |error: serde_json::Error| Error::Said(error.to_string());
    let mut calls = serde_json::to_value(trace.take_calls()).map_err(said)?;
    found::blank(&mut calls);
    case.calls = serde_json::from_value(calls).map_err(said)?;
    // What is expected is what the recording gives: it may lack a secret that the machine gave.
    let replayed = Bench::new(plugin, runtime, surroundings).run(check, &case).map_err(Error::Said)?;
    case.expect = seen(&replayed);
    let folder = file.parent().unwrap_or(recording.folder);
    let unwritable = |error| Error::Said(format!("cannot make {}: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(unwritable)?;
    write(&file, &case).map_err(Error::Said)?;
    let otherwise = seen(&outcome) != case.expect;
    Ok(Recorded { file, verdict: Verdict::from(&replayed), calls: case.calls.len(), otherwise })
}

/// The job, planned as for an item of somebody's gonogo.toml with these parameters.
fn job(
    plugin: &Plugin,
    check: &str,
    recording: &Recording<'_>,
    surroundings: &Surroundings,
) -> Result<Job, Error> {
    let text = format!(
        "[items.\"{ITEM}\"]\ntitle = \"A case\"\ncheck = \"{}/{check}\"\n[items.\"{ITEM}\".with]\n{}\n",
        plugin.name,
        recording.with.join("\n")
    );
    let config = config::parse(Path::new("--with"), &text).map_err(Error::Parameters)?;
    let profile = Profile { name: "record".to_owned(), items: Vec::new() };
    let mut plugin = plugin.clone();
    if recording.consent {
        plugin.trust = Trust::BuiltIn;
    }
    let mut catalog = Catalog::default();
    catalog.plugins.insert(plugin.name.clone(), plugin);
    let variables = surroundings.variables.iter();
    let variables = variables
        .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value.to_str()?.to_owned())))
        .collect();
    let place = plan::Surroundings { project: surroundings.project.to_path_buf(), variables };
    let selection = Selection { only: vec![ITEM.to_owned()], skip: Vec::new() };
    let plan = plan::plan(&place, &config, &profile, &catalog, &selection).map_err(Error::Parameters)?;
    match plan.items.into_iter().next().map(|item| item.task) {
        Some(Task::Job(mut job)) => {
            // What a built-in check asks for by default is no secret and is recorded as it is; what this plugin asks for may be one.
            for authority in &mut job.authorities {
                if authority.origin == Origin::Default {
                    authority.origin = Origin::Config { line: 0 };
                }
            }
            Ok(job)
        }
        Some(Task::Open { reason, .. }) => {
            let consent = !recording.consent && reason.contains(" wants ");
            Err(Error::Open { reason, consent })
        }
        Some(Task::NotApplicable { reason }) => Err(Error::Said(reason)),
        Some(Task::Rollup { .. }) | None => Err(Error::Said("there is nothing to run".to_owned())),
    }
}

/// The parameters that are not what they are without being given.
fn own(parameters: &Json, defaults: &Json) -> Json {
    let given = parameters.as_object().into_iter().flatten();
    let own = given.filter(|(name, value)| !value.is_null() && defaults.get(name.as_str()) != Some(*value));
    Json::Object(own.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>())
}
