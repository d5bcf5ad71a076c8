//! A file that a person wrote, and values that remember where in it they stand.

use std::{collections::BTreeMap, fmt, ops::Range, path::PathBuf, sync::Arc};

use serde_json::{Map, Value};

use super::problem::Place;

/// The text of a file.
pub struct Document {
    file: PathBuf,
    text: String,
    /// Where each line starts, in bytes.
    starts: Vec<usize>,
}

impl Document {
    /// A file by the name that messages give it.
    pub fn new(file: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        let text = text.into();
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(newlines.map(|(at, _)| at + 1)).collect();
        Self { file: file.into(), text, starts }
    }

    /// The line of a byte, counted from 1.
    pub fn line(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start <= byte)
    }

    /// The place of a range of bytes; its width ends with its first line.
    pub fn place(&self, range: &Range<usize>) -> Place {
        let line = self.line(range.start.min(self.text.len()));
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let end = self.starts.get(line).copied().unwrap_or(self.text.len());
        let text = self.text.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r']);
        let characters = |to: usize| text.char_indices().take_while(|(at, _)| start + at < to).count();
        let (before, until) = (characters(range.start), characters(range.end));
        Place {
            file: self.file.clone(),
            line,
            column: before + 1,
            width: until.saturating_sub(before).max(1),
            text: text.to_owned(),
        }
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({})", self.file.display())
    }
}

/// Where something stands in its file.
#[derive(Clone, Debug)]
pub struct Mark {
    document: Arc<Document>,
    range: Range<usize>,
}

impl Mark {
    /// A range of bytes in a document.
    pub fn new(document: Arc<Document>, range: Range<usize>) -> Self {
        Self { document, range }
    }

    /// The line, counted from 1.
    pub fn line(&self) -> usize {
        self.document.line(self.range.start)
    }

    /// The whole place, for a message.
    pub fn place(&self) -> Place {
        self.document.place(&self.range)
    }
}

/// A value with its place.
#[derive(Clone, Debug)]
pub struct Written<T> {
    /// What was written.
    pub value: T,
    /// Where.
    pub mark: Mark,
}

/// A check's parameters as somebody wrote them.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    /// The values by name.
    pub values: Map<String, Value>,
    /// Where each stands, those inside of tables and lists too, by its path: `assertions[3].path`.
    pub marks: BTreeMap<String, Mark>,
}

impl Parameters {
    /// Puts other parameters over these, name by name at the top.
    pub fn overlay(&mut self, over: Self) {
        for key in over.values.keys() {
            let shadowed = key_path("", key);
            self.marks.retain(|path, _| {
                path.strip_prefix(&shadowed)
                    .is_none_or(|rest| !rest.is_empty() && !rest.starts_with(['.', '[']))
            });
        }
        self.values.extend(over.values);
        self.marks.extend(over.marks);
    }

    /// Takes a name out, with everything in it.
    pub fn remove(&mut self, key: &str) {
        self.values.shift_remove(key);
        let removed = key_path("", key);
        self.marks.retain(|path, _| {
            path.strip_prefix(&removed).is_none_or(|rest| !rest.is_empty() && !rest.starts_with(['.', '[']))
        });
    }

    /// The mark of a path, or of the nearest thing around it that has one.
    pub fn nearest(&self, path: &str) -> Option<&Mark> {
        let mut path = path;
        loop {
            if let Some(mark) = self.marks.get(path) {
                return Some(mark);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }
}

/// The path of a key in a table. Keys with anything unusual are quoted, so that no two things have one path.
pub fn key_path(table: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let key = if plain { key.to_owned() } else { Value::from(key).to_string() };
    if table.is_empty() { key } else { format!("{table}.{key}") }
}

/// The path of an element in a list.
pub fn element_path(list: &str, index: usize) -> String {
    format!("{list}[{index}]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_survive_any_range() {
        let document = Document::new("x", "a = 1\r\nä = \"öö\"\n");
        let place = document.place(&(7..9));
        assert_eq!((place.line, place.column, place.width, place.text.as_str()), (2, 1, 1, "ä = \"öö\""));
        let value = document.place(&(12..18));
        assert_eq!((value.line, value.column, value.width), (2, 5, 4));
        for range in [0..0, 8..8, 19..19, 500..600, 8..1000] {
            assert!(document.place(&range).width >= 1);
        }
    }

    #[test]
    fn no_two_things_have_one_path() {
        assert_eq!(key_path("a", "b"), "a.b");
        assert_eq!(key_path("", "a.b"), r#""a.b""#);
        assert_eq!(key_path("a", "b[0]"), r#"a."b[0]""#);
        assert_ne!(key_path("", "a[0]"), element_path("a", 0));
    }
}
