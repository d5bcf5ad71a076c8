mod references;

pub use self::references::there;

use std::collections::BTreeMap;

use gonogo_sdk::{Check, Dataset, JsonSchema, Report, Severity, Stop, dataset::quoted};
use serde::Deserialize;

use self::references::References;
use crate::{
    frame::Frame,
    sql::{Aggregates, is_missing},
    words::{self, Example, class, of, percent, rounded, share},
};

/// Missing values, empty rows and files that rows name stay within bounds
///
/// A value is missing that is null, not a number, or, in a column of text, spells null (`NA`, `none`, `nan`, `-`, `?`, … in any case). No column may miss more than `maximum` of its values, a twentieth where nothing else is
/// declared; `columns` declares other shares for some: 0 for one that must be complete, 1 for one that may be empty. A column that has no value at all is a no-go even where its share is declared, unless the share is 1.
///
/// A row in which every value is missing is a corrupted record: none may be. `references` are columns whose values name files; each of them must be there and not be empty.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Missing {
    /// The table.
    data: Dataset,
    /// Most missing values of a column, as a share of its rows.
    #[serde(default = "maximum")]
    #[schemars(range(min = 0.0, max = 1.0))]
    maximum: f64,
    /// The same for columns by name.
    #[serde(default)]
    columns: BTreeMap<String, f64>,
    /// Most rows without any value, as a share of all.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    empty_rows_maximum: f64,
    /// Whether texts that spell null count as missing.
    #[serde(default = "yes")]
    spellings: bool,
    /// Columns whose values name files.
    #[serde(default)]
    references: Vec<References>,
}

fn maximum() -> f64 {
    0.05
}

fn yes() -> bool {
    true
}

/// Most columns that are shown one by one.
const SHOWN: usize = 50;

impl Check for Missing {
    const TIMEOUT: Option<f64> = Some(300.0);

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let frame = Frame::need(&self.data)?;
        for name in self.columns.keys().filter(|name| frame.column(name).is_none()) {
            report
                .no_go(format!("{} has no column {}, which 'columns' declares", frame.name, class(name)))
                .hint(frame.lacks(name));
        }
        let mut asked = Aggregates::default();
        let total = asked.add("count(*)");
        let conditions =
            frame.columns.iter().map(|column| is_missing(column, self.spellings)).collect::<Vec<_>>();
        let nulls = frame
            .columns
            .iter()
            .map(|column| asked.add(format!("count({})", quoted(&column.name))))
            .collect::<Vec<_>>();
        let gone = conditions.iter().map(|condition| asked.count_where(condition)).collect::<Vec<_>>();
        // A column that comes from the path is in every row, and so in the empty ones.
        let inner = frame.columns.iter().zip(&conditions).filter(|(column, _)| !column.partition);
        let every = inner.map(|(_, condition)| condition.as_str()).collect::<Vec<_>>().join(" AND ");
        let empty = asked.count_where(&every);
        let answer = asked.ask(&frame.table)?;

        let total = answer.count(total)?;
        report.fact("rows", total).unit("1").bound(">= 1");
        report.fact("columns", frame.columns.len()).unit("1");
        if total == 0 {
            report
                .no_go(format!("{} has no rows", frame.name))
                .hint("see how it was made, or name other files");
            report.summary("no rows");
            return Ok(());
        }
        let (mut all, mut spelled, mut most, mut worst) = (0, 0, 0.0_f64, None);
        let mut found = Vec::new();
        for (((column, condition), nulls), gone) in frame.columns.iter().zip(&conditions).zip(nulls).zip(gone)
        {
            let (nulls, gone) = (total - answer.count(nulls)?.min(total), answer.count(gone)?);
            all += gone;
            spelled += gone.saturating_sub(nulls);
            if share(gone, total) > most {
                most = share(gone, total);
                worst = Some(&column.name);
            }
            if gone > 0 {
                found.push((column, condition, gone));
            }
        }
        report.fact("missing values", all).unit("1");
        if self.spellings {
            report.fact("missing values that are spelled", spelled).unit("1");
        }
        report
            .fact("largest share missing in a column", rounded(most))
            .unit("1")
            .bound(format!("<= {}", self.maximum));
        found.sort_by_key(|(_, _, gone)| std::cmp::Reverse(*gone));
        for (column, _, gone) in found.iter().take(SHOWN) {
            let most = self.most(&column.name);
            report
                .fact(format!("missing in {}", column.name), rounded(share(*gone, total)))
                .unit("1")
                .bound(format!("<= {most}"));
        }
        let mut over = 0;
        for (column, condition, gone) in &found {
            let most = self.most(&column.name);
            let is_void = *gone == total && most < 1.0;
            if share(*gone, total) <= most && !is_void {
                continue;
            }
            over += 1;
            if over > SHOWN {
                continue;
            }
            let examples = Example::rows(&frame, condition, None)?;
            let message = format!(
                "column {} misses {}, at most {} wanted{}",
                class(&column.name),
                of(*gone, total, "values"),
                percent(most),
                words::rows(&examples)
            );
            let hint = format!(
                "fill or drop them, or declare the share: columns = {{ {} = {:.2} }}",
                key(&column.name),
                (share(*gone, total) * 100.0).ceil() / 100.0
            );
            words::locate(report.no_go(message), &examples).hint(hint);
        }
        if over > SHOWN {
            report
                .no_go(format!("{} more columns miss too many values", over - SHOWN))
                .hint("mend those above, and run again");
        }
        report.fact("columns that miss too many values", over).unit("1").bound("= 0");

        let empty = answer.count(empty)?;
        let bound = self.empty_rows_maximum;
        report.fact("empty rows", empty).unit("1").bound(if bound > 0.0 {
            format!("<= {}", (bound * total as f64).floor())
        } else {
            "= 0".to_owned()
        });
        if share(empty, total) > bound {
            let examples = Example::rows(&frame, &every, None)?;
            let message =
                format!("{} have no value at all{}", of(empty, total, "rows"), words::rows(&examples));
            words::locate(report.no_go(message), &examples)
                .hint("take these rows out, and see what wrote them");
        }
        let mut lost = 0;
        for references in &self.references {
            lost += references.judge(&frame, report)?;
        }
        let named = worst.map_or_else(String::new, |name| format!(", most of them in {}", class(name)));
        report.summary(match report.worst() {
            None | Some(Severity::Note) => {
                format!("{all} values are missing in {total} rows of {} columns{named}", frame.columns.len())
            }
            _ => format!(
                "{over} columns miss too many values, {empty} of {total} rows are empty{}",
                if self.references.is_empty() {
                    String::new()
                } else {
                    format!(", {lost} files are not there")
                }
            ),
        });
        Ok(())
    }
}

impl Missing {
    fn most(&self, column: &str) -> f64 {
        self.columns.get(column).copied().unwrap_or(self.maximum)
    }
}

/// A name as TOML takes it for a key.
fn key(name: &str) -> String {
    let is_bare =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if is_bare { name.to_owned() } else { serde_json::Value::from(name).to_string() }
}
