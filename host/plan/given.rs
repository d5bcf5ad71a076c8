//! Who wrote which parameter of an item, and where.

use serde_json::Value;

use crate::domain::{Mark, Origin, Parameters, Problem};

/// The parameters of one item: the user's over the profile's, name by name at the top.
pub(super) struct Given<'a> {
    /// The profile's, less what the user wrote over.
    profile: Parameters,
    /// The user's.
    config: &'a Parameters,
    /// Where the item itself is named.
    item: &'a Mark,
}

impl<'a> Given<'a> {
    /// The user's parameters over the profile's.
    pub fn new(profile: &Parameters, config: &'a Parameters, item: &'a Mark) -> Self {
        let mut kept = profile.clone();
        for key in config.values.keys() {
            kept.remove(key);
        }
        Self { profile: kept, config, item }
    }

    /// The values. An object.
    pub fn values(&self) -> Value {
        let mut values = self.profile.values.clone();
        values.extend(self.config.values.clone());
        Value::Object(values)
    }

    /// Who wrote what stands at a path.
    pub fn origin(&self, path: &str) -> Origin {
        match self.config.marks.get(path) {
            Some(mark) => Origin::Config { line: mark.line() },
            None if self.profile.marks.contains_key(path) => Origin::Profile,
            None => Origin::Default,
        }
    }

    /// A problem with what stands at a path, or with what is missing there.
    pub fn problem(&self, path: &str, message: impl Into<String>) -> Problem {
        let mark = self.config.nearest(path).or_else(|| self.profile.nearest(path)).unwrap_or(self.item);
        Problem::new(message).at(Some(mark.place()))
    }
}
