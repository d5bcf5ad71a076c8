//! Whether what is asked for is what is installed.

use std::collections::BTreeSet;

use gonogo_sdk::Error;
use pep440_rs::{VersionSpecifier, VersionSpecifiers};
use pep508_rs::{ExtraName, MarkerEnvironment, MarkerTree, PackageName};
use serde_json::Value;

use crate::{
    asked::Wanted,
    environments::Environment,
    installed::{Distribution, Installed},
    lock::{Lock, Locked},
    problems::Problems,
    project::{join, read},
    requirement::{Allowed, Requirement},
};

/// Holds requirements against an environment.
pub struct Judge<'e> {
    /// The environment.
    pub environment: &'e Environment,
    /// What is in it.
    pub installed: Installed,
    /// What it is.
    pub markers: MarkerEnvironment,
    /// How many requirements applied and were judged.
    pub checked: usize,
    /// How many are for other interpreters or platforms.
    pub skipped: usize,
    reported: BTreeSet<PackageName>,
    followed: BTreeSet<(PackageName, ExtraName)>,
}

/// Where a requirement stands, and how to meet it if not by pip.
#[derive(Clone, Copy)]
struct From<'f> {
    file: &'f str,
    line: u32,
    hint: Option<&'f str>,
}

impl<'e> Judge<'e> {
    /// Reads the environment.
    pub fn new(environment: &'e Environment) -> Result<Self, Error> {
        Ok(Self {
            environment,
            installed: Installed::read(environment)?,
            markers: environment.markers()?,
            checked: 0,
            skipped: 0,
            reported: BTreeSet::new(),
            followed: BTreeSet::new(),
        })
    }

    /// A requirement that must be installed.
    pub fn requirement(&mut self, problems: &mut Problems<'_>, wanted: &Wanted) {
        self.hold(problems, &wanted.requirement, From { file: &wanted.file, line: wanted.line, hint: None });
    }

    /// A constraint: what is installed must satisfy it.
    pub fn constraint(&mut self, problems: &mut Problems<'_>, wanted: &Wanted) {
        let requirement = &wanted.requirement;
        if !requirement.marker.evaluate(&self.markers, &[]) {
            self.skipped += 1;
        } else if self.installed.by_name.contains_key(&requirement.name) {
            let only_version = Requirement { extras: Vec::new(), ..requirement.clone() };
            self.hold(problems, &only_version, From { file: &wanted.file, line: wanted.line, hint: None });
        }
    }

    /// A version that a lock chose.
    pub fn locked(&mut self, problems: &mut Problems<'_>, lock: &Lock, package: &Locked) {
        let exactly = |version| VersionSpecifiers::from(VersionSpecifier::equals_version(version));
        let requirement = Requirement {
            name: package.name.clone(),
            extras: Vec::new(),
            allowed: Allowed::Versions(package.version.clone().map(exactly).into_iter().collect()),
            marker: MarkerTree::TRUE,
        };
        self.hold(
            problems,
            &requirement,
            From { file: &lock.file, line: package.line, hint: Some(lock.sync) },
        );
    }

    fn hold(&mut self, problems: &mut Problems<'_>, wanted: &Requirement, from: From<'_>) {
        if !wanted.marker.evaluate(&self.markers, &[]) {
            self.skipped += 1;
            return;
        }
        self.checked += 1;
        if self.reported.contains(&wanted.name) {
            return;
        }
        let hint = match from.hint {
            Some(hint) => hint.to_owned(),
            None => format!("{} -m pip install '{wanted}'", self.environment.python()),
        };
        let (file, line) = (from.file, from.line);
        let found = self.installed.by_name.get(&wanted.name).map(Vec::as_slice).unwrap_or_default();
        let [only] = found else {
            let path = &self.environment.path;
            let finding = match found.len() {
                // What lies outside of the environment is not granted.
                0 if self.environment.sees_system => problems.unknown(format!(
                    "{wanted} is not in {path}, and what the system has besides is not read"
                )),
                0 => problems.no_go(format!("{wanted} is not installed in {path}")),
                count => problems.no_go(format!("{wanted} is installed {count} times in {path}")),
            };
            finding.at_line(file, line).hint(hint);
            self.reported.insert(wanted.name.clone());
            return;
        };
        let Some(version) = &only.version else {
            let why = only.metadata.as_ref().err().map(ToString::to_string).unwrap_or_default();
            problems
                .unknown(format!("the version of {} cannot be read: {why}", only.shown))
                .at_line(file, line)
                .hint(self.again(&only.shown));
            self.reported.insert(wanted.name.clone());
            return;
        };
        if !wanted.allowed.contains(version) {
            let message = format!("{} {version} is installed, {} wanted", only.shown, wanted.allowed);
            problems.no_go(message).at_line(file, line).hint(hint);
            self.reported.insert(wanted.name.clone());
            return;
        }
        if let (Err(why), false) = (&only.metadata, self.reported.contains(&wanted.name)) {
            problems
                .unknown(format!("the metadata of {} cannot be read: {why}", only.shown))
                .at_line(file, line)
                .hint(self.again(&only.shown));
        }
        if let Allowed::Url(url) = &wanted.allowed {
            origin(problems, only, url, from, &hint);
        }
        self.extras(problems, wanted, from);
    }

