//! Two trees held against each other, by digest.

use std::collections::{HashMap, HashSet};

use gonogo_sdk::{Error, Report, Severity, Size, counted, files::Algorithm};

use crate::{
    backup::join,
    digest::by_host,
    tree::{File, Tree},
};

/// Files that are digested in one call of the host, on each side.
const BATCH: usize = 2_000;

/// Most files of one kind of difference that are named.
const NAMED: usize = 20;

/// How much later than its copy a source may seem changed: some filesystems keep whole seconds, FAT even ones.
const GRAIN: f64 = 2.0;

const LACKS: &str = "look at what the backup leaves out; name it in 'exclude' if that is meant";
const EXTRA: &str = "see where it comes from: it is not in the source";
const DIFFERS: &str = "the backup or the source is damaged: restore an older one and compare";
const AGAIN: &str = "make a backup, then run this again";

/// What a change of the source is held against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Since {
    /// When the backup was made, in seconds since the Unix epoch.
    Backup(f64),
    /// The times of the copies, which are those of the source when it was copied.
    Copies,
}

/// How a copy differs from its source.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Files that were held against each other.
    pub compared: usize,
    /// Their bytes, of one side.
    pub bytes: u64,
    missing: Vec<String>,
    extra: Vec<String>,
    different: Vec<String>,
    /// Changed, made or removed in the source since the backup.
    changed: Vec<String>,
    /// Not in the copy, and moved or made in the source since, nobody knows which.
    unclear: Vec<String>,
    failed: Vec<(String, Error)>,
}

impl Comparison {
    /// Holds a copy against its source.
    pub fn of(source: &Tree, copy: &Tree, since: Since) -> Result<Self, Error> {
        let mut found = Self::default();
        let copies: HashMap<&str, &File> = copy.files.iter().map(|file| (file.name.as_str(), file)).collect();
        let mut pairs = Vec::new();
        for file in &source.files {
            match copies.get(file.name.as_str()) {
                Some(copy) if copy.size == file.size && copy.target == file.target => {
                    found.compared += 1;
                    found.bytes = found.bytes.saturating_add(file.size);
                    if file.target.is_none() {
                        pairs.push((file, *copy));
                    }
                }
                Some(copy) => found.differs(file, copy, since),
                None => found.lacks(source, file, since),
            }
        }
        let names: HashSet<&str> = source.files.iter().map(|file| file.name.as_str()).collect();
        for file in copy.files.iter().filter(|file| !names.contains(file.name.as_str())) {
            let removed = matches!((since, source.directory_changed(&file.name)), (Since::Backup(at), Some(changed)) if changed > at);
            if removed { &mut found.changed } else { &mut found.extra }.push(file.name.clone());
        }
        for batch in pairs.chunks(BATCH) {
            found.digest(source, copy, batch, since)?;
        }
        for (tree, side) in [(source, "source"), (copy, "copy")] {
            let failed = tree.failed.iter().map(|(name, error)| (format!("{name} ({side})"), error.clone()));
            found.failed.extend(failed);
        }
        Ok(found)
    }

    fn differs(&mut self, file: &File, copy: &File, since: Since) {
        let changed = match since {
            Since::Backup(at) => file.modified > at,
            Since::Copies => file.modified > copy.modified + GRAIN,
        };
        if changed { &mut self.changed } else { &mut self.different }.push(file.name.clone());
    }

    fn lacks(&mut self, source: &Tree, file: &File, since: Since) {
        let list = match since {
            Since::Backup(at) if file.modified > at => &mut self.changed,
            Since::Backup(at) if source.directory_changed(&file.name).is_some_and(|changed| changed > at) => {
                &mut self.unclear
            }
            _ => &mut self.missing,
        };
        list.push(file.name.clone());
    }

    fn digest(
        &mut self,
        source: &Tree,
        copy: &Tree,
        pairs: &[(&File, &File)],
        since: Since,
    ) -> Result<(), Error> {
        let sources = pairs.iter().map(|(file, _)| source.path(file));
        let paths = sources.chain(pairs.iter().map(|(_, file)| copy.path(file))).collect::<Vec<_>>();
        let digests = by_host(&paths, Algorithm::Blake3)?;
        let (ours, theirs) = digests.split_at(pairs.len());
        for ((file, copy), digests) in pairs.iter().zip(ours.iter().zip(theirs)) {
            match digests {
                (Ok(ours), Ok(theirs)) if ours == theirs => {}
                (Ok(_), Ok(_)) => self.differs(file, copy, since),
                (Err(error), _) => self.failed.push((format!("{} (source)", file.name), error.clone())),
                (_, Err(error)) => self.failed.push((format!("{} (copy)", file.name), error.clone())),
            }
        }
        Ok(())
    }

    /// Says what differs. `what` names the copy: `the restore of backups/restic`.
    pub fn judge(&self, report: &mut Report, what: &str, source: &str) {
        report.fact(format!("{what}: files compared"), self.compared).unit("1");
        report.fact(format!("{what}: bytes compared"), self.bytes).unit("B");
        let lists = [
            ("missing", Severity::NoGo, "lacks", &self.missing, LACKS),
            ("extra", Severity::NoGo, "has in excess", &self.extra, EXTRA),
            ("different", Severity::NoGo, "differs in", &self.different, DIFFERS),
            ("unclear", Severity::Unknown, "lacks, in a directory changed since,", &self.unclear, AGAIN),
        ];
        for (fact, severity, how, names, hint) in lists {
            report.fact(format!("{what}: {fact}"), names.len()).unit("1").bound("= 0");
            for name in names.iter().take(NAMED) {
                let place = join(source, name);
                report.finding(severity, format!("{what} {how} {name}")).at(place).hint(hint);
            }
            if names.len() > NAMED {
                report.finding(severity, format!("{what} {how} {} more files", names.len() - NAMED));
            }
        }
        report.fact(format!("{what}: changed since"), self.changed.len()).unit("1");
        if !self.changed.is_empty() {
            let message = format!("{what} is older than the source in {}", several(&self.changed));
            report.note(message).hint(AGAIN);
        }
        for (name, error) in self.failed.iter().take(NAMED) {
            report.unknown(format!("{what} could not be compared in {name}: {error}"));
        }
        if self.failed.len() > NAMED {
            report.unknown(format!("{what} could not be compared in {} more", self.failed.len() - NAMED));
        }
        if self.compared == 0 && self.missing.is_empty() {
            report.unknown(format!("{what} and {source} have no file in common: nothing was compared"));
        }
    }

    /// How much was compared, for a summary.
    pub fn shown(&self) -> String {
        format!("{}, {}", counted(self.compared as u64, "file"), Size::from(self.bytes))
    }
}

/// The first names of many.
pub fn several(names: &[String]) -> String {
    let mut shown = names.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > 5 {
        shown.push_str(&format!(" and {} more", names.len() - 5));
    }
    shown
}
