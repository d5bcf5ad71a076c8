//! Poetry's version constraints (`^1.2`, `~1.2`, `1.*`, `>=1 || <0.5`) as PEP 440 specifiers.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

/// The alternatives of a constraint; none of them for `*`, which takes every version.
pub fn parse(text: &str) -> Result<Vec<VersionSpecifiers>, String> {
    if text.trim() == "*" {
        return Ok(Vec::new());
    }
    text.split("||").map(alternative).collect()
}

fn alternative(text: &str) -> Result<VersionSpecifiers, String> {
    let parts = text.split(',').flat_map(spaced).map(|part| part_of(&part)).collect::<Result<Vec<_>, _>>()?;
    VersionSpecifiers::from_str(&parts.join(",")).map_err(|error| {
        format!("'{text}' is no constraint: {}", error.to_string().lines().next().unwrap_or_default())
    })
}

/// `>=1.0 <2.0` as two parts; `>= 1.0` as one.
fn spaced(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match parts.last_mut() {
            Some(last) if !last.contains(|c: char| c.is_ascii_digit() || c == '*') => last.push_str(word),
            _ => parts.push(word.to_owned()),
        }
    }
    parts
}

fn part_of(part: &str) -> Result<String, String> {
    let version = |text: &str| {
        Version::from_str(text.trim()).map_err(|error| format!("'{part}' is no constraint: {error}"))
    };
    let below = |version: &Version, at: usize| {
        let next = |(place, number): (usize, &u64)| if place == at { number + 1 } else { *number };
        Version::new(version.release().iter().enumerate().take(at + 1).map(next))
    };
    if let Some(rest) = part.strip_prefix('^') {
        let from = version(rest)?;
        let release = from.release();
        let at = release.iter().position(|&number| number != 0).unwrap_or(release.len() - 1);
        return Ok(format!(">={from},<{}", below(&from, at)));
    }
    if let Some(rest) = part.strip_prefix('~').filter(|rest| !rest.starts_with('=')) {
        let from = version(rest)?;
        let at = usize::from(from.release().len() > 1);
        return Ok(format!(">={from},<{}", below(&from, at)));
    }
    match part.starts_with(|c: char| c.is_ascii_digit()) {
        true => Ok(format!("=={part}")),
        false if part == "*" => Ok(">=0".to_owned()),
        false => Ok(part.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_become_specifiers() {
        for (constraint, inside, outside) in [
            ("^1.2.3", "1.9", "2.0"),
            ("^0.2.3", "0.2.9", "0.3.0"),
            ("^0.0.3", "0.0.3", "0.0.4"),
            ("^1", "1.9", "2.0"),
            ("~1.2", "1.2.9", "1.3"),
            ("~1", "1.9", "2.0"),
            ("~=1.2", "1.9", "2.0"),
            ("1.2.*", "1.2.7", "1.3"),
            ("1.2", "1.2", "1.2.1"),
            (">=1.0 <2.0", "1.5", "2.0"),
            (">= 1.0, < 2.0", "1.5", "2.0"),
            ("<1 || >=2", "0.5", "1.5"),
            ("*", "9", ""),
        ] {
            let sets = parse(constraint).unwrap();
            let within = |version: &str| {
                let version = version.parse().unwrap();
                sets.is_empty() || sets.iter().any(|set| set.contains(&version))
            };
            assert!(within(inside), "{constraint} {inside}");
            assert!(outside.is_empty() || !within(outside), "{constraint} {outside}");
        }
        assert!(parse("^one").is_err());
        assert!(parse("").is_ok());
    }
}
