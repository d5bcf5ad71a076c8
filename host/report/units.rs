//! Values and bounds as people read them: `12.3 GiB`, `2.5 GB/s`, `3 d`.

use std::time::Duration;

use crate::domain::Value;

/// Factor and name of each step, in rising order.
type Steps = &'static [(f64, &'static str)];

const BYTES: Steps = &[
    (1.0, "B"),
    (1024.0, "KiB"),
    (1_048_576.0, "MiB"),
    (1_073_741_824.0, "GiB"),
    (1_099_511_627_776.0, "TiB"),
    (1_125_899_906_842_624.0, "PiB"),
];
const RATES: Steps =
    &[(1.0, "B/s"), (1e3, "kB/s"), (1e6, "MB/s"), (1e9, "GB/s"), (1e12, "TB/s"), (1e15, "PB/s")];
const FREQUENCIES: Steps = &[(1.0, "Hz"), (1e3, "kHz"), (1e6, "MHz"), (1e9, "GHz"), (1e12, "THz")];
const TIMES: Steps =
    &[(1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s"), (120.0, "min"), (7200.0, "h"), (172_800.0, "d")];

/// A value with its unit.
pub fn value(value: &Value, unit: Option<&str>) -> String {
    match value {
        Value::Boolean(true) => "yes".to_owned(),
        Value::Boolean(false) => "no".to_owned(),
        Value::Integer(integer) if exact(unit) => with_unit(&grouped(*integer), unit),
        Value::Integer(integer) => number(*integer as f64, unit),
        Value::Number(value) => number(*value, unit),
        Value::Text(text) => text.clone(),
        Value::Texts(texts) if texts.is_empty() => "none".to_owned(),
        Value::Texts(texts) => texts.join(", "),
        Value::Numbers(numbers) => bars(numbers),
        Value::Failed { failed } => format!("could not tell: {failed}"),
    }
}

/// Heights of a bar, from nothing to full.
const HEIGHTS: [char; 9] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Most bars of a series; the numbers of a longer one are added up by neighbours.
const BARS: usize = 32;

/// A series drawn: each bar as high as its share of the highest. What is not nothing is seen, and nothing is a dot: it must not look like the space
/// before the next word. A series with numbers below nothing is written out.
pub fn bars(numbers: &[f64]) -> String {
    if numbers.iter().any(|number| !(0.0..).contains(number)) {
        return numbers.iter().map(|one| number(*one, Some("1"))).collect::<Vec<_>>().join(", ");
    }
    let together = numbers.len().div_ceil(BARS).max(1);
    let sums = numbers.chunks(together).map(|some| some.iter().sum()).collect::<Vec<f64>>();
    let highest = sums.iter().copied().fold(0.0, f64::max);
    let full = HEIGHTS.len() - 1;
    let bar = |sum: &f64| match *sum > 0.0 {
        true => HEIGHTS[((sum / highest * full as f64).round() as usize).clamp(1, full)],
        false => HEIGHTS[0],
    };
    sums.iter().map(bar).collect()
}

/// A bound in its fact's unit: `>= 17179869184` of bytes is `>= 16 GiB`. What is no number stays as it is written, and so does
/// what has no unit: `>=2.20` of a version is not `>= 2.2`.
pub fn bound(bound: &str, unit: Option<&str>) -> String {
    if unit.is_none() {
        return bound.to_owned();
    }
    let start = bound.find(|c: char| c.is_ascii_digit() || c == '-').unwrap_or(bound.len());
    let (relation, figure) = bound.split_at(start);
    let relation = relation.trim();
    let shown = match (relation, figure.trim().parse::<i64>(), figure.trim().parse::<f64>()) {
        ("" | "<" | "<=" | ">" | ">=" | "=" | "==" | "!=", Ok(integer), _) => {
            value(&Value::Integer(integer), unit)
        }
        ("" | "<" | "<=" | ">" | ">=" | "=" | "==" | "!=", _, Ok(figure)) => number(figure, unit),
        _ => return bound.to_owned(),
    };
    match relation {
        "" => shown,
        relation => format!("{relation} {shown}"),
    }
}

/// A span of time: `30 s`, `5 min`.
pub fn duration(duration: Duration) -> String {
    time(duration.as_secs_f64())
}

/// Whether a whole number of the unit is shown to the last digit.
fn exact(unit: Option<&str>) -> bool {
    !matches!(unit, Some("B" | "B/s" | "Hz" | "s"))
}

fn number(value: f64, unit: Option<&str>) -> String {
    match unit {
        _ if !value.is_finite() => with_unit(&value.to_string(), unit),
        Some("B") => stepped(value, BYTES),
        Some("B/s") => stepped(value, RATES),
        Some("Hz") => stepped(value, FREQUENCIES),
        Some("s") => time(value),
        unit => with_unit(&rounded(value), unit),
    }
}

fn with_unit(figure: &str, unit: Option<&str>) -> String {
    match unit {
        None | Some("1" | "") => figure.to_owned(),
        Some(unit) => format!("{figure} {unit}"),
    }
}

/// The value in the largest step that it reaches.
fn stepped(value: f64, steps: Steps) -> String {
    let mut step = (1.0, "");
    for &candidate in steps {
        if step.1.is_empty() || value.abs() >= candidate.0 {
            step = candidate;
        }
    }
    format!("{} {}", rounded(value / step.0), step.1)
}

/// Minutes from two of them on, hours from two, days from two: `90 s`, `5 min`, `36 h`, `3 d`.
fn time(seconds: f64) -> String {
    if seconds == 0.0 {
        return "0 s".to_owned();
    }
    let step = TIMES.iter().rev().find(|(from, _)| seconds.abs() >= *from).unwrap_or(&TIMES[0]);
    let factor = match step.1 {
        "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => step.0,
    };
    format!("{} {}", rounded(seconds / factor), step.1)
}

/// Three digits that matter, without zeros at the end; whole numbers whole.
fn rounded(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 1e15 => return format!("{value:e}"),
        size if size >= 100.0 || size == 0.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.001 => 3,
        size if size >= 0.000_01 => 5,
        _ => return format!("{value:.1e}"),
    };
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => grouped(text.parse().unwrap_or_default()),
    }
}

