//! A table as the engine scans it: parts of equal size side by side, columns as they are wanted.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use datafusion::{
    arrow::{
        array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions, StringViewArray},
        compute::cast,
        datatypes::SchemaRef,
    },
    catalog::{Session, TableProvider},
    common::Result,
    error::DataFusionError,
    execution::{SendableRecordBatchStream, TaskContext},
    logical_expr::{Expr, TableType},
    physical_plan::{
        ExecutionPlan,
        stream::{RecordBatchReceiverStream, RecordBatchStreamAdapter},
        streaming::{PartitionStream, StreamingTableExec},
    },
};

use super::{
    chunk::Chunk,
    known::{Known, Part},
    source::Clock,
    table::Files,
};
use crate::domain::Error;

/// Batches that wait between a reader and who asked for them.
const WAITING: usize = 2;

/// A table in a query.
pub struct Scan {
    pub files: Arc<Files>,
    pub known: Arc<Known>,
    pub schema: SchemaRef,
    pub clock: Clock,
}

impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table of {} files", self.files.sources.len())
    }
}

#[async_trait]
impl TableProvider for Scan {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let columns = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let schema = Arc::new(self.schema.project(&columns)?);
        let partition = |share| {
            let (files, known, clock) =
                (Arc::clone(&self.files), Arc::clone(&self.known), self.clock.clone());
            let (schema, columns) = (Arc::clone(&schema), columns.clone());
            Arc::new(Partition(Arc::new(Parts { files, known, clock, schema, columns, share })))
                as Arc<dyn PartitionStream>
        };
        let partitions =
            shares(&self.known.parts, session.config().target_partitions()).into_iter().map(partition);
        let plan =
            StreamingTableExec::try_new(Arc::clone(&schema), partitions.collect(), None, None, false, limit)?;
        Ok(Arc::new(plan))
    }
}

/// Ranges of parts with about equally many rows, at least one range.
fn shares(parts: &[Part], count: usize) -> Vec<std::ops::Range<usize>> {
    let rows = parts.iter().map(|part| part.rows() + 1).sum::<u64>();
    let share = (rows / count.max(1) as u64).max(1);
    let (mut shares, mut start, mut sum) = (Vec::new(), 0, 0);
    for (at, part) in parts.iter().enumerate() {
        sum += part.rows() + 1;
        if sum >= share && shares.len() + 1 < count {
            shares.push(start..at + 1);
            (start, sum) = (at + 1, 0);
        }
    }
    if start < parts.len() || shares.is_empty() {
        shares.push(start..parts.len());
    }
    shares
}

/// Some parts of a table, and what is wanted of them.
struct Parts {
    files: Arc<Files>,
    known: Arc<Known>,
    clock: Clock,
    schema: SchemaRef,
    /// Places in the table's schema.
    columns: Vec<usize>,
    share: std::ops::Range<usize>,
}

struct Partition(Arc<Parts>);

impl fmt::Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "parts {:?}", self.0.share)
    }
}

impl PartitionStream for Partition {
    fn schema(&self) -> &SchemaRef {
        &self.0.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let parts = Arc::clone(&self.0);
        let schema = Arc::clone(&parts.schema);
        let own = &parts.known.parts[parts.share.clone()];
        if own.iter().all(|part| matches!(part, Part::Kept(_))) {
            let batches = parts.share.clone().map(move |at| match &parts.known.parts[at] {
                Part::Kept(chunk) => parts.of_kept(chunk),
                _ => Err(DataFusionError::Internal("a part was kept a moment ago".to_owned())),
            });
            return Box::pin(RecordBatchStreamAdapter::new(schema, futures::stream::iter(batches)));
        }
        let mut stream = RecordBatchReceiverStream::builder(schema, WAITING);
        let sender = stream.tx();
        stream.spawn_blocking(move || {
            let wanted = parts.wanted();
            for part in &parts.known.parts[parts.share.clone()] {
                let mut goes_on = true;
                let mut send = |chunk: Chunk| {
                    let batch = parts.batch(&chunk);
                    goes_on = sender.blocking_send(batch).is_ok();
                    Ok(goes_on)
                };
                parts.files.read(&parts.known, part, &wanted, &parts.clock, &mut send).map_err(failed)?;
                if !goes_on {
                    break;
                }
            }
            Ok(())
        });
        stream.build()
    }
}

fn failed(error: Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

impl Parts {
    /// The places of the columns that are read from files.
    fn wanted(&self) -> Vec<usize> {
        let count = self.known.columns.len();
        self.columns.iter().copied().filter(|at| *at < count).collect()
    }

    fn of_kept(&self, chunk: &Chunk) -> Result<RecordBatch> {
        let columns = self.wanted().iter().map(|at| Arc::clone(&chunk.columns[*at])).collect();
        self.batch(&Chunk { columns, ..chunk.clone() })
    }

    /// A chunk of the wanted columns, with those that come from elsewhere put in.
    fn batch(&self, chunk: &Chunk) -> Result<RecordBatch> {
        let mut read = chunk.columns.iter();
        let (count, partitions) = (self.known.columns.len(), &self.files.partitions);
        let column = |at: &usize| -> Result<ArrayRef> {
            if *at < count {
                let column = read.next().map(Arc::clone);
                return column.ok_or_else(|| DataFusionError::Internal("a column was not read".to_owned()));
            }
            let repeated = |text: Option<&str>| -> ArrayRef {
                Arc::new(std::iter::repeat_n(text, chunk.rows).collect::<StringViewArray>())
            };
            match partitions.get(at - count) {
                Some(partition) => {
                    let value = partition.values.get(chunk.file).and_then(Option::as_deref);
                    Ok(cast(&repeated(value), &partition.kind.arrow())?)
                }
                None => Ok(match at - count - partitions.len() {
                    0 => repeated(self.files.sources.get(chunk.file).map(|source| source.file.path.as_str())),
                    1 => {
                        let first = chunk.first_row as i64 + 1;
                        Arc::new(Int64Array::from_iter_values(first..first + chunk.rows as i64))
                    }
                    _ => Arc::new(lines(chunk)),
                }),
            }
        };
        let columns = self.columns.iter().map(column).collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(chunk.rows));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }
}

fn lines(chunk: &Chunk) -> Int64Array {
    let Some(first) = chunk.first_line else { return Int64Array::new_null(chunk.rows) };
    let first = first as i64 + 1;
    match &chunk.lines {
        None => (first..first + chunk.rows as i64).map(Some).collect(),
        Some(lines) => lines.iter().map(|line| Some(first + i64::from(*line))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_hold_every_part_once() {
        let parts =
            |rows: &[u64]| rows.iter().map(|rows| Part::Whole { file: 0, rows: *rows }).collect::<Vec<_>>();
        for rows in [&[][..], &[1], &[5, 5, 5, 5], &[0, 0, 0], &[100, 1, 1, 1], &[1, 1, 1, 100]] {
            for count in [1, 2, 3, 8] {
                let shares = shares(&parts(rows), count);
                assert!(!shares.is_empty() && shares.len() <= count, "{rows:?} {count}");
                assert_eq!(
                    shares.into_iter().flatten().collect::<Vec<_>>(),
                    (0..rows.len()).collect::<Vec<_>>()
                );
            }
        }
    }
}
