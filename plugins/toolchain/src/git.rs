use gonogo_sdk::{Check, Error, JsonSchema, Report, Stop, counted, process};
use nodejs_semver::{Range, Version};
use serde::Deserialize;

use crate::versions::first_in;

/// Git is there, and the repository is in the state that is asked for
///
/// The version that `git --version` prints is held against `version`. The state is that of `git status`: with `clean` every changed
/// or untracked file is a no-go, with `pushed` every commit that the upstream branch does not have; otherwise both are notes. Neither command writes:
/// optional locks, the file-system monitor and hooks are off.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Git {
    /// The versions that will do, as an npm range.
    #[serde(default = "version")]
    version: String,
    /// Whether nothing may be changed or untracked.
    #[serde(default)]
    clean: bool,
    /// Whether the commit must be on the upstream branch.
    #[serde(default)]
    pushed: bool,
}

fn version() -> String {
    ">=2.20".to_owned()
}

const STATUS: &[&str] = &[
    "git",
    "--no-optional-locks",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "status",
    "--porcelain=v2",
    "--branch",
    "--untracked-files=normal",
];

/// Most files that a message names.
const SHOWN: usize = 5;

impl Check for Git {
    const COMMANDS: &'static [&'static [&'static str]] = &[&["git", "--version"], STATUS];

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let asked = Range::parse(&self.version)
            .map_err(|_| Stop::unknown(format!("'{}' is no npm range, such as '>=2.20'", self.version)))?;
        let output = match process::run(&["git", "--version"]) {
            Ok(output) => output,
            Err(Error::NotFound(_)) => {
                report.summary("no git");
                report.no_go("there is no program git").hint("apt-get install git");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let version = first_in(&output.stdout).filter(|_| output.succeeded()).and_then(three_parts);
        let Some(version) = version else {
            return Err(Stop::unknown(format!(
                "'git --version' ended with {} and no version",
                output.ending()
            )));
        };
        report.fact("version", version.to_string()).bound(self.version.clone());
        report.summary(format!("git {version}"));
        if !asked.satisfies(&version) {
            report.no_go(format!("git is {version}, {} wanted", self.version)).hint("apt-get install git");
        }
        self.repository(report, &version)
    }
}

impl Git {
    fn repository(&self, report: &mut Report, version: &Version) -> Result<(), Stop> {
        let output = process::run(STATUS)?;
        if !output.succeeded() {
            let why = output.stderr.trim();
            let first = why.lines().next().unwrap_or_default();
            if why.contains("dubious ownership") {
                let hint = why.lines().map(str::trim).find(|line| line.starts_with("git config"));
                let hint = hint.unwrap_or("git config --global --add safe.directory \"$PWD\"");
                report.unknown(format!("git does not read the repository: {first}")).hint(hint);
            } else if why.contains("not a git repository") {
                let message = "the project is in no Git repository";
                match self.clean || self.pushed {
                    true => drop(report.no_go(message).hint("git init, or leave 'clean' and 'pushed' out")),
                    false => drop(report.note(message)),
                }
            } else {
                return Err(Stop::unknown(format!("'git status' ended with {}: {first}", output.ending())));
            }
            return Ok(());
        }
        if output.truncated {
            return Err(Stop::unknown("'git status' prints more than 1 MiB"));
        }
        let status = Status::parse(&output.stdout);
        let commit = status.commit.get(..12).unwrap_or(status.commit);
        report.fact("commit", status.commit);
        report.fact("branch", status.branch);
        report.fact("changed", status.changed.len()).unit("1").bound(if self.clean { "= 0" } else { "any" });
        let state = match (status.changed.len(), status.ahead) {
            (0, _) => "clean".to_owned(),
            (count, _) => format!("{count} changed"),
        };
        report.summary(format!("git {version}, {} at {commit}, {state}", status.branch));
        self.clean(report, &status);
        self.pushed(report, &status);
        Ok(())
    }

    fn clean(&self, report: &mut Report, status: &Status<'_>) {
        if status.changed.is_empty() {
            return;
        }
        let mut names = status.changed.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
        if status.changed.len() > SHOWN {
            names.push_str(&format!(" and {} more", status.changed.len() - SHOWN));
        }
        let message = format!("{} changed or untracked: {names}", status.changed.len());
        match self.clean {
            true => drop(report.no_go(message).hint("git stash --include-untracked, or commit")),
            false => drop(report.note(message)),
        }
    }

    fn pushed(&self, report: &mut Report, status: &Status<'_>) {
        let (message, hint) = match (status.upstream, status.ahead) {
            (Some(_), Some(0)) => return,
            (Some(upstream), Some(ahead)) => {
                (format!("{} not on {upstream}", counted(ahead, "commit")), "git push")
            }
            (Some(upstream), None) => {
                (format!("the upstream branch {upstream} is gone"), "git push --set-upstream origin HEAD")
            }
            (None, _) if status.branch == "(detached)" => {
                if self.pushed {
                    let message = "no branch is checked out, so that Git names no upstream to compare with";
                    report.unknown(message).hint("git switch BRANCH");
                }
                return;
            }
            (None, _) => {
                (format!("branch {} has no upstream", status.branch), "git push --set-upstream origin HEAD")
            }
        };
        match self.pushed {
            true => drop(report.no_go(message).hint(hint)),
            false => drop(report.note(message)),
        }
    }
}

/// Git counts `2.39` for a release candidate's `2.39.0`.
fn three_parts(text: &str) -> Option<Version> {
    let mut parts = text.split('.').map(str::parse::<u64>);
    let mut next = || parts.next().transpose().ok().map(Option::unwrap_or_default);
    Some(Version::from((next()?, next()?, next()?)))
}

/// What `git status --porcelain=v2 --branch` says.
struct Status<'t> {
    commit: &'t str,
    branch: &'t str,
    upstream: Option<&'t str>,
    /// Commits that the upstream does not have; absent where the upstream is gone.
    ahead: Option<u64>,
    changed: Vec<&'t str>,
}

impl<'t> Status<'t> {
    fn parse(text: &'t str) -> Self {
        let mut status =
            Self { commit: "(none)", branch: "(none)", upstream: None, ahead: None, changed: Vec::new() };
        for line in text.lines() {
            // Fields before the path, by the first character: see git-status(1).
            let path = |fields: usize| line.splitn(fields + 1, ' ').nth(fields);
            match line.split_once(' ') {
                Some(("#", rest)) => match rest.split_once(' ') {
                    Some(("branch.oid", oid)) => status.commit = oid,
                    Some(("branch.head", head)) => status.branch = head,
                    Some(("branch.upstream", upstream)) => status.upstream = Some(upstream),
                    Some(("branch.ab", counts)) => {
                        status.ahead =
                            counts.split(' ').next().and_then(|ahead| ahead.strip_prefix('+')?.parse().ok());
                    }
                    _ => {}
                },
                Some(("1", _)) => status.changed.extend(path(8)),
                Some(("2", _)) => status.changed.extend(path(9).and_then(|paths| paths.split('\t').next())),
                Some(("u", _)) => status.changed.extend(path(10)),
                Some(("?", path)) => status.changed.push(path),
                _ => {}
            }
        }
        status
    }
}
