mod documents;
mod field;

use std::collections::{BTreeMap, BTreeSet};

use gonogo_sdk::{
    Check, Dataset, JsonSchema, Readable, Report, Severity, Stop,
    dataset::{Column, Type},
    files,
};
use serde::Deserialize;

use self::field::{Broken, Field};
use crate::{
    damage,
    frame::Frame,
    sql::Aggregates,
    words::{self, Example, class, of},
};

/// Every file is in a format, schema and encoding that the model's loader declares
///
/// What the columns must be is declared in one way or several:
///
/// - `columns`: names with types (`boolean`, `integer`, `number`, `text`, `date`, `timestamp`, `time`, `json`);
/// - `schema`: a file, which is a JSON Schema of a row (`properties`, `required`, `type`, `enum`, `minimum`, `maximum`, `minLength`, `maxLength`, `pattern`, `additionalProperties`), a Frictionless table schema or data package (`fields`
///   with `constraints`), or Croissant (`recordSet`, the first or the one that `record-set` names);
/// - `like`: another table, such as the training split, whose columns and types these must be.
///
/// Each column that is declared is there, its cells are of its type and within its constraints; each that is not declared is a no-go with `exact`, else a note. A column of CSV that is numbers may be declared as text. With `ordered`,
/// columns have the order declared. `formats` and `compression` say what the files may be.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Schema {
    /// The table.
    data: Dataset,
    /// Columns with their types.
    #[serde(default)]
    columns: BTreeMap<String, Type>,
    /// A file that declares the columns.
    #[serde(rename = "schema")]
    document: Option<Readable>,
    /// The record set of Croissant, or the resource of a data package, that is meant.
    record_set: Option<String>,
    /// A table with the columns that these should be.
    like: Option<Dataset>,
    /// Whether there may be no other columns.
    #[serde(default)]
    exact: bool,
    /// Whether the columns must have the order declared.
    #[serde(default)]
    ordered: bool,
    /// What the files may be: `csv`, `jsonl`, `json`, `parquet`, `arrow`.
    #[serde(default)]
    formats: Vec<String>,
    /// How they may be compressed: `none`, `gzip`, `zstd`.
    #[serde(default)]
    compression: Vec<String>,
}

/// Most findings of one sort that are shown.
const SHOWN: usize = 30;

impl Check for Schema {
    const TIMEOUT: Option<f64> = Some(300.0);

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        if self.columns.is_empty()
            && self.document.is_none()
            && self.like.is_none()
            && self.formats.is_empty()
        {
            return Err(Stop::unknown(
                "what the table should be is not declared: name columns = { … }, schema = \"schema.json\", like = \"train.csv\" or formats = [\"parquet\"]",
            ));
        }
        let Some(frame) = damage::frame(&self.data, report)? else { return Ok(()) };
        let is_typed = self.formats(&frame, report)?;
        let mut exact = self.exact;
        let mut fields = self.columns.iter().map(|(name, kind)| Field::of(name, *kind)).collect::<Vec<_>>();
        if let Some(path) = &self.document {
            let text = files::read_text(path)?;
            let (found, closed) = documents::read(&text, self.record_set.as_deref())
                .map_err(|why| Stop::unknown(format!("{path} is no schema that this check knows: {why}")))?;
            exact |= closed;
            fields.extend(found);
        }
        if let Some(like) = &self.like {
            let other = Frame::need(like)?;
            fields.extend(other.columns.iter().map(|column| Field::of(&column.name, column.kind)));
        }
        let counts = self.columns(&frame, &fields, exact, report);
        let broken = Self::cells(&frame, &fields, is_typed, report)?;
        report.summary(match report.worst() {
            None | Some(Severity::Note) => {
                format!("{} columns are as {} declared", frame.columns.len(), fields.len())
            }
            _ => format!("{counts} columns are not as declared, {broken} constraints do not hold"),
        });
        Ok(())
    }
}

impl Schema {
    /// Formats and compression. Whether the format has types of its own.
    fn formats(&self, frame: &Frame, report: &mut Report) -> Result<bool, Stop> {
        let mut formats = BTreeMap::<String, (u64, String)>::new();
        let mut packed = BTreeMap::<String, (u64, String)>::new();
        for file in frame.table.files()? {
            let path: String = file.need("path")?;
            let compression = file.get::<String>("compression")?.unwrap_or_else(|| "none".to_owned());
            for (kind, counted) in [(file.need("format")?, &mut formats), (compression, &mut packed)] {
                counted.entry(kind).or_insert_with(|| (0, path.clone())).0 += 1;
            }
        }
        for (what, seen, wanted) in
            [("format", &formats, &self.formats), ("compression", &packed, &self.compression)]
        {
            if wanted.is_empty() {
                continue;
            }
            let names = seen.keys().cloned().collect::<Vec<_>>().join(", ");
            report.fact(what, names).bound(wanted.join(", "));
            for (kind, (count, path)) in seen.iter().filter(|(kind, _)| !wanted.contains(kind)) {
                report
                    .no_go(format!(
                        "{count} files have the {what} {kind}, {} wanted: {path}",
                        wanted.join(" or ")
                    ))
                    .at(path)
                    .hint("write the files as the loader reads them, or declare what it reads");
            }
        }
        Ok(formats.keys().all(|format| format != "csv"))
    }

