//! The rules, held against what was measured of each column.

use gonogo_sdk::{Error, Report, Stop, dataset::quoted};

use super::{
    Quality,
    measure::{Measured, Texts},
};
use crate::{
    frame::{Frame, is_id},
    sql::cut,
    words::{self, Example, class, of, percent, rounded, share},
};

/// Most findings of one rule that are shown.
const SHOWN: usize = 20;

/// Most different values of a column whose spellings are compared: one with more is text or a key.
const MOST_VARIANTS: u64 = 10_000;

/// Interquartile ranges from the middle half to an outlier (Tukey's outer fences).
const FENCE: f64 = 3.0;

/// Interquartile ranges from the middle half to a number that hardly belongs there: placeholders, wrong units, slipped digits.
const EXTREME: f64 = 1000.0;

/// Least different values of a column whose outliers are looked for: below, it holds codes.
const LEAST_VALUES: u64 = 10;

/// Least different texts of a column whose lengths are compared.
const LEAST_TEXTS: u64 = 100;

/// Inner ranges of lengths from the inner 94 of a hundred to a length that is out of place, and the fewest characters that are.
const LENGTH: (f64, f64) = (4.0, 5.0);

/// The rules, each the name of a fact, in the order in which they are reported.
const RULES: [&str; 8] = [
    "columns with a single value",
    "nearly empty columns",
    "columns with values of special characters only",
    "columns with several spellings of null",
    "columns of mixed types",
    "columns with variants of a value",
    "columns with lengths out of place",
    "columns with outliers",
];

/// What so many columns break.
fn of_so_many(rule: &str, columns: usize) -> String {
    if columns == 1 { rule.replacen("columns", "column", 1) } else { rule.to_owned() }
}

/// Judges columns.
pub struct Rules<'q> {
    quality: &'q Quality,
    frame: &'q Frame,
    rows: u64,
    /// Columns that break each of them.
    broken: [usize; RULES.len()],
}

impl<'q> Rules<'q> {
    /// Over a table of so many rows.
    pub fn new(quality: &'q Quality, frame: &'q Frame, rows: u64) -> Self {
        Self { quality, frame, rows, broken: [0; RULES.len()] }
    }

    /// One column by all rules.
    pub fn judge(&mut self, measured: &Measured<'_>, report: &mut Report) -> Result<(), Stop> {
        let name = &measured.column.name;
        report.fact(format!("distinct in {name}"), measured.distinct).unit("1");
        self.filling(measured, report)?;
        if let Some(text) = measured.text {
            self.special(measured, text, report)?;
            self.spellings(measured, text, report)?;
            self.types(measured, text, report)?;
            self.variants(measured, report)?;
            self.lengths(measured, text, report)?;
        }
        if let Some(quartiles) = measured.quantity
            && !is_id(measured.column)
            && !self.quality.ids.contains(name)
        {
            self.outliers(measured, quartiles, report)?;
        }
        Ok(())
    }

    /// The number of columns that break each rule.
    pub fn facts(&self, report: &mut Report) {
        for (rule, broken) in RULES.into_iter().zip(self.broken) {
            report.fact(rule, broken).unit("1").bound("= 0");
            if broken > SHOWN {
                report
                    .warn(format!("{} more {}", broken - SHOWN, of_so_many(rule, broken - SHOWN)))
                    .hint("mend those above, and run again");
            }
        }
    }

    /// What is wrong, in a line.
    pub fn summary(&self) -> String {
        let broken = RULES.iter().zip(self.broken).filter(|(_, broken)| *broken > 0);
        let broken = broken
            .map(|(rule, broken)| format!("{broken} {}", of_so_many(rule, broken)))
            .collect::<Vec<_>>()
            .join(", ");
        if broken.is_empty() { "no column breaks a rule".to_owned() } else { broken }
    }

    /// Counts a column that breaks a rule. Whether its finding is shown.
    fn breaks(&mut self, rule: usize) -> bool {
        self.broken[rule] += 1;
        self.broken[rule] <= SHOWN
    }

