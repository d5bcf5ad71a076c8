//! borg repositories, of borg 1: each entry of each segment has a CRC-32, and the index says which segments there must be.

use std::collections::BTreeMap;

use gonogo_sdk::{
    Duration, Error, Report, Stop,
    files::{self, Kind},
};
use serde::Deserialize;

use super::{
    Integrity,
    detached::{Detached, Held},
    hash_index,
    holder::{Holder, Life},
    named::{Sample, coverage},
    segment::Segment,
};
use crate::{
    backup::{Backup, unreadable},
    commands::{
        About, BORG_CHECK, BORG_CHECK_PLAIN, BORG_VERIFY, BORG_VERIFY_PLAIN, asks_for_password, borg, run,
        said,
    },
    tree::below,
};

/// What was met in a repository.
#[derive(Default)]
struct Met {
    /// Sizes and paths of the segments, by their numbers.
    segments: BTreeMap<u32, (u64, String)>,
    /// The number in the name of the newest index.
    index: Option<u32>,
    /// Who holds a lock, with the path that says so and its time.
    locks: Vec<(Holder, String, f64)>,
}

/// Verifies a repository without its password, and by `borg check` with it, or where it has none.
pub fn verify(check: &Integrity, backup: &Backup, now: f64, report: &mut Report) -> Result<String, Stop> {
    let path = &*backup.path;
    let mut met = Met::default();
    for entry in files::walk(path).start()? {
        let entry = entry?;
        if let Some(error) = &entry.failed {
            unreadable(report, "a part of the repository,", &entry.path, error);
            continue;
        }
        let name = below(path, &entry.path);
        match (entry.kind, &name.split('/').collect::<Vec<_>>()[..]) {
            (Kind::File, ["data", _, number]) => {
                if let Ok(number) = number.parse() {
                    met.segments.insert(number, (entry.size, entry.path.clone()));
                } else {
                    let message = format!("{} is no segment", entry.path);
                    report.warn(message).at(&*entry.path).hint("see what it is: borg did not write it");
                }
            }
            (Kind::File, [file]) => {
                let number = file.strip_prefix("index.").and_then(|number| number.parse().ok());
                met.index = met.index.max(number);
            }
            (Kind::File, ["lock.exclusive", holder]) => {
                if let Some(holder) = exclusive(holder) {
                    met.locks.push((holder, entry.path.clone(), entry.modified));
                } else {
                    let message = format!("{path} is locked, and {} does not say by whom", entry.path);
                    let hint = format!("see that no borg runs on it, then: borg break-lock {path}");
                    report.unknown(message).at(&*entry.path).hint(hint);
                }
            }
            _ => {}
        }
    }
    if met.segments.is_empty() {
        let hint = format!("borg create {path}::{{now}} …");
        report.no_go(format!("{path} has no segment: there is nothing to restore")).at(path).hint(hint);
    }
    match files::read_text(&backup.below("lock.roster")) {
        Ok(text) => met.roster(&text, backup, report),
        Err(Error::NotFound(_)) => {}
        Err(error) => unreadable(report, "the list of locks", &backup.below("lock.roster"), &error),
    }
    let config = match files::read_text(&backup.below("config")) {
        Ok(text) => text,
        Err(error) => {
            unreadable(report, "the configuration", &backup.below("config"), &error);
            String::new()
        }
    };
    judge_config(report, &backup.below("config"), &config);
    let read = met.read_segments(check, now, path, report);
    let whole = met.judge_index(backup, report)?;
    met.judge_locks(path, now, check, report)?;
    let verified = format!("{read} of {} segments", met.segments.len());
    // borg would write a new index in place of a damaged one, and nothing would show that there is damage.
    Ok(match whole && by_borg(check, backup, report)? {
        true => format!("{verified}, and borg check"),
        false => verified,
    })
}

/// The file in `lock.exclusive` is called `HOST@NODE.PROCESS-THREAD`.
fn exclusive(name: &str) -> Option<Holder> {
    let (host, rest) = name.rsplit_once('.')?;
    let process = rest.split('-').next()?.parse().ok()?;
    Some(Holder { host: host.to_owned(), process })
}

