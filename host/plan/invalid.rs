//! What is wrong with parameters by their schema, said for people.

use jsonschema::{ValidationError, error::ValidationErrorKind, paths::LocationSegment};
use serde_json::Value;

use super::{
    given::Given,
    shape::{Shape, Step},
};
use crate::domain::{
    Problem,
    document::{element_path, key_path},
    problem::did_you_mean,
    text,
};

/// Bytes of a value that a message shows.
const SHOWN: usize = 80;

/// What a validator says of parameters.
#[derive(Default)]
pub(super) struct Judgement {
    /// Parameters that must be given and are not.
    pub missing: Vec<String>,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

impl Judgement {
    /// Judges parameters.
    pub fn new(
        validator: &jsonschema::Validator,
        shape: &Shape,
        parameters: &Value,
        given: &Given<'_>,
    ) -> Self {
        let mut judgement = Self::default();
        if !validator.is_valid(parameters) {
            for error in validator.iter_errors(parameters) {
                judgement.add(&error, shape, given);
            }
        }
        judgement
    }

    fn add(&mut self, error: &ValidationError<'_>, shape: &Shape, given: &Given<'_>) {
        let segments = error.instance_path().iter().collect::<Vec<_>>();
        let steps = segments.iter().map(|segment| match segment {
            LocationSegment::Property(key) => Step::Key(key),
            LocationSegment::Index(index) => Step::Element(*index),
        });
        let steps = steps.collect::<Vec<_>>();
        let path = steps.iter().fold(String::new(), |path, step| match step {
            Step::Key(key) => key_path(&path, key),
            Step::Element(index) => element_path(&path, *index),
        });
        let about = shape.everything_at(&steps);
        match error.kind() {
            ValidationErrorKind::Required { property } if path.is_empty() => {
                self.missing.extend(property.as_str().map(str::to_owned));
            }
            ValidationErrorKind::Required { property } => {
                let message = format!("'{path}' lacks the parameter '{}'", plain(property));
                self.problems.push(given.problem(&path, message));
            }
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                let known = about.iter().flat_map(|shape| shape.properties.keys()).map(String::as_str);
                let known = known.collect::<Vec<_>>();
                for name in unexpected {
                    let message = format!("there is no parameter '{}'", text::line(name, SHOWN));
                    let hint = did_you_mean(name, known.iter().copied()).or_else(|| match known.len() {
                        0 => Some("there are none here".to_owned()),
                        _ => Some(format!("there are {}", known.join(", "))),
                    });
                    self.problems.push(given.problem(&key_path(&path, name), message).hint(hint));
                }
            }
            ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
                // Of the alternatives the one that was likely meant: what it is about holds, and least is wrong with it.
                let meant = context.iter().min_by_key(|errors| {
                    let off = errors.iter().filter(|error| is_another(error, segments.len()));
                    (off.count(), errors.len())
                });
                match meant.filter(|errors| !errors.iter().any(|error| is_another(error, segments.len()))) {
                    Some(errors) => errors.iter().for_each(|error| self.add(error, shape, given)),
                    None => self.problems.push(value_problem(error, &path, &about, given)),
                }
            }
            _ => self.problems.push(value_problem(error, &path, &about, given)),
        }
    }
}

/// Whether an error says that another alternative was meant: a wrong tag, or a wrong kind of value as a whole.
fn is_another(error: &ValidationError<'_>, depth: usize) -> bool {
    let at = error.instance_path().iter().count();
    match error.kind() {
        ValidationErrorKind::Constant { .. } | ValidationErrorKind::Enum { .. } => at <= depth + 1,
        ValidationErrorKind::Type { .. } => at <= depth,
        _ => false,
    }
}

fn value_problem(error: &ValidationError<'_>, path: &str, about: &[&Shape], given: &Given<'_>) -> Problem {
    let value = plain(error.instance());
    let expected = about.iter().find_map(|shape| shape.expected.as_ref());
    let mut hint = None;
    let message = match (error.kind(), expected) {
        (
            ValidationErrorKind::Type { .. }
            | ValidationErrorKind::Pattern { .. }
            | ValidationErrorKind::AnyOf { .. }
            | ValidationErrorKind::OneOfNotValid { .. },
            Some(expected),
        ) => format!("'{path}': '{value}' is not {expected}"),
        (ValidationErrorKind::Enum { options }, _) => {
            let options = options.as_array().into_iter().flatten().filter(|option| !option.is_null());
            let options = options.map(plain).collect::<Vec<_>>();
            hint = did_you_mean(&value, options.iter().map(String::as_str));
            format!("'{path}': '{value}' is none of {}", options.join(", "))
        }
        (ValidationErrorKind::AnyOf { .. } | ValidationErrorKind::OneOfNotValid { .. }, None) => {
            format!("'{path}': '{value}' is none of what it can be")
        }
        _ if path.is_empty() => error.to_string(),
        _ => format!("'{path}': {error}"),
    };
    given.problem(path, text::line(&message, 500)).hint(hint)
}

/// A value in a message: texts without quotes, all bounded.
fn plain(value: &Value) -> String {
    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text::line(&shown, SHOWN)
}
