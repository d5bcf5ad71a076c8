//! Secrets that a job was shown, on their way out.

use gonogo::domain::{Grant, Outcome};

use crate::{
    guest::Guest,
    sandbox::{Attempt, SECRET},
};

/// A guest that asks for `SECRET` and then does this, with the value's address and length 8 and 12 bytes after `$scratch`.
fn reveals(then: &str) -> Guest {
    Guest::new()
        .import("environment", "reveal", "(param i32 i32 i32)")
        .import("log", "log", "(param i32 i32 i32)")
        .text("variable", "SECRET")
        .run(&format!(
            "(call $environment.reveal (global.get $variable) (global.get $variable.length) (global.get $scratch))
             {then}
             (global.get $answer)"
        ))
}

/// Puts the value where the summary is.
const SAY_IT: &str =
    "(i64.store offset=4 align=4 (global.get $answer) (i64.load offset=8 (global.get $scratch)))";

fn reveal(reveal: bool) -> Grant {
    Grant::Variable { name: "SECRET".to_owned(), reveal }
}

#[test]
fn a_secret_does_not_come_back() {
    let log = "(call $log.log (i32.const 3) (i32.load offset=8 (global.get $scratch))
        (i32.load offset=12 (global.get $scratch)))";
    // In a report, in a denial's wake, and as the last words before a trap.
    for then in [SAY_IT, &format!("{log} {SAY_IT}"), &format!("{log} (unreachable)")] {
        let outcome = format!("{:?}", Attempt::of(&reveals(then)).granted([reveal(true)]).outcome());
        assert!(!outcome.contains(SECRET), "{outcome}");
        assert!(outcome.contains("[redacted]"), "the guest had it: {outcome}");
    }
}

#[test]
fn a_variable_that_was_not_granted_is_not_shown() {
    for grants in [Vec::new(), vec![reveal(false)]] {
        let outcome = Attempt::of(&reveals("")).granted(grants).outcome();
        assert!(
            matches!(&outcome, Outcome::Unknown { reason, .. } if reason.starts_with("denied: ")),
            "{outcome:?}"
        );
    }
}