fn judge_config(report: &mut Report, path: &str, text: &str) {
    let value = |key: &str| {
        text.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            (name.trim() == key).then(|| value.trim())
        })
    };
    let id = value("id").filter(|id| id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if text.is_empty() {
        return;
    }
    match (text.trim_start().starts_with("[repository]"), id, value("version")) {
        (true, Some(_), Some("1" | "2")) => {}
        (_, _, version) => {
            let message = format!(
                "{path} is damaged: it must begin with [repository] and have an id of 64 digits and version 1 or 2 (found version {})",
                version.unwrap_or("none")
            );
            report.no_go(message).at(path).hint("restore the file from another copy of the repository");
        }
    }
}

impl Met {
    fn read_segments(&self, check: &Integrity, now: f64, path: &str, report: &mut Report) -> u64 {
        let sample = Sample::new(check.sample, now);
        let (mut read, mut bytes, mut entries, mut damaged, mut uncovered) = (0, 0, 0, 0_u64, 0);
        let last = self.segments.keys().next_back().copied();
        for (number, (size, file)) in &self.segments {
            // The last one says how the last backup ended.
            if !sample.takes(file) && Some(*number) != last {
                continue;
            }
            read += 1;
            bytes += size;
            let mut segment = Segment::new();
            match feed(file, &mut segment) {
                Ok(Ok(())) => {}
                Ok(Err(damage)) => {
                    damaged += 1;
                    let hint = format!("restore {file} from another copy, or: borg check --repair {path}");
                    report.no_go(format!("segment {file} is damaged: {damage}")).at(file).hint(hint);
                    continue;
                }
                Err(error) => {
                    damaged += 1;
                    unreadable(report, "segment", file, &error);
                    continue;
                }
            }
            entries += segment.entries;
            uncovered += segment.uncovered;
            if Some(*number) == last && !segment.committed {
                let message = format!(
                    "the last segment, {file}, ends without a commit: a backup was interrupted, or its end is lost"
                );
                let hint = format!(
                    "borg list {path}; then make a backup: borg goes back to the last commit by itself"
                );
                report.warn(message).at(file).hint(hint);
            }
        }
        report.fact(format!("{path}: entries with a right CRC-32"), entries).unit("1");
        report.fact(format!("{path}: segments damaged"), damaged).unit("1").bound("= 0");
        coverage(report, path, self.segments.len() as u64, read, bytes);
        if uncovered > 0 {
            let message = format!(
                "{path}: {uncovered} bytes are in entries (PUT2) whose data only borg itself verifies"
            );
            report.unknown(message).at(path).hint(format!("borg check {path}"));
        }
        read
    }

    /// The index names each segment that has live objects. Whether it is there and whole.
    fn judge_index(&self, backup: &Backup, report: &mut Report) -> Result<bool, Stop> {
        let path = &*backup.path;
        let Some(number) = self.index else {
            let message = format!("{path} has no index: whether segments are missing cannot be told");
            let hint = format!("borg check {path}: it makes the index anew");
            report.unknown(message).at(path).hint(hint);
            return Ok(false);
        };
        let file = backup.below(&format!("index.{number}"));
        let right = judge_digests(number, backup, report);
        let places = match hash_index::places(&file)? {
            Ok(places) => places,
            Err(why) => {
                let hint = format!("borg check --repair {path} makes it anew from the segments");
                if right {
                    report.no_go(format!("{file} is damaged: {why}")).at(&*file).hint(hint);
                }
                return Ok(false);
            }
        };
        let objects: u64 = places.values().map(|place| place.objects).sum();
        report.fact(format!("{path}: objects in the index"), objects).unit("1");
        for (segment, place) in &places {
            let name = backup.below(&format!("data/…/{segment}"));
            let hint = format!("restore it from another copy; borg check --repair {path} keeps what is left");
            match self.segments.get(segment) {
                None => {
                    let message = format!(
                        "segment {segment} is missing: the index has {} objects in it",
                        place.objects
                    );
                    report.no_go(message).at(name).hint(hint);
                }
                Some((size, file)) if *size <= place.farthest => {
                    let message = format!(
                        "segment {file} has {size} bytes, and the index an object at byte {}: its end is lost",
                        place.farthest
                    );
                    report.no_go(message).at(file).hint(hint);
                }
                Some(_) => {}
            }
        }
        // An index is named by the segment of the commit that it belongs to.
        if self.segments.keys().next_back().is_some_and(|last| *last < number) {
            let message =
                format!("{file} belongs to segment {number}, and that and all after it are missing");
            report.no_go(message).at(&*file).hint("restore the newest files below data/ from another copy");
        }
        Ok(right)
    }

