use gonogo_sdk::{
    Attributes, Check, Duration, Error, JsonSchema, Readable, Report, Severity, Size, Stop, clock,
    files::{self, Algorithm},
};
use serde::Deserialize;

use crate::figure::{Figure, Unit, matching, need, same};

/// Files and directories are there, and are as declared
///
/// Any number of assertions on paths: existence, kind, mode, owner, group, size, age, content by regular expression, digest, target of a link, and what
/// this user may do with them. Each assertion asks the filesystem once, and reads content only where content is asserted. A link is followed, unless the assertion is on the
/// link itself (`kind = "link"` or `target`). FIFOs, sockets and devices are never opened: content asserted of one is a no-go, not a hang.
///
/// Nothing is asserted by default. A path that could not be looked at is unknown, and the others are still judged.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Paths {
    /// The assertions.
    #[schemars(length(min = 1))]
    assertions: Vec<Assertion>,
}

/// What must hold of one path.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Assertion {
    /// The path.
    path: Readable,
    /// Whether it must be there, or must not.
    #[serde(default = "yes")]
    exists: bool,
    /// What it is.
    kind: Option<Kind>,
    /// The permission bits, exactly: `0640`.
    #[schemars(regex(pattern = "^[0-7]{3,4}$"))]
    mode: Option<String>,
    /// Permission bits of which it may have no more: `0640` allows `0600` and `0440`, but neither `0644` nor `0700`.
    #[schemars(regex(pattern = "^[0-7]{3,4}$"))]
    mode_maximum: Option<String>,
    /// The owner, by name or number.
    owner: Option<String>,
    /// The group, by name or number.
    group: Option<String>,
    /// Least size.
    minimum: Option<Size>,
    /// Most size.
    maximum: Option<Size>,
    /// It was changed within this time.
    newer_than: Option<Duration>,
    /// It was last changed before this time.
    older_than: Option<Duration>,
    /// A line matches this regular expression (of Rust's `regex` crate).
    matches: Option<String>,
    /// No line matches this regular expression.
    lacks: Option<String>,
    /// SHA-256 of the content, in hex.
    #[schemars(regex(pattern = "^[0-9a-fA-F]{64}$"))]
    sha256: Option<String>,
    /// BLAKE3 of the content, in hex.
    #[schemars(regex(pattern = "^[0-9a-fA-F]{64}$"))]
    blake3: Option<String>,
    /// Whether this user can read it.
    readable: Option<bool>,
    /// Whether this user can write it.
    writable: Option<bool>,
    /// Whether this user can run it, or enter it.
    executable: Option<bool>,
    /// What a link points to, as it is written in the link.
    target: Option<String>,
}

fn yes() -> bool {
    true
}

/// What a path is.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    File,
    Directory,
    Link,
    Fifo,
    Socket,
    BlockDevice,
    CharacterDevice,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "directory",
            Self::Link => "link",
            Self::Fifo => "fifo",
            Self::Socket => "socket",
            Self::BlockDevice => "block-device",
            Self::CharacterDevice => "character-device",
        }
    }
}

impl Check for Paths {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        if self.assertions.is_empty() {
            return Err(Stop::not_applicable("no assertion declared"));
        }
        let aged = self.assertions.iter().any(|it| it.newer_than.is_some() || it.older_than.is_some());
        let now = if aged { clock::now()? } else { 0.0 };
        let mut wrong = 0;
        for assertion in &self.assertions {
            let before = report.findings();
            assertion.judge(report, now);
            wrong += usize::from(report.findings() > before);
        }
        let all = self.assertions.len();
        report.fact("assertions", all).unit("1");
        report.fact("assertions that do not hold", wrong).unit("1").bound("= 0");
        report.summary(match (wrong, &self.assertions[..]) {
            (0, [only]) => format!("{} is as asserted", &*only.path),
            (0, _) => format!("{all} paths are as asserted"),
            _ => format!("{wrong} of {all} paths are not as asserted, or cannot be told"),
        });
        Ok(())
    }
}

