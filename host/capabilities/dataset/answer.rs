//! What a query answers, as the contract and recordings have it.

use serde::{Deserialize, Serialize};

use crate::bindings::dataset as contract;

/// The cells of a column, from the first row to the last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cells {
    /// Yes and no.
    Booleans(Vec<Option<bool>>),
    /// Whole numbers.
    Integers(Vec<Option<i64>>),
    /// Floating-point numbers.
    Numbers(#[serde(with = "numbers")] Vec<Option<f64>>),
    /// Texts, and all else as text.
    Texts(Vec<Option<String>>),
}

/// A column of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// As the query calls it.
    pub name: String,
    /// Its cells.
    #[serde(flatten)]
    pub cells: Cells,
}

/// The columns of an answer, in order.
pub type Answer = Vec<Column>;

impl From<Column> for (String, contract::Cells) {
    fn from(column: Column) -> Self {
        let cells = match column.cells {
            Cells::Booleans(cells) => contract::Cells::Booleans(cells),
            Cells::Integers(cells) => contract::Cells::Integers(cells),
            Cells::Numbers(cells) => contract::Cells::Numbers(cells),
            Cells::Texts(cells) => contract::Cells::Texts(cells),
        };
        (column.name, cells)
    }
}

/// Floating-point numbers in JSON, which has no word for some of them: `"NaN"`, `"inf"`, `"-inf"`.
mod numbers {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(f64),
        Word(String),
    }

    pub fn serialize<S: Serializer>(cells: &[Option<f64>], serializer: S) -> Result<S::Ok, S::Error> {
        let written = |cell: &f64| match cell {
            number if number.is_finite() => Written::Number(*number),
            number => Written::Word(number.to_string()),
        };
        serializer.collect_seq(cells.iter().map(|cell| cell.as_ref().map(written)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Option<f64>>, D::Error> {
        let number = |written| match written {
            Written::Number(number) => Ok(number),
            Written::Word(word) => {
                word.parse().map_err(|_| D::Error::custom(format!("'{word}' is no number")))
            }
        };
        let cells = Vec::<Option<Written>>::deserialize(deserializer)?;
        cells.into_iter().map(|cell| cell.map(number).transpose()).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_survive_a_recording() {
        let kept = json!([
            {"name": "n", "integers": [1, null]},
            {"name": "x", "numbers": [0.5, null, "NaN", "-inf"]},
            {"name": "t", "texts": ["a", null]},
            {"name": "b", "booleans": [true, null]},
        ]);
        let answer = serde_json::from_value::<Answer>(kept.clone()).unwrap();
        assert_eq!(serde_json::to_value(answer).unwrap(), kept);
    }
}
