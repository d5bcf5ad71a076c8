use std::collections::HashSet;

use gonogo_sdk::{
    Check, Duration, Error, JsonSchema, Rate, Report, Scratch, Size, Stop, clock, counted, files,
};
use serde::Deserialize;

use crate::{
    backup::{Backup, Kind, join, unreadable},
    commands::{
        About, BORG_EXPORT, BORG_EXPORT_PLAIN, BORG_INFO, BORG_INFO_PLAIN, CLONE, CLONE_HEAD, FSCK, HEAD,
        MAKE, REALPATH_OF, RESTIC_RESTORE, RESTIC_RESTORE_PART, RESTIC_SNAPSHOTS, TAR, Template, UNTAR,
        UNZIP, borg, filled, run, said,
    },
    compare::{Comparison, Since},
    integrity::{Listed, Sample, dvc},
    manifest::Manifest,
    snapshots::{Snapshots, stored_as},
    tree::Tree,
};

/// What is restored from each backup is, byte for byte, what went in
///
/// Each backup is restored into a scratch directory by the tool that made it: `restic restore`, `borg export-tar`, `tar`, `unzip`, `git clone` of a bundle. Mirrors, bags and DVC remotes need no tool and are read where they are.
/// What came out is held against the `source` by BLAKE3, or against the `manifest`: files that are missing, in excess, or different are no-go. What was changed in the source since the backup is not counted
/// as a difference; the report notes it. Each object of a DVC remote must be what its name, an MD5, says, and is held against the file that is checked out in the source. A Git clone must hold the commit that the source is at, and pass `git fsck`, which recomputes the digest of each object.
///
/// The scratch directory must be empty or not there; the host removes it with all that is in it when the job ends. It needs the space of the restore, and for borg twice that. The report has the time and the
/// throughput. Of a large backup, restore a part: `include` names a path below the source.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Drill {
    /// The backups.
    #[serde(default)]
    backups: Vec<Backup>,
    /// Where to restore.
    #[serde(default = "scratch")]
    scratch: Scratch,
}

fn scratch() -> Scratch {
    Scratch::from(".gonogo-drill")
}

/// What a restore gave.
struct Restored {
    /// Where it lies.
    path: String,
    /// When the backup was made.
    time: Option<f64>,
}

impl Check for Drill {
    const COMMANDS: &'static [&'static [&'static str]] = &[
        RESTIC_SNAPSHOTS,
        RESTIC_RESTORE,
        RESTIC_RESTORE_PART,
        BORG_INFO,
        BORG_INFO_PLAIN,
        BORG_EXPORT,
        BORG_EXPORT_PLAIN,
        MAKE,
        UNTAR,
        TAR,
        UNZIP,
        CLONE,
        CLONE_HEAD,
        FSCK,
        HEAD,
        REALPATH_OF,
    ];

    /// A restore of hundreds of gigabytes from a local disk.
    const TIMEOUT: Option<f64> = Some(3_600.0);

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        if self.backups.is_empty() {
            return Err(Stop::not_applicable("no backup is declared"));
        }
        files::scratch(&self.scratch)?;
        let mut shown = Vec::new();
        for (number, backup) in self.backups.iter().enumerate() {
            let Some(kind) = backup.examine(report) else { continue };
            match self.drill(kind, backup, number, report) {
                Ok(Some(figures)) => shown.push(format!("{}: {figures}", backup.path)),
                Ok(None) => {}
                Err(Stop::Unknown(why)) => {
                    report
                        .unknown(format!("{} was not restored and compared: {why}", backup.path))
                        .at(&*backup.path);
                }
                Err(stop) => return Err(stop),
            }
        }
        report.summary(match shown.is_empty() {
            true => "nothing was restored".to_owned(),
            false => format!("restored and compared {}", shown.join("; ")),
        });
        Ok(())
    }
}

