//! Looking into JSON: what lists and objects in tables are read as.

use datafusion::{
    arrow::array::{ArrayRef, Int64Array, StringViewArray},
    common::Result,
};
use serde_json::Value;

use super::{each, each_two, wrong};

fn parsed(json: &str) -> Option<Value> {
    serde_json::from_str(json).ok()
}

pub fn json_at(columns: &[ArrayRef], _: usize) -> Result<ArrayRef> {
    each_two::<_, StringViewArray>(columns, |json, pointer| {
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return Err(wrong("a JSON pointer is empty or begins with '/': `/messages/0/role`"));
        }
        let value = parsed(json).and_then(|value| value.pointer(pointer).cloned());
        Ok(value.and_then(|value| match value {
            Value::Null => None,
            Value::String(text) => Some(text),
            value => Some(value.to_string()),
        }))
    })
}

pub fn json_length(columns: &[ArrayRef], _: usize) -> Result<ArrayRef> {
    each::<_, Int64Array>(columns, |json| match parsed(json?)? {
        Value::Array(list) => Some(list.len() as i64),
        Value::Object(object) => Some(object.len() as i64),
        _ => None,
    })
}

pub fn json_kind(columns: &[ArrayRef], _: usize) -> Result<ArrayRef> {
    each::<_, StringViewArray>(columns, |json| {
        Some(match parsed(json?)? {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "text",
            Value::Array(_) => "list",
            Value::Object(_) => "object",
        })
    })
}
