use std::collections::HashMap;

use gonogo_sdk::{
    Check, Error, JsonSchema, Processes, Readable, Report, Severity, Size, Stop,
    files::{self, Matches, Pattern, search, search_processes},
};
use serde::Deserialize;

mod find;
mod known;
mod places;
mod rules;
mod tally;
#[cfg(test)]
mod tests;

use self::{
    find::{Find, unique},
    known::{Allowed, Known, baseline},
    places::{EXCLUDED, PRIVATE, is_trial},
    rules::{Category, RULES, Rule},
    tally::Tally,
};

/// No secret lies in the tree, in environment files, shell histories or process arguments
///
/// Looks for tokens in some 300 forms that providers give out, private keys, passwords in addresses, and values that are called a password, a secret, a token or a key.
/// Sources, configurations, notebooks with their outputs and logs are searched, what is in base64 one level deep, what is staged in Git, and on demand every version in its history. Values are
/// shown by their first characters only.
///
/// What Git ignores is not searched, with one exception: files in which tools keep logins (`.env`, `.npmrc`, `credentials`, …). Ignored and readable by
/// their owner alone they may hold secrets, and the finding is a note; readable by others, or not ignored, it is a no-go.
///
/// A line is allowed by a comment on it (`gonogo:allow`, `gitleaks:allow`, `pragma: allowlist secret`, `noqa: secret`), a find by `allow` or by the baseline.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Secrets {
    /// What is searched.
    #[serde(default = "here")]
    paths: Vec<Readable>,
    /// What is left out, as patterns of .gitignore, besides what no person writes: lock files, dependencies, images, minified code.
    #[serde(default)]
    exclude: Vec<String>,
    /// Environment files elsewhere, which may hold secrets if only their owner can read them.
    #[serde(default)]
    env_files: Vec<Readable>,
    /// Shell histories: `${HOME}/.bash_history`.
    #[serde(default)]
    histories: Vec<Readable>,
    /// Whether the arguments of running processes are searched.
    #[serde(default)]
    processes: Processes,
    /// Whether what Git's index holds is searched.
    #[serde(default = "yes")]
    staged: bool,
    /// Whether all versions in Git's history are searched.
    #[serde(default)]
    history: bool,
    /// Most commits of the history, from the newest.
    commits_maximum: Option<u32>,
    /// What generic secrets are: values that are called a password or a token, in no provider's form. In tests, examples and documents they are never worse than a warning.
    #[serde(default)]
    generic: Generic,
    /// Larger files are not searched.
    #[serde(default = "size_maximum")]
    size_maximum: Size,
    /// Finds that are known: a file with one JSON object a line, `{"path": "…", "rule": "…", "fingerprint": "…"}`. They become notes.
    baseline: Option<Readable>,
    /// Finds that are allowed, with the reason.
    #[serde(default)]
    allow: Vec<Allowed>,
}

/// What a generic secret is.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
enum Generic {
    /// As bad as any.
    #[default]
    NoGo,
    /// A warning.
    Warn,
    /// Not looked for.
    Off,
}

fn here() -> Vec<Readable> {
    vec![".".into()]
}

fn yes() -> bool {
    true
}

fn size_maximum() -> Size {
    Size::from(10 << 20)
}

/// Comments that allow what is on their line.
const ALLOW: &[&str] = &["gonogo:allow", "gitleaks:allow", "pragma: allowlist secret", "noqa: secret"];

/// Permission bits of everybody but the owner.
const OTHERS: u32 = 0o077;

/// How bad a find is, and what to add to its message.
type Judgement = (Severity, String);

impl Check for Secrets {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let sources = self.paths.len() + self.env_files.len() + self.histories.len();
        if sources == 0 && !self.processes.0 {
            return Err(Stop::not_applicable("nothing is named to be searched"));
        }
        let known = self.baseline.as_ref().map_or(Ok(Vec::new()), |path| baseline(path))?;
        let mut tally = Tally::default();
        let mut judged = Vec::new();
        for path in &self.paths {
            self.tree(path, report, &mut tally, &mut judged);
        }
        for path in &self.env_files {
            let Some(finds) = self.file(path, "environment file", report, &mut tally) else { continue };
            if finds.is_empty() {
                continue;
            }
            let mode = mode(path);
            judged.extend(finds.into_iter().map(|find| {
                let judgement = self.private(&find, &mode, "");
                (find, judgement)
            }));
        }
        for path in &self.histories {
            let Some(finds) = self.file(path, "history", report, &mut tally) else { continue };
            judged.extend(finds.into_iter().map(|find| {
                let judgement = (self.severity(find.rule, false), String::new());
                (find, judgement)
            }));
        }
        if self.processes.0 {
            match search_processes(&self.patterns(true))
                .map_err(Stop::from)
                .and_then(|found| collect(found, &mut tally))
            {
                Ok(finds) => judged.extend(finds.into_iter().map(|find| {
                    let judgement = (self.severity(find.rule, false), String::new());
                    (find, judgement)
                })),
                Err(error) => {
                    report.unknown(format!("the arguments of processes cannot be searched: {}", why(&error)));
                }
            }
        }
        self.say(report, &mut tally, judged, &known);
        Ok(())
    }
}

impl Secrets {
    fn patterns(&self, anywhere: bool) -> Vec<Pattern> {
        let wanted =
            RULES.iter().filter(|rule| self.generic != Generic::Off || rule.category != Category::Generic);
        wanted.map(|rule| rule.pattern(anywhere)).collect()
    }

    fn severity(&self, rule: &Rule, trial: bool) -> Severity {
        match (rule.category, self.generic) {
            _ if rule.mild => Severity::Warn,
            (Category::Generic, Generic::NoGo) if !trial => Severity::NoGo,
            (Category::Generic, _) => Severity::Warn,
            _ => Severity::NoGo,
        }
    }

