//! Durations as people write them: `10 s`, `2.5 min`.

use std::time::Duration;

/// What is wrong with a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no duration: write a number and a unit, such as '30 s', '500 ms', '5 min', '2 h' or '1 d'")]
pub struct InvalidDuration(String);

/// Units and their seconds.
const UNITS: &[(&str, f64)] = &[
    ("ms", 0.001),
    ("s", 1.0),
    ("sec", 1.0),
    ("min", 60.0),
    ("m", 60.0),
    ("h", 3600.0),
    ("d", 86_400.0),
    ("w", 604_800.0),
];

/// Reads a duration.
pub fn parse(text: &str) -> Result<Duration, InvalidDuration> {
    let invalid = || InvalidDuration(text.to_owned());
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(invalid)?;
    let number = text[..split].parse::<f64>().map_err(|_| invalid())?;
    let unit = text[split..].trim();
    let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(invalid)?;
    Duration::try_from_secs_f64(number * seconds).map_err(|_| invalid())
}

/// Writes a duration for a person: `350 µs`, `12 ms`, `1.5 s`, `3 min`.
pub fn show(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match seconds {
        0.0 => "0 s".to_owned(),
        s if s < 0.001 => format!("{:.0} µs", s * 1e6),
        s if s < 1.0 => format!("{:.0} ms", s * 1e3),
        s if s < 60.0 => format!("{s:.1} s"),
        s if s < 3600.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_numbers_with_units_and_nothing_else() {
        assert_eq!(parse("30 s"), Ok(Duration::from_secs(30)));
        assert_eq!(parse("1.5min"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
        for wrong in ["", "30", "s", "-1 s", "1 fortnight", "1e400 s", "99999999999999999999999 d", "1..2 s"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,12}|[0-9.]{0,30} ?[a-z]{0,4}") {
            if let Ok(duration) = parse(&text) {
                show(duration);
            }
        }

        #[test]
        fn units_stand_for_their_seconds(count in 0..100_000_u32, unit in 0..UNITS.len()) {
            let (name, seconds) = UNITS[unit];
            let expected = f64::from(count) * seconds;
            for text in [format!("{count} {name}"), format!("{count}{name}"), format!(" {count}.0 {name} ")] {
                prop_assert!((parse(&text).unwrap().as_secs_f64() - expected).abs() < 1e-6 * expected.max(1.0));
            }
        }
    }
}
