//! Labels that are a column of a table.

use gonogo_sdk::{
    Error, Report, Stop,
    dataset::{Column, Type, literal, quoted},
};

use super::Labels;
use crate::{
    classes::is_quantity,
    frame::{Frame, is_id},
    repeated::Repeated,
    sql::{as_text, digest, is_missing, literals},
    words::{self, Example, class, of, percent, rounded, share},
};

/// Most labels outside the set that are shown.
const SHOWN: usize = 20;

/// Most different labels whose spellings are compared.
const MOST_VARIANTS: u64 = 10_000;

impl Labels {
    /// Judges the labels of a table. What to say of them.
    pub(super) fn table(&self, frame: &Frame, name: &str, report: &mut Report) -> Result<String, Stop> {
        for declared in self.ids.iter().chain(&self.exclude).filter(|name| frame.column(name).is_none()) {
            report
                .warn(format!("{} has no column {}, which is declared", frame.name, class(declared)))
                .hint(frame.lacks(declared));
        }
        let Some(label) = frame.column(name) else {
            report
                .no_go(format!("{} has no column {}, which 'label' names", frame.name, class(name)))
                .hint(frame.lacks(name));
            return Ok("the label is not there".to_owned());
        };
        let rows = self.completeness(frame, label, report)?;
        if rows == 0 {
            report
                .no_go(format!("{} has no rows", frame.name))
                .hint("see how it was made, or name other files");
            return Ok("no rows".to_owned());
        }
        if self.classes.is_empty() && is_quantity(frame, label)? {
            report
                .note(format!("{} is a quantity: it has neither a set of labels nor conflicts", class(name)));
            return Ok(format!("{rows} rows, and their label is a quantity"));
        }
        self.set(frame, label, rows, report)?;
        let conflicts = self.conflicts(frame, label, rows, report)?;
        self.predictors(frame, label, rows, report)?;
        Ok(format!("{rows} rows, {conflicts} of them in conflict"))
    }

    /// Rows without a label. How many rows there are.
    fn completeness(&self, frame: &Frame, label: &Column, report: &mut Report) -> Result<u64, Error> {
        let text = as_text(label);
        let gone = match label.kind {
            Type::Text => format!("({} OR btrim({text}) = '')", is_missing(label, false)),
            _ => is_missing(label, false),
        };
        // `none` can be a class: what spells null is shown, and judged by the set of labels, where one is declared.
        let spelled = match label.kind {
            Type::Text => format!("null_spelling({text}) IS NOT NULL AND btrim({text}) <> ''"),
            _ => "false".to_owned(),
        };
        let sql = format!(
            "SELECT count(*) AS total, count(*) FILTER (WHERE {gone}) AS gone, count(*) FILTER (WHERE {spelled}) AS spelled, \
             count(DISTINCT {text}) AS classes FROM data"
        );
        let answer = frame.ask(&sql)?;
        let (total, without): (u64, u64) = (answer.need(0, "total")?, answer.need(0, "gone")?);
        report.fact("rows", total).unit("1").bound(">= 1");
        report.fact("labels", answer.need::<u64>(0, "classes")?).unit("1");
        report
            .fact("share of rows without a label", rounded(share(without, total)))
            .unit("1")
            .bound(format!("<= {}", self.missing_maximum));
        if share(without, total) > self.missing_maximum {
            let examples = Example::rows(frame, &gone, None)?;
            let message = format!("{} have no label{}", of(without, total, "rows"), words::rows(&examples));
            words::locate(report.no_go(message), &examples).hint("label them, or take them out");
        }
        let spelled_rows: u64 = answer.need(0, "spelled")?;
        if spelled_rows > 0 && self.classes.is_empty() {
            let examples = Example::rows(frame, &spelled, Some(&text))?;
            let message = format!(
                "{} have a label that spells null{}",
                of(spelled_rows, total, "rows"),
                words::rows(&examples)
            );
            words::locate(report.warn(message), &examples)
                .hint("make it null, or declare it as a class: classes = […]");
        }
        Ok(total)
    }

