//! From records to findings: what affects a package, counted once whatever the databases call it.

use std::collections::BTreeSet;

use gonogo_sdk::{JsonSchema, Report, Severity, Stop};
use serde::Deserialize;

use super::{
    packages::{Key, Packages, Place},
    record::Record,
    severity::Level,
    time,
};

/// Most vulnerabilities that are shown one by one, the worst first.
const SHOWN: usize = 50;

/// Most characters of a record's summary in a message.
const TITLE: usize = 120;

/// A vulnerability that is accepted for a time.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Allowed {
    /// Its id, or an alias: `CVE-2024-1234`.
    id: String,
    /// Why it can be borne.
    #[schemars(length(min = 1))]
    reason: String,
    /// The last day on which it can: `2026-12-31`.
    #[schemars(regex(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    until: String,
}

/// Records that are about the same fault of one package.
#[derive(Debug)]
struct Vulnerability {
    ids: BTreeSet<String>,
    /// The first record's, which names it.
    id: String,
    title: String,
    level: Option<Level>,
    fixed: Option<String>,
    /// Whether each of the records has a fixed version.
    is_fixed: bool,
}

/// Something found.
struct Found<'p> {
    key: &'p Key,
    places: &'p [Place],
    vulnerability: Vulnerability,
}

/// Judges packages.
pub struct Judge<'c, 'p> {
    level: Level,
    allow: Vec<(&'c Allowed, bool)>,
    used: BTreeSet<&'c str>,
    found: Vec<Found<'p>>,
    untold: Vec<String>,
    only_commits: usize,
}

impl<'c, 'p> Judge<'c, 'p> {
    /// A judge on a day, with what is accepted on it.
    pub fn new(level: Level, allow: &'c [Allowed], now: f64) -> Result<Self, Stop> {
        let current = |allowed: &'c Allowed| match time::parse(&allowed.until) {
            Some(last) => Ok((allowed, now < last + time::DAY)),
            None => Err(Stop::unknown(format!("'{}' is no day: write it as 2026-12-31", allowed.until))),
        };
        let allow = allow.iter().map(current).collect::<Result<_, _>>()?;
        Ok(Self {
            level,
            allow,
            used: BTreeSet::new(),
            found: Vec::new(),
            untold: Vec::new(),
            only_commits: 0,
        })
    }

    /// Holds all packages against all records.
    pub fn all(&mut self, packages: &'p Packages, records: &[Record]) {
        for (key, places) in &packages.found {
            let (ecosystem, name, text) = key;
            let Some(version) = ecosystem.version(text) else {
                self.untold.push(format!("'{text}' of {name} is no version of {}", ecosystem.name()));
                continue;
            };
            let mut vulnerabilities = Vec::new();
            for record in records {
                let effect = match record.effect(*ecosystem, name, &version, text) {
                    Ok(effect) => effect,
                    Err(why) => {
                        self.untold.push(format!("{} on {name}: {why}", record.id));
                        continue;
                    }
                };
                self.only_commits += usize::from(effect.only_commits);
                if effect.is_affected {
                    let is_fixed = effect.fixed.is_some();
                    vulnerabilities.push(Vulnerability {
                        ids: record.aliases.iter().chain([&record.id]).cloned().collect(),
                        id: record.id.clone(),
                        title: record.title().chars().take(TITLE).collect(),
                        level: record.level(*ecosystem, name),
                        fixed: effect.fixed,
                        is_fixed,
                    });
                }
            }
            let later = |one: &Option<String>, other: &Option<String>| {
                let order = |text: &Option<String>| text.as_deref().and_then(|text| ecosystem.version(text));
                match (order(one), order(other)) {
                    (Some(first), Some(second)) => first.compare(&second).is_ge(),
                    (first, _) => first.is_some(),
                }
            };
            for vulnerability in merged(vulnerabilities, later) {
                self.found.push(Found { key, places, vulnerability });
            }
        }
    }