    /// How to repair what pip takes for installed.
    fn again(&self, name: &str) -> String {
        format!("{} -m pip install --force-reinstall --no-deps {name}", self.environment.python())
    }

    /// What the extras of a requirement need in turn.
    fn extras(&mut self, problems: &mut Problems<'_>, wanted: &Requirement, from: From<'_>) {
        for extra in &wanted.extras {
            if !self.followed.insert((wanted.name.clone(), extra.clone())) {
                continue;
            }
            let metadata = self
                .installed
                .by_name
                .get(&wanted.name)
                .and_then(|found| found.first()?.metadata.as_ref().ok());
            let asked = std::slice::from_ref(extra);
            let only_of_extra = |inner: &&Requirement| {
                inner.marker.evaluate(&self.markers, asked) && !inner.marker.evaluate(&self.markers, &[])
            };
            let needs = metadata.into_iter().flat_map(|metadata| &metadata.requires).filter(only_of_extra);
            let needs = needs
                .map(|inner| Requirement { marker: MarkerTree::TRUE, ..inner.clone() })
                .collect::<Vec<_>>();
            for inner in &needs {
                self.hold(problems, inner, from);
            }
        }
    }
}

/// Whether a distribution comes from the URL that is asked for: `direct_url.json` tells (PEP 610).
fn origin(problems: &mut Problems<'_>, distribution: &Distribution, url: &str, from: From<'_>, hint: &str) {
    let shown = &distribution.shown;
    let path = join(&distribution.path, "direct_url.json");
    let record = match read(&path) {
        Ok(Some(text)) => {
            serde_json::from_str::<Value>(&text).map_err(|error| format!("{path} is not JSON: {error}"))
        }
        Ok(None) => {
            let message = format!("{shown} is installed from an index, {url} wanted");
            problems.warn(message).at_line(from.file, from.line).hint(hint);
            return;
        }
        Err(error) => Err(error.to_string()),
    };
    let record = match record {
        Ok(record) => record,
        Err(why) => {
            problems
                .unknown(format!("cannot tell where {shown} comes from: {why}"))
                .at_line(from.file, from.line);
            return;
        }
    };
    let installed = record.get("url").and_then(Value::as_str).unwrap_or_default();
    let (place, revision) = repository(url);
    let of_vcs = |key: &str| {
        record.get("vcs_info").and_then(|vcs| vcs.get(key)).and_then(Value::as_str).unwrap_or_default()
    };
    let is_revision =
        |wanted: &str| of_vcs("requested_revision") == wanted || of_vcs("commit_id").starts_with(wanted);
    if repository(installed).0 != place {
        let message = format!("{shown} is installed from {installed}, {url} wanted");
        problems.no_go(message).at_line(from.file, from.line).hint(hint);
    } else if let Some(wanted) = revision.filter(|wanted| !is_revision(wanted)) {
        let message = format!("{shown} is installed at commit {}, {wanted} wanted", of_vcs("commit_id"));
        problems.no_go(message).at_line(from.file, from.line).hint(hint);
    }
}

/// A URL without what does not say where it leads, and the revision in it.
fn repository(url: &str) -> (String, Option<&str>) {
    let url = url.split('#').next().unwrap_or(url);
    let is_git = url.starts_with("git+");
    let url = url.strip_prefix("git+").unwrap_or(url);
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (path, revision) = match path.split_once('@') {
        Some((path, revision)) if is_git => (path, Some(revision)),
        _ => (path, None),
    };
    // Whoever installed it may have had to log in.
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (format!("{scheme}://{host}/{path}"), revision)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_lead_to_the_same_place() {
        let (place, revision) = repository("git+https://user:token@github.com/a/b.git@v1.2#egg=b");
        assert_eq!((place.as_str(), revision), ("https://github.com/a/b", Some("v1.2")));
        assert_eq!(repository("https://github.com/a/b/").0, place);
        assert_eq!(repository("git+ssh://git@github.com/a/b").1, None);
        assert_eq!(
            repository("https://example.org/x@1/a.whl"),
            ("https://example.org/x@1/a.whl".to_owned(), None)
        );
    }
}
