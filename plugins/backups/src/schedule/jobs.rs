//! Where backups are scheduled: crontabs, scripts that cron runs, systemd timers.

use std::collections::HashSet;

use gonogo_sdk::{
    Error, Readable, Stop,
    files::{self, Kind},
};

use super::{
    cron::{self, When},
    timer,
};
use crate::{
    backup::join,
    commands::{Template, run, said},
    time::DAY,
};

/// The crontab of the user who runs this.
pub const CRONTAB: Template = &["crontab", "-l"];

/// Most bytes of a script that are looked through.
const SCRIPT: u32 = 256 << 10;

/// Something that makes a backup again and again.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// The file that says so.
    pub place: String,
    /// The line in it, from 1.
    pub line: Option<u32>,
    /// The program that makes it one.
    pub program: String,
    /// Its rule, as written.
    pub rule: String,
    /// The longest time between two runs, in seconds.
    pub gap: Option<f64>,
    /// Whether it runs at all.
    pub enabled: bool,
    /// When it last began, in seconds since the Unix epoch.
    pub ran: Option<f64>,
}

/// What was found.
pub struct Found<'a> {
    programs: &'a [String],
    /// Days since 1970-01-01.
    today: i64,
    /// The jobs.
    pub jobs: Vec<Job>,
    /// What could not be read, and why.
    pub failed: Vec<(String, Error)>,
}

impl<'a> Found<'a> {
    /// Nothing yet.
    pub fn new(programs: &'a [String], now: f64) -> Self {
        Self { programs, today: (now / DAY) as i64, jobs: Vec::new(), failed: Vec::new() }
    }

    /// The program among those that make backups that a command or script runs.
    fn program(&self, text: &str) -> Option<String> {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let words = lines.flat_map(|line| {
            line.split(|letter: char| letter.is_whitespace() || ";|&()<>'\"`=".contains(letter))
        });
        let mut names = words.filter_map(|word| word.rsplit('/').next());
        names.find(|name| self.programs.iter().any(|program| program == name)).map(str::to_owned)
    }

    /// What is not there has no schedule in it; what cannot be read may have one.
    fn got<T>(&mut self, path: &str, result: Result<T, Error>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(Error::NotFound(_)) => None,
            Err(error) => {
                self.failed.push((path.to_owned(), error));
                None
            }
        }
    }

    fn crontab(&mut self, path: &str, text: &str, user: bool) {
        for (number, line) in (1..).zip(text.lines()) {
            let (when, command) = match cron::line(line, user) {
                Some((when, command)) => (Some(when), command),
                None if cron::begins_as_rule(line) => (None, line),
                None => continue,
            };
            let Some(program) = self.program(command) else { continue };
            let gap = match when {
                Some(When::Recurring(rule)) => rule.longest_gap(self.today),
                Some(When::Boot) | None => None,
            };
            // Not the command: people write passwords there. Where the rule ends cannot be told of one that is not known.
            let rule = match when {
                Some(_) => {
                    let words = if line.trim().starts_with('@') { 1 } else { 5 };
                    line.split_whitespace().take(words).collect::<Vec<_>>().join(" ")
                }
                None => format!("line {number}"),
            };
            let line = Some(number);
            self.jobs.push(Job {
                place: path.to_owned(),
                line,
                program,
                rule,
                gap,
                enabled: true,
                ran: None,
            });
        }
    }

    fn script(&mut self, path: &str, period: &str, gap: f64) {
        let bytes = files::read(path, 0, SCRIPT).map(Some).or_else(not_a_file);
        let Some(bytes) = self.got(path, bytes).flatten() else { return };
        let Some(program) = self.program(&String::from_utf8_lossy(&bytes)) else { return };
        let rule = period.to_owned();
        self.jobs.push(Job {
            place: path.to_owned(),
            line: None,
            program,
            rule,
            gap: Some(gap),
            enabled: true,
            ran: None,
        });
    }
}

/// Devices and broken links among scripts are passed over.
fn not_a_file(error: Error) -> Result<Option<Vec<u8>>, Error> {
    match error {
        Error::Unsupported(_) => Ok(None),
        error => Err(error),
    }
}

