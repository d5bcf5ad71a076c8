//! What the values of each column look like: series of counts, which the report draws.

use gonogo_sdk::{Error, Report, dataset::quoted};

use super::measure::Measured;
use crate::{
    frame::Frame,
    sql::{Aggregated, Aggregates, Key, number},
    words::measured,
};

/// Steps from the least to the greatest number, and most values that are counted one by one.
const STEPS: usize = 16;

/// Most different numbers of a column of codes or grades: each is counted by itself.
const FEW: u64 = 10;

/// Numbers: how many lie in each of 16 equal steps, of all columns in one pass. What repeats its values: how many rows the most frequent have, without saying what they are, as
/// that may be personal. Texts of which hardly one occurs twice have no picture.
pub fn draw(frame: &Frame, columns: &[&Measured<'_>], report: &mut Report) -> Result<(), Error> {
    let mut asked = Aggregates::default();
    let histograms = columns.iter().map(|column| Histogram::of(column, &mut asked)).collect::<Vec<_>>();
    let answer = asked.ask(&frame.table)?;
    for (column, histogram) in columns.iter().zip(histograms) {
        let name = &column.column.name;
        if let Some(histogram) = histogram {
            let ends = format!("from {} to {}", measured(histogram.low), measured(histogram.high));
            report.fact(format!("values of {name} {ends}"), histogram.read(&answer)?).unit("1");
        } else if column.distinct > 0 && column.distinct <= column.filled / 2 {
            let fact = match column.distinct > STEPS as u64 {
                true => format!("rows of each of the {STEPS} most frequent values of {name}"),
                false => format!("rows of each value of {name}"),
            };
            report.fact(fact, frequent(frame, name)?).unit("1");
        }
    }
    Ok(())
}

/// The numbers of a column, counted up to the end of each step.
struct Histogram {
    low: f64,
    high: f64,
    /// Below the least number, which is where infinities are, and below the end of each step.
    below: Vec<Key>,
}

impl Histogram {
    /// Nothing where steps cannot be counted in, as between the ends of all numbers.
    fn of(column: &Measured<'_>, asked: &mut Aggregates) -> Option<Self> {
        let (low, high) = column.ends.filter(|(low, high)| column.distinct > FEW && low < high)?;
        let value = format!("CAST({} AS DOUBLE)", quoted(&column.column.name));
        let step = (high - low) / STEPS as f64;
        let ends = (0..STEPS).map(|at| number(step.mul_add(at as f64, low)));
        let ends = ends.collect::<Option<Vec<_>>>()?;
        let mut below =
            ends.iter().map(|end| asked.count_where(&format!("{value} < {end}"))).collect::<Vec<_>>();
        below.push(asked.count_where(&format!("{value} <= {}", number(high)?)));
        Some(Self { low, high, below })
    }

    fn read(&self, answer: &Aggregated) -> Result<Vec<f64>, Error> {
        let below = self.below.iter().map(|key| answer.count(*key)).collect::<Result<Vec<_>, Error>>()?;
        Ok(below.windows(2).map(|ends| ends[1].saturating_sub(ends[0]) as f64).collect())
    }
}

/// Most frequent first.
fn frequent(frame: &Frame, name: &str) -> Result<Vec<f64>, Error> {
    let name = quoted(name);
    let sql = format!(
        "SELECT count(*) AS n FROM data WHERE {name} IS NOT NULL GROUP BY {name} ORDER BY n DESC LIMIT {STEPS}"
    );
    let answer = frame.ask(&sql)?;
    (0..answer.rows()).map(|row| Ok(answer.need::<u64>(row, "n")? as f64)).collect()
}
