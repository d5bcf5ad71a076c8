use std::collections::HashMap;

use gonogo_sdk::{Check, Duration, JsonSchema, Readable, Report, Severity, Stop, clock, counted, files};
use serde::Deserialize;

use crate::{
    backup::{Backup, Kind, unreadable},
    bundle::holds_commit,
    commands::{
        BORG_INFO, BORG_INFO_PLAIN, BORG_PATHS, BORG_PATHS_PLAIN, HEAD, REALPATH, RESTIC_SNAPSHOTS,
        RESTIC_STATS, run,
    },
    compare::several,
    integrity::dvc,
    snapshots::{Snapshot, Snapshots, borg_holds, restic_size, visible},
    time::SKEW,
    tree::{File, Tree},
};

/// Filesystems whose bytes are on another host.
const REMOTE: &[&str] = &[
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "ceph",
    "fuse.ceph",
    "fuse.sshfs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.gcsfuse",
    "lustre",
    "gpfs",
    "beegfs",
    "glusterfs",
    "fuse.glusterfs",
    "9p",
    "afs",
];

/// Each important thing is in a backup that is there, complete and fresh
///
/// Each of the `sources` must be in each of the `backups` that say they hold it: those whose `source` it is, and those without one, which hold all. What is looked at depends on what made the
/// backup: snapshots and their paths (restic and borg, with the `password-file`), names and sizes of files (mirror, bag, tar, zip), the commit that is checked out (Git bundle), the objects
/// that are tracked (DVC).
///
/// A backup must be younger than `age-maximum`, and not older than the newest change of its source by more than `lag`. The default age is a daily backup's day and two hours for it to run. A
/// mirror carries no time of its own: each of its files is held against the source's.
///
/// By the 3-2-1 rule a copy belongs on another device and another on another host. The device is measured; another host shows only where the backup lies on a network filesystem. Where restic or
/// borg can be opened, the sizes of the last two snapshots are held against each other: one that shrinks by more than `shrink` is a warning.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Coverage {
    /// What must be in a backup: files, or directories with all below them.
    #[serde(default)]
    sources: Vec<Readable>,
    /// The backups.
    #[serde(default)]
    backups: Vec<Backup>,
    /// How many backups must hold each source.
    #[serde(default = "one")]
    copies: usize,
    /// Whether one of them must be on another device; otherwise it is a warning where none is.
    #[serde(default)]
    other_device: bool,
    /// Most time since a backup was made.
    #[serde(default = "age")]
    age_maximum: Duration,
    /// How much newer the source may be than its backup; not at all when not given.
    lag: Option<Duration>,
    /// The share by which a snapshot may be smaller than the one before.
    #[serde(default = "half")]
    #[schemars(range(min = 0.0, max = 1.0))]
    shrink: f64,
}

fn one() -> usize {
    1
}

fn age() -> Duration {
    Duration::from_seconds(26.0 * 3_600.0)
}

fn half() -> f64 {
    0.5
}

/// A source that was looked at.
struct Source {
    path: String,
    /// From the root on.
    real: String,
    tree: Tree,
    device: Option<i64>,
}

/// A backup that was looked at.
struct Known<'a> {
    backup: &'a Backup,
    kind: Kind,
    snapshots: Snapshots,
    files: Option<Vec<File>>,
    device: Option<i64>,
}

impl Check for Coverage {
    const COMMANDS: &'static [&'static [&'static str]] = &[
        REALPATH,
        RESTIC_SNAPSHOTS,
        RESTIC_STATS,
        BORG_INFO,
        BORG_INFO_PLAIN,
        BORG_PATHS,
        BORG_PATHS_PLAIN,
        HEAD,
    ];

    const TIMEOUT: Option<f64> = Some(600.0);

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        if self.sources.is_empty() {
            return Err(Stop::not_applicable("no source is declared that must be in a backup"));
        }
        let now = clock::now()?;
        let known =
            self.backups.iter().filter_map(|backup| self.know(backup, now, report)).collect::<Vec<_>>();
        let mut held = 0;
        for path in &self.sources {
            if let Err(error) = files::stat(path, true) {
                unreadable(report, "the source", path, &error);
                continue;
            }
            let source = match Source::of(path, &self.backups) {
                Ok(source) => source,
                Err(Stop::Unknown(why)) => {
                    report.unknown(format!("cannot tell about the source {path}: {why}")).at(&**path);
                    continue;
                }
                Err(stop) => return Err(stop),
            };
            let before = report.worst();
            let complete = self.judge(&source, &known, now, report)?;
            held +=
                usize::from(complete && (report.worst() == before || report.worst() <= Some(Severity::Warn)));
        }
        report.fact("sources", self.sources.len()).unit("1");
        report.summary(format!(
            "{held} of {} sources are in {}",
            self.sources.len(),
            if self.copies > 1 {
                format!("{} fresh backups", self.copies)
            } else {
                "a fresh backup".to_owned()
            }
        ));
        if known.iter().all(|known| !known.is_remote()) && !known.is_empty() {
            report.note(
                "whether a copy lies on another host cannot be seen: no backup is on a network filesystem",
            );
        }
        Ok(())
    }
}

