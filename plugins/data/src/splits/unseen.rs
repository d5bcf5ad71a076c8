//! Labels and categories that the training split has never seen.

use gonogo_sdk::{Error, Report, Severity, dataset::Type};

use super::{
    Splits,
    leakage::{share_of, text_of},
};
use crate::{
    pair::{Pair, Shared},
    words::{self, class},
};

/// Most different values, in the training split, of a column that holds categories.
const MOST_CATEGORIES: u64 = 100;

/// Most values that a finding names.
const SHOWN: u64 = 5;

/// Rows of each value in both tables, and in words the value whose share differs most.
pub(super) type Counted = (Vec<(u64, u64)>, Option<String>);

impl Splits {
    pub(super) fn unseen(&self, pair: &Pair<'_>, report: &mut Report) -> Result<(), Error> {
        for column in pair.shared() {
            let is_label = self.label.as_deref() == Some(column.name);
            let may = column.there.kind == Type::Text
                && self.is_feature(column.name)
                && !self.text.iter().chain(&self.groups).any(|name| name == column.name);
            // A label that is measured has no classes.
            let counts = is_label && !matches!(column.there.kind, Type::Number | Type::Decimal);
            if counts || may {
                Self::unseen_of(pair, &column, is_label, report)?;
            }
        }
        Ok(())
    }

    fn unseen_of(
        pair: &Pair<'_>,
        column: &Shared<'_>,
        is_label: bool,
        report: &mut Report,
    ) -> Result<(), Error> {
        let Pair { name, other, .. } = pair;
        let (here, there) = text_of(column);
        let seen: u64 =
            pair.there.ask(&format!("SELECT count(DISTINCT {there}) AS n FROM data"))?.need(0, "n")?;
        if seen > MOST_CATEGORIES {
            return Ok(());
        }
        let sql = format!(
            "SELECT v, n, count(*) OVER () AS classes, sum(n) OVER () AS total FROM \
             (SELECT {here} AS v, count(*) AS n FROM here WHERE {here} IS NOT NULL GROUP BY 1) \
             WHERE v NOT IN (SELECT {there} FROM there WHERE {there} IS NOT NULL) ORDER BY n DESC, v LIMIT {SHOWN}"
        );
        let answer = pair.ask(&sql)?;
        let (classes, rows): (u64, u64) = match answer.rows() {
            0 => (0, 0),
            _ => (answer.need(0, "classes")?, answer.need(0, "total")?),
        };
        let what = if is_label { "labels" } else { "values" };
        if is_label || classes > 0 {
            report
                .fact(format!("{what} of {} in {name} that {other} lacks", column.name), classes)
                .unit("1")
                .bound("= 0");
        }
        if classes == 0 {
            return Ok(());
        }
        let mut names = Vec::new();
        for row in 0..answer.rows() {
            names.push(class(&answer.need::<String>(row, "v")?));
        }
        let first: String = answer.need(0, "v")?;
        let condition = format!("{here} = {}", gonogo_sdk::dataset::literal(&first));
        let examples = words::Example::rows(pair.here, &condition, None)?;
        let message = format!(
            "column {}: {classes} {what} of {name} are not in {other}, in {rows} rows: {}{}{}",
            class(column.name),
            names.join(", "),
            if classes > SHOWN { ", …" } else { "" },
            words::rows(&examples)
        );
        // An unseen category is coped with by most encoders; a label that was never seen cannot be learnt.
        let severity = if is_label { Severity::NoGo } else { Severity::Warn };
        words::locate(report.finding(severity, message), &examples)
            .hint("split again, stratified by this column, or mend the values");
        Ok(())
    }

    /// The counts of a column's values in both, side by side, where there are few; and the value whose share differs most.
    pub(super) fn counts(pair: &Pair<'_>, column: &Shared<'_>) -> Result<Option<Counted>, Error> {
        let (here, there) = text_of(column);
        let most = MOST_CATEGORIES * 2;
        let sql = format!(
            "SELECT v, max(t) AS t, max(h) AS h FROM \
             (SELECT {there} AS v, count(*) AS t, 0 AS h FROM there WHERE {there} IS NOT NULL GROUP BY 1 \
             UNION ALL SELECT {here} AS v, 0 AS t, count(*) AS h FROM here WHERE {here} IS NOT NULL GROUP BY 1) \
             GROUP BY v ORDER BY v LIMIT {}",
            most + 1
        );
        let answer = pair.ask(&sql)?;
        if answer.rows() as u64 > most {
            return Ok(None);
        }
        let mut pairs = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for row in 0..answer.rows() {
            pairs.push((answer.need(row, "t")?, answer.need(row, "h")?));
            names.push(answer.need(row, "v")?);
        }
        let totals =
            pairs.iter().fold((0, 0), |sum: (u64, u64), pair: &(u64, u64)| (sum.0 + pair.0, sum.1 + pair.1));
        let difference =
            |at: &usize| (share_of(pairs[*at].0, totals.0) - share_of(pairs[*at].1, totals.1)).abs();
        let farthest = (0..pairs.len()).max_by(|one, other| difference(one).total_cmp(&difference(other)));
        let farthest = farthest.map(|at| {
            format!(
                "{} has {} there and {} here",
                class(&names[at]),
                words::percent(share_of(pairs[at].0, totals.0)),
                words::percent(share_of(pairs[at].1, totals.1))
            )
        });
        Ok(Some((pairs, farthest)))
    }
}
