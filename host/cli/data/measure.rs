//! The questions: what is asked of each column, and what came back.

use std::time::Instant;

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::{
    capabilities::{
        dataset::{
            Asked, Engine, Table as Opened,
            answer::{Answer, Cells},
        },
        files::Files,
    },
    domain::{Attributes, Error, Value},
};

/// The form of the JSON that is written.
const FORMAT: &str = "gonogo/data-profile@1";

/// Bars of a histogram.
pub const BARS: usize = 16;

/// The most frequent values that are given.
const TOP: usize = 5;

/// A column of numbers with at most so many different ones is shown by them, not by a histogram: it is a code or a grade.
const FEW: u64 = 10;

/// Columns asked about in one query.
const AT_ONCE: usize = 100;

/// Rows that suffice for a quantile: it then lies within half a hundredth of the true one.
const ENOUGH: u64 = 50_000;

/// Of all tables.
#[derive(Debug, Serialize)]
pub struct Profile {
    format: &'static str,
    /// In the order in which they were named.
    pub tables: Vec<Table>,
}

impl Default for Profile {
    fn default() -> Self {
        Self { format: FORMAT, tables: Vec::new() }
    }
}

/// Of one table.
#[derive(Debug, Serialize)]
pub struct Table {
    /// As it was named.
    pub name: String,
    /// `csv`, `parquet`, …
    pub format: String,
    /// How many.
    pub files: usize,
    /// Bytes on disk.
    pub size: i64,
    /// How many.
    pub rows: u64,
    /// Rows that are equal to one before them, in every column.
    pub duplicates: u64,
    /// In order.
    pub columns: Vec<Column>,
}

/// Of one column.
#[derive(Debug, Default, Serialize)]
pub struct Column {
    /// As the table calls it.
    pub name: String,
    /// `integer`, `text`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Rows without a value.
    pub nulls: u64,
    /// Different values.
    pub distinct: u64,
    /// The least value: a number, or text for dates and times.
    #[serde(skip_serializing_if = "Json::is_null")]
    pub minimum: Json,
    /// The greatest.
    #[serde(skip_serializing_if = "Json::is_null")]
    pub maximum: Json,
    /// Of numbers that are finite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// Below which a quarter, half and three quarters of the numbers lie; approximate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quartiles: Option<[f64; 3]>,
    /// How many values lie in each of 16 equal steps from the least to the greatest; the last step has the greatest in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub histogram: Vec<u64>,
    /// The most frequent values, each with the number of its rows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub top: Vec<Top>,
    /// From the least to the greatest finite value, as numbers.
    #[serde(skip)]
    range: Option<(f64, f64)>,
}

/// A frequent value.
#[derive(Debug, PartialEq, Serialize)]
pub struct Top {
    /// As text.
    pub value: String,
    /// How many have it.
    pub rows: u64,
}

/// One table, while it is asked.
pub struct Measuring {
    engine: Engine,
    opened: Opened,
    name: String,
    deadline: Instant,
}

impl Measuring {
    /// Opens the table.
    pub fn open(mut engine: Engine, files: &Files, asked: &Asked, deadline: Instant) -> Result<Self, Error> {
        let opened = engine.open(files, asked, deadline)?;
        Ok(Self { engine, opened, name: asked.files.join(" "), deadline })
    }

    fn ask(&mut self, sql: &str) -> Result<Answer, Error> {
        self.engine.query(&[("t".to_owned(), &self.opened)], sql, &Attributes::default(), self.deadline)
    }

