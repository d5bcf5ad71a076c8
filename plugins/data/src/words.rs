//! Counts, shares, values and rows as findings show them.

use gonogo_sdk::{Error, Finding, FromValue, dataset::Answer};

use crate::frame::Frame;

/// Most characters of a value that a finding shows: what is in data may be personal.
const SHOWN: usize = 2;

/// Most characters of a value that is shown whole: numbers of a few digits, codes, words.
const SHORT: usize = 4;

/// Most characters of the name of a class.
const CLASS: usize = 40;

/// Most rows that a finding names.
pub const EXAMPLES: usize = 5;

/// A count of a total, with its share.
pub fn of(count: u64, total: u64, what: &str) -> String {
    format!("{count} of {total} {what} ({})", percent(share(count, total)))
}

/// A share of nothing is nothing.
pub fn share(count: u64, total: u64) -> f64 {
    if total == 0 { 0.0 } else { count as f64 / total as f64 }
}

/// A share as a fact: six digits.
pub fn rounded(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}

/// A share as people write it.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let shown = match percent {
        p if (p - p.round()).abs() < 1e-9 && (p.round().abs() >= 0.5 || p.abs() < 1e-15) => format!("{p:.0}"),
        p if p.abs() < 0.01 => format!("{p:.1e}"),
        p => format!("{p:.2}"),
    };
    format!("{shown} %")
}

/// A measure in six digits, which are the same on any host.
pub fn measured(value: f64) -> String {
    format!("{value:.5e}").parse().map_or_else(|_| value.to_string(), |value: f64| value.to_string())
}

/// A value as a finding may show it: its beginning and its length.
pub fn redacted(value: &str) -> String {
    let characters = value.chars().count();
    if characters <= SHORT {
        return format!("'{}'", printed(value));
    }
    let first = value.chars().take(SHOWN).collect::<String>();
    format!("'{}…' ({characters} characters)", printed(&first))
}

/// The name of a class or a column, cut where it is long.
pub fn class(name: &str) -> String {
    let cut = name.chars().take(CLASS).collect::<String>();
    let more = if cut.len() < name.len() { "…" } else { "" };
    format!("'{}{more}'", printed(&cut))
}

/// What could be taken for the end of a line, or cannot be seen, by its code.
fn printed(text: &str) -> String {
    let escape = |letter: char| {
        if letter.is_control() { letter.escape_unicode().to_string() } else { letter.to_string() }
    };
    text.chars().map(escape).collect()
}

/// A row of a table, for a person to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The file.
    pub file: String,
    /// The row in it, from 1.
    pub row: u64,
    /// The line on which it begins, where there are lines.
    pub line: Option<u32>,
    /// What stands there, where that was asked.
    pub value: Option<String>,
}

impl Example {
    /// The first rows for which a condition holds, with the value of an expression, where it is wanted.
    pub fn rows(frame: &Frame, condition: &str, value: Option<&str>) -> Result<Vec<Self>, Error> {
        let value = value.map_or_else(String::new, |value| format!(", CAST({value} AS VARCHAR) AS value"));
        let sql = format!(
            "SELECT __file, __row, __line{value} FROM data WHERE {condition} ORDER BY __file, __row LIMIT {EXAMPLES}"
        );
        Self::read(&frame.ask(&sql)?)
    }

    /// The rows of an answer that has `__file`, `__row`, `__line` and, where it was asked, `value`.
    pub fn read(answer: &Answer) -> Result<Vec<Self>, Error> {
        let has_value = answer.column("value").is_ok();
        let example = |row| {
            Ok(Self {
                file: answer.need(row, "__file")?,
                row: answer.need(row, "__row")?,
                line: optional::<i64>(answer, row, "__line")?.and_then(|line| line.try_into().ok()),
                value: if has_value { answer.get(row, "value")? } else { None },
            })
        };
        (0..answer.rows()).map(example).collect()
    }
}

/// A cell of a column that may be all null, and then be of any type.
fn optional<T: FromValue>(answer: &Answer, row: usize, name: &str) -> Result<Option<T>, Error> {
    match answer.column(name)?.value(row) {
        None => Ok(None),
        Some(_) => answer.get(row, name),
    }
}

/// The rows, file by file: `: a.csv rows 4, 9 ('Jo…' (12 characters)), b.csv row 1`. Empty where there are none.
pub fn rows(examples: &[Example]) -> String {
    let mut text = String::new();
    let mut file = None;
    for (at, example) in examples.iter().enumerate() {
        if file == Some(&example.file) {
            text += ", ";
        } else {
            let several = examples.get(at + 1).is_some_and(|next| next.file == example.file);
            text += if at == 0 { ": " } else { "; " };
            text += &format!("{} {} ", example.file, if several { "rows" } else { "row" });
            file = Some(&example.file);
        }
        text += &example.row.to_string();
        if let Some(value) = &example.value {
            text += &format!(" {}", redacted(value));
        }
    }
    text
}

/// Gives a finding the place of its first example.
pub fn locate<'f>(finding: &'f mut Finding, examples: &[Example]) -> &'f mut Finding {
    match examples.first() {
        Some(Example { file, line: Some(line), .. }) => finding.at_line(file, *line),
        Some(Example { file, .. }) => finding.at(file),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_written_as_people_do() {
        assert_eq!(of(11, 344, "rows"), "11 of 344 rows (3.20 %)");
        assert_eq!((percent(0.05), percent(0.0), percent(1.0)), ("5 %".into(), "0 %".into(), "100 %".into()));
        assert_eq!(percent(1.0 / 3e6), "3.3e-5 %");
        assert_eq!((measured(27.260_416_666), measured(-3.0e7)), ("27.2604".into(), "-30000000".into()));
        assert_eq!(share(1, 0).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn values_are_hidden_but_for_their_beginning() {
        assert_eq!(redacted("n/a"), "'n/a'");
        assert_eq!(redacted("john@example.org"), "'jo…' (16 characters)");
        assert_eq!(redacted("a\u{0}b"), "'a\\u{0}b'");
        assert_eq!(class(&"x".repeat(50)), format!("'{}…'", "x".repeat(40)));
    }

    #[test]
    fn rows_are_named_by_file() {
        let example = |file: &str, row, value: Option<&str>| Example {
            file: file.to_owned(),
            row,
            line: None,
            value: value.map(str::to_owned),
        };
        let examples =
            [example("a.csv", 4, None), example("a.csv", 9, Some("ab")), example("b.csv", 1, None)];
        assert_eq!(rows(&examples), ": a.csv rows 4, 9 'ab'; b.csv row 1");
        assert_eq!(rows(&[]), "");
    }
}
