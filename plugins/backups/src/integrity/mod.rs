//! The check `backups/integrity`.

mod archive;
mod bagit;
mod borg;
mod bundle;
mod detached;
pub mod dvc;
mod hash_index;
mod holder;
mod listed;
mod named;
mod restic;
mod segment;

pub use self::{borg::judge_newest_index, bundle::Header, listed::Listed, named::Sample};

use gonogo_sdk::{Check, Duration, JsonSchema, Report, Stop, clock, counted};
use serde::Deserialize;

use crate::{
    backup::{Backup, Kind, unreadable},
    commands::{
        BORG_CHECK, BORG_CHECK_PLAIN, BORG_VERIFY, BORG_VERIFY_PLAIN, PS, RESTIC_CHECK, RESTIC_LOCK,
        RESTIC_VERIFY, UNZIP_TEST,
    },
    compare::{Comparison, Since},
    manifest::Manifest,
    tree::Tree,
};

/// The bytes of each backup are those that were written
///
/// What can be verified without a password is: the packs, indexes, snapshots and keys of a restic repository by their names, which are the SHA-256 of their bytes;
/// each entry of each segment of a borg repository by its CRC-32, the segments by the index, which says which there must be, and that by its digest; a bag by its manifests; a tar or
/// zip archive by a `manifest`, a zip archive else by its own checksums; a mirror by its source; a Git bundle by the digest at its end; the objects of a DVC remote by their names.
///
/// With a `password-file` the tool itself is run besides, which can decrypt the index: `restic check`, `borg check`. Neither takes a lock or writes into the repository. Without one the report
/// states what was not verified, of a restic repository that no pack is missing; where `verify-data` asks for what needs the password, that is unknown.
///
/// A file that cannot be read by the user who runs this is a no-go: nobody restores from it. So is a lock whose process is dead or has ceased to renew it, and a password
/// file that is missing or open to others. With `sample` only a share of the files is read, another one each day; the report states the probability that damage is missed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Integrity {
    /// The backups.
    #[serde(default)]
    backups: Vec<Backup>,
    /// The share of the files that is read: 1 is all.
    #[serde(default = "whole")]
    #[schemars(range(min = 0.0, max = 1.0))]
    sample: f64,
    /// Whether restic and borg decrypt all data too and hold each chunk against its id, which takes as long as a restore and needs the
    /// password.
    #[serde(default)]
    verify_data: bool,
    /// How long a process on another host may hold the lock of a borg repository.
    #[serde(default = "day")]
    lock_age: Duration,
}

fn whole() -> f64 {
    1.0
}

fn day() -> Duration {
    Duration::from_seconds(86_400.0)
}

impl Check for Integrity {
    const COMMANDS: &'static [&'static [&'static str]] = &[
        RESTIC_CHECK,
        RESTIC_VERIFY,
        RESTIC_LOCK,
        BORG_CHECK,
        BORG_CHECK_PLAIN,
        BORG_VERIFY,
        BORG_VERIFY_PLAIN,
        UNZIP_TEST,
        PS,
    ];

    /// A terabyte at the speed of a disk takes longer; whoever has that much takes a sample.
    const TIMEOUT: Option<f64> = Some(3_600.0);

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        if self.backups.is_empty() {
            return Err(Stop::not_applicable("no backup is declared"));
        }
        let now = clock::now()?;
        let mut shown = Vec::new();
        for backup in &self.backups {
            backup.judge_key(report);
            let Some(kind) = backup.examine(report) else { continue };
            report.fact(format!("{}: kind", backup.path), kind.name());
            match self.verify(kind, backup, now, report) {
                Ok(verified) => shown.push(format!("{}: {verified}", backup.path)),
                Err(Stop::Unknown(why)) => {
                    report.unknown(format!("{} was not verified: {why}", backup.path)).at(&*backup.path);
                }
                Err(stop) => return Err(stop),
            }
        }
        report.fact("time", clock::elapsed()?).unit("s");
        report.summary(match shown.is_empty() {
            true => "no backup was verified".to_owned(),
            false => format!("verified {}", shown.join("; ")),
        });
        Ok(())
    }
}

impl Integrity {
    /// Says what only the password would tell. Where that was asked for, its absence is no verdict but the lack of one.
    fn not_verified(&self, path: &str, what: &str, report: &mut Report) {
        report.fact(format!("{path}: not verified without its password"), what);
        let hint = "password-file = \"…\" in this backup, in gonogo.toml";
        if self.verify_data {
            let message = format!(
                "{path}: 'verify-data' needs a password-file, and none is named; not verified: {what}"
            );
            report.unknown(message).at(path).hint(hint);
        } else {
            let message = format!("{path} is encrypted, and no password-file is named; not verified: {what}");
            report.note(message).at(path).hint(hint);
        }
    }

    fn verify(&self, kind: Kind, backup: &Backup, now: f64, report: &mut Report) -> Result<String, Stop> {
        match kind {
            Kind::Restic => restic::verify(self, backup, now, report),
            Kind::Borg => borg::verify(self, backup, now, report),
            Kind::Bagit => bagit::verify(self, backup, now, report),
            Kind::Tar | Kind::Zip => archive::verify(kind, backup, report),
            Kind::Mirror => self.mirror(backup, now, report),
            Kind::GitBundle => bundle::verify(backup, report),
            Kind::Dvc => dvc::verify(self, backup, now, report),
        }
    }

    fn mirror(&self, backup: &Backup, now: f64, report: &mut Report) -> Result<String, Stop> {
        let path = &*backup.path;
        let copy = Tree::of(path, &backup.exclude)?;
        if let Some(list) = &backup.manifest {
            match Manifest::read(list) {
                Ok(manifest) => {
                    let sample = Sample::new(self.sample, now);
                    let listed = Listed { what: path, list, complete: false, sample };
                    return Ok(counted(listed.verify(&copy, &manifest, report)?, "file"));
                }
                Err(error) => unreadable(report, "the manifest", list, &error),
            }
        }
        let Some(source) = &backup.source else {
            let message =
                format!("nothing vouches for any file of the mirror {path}, {} in all", copy.files.len());
            report
                .unknown(message)
                .at(path)
                .hint("name its source or a manifest in this backup, in gonogo.toml");
            return Ok("nothing".to_owned());
        };
        let comparison = Comparison::of(&Tree::of(source, &backup.exclude)?, &copy, Since::Copies)?;
        comparison.judge(report, path, source);
        Ok(comparison.shown())
    }
}
