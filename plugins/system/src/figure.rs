//! A measured figure and the bounds it is held against: every bound becomes a fact, every bound that does not hold a finding.

use gonogo_sdk::{Attributes, Duration, Frequency, FromValue, Rate, Report, Severity, Size, Value};

/// What a figure counts in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Between 0 and 1.
    Share,
    /// Memory and disk space.
    Bytes,
    /// Time.
    Seconds,
    /// Bytes per second.
    Rate,
    /// Things per second.
    PerSecond,
    /// Clocks.
    Hertz,
    /// Temperature.
    Celsius,
    /// Power.
    Watts,
}

impl Unit {
    const fn name(self) -> &'static str {
        match self {
            Self::Count | Self::Share => "1",
            Self::Bytes => "B",
            Self::Seconds => "s",
            Self::Rate => "B/s",
            Self::PerSecond => "1/s",
            Self::Hertz => "Hz",
            Self::Celsius => "°C",
            Self::Watts => "W",
        }
    }

    /// A value as people write it.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Count => number(value),
            Self::Share => number((value * 1000.0).round() / 10.0) + " %",
            Self::Bytes => Size::from(value.max(0.0) as u64).to_string(),
            Self::Seconds => Duration::from_seconds(value).to_string(),
            Self::Rate => Rate::from(value).to_string(),
            Self::PerSecond if value >= 1e9 => number((value / 1e8).round() / 10.0) + " G/s",
            Self::PerSecond => number(value.round()) + "/s",
            Self::Hertz => Frequency::from(value).to_string(),
            Self::Celsius => number(value) + " °C",
            Self::Watts => number(value) + " W",
        }
    }
}

/// A value without the noise of floating point.
fn number(value: f64) -> String {
    let rounded = (value * 1e4).round() / 1e4;
    if rounded.fract() == 0.0 { format!("{}", rounded as i64) } else { rounded.to_string() }
}

/// Something measured, by its name in words: `usable cores`.
#[derive(Clone, Copy)]
pub struct Figure<'a> {
    name: &'a str,
    value: f64,
    unit: Unit,
}

impl<'a> Figure<'a> {
    /// A figure in its unit's base: bytes, seconds, hertz.
    pub const fn new(name: &'a str, value: f64, unit: Unit) -> Self {
        Self { name, value, unit }
    }

    /// Reports the figure with no bound.
    pub fn fact(self, report: &mut Report) {
        self.bounded(report, None);
    }

    /// Whether the figure is at least so much; if not, a finding.
    pub fn at_least(self, report: &mut Report, least: f64, otherwise: Severity, hint: &str) -> bool {
        self.bounded(report, Some((">=", least)));
        self.value >= least || self.breach(report, "at least", least, otherwise, hint)
    }

    /// Whether the figure is at most so much; if not, a finding.
    pub fn at_most(self, report: &mut Report, most: f64, otherwise: Severity, hint: &str) -> bool {
        self.bounded(report, Some(("<=", most)));
        self.value <= most || self.breach(report, "at most", most, otherwise, hint)
    }

    /// Whether the figure is below the first bound; from there a warning, from the second a no-go.
    pub fn below(self, report: &mut Report, warn: f64, no_go: f64, hint: &str) -> bool {
        self.bounded(report, Some(("<", if self.value >= no_go { no_go } else { warn })));
        if self.value >= no_go {
            self.breach(report, "less than", no_go, Severity::NoGo, hint)
        } else {
            self.value < warn || self.breach(report, "less than", warn, Severity::Warn, hint)
        }
    }

    fn bounded(self, report: &mut Report, bound: Option<(&str, f64)>) {
        let value = match self.unit {
            Unit::Count | Unit::Share => (self.value * 1e4).round() / 1e4,
            _ => self.value,
        };
        let value = match value.fract() == 0.0 {
            true => Value::Integer(value as i64),
            false => Value::Number(value),
        };
        let fact = report.fact(self.name, value).unit(self.unit.name());
        if let Some((relation, bound)) = bound {
            fact.bound(format!("{relation} {}", number(bound)));
        }
    }

    fn breach(self, report: &mut Report, relation: &str, bound: f64, severity: Severity, hint: &str) -> bool {
        let (mut found, mut wanted) = (self.unit.show(self.value), self.unit.show(bound));
        if found == wanted {
            // Rounded to the same: only the bare values tell them apart.
            found = format!("{} {}", self.value, self.unit.name());
            wanted = format!("{bound} {}", self.unit.name());
        }
        let finding = report.finding(severity, format!("{}: {found}, {relation} {wanted} wanted", self.name));
        if !hint.is_empty() {
            finding.hint(hint);
        }
        false
    }
}

/// Reports a text and holds it against what it must be; if it is not, a finding.
pub fn same(
    report: &mut Report,
    name: &str,
    found: &str,
    wanted: &str,
    otherwise: Severity,
    hint: &str,
) -> bool {
    let holds = found == wanted;
    matching(report, name, found, &format!("= {wanted}"), holds.then_some(()).ok_or((otherwise, hint)))
}

/// Reports a text with the bound it was held against, and a finding with its hint where it does not hold.
pub fn matching(
    report: &mut Report,
    name: &str,
    found: &str,
    bound: &str,
    judged: Result<(), (Severity, &str)>,
) -> bool {
    report.fact(name, found).bound(bound);
    if let Err((severity, hint)) = judged {
        let wanted = bound.trim_start_matches("= ");
        report.finding(severity, format!("{name}: {found}, {wanted} wanted")).hint(hint);
    }
    judged.is_ok()
}

/// The words for a switch.
pub const fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// An attribute where there is one. One that the host could not read is a finding: the rest can still be judged.
pub fn get<T: FromValue>(report: &mut Report, of: &Attributes, name: &str, subject: &str) -> Option<T> {
    match of.get(name) {
        Ok(value) => value,
        Err(error) => {
            report.unknown(format!("{subject}: cannot tell {name}: {error}"));
            None
        }
    }
}

/// An attribute that something declared is held against: where it is missing, that is a finding.
pub fn need<T: FromValue>(report: &mut Report, of: &Attributes, name: &str, subject: &str) -> Option<T> {
    match of.need(name) {
        Ok(value) => Some(value),
        Err(error) => {
            report.unknown(format!("{subject}: cannot tell {name}: {error}"));
            None
        }
    }
}

/// Whether one version, numbers between dots, is at least another; `None` where one of them is no version.
pub fn version_at_least(found: &str, least: &str) -> Option<bool> {
    let mut found = found.trim().split('.');
    let mut least = least.trim().split('.');
    loop {
        match (found.next(), least.next()) {
            (_, None) => return Some(true),
            (have, Some(want)) => {
                let (have, want): (u64, u64) = (have.unwrap_or("0").parse().ok()?, want.parse().ok()?);
                if have != want {
                    return Some(have > want);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_number_by_number() {
        assert_eq!(version_at_least("550.90.07", "550.54"), Some(true));
        assert_eq!(version_at_least("9.0", "10"), Some(false));
        assert_eq!(version_at_least("12", "12.0.0"), Some(true));
        assert_eq!(version_at_least("unknown", "12"), None);
    }

    #[test]
    fn values_that_round_to_the_same_are_told_apart() {
        let mut report = Report::default();
        let wanted = 16.0 * 1_073_741_824.0;
        Figure::new("memory", wanted - 1.0, Unit::Bytes).at_least(&mut report, wanted, Severity::NoGo, "");
        let text = format!("{report:?}");
        assert!(text.contains("memory: 17179869183 B, at least 17179869184 B wanted"), "{text}");
    }
}