    fn roster(&mut self, text: &str, backup: &Backup, report: &mut Report) {
        #[derive(Deserialize)]
        struct Roster {
            #[serde(default)]
            exclusive: Vec<(String, u64, u64)>,
            #[serde(default)]
            shared: Vec<(String, u64, u64)>,
        }
        let path = backup.below("lock.roster");
        let roster = match serde_json::from_str::<Roster>(text) {
            Ok(roster) => roster,
            Err(error) => {
                let message =
                    format!("who holds a lock of {} cannot be told from {path}: {error}", backup.path);
                let hint = format!("see that no borg runs on it, then: borg break-lock {}", backup.path);
                report.unknown(message).at(path).hint(hint);
                return;
            }
        };
        if roster.exclusive.is_empty() && roster.shared.is_empty() {
            return;
        }
        let modified = match files::stat(&path, false).and_then(|stat| stat.need::<f64>("modified")) {
            Ok(modified) => modified,
            Err(error) => return unreadable(report, "the list of locks", &path, &error),
        };
        for (host, process, _) in roster.exclusive.into_iter().chain(roster.shared) {
            let holder = Holder { host, process };
            if !self.locks.iter().any(|(known, ..)| *known == holder) {
                self.locks.push((holder, path.clone(), modified));
            }
        }
    }

    fn judge_locks(&self, path: &str, now: f64, check: &Integrity, report: &mut Report) -> Result<(), Stop> {
        report.fact(format!("{path}: locks"), self.locks.len()).unit("1");
        for (holder, file, modified) in &self.locks {
            let age = (now - modified).max(0.0);
            let shown = Duration::from_seconds(age);
            let hint = format!("borg break-lock {path}");
            match holder.life()? {
                Life::Dead => {
                    let message =
                        format!("{path} is locked by {holder}, which is dead: the lock is {shown} old");
                    report.no_go(message).at(file).hint(hint);
                }
                Life::Elsewhere if age > check.lock_age.seconds() => {
                    let message = format!(
                        "{path} is locked by {holder} for {shown}, at most {} wanted",
                        check.lock_age
                    );
                    report.no_go(message).at(file).hint(format!("see that it is dead, then: {hint}"));
                }
                Life::Unclear(why) => {
                    let message =
                        format!("{path} is locked by {holder}, and whether that lives cannot be told: {why}");
                    report.unknown(message).at(file).hint(format!("see that it is dead, then: {hint}"));
                }
                Life::Alive | Life::Elsewhere => {
                    report.note(format!("{path} is locked by {holder} for {shown}, as at work")).at(file);
                }
            }
        }
        Ok(())
    }
}

/// Holds the newest index against its digests, before any command of borg: that would write a new index in place of a damaged one, and nothing would show that there is damage.
pub fn judge_newest_index(backup: &Backup, report: &mut Report) -> Result<(), Stop> {
    let names = files::list(&backup.path)?;
    let number = |name: &str| name.strip_prefix("index.")?.parse().ok();
    match names.iter().filter_map(|(name, _)| number(name)).max() {
        Some(newest) if !judge_digests(newest, backup, report) => Err(Stop::unknown(
            "its index is damaged, and borg would write a new one over it: borg was not run",
        )),
        _ => Ok(()),
    }
}

