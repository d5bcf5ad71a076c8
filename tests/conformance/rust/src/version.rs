use std::cmp::Ordering;

use gonogo_sdk::{Check, Error, JsonSchema, Program, Report, Stop, process};
use serde::Deserialize;

/// A program is new enough
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Version {
    /// The program.
    #[serde(default = "program")]
    program: Program,
    /// Oldest version that will do.
    #[serde(default = "minimum")]
    minimum: String,
}

fn program() -> Program {
    "git".into()
}

fn minimum() -> String {
    "2.30".to_owned()
}

impl Check for Version {
    const COMMANDS: &'static [&'static [&'static str]] = &[&["{program}", "--version"]];

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let program = &self.program;
        let output = match process::run(&[program, "--version"]) {
            Err(Error::NotFound(_)) => {
                report.no_go(format!("{program} is not there")).hint(format!("install {program}"));
                report.summary(format!("{program} is not there"));
                return Ok(());
            }
            output => output?,
        };
        if !output.succeeded() {
            return Err(Stop::unknown(format!("{program} --version ended with {}", output.ending())));
        }
        let Some(version) = first(&output.stdout) else {
            return Err(Stop::unknown(format!("{program} --version prints no version")));
        };
        report.fact("version", version).bound(format!(">= {}", self.minimum));
        if compare(version, &self.minimum) == Ordering::Less {
            report.no_go(format!("{program} is {version}, at least {} wanted", self.minimum));
        }
        report.summary(format!("{program} {version}"));
        Ok(())
    }
}

/// The first match of `[0-9]+(\.[0-9]+)+`.
fn first(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        rest = &rest[rest.find(|c: char| c.is_ascii_digit())?..];
        let mut end = digits(rest);
        let number = end;
        while rest[end..].starts_with('.') && digits(&rest[end + 1..]) > 0 {
            end += 1 + digits(&rest[end + 1..]);
        }
        if end > number {
            return Some(&rest[..end]);
        }
        rest = &rest[end..];
    }
}

/// How many digits a text begins with.
fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// Number by number; missing ones are 0.
fn compare(one: &str, other: &str) -> Ordering {
    let numbers = |text: &str| {
        let number = |part: &str| part.parse::<u64>().unwrap_or(0);
        text.split('.').map(number).collect::<Vec<_>>()
    };
    let (one, other) = (numbers(one), numbers(other));
    let at = |numbers: &[u64], place: usize| numbers.get(place).copied().unwrap_or(0);
    let places = 0..one.len().max(other.len());
    places
        .map(|place| at(&one, place).cmp(&at(&other, place)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}
