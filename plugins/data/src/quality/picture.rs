//! What the values of a column look like: a series of counts, which the report draws.

use gonogo_sdk::{Error, Report, dataset::quoted};

use super::measure::Measured;
use crate::{frame::Frame, sql::number, words::measured};

/// Steps from the least to the greatest number, and most values that are counted one by one.
const STEPS: usize = 16;

/// Most different numbers of a column of codes or grades: each is counted by itself.
const FEW: u64 = 10;

/// Numbers: how many lie in each of 16 equal steps. What repeats its values: how many rows the most frequent have, without saying what they are, as that may be personal.
/// Texts of which hardly one occurs twice have no picture.
pub fn draw(frame: &Frame, column: &Measured<'_>, report: &mut Report) -> Result<(), Error> {
    let name = &column.column.name;
    if let Some((low, high)) = column.ends.filter(|(low, high)| column.distinct > FEW && low < high) {
        if let Some(steps) = histogram(frame, name, low, high)? {
            let fact = format!("values of {name} from {} to {}", measured(low), measured(high));
            report.fact(fact, steps).unit("1");
        }
        return Ok(());
    }
    if column.distinct == 0 || column.distinct > column.filled / 2 {
        return Ok(());
    }
    let rows = frequent(frame, name)?;
    let fact = match column.distinct > STEPS as u64 {
        true => format!("rows of each of the {STEPS} most frequent values of {name}"),
        false => format!("rows of each value of {name}"),
    };
    report.fact(fact, rows).unit("1");
    Ok(())
}

/// Nothing where the steps cannot be counted in, as between the ends of all numbers.
fn histogram(frame: &Frame, name: &str, low: f64, high: f64) -> Result<Option<Vec<f64>>, Error> {
    let Some((low, width)) = number(low).zip(number(high - low)) else { return Ok(None) };
    let value = format!("CAST({} AS DOUBLE)", quoted(name));
    let sql = format!(
        "SELECT CAST(least(floor(({value} - {low}) / {width} * {STEPS}), {}) AS BIGINT) AS step, count(*) AS n \
         FROM data WHERE {value} BETWEEN {low} AND {low} + {width} GROUP BY 1 ORDER BY 1",
        STEPS - 1
    );
    let answer = frame.ask(&sql)?;
    let mut steps = vec![0.0; STEPS];
    for row in 0..answer.rows() {
        let step: u64 = answer.need(row, "step")?;
        if let Some(step) = usize::try_from(step).ok().and_then(|step| steps.get_mut(step)) {
            *step = answer.need::<u64>(row, "n")? as f64;
        }
    }
    Ok(Some(steps))
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
