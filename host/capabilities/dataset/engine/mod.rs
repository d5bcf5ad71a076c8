//! The engine: Apache DataFusion over files that were selected and opened elsewhere.
//!
//! Made in steps, each when it is first needed: a table is opened without it, its columns are found without a query. [`table`] knows files, [`remote`] those of servers, [`known`] what was found out of them,
//! [`text`], [`parquet`] and [`arrow`] read them, [`scan`] shows them to DataFusion, [`query`] holds SQL to what
//! it may say and runs it; what the jobs of a run have in common is in [`shared`], and what memory has no room for in [`laid`].

mod arrow;
mod cells;
mod chunk;
mod decoded;
mod detect;
mod found;
mod functions;
mod kind;
mod known;
mod laid;
mod member;
mod message;
mod once;
mod parquet;
mod partition;
mod query;
mod remote;
mod scan;
mod shared;
mod source;
mod stored;
mod table;
mod temporary;
#[cfg(test)]
mod tests;
mod text;
mod thrift;

use std::{
    collections::BTreeMap,
    ffi::OsString,
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use datafusion::execution::memory_pool::FairSpillPool;

pub use self::shared::Shared;
use self::{
    known::Known, member::Member, query::Running, remote::Access, source::Clock, table::Files as Opened,
};
use super::{
    Asked,
    answer::Answer,
    options::{Compression, Options},
};
use crate::{
    capabilities::files::Files,
    domain::{Attributes, Authority, Error, Value, limits::DATASET_QUERY_BYTES, remote::is_remote},
};

/// Most damaged files that are named.
const MOST_DAMAGED: usize = 1_000;

/// The engine of one job.
pub struct Engine {
    shared: Arc<Shared>,
    /// What it may read from elsewhere.
    access: Access,
    /// Bytes that a query may work with.
    memory: usize,
    running: Option<Running>,
}

/// A table that was opened.
pub struct Table(Arc<Opened>);

impl Engine {
    /// The engine of a job of a run, which may read what `authorities` grant; `variables` are this process's.
    pub fn new(
        shared: Arc<Shared>,
        authorities: &[Authority],
        variables: &Arc<BTreeMap<OsString, OsString>>,
    ) -> Self {
        let access = Access::new(authorities, Arc::clone(variables));
        Self { access, ..Self::of(shared) }
    }

    /// The engine of a job that reads local files only.
    pub fn of(shared: Arc<Shared>) -> Self {
        Self { shared, access: Access::default(), memory: DATASET_QUERY_BYTES, running: None }
    }

    /// Finds the files of a table and looks at their first bytes.
    pub fn open(&mut self, files: &Files, asked: &Asked, deadline: Instant) -> Result<Table, Error> {
        let options = Options::read(&asked.options)?;
        let clock = Clock::new(deadline);
        let (away, here) = asked.files.iter().cloned().partition::<Vec<_>, _>(|name| is_remote(name));
        let mut selected = Vec::new();
        if !here.is_empty() || away.is_empty() {
            selected.extend(files.select(&here, deadline)?.into_iter().map(Member::local));
        }
        for name in &away {
            selected.extend(self.shared.network.select(&self.access, name, &options.away, &clock)?);
        }
        selected.sort_by(|one, other| one.path.cmp(&other.path));
        selected.dedup_by(|one, other| one.path == other.path);
        parquet::guarded(&asked.files.join(" "), || self.shared.open(selected, options, &clock)).map(Table)
    }

    fn known(&self, table: &Table, clock: &Clock) -> Result<Arc<Known>, Error> {
        let path = &table.0.sources[0].file.path;
        parquet::guarded(path, || table.0.known(clock, &*self.shared))
    }

    /// What a table is read from.
    pub fn files(&mut self, table: &Table, deadline: Instant) -> Result<Vec<Attributes>, Error> {
        let clock = Clock::new(deadline);
        let rows = match table.0.footers() {
            true => self.known(table, &clock)?.rows_of_files(table.0.sources.len()),
            false => vec![None; table.0.sources.len()],
        };
        let file = |(at, source): (usize, &source::Source)| {
            let mut file = Attributes::default();
            file.set("path", source.file.path.as_str());
            file.set("size", source.file.size);
            file.set("format", table.0.format.name());
            match source.compression {
                Compression::None => {}
                Compression::Gzip => file.set("compression", "gzip"),
                Compression::Zstd => file.set("compression", "zstd"),
            }
            if let Some(rows) = rows[at] {
                file.set("rows", rows);
            }
            let partitions = table.0.partitions.iter().map(|partition| {
                let value = partition.values.get(at).and_then(Option::as_deref).unwrap_or_default();
                format!("{}={value}", partition.name)
            });
            let partitions = partitions.collect::<Vec<_>>();
            if !partitions.is_empty() {
                file.set("partitions", Value::Texts(partitions));
            }
            file
        };
        Ok(table.0.sources.iter().enumerate().map(file).collect())
    }

    /// Its columns.
    pub fn columns(&mut self, table: &Table, deadline: Instant) -> Result<Vec<Attributes>, Error> {
        let known = self.known(table, &Clock::new(deadline))?;
        let column = |name: &str, kind: &str, nullable: bool, stored: String, partition: bool| {
            let mut column = Attributes::default();
            column.set("name", name);
            column.set("type", kind);
            column.set("nullable", nullable);
            column.set("stored", stored);
            column.set("partition", partition);
            column
        };
        let columns = known.columns.iter().map(|known| {
            let kind = if known.json { "json" } else { type_name(&known.asked) };
            column(&known.name, kind, known.nullable, known.stored.to_string(), false)
        });
        let partitions = table.0.partitions.iter().map(|partition| {
            let kind = partition.kind.arrow();
            let nullable = partition.values.iter().any(Option::is_none);
            column(&partition.name, type_name(&kind), nullable, kind.to_string(), true)
        });
        Ok(columns.chain(partitions).collect())
    }

    /// The number of its rows.
    pub fn rows(&mut self, table: &Table, deadline: Instant) -> Result<u64, Error> {
        let clock = Clock::new(deadline);
        let known = self.known(table, &clock)?;
        match known.rows {
            Some(rows) => Ok(rows),
            None => parquet::guarded(&table.0.sources[0].file.path, || table.0.count(&known, &clock)),
        }
    }

    /// The first bad place of each file.
    pub fn damage(&mut self, table: &Table, deadline: Instant) -> Result<Vec<Attributes>, Error> {
        let clock = Clock::new(deadline);
        // Who knows the columns of text has read all of it.
        if !table.0.footers() {
            match self.known(table, &clock) {
                Ok(known) if known.was_read() => return Ok(Vec::new()),
                Err(error @ Error::Timeout(_)) => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        let mut damaged = Vec::new();
        for (at, source) in table.0.sources.iter().enumerate() {
            clock.in_time(&source.file.path)?;
            let proved = parquet::guarded(&source.file.path, || Ok(table.0.prove(at, &clock)))
                .unwrap_or_else(|error| Err(error.into()));
            let place = match proved {
                Ok(()) => continue,
                // Not a property of the file.
                Err(place) if matches!(place.error, Error::Timeout(_) | Error::Denied(_)) => {
                    return Err(place.error);
                }
                Err(place) => place,
            };
            let mut attributes = Attributes::default();
            attributes.set("path", source.file.path.as_str());
            attributes.set("reason", place.error.to_string());
            for (name, value) in [("line", place.line), ("row", place.row), ("byte", place.byte)] {
                if let Some(value) = value {
                    attributes.set(name, value);
                }
            }
            if let Some(column) = place.column {
                attributes.set("column", column);
            }
            damaged.push(attributes);
            if damaged.len() == MOST_DAMAGED {
                break;
            }
        }
        Ok(damaged)
    }

    /// Answers a query.
    pub fn query(
        &mut self,
        tables: &[(String, &Table)],
        sql: &str,
        options: &Attributes,
        deadline: Instant,
    ) -> Result<Answer, Error> {
        let most_rows = query::most_rows(options)?;
        query::check_length(sql)?;
        let clock = Clock::new(deadline);
        let mut scans = Vec::with_capacity(tables.len());
        for (name, table) in tables {
            let known = self.known(table, &clock)?;
            let (files, schema) = (Arc::clone(&table.0), table.0.schema(&known));
            scans.push((name.clone(), scan::Scan { files, known, schema, clock: clock.clone() }));
        }
        let running = match &mut self.running {
            Some(running) => running,
            none => none.insert(Running::start(Arc::new(FairSpillPool::new(self.memory)))?),
        };
        let _turn = self.shared.turn(deadline)?;
        let started = Instant::now();
        let answer = running.answer(scans, sql, most_rows, deadline);
        tracing::debug!("a query took {:.3} s: {sql}", started.elapsed().as_secs_f64());
        // Whatever still reads for a query that ended, ends.
        clock.stopped.store(true, Ordering::Relaxed);
        answer
    }
}

/// As the contract calls the type of a column that is no JSON.
fn type_name(kind: &datafusion::arrow::datatypes::DataType) -> &'static str {
    use datafusion::arrow::datatypes::DataType;
    match kind {
        DataType::Null => "null",
        DataType::Boolean => "boolean",
        kind if kind.is_integer() => "integer",
        kind if kind.is_floating() => "number",
        kind if kind.is_decimal() => "decimal",
        DataType::Date32 | DataType::Date64 => "date",
        DataType::Timestamp(..) => "timestamp",
        kind if kind.is_temporal() => "time",
        DataType::Binary => "binary",
        _ => "text",
    }
}
