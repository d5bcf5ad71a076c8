mod drift;
mod leakage;
mod unseen;

use std::collections::BTreeMap;

use gonogo_sdk::{Check, Dataset, JsonSchema, Report, Severity, Stop};
use serde::Deserialize;

use crate::{
    frame::Frame,
    pair::Pair,
    words::{class, percent, rounded, share},
};

/// Train, validation and test exist, have the shares declared, and share no rows, near-duplicates or group keys
///
/// Each split is held against those before it (validation against train, test against train and validation):
///
/// - **sizes**: `shares` declares the share of each split, which may be off by a point (`tolerance`); `test` has 100 rows at least (`minimum-rows`);
/// - **rows**: no row is also in the other split, compared by their features alone: a copy with another label, number or date is a copy. `label`, `ids`, `groups` and `time` are left out, and columns called `id`, `index` or the like;
/// - **groups**: no value of a column in `groups` (patient, user, document, …) is in both;
/// - **ids**: no value of a column in `ids` is in both;
/// - **time**: every row lies after the last of the training split;
/// - **near-duplicates**: of the columns in `text`, no text is nearly the same as one in the other split: the Jaccard similarity of their 5-grams of words is below 0.8 (`similarity`), candidates found by MinHash with 14 bands of 8;
/// - **unseen**: labels, and values of columns of text with few values, that the training split lacks;
/// - **drift**: numbers by population stability index over tenths (0.25), other columns and the label by Cramér's V (0.15), both freed of what chance alone does: a warning.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Splits {
    /// The training split.
    train: Dataset,
    /// The validation split.
    validation: Option<Dataset>,
    /// The test split.
    test: Option<Dataset>,
    /// The share of all rows that each split should have, by `train`, `validation` and `test`.
    #[serde(default)]
    shares: BTreeMap<String, f64>,
    /// How far a share may lie from the one declared: 0.01 is a point.
    #[serde(default = "tolerance")]
    tolerance: f64,
    /// Least rows of the test split.
    #[serde(default = "minimum_rows")]
    minimum_rows: u64,
    /// The column of the label.
    label: Option<String>,
    /// Columns of row numbers and keys.
    #[serde(default)]
    ids: Vec<String>,
    /// Columns of which no value may be in two splits.
    #[serde(default)]
    groups: Vec<String>,
    /// The column of time, by which the splits follow one another.
    time: Option<String>,
    /// Columns of text in which near-duplicates are looked for.
    #[serde(default)]
    text: Vec<String>,
    /// The similarity from which on texts are near-duplicates.
    #[serde(default = "similarity")]
    #[schemars(range(min = 0.5, max = 1.0))]
    similarity: f64,
    /// Most rows that may also be in another split, as a share of the smaller one's rows.
    #[serde(default)]
    overlap_maximum: f64,
    /// Columns that are not compared.
    #[serde(default)]
    exclude: Vec<String>,
    /// Whether the distributions of features are compared.
    #[serde(default = "yes")]
    drift: bool,
    /// Largest population stability index of a feature that is a number.
    #[serde(default = "stability_maximum")]
    stability_maximum: f64,
    /// Largest Cramér's V of any other feature, and of the label.
    #[serde(default = "drift_maximum")]
    drift_maximum: f64,
}

fn tolerance() -> f64 {
    0.01
}

fn minimum_rows() -> u64 {
    100
}

fn similarity() -> f64 {
    0.8
}

fn yes() -> bool {
    true
}

fn stability_maximum() -> f64 {
    0.25
}

fn drift_maximum() -> f64 {
    0.15
}

