//! What cells spell, and texts without what does not make them others.

use datafusion::{
    arrow::array::{ArrayRef, StringViewArray},
    common::Result,
};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{super::kind, each};
use kind::Kind;

/// How people and programs write that there is nothing.
const NULLS: [&str; 15] = [
    "",
    "null",
    "none",
    "nan",
    "na",
    "n/a",
    "nil",
    "-",
    "?",
    "\\n",
    "\\0",
    "nat",
    "#n/a",
    "<na>",
    "undefined",
];

pub fn cell_type(columns: &[ArrayRef], _: usize) -> Result<ArrayRef> {
    each::<_, StringViewArray>(columns, |cell| {
        Some(match cell {
            None => "null",
            Some("") => "empty",
            Some(cell) => match kind::spelled(cell.as_bytes()) {
                Kind::Boolean => "boolean",
                Kind::Integer => "integer",
                Kind::Number => "number",
                Kind::Date => "date",
                Kind::Timestamp | Kind::Instant => "timestamp",
                Kind::Null | Kind::Text | Kind::Json => "text",
            },
        })
    })
}

pub fn null_spelling(columns: &[ArrayRef], _: usize) -> Result<ArrayRef> {
    each::<_, StringViewArray>(columns, |cell| {
        let cell = cell?.trim();
        // None of them is longer.
        let lower = (cell.len() <= 9).then(|| cell.to_lowercase())?;
        NULLS.into_iter().find(|null| *null == lower)
    })
}

pub fn fold_text(columns: &[ArrayRef], _: usize) -> Result<ArrayRef> {
    each::<_, StringViewArray>(columns, |text| text.map(fold))
}

/// A text without case, accents and punctuation, with single blanks.
fn fold(text: &str) -> String {
    let plain = text.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase);
    let mut folded = String::with_capacity(text.len());
    let mut blank = false;
    for letter in plain {
        if letter.is_alphanumeric() {
            if blank && !folded.is_empty() {
                folded.push(' ');
            }
            blank = false;
            folded.push(letter);
        } else if letter.is_whitespace() {
            blank = true;
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{Array, AsArray};

    use super::*;

    fn answers(
        function: fn(&[ArrayRef], usize) -> Result<ArrayRef>,
        cells: &[Option<&str>],
    ) -> Vec<Option<String>> {
        let column = Arc::new(cells.iter().collect::<StringViewArray>()) as ArrayRef;
        let answer = function(&[column], cells.len()).unwrap();
        assert_eq!(answer.len(), cells.len());
        answer.as_string_view().iter().map(|cell| cell.map(str::to_owned)).collect()
    }

    #[test]
    fn cells_say_their_types() {
        let cells = [None, Some(""), Some("1"), Some("1.5"), Some("true"), Some("2026-01-31"), Some("x")];
        let types = answers(cell_type, &cells);
        let types = types.iter().map(|cell| cell.as_deref().unwrap()).collect::<Vec<_>>();
        assert_eq!(types, ["null", "empty", "integer", "number", "boolean", "date", "text"]);
    }

    #[test]
    fn spellings_of_null_are_known_in_any_case() {
        let cells = [Some("NaN"), Some(" N/A "), Some("\\N"), Some(""), Some("nano"), Some("0"), None];
        let spelled = answers(null_spelling, &cells);
        let wanted = [Some("nan"), Some("n/a"), Some("\\n"), Some(""), None, None, None];
        assert_eq!(spelled.iter().map(Option::as_deref).collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn folded_texts_lose_what_people_vary() {
        for (one, other) in
            [("New York", " new  YORK."), ("Café", "cafe\u{301}"), ("ﬁne", "Fine!"), ("don't", "DONT")]
        {
            assert_eq!(fold(one), fold(other));
        }
        assert_ne!(fold("a b"), fold("ab"));
    }
}