    /// Asks it everything. `progress` is told how many of how many questions are answered.
    pub fn measure(mut self, progress: &mut dyn FnMut(usize, usize)) -> Result<Table, Error> {
        progress(0, 1);
        let files = self.engine.files(&self.opened, self.deadline)?;
        let described = self.engine.columns(&self.opened, self.deadline)?;
        let rows = self.engine.rows(&self.opened, self.deadline)?;
        let mut columns = described.iter().map(named).collect::<Vec<_>>();
        let (mut done, of) = (0, columns.len() * 2 + columns.len().div_ceil(AT_ONCE) + 1);
        let mut step = || {
            done += 1;
            progress(done, of);
        };
        for some in columns.chunks_mut(AT_ONCE) {
            self.figures(some, rows)?;
            step();
        }
        for column in &mut columns {
            let name = quoted(&column.name);
            column.distinct = count(&self.ask(&format!("SELECT count(DISTINCT {name}) AS n FROM t"))?, "n");
            step();
            self.shape(column)?;
            step();
        }
        let all = columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", ");
        let duplicates = match all.is_empty() {
            true => 0,
            false => count(
                &self.ask(&format!("SELECT count(*) - count(DISTINCT row_digest({all})) AS n FROM t"))?,
                "n",
            ),
        };
        step();
        let text = |attributes: &Attributes, name: &str| match attributes.0.get(name) {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        };
        let size = |attributes: &Attributes| match attributes.0.get("size") {
            Some(Value::Integer(size)) => *size,
            _ => 0,
        };
        Ok(Table {
            name: self.name,
            format: files.first().map(|file| text(file, "format")).unwrap_or_default(),
            files: files.len(),
            size: files.iter().map(size).sum(),
            rows,
            duplicates,
            columns,
        })
    }

    /// Nulls, ends, mean and quartiles of some columns, in one pass.
    fn figures(&mut self, columns: &mut [Column], rows: u64) -> Result<(), Error> {
        let mut asked = Vec::new();
        for (at, column) in columns.iter().enumerate() {
            let name = quoted(&column.name);
            asked.push(format!("count(*) - count({name}) AS n{at}"));
            match (quantity(column), ends_as_text(column)) {
                (Some(value), as_text) => {
                    let finite = finite(&value);
                    let sampled = match rows / ENOUGH {
                        0 | 1 => finite.clone(),
                        step => format!("{finite} AND \"__row\" % {step} = 0"),
                    };
                    asked.push(format!("avg({value}) FILTER (WHERE {finite}) AS m{at}"));
                    for (quarter, part) in [(1, 0.25), (2, 0.5), (3, 0.75)] {
                        asked.push(format!(
                            "approx_percentile_cont({value}, {part}) FILTER (WHERE {sampled}) AS q{quarter}_{at}"
                        ));
                    }
                    asked.push(format!("min({value}) FILTER (WHERE {finite}) AS a{at}, max({value}) FILTER (WHERE {finite}) AS b{at}"));
                    let ends = if as_text { format!("CAST({name} AS VARCHAR)") } else { value };
                    asked.push(format!("min({ends}) AS l{at}, max({ends}) AS h{at}"));
                }
                (None, true) => asked.push(format!("min({name}) AS l{at}, max({name}) AS h{at}")),
                (None, false) => {}
            }
        }
        let answer = self.ask(&format!("SELECT {} FROM t", asked.join(", ")))?;
        for (at, column) in columns.iter_mut().enumerate() {
            column.nulls = count(&answer, &format!("n{at}"));
            column.minimum = cell(&answer, &format!("l{at}"), 0);
            column.maximum = cell(&answer, &format!("h{at}"), 0);
            let figure = |name: String| cell(&answer, &name, 0).as_f64();
            column.range = figure(format!("a{at}")).zip(figure(format!("b{at}")));
            let quarters = [1, 2, 3].map(|quarter| figure(format!("q{quarter}_{at}")));
            if !ends_as_text(column) {
                column.mean = figure(format!("m{at}"));
                if let [Some(low), Some(middle), Some(high)] = quarters {
                    column.quartiles = Some([low, middle, high]);
                }
            }
        }
        Ok(())
    }

    /// A histogram, or the most frequent values.
    fn shape(&mut self, column: &mut Column) -> Result<(), Error> {
        let name = quoted(&column.name);
        if let Some((value, (low, high))) = quantity(column).zip(column.range)
            && column.distinct > FEW
        {
            let sql = format!(
                "SELECT CAST(least(floor(({value} - {low:e}) / {:e} * {BARS}), {}) AS BIGINT) AS bar, count(*) AS n \
                 FROM t WHERE {} GROUP BY 1",
                high - low,
                BARS - 1,
                finite(&value)
            );
            let answer = self.ask(&sql)?;
            let mut bars = vec![0; BARS];
            for row in 0..length(&answer) {
                let bar = cell(&answer, "bar", row).as_u64().and_then(|bar| usize::try_from(bar).ok());
                if let Some(bar) = bar.and_then(|bar| bars.get_mut(bar)) {
                    *bar = cell(&answer, "n", row).as_u64().unwrap_or_default();
                }
            }
            column.histogram = bars;
            return Ok(());
        }
        if column.distinct == 0 {
            return Ok(());
        }
        let sql = format!(
            "SELECT CAST({name} AS VARCHAR) AS value, count(*) AS n FROM t WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY n DESC, value LIMIT {TOP}"
        );
        let answer = self.ask(&sql)?;
        column.top = (0..length(&answer))
            .map(|row| Top {
                value: cell(&answer, "value", row).as_str().unwrap_or_default().to_owned(),
                rows: cell(&answer, "n", row).as_u64().unwrap_or_default(),
            })
            .collect();
        Ok(())
    }
}

fn named(described: &Attributes) -> Column {
    let text = |name: &str| match described.0.get(name) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    };
    Column { name: text("name"), kind: text("type"), ..Column::default() }
}

/// A name in SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A column's values on a line, where they lie on one.
fn quantity(column: &Column) -> Option<String> {
    let name = quoted(&column.name);
    match column.kind.as_str() {
        "integer" | "number" | "decimal" => Some(format!("CAST({name} AS DOUBLE)")),
        "date" | "timestamp" => Some(format!("CAST(date_part('epoch', {name}) AS DOUBLE)")),
        _ => None,
    }
}

/// Whether the ends of a column are told as text.
fn ends_as_text(column: &Column) -> bool {
    matches!(column.kind.as_str(), "date" | "timestamp" | "time")
}

/// What arithmetic can be done with: neither null, NaN nor infinite.
fn finite(value: &str) -> String {
    format!("({value} BETWEEN -1.7e308 AND 1.7e308 AND NOT isnan({value}))")
}

fn length(answer: &Answer) -> usize {
    answer.first().map_or(0, |column| match &column.cells {
        Cells::Booleans(cells) => cells.len(),
        Cells::Integers(cells) => cells.len(),
        Cells::Numbers(cells) => cells.len(),
        Cells::Texts(cells) => cells.len(),
    })
}

fn cell(answer: &Answer, name: &str, row: usize) -> Json {
    let Some(column) = answer.iter().find(|column| column.name == name) else { return Json::Null };
    match &column.cells {
        Cells::Booleans(cells) => json!(cells.get(row).copied().flatten()),
        Cells::Integers(cells) => json!(cells.get(row).copied().flatten()),
        Cells::Numbers(cells) => json!(cells.get(row).copied().flatten()),
        Cells::Texts(cells) => json!(cells.get(row).cloned().flatten()),
    }
}

fn count(answer: &Answer, name: &str) -> u64 {
    cell(answer, name, 0).as_u64().unwrap_or_default()
}
