//! Findings in bounded number: the first of each sort are shown, the rest are counted.

use std::collections::BTreeMap;

use gonogo_sdk::{Report, Severity};

/// Most findings of one sort that are shown.
const SHOWN: usize = 20;

/// Findings so far, by severity and sort. What a sort is called is counted, so the names are those of facts.
#[derive(Default)]
pub struct Tally {
    sorts: BTreeMap<(std::cmp::Reverse<Rank>, &'static str), Sort>,
}

/// A severity, ordered.
type Rank = u8;

struct Sort {
    severity: Severity,
    count: usize,
    first: Vec<Shown>,
}

struct Shown {
    path: String,
    message: String,
    hint: String,
}

impl Tally {
    /// Adds a finding of a sort. An empty hint is none.
    pub fn add(
        &mut self,
        severity: Severity,
        sort: &'static str,
        path: &str,
        message: String,
        hint: impl Into<String>,
    ) {
        let rank = match severity {
            Severity::Note => 0,
            Severity::Warn => 1,
            Severity::Unknown => 2,
            Severity::NoGo => 3,
        };
        let key = (std::cmp::Reverse(rank), sort);
        let sort = self.sorts.entry(key).or_insert_with(|| Sort { severity, count: 0, first: Vec::new() });
        sort.count += 1;
        if sort.first.len() < SHOWN {
            sort.first.push(Shown { path: path.to_owned(), message, hint: hint.into() });
        }
    }

    /// Puts all into the report, the worst first. How many are more than notes.
    pub fn report(self, report: &mut Report) -> usize {
        let mut wrong = 0;
        for ((_, name), Sort { severity, count, first }) in self.sorts {
            let fact = report.fact(name, count);
            fact.unit("1");
            if severity != Severity::Note {
                fact.bound("= 0");
                wrong += count;
            }
            let more = count - first.len();
            for Shown { path, message, hint } in first {
                let finding = report.finding(severity, message);
                finding.at(path);
                if !hint.is_empty() {
                    finding.hint(hint);
                }
            }
            if more > 0 {
                report
                    .finding(severity, format!("{more} more are {name}"))
                    .hint("mend those above, and run again");
            }
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_findings_are_a_few() {
        let mut tally = Tally::default();
        for at in 0..1_000_000 {
            tally.add(Severity::NoGo, "world-writable", &at.to_string(), String::new(), "");
        }
        tally.add(Severity::Note, "sticky", "tmp", "sticky".to_owned(), "");
        let mut report = Report::default();
        assert_eq!(tally.report(&mut report), 1_000_000);
        assert_eq!(report.findings(), SHOWN + 2);
    }
}