    fn filling(&mut self, measured: &Measured<'_>, report: &mut Report) -> Result<(), Error> {
        let Measured { column, filled, distinct, .. } = *measured;
        let name = class(&column.name);
        let nulls = self.rows - filled.min(self.rows);
        let may = column.partition || self.quality.constant.contains(&column.name);
        if distinct == 1 && nulls == 0 && self.rows > 1 && !may && self.breaks(0) {
            let value = Example::rows(self.frame, "true", Some(&quoted(&column.name)))?;
            let value = value.first().and_then(|example| example.value.as_deref()).map(words::redacted);
            report
                .warn(format!("column {name} has the value {} in every row", value.unwrap_or_default()))
                .hint(format!("drop it, or declare it: constant = [\"{}\"]", column.name));
        }
        let empty = share(nulls, self.rows);
        if (empty > self.quality.empty_maximum || filled == 0) && self.breaks(1) {
            report
                .warn(format!("column {name} is nearly empty: {} are null", of(nulls, self.rows, "values")))
                .hint("drop it, or see why nothing fills it");
        }
        Ok(())
    }

    fn special(&mut self, measured: &Measured<'_>, text: Texts, report: &mut Report) -> Result<(), Error> {
        let most = self.quality.special_maximum;
        if share(text.special, measured.filled) <= most || !self.breaks(2) {
            return Ok(());
        }
        let name = quoted(&measured.column.name);
        let condition =
            format!("text_measure({name}, 'special_characters') >= 1.0 AND null_spelling({name}) IS NULL");
        let examples = Example::rows(self.frame, &condition, Some(&name))?;
        let message = format!(
            "column {}: {} are of special characters only, at most {} wanted{}",
            class(&measured.column.name),
            of(text.special, measured.filled, "values"),
            percent(most),
            words::rows(&examples)
        );
        words::locate(report.warn(message), &examples).hint("see what wrote them; make placeholders null");
        Ok(())
    }

    fn spellings(&mut self, measured: &Measured<'_>, text: Texts, report: &mut Report) -> Result<(), Error> {
        let nulls = self.rows > measured.filled;
        let spellings = text.spellings + u64::from(nulls);
        if spellings <= 1 || !self.breaks(3) {
            return Ok(());
        }
        let name = quoted(&measured.column.name);
        let sql = format!(
            "SELECT null_spelling({name}) AS spelling, count(*) AS n FROM data WHERE null_spelling({name}) IS NOT NULL GROUP BY 1 ORDER BY n DESC, spelling LIMIT 10"
        );
        let answer = self.frame.ask(&sql)?;
        let mut found = Vec::new();
        if nulls {
            found.push(format!("{} empty", self.rows - measured.filled));
        }
        for row in 0..answer.rows() {
            let (spelling, n): (String, u64) = (answer.need(row, "spelling")?, answer.need(row, "n")?);
            found.push(format!("{n} {}", class(&spelling)));
        }
        let example = Example::rows(self.frame, &format!("null_spelling({name}) IS NOT NULL"), None)?;
        let message = format!(
            "column {} has {spellings} spellings of null: {}",
            class(&measured.column.name),
            found.join(", ")
        );
        words::locate(report.warn(message), &example)
            .hint("write all of them as an empty cell, or name them in the option 'nulls' of the table");
        Ok(())
    }

    fn types(&mut self, measured: &Measured<'_>, text: Texts, report: &mut Report) -> Result<(), Error> {
        let all = text.numbers + text.words;
        let rarer = text.numbers.min(text.words);
        let (low, high) = self.quality.mixed;
        let found = share(rarer, all);
        if rarer == 0 || found >= high {
            return Ok(());
        }
        let is_mixed = found > low;
        if is_mixed && !self.breaks(4) {
            return Ok(());
        }
        let name = quoted(&measured.column.name);
        let (rare, common) = if rarer == text.numbers { ("numbers", "text") } else { ("text", "numbers") };
        let condition = match rare {
            "numbers" => format!("cell_type({name}) IN ('integer', 'number')"),
            _ => format!("cell_type({name}) = 'text' AND null_spelling({name}) IS NULL"),
        };
        let examples = Example::rows(self.frame, &condition, Some(&name))?;
        let message = format!(
            "column {} holds {common}, and {} are {rare}{}",
            class(&measured.column.name),
            of(rarer, all, "values"),
            words::rows(&examples)
        );
        let finding = if is_mixed { report.warn(message) } else { report.note(message) };
        words::locate(finding, &examples).hint("make all values of one type, or two columns of it");
        Ok(())
    }

