//! SQL as this plugin builds it: names always quoted, values always escaped, as many questions as fit into one pass over a table.

use std::fmt::Write as _;

use gonogo_sdk::{
    Error, FromValue,
    dataset::{self, Answer, Column, Table, Type, literal, quoted},
};

/// The name that queries give to the one table they are about.
pub const DATA: &str = "data";

/// Most bytes of the expressions of one query: the host takes 256 KiB of SQL, with names and commas.
const MOST_BYTES: usize = 48 << 10;

/// Most expressions of one query: a plan of thousands of columns takes longer to make than to run.
const MOST_EXPRESSIONS: usize = 400;

/// Aggregates over one table, asked in as few passes as their memory and the length of a query allow.
#[derive(Default)]
pub struct Aggregates {
    expressions: Vec<String>,
    /// Places of those that are asked alone.
    alone: Vec<usize>,
    condition: Option<String>,
}

/// Which answer belongs to which aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(usize);

impl Aggregates {
    /// Only over rows for which this holds.
    #[must_use]
    pub fn over(condition: String) -> Self {
        Self { condition: Some(condition), ..Self::default() }
    }

    /// Adds an expression.
    pub fn add(&mut self, expression: impl Into<String>) -> Key {
        self.expressions.push(expression.into());
        Key(self.expressions.len() - 1)
    }

    /// Adds the number of rows for which a condition holds.
    pub fn count_where(&mut self, condition: &str) -> Key {
        self.add(format!("count(*) FILTER (WHERE {condition})"))
    }

    /// Adds the number of different values. In a query of its own the engine groups by them on all cores, and spills what memory has no room for.
    pub fn distinct(&mut self, value: &str) -> Key {
        self.alone.push(self.expressions.len());
        self.add(format!("count(DISTINCT {value})"))
    }

    /// The queries, each with the places of its expressions.
    fn queries(&self) -> Vec<(Vec<usize>, String)> {
        let tail =
            self.condition.as_ref().map_or_else(String::new, |condition| format!(" WHERE {condition}"));
        let query = |places: Vec<usize>| {
            let mut sql = String::new();
            for at in &places {
                let comma = if sql.is_empty() { "" } else { ", " };
                _ = write!(sql, "{comma}{} AS a{at}", self.expressions[*at]);
            }
            (places, format!("SELECT {sql} FROM {DATA}{tail}"))
        };
        let mut queries = Vec::new();
        let (mut places, mut bytes) = (Vec::new(), 0);
        for (at, expression) in self.expressions.iter().enumerate() {
            if self.alone.contains(&at) {
                queries.push(query(vec![at]));
                continue;
            }
            if !places.is_empty()
                && (bytes + expression.len() > MOST_BYTES || places.len() >= MOST_EXPRESSIONS)
            {
                queries.push(query(std::mem::take(&mut places)));
                bytes = 0;
            }
            places.push(at);
            bytes += expression.len();
        }
        if !places.is_empty() {
            queries.push(query(places));
        }
        queries
    }

    /// Asks them of a table.
    pub fn ask(&self, table: &Table) -> Result<Aggregated, Error> {
        let mut aggregated = Aggregated { answers: Vec::new() };
        for (places, sql) in self.queries() {
            aggregated.answers.push((places, dataset::query(&[(DATA, table)], &sql)?));
        }
        Ok(aggregated)
    }
}

/// The values of [`Aggregates`].
pub struct Aggregated {
    answers: Vec<(Vec<usize>, Answer)>,
}

impl Aggregated {
    /// One value; `None` where it is null, as aggregates over nothing are.
    pub fn get<T: FromValue>(&self, key: Key) -> Result<Option<T>, Error> {
        let answer = self.answers.iter().find(|(places, _)| places.contains(&key.0));
        let (_, answer) = answer.ok_or_else(|| Error::Unsupported("nothing was asked".to_owned()))?;
        answer.get(0, &format!("a{}", key.0))
    }

    /// A count.
    pub fn count(&self, key: Key) -> Result<u64, Error> {
        self.get(key).map(Option::unwrap_or_default)
    }
}

/// Rows that suffice for a quantile: it then lies within half a hundredth of the true one.
const ENOUGH: u64 = 50_000;

/// Where a share of the values of a column of numbers lies below, over evenly spread rows of a table of so many: each of these sketches costs more than all else of a pass.
pub fn quantile(value: &str, part: f64, rows: u64) -> String {
    match rows / ENOUGH {
        0 | 1 => format!("approx_percentile_cont({value}, {part})"),
        step => format!("approx_percentile_cont({value}, {part}) FILTER (WHERE __row % {step} = 0)"),
    }
}

/// A digest over the values of a row in these columns; of none it is the same for every row.
pub fn digest<'a>(columns: impl IntoIterator<Item = &'a Column>) -> String {
    let names = columns.into_iter().map(|column| quoted(&column.name)).collect::<Vec<_>>();
    if names.is_empty() { "'0'".to_owned() } else { format!("row_digest({})", names.join(", ")) }
}

/// A column's cells as text.
pub fn as_text(column: &Column) -> String {
    match column.kind {
        Type::Text | Type::Json => quoted(&column.name),
        _ => format!("CAST({} AS VARCHAR)", quoted(&column.name)),
    }
}

