//! One check with the parameters of one item: a job, or why there is none yet.

use std::{collections::BTreeMap, rc::Rc};

use jsonschema::Validator;
use serde_json::Value;

use super::{
    Job, Surroundings, Task,
    authority::{Asked, Gap},
    given::Given,
    invalid::Judgement,
    line::Line,
    shape::{Shape, validator},
    template::Template,
};
use crate::{
    catalog::{Catalog, Check, Plugin},
    config::Config,
    domain::{CheckId, Problem, problem::did_you_mean},
};

/// How long a job may take where nobody says so: far more than any check of a healthy machine needs.
pub const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

/// A check made ready once for all the items that it decides.
pub(super) struct Ready<'a> {
    plugin: &'a Plugin,
    check: &'a Check,
    shape: Shape,
    validator: Validator,
    templates: Vec<Template>,
}

/// The checks made ready so far.
pub(super) struct Checks<'a> {
    catalog: &'a Catalog,
    ready: BTreeMap<CheckId, Rc<Ready<'a>>>,
}

impl<'a> Checks<'a> {
    pub fn new(catalog: &'a Catalog) -> Self {
        Self { catalog, ready: BTreeMap::new() }
    }

    /// A check by its id.
    pub fn get(&mut self, id: &CheckId) -> Result<Rc<Ready<'a>>, Problem> {
        if let Some(ready) = self.ready.get(id) {
            return Ok(Rc::clone(ready));
        }
        let (plugin, check) = self.catalog.check(id).ok_or_else(|| unknown(self.catalog, id))?;
        let invalid = |why: String| Problem::new(format!("check '{id}' cannot be used: {why}"));
        let template = |words: &Vec<String>| {
            Template::new(words).map_err(|why| invalid(format!("of its command {words:?}, {why}")))
        };
        let ready = Rc::new(Ready {
            plugin,
            check,
            shape: Shape::new(&check.parameters).map_err(invalid)?,
            validator: validator(&check.parameters).map_err(invalid)?,
            templates: check.commands.iter().map(template).collect::<Result<_, _>>()?,
        });
        self.ready.insert(id.clone(), Rc::clone(&ready));
        Ok(ready)
    }
}

/// The problem that no plugin has a check.
pub(super) fn unknown(catalog: &Catalog, id: &CheckId) -> Problem {
    let list = |names: Vec<&str>| match names.is_empty() {
        true => "there is none".to_owned(),
        false => format!("there are {}", names.join(", ")),
    };
    match catalog.plugins.get(id.plugin()) {
        None => {
            let names = catalog.plugins.keys().map(String::as_str).collect::<Vec<_>>();
            let meant = did_you_mean(id.plugin(), names.iter().copied());
            Problem::new(format!("check '{id}': no plugin is called '{}'", id.plugin()))
                .hint(meant.or_else(|| Some(list(names))))
        }
        Some(plugin) => {
            let names = plugin.description.checks.iter().map(|check| check.name.as_str()).collect::<Vec<_>>();
            let meant = did_you_mean(id.name(), names.iter().copied());
            Problem::new(format!("check '{id}': plugin '{}' has no check '{}'", plugin.name, id.name()))
                .hint(meant.or_else(|| Some(list(names))))
        }
    }
}

impl Ready<'_> {
    /// What is to be done about an item that this check decides.
    pub fn task(
        &self,
        line: &Line<'_>,
        id: &CheckId,
        surroundings: &Surroundings,
        config: &Config,
    ) -> Result<Task, Vec<Problem>> {
        let given = Given::new(&line.profile_with, line.config_with, &line.mark);
        let mut parameters = given.values();
        self.shape.fill(&mut parameters);
        let judgement = Judgement::new(&self.validator, &self.shape, &parameters, &given);
        if !judgement.problems.is_empty() {
            return Err(judgement.problems);
        }
        if !judgement.missing.is_empty() {
            let gaps = judgement.missing.into_iter().map(|name| self.missing(name)).collect::<Vec<_>>();
            return Ok(open(line, id, &gaps));
        }
        let asked =
            Asked { surroundings, given: &given, plugin: &self.plugin.name, trust: self.plugin.trust };
        let granted = asked.grant(&self.shape, &self.templates, &mut parameters);
        if !granted.problems.is_empty() {
            return Err(granted.problems);
        }
        if !granted.gaps.is_empty() {
            return Ok(open(line, id, &granted.gaps));
        }
        let configured = config.timeout.as_ref().map(|timeout| timeout.value);
        Ok(Task::Job(Job {
            check: id.clone(),
            parameters,
            authorities: granted.authorities,
            timeout: line.timeout.or(self.check.timeout).or(configured).unwrap_or(TIMEOUT),
            exclusive: self.check.exclusive,
        }))
    }

    fn missing(&self, name: String) -> Gap {
        let shape = self.shape.properties.get(&name);
        let about = shape.and_then(|shape| shape.description.as_deref());
        let reason = match about {
            Some(about) => format!("the parameter '{name}' is not given ({about})"),
            None => format!("the parameter '{name}' is not given"),
        };
        let placeholder = shape.map_or_else(|| Value::from("…"), |shape| shape.placeholder.clone());
        Gap { reason, parameter: Some((name, placeholder)) }
    }
}

fn open(line: &Line<'_>, id: &CheckId, gaps: &[Gap]) -> Task {
    let reason = gaps.iter().map(|gap| gap.reason.as_str()).collect::<Vec<_>>().join("; ");
    let settings = gaps.iter().filter_map(|gap| gap.parameter.as_ref()).map(|(path, value)| {
        // In a list one cannot write beside what is there: say where it belongs.
        match path.rfind(']').map(|end| path.split_at(end + 1)) {
            Some((list, inner)) => {
                format!("# in {list}: {}{}\n", inner.trim_start_matches('.'), assignment(inner, value))
            }
            None => format!("{path}{}\n", assignment(path, value)),
        }
    });
    let settings = settings.collect::<String>();
    let lines = match settings.is_empty() {
        true => String::new(),
        false => format!("[items.\"{}\".with]\n{settings}", line.id),
    };
    Task::Open { check: Some(id.clone()), reason, lines }
}

/// What follows a key. An element of a list of its own stands alone.
fn assignment(key: &str, value: &Value) -> String {
    let value = toml::Value::try_from(value).map_or_else(|_| "\"…\"".to_owned(), |value| value.to_string());
    if key.is_empty() { value } else { format!(" = {value}") }
}
