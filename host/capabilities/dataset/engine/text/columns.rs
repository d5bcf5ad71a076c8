//! Columns of fields, as the engine has them.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, NullArray,
    StringViewBuilder, TimestampMicrosecondBuilder, new_null_array,
};
use datafusion::arrow::compute::cast;

use super::{super::kind, fields::Fields};
use kind::Kind;

/// What cells are read as.
pub struct Reading<'a> {
    /// Cells that are null, besides empty ones.
    pub nulls: &'a [String],
    /// All is text.
    pub text: bool,
}

impl Reading<'_> {
    fn is_null(&self, cell: &[u8]) -> bool {
        cell.is_empty() || (!self.nulls.is_empty() && self.nulls.iter().any(|null| null.as_bytes() == cell))
    }

    /// A column, and its type: the narrowest that is not narrower than `at_least` and has room for all.
    pub fn column(&self, fields: &Fields, at: usize, at_least: Kind) -> (ArrayRef, Kind) {
        let mut kind = if self.text { Kind::Text } else { at_least };
        loop {
            match self.try_column(fields, at, kind) {
                Ok(column) => return (column, kind),
                // Each time it is wider, and text has room for all.
                Err(wider) => kind = wider,
            }
        }
    }

    /// A column of this type, or the type that has room for the first cell which it has not.
    pub fn try_column(&self, fields: &Fields, at: usize, kind: Kind) -> Result<ArrayRef, Kind> {
        let cells = || fields.column(at).map(|cell| (!self.is_null(cell)).then_some(cell));
        let wider = |cell: &[u8]| kind.join(kind::spelled(cell));
        // A macro would say it once; written out, each type's loop can be read.
        Ok(match kind {
            Kind::Null => match cells().flatten().next() {
                None => Arc::new(NullArray::new(fields.rows)),
                Some(cell) => return Err(wider(cell)),
            },
            Kind::Boolean => {
                let mut column = BooleanBuilder::with_capacity(fields.rows);
                for cell in cells() {
                    column.append_option(value(cell, kind::boolean).map_err(wider)?);
                }
                Arc::new(column.finish())
            }
            Kind::Integer => {
                let mut column = Int64Builder::with_capacity(fields.rows);
                for cell in cells() {
                    column.append_option(value(cell, kind::integer).map_err(wider)?);
                }
                Arc::new(column.finish())
            }
            Kind::Number => {
                let mut column = Float64Builder::with_capacity(fields.rows);
                for cell in cells() {
                    column.append_option(value(cell, kind::number).map_err(wider)?);
                }
                Arc::new(column.finish())
            }
            Kind::Date => {
                let mut column = Date32Builder::with_capacity(fields.rows);
                for cell in cells() {
                    column.append_option(value(cell, kind::date).map_err(wider)?);
                }
                Arc::new(column.finish())
            }
            Kind::Timestamp | Kind::Instant => {
                let zoned = kind == Kind::Instant;
                let time = |cell: &[u8]| match kind::instant(cell) {
                    Some((time, zone)) if zone == zoned => Some(time),
                    Some(_) => None,
                    None if zoned => None,
                    None => kind::date(cell).map(|days| i64::from(days) * 86_400_000_000),
                };
                let mut column = TimestampMicrosecondBuilder::with_capacity(fields.rows);
                for cell in cells() {
                    column.append_option(value(cell, time).map_err(wider)?);
                }
                Arc::new(column.with_data_type(kind.arrow()).finish())
            }
            Kind::Text | Kind::Json => {
                let mut column = StringViewBuilder::with_capacity(fields.rows);
                for cell in cells() {
                    // What is not UTF-8 was refused before.
                    column.append_option(cell.and_then(|cell| std::str::from_utf8(cell).ok()));
                }
                Arc::new(column.finish())
            }
        })
    }
}

fn value<T>(cell: Option<&[u8]>, read: impl FnOnce(&[u8]) -> Option<T>) -> Result<Option<T>, &[u8]> {
    match cell {
        None => Ok(None),
        Some(cell) => read(cell).map(Some).ok_or(cell),
    }
}

/// A column with a wider type, where its values say enough: text was spelled in some way that they do not know.
pub fn widened(column: &ArrayRef, from: Kind, to: Kind) -> Option<ArrayRef> {
    match (from, to) {
        (from, to) if from == to => Some(Arc::clone(column)),
        (Kind::Null, to) => Some(new_null_array(&to.arrow(), column.len())),
        (Kind::Integer, Kind::Number) | (Kind::Date, Kind::Timestamp) => cast(column, &to.arrow()).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::{datatypes::DataType, util::display::array_value_to_string};

    use super::*;
    use crate::capabilities::dataset::{
        engine::text::{blocks::Block, dialect::Dialect},
        options::Options,
    };

    fn column(cells: &str, nulls: &[&str]) -> (Vec<Option<String>>, Kind) {
        let dialect = Dialect::of(b"a,b\n", true, &Options::default());
        let bytes = cells.replace(' ', "\n").replace('_', "\"\"").into_bytes();
        let fields = Fields::split(Block { bytes, start: 0, last: true }, dialect, 1).unwrap();
        let nulls = nulls.iter().map(|null| (*null).to_owned()).collect::<Vec<_>>();
        let (column, kind) = Reading { nulls: &nulls, text: false }.column(&fields, 0, Kind::Null);
        let shown = |at| column.is_valid(at).then(|| array_value_to_string(&column, at).unwrap());
        (
            (0..column.len()).map(|at| shown(at).filter(|_| *column.data_type() != DataType::Null)).collect(),
            kind,
        )
    }

    #[test]
    fn a_column_has_the_narrowest_type_with_room_for_all_its_cells() {
        for (cells, kind) in [
            ("1 2 3", Kind::Integer),
            ("1 2.5", Kind::Number),
            ("1 a", Kind::Text),
            ("1 true", Kind::Text),
            ("true False", Kind::Boolean),
            ("_ _", Kind::Null),
            ("_ 1", Kind::Integer),
            ("2026-01-31 2026-01-31T00:00:00", Kind::Timestamp),
            ("2026-01-31T00:00:00 2026-01-31T00:00:00Z", Kind::Text),
            ("007 8", Kind::Text),
            ("1 NA", Kind::Text),
        ] {
            assert_eq!(column(cells, &[]).1, kind, "{cells}");
        }
        let (cells, kind) = column("1 NA _ 4", &["NA"]);
        assert_eq!(
            (cells, kind),
            (vec![Some("1".to_owned()), None, None, Some("4".to_owned())], Kind::Integer)
        );
        assert_eq!(
            column("1.50 x", &[]).0,
            [Some("1.50".to_owned()), Some("x".to_owned())],
            "as it is spelled"
        );
    }

    #[test]
    fn what_was_spelled_is_not_made_up_again() {
        let column = Arc::new(NullArray::new(2)) as ArrayRef;
        assert_eq!(widened(&column, Kind::Null, Kind::Text).unwrap().null_count(), 2);
        assert!(widened(&column, Kind::Number, Kind::Text).is_none());
    }
}
