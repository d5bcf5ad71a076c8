//! The JSON report and its schema. Stable: a field is never renamed or taken away within one [`SCHEMA`](super::document::SCHEMA).

use std::io::{self, Write};

use serde::Serialize;

use super::{Document, Style};
use crate::domain::text;

/// Writes the report as JSON.
pub fn write(document: &Document, out: &mut dyn Write, _: &Style) -> io::Result<()> {
    out.write_all(pretty(document)?.as_bytes())
}

/// The JSON Schema (2020-12) of the JSON report.
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Document);
    schema.insert("title".to_owned(), "A report of gonogo".into());
    schema.into()
}

/// Any value as indented JSON with a newline at its end. Characters that act instead of being read are written as escapes: the
/// data stays as it is, and printing it to a terminal does no harm.
pub fn pretty(value: &impl Serialize) -> io::Result<String> {
    let json = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
    let mut out = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        // Outside strings JSON has no such character but the newlines of its own indentation.
        match c != '\n' && text::acts(c) {
            true => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out += &format!("\\u{unit:04x}")),
            false => out.push(c),
        }
    }
    out.push('\n');
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_escaped_and_comes_back_as_it_was() {
        let text = "a\u{1b}[31m\u{202e}\u{e0041}\n\0\u{7f}b";
        let json = pretty(&text).unwrap();
        assert!(json.trim_end().chars().all(|c| !text::acts(c)), "{json:?}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
