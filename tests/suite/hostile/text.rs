//! Characters that act, and bytes that are no text, in every field that a guest fills.

use gonogo::{
    bindings::checks::Stop,
    domain::{Error, Fact, Finding, Location, Outcome, Report, Severity, Value},
};
use wit_component::StringEncoding;

use crate::{
    guest::{Guest, report},
    image::{Answer, SURROGATE},
    sandbox::{Attempt, describe},
};

/// Colours, a title, a carriage return, an end of text, reordering, invisible characters, separators of lines.
const ACTING: &str = "red\u{1b}[31m \u{1b}]0;title\u{7} back\r over\0 \u{9b}2J \u{202e}txt.exe\u{2066} \u{200b}\u{feff} \u{2028}\u{2029}\u{85} \u{e0041} end";

/// What must not reach a report. Newlines and tabs may, where there can be several lines.
fn acts(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn every_text(value: &serde_json::Value, seen: &mut impl FnMut(&str)) {
    match value {
        serde_json::Value::String(text) => seen(text),
        serde_json::Value::Array(values) => values.iter().for_each(|value| every_text(value, seen)),
        serde_json::Value::Object(values) => {
            for (name, value) in values {
                seen(name);
                every_text(value, seen);
            }
        }
        _ => {}
    }
}

fn assert_clean(value: &impl serde::Serialize) {
    every_text(&serde_json::to_value(value).unwrap(), &mut |text| {
        assert!(!text.contains(acts), "{text:?}");
    });
}

/// How many fields of a report are text.
const FIELDS: usize = 18;

/// A report whose text fields are all different: field `at` is `text`, the others are harmless.
fn report_with(at: usize, text: &str) -> Report {
    let mut number = 0;
    let mut next = || {
        number += 1;
        if number - 1 == at { text.to_owned() } else { format!("text {number}") }
    };
    let summary = next();
    let mut fact = |value: Value| Fact { name: next(), value, unit: Some(next()), bound: Some(next()) };
    let mut facts = vec![fact(Value::Text(String::new())), fact(Value::Texts(Vec::new()))];
    facts[0].value = Value::Text(next());
    facts[1].value = Value::Texts(vec![next(), next()]);
    let failed = [
        Error::Denied(next()),
        Error::NotFound(next()),
        Error::Limit(next()),
        Error::Timeout(next()),
        Error::Io(next()),
        Error::Unsupported(next()),
    ];
    facts.extend(failed.map(|failed| Fact {
        name: "failed".to_owned(),
        value: Value::Failed { failed },
        unit: None,
        bound: None,
    }));
    let findings = vec![Finding {
        severity: Severity::Warn,
        message: next(),
        location: Some(Location { path: next(), line: Some(1), column: None }),
        hint: Some(next()),
    }];
    assert_eq!(number, FIELDS + 1, "FIELDS counts them");
    Report { summary, facts, findings }
}

fn answers(answer: Answer) -> Outcome {
    Attempt::of(&Guest::new().answers(answer)).outcome()
}

#[test]
fn no_field_of_a_report_acts() {
    for field in 0..=FIELDS {
        let Outcome::Judged(report) = answers(Ok(report_with(field, ACTING))) else {
            panic!("field {field} is text")
        };
        assert_clean(&report);
        let mut there = false;
        every_text(&serde_json::to_value(&report).unwrap(), &mut |text| there |= text.ends_with(" end"));
        assert!(there, "field {field} is still there: {report:?}");
    }
}

#[test]
fn no_reason_acts_or_takes_several_lines() {
    let text = format!("{ACTING}\nGO: everything is fine");
    let outcomes = [answers(Err(Stop::Unknown(text.clone()))), answers(Err(Stop::NotApplicable(text)))];
    for outcome in outcomes {
        let (Outcome::Unknown { reason, .. } | Outcome::NotApplicable(reason)) = &outcome else {
            panic!("{outcome:?}")
        };
        assert!(!reason.contains('\n'), "{reason:?}");
        assert_clean(&outcome);
    }
}

#[test]
fn last_words_do_not_act() {
    let guest = Guest::new()
        .import("log", "log", "(param i32 i32 i32)")
        .text("words", ACTING)
        .run("(call $log.log (i32.const 3) (global.get $words) (global.get $words.length)) (unreachable)");
    let outcome = Attempt::of(&guest).outcome();
    assert!(
        matches!(&outcome, Outcome::Unknown { reason, .. } if reason.contains(" end; before any host call")),
        "{outcome:?}"
    );
    assert_clean(&outcome);
}

#[test]
fn no_subject_of_a_host_call_acts() {
    let guest = Guest::new()
        .import("environment", "length", "(param i32 i32 i32)")
        .text("name", ACTING)
        .run(
            "(call $environment.length (global.get $name) (global.get $name.length) (global.get $scratch)) (unreachable)",
        );
    let outcome = Attempt::of(&guest).outcome();
    assert!(
        matches!(&outcome, Outcome::Unknown { reason, .. } if reason.contains("last host call: environment.length red")),
        "{outcome:?}"
    );
    assert_clean(&outcome);
}

#[test]
fn bytes_that_are_no_text_break_the_job_in_every_field() {
    let broken = format!("a{SURROGATE}b");
    for field in 0..=FIELDS {
        Attempt::of(&Guest::new().answers(Ok(report_with(field, &broken))))
            .ends_unknown(&["trapped", "utf-8"]);
    }
    for stop in [Stop::Unknown(broken.clone()), Stop::NotApplicable(broken)] {
        Attempt::of(&Guest::new().answers(Err(stop))).ends_unknown(&["trapped", "utf-8"]);
    }
}

#[test]
fn other_encodings_are_text_too_and_held_to_the_same() {
    for encoding in [StringEncoding::UTF16, StringEncoding::CompactUTF16] {
        let guest = |text: &str| Guest::new().encoding(encoding).answers(Ok(report(text)));
        assert_eq!(Attempt::of(&guest("größer als 8 GiB")).judges().summary, "größer als 8 GiB");
        assert_eq!(Attempt::of(&guest("≥ 8 GiB, 温度")).judges().summary, "≥ 8 GiB, 温度");
        assert_clean(&Attempt::of(&guest(ACTING)).judges());
        Attempt::of(&guest(&format!("a{SURROGATE}b"))).ends_unknown(&["trapped"]);
        assert_eq!(describe(&guest("x").build()).unwrap().checks[0].name, "check");
    }
}

#[test]
fn no_field_of_a_description_acts() {
    let acting = || ACTING.to_owned();
    let guest = Guest::new()
        .describes(|said| {
            said.version = acting();
            said.summary = acting();
        })
        .describes_check(|check| {
            check.summary = format!("{ACTING}\nsecond line");
            check.documentation = acting();
        });
    let description = describe(&guest.build()).unwrap();
    assert_clean(&description);
    assert!(!description.checks[0].summary.contains('\n'));
}

#[test]
fn names_and_commands_that_act_are_refused() {
    let named = Guest::new().describes_check(|check| check.name = ACTING.to_owned());
    let error = describe(&named.build()).unwrap_err().to_string();
    assert!(error.contains("is no name of a check") && !error.contains(acts), "{error:?}");
    let command = vec!["rm".to_owned(), "-rf".to_owned(), format!("{{path}}{ACTING}")];
    let commanding = Guest::new().describes_check(|check| check.commands = vec![command]);
    let error = describe(&commanding.build()).unwrap_err().to_string();
    assert!(error.contains("a command of 'check' has a control character"), "{error}");
}

#[test]
fn descriptions_that_are_no_text_are_refused() {
    let broken = || format!("a{SURROGATE}b");
    let guests = [
        Guest::new().describes(|said| said.version = broken()),
        Guest::new().describes(|said| said.summary = broken()),
        Guest::new().describes_check(|check| check.name = broken()),
        Guest::new().describes_check(|check| check.summary = broken()),
        Guest::new().describes_check(|check| check.documentation = broken()),
        Guest::new().describes_check(|check| check.parameters = broken()),
        Guest::new().describes_check(|check| check.commands = vec![vec![broken()]]),
        Guest::new().describes_check(|check| check.traits.set("timeout", broken())),
        Guest::new().describes_check(|check| check.traits.set(&broken(), 1_i64)),
    ];
    for guest in guests {
        let error = describe(&guest.build()).unwrap_err().to_string();
        assert!(error.contains("does not describe itself: trapped") && error.contains("utf-8"), "{error}");
    }
}
