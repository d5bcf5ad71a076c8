//! Dates: days of the civil calendar, and times as tools write them.

/// Seconds of a day.
pub const DAY: f64 = 86_400.0;

/// Most seconds that the clocks of two machines differ by, where somebody keeps them.
pub const SKEW: f64 = 300.0;

/// Days since 1970-01-01 of a date of the Gregorian calendar.
pub const fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the leap day is the last of one; eras are of 400 years.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a day since 1970-01-01.
pub const fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days - era * 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + (month <= 2) as i64, month, day)
}

/// Day of the week of a day since 1970-01-01: 0 is Sunday.
pub const fn weekday(days: i64) -> i64 {
    (days + 4).rem_euclid(7)
}

/// `2026-11-23T21:09:41.95Z`, `…+02:00`, or without an offset for UTC, in seconds since the Unix epoch.
pub fn parse(text: &str) -> Option<f64> {
    let number =
        |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok().filter(|number| *number >= 0);
    let marks = |at: usize, mark: u8| text.as_bytes().get(at) == Some(&mark);
    if !(marks(4, b'-')
        && marks(7, b'-')
        && (marks(10, b'T') || marks(10, b' '))
        && marks(13, b':')
        && marks(16, b':'))
    {
        return None;
    }
    let (month, day) = (number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    let whole = days(number(0, 4)?, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    let rest = text.get(19..)?;
    let digits =
        rest.strip_prefix('.').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count() + 1);
    let (fraction, zone) = rest.split_at_checked(digits)?;
    let fraction: f64 = if digits > 1 { format!("0{fraction}").parse().ok()? } else { 0.0 };
    let offset = match (zone.get(..1), zone.get(1..3), zone.get(4..6)) {
        (None | Some("Z" | "z"), ..) => 0,
        (Some(sign @ ("+" | "-")), Some(hours), Some(minutes)) => {
            let offset = hours.parse::<i64>().ok()? * 3_600 + minutes.parse::<i64>().ok()? * 60;
            if sign == "+" { offset } else { -offset }
        }
        _ => return None,
    };
    Some((whole - offset) as f64 + fraction)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_dates() {
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2000, 3, 1), 11_017);
        assert_eq!(date(11_016), (2000, 2, 29));
        assert_eq!(weekday(0), 4);
        assert_eq!(weekday(days(2026, 11, 23)), 1);
    }

    #[test]
    fn times_as_tools_write_them() {
        assert_eq!(parse("2026-11-23T21:09:41.5Z"), Some(1_795_468_181.5));
        assert_eq!(parse("2026-11-23T23:09:41.500000+02:00"), Some(1_795_468_181.5));
        assert_eq!(parse("2026-11-23T21:09:41.500000"), Some(1_795_468_181.5));
        assert_eq!(parse("1970-01-01 00:00:00"), Some(0.0));
        for wrong in [
            "",
            "yesterday",
            "2026-13-23T21:09:41Z",
            "2026-11-23T21:09:41x",
            "2026-11-23T21:09",
            "2026-11-23T21:09:41+2",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn dates_come_back(day in -1_000_000_i64..1_000_000) {
            let (year, month, of_month) = date(day);
            prop_assert_eq!(days(year, month, of_month), day);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\PC{0,8}", other in "\\PC{0,30}") {
            let _ = (parse(&text), parse(&other));
        }
    }
}
