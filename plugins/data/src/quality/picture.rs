//! What the values of each column look like: series of counts, which the report draws.

use gonogo_sdk::{Error, Report, dataset::quoted};

use super::measure::Measured;
use crate::{frame::Frame, sql::number, words::measured};

/// Steps from the least to the greatest number, and most values that are counted one by one.
const STEPS: usize = 16;

/// Most different numbers of a column of codes or grades: each is counted by itself.
const FEW: u64 = 10;

/// Numbers: how many lie in each of 16 equal steps. What repeats its values: how many rows the most frequent have, without saying what they are, as that may be personal. Texts of
/// which hardly one occurs twice have no picture.
pub fn draw(frame: &Frame, columns: &[&Measured<'_>], report: &mut Report) -> Result<(), Error> {
    for column in columns {
        let name = &column.column.name;
        let ends = column.ends.filter(|(low, high)| column.distinct > FEW && low < high);
        if let Some((low, high)) = ends {
            if let Some(counts) = histogram(frame, name, low, high)? {
                let ends = format!("from {} to {}", measured(low), measured(high));
                report.fact(format!("values of {name} {ends}"), counts).unit("1");
            }
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

/// How many numbers there are in each step; infinities are in none. Nothing where steps cannot be counted in, as between the ends of all numbers.
fn histogram(frame: &Frame, name: &str, low: f64, high: f64) -> Result<Option<Vec<f64>>, Error> {
    let (Some(least), Some(most), Some(step)) =
        (number(low), number(high), number((high - low) / STEPS as f64))
    else {
        return Ok(None);
    };
    // The greatest number ends the last step.
    let last = STEPS - 1;
    let name = quoted(name);
    let sql = format!(
        "SELECT least(CAST(floor((value - {least}) / {step}) AS BIGINT), {last}) AS step, count(*) AS n \
         FROM (SELECT CAST({name} AS DOUBLE) AS value FROM data) WHERE value >= {least} AND value <= {most} GROUP BY 1"
    );
    let answer = frame.ask(&sql)?;
    let mut counts = vec![0.0; STEPS];
    for row in 0..answer.rows() {
        if let Some(count) = counts.get_mut(answer.need::<u64>(row, "step")? as usize) {
            *count = answer.need::<u64>(row, "n")? as f64;
        }
    }
    Ok(Some(counts))
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
