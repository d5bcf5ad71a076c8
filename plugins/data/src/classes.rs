//! The classes of a label and how many rows each has; or that the label is a quantity, which has none.

use std::collections::BTreeMap;

use gonogo_sdk::{
    Error,
    dataset::{Column, Type},
};

use crate::{
    drift::Pairs,
    frame::Frame,
    sql::{as_text, cut, is_missing, quantile},
};

/// Most classes of a label. ImageNet-21k has 21,843; beyond, it is text or a key.
const MOST: usize = 30_000;

/// Most different numbers of a label that is still taken for classes.
const MOST_NUMBERS: u64 = 50;

/// Bins of a quantity.
const BINS: usize = 10;

/// How many rows each class has. Rows without a label are none.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Classes(pub BTreeMap<String, u64>);

impl Classes {
    /// Counts the classes of a label.
    pub fn count(frame: &Frame, label: &Column) -> Result<Self, Error> {
        let sql = format!(
            "SELECT {} AS class, count(*) AS n FROM data WHERE NOT {} GROUP BY 1 ORDER BY n DESC, class LIMIT {}",
            as_text(label),
            is_missing(label, false),
            MOST + 1
        );
        let answer = gonogo_sdk::dataset::query_up_to(MOST as u32 + 1, &[("data", &frame.table)], &sql)?;
        if answer.rows() > MOST {
            return Err(Error::Limit(format!(
                "column '{}' has more than {MOST} different values: too many for classes",
                label.name
            )));
        }
        let class = |row| Ok((answer.need(row, "class")?, answer.need(row, "n")?));
        Ok(Self((0..answer.rows()).map(class).collect::<Result<_, Error>>()?))
    }

    /// All rows that have a class.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// The same classes of two tables side by side.
    pub fn beside(&self, other: &Self) -> Vec<(u64, u64)> {
        let mut pairs = self.0.iter().map(|(class, n)| (class, (*n, 0))).collect::<BTreeMap<_, _>>();
        for (class, n) in &other.0 {
            pairs.entry(class).or_default().1 = *n;
        }
        pairs.into_values().collect()
    }
}

/// Whether a label is a quantity: a number with more different values than classes have.
pub fn is_quantity(frame: &Frame, label: &Column) -> Result<bool, Error> {
    if !label.kind.is_numeric() {
        return Ok(false);
    }
    let name = gonogo_sdk::dataset::quoted(&label.name);
    let answer = frame.ask(&format!("SELECT count(DISTINCT {name}) AS n FROM data"))?;
    let distinct: u64 = answer.need(0, "n")?;
    Ok(distinct > MOST_NUMBERS)
}

/// A quantity in two tables: rows of each in tenths of the first. `None` where one of them has no rows.
pub fn tenths(
    first: &Frame,
    other: &Frame,
    column: &Column,
    theirs: &Column,
) -> Result<Option<Vec<(u64, u64)>>, Error> {
    let cuts = quantiles(first, column)?;
    let edges = cuts.iter().filter_map(|edge| cut(*edge)).collect::<Vec<_>>();
    if edges.is_empty() {
        return Ok(None);
    }
    let count = |frame: &Frame, column: &Column| {
        let value = format!("CAST({} AS DOUBLE)", gonogo_sdk::dataset::quoted(&column.name));
        let mut asked = crate::sql::Aggregates::over(format!("NOT {}", is_missing(column, false)));
        let below =
            edges.iter().map(|edge| asked.count_where(&format!("{value} <= {edge}"))).collect::<Vec<_>>();
        let total = asked.add("count(*)");
        let answer = asked.ask(&frame.table)?;
        let mut counts = Vec::with_capacity(edges.len() + 1);
        let mut before = 0;
        for key in below.into_iter().chain([total]) {
            let until = answer.count(key)?;
            counts.push(until.saturating_sub(before));
            before = until;
        }
        Ok::<_, Error>(counts)
    };
    let pairs: Vec<_> = count(first, column)?.into_iter().zip(count(other, theirs)?).collect();
    Ok(Some(pairs).filter(|pairs: &Vec<(u64, u64)>| has_rows(pairs)))
}

fn has_rows(pairs: &Pairs) -> bool {
    pairs.iter().any(|pair| pair.0 > 0) && pairs.iter().any(|pair| pair.1 > 0)
}

/// Where the tenths of a quantity end, without repetitions.
fn quantiles(frame: &Frame, column: &Column) -> Result<Vec<f64>, Error> {
    let value = format!("CAST({} AS DOUBLE)", gonogo_sdk::dataset::quoted(&column.name));
    let rows = frame.table.rows()?;
    let parts =
        (1..BINS).map(|tenth| format!("{} AS q{tenth}", quantile(&value, tenth as f64 / BINS as f64, rows)));
    let sql = format!(
        "SELECT {} FROM data WHERE NOT {}",
        parts.collect::<Vec<_>>().join(", "),
        is_missing(column, false)
    );
    let answer = frame.ask(&sql)?;
    let mut cuts = Vec::new();
    for tenth in 1..BINS {
        if let Some(cut) = answer.get::<f64>(0, &format!("q{tenth}"))? {
            cuts.push(cut);
        }
    }
    cuts.dedup();
    Ok(cuts)
}

/// Whether the cells of a column are counted as classes rather than measured.
pub fn is_categorical(column: &Column) -> bool {
    matches!(column.kind, Type::Text | Type::Boolean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_stand_side_by_side() {
        let classes =
            |list: &[(&str, u64)]| Classes(list.iter().map(|(class, n)| ((*class).to_owned(), *n)).collect());
        let (train, test) = (classes(&[("a", 5), ("b", 3)]), classes(&[("b", 1), ("c", 2)]));
        assert_eq!(train.beside(&test), [(5, 0), (3, 1), (0, 2)]);
        assert_eq!((train.total(), test.total()), (8, 3));
    }
}
