mod measure;
mod picture;
mod rules;

use gonogo_sdk::{
    Check, Dataset, JsonSchema, Report, Severity, Stop,
    dataset::{Column, Type},
};
use serde::Deserialize;

use self::{
    measure::{Measured, Measures},
    rules::Rules,
};
use crate::{
    frame::{Frame, is_id},
    repeated::Repeated,
    sql::{Aggregates, digest},
    words::{self, class, of, percent, rounded, share},
};

/// Most columns whose values are drawn: nobody looks at more pictures.
const DRAWN: usize = 100;

/// Rows are consistent: duplicates, mixed types, nulls, outliers, constant and near-empty columns stay within bounds
///
/// The table is read once and each rule is asked of all columns together:
///
/// - rows that occur again, as a share of all (`duplicates-maximum`): a no-go. Row numbers and keys do not count: columns that `ids` and `dates` name, those called `id`, `index`, `uuid` or the like, and points in time that never
///   repeat;
/// - a column with a single value in every row, and one that is nearly empty (`empty-maximum`): a warning;
/// - values of special characters only, above a thousandth (`special-maximum`): a warning;
/// - more than one spelling of null in a column (an empty cell, `NA`, `none`, `-`, …): a warning;
/// - numbers and other text in one column, where the rarer of them has more than a hundredth and less than a tenth of the values: a warning. Fewer are a note;
/// - values that differ in case, accents or punctuation alone (`Setosa`, `setosa `), in columns that repeat their values: a warning;
/// - texts much longer or shorter than the inner 94 of a hundred: a warning;
/// - numbers beyond three interquartile ranges from the middle half, above a twentieth (`outliers-maximum`), and any that is a thousand of them away: a warning.
///
/// Each of the first 100 columns is drawn: numbers as a histogram in 16 equal steps, what repeats its values by how many rows the most frequent ones have. Row numbers, keys and texts of their own are not.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Quality {
    /// The table.
    data: Dataset,
    /// Columns of row numbers and keys: they make no row different.
    #[serde(default)]
    ids: Vec<String>,
    /// Columns of dates: they make no row different.
    #[serde(default)]
    dates: Vec<String>,
    /// Columns that are not looked at.
    #[serde(default)]
    exclude: Vec<String>,
    /// Most rows that occur again, as a share of all.
    #[serde(default = "duplicates_maximum")]
    #[schemars(range(min = 0.0, max = 1.0))]
    duplicates_maximum: f64,
    /// From which share of nulls on a column is nearly empty.
    #[serde(default = "empty_maximum")]
    #[schemars(range(min = 0.0, max = 1.0))]
    empty_maximum: f64,
    /// Most values of special characters only, as a share of a column.
    #[serde(default = "special_maximum")]
    special_maximum: f64,
    /// Between which shares of the rarer type a column is mixed.
    #[serde(default = "mixed")]
    mixed: (f64, f64),
    /// Most outliers, as a share of a column.
    #[serde(default = "outliers_maximum")]
    outliers_maximum: f64,
    /// Columns that may have a single value.
    #[serde(default)]
    constant: Vec<String>,
}

fn duplicates_maximum() -> f64 {
    0.05
}

fn empty_maximum() -> f64 {
    0.95
}

fn special_maximum() -> f64 {
    0.001
}

fn mixed() -> (f64, f64) {
    (0.01, 0.1)
}

fn outliers_maximum() -> f64 {
    0.05
}