impl Drill {
    fn drill(
        &self,
        kind: Kind,
        backup: &Backup,
        number: usize,
        report: &mut Report,
    ) -> Result<Option<String>, Stop> {
        let path = &*backup.path;
        let source = match &backup.source {
            Some(source) => match Tree::of(source, &backup.exclude) {
                Ok(tree) => Some(tree),
                Err(Error::NotFound(_)) => {
                    // A lost source is what backups are for: the manifest still tells.
                    report.warn(format!("the source {source} of {path} is not there")).at(&**source);
                    None
                }
                Err(error) => return Err(error.into()),
            },
            None => None,
        };
        self.judge_space(kind, source.as_ref(), backup)?;
        let (begun, part) = (clock::elapsed()?, format!("b{number}"));
        let Some(restored) = self.restore(kind, backup, &part, report)? else { return Ok(None) };
        let restoring = clock::elapsed()? - begun;
        let figures = match kind {
            Kind::GitBundle => self.judge_clone(backup, &part, report)?,
            Kind::Dvc => {
                let Some(source) = &source else {
                    let message =
                        format!("which files the objects of {path} are cannot be told without its source");
                    let hint = "source = \"DIRECTORY OF THE .dvc FILES\" in this backup, in gonogo.toml";
                    report.unknown(message).at(path).hint(hint);
                    return Ok(None);
                };
                let include = backup.include.as_deref().map(|include| include.trim_matches('/'));
                let mut outputs = dvc::missing(backup, source, report)?;
                outputs.retain(|output| {
                    output.place.as_deref().map_or(include.is_none(), |place| is_below(include, place))
                });
                if let Some(include) = include {
                    report.fact(format!("{path}: part restored"), include);
                }
                dvc::compare(backup, source, &outputs, report)?
            }
            _ => judge_files(backup, source, &restored, report)?,
        };
        let (bytes, files) = figures;
        let how = match kind {
            Kind::Mirror | Kind::Bagit | Kind::Dvc => "read in place".to_owned(),
            _ => {
                let rate = if restoring > 0.0 { bytes as f64 / restoring } else { 0.0 };
                report.fact(format!("{path}: time to restore"), restoring).unit("s");
                report.fact(format!("{path}: restore rate"), rate).unit("B/s");
                format!("in {}, {}", Duration::from_seconds(restoring), Rate::from(rate))
            }
        };
        report.fact(format!("{path}: time to restore and compare"), clock::elapsed()? - begun).unit("s");
        Ok(Some(format!("{}, {} {how}", counted(files as u64, "file"), Size::from(bytes))))
    }

    /// A full disk in the middle of a restore harms more than the drill.
    fn judge_space(&self, kind: Kind, source: Option<&Tree>, backup: &Backup) -> Result<(), Stop> {
        let Some(source) = source.filter(|_| !matches!(kind, Kind::Mirror | Kind::Bagit | Kind::Dvc)) else {
            return Ok(());
        };
        let bytes = if backup.include.is_some() { 0 } else { source.bytes() };
        let wanted = if kind == Kind::Borg { bytes.saturating_mul(2) } else { bytes };
        let available: u64 = files::space(&self.scratch)?.need("available")?;
        if wanted > available {
            return Err(Stop::unknown(format!(
                "restoring needs {}, and {} has {}: name a 'scratch' with more, or a part in 'include'",
                Size::from(wanted),
                self.scratch,
                Size::from(available)
            )));
        }
        Ok(())
    }

