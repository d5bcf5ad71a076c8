//! When a backup was made, and of what: from the tool where the repository can be opened, else from the times of its files.

use std::collections::HashSet;

use gonogo_sdk::{
    Report, Stop,
    files::{self, Kind as Entry},
};
use serde::Deserialize;

use crate::{
    backup::{Backup, Kind},
    commands::{
        About, BORG_INFO, BORG_INFO_PLAIN, BORG_PATHS, BORG_PATHS_PLAIN, RESTIC_SNAPSHOTS, RESTIC_STATS,
        asks_for_password, borg, filled, run, said,
    },
    integrity::judge_newest_index,
    time,
    tree::{File, Tree, below},
};

/// Directories of one name that are tried, and files of the source that are looked for in each.
const CANDIDATES: usize = 16;
const COMPARED: usize = 500;

/// A state that can be restored.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// As the tool calls it.
    pub id: String,
    /// When it was begun, in seconds since the Unix epoch.
    pub time: f64,
    /// What it holds, from the root on: restic says so.
    pub paths: Vec<String>,
    /// Bytes of what a restore would give.
    pub size: Option<u64>,
}

/// What is known of a backup's states.
#[derive(Debug, Default, PartialEq)]
pub struct Snapshots {
    /// When the newest was made, in seconds since the Unix epoch. A mirror does not say.
    pub newest: Option<f64>,
    /// The states, oldest first; absent where the repository cannot be opened.
    pub list: Option<Vec<Snapshot>>,
}

impl Snapshots {
    /// Of a backup. What stands in the way is said in the report; an unreadable repository still has its files' times.
    pub fn of(kind: Kind, backup: &Backup, report: &mut Report) -> Result<Self, Stop> {
        let list = match kind {
            Kind::Restic => restic(backup, report)?,
            Kind::Borg => by_borg(backup, report)?,
            _ => None,
        };
        let newest = match (&list, kind) {
            (Some(list), _) => list.last().map(|snapshot| snapshot.time),
            (None, Kind::Restic) => newest_file(&backup.below("snapshots"))?,
            (None, Kind::Borg) => newest_file(&backup.below("data"))?,
            (None, Kind::Dvc | Kind::Bagit) => newest_file(&backup.path)?,
            (None, Kind::Tar | Kind::Zip | Kind::GitBundle) => {
                Some(files::stat(&backup.path, true)?.need("modified")?)
            }
            (None, Kind::Mirror) => None,
        };
        Ok(Self { newest, list })
    }

    /// The newest state that holds a path, given from the root on.
    pub fn holding(&self, real: &str) -> Option<&Snapshot> {
        let holds = |path: &String| covers(path, real);
        self.list.as_ref()?.iter().rev().find(|snapshot| snapshot.paths.iter().any(holds))
    }
}

