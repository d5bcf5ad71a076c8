use std::collections::BTreeMap;

use gonogo_sdk::{Check, Dataset, JsonSchema, Report, Stop, dataset::Column};
use serde::Deserialize;

use crate::{
    classes::{Classes, is_quantity, tenths},
    drift::{cramers_v, largest_difference, stability_index, stability_noise},
    frame::Frame,
    words::{class, percent, rounded, share},
};

/// Class shares, and how the label drifts from split to split, stay within bounds
///
/// The rows of each class of `label` are counted. The smallest class must have at least a tenth of the rows of the largest (`minimum-ratio`), and `minimum-rows`. Classes that are declared count even where they have no row;
/// `shares` declares the share of a class, which may be off by `tolerance`. Rows without a label do not count here: `data/labels` looks at them.
///
/// With `validation` or `test` the label must be distributed there as in `data`: Cramér's V, corrected for chance in small tables (Bergsma), of at most 0.15.
///
/// A label that is a quantity (a number with more than 50 different values) has no classes. Of it only the drift is judged, as population stability index over tenths of `data`: 0.25 is where a shift is commonly called
/// major, and what chance alone does with so few rows is forgiven.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Balance {
    /// The table, that of the training split where there are several.
    data: Dataset,
    /// The column of the label.
    label: String,
    /// The validation split.
    validation: Option<Dataset>,
    /// The test split.
    test: Option<Dataset>,
    /// Classes that must be there.
    #[serde(default)]
    classes: Vec<String>,
    /// Least rows of the smallest class for each of the largest.
    #[serde(default = "minimum_ratio")]
    #[schemars(range(min = 0.0, max = 1.0))]
    minimum_ratio: f64,
    /// Least rows of a class.
    #[serde(default = "minimum_rows")]
    minimum_rows: u64,
    /// The shares that classes should have.
    #[serde(default)]
    shares: BTreeMap<String, f64>,
    /// How far a share may lie from the one declared.
    #[serde(default = "tolerance")]
    tolerance: f64,
    /// Largest Cramér's V between the labels of two splits.
    #[serde(default = "drift_maximum")]
    drift_maximum: f64,
    /// Largest population stability index between two splits of a label that is a quantity.
    #[serde(default = "stability_maximum")]
    stability_maximum: f64,
}

fn minimum_ratio() -> f64 {
    0.1
}

fn minimum_rows() -> u64 {
    1
}

fn tolerance() -> f64 {
    0.01
}

fn drift_maximum() -> f64 {
    0.15
}

fn stability_maximum() -> f64 {
    0.25
}

/// Most classes that are shown one by one.
const SHOWN: usize = 50;

impl Check for Balance {
    const TIMEOUT: Option<f64> = Some(300.0);

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let frame = Frame::need(&self.data)?;
        let Some(label) = self.label(&frame, report) else { return Ok(()) };
        let quantity = self.classes.is_empty() && self.shares.is_empty() && is_quantity(&frame, label)?;
        let what = if quantity {
            if self.validation.is_none() && self.test.is_none() {
                return Err(Stop::not_applicable(format!(
                    "{} is a quantity, which has no classes, and there is no other split to compare it with",
                    class(&self.label)
                )));
            }
            report.note(format!("{} is a quantity: it has no classes to be balanced", class(&self.label)));
            None
        } else {
            let mut classes = Classes::count(&frame, label)?;
            for declared in self.classes.iter().chain(self.shares.keys()) {
                classes.0.entry(declared.clone()).or_default();
            }
            self.judge(&classes, &frame, report);
            Some(classes)
        };
        for (name, split) in [("validation", &self.validation), ("test", &self.test)] {
            let Some(split) = split else { continue };
            let other = match Frame::open(split) {
                Ok(other) => other,
                Err(error) => {
                    report.unknown(format!("cannot read the {name} split {split}: {error}"));
                    continue;
                }
            };
            let Some(theirs) = self.label(&other, report) else { continue };
            match &what {
                Some(classes) => self.drift(name, classes, &Classes::count(&other, theirs)?, report),
                None => self.shift(name, [&frame, &other], [label, theirs], report)?,
            }
        }
        Ok(())
    }
}