impl Assertion {
    fn judge(&self, report: &mut Report, now: f64) {
        let path = &*self.path;
        // Of a link itself only where the link is what is meant.
        let link = self.kind == Some(Kind::Link) || self.target.is_some() || !self.exists;
        let stat = match files::stat(path, !link) {
            Ok(stat) if self.exists => stat,
            Ok(stat) => {
                let kind = stat.get::<String>("kind").ok().flatten().unwrap_or_default();
                report
                    .no_go(format!("{path} is there ({kind}), and must not be"))
                    .at(path)
                    .hint(format!("rm {path}"));
                return;
            }
            Err(Error::NotFound(_)) if !self.exists => return,
            Err(Error::NotFound(_)) => {
                let hint = match self.kind {
                    Some(Kind::Directory) => format!("mkdir -p {path}"),
                    _ => format!("put it there, or correct the path: ls -la \"$(dirname {path})\""),
                };
                report.no_go(format!("{path} does not exist")).at(path).hint(hint);
                return;
            }
            Err(error) => {
                report.unknown(format!("cannot look at {path}: {error}")).at(path);
                return;
            }
        };
        let Some(kind) = need::<String>(report, &stat, "kind", path) else { return };
        if let Some(wanted) = self.kind {
            let hint = format!("look at it with `stat {path}` and put a {} in its place", wanted.name());
            if !same(report, &format!("kind of {path}"), &kind, wanted.name(), Severity::NoGo, &hint) {
                return;
            }
        }
        self.permissions(report, &stat);
        self.size_and_age(report, &stat, now);
        if let Some(wanted) = &self.target
            && let Some(target) = self.link(report, &stat, &kind)
        {
            let hint = format!("ln -sfn {wanted} {path}");
            same(report, &format!("target of {path}"), &target, wanted, Severity::NoGo, &hint);
        }
        self.content(report, &kind);
    }

    fn link(&self, report: &mut Report, stat: &Attributes, kind: &str) -> Option<String> {
        let path = &*self.path;
        if kind == "link" {
            return need(report, stat, "target", path);
        }
        let wanted = self.target.as_deref().unwrap_or_default();
        let hint = format!("move it away, then `ln -s {wanted} {path}`");
        report.no_go(format!("{path} is a {kind}, a link to {wanted} wanted")).at(path).hint(hint);
        None
    }

    fn permissions(&self, report: &mut Report, stat: &Attributes) {
        let path = &*self.path;
        if (self.mode.is_some() || self.mode_maximum.is_some())
            && let Some(found) = need::<u32>(report, stat, "mode", path)
        {
            let bits = |text: &str| u32::from_str_radix(text, 8).unwrap_or(0);
            let shown = format!("{found:04o}");
            if let Some(wanted) = &self.mode {
                let judged = (found == bits(wanted)).then_some(());
                let hint = format!("chmod {wanted} {path}");
                let bound = format!("= {:04o}", bits(wanted));
                matching(
                    report,
                    &format!("mode of {path}"),
                    &shown,
                    &bound,
                    judged.ok_or((Severity::NoGo, &hint)),
                );
            }
            if let Some(most) = &self.mode_maximum {
                let more = found & !bits(most);
                let hint = format!("chmod {:04o} {path}", found & bits(most));
                let bound = format!("no more than {:04o}", bits(most));
                let judged = (more == 0).then_some(()).ok_or((Severity::NoGo, hint.as_str()));
                matching(report, &format!("mode of {path}"), &shown, &bound, judged);
            }
        }
        for (wanted, name, command) in [(&self.owner, "owner", "chown"), (&self.group, "group", "chgrp")] {
            let Some(wanted) = wanted else { continue };
            let Some(found) = identity(report, stat, name, wanted, path) else { continue };
            let hint = format!("sudo {command} {wanted} {path}");
            same(report, &format!("{name} of {path}"), &found, wanted, Severity::NoGo, &hint);
        }
        for (wanted, attribute, letter) in [
            (self.readable, "readable", 'r'),
            (self.writable, "writable", 'w'),
            (self.executable, "executable", 'x'),
        ] {
            let Some(wanted) = wanted else { continue };
            let Some(found) = need::<bool>(report, stat, attribute, path) else { continue };
            let words = |may| if may { "yes" } else { "no" };
            let hint = format!("chmod {}{letter} {path}", if wanted { "u+" } else { "a-" });
            same(report, &format!("{path} {attribute}"), words(found), words(wanted), Severity::NoGo, &hint);
        }
    }