    /// Labels that are not in the set, or are spelled in two ways.
    fn set(&self, frame: &Frame, label: &Column, rows: u64, report: &mut Report) -> Result<(), Error> {
        let text = as_text(label);
        if self.classes.is_empty() {
            if label.kind == Type::Text {
                variants(frame, &text, report)?;
            }
            return Ok(());
        }
        let known = literals(self.classes.iter().map(String::as_str));
        let sql = format!(
            "SELECT v, n, count(*) OVER () AS classes, sum(n) OVER () AS total FROM \
             (SELECT {text} AS v, count(*) AS n FROM data WHERE {text} IS NOT NULL AND {text} NOT IN ({known}) GROUP BY 1) \
             ORDER BY n DESC, v LIMIT {SHOWN}"
        );
        let answer = frame.ask(&sql)?;
        let classes: u64 = if answer.rows() == 0 { 0 } else { answer.need(0, "classes")? };
        report.fact("labels outside the set", classes).unit("1").bound("= 0");
        for row in 0..answer.rows() {
            let (value, n): (String, u64) = (answer.need(row, "v")?, answer.need(row, "n")?);
            let examples = Example::rows(frame, &format!("{text} = {}", literal(&value)), None)?;
            let message = format!(
                "label {} is not in the set, on {}{}",
                class(&value),
                of(n, rows, "rows"),
                words::rows(&examples)
            );
            let near = self.classes.iter().find(|known| known.trim().eq_ignore_ascii_case(value.trim()));
            let hint = match near {
                Some(near) => format!("write {}", class(near)),
                None => format!("mend the labels, or add it: classes = [\"{value}\", …]"),
            };
            words::locate(report.no_go(message), &examples).hint(hint);
        }
        if classes > SHOWN as u64 {
            report.no_go(format!("{} more labels are not in the set", classes - SHOWN as u64));
        }
        Ok(())
    }

    /// Rows with equal features and different labels. How many.
    fn conflicts(&self, frame: &Frame, label: &Column, rows: u64, report: &mut Report) -> Result<u64, Error> {
        let features = frame.columns.iter().filter(|column| {
            column.name != label.name
                && !is_id(column)
                && !self.ids.iter().chain(&self.exclude).any(|name| *name == column.name)
        });
        let features = features.collect::<Vec<_>>();
        if features.is_empty() {
            report.note("there is no feature besides the label: no conflicts can be");
            return Ok(0);
        }
        let (digest, text) = (digest(features), as_text(label));
        // Digests are compared rather than texts: a number for each of a million groups is less to keep.
        let differ = format!("min(row_digest({text})) <> max(row_digest({text}))");
        let sql = format!(
            "SELECT count(*) AS groups, sum(n) AS n FROM (SELECT count(*) AS n FROM data WHERE {text} IS NOT NULL GROUP BY {digest} HAVING {differ})"
        );
        let answer = frame.ask(&sql)?;
        let (groups, found): (u64, Option<u64>) = (answer.need(0, "groups")?, answer.get(0, "n")?);
        let found = found.unwrap_or_default();
        report.fact("groups of equal rows with different labels", groups).unit("1");
        report
            .fact("share of rows in conflict", rounded(share(found, rows)))
            .unit("1")
            .bound(format!("<= {}", self.conflicts_maximum));
        if found > 0 {
            let repeated = Repeated::having(frame, &digest, &differ)?;
            let message = format!(
                "{} have the features of another with a different label, in {groups} groups{}",
                of(found, rows, "rows"),
                repeated.text()
            );
            let finding = if share(found, rows) > self.conflicts_maximum {
                let most = if self.conflicts_maximum > 0.0 {
                    format!("at most {}", percent(self.conflicts_maximum))
                } else {
                    "none".to_owned()
                };
                report.no_go(format!("{message}; {most} wanted"))
            } else {
                report.note(message)
            };
            words::locate(finding, &repeated.rows)
                .hint("look which label is right, or take these rows out; keys that tell rows apart are named in 'ids'");
        }
        Ok(found)
    }
}

/// Labels that differ in case, accents or punctuation alone.
fn variants(frame: &Frame, text: &str, report: &mut Report) -> Result<(), Error> {
    let sql = format!(
        "SELECT min(value) AS one, max(value) AS other, count(*) OVER () AS groups FROM \
         (SELECT DISTINCT {text} AS value FROM data WHERE {text} IS NOT NULL LIMIT {MOST_VARIANTS}) \
         WHERE fold_text(value) <> '' GROUP BY fold_text(value) HAVING count(*) > 1 ORDER BY one LIMIT 3"
    );
    let answer = frame.ask(&sql)?;
    let groups: u64 = if answer.rows() == 0 { 0 } else { answer.need(0, "groups")? };
    report.fact("labels written in several ways", groups).unit("1").bound("= 0");
    for row in 0..answer.rows() {
        let (one, other): (String, String) = (answer.need(row, "one")?, answer.need(row, "other")?);
        let examples = Example::rows(frame, &format!("{text} = {}", literal(&other)), None)?;
        let message = format!(
            "labels {} and {} differ in spelling alone{}",
            class(&one),
            class(&other),
            words::rows(&examples)
        );
        words::locate(report.no_go(message), &examples)
            .hint("write each label in one way, or declare both: classes = […]");
    }
    Ok(())
}

/// Names in SQL of what predicts: kept here so that both rules of `power` say the same.
pub(super) fn name(column: &Column) -> String {
    quoted(&column.name)
}
