//! Rows of the engine as the contract has them, up to what an answer may hold.

use datafusion::arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, Float64Type, Int64Type, SchemaRef},
    util::display::{ArrayFormatter, FormatOptions},
};

use super::stored;
use crate::{
    capabilities::dataset::answer::{Answer, Cells, Column},
    domain::{Error, text},
};

/// Most bytes of an answer: it has to fit into a plugin's memory, beside what the plugin makes of it.
const MOST_BYTES: usize = 16 << 20;

/// An answer as far as it has come.
pub struct Taken {
    columns: Vec<Column>,
    /// What is left.
    bytes: usize,
    rows: usize,
    most_rows: usize,
}

impl Taken {
    pub fn new(schema: &SchemaRef, most_rows: usize) -> Self {
        let column = |name: &String, kind: &DataType| Column { name: name.clone(), cells: empty(kind) };
        let columns = schema.fields().iter().map(|field| column(field.name(), field.data_type()));
        Self { columns: columns.collect(), bytes: MOST_BYTES, rows: 0, most_rows }
    }

    pub fn take(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.rows += batch.num_rows();
        if self.rows > self.most_rows {
            return Err(Error::Limit(format!(
                "the answer has more than {} rows: ask for fewer (LIMIT), or count them",
                self.most_rows
            )));
        }
        for (column, array) in self.columns.iter_mut().zip(batch.columns()) {
            let taken = take(column, array)?;
            self.bytes = self.bytes.checked_sub(taken).ok_or_else(|| {
                Error::Limit(format!(
                    "the answer is larger than {} MiB: ask for less of it",
                    MOST_BYTES >> 20
                ))
            })?;
        }
        Ok(())
    }

    pub fn answer(self) -> Answer {
        self.columns
    }
}

fn empty(kind: &DataType) -> Cells {
    match kind {
        DataType::Boolean => Cells::Booleans(Vec::new()),
        kind if kind.is_integer() => Cells::Integers(Vec::new()),
        kind if kind.is_floating() => Cells::Numbers(Vec::new()),
        DataType::Dictionary(_, values) => empty(values),
        _ => Cells::Texts(Vec::new()),
    }
}

/// Appends an array, and says about how many bytes that took.
fn take(column: &mut Column, array: &ArrayRef) -> Result<usize, Error> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::Unsupported(format!(
            "a column of the answer cannot be shown: {}",
            text::line(&error.to_string(), 200)
        ))
    };
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    match &mut column.cells {
        Cells::Booleans(cells) => cells.extend(array.as_boolean_opt().into_iter().flatten()),
        Cells::Integers(cells) => {
            let Ok(integers) = cast_with_options(array, &DataType::Int64, &strict) else {
                // Beyond 63 bits: with all their digits from here on, and from the start.
                let texts = cells.iter().map(|cell| cell.map(|cell| cell.to_string())).collect();
                column.cells = Cells::Texts(texts);
                return take(column, array);
            };
            cells.extend(integers.as_primitive::<Int64Type>());
        }
        Cells::Numbers(cells) => {
            let numbers =
                cast_with_options(array, &DataType::Float64, &strict).map_err(|error| failed(&error))?;
            cells.extend(numbers.as_primitive::<Float64Type>());
        }
        Cells::Texts(cells) => {
            let shown = match stored::is_json(array.data_type()) {
                true => &stored::converted(array, "the answer")?,
                false => array,
            };
            let options = FormatOptions::default();
            let formatter = ArrayFormatter::try_new(shown, &options).map_err(|error| failed(&error))?;
            let nulls = shown.logical_nulls();
            let mut bytes = 0;
            for row in 0..shown.len() {
                let is_null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
                let text = (!is_null).then(|| formatter.value(row).try_to_string()).transpose();
                let text = text.map_err(|error| failed(&error))?;
                bytes += text.as_ref().map_or(0, String::len) + 16;
                if bytes > MOST_BYTES {
                    break;
                }
                cells.push(text);
            }
            return Ok(bytes);
        }
    }
    Ok(array.len() * 16)
}