/// Where a cell is missing: null, not a number, and, with `spelled`, a text that spells null.
pub fn is_missing(column: &Column, spelled: bool) -> String {
    let name = quoted(&column.name);
    match column.kind {
        Type::Number => format!("({name} IS NULL OR isnan({name}))"),
        Type::Text if spelled => format!("({name} IS NULL OR null_spelling({name}) IS NOT NULL)"),
        _ => format!("{name} IS NULL"),
    }
}

/// A list of texts, for `IN`.
pub fn literals<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts.into_iter().map(literal).collect::<Vec<_>>().join(", ")
}

/// A number in SQL that is a number for certain: never an integer whose division cuts, nor a word such as `NaN`.
pub fn number(value: f64) -> Option<String> {
    value.is_finite().then(|| format!("CAST({} AS DOUBLE)", literal(&format!("{value:e}"))))
}

/// The same for a number that was measured: nine digits, which any host and any recording give alike.
pub fn cut(value: f64) -> Option<String> {
    value.is_finite().then(|| format!("CAST({} AS DOUBLE)", literal(&format!("{value:.8e}"))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn column(name: &str, kind: Type) -> Column {
        Column { name: name.to_owned(), kind, nullable: true, stored: String::new(), partition: false }
    }

    #[test]
    fn few_questions_are_one_query_and_many_are_several() {
        let mut few = Aggregates::default();
        few.add("count(*)");
        few.count_where("\"a\" IS NULL");
        let queries = few.queries();
        assert_eq!(
            queries,
            [(
                vec![0, 1],
                "SELECT count(*) AS a0, count(*) FILTER (WHERE \"a\" IS NULL) AS a1 FROM data".to_owned()
            )]
        );
        let mut many = Aggregates::over("x > 1".to_owned());
        for _ in 0..1000 {
            many.add("count(*)");
        }
        let queries = many.queries();
        assert_eq!(queries.iter().map(|(places, _)| places[0]).collect::<Vec<_>>(), [0, 400, 800]);
        assert!(queries.iter().all(|(_, sql)| sql.ends_with("FROM data WHERE x > 1")));
        let mut long = Aggregates::default();
        for _ in 0..10 {
            long.add(format!("min({})", quoted(&"x".repeat(10 << 10))));
        }
        assert!(long.queries().iter().all(|(_, sql)| sql.len() < 64 << 10));
        assert!(Aggregates::default().queries().is_empty());
        let mut mixed = Aggregates::default();
        mixed.add("count(*)");
        mixed.distinct("x");
        mixed.add("min(x)");
        assert_eq!(
            mixed.queries(),
            [
                (vec![1], "SELECT count(DISTINCT x) AS a1 FROM data".to_owned()),
                (vec![0, 2], "SELECT count(*) AS a0, min(x) AS a2 FROM data".to_owned())
            ]
        );
    }

    #[test]
    fn what_is_missing_depends_on_the_type() {
        assert_eq!(is_missing(&column("a b", Type::Integer), true), "\"a b\" IS NULL");
        assert_eq!(is_missing(&column("x", Type::Number), false), "(\"x\" IS NULL OR isnan(\"x\"))");
        assert!(is_missing(&column("t", Type::Text), true).contains("null_spelling(\"t\")"));
        assert!(!is_missing(&column("t", Type::Text), false).contains("null_spelling"));
    }

    #[test]
    fn digests_and_texts() {
        let columns = [column("a", Type::Text), column("b\"", Type::Date)];
        assert_eq!(digest(&columns), "row_digest(\"a\", \"b\"\"\")");
        assert_eq!(digest(&[]), "'0'");
        assert_eq!(as_text(&columns[0]), "\"a\"");
        assert_eq!(as_text(&columns[1]), "CAST(\"b\"\"\" AS VARCHAR)");
        assert_eq!(literals(["it's", "b"]), "'it''s', 'b'");
        assert_eq!(number(f64::NAN), None);
        assert_eq!(number(-0.5).as_deref(), Some("CAST('-5e-1' AS DOUBLE)"));
        assert_eq!(cut(8.438_575_000_000_002).as_deref(), Some("CAST('8.43857500e0' AS DOUBLE)"));
        assert_eq!(cut(f64::INFINITY), None);
        assert_eq!(quantile("x", 0.5, 99_999), "approx_percentile_cont(x, 0.5)");
        assert_eq!(
            quantile("x", 0.5, 1_000_000),
            "approx_percentile_cont(x, 0.5) FILTER (WHERE __row % 20 = 0)"
        );
    }

    proptest! {
        /// Whatever a column is called, its name ends where it should: quotes inside come in pairs.
        #[test]
        fn names_stay_in_their_quotes(name in "[\"'; a-z\\PC]{0,20}") {
            let sql = is_missing(&column(&name, Type::Date), true);
            let inner = sql.strip_prefix('"').and_then(|rest| rest.strip_suffix("\" IS NULL")).unwrap();
            prop_assert_eq!(inner.replace("\"\"", "").matches('"').count(), 0);
            prop_assert_eq!(inner.replace("\"\"", "\""), name);
        }
    }
}
