//! What parameters a check takes, read when somebody first asks: a run asks of few of all checks there are.

use std::{ops::Deref, sync::OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// The JSON Schema of a check's parameters: a valid one of an object, written as text.
#[derive(Clone, Debug)]
pub struct ParameterSchema {
    text: String,
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

/// For people as what it is; for the cache as text, which need not be read.
impl Serialize for ParameterSchema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            (**self).serialize(serializer)
        } else {
            self.text.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for ParameterSchema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return Value::deserialize(deserializer).map(Self::from);
        }
        Ok(Self { text: String::deserialize(deserializer)?, read: OnceLock::new() })
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
        assert_eq!(serde_json::to_value(&made).unwrap(), schema, "no text where people read");
        assert_eq!(serde_json::from_value::<ParameterSchema>(schema).unwrap(), made);
    }
}
