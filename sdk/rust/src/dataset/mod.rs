//! Questions in SQL about tables, for [`Dataset`] parameters.
//!
//! ```no_run
//! use gonogo_sdk::{Dataset, Error, dataset};
//!
//! fn duplicates(train: &Dataset) -> Result<u64, Error> {
//!     let train = dataset::open(train)?;
//!     let columns = train.columns()?.iter().map(|column| dataset::quoted(&column.name)).collect::<Vec<_>>().join(", ");
//!     let sql = format!("SELECT count(*) - count(DISTINCT row_digest({columns})) AS duplicates FROM train");
//!     dataset::query(&[("train", &train)], &sql)?.need(0, "duplicates")
//! }
//! ```
//!
//! `wit/dataset.wit` says how tables are read, what SQL may say, and which functions the host adds. In a case, `ask` of a query is
//! `{"tables": {"train": {"files": ["train.csv"], "options": {}}}, "sql": "…", "options": {}}`, and its answer a list of columns:
//! `[{"name": "duplicates", "integers": [3]}]`; of the functions of a table `ask` is `{"files": […], "options": {…}}`.

mod answer;
mod parameter;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

pub use self::{
    answer::{Answer, Cells, Column as AnswerColumn},
    parameter::{Dataset, Files},
};
use crate::{Attributes, Error, bindings::gonogo::plugin::dataset as wit, host::ask};

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Type {
    /// Yes or no.
    Boolean,
    /// A whole number.
    Integer,
    /// A floating-point number.
    Number,
    /// Text.
    Text,
    /// A day.
    Date,
    /// A point in time.
    Timestamp,
    /// A time of day, or a span.
    Time,
    /// A number with a fixed number of digits after its point.
    Decimal,
    /// Bytes.
    Binary,
    /// A list or a struct, as JSON.
    Json,
    /// Nothing but nulls.
    Null,
}

impl Type {
    /// Whether the cells have an order and a distance.
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Integer | Self::Number | Self::Decimal)
    }

    fn from_name(name: &str) -> Result<Self, Error> {
        serde_json::from_value(Json::from(name))
            .map_err(|_| Error::Unsupported(format!("the host gives a column the type '{name}'")))
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// As the files have it: in SQL, [`quoted`].
    pub name: String,
    /// What its cells are.
    pub kind: Type,
    /// Whether it may hold nulls (Parquet, Arrow), or does (CSV, JSON).
    pub nullable: bool,
    /// The type as the file has it, in Arrow's words: `Int32`.
    pub stored: String,
    /// Whether the value comes from the path.
    pub partition: bool,
}

/// A table: the rows of all its files, one after the other.
pub struct Table {
    asked: Json,
    handle: Option<wit::Table>,
}

/// Names a table. Nothing is read yet but directories and the first bytes of files.
///
/// # Errors
/// Where a parameter does not name the files, or there are none, or they are not of one format.
pub fn open(dataset: &Dataset) -> Result<Table, Error> {
    let (files, options) = (dataset.files(), dataset.options());
    let asked = json!({"files": files, "options": options});
    let mut handle = None;
    let import = || {
        handle = Some(wit::open(&files, &options.into_wit())?);
        Ok(())
    };
    ask("dataset.open", || asked.clone(), import)?;
    Ok(Table { asked, handle })
}

impl Table {
    /// What it is read from: `path`, `size`, `format`, `compression`, `rows`, `partitions`.
    ///
    /// # Errors
    /// Where a footer cannot be read.
    pub fn files(&self) -> Result<Vec<Attributes>, Error> {
        self.attributes("dataset.files", wit::Table::files)
    }

    /// Its columns. Of CSV and JSON this reads the whole table.
    ///
    /// # Errors
    /// Where a file cannot be read, with its name and line.
    pub fn columns(&self) -> Result<Vec<Column>, Error> {
        let columns = self.attributes("dataset.columns", wit::Table::columns)?;
        let column = |attributes: Attributes| {
            Ok(Column {
                name: attributes.need("name")?,
                kind: Type::from_name(&attributes.need::<String>("type")?)?,
                nullable: attributes.get("nullable")?.unwrap_or(true),
                stored: attributes.get("stored")?.unwrap_or_default(),
                partition: attributes.get("partition")?.unwrap_or(false),
            })
        };
        columns.into_iter().map(column).collect()
    }

    /// The number of rows.
    ///
    /// # Errors
    /// As [`Table::columns`].
    pub fn rows(&self) -> Result<u64, Error> {
        let import = || Ok(self.handle.as_ref().map_or(Ok(0), wit::Table::rows)?);
        ask("dataset.rows", || self.asked.clone(), import)
    }

    /// What keeps files from being read to their end: `path`, `reason`, and where the format tells `line`, `row`, `column`, `byte`.
    ///
    /// # Errors
    /// Where the host cannot tell.
    pub fn damage(&self) -> Result<Vec<Attributes>, Error> {
        self.attributes("dataset.damage", wit::Table::damage)
    }

    fn attributes(
        &self,
        call: &str,
        function: impl FnOnce(
            &wit::Table,
        ) -> Result<
            Vec<crate::bindings::gonogo::plugin::types::Attributes>,
            crate::bindings::gonogo::plugin::types::Error,
        >,
    ) -> Result<Vec<Attributes>, Error> {
        let import = || {
            let answer = self.handle.as_ref().map_or(Ok(Vec::new()), function)?;
            Ok(answer.into_iter().map(Attributes::from).collect())
        };
        ask(call, || self.asked.clone(), import)
    }
}

/// Answers one query of at most 10,000 rows over tables, each under the name that stands before it.
///
/// # Errors
/// Where the query is wrong, a file cannot be read, or time, memory or the room for the answer do not suffice.
pub fn query(tables: &[(&str, &Table)], sql: &str) -> Result<Answer, Error> {
    answer(tables, sql, Attributes::default())
}

/// The same with room for more rows, or fewer: 100,000 are the most.
///
/// # Errors
/// As [`query`].
pub fn query_up_to(rows: u32, tables: &[(&str, &Table)], sql: &str) -> Result<Answer, Error> {
    let mut options = Attributes::default();
    options.set("rows-maximum", rows);
    answer(tables, sql, options)
}

fn answer(tables: &[(&str, &Table)], sql: &str, options: Attributes) -> Result<Answer, Error> {
    let asked = || {
        let tables = tables.iter().map(|(name, table)| ((*name).to_owned(), table.asked.clone()));
        json!({"tables": tables.collect::<Map<_, _>>(), "sql": sql, "options": options})
    };
    let import = || {
        let named =
            tables.iter().filter_map(|(name, table)| Some(((*name).to_owned(), table.handle.as_ref()?)));
        let answer = wit::query(&named.collect::<Vec<_>>(), sql, &options.clone().into_wit())?;
        Ok(Answer(answer.into_iter().map(Into::into).collect()))
    };
    ask("dataset.query", asked, import)
}

/// A name as SQL takes it whatever is in it: `"Label"`.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as SQL takes it: `'it''s'`.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_cannot_leave_their_quotes() {
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
        assert_eq!(literal("it's"), "'it''s'");
    }

    #[test]
    fn types_go_by_the_names_of_the_contract() {
        assert_eq!(Type::from_name("timestamp"), Ok(Type::Timestamp));
        assert!(matches!(Type::from_name("cube"), Err(Error::Unsupported(text)) if text.contains("cube")));
    }
}
