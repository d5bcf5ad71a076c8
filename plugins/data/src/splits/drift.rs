//! Features that are distributed otherwise in one split than in the other.

use gonogo_sdk::{Error, Report};

use super::Splits;
use crate::{
    classes::{is_categorical, tenths},
    drift::{cramers_v, stability_index, stability_noise},
    frame::is_id,
    pair::{Pair, Shared},
    words::class,
};

/// Most features that are compared: each takes a pass of its own.
const MOST: usize = 200;

/// Most findings that are shown.
const SHOWN: usize = 20;

impl Splits {
    pub(super) fn drifts(&self, pair: &Pair<'_>, report: &mut Report) -> Result<(), Error> {
        let Pair { name, other, .. } = pair;
        let columns = pair.shared();
        let compared = columns.iter().filter(|column| {
            let is_label = self.label.as_deref() == Some(column.name);
            let is_free = self.text.iter().chain(&self.groups).any(|name| name == column.name);
            (is_label || self.is_feature(column.name) && !is_id(column.here)) && !is_free
        });
        let compared = compared.collect::<Vec<_>>();
        let mut drifted = Vec::new();
        for column in compared.iter().take(MOST) {
            drifted.extend(self.drift_of(pair, column, report)?);
        }
        if compared.len() > MOST {
            report.note(format!("the distributions of {MOST} of {} columns were compared", compared.len()));
        }
        report
            .fact(format!("columns that drift from {other} to {name}"), drifted.len())
            .unit("1")
            .bound("= 0");
        for message in drifted.iter().take(SHOWN) {
            report.warn(message).hint("see what changed between the splits, or split again at random");
        }
        if drifted.len() > SHOWN {
            report.warn(format!("{} more columns drift", drifted.len() - SHOWN));
        }
        Ok(())
    }

    /// What to say of a column that drifts.
    fn drift_of(
        &self,
        pair: &Pair<'_>,
        column: &Shared<'_>,
        report: &mut Report,
    ) -> Result<Option<String>, Error> {
        let Pair { name, other, .. } = pair;
        let title = class(column.name);
        if column.here.kind.is_numeric() && column.there.kind.is_numeric() {
            let Some(pairs) = tenths(pair.there, pair.here, column.there, column.here)? else {
                return Ok(None);
            };
            let (index, bound) = (stability_index(&pairs), self.stability_maximum + stability_noise(&pairs));
            report
                .fact(
                    format!("drift of {} to {name} (stability index)", column.name),
                    (index * 1e3).round() / 1e3,
                )
                .unit("1")
                .bound(format!("<= {bound:.3}"));
            return Ok((index > bound).then(|| {
                format!("column {title} drifts from {other} to {name}: its population stability index is {index:.3}, at most {bound:.3} wanted")
            }));
        }
        if !is_categorical(column.here) || !is_categorical(column.there) {
            return Ok(None);
        }
        let Some((pairs, farthest)) = Self::counts(pair, column)? else { return Ok(None) };
        let v = cramers_v(&pairs);
        report
            .fact(format!("drift of {} to {name} (Cramér's V)", column.name), (v * 1e3).round() / 1e3)
            .unit("1")
            .bound(format!("<= {}", self.drift_maximum));
        Ok((v > self.drift_maximum).then(|| {
            format!(
                "column {title} drifts from {other} to {name}: Cramér's V is {v:.3}, at most {} wanted: {}",
                self.drift_maximum,
                farthest.unwrap_or_default()
            )
        }))
    }
}
