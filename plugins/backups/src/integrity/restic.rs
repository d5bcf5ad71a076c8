//! restic repositories: each file but `config` is named by the SHA-256 of its bytes, so that no password is needed to verify them.
//!
//! The layout is that of restic's design document: `config`, `data/xx/…`, `index/…`, `keys/…`, `locks/…`, `snapshots/…`.

use std::collections::BTreeSet;

use gonogo_sdk::{
    Duration, Report, Stop,
    files::{self, Kind},
};
use serde::Deserialize;

use super::{
    Integrity,
    holder::{Holder, Life},
    named::Named,
};
use crate::{
    backup::{Backup, unreadable},
    commands::{About, RESTIC_CHECK, RESTIC_LOCK, RESTIC_VERIFY, filled, run, said},
    compare::several,
    tree::below,
};

/// A lock is renewed every five minutes, and restic itself calls one stale after thirty.
const STALE: f64 = 1_800.0;

/// What was met in a repository.
#[derive(Default)]
struct Met {
    config: bool,
    packs: u64,
    indexes: u64,
    keys: u64,
    snapshots: u64,
    /// The two digits of each directory in `data`.
    directories: BTreeSet<String>,
    stray: Vec<String>,
    /// What is neither a file nor a directory.
    links: Vec<String>,
    /// Names of locks with their times.
    locks: Vec<(String, f64)>,
}

/// Verifies a repository, as far as can be without its password, and by `restic check` with it.
pub fn verify(check: &Integrity, backup: &Backup, now: f64, report: &mut Report) -> Result<String, Stop> {
    let mut met = Met::default();
    let mut names = Named::sha256(check.sample, now);
    for entry in files::walk(&backup.path).start()? {
        let entry = entry?;
        if let Some(error) = &entry.failed {
            unreadable(report, "a part of the repository,", &entry.path, error);
            continue;
        }
        let name = below(&backup.path, &entry.path);
        let parts = name.split('/').collect::<Vec<_>>();
        match (entry.kind, &parts[..]) {
            (Kind::Directory, ["data", digits]) => _ = met.directories.insert((*digits).to_owned()),
            (Kind::File, ["config"]) => met.config = true,
            (Kind::File, ["locks", lock]) => met.locks.push(((*lock).to_owned(), entry.modified)),
            (Kind::File, ["data", .., pack]) if is_id(pack) => {
                met.packs += 1;
                names.add(&entry, pack, false, report)?;
            }
            (Kind::File, [folder @ ("index" | "keys" | "snapshots"), id]) if is_id(id) => {
                match *folder {
                    "index" => met.indexes += 1,
                    "keys" => met.keys += 1,
                    _ => met.snapshots += 1,
                }
                names.add(&entry, id, true, report)?;
            }
            (Kind::File, ["data" | "index" | "keys" | "snapshots", ..]) => met.stray.push(name.to_owned()),
            // Nothing below a link is walked or read.
            (Kind::Link | Kind::Other, ["config" | "data" | "index" | "keys" | "snapshots", ..]) => {
                met.links.push(name.to_owned());
            }
            _ => {}
        }
    }
    let path = &*backup.path;
    names.finish(report, path)?;
    met.judge(report, path);
    met.judge_locks(backup, now, report)?;
    let verified = format!("{} packs, {}", met.packs, names.shown());
    Ok(match with_password(check, backup, report)? {
        true => format!("{verified}, and restic check"),
        false => verified,
    })
}

