//! What parameters a check takes, read when somebody first asks: a run asks of few of all checks there are.

use std::{ops::Deref, sync::OnceLock};

use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

/// The JSON Schema of a check's parameters: a valid one of an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ParameterSchema {
    text: Box<RawValue>,
    #[serde(skip)]
    read: OnceLock<Value>,
}

impl Deref for ParameterSchema {
    type Target = Value;

    fn deref(&self) -> &Value {
        // It was JSON when it was taken in.
        self.read.get_or_init(|| serde_json::from_str(self.text.get()).unwrap_or_default())
    }
}

impl From<Value> for ParameterSchema {
    fn from(schema: Value) -> Self {
        // A value can always be written.
        let text = serde_json::value::to_raw_value(&schema).unwrap_or_else(|_| RawValue::NULL.to_owned());
        Self { text, read: schema.into() }
    }
}

impl PartialEq for ParameterSchema {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let schema = json!({ "type": "object", "properties": { "b": { "default": 1.50 }, "a": {} } });
        let made = ParameterSchema::from(schema.clone());
        let text = serde_json::to_string(&made).unwrap();
        assert_eq!(text, schema.to_string());
        let read = serde_json::from_str::<ParameterSchema>(&text).unwrap();
        assert!(read.read.get().is_none(), "nobody asked yet");
        assert_eq!((&read, &*read), (&made, &schema));
        assert!(serde_json::from_str::<ParameterSchema>("{").is_err());
    }
}
