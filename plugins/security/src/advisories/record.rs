//! Records of the Open Source Vulnerability format, as far as they are judged: <https://ossf.github.io/osv-schema/>.

use serde::Deserialize;
use serde_json::Value as Json;

use super::{
    severity::{self, Level},
    version::{Ecosystem, Version},
};

/// One record.
#[derive(Debug, Deserialize)]
pub struct Record {
    /// `PYSEC-2023-1`, `GHSA-…`, `RUSTSEC-…`.
    pub id: String,
    /// The same vulnerability in other databases.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// When it was found not to be one.
    withdrawn: Option<String>,
    summary: Option<String>,
    details: Option<String>,
    #[serde(default)]
    severity: Vec<Score>,
    #[serde(default)]
    affected: Vec<Affected>,
    #[serde(default)]
    database_specific: Json,
}

#[derive(Debug, Deserialize)]
struct Score {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    score: String,
}

#[derive(Debug, Deserialize)]
struct Affected {
    package: Option<Package>,
    #[serde(default)]
    ranges: Vec<Range>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    severity: Vec<Score>,
    #[serde(default)]
    database_specific: Json,
    #[serde(default)]
    ecosystem_specific: Json,
}

#[derive(Debug, Deserialize)]
struct Package {
    ecosystem: String,
    name: String,
}

#[derive(Debug, Deserialize)]
struct Range {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Debug, Deserialize)]
struct Event {
    introduced: Option<String>,
    fixed: Option<String>,
    last_affected: Option<String>,
    limit: Option<String>,
}

/// What a record says of one version of a package.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// Whether it is affected.
    pub is_affected: bool,
    /// The first version after it that is not.
    pub fixed: Option<String>,
    /// Only commits are named, so that no version can be held against them.
    pub only_commits: bool,
}

impl Record {
    /// Reads a record.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|error| format!("is no OSV record: {error}"))?;
        serde_json::from_str(text).map_err(|error| format!("is no OSV record: {error}"))
    }

    /// Whether it was taken back.
    pub fn is_withdrawn(&self) -> bool {
        self.withdrawn.as_deref().is_some_and(|when| !when.is_empty())
    }

    /// What it is about, in one line.
    pub fn title(&self) -> &str {
        let text = self.summary.as_deref().or(self.details.as_deref()).unwrap_or_default();
        text.lines()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .unwrap_or_default()
            .trim_start_matches(['#', ' '])
    }

    /// Holds a version against the record.
    ///
    /// # Errors
    /// Where the record has a version that has no place in the ecosystem's order.
    pub fn effect(
        &self,
        ecosystem: Ecosystem,
        name: &str,
        version: &Version,
        text: &str,
    ) -> Result<Effect, String> {
        let mut effect = Effect::default();
        let mut named = false;
        let mut judged = false;
        let is_it = |package: &Package| {
            Ecosystem::parse(&package.ecosystem) == Some(ecosystem) && ecosystem.normal(&package.name) == name
        };
        for affected in self.affected.iter().filter(|affected| affected.package.as_ref().is_some_and(is_it)) {
            named = true;
            let listed = affected.versions.iter().any(|listed| {
                listed == text || ecosystem.version(listed).is_some_and(|it| it.compare(version).is_eq())
            });
            judged |= !affected.versions.is_empty();
            let mut within = listed;
            for range in
                affected.ranges.iter().filter(|range| range.kind == "SEMVER" || range.kind == "ECOSYSTEM")
            {
                judged = true;
                within |= range.contains(ecosystem, version)?;
            }
            if within {
                effect.is_affected = true;
                let fixed = affected.fixed_after(ecosystem, version);
                effect.fixed = effect.fixed.or(fixed);
            }
        }
        effect.only_commits = named && !judged;
        Ok(effect)
    }

    /// How bad it is, and `None` where nobody says. What has no score of its own is as bad as its database says.
    pub fn level(&self, ecosystem: Ecosystem, name: &str) -> Option<Level> {
        if self.id.starts_with("MAL-") {
            return Some(Level::Critical);
        }
        let here = self.affected.iter().filter(|affected| {
            affected.package.as_ref().is_some_and(|it| {
                Ecosystem::parse(&it.ecosystem) == Some(ecosystem) && ecosystem.normal(&it.name) == name
            })
        });
        let here = here.collect::<Vec<_>>();
        let informational = here.iter().any(|affected| {
            let kind = affected.database_specific.get("informational").and_then(Json::as_str);
            kind.is_some_and(|kind| !kind.is_empty())
        });
        let scores = self.severity.iter().chain(here.iter().flat_map(|affected| &affected.severity));
        let scored = scores.filter_map(|score| severity::of_vector(&score.kind, &score.score)).max();
        let word = |json: &Json| json.get("severity").and_then(Json::as_str).and_then(severity::of_word);
        let said = std::iter::once(&self.database_specific)
            .chain(
                here.iter().flat_map(|affected| [&affected.database_specific, &affected.ecosystem_specific]),
            )
            .find_map(word);
        scored.or(said).or(informational.then_some(Level::Low))
    }
}

/// A place in the order: an event's version, or the beginning of all.
type At = Option<Version>;

fn at(ecosystem: Ecosystem, text: &str) -> Result<At, String> {
    match text {
        "0" => Ok(None),
        text => match ecosystem.version(text) {
            Some(version) => Ok(Some(version)),
            None => Err(format!("'{text}' is no version of {}", ecosystem.name())),
        },
    }
}

fn is_before(at: &At, version: &Version) -> bool {
    at.as_ref().is_none_or(|at| at.compare(version).is_lt())
}

