//! Rows, groups, keys, times and texts of one split that another has, too.

use gonogo_sdk::{
    Error, Report, Stop,
    dataset::{Type, quoted},
};

use super::Splits;
use crate::{
    frame::is_id,
    pair::{Pair, Shared},
    sql::as_text,
    words::{self, class, of, percent, rounded, share},
};

impl Splits {
    /// All that leaks between two splits. How many rows here are also there.
    pub(super) fn leaks(&self, pair: &Pair<'_>, rows: u64, report: &mut Report) -> Result<u64, Stop> {
        let columns = pair.shared();
        let copies = self.copies(pair, &columns, rows, report)?;
        for (name, what) in
            self.groups.iter().map(|name| (name, "group")).chain(self.ids.iter().map(|name| (name, "key")))
        {
            if let Some(column) = columns.iter().find(|column| column.name == name) {
                keys(pair, column, what, rows, report)?;
            }
        }
        if let Some(time) = columns.iter().find(|column| self.time.as_deref() == Some(column.name)) {
            times(pair, time, rows, report)?;
        }
        for name in &self.text {
            if let Some(column) = columns.iter().find(|column| column.name == name) {
                self.texts(pair, column, rows, report)?;
            }
        }
        Ok(copies)
    }

    fn copies(
        &self,
        pair: &Pair<'_>,
        columns: &[Shared<'_>],
        rows: u64,
        report: &mut Report,
    ) -> Result<u64, Error> {
        let features = columns
            .iter()
            .filter(|column| self.is_feature(column.name) && !is_id(column.here) && !column.here.partition);
        let features = features.map(Shared::comparable).collect::<Vec<_>>();
        let Pair { name, other, .. } = pair;
        if features.is_empty() {
            report
                .unknown(format!(
                    "{name} and {other} have no feature in common, so that their rows cannot be compared"
                ))
                .hint("see how their columns are called: data/schema compares them");
            return Ok(0);
        }
        let digest = format!("row_digest({})", features.join(", "));
        let copies = pair.common(&digest, "true")?;
        let found = share(copies, rows);
        report.fact(format!("rows of {name} that are in {other}"), copies).unit("1").bound(
            match self.overlap_maximum {
                most if most > 0.0 => format!("<= {}", (most * rows as f64).floor()),
                _ => "= 0".to_owned(),
            },
        );
        if copies == 0 {
            return Ok(0);
        }
        let examples = pair.examples(&digest, "true", None)?;
        let message = format!(
            "{} are also in {other}, by their {} features{}",
            of(copies, rows, &format!("rows of {name}")),
            features.len(),
            words::rows(&examples)
        );
        let finding = if found > self.overlap_maximum {
            report.no_go(format!(
                "{message}; {} wanted",
                if self.overlap_maximum > 0.0 {
                    format!("at most {}", percent(self.overlap_maximum))
                } else {
                    "none".to_owned()
                }
            ))
        } else {
            report.note(message)
        };
        words::locate(finding, &examples).hint(format!(
            "take the repetitions out before the table is split, and these rows out of {other}"
        ));
        Ok(copies)
    }

    fn texts(
        &self,
        pair: &Pair<'_>,
        column: &Shared<'_>,
        rows: u64,
        report: &mut Report,
    ) -> Result<(), Error> {
        let (Pair { name, other, .. }, text) = (pair, quoted(column.name));
        // A band that very many texts have in common (a template) would pair all with all: one text of it there stands for the rest.
        let sql = format!(
            "WITH h AS (SELECT {text} AS text, __file AS f, __row AS r, __line AS l, unnest(minhash_bands({text})) AS band FROM here), \
             t AS (SELECT band, min(text) AS text FROM (SELECT {text} AS text, unnest(minhash_bands({text})) AS band FROM there) GROUP BY band), \
             p AS (SELECT h.f, h.r, h.l, max(text_similarity(h.text, t.text)) AS s FROM h JOIN t ON h.band = t.band GROUP BY h.f, h.r, h.l) \
             SELECT f AS __file, r AS __row, l AS __line, s, count(*) OVER () AS n FROM p WHERE s >= {:.6} ORDER BY f, r LIMIT {}",
            self.similarity,
            words::EXAMPLES
        );
        let answer = pair.ask(&sql)?;
        let near: u64 = if answer.rows() == 0 { 0 } else { answer.need(0, "n")? };
        report
            .fact(format!("texts of {name} nearly the same in {other} ({})", column.name), near)
            .unit("1")
            .bound(format!("<= {}", (self.overlap_maximum * rows as f64).floor()));
        if share(near, rows) > self.overlap_maximum {
            let examples = words::Example::read(&answer)?;
            let message = format!(
                "column {}: {} are nearly the same as one in {other} (similarity of {} or more){}",
                class(column.name),
                of(near, rows, &format!("texts of {name}")),
                self.similarity,
                words::rows(&examples)
            );
            words::locate(report.no_go(message), &examples)
                .hint(format!("take these rows out of {other}, or keep all of one origin in one split"));
        }
        Ok(())
    }
}

/// Values of a column of groups or keys that both have.
fn keys(
    pair: &Pair<'_>,
    column: &Shared<'_>,
    what: &str,
    rows: u64,
    report: &mut Report,
) -> Result<(), Error> {
    let Pair { name, other, .. } = pair;
    let (value, filled) = (column.comparable(), format!("{} IS NOT NULL", quoted(column.name)));
    let common = pair.common(&value, &filled)?;
    report
        .fact(format!("rows of {name} with a {what} in {other} ({})", column.name), common)
        .unit("1")
        .bound("= 0");
    if common > 0 {
        let examples = pair.examples(&value, &filled, Some(&quoted(column.name)))?;
        let message = format!(
            "{} have a {} that is also in {other}{}",
            of(common, rows, &format!("rows of {name}")),
            class(column.name),
            words::rows(&examples)
        );
        words::locate(report.no_go(message), &examples).hint(match what {
            "group" => format!("split by '{}', so that each of its values is in one split", column.name),
            _ => "take these rows out of one of the splits".to_owned(),
        });
    }
    Ok(())
}

/// Rows that do not lie after all of the other split.
fn times(pair: &Pair<'_>, column: &Shared<'_>, rows: u64, report: &mut Report) -> Result<(), Error> {
    let Pair { name, other, there, .. } = pair;
    if !matches!(column.here.kind, Type::Date | Type::Timestamp | Type::Integer | Type::Number) {
        report
            .unknown(format!(
                "column {} of {name} is {:?}, which has no order in time: when its rows lie cannot be told",
                class(column.name),
                column.here.kind
            ))
            .hint("write times as 2026-01-31 or 2026-01-31T09:30:00");
        return Ok(());
    }
    let value = column.comparable();
    let last: Option<String> =
        there.ask(&format!("SELECT CAST(max({value}) AS VARCHAR) AS last FROM data"))?.get(0, "last")?;
    let condition = format!("{value} <= (SELECT max({value}) FROM there)");
    let early: u64 = pair.ask(&format!("SELECT count(*) AS n FROM here WHERE {condition}"))?.need(0, "n")?;
    report.fact(format!("rows of {name} not after {other}"), early).unit("1").bound("= 0");
    if early > 0 {
        let sql = format!(
            "SELECT __file, __row, __line FROM here WHERE {condition} ORDER BY __file, __row LIMIT {}",
            words::EXAMPLES
        );
        let examples = words::Example::read(&pair.ask(&sql)?)?;
        let message = format!(
            "{} do not lie after the last of {other} ({}){}",
            of(early, rows, &format!("rows of {name}")),
            last.unwrap_or_default(),
            words::rows(&examples)
        );
        words::locate(report.no_go(message), &examples)
            .hint(format!("split by '{}': all before a day to {other}, all after it to {name}", column.name));
    }
    Ok(())
}

/// What the values of a column are counted by, for what is unseen and how they drift.
pub(super) fn text_of(column: &Shared<'_>) -> (String, String) {
    (as_text(column.here), as_text(column.there))
}

/// A share as facts have it, of so many rows.
pub(super) fn share_of(count: u64, rows: u64) -> f64 {
    rounded(share(count, rows))
}
