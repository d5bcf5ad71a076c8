//! Functions that the host adds to SQL: what plain SQL cannot say well. `wit/dataset.wit` says what each answers.

mod digest;
mod json;
mod measure;
mod shingle;
mod spelling;

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, StringViewArray},
        compute::cast,
        datatypes::DataType,
    },
    common::Result,
    error::DataFusionError,
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
};

/// All of them.
pub fn all() -> impl Iterator<Item = Arc<ScalarUDF>> {
    let functions = [
        Function { name: "row_digest", texts: None, answers: digest::answers, call: digest::row_digest },
        Function {
            name: "minhash_bands",
            texts: Some(1),
            answers: shingle::bands,
            call: shingle::minhash_bands,
        },
        Function { name: "text_similarity", texts: Some(2), answers: number, call: shingle::text_similarity },
        Function { name: "text_measure", texts: Some(2), answers: number, call: measure::text_measure },
        Function { name: "cell_type", texts: Some(1), answers: text, call: spelling::cell_type },
        Function { name: "null_spelling", texts: Some(1), answers: text, call: spelling::null_spelling },
        Function { name: "fold_text", texts: Some(1), answers: text, call: spelling::fold_text },
        Function { name: "json_at", texts: Some(2), answers: text, call: json::json_at },
        Function { name: "json_length", texts: Some(1), answers: integer, call: json::json_length },
        Function { name: "json_kind", texts: Some(1), answers: text, call: json::json_kind },
    ];
    functions.into_iter().map(|function| {
        let signature = match function.texts {
            None => Signature::variadic_any(Volatility::Immutable),
            Some(count) => Signature::any(count, Volatility::Immutable),
        };
        Arc::new(ScalarUDF::new_from_impl(Registered { function, signature }))
    })
}

fn number() -> DataType {
    DataType::Float64
}

fn integer() -> DataType {
    DataType::Int64
}

fn text() -> DataType {
    DataType::Utf8View
}

/// One function.
#[derive(Clone, Copy, Debug)]
struct Function {
    name: &'static str,
    /// How many texts it takes; absent where it takes any values, as many as there are.
    texts: Option<usize>,
    answers: fn() -> DataType,
    /// Gets columns of as many rows as it is told, and gives one.
    call: fn(&[ArrayRef], usize) -> Result<ArrayRef>,
}

#[derive(Debug)]
struct Registered {
    function: Function,
    signature: Signature,
}

// Functions of one name are one function.
impl PartialEq for Registered {
    fn eq(&self, other: &Self) -> bool {
        self.function.name == other.function.name
    }
}

impl Eq for Registered {}

impl Hash for Registered {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.function.name.hash(state);
    }
}

impl ScalarUDFImpl for Registered {
    fn name(&self) -> &str {
        self.function.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok((self.function.answers)())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let mut columns = ColumnarValue::values_to_arrays(&args.args)?;
        // Constants come as one row.
        for column in &mut columns {
            if column.len() != rows && column.len() == 1 {
                *column =
                    datafusion::common::ScalarValue::try_from_array(column, 0)?.to_array_of_size(rows)?;
            }
        }
        if self.function.texts.is_some() {
            for column in &mut columns {
                *column = super::stored::converted(column, "an argument")
                    .map_err(|error| wrong(&error.to_string()))?;
                *column = cast(column, &DataType::Utf8View)?;
            }
        }
        Ok(ColumnarValue::Array((self.function.call)(&columns, rows)?))
    }
}

fn wrong(why: &str) -> DataFusionError {
    DataFusionError::Execution(why.to_owned())
}

/// A column of texts.
fn texts(column: &ArrayRef) -> Result<&StringViewArray> {
    column.as_string_view_opt().ok_or_else(|| wrong("a function of texts was given something else"))
}

/// A function of one text each.
fn each<T, A: FromIterator<Option<T>> + Array + 'static>(
    columns: &[ArrayRef],
    answer: impl Fn(Option<&str>) -> Option<T>,
) -> Result<ArrayRef> {
    let column = columns.first().ok_or_else(|| wrong("no argument"))?;
    Ok(Arc::new(texts(column)?.iter().map(answer).collect::<A>()))
}

/// A function of two texts each, null where one is.
fn each_two<T, A: FromIterator<Option<T>> + Array + 'static>(
    columns: &[ArrayRef],
    answer: impl Fn(&str, &str) -> Result<Option<T>>,
) -> Result<ArrayRef> {
    let [one, other] = columns else { return Err(wrong("two arguments are wanted")) };
    let pairs = texts(one)?.iter().zip(texts(other)?.iter());
    let answers = pairs.map(|pair| match pair {
        (Some(one), Some(other)) => answer(one, other),
        _ => Ok(None),
    });
    Ok(Arc::new(answers.collect::<Result<A>>()?))
}
