//! Files that the rows of a table name.

use std::collections::BTreeMap;

use gonogo_sdk::{
    Error, JsonSchema, Readable, Report, Stop,
    dataset::{literal, query_up_to},
    files::{self, Kind},
};
use serde::Deserialize;

use crate::{
    frame::Frame,
    sql::{DATA, as_text},
    words::{self, Example, class},
};

/// Most names that one answer holds.
const BATCH: u32 = 50_000;

/// Most files that are named one by one.
const SHOWN: usize = 20;

/// A column whose values name files.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars", inline)]
pub struct References {
    /// The column.
    column: String,
    /// The directory that its values are relative to.
    below: Readable,
    /// What stands before each value, such as `images/`.
    #[serde(default)]
    prefix: String,
    /// What stands after each value, such as `.jpg`.
    #[serde(default)]
    suffix: String,
}

impl References {
    /// Looks for each of the files. How many are not there or empty.
    pub fn judge(&self, frame: &Frame, report: &mut Report) -> Result<u64, Stop> {
        let Some(column) = frame.column(&self.column) else {
            report
                .no_go(format!(
                    "{} has no column {}, which 'references' names",
                    frame.name,
                    class(&self.column)
                ))
                .hint(frame.lacks(&self.column));
            return Ok(0);
        };
        let there = match there(&self.below) {
            Ok(there) => there,
            Err(Error::NotFound(_)) => {
                report
                    .no_go(format!("{} is not there", self.below))
                    .at(&*self.below)
                    .hint("put the files there, or mend 'below'");
                return Ok(0);
            }
            Err(error) => return Err(Stop::unknown(format!("cannot walk {}: {error}", self.below))),
        };
        let value = as_text(column);
        let (mut named, mut lost, mut last) = (0_u64, 0_u64, None::<String>);
        loop {
            let after =
                last.as_ref().map_or_else(String::new, |last| format!(" AND {value} > {}", literal(last)));
            let sql = format!(
                "SELECT DISTINCT {value} AS value FROM data WHERE {value} IS NOT NULL{after} ORDER BY value LIMIT {BATCH}"
            );
            let answer = query_up_to(BATCH, &[(DATA, &frame.table)], &sql)?;
            for row in 0..answer.rows() {
                let name: String = answer.need(row, "value")?;
                named += 1;
                let state = self.place(&name).map(|place| there.get(&place));
                let what = match state {
                    Some(Some(size)) if *size > 0 => None,
                    Some(Some(_)) => Some("is empty"),
                    Some(None) => Some("is not there"),
                    None => Some("is no name below it"),
                };
                if let Some(what) = what {
                    lost += 1;
                    if lost as usize <= SHOWN {
                        let examples = Example::rows(frame, &format!("{value} = {}", literal(&name)), None)?;
                        let message = format!(
                            "{} below {}, which column {} names, {what}{}",
                            class(&name),
                            self.below,
                            class(&self.column),
                            words::rows(&examples)
                        );
                        words::locate(report.no_go(message), &examples)
                            .hint("put the file there, or take its rows out");
                    }
                }
                last = Some(name);
            }
            if answer.rows() < BATCH as usize {
                break;
            }
        }
        if lost as usize > SHOWN {
            report.no_go(format!(
                "{} more files that column {} names are not there or empty",
                lost - SHOWN as u64,
                class(&self.column)
            ));
        }
        report.fact(format!("files named by {}", self.column), named).unit("1");
        report
            .fact(format!("files named by {} that are not there or empty", self.column), lost)
            .unit("1")
            .bound("= 0");
        Ok(lost)
    }

    /// Where a value leads to, relative to the directory; nothing where it leads out of it.
    fn place(&self, value: &str) -> Option<String> {
        let name = format!("{}{value}{}", self.prefix, self.suffix);
        let parts = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect::<Vec<_>>();
        let leaves = name.starts_with('/') || parts.contains(&"..") || parts.is_empty();
        (!leaves).then(|| parts.join("/"))
    }
}

/// The files below a directory with their sizes, relative to it.
pub fn there(below: &str) -> Result<BTreeMap<String, u64>, Error> {
    let mut files = BTreeMap::new();
    for entry in files::walk(below).kinds(&["file", "link"]).start()? {
        let entry = entry?;
        if let Some(error) = entry.failed {
            return Err(error);
        }
        let name = entry.path.strip_prefix(below).unwrap_or(&entry.path).trim_start_matches('/').to_owned();
        let size = match entry.kind {
            // What a link leads to counts, where it may be looked at.
            Kind::Link => match files::stat(&entry.path, true) {
                Ok(stat) if stat.get::<String>("kind")?.as_deref() == Some("file") => stat.need("size")?,
                _ => continue,
            },
            _ => entry.size,
        };
        files.insert(name, size);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lead_to_places_below() {
        let references = References {
            column: String::new(),
            below: "data".into(),
            prefix: "images/".to_owned(),
            suffix: ".jpg".to_owned(),
        };
        assert_eq!(references.place("a/b").as_deref(), Some("images/a/b.jpg"));
        assert_eq!(references.place("./a").as_deref(), Some("images/a.jpg"));
        assert_eq!(references.place("../a"), None);
        let plain = References { prefix: String::new(), suffix: String::new(), ..references };
        assert_eq!(plain.place("/etc/passwd"), None);
        assert_eq!(plain.place(""), None);
    }
}