    /// Puts all into the report, the worst first. What was found, in words.
    pub fn report(mut self, report: &mut Report) -> String {
        for why in self.untold.iter().take(SHOWN) {
            report.unknown(format!("whether it is affected cannot be told: {why}"));
        }
        if self.only_commits > 0 {
            report.fact("records of commits only", self.only_commits).unit("1");
            let message = format!(
                "{} records name only Git commits: no version can be held against them",
                self.only_commits
            );
            report.note(message);
        }
        let level = |found: &Found<'_>| found.vulnerability.level.unwrap_or(Level::High);
        self.found.sort_by(|one, other| level(other).cmp(&level(one)).then_with(|| one.key.cmp(other.key)));
        let (mut bad, mut lesser, mut accepted, mut hidden) = (0_usize, 0_usize, 0_usize, (0_usize, 0_usize));
        let found = std::mem::take(&mut self.found);
        for (at, found) in found.iter().enumerate() {
            let is_bad = level(found) >= self.level;
            let allowed =
                self.allow.iter().find(|(allowed, _)| found.vulnerability.ids.contains(&allowed.id));
            if let Some((allowed, _)) = allowed {
                self.used.insert(&allowed.id);
            }
            if let Some((allowed, true)) = allowed {
                accepted += 1;
                let message =
                    format!("{}, accepted until {}: {}", describe(found), allowed.until, allowed.reason);
                report.note(message);
                continue;
            }
            let count = if is_bad { &mut bad } else { &mut lesser };
            *count += 1;
            if at >= SHOWN {
                let hidden = if is_bad { &mut hidden.0 } else { &mut hidden.1 };
                *hidden += 1;
                continue;
            }
            let expired = allowed.map(|(allowed, _)| format!("; it was accepted until {}", allowed.until));
            say(report, found, is_bad, &expired.unwrap_or_default());
        }
        for (count, severity, name) in [(hidden.0, Severity::NoGo, "at"), (hidden.1, Severity::Warn, "below")]
        {
            if count > 0 {
                report.finding(
                    severity,
                    format!("{count} more vulnerabilities {name} the level {}", self.level),
                );
            }
        }
        for (allowed, _) in self.allow.iter().filter(|(allowed, _)| !self.used.contains(allowed.id.as_str()))
        {
            report
                .note(format!("{} is allowed, and nothing has it", allowed.id))
                .hint("take it out of 'allow'");
        }
        report.fact("vulnerabilities", bad).unit("1").bound("= 0");
        report.fact("vulnerabilities below the level", lesser).unit("1");
        report.fact("accepted", accepted).unit("1");
        match (bad, lesser) {
            (0, 0) => "none has a known vulnerability".to_owned(),
            (0, lesser) => format!("{lesser} vulnerabilities below {}", self.level),
            (bad, _) => format!("{bad} vulnerabilities of level {} or above", self.level),
        }
    }
}

/// `torch 1.0.0 has PYSEC-2022-1 (CVE-2022-1)`.
fn describe(found: &Found<'_>) -> String {
    let Found { key: (_, name, version), vulnerability, .. } = found;
    let others = vulnerability
        .ids
        .iter()
        .filter(|id| **id != vulnerability.id)
        .map(String::as_str)
        .collect::<Vec<_>>();
    let aliases = if others.is_empty() { String::new() } else { format!(" ({})", others.join(", ")) };
    format!("{name} {version} has {}{aliases}", vulnerability.id)
}

fn say(report: &mut Report, found: &Found<'_>, is_bad: bool, more: &str) {
    let Found { key: (_, name, _), places, vulnerability } = found;
    let level = vulnerability
        .level
        .map_or_else(|| "not scored, counted as high".to_owned(), |level| level.to_string());
    let title =
        if vulnerability.title.is_empty() { String::new() } else { format!(": {}", vulnerability.title) };
    let message = format!("{}, {level}{title}{more}", describe(found));
    let finding = report.finding(if is_bad { Severity::NoGo } else { Severity::Warn }, message);
    let Some(place) = places.first() else { return };
    match place.line {
        Some(line) => finding.at_line(&place.path, line),
        None => finding.at(&place.path),
    };
    finding.hint(match (&vulnerability.fixed, vulnerability.is_fixed) {
        (Some(fixed), true) => place.source.upgrade(name, fixed),
        _ => format!(
            "no version mends it yet: do without {name}, or accept it for a time: allow = [{{ id = \"{}\", reason = \"…\", until = \"…\" }}]",
            vulnerability.id
        ),
    });
}

/// Makes one of those that share an id. `later` tells whether the first of two fixed versions comes later.
fn merged(
    records: Vec<Vulnerability>,
    later: impl Fn(&Option<String>, &Option<String>) -> bool,
) -> Vec<Vulnerability> {
    let mut groups: Vec<Vulnerability> = Vec::new();
    for mut new in records {
        let mut at = 0;
        // What was apart may belong together through the new one.
        while let Some(group) = groups.get(at) {
            if group.ids.is_disjoint(&new.ids) {
                at += 1;
                continue;
            }
            let old = groups.swap_remove(at);
            new.ids.extend(old.ids);
            new.level = new.level.max(old.level);
            // Databases differ in where they see it mended: the later one is mended by all accounts. One that does not know is no reason to doubt the others.
            if later(&old.fixed, &new.fixed) {
                new.fixed = old.fixed;
            }
            new.is_fixed |= old.is_fixed;
            if !old.title.is_empty() {
                new.title = old.title;
            }
            new.id = old.id.min(new.id);
        }
        groups.push(new);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(id: &str, aliases: &[&str], level: Option<Level>, fixed: Option<&str>) -> Vulnerability {
        Vulnerability {
            ids: aliases.iter().chain([&id]).map(|id| (*id).to_owned()).collect(),
            id: id.to_owned(),
            title: String::new(),
            level,
            fixed: fixed.map(str::to_owned),
            is_fixed: fixed.is_some(),
        }
    }

    #[test]
    fn aliases_count_once() {
        let records = vec![
            one("PYSEC-1", &["CVE-1"], None, Some("1.0")),
            one("GHSA-2", &["CVE-2"], Some(Level::Low), None),
            one("GHSA-1", &["CVE-1"], Some(Level::High), Some("1.2")),
            one("X-1", &["CVE-1", "CVE-2"], None, None),
        ];
        let merged = merged(records, |one, other| one >= other);
        assert_eq!(merged.len(), 1);
        assert_eq!(merged[0].ids.len(), 6);
        assert_eq!(merged[0].level, Some(Level::High));
        assert_eq!(merged[0].fixed.as_deref(), Some("1.2"));
        assert!(merged[0].is_fixed);
    }
}