impl Check for Quality {
    const TIMEOUT: Option<f64> = Some(300.0);

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let frame = Frame::need(&self.data)?;
        for name in self.ids.iter().chain(&self.dates).chain(&self.exclude).chain(&self.constant) {
            if frame.column(name).is_none() {
                report
                    .warn(format!("{} has no column {}, which is declared", frame.name, class(name)))
                    .hint(frame.lacks(name));
            }
        }
        let looked_at =
            frame.columns.iter().filter(|column| !self.exclude.contains(&column.name)).collect::<Vec<_>>();
        let compared =
            looked_at.iter().copied().filter(|column| self.is_compared(column)).collect::<Vec<_>>();
        if looked_at.is_empty() {
            return Err(Stop::not_applicable("every column is excluded"));
        }
        let total = frame.table.rows()?;
        let mut asked = Aggregates::default();
        let different = asked.distinct(&digest(compared.iter().copied()));
        let measures =
            looked_at.iter().map(|column| Measures::of(column, total, &mut asked)).collect::<Vec<_>>();
        let answer = asked.ask(&frame.table)?;
        report.fact("rows", total).unit("1").bound(">= 1");
        report.fact("columns", frame.columns.len()).unit("1");
        if total == 0 {
            report
                .no_go(format!("{} has no rows", frame.name))
                .hint("see how it was made, or name other files");
            report.summary("no rows");
            return Ok(());
        }
        let mut columns = Vec::with_capacity(measures.len());
        for measures in &measures {
            columns.push(measures.read(&answer)?);
        }
        let duplicates =
            self.duplicates(&frame, &compared, &columns, total, answer.count(different)?, report)?;
        let mut rules = Rules::new(self, &frame, total);
        for column in &columns {
            rules.judge(column, report)?;
        }
        let drawn = columns.iter().filter(|column| self.is_compared(column.column)).take(DRAWN);
        picture::draw(&frame, &drawn.collect::<Vec<_>>(), report)?;
        rules.facts(report);
        report.summary(match report.worst() {
            None | Some(Severity::Note) => {
                format!(
                    "{total} rows of {} columns are consistent; {} occur again",
                    frame.columns.len(),
                    of(duplicates, total, "rows")
                )
            }
            _ => format!("{} of {total} rows occur again; {}", duplicates, rules.summary()),
        });
        Ok(())
    }
}

impl Quality {
    fn is_compared(&self, column: &Column) -> bool {
        !self.ids.contains(&column.name) && !self.dates.contains(&column.name) && !is_id(column)
    }

    /// How many rows occur again.
    fn duplicates(
        &self,
        frame: &Frame,
        compared: &[&Column],
        columns: &[Measured<'_>],
        total: u64,
        different: u64,
        report: &mut Report,
    ) -> Result<u64, Stop> {
        let stamps = |column: &&Column| {
            let measured = columns.iter().find(|measured| measured.column.name == column.name);
            matches!(column.kind, Type::Timestamp | Type::Date)
                && measured.is_some_and(|measured| measured.distinct == total)
        };
        let without = compared.iter().copied().filter(|column| !stamps(column)).collect::<Vec<_>>();
        if without.is_empty() {
            report.note("nothing but row numbers, keys and dates: no two rows are compared");
            return Ok(0);
        }
        let digest = digest(without.iter().copied());
        let duplicates = if without.len() == compared.len() {
            total.saturating_sub(different)
        } else {
            frame.ask(&format!("SELECT count(*) - count(DISTINCT {digest}) AS n FROM data"))?.need(0, "n")?
        };
        let found = share(duplicates, total);
        report.fact("duplicate rows", duplicates).unit("1");
        report
            .fact("share of duplicate rows", rounded(found))
            .unit("1")
            .bound(format!("<= {}", self.duplicates_maximum));
        if duplicates == 0 {
            return Ok(0);
        }
        let repeated = Repeated::first(frame, &digest)?;
        let message = format!("{} occur again{}", of(duplicates, total, "rows"), repeated.text());
        let finding = if found > self.duplicates_maximum {
            report.no_go(format!("{message}; at most {} wanted", percent(self.duplicates_maximum)))
        } else {
            report.note(message)
        };
        words::locate(finding, &repeated.rows)
            .hint("take the repetitions out before the table is split, or name columns of keys in 'ids'");
        Ok(duplicates)
    }
}
