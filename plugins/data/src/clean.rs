use gonogo_sdk::{
    Check, Dataset, Error, JsonSchema, Report, Severity, Stop,
    dataset::{Column, Type, quoted},
};
use serde::Deserialize;

use crate::{
    damage,
    frame::Frame,
    sql::{Aggregates, Key},
    words::{self, Example, class, of, percent, rounded, share},
};

/// Text is clean: valid UTF-8, no mojibake, control characters, stray markup, truncated records
///
/// All columns of text are measured in one pass. In none may a text have control characters, U+FFFD (what was no character when it was decoded) or mojibake (UTF-8 that was read as Windows-1252, such as `Ã©`): a no-go above
/// `broken-maximum`. Texts that are not in Unicode's normal form C, and tags of HTML in more than a hundredth of the texts (`markup-maximum`), are warnings. A file that is not valid UTF-8 is a no-go, with its place.
///
/// Columns of documents (`documents`; those of 50 words a text and more where none is named) are also held to the rules that filter corpora: ends cut off in at most a tenth of them (`truncated-maximum`); and in at most `unfit-maximum` of them, a fifth,
/// fewer than 50 or more than 100,000 words, a mean word of less than 3 or more than 10 characters, more than 0.1 symbols (`#`, `…`) to a word (Gopher), less than 0.12 of the lines ending in punctuation, more than 0.67 of them short, more than 0.01 of
/// the characters in repeated lines (FineWeb). These are warnings.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Clean {
    /// The table.
    data: Dataset,
    /// Columns that are looked at; all of text without it.
    #[serde(default)]
    columns: Vec<String>,
    /// Columns of documents.
    #[serde(default)]
    documents: Vec<String>,
    /// Most texts of a column with control characters, U+FFFD or mojibake, as a share.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    broken_maximum: f64,
    /// Most texts of a column with tags of HTML, as a share.
    #[serde(default = "markup_maximum")]
    markup_maximum: f64,
    /// Most documents that end in the middle of a sentence, as a share.
    #[serde(default = "truncated_maximum")]
    truncated_maximum: f64,
    /// Most documents that one of the rules for corpora would filter out, as a share, for each rule.
    #[serde(default = "unfit_maximum")]
    unfit_maximum: f64,
}

fn markup_maximum() -> f64 {
    0.01
}

fn truncated_maximum() -> f64 {
    0.1
}

fn unfit_maximum() -> f64 {
    0.2
}

/// Mean words of a text from which on a column holds documents.
const DOCUMENT: f64 = 50.0;

/// What every text is measured for: what is found, the measure, and whether it is a no-go.
const BROKEN: [(&str, &str, bool); 5] = [
    ("control characters", "control_characters", true),
    ("U+FFFD in place of characters", "replacement_characters", true),
    ("mojibake", "mojibake", true),
    ("another form than NFC", "not_nfc", false),
    ("tags of HTML", "html_tags", false),
];

/// What documents are measured for: what is wrong, and when. `{}` stands for the column.
const UNFIT: [(&str, &str); 6] = [
    ("fewer than 50 or more than 100,000 words", "text_measure({}, 'words') NOT BETWEEN 50 AND 100000"),
    (
        "a mean word of less than 3 or more than 10 characters",
        "text_measure({}, 'mean_word_length') NOT BETWEEN 3 AND 10",
    ),
    ("more than 0.1 symbols to a word", "text_measure({}, 'symbol_ratio') > 0.1"),
    (
        "less than 0.12 of their lines ending in punctuation",
        "text_measure({}, 'lines_ending_in_punctuation') < 0.12",
    ),
    ("more than 0.67 of their lines short", "text_measure({}, 'short_lines') > 0.67"),
    (
        "more than 0.01 of their characters in repeated lines",
        "text_measure({}, 'duplicate_line_characters') > 0.01",
    ),
];

const TRUNCATED: &str = "text_measure({}, 'truncated') > 0";

struct Asked<'c> {
    column: &'c Column,
    filled: Key,
    words: Key,
    broken: [Key; BROKEN.len()],
}