    /// Restores a backup, or says in the report why that failed.
    fn restore(
        &self,
        kind: Kind,
        backup: &Backup,
        part: &str,
        report: &mut Report,
    ) -> Result<Option<Restored>, Stop> {
        let place = join(&self.scratch, part);
        let about = |id| About { id, scratch: &self.scratch, part };
        let fixed = |time| Ok(Some(Restored { path: place.clone(), time }));
        let snapshots = match kind {
            Kind::Mirror => return Ok(Some(Restored { path: backup.path.to_string(), time: None })),
            Kind::Bagit => {
                let time = Snapshots::of(kind, backup, report)?.newest;
                return Ok(Some(Restored { path: backup.below("data"), time }));
            }
            Kind::Dvc => return fixed(None),
            _ => Snapshots::of(kind, backup, report)?,
        };
        let steps = |templates: &[Template], report: &mut Report| {
            let mut commands = templates.iter().map(|template| filled(template, backup, about("")));
            commands.try_fold(true, |done, command| Ok::<_, Stop>(done && step(command, backup, report)?))
        };
        let done = match kind {
            Kind::Restic | Kind::Borg => {
                let Some(list) = &snapshots.list else {
                    return Err(Stop::unknown("it is encrypted: name its password-file in gonogo.toml"));
                };
                let newest = match kind {
                    Kind::Restic => match real(backup)? {
                        Some(real) => snapshots.holding(&real),
                        None => list.last(),
                    },
                    _ => list.last(),
                };
                let Some(newest) = newest else {
                    let message =
                        format!("{} has no snapshot of its source: there is nothing to restore", backup.path);
                    report.no_go(message).at(&*backup.path).hint("make a backup");
                    return Ok(None);
                };
                let restored = if kind == Kind::Restic {
                    let part = backup.include.as_ref().map_or(RESTIC_RESTORE, |_| RESTIC_RESTORE_PART);
                    step(filled(part, backup, about(&newest.id)), backup, report)?
                } else {
                    step(borg(BORG_EXPORT, BORG_EXPORT_PLAIN, backup, about(&newest.id))?, backup, report)?
                        && steps(&[MAKE, UNTAR], report)?
                };
                return Ok(restored.then_some(Restored { path: place, time: Some(newest.time) }));
            }
            Kind::Tar => steps(&[MAKE, TAR], report)?,
            Kind::Zip => steps(&[UNZIP], report)?,
            Kind::GitBundle => steps(&[CLONE], report)?,
            Kind::Mirror | Kind::Bagit | Kind::Dvc => true,
        };
        if done { fixed(snapshots.newest) } else { Ok(None) }
    }

    /// A clone proves itself: each object's name is its digest.
    fn judge_clone(&self, backup: &Backup, part: &str, report: &mut Report) -> Result<(u64, usize), Stop> {
        let path = &*backup.path;
        let about = About { id: "", scratch: &self.scratch, part };
        let tree = Tree::of(&join(&self.scratch, part), &[".git/".to_owned()])?;
        step(filled(FSCK, backup, about), backup, report)?;
        let commit = |template| -> Result<Option<String>, Stop> {
            let Some(command) = filled(template, backup, about) else { return Ok(None) };
            match run(&command)? {
                Ok(output) if output.succeeded() => Ok(Some(output.stdout.trim().to_owned())),
                Ok(output) => Err(Stop::unknown(format!(
                    "git rev-parse HEAD ended with {}: {}",
                    output.ending(),
                    said(&output)
                ))),
                Err(why) => Err(Stop::unknown(why)),
            }
        };
        if let Some(head) = commit(HEAD)? {
            let restored = commit(CLONE_HEAD)?.unwrap_or_default();
            report.fact(format!("{path}: commit restored"), restored.as_str()).bound(format!("= {head}"));
            if head != restored {
                let message = format!("the clone of {path} is at commit {restored}, the source at {head}");
                report.no_go(message).at(path).hint("git bundle create FILE --all");
            }
        }
        Ok((tree.bytes(), tree.files.len()))
    }
}

/// The path of a backup's source from the root on.
fn real(backup: &Backup) -> Result<Option<String>, Stop> {
    let Some(command) = filled(REALPATH_OF, backup, About::default()) else { return Ok(None) };
    match run(&command)? {
        Ok(output) if output.succeeded() => Ok(Some(output.stdout.trim_end_matches('\n').to_owned())),
        _ => Ok(backup.source.as_ref().filter(|source| source.starts_with('/')).map(ToString::to_string)),
    }
}

