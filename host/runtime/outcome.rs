//! From what a guest says, or how it ended, to an outcome: bounded, clean, and never better than what the host knows.

use std::time::Duration;

use wasmtime::Trap;
use wasmtime_wasi::I32Exit;

use crate::{
    bindings::checks,
    capabilities::{
        host::Host,
        session::{Broken, Trace},
    },
    domain::{
        Fact, Finding, Outcome, Report, Severity, Value, Verdict, duration,
        limits::{CALL_BYTES, FACTS, FINDINGS, LINE_BYTES, TEXT_BYTES},
        text,
    },
};

/// What a guest answered, as the rest of the host may see it.
pub fn accept(answer: Result<checks::Report, checks::Stop>, host: &Host, timeout: Duration) -> Outcome {
    let line = |said: String| text::line(&host.journal.redact(said), TEXT_BYTES);
    let outcome = match answer {
        Ok(report) => Outcome::Judged(clean(report.into(), host)),
        Err(checks::Stop::NotApplicable(why)) => Outcome::NotApplicable(said(line(why))),
        Err(checks::Stop::Unknown(why)) => Outcome::unknown(said(line(why))),
    };
    // A check that met a denial has not seen what it needs, whatever it says.
    let denied = host
        .session
        .denied()
        .filter(|_| !matches!(Verdict::from(&outcome), Verdict::NoGo | Verdict::Unknown));
    match denied {
        Some(denial) => overruled(outcome, line(format!("denied: {denial}"))),
        None if std::time::Instant::now() > host.session.deadline() + crate::domain::limits::TICK * 2 => {
            overruled(outcome, late(timeout))
        }
        None => outcome,
    }
}

fn overruled(outcome: Outcome, reason: String) -> Outcome {
    match outcome {
        Outcome::Judged(report) => Outcome::Unknown { reason, report },
        Outcome::NotApplicable(_) | Outcome::Unknown { .. } => Outcome::unknown(reason),
    }
}

fn said(why: String) -> String {
    if why.trim().is_empty() { "the check does not say why".to_owned() } else { why }
}

fn late(timeout: Duration) -> String {
    format!("did not end within {}", duration::show(timeout))
}

/// Why a job is given up that has not come back from a host call.
pub fn stuck(trace: &Trace, timeout: Duration) -> Outcome {
    Outcome::unknown(after(late(timeout), trace))
}

/// Why a job that is running has no answer when the run is interrupted.
pub fn interrupted(trace: &Trace, since: Duration) -> Outcome {
    Outcome::unknown(after(format!("interrupted after {}", duration::show(since)), trace))
}

/// A reason with the last host call.
fn after(mut reason: String, trace: &Trace) -> String {
    match trace.last_call() {
        Some(call) => reason.push_str(&format!("; last host call: {call}")),
        None => reason.push_str("; before any host call"),
    }
    reason
}

/// Why a guest ended before it answered, in a sentence: the limit or the trap, the last host call, the last words.
pub fn broken(error: &wasmtime::Error, host: &Host, met: Option<&'static str>, timeout: Duration) -> String {
    if let Some(I32Exit(code)) = error.downcast_ref() {
        let reason = format!("ended itself with exit code {code}, where it should answer");
        return close(reason, host);
    }
    let reason = match (error.downcast_ref::<Broken>(), error.downcast_ref::<Trap>(), met) {
        (Some(Broken::Deadline), _, _) | (None, Some(Trap::Interrupt), _) => late(timeout),
        (Some(broken), _, _) => broken.to_string(),
        (None, _, Some(limit)) => format!("needs more than {limit}"),
        (None, Some(Trap::StackOverflow), None) => "needs more than 1 MiB of call stack".to_owned(),
        (None, Some(Trap::UnreachableCodeReached), None) => {
            "broke off (a panic or an abort in the plugin)".to_owned()
        }
        (None, Some(trap), None) => format!("trapped: {trap}"),
        // wasmtime's error for this is private; a test holds its words.
        (None, None, None) if error.root_cause().to_string().contains("fuel allocated for hostcalls") => {
            format!("hands over more than {} MiB in one call", CALL_BYTES >> 20)
        }
        (None, None, None) => format!("trapped: {}", error.root_cause()),
    };
    close(reason, host)
}

/// A reason with the guest's last words and the last host call.
fn close(mut reason: String, host: &Host) -> String {
    if let Some(words) = host.journal.last_words() {
        reason.push_str(&format!(": {}", words.trim_end()));
    }
    text::line(&host.journal.redact(after(reason, host.session.trace())), TEXT_BYTES)
}

/// A report within bounds, without secrets and characters that act.
fn clean(report: Report, host: &Host) -> Report {
    let short = |text: String| text::line(&host.journal.redact(text), LINE_BYTES);
    let long = |text: String| text::lines(&host.journal.redact(text), TEXT_BYTES);
    let finding = |finding: Finding| Finding {
        severity: finding.severity,
        message: long(finding.message),
        location: finding.location.map(|mut at| {
            at.path = short(at.path);
            at
        }),
        hint: finding.hint.map(long),
    };
    let fact = |fact: Fact| Fact {
        name: short(fact.name),
        value: match fact.value {
            Value::Text(text) => Value::Text(text::line(&host.journal.redact(text), TEXT_BYTES)),
            Value::Texts(texts) => Value::Texts(texts.into_iter().take(FINDINGS).map(short).collect()),
            Value::Number(number) if !number.is_finite() => Value::Text(number.to_string()),
            Value::Numbers(mut numbers) => {
                numbers.truncate(FINDINGS);
                match numbers.iter().all(|number| number.is_finite()) {
                    true => Value::Numbers(numbers),
                    false => Value::Texts(numbers.iter().map(f64::to_string).collect()),
                }
            }
            Value::Failed { failed } => Value::Failed {
                failed: failed.map_text(|text| text::line(&host.journal.redact(text), TEXT_BYTES)),
            },
            value @ (Value::Boolean(_) | Value::Integer(_) | Value::Number(_)) => value,
        },
        unit: fact.unit.map(short),
        bound: fact.bound.map(short),
    };
    let cut = report.findings.get(FINDINGS..).unwrap_or_default();
    let worst_cut = cut.iter().map(|finding| finding.severity).max();
    let further = worst_cut.map(|severity: Severity| Finding {
        severity,
        message: format!("{} further findings are left out: at most {FINDINGS} are kept", cut.len()),
        location: None,
        hint: None,
    });
    Report {
        summary: short(report.summary),
        facts: report.facts.into_iter().take(FACTS).map(fact).collect(),
        findings: report.findings.into_iter().take(FINDINGS).map(finding).chain(further).collect(),
    }
}
