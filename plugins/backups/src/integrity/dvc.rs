//! DVC remotes: each object is named by the MD5 of its bytes, and what the project tracks must be there.

use gonogo_sdk::{
    Report, Stop,
    files::{self, Kind},
};

use super::{
    Integrity,
    named::{Sample, coverage},
};
use crate::{
    backup::{Backup, join, unreadable},
    compare::several,
    digest::Algorithm,
    dvc::{Tracked, has, listed, tracked},
    tree::{Tree, below},
};

/// Most findings of one kind.
const NAMED: usize = 50;

/// Verifies a remote, and that it holds what the source tracks.
pub fn verify(check: &Integrity, backup: &Backup, now: f64, report: &mut Report) -> Result<String, Stop> {
    let path = &*backup.path;
    let sample = Sample::new(check.sample, now);
    let (mut met, mut read, mut bytes, mut damaged) = (0_u64, 0_u64, 0, 0);
    for entry in files::walk(&backup.below("files/md5")).start()? {
        let entry = entry?;
        if let Some(error) = &entry.failed {
            unreadable(report, "a part of the remote,", &entry.path, error);
            continue;
        }
        let name = below(&backup.below("files/md5"), &entry.path).replace('/', "");
        let wanted = name.strip_suffix(".dir").unwrap_or(&name).to_owned();
        if entry.kind != Kind::File || wanted.len() != 32 {
            continue;
        }
        met += 1;
        if !sample.takes(&name) {
            continue;
        }
        (read, bytes) = (read + 1, bytes + entry.size);
        match files::open(&entry.path).and_then(|content| Algorithm::Md5.digest(&content, 0, None)) {
            Ok((found, _)) if found == wanted => continue,
            Ok((found, _)) if damaged < NAMED => {
                let message = format!("{} is damaged: its MD5 is {found}", entry.path);
                report
                    .no_go(message)
                    .at(&*entry.path)
                    .hint("remove it and `dvc push` again from a good working copy");
            }
            Ok(_) => {}
            Err(error) => unreadable(report, "a part of the remote,", &entry.path, &error),
        }
        damaged += 1;
    }
    report.fact(format!("{path}: objects damaged"), damaged).unit("1").bound("= 0");
    coverage(report, path, met, read, bytes);
    if let Some(source) = &backup.source {
        missing(backup, &Tree::of(source, &backup.exclude)?, report)?;
    } else {
        let message =
            format!("{path}: that it holds all that is tracked was not verified: no source is named");
        report
            .warn(message)
            .at(path)
            .hint("source = \"DIRECTORY OF THE .dvc FILES\" in this backup, in gonogo.toml");
    }
    Ok(format!("{read} of {met} objects"))
}

/// Says what a source tracks and a remote does not hold.
pub fn missing(backup: &Backup, source: &Tree, report: &mut Report) -> Result<(), Stop> {
    let path = &*backup.path;
    for (name, error) in source.failed.iter().take(NAMED) {
        let message = format!("what {} tracks in {name} cannot be told: {error}", source.root);
        report.unknown(message).at(join(&source.root, name));
    }
    let Tracked { mut objects, elsewhere, unclear, left } = tracked(source)?;
    if !unclear.is_empty() {
        let message = format!(
            "what these track cannot be told, they name no MD5 of an output or are no YAML: {}",
            several(&unclear)
        );
        report.unknown(message).at(&*source.root).hint("dvc commit, then dvc push");
    }
    if objects.is_empty() && unclear.is_empty() && left.is_empty() {
        report
            .unknown(format!("no .dvc file or dvc.lock below {} names an output", source.root))
            .at(&*source.root);
    }
    let (inner, unread) = listed(path, &objects);
    for (list, why) in unread.iter().take(NAMED) {
        let message = format!(
            "whether {path} lacks any file of a directory cannot be told: {list} cannot be read: {why}"
        );
        report.unknown(message).at(&**list).hint("remove it and `dvc push` again from a good working copy");
    }
    objects.extend(inner);
    let mut missing = 0;
    for (object, from) in &objects {
        if !has(path, object)? {
            if let Some(remote) = elsewhere.get(object) {
                let message = format!(
                    "{path} lacks the object {object} of {from}, which goes to the remote '{remote}': whether that is this one cannot be told"
                );
                report
                    .unknown(message)
                    .at(path)
                    .hint("dvc push; or name the directory of that remote as a backup, too");
                continue;
            }
            missing += 1;
            if missing <= NAMED {
                report.no_go(format!("{path} lacks the object {object} of {from}")).at(path).hint("dvc push");
            }
        }
    }
    report.fact(format!("{path}: objects tracked"), objects.len()).unit("1");
    report.fact(format!("{path}: objects missing"), missing).unit("1").bound("= 0");
    for (reason, count) in left {
        report.fact(format!("{path}: {}", reason.counted()), count).unit("1");
    }
    Ok(())
}