/// Runs one step of a restore. A restore that fails is a no-go; a program that is not there is none.
fn step(command: Option<Vec<String>>, backup: &Backup, report: &mut Report) -> Result<bool, Stop> {
    let path = &*backup.path;
    let command =
        command.ok_or_else(|| Stop::unknown("it is encrypted: name its password-file in gonogo.toml"))?;
    let program = if command.iter().any(|word| word == "borg") {
        Some("borg")
    } else {
        command.first().map(String::as_str)
    };
    let program = program.unwrap_or_default();
    match run(&command)? {
        Ok(output) if output.succeeded() => Ok(true),
        Ok(output) => {
            let message = format!(
                "{path} cannot be restored: {program} ended with {}: {}",
                output.ending(),
                said(&output)
            );
            report.no_go(message).at(path).hint("see backups/integrity; restore from another copy");
            Ok(false)
        }
        Err(why) => Err(Stop::unknown(why)),
    }
}

/// Whether a name is a part's, or lies below it; all names do where no part is named.
fn is_below(part: Option<&str>, name: &str) -> bool {
    let rest = part.map_or(Some(""), |part| name.strip_prefix(part));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Holds what was restored against the source or the manifest. Gives bytes and files.
fn judge_files(
    backup: &Backup,
    source: Option<Tree>,
    restored: &Restored,
    report: &mut Report,
) -> Result<(u64, usize), Stop> {
    let path = &*backup.path;
    let mut copy = Tree::of(&restored.path, &[])?;
    let what = format!("the restore of {path}");
    if let (Some(mut source), Some(name)) = (source, backup.source.as_deref()) {
        let real = real(backup)?.unwrap_or_else(|| name.to_owned());
        let single = source.directories.is_empty();
        // A single file lies where its directory was stored.
        let above = |path: &str| path.rsplit_once('/').map_or(String::new(), |(above, _)| above.to_owned());
        let (wanted, real) = if single { (above(name), above(&real)) } else { (name.to_owned(), real) };
        let include = backup.include.as_deref().map(|include| include.trim_matches('/'));
        let included = |name: &str| is_below(include, name);
        source.files.retain(|file| included(&file.name));
        let stored = stored_as(&copy, &source, &wanted, &real);
        copy = copy.part(&stored.unwrap_or_default());
        copy.files.retain(|file| included(&file.name));
        if single {
            copy.files.retain(|file| source.files.iter().any(|own| own.name == file.name));
        }
        if let Some(include) = include {
            report.fact(format!("{path}: part restored"), include);
        }
        if !backup.exclude.is_empty() {
            // What is left out of the source may be in an older backup.
            let kept = Tree::of(&copy.root, &backup.exclude)?;
            let kept = kept.files.iter().map(|file| file.name.as_str()).collect::<HashSet<_>>();
            copy.files.retain(|file| kept.contains(file.name.as_str()));
        }
        let since = restored.time.map_or(Since::Copies, Since::Backup);
        let comparison = Comparison::of(&source, &copy, since)?;
        comparison.judge(report, &what, name);
        return Ok((copy.bytes(), copy.files.len()));
    }
    let Some(list) = &backup.manifest else {
        let message =
            format!("{what} gave {}, and nothing vouches for them", counted(copy.files.len() as u64, "file"));
        report.unknown(message).at(path).hint("name its source or a manifest in this backup, in gonogo.toml");
        return Ok((copy.bytes(), copy.files.len()));
    };
    match Manifest::read(list) {
        Ok(manifest) => {
            let sample = Sample::new(1.0, 0.0);
            Listed { what: &what, list, complete: false, sample }.verify(&copy, &manifest, report)?;
        }
        Err(error) => unreadable(report, "the manifest", list, &error),
    }
    Ok((copy.bytes(), copy.files.len()))
}
