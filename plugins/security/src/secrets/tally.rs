//! What was searched and what was found, in numbers.

use gonogo_sdk::{Attributes, Error, Report, Severity, Size, counted};

use super::rules::Category;

/// Most paths that a message names.
const SHOWN: usize = 5;

/// Sums over all searches of a run.
#[derive(Default)]
pub struct Tally {
    files: u64,
    bytes: u64,
    commits: u64,
    processes: u64,
    skipped_large: u64,
    skipped_binary: u64,
    suppressed: u64,
    unreadable: u64,
    /// The first of those, with the reason.
    unread: Vec<String>,
    /// Finds that the configuration allows.
    pub allowed: u64,
    /// Finds that the baseline has.
    pub known: u64,
    found: [u64; Category::ALL.len()],
    warned: u64,
    noted: u64,
}

impl Tally {
    /// Adds what one search looked at.
    ///
    /// # Errors
    /// Where a number is none.
    pub fn add(&mut self, totals: &Attributes) -> Result<(), Error> {
        let count = |name: &str| Ok::<_, Error>(totals.get::<u64>(name)?.unwrap_or_default());
        self.files += count("files")?;
        self.bytes += count("bytes")?;
        self.commits += count("commits")?;
        self.processes += count("processes")?;
        self.skipped_large += count("skipped-large")?;
        self.skipped_binary += count("skipped-binary")?;
        self.suppressed += count("suppressed")?;
        self.unreadable += count("unreadable-count")?;
        self.unread.extend(totals.get::<Vec<String>>("unreadable")?.unwrap_or_default());
        Ok(())
    }

    /// Counts a find that is neither allowed nor known.
    pub fn count(&mut self, category: Category, severity: Severity) {
        match severity {
            Severity::Note => self.noted += 1,
            Severity::Warn => self.warned += 1,
            Severity::Unknown | Severity::NoGo => {
                let counted =
                    Category::ALL.iter().zip(&mut self.found).find(|(other, _)| **other == category);
                if let Some((_, count)) = counted {
                    *count += 1;
                }
            }
        }
    }

    /// Says all of it.
    pub fn report(&self, report: &mut Report, history: bool) {
        report.fact("files", self.files).unit("1");
        report.fact("bytes", self.bytes).unit("B");
        if history {
            report.fact("commits", self.commits).unit("1");
        }
        if self.processes > 0 {
            report.fact("processes", self.processes).unit("1");
        }
        for (category, count) in Category::ALL.iter().zip(self.found) {
            report.fact(category.name(), count).unit("1").bound("= 0");
        }
        let others = [
            ("in tests, examples and documents", self.warned),
            ("in private files", self.noted),
            ("allowed", self.allowed),
            ("in the baseline", self.known),
            ("files too large", self.skipped_large),
            ("binary files passed over", self.skipped_binary),
            ("files not readable", self.unreadable),
        ];
        for (name, count) in others.into_iter().filter(|(_, count)| *count > 0) {
            report.fact(name, count).unit("1");
        }
        self.gaps(report);
        let found = self.found.iter().sum::<u64>();
        let size = Size::from(self.bytes);
        let files = counted(self.files, "file");
        report.summary(match (found, self.warned) {
            (0, 0) => format!("no secret in {files}, {size}"),
            (0, warned) => {
                format!("{warned} in tests, examples or documents, in {files}, {size}")
            }
            (1, _) => format!("1 secret in {files}, {size}"),
            (found, _) => format!("{found} secrets in {files}, {size}"),
        });
    }

    /// What was not looked at.
    fn gaps(&self, report: &mut Report) {
        if self.unreadable > 0 {
            let first = self.unread.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join("; ");
            report
                .unknown(format!("{} cannot be read: {first}", counted(self.unreadable, "file")))
                .hint("make them readable, or name them in 'exclude'");
        }
        if self.skipped_large > 0 {
            report
                .note(format!(
                    "{} not searched, larger than 'size-maximum'",
                    counted(self.skipped_large, "file")
                ))
                .hint("raise 'size-maximum', or name them in 'exclude'");
        }
        if self.suppressed > 0 {
            report.note(format!(
                "{} further matches are left out: too many of one rule in one file",
                self.suppressed
            ));
        }
        if self.files + self.commits + self.processes == 0 {
            report.unknown("no file was searched").hint("name in 'paths' what is to be searched");
        }
    }
}
