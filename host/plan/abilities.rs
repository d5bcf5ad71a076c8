//! All that a plugin can do if a person lets it: what consent shows, and what gonogo.lock pins.
//!
//! Planning grants by a default only what is found here. So nothing may be missed: every schema that can hold for a value is taken to hold,
//! whatever its alternatives say, and a default counts at each place that it can fill.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    shape::{Kind, Shape},
    template::Template,
};
use crate::{
    catalog::Description,
    domain::document::key_path,
    lock::{ARGUMENT, Abilities, Ability},
};

/// Most places of one schema that are looked at. The largest of the built-in checks' has some hundred.
const PLACES: usize = 20_000;

/// Why it cannot be told what a plugin can do.
#[derive(Debug, thiserror::Error)]
pub enum Unclear {
    /// A schema that planning cannot use either.
    #[error("the parameters of its check '{0}' cannot be used: {1}")]
    Schema(String, String),
    /// A command that planning cannot use either.
    #[error("a command of its check '{0}' cannot be used: {1}")]
    Command(String, String),
    /// A schema with more places than anybody writes.
    #[error("the parameters of its check '{0}' have more than {PLACES} places")]
    TooLarge(String),
}

/// All that a plugin can do.
///
/// # Errors
/// Where it cannot be told.
pub fn abilities(description: &Description) -> Result<Abilities, Unclear> {
    let mut found = Abilities::new();
    // Shapes that interfaces share are nothing that one could call.
    let shapes = |import: &&String| import.starts_with("gonogo:plugin/types@");
    for import in description.imports.iter().filter(|import| !shapes(import)) {
        found.insert(match import.starts_with("wasi:") {
            true => Ability::Wasi,
            false => Ability::Interface(import.clone()),
        });
    }
    for check in &description.checks {
        let mut arguments = BTreeSet::new();
        for words in &check.commands {
            let template = Template::new(words).map_err(|why| Unclear::Command(check.name.clone(), why))?;
            arguments.extend(template.parameters().map(str::to_owned));
            found.insert(Ability::Command { check: check.name.clone(), words: words.clone() });
        }
        let shape = Shape::new(&check.parameters).map_err(|why| Unclear::Schema(check.name.clone(), why))?;
        let mut walk = Walk { check: &check.name, arguments, found: &mut found, places: 0 };
        walk.place(&[&shape], "").ok_or_else(|| Unclear::TooLarge(check.name.clone()))?;
    }
    Ok(found)
}

struct Walk<'a> {
    check: &'a str,
    /// The parameters at the top of which commands have something.
    arguments: BTreeSet<String>,
    found: &'a mut Abilities,
    places: usize,
}

impl Walk<'_> {
    /// A place in the parameters, with every schema that may say something about it. None once there were too many places.
    fn place(&mut self, shapes: &[&Shape], path: &str) -> Option<()> {
        self.places += 1;
        if self.places > PLACES {
            return None;
        }
        let around = family(shapes);
        let names = around.iter().flat_map(|shape| shape.properties.keys()).collect::<BTreeSet<_>>();
        for name in names {
            let inner = around.iter().filter_map(|shape| shape.properties.get(name).or(shape.additional()));
            let inner = inner.collect::<Vec<_>>();
            let path = key_path(path, name);
            for default in inner.iter().filter_map(|shape| shape.default.as_ref()) {
                self.default(default, &inner, &path);
            }
            self.place(&inner, &path)?;
        }
        let others = around.iter().filter_map(|shape| shape.additional()).collect::<Vec<_>>();
        if !others.is_empty() {
            self.place(&others, &key_path(path, "*"))?;
        }
        let elements = around.iter().flat_map(|shape| shape.elements()).collect::<Vec<_>>();
        if !elements.is_empty() {
            self.place(&elements, &format!("{path}[]"))?;
        }
        Some(())
    }

    /// What a default value gives, however deep in it.
    fn default(&mut self, value: &Value, shapes: &[&Shape], path: &str) {
        let around = family(shapes);
        let grants = |kind: Kind| around.iter().any(|shape| shape.grant == Some(kind));
        match value {
            Value::Array(list) => {
                let words = list.iter().map(|word| word.as_str().map(str::to_owned));
                let words = words.collect::<Option<Vec<_>>>().filter(|words| !words.is_empty());
                if let Some(words) = words.filter(|_| grants(Kind::Command)) {
                    self.add(Kind::Command.name(), path, words);
                }
                let elements = around.iter().flat_map(|shape| shape.elements()).collect::<Vec<_>>();
                for element in list {
                    self.default(element, &elements, &format!("{path}[]"));
                }
            }
            Value::Object(object) => {
                for (name, value) in object {
                    let inner =
                        around.iter().filter_map(|shape| shape.properties.get(name).or(shape.additional()));
                    self.default(value, &inner.collect::<Vec<_>>(), &key_path(path, name));
                }
            }
            Value::Bool(true) if grants(Kind::Processes) => {
                self.add(Kind::Processes.name(), path, Vec::new());
            }
            Value::String(text) => {
                let kinds = Kind::ALL
                    .iter()
                    .filter(|(kind, _)| grants(*kind) && !matches!(kind, Kind::Command | Kind::Processes));
                let kinds = kinds.map(|(_, name)| *name).collect::<Vec<_>>();
                for kind in &kinds {
                    self.add(kind, path, vec![text.clone()]);
                }
                if kinds.is_empty() {
                    self.argument(text.clone(), path);
                }
            }
            Value::Number(number) => self.argument(number.to_string(), path),
            Value::Bool(truth) => self.argument(truth.to_string(), path),
            Value::Null => {}
        }
    }

    /// A plain value is a part of what runs, where a command may have it.
    fn argument(&mut self, value: String, path: &str) {
        let top = path.split(['.', '[']).next().unwrap_or(path);
        if self.arguments.contains(top) {
            self.add(ARGUMENT, path, vec![value]);
        }
    }

    fn add(&mut self, grant: &str, path: &str, value: Vec<String>) {
        self.found.insert(Ability::Default {
            check: self.check.to_owned(),
            parameter: path.to_owned(),
            grant: grant.to_owned(),
            value,
        });
    }
}

fn family<'s>(shapes: &[&'s Shape]) -> Vec<&'s Shape> {
    shapes.iter().flat_map(|shape| shape.family()).collect()
}
