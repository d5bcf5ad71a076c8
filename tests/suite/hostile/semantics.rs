//! Guests that lie about what they found, who they are, and what they are.

use std::path::Path;

use gonogo::{
    bindings::checks::Stop,
    catalog::described::SaidCheck,
    domain::{Decision, Fact, Finding, Report, Severity, Value, Verdict},
    runtime::{Cache, Runtime},
};

use crate::{
    guest::{Guest, report},
    image::Answer,
    sandbox::{Attempt, describe, found, surroundings},
};

/// A guest that reads what it was not granted, and answers this.
fn denied(answer: Answer) -> Guest {
    Guest::new()
        .answers(answer)
        .import("files", "read", "(param i32 i32 i64 i32 i32)")
        .text("path", "/etc/passwd")
        .run(
            "(call $files.read (global.get $path) (global.get $path.length) (i64.const 0) (i32.const 10)
               (global.get $scratch))
             (global.get $answer)",
        )
}

fn finding(severity: Severity) -> Finding {
    Finding { severity, message: "found".to_owned(), location: None, hint: None }
}

#[test]
fn whoever_was_denied_something_cannot_say_go() {
    let warned = Report { findings: vec![finding(Severity::Warn)], ..report("nearly") };
    let answers = [
        Ok(report("all is well")),
        Ok(warned),
        Err(Stop::NotApplicable("nothing to see".to_owned())),
        Err(Stop::Unknown("denied".to_owned())),
    ];
    for answer in answers {
        Attempt::of(&denied(answer)).ends_unknown(&["denied"]);
    }
    let report = Attempt::of(&denied(Ok(report("all is well")))).ends_unknown(&["denied: ", "/etc/passwd"]);
    assert_eq!(report.summary, "all is well", "what it said is kept beside the reason");
}

#[test]
fn a_denial_among_many_answers_counts_as_one() {
    // Answers of their own for each file hide none: the list's first file is not granted.
    let digests = Guest::new()
        .answers(Ok(report("all is well")))
        .import("files", "digests", "(param i32 i32 i32 i32)")
        .text("path", "/etc/passwd")
        .run(
            "(i32.store (global.get $scratch) (global.get $path))
             (i32.store offset=4 (global.get $scratch) (global.get $path.length))
             (call $files.digests (global.get $scratch) (i32.const 1) (i32.const 0)
               (i32.add (global.get $scratch) (i32.const 16)))
             (global.get $answer)",
        );
    Attempt::of(&digests).ends_unknown(&["denied: ", "/etc/passwd"]);
}

#[test]
fn a_no_go_stands_also_after_a_denial() {
    let answer = Report { findings: vec![finding(Severity::NoGo)], ..report("broken") };
    assert_eq!(Verdict::from(&Attempt::of(&denied(Ok(answer))).outcome()), Verdict::NoGo);
}

#[test]
fn no_way_to_end_badly_is_go() {
    let spin = "(loop $again (br $again)) (unreachable)";
    let import = |guest: Guest| guest.import("clock", "now", "(result f64)");
    let endings = [
        Guest::new().run("(unreachable)"),
        Guest::new().run("(i32.div_s (i32.const 1) (i32.const 0))"),
        Guest::new().run("(i32.load (i32.const -4))"),
        Guest::new().run("(i32.const -4)"),
        Guest::new().run(spin),
        Guest::new().post_run("(unreachable)"),
        Guest::new().realloc("(unreachable)"),
        import(Guest::new()).run(&format!("(drop (call $clock.now)) {spin}")),
        Guest::new().answers(Err(Stop::Unknown(String::new()))),
    ];
    for (number, guest) in endings.iter().enumerate() {
        let outcome = Attempt::of(guest).outcome();
        let verdict = Verdict::from(&outcome);
        assert_eq!(verdict, Verdict::Unknown, "ending {number}: {outcome:?}");
        for other in Verdict::ALL {
            assert_ne!(verdict.merge(other).decision(true), Decision::Go, "merged with {}", other.name());
        }
    }
}

#[test]
fn a_stop_without_a_reason_is_told_as_such() {
    Attempt::of(&Guest::new().answers(Err(Stop::Unknown("  \n\u{1b}".to_owned()))))
        .ends_unknown(&["the check does not say why"]);
}

#[test]
fn no_job_sees_what_another_left() {
    let guest = Guest::new().field("(global $jobs (mut i32) (i32.const 0))").run(
        "(if (global.get $jobs) (then (unreachable)))
         (if (i32.load8_u (i32.const 8)) (then (unreachable)))
         (global.set $jobs (i32.const 1))
         (i32.store8 (i32.const 8) (i32.const 1))
         (global.get $answer)",
    );
    for _ in 0..3 {
        assert_eq!(Attempt::of(&guest).judges(), report("fine"));
    }
}

#[test]
fn a_description_cannot_depend_on_the_machine() {
    let asks = [
        ("clock", "now", "(result f64)", "(drop (call $clock.now))"),
        ("system", "cpu", "(param i32)", "(call $system.cpu (global.get $scratch))"),
        (
            "environment",
            "length",
            "(param i32 i32 i32)",
            "(call $environment.length (i32.const 0) (i32.const 0) (global.get $scratch))",
        ),
    ];
    for (interface, function, signature, call) in asks {
        let guest = Guest::new()
            .import(interface, function, signature)
            .describe(&format!("{call} (global.get $description)"));
        let error = describe(&guest.build()).unwrap_err().to_string();
        assert!(
            error.contains(&format!("asks for {interface}.{function} while it describes itself")),
            "{error}"
        );
    }
}