    fn size_and_age(&self, report: &mut Report, stat: &Attributes, now: f64) {
        let path = &*self.path;
        if (self.minimum.is_some() || self.maximum.is_some())
            && let Some(size) = need(report, stat, "size", path)
        {
            let name = format!("size of {path}");
            let figure = Figure::new(&name, size, Unit::Bytes);
            if let Some(least) = self.minimum {
                let hint = "it may be cut off or empty: fetch or make it again";
                figure.at_least(report, least.bytes() as f64, Severity::NoGo, hint);
            }
            if let Some(most) = self.maximum {
                figure.at_most(report, most.bytes() as f64, Severity::NoGo, "empty or rotate it");
            }
        }
        if (self.newer_than.is_some() || self.older_than.is_some())
            && let Some(modified) = need::<f64>(report, stat, "modified", path)
        {
            let name = format!("age of {path}");
            // What was changed after the clock was read has no age yet.
            let figure = Figure::new(&name, (now - modified).max(0.0), Unit::Seconds);
            if let Some(most) = self.newer_than {
                let hint = "what should renew it has not run: start it, and look at its schedule and log";
                figure.at_most(report, most.seconds(), Severity::NoGo, hint);
            }
            if let Some(least) = self.older_than {
                figure.at_least(
                    report,
                    least.seconds(),
                    Severity::NoGo,
                    "something has changed it: see who, and put it back",
                );
            }
        }
    }

    fn content(&self, report: &mut Report, kind: &str) {
        let path = &*self.path;
        if self.matches.is_none() && self.lacks.is_none() && self.sha256.is_none() && self.blake3.is_none() {
            return;
        }
        if kind != "file" {
            report.no_go(format!("{path} is a {kind}, a file with the content asserted wanted")).at(path);
            return;
        }
        for (pattern, wanted) in [(&self.matches, true), (&self.lacks, false)] {
            let Some(pattern) = pattern else { continue };
            let line = match files::find(path, pattern) {
                Ok(line) => line,
                Err(error) => {
                    report.unknown(format!("cannot search {path} for '{pattern}': {error}")).at(path);
                    continue;
                }
            };
            let found = line.map_or_else(|| "no line".to_owned(), |line| format!("line {line}"));
            report.fact(format!("{path} matches '{pattern}'"), found).bound(if wanted {
                "a line"
            } else {
                "no line"
            });
            match (line, wanted) {
                (None, true) => {
                    report
                        .no_go(format!("no line of {path} matches '{pattern}'"))
                        .at(path)
                        .hint("correct the file, or the pattern");
                }
                (Some(line), false) => {
                    let finding =
                        report.no_go(format!("line {line} of {path} matches '{pattern}', and none must"));
                    finding.at_line(path, u32::try_from(line).unwrap_or(u32::MAX)).hint("take the line out");
                }
                _ => {}
            }
        }
        for (wanted, algorithm, name) in
            [(&self.sha256, Algorithm::Sha256, "SHA-256"), (&self.blake3, Algorithm::Blake3, "BLAKE3")]
        {
            let Some(wanted) = wanted else { continue };
            match files::digest(path, algorithm) {
                Ok(found) => {
                    let hint = "the file is another one or damaged: fetch it again, or correct the digest";
                    let wanted = wanted.to_ascii_lowercase();
                    same(report, &format!("{name} of {path}"), &found, &wanted, Severity::NoGo, hint);
                }
                Err(error) => _ = report.unknown(format!("cannot digest {path}: {error}")).at(path),
            }
        }
    }
}

/// An owner or group in the form in which the wanted one is written: number or name.
fn identity(report: &mut Report, stat: &Attributes, name: &str, wanted: &str, path: &str) -> Option<String> {
    if wanted.bytes().all(|byte| byte.is_ascii_digit()) {
        return need::<i64>(report, stat, name, path).map(|id| id.to_string());
    }
    // An id without a name is not the one wanted: its number says more than the lack of a name.
    match stat.get::<String>(&format!("{name}-name")) {
        Ok(Some(found)) => Some(found),
        Ok(None) => need::<i64>(report, stat, name, path).map(|id| id.to_string()),
        Err(error) => {
            report.unknown(format!("cannot tell the {name} of {path}: {error}"));
            None
        }
    }
}
