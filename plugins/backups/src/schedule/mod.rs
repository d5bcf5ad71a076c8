//! The check `backups/schedule`.

mod cron;
mod jobs;
mod recurrence;
mod timer;

use gonogo_sdk::{
    Attributes, Check, Duration, Error, JsonSchema, Readable, Report, Severity, Stop, clock,
    files::{self, Pattern},
};
use serde::Deserialize;

use self::jobs::{Found, Job, crontab_of_user, crontabs, timers};
use crate::{
    backup::{Backup, Kind},
    commands::{BORG_INFO, BORG_INFO_PLAIN, RESTIC_SNAPSHOTS},
    snapshots::Snapshots,
    time::SKEW,
};

/// Backups are scheduled, and the last one was made in its window
///
/// A schedule is a line of a crontab, a script in cron.hourly to cron.monthly, or an enabled systemd timer, whose command is one of `command`. From its rule comes the longest time that may lie between two runs: three
/// days for a backup on weekdays. Rules that cannot be read are unknown.
///
/// The last run is seen by what it left: the newest snapshot of each of `backups`, the stamp that systemd keeps of a persistent timer, or the `log`, in which the last line that matches `success`
/// must come after the last that matches `failure`. What is older than the longest gap and `slack` is a no-go. Where nothing tells of the last run, that is unknown.
///
/// Only the name of the program that matched is reported, never the command line: people write passwords there.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Schedule {
    /// Names of programs and scripts that make backups.
    #[serde(default = "command")]
    command: Vec<String>,
    /// Crontabs, directories of them, and directories of scripts that cron runs, called cron.hourly and so on.
    #[serde(default = "places")]
    crontabs: Vec<Readable>,
    /// Directories of systemd units. The first that has a unit counts.
    #[serde(default = "units")]
    units: Vec<Readable>,
    /// Where systemd keeps the times at which persistent timers last ran.
    #[serde(default = "stamps")]
    stamps: Readable,
    /// Configurations of borgmatic and resticprofile.
    #[serde(default = "configurations")]
    configurations: Vec<Readable>,
    /// The backups that the schedule makes.
    #[serde(default)]
    backups: Vec<Backup>,
    /// The log that the schedule writes.
    log: Option<Readable>,
    /// What a line of the log says after a backup that succeeded: a regular expression.
    #[serde(default = "success")]
    success: String,
    /// What one says after a failure.
    #[serde(default = "failure")]
    failure: String,
    /// How long a backup may take, and the timer wait.
    #[serde(default = "slack")]
    slack: Duration,
}

fn command() -> Vec<String> {
    ["restic", "resticprofile", "rustic", "borg", "borgmatic", "rsync", "rclone", "duplicity", "kopia", "bup"]
        .map(str::to_owned)
        .into()
}

fn readable<const N: usize>(paths: [&str; N]) -> Vec<Readable> {
    paths.map(Readable::from).into()
}

fn places() -> Vec<Readable> {
    readable([
        "/etc/crontab",
        "/etc/cron.d",
        "/etc/cron.hourly",
        "/etc/cron.daily",
        "/etc/cron.weekly",
        "/etc/cron.monthly",
    ])
}

fn units() -> Vec<Readable> {
    readable([
        "${HOME}/.config/systemd/user",
        "/etc/systemd/system",
        "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system",
    ])
}

fn stamps() -> Readable {
    Readable::from("/var/lib/systemd/timers")
}

fn configurations() -> Vec<Readable> {
    readable([
        "/etc/borgmatic/config.yaml",
        "${HOME}/.config/borgmatic/config.yaml",
        "/etc/resticprofile/profiles.yaml",
        "/etc/resticprofile/profiles.toml",
        "${HOME}/.config/resticprofile/profiles.yaml",
        "${HOME}/.config/resticprofile/profiles.toml",
    ])
}

fn success() -> String {
    "(?i)(snapshot [0-9a-f]{8,} saved|terminating with success|backup (finished|completed|succeeded)|backup successful)".to_owned()
}

fn failure() -> String {
    "(?i)(^fatal|\\berror\\b|terminating with error|backup failed|\\bfailed\\b)".to_owned()
}

fn slack() -> Duration {
    Duration::from_seconds(2.0 * 3_600.0)
}

