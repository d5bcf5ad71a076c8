//! A profile as text: a table for each table, with a histogram or the shares of the most frequent values in each line.

use serde_json::Value as Json;

use super::measure::{Column, Profile, Table};
use crate::{
    domain::{Value, text},
    report::{
        Style,
        layout::{ACTION, CAUTION, FAINT, STRONG, cut, table},
        units,
    },
};

/// Most columns that a value takes.
const MOST_VALUE: usize = 20;

/// All tables.
pub fn as_text(profile: &Profile, style: &Style) -> String {
    let tables = profile.tables.iter().map(|table| one(table, style));
    tables.collect::<Vec<_>>().join("\n")
}

fn one(found: &Table, style: &Style) -> String {
    let mut out = style.paint(STRONG, &text::line(&found.name, 200));
    let files =
        if found.files == 1 { String::new() } else { format!("{} files · ", whole(found.files as u64)) };
    let size = units::value(&Value::Integer(found.size), Some("B"));
    let columns = found.columns.len();
    out.push_str(&format!(
        "  {files}{} · {size} · {} {} · {columns} {}\n",
        found.format,
        whole(found.rows),
        plural(found.rows, "row"),
        plural(columns as u64, "column")
    ));
    let repeated = match found.duplicates {
        0 => "no row occurs twice".to_owned(),
        1 => "1 row is the same as one before it".to_owned(),
        some => {
            format!("{} rows ({}) are the same as one before them", whole(some), percent(some, found.rows))
        }
    };
    let colour = if found.duplicates > 0 { CAUTION } else { FAINT };
    out.push_str(&format!("{}\n\n", style.paint(colour, &repeated)));
    let heading = ["column", "type", "nulls", "distinct", "values"].map(str::to_owned);
    let mut rows = vec![heading];
    rows.extend(found.columns.iter().map(|column| {
        [
            text::line(&column.name, 200),
            column.kind.clone(),
            if column.nulls == 0 { "0".to_owned() } else { percent(column.nulls, found.rows) },
            whole(column.distinct),
            values(column, found.rows),
        ]
    }));
    for line in table(&rows, [None, Some(FAINT), Some(FAINT), Some(FAINT), Some(ACTION)], style) {
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// `▁▃█▅▂  4.3 … 7.9, median 5.8`, or `setosa 33 % · virginica 33 %`.
fn values(column: &Column, rows: u64) -> String {
    if column.histogram.is_empty() {
        let shown = column.top.iter().map(|top| {
            format!("{} {}", cut(&text::line(&top.value, 100), MOST_VALUE), percent(top.rows, rows))
        });
        let others = column.distinct.saturating_sub(column.top.len() as u64);
        let others = (others > 0).then(|| format!("{} more", whole(others)));
        return shown.chain(others).collect::<Vec<_>>().join(" · ");
    }
    let median = column.quartiles.map_or_else(String::new, |[_, median, _]| {
        format!(", median {}", units::value(&Value::Number(median), Some("1")))
    });
    let bars = units::bars(&column.histogram.iter().map(|count| *count as f64).collect::<Vec<_>>());
    format!("{bars}  {} … {}{median}", end(&column.minimum), end(&column.maximum))
}

fn end(value: &Json) -> String {
    match value {
        Json::Number(number) => {
            number.as_f64().map_or_else(String::new, |number| units::value(&Value::Number(number), Some("1")))
        }
        Json::String(text) => text.clone(),
        _ => "none".to_owned(),
    }
}

fn whole(count: u64) -> String {
    units::value(&Value::Integer(i64::try_from(count).unwrap_or(i64::MAX)), Some("1"))
}

fn plural(count: u64, what: &str) -> String {
    if count == 1 { what.to_owned() } else { format!("{what}s") }
}

/// `33 %`, `0.4 %`; never nothing for something, nor all for less than all.
fn percent(part: u64, all: u64) -> String {
    let share = part as f64 / all.max(1) as f64 * 100.0;
    match share {
        _ if part == 0 => "0 %".to_owned(),
        _ if part == all => "100 %".to_owned(),
        share if share < 0.1 => "< 0.1 %".to_owned(),
        share if share > 99.9 => "> 99.9 %".to_owned(),
        share if !(1.0..=99.0).contains(&share) => format!("{share:.1} %"),
        share => format!("{share:.0} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_never_looks_like_nothing() {
        for (part, all, shown) in [
            (0, 10, "0 %"),
            (1, 10_000, "< 0.1 %"),
            (9_999, 10_000, "> 99.9 %"),
            (5, 1_000, "0.5 %"),
            (1, 3, "33 %"),
            (3, 3, "100 %"),
            (0, 0, "0 %"),
        ] {
            assert_eq!(percent(part, all), shown);
        }
    }
}
