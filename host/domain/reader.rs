//! TOML that a person wrote, read value by value: each problem is kept with its place and reading goes on, so that all of
//! them are reported at once.

use std::{collections::BTreeSet, fmt::Display, ops::Range, path::Path, sync::Arc, time::Duration};

use serde_json::Value;
use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::{
    document::{Document, Mark, Parameters, Written, element_path, key_path},
    duration,
    problem::{Problem, did_you_mean},
};

/// The longest timeout that a file can ask for: far beyond any check, far below where adding it to a point in time overflows.
const LONGEST: Duration = Duration::from_hours(30 * 24);

/// A value of a table, with its place.
pub type Entry<'t> = Spanned<DeValue<'t>>;

/// Reads one document and collects what is wrong with it.
pub struct Reader {
    document: Arc<Document>,
    problems: Vec<Problem>,
    /// Lines with a syntax error: what stands there was guessed, and problems with a guess help nobody.
    broken: BTreeSet<usize>,
}

impl Reader {
    /// The document's top table, as far as its syntax allows.
    pub fn parse<'t>(file: &Path, text: &'t str) -> (Self, DeTable<'t>) {
        let document = Arc::new(Document::new(file, text));
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut reader = Self { document, problems: Vec::new(), broken: BTreeSet::new() };
        let mut broken = BTreeSet::new();
        for error in errors {
            let range = error.span().unwrap_or(text.len()..text.len());
            let line = reader.document.line(range.start);
            // The first error on a line is the mistake, the next ones follow from it.
            if broken.insert(line) {
                reader.problem(&range, error.message().to_owned(), None);
            }
        }
        reader.broken = broken;
        (reader, table.into_inner())
    }

    /// What was read, if nothing is wrong.
    pub fn finish<T>(mut self, value: T) -> Result<T, Vec<Problem>> {
        if self.problems.is_empty() {
            return Ok(value);
        }
        self.problems.sort_by_key(|problem| problem.place.as_ref().map(|place| (place.line, place.column)));
        Err(self.problems)
    }

    /// The mark of a range.
    pub fn mark(&self, range: Range<usize>) -> Mark {
        Mark::new(Arc::clone(&self.document), range)
    }

    /// Keeps a problem with something that was read before, maybe from another document.
    pub fn problem_at(&mut self, mark: &Mark, message: impl Into<String>, hint: Option<String>) {
        self.problems.push(Problem::new(message).at(Some(mark.place())).hint(hint));
    }

    /// Keeps a problem.
    pub fn problem(&mut self, range: &Range<usize>, message: impl Into<String>, hint: Option<String>) {
        let place = self.document.place(range);
        if !self.broken.contains(&place.line) {
            self.problems.push(Problem::new(message).at(Some(place)).hint(hint));
        }
    }

    /// Keeps the problem that a table has a key it should not have.
    pub fn unknown(&mut self, key: &Spanned<DeString<'_>>, known: &[&str]) {
        let name = key.get_ref();
        let hint = did_you_mean(name, known.iter().copied())
            .unwrap_or_else(|| format!("the keys here are {}", known.join(", ")));
        self.problem(&key.span(), format!("unknown key '{name}'"), Some(hint));
    }

    fn wrong_kind<T>(&mut self, key: &str, value: &Entry<'_>, expected: &str) -> Option<T> {
        let message = format!("'{key}' must be {expected}, not {}", kind(value.get_ref()));
        self.problem(&value.span(), message, None);
        None
    }

    /// A text that is not empty.
    pub fn text(&mut self, key: &str, value: &Entry<'_>) -> Option<Written<String>> {
        let DeValue::String(text) = value.get_ref() else { return self.wrong_kind(key, value, "a text") };
        if text.trim().is_empty() {
            self.problem(&value.span(), format!("'{key}' must not be empty"), None);
            return None;
        }
        Some(Written { value: text.clone().into_owned(), mark: self.mark(value.span()) })
    }

    /// A text that may be empty.
    pub fn any_text(&mut self, key: &str, value: &Entry<'_>) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.clone().into_owned()),
            _ => self.wrong_kind(key, value, "a text"),
        }
    }

    /// A number that counts.
    pub fn number(&mut self, key: &str, value: &Entry<'_>) -> Option<u64> {
        match value.get_ref() {
            DeValue::Integer(digits) if digits.radix() == 10 => match digits.as_str().parse() {
                Ok(number) => Some(number),
                Err(_) => self.wrong_kind(key, value, "a number from 0 on"),
            },
            _ => self.wrong_kind(key, value, "an integer"),
        }
    }

    /// A text that has a form of its own.
    pub fn parsed<T>(&mut self, key: &str, value: &Entry<'_>) -> Option<Written<T>>
    where
        T: TryFrom<String, Error: Display>,
    {
        let Written { value: text, mark } = self.text(key, value)?;
        match T::try_from(text) {
            Ok(value) => Some(Written { value, mark }),
            Err(error) => {
                self.problem(&value.span(), error.to_string(), None);
                None
            }
        }
    }

    /// Yes or no.
    pub fn boolean(&mut self, key: &str, value: &Entry<'_>) -> Option<Written<bool>> {
        match value.get_ref() {
            DeValue::Boolean(truth) => Some(Written { value: *truth, mark: self.mark(value.span()) }),
            _ => self.wrong_kind(key, value, "true or false"),
        }
    }

    /// A time limit.
    pub fn timeout(&mut self, key: &str, value: &Entry<'_>) -> Option<Written<Duration>> {
        let DeValue::String(text) = value.get_ref() else {
            return self.wrong_kind(key, value, "a duration, such as \"30 s\"");
        };
        let wrong = match duration::parse(text) {
            Ok(limit) if limit.is_zero() => "a timeout of zero leaves no time to run".to_owned(),
            Ok(limit) if limit > LONGEST => "a timeout can be at most 30 d".to_owned(),
            Ok(limit) => return Some(Written { value: limit, mark: self.mark(value.span()) }),
            Err(error) => error.to_string(),
        };
        self.problem(&value.span(), wrong, None);
        None
    }

    /// A table.
    pub fn table<'v, 't>(&mut self, key: &str, value: &'v Entry<'t>) -> Option<&'v DeTable<'t>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => self.wrong_kind(key, value, "a table"),
        }
    }

    /// A list.
    pub fn list<'v, 't>(&mut self, key: &str, value: &'v Entry<'t>) -> Option<&'v [Entry<'t>]> {
        match value.get_ref() {
            DeValue::Array(list) => Some(list),
            _ => self.wrong_kind(key, value, "a list"),
        }
    }

    /// A list of texts that have a form of their own.
    pub fn all_parsed<T>(&mut self, key: &str, value: &Entry<'_>) -> Option<Written<Vec<Written<T>>>>
    where
        T: TryFrom<String, Error: Display>,
    {
        let list = self.list(key, value)?;
        let values = list.iter().filter_map(|element| self.parsed(key, element)).collect();
        Some(Written { value: values, mark: self.mark(value.span()) })
    }

    /// A table of parameters, with the mark of everything in it.
    pub fn parameters(&mut self, key: &str, value: &Entry<'_>) -> Option<Parameters> {
        let mut parameters = Parameters::default();
        for (name, value) in self.table(key, value)? {
            let path = key_path("", name.get_ref());
            let json = self.json(name.span(), value, path, &mut parameters);
            parameters.values.insert(name.get_ref().to_string(), json);
        }
        Some(parameters)
    }

    /// A value as JSON. `start` is where its key stands, which its mark takes in.
    fn json(&mut self, start: Range<usize>, value: &Entry<'_>, path: String, into: &mut Parameters) -> Value {
        let whole = start.start..value.span().end.max(start.end);
        let json = match value.get_ref() {
            DeValue::String(text) => Value::from(text.as_ref()),
            DeValue::Boolean(truth) => Value::from(*truth),
            DeValue::Datetime(time) => Value::from(time.to_string()),
            DeValue::Integer(digits) => match i64::from_str_radix(digits.as_str(), digits.radix()) {
                Ok(integer) => Value::from(integer),
                Err(_) => self.no_value(value, "an integer must lie between -2^63 and 2^63 - 1"),
            },
            DeValue::Float(digits) => match digits.as_str().parse::<f64>() {
                Ok(number) if number.is_finite() => Value::from(number),
                _ => self.no_value(value, "a number must be finite"),
            },
            DeValue::Array(list) => {
                let mut values = Vec::with_capacity(list.len());
                for (index, element) in list.iter().enumerate() {
                    values.push(self.json(element.span(), element, element_path(&path, index), into));
                }
                Value::from(values)
            }
            DeValue::Table(table) => {
                let mut values = serde_json::Map::with_capacity(table.len());
                for (name, value) in table {
                    let path = key_path(&path, name.get_ref());
                    values.insert(name.get_ref().to_string(), self.json(name.span(), value, path, into));
                }
                Value::from(values)
            }
        };
        into.marks.insert(path, self.mark(whole));
        json
    }

    fn no_value(&mut self, value: &Entry<'_>, message: &str) -> Value {
        self.problem(&value.span(), message, None);
        Value::Null
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