impl Check for Schedule {
    const COMMANDS: &'static [&'static [&'static str]] =
        &[jobs::CRONTAB, RESTIC_SNAPSHOTS, BORG_INFO, BORG_INFO_PLAIN];

    const TIMEOUT: Option<f64> = Some(120.0);

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let now = clock::now()?;
        let mut found = Found::new(&self.command, now);
        crontabs(&self.crontabs, &mut found);
        crontab_of_user(&mut found)?;
        timers(&self.units, &self.stamps, &mut found);
        report.fact("schedules", found.jobs.len()).unit("1").bound(">= 1");
        self.configurations(report);
        for job in &found.jobs {
            judge_job(job, report);
        }
        let active = found.jobs.iter().filter(|job| job.enabled).collect::<Vec<_>>();
        for (path, why) in &found.failed {
            // Where one schedule is known to run, what else there may be changes nothing.
            let severity = if active.is_empty() { Severity::Unknown } else { Severity::Note };
            report.finding(severity, format!("schedules in {path} cannot be read: {why}")).at(path);
        }
        if active.is_empty() {
            report.summary("no backup is scheduled");
            if found.failed.is_empty() {
                let message =
                    format!("no crontab and no enabled timer runs any of {}", self.command.join(", "));
                let hint = "0 2 * * * restic backup …, in crontab -e; or name your script in 'command'";
                report.no_go(message).hint(hint);
            }
            return Ok(());
        }
        let gap = active.iter().filter_map(|job| job.gap).min_by(f64::total_cmp);
        let Some(gap) = gap else {
            report.summary("a backup is scheduled, nobody knows for when");
            return Ok(());
        };
        report.fact("longest time between two runs", gap).unit("s");
        let last = self.last_run(&active, gap, now, report)?;
        let every = Duration::from_seconds(gap);
        report.summary(match last {
            Some(age) => {
                format!("a backup at least every {every}, the last {} ago", Duration::from_seconds(age))
            }
            None => format!("a backup at least every {every}, the last one not seen"),
        });
        Ok(())
    }
}

/// What of a log was not read, where that is any of it.
fn unread(log: &str, totals: &Attributes) -> Result<Option<String>, Error> {
    let count = |name: &str| Ok::<_, Error>(totals.get::<u64>(name)?.unwrap_or(0));
    if count("unreadable-count")? > 0 {
        let reasons: Vec<String> = totals.get("unreadable")?.unwrap_or_default();
        return Ok(Some(reasons.into_iter().next().unwrap_or_else(|| format!("{log} cannot be read"))));
    }
    for (name, why) in [
        ("skipped-large", "it is larger than 1 GiB"),
        ("skipped-binary", "it is binary"),
        ("suppressed", "more lines match than are looked at"),
    ] {
        if count(name)? > 0 {
            return Ok(Some(why.to_owned()));
        }
    }
    Ok(match count("files")? {
        0 => Some("it was not read".to_owned()),
        1 => None,
        files => Some(format!("it is a directory of {files} files, and lines are counted in one")),
    })
}

fn judge_job(job: &Job, report: &mut Report) {
    let what = format!("{} in {}", job.program, job.place);
    let at = |finding: &mut gonogo_sdk::Finding| {
        match job.line {
            Some(line) => finding.at_line(&*job.place, line),
            None => finding.at(&*job.place),
        };
    };
    if let (true, Some(gap)) = (job.enabled, job.gap) {
        report.fact(format!("{what}: longest time between two runs"), gap).unit("s");
    } else if !job.enabled {
        let unit = job.place.rsplit('/').next().unwrap_or_default();
        let finding = report.warn(format!("the timer {} is not enabled", job.place));
        at(finding.hint(format!("systemctl enable --now {unit}")));
    } else {
        let finding = report.unknown(format!("when {what} runs cannot be told from '{}'", job.rule));
        at(finding.hint("write the rule as five fields of cron, or OnCalendar=*-*-* 02:00"));
    }
}

impl Schedule {
    /// How long ago the last run succeeded, and whether that was in time.
    fn last_run(&self, jobs: &[&Job], gap: f64, now: f64, report: &mut Report) -> Result<Option<f64>, Stop> {
        let most = gap + self.slack.seconds();
        let mut ages = Vec::new();
        for backup in &self.backups {
            let Some(kind) = backup.examine(report) else { continue };
            let path = &*backup.path;
            match (Snapshots::of(kind, backup, report)?.newest, kind) {
                (Some(newest), _) => ages.push((path.to_owned(), now - newest, true)),
                (None, Kind::Mirror) => {
                    report.note(format!("{path} does not say when it was last made")).at(path);
                }
                // Another backup that is fresh says nothing of this one.
                (None, _) => {
                    let message = format!("{path} is an empty {}: no run has left anything", kind.name());
                    report.no_go(message).at(path).hint("run it by hand and read what it says");
                }
            }
        }
        if let Some(log) = &self.log {
            ages.extend(self.log(log, now, report)?.map(|age| (log.to_string(), age, true)));
        }
        // A stamp says that a run began; whether it succeeded the others say.
        ages.extend(jobs.iter().filter_map(|job| Some((job.place.clone(), now - job.ran?, false))));
        for (what, age, _) in &ages {
            if *age < -SKEW {
                let ahead = Duration::from_seconds(-age);
                let message = format!(
                    "when the last run that {what} tells of was cannot be told: it has a time {ahead} in the future"
                );
                report
                    .unknown(message)
                    .at(what)
                    .hint("correct the clock of the machine that made it, or of this one");
            }
            let age = age.max(0.0);
            report
                .fact(format!("{what}: time since the last run"), age)
                .unit("s")
                .bound(format!("<= {most}"));
            if age > most {
                let message = format!(
                    "the last run that {what} tells of was {} ago, at most {} wanted",
                    Duration::from_seconds(age),
                    Duration::from_seconds(most)
                );
                report.no_go(message).at(what).hint(
                    "run it by hand and read what it says; journalctl -u UNIT, grep CRON /var/log/syslog",
                );
            }
        }
        if self.log.is_none() && !ages.iter().any(|(.., outcome)| *outcome) {
            let message = "whether the last run succeeded cannot be told: no backup is named that has a time, and no log";
            report
                .unknown(message)
                .hint("backups = [{ path = \"…\" }], or log = \"…\", of this item in gonogo.toml");
        }
        Ok(ages.iter().map(|(_, age, _)| age.max(0.0)).min_by(f64::total_cmp))
    }

