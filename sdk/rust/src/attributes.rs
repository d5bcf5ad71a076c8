//! Named values, as the host answers them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bindings::gonogo::plugin::types as wit;

/// Why the host could not answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Error {
    /// No parameter of this job names the thing.
    Denied(String),
    /// The named thing is not there.
    NotFound(String),
    /// The answer is larger than the host gives out.
    Limit(String),
    /// The answer did not come in time.
    Timeout(String),
    /// The operating system refused or failed.
    Io(String),
    /// This machine, platform or host cannot tell, ever.
    Unsupported(String),
}

impl std::error::Error for Error {}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Denied(text) => write!(f, "denied: {text}"),
            Self::Limit(text) => write!(f, "limit: {text}"),
            Self::Timeout(text) => write!(f, "timeout: {text}"),
            Self::NotFound(text) | Self::Io(text) | Self::Unsupported(text) => f.write_str(text),
        }
    }
}

impl From<wit::Error> for Error {
    fn from(error: wit::Error) -> Self {
        match error {
            wit::Error::Denied(text) => Self::Denied(text),
            wit::Error::NotFound(text) => Self::NotFound(text),
            wit::Error::Limit(text) => Self::Limit(text),
            wit::Error::Timeout(text) => Self::Timeout(text),
            wit::Error::Io(text) => Self::Io(text),
            wit::Error::Unsupported(text) => Self::Unsupported(text),
        }
    }
}

impl From<Error> for wit::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(text) => Self::Denied(text),
            Error::NotFound(text) => Self::NotFound(text),
            Error::Limit(text) => Self::Limit(text),
            Error::Timeout(text) => Self::Timeout(text),
            Error::Io(text) => Self::Io(text),
            Error::Unsupported(text) => Self::Unsupported(text),
        }
    }
}

/// One value: sizes in bytes, times in seconds, and so on as the contract says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Boolean(bool),
    /// A count, a size.
    Integer(i64),
    /// A measure.
    Number(f64),
    /// Text.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
    /// A series of numbers, in its order. A recording has it as a list; an empty list there is one of texts.
    Numbers(Vec<f64>),
    /// The host asked and got no answer.
    Failed {
        /// Why.
        failed: Error,
    },
}

impl From<wit::Value> for Value {
    fn from(value: wit::Value) -> Self {
        match value {
            wit::Value::Boolean(value) => Self::Boolean(value),
            wit::Value::Integer(value) => Self::Integer(value),
            wit::Value::Number(value) => Self::Number(value),
            wit::Value::Text(value) => Self::Text(value),
            wit::Value::Texts(value) => Self::Texts(value),
            wit::Value::Numbers(value) => Self::Numbers(value),
            wit::Value::Failed(error) => Self::Failed { failed: error.into() },
        }
    }
}

impl From<Value> for wit::Value {
    fn from(value: Value) -> Self {
        match value {
            Value::Boolean(value) => Self::Boolean(value),
            Value::Integer(value) => Self::Integer(value),
            Value::Number(value) => Self::Number(value),
            Value::Text(value) => Self::Text(value),
            Value::Texts(value) => Self::Texts(value),
            Value::Numbers(value) => Self::Numbers(value),
            Value::Failed { failed } => Self::Failed(failed.into()),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Integer(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::from(value as u64)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Vec<String>> for Value {
    fn from(value: Vec<String>) -> Self {
        Self::Texts(value)
    }
}

impl From<Vec<f64>> for Value {
    fn from(value: Vec<f64>) -> Self {
        Self::Numbers(value)
    }
}

/// A type that a [`Value`] can be read as.
pub trait FromValue: Sized {
    /// What the type is called in an error message.
    const NAME: &'static str;

    /// The value, if it is of this type.
    fn from_value(value: &Value) -> Option<Self>;
}

impl FromValue for bool {
    const NAME: &'static str = "a boolean";

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Boolean(value) => Some(*value),
            _ => None,
        }
    }
}

impl FromValue for i64 {
    const NAME: &'static str = "an integer";

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(value) => Some(*value),
            _ => None,
        }
    }
}

impl FromValue for u64 {
    const NAME: &'static str = "an integer from 0";

    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).and_then(|value| value.try_into().ok())
    }
}

impl FromValue for u32 {
    const NAME: &'static str = "an integer from 0";

    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).and_then(|value| value.try_into().ok())
    }
}

impl FromValue for f64 {
    const NAME: &'static str = "a number";

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Number(value) => Some(*value),
            Value::Integer(value) => Some(*value as Self),
            _ => None,
        }
    }
}