/// With a thin separator between thousands from 10,000 on.
fn grouped(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let sign = if value < 0 { "-" } else { "" };
    if digits.len() < 5 {
        return format!("{sign}{digits}");
    }
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    format!("{sign}{out}")
}

/// A number of things: `1 item`, `2 items`.
pub fn counted(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Error;

    #[test]
    fn values_are_shown_in_the_unit_that_people_use() {
        let shown = [
            (Value::Integer(17_179_869_184), Some("B"), "16 GiB"),
            (Value::Integer(13_207_024_435), Some("B"), "12.3 GiB"),
            (Value::Integer(0), Some("B"), "0 B"),
            (Value::Integer(i64::MAX), Some("B"), "8192 PiB"),
            (Value::Number(2.54e9), Some("B/s"), "2.54 GB/s"),
            (Value::Integer(2_400_000_000), Some("Hz"), "2.4 GHz"),
            (Value::Number(0.000_35), Some("s"), "350 µs"),
            (Value::Integer(90), Some("s"), "90 s"),
            (Value::Integer(600), Some("s"), "10 min"),
            (Value::Integer(259_200), Some("s"), "3 d"),
            (Value::Integer(1_048_576), Some("1"), "1,048,576"),
            (Value::Integer(8), None, "8"),
            (Value::Number(0.93), Some("1"), "0.93"),
            (Value::Number(0.000_304), Some("1"), "0.0003"),
            (Value::Number(0.000_001), Some("1"), "1.0e-6"),
            (Value::Number(71.0), Some("°C"), "71 °C"),
            (Value::Integer(300), Some("W"), "300 W"),
            (Value::Number(f64::NAN), Some("B"), "NaN B"),
            (Value::Boolean(false), None, "no"),
            (Value::Texts(vec!["a".into(), "b".into()]), None, "a, b"),
            (Value::Numbers(vec![0.0, 1.0, 500.0, 1000.0]), Some("1"), "·▁▄█"),
            (Value::Numbers(vec![0.0, 0.0]), Some("1"), "··"),
            (Value::Numbers(vec![-1.5, 2.0]), Some("1"), "-1.5, 2"),
            (Value::Numbers((0..64).map(f64::from).collect()), None, "▁▁▁▁▁▁▂▂▂▂▃▃▃▃▄▄▄▄▅▅▅▅▆▆▆▆▇▇▇▇██"),
            (Value::Failed { failed: Error::Timeout("x".into()) }, Some("B"), "could not tell: timeout: x"),
        ];
        for (given, unit, expected) in shown {
            assert_eq!(value(&given, unit), expected);
        }
    }

    #[test]
    fn bounds_are_shown_in_the_unit_of_their_fact() {
        assert_eq!(bound(">= 17179869184", Some("B")), ">= 16 GiB");
        assert_eq!(bound("<=0.5", Some("s")), "<= 500 ms");
        assert_eq!(bound(">= 4", Some("1")), ">= 4");
        assert_eq!(bound(">= 16 GiB", Some("B")), ">= 16 GiB");
        assert_eq!(bound(">=3.8,<4", None), ">=3.8,<4");
        assert_eq!(bound(">=2.20", None), ">=2.20");
        assert_eq!(bound("ext4 or xfs", None), "ext4 or xfs");
        assert_eq!(bound("", None), "");
    }
}
