//! What will run, with every grant spelled out: the configuration and the profile held against the catalog. Pure.

mod abilities;
mod authority;
mod given;
mod invalid;
mod job;
mod line;
mod place;
mod schema;
mod selection;
mod shape;
mod template;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

use serde::{Deserialize, Serialize};

pub use abilities::{Unclear, abilities};
pub use job::TIMEOUT;
pub use schema::Schema;
pub use selection::Selection;

pub use crate::domain::How;
use crate::{
    catalog::Catalog,
    config::Config,
    domain::{Authority, CheckId, ItemId, Problem},
    profile::{self, Profile},
};
use job::Checks;
use line::Line;
use selection::Chosen;

/// Where a plan is made for.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The project directory, absolute.
    pub project: PathBuf,
    /// What `${NAME}` in paths stands for: the environment.
    pub variables: BTreeMap<String, String>,
}

/// Makes the plan.
///
/// # Errors
/// Everything that is wrong: items, checks and plugins that are not there, parameters that do not fit, needs in circles, a
/// selection of nothing.
pub fn plan(
    surroundings: &Surroundings,
    config: &Config,
    profile: &Profile,
    catalog: &Catalog,
    selection: &Selection,
) -> Result<Plan, Vec<Problem>> {
    let mut problems = Vec::new();
    let lines = line::merge(config, profile, catalog, &mut problems);
    let chosen = selection.choose(&lines, &mut problems);
    let chosen = with_rollups(&lines, chosen, &mut problems);
    let ids = chosen.iter().map(|(line, _)| &line.id).collect::<BTreeSet<_>>();
    let mut checks = Checks::new(catalog);
    let mut items = Vec::with_capacity(chosen.len());
    for (line, of) in &chosen {
        match task(line, of, &mut checks, surroundings, config) {
            Ok(task) => items.push(Item {
                id: line.id.clone(),
                title: line.title.clone(),
                how: line.how,
                required: line.required,
                needs: line
                    .needs
                    .iter()
                    .map(|need| need.value.clone())
                    .filter(|need| ids.contains(need))
                    .collect(),
                owner: line.owner.clone(),
                overridden: line.overridden.clone(),
                task,
            }),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        return Ok(Plan { project: surroundings.project.clone(), profile: profile.name.clone(), items });
    }
    problems.sort_by_key(|problem| {
        problem.place.as_ref().map(|place| (place.file.clone(), place.line, place.column))
    });
    Err(problems)
}

/// The chosen lines, each with the items that it merges. A rollup of nothing says nothing, so it is left out.
fn with_rollups<'l, 'a>(
    lines: &'l [Line<'a>],
    chosen: Vec<Chosen>,
    problems: &mut Vec<Problem>,
) -> Vec<(&'l Line<'a>, Vec<ItemId>)> {
    let mut kept = Vec::new();
    let chosen = lines.iter().zip(chosen).filter(|(_, chosen)| *chosen != Chosen::No).collect::<Vec<_>>();
    for (line, how) in &chosen {
        let merged = |other: &&Line<'_>| {
            other.rollup.is_empty() && line.rollup.iter().any(|pattern| pattern.matches(other.id.as_str()))
        };
        let of = chosen.iter().map(|(other, _)| *other).filter(merged).map(|other| other.id.clone());
        let of = of.collect::<Vec<_>>();
        if line.rollup.is_empty() || !of.is_empty() || line.not_applicable.is_some() {
            kept.push((*line, of));
        } else if *how == Chosen::Named {
            let patterns = line.rollup.iter().map(profile::Pattern::as_str).collect::<Vec<_>>().join(", ");
            let message = format!("'{}' merges {patterns}, and nothing of that is chosen", line.id);
            problems.push(Problem::new(message).hint(Some("choose those items too".to_owned())));
        }
    }
    if problems.is_empty() && kept.is_empty() {
        problems.push(Problem::new("nothing is left to check: only items that merge others are chosen"));
    }
    kept
}

fn task(
    line: &Line<'_>,
    of: &[ItemId],
    checks: &mut Checks<'_>,
    surroundings: &Surroundings,
    config: &Config,
) -> Result<Task, Vec<Problem>> {
    if let Some(reason) = &line.not_applicable {
        return Ok(Task::NotApplicable { reason: reason.clone() });
    }
    if let Some(check) = &line.check {
        let ready = checks.get(check).map_err(|problem| vec![problem.at(Some(line.mark.place()))])?;
        return ready.task(line, check, surroundings, config);
    }
    if !line.rollup.is_empty() {
        return Ok(Task::Rollup { of: of.to_vec() });
    }
    let reason = "nobody has attested it: attestations are not supported yet".to_owned();
    Ok(Task::Open { check: None, reason, lines: String::new() })
}

/// The ordered items, each with what is to be done about it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// The project directory, absolute.
    pub project: PathBuf,
    /// The profile's name.
    pub profile: String,
    /// In the profile's order.
    pub items: Vec<Item>,
}

impl Plan {
    /// How many items have a job.
    pub fn jobs(&self) -> usize {
        self.items.iter().filter(|item| matches!(item.task, Task::Job(_))).count()
    }
}

/// One line of the checklist.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// What must hold, for a person.
    pub title: String,
    /// How it is decided.
    pub how: How,
    /// Whether the decision depends on it.
    pub required: bool,
    /// Items that must hold before this one is asked.
    pub needs: Vec<ItemId>,
    /// Who sees to it.
    pub owner: Option<String>,
    /// Settings of gonogo.toml that differ from the profile's: `with.minimum (line 4)`.
    pub overridden: Vec<String>,
    /// What is to be done.
    pub task: Task,
}

/// What is to be done about an item.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "task")]
pub enum Task {
    /// Run a check.
    Job(Job),
    /// Nothing: declared not applicable.
    NotApplicable {
        /// Why.
        reason: String,
    },
    /// Nothing can run yet.
    Open {
        /// The check that would decide.
        check: Option<CheckId>,
        /// What is missing.
        reason: String,
        /// The lines to write into gonogo.toml.
        lines: String,
    },
    /// Merge other items.
    Rollup {
        /// The items, all of them in the plan.
        of: Vec<ItemId>,
    },
}

/// One run of one check with its parameters, grants and limits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// The check.
    pub check: CheckId,
    /// The parameters, defaults filled in, valid against the check's schema. An object.
    pub parameters: serde_json::Value,
    /// All that the job may touch.
    pub authorities: Vec<Authority>,
    /// How long the whole job may take.
    #[serde(with = "seconds")]
    pub timeout: Duration,
    /// Whether nothing may run beside it.
    pub exclusive: bool,
}

/// Durations as seconds.
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(duration.as_secs_f64())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
