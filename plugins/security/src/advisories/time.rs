//! Points in time as RFC 3339 writes them.

/// Seconds of a day.
pub const DAY: f64 = 86_400.0;

/// Seconds since the Unix epoch of `2026-11-20T12:34:56Z`, or of the beginning of `2026-11-20`. Fractions and offsets are left out: days count here.
pub fn parse(text: &str) -> Option<f64> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u32>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    if text.get(4..5) != Some("-")
        || text.get(7..8) != Some("-")
        || !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
    {
        return None;
    }
    let time = match (text.get(10..11), number(11..13), number(14..16), number(17..19)) {
        (Some("T" | "t" | " "), Some(hour), Some(minute), Some(second)) => hour * 3600 + minute * 60 + second,
        _ => 0,
    };
    Some(days(i64::from(year), i64::from(month), i64::from(day)) as f64 * DAY + f64::from(time))
}

/// Days from 1970-01-01 in the Gregorian calendar, counted in years that begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year.div_euclid(400) * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// `2026-11-20` of a point in time.
pub fn date(seconds: f64) -> String {
    let days = (seconds / DAY).floor() as i64 + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_are_read() {
        assert_eq!(parse("1970-01-01"), Some(0.0));
        assert_eq!(parse("2000-03-01T00:00:01Z"), Some(951_868_801.0));
        assert_eq!(parse("2026-11-23T21:19:27.123456Z"), Some(1_795_468_767.0));
        assert_eq!(date(1_795_468_767.0), "2026-11-23");
        for odd in ["", "2026", "2026-13-01", "2026-1-1", "é026-01-01", "2026/01/01"] {
            assert_eq!(parse(odd), None, "{odd}");
        }
    }

    proptest! {
        #[test]
        fn dates_come_back(days in 0_u32..100_000) {
            let seconds = f64::from(days) * DAY;
            prop_assert_eq!(parse(&date(seconds)), Some(seconds));
        }

        #[test]
        fn no_text_breaks_it(text in ".{0,30}") {
            _ = parse(&text);
        }
    }
}