/// Holds `index.N` and `hints.N` against `integrity.N`. Whether neither is damaged.
fn judge_digests(number: u32, backup: &Backup, report: &mut Report) -> bool {
    let path = &*backup.path;
    let place = |name: &str| backup.below(&format!("{name}.{number}"));
    let own = place("integrity");
    let hint = format!("see what else is damaged; borg makes it anew: borg check {path}");
    let detached = match Detached::read(&own) {
        Ok(Ok(detached)) => detached,
        Ok(Err(why)) => {
            report.no_go(format!("{own} is damaged: {why}")).at(&*own).hint(hint);
            return false;
        }
        Err(Error::NotFound(_)) => {
            let message = format!("{own} is not there: whether the index is whole cannot be told");
            report.unknown(message).at(path).hint(hint);
            return true;
        }
        Err(error) => {
            unreadable(report, "the digests of the index,", &own, &error);
            return true;
        }
    };
    let mut right = true;
    let (index, hints) = (place("index"), place("hints"));
    for (file, held) in [(&index, detached.index(&index)), (&hints, detached.hints(&hints))] {
        match held {
            Ok(Held::Right) => {}
            Ok(Held::Wrong(why)) => {
                right = false;
                report.no_go(format!("{file} is damaged: {why}")).at(file).hint(&hint);
            }
            Ok(Held::Unclear(why)) => {
                report.unknown(format!("whether {file} is whole cannot be told: {why}")).at(file);
            }
            Err(error) => {
                right = false;
                unreadable(report, "a part of the repository,", file, &error);
            }
        }
    }
    right
}

fn feed(file: &str, segment: &mut Segment) -> Result<Result<(), super::segment::Damage>, Error> {
    let content = files::open(file)?;
    let mut offset = 0;
    loop {
        let bytes = content.read(offset, files::MOST_BYTES)?;
        if bytes.is_empty() {
            return Ok(segment.finish());
        }
        offset += bytes.len() as u64;
        if let Err(damage) = segment.feed(&bytes) {
            return Ok(Err(damage));
        }
        if bytes.len() < files::MOST_BYTES as usize {
            return Ok(segment.finish());
        }
    }
}

/// Whether `borg check` could be run: that archives hang together only who can decrypt them can tell.
fn by_borg(check: &Integrity, backup: &Backup, report: &mut Report) -> Result<bool, Stop> {
    let path = &*backup.path;
    let (open, plain) = match check.verify_data {
        true => (BORG_VERIFY, BORG_VERIFY_PLAIN),
        false => (BORG_CHECK, BORG_CHECK_PLAIN),
    };
    let not_verified = |report: &mut Report| {
        check.not_verified(path, "that the archives hang together, and which chunks they need", report);
        Ok(false)
    };
    let Some(command) = borg(open, plain, backup, About::default())? else { return not_verified(report) };
    let output = match run(&command)? {
        Ok(output) => output,
        Err(why) => {
            report
                .unknown(format!("{path}: borg check cannot be run: {why}"))
                .hint("apt-get install borgbackup");
            return Ok(false);
        }
    };
    if backup.password_file.is_none() && asks_for_password(&output) {
        return not_verified(report);
    }
    if !output.succeeded() {
        let message = format!("{path}: borg check ended with {}: {}", output.ending(), said(&output));
        report.no_go(message).at(path).hint(format!("borg check --verify-data {path}"));
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_of_an_exclusive_lock() {
        let holder = exclusive("node7.example.org@2485377892354.4242-0").unwrap();
        assert_eq!(holder, Holder { host: "node7.example.org@2485377892354".to_owned(), process: 4242 });
        assert_eq!(holder.to_string(), "process 4242 on node7");
        for wrong in ["", "x", "x.y-0", "x.", ".-"] {
            assert_eq!(exclusive(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_configuration_has_an_id() {
        let findings = |text: &str| {
            let mut report = Report::default();
            judge_config(&mut report, "config", text);
            report.findings()
        };
        let id = "57d6c1d52ce76a836b532b0e42e677dec6af9fca3673db511279358828a21ed6";
        assert_eq!(findings(&format!("[repository]\nversion = 1\nid = {id}\n")), 0);
        assert_eq!(findings(&format!("[repository]\nversion = 1\nid = {}\n", &id[1..])), 1);
        assert_eq!(findings(&format!("[repositorx]\nversion = 1\nid = {id}\n")), 1);
        assert_eq!(findings(&format!("[repository]\nversion = 7\nid = {id}\n")), 1);
    }
}
