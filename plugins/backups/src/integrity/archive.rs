//! tar and zip archives, held against a manifest, or zip's own checksums.

use std::collections::BTreeMap;

use gonogo_sdk::{
    Error, Report, Stop, counted,
    files::{self, Content},
};

use super::named::coverage;
use crate::{
    backup::{Backup, Kind, unreadable},
    commands::{About, UNZIP_TEST, filled, run, said},
    digest::Algorithm,
    manifest::Manifest,
};

/// Most findings of one kind.
const NAMED: usize = 50;

/// A member of an archive.
struct Member {
    index: u32,
    size: u64,
}

/// Verifies an archive.
pub fn verify(kind: Kind, backup: &Backup, report: &mut Report) -> Result<String, Stop> {
    let path = &*backup.path;
    if let Some(list) = &backup.manifest {
        let manifest = match Manifest::read(list) {
            Ok(manifest) => manifest,
            Err(error) => {
                unreadable(report, "the manifest", list, &error);
                return Ok("no manifest".to_owned());
            }
        };
        for line in manifest.wrong.iter().take(NAMED) {
            let message = format!("line {line} of {list} is no digest with a name");
            report.no_go(message).at_line(&**list, *line).hint("restore the list from another copy");
        }
        return match whole(path, &manifest) {
            Some((algorithm, wanted)) => by_its_digest(path, list, *algorithm, wanted, report),
            None => by_manifest(path, list, &manifest, report),
        };
    }
    if kind == Kind::Zip {
        return by_unzip(backup, report);
    }
    let outer = files::open(path)?;
    let format = outer.format()?;
    let members = match opened(outer, &format).and_then(|archive| archive.members()) {
        Ok(members) => members,
        Err(error) => {
            broken(report, path, &error);
            return Ok("nothing readable".to_owned());
        }
    };
    report.fact(format!("{path}: members"), members.len()).unit("1").bound(">= 1");
    damage(path, &members, report)?;
    let message =
        format!("{path} is a tar archive without a manifest: nothing vouches for the bytes of its members");
    let hint =
        "sha256sum FILES > backup.sha256 when it is made; then manifest = \"backup.sha256\" in gonogo.toml";
    report.unknown(message).at(path).hint(hint);
    Ok(format!("the names of {}", counted(members.len() as u64, "member")))
}

/// The digest that a manifest has for the archive itself.
fn whole<'m>(path: &str, manifest: &'m Manifest) -> Option<&'m (Algorithm, String)> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let named = manifest.digests.iter().find(|(listed, _)| listed.rsplit('/').next() == Some(name));
    named.map(|(_, digest)| digest)
}

fn by_its_digest(
    path: &str,
    list: &str,
    algorithm: Algorithm,
    wanted: &str,
    report: &mut Report,
) -> Result<String, Stop> {
    let name = algorithm.name();
    for found in algorithm.digests(&[path.to_owned()])? {
        match found {
            Ok(found) if found == wanted => {
                report.fact(format!("{path}: {name}"), found).bound(format!("as in {list}"));
            }
            Ok(found) => {
                let message = format!("{path} is damaged: its {name} is {found}, {wanted} wanted by {list}");
                report.no_go(message).at(path).hint("restore it from another copy");
            }
            Err(error) => unreadable(report, "the archive", path, &error),
        }
    }
    Ok(format!("its {name}"))
}

/// The archive in a file, compressed or not.
fn opened(content: Content, format: &str) -> Result<Content, Error> {
    match format {
        "zip" | "tar" | "7z" => Ok(content),
        _ => content.member(0),
    }
}

