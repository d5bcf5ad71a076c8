//! Plans over small catalogs made by hand.

mod abilities;
mod authority;
mod checklist;
mod parameters;

use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::{
    catalog::{Check, Description, Plugin, Source, Trust},
    config, profile,
};

/// A check of that name.
fn check(name: &str, parameters: Value, commands: &[&[&str]]) -> Check {
    Check {
        name: name.to_owned(),
        summary: format!("{name} holds"),
        documentation: String::new(),
        parameters: parameters.into(),
        commands: commands.iter().map(|words| words.iter().map(|&word| word.to_owned()).collect()).collect(),
        timeout: None,
        exclusive: false,
    }
}

/// The schema of an object with these properties and no others.
fn object(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn plugin(name: &str, source: Source, checks: Vec<Check>) -> (String, Plugin) {
    let description =
        Description { version: "0.1.0".to_owned(), summary: String::new(), imports: Vec::new(), checks };
    let own = source == Source::BuiltIn;
    let plugin = Plugin {
        name: name.to_owned(),
        source,
        bytes: Vec::new().into(),
        sha256: String::new(),
        description,
        trust: if own { Trust::BuiltIn } else { Trust::NotAsked },
    };
    (name.to_owned(), plugin)
}

/// A catalog of three plugins of the same checks: `own` is built in, nobody was asked about `acme`, and a person consented to `friend`.
fn catalog(checks: Vec<Check>) -> Catalog {
    let own = plugin("own", Source::BuiltIn, checks.clone());
    let acme = plugin("acme", Source::File("acme.wasm".into()), checks.clone());
    let mut friend = plugin("friend", Source::File("friend.wasm".into()), checks);
    friend.1.trust = Trust::Consented { line: 7 };
    Catalog { plugins: [own, acme, friend].into() }
}

fn read_profile(text: &str) -> Profile {
    profile::parse(Path::new("site.toml"), &format!("name = \"site\"\n{text}"), None).unwrap()
}

fn read_config(text: &str) -> Config {
    config::parse(Path::new("gonogo.toml"), text).unwrap()
}

fn surroundings() -> Surroundings {
    let variables = [("HOME", "/srv/x"), ("EMPTY", ""), ("UP", "../../etc"), ("BRACES", "${HOME}")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Surroundings { project: PathBuf::from("/srv/p"), variables }
}

/// The plan of a configuration over a profile without items.
fn try_plan(checks: Vec<Check>, config: &str) -> Result<Plan, Vec<Problem>> {
    let (config, profile) = (read_config(config), read_profile(""));
    plan(&surroundings(), &config, &profile, &catalog(checks), &Selection::default())
}

/// The one task of such a plan.
fn only_task(checks: Vec<Check>, config: &str) -> Task {
    let plan = try_plan(checks, config).unwrap_or_else(|problems| panic!("{problems:#?}"));
    plan.items.into_iter().next().unwrap().task
}

fn only_job(checks: Vec<Check>, config: &str) -> Job {
    match only_task(checks, config) {
        Task::Job(job) => job,
        other => panic!("{other:?}"),
    }
}

/// Problems as `line:column message | hint`, or without a place.
fn shown(problems: Vec<Problem>) -> Vec<String> {
    let show = |problem: Problem| {
        let place = problem.place.map_or_else(String::new, |place| {
            format!("{}:{}:{} ", place.file.display(), place.line, place.column)
        });
        let hint = problem.hint.map_or_else(String::new, |hint| format!(" | {hint}"));
        format!("{place}{}{hint}", problem.message)
    };
    problems.into_iter().map(show).collect()
}