/// Whether a stored path is another one or lies above it.
pub fn covers(stored: &str, real: &str) -> bool {
    let stored = stored.trim_end_matches('/');
    real.strip_prefix(stored).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The time of the newest file below a directory.
fn newest_file(path: &str) -> Result<Option<f64>, Stop> {
    let mut newest: Option<f64> = None;
    for entry in files::walk(path).start()? {
        let entry = entry?;
        if let Some(error) = entry.failed {
            let why = format!("when {path} was last written cannot be told: {}: {error}", entry.path);
            return Err(Stop::unknown(why));
        }
        if entry.kind == Entry::File {
            newest = Some(newest.map_or(entry.modified, |newest| newest.max(entry.modified)));
        }
    }
    Ok(newest)
}

fn restic(backup: &Backup, report: &mut Report) -> Result<Option<Vec<Snapshot>>, Stop> {
    #[derive(Deserialize)]
    struct Said {
        id: String,
        time: String,
        paths: Vec<String>,
    }
    let Some(command) = filled(RESTIC_SNAPSHOTS, backup, About::default()) else { return Ok(None) };
    let Some(json) = answer(&command, backup, "restic", report)? else { return Ok(None) };
    let said: Vec<Said> = serde_json::from_str::<Option<_>>(&json)
        .map_err(|error| {
            Stop::unknown(format!("restic snapshots of {} says what is not known: {error}", backup.path))
        })?
        .unwrap_or_default();
    let read = |snapshot: Said| {
        let time = at("restic", backup, &snapshot.time)?;
        Ok(Snapshot { id: snapshot.id, time, paths: snapshot.paths, size: None })
    };
    let mut list = said.into_iter().map(read).collect::<Result<Vec<_>, Stop>>()?;
    list.sort_by(|a, b| a.time.total_cmp(&b.time));
    Ok(Some(list))
}

/// A time as a tool writes it. One that cannot be read may be the newest.
fn at(tool: &str, backup: &Backup, time: &str) -> Result<f64, Stop> {
    let unknown = || Stop::unknown(format!("{tool} says of {} a time that is none: '{time}'", backup.path));
    time::parse(time).ok_or_else(unknown)
}

/// Bytes that a restore of a snapshot would give. Nothing where no password is named.
pub fn restic_size(backup: &Backup, id: &str) -> Result<Option<u64>, Stop> {
    #[derive(Deserialize)]
    struct Stats {
        total_size: u64,
    }
    let about = About { id, ..About::default() };
    let Some(command) = filled(RESTIC_STATS, backup, about) else { return Ok(None) };
    let output = run(&command)?.map_err(Stop::unknown)?;
    if !output.succeeded() {
        return Err(Stop::unknown(format!("restic stats ended with {}: {}", output.ending(), said(&output))));
    }
    let stats: Stats = serde_json::from_str(&output.stdout)
        .map_err(|error| Stop::unknown(format!("restic stats says what is not known: {error}")))?;
    Ok(Some(stats.total_size))
}

fn by_borg(backup: &Backup, report: &mut Report) -> Result<Option<Vec<Snapshot>>, Stop> {
    #[derive(Deserialize)]
    struct Said {
        archives: Vec<Archive>,
    }
    #[derive(Deserialize)]
    struct Archive {
        name: String,
        start: String,
        stats: Stats,
    }
    #[derive(Deserialize)]
    struct Stats {
        original_size: u64,
    }
    let Some(command) = borg(BORG_INFO, BORG_INFO_PLAIN, backup, About::default())? else { return Ok(None) };
    judge_newest_index(backup, report)?;
    let Some(json) = answer(&command, backup, "borg", report)? else { return Ok(None) };
    let said: Said = serde_json::from_str(&json).map_err(|error| {
        Stop::unknown(format!("borg info of {} says what is not known: {error}", backup.path))
    })?;
    let read = |archive: Archive| {
        let (time, size) = (at("borg", backup, &archive.start)?, Some(archive.stats.original_size));
        Ok(Snapshot { id: archive.name, time, paths: Vec::new(), size })
    };
    let mut list = said.archives.into_iter().map(read).collect::<Result<Vec<_>, Stop>>()?;
    list.sort_by(|a, b| a.time.total_cmp(&b.time));
    Ok(Some(list))
}

/// What a tool said; nothing where it is not there or could not open the repository, which the report then has.
fn answer(
    command: &[String],
    backup: &Backup,
    tool: &str,
    report: &mut Report,
) -> Result<Option<String>, Stop> {
    let path = &*backup.path;
    match run(command)? {
        Ok(output) if output.succeeded() && !output.truncated => Ok(Some(output.stdout)),
        Ok(output) if output.truncated => {
            Err(Stop::unknown(format!("{tool} has more to say of {path} than 1 MiB")))
        }
        // A repository with a key file does not say that it wants a password before it is asked.
        Ok(output) if backup.password_file.is_none() && asks_for_password(&output) => Ok(None),
        Ok(output) => {
            let message = format!("{tool} cannot open {path}: {}, {}", output.ending(), said(&output));
            report
                .no_go(message)
                .at(path)
                .hint("correct password-file, or mend the repository: see backups/integrity");
            Ok(None)
        }
        Err(why) => {
            report
                .unknown(format!("{path} cannot be opened: {why}"))
                .at(path)
                .hint(format!("install {tool}"));
            Ok(None)
        }
    }
}

/// Whether a borg archive holds a path that is one of the source's names.
pub fn borg_holds(backup: &Backup, archive: &str, real: &str, source: &str) -> Result<bool, Stop> {
    let about = About { id: archive, ..About::default() };
    let command = borg(BORG_PATHS, BORG_PATHS_PLAIN, backup, about)?;
    let command = command.ok_or_else(|| Stop::unknown("it is encrypted, and no password-file is named"))?;
    let output = run(&command)?.map_err(Stop::unknown)?;
    if !output.succeeded() {
        return Err(Stop::unknown(format!("borg list ended with {}: {}", output.ending(), said(&output))));
    }
    let same = |line: &str| {
        let line = line.trim_start_matches("./");
        line == real.trim_start_matches('/') || line == source.trim_start_matches('/')
    };
    match output.stdout.lines().any(same) {
        true => Ok(true),
        false if output.truncated => Err(Stop::unknown("the list of its paths is longer than 1 MiB")),
        false => Ok(false),
    }
}

/// The directory of a copy that a source was stored as; the empty name is the copy itself. Among the directories called like the source it is
/// the one that has most of its files.
pub fn stored_as(copy: &Tree, source: &Tree, path: &str, real: &str) -> Option<String> {
    let mut ends = vec![real.trim_start_matches('/')];
    while let Some((_, end)) = ends.last().and_then(|end| end.split_once('/')) {
        ends.push(end);
    }
    let mut candidates = Vec::new();
    for end in ends.iter().copied().chain([path.trim_start_matches('/')]).filter(|end| !end.is_empty()) {
        let inner = format!("/{end}");
        let mut names =
            copy.directories.keys().filter(|name| *name == end || name.ends_with(&inner)).collect::<Vec<_>>();
        names.sort_by_key(|name| (name.len(), name.as_str()));
        candidates.extend(names.into_iter().take(CANDIDATES).map(String::as_str));
    }
    candidates.push("");
    let names = copy.files.iter().map(|file| file.name.as_str()).collect::<HashSet<_>>();
    let there = |directory: &str| {
        let stored = |file: &&File| match directory {
            "" => names.contains(file.name.as_str()),
            _ => names.contains(format!("{directory}/{}", file.name).as_str()),
        };
        source.files.iter().take(COMPARED).filter(stored).count()
    };
    // Of equals the first, whose path has most in common with the source's.
    let best = candidates.into_iter().map(|name| (there(name), name)).rev().max_by_key(|(there, _)| *there);
    best.filter(|(there, _)| *there > 0).map(|(_, name)| name.to_owned())
}

/// The files in a backup that can be looked into.
pub fn visible(kind: Kind, backup: &Backup) -> Result<Option<Vec<File>>, Stop> {
    match kind {
        Kind::Mirror | Kind::Bagit => Ok(Some(Tree::of(&backup.path, &[])?.files)),
        Kind::Tar | Kind::Zip => {
            let content = files::open(&backup.path)?;
            let archive = match content.format()?.as_str() {
                "tar" | "zip" => content,
                _ => content.member(0)?,
            };
            let mut found = Vec::new();
            for member in archive.members()? {
                if member.need::<String>("kind")? != "directory" {
                    let name: String = member.need("name")?;
                    let (name, size) = (below(".", &name).to_owned(), member.get("size")?.unwrap_or(0));
                    found.push(File { name, size, modified: f64::INFINITY, target: None });
                }
            }
            Ok(Some(found))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_stored_path_covers_what_lies_below() {
        assert!(covers("/srv/data", "/srv/data/train"));
        assert!(covers("/srv/data/", "/srv/data"));
        assert!(covers("/", "/srv"));
        assert!(!covers("/srv/data", "/srv/database"));
        assert!(!covers("/srv/data/train", "/srv/data"));
    }

    #[test]
    fn a_source_is_found_where_it_was_stored() {
        let file = |name: &str| File { name: name.to_owned(), size: 1, modified: 1.0, target: None };
        let tree = |files: &[&str]| {
            let mut directories = HashMap::from([(String::new(), 0.0)]);
            for name in files {
                let mut above = *name;
                while let Some((directory, _)) = above.rsplit_once('/') {
                    directories.insert(directory.to_owned(), 0.0);
                    above = directory;
                }
            }
            Tree { files: files.iter().map(|name| file(name)).collect(), directories, ..Tree::default() }
        };
        let source = tree(&["x", "data/y"]);
        let stored = |files: &[&str]| stored_as(&tree(files), &source, "data", "/srv/project/data");
        assert_eq!(
            stored(&["srv/project/data/x", "srv/project/data/data/y"]).as_deref(),
            Some("srv/project/data")
        );
        assert_eq!(stored(&["data/x", "data/data/y"]).as_deref(), Some("data"));
        assert_eq!(stored(&["other/data/x", "more"]).as_deref(), Some("other/data"));
        // A directory in it that is called like it is not it.
        assert_eq!(stored(&["x", "data/y"]).as_deref(), Some(""));
        assert_eq!(stored(&["z"]), None);
    }
}