    /// How long ago the log was written, where its last word is not a failure.
    fn log(&self, log: &str, now: f64, report: &mut Report) -> Result<Option<f64>, Stop> {
        let patterns = [Pattern::new("success", &self.success), Pattern::new("failure", &self.failure)];
        let (mut success, mut failure) = (0, 0);
        let mut matches = files::search(log, "log")
            .with("matches-maximum", 1_000_000_i64)
            .with("size-maximum", 1_i64 << 30)
            .start(&patterns)?;
        for found in matches.by_ref() {
            let found = found?;
            let line: u64 = found.need("line")?;
            let last =
                if found.need::<String>("pattern")? == "success" { &mut success } else { &mut failure };
            *last = line.max(*last);
        }
        if let Some(why) = unread(log, &matches.totals()?)? {
            // A failure may stand in what was not read.
            let message = format!("whether the last run succeeded cannot be told from {log}: {why}");
            report.unknown(message).at(log).hint("name the log's newest file, rotated and readable");
            return Ok(None);
        }
        report
            .fact(format!("{log}: last line of a success"), success)
            .unit("1")
            .bound(format!("> {failure}"));
        let line = |line: u64| u32::try_from(line).unwrap_or(u32::MAX);
        if failure > success {
            report
                .no_go(format!("the last run failed by line {failure} of {log}"))
                .at_line(log, line(failure))
                .hint("mend it, and run it by hand");
            return Ok(None);
        }
        if success == 0 {
            report
                .unknown(format!("no line of {log} matches '{}'", self.success))
                .at(log)
                .hint("correct 'success' or 'log'");
            return Ok(None);
        }
        Ok(Some(now - files::stat(log, true)?.need::<f64>("modified")?))
    }

    /// What the tools' own configurations lack.
    fn configurations(&self, report: &mut Report) {
        const MONITORS: &[&str] = &[
            "healthchecks",
            "cronitor",
            "cronhub",
            "pagerduty",
            "ntfy",
            "uptime_kuma",
            "loki",
            "apprise",
            "zabbix",
            "sentry",
        ];
        for path in &self.configurations {
            let text = match files::read_text(path) {
                Ok(text) => text,
                Err(Error::NotFound(_)) => continue,
                Err(error) => {
                    let hint = "make it readable, or leave it out of 'configurations'";
                    let message = format!("what {path} lacks cannot be told: {error}");
                    report.unknown(message).at(&**path).hint(hint);
                    continue;
                }
            };
            let keys = text
                .lines()
                .map(|line| line.trim().trim_start_matches("- "))
                .filter(|line| !line.starts_with('#'));
            let keys =
                keys.filter_map(|line| line.split([':', '=']).next()).map(str::trim).collect::<Vec<_>>();
            report.fact("configuration", &**path);
            if path.contains("borgmatic") && !keys.iter().any(|key| ["repositories", "path"].contains(key)) {
                report
                    .no_go(format!("{path} names no repository"))
                    .at(&**path)
                    .hint("repositories:\n  - path: …");
            }
            if path.contains("borgmatic") && !keys.iter().any(|key| MONITORS.contains(key)) {
                let hint = "healthchecks:\n  ping_url: …";
                report.note(format!("{path} tells nobody of a failure")).at(&**path).hint(hint);
            }
            if path.contains("resticprofile") && !keys.contains(&"schedule") {
                let hint = "schedule: daily, below backup:, then: resticprofile schedule";
                report.note(format!("{path} has no schedule")).at(&**path).hint(hint);
            }
        }
    }
}
