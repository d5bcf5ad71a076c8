//! Lines of crontabs.

use super::recurrence::{Recurrence, Set, WEEKDAYS, number};

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// When a line runs its command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// By the calendar.
    Recurring(Recurrence),
    /// When the machine starts: nobody knows when.
    Boot,
}

/// What a line of a crontab says: when, and what. Nothing for comments, variables and what is no rule. `user`: whether a column
/// with the user comes before the command, as in /etc/crontab and /etc/cron.d.
pub fn line(text: &str, user: bool) -> Option<(When, &str)> {
    let text = text.trim();
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    let (when, rest) = if text.starts_with('@') {
        let (name, rest) = word(text)?;
        (named(name)?, rest)
    } else {
        let (minutes, rest) = word(text)?;
        let (hours, rest) = word(rest)?;
        let (days, rest) = word(rest)?;
        let (months, rest) = word(rest)?;
        let (weekdays, rest) = word(rest)?;
        let sunday = field(weekdays, 0, 7, WEEKDAYS, 0)?;
        let recurrence = Recurrence {
            minutes: field(minutes, 0, 59, &[], 0)?,
            hours: field(hours, 0, 23, &[], 0)?,
            days: field(days, 1, 31, &[], 0)?,
            months: field(months, 1, 12, MONTHS, 1)?,
            // Sunday is 0 and 7.
            weekdays: if sunday.has(7) { sunday.with(Set::range(0, 0, 1)) } else { sunday },
            either: !days.starts_with('*') && !weekdays.starts_with('*'),
        };
        (When::Recurring(recurrence), rest)
    };
    let command = if user { word(rest)?.1 } else { rest };
    (!command.is_empty()).then_some((when, command))
}

/// Whether a line begins as a rule does, though [`line`] may not know it: `@every 2h`, `0 2 * * 1#1`.
pub fn begins_as_rule(text: &str) -> bool {
    text.trim_start().starts_with(|letter: char| letter.is_ascii_digit() || "*@".contains(letter))
}

fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (!word.is_empty()).then(|| (word, rest.trim_start()))
}

fn named(name: &str) -> Option<When> {
    let (daily, one) = (Recurrence::daily(), Set::range(1, 1, 1));
    Some(When::Recurring(match name {
        "@reboot" => return Some(When::Boot),
        "@hourly" => Recurrence { hours: Set::range(0, 23, 1), ..daily },
        "@daily" | "@midnight" => daily,
        "@weekly" => Recurrence { weekdays: Set::range(0, 0, 1), ..daily },
        "@monthly" => Recurrence { days: one, ..daily },
        "@yearly" | "@annually" => Recurrence { days: one, months: one, ..daily },
        _ => return None,
    }))
}

/// `*`, `3`, `1-5`, `*/15`, `10-20/2`, and lists of them.
fn field(text: &str, least: u32, most: u32, names: &[&str], first: u32) -> Option<Set> {
    let mut set = Set::default();
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let read = |text: &str| number(text, names, first).filter(|number| (least..=most).contains(number));
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (least, most),
            Some((from, to)) => (read(from)?, read(to)?),
            None => {
                let from = read(range)?;
                (from, if part.contains('/') { most } else { from })
            }
        };
        if from > to {
            return None;
        }
        set = set.with(Set::range(from, to, step));
    }
    Some(set)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn gap(text: &str) -> Option<f64> {
        match line(text, false)?.0 {
            When::Recurring(recurrence) => recurrence.longest_gap(20_000),
            When::Boot => None,
        }
    }

    #[test]
    fn rules() {
        for (text, hours) in [
            ("0 2 * * * restic backup", 24.0),
            ("*/15 * * * * x", 0.25),
            ("0 */6 * * * x", 6.0),
            ("30 1,13 * * * x", 12.0),
            ("0 3 * * 1-5 x", 72.0),
            ("0 3 * * sun x", 168.0),
            ("0 3 * * 7 x", 168.0),
            ("0 3 1,15 * mon x", 168.0),
            ("0 3 1 jan * x", 8784.0),
            ("@hourly x", 1.0),
            ("@weekly x", 168.0),
        ] {
            assert_eq!(gap(text), Some(hours * 3_600.0), "{text}");
        }
    }

    #[test]
    fn what_is_no_rule() {
        for text in [
            "",
            "# 0 2 * * * x",
            "MAILTO=root",
            "PATH = /bin",
            "0 2 * * *",
            "60 2 * * * x",
            "0 2 * * */0 x",
            "5-1 * * * * x",
            "@never x",
        ] {
            assert_eq!(line(text, false), None, "{text}");
        }
        assert!(begins_as_rule(" @every 2h x") && begins_as_rule("0 2 * * 1#1 x") && begins_as_rule("*/5 x"));
        assert!(!begins_as_rule("# 0 2") && !begins_as_rule("MAILTO=root") && !begins_as_rule(""));
        assert_eq!(line("@reboot x", false), Some((When::Boot, "x")));
        assert_eq!(line("0 2 * * * root  restic backup", true).unwrap().1, "restic backup");
        assert_eq!(line("0 2 * * * root", true), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9*/,-]{1,6} [0-9*/,-]{1,6} \\* \\* [0-9a-z*]{1,5} \\PC{0,9}", other in "\\PC{0,40}", user: bool) {
            let _ = (line(&text, user), line(&other, user));
        }
    }
}
