//! Model files that run code.

mod finding;
mod formats;
mod globals;
mod memory;
mod nested;
mod pickle;
mod pickles;
mod scan;
mod source;

#[cfg(test)]
mod corpus;

use gonogo_sdk::{
    Check, Error, JsonSchema, Readable, Report, Severity, Size, Stop, counted,
    files::{self, Kind},
};
use serde::Deserialize;

use finding::{Advice, Found, Tally};
use formats::is_model;
use scan::Scan;

/// No artifact is an unsafe pickle or a model file that runs code
///
/// Loading a pickle runs it. Each file is recognised by its content, whatever its name: pickles of all protocols, those in archives of torch, joblib and NumPy, in zip, tar, 7z and whatever else the host can
/// open, and those nested in constants of others. Pickles are walked without executing them, and each function or class that they import is judged: what evaluates, imports, opens, spawns or connects is a no-go, what
/// models are made of is fine, and everything else is unknown. A name that is put together at run time is a no-go, and so is what stands before a break or behind an end of the stream.
///
/// Keras Lambda layers, TensorFlow operations that read and write files, chat templates of GGUF that reach into Python and external data of ONNX outside its folder are no-go. Safetensors files are validated whole.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Artifacts {
    /// Files, or directories with all below them.
    #[serde(default = "here")]
    paths: Vec<Readable>,
    /// What is left out, in the patterns of .gitignore.
    #[serde(default = "left_out")]
    exclude: Vec<String>,
    /// What a class or function that is in no table means: it may be your own, or an attacker's.
    #[serde(default)]
    unknown_globals: Unknown,
    /// Classes and functions that the team accepts: `mypackage.model.*`, `builtins.getattr`.
    #[serde(default)]
    allow: Vec<String>,
    /// Larger files are not looked at, and make the verdict unknown.
    #[serde(default = "largest")]
    size_maximum: Size,
}

/// The severity of globals that are in no table.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Unknown {
    Note,
    #[default]
    Warn,
    NoGo,
}

fn here() -> Vec<Readable> {
    vec![Readable(".".to_owned())]
}

/// Version control, and packages that are installed rather than made here.
fn left_out() -> Vec<String> {
    [".git/", ".venv/", "venv/", "node_modules/", "site-packages/", "__pycache__/", ".tox/", ".mypy_cache/"]
        .map(str::to_owned)
        .to_vec()
}

/// Larger than any single file of a model that is published.
fn largest() -> Size {
    Size::from(1 << 40)
}

impl Check for Artifacts {
    const TIMEOUT: Option<f64> = Some(600.0);

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        if self.paths.is_empty() {
            return Err(Stop::not_applicable("no path declared"));
        }
        let allowed = |global: &str| self.allow.iter().any(|pattern| globals::glob(pattern, global));
        let unknown = match self.unknown_globals {
            Unknown::Note => Severity::Note,
            Unknown::Warn => Severity::Warn,
            Unknown::NoGo => Severity::NoGo,
        };
        let mut scan = Scan { unknown, allowed: &allowed, tally: Tally::default() };
        for path in &self.paths {
            self.path(&mut scan, path);
        }
        say(report, scan.tally);
        Ok(())
    }
}

impl Artifacts {
    /// A directory is walked; what is none is a file.
    fn path(&self, scan: &mut Scan<'_>, path: &str) {
        let (kind, size) = match files::stat(path, true) {
            Ok(stat) => {
                let kind = stat.get::<String>("kind").ok().flatten();
                (kind.unwrap_or_default(), stat.get("size").ok().flatten())
            }
            Err(Error::NotFound(_)) => {
                return scan.say(Severity::NoGo, path, "does not exist".to_owned(), Advice::Look);
            }
            Err(error) => return scan.unreadable(path, "cannot be looked at", &error),
        };
        if kind == "file" {
            return self.file(scan, path, size);
        }
        let exclude = self.exclude.iter().map(String::as_str).collect::<Vec<_>>();
        let entries = match files::walk(path).exclude(&exclude).start() {
            Ok(entries) => entries,
            Err(error) => return scan.unreadable(path, "cannot be walked", &error),
        };
        for entry in entries {
            match entry {
                Err(error) => scan.unreadable(path, "cannot be walked to its end", &error),
                Ok(entry) => match entry.failed {
                    Some(error) => scan.unreadable(&entry.path, "cannot be looked at", &error),
                    None if entry.kind == Kind::File && entry.size > 0 => {
                        self.file(scan, &entry.path, Some(entry.size));
                    }
                    None if entry.kind == Kind::Link => link(scan, path, &entry),
                    None => {}
                },
            }
        }
    }

    fn file(&self, scan: &mut Scan<'_>, path: &str, size: Option<u64>) {
        if size.is_some_and(|size| size > self.size_maximum.bytes()) {
            let size = Size::from(size.unwrap_or_default());
            let message = format!("has {size}, more than the {} that are looked at", self.size_maximum);
            return scan.say(Severity::Unknown, path, message, Advice::Look);
        }
        match files::open(path) {
            Ok(content) => {
                scan.tally.files += 1;
                scan.tally.bytes += size.unwrap_or_default();
                scan.look(&content, path, 0);
            }
            Err(error) => scan.unreadable(path, "cannot be opened", &error),
        }
    }
}

