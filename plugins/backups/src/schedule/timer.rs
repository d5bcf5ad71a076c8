//! systemd timers: their units, calendar expressions and spans of time.

use super::recurrence::{Recurrence, Set, WEEKDAYS, number};

/// The values of a key in a section of a unit file, in their order. An empty value takes back those before it.
pub fn values<'t>(unit: &'t str, section: &str, key: &str) -> Vec<&'t str> {
    let mut inside = false;
    let mut values = Vec::new();
    for line in unit.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            inside = name == section;
        } else if let (true, Some((name, value))) = (inside, line.split_once('=')) {
            match (name.trim() == key, value.trim()) {
                (true, "") => values.clear(),
                (true, value) => values.push(value),
                (false, _) => {}
            }
        }
    }
    values
}

/// The longest time between two activations of a timer, in seconds, from a day (since 1970-01-01) on. Nothing where that cannot be told.
pub fn longest_gap(unit: &str, from: i64) -> Option<f64> {
    let calendars =
        values(unit, "Timer", "OnCalendar").into_iter().map(|text| calendar(text)?.longest_gap(from));
    let spans = ["OnUnitActiveSec", "OnUnitInactiveSec"]
        .into_iter()
        .flat_map(|key| values(unit, "Timer", key))
        .map(span);
    // Several rules shorten the gaps of each other; the shortest alone is an upper bound.
    calendars.chain(spans).flatten().min_by(f64::total_cmp)
}

/// An expression of `OnCalendar=`, as systemd.time(7) has it, as far as it recurs in each year.
pub fn calendar(text: &str) -> Option<Recurrence> {
    let daily = Recurrence::daily();
    let (first, all_hours, all_minutes) = (Set::range(1, 1, 1), Set::range(0, 23, 1), Set::range(0, 59, 1));
    let months = |step| Set::range(1, 12, step);
    match text.to_ascii_lowercase().as_str() {
        "minutely" => return Some(Recurrence { hours: all_hours, minutes: all_minutes, ..daily }),
        "hourly" => return Some(Recurrence { hours: all_hours, ..daily }),
        "daily" => return Some(daily),
        "weekly" => return Some(Recurrence { weekdays: first, ..daily }),
        "monthly" => return Some(Recurrence { days: first, ..daily }),
        "quarterly" => return Some(Recurrence { days: first, months: months(3), ..daily }),
        "semiannually" => return Some(Recurrence { days: first, months: months(6), ..daily }),
        "yearly" | "annually" => return Some(Recurrence { days: first, months: first, ..daily }),
        _ => {}
    }
    let mut rule = daily;
    let mut words = text.split_whitespace().peekable();
    let starts_with_name =
        words.peek().is_some_and(|word| word.starts_with(|letter: char| letter.is_ascii_alphabetic()));
    if let (true, Some(word)) = (starts_with_name, words.peek()) {
        rule.weekdays = weekdays(word)?;
        words.next();
    }
    let mut any = starts_with_name;
    for word in words {
        if word.contains(':') {
            let mut parts = word.split(':');
            rule.hours = part(parts.next()?, 0, 23)?;
            rule.minutes = part(parts.next()?, 0, 59)?;
        } else if word.contains('-') && !word.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            let parts = word.split('-').collect::<Vec<_>>();
            let (year, month, day) = match parts[..] {
                [year, month, day] => (year, month, day),
                [month, day] => ("*", month, day),
                _ => return None,
            };
            // What is bound to years does not recur for ever.
            if year != "*" {
                return None;
            }
            rule.months = part(month, 1, 12)?;
            rule.days = part(day, 1, 31)?;
        } else if !word.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            return None;
        }
        // What is left is a time zone, which does not change the gaps.
        any = true;
    }
    any.then_some(rule)
}

/// `Mon`, `Mon..Fri`, `Sat,Sun`.
fn weekdays(text: &str) -> Option<Set> {
    let mut set = Set::default();
    for part in text.trim_end_matches(',').split(',') {
        let (from, to) = part.split_once("..").unwrap_or((part, part));
        let read = |text: &str| number(text, WEEKDAYS, 0).filter(|day| *day < 7);
        let (from, to) = (read(from)?, read(to)?);
        set = match from <= to {
            true => set.with(Set::range(from, to, 1)),
            false => set.with(Set::range(from, 6, 1)).with(Set::range(0, to, 1)),
        };
    }
    Some(set)
}