#[test]
fn a_description_is_asked_for_once() {
    let base = tempfile::tempdir().unwrap();
    let runtime = || Runtime::new(Some(Cache::open(base.path().join("cache")).unwrap()));
    let found = found("hostile", &Guest::new().build());
    let surroundings = surroundings(Path::new("/nowhere"));
    let first = runtime().description(&found, &surroundings, || {}).unwrap();
    // Without its compiled code it could be asked only after a compile.
    for entry in std::fs::read_dir(base.path().join("cache")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|kind| kind == "code") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let again = runtime().description(&found, &surroundings, || panic!("it was asked again")).unwrap();
    assert_eq!(first, again);
}

#[test]
fn figures_that_are_no_numbers_are_told_as_text() {
    let numbers = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300];
    let fact = |number| Fact {
        name: "load".to_owned(),
        value: Value::Number(number),
        unit: Some("1".to_owned()),
        bound: None,
    };
    let series = |numbers: &[f64]| Fact {
        name: "loads".to_owned(),
        value: Value::Numbers(numbers.to_vec()),
        unit: None,
        bound: None,
    };
    let mut facts = numbers.map(fact).to_vec();
    facts.extend([series(&numbers), series(&[1.0, 2.5])]);
    let answer = Report { facts, ..report("measured") };
    let said = Attempt::of(&Guest::new().answers(Ok(answer))).judges();
    let values = said.facts.into_iter().map(|fact| fact.value).collect::<Vec<_>>();
    let text = |text: &str| Value::Text(text.to_owned());
    let texts = ["NaN", "inf", "-inf", &1e300.to_string()].map(str::to_owned).to_vec();
    assert_eq!(
        values,
        [
            text("NaN"),
            text("inf"),
            text("-inf"),
            Value::Number(1e300),
            Value::Texts(texts),
            Value::Numbers(vec![1.0, 2.5])
        ]
    );
}

#[test]
fn a_report_that_says_nothing_is_a_report() {
    assert_eq!(Attempt::of(&Guest::new().answers(Ok(report("")))).judges(), Report::default());
}

#[test]
fn a_check_that_the_plugin_does_not_have_is_unknown() {
    // This guest answers whatever it is asked; it is not asked.
    Attempt::of(&Guest::new()).check("another").ends_unknown(&["there is no check hostile-0/another"]);
}

#[test]
fn names_of_checks_are_names_and_ones_own() {
    let long = "x".repeat(5_000);
    for name in ["", "system/cpu", "a/b", "../x", "Check", "a b", "-x", "größe", "a.b", "a_b", "x\n", &*long]
    {
        let guest = Guest::new().describes_check(|check| name.clone_into(&mut check.name));
        match describe(&guest.build()) {
            Err(error) => assert!(error.to_string().contains("is no name of a check"), "{error}"),
            Ok(description) => panic!("'{name:.80}' became {:?}", description.checks[0].name),
        }
    }
    let twice = Guest::new().describes(|said| {
        let twin = SaidCheck {
            name: "check".to_owned(),
            parameters: r#"{"type":"object"}"#.to_owned(),
            ..SaidCheck::default()
        };
        said.checks.push(twin);
    });
    let error = describe(&twice.build()).unwrap_err().to_string();
    assert!(error.contains("two checks named 'check'"), "{error}");
    let none = Guest::new().describes(|said| said.checks.clear());
    assert!(describe(&none.build()).unwrap_err().to_string().contains("it has no check"));
}

#[test]
fn parameters_that_are_no_schema_are_refused() {
    let deep = format!("{{\"type\":\"object\",\"not\":{}", "[".repeat(100_000));
    let wrong = [
        "",
        "no JSON",
        "null",
        "[]",
        "{}",
        r#"{"type":"array"}"#,
        r#"{"type":["object"]}"#,
        r#"{"type":"object","properties":7}"#,
        r#"{"type":"object","required":"all"}"#,
        &*deep,
    ];
    for schema in wrong {
        let guest = Guest::new().describes_check(|check| schema.clone_into(&mut check.parameters));
        let error = describe(&guest.build()).unwrap_err().to_string();
        assert!(error.contains("are no JSON Schema of an object"), "{schema:.80}: {error}");
    }
}

#[test]
fn timeouts_that_are_none_are_refused() {
    let wrong: [Value; 8] = [
        f64::NAN.into(),
        f64::INFINITY.into(),
        (-1.0).into(),
        0.0.into(),
        1e300.into(),
        (-5_i64).into(),
        "10 s".into(),
        true.into(),
    ];
    for timeout in wrong {
        let guest = Guest::new().describes_check(|check| check.traits.set("timeout", timeout.clone()));
        let error = describe(&guest.build()).unwrap_err().to_string();
        assert!(error.contains("not a number of seconds"), "{timeout:?}: {error}");
    }
}

#[test]
fn commands_without_a_program_are_refused() {
    for command in [Vec::new(), vec![String::new()], vec![String::new(), "-c".to_owned()]] {
        let guest = Guest::new().describes_check(|check| check.commands = vec![command]);
        let error = describe(&guest.build()).unwrap_err().to_string();
        assert!(error.contains("a command of 'check' has no program"), "{error}");
    }
}
