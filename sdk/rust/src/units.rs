//! Sizes, rates and durations as people write them.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const SIZES: &[(&str, f64)] = &[
    ("B", 1.0),
    ("kB", 1e3),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("PB", 1e15),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
    ("PiB", 1_125_899_906_842_624.0),
];

const TIMES: &[(&str, f64)] =
    &[("ms", 0.001), ("s", 1.0), ("min", 60.0), ("h", 3600.0), ("d", 86_400.0), ("w", 604_800.0)];

const FREQUENCIES: &[(&str, f64)] = &[("Hz", 1.0), ("kHz", 1e3), ("MHz", 1e6), ("GHz", 1e9)];

/// A number and one of the units; a bare number where the unit is plain.
fn measure(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..split].parse().ok()?;
    let unit = text[split..].trim();
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    let value = number * factor;
    (value.is_finite() && value < 9e18).then_some(value)
}

fn binary(bytes: f64) -> String {
    let mut shown = format!("{bytes:.0} B");
    for (unit, factor) in &SIZES[7..] {
        if bytes >= *factor {
            let value = bytes / factor;
            shown = match value {
                v if v >= 100.0 || (v - v.round()).abs() < 0.05 => format!("{v:.0} {unit}"),
                v => format!("{v:.1} {unit}"),
            };
        }
    }
    shown
}

fn decimal(bytes: f64) -> String {
    let mut shown = format!("{bytes:.0} B");
    for (unit, factor) in [SIZES[1], SIZES[3], SIZES[4], SIZES[5], SIZES[6]] {
        if bytes >= factor {
            shown = format!("{:.1} {unit}", bytes / factor);
        }
    }
    shown
}

macro_rules! measured {
    ($name:ident, $expected:literal, $pattern:literal, $read:expr) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let read: fn(&str) -> Option<f64> = $read;
                match read(&text) {
                    Some(value) => Ok(Self(value as _)),
                    None => Err(de::Error::custom(format!("'{text}' is not {}", $expected))),
                }
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "x-gonogo-expected": $expected })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}

/// A number of bytes: `"64 GiB"`, `"500 MB"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u64);

impl Size {
    /// In bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// So many GiB.
    pub const fn gib(count: u64) -> Self {
        Self(count << 30)
    }

    /// So many MiB.
    pub const fn mib(count: u64) -> Self {
        Self(count << 20)
    }
}

impl From<u64> for Size {
    fn from(bytes: u64) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&binary(self.0 as f64))
    }
}

measured!(
    Size,
    "a size: write a number and a unit, such as '64 GiB' or '500 MB'",
    r"^[0-9]+(\.[0-9]+)? ?([kKMGTP]?B|[KMGTP]iB)$",
    |text| measure(text, SIZES)
);

/// Bytes per second: `"2 GB/s"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Rate(f64);

impl Rate {
    /// In bytes per second.
    pub const fn per_second(self) -> f64 {
        self.0
    }
}

impl From<f64> for Rate {
    fn from(bytes_per_second: f64) -> Self {
        Self(bytes_per_second)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/s", decimal(self.0)))
    }
}

measured!(
    Rate,
    "a rate: write a number and a unit, such as '2 GB/s'",
    r"^[0-9]+(\.[0-9]+)? ?([kKMGTP]?B|[KMGTP]iB)/s$",
    |text| measure(text.trim().strip_suffix("/s")?, SIZES)
);

/// A span of time: `"30 s"`, `"2 h"`, `"7 d"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Duration(f64);

impl Duration {
    /// In seconds.
    pub const fn seconds(self) -> f64 {
        self.0
    }

    /// So many seconds.
    pub const fn from_seconds(seconds: f64) -> Self {
        Self(seconds)
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = match self.0 {
            0.0 => "0 s".to_owned(),
            s if s < 0.001 => format!("{:.0} µs", s * 1e6),
            s if s < 1.0 => format!("{:.0} ms", s * 1e3),
            s if s < 120.0 => format!("{} s", (s * 10.0).round() / 10.0),
            s if s < 7200.0 => format!("{:.0} min", s / 60.0),
            s if s < 172_800.0 => format!("{:.0} h", s / 3600.0),
            s => format!("{:.0} d", s / 86_400.0),
        };
        f.pad(&shown)
    }
}

measured!(
    Duration,
    "a duration: write a number and a unit, such as '30 s', '2 h' or '7 d'",
    r"^[0-9]+(\.[0-9]+)? ?(ms|s|min|h|d|w)$",
    |text| measure(text, TIMES)
);

/// A clock: `"1980 MHz"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Frequency(f64);

impl Frequency {
    /// In hertz.
    pub const fn hertz(self) -> f64 {
        self.0
    }
}

impl From<f64> for Frequency {
    fn from(hertz: f64) -> Self {
        Self(hertz)
    }
}

impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:.0} MHz", self.0 / 1e6))
    }
}

measured!(
    Frequency,
    "a frequency: write a number and a unit, such as '1980 MHz' or '3 GHz'",
    r"^[0-9]+(\.[0-9]+)? ?[kMG]?Hz$",
    |text| measure(text, FREQUENCIES)
);

/// A number of things, for a sentence: `1 file`, `3 files`, `2 directories`.
pub fn counted(number: u64, thing: &str) -> String {
    let plural = match thing.as_bytes() {
        _ if number == 1 => return format!("1 {thing}"),
        [.., b'a' | b'e' | b'i' | b'o' | b'u', b'y'] => format!("{thing}s"),
        [stem @ .., b'y'] => format!("{}ies", &thing[..stem.len()]),
        [.., b's' | b'x'] | [.., b'c' | b's', b'h'] => format!("{thing}es"),
        _ => format!("{thing}s"),
    };
    format!("{number} {plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        let size = |text: &str| serde_json::from_value::<Size>(text.into()).map(Size::bytes).ok();
        assert_eq!(size("64 GiB"), Some(64 << 30));
        assert_eq!(size("1.5kB"), Some(1500));
        for wrong in ["64", "GiB", "-1 GiB", "64 gib", "1e3 B", "99999999999 PiB", ""] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn values_are_shown_as_people_write_them() {
        assert_eq!(Size::gib(64).to_string(), "64 GiB");
        assert_eq!(Size::from(1_610_612_736).to_string(), "1.5 GiB");
        assert_eq!(Rate::from(2.5e9).to_string(), "2.5 GB/s");
        assert_eq!(Duration::from_seconds(90.0).to_string(), "90 s");
        assert_eq!(Frequency::from(1.98e9).to_string(), "1980 MHz");
    }
}
