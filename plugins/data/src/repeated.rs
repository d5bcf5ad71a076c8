//! Rows that are equal in some columns, as findings show them.

use gonogo_sdk::Error;

use crate::{frame::Frame, sql::literals, words::Example};

/// Most groups of equal rows that are shown.
const GROUPS: usize = 3;

/// Most rows that are shown of all groups.
const ROWS: usize = 9;

/// The first of them.
#[derive(Default)]
pub struct Repeated {
    /// Rows, those that are equal next to each other; the value is their digest, or what it was asked for.
    pub rows: Vec<Example>,
    groups: Vec<String>,
}

impl Repeated {
    /// The largest groups of rows with an equal digest.
    pub fn first(frame: &Frame, digest: &str) -> Result<Self, Error> {
        Self::having(frame, digest, "count(*) > 1")
    }

    /// The largest groups of rows with an equal digest for which a condition on the group holds.
    pub fn having(frame: &Frame, digest: &str, condition: &str) -> Result<Self, Error> {
        let sql = format!(
            "SELECT CAST(digest AS VARCHAR) AS digest, n FROM (SELECT {digest} AS digest, count(*) AS n FROM data GROUP BY 1 HAVING {condition}) \
             ORDER BY n DESC, digest LIMIT {GROUPS}"
        );
        let answer = frame.ask(&sql)?;
        let groups =
            (0..answer.rows()).map(|row| answer.need(row, "digest")).collect::<Result<Vec<String>, _>>()?;
        if groups.is_empty() {
            return Ok(Self::default());
        }
        let all = literals(groups.iter().map(String::as_str));
        let sql = format!(
            "SELECT CAST({digest} AS VARCHAR) AS value, __file, __row, __line FROM data WHERE CAST({digest} AS VARCHAR) IN ({all}) \
             ORDER BY value, __file, __row LIMIT {ROWS}"
        );
        Ok(Self { rows: Example::read(&frame.ask(&sql)?)?, groups })
    }

    /// `: t.csv 102 = 143; t.csv 7 = u.csv 9`. Empty where nothing is shown.
    pub fn text(&self) -> String {
        let mut groups = Vec::new();
        for digest in &self.groups {
            let rows = self.rows.iter().filter(|row| row.value.as_ref() == Some(digest)).collect::<Vec<_>>();
            let mut file = None;
            let named = rows.iter().map(|row| {
                let again = file == Some(&row.file);
                file = Some(&row.file);
                if again { row.row.to_string() } else { format!("{} row {}", row.file, row.row) }
            });
            let named = named.collect::<Vec<_>>().join(" = ");
            if !named.is_empty() {
                groups.push(named);
            }
        }
        if groups.is_empty() { String::new() } else { format!(": {}", groups.join("; ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_stand_together() {
        let row = |file: &str, row, digest: &str| Example {
            file: file.to_owned(),
            row,
            line: None,
            value: Some(digest.to_owned()),
        };
        let repeated = Repeated {
            rows: vec![
                row("a.csv", 102, "1"),
                row("a.csv", 143, "1"),
                row("a.csv", 7, "2"),
                row("b.csv", 9, "2"),
            ],
            groups: vec!["1".to_owned(), "2".to_owned(), "3".to_owned()],
        };
        assert_eq!(repeated.text(), ": a.csv row 102 = 143; a.csv row 7 = b.csv row 9");
        assert_eq!(Repeated::default().text(), "");
    }
}
