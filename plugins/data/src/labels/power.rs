//! How much of the label a single column predicts, learnt on half of the rows and tried on the rest.

use std::collections::BTreeMap;

use gonogo_sdk::{
    Error, Report,
    dataset::{Answer, Column, Type},
};

use super::{Labels, table::name};
use crate::{
    frame::{Frame, is_id},
    sql::{Aggregates, as_text, cut, quantile},
    words::{class, percent, rounded},
};

/// Most columns that are tried: each takes a pass of its own.
const MOST_COLUMNS: usize = 100;

/// Most labels, and most values of a column of text, that are learnt.
const MOST_VALUES: u64 = 500;

/// Parts of equal size that a quantity is cut into.
const PARTS: u32 = 20;

/// Rows that suffice: a part and a label then have some hundred.
const ENOUGH: u64 = 100_000;

/// Fewest rows from which on anything can be learnt.
const FEWEST: u64 = 50;

/// Standard deviations from which on an order predicts the label, and not chance: one false alarm in some thousand columns.
const DEVIATIONS: f64 = 3.5;

/// What spreads row numbers evenly (Knuth's multiplicative hash): tables in which every other row has the same label must not fall into one half.
const SPREAD: u64 = 2_654_435_761;

/// What is learnt from and tried on.
#[derive(Default)]
struct Counts(BTreeMap<String, BTreeMap<String, [u64; 2]>>);

/// How well a column predicts.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Power {
    /// The share of the errors that goes away; 0 where nothing is learnt.
    share: f64,
    /// How many standard deviations that is from nothing.
    deviations: f64,
}

impl Labels {
    /// Tries every column.
    pub(super) fn predictors(
        &self,
        frame: &Frame,
        label: &Column,
        rows: u64,
        report: &mut Report,
    ) -> Result<(), Error> {
        let labels: u64 =
            frame.ask(&format!("SELECT count(DISTINCT {}) AS n FROM data", as_text(label)))?.need(0, "n")?;
        if rows < FEWEST || !(2..=MOST_VALUES).contains(&labels) {
            return Ok(());
        }
        let tried = frame
            .columns
            .iter()
            .filter(|column| column.name != label.name && !self.exclude.contains(&column.name));
        let tried = tried.take(MOST_COLUMNS).collect::<Vec<_>>();
        let parts = parts(frame, &tried, rows)?;
        let (mut strongest, mut bad) = (None::<(f64, &str)>, Vec::new());
        let mut keys = Vec::new();
        for (column, part) in tried.iter().zip(parts) {
            let Some(part) = part else { continue };
            let power = counts(frame, label, &part, rows)?.power();
            let is_key = is_id(column) || self.ids.contains(&column.name);
            if is_key || matches!(column.kind, Type::Date | Type::Timestamp) {
                let found = power.deviations > DEVIATIONS && power.share >= 0.01;
                report
                    .fact(
                        format!("label predicted by the order of {}", column.name),
                        if found { rounded(power.share) } else { 0.0 },
                    )
                    .unit("1")
                    .bound("= 0");
                if found {
                    keys.push((column, power));
                }
                continue;
            }
            if strongest.is_none_or(|(share, _)| power.share > share) {
                strongest = Some((power.share, &column.name));
            }
            if power.share >= self.power_maximum && power.deviations > DEVIATIONS {
                bad.push((column, power));
            }
        }
        if let Some((share, name)) = strongest {
            report
                .fact(
                    format!("label predicted by one feature, the most ({name})"),
                    (share * 1e3).round() / 1e3,
                )
                .unit("1")
                .bound(format!("< {}", self.power_maximum));
        }
        for (column, power) in keys {
            report
                .warn(format!("the order of {} predicts the label: {} of the errors go away", class(&column.name), percent((power.share * 1e3).round() / 1e3)))
                .hint("shuffle the rows before they get their keys, or see that neither it nor the order of rows reaches the model");
        }
        for (column, power) in bad {
            report
                .warn(format!(
                    "column {} alone predicts the label: {} of the errors go away, less than {} wanted",
                    class(&column.name),
                    percent((power.share * 1e3).round() / 1e3),
                    percent(self.power_maximum)
                ))
                .hint("see whether it is known when the model is asked; if so, raise power-maximum");
        }
        Ok(())
    }
}

