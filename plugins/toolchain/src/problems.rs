//! Findings of checks that may have hundreds: an empty environment lacks every requirement.

use gonogo_sdk::{Finding, Report, Severity};

/// More findings than a person reads. The rest is counted.
const MOST: usize = 50;

/// Adds findings to a report, and only counts them once there are many.
pub struct Problems<'r> {
    /// The report, for facts and the summary.
    pub report: &'r mut Report,
    rest: Report,
}

impl<'r> Problems<'r> {
    /// Adds to a report.
    pub fn new(report: &'r mut Report) -> Self {
        Self { report, rest: Report::default() }
    }

    /// Must not start like this.
    pub fn no_go(&mut self, message: impl Into<String>) -> &mut Finding {
        self.finding(Severity::NoGo, message)
    }

    /// A part of it could not be told.
    pub fn unknown(&mut self, message: impl Into<String>) -> &mut Finding {
        self.finding(Severity::Unknown, message)
    }

    /// Needs attention, does not stop the run.
    pub fn warn(&mut self, message: impl Into<String>) -> &mut Finding {
        self.finding(Severity::Warn, message)
    }

    /// Worth knowing.
    pub fn note(&mut self, message: impl Into<String>) -> &mut Finding {
        self.finding(Severity::Note, message)
    }

    fn finding(&mut self, severity: Severity, message: impl Into<String>) -> &mut Finding {
        match self.report.findings() < MOST {
            true => self.report.finding(severity, message),
            false => self.rest.finding(severity, message),
        }
    }

    /// How many there are in all.
    pub fn count(&self) -> usize {
        self.report.findings() + self.rest.findings()
    }

    /// Says how many more there are, as bad as the worst of them.
    pub fn finish(self) {
        if let Some(worst) = self.rest.worst() {
            self.report.finding(worst, format!("and {} more", self.rest.findings()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_keeps_its_severity() {
        let mut report = Report::default();
        let mut problems = Problems::new(&mut report);
        for _ in 0..MOST + 3 {
            problems.warn("a");
        }
        problems.no_go("b");
        assert_eq!(problems.count(), MOST + 4);
        problems.finish();
        assert_eq!(report.findings(), MOST + 1);
        assert_eq!(report.worst(), Some(Severity::NoGo));
    }
}