impl Check for Clean {
    const TIMEOUT: Option<f64> = Some(600.0);

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let Some(frame) = damage::frame(&self.data, report)? else { return Ok(()) };
        for name in self.columns.iter().chain(&self.documents) {
            match frame.column(name).map(|column| column.kind) {
                Some(Type::Text) => {}
                Some(kind) => _ = report.warn(format!("column {} is {kind:?} and no text", class(name))),
                None => {
                    _ = report
                        .no_go(format!("{} has no column {}", frame.name, class(name)))
                        .hint(frame.lacks(name));
                }
            }
        }
        let texts = frame.columns.iter().filter(|column| {
            column.kind == Type::Text
                && (self.columns.is_empty()
                    || self.columns.contains(&column.name)
                    || self.documents.contains(&column.name))
        });
        let texts = texts.collect::<Vec<_>>();
        if texts.is_empty() && report.worst().is_none() {
            return Err(Stop::not_applicable(format!("{} has no column of text", frame.name)));
        }
        let mut asked = Aggregates::default();
        let asked_of = |asked: &mut Aggregates, column| {
            let name = quoted(&Column::clone(column).name);
            Asked {
                column,
                filled: asked.add(format!("count({name})")),
                words: asked.add(format!("avg(text_measure({name}, 'words'))")),
                broken: BROKEN.map(|(_, measure, _)| {
                    asked.count_where(&format!("text_measure({name}, '{measure}') > 0"))
                }),
            }
        };
        let columns = texts.iter().map(|column| asked_of(&mut asked, *column)).collect::<Vec<_>>();
        let answer = asked.ask(&frame.table)?;
        let mut documents = Vec::new();
        let (mut all, mut bad) = (0, 0);
        for column in &columns {
            let filled = answer.count(column.filled)?;
            all += filled;
            let mean = answer.get::<f64>(column.words)?.unwrap_or_default();
            let is_named = self.documents.contains(&column.column.name);
            if filled > 0 && (is_named || self.documents.is_empty() && mean >= DOCUMENT) {
                documents.push((column.column, filled));
            }
            for ((what, measure, stops), key) in BROKEN.iter().zip(column.broken) {
                let found = answer.count(key)?;
                let most = match (*stops, *measure) {
                    (true, _) => self.broken_maximum,
                    (false, "html_tags") => self.markup_maximum,
                    _ => 0.0,
                };
                let condition = format!("text_measure({}, '{measure}') > 0", quoted(&column.column.name));
                let severity = if *stops { Severity::NoGo } else { Severity::Warn };
                bad += u64::from(hold(
                    &frame,
                    column.column,
                    (what, &condition),
                    (found, filled),
                    (most, severity),
                    report,
                )?);
            }
        }
        for (column, filled) in documents {
            bad += self.document(&frame, column, filled, report)?;
        }
        report.fact("texts", all).unit("1");
        report.summary(match bad {
            0 => format!("{all} texts in {} columns are clean", columns.len()),
            _ => format!("{bad} rules do not hold for {all} texts in {} columns", columns.len()),
        });
        Ok(())
    }
}

impl Clean {
    fn document(
        &self,
        frame: &Frame,
        column: &Column,
        filled: u64,
        report: &mut Report,
    ) -> Result<u64, Error> {
        let name = quoted(&column.name);
        let rules = UNFIT.iter().map(|(what, condition)| (*what, *condition, self.unfit_maximum));
        let rules = rules.chain([("an end that is cut off", TRUNCATED, self.truncated_maximum)]);
        let rules = rules
            .map(|(what, condition, most)| (what, condition.replace("{}", &name), most))
            .collect::<Vec<_>>();
        let mut asked = Aggregates::default();
        let keys = rules.iter().map(|(_, condition, _)| asked.count_where(condition)).collect::<Vec<_>>();
        let answer = asked.ask(&frame.table)?;
        let mut bad = 0;
        for ((what, condition, most), key) in rules.iter().zip(keys) {
            let counts = (answer.count(key)?, filled);
            bad +=
                u64::from(hold(frame, column, (what, condition), counts, (*most, Severity::Warn), report)?);
        }
        Ok(bad)
    }
}

/// Holds a count of texts to its bound. Whether it is broken.
fn hold(
    frame: &Frame,
    column: &Column,
    (what, condition): (&str, &str),
    (found, filled): (u64, u64),
    (most, severity): (f64, Severity),
    report: &mut Report,
) -> Result<bool, Error> {
    let seen = share(found, filled);
    report.fact(format!("{what} in {}", column.name), rounded(seen)).unit("1").bound(format!("<= {most}"));
    if seen <= most {
        return Ok(false);
    }
    let examples = Example::rows(frame, condition, None)?;
    let wanted =
        if most > 0.0 { format!("at most {} wanted", percent(most)) } else { "none wanted".to_owned() };
    let message = format!(
        "column {}: {} have {what}, {wanted}{}",
        class(&column.name),
        of(found, filled, "texts"),
        words::rows(&examples)
    );
    words::locate(report.finding(severity, message), &examples).hint(match what {
        "mojibake" => "decode the source as UTF-8, or name its encoding in the table's options; ftfy mends what is there",
        "another form than NFC" => "normalise: unicodedata.normalize(\"NFC\", text)",
        "tags of HTML" => "take the markup out, or declare the share: markup-maximum",
        _ => "mend these texts, or take them out",
    });
    Ok(true)
}
