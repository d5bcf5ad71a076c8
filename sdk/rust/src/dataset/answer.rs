//! What a query answers: columns of cells, kept in recordings as lists.

use serde::{Deserialize, Serialize};

use crate::{Error, FromValue, Value, bindings::gonogo::plugin::dataset as wit};

/// The cells of a column, from the first row to the last. `None` is null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cells {
    /// Yes and no.
    Booleans(Vec<Option<bool>>),
    /// Whole numbers.
    Integers(Vec<Option<i64>>),
    /// Floating-point numbers. Recordings write those that are none as `"NaN"`, `"inf"` and `"-inf"`.
    Numbers(#[serde(with = "numbers")] Vec<Option<f64>>),
    /// Texts, and all else as text.
    Texts(Vec<Option<String>>),
}

impl Cells {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Booleans(cells) => cells.len(),
            Self::Integers(cells) => cells.len(),
            Self::Numbers(cells) => cells.len(),
            Self::Texts(cells) => cells.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them; `None` where it is null.
    pub fn value(&self, row: usize) -> Option<Value> {
        match self {
            Self::Booleans(cells) => cells.get(row)?.map(Value::from),
            Self::Integers(cells) => cells.get(row)?.map(Value::from),
            Self::Numbers(cells) => cells.get(row)?.map(Value::from),
            Self::Texts(cells) => cells.get(row)?.clone().map(Value::from),
        }
    }
}

impl From<wit::Cells> for Cells {
    fn from(cells: wit::Cells) -> Self {
        match cells {
            wit::Cells::Booleans(cells) => Self::Booleans(cells),
            wit::Cells::Integers(cells) => Self::Integers(cells),
            wit::Cells::Numbers(cells) => Self::Numbers(cells),
            wit::Cells::Texts(cells) => Self::Texts(cells),
        }
    }
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

impl From<(String, wit::Cells)> for Column {
    fn from((name, cells): (String, wit::Cells)) -> Self {
        Self { name, cells: cells.into() }
    }
}

/// The answer to a query.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answer(pub Vec<Column>);

impl Answer {
    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.0.first().map_or(0, |column| column.cells.len())
    }

    /// The cells of a column.
    ///
    /// # Errors
    /// Where the answer has no column of that name.
    pub fn column(&self, name: &str) -> Result<&Cells, Error> {
        let column = self.0.iter().find(|column| column.name == name).map(|column| &column.cells);
        column.ok_or_else(|| Error::Unsupported(format!("the host's answer has no column '{name}'")))
    }

    /// One cell, as text, number or whatever is asked for; `None` where it is null.
    ///
    /// # Errors
    /// Where there is no such cell, or it is of another type.
    pub fn get<T: FromValue>(&self, row: usize, name: &str) -> Result<Option<T>, Error> {
        let cells = self.column(name)?;
        if row >= cells.len() {
            return Err(Error::Unsupported(format!(
                "the host's answer has {} rows, not {}",
                cells.len(),
                row + 1
            )));
        }
        let Some(value) = cells.value(row) else { return Ok(None) };
        T::from_value(&value).map(Some).ok_or_else(|| {
            Error::Unsupported(format!("the host answers '{name}' with {value:?}, which is not {}", T::NAME))
        })
    }

    /// One cell that cannot be null.
    ///
    /// # Errors
    /// As [`Answer::get`], and where it is null.
    pub fn need<T: FromValue>(&self, row: usize, name: &str) -> Result<T, Error> {
        self.get(row, name)?.ok_or_else(|| {
            Error::Unsupported(format!("the host answers '{name}' of row {} with null", row + 1))
        })
    }
}

/// Floating-point numbers in JSON, which has no word for some of them.
mod numbers {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Written<'a> {
        Number(f64),
        Word(std::borrow::Cow<'a, str>),
    }

    pub fn serialize<S: Serializer>(cells: &[Option<f64>], serializer: S) -> Result<S::Ok, S::Error> {
        let written = |cell: &f64| match cell {
            number if number.is_finite() => Written::Number(*number),
            number => Written::Word(number.to_string().into()),
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
        let cells = Vec::<Option<Written<'_>>>::deserialize(deserializer)?;
        cells.into_iter().map(|cell| cell.map(number).transpose()).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer() -> Answer {
        serde_json::from_value(json!([
            {"name": "n", "integers": [1, null]},
            {"name": "x", "numbers": [0.5, "NaN"]},
            {"name": "t", "texts": ["a", null]},
        ]))
        .unwrap()
    }

    #[test]
    fn cells_are_read_by_name_and_type() {
        let answer = answer();
        assert_eq!((answer.rows(), answer.need::<u64>(0, "n")), (2, Ok(1)));
        assert_eq!(answer.get::<i64>(1, "n"), Ok(None));
        assert_eq!(answer.get::<String>(0, "t"), Ok(Some("a".to_owned())));
        assert!(answer.need::<f64>(1, "x").unwrap().is_nan());
        for wrong in
            [answer.need::<i64>(1, "n"), answer.need(0, "m"), answer.need(2, "n"), answer.need(0, "t")]
        {
            assert!(matches!(wrong, Err(Error::Unsupported(_))), "{wrong:?}");
        }
    }

    #[test]
    fn answers_survive_a_recording() {
        let kept = serde_json::to_value(answer()).unwrap();
        assert_eq!(kept[1], json!({"name": "x", "numbers": [0.5, "NaN"]}));
        assert_eq!(
            serde_json::to_value(serde_json::from_value::<Answer>(kept.clone()).unwrap()).unwrap(),
            kept
        );
    }
}