    /// Columns that are missing, too many, or in another order. How many.
    fn columns(&self, frame: &Frame, fields: &[Field], exact: bool, report: &mut Report) -> usize {
        let names = fields.iter().map(|field| field.name.as_str()).collect::<BTreeSet<_>>();
        let gone = fields.iter().filter(|field| field.must_be && frame.column(&field.name).is_none());
        let gone = gone.map(|field| field.name.as_str()).collect::<BTreeSet<_>>();
        for name in gone.iter().take(SHOWN) {
            report.no_go(format!("{} has no column {}", frame.name, class(name))).hint(frame.lacks(name));
        }
        let others = frame
            .columns
            .iter()
            .filter(|column| !names.contains(column.name.as_str()) && !column.partition)
            .collect::<Vec<_>>();
        let others = if fields.is_empty() { Vec::new() } else { others };
        report.fact("columns", frame.columns.len()).unit("1");
        report.fact("columns that are missing", gone.len()).unit("1").bound("= 0");
        let fact = report.fact("columns that are not declared", others.len());
        fact.unit("1");
        if exact {
            fact.bound("= 0");
        }
        let severity = if exact { Severity::NoGo } else { Severity::Note };
        for column in others.iter().take(SHOWN) {
            report
                .finding(
                    severity,
                    format!("{} has a column {}, which is not declared", frame.name, class(&column.name)),
                )
                .hint("drop it, or declare it");
        }
        let mut wrong = gone.len() + if exact { others.len() } else { 0 };
        if self.ordered {
            let here =
                frame.columns.iter().map(|column| column.name.as_str()).filter(|name| names.contains(name));
            let there =
                fields.iter().map(|field| field.name.as_str()).filter(|name| frame.column(name).is_some());
            if let Some((here, there)) = here.zip(there).find(|(here, there)| here != there) {
                wrong += 1;
                report
                    .no_go(format!(
                        "the columns have another order: {} stands where {} is declared",
                        class(here),
                        class(there)
                    ))
                    .hint("write the columns in the order that the loader expects");
            }
        }
        wrong
    }

    /// Cells that are not of their type, or break a constraint. How many rules are broken.
    fn cells(frame: &Frame, fields: &[Field], is_typed: bool, report: &mut Report) -> Result<usize, Stop> {
        let mut asked = Aggregates::default();
        let total = asked.add("count(*)");
        let mut rules: Vec<(&Column, Broken, crate::sql::Key)> = Vec::new();
        let mut wrong = 0;
        let mut checked = 0_usize;
        for field in fields {
            let Some(column) = frame.column(&field.name) else { continue };
            let (broken, mismatch) = field.rules(column, is_typed);
            checked += broken.len() + 1;
            if let Some(wanted) = mismatch {
                wrong += 1;
                if wrong <= SHOWN {
                    report
                        .no_go(format!(
                            "column {} is {}, {wanted} wanted{}",
                            class(&column.name),
                            field::name_of(column.kind),
                            if column.stored.is_empty() {
                                String::new()
                            } else {
                                format!(" (it is stored as {})", column.stored)
                            }
                        ))
                        .hint("write the column in the type declared, or declare the one that it has");
                }
            }
            for rule in broken {
                let key = asked.add(rule.count.clone());
                rules.push((column, rule, key));
            }
        }
        report.fact("rules of types and constraints", checked).unit("1");
        if !rules.is_empty() {
            let answer = asked.ask(&frame.table)?;
            let total = answer.count(total)?;
            for (column, rule, key) in rules {
                let found = answer.count(key)?;
                if found == 0 {
                    continue;
                }
                wrong += 1;
                if wrong > SHOWN {
                    continue;
                }
                let examples = match &rule.condition {
                    Some(condition) => {
                        Example::rows(frame, condition, Some(&gonogo_sdk::dataset::quoted(&column.name)))?
                    }
                    None => Vec::new(),
                };
                let message = format!(
                    "column {}: {} {}{}",
                    class(&column.name),
                    of(found, total, "values"),
                    rule.what,
                    words::rows(&examples)
                );
                words::locate(report.no_go(message), &examples)
                    .hint("mend these rows, or declare what is meant");
            }
        }
        report.fact("rules that do not hold", wrong).unit("1").bound("= 0");
        if wrong > SHOWN {
            report.no_go(format!("{} more rules do not hold", wrong - SHOWN));
        }
        Ok(wrong)
    }
}
