//! Columns: how many rows of each match what, held against what is declared.

use std::collections::{BTreeMap, BTreeSet};

use gonogo_sdk::{Attributes, Error, Report, Severity};

use super::{
    columns::{self, Meaning},
    recognisers::{ANY, Recogniser},
};

/// Most columns that are shown one by one.
const SHOWN: usize = 50;

/// Least share of values of the right shape whose check digits are right: by chance it is a tenth.
const RIGHT: f64 = 0.5;

/// One column of one file.
#[derive(Debug, Default)]
struct Column {
    rows: u64,
    counts: BTreeMap<String, u64>,
}

/// All columns, by file and name.
#[derive(Debug, Default)]
pub struct Columns {
    all: BTreeMap<(String, String), Column>,
}

/// What was found in the columns of a name, over all files that have it: shards count as one.
#[derive(Debug)]
struct Found {
    severity: Severity,
    /// The first file.
    path: String,
    files: usize,
    count: u64,
    rows: u64,
    message: String,
    hint: String,
}

impl Columns {
    /// Takes in what the host counted.
    pub fn add(&mut self, counts: &[Attributes]) -> Result<(), Error> {
        for count in counts {
            let (path, field, pattern): (String, String, String) =
                (count.need("path")?, count.need("field")?, count.need("pattern")?);
            let column = self.all.entry((path, field)).or_default();
            column.rows = column.rows.max(count.need("rows")?);
            *column.counts.entry(pattern).or_default() += count.need::<u64>("count")?;
        }
        Ok(())
    }

    /// How many columns have values.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Rows that were looked at, for each file.
    pub fn rows(&self) -> BTreeMap<&str, u64> {
        let mut rows = BTreeMap::new();
        for ((path, _), column) in &self.all {
            let most: &mut u64 = rows.entry(path.as_str()).or_default();
            *most = column.rows.max(*most);
        }
        rows
    }

    /// Judges all columns. How many undeclared ones hold personal data.
    pub fn judge(&self, report: &mut Report, declared: &[String], threshold: f64) -> usize {
        let mut found = BTreeMap::<(String, &'static str), Found>::new();
        let mut used = BTreeSet::new();
        let mut kept = 0_usize;
        for ((path, field), column) in &self.all {
            let Some(mut one) = column.judge(path, field, threshold) else { continue };
            let by = declared.iter().filter(|declared| declares(declared, path, field)).collect::<Vec<_>>();
            if !by.is_empty() {
                used.extend(by);
                kept += 1;
                continue;
            }
            let what = one.0;
            found
                .entry((field.clone(), what))
                .and_modify(|known| {
                    known.files += 1;
                    known.count += one.1.count;
                    known.rows += one.1.rows;
                    if one.1.severity > known.severity {
                        one.1.files = known.files;
                        one.1.count = known.count;
                        one.1.rows = known.rows;
                        std::mem::swap(known, &mut one.1);
                    }
                })
                .or_insert(one.1);
        }
        let mut found = found.into_iter().collect::<Vec<_>>();
        found.sort_by_key(|(key, found)| (std::cmp::Reverse(found.severity), key.clone()));
        let bad = found.iter().filter(|(_, found)| found.severity == Severity::NoGo).count();
        for (at, (_, found)) in found.iter().enumerate() {
            if at == SHOWN {
                let worst = found.severity;
                report.finding(
                    worst,
                    format!("{} more columns hold, or may hold, personal data", bad.max(SHOWN + 1) - SHOWN),
                );
                break;
            }
            let share = found.count as f64 / found.rows.max(1) as f64 * 100.0;
            let files = if found.files > 1 { format!(" in {} files", found.files) } else { String::new() };
            let message =
                format!("{}{files}: {} of {} rows ({share:.2} %)", found.message, found.count, found.rows);
            report.finding(found.severity, message).at(&found.path).hint(&found.hint);
        }
        for unused in declared.iter().filter(|declared| !used.contains(declared)) {
            report.note(format!("'{unused}' is declared, and no such column with personal data was found"));
        }
        report.fact("columns", self.count()).unit("1");
        report.fact("declared columns with personal data", kept).unit("1");
        report.fact("undeclared columns with personal data", bad).unit("1").bound("= 0");
        bad
    }
}

impl Column {
    fn judge(&self, path: &str, field: &str, threshold: f64) -> Option<(&'static str, Found)> {
        let values = self.counts.get(ANY).copied().unwrap_or(self.rows);
        let rows = values.max(1);
        let found = |severity, count, message: String, hint: String| Found {
            severity,
            path: path.to_owned(),
            files: 1,
            count,
            rows,
            message,
            hint,
        };
        let declare = format!("take the column out, or declare it: declared = [\"{path}:{field}\"]");
        let words = columns::words(field);
        let meaning = columns::meaning(field);
        let recognised = self.counts.iter().filter_map(|(id, count)| {
            // In a longer text a word beside the number has said what it is.
            let in_text = id.strip_suffix("-text").and_then(Recogniser::named);
            let recogniser = in_text.or_else(|| Recogniser::named(id))?;
            let is_told = in_text.is_some() || self.counts_for(recogniser, *count, &words);
            (*count > 0 && is_told).then_some((recogniser, *count))
        });
        if let Some((recogniser, count)) = recognised.max_by_key(|(_, count)| *count) {
            let what = recogniser.what;
            if count as f64 >= threshold * rows as f64 {
                return Some((
                    what,
                    found(Severity::NoGo, count, format!("column {field} holds {what}"), declare),
                ));
            }
            let named = meaning.is_some_and(|meaning| meaning.is_certain);
            let severity = if named { Severity::NoGo } else { Severity::Warn };
            return Some((what, found(severity, count, format!("column {field} has some {what}"), declare)));
        }
        let Meaning { what, is_certain, recognisers } = meaning.filter(|_| values > 0)?;
        if !recognisers.is_empty() {
            let message = format!(
                "column {field} is named for {what}, and its values are none: hashed ones are still personal data"
            );
            return Some((what, found(Severity::Warn, values, message, declare)));
        }
        let severity = if is_certain { Severity::NoGo } else { Severity::Warn };
        Some((what, found(severity, values, format!("column {field} is named for {what}"), declare)))
    }

