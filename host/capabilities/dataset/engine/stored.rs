//! Types as Parquet and Arrow store them, made ones that SQL asks well.

use std::sync::Arc;

use datafusion::arrow::{
    array::{Array, ArrayRef, RecordBatch, StringViewBuilder},
    compute::cast,
    datatypes::{DataType, Field, Schema},
    json::{LineDelimitedWriter, WriterBuilder, writer::LineDelimited},
};

use crate::domain::{Error, text};

/// What a stored type becomes.
pub fn asked_as(stored: &DataType) -> DataType {
    match stored {
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        DataType::LargeBinary | DataType::FixedSizeBinary(_) | DataType::BinaryView => DataType::Binary,
        DataType::Float16 => DataType::Float32,
        DataType::Dictionary(_, values) => asked_as(values),
        DataType::RunEndEncoded(_, values) => asked_as(values.data_type()),
        stored if stored.is_nested() => DataType::Utf8View,
        stored => stored.clone(),
    }
}

/// Whether it is read as JSON.
pub fn is_json(stored: &DataType) -> bool {
    match stored {
        DataType::Dictionary(_, values) => is_json(values),
        DataType::RunEndEncoded(_, values) => is_json(values.data_type()),
        stored => stored.is_nested(),
    }
}

/// A column as it is asked.
pub fn converted(column: &ArrayRef, path: &str) -> Result<ArrayRef, Error> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::Io(format!("cannot read {path}: {}", text::line(&error.to_string(), 300)))
    };
    let stored = column.data_type();
    let wanted = asked_as(stored);
    if *stored == wanted {
        return Ok(Arc::clone(column));
    }
    if !is_json(stored) {
        return cast(column, &wanted).map_err(|error| failed(&error));
    }
    let field = Field::new("v", stored.clone(), true);
    let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![Arc::clone(column)]);
    let mut written = Vec::new();
    let builder = WriterBuilder::new().with_explicit_nulls(true);
    let mut writer: LineDelimitedWriter<_> = builder.build::<_, LineDelimited>(&mut written);
    let result = batch.and_then(|batch| writer.write(&batch)).and_then(|()| writer.finish());
    result.map_err(|error| failed(&error))?;
    drop(writer);
    // Each line is `{"v":…}`.
    let mut lines = written.split(|byte| *byte == b'\n');
    let mut texts = StringViewBuilder::with_capacity(column.len());
    for row in 0..column.len() {
        let value = lines.next().and_then(|line| line.strip_prefix(b"{\"v\":")?.strip_suffix(b"}"));
        let value = value.and_then(|value| std::str::from_utf8(value).ok());
        texts.append_option(value.filter(|_| column.is_valid(row)));
    }
    Ok(Arc::new(texts.finish()))
}
