//! The one place that turns parameters into grants.
//!
//! Schema and parameters are walked together. A value whose schema says what authority it carries becomes a grant when the user
//! or the profile wrote it. What a plugin itself brings (defaults, commands) counts only for built-in plugins, and for those that a person
//! consented to: for all that they can do, as [`abilities`](super::abilities) finds it.

use serde_json::{Map, Value};

use super::{
    Surroundings,
    given::Given,
    place::{NoPath, locate, put_in},
    shape::{Kind, Shape, Step, holding, inside},
    template::{Expanded, Template},
};
use crate::{
    catalog::Trust,
    domain::{
        Authority, Endpoint, Grant, Origin, Problem,
        document::{element_path, key_path},
        grant::{command_words, shell_words},
        remote,
    },
};

/// What the walk gives.
#[derive(Default)]
pub(super) struct Granted {
    /// All that the job may touch, each grant once.
    pub authorities: Vec<Authority>,
    /// Why the item cannot run yet.
    pub gaps: Vec<Gap>,
    /// What is wrong with the parameters.
    pub problems: Vec<Problem>,
}

/// Something that must be said before the item can run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// What is missing.
    pub reason: String,
    /// The path of the parameter to write and its value, where writing one helps.
    pub parameter: Option<(String, Value)>,
}

/// What is known about the job at hand.
pub(super) struct Asked<'a> {
    pub surroundings: &'a Surroundings,
    pub given: &'a Given<'a>,
    pub plugin: &'a str,
    pub trust: Trust,
}

/// A value that falls away because this variable is not set.
struct Unset(String);