impl Source {
    fn of(path: &str, backups: &[Backup]) -> Result<Self, Stop> {
        let own = backups.iter().filter(|backup| backup.source.as_deref() == Some(path));
        let exclude = own.flat_map(|backup| backup.exclude.iter().cloned()).collect::<Vec<_>>();
        let tree = Tree::of(path, &exclude)?;
        let device = files::stat(path, true)?.get("device")?;
        // The plan has the command for each source; where it cannot run, the path as written still tells of absolute ones.
        let real = match run(&["realpath", "--", path].map(str::to_owned)) {
            Ok(Ok(output)) if output.succeeded() => output.stdout.trim_end_matches('\n').to_owned(),
            _ => path.to_owned(),
        };
        Ok(Self { path: path.to_owned(), real, tree, device })
    }
}

impl Known<'_> {
    fn is_remote(&self) -> bool {
        let kind = files::space(&self.backup.path).and_then(|space| space.need::<String>("type"));
        kind.is_ok_and(|kind| REMOTE.contains(&kind.as_str()))
    }

    fn holds(&self, source: &str) -> bool {
        self.backup
            .source
            .as_deref()
            .is_none_or(|own| own == source || own == "." || source.starts_with(&format!("{own}/")))
    }
}

impl Coverage {
    /// In seconds.
    fn lag(&self) -> f64 {
        self.lag.map_or(0.0, Duration::seconds)
    }