impl Balance {
    fn label<'f>(&self, frame: &'f Frame, report: &mut Report) -> Option<&'f Column> {
        let label = frame.column(&self.label);
        if label.is_none() {
            let message = format!("{} has no column {}, which 'label' names", frame.name, class(&self.label));
            report.no_go(message).hint(frame.lacks(&self.label));
            report.summary("the label is not there");
        }
        label
    }

    fn judge(&self, classes: &Classes, frame: &Frame, report: &mut Report) {
        let total = classes.total();
        report.fact("rows with a label", total).unit("1").bound(">= 1");
        report.fact("classes", classes.0.len()).unit("1");
        if total == 0 {
            report.no_go(format!("no row of {} has a label", frame.name)).hint("see how the table was made");
            report.summary("no row has a label");
            return;
        }
        let mut sorted = classes.0.iter().map(|(name, rows)| (name, *rows)).collect::<Vec<_>>();
        sorted.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(other.0)));
        // The rarest are the ones to look at, where not all can be shown.
        let shown = sorted
            .iter()
            .take(SHOWN / 2)
            .chain(sorted.iter().skip((SHOWN / 2).max(sorted.len().saturating_sub(SHOWN / 2))));
        for (name, rows) in shown {
            let fact = report.fact(format!("share of {}", class(name)), rounded(share(*rows, total)));
            fact.unit("1");
            if let Some(wanted) = self.shares.get(*name) {
                fact.bound(format!("{wanted} ± {}", self.tolerance));
            }
        }
        let (largest, smallest) = (sorted[0], sorted[sorted.len() - 1]);
        let ratio = share(smallest.1, largest.1);
        report
            .fact("smallest class by largest", rounded(ratio))
            .unit("1")
            .bound(format!(">= {}", self.minimum_ratio));
        report
            .fact("rows of the smallest class", smallest.1)
            .unit("1")
            .bound(format!(">= {}", self.minimum_rows));
        report.summary(format!(
            "{} classes of {} to {} rows: {}",
            sorted.len(),
            smallest.1,
            largest.1,
            sorted
                .iter()
                .take(5)
                .map(|(name, rows)| format!("{} {}", class(name), percent(share(*rows, total))))
                .collect::<Vec<_>>()
                .join(", ")
        ));
        if ratio < self.minimum_ratio {
            report
                .no_go(format!(
                    "class {} has {} rows and class {} has {}: {:.3} for each, at least {} wanted",
                    class(smallest.0),
                    smallest.1,
                    class(largest.0),
                    largest.1,
                    ratio,
                    self.minimum_ratio
                ))
                .hint("collect more of it, weight or resample the classes, or declare what is wanted: minimum-ratio");
        }
        let few = sorted.iter().filter(|(_, rows)| *rows < self.minimum_rows).collect::<Vec<_>>();
        for (name, rows) in few.iter().rev().take(SHOWN) {
            report
                .no_go(format!(
                    "class {} has {rows} rows, at least {} wanted",
                    class(name),
                    self.minimum_rows
                ))
                .hint("collect more of it, or leave the class out");
        }
        if few.len() > SHOWN {
            report.no_go(format!("{} more classes have too few rows", few.len() - SHOWN));
        }
        for (name, wanted) in &self.shares {
            let seen = share(classes.0.get(name).copied().unwrap_or_default(), total);
            if (seen - wanted).abs() > self.tolerance + 1e-12 {
                report
                    .no_go(format!(
                        "class {} has {} of the rows, {} wanted",
                        class(name),
                        percent(seen),
                        percent(*wanted)
                    ))
                    .hint("see how the table was sampled, or declare the shares that it should have");
            }
        }
    }

    fn drift(&self, name: &str, ours: &Classes, theirs: &Classes, report: &mut Report) {
        let pairs = ours.beside(theirs);
        let v = cramers_v(&pairs);
        report
            .fact(format!("label drift to {name} (Cramér's V)"), (v * 1e4).round() / 1e4)
            .unit("1")
            .bound(format!("<= {}", self.drift_maximum));
        let largest = largest_difference(&pairs);
        report
            .fact(format!("largest difference of a class share to {name}"), (largest * 1e4).round() / 1e4)
            .unit("1");
        if theirs.total() == 0 {
            report.no_go(format!("no row of the {name} split has a label"));
            return;
        }
        if v > self.drift_maximum {
            let difference = |class: &&String| {
                let of = |classes: &Classes| {
                    share(classes.0.get(*class).copied().unwrap_or_default(), classes.total())
                };
                (of(ours), of(theirs))
            };
            let names = ours.0.keys().chain(theirs.0.keys());
            let most = names
                .map(|name| (name, difference(&name)))
                .max_by(|one, other| (one.1.0 - one.1.1).abs().total_cmp(&(other.1.0 - other.1.1).abs()));
            let example = most.map_or_else(String::new, |(name, (ours, theirs))| {
                format!(": class {} has {} there and {} here", class(name), percent(theirs), percent(ours))
            });
            report
                .no_go(format!("the label of the {name} split is distributed otherwise: Cramér's V is {v:.3}, at most {} wanted{example}", self.drift_maximum))
                .hint("split again, stratified by the label");
        }
    }

    fn shift(
        &self,
        name: &str,
        frames: [&Frame; 2],
        labels: [&Column; 2],
        report: &mut Report,
    ) -> Result<(), Stop> {
        let Some(pairs) = tenths(frames[0], frames[1], labels[0], labels[1])? else {
            report.unknown(format!("the drift of the label to the {name} split cannot be told: one of them has no rows with a label"));
            return Ok(());
        };
        let (index, noise) = (stability_index(&pairs), stability_noise(&pairs));
        let bound = self.stability_maximum + noise;
        report
            .fact(format!("label drift to {name} (stability index)"), (index * 1e3).round() / 1e3)
            .unit("1")
            .bound(format!("<= {bound:.3}"));
        report.summary(format!("the label is a quantity; its stability index to {name} is {index:.3}"));
        if index > bound {
            report
                .no_go(format!(
                    "the label of the {name} split is distributed otherwise: its population stability index is {index:.3}, at most {bound:.3} wanted"
                ))
                .hint("split again, stratified by the label, or see what changed between the splits");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use gonogo_sdk::Severity;

    use super::*;

    fn balance(more: &str) -> Balance {
        serde_json::from_str(&format!("{{\"data\": \"t.csv\", \"label\": \"y\"{more}}}")).unwrap()
    }

    fn classes(list: &[(&str, u64)]) -> Classes {
        Classes(list.iter().map(|(class, n)| ((*class).to_owned(), *n)).collect())
    }

    #[test]
    fn drift_is_told_from_chance() {
        let train = classes(&[("a", 500), ("b", 500)]);
        let mut report = Report::default();
        balance("").drift("test", &train, &classes(&[("a", 11), ("b", 9)]), &mut report);
        assert!(report.worst().is_none(), "{report:?}");
        balance("").drift("test", &train, &classes(&[("a", 90), ("b", 10)]), &mut report);
        assert_eq!(report.worst(), Some(Severity::NoGo));
        let mut report = Report::default();
        balance(", \"drift-maximum\": 0.5").drift(
            "test",
            &train,
            &classes(&[("a", 90), ("b", 10)]),
            &mut report,
        );
        assert!(report.worst().is_none());
    }
}