impl Check for Splits {
    const TIMEOUT: Option<f64> = Some(600.0);

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let declared = [
            ("train", Some(&self.train)),
            ("validation", self.validation.as_ref()),
            ("test", self.test.as_ref()),
        ];
        if self.validation.is_none() && self.test.is_none() {
            return Err(Stop::unknown(
                "there is nothing to compare the training split with: name 'test' or 'validation'",
            ));
        }
        let mut frames = Vec::new();
        for (name, dataset) in declared {
            let Some(dataset) = dataset else { continue };
            let frame = Frame::need(dataset)?;
            let rows = frame.table.rows()?;
            report.fact(format!("rows of {name}"), rows).unit("1").bound(match name {
                "test" => format!(">= {}", self.minimum_rows),
                _ => ">= 1".to_owned(),
            });
            frames.push((name, frame, rows));
        }
        self.sizes(&frames, report);
        if frames.iter().any(|(_, _, rows)| *rows == 0) {
            report.summary("a split has no rows");
            return Ok(());
        }
        self.columns(&frames, report);
        let mut shared = 0;
        for (at, (name, here, rows)) in frames.iter().enumerate() {
            for (other, there, _) in &frames[..at] {
                let pair = Pair { name, here, other, there };
                shared += self.leaks(&pair, *rows, report)?;
                if *other == "train" {
                    self.unseen(&pair, report)?;
                    if self.drift {
                        self.drifts(&pair, report)?;
                    }
                }
            }
        }
        let sizes =
            frames.iter().map(|(name, _, rows)| format!("{name} {rows}")).collect::<Vec<_>>().join(", ");
        report.summary(match report.worst() {
            None | Some(Severity::Note) => format!("{sizes} rows, and none of them in two splits"),
            _ => format!("{sizes} rows; {shared} are also in another split"),
        });
        Ok(())
    }
}

impl Splits {
    fn sizes(&self, frames: &[(&str, Frame, u64)], report: &mut Report) {
        let total: u64 = frames.iter().map(|(_, _, rows)| rows).sum();
        for (name, frame, rows) in frames {
            let seen = share(*rows, total);
            let fact = report.fact(format!("share of {name}"), rounded(seen));
            fact.unit("1");
            let wanted = self.shares.get(*name);
            if let Some(wanted) = wanted {
                fact.bound(format!("{wanted} ± {}", self.tolerance));
            }
            let least = if *name == "test" { self.minimum_rows } else { 1 };
            if *rows < least.max(1) {
                report
                    .no_go(format!(
                        "{name} ({}) has {rows} rows, at least {} wanted",
                        frame.name,
                        least.max(1)
                    ))
                    .hint("collect or set aside more of them, or declare what suffices: minimum-rows");
            }
            if let Some(wanted) = wanted
                && (seen - wanted).abs() > self.tolerance + 1e-12
            {
                report
                    .no_go(format!(
                        "{name} ({}) has {} of all rows, {} wanted",
                        frame.name,
                        percent(seen),
                        percent(*wanted)
                    ))
                    .hint("split again, or declare the shares that are meant");
            }
        }
        for name in self.shares.keys().filter(|name| !frames.iter().any(|(known, _, _)| known == name)) {
            report
                .no_go(format!("a share of {name} is declared, and there is no such split"))
                .hint(format!("name its files: {name} = \"…\""));
        }
    }

    /// Declared columns that a split lacks, and columns that only one has.
    fn columns(&self, frames: &[(&str, Frame, u64)], report: &mut Report) {
        let declared =
            self.label.iter().chain(&self.ids).chain(&self.groups).chain(&self.time).chain(&self.text);
        for column in declared {
            for (name, frame, _) in frames.iter().filter(|(_, frame, _)| frame.column(column).is_none()) {
                report
                    .no_go(format!(
                        "{name} ({}) has no column {}, which is declared",
                        frame.name,
                        class(column)
                    ))
                    .hint(frame.lacks(column));
            }
        }
        let Some((_, train, _)) = frames.first() else { return };
        for (name, frame, _) in &frames[1..] {
            let lacks = |here: &Frame, there: &Frame| {
                let only = here.columns.iter().filter(|column| there.column(&column.name).is_none());
                only.map(|column| class(&column.name)).take(20).collect::<Vec<_>>()
            };
            for (lacking, whose, other) in
                [(lacks(train, frame), *name, "train"), (lacks(frame, train), "train", *name)]
            {
                if !lacking.is_empty() {
                    report
                        .warn(format!("{whose} lacks columns that {other} has: {}", lacking.join(", ")))
                        .hint("make the columns of all splits the same: data/schema compares them");
                }
            }
        }
    }

    /// Whether a column is a feature: neither the label, nor a key, nor a group, nor the time.
    fn is_feature(&self, column: &str) -> bool {
        self.label.as_deref() != Some(column)
            && self.time.as_deref() != Some(column)
            && !self.ids.iter().chain(&self.groups).chain(&self.exclude).any(|name| name == column)
    }
}