fn by_manifest(path: &str, list: &str, manifest: &Manifest, report: &mut Report) -> Result<String, Stop> {
    let outer = files::open(path)?;
    let format = outer.format()?;
    let archive = match opened(outer, &format) {
        Ok(archive) => archive,
        Err(error) => {
            broken(report, path, &error);
            return Ok("nothing readable".to_owned());
        }
    };
    let members = match archive.members() {
        Ok(members) => members,
        Err(error) => {
            broken(report, path, &error);
            return Ok("nothing readable".to_owned());
        }
    };
    damage(path, &members, report)?;
    let mut names = BTreeMap::new();
    for (index, member) in (0..).zip(&members) {
        if member.need::<String>("kind")? == "file" {
            let name: String = member.need("name")?;
            let size = member.get("size")?.unwrap_or(0);
            names.insert(name.trim_start_matches("./").to_owned(), Member { index, size });
        }
    }
    let root = common_root(&names, manifest);
    let (mut read, mut bytes, mut damaged, mut unclear) = (0_u64, 0, 0, 0);
    for (name, (algorithm, wanted)) in &manifest.digests {
        let Some(member) = names.get(&format!("{root}{name}")) else {
            damaged += 1;
            if damaged <= NAMED {
                let message = format!("{path} lacks {name}, which {list} names");
                report
                    .no_go(message)
                    .at(path)
                    .hint("make the archive again, or restore it from another copy");
            }
            continue;
        };
        read += 1;
        bytes += member.size;
        let found = archive.member(member.index).and_then(|content| algorithm.digest(&content, 0, None));
        let message = match found {
            Ok((found, _)) if found == *wanted => continue,
            Ok((found, _)) => {
                let (found, wanted) =
                    (found.get(..12).unwrap_or_default(), wanted.get(..12).unwrap_or_default());
                format!(
                    "{name} in {path} is damaged: its {} is {found}…, {wanted}… wanted by {list}",
                    algorithm.name()
                )
            }
            Err(Error::Io(why)) => format!("{name} in {path} cannot be unpacked: {why}"),
            // It may be whole all the same.
            Err(error) => {
                unclear += 1;
                if unclear <= NAMED {
                    report.unknown(format!("cannot tell about {name} in {path}: {error}")).at(path);
                }
                continue;
            }
        };
        damaged += 1;
        if damaged <= NAMED {
            report.no_go(message).at(path).hint("make the archive again, or restore it from another copy");
        }
    }
    let listed =
        |name: &String| name.strip_prefix(&root).is_some_and(|name| manifest.digests.contains_key(name));
    let extra = names.keys().filter(|name| !listed(name)).cloned().collect::<Vec<_>>();
    if !extra.is_empty() {
        let message =
            format!("{path} holds files that {list} does not name: {}", crate::compare::several(&extra));
        report.note(message).at(path).hint("make the list anew where they are meant");
    }
    report.fact(format!("{path}: files missing or damaged"), damaged).unit("1").bound("= 0");
    report.fact(format!("{path}: files not listed"), extra.len()).unit("1");
    coverage(report, path, manifest.digests.len() as u64, read, bytes);
    if manifest.digests.is_empty() {
        report.unknown(format!("{list} names no file: nothing was verified")).at(list);
    }
    Ok(counted(read, "member"))
}

/// The directory that all members lie in and that the manifest does not write, with its slash.
fn common_root(names: &BTreeMap<String, Member>, manifest: &Manifest) -> String {
    let roots = names.keys().filter_map(|name| name.split_once('/')).map(|(root, _)| format!("{root}/"));
    let hits = |root: &str| {
        let there = manifest.digests.keys().filter(|name| names.contains_key(&format!("{root}{name}")));
        there.count()
    };
    let plain = hits("");
    let mut roots = roots.collect::<Vec<_>>();
    roots.dedup();
    let best = roots.into_iter().take(16).map(|root| (hits(&root), root)).max_by_key(|(hits, _)| *hits);
    best.filter(|(hits, _)| *hits > plain).map(|(_, root)| root).unwrap_or_default()
}

/// What the host found wrong in the archive's structure.
fn damage(path: &str, members: &[gonogo_sdk::Attributes], report: &mut Report) -> Result<(), Error> {
    let mut found = 0;
    for member in members {
        let damage: Vec<String> = member.get("damage")?.unwrap_or_default();
        if !damage.is_empty() {
            found += 1;
            if found <= NAMED {
                let name: String = member.need("name")?;
                let message = format!("{name} in {path} is damaged: {}", damage.join("; "));
                report
                    .no_go(message)
                    .at(path)
                    .hint("make the archive again, or restore it from another copy");
            }
        }
    }
    Ok(())
}

fn broken(report: &mut Report, path: &str, error: &Error) {
    match error {
        Error::Io(why) => {
            let message = format!("{path} cannot be unpacked: {why}");
            report.no_go(message).at(path).hint("make the archive again, or restore it from another copy");
        }
        error => _ = report.unknown(format!("cannot tell about {path}: {error}")).at(path),
    }
}

fn by_unzip(backup: &Backup, report: &mut Report) -> Result<String, Stop> {
    let path = &*backup.path;
    let command = filled(UNZIP_TEST, backup, About::default()).unwrap_or_default();
    let output = match run(&command)? {
        Ok(output) => output,
        Err(why) => {
            let hint = "apt-get install unzip, or name a manifest";
            report.unknown(format!("the checksums of {path} were not verified: {why}")).at(path).hint(hint);
            return Ok("nothing".to_owned());
        }
    };
    let said = said(&output);
    match output.code {
        Some(0) => {}
        // An encrypted member, or a method that unzip does not know.
        Some(81 | 82) => {
            _ = report.unknown(format!("{path} is encrypted or packed unusually: {said}")).at(path);
        }
        _ => {
            let message = format!("{path} is damaged: unzip ended with {}: {said}", output.ending());
            report.no_go(message).at(path).hint(format!("unzip -t {path}; restore it from another copy"));
        }
    }
    Ok("the CRC-32 of each member".to_owned())
}