/// `*`, `3`, `1..5`, `0/15`, `*/2`, and lists of them.
fn part(text: &str, least: u32, most: u32) -> Option<Set> {
    let mut set = Set::default();
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse().ok().filter(|step| *step > 0)?)),
            None => (part, None),
        };
        let read = |text: &str| text.parse().ok().filter(|number| (least..=most).contains(number));
        let (from, to) = match range.split_once("..") {
            _ if range == "*" => (least, most),
            Some((from, to)) => (read(from)?, read(to)?),
            None => {
                let from = read(range)?;
                (from, if step.is_some() { most } else { from })
            }
        };
        set = set.with(Set::range(from, to, step.unwrap_or(1)));
    }
    (!set.is_empty()).then_some(set)
}

/// A span of time as systemd writes it, in seconds: `1d`, `1h 30min`, `90`.
pub fn span(text: &str) -> Option<f64> {
    let (mut total, mut rest) = (0.0, text.trim());
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits =
            rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        let count: f64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?.trim_start();
        let letters = rest.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(rest.len());
        total += count
            * match rest.get(..letters)? {
                "" | "s" | "sec" | "second" | "seconds" => 1.0,
                "ms" | "msec" => 0.001,
                "m" | "min" | "minute" | "minutes" => 60.0,
                "h" | "hr" | "hour" | "hours" => 3_600.0,
                "d" | "day" | "days" => 86_400.0,
                "w" | "week" | "weeks" => 604_800.0,
                "M" | "month" | "months" => 2_629_800.0,
                "y" | "year" | "years" => 31_557_600.0,
                _ => return None,
            };
        rest = rest.get(letters..)?.trim_start();
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn calendars() {
        for (text, hours) in [
            ("daily", 24.0),
            ("weekly", 168.0),
            ("hourly", 1.0),
            ("*-*-* 02:30:00", 24.0),
            ("*-*-* 02:30:00 Europe/Berlin", 24.0),
            ("Mon..Fri *-*-* 22:00", 72.0),
            ("Sat,Sun 20:00", 144.0),
            ("Fri..Mon", 96.0),
            ("02:00", 24.0),
            ("*:0/15", 0.25),
            ("*-*-* 00/6:00:00", 6.0),
            ("*-*-01 04:00:00", 744.0),
            ("*-*-* *:00:00", 1.0),
        ] {
            let found = calendar(text).and_then(|rule| rule.longest_gap(20_000));
            assert_eq!(found, Some(hours * 3_600.0), "{text}");
        }
        for wrong in ["", "2026-01-01 00:00", "*-*~1", "Xyz 10:00", "25:00", "*-*-* 1"] {
            assert_eq!(calendar(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn units() {
        let unit = "[Unit]\nDescription=x\n[Timer]\nOnCalendar=weekly\nOnCalendar=\nOnCalendar = daily\nPersistent=true\n[Install]\nOnCalendar=hourly\n";
        assert_eq!(values(unit, "Timer", "OnCalendar"), ["daily"]);
        assert_eq!(longest_gap(unit, 20_000), Some(86_400.0));
        assert_eq!(longest_gap("[Timer]\nOnBootSec=5min\nOnUnitActiveSec=1d 12h\n", 20_000), Some(129_600.0));
        assert_eq!(longest_gap("[Timer]\nOnBootSec=5min\n", 20_000), None);
    }

    #[test]
    fn spans() {
        assert_eq!(span("1h 30min"), Some(5_400.0));
        assert_eq!(span("90"), Some(90.0));
        for wrong in ["", "x", "1 fortnight", "1..2h"] {
            assert_eq!(span(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "([A-Z][a-z]{2}[.,]{0,2}){0,3} ?[0-9*/.,-]{0,9} ?[0-9*/.:,]{0,9}", other in "\\PC{0,40}") {
            let _ = (calendar(&text), calendar(&other), span(&text), span(&other), longest_gap(&other, 0));
        }
    }
}
