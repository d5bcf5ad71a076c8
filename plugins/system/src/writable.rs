use gonogo_sdk::{
    Attributes, Check, Error, JsonSchema, Readable, Report, Severity, Size, Stop, Writable, counted, files,
};
use serde::Deserialize;

use crate::{
    figure::{Figure, Unit, matching, need},
    filesystem,
};

/// Result and log directories take what the run writes
///
/// In each directory a file of 4 KiB is written, synced and removed: modes and mount options can say that writing works where it does not (a quota
/// that is used up, a network filesystem that maps root to nobody, a full log device). The filesystem that holds it must have a free floor, by default 1 GiB;
/// from 80 % used on there is a warning, as node checkers of large clusters have it, and a declared share is a no-go.
///
/// So that results and logs cannot fill the disk, a quota on the filesystem or rules of log rotation can be demanded. With no directory declared the
/// check does not apply.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Results {
    /// The directories: `["runs", "/var/log/training"]`.
    #[serde(default)]
    directories: Vec<Writable>,
    /// Least space available in each.
    #[serde(default = "minimum")]
    minimum: Size,
    /// Share of the filesystem, between 0 and 1, from which on it is too full.
    used: Option<f64>,
    /// Whether the filesystem must be mounted with quotas.
    #[serde(default)]
    quota: bool,
    /// Files with rules of log rotation that must be there and rotate by count, size or age, as logrotate writes them.
    #[serde(default)]
    rotation: Vec<Readable>,
}

fn minimum() -> Size {
    Size::gib(1)
}

/// Options under which the filesystems of Linux mount with quotas.
const QUOTAS: &[&str] = &[
    "quota",
    "usrquota",
    "grpquota",
    "prjquota",
    "uquota",
    "gquota",
    "pquota",
    "uqnoenforce",
    "usrjquota",
    "grpjquota",
];

impl Check for Results {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        if self.directories.is_empty() && self.rotation.is_empty() {
            return Err(Stop::not_applicable("no directory declared"));
        }
        let mut wrong = 0;
        for directory in &self.directories {
            let before = report.findings();
            filesystem::probe(report, directory);
            match files::space(directory) {
                Ok(space) => self.room(report, &space, directory),
                // The probe has said so.
                Err(Error::NotFound(_)) => {}
                Err(error) => _ = report.unknown(format!("cannot tell the space in {directory}: {error}")),
            }
            wrong += usize::from(report.findings() > before);
        }
        let all = self.directories.len();
        report.summary(match (wrong, &self.directories[..]) {
            (0, [only]) => format!("{} can be written", &**only),
            (0, _) => format!("{} can be written", counted(all as u64, "directory")),
            _ => format!("{wrong} of {} need attention", counted(all as u64, "directory")),
        });
        for file in &self.rotation {
            rotation(report, file);
        }
        Ok(())
    }
}

impl Results {
    fn room(&self, report: &mut Report, space: &Attributes, directory: &str) {
        let hint = format!(
            "see what takes it with `du -xh --max-depth=2 {directory} | sort -h | tail`, or choose another filesystem"
        );
        if let Some(available) = need(report, space, "available", directory) {
            let name = format!("space available in {directory}");
            let figure = Figure::new(&name, available, Unit::Bytes);
            figure.at_least(report, self.minimum.bytes() as f64, Severity::NoGo, &hint);
        }
        if let Some(used) = filesystem::used(report, space, directory) {
            let name = format!("space used in {directory}");
            let no_go = self.used.unwrap_or(f64::INFINITY);
            Figure::new(&name, used, Unit::Share).below(
                report,
                filesystem::USED_WARN.min(no_go),
                no_go,
                &hint,
            );
        }
        if self.quota
            && let Some(options) = need::<Vec<String>>(report, space, "options", directory)
        {
            let found =
                options.iter().any(|option| QUOTAS.contains(&option.split('=').next().unwrap_or_default()));
            let hint =
                "mount it with usrquota, grpquota or prjquota and set one: `sudo setquota`, `sudo xfs_quota`";
            let judged = found.then_some(()).ok_or((Severity::NoGo, hint));
            let words = if found { "on" } else { "off" };
            matching(report, &format!("quota in {directory}"), words, "= on", judged);
        }
    }
}

/// Whether a file holds a rule that bounds logs.
fn rotation(report: &mut Report, file: &str) {
    const RULE: &str = r"^\s*(rotate|maxage|maxsize|size)\s+\S";
    match files::find(file, RULE) {
        Ok(Some(line)) => {
            _ = report.fact(format!("rotation in {file}"), format!("line {line}")).bound("= a rule");
        }
        Ok(None) => {
            report.fact(format!("rotation in {file}"), "no rule").bound("= a rule");
            let hint =
                "write rules such as `rotate 7`, `maxsize 100M`, `daily`; try them with `logrotate -d`";
            report
                .no_go(format!("{file} has no rule that bounds the logs (rotate, maxsize, size, maxage)"))
                .at(file)
                .hint(hint);
        }
        Err(Error::NotFound(_)) => {
            report.no_go(format!("{file} does not exist")).at(file).hint("write it, as `man logrotate` says");
        }
        Err(error) => _ = report.unknown(format!("cannot tell the rules in {file}: {error}")),
    }
}