    /// Looks at a backup; nothing where it is not there or cannot be read, which the report then says.
    fn know<'a>(&self, backup: &'a Backup, now: f64, report: &mut Report) -> Option<Known<'a>> {
        let path = &*backup.path;
        let kind = backup.examine(report)?;
        let mut look = || -> Result<Known<'a>, Stop> {
            let device = files::stat(path, true)?.get("device")?;
            let snapshots = Snapshots::of(kind, backup, report)?;
            Ok(Known { backup, kind, snapshots, files: visible(kind, backup)?, device })
        };
        let known = match look() {
            Ok(known) => known,
            Err(Stop::Unknown(why) | Stop::NotApplicable(why)) => {
                report.unknown(format!("cannot tell about {path}: {why}")).at(path);
                return None;
            }
        };
        if let Some(newest) = known.snapshots.newest {
            let age = (now - newest).max(0.0);
            report
                .fact(format!("{path}: age"), age)
                .unit("s")
                .bound(format!("<= {}", self.age_maximum.seconds()));
            if newest > now + SKEW {
                let ahead = Duration::from_seconds(newest - now);
                let message =
                    format!("the age of {path} cannot be told: it was last written {ahead} in the future");
                report
                    .unknown(message)
                    .at(path)
                    .hint("correct the clock of the machine that made it, or of this one");
            }
            if age > self.age_maximum.seconds() {
                let message = format!(
                    "{path} was last written {} ago, at most {} wanted",
                    Duration::from_seconds(age),
                    self.age_maximum
                );
                report
                    .no_go(message)
                    .at(path)
                    .hint("make a backup now, and look at its schedule: backups/schedule");
            }
        } else if kind != Kind::Mirror {
            report
                .no_go(format!("{path} is an empty {}: no backup was ever made", kind.name()))
                .at(path)
                .hint("make a backup now");
        }
        self.judge_trend(&known, report);
        Some(known)
    }

    fn judge_trend(&self, known: &Known<'_>, report: &mut Report) {
        let path = &*known.backup.path;
        let Some([.., before, last]) = known.snapshots.list.as_deref() else { return };
        let size = |snapshot: &Snapshot| match known.kind {
            Kind::Restic => restic_size(known.backup, &snapshot.id),
            _ => Ok(snapshot.size),
        };
        // Snapshots of different things have nothing to say about each other.
        if before.paths != last.paths {
            return;
        }
        let sizes = size(before).and_then(|was| Ok((was, size(last)?)));
        let (was, is) = match sizes {
            Ok((Some(was), Some(is))) => (was, is),
            Ok(_) => return,
            Err(Stop::Unknown(why) | Stop::NotApplicable(why)) => {
                let message = format!("whether the last snapshot in {path} shrank cannot be told: {why}");
                report.unknown(message).at(path);
                return;
            }
        };
        let change = if was == 0 { 0.0 } else { is as f64 / was as f64 - 1.0 };
        report.fact(format!("{path}: size of the last snapshot"), is).unit("B");
        report
            .fact(format!("{path}: change of size"), change)
            .unit("1")
            .bound(format!(">= {}", -self.shrink));
        if change < -self.shrink {
            let message = format!("the last snapshot in {path} has {is} bytes, the one before {was}");
            report
                .warn(message)
                .at(path)
                .hint("see what is gone from the source, before the older snapshots are forgotten");
        }
    }

    /// Whether enough backups hold a source.
    fn judge(
        &self,
        source: &Source,
        known: &[Known<'_>],
        now: f64,
        report: &mut Report,
    ) -> Result<bool, Stop> {
        let path = &source.path;
        if source.tree.files.is_empty() {
            let hint = "correct the path, or take it out of 'sources'";
            report
                .warn(format!("the source {path} holds no file: there is nothing to back up"))
                .at(path)
                .hint(hint);
        }
        for (name, error) in source.tree.failed.iter().take(20) {
            unreadable(report, "a part of the source,", &format!("{path}/{name}"), error);
        }
        let mut copies = Vec::new();
        for known in known.iter().filter(|known| known.holds(path)) {
            if self.holds(source, known, report)? {
                copies.push(known);
            }
        }
        report.fact(format!("{path}: copies"), copies.len()).unit("1").bound(format!(">= {}", self.copies));
        if let Some(newest) = source.tree.newest() {
            report
                .fact(format!("{path}: time since the newest change"), (now - newest.modified).max(0.0))
                .unit("s");
        }
        if copies.len() < self.copies {
            let message =
                format!("{path} is in {} complete and fresh backups, {} wanted", copies.len(), self.copies);
            report
                .no_go(message)
                .at(path)
                .hint(format!("add {path} to what is backed up, and the backup to 'backups'"));
        }
        let other =
            |copy: &&&Known<'_>| matches!((copy.device, source.device), (Some(its), Some(own)) if its != own);
        let elsewhere = copies.iter().filter(other).count();
        report
            .fact(format!("{path}: copies on another device"), elsewhere)
            .unit("1")
            .bound(if self.other_device { ">= 1" } else { "any" });
        if elsewhere == 0 && !copies.is_empty() {
            let message = format!("no backup of {path} is on another device: what breaks the one takes both");
            let hint = "restic copy, rsync or rclone to another disk, or better another host";
            match self.other_device {
                true => report.no_go(message).at(path).hint(hint),
                false => report.warn(message).at(path).hint(hint),
            };
        }
        Ok(copies.len() >= self.copies)
    }

    /// Whether one backup has all of a source; what it lacks is a no-go.
    fn holds(&self, source: &Source, known: &Known<'_>, report: &mut Report) -> Result<bool, Stop> {
        let (path, backup) = (&source.path, known.backup);
        let place = &*backup.path;
        let time = match known.kind {
            Kind::Restic | Kind::Borg => match Self::opened(source, known, report) {
                Some(time) => time,
                None => return Ok(false),
            },
            Kind::GitBundle => return holds_commit(&source.path, backup, report),
            Kind::Dvc => {
                let before = report.findings();
                dvc::missing(backup, &Tree::of(path, &backup.exclude)?, report)?;
                return Ok(report.findings() == before);
            }
            Kind::Mirror | Kind::Bagit | Kind::Tar | Kind::Zip => {
                let Some(files) = &known.files else { return Ok(false) };
                if !named(source, place, known.kind, files, report) {
                    return Ok(false);
                }
                match known.snapshots.newest {
                    Some(time) => time,
                    None => return Ok(true),
                }
            }
        };
        let Some(newest) = source.tree.newest() else { return Ok(true) };
        let lag = newest.modified - time;
        report
            .fact(format!("{path}: newest change after {place}"), lag.max(0.0))
            .unit("s")
            .bound(format!("<= {}", self.lag()));
        if lag > self.lag() {
            let changed =
                source.tree.files.iter().filter(|file| file.modified > time && file.target.is_none());
            let message = format!(
                "{} was changed {} after the last backup in {place}; files changed since in all: {}",
                source.tree.path(newest),
                Duration::from_seconds(lag),
                changed.count()
            );
            report.no_go(message).at(source.tree.path(newest)).hint("make a backup now, or allow a 'lag'");
            return Ok(false);
        }
        Ok(true)
    }

    /// When a repository that had to be opened last saved a source.
    fn opened(source: &Source, known: &Known<'_>, report: &mut Report) -> Option<f64> {
        let (path, place) = (&source.path, &*known.backup.path);
        let Some(list) = &known.snapshots.list else {
            let message = format!(
                "whether {path} is in {place} cannot be told: it is encrypted, and no password-file opens it"
            );
            report.unknown(message).at(place).hint("password-file = \"…\" in this backup, in gonogo.toml");
            // Older than the source it is all the same.
            return known.snapshots.newest;
        };
        let found = if known.kind == Kind::Restic {
            known.snapshots.holding(&source.real)
        } else {
            match list.last() {
                Some(archive) => match borg_holds(known.backup, &archive.id, &source.real, path) {
                    Ok(true) => Some(archive),
                    Ok(false) => None,
                    Err(Stop::Unknown(why) | Stop::NotApplicable(why)) => {
                        let message =
                            format!("whether {path} is in {place}::{} cannot be told: {why}", archive.id);
                        report.unknown(message).at(place).hint("backups/drill tells");
                        Some(archive)
                    }
                },
                None => None,
            }
        };
        if found.is_none() {
            let looked_at = counted(list.len() as u64, "snapshot");
            let message = format!("no snapshot in {place} holds {} ({looked_at} looked at)", source.real);
            report.no_go(message).at(place).hint(format!("add {path} to what is backed up"));
        }
        found.map(|snapshot| snapshot.time)
    }
}

