//! An open table with its columns, and which of them mean something else than a feature.

use gonogo_sdk::{
    Dataset, Error, Stop,
    dataset::{self, Answer, Column, Table, Type},
};

use crate::sql::DATA;

/// Names that a column of row numbers or keys has, in lower case, where nobody declares any.
const IDS: [&str; 14] = [
    "",
    "column_0",
    "example_id",
    "guid",
    "id",
    "idx",
    "index",
    "row",
    "row_id",
    "rowid",
    "rownames",
    "sample_id",
    "unnamed: 0",
    "uuid",
];

/// A table and its columns.
pub struct Frame {
    /// The table.
    pub table: Table,
    /// As the parameter names it.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
}

impl Frame {
    /// Opens a table and finds out its columns.
    pub fn open(dataset: &Dataset) -> Result<Self, Error> {
        let table = dataset::open(dataset)?;
        let columns = table.columns()?;
        Ok(Self { table, name: dataset.to_string(), columns })
    }

    /// The same, for a check that can tell nothing without it.
    pub fn need(dataset: &Dataset) -> Result<Self, Stop> {
        let frame =
            Self::open(dataset).map_err(|error| Stop::unknown(format!("cannot read {dataset}: {error}")))?;
        if frame.columns.is_empty() {
            return Err(Stop::unknown(format!("{dataset} has no columns")));
        }
        Ok(frame)
    }

    /// Answers a query over this table, which it calls `data`.
    pub fn ask(&self, sql: &str) -> Result<Answer, Error> {
        dataset::query(&[(DATA, &self.table)], sql)
    }

    /// A column, by its exact name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// What to write where a column that was declared is not there.
    pub fn lacks(&self, name: &str) -> String {
        let folded = name.to_lowercase();
        let near = self.columns.iter().find(|column| column.name.trim().to_lowercase() == folded.trim());
        let names = self.columns.iter().take(20).map(|column| format!("'{}'", column.name));
        match near {
            Some(near) => format!("it is called '{}' there: write it so", near.name),
            None => format!(
                "its columns are {}{}",
                names.collect::<Vec<_>>().join(", "),
                if self.columns.len() > 20 { ", …" } else { "" }
            ),
        }
    }
}

/// Whether a column is a row number or a key, by its name alone.
pub fn is_id(column: &Column) -> bool {
    let name = column.name.trim().to_lowercase();
    IDS.contains(&name.as_str()) && !matches!(column.kind, Type::Number | Type::Boolean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_go_by_names_that_mean_nothing_else() {
        let column = |name: &str, kind| Column {
            name: name.to_owned(),
            kind,
            nullable: true,
            stored: String::new(),
            partition: false,
        };
        assert!(is_id(&column("ID", Type::Integer)) && is_id(&column("Unnamed: 0", Type::Integer)));
        assert!(is_id(&column("uuid", Type::Text)));
        assert!(!is_id(&column("index", Type::Number)), "a stock index is a feature");
        assert!(!is_id(&column("patient_id", Type::Integer)), "a key of groups is none of rows");
    }
}
