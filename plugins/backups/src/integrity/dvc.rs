//! DVC remotes: each object is named by the MD5 of its bytes, and what the project tracks must be there.

use std::collections::{BTreeMap, BTreeSet};

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
    digest::{Algorithm, by_host},
    dvc::{Output, Tracked, has, listed, place, tracked},
    tree::{Tree, below},
};

/// Most findings of one kind.
const NAMED: usize = 50;

/// Files that are digested in one call of the host, on each side.
const BATCH: usize = 2_000;

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

/// Says what a source tracks and a remote does not hold. Gives what it does hold.
pub fn missing(backup: &Backup, source: &Tree, report: &mut Report) -> Result<Vec<Output>, Stop> {
    let path = &*backup.path;
    for (name, error) in source.failed.iter().take(NAMED) {
        let message = format!("what {} tracks in {name} cannot be told: {error}", source.root);
        report.unknown(message).at(join(&source.root, name));
    }
    let Tracked { mut outputs, unclear, left } = tracked(source)?;
    if !unclear.is_empty() {
        let message = format!(
            "what these track cannot be told, they name no MD5 of an output or are no YAML: {}",
            several(&unclear)
        );
        report.unknown(message).at(&*source.root).hint("dvc commit, then dvc push");
    }
    if outputs.is_empty() && unclear.is_empty() && left.is_empty() {
        report
            .unknown(format!("no .dvc file or dvc.lock below {} names an output", source.root))
            .at(&*source.root);
    }
    let (inner, unread) = listed(path, &outputs);
    for (list, why) in unread.iter().take(NAMED) {
        let message = format!(
            "whether {path} lacks any file of a directory cannot be told: {list} cannot be read: {why}"
        );
        report.unknown(message).at(&**list).hint("remove it and `dvc push` again from a good working copy");
    }
    outputs.extend(inner);
    let mut objects: BTreeMap<&str, Vec<&Output>> = BTreeMap::new();
    for output in &outputs {
        objects.entry(&output.object).or_default().push(output);
    }
    let (mut held, mut missing) = (Vec::new(), 0);
    for (object, outputs) in &objects {
        let Some(first) = outputs.first() else { continue };
        if has(path, object)? {
            held.extend(outputs.iter().copied().cloned());
            continue;
        }
        let message = format!("{path} lacks the object {object} of {}", first.from);
        if let Some(remote) = outputs.iter().find_map(|output| output.remote.as_deref()) {
            let message = format!(
                "{message}, which goes to the remote '{remote}': whether that is this one cannot be told"
            );
            let hint = "dvc push; or name the directory of that remote as a backup, too";
            report.unknown(message).at(path).hint(hint);
            continue;
        }
        missing += 1;
        if missing <= NAMED {
            report.no_go(message).at(path).hint("dvc push");
        }
    }
    report.fact(format!("{path}: objects tracked"), objects.len()).unit("1");
    report.fact(format!("{path}: objects missing"), missing).unit("1").bound("= 0");
    for (reason, count) in left {
        report.fact(format!("{path}: {}", reason.counted()), count).unit("1");
    }
    Ok(held)
}

/// Reads the objects behind outputs as `dvc checkout` would put them into place, and holds each against its name and against the file in the source, where
/// that is checked out. Gives bytes and files.
pub fn compare(
    backup: &Backup,
    source: &Tree,
    outputs: &[Output],
    report: &mut Report,
) -> Result<(u64, usize), Stop> {
    let path = &*backup.path;
    let what = format!("the restore of {path}");
    let (mut bytes, mut files, mut damaged) = (0, 0, 0);
    let mut whole = BTreeSet::new();
    for object in outputs.iter().map(|output| &*output.object).collect::<BTreeSet<_>>() {
        let file = place(path, object);
        let hint = "remove it and `dvc push` again from a good working copy";
        match files::open(&file).and_then(|content| Algorithm::Md5.digest(&content, 0, None)) {
            Ok((found, size)) if Some(&*found) == object.get(..found.len()) => {
                bytes += size;
                whole.insert(object);
            }
            Ok((found, _)) => {
                damaged += 1;
                if damaged <= NAMED {
                    report.no_go(format!("{file} is damaged: its MD5 is {found}")).at(&*file).hint(hint);
                }
            }
            Err(error) => unreadable(report, "a part of the remote,", &file, &error),
        }
    }
    let sizes: BTreeMap<&str, u64> = source.files.iter().map(|file| (&*file.name, file.size)).collect();
    let (mut pairs, mut absent) = (Vec::new(), 0_u64);
    for output in outputs.iter().filter(|output| !output.is_list() && whole.contains(&*output.object)) {
        files += 1;
        match output.place.as_deref().filter(|place| sizes.contains_key(place)) {
            Some(own) => pairs.push((own, join(&source.root, own), place(path, &output.object))),
            None => absent += 1,
        }
    }
    let mut changed = Vec::new();
    for batch in pairs.chunks(BATCH) {
        let (ours, theirs) = (batch.iter().map(|(_, own, _)| own), batch.iter().map(|(.., object)| object));
        let digests = by_host(&ours.chain(theirs).cloned().collect::<Vec<_>>(), files::Algorithm::Blake3)?;
        let (ours, theirs) = digests.split_at(batch.len());
        for ((name, own, object), digests) in batch.iter().zip(ours.iter().zip(theirs)) {
            match digests {
                (Ok(ours), Ok(theirs)) if ours == theirs => {}
                // The object is what DVC has recorded, so that it is the working copy that has another content.
                (Ok(_), Ok(_)) => changed.push((*name).to_owned()),
                (Err(error), _) => unreadable(report, "a file of the source,", own, error),
                (_, Err(error)) => unreadable(report, "a part of the remote,", object, error),
            }
        }
    }
    report.fact(format!("{what}: files compared"), files).unit("1");
    report.fact(format!("{what}: bytes compared"), bytes).unit("B");
    report.fact(format!("{what}: different"), damaged).unit("1").bound("= 0");
    report.fact(format!("{what}: not checked out"), absent).unit("1");
    report.fact(format!("{what}: changed since"), changed.len()).unit("1");
    if !changed.is_empty() {
        let message = format!("{what} is older than the source in {}", several(&changed));
        report.note(message).hint("dvc commit, then dvc push");
    }
    if files == 0 {
        report.unknown(format!("{what} gave no file: nothing was compared")).at(path);
    }
    Ok((bytes, files))
}
