//! How bad a vulnerability is: base scores of CVSS 2.0, 3.0 and 3.1, and the words that databases use.

use std::fmt;

use gonogo_sdk::JsonSchema;
use serde::Deserialize;

/// A level of severity, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub enum Level {
    /// A base score below 4.
    Low,
    /// From 4.
    Medium,
    /// From 7.
    High,
    /// From 9; malicious packages.
    Critical,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        })
    }
}

/// From a word: GitHub says `MODERATE`.
pub fn of_word(word: &str) -> Option<Level> {
    match word.to_ascii_lowercase().as_str() {
        "low" => Some(Level::Low),
        "medium" | "moderate" => Some(Level::Medium),
        "high" | "important" => Some(Level::High),
        "critical" => Some(Level::Critical),
        _ => None,
    }
}

/// From a vector. Version 4 has no formula but a table of 270 expert scores: there the database's word counts.
pub fn of_vector(kind: &str, vector: &str) -> Option<Level> {
    match kind {
        "CVSS_V3" => version_3(vector).map(level),
        "CVSS_V2" => version_2(vector).map(|score| level(score).min(Level::High)),
        _ => None,
    }
}

fn level(score: f64) -> Level {
    match score {
        score if score >= 9.0 => Level::Critical,
        score if score >= 7.0 => Level::High,
        score if score >= 4.0 => Level::Medium,
        _ => Level::Low,
    }
}

fn metric<'v>(vector: &'v str, name: &str) -> Option<&'v str> {
    vector
        .split('/')
        .find_map(|part| part.split_once(':').filter(|(key, _)| *key == name).map(|(_, value)| value))
}

/// The base score by section 7.1 of the specification of CVSS 3.1.
fn version_3(vector: &str) -> Option<f64> {
    let impact = |name| match metric(vector, name)? {
        "H" => Some(0.56),
        "L" => Some(0.22),
        "N" => Some(0.0),
        _ => None,
    };
    let changed = match metric(vector, "S")? {
        "C" => true,
        "U" => false,
        _ => return None,
    };
    let attack = match metric(vector, "AV")? {
        "N" => 0.85,
        "A" => 0.62,
        "L" => 0.55,
        "P" => 0.2,
        _ => return None,
    };
    let complexity = match metric(vector, "AC")? {
        "L" => 0.77,
        "H" => 0.44,
        _ => return None,
    };
    let privileges = match (metric(vector, "PR")?, changed) {
        ("N", _) => 0.85,
        ("L", false) => 0.62,
        ("L", true) => 0.68,
        ("H", false) => 0.27,
        ("H", true) => 0.5,
        _ => return None,
    };
    let interaction = match metric(vector, "UI")? {
        "N" => 0.85,
        "R" => 0.62,
        _ => return None,
    };
    let base: f64 = 1.0 - (1.0 - impact("C")?) * (1.0 - impact("I")?) * (1.0 - impact("A")?);
    let harm = if changed { 7.52 * (base - 0.029) - 3.25 * (base - 0.02).powi(15) } else { 6.42 * base };
    if harm <= 0.0 {
        return Some(0.0);
    }
    let ease = 8.22 * attack * complexity * privileges * interaction;
    let sum = if changed { 1.08 * (harm + ease) } else { harm + ease };
    Some(round_up(sum.min(10.0)))
}

/// To the next tenth, without the noise of floating point.
fn round_up(score: f64) -> f64 {
    let scaled = (score * 100_000.0).round() as i64;
    if scaled % 10_000 == 0 { scaled as f64 / 100_000.0 } else { (scaled / 10_000 + 1) as f64 / 10.0 }
}

/// The base score by section 3.2.1 of the guide to CVSS 2.0.
fn version_2(vector: &str) -> Option<f64> {
    let impact = |name| match metric(vector, name)? {
        "C" => Some(0.66),
        "P" => Some(0.275),
        "N" => Some(0.0),
        _ => None,
    };
    let attack = match metric(vector, "AV")? {
        "N" => 1.0,
        "A" => 0.646,
        "L" => 0.395,
        _ => return None,
    };
    let complexity = match metric(vector, "AC")? {
        "L" => 0.71,
        "M" => 0.61,
        "H" => 0.35,
        _ => return None,
    };
    let authentication = match metric(vector, "Au")? {
        "N" => 0.704,
        "S" => 0.56,
        "M" => 0.45,
        _ => return None,
    };
    let harm: f64 = 10.41 * (1.0 - (1.0 - impact("C")?) * (1.0 - impact("I")?) * (1.0 - impact("A")?));
    if harm <= 0.0 {
        return Some(0.0);
    }
    let ease = 20.0 * attack * complexity * authentication;
    let score = (0.6 * harm + 0.4 * ease - 1.5) * 1.176;
    Some((score * 10.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn scores_are_those_of_the_calculator() {
        for (vector, score) in [
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
            ("CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H", 5.5),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 7.5),
            ("CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N", 1.6),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
            ("CVSS:3.1/AV:N/AC:H/PR:L/UI:N/S:C/C:H/I:H/A:H", 8.5),
        ] {
            assert_eq!(version_3(vector), Some(score), "{vector}");
        }
        assert_eq!(version_2("AV:N/AC:L/Au:N/C:P/I:P/A:P"), Some(7.5));
        assert_eq!(version_2("AV:N/AC:L/Au:N/C:C/I:C/A:C"), Some(10.0));
        assert_eq!(version_2("AV:L/AC:H/Au:N/C:N/I:N/A:P"), Some(1.2));
        assert_eq!(of_vector("CVSS_V2", "AV:N/AC:L/Au:N/C:C/I:C/A:C"), Some(Level::High));
    }

    #[test]
    fn what_is_no_vector_has_no_level() {
        for (kind, vector) in [
            ("CVSS_V3", ""),
            ("CVSS_V3", "CVSS:3.1/AV:N"),
            ("CVSS_V3", "9.8"),
            ("CVSS_V3", "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),
            ("CVSS_V4", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"),
        ] {
            assert_eq!(of_vector(kind, vector), None, "{vector}");
        }
        assert_eq!(of_word("MODERATE"), Some(Level::Medium));
        assert_eq!(of_word("unknown"), None);
    }

    proptest! {
        #[test]
        fn every_vector_has_a_score_between_0_and_10(
            av in "[NALP]", ac in "[LH]", pr in "[NLH]", ui in "[NR]", s in "[UC]", c in "[HLN]", i in "[HLN]", a in "[HLN]",
        ) {
            let score = version_3(&format!("CVSS:3.1/AV:{av}/AC:{ac}/PR:{pr}/UI:{ui}/S:{s}/C:{c}/I:{i}/A:{a}"));
            prop_assert!(score.is_some_and(|score| (0.0..=10.0).contains(&score) && (score * 10.0).fract().abs() < 1e-6));
        }

        #[test]
        fn no_text_breaks_it(text in ".{0,80}") {
            _ = of_vector("CVSS_V3", &text);
            _ = of_vector("CVSS_V2", &text);
        }
    }
}