impl Met {
    fn judge(&self, report: &mut Report, path: &str) {
        for (what, count) in [("packs", self.packs), ("indexes", self.indexes), ("keys", self.keys)] {
            report.fact(format!("{path}: {what}"), count).unit("1");
        }
        report.fact(format!("{path}: snapshots"), self.snapshots).unit("1").bound(">= 1");
        if !self.config {
            let hint = "copy it from another copy of the repository: it holds what all packs are cut by";
            report.no_go(format!("{path} has no file config: nothing can be restored")).at(path).hint(hint);
        }
        if self.keys == 0 {
            let hint = "copy the files below keys/ from another copy of the repository";
            report.no_go(format!("{path} has no key: no password opens it")).at(path).hint(hint);
        }
        if self.snapshots == 0 {
            let hint = format!("restic -r {path} backup …");
            report.no_go(format!("{path} has no snapshot: there is nothing to restore")).at(path).hint(hint);
        }
        if self.indexes == 0 && self.packs > 0 {
            let hint = format!("restic -r {path} repair index (before 0.16: rebuild-index)");
            report.no_go(format!("{path} has packs and no index")).at(path).hint(hint);
        }
        if self.packs == 0 && self.snapshots > 0 {
            report.no_go(format!("{path} has snapshots and no packs")).at(path);
        }
        let all = (0..=255_u8).map(|byte| format!("{byte:02x}"));
        let missing = all.filter(|digits| !self.directories.contains(digits)).collect::<Vec<_>>();
        if !missing.is_empty() {
            // A copy by way of an object store has no empty directories.
            let message = format!(
                "{path} lacks {} of the 256 directories of packs: {}",
                missing.len(),
                several(&missing)
            );
            let hint = format!("restic -r {path} check: it says whether packs are missing with them");
            report.warn(message).at(path).hint(hint);
        }
        if !self.links.is_empty() {
            let message =
                format!("{path} holds links or devices, which were not verified: {}", several(&self.links));
            report.unknown(message).at(path).hint("name the directory that the links lead to");
        }
        if !self.stray.is_empty() {
            let message =
                format!("{path} holds files that are no part of a repository: {}", several(&self.stray));
            report
                .warn(message)
                .at(path)
                .hint("a backup that was interrupted leaves such files: restic prune takes them away");
        }
    }

    fn judge_locks(&self, backup: &Backup, now: f64, report: &mut Report) -> Result<(), Stop> {
        let path = &*backup.path;
        report.fact(format!("{path}: locks"), self.locks.len()).unit("1");
        for (lock, modified) in &self.locks {
            let age = (now - modified).max(0.0);
            let place = backup.below(&format!("locks/{lock}"));
            let life = match holder(backup, lock)? {
                Some(holder) => (holder.life()?, holder.to_string()),
                None => (Life::Elsewhere, "an unknown process".to_owned()),
            };
            let (life, who) = life;
            let shown = Duration::from_seconds(age);
            let hint = format!("restic -r {path} unlock");
            match life {
                Life::Dead => {
                    let message =
                        format!("{path} is locked by {who}, which is dead: the lock is {shown} old");
                    report.no_go(message).at(place).hint(hint);
                }
                _ if age > STALE => {
                    let message = format!(
                        "{path} is locked by {who}, which no longer renews it: the lock is {shown} old"
                    );
                    report.no_go(message).at(place).hint(hint);
                }
                Life::Unclear(why) => {
                    let message =
                        format!("{path} is locked by {who}, and whether that lives cannot be told: {why}");
                    report.unknown(message).at(place).hint(format!("see that it is dead, then: {hint}"));
                }
                Life::Alive | Life::Elsewhere => {
                    report.note(format!("{path} is locked by {who}, as at work")).at(place);
                }
            }
        }
        Ok(())
    }
}

/// Who holds a lock: it is encrypted.
fn holder(backup: &Backup, lock: &str) -> Result<Option<Holder>, Stop> {
    #[derive(Deserialize)]
    struct Lock {
        hostname: String,
        pid: u64,
    }
    let about = About { id: lock, ..About::default() };
    let Some(command) = filled(RESTIC_LOCK, backup, about).filter(|_| is_id(lock)) else { return Ok(None) };
    // Without the program the age of the lock still tells.
    let Ok(output) = run(&command)? else { return Ok(None) };
    let lock: Option<Lock> = serde_json::from_str(&output.stdout).ok();
    Ok(lock.map(|lock| Holder { host: lock.hostname, process: lock.pid }))
}

/// Whether `restic check` could be run: that all packs are there only the encrypted index tells.
fn with_password(check: &Integrity, backup: &Backup, report: &mut Report) -> Result<bool, Stop> {
    let path = &*backup.path;
    let template = if check.verify_data { RESTIC_VERIFY } else { RESTIC_CHECK };
    let Some(command) = filled(template, backup, About::default()) else {
        let what = "that no pack is missing, that the snapshots hang together, and the file config";
        check.not_verified(path, what, report);
        return Ok(false);
    };
    let output = match run(&command)? {
        Ok(output) => output,
        Err(why) => {
            report
                .unknown(format!("{path}: restic check cannot be run: {why}"))
                .hint("apt-get install restic");
            return Ok(false);
        }
    };
    if !output.succeeded() {
        let message = format!("{path}: restic check ended with {}: {}", output.ending(), said(&output));
        report.no_go(message).at(path).hint(format!("restic -r {path} check --read-data"));
    }
    Ok(true)
}

/// A storage id: 64 lower-case hexadecimal digits.
fn is_id(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}
