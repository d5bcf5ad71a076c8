//! What parameters a check takes, read when somebody first asks: a run asks of few of all checks there are.

use std::{ops::Deref, sync::OnceLock};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The JSON Schema of a check's parameters: a valid one of an object, written as text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ParameterSchema {
    text: String,
    #[serde(skip)]
    read: OnceLock<Value>,
}

impl Deref for ParameterSchema {
    type Target = Value;

    fn deref(&self) -> &Value {
        // It was JSON when it was taken in.
        self.read.get_or_init(|| serde_json::from_str(&self.text).unwrap_or_default())
    }
}

impl From<Value> for ParameterSchema {
    fn from(schema: Value) -> Self {
        Self { text: schema.to_string(), read: schema.into() }
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
        let bytes = postcard::to_stdvec(&made).unwrap();
        let read = postcard::from_bytes::<ParameterSchema>(&bytes).unwrap();
        assert!(read.read.get().is_none(), "nobody asked yet");
        assert_eq!((&read, &*read), (&made, &schema));
    }
}