    fn excluded(&self) -> Vec<String> {
        EXCLUDED.iter().map(|&pattern| pattern.to_owned()).chain(self.exclude.iter().cloned()).collect()
    }

    /// Searches a tree: all that is not ignored, and the files for logins that are.
    fn tree(
        &self,
        path: &Readable,
        report: &mut Report,
        tally: &mut Tally,
        judged: &mut Vec<(Find, Judgement)>,
    ) {
        let allow = ALLOW.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let mut whole = search(path, "tree")
            .with("exclude", self.excluded())
            .with("allow", allow)
            .with("size-maximum", self.size_maximum.bytes())
            .with("base64", true)
            .with("ignore-files", true)
            .with("ignored", PRIVATE.iter().map(|&pattern| pattern.to_owned()).collect::<Vec<_>>())
            .with("staged", self.staged)
            .with("history", self.history);
        if let Some(most) = self.commits_maximum {
            whole = whole.with("commits-maximum", most);
        }
        let found =
            whole.start(&self.patterns(false)).map_err(Stop::from).and_then(|found| collect(found, tally));
        let finds = match found {
            Ok(finds) => finds,
            Err(error) => {
                report.unknown(format!("{path} cannot be searched: {}", why(&error))).at(&**path);
                return;
            }
        };
        // Who may read the files that Git ignores.
        let mut modes = HashMap::new();
        for find in finds {
            let trial = is_trial(&find.path);
            if !find.ignored {
                let severity = self.severity(find.rule, trial);
                judged.push((find, (severity, String::new())));
                continue;
            }
            let mode = modes.entry(find.path.clone()).or_insert_with(|| mode(&find.path));
            let (severity, also) = self.private(&find, mode, ", which Git ignores");
            let trial = trial && find.rule.category == Category::Generic;
            judged.push((find, (if trial { severity.min(Severity::Warn) } else { severity }, also)));
        }
    }

    /// Searches one file that is named. What is not there holds no secret.
    fn file(&self, path: &Readable, what: &str, report: &mut Report, tally: &mut Tally) -> Option<Vec<Find>> {
        let allow = ALLOW.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let search = search(path, what)
            .with("allow", allow)
            .with("base64", true)
            .with("size-maximum", self.size_maximum.bytes());
        let found = match search.start(&self.patterns(true)) {
            Ok(found) => collect(found, tally),
            Err(Error::NotFound(_)) => {
                report.note(format!("there is no {what} {path}")).at(&**path);
                return None;
            }
            Err(error) => Err(error.into()),
        };
        match found {
            Ok(finds) => Some(finds),
            Err(error) => {
                report.unknown(format!("the {what} {path} cannot be searched: {}", why(&error))).at(&**path);
                None
            }
        }
    }

    /// How bad a secret is in a file that may hold some.
    fn private(&self, find: &Find, mode: &Result<u32, Error>, state: &str) -> Judgement {
        match *mode {
            Ok(mode) if mode & OTHERS == 0 => {
                (Severity::Note, format!(" ({mode:04o}: only its owner reads {}{state})", find.path))
            }
            Ok(mode) => (
                self.severity(find.rule, false),
                format!(" ({mode:04o}: others read {}{state}: chmod 600 {})", find.path, find.path),
            ),
            Err(ref error) => {
                (Severity::Unknown, format!(" (who reads {} cannot be told: {error})", find.path))
            }
        }
    }

    /// Takes out what is allowed or known, and says the rest, the worst first.
    fn say(&self, report: &mut Report, tally: &mut Tally, judged: Vec<(Find, Judgement)>, known: &[Known]) {
        let mut met = vec![false; known.len()];
        let mut kept = Vec::new();
        for (find, (severity, also)) in judged {
            if let Some(allowed) = self.allow.iter().find(|allowed| allowed.fits(&find)) {
                tally.allowed += 1;
                kept.push((Severity::Note, find, format!(" (allowed: {})", allowed.reason())));
                continue;
            }
            let same = known.iter().position(|known| known.is(&find));
            if let Some(at) = same {
                tally.known += 1;
                if let Some(met) = met.get_mut(at) {
                    *met = true;
                }
                kept.push((Severity::Note, find, " (in the baseline)".to_owned()));
                continue;
            }
            tally.count(find.rule.category, severity);
            kept.push((severity, find, also));
        }
        kept.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.place().cmp(&b.1.place())));
        for (severity, find, also) in &kept {
            find.report(report, *severity, also);
        }
        let stale =
            known.iter().zip(&met).filter(|(_, met)| !**met).map(|(known, _)| known).collect::<Vec<_>>();
        if let (Some(first), Some(path)) = (stale.first(), &self.baseline) {
            let count = stale.len();
            let message = format!(
                "{count} entries of the baseline are found no more, the first: {} {}",
                first.path, first.fingerprint
            );
            report.note(message).at(&**path).hint(format!("remove them from {path}"));
        }
        tally.report(report, self.history);
    }
}

/// The permission bits of a file.
fn mode(path: &str) -> Result<u32, Error> {
    files::stat(path, true)?.need("mode")
}

/// All finds of a search, and what it looked at. Several rules may find one value.
fn collect(mut found: Matches, tally: &mut Tally) -> Result<Vec<Find>, Stop> {
    let finds = found.by_ref().map(|found| Ok(Find::read(&found?)?)).collect::<Result<Vec<_>, Stop>>()?;
    tally.add(&found.totals()?)?;
    Ok(unique(finds))
}

fn why(stop: &Stop) -> &str {
    match stop {
        Stop::NotApplicable(why) | Stop::Unknown(why) => why,
    }
}