impl Range {
    /// As the format's evaluation algorithm has it: the events up to a version, in their order.
    fn contains(&self, ecosystem: Ecosystem, version: &Version) -> Result<bool, String> {
        let mut events = Vec::new();
        let mut limits = Vec::new();
        for event in &self.events {
            if let Some(text) = &event.introduced {
                events.push((at(ecosystem, text)?, true, false));
            }
            if let Some(text) = &event.fixed {
                events.push((at(ecosystem, text)?, false, false));
            }
            if let Some(text) = &event.last_affected {
                events.push((at(ecosystem, text)?, false, true));
            }
            if let Some(text) = event.limit.as_ref().filter(|text| *text != "*") {
                limits.push(at(ecosystem, text)?);
            }
        }
        let within = limits.is_empty()
            || limits.iter().any(|limit| limit.as_ref().is_some_and(|limit| version.compare(limit).is_lt()));
        events.sort_by(|(one, ..), (other, ..)| match (one, other) {
            (Some(one), Some(other)) => one.compare(other),
            (one, other) => one.is_some().cmp(&other.is_some()),
        });
        let mut vulnerable = false;
        for (place, begins, is_last) in &events {
            let same = place.as_ref().is_some_and(|place| place.compare(version).is_eq());
            let reached = is_before(place, version) || same && !is_last;
            if reached {
                vulnerable = *begins;
            }
        }
        Ok(vulnerable && within)
    }
}

impl Affected {
    /// The first fixed version after one, among the ranges that hold it.
    fn fixed_after(&self, ecosystem: Ecosystem, version: &Version) -> Option<String> {
        let ranges =
            self.ranges.iter().filter(|range| range.contains(ecosystem, version).unwrap_or_default());
        let texts = ranges.flat_map(|range| &range.events).filter_map(|event| event.fixed.as_deref());
        let after = texts
            .filter_map(|text| Some((ecosystem.version(text)?, text)))
            .filter(|(fixed, _)| fixed.compare(version).is_gt());
        after.min_by(|(one, _), (other, _)| one.compare(other)).map(|(_, text)| text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(affected: &str) -> Record {
        Record::parse(
            format!(r#"{{"id":"X-1","modified":"2026-01-01T00:00:00Z","affected":[{affected}]}}"#).as_bytes(),
        )
        .unwrap()
    }

    /// `-` where a version is not affected, else the version that mends it, or nothing.
    fn fixed_in(record: &Record, ecosystem: Ecosystem, text: &str) -> String {
        let version = ecosystem.version(text).unwrap();
        let effect = record.effect(ecosystem, "a-b", &version, text).unwrap();
        if effect.is_affected { effect.fixed.unwrap_or_default() } else { "-".to_owned() }
    }

    #[test]
    fn ranges_are_evaluated() {
        let python = record(
            r#"{"package":{"ecosystem":"PyPI","name":"A_b"},"ranges":[{"type":"GIT","events":[{"introduced":"0"}]},{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.2.3"},{"introduced":"2.0"},{"last_affected":"2.1"}]}],"versions":["0.9dev-r12","3.0"]}"#,
        );
        let fixed = |text| fixed_in(&python, Ecosystem::PyPi, text);
        assert_eq!(fixed("0.1"), "1.2.3");
        assert_eq!(fixed("1.2.3rc1"), "1.2.3");
        assert_eq!(fixed("1.2.3"), "-");
        assert_eq!(fixed("1.2.3+local"), "-");
        assert_eq!(fixed("1.9"), "-");
        assert_eq!(fixed("2.0"), "");
        assert_eq!(fixed("2.1+cu121"), "");
        assert_eq!(fixed("2.1.1"), "-");
        assert_eq!(fixed("3.0.0"), "");
        let other = Ecosystem::Npm.version("0.1.0").unwrap();
        assert!(!python.effect(Ecosystem::Npm, "a-b", &other, "0.1.0").unwrap().is_affected);
    }

    #[test]
    fn limits_and_unsorted_events() {
        let npm = record(
            r#"{"package":{"ecosystem":"npm","name":"a-b"},"ranges":[{"type":"SEMVER","events":[{"fixed":"2.0.0"},{"introduced":"1.0.0"},{"limit":"1.5.0"}]}]}"#,
        );
        assert_eq!(fixed_in(&npm, Ecosystem::Npm, "1.4.9"), "2.0.0");
        assert_eq!(fixed_in(&npm, Ecosystem::Npm, "1.5.0"), "-");
        assert_eq!(fixed_in(&npm, Ecosystem::Npm, "1.0.0-rc.1"), "-");
        let anything = record(
            r#"{"package":{"ecosystem":"npm","name":"a-b"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}]}"#,
        );
        assert_eq!(fixed_in(&anything, Ecosystem::Npm, "0.0.0-a"), "");
    }

    #[test]
    fn what_cannot_be_told_is_said() {
        let odd = record(
            r#"{"package":{"ecosystem":"npm","name":"a-b"},"ranges":[{"type":"SEMVER","events":[{"introduced":"one"}]}]}"#,
        );
        let version = Ecosystem::Npm.version("1.0.0").unwrap();
        assert!(odd.effect(Ecosystem::Npm, "a-b", &version, "1.0.0").unwrap_err().contains("'one'"));
        let commits = record(
            r#"{"package":{"ecosystem":"npm","name":"a-b"},"ranges":[{"type":"GIT","events":[{"introduced":"0"}]}]}"#,
        );
        assert!(commits.effect(Ecosystem::Npm, "a-b", &version, "1.0.0").unwrap().only_commits);
        for broken in [&b"{"[..], b"[]", b"{}", b"\xff", b"{\"id\":1}"] {
            assert!(Record::parse(broken).is_err());
        }
    }
}
