//! Objects of JSON as rows: names are found as they are met, types from what the values are.

use std::{collections::HashMap, fmt, sync::Arc};

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, NullArray, StringViewArray,
    new_null_array,
};
use datafusion::arrow::{
    compute::cast,
    datatypes::{Float64Type, Int64Type},
};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{super::kind::Kind, csv::MOST_COLUMNS};

/// Cells, also empty ones, that rows taken in at once may have: objects of other names in each row have as many as the square of their number.
pub const MOST_CELLS: usize = 8 << 20;

/// A value of an object.
#[derive(Clone, Debug, PartialEq)]
enum Cell {
    Null,
    Boolean(bool),
    Integer(i64),
    Number(f64),
    Text(Box<str>),
    /// A list or an object, or an integer that does not fit: as JSON.
    Json(Box<str>),
    /// The last, with all its digits.
    Large(Box<str>),
}

impl Cell {
    fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Boolean(_) => Kind::Boolean,
            Self::Integer(_) => Kind::Integer,
            Self::Number(_) => Kind::Number,
            Self::Text(_) | Self::Large(_) => Kind::Text,
            Self::Json(_) => Kind::Json,
        }
    }
}

/// Rows that are being taken in.
#[derive(Default)]
pub struct Taken {
    pub names: Vec<String>,
    places: HashMap<String, usize>,
    columns: Vec<Vec<Cell>>,
    pub rows: usize,
}

impl Taken {
    fn set(&mut self, name: &str, cell: Cell) -> Result<(), String> {
        let at = if let Some(at) = self.places.get(name) {
            *at
        } else {
            if self.names.len() == MOST_COLUMNS {
                return Err(format!("more than {MOST_COLUMNS} names"));
            }
            self.names.push(name.to_owned());
            self.places.insert(name.to_owned(), self.names.len() - 1);
            self.columns.push(Vec::new());
            self.names.len() - 1
        };
        let column = &mut self.columns[at];
        // Of a name that stands twice in an object, the last counts, as everywhere.
        column.resize(self.rows, Cell::Null);
        column.push(cell);
        Ok(())
    }

    pub fn end_row(&mut self) -> Result<(), String> {
        self.rows += 1;
        match self.cells() > MOST_CELLS {
            true => Err(format!(
                "has too many names beside those of other rows: {} in {} rows",
                self.names.len(),
                self.rows
            )),
            false => Ok(()),
        }
    }

    pub fn cells(&self) -> usize {
        self.names.len() * self.rows
    }

    pub fn finish(mut self) -> Parsed {
        for column in &mut self.columns {
            column.resize(self.rows, Cell::Null);
        }
        let (columns, kinds) = self.columns.into_iter().map(array).unzip();
        Parsed { names: self.names, columns, kinds, rows: self.rows }
    }
}

/// Rows in columns, each with a name of its own.
pub struct Parsed {
    pub names: Vec<String>,
    pub columns: Vec<ArrayRef>,
    pub kinds: Vec<Kind>,
    pub rows: usize,
}

fn array(cells: Vec<Cell>) -> (ArrayRef, Kind) {
    let kind = cells.iter().fold(Kind::Null, |kind, cell| kind.join(cell.kind()));
    let integer = |cell: &Cell| match cell {
        Cell::Integer(value) => Some(*value),
        _ => None,
    };
    let number = |cell: &Cell| match cell {
        Cell::Integer(value) => Some(*value as f64),
        Cell::Number(value) => Some(*value),
        _ => None,
    };
    let boolean = |cell: &Cell| match cell {
        Cell::Boolean(value) => Some(*value),
        _ => None,
    };
    let column: ArrayRef = match kind {
        Kind::Null => Arc::new(NullArray::new(cells.len())),
        Kind::Boolean => Arc::new(cells.iter().map(boolean).collect::<BooleanArray>()),
        Kind::Integer => Arc::new(cells.iter().map(integer).collect::<Int64Array>()),
        Kind::Number => Arc::new(cells.iter().map(number).collect::<Float64Array>()),
        _ => {
            let text = |cell: Cell| match cell {
                Cell::Null => None,
                Cell::Boolean(value) => Some(value.to_string().into()),
                Cell::Integer(value) => Some(value.to_string().into()),
                Cell::Number(value) => serde_json::to_string(&value).ok().map(Into::into),
                Cell::Text(text) | Cell::Json(text) | Cell::Large(text) => Some(text),
            };
            Arc::new(cells.into_iter().map(text).collect::<StringViewArray>())
        }
    };
    (column, kind)
}

/// A column with a wider type. What it was in JSON can always be said again.
pub fn widened(column: &ArrayRef, from: Kind, to: Kind) -> Option<ArrayRef> {
    if from == to {
        return Some(Arc::clone(column));
    }
    if from == Kind::Null {
        return Some(new_null_array(&to.arrow(), column.len()));
    }
    match (from, to) {
        (Kind::Integer, Kind::Number) => cast(column, &to.arrow()).ok(),
        (Kind::Json, Kind::Text) => Some(Arc::clone(column)),
        (Kind::Boolean, Kind::Text) => {
            let texts = column.as_boolean().iter().map(|value| value.map(|value| value.to_string()));
            Some(Arc::new(texts.collect::<StringViewArray>()))
        }
        (Kind::Integer, Kind::Text) => {
            let texts =
                column.as_primitive::<Int64Type>().iter().map(|value| value.map(|value| value.to_string()));
            Some(Arc::new(texts.collect::<StringViewArray>()))
        }
        (Kind::Number, Kind::Text) => {
            let text = |value: f64| serde_json::to_string(&value).unwrap_or_default();
            let texts = column.as_primitive::<Float64Type>().iter().map(|value| value.map(text));
            Some(Arc::new(texts.collect::<StringViewArray>()))
        }
        _ => None,
    }
}

/// Takes one object in.
pub struct Object<'a>(pub &'a mut Taken);

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, whose names are the columns")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let cell = map.next_value_seed(OneCell)?;
            let column = self.0.places.get(name.as_ref()).map(|at| &mut self.0.columns[*at]);
            match column {
                // It stands twice.
                Some(column) if column.len() > self.0.rows => column[self.0.rows] = cell,
                _ => self.0.set(&name, cell).map_err(serde::de::Error::custom)?,
            }
        }
        self.0.end_row().map_err(serde::de::Error::custom)
    }
}

struct OneCell;

impl<'de> DeserializeSeed<'de> for OneCell {
    type Value = Cell;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cell, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for OneCell {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Cell, E> {
        Ok(Cell::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Cell, E> {
        Ok(Cell::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Cell, E> {
        Ok(i64::try_from(value).map_or_else(|_| Cell::Large(value.to_string().into()), Cell::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Cell, E> {
        Ok(Cell::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Cell, E> {
        Ok(Cell::Text(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Cell::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Cell, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = seq.next_element::<serde_json::Value>()? {
            list.push(value);
        }
        Ok(Cell::Json(serde_json::Value::Array(list).to_string().into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell, A::Error> {
        let mut object = serde_json::Map::new();
        while let Some((name, value)) = map.next_entry::<String, serde_json::Value>()? {
            object.insert(name, value);
        }
        Ok(Cell::Json(serde_json::Value::Object(object).to_string().into()))
    }
}
