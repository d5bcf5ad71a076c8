//! Bags, by RFC 8493: a declaration, manifests of the payload and of the tags, and the payload below `data`.

use std::collections::HashSet;

use gonogo_sdk::{Error, Report, Stop, files};

use super::{Integrity, listed::Listed, named::Sample};
use crate::{
    backup::{Backup, unreadable},
    compare::several,
    digest::Algorithm,
    manifest::{Manifest, text},
    tree::Tree,
};

/// Verifies a bag.
pub fn verify(check: &Integrity, backup: &Backup, now: f64, report: &mut Report) -> Result<String, Stop> {
    let path = &*backup.path;
    declaration(backup, report);
    let names = files::list(path)?;
    let manifests = |prefix: &str| {
        let mut found = names.iter().filter_map(|(name, _)| algorithm(name, prefix)).collect::<Vec<_>>();
        // SHA-256 first, which the host computes on all cores; then the stronger before the weaker.
        found.sort_by_key(|algorithm| (*algorithm != Algorithm::Sha256, std::cmp::Reverse(*algorithm)));
        found
    };
    let tree = Tree::of(path, &[])?;
    let tags = manifests("tagmanifest-");
    for algorithm in tags.iter().take(1) {
        let name = format!("tagmanifest-{}.txt", algorithm.name());
        let Some(manifest) = read(backup, &name, report) else { continue };
        // Tag files are few and small, and say what the rest is held against.
        let sample = Sample::new(1.0, now);
        let list = backup.below(&name);
        let what = format!("{path} (tags)");
        Listed { what: &what, list: &list, complete: false, sample }.verify(&tree, &manifest, report)?;
    }
    let payload = tree.part("data");
    oxum(backup, &payload, report);
    fetch(backup, &payload, report);
    let algorithms = manifests("manifest-");
    if algorithms.is_empty() {
        let hint = format!("bagit.py --validate {path}; then make the bag again from the source");
        report.no_go(format!("{path} has no manifest of md5, sha1, sha256 or sha512")).at(path).hint(hint);
        return Ok("no manifest".to_owned());
    }
    // Where no manifest of the tags vouches for the other manifests, each has to prove itself.
    let used = if tags.is_empty() { algorithms.len() } else { 1 };
    let mut verified = 0;
    for algorithm in algorithms.iter().take(used) {
        let name = format!("manifest-{}.txt", algorithm.name());
        let Some(mut manifest) = read(backup, &name, report) else { continue };
        let digests = std::mem::take(&mut manifest.digests);
        for (file, digest) in digests {
            if let Some(inner) = decoded(&file).strip_prefix("data/") {
                manifest.digests.insert(inner.to_owned(), digest);
            } else {
                let message = format!("{name} names {file}, which is not below data/");
                report.no_go(message).at(backup.below(&name)).hint("make the bag again from the source");
            }
        }
        let list = backup.below(&name);
        let sample = Sample::new(check.sample, now);
        verified =
            Listed { what: path, list: &list, complete: true, sample }.verify(&payload, &manifest, report)?;
    }
    Ok(format!("{verified} of {} payload files", payload.files.len()))
}

fn declaration(backup: &Backup, report: &mut Report) {
    let path = backup.below("bagit.txt");
    let said = match text(&path) {
        Ok(text) => text,
        Err(error) => return unreadable(report, "the declaration", &path, &error),
    };
    let mut lines = said.trim_start_matches('\u{feff}').lines().map(str::trim);
    let version = lines.next().and_then(|line| line.strip_prefix("BagIt-Version:")).map(str::trim);
    let encoding =
        lines.next().and_then(|line| line.strip_prefix("Tag-File-Character-Encoding:")).map(str::trim);
    match (version, encoding) {
        (Some("0.93" | "0.94" | "0.95" | "0.96" | "0.97" | "1.0"), Some(encoding))
            if encoding.eq_ignore_ascii_case("UTF-8") => {}
        (version, encoding) => {
            let message = format!(
                "{path} is damaged or of an unknown kind: version {}, encoding {}; 1.0 and UTF-8 wanted",
                version.unwrap_or("none"),
                encoding.unwrap_or("none")
            );
            report.no_go(message).at(&*path).hint("restore it from another copy");
        }
    }
}