    /// Whether matches of what could be anything are what they look like.
    fn counts_for(&self, recogniser: &Recogniser, count: u64, words: &str) -> bool {
        let padded = format!(" {words} ");
        let named = recogniser.context.iter().any(|word| padded.contains(&format!(" {word} ")));
        if recogniser.has_weak_checksum() {
            let shaped = self.counts.get(&recogniser.shape()).copied().unwrap_or(count).max(count);
            let right = count as f64 >= RIGHT * shaped as f64;
            // A handful of numbers may all be right by chance.
            return named || right && (count >= 8 || !recogniser.needs_context());
        }
        named || !recogniser.needs_context()
    }
}

/// Whether `column` or `file:column` names a column of a file. A file may be named by the end of its path.
fn declares(declared: &str, path: &str, field: &str) -> bool {
    match declared.rsplit_once(':') {
        Some((file, column)) => {
            let ends = path.strip_suffix(file).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
            ends && column.eq_ignore_ascii_case(field)
        }
        None => declared.eq_ignore_ascii_case(field),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(rows: u64, counts: &[(&str, u64)]) -> Column {
        Column { rows, counts: counts.iter().map(|(id, count)| ((*id).to_owned(), *count)).collect() }
    }

    fn severity(column: &Column, field: &str) -> Option<Severity> {
        column.judge("t.csv", field, 0.01).map(|(_, found)| found.severity)
    }

    #[test]
    fn columns_are_judged_by_values_and_names() {
        assert_eq!(severity(&column(1000, &[(ANY, 1000), ("email", 900)]), "contact"), Some(Severity::NoGo));
        assert_eq!(severity(&column(1000, &[(ANY, 1000), ("email", 5)]), "text"), Some(Severity::Warn));
        // Of the values that there are, not of the rows.
        assert_eq!(severity(&column(1000, &[(ANY, 10), ("email", 5)]), "text"), Some(Severity::NoGo));
        assert_eq!(severity(&column(1000, &[(ANY, 1000)]), "email"), Some(Severity::Warn));
        assert_eq!(severity(&column(1000, &[(ANY, 1000)]), "first_name"), Some(Severity::NoGo));
        assert_eq!(severity(&column(1000, &[(ANY, 1000)]), "name"), Some(Severity::Warn));
        assert_eq!(severity(&column(1000, &[(ANY, 1000)]), "label"), None);
        assert_eq!(severity(&column(1000, &[]), "label"), None);
    }

    #[test]
    fn numbers_that_are_right_by_chance_do_not_count() {
        let ids = column(1000, &[(ANY, 1000), ("card", 100), ("card-shape", 1000)]);
        assert_eq!(severity(&ids, "id"), None);
        let cards = column(1000, &[(ANY, 1000), ("card", 990), ("card-shape", 1000)]);
        assert_eq!(severity(&cards, "x"), Some(Severity::NoGo));
        let text = column(1000, &[(ANY, 1000), ("us-ssn-plain-text", 30)]);
        assert_eq!(severity(&text, "text"), Some(Severity::NoGo));
        let numbers = column(1000, &[(ANY, 1000), ("us-ssn-plain", 1000)]);
        assert_eq!(severity(&numbers, "id"), None);
        assert_eq!(severity(&numbers, "ssn"), Some(Severity::NoGo));
        let numbers = column(1000, &[(ANY, 1000), ("nl-bsn", 91), ("nl-bsn-shape", 1000)]);
        assert_eq!(severity(&numbers, "id"), None);
        let numbers = column(1000, &[(ANY, 1000), ("nl-bsn", 1000), ("nl-bsn-shape", 1000)]);
        assert_eq!(severity(&numbers, "id"), Some(Severity::NoGo));
    }

    #[test]
    fn declarations_name_columns() {
        assert!(declares("Email", "data/a.csv", "email"));
        assert!(declares("a.csv:email", "data/a.csv", "email"));
        assert!(declares("data/a.csv:email", "data/a.csv", "email"));
        assert!(!declares("b.csv:email", "data/ab.csv", "email"));
        assert!(!declares("a.csv:mail", "data/a.csv", "email"));
    }
}