impl Asked<'_> {
    /// Puts variables into the paths among the parameters, and says all that the job may touch.
    pub fn grant(&self, shape: &Shape, templates: &[Template], parameters: &mut Value) -> Granted {
        let mut granted = Granted::default();
        match self.walk(parameters.take(), &[shape], "", &mut granted) {
            Ok(value) => *parameters = value,
            Err(Unset(variable)) => granted.gap(format!("${{{variable}}} is not set"), None),
        }
        self.scratches_stand_alone(&mut granted);
        for template in templates {
            match template.expand(parameters) {
                Ok(commands) => commands.into_iter().for_each(|command| self.command(command, &mut granted)),
                Err(why) => {
                    let message = format!("a command of plugin '{}' cannot be made: {why}", self.plugin);
                    granted.problems.push(self.given.problem("", message));
                }
            }
        }
        granted
    }

    /// A scratch directory is filled and removed: it must hold nothing, and lie in nothing, that the job has for another purpose.
    fn scratches_stand_alone(&self, granted: &mut Granted) {
        let mut problems = Vec::new();
        for (at, authority) in granted.authorities.iter().enumerate() {
            let Grant::Scratch { name, path } = &authority.grant else { continue };
            let mut problem =
                |why: String| {
                    problems.push(self.given.problem(
                        &authority.parameter,
                        format!("'{name}' cannot be a scratch directory: {why}"),
                    ));
                };
            if self.surroundings.project.starts_with(path) {
                problem("it is the project directory, or holds it".to_owned());
            }
            for (_, other) in granted.authorities.iter().enumerate().filter(|(place, _)| *place != at) {
                let (Grant::Read { path: used, .. }
                | Grant::Dataset { path: used, .. }
                | Grant::Write { path: used, .. }
                | Grant::Scratch { path: used, .. }) = &other.grant
                else {
                    continue;
                };
                if used.starts_with(path) || path.starts_with(used) {
                    problem(format!("it overlaps {}, which '{}' names", used.display(), other.parameter));
                }
            }
        }
        granted.problems.extend(problems);
    }

    /// Elements fall away only from lists that are defaults as a whole, so what was written keeps its path.
    fn walk(
        &self,
        value: Value,
        shapes: &[&Shape],
        path: &str,
        granted: &mut Granted,
    ) -> Result<Value, Unset> {
        let holding = holding(shapes, &value);
        let carries = |kind| holding.iter().any(|shape| shape.grant == Some(kind));
        match value {
            Value::String(text) => self.text(text, &holding, path, granted).map(Value::String),
            Value::Array(list) if carries(Kind::Command) => {
                let words = list.iter().map(|word| word.as_str().map(str::to_owned));
                if let Some(arguments) = words.collect::<Option<Vec<_>>>().filter(|words| !words.is_empty()) {
                    let whole = Value::Array(list.clone());
                    if self.may(path, &whole, &shell_words(&arguments), granted) {
                        granted.add(Grant::command(arguments), path, self.origin(path));
                    }
                }
                Ok(Value::Array(list))
            }
            Value::Array(list) => {
                let mut kept = Vec::with_capacity(list.len());
                for (index, element) in list.into_iter().enumerate() {
                    let shapes = inside(&holding, Step::Element(index));
                    let path = element_path(path, index);
                    kept.extend(self.walk(element, &shapes, &path, granted).ok());
                }
                Ok(Value::Array(kept))
            }
            Value::Object(object) => {
                let mut kept = Map::with_capacity(object.len());
                for (key, value) in object {
                    let shapes = inside(&holding, Step::Key(&key));
                    let path = key_path(path, &key);
                    let value = match self.walk(value, &shapes, &path, granted) {
                        Ok(value) => value,
                        Err(Unset(variable)) => {
                            if !shapes.iter().all(|shape| shape.nullable) {
                                granted
                                    .gap(format!("'{path}' names ${{{variable}}}, which is not set"), None);
                            }
                            Value::Null
                        }
                    };
                    kept.insert(key, value);
                }
                Ok(Value::Object(kept))
            }
            Value::Bool(true) if carries(Kind::Processes) => {
                let truth = Value::Bool(true);
                if self.may(path, &truth, "the arguments of processes", granted) {
                    granted.add(Grant::Processes, path, self.origin(path));
                }
                Ok(truth)
            }
            other => Ok(other),
        }
    }

    fn text(
        &self,
        text: String,
        holding: &[&Shape],
        path: &str,
        granted: &mut Granted,
    ) -> Result<String, Unset> {
        let kinds = holding.iter().filter_map(|shape| shape.grant).collect::<Vec<_>>();
        let origin = self.origin(path);
        if kinds.is_empty() || !self.may(path, &Value::from(text.clone()), &text, granted) {
            return Ok(text);
        }
        let mut named = text.clone();
        for kind in kinds {
            let grant = match kind {
                Kind::Dataset if text.contains("://") => match remote::check(&text) {
                    Ok(()) => Grant::Dataset { name: text.clone(), path: text.clone().into() },
                    Err(why) => {
                        let message = format!("'{text}' cannot be a remote table: {why}");
                        granted.problems.push(self.given.problem(path, message));
                        return Ok(text);
                    }
                },
                Kind::Endpoint => match text.parse::<Endpoint>() {
                    Ok(server) => Grant::Endpoint { server },
                    Err(why) => {
                        let message = format!("'{text}' cannot be an endpoint: {why}");
                        granted.problems.push(self.given.problem(path, message));
                        return Ok(text);
                    }
                },
                Kind::Read | Kind::Dataset | Kind::Write | Kind::Scratch => {
                    let located = put_in(&text, &self.surroundings.variables)
                        .and_then(|text| locate(&self.surroundings.project, &text));
                    let (name, path) = match located {
                        Ok(located) => located,
                        Err(NoPath::Wrong(message)) => {
                            granted.problems.push(self.given.problem(path, message));
                            return Ok(text);
                        }
                        // A default that does not apply here falls away. What a person asked for does not, or else it
                        // would pass unasked.
                        Err(NoPath::Unset(variable))
                            if matches!(origin, Origin::Default | Origin::Consent { .. }) =>
                        {
                            return Err(Unset(variable));
                        }
                        Err(NoPath::Unset(variable)) => {
                            granted.gap(format!("'{path}' names ${{{variable}}}, which is not set"), None);
                            return Ok(text);
                        }
                    };
                    named.clone_from(&name);
                    match kind {
                        Kind::Read => Grant::Read { name, path },
                        Kind::Dataset => Grant::Dataset { name, path },
                        Kind::Scratch => Grant::Scratch { name, path },
                        _ => Grant::Write { name, path },
                    }
                }
                Kind::Program => Grant::Program { name: text.clone() },
                Kind::Variable => Grant::Variable { name: text.clone(), reveal: false },
                Kind::Reveal => Grant::Variable { name: text.clone(), reveal: true },
                // Only a list can be a command, and only a yes can open the processes.
                Kind::Command | Kind::Processes => continue,
            };
            granted.add(grant, path, origin.clone());
        }
        Ok(named)
    }

    /// Who answers for what stands at a path. A default of a plugin from elsewhere counts by a person's consent alone.
    fn origin(&self, path: &str) -> Origin {
        match (self.given.origin(path), self.trust) {
            (Origin::Default, Trust::Consented { line }) => Origin::Consent { line },
            (origin, _) => origin,
        }
    }

    /// What is missing before that which a plugin brings may count; nothing where it may.
    fn missing_consent(&self) -> Option<String> {
        let missing = match self.trust {
            Trust::BuiltIn | Trust::Consented { .. } => return None,
            Trust::NotAsked => "there is no consent yet",
            Trust::AsksForMore => "consent was given to less than it asks for now",
        };
        Some(format!("{missing}: see what it asks for by `gonogo plugin update {}`", self.plugin))
    }

    /// Whether whoever wrote a value may give authority with it.
    fn may(&self, path: &str, value: &Value, shown: &str, granted: &mut Granted) -> bool {
        if self.given.origin(path) != Origin::Default {
            return true;
        }
        let Some(missing) = self.missing_consent() else { return true };
        let reason = format!(
            "plugin '{}' wants '{shown}' by the default of '{path}', which counts once you write it ({missing})",
            self.plugin
        );
        granted.gap(reason, Some((path.to_owned(), value.clone())));
        false
    }

    fn command(&self, command: Expanded, granted: &mut Granted) {
        // Also where the user wrote the program: `{interpreter} -c 'the plugin's own words'` would run whatever the plugin likes.
        if let Some(missing) = self.missing_consent() {
            let text = command_words(&command.arguments);
            granted.gap(format!("plugin '{}' wants to run `{text}`; {missing}", self.plugin), None);
            return;
        }
        if let Trust::Consented { line } = self.trust {
            granted.add(
                Grant::Command { arguments: command.arguments },
                "commands",
                Origin::Consent { line },
            );
            return;
        }
        let origin_of = |path: &String| self.given.origin(path);
        // Who wrote most nearly what runs: the user's word before the profile's before the check's.
        let origins = command.from.iter().map(origin_of).collect::<Vec<_>>();
        let users = origins.iter().find(|origin| matches!(origin, Origin::Config { .. }));
        let profiles = origins.iter().find(|origin| **origin == Origin::Profile);
        let origin = users.or(profiles).cloned().unwrap_or(Origin::Default);
        granted.add(Grant::Command { arguments: command.arguments }, "commands", origin);
    }
}

impl Granted {
    fn add(&mut self, grant: Grant, parameter: &str, origin: Origin) {
        if !self.authorities.iter().any(|known| known.grant == grant) {
            self.authorities.push(Authority { grant, parameter: parameter.to_owned(), origin });
        }
    }

    fn gap(&mut self, reason: String, parameter: Option<(String, Value)>) {
        let gap = Gap { reason, parameter };
        if !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }
}