/// Looks through crontabs and the directories that cron runs.
pub fn crontabs(places: &[Readable], found: &mut Found<'_>) {
    const PERIODS: &[(&str, f64)] = &[
        ("cron.hourly", DAY / 24.0),
        ("cron.daily", DAY),
        ("cron.weekly", 7.0 * DAY),
        ("cron.monthly", 31.0 * DAY),
    ];
    for place in places {
        let stat = files::stat(place, true).and_then(|stat| stat.need::<String>("kind"));
        let Some(kind) = found.got(place, stat) else { continue };
        let name = place.rsplit('/').next().unwrap_or_default();
        let period = PERIODS.iter().find(|(period, _)| *period == name);
        if kind != "directory" {
            let text = files::read_text(place);
            if let Some(text) = found.got(place, text) {
                found.crontab(place, &text, true);
            }
            continue;
        }
        let names = files::list(place);
        for (file, kind) in found.got(place, names).unwrap_or_default() {
            let path = join(place, &file);
            match period {
                // cron runs links too; names with a dot it passes over.
                Some((period, gap)) if kind != Kind::Directory && !file.contains('.') => {
                    found.script(&path, period, *gap);
                }
                None if kind == Kind::File && !file.contains('.') => {
                    let text = files::read_text(&path);
                    if let Some(text) = found.got(&path, text) {
                        // A user's own crontab has no column for the user.
                        found.crontab(&path, &text, name != "crontabs");
                    }
                }
                _ => {}
            }
        }
    }
}

/// Looks through the crontab of the user who runs this.
pub fn crontab_of_user(found: &mut Found<'_>) -> Result<(), Stop> {
    const PLACE: &str = "crontab -l";
    match run(&CRONTAB.iter().map(|&word| word.to_owned()).collect::<Vec<_>>())? {
        // Without the program there is no crontab of a user.
        Err(_) => {}
        Ok(output) if output.truncated => {
            let why = Error::Limit("it is longer than 1 MiB".to_owned());
            found.failed.push((PLACE.to_owned(), why));
        }
        Ok(output) if output.succeeded() => found.crontab(PLACE, &output.stdout, false),
        Ok(output) if output.stderr.contains("no crontab for") => {}
        Ok(output) => {
            let why = Error::Io(format!("it ended with {}: {}", output.ending(), said(&output)));
            found.failed.push((PLACE.to_owned(), why));
        }
    }
    Ok(())
}

/// The text of a unit. Nothing where there is none: a link to /dev/null masks a unit, and links out of the folder lead to
/// units that are listed elsewhere.
fn unit(path: &str, found: &mut Found<'_>) -> Option<String> {
    let text = match files::read_text(path) {
        Err(Error::Denied(_) | Error::Unsupported(_)) => Ok(None),
        text => text.map(Some),
    };
    found.got(path, text).flatten()
}

/// Looks through systemd's units for timers.
pub fn timers(folders: &[Readable], stamps: &str, found: &mut Found<'_>) {
    let mut seen = HashSet::new();
    let mut lists = Vec::new();
    let mut enabled = HashSet::new();
    for folder in folders {
        let names = files::list(folder);
        let names = found.got(folder, names).unwrap_or_default();
        for (name, _) in names.iter().filter(|(name, _)| name.ends_with(".target.wants")) {
            let path = join(folder, name);
            let wanted = files::list(&path);
            let wanted = found.got(&path, wanted).unwrap_or_default();
            enabled.extend(wanted.into_iter().map(|(name, _)| name));
        }
        lists.push((folder, names));
    }
    for (folder, names) in &lists {
        let timers = names
            .iter()
            .filter(|(name, kind)| name.strip_suffix(".timer").is_some() && *kind != Kind::Directory);
        for (name, _) in timers {
            if !seen.insert(name.clone()) {
                continue;
            }
            let path = join(folder, name);
            let Some(unit) = unit(&path, found) else { continue };
            let stem = name.strip_suffix(".timer").unwrap_or(name);
            let service = timer::values(&unit, "Timer", "Unit")
                .last()
                .map_or_else(|| format!("{stem}.service"), |unit| (*unit).to_owned());
            let command = folders.iter().find_map(|folder| self::unit(&join(folder, &service), found));
            let command = command
                .map(|text| timer::values(&text, "Service", "ExecStart").join("\n"))
                .unwrap_or_default();
            let Some(program) = found.program(&command).or_else(|| found.program(stem)) else { continue };
            let stamp = join(stamps, &format!("stamp-{name}"));
            let ran = files::stat(&stamp, false).and_then(|stat| stat.need("modified"));
            let ran = found.got(&stamp, ran);
            found.jobs.push(Job {
                place: path,
                line: None,
                program,
                rule: timer::values(&unit, "Timer", "OnCalendar").join(", "),
                gap: timer::longest_gap(&unit, found.today),
                enabled: enabled.contains(name),
                ran,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_by_name() {
        let programs = ["restic", "backup.sh"].map(str::to_owned);
        let found = Found::new(&programs, 0.0);
        let program = |text: &str| found.program(text);
        assert_eq!(program("RESTIC_PASSWORD=x /usr/bin/restic backup /srv").as_deref(), Some("restic"));
        assert_eq!(
            program("#!/bin/sh\n# restic\nset -e; /opt/backup.sh>/dev/null").as_deref(),
            Some("backup.sh")
        );
        assert_eq!(program("cd /x && /opt/backup.sh -q").as_deref(), Some("backup.sh"));
        assert_eq!(program("# restic backup"), None);
        assert_eq!(program("resticker"), None);
    }
}