/// A link is not followed. Where it leads to something below `root`, that is met by itself; a model that lies elsewhere is not.
fn link(scan: &mut Scan<'_>, root: &str, entry: &files::Entry) {
    let Some(target) = entry.target.as_deref().filter(|_| is_model(&entry.path)) else { return };
    if !leads_below(root, &entry.path, target) {
        let message = format!("is a link to {target}, outside of {root}, and was not looked at");
        scan.say(Severity::Unknown, &entry.path, message, Advice::Link);
    }
}

/// Whether a link leads to something below `root`, as far as names can tell.
fn leads_below(root: &str, path: &str, target: &str) -> bool {
    let root = if root == "." { "" } else { root.trim_end_matches('/') };
    let below = path.strip_prefix(root).unwrap_or(path);
    let target = match target.strip_prefix(root) {
        Some(rest) if !root.is_empty() && target.starts_with('/') && rest.starts_with('/') => rest,
        _ if target.starts_with('/') => return false,
        _ => target,
    };
    // How many directories below the root the link lies in.
    let from = if target.starts_with('/') { 0 } else { below.matches('/').count() };
    let from = from.saturating_sub(usize::from(below.starts_with('/')));
    let mut depth = Some(from);
    for part in target.split('/') {
        depth = match part {
            "" | "." => depth,
            ".." => depth.and_then(|depth| depth.checked_sub(1)),
            _ => depth.map(|depth| depth + 1),
        };
    }
    depth.is_some()
}

fn say(report: &mut Report, tally: Tally) {
    let counts = [
        ("files", tally.files, ""),
        ("members of archives", tally.members, ""),
        ("pickles", tally.pickles, ""),
        ("opcodes", tally.opcodes, ""),
        ("other model files", tally.models, ""),
        ("imports that are known to be harmless", tally.safe, ""),
        ("imports that are accepted by name", tally.allowed, ""),
        ("imports that are not known", tally.unknown, ""),
        ("imports that are dangerous", tally.dangerous, "= 0"),
    ];
    for (name, count, bound) in counts {
        let fact = report.fact(name, count).unit("1");
        if !bound.is_empty() {
            fact.bound(bound);
        }
    }
    report.fact("bytes", tally.bytes).unit("B");
    let bad = tally.found.iter().filter(|found| found.severity == Severity::NoGo).count();
    let looked = format!(
        "{} with {} and {}",
        counted(tally.files, "file"),
        counted(tally.pickles, "pickle"),
        counted(tally.models, "other model")
    );
    report.summary(match bad {
        0 if tally.found.iter().any(|found| found.severity == Severity::Unknown) => {
            format!("{looked}: not all could be looked at")
        }
        0 => format!("{looked}: none is known to run code"),
        1 => format!("{looked}: 1 reason why loading them runs code or fails"),
        _ => format!("{looked}: {bad} reasons why loading them runs code or fails"),
    });
    for found in tally.found {
        let message = format!("{} {}", found.path, found.message);
        let path = found.path.split(['!', '@']).next().unwrap_or_default().to_owned();
        report.finding(found.severity, message).at(path).hint(hint(&found));
    }
    if tally.dropped > 0 {
        report.note(format!("{} more findings are not shown", tally.dropped));
    }
}

/// What to do about a finding.
fn hint(found: &Found) -> String {
    match found.advice {
        Advice::Pickle => {
            "do not load it; have its author publish it as safetensors. torch.load(path, weights_only=True) refuses such files".to_owned()
        }
        Advice::Global => {
            let global = found.global.as_deref().unwrap_or("module.name");
            format!("if you know where it comes from: allow = [\"{global}\"]; else ask for safetensors")
        }
        Advice::Keras => "keras.models.load_model(path, safe_mode=True); replace the layer by a class of your own".to_owned(),
        Advice::TensorFlow => "look at it with `saved_model_cli show --all --dir FOLDER`; do not load it outside of a sandbox".to_owned(),
        Advice::Template => "replace the template: `gguf-new-metadata --chat-template-config FILE OLD NEW`, or edit tokenizer_config.json".to_owned(),
        Advice::External => "onnx.save(model, path, save_as_external_data=True, location=\"weights.bin\")".to_owned(),
        Advice::Again => "fetch or make it again, and compare its digest with the publisher's".to_owned(),
        Advice::Link => "name what it leads to in 'paths', or leave it out: exclude = [\"…\"]".to_owned(),
        Advice::Look => "look at it by hand, or leave it out: exclude = [\"…\"]".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::leads_below;

    #[test]
    fn links_lead_below_or_elsewhere() {
        for (root, path, target, below) in [
            (".", "a.pt", "b.pt", true),
            (".", "snapshots/1/a.bin", "../../blobs/2", true),
            (".", "snapshots/1/a.bin", "../../../blobs/2", false),
            ("hub", "hub/a.bin", "../blobs/2", false),
            ("hub", "hub/x/a.bin", "../blobs/2", true),
            ("hub/", "hub/x/a.bin", "y/../../b", true),
            ("/hub", "/hub/a.bin", "/hub/b.bin", true),
            ("/hub", "/hub/a.bin", "/hub/../b.bin", false),
            ("/hub", "/hub/a.bin", "/hubs/b.bin", false),
            (".", "a.bin", "/b.bin", false),
        ] {
            assert_eq!(leads_below(root, path, target), below, "{root} {path} {target}");
        }
    }
}
