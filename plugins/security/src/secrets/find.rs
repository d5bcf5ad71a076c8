//! One find, as the host tells it, and what is said of it.

use gonogo_sdk::{Attributes, Error, Report, Severity};

use super::{
    places::is_notebook,
    rules::{Category, Rule, named},
};

/// Where a rule matched. The value itself never leaves the host.
pub struct Find {
    /// The rule.
    pub rule: &'static Rule,
    /// The file; in Git's history, its path there; of a process, what the host calls it.
    pub path: String,
    line: u32,
    column: u32,
    /// The match, with the value cut to its first characters.
    text: String,
    /// A hash over path, rule and value.
    pub fingerprint: String,
    /// Where the text comes from.
    pub source: Source,
    /// Whether Git ignores the file.
    pub ignored: bool,
}

/// Where a text that was searched comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A file.
    File,
    /// Base64 in a file, decoded once.
    Base64,
    /// Git's index.
    Staged,
    /// Git's history: the first commit that has it.
    History(String),
    /// The arguments of a process, by its id.
    Process(u64),
}

impl Find {
    /// Reads a match.
    ///
    /// # Errors
    /// Where the host's answer lacks a part, or names a rule that was not asked for.
    pub fn read(found: &Attributes) -> Result<Self, Error> {
        let id = found.need::<String>("pattern")?;
        let rule =
            named(&id).ok_or_else(|| Error::Unsupported(format!("the host names a pattern '{id}'")))?;
        let source = match found.need::<String>("source")?.as_str() {
            "file" => Source::File,
            "base64" => Source::Base64,
            "staged" => Source::Staged,
            "history" => Source::History(found.get("commit")?.unwrap_or_default()),
            "process" => Source::Process(found.get("process")?.unwrap_or_default()),
            other => return Err(Error::Unsupported(format!("the host names a source '{other}'"))),
        };
        Ok(Self {
            rule,
            path: found.get("path")?.unwrap_or_default(),
            line: found.get("line")?.unwrap_or_default(),
            column: found.get("column")?.unwrap_or_default(),
            text: found.need("text")?,
            fingerprint: found.get("fingerprint")?.unwrap_or_default(),
            source,
            ignored: found.get("ignored")?.unwrap_or_default(),
        })
    }

    /// The line of text that it is on.
    pub fn place(&self) -> (&Source, &str, u32) {
        (&self.source, &self.path, self.line)
    }

    /// Says it. `also` is more to say of the place.
    pub fn report(&self, report: &mut Report, severity: Severity, also: &str) {
        let from = match &self.source {
            Source::File if is_notebook(&self.path) => " in a notebook".to_owned(),
            Source::File => String::new(),
            Source::Base64 => " in base64".to_owned(),
            Source::Staged => " in Git's index".to_owned(),
            Source::History(commit) => format!(" in commit {}", commit.get(..12).unwrap_or(commit)),
            Source::Process(id) => format!(" in the arguments of process {id}"),
        };
        let column = if self.column > 0 { format!(", column {}", self.column) } else { String::new() };
        let message = format!("{}{from}{column}: {}{also}", self.rule.description, self.text.trim());
        let hint = self.hint();
        let finding = report.finding(severity, message);
        match (self.path.is_empty(), self.line) {
            (true, _) => {}
            (false, 0) => _ = finding.at(&self.path),
            (false, line) => _ = finding.at_line(&self.path, line),
        }
        // A note asks for nothing.
        if severity > Severity::Note {
            finding.hint(hint);
        }
    }

    fn hint(&self) -> String {
        let Rule { revoke, category, id, .. } = self.rule;
        let renew = match (category, revoke.starts_with("http")) {
            (Category::PrivateKey, false) => format!("make a new key (`{revoke}`)"),
            (_, true) => format!("revoke it ({revoke})"),
            (_, false) => (*revoke).to_owned(),
        };
        match &self.source {
            Source::Process(_) => format!("{renew}; give it in a file or a variable instead"),
            source => {
                // In the order of the alphabet: whether the order of writing is kept depends on what else is built.
                let known =
                    serde_json::json!({"fingerprint": self.fingerprint, "path": self.path, "rule": id});
                let comment = if matches!(source, Source::History(_)) {
                    ""
                } else {
                    "`gonogo:allow` in a comment on that line, or "
                };
                format!("{renew}; if it is no secret: {comment}{known} in the baseline")
            }
        }
    }
}

/// Leaves one find for each line and rule, and of a value that a surer rule knows, no more than that rule's.
pub fn unique(mut finds: Vec<Find>) -> Vec<Find> {
    // The surest first, so that the others of its line can be left out.
    finds.sort_by(|a, b| (a.place(), b.rule.category, a.column).cmp(&(b.place(), a.rule.category, b.column)));
    let mut kept: Vec<Find> = Vec::with_capacity(finds.len());
    for find in finds {
        let same = |other: &&Find| other.place() == find.place();
        let mut others = kept.iter().rev().take_while(same);
        let guess = find.rule.category == Category::Generic;
        if !others.any(|other| guess || other.rule.id == find.rule.id) {
            kept.push(find);
        }
    }
    kept
}
