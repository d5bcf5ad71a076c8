//! A check's parameter schema made ready, for whoever runs a check without a plan: with the parameters of a case.

use jsonschema::Validator;
use serde_json::{Map, Value};

use super::shape::{Shape, validator};
use crate::domain::text;

/// Most bytes of a message.
const MOST: usize = 500;

/// A check's parameter schema.
pub struct Schema {
    shape: Shape,
    validator: Validator,
}

impl Schema {
    /// Makes a schema ready. The error says what is wrong with it.
    ///
    /// # Errors
    /// Where it cannot be understood.
    pub fn new(schema: &Value) -> Result<Self, String> {
        Ok(Self { shape: Shape::new(schema)?, validator: validator(schema)? })
    }

    /// What the parameters are where none is given, as far as they have defaults. An object.
    pub fn defaults(&self) -> Value {
        let mut parameters = Value::Object(Map::new());
        self.shape.fill(&mut parameters);
        parameters
    }

    /// Which default does not fit, and why.
    pub fn wrong_default(&self) -> Option<String> {
        let defaults = self.defaults();
        let wrong =
            self.validator.iter_errors(&defaults).find(|error| !error.instance_path().as_str().is_empty());
        wrong.map(|error| {
            text::line(&format!("the default at {} does not fit: {error}", error.instance_path()), MOST)
        })
    }

    /// The parameters that a check is run with: defaults filled in. Null stands for none given.
    pub fn filled(&self, given: Value) -> Value {
        let mut parameters = if given.is_null() { Value::Object(Map::new()) } else { given };
        self.shape.fill(&mut parameters);
        parameters
    }

    /// What of parameters does not fit the check, and where. A plan would refuse them, unless what a variable names fell away later.
    pub fn misfit(&self, parameters: &Value) -> Option<String> {
        self.validator.iter_errors(parameters).next().map(|error| {
            let place = error.instance_path().to_string();
            let place = if place.is_empty() { String::new() } else { format!(" at {place}") };
            text::line(&format!("the parameters do not fit the check{place}: {error}"), MOST)
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn defaults_are_filled_in_and_what_does_not_fit_is_named() {
        let schema = Schema::new(&json!({
            "type": "object",
            "properties": { "least": { "type": "integer", "default": 3 }, "path": { "type": "string" } },
            "required": ["path"],
            "additionalProperties": false,
        }))
        .unwrap();
        assert_eq!(schema.defaults(), json!({"least": 3}));
        let filled = schema.filled(json!({"path": "a"}));
        assert_eq!((schema.misfit(&filled), filled), (None, json!({"path": "a", "least": 3})));
        assert_eq!(schema.wrong_default(), None);
        let least = json!({ "type": "integer", "minimum": 3, "default": 1 });
        let other = json!({ "type": "object", "properties": { "least": least }, "required": ["path"] });
        let wrong = Schema::new(&other).unwrap().wrong_default().unwrap();
        assert!(wrong.contains("/least"), "{wrong}");
        for (wrong, word) in
            [(json!({"path": 1}), "/path"), (Value::Null, "path"), (json!({"path": "a", "most": 1}), "most")]
        {
            let said = schema.misfit(&schema.filled(wrong)).unwrap();
            assert!(said.contains(word), "{said}");
        }
    }
}
