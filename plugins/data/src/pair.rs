//! Two tables that should have nothing in common, asked together.

use gonogo_sdk::{
    Error,
    dataset::{self, Answer, Column, Type, quoted},
};

use crate::{frame::Frame, words::Example};

/// The table that something may have leaked into, and the one that it may come from.
pub struct Pair<'f> {
    /// What the first is called: `test`.
    pub name: &'f str,
    /// The table that is judged: `test`.
    pub here: &'f Frame,
    /// What the other is called: `train`.
    pub other: &'f str,
    /// The table that it is compared with: `train`.
    pub there: &'f Frame,
}

/// A column of both tables, made comparable.
pub struct Shared<'f> {
    /// As it is called in both.
    pub name: &'f str,
    /// The column here.
    pub here: &'f Column,
    /// The column there.
    pub there: &'f Column,
}

impl Shared<'_> {
    /// Its cells as a type that both can have. Digests are equal for equal values of equal types only.
    pub fn comparable(&self) -> String {
        let name = quoted(self.name);
        match (self.here.kind, self.there.kind) {
            (here, there) if here == there && here != Type::Decimal => name,
            (here, there) if here.is_numeric() && there.is_numeric() => format!("CAST({name} AS DOUBLE)"),
            _ => format!("CAST({name} AS VARCHAR)"),
        }
    }
}

impl<'f> Pair<'f> {
    /// The columns that both have.
    pub fn shared(&self) -> Vec<Shared<'f>> {
        let both = self.here.columns.iter().filter_map(|here| {
            let there = self.there.column(&here.name)?;
            Some(Shared { name: &here.name, here, there })
        });
        both.collect()
    }

    /// Answers a query over both, called `here` and `there`.
    pub fn ask(&self, sql: &str) -> Result<Answer, Error> {
        dataset::query(&[("here", &self.here.table), ("there", &self.there.table)], sql)
    }

    /// How many rows here have a value that is also there. Nulls are nowhere.
    pub fn common(&self, value: &str, nulls: &str) -> Result<u64, Error> {
        let sql = format!(
            "SELECT count(*) AS n FROM (SELECT {value} AS v FROM here WHERE {nulls}) AS h \
             WHERE h.v IN (SELECT {value} FROM there WHERE {nulls})"
        );
        self.ask(&sql)?.need(0, "n")
    }

    /// The first of them, each with the first row there that it equals.
    pub fn examples(&self, value: &str, nulls: &str, shown: Option<&str>) -> Result<Vec<Example>, Error> {
        let shown = shown.map_or_else(String::new, |shown| format!(", CAST({shown} AS VARCHAR) AS value"));
        let outer = if shown.is_empty() { "" } else { ", h.value" };
        let sql = format!(
            "SELECT h.__file, h.__row, h.__line{outer} FROM (SELECT {value} AS v, __file, __row, __line{shown} FROM here WHERE {nulls}) AS h \
             WHERE h.v IN (SELECT {value} FROM there WHERE {nulls}) ORDER BY h.__file, h.__row LIMIT {}",
            crate::words::EXAMPLES
        );
        Example::read(&self.ask(&sql)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_types_are_made_one() {
        let column = |kind| Column {
            name: "x".to_owned(),
            kind,
            nullable: true,
            stored: String::new(),
            partition: false,
        };
        let comparable = |here, there| {
            let (here, there) = (column(here), column(there));
            Shared { name: "x", here: &here, there: &there }.comparable()
        };
        assert_eq!(comparable(Type::Integer, Type::Integer), "\"x\"");
        assert_eq!(comparable(Type::Integer, Type::Number), "CAST(\"x\" AS DOUBLE)");
        assert_eq!(comparable(Type::Decimal, Type::Decimal), "CAST(\"x\" AS DOUBLE)");
        assert_eq!(comparable(Type::Integer, Type::Text), "CAST(\"x\" AS VARCHAR)");
    }
}
