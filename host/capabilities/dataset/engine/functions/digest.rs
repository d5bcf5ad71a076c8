//! Digests of rows: one number to compare where many columns would have to be.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, Decimal128Array, PrimitiveArray},
        compute::cast,
        datatypes::{ArrowPrimitiveType, DataType, Float32Type, Float64Type},
        row::{RowConverter, SortField},
    },
    common::Result,
};
use twox_hash::XxHash3_128;

/// Bits of a digest: as many as 38 decimal digits have room for.
const BITS: u32 = 126;

pub fn answers() -> DataType {
    DataType::Decimal128(38, 0)
}

/// The digest of each row's values.
pub fn row_digest(columns: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
    let columns = columns.iter().map(comparable).collect::<Result<Vec<_>>>()?;
    let digest = |bytes: &[u8]| (XxHash3_128::oneshot(bytes) >> (128 - BITS)).cast_signed();
    let digests: Decimal128Array = if columns.is_empty() {
        (0..rows).map(|_| Some(digest(&[]))).collect()
    } else {
        let fields = columns.iter().map(|column| SortField::new(column.data_type().clone())).collect();
        let encoded = RowConverter::new(fields)?.convert_columns(&columns)?;
        encoded.iter().map(|row| Some(digest(row.as_ref()))).collect()
    };
    Ok(Arc::new(digests.with_precision_and_scale(38, 0)?))
}

/// Values that are equal, written equally: integers and numbers of any width, 0 and -0, one NaN.
fn comparable(column: &ArrayRef) -> Result<ArrayRef> {
    Ok(match column.data_type() {
        DataType::Float64 => {
            Arc::new(canonical::<Float64Type>(
                column,
                |value| if value.is_nan() { f64::NAN } else { value + 0.0 },
            ))
        }
        DataType::Float32 => {
            let canonical =
                canonical::<Float32Type>(column, |value| if value.is_nan() { f32::NAN } else { value + 0.0 });
            cast(&(Arc::new(canonical) as ArrayRef), &DataType::Float64)?
        }
        DataType::Null
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32 => cast(column, &DataType::Int64)?,
        DataType::Utf8 | DataType::LargeUtf8 => cast(column, &DataType::Utf8View)?,
        DataType::Dictionary(_, values) => return comparable(&cast(column, values)?),
        _ => Arc::clone(column),
    })
}

fn canonical<T: ArrowPrimitiveType>(
    column: &ArrayRef,
    change: impl Fn(T::Native) -> T::Native,
) -> PrimitiveArray<T> {
    column.as_primitive::<T>().unary(change)
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Float64Array, Int32Array, Int64Array, StringArray, StringViewArray};

    use super::*;

    fn digests(columns: Vec<ArrayRef>) -> Vec<i128> {
        let digests = row_digest(&columns, columns[0].len()).unwrap();
        digests.as_primitive::<datafusion::arrow::datatypes::Decimal128Type>().values().to_vec()
    }

    #[test]
    fn equal_values_have_equal_digests_and_no_others() {
        let found = digests(vec![
            Arc::new(Float64Array::from(vec![
                Some(0.0),
                Some(-0.0),
                Some(f64::NAN),
                Some(-f64::NAN),
                None,
                None,
            ])),
            Arc::new(StringViewArray::from(vec!["a", "a", "b", "b", "", "a"])),
        ]);
        assert!(found[0] == found[1] && found[2] == found[3]);
        assert_eq!(found.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
        assert!(found.iter().all(|digest| (0..10_i128.pow(38)).contains(digest)));
    }

    #[test]
    fn fields_cannot_run_into_one_another() {
        let text = |text: &str| Arc::new(StringArray::from(vec![text])) as ArrayRef;
        assert_ne!(digests(vec![text("ab"), text("c")]), digests(vec![text("a"), text("bc")]));
        let narrow = digests(vec![Arc::new(Int32Array::from(vec![7]))]);
        assert_eq!(narrow, digests(vec![Arc::new(Int64Array::from(vec![7]))]));
        assert_ne!(narrow, digests(vec![text("7")]));
    }
}