/// Whether all names of a source are among a backup's, with their sizes.
fn named(source: &Source, place: &str, kind: Kind, files: &[File], report: &mut Report) -> bool {
    let names: HashMap<&str, (u64, f64)> =
        files.iter().map(|file| (file.name.as_str(), (file.size, file.modified))).collect();
    // The source may be stored under all of its path, or only the end of it.
    let mut roots = vec![source.real.trim_start_matches('/')];
    while let Some((_, end)) = roots.last().and_then(|root| root.split_once('/')) {
        roots.push(end);
    }
    let inner = if kind == Kind::Bagit { "data/" } else { "" };
    let mut prefixes = roots.iter().map(|root| format!("{inner}{root}/")).collect::<Vec<_>>();
    prefixes.push(inner.to_owned());
    if source.tree.directories.is_empty() {
        // A single file lies in the directories above it.
        prefixes = roots
            .iter()
            .map(|root| format!("{inner}{}", root.strip_suffix(last(root)).unwrap_or_default()))
            .collect();
    }
    let there = |prefix: &str| {
        source
            .tree
            .files
            .iter()
            .filter(|file| names.contains_key(format!("{prefix}{}", file.name).as_str()))
            .count()
    };
    let prefix = prefixes.iter().rev().max_by_key(|prefix| there(prefix)).cloned().unwrap_or_default();
    let (mut missing, mut outdated) = (Vec::new(), Vec::new());
    for file in &source.tree.files {
        match names.get(format!("{prefix}{}", file.name).as_str()) {
            None => missing.push(file.name.clone()),
            Some((size, at))
                if file.target.is_none()
                    && (*size != file.size || (kind == Kind::Mirror && file.modified > at + 2.0)) =>
            {
                outdated.push(file.name.clone());
            }
            Some(_) => {}
        }
    }
    let path = &source.path;
    report.fact(format!("{path}: files not in {place}"), missing.len()).unit("1").bound("= 0");
    report.fact(format!("{path}: files outdated in {place}"), outdated.len()).unit("1").bound("= 0");
    if !missing.is_empty() {
        let message = format!(
            "{place} lacks {} of the {} files of {path}: {}",
            missing.len(),
            source.tree.files.len(),
            several(&missing)
        );
        report.no_go(message).at(place).hint("make the backup again, with all of the source");
    }
    if !outdated.is_empty() {
        let message = format!(
            "{place} has {} files of {path} in another state: {}",
            outdated.len(),
            several(&outdated)
        );
        report.no_go(message).at(place).hint("make the backup again");
    }
    missing.is_empty() && outdated.is_empty()
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