/// What each column is learnt by, as an expression: the value of few texts, the part of a quantity. Nothing for what can neither.
fn parts(frame: &Frame, columns: &[&Column], rows: u64) -> Result<Vec<Option<String>>, Error> {
    enum Asked {
        Values(crate::sql::Key),
        Parts(String, Vec<crate::sql::Key>),
        Neither,
    }
    let mut asked = Aggregates::default();
    let mut wanted = Vec::with_capacity(columns.len());
    for column in columns {
        let name = name(column);
        wanted.push(match column.kind {
            Type::Text | Type::Boolean => Asked::Values(asked.distinct(&name)),
            Type::Integer | Type::Number | Type::Decimal | Type::Date | Type::Timestamp => {
                let value = match column.kind {
                    Type::Date | Type::Timestamp => format!("CAST(date_part('epoch', {name}) AS DOUBLE)"),
                    _ => format!("CAST({name} AS DOUBLE)"),
                };
                let ask = |part| asked.add(quantile(&value, f64::from(part) / f64::from(PARTS), rows));
                let cuts = (1..PARTS).map(ask).collect();
                Asked::Parts(value, cuts)
            }
            _ => Asked::Neither,
        });
    }
    let answer = asked.ask(&frame.table)?;
    let mut parts = Vec::with_capacity(columns.len());
    for (column, wanted) in columns.iter().zip(wanted) {
        parts.push(match wanted {
            Asked::Neither => None,
            Asked::Values(key) => (2..=MOST_VALUES).contains(&answer.count(key)?).then(|| as_text(column)),
            Asked::Parts(value, keys) => {
                let mut cuts = Vec::new();
                for key in keys {
                    cuts.extend(answer.get::<f64>(key)?.and_then(cut));
                }
                cuts.dedup();
                let mut case = "CASE".to_owned();
                for (at, cut) in cuts.iter().enumerate() {
                    case += &format!(" WHEN {value} <= {cut} THEN {at}");
                }
                (!cuts.is_empty()).then(|| format!("CAST({case} ELSE {} END AS VARCHAR)", cuts.len()))
            }
        });
    }
    Ok(parts)
}

/// Counts parts and labels, on each half of a sample of the rows.
fn counts(frame: &Frame, label: &Column, part: &str, rows: u64) -> Result<Counts, Error> {
    let step = (rows / ENOUGH).max(1);
    let text = as_text(label);
    let sql = format!(
        "SELECT p, half, y, count(*) AS n FROM (SELECT {part} AS p, ((__row * {SPREAD}) / 65536) % 2 AS half, {text} AS y FROM data \
         WHERE __row % {step} = 0 AND {text} IS NOT NULL) WHERE p IS NOT NULL GROUP BY p, half, y"
    );
    let answer: Answer = gonogo_sdk::dataset::query_up_to(100_000, &[("data", &frame.table)], &sql)?;
    let mut counts = Counts::default();
    for row in 0..answer.rows() {
        let half: u64 = answer.need(row, "half")?;
        let (part, label): (String, String) = (answer.need(row, "p")?, answer.need(row, "y")?);
        counts.0.entry(part).or_default().entry(label).or_default()[usize::from(half == 1)] +=
            answer.need::<u64>(row, "n")?;
    }
    Ok(counts)
}

impl Counts {
    /// Learns the commonest label of each part on one half, and tries it on the other.
    fn power(&self) -> Power {
        let nothing = Power { share: 0.0, deviations: 0.0 };
        let mut all = BTreeMap::<&str, [u64; 2]>::new();
        for (label, counts) in self.0.values().flatten() {
            let sum = all.entry(label).or_default();
            *sum = [sum[0] + counts[0], sum[1] + counts[1]];
        }
        let Some(guess) = all
            .iter()
            .max_by_key(|(label, counts)| (counts[0], std::cmp::Reverse(**label)))
            .map(|(label, _)| *label)
        else {
            return nothing;
        };
        let tried: u64 = all.values().map(|counts| counts[1]).sum();
        let right = all.get(guess).map_or(0, |counts| counts[1]);
        let (mut better, mut changed) = (0.0, 0.0);
        for labels in self.0.values() {
            let learnt = labels.iter().filter(|(_, counts)| counts[0] > 0);
            let learnt =
                learnt.max_by_key(|(label, counts)| (counts[0], std::cmp::Reverse((*label).clone())));
            let Some((learnt, counts)) = learnt else { continue };
            if learnt == guess {
                continue;
            }
            let before = labels.get(guess).map_or(0, |counts| counts[1]);
            better += counts[1] as f64 - before as f64;
            changed += (counts[1] + before) as f64;
        }
        let errors = (tried - right) as f64;
        if errors <= 0.0 || changed <= 0.0 {
            return nothing;
        }
        Power { share: (better / errors).max(0.0), deviations: better / f64::sqrt(changed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(list: &[(&str, &str, u64, u64)]) -> Counts {
        let mut counts = Counts::default();
        for (part, label, learnt, tried) in list {
            counts.0.entry((*part).to_owned()).or_default().insert((*label).to_owned(), [*learnt, *tried]);
        }
        counts
    }

    #[test]
    fn what_tells_the_label_takes_all_errors_away() {
        let power = counts(&[("0", "a", 50, 50), ("1", "b", 50, 50)]).power();
        assert!((power.share - 1.0).abs() < 1e-9 && power.deviations > 5.0, "{power:?}");
    }

    #[test]
    fn what_does_not_tell_it_takes_none_away() {
        let power =
            counts(&[("0", "a", 50, 50), ("0", "b", 50, 50), ("1", "a", 51, 50), ("1", "b", 50, 50)]).power();
        assert_eq!(power, Power { share: 0.0, deviations: 0.0 });
        // Learnt by chance, and not there when it is tried.
        let power = counts(&[("0", "a", 9, 5), ("0", "b", 1, 5), ("1", "a", 4, 5), ("1", "b", 5, 5)]).power();
        assert!(power.deviations < DEVIATIONS, "{power:?}");
        assert_eq!(Counts::default().power(), Power { share: 0.0, deviations: 0.0 });
    }
}
