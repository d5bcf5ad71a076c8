//! What is asked of each column.

use gonogo_sdk::{
    Error,
    dataset::{Column, Type, quoted},
};

use crate::sql::{Aggregated, Aggregates, Key, quantile};

/// The questions about one column.
pub struct Measures<'c> {
    column: &'c Column,
    filled: Key,
    distinct: Key,
    text: Option<[Key; 6]>,
    quantity: Option<[Key; 3]>,
    ends: Option<[Key; 2]>,
}

/// What came back.
pub struct Measured<'c> {
    /// The column.
    pub column: &'c Column,
    /// Cells that are not null.
    pub filled: u64,
    /// Different values.
    pub distinct: u64,
    /// What text is like.
    pub text: Option<Texts>,
    /// Where the middle half of numbers lies, and its middle.
    pub quantity: Option<[f64; 3]>,
    /// The least and the greatest number that is finite.
    pub ends: Option<(f64, f64)>,
}

/// What the cells of a column of text are like.
#[derive(Clone, Copy, Debug, Default)]
pub struct Texts {
    /// Values of special characters only.
    pub special: u64,
    /// Spellings of null.
    pub spellings: u64,
    /// Values that spell a number.
    pub numbers: u64,
    /// Values that spell nothing but text.
    pub words: u64,
    /// Characters of which three, and 97, in a hundred have fewer.
    pub inner: Option<(f64, f64)>,
}

impl<'c> Measures<'c> {
    /// Asks them, of a table of so many rows.
    pub fn of(column: &'c Column, rows: u64, asked: &mut Aggregates) -> Self {
        let name = quoted(&column.name);
        let filled = asked.add(format!("count({name})"));
        let distinct = asked.distinct(&name);
        let text = (column.kind == Type::Text).then(|| {
            let length = format!("CAST(character_length({name}) AS DOUBLE)");
            [
                asked.count_where(&format!(
                    "text_measure({name}, 'special_characters') >= 1.0 AND null_spelling({name}) IS NULL"
                )),
                asked.add(format!("count(DISTINCT null_spelling({name}))")),
                asked.count_where(&format!(
                    "cell_type({name}) IN ('integer', 'number') AND null_spelling({name}) IS NULL"
                )),
                asked.count_where(&format!("cell_type({name}) = 'text' AND null_spelling({name}) IS NULL")),
                asked.add(quantile(&length, 0.03, rows)),
                asked.add(quantile(&length, 0.97, rows)),
            ]
        });
        let quantity = column.kind.is_numeric().then(|| {
            let value = format!("CAST({name} AS DOUBLE)");
            [0.25, 0.5, 0.75].map(|part| asked.add(quantile(&value, part, rows)))
        });
        let ends = column.kind.is_numeric().then(|| {
            let value = format!("CAST({name} AS DOUBLE)");
            let finite = format!("{value} BETWEEN -1.7e308 AND 1.7e308");
            ["min", "max"].map(|end| asked.add(format!("{end}({value}) FILTER (WHERE {finite})")))
        });
        Self { column, filled, distinct, text, quantity, ends }
    }

    /// Reads the answers.
    pub fn read(&self, answer: &Aggregated) -> Result<Measured<'c>, Error> {
        let text = match self.text {
            None => None,
            Some([special, spellings, numbers, words, low, high]) => Some(Texts {
                special: answer.count(special)?,
                spellings: answer.count(spellings)?,
                numbers: answer.count(numbers)?,
                words: answer.count(words)?,
                inner: answer.get::<f64>(low)?.zip(answer.get::<f64>(high)?),
            }),
        };
        let quantity = match self.quantity {
            None => None,
            Some(keys) => {
                let [low, middle, high] = keys.map(|key| answer.get::<f64>(key));
                match (low?, middle?, high?) {
                    (Some(low), Some(middle), Some(high)) => Some([low, middle, high]),
                    _ => None,
                }
            }
        };
        let ends = match self.ends {
            None => None,
            Some([least, greatest]) => answer.get::<f64>(least)?.zip(answer.get::<f64>(greatest)?),
        };
        Ok(Measured {
            column: self.column,
            filled: answer.count(self.filled)?,
            distinct: answer.count(self.distinct)?,
            text,
            quantity,
            ends,
        })
    }
}