/// `Payload-Oxum: BYTES.FILES` in bag-info.txt.
fn oxum(backup: &Backup, payload: &Tree, report: &mut Report) {
    let path = backup.below("bag-info.txt");
    let said = match text(&path) {
        Ok(text) => text,
        // It need not be there.
        Err(Error::NotFound(_)) => return,
        Err(error) => return unreadable(report, "the description of the bag,", &path, &error),
    };
    let Some(said) = said.lines().find_map(|line| line.strip_prefix("Payload-Oxum:")).map(str::trim) else {
        return;
    };
    let found = format!("{}.{}", payload.bytes(), payload.files.len());
    report.fact(format!("{}: payload (bytes.files)", backup.path), found.as_str()).bound(format!("= {said}"));
    if found != said {
        let message = format!("the payload of {} is {found} (bytes.files), {said} wanted", backup.path);
        report
            .no_go(message)
            .at(path)
            .hint("compare data/ with the manifest: files are missing, added or cut off");
    }
}

/// `URL LENGTH FILE` for each line of fetch.txt: payload that is not in the bag until somebody fetches it. The URLs are not shown, there
/// may be tokens in them.
fn fetch(backup: &Backup, payload: &Tree, report: &mut Report) {
    let path = backup.below("fetch.txt");
    let said = match text(&path) {
        Ok(text) => text,
        // It need not be there.
        Err(Error::NotFound(_)) => return,
        Err(error) => return unreadable(report, "the list of what is to be fetched,", &path, &error),
    };
    let there = payload.files.iter().map(|file| file.name.as_str()).collect::<HashSet<_>>();
    let mut elsewhere = Vec::new();
    for (number, line) in (1..).zip(said.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let Some(file) = fetched(line) else {
            let message = format!("line {number} of {path} is no URL, length and file below data/");
            report.no_go(message).at_line(&*path, number).hint("restore the list from another copy");
            continue;
        };
        if !there.contains(file.as_str()) {
            elsewhere.push(file);
        }
    }
    report.fact(format!("{}: files to be fetched", backup.path), elsewhere.len()).unit("1").bound("= 0");
    if !elsewhere.is_empty() {
        let message = format!(
            "{} is not whole: {} of its files are elsewhere and have to be fetched: {}",
            backup.path,
            elsewhere.len(),
            several(&elsewhere)
        );
        report.no_go(message).at(path).hint("fetch them into data/ as long as they can be had");
    }
}

/// The file that a line of fetch.txt is about, below `data`.
fn fetched(line: &str) -> Option<String> {
    let mut words = line.trim().splitn(3, [' ', '\t']);
    let (_, length, file) = (words.next()?, words.next()?, words.next()?);
    (length == "-" || length.parse::<u64>().is_ok()).then_some(())?;
    decoded(file.trim_start()).strip_prefix("data/").map(str::to_owned)
}

fn algorithm(name: &str, prefix: &str) -> Option<Algorithm> {
    let name = name.strip_prefix(prefix)?.strip_suffix(".txt")?;
    Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name)
}

fn read(backup: &Backup, name: &str, report: &mut Report) -> Option<Manifest> {
    let path = backup.below(name);
    match Manifest::read(&path) {
        Ok(manifest) => Some(manifest),
        Err(error) => {
            unreadable(report, "the manifest", &path, &error);
            None
        }
    }
}

/// Line ends and percent signs in names are written as in URLs.
fn decoded(name: &str) -> String {
    let mut out = name.to_owned();
    for (from, to) in [("%0A", "\n"), ("%0a", "\n"), ("%0D", "\r"), ("%0d", "\r"), ("%25", "%")] {
        out = out.replace(from, to);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_manifests() {
        assert_eq!(algorithm("manifest-sha512.txt", "manifest-"), Some(Algorithm::Sha512));
        assert_eq!(algorithm("tagmanifest-md5.txt", "tagmanifest-"), Some(Algorithm::Md5));
        assert_eq!(algorithm("tagmanifest-md5.txt", "manifest-"), None);
        assert_eq!(algorithm("manifest-crc32.txt", "manifest-"), None);
        assert_eq!(decoded("data/a%0Ab%250A"), "data/a\nb%0A");
    }

    #[test]
    fn lines_of_what_is_to_be_fetched() {
        let file = |line| fetched(line);
        assert_eq!(file("https://a.example/x 12 data/a b").as_deref(), Some("a b"));
        assert_eq!(file("https://a.example/x\t-\tdata/a%0Ab").as_deref(), Some("a\nb"));
        for wrong in ["", "https://a.example/x", "https://a.example/x 12", "x y data/a", "x 1 bag-info.txt"] {
            assert_eq!(file(wrong), None, "{wrong}");
        }
    }
}