    fn variants(&mut self, measured: &Measured<'_>, report: &mut Report) -> Result<(), Error> {
        let Measured { column, filled, distinct, .. } = *measured;
        if !(2..=MOST_VARIANTS).contains(&distinct) || distinct.saturating_mul(2) > filled {
            return Ok(());
        }
        let name = quoted(&column.name);
        let sql = format!(
            "SELECT min(value) AS one, max(value) AS other, count(*) OVER () AS groups FROM \
             (SELECT DISTINCT {name} AS value FROM data WHERE {name} IS NOT NULL AND null_spelling({name}) IS NULL) \
             WHERE fold_text(value) <> '' GROUP BY fold_text(value) HAVING count(*) > 1 ORDER BY one LIMIT 3"
        );
        let answer = self.frame.ask(&sql)?;
        if answer.rows() == 0 || !self.breaks(5) {
            return Ok(());
        }
        let groups: u64 = answer.need(0, "groups")?;
        let mut pairs = Vec::new();
        for row in 0..answer.rows() {
            let (one, other): (String, String) = (answer.need(row, "one")?, answer.need(row, "other")?);
            pairs.push(format!("{} and {}", class(&one), class(&other)));
        }
        let message = format!(
            "column {}: {groups} values are written in several ways, such as {}",
            class(&column.name),
            pairs.join("; ")
        );
        report.warn(message).hint("write each value in one way");
        Ok(())
    }

    fn lengths(&mut self, measured: &Measured<'_>, text: Texts, report: &mut Report) -> Result<(), Error> {
        let Some((low, high)) = text.inner else { return Ok(()) };
        if measured.distinct < LEAST_TEXTS {
            return Ok(());
        }
        let reach = LENGTH.0 * (high - low).max(LENGTH.1);
        let (Some(below), Some(above)) = (cut(low - reach), cut(high + reach)) else { return Ok(()) };
        let name = quoted(&measured.column.name);
        let condition = format!("(character_length({name}) < {below} OR character_length({name}) > {above})");
        let found: u64 =
            self.frame.ask(&format!("SELECT count(*) AS n FROM data WHERE {condition}"))?.need(0, "n")?;
        if found == 0 || !self.breaks(6) {
            return Ok(());
        }
        let examples = Example::rows(self.frame, &condition, Some(&name))?;
        let message = format!(
            "column {}: {} have a length out of place, where 94 of 100 have {low:.0} to {high:.0} characters{}",
            class(&measured.column.name),
            of(found, measured.filled, "texts"),
            words::rows(&examples)
        );
        words::locate(report.warn(message), &examples)
            .hint("look whether records ran together or were cut off there");
        Ok(())
    }

    fn outliers(
        &mut self,
        measured: &Measured<'_>,
        quartiles: [f64; 3],
        report: &mut Report,
    ) -> Result<(), Error> {
        let [low, middle, high] = quartiles;
        let range = high - low;
        // Where half of the values are one and the same (dark pixels, amounts that are mostly nothing), the rest of them are no outliers.
        let is_lopsided = low >= middle || high <= middle;
        if measured.distinct < LEAST_VALUES || is_lopsided || !range.is_finite() {
            return Ok(());
        }
        let value = format!("CAST({} AS DOUBLE)", quoted(&measured.column.name));
        let beyond = |ranges: f64| {
            let (below, above) = (cut(range.mul_add(-ranges, low))?, cut(range.mul_add(ranges, high))?);
            Some(format!("({value} < {below} OR ({value} > {above} AND NOT isnan({value})))"))
        };
        let (Some(fence), Some(extreme)) = (beyond(FENCE), beyond(EXTREME)) else { return Ok(()) };
        let sql = format!(
            "SELECT count(*) FILTER (WHERE {fence}) AS outliers, count(*) FILTER (WHERE {extreme}) AS extremes FROM data"
        );
        let answer = self.frame.ask(&sql)?;
        let (outliers, extremes): (u64, u64) = (answer.need(0, "outliers")?, answer.need(0, "extremes")?);
        let found = share(outliers, measured.filled);
        let most = self.quality.outliers_maximum;
        if outliers > 0 {
            report
                .fact(format!("outliers in {}", measured.column.name), rounded(found))
                .unit("1")
                .bound(format!("<= {most}"));
        }
        if (found <= most && extremes == 0) || !self.breaks(7) {
            return Ok(());
        }
        let (condition, count, what) = if found > most {
            (&fence, outliers, "lie beyond three interquartile ranges from the middle half")
        } else {
            (&extreme, extremes, "lie a thousand interquartile ranges from the middle half")
        };
        let examples = Example::rows(self.frame, condition, Some(&quoted(&measured.column.name)))?;
        let message = format!(
            "column {}: {} {what}, around {}{}",
            class(&measured.column.name),
            of(count, measured.filled, "values"),
            words::measured(middle),
            words::rows(&examples)
        );
        words::locate(report.warn(message), &examples)
            .hint("look for placeholders, wrong units and slipped digits");
        Ok(())
    }
}