impl FromValue for String {
    const NAME: &'static str = "a text";

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(value) => Some(value.clone()),
            _ => None,
        }
    }
}

impl FromValue for Vec<String> {
    const NAME: &'static str = "a list of texts";

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Texts(value) => Some(value.clone()),
            _ => None,
        }
    }
}

impl FromValue for Vec<f64> {
    const NAME: &'static str = "a list of numbers";

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Numbers(value) => Some(value.clone()),
            // What a recording makes of a series without numbers.
            Value::Texts(value) if value.is_empty() => Some(Self::new()),
            _ => None,
        }
    }
}

/// Named values. A name that is absent is unknown to the machine: never zero.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attributes(BTreeMap<String, Value>);

impl Attributes {
    /// The value of that name; `None` where this machine has none.
    ///
    /// # Errors
    /// Where the host asked and got no answer, or the value is of another type.
    pub fn get<T: FromValue>(&self, name: &str) -> Result<Option<T>, Error> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Failed { failed }) => Err(failed.clone()),
            Some(value) => T::from_value(value).map(Some).ok_or_else(|| {
                Error::Unsupported(format!("the host gives '{name}' as {value:?}, which is not {}", T::NAME))
            }),
        }
    }

    /// The value of that name, which the check cannot do without.
    ///
    /// # Errors
    /// As [`Attributes::get`], and where this machine has none.
    pub fn need<T: FromValue>(&self, name: &str) -> Result<T, Error> {
        self.get(name)?.ok_or_else(|| Error::Unsupported(format!("this machine does not tell '{name}'")))
    }

    /// Gives a name its value.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// As the contract has them.
    pub(crate) fn into_wit(self) -> Vec<(String, wit::Value)> {
        self.0.into_iter().map(|(name, value)| (name, value.into())).collect()
    }

    /// All names with their values, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl From<Vec<(String, wit::Value)>> for Attributes {
    fn from(values: Vec<(String, wit::Value)>) -> Self {
        Self(values.into_iter().map(|(name, value)| (name, value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[test]
    fn a_list_is_of_texts_or_of_numbers() {
        let kept = json!({ "texts": ["a"], "none": [], "series": [1.0, 0.5] });
        let attributes = from_value::<Attributes>(kept.clone()).unwrap();
        let series = Value::from(vec![1.0, 0.5]);
        let values =
            [("none", Value::Texts(vec![])), ("series", series), ("texts", vec!["a".to_owned()].into())];
        assert!(attributes.iter().eq(values.iter().map(|(name, value)| (*name, value))), "{attributes:?}");
        assert_eq!(to_value(&attributes).unwrap(), kept);
        assert_eq!(
            from_value::<Value>(json!([1, -2])).unwrap(),
            Value::Numbers(vec![1.0, -2.0]),
            "whole ones too"
        );
        for mixed in [json!(["a", 1]), json!([1, "a"]), json!([1, true]), json!([1, null]), json!([[1]])] {
            from_value::<Value>(mixed).unwrap_err();
        }
    }

    #[test]
    fn a_series_is_read_as_one() {
        let mut attributes = Attributes::default();
        attributes.set("series", vec![1.0, 0.5]);
        attributes.set("texts", vec!["a".to_owned()]);
        attributes.set("none", Vec::<String>::new());
        assert_eq!(attributes.need::<Vec<f64>>("series"), Ok(vec![1.0, 0.5]));
        assert_eq!(attributes.need::<Vec<f64>>("none"), Ok(vec![]));
        let refused = |text: &str| Err(Error::Unsupported(format!("the host gives {text}")));
        let texts = r#"'texts' as Texts(["a"]), which is not a list of numbers"#;
        assert_eq!(attributes.need::<Vec<f64>>("texts"), refused(texts).map(|()| vec![]));
        let series = "'series' as Numbers([1.0, 0.5]), which is not a list of texts";
        assert_eq!(attributes.need::<Vec<String>>("series"), refused(series).map(|()| vec![]));
    }

    #[test]
    fn a_series_goes_to_the_host_as_it_is() {
        let odd = wit::Value::from(Value::from(vec![f64::NAN, f64::INFINITY, 1.0]));
        assert!(
            matches!(&odd, wit::Value::Numbers(given) if given[0].is_nan() && given[1..] == [f64::INFINITY, 1.0])
        );
        assert!(matches!(Value::from(odd), Value::Numbers(back) if back[0].is_nan() && back.len() == 3));
    }
}
