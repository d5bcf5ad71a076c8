//! What came of cases: for people, and for CI.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{
    Ended, Fault, Tried,
    difference::{self, Line},
};
use crate::{
    domain::{Verdict, limits::TEXT_BYTES, text},
    report::{
        Style,
        layout::{ACTION, BAD, FAINT, GOOD},
    },
};

/// A line for each case, the differences of those that failed, and the count.
pub fn as_text(tried: &[Tried], style: &Style) -> String {
    let mut out = String::new();
    let mut differences = false;
    for tried in tried {
        let verdict = tried.verdict.map_or("", Verdict::name);
        let (colour, ended) = match &tried.ended {
            Ended::Passed => (GOOD, "passed"),
            Ended::Blessed => (ACTION, "written"),
            Ended::Failed(_) => (BAD, "FAILED"),
        };
        out += &format!(
            "{}  {}  {}\n",
            style.paint(colour, &format!("{ended:7}")),
            tried.name,
            style.paint(FAINT, verdict)
        );
        if let Ended::Failed(faults) = &tried.ended {
            differences |= faults.iter().any(|fault| matches!(fault, Fault::Differs { .. }));
            for line in faults.iter().flat_map(|fault| fault_lines(fault, style)) {
                out += &format!("         {line}\n");
            }
        }
    }
    if differences {
        let legend = format!("{} expected, {} what it gave", style.paint(BAD, "-"), style.paint(GOOD, "+"));
        out += &format!("\n{legend}; `--bless` makes what it gave the expected\n");
    }
    let failed = tried.iter().filter(|tried| matches!(tried.ended, Ended::Failed(_))).count();
    out + &format!("{} passed, {failed} failed\n", tried.len() - failed)
}

/// A fault in lines, each of them clean.
fn fault_lines(fault: &Fault, style: &Style) -> Vec<String> {
    let clean = |line: &str| text::line(line, TEXT_BYTES);
    match fault {
        Fault::Said(said) => said.lines().map(clean).collect(),
        Fault::Differs { key, expected, seen } => {
            let shown = |line: &Line| match line {
                Line::Same(text) => format!("  {}", clean(text)),
                Line::Expected(text) => style.paint(BAD, &format!("- {}", clean(text))),
                Line::Seen(text) => style.paint(GOOD, &format!("+ {}", clean(text))),
                Line::Skipped(1) => style.paint(FAINT, "  … 1 line"),
                Line::Skipped(count) => style.paint(FAINT, &format!("  … {count} lines")),
            };
            let lines = difference::lines(expected, seen);
            std::iter::once(format!("{}:", clean(key))).chain(lines.iter().map(shown)).collect()
        }
    }
}

/// The same as JUnit's XML: a suite for each check.
pub fn as_junit(plugin: &str, tried: &[Tried]) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new(format!("gonogo plugin test {plugin}"));
    for cases in tried.chunk_by(|one, other| one.check == other.check) {
        let Some(check) = cases.first().map(|tried| &tried.check) else { continue };
        let name = format!("{plugin}/{check}");
        let mut suite = TestSuite::new(name.clone());
        for tried in cases {
            suite.add_test_case(test_case(&name, tried));
        }
        suite.set_time(cases.iter().map(|tried| tried.took).sum());
        report.add_test_suite(suite);
    }
    report.set_time(tried.iter().map(|tried| tried.took).sum());
    report.to_string()
}

fn test_case(class: &str, tried: &Tried) -> TestCase {
    let status = match &tried.ended {
        Ended::Passed | Ended::Blessed => TestCaseStatus::success(),
        Ended::Failed(faults) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let lines = faults.iter().flat_map(|fault| fault_lines(fault, &Style::PLAIN));
            let about = faults.iter().map(|fault| match fault {
                Fault::Said(said) => said.clone(),
                Fault::Differs { key, .. } => format!("{key} differs"),
            });
            status.set_type("difference");
            status.set_message(text::line(&about.collect::<Vec<_>>().join("; "), TEXT_BYTES));
            status.set_description(lines.collect::<Vec<_>>().join("\n"));
            status
        }
    };
    let name = tried.name.strip_suffix(".json").unwrap_or(&tried.name);
    let mut case = TestCase::new(name.to_owned(), status);
    case.set_classname(class.to_owned());
    case.set_time(tried.took);
    case
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn tried(check: &str, name: &str, ended: Ended) -> Tried {
        let took = Duration::from_millis(3);
        Tried { check: check.to_owned(), name: name.to_owned(), verdict: Some(Verdict::Go), ended, took }
    }

    fn some() -> Vec<Tried> {
        let differs = Fault::Differs {
            key: "summary".to_owned(),
            expected: json!("64 GiB"),
            seen: json!("32 \u{1b}[31mGiB <&>"),
        };
        let said = Fault::Said("the reason: no".to_owned());
        vec![
            tried("cpu", "cpu/go.json", Ended::Passed),
            tried("memory", "memory/go.json", Ended::Failed(vec![differs, said])),
        ]
    }

    #[test]
    fn a_difference_is_shown_on_both_sides_and_nothing_acts() {
        let text = as_text(&some(), &Style::PLAIN);
        for line in ["summary:", "- \"64 GiB\"", "the reason: no", "1 passed, 1 failed"] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(!text.chars().any(|c| c != '\n' && text::acts(c)), "{text:?}");
        assert!(!as_text(&some()[..1], &Style::PLAIN).contains("expected"));
    }

    #[test]
    fn junit_has_a_suite_for_each_check_and_the_difference() {
        let xml = as_junit("acme", &some()).unwrap();
        let read = Report::deserialize_from_str(&xml).unwrap();
        assert_eq!((read.tests, read.failures, read.test_suites.len()), (2, 1, 2), "{xml}");
        assert!(
            xml.contains("acme/memory") && xml.contains("summary differs") && xml.contains("&lt;&amp;&gt;"),
            "{xml}"
        );
    }
}
