//! When something recurs, by minutes, hours and days of the civil calendar.

use crate::time::{date, weekday};

/// Days that are looked at for the longest gap: what recurs on a leap day only does so within eight years.
const DAYS: i64 = 8 * 366;

/// Minutes of a day.
const MINUTES: i64 = 1_440;

/// A set of small numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Set(u64);

impl Set {
    /// All numbers of a range, both ends included, by steps.
    pub fn range(from: u32, to: u32, step: u32) -> Self {
        let numbers = (from..=to.min(63)).step_by(step.max(1) as usize);
        Self(numbers.fold(0, |set, number| set | 1 << number))
    }

    /// Both.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it has a number.
    pub fn has(self, number: i64) -> bool {
        u32::try_from(number).is_ok_and(|number| number < 64 && self.0 >> number & 1 == 1)
    }

    /// Whether it has none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// A rule of cron or of a systemd timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recurrence {
    /// 0 to 59.
    pub minutes: Set,
    /// 0 to 23.
    pub hours: Set,
    /// 1 to 31.
    pub days: Set,
    /// 1 to 12.
    pub months: Set,
    /// 0 is Sunday, 6 Saturday.
    pub weekdays: Set,
    /// Whether it recurs on the days or the weekdays, as cron does where a rule names both; otherwise on days that are both.
    pub either: bool,
}

impl Recurrence {
    /// Each day at midnight.
    pub fn daily() -> Self {
        Self {
            minutes: Set::range(0, 0, 1),
            hours: Set::range(0, 0, 1),
            days: Set::range(1, 31, 1),
            months: Set::range(1, 12, 1),
            weekdays: Set::range(0, 6, 1),
            either: false,
        }
    }

    /// The longest time between two occurrences, in seconds, from a day (since 1970-01-01) on. Nothing where it does not recur.
    pub fn longest_gap(&self, from: i64) -> Option<f64> {
        let minutes =
            (0..MINUTES).filter(|minute| self.hours.has(minute / 60) && self.minutes.has(minute % 60));
        let minutes = minutes.collect::<Vec<_>>();
        let (first, last) = (minutes.first()?, minutes.last()?);
        let mut longest =
            minutes.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).max().unwrap_or(0);
        let mut before: Option<i64> = None;
        let mut recurs = minutes.len() > 1;
        for day in (from..from + DAYS).filter(|day| self.falls_on(*day)) {
            if let Some(before) = before {
                longest = longest.max((day - before) * MINUTES + first - last);
                recurs = true;
            }
            before = Some(day);
        }
        (recurs && before.is_some()).then_some(longest as f64 * 60.0)
    }

    fn falls_on(&self, day: i64) -> bool {
        let (_, month, of_month) = date(day);
        let (by_day, by_weekday) = (self.days.has(of_month), self.weekdays.has(weekday(day)));
        self.months.has(month) && if self.either { by_day || by_weekday } else { by_day && by_weekday }
    }
}

/// A name of a month or weekday by its first three letters, or a number.
pub fn number(text: &str, names: &[&str], first: u32) -> Option<u32> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let text = text.to_ascii_lowercase();
    let place = names
        .iter()
        .position(|name| text.starts_with(name) && text.bytes().all(|byte| byte.is_ascii_lowercase()))?;
    u32::try_from(place).ok().map(|place| place + first)
}

/// Weekdays, from Sunday on.
pub const WEEKDAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps() {
        let daily = Recurrence::daily();
        assert_eq!(daily.longest_gap(20_000), Some(86_400.0));
        let weekdays = Recurrence { weekdays: Set::range(1, 5, 1), ..daily };
        assert_eq!(weekdays.longest_gap(20_000), Some(3.0 * 86_400.0));
        let hourly = Recurrence { hours: Set::range(0, 23, 1), ..daily };
        assert_eq!(hourly.longest_gap(20_000), Some(3_600.0));
        let leap = Recurrence { days: Set::range(29, 29, 1), months: Set::range(2, 2, 1), ..daily };
        assert_eq!(leap.longest_gap(20_000), Some(1_461.0 * 86_400.0));
        let never = Recurrence { days: Set::range(31, 31, 1), months: Set::range(2, 2, 1), ..daily };
        assert_eq!(never.longest_gap(20_000), None);
        assert_eq!(Recurrence { hours: Set::default(), ..daily }.longest_gap(20_000), None);
    }
}
