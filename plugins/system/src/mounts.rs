use gonogo_sdk::{Attributes, Check, Error, JsonSchema, Readable, Report, Severity, Stop, files, system};
use serde::Deserialize;

use crate::figure::{matching, need, same};

/// Paths are on the filesystems declared, mounted as declared
///
/// For each path the filesystem that holds it is found and held against what is declared: its type, source, options, whether it
/// is a mount point of its own, and whether this user may write there. A data disk that is not mounted leaves an empty directory on the system's disk: its
/// type or source tell, where the path alone would pass.
///
/// A network filesystem whose server does not answer is unknown at the deadline, and the other paths are still judged. With nothing declared the check does
/// not apply.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mounts {
    /// The paths and what must hold of each.
    #[serde(default)]
    mounts: Vec<Declared>,
}

/// A path and what must hold of the filesystem that holds it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Declared {
    /// A file or directory.
    path: Readable,
    /// The filesystem's type: `ext4`, `lustre`, `nfs` (of any version), `tmpfs`.
    r#type: Option<String>,
    /// Mount options that must be there: `noatime`, `ro`.
    #[serde(default)]
    options: Vec<String>,
    /// Mount options that must not be there: `noexec`.
    #[serde(default)]
    without: Vec<String>,
    /// What is mounted: `/dev/nvme0n1p1`, `server:/export/data`.
    source: Option<String>,
    /// Whether the path is itself where the filesystem is mounted.
    #[serde(default)]
    mount_point: bool,
    /// Whether this user may write there; `false` for data that nobody may change.
    writable: Option<bool>,
}

impl Check for Mounts {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        if self.mounts.is_empty() {
            return Err(Stop::not_applicable("no path declared"));
        }
        // Only the table of mounts knows what is mounted.
        let table = match self.mounts.iter().any(|mount| mount.source.is_some()) {
            true => system::mounts().map_err(|error| error.to_string()),
            false => Ok(Vec::new()),
        };
        let mut wrong = 0;
        for mount in &self.mounts {
            let before = report.findings();
            match files::space(&mount.path) {
                Ok(space) => mount.judge(report, &space, &table),
                Err(Error::NotFound(_)) => {
                    let hint = format!(
                        "mount it (`sudo mount {0}` with a line in /etc/fstab), or `mkdir -p {0}`",
                        mount.path
                    );
                    report.no_go(format!("{} does not exist", mount.path)).hint(hint);
                }
                Err(error) => {
                    report
                        .unknown(format!("cannot tell the filesystem of {}: {error}", mount.path))
                        .hint(format!("see whether `timeout 5 stat -f {}` answers; a stale network mount needs `sudo umount -f -l`", mount.path));
                }
            }
            wrong += usize::from(report.findings() > before);
        }
        let all = self.mounts.len();
        report.summary(match wrong {
            0 => format!("{all} paths are mounted as declared"),
            _ => format!("{wrong} of {all} paths are not as declared, or cannot be told"),
        });
        Ok(())
    }
}

impl Declared {
    fn judge(&self, report: &mut Report, space: &Attributes, table: &Result<Vec<Attributes>, String>) {
        let path = &*self.path;
        let Some(target) = need::<String>(report, space, "mount", path) else { return };
        let kind: Option<String> = need(report, space, "type", path);
        let held = format!(
            "{path} is held by {target}: mount what it should be (`findmnt -T {path}` shows what is)"
        );
        if let (Some(wanted), Some(kind)) = (&self.r#type, &kind) {
            // The kernel calls version 4 `nfs4`.
            let holds = kind == wanted || (wanted == "nfs" && kind == "nfs4");
            let judged = holds.then_some(()).ok_or((Severity::NoGo, held.as_str()));
            matching(report, &format!("filesystem of {path}"), kind, &format!("= {wanted}"), judged);
        } else if let Some(kind) = &kind {
            report.fact(format!("filesystem of {path}"), kind.clone());
        }
        if self.mount_point {
            same(
                report,
                &format!("mount point of {path}"),
                &target,
                // The root has nothing but its slash.
                Some(path.trim_end_matches('/')).filter(|path| !path.is_empty()).unwrap_or("/"),
                Severity::NoGo,
                &held,
            );
        }
        self.options(report, space, &target);
        if let Some(wanted) = &self.source {
            match table {
                Ok(table) => source(report, path, &target, wanted, table),
                Err(error) => _ = report.unknown(format!("cannot tell what is mounted at {target}: {error}")),
            }
        }
        self.writable(report, space);
    }

    fn options(&self, report: &mut Report, space: &Attributes, target: &str) {
        if self.options.is_empty() && self.without.is_empty() {
            return;
        }
        let path = &*self.path;
        let (Some(options), Some(read_only)) = (
            need::<Vec<String>>(report, space, "options", path),
            need::<bool>(report, space, "read-only", path),
        ) else {
            return;
        };
        let has = |option: &str| match option {
            "ro" => read_only,
            "rw" => !read_only,
            option => options.iter().any(|other| other == option),
        };
        let each = self
            .options
            .iter()
            .map(|option| (option, true))
            .chain(self.without.iter().map(|option| (option, false)));
        for (option, wanted) in each {
            let words = |there| if there { "there" } else { "not there" };
            let hint = match wanted {
                true => format!("sudo mount -o remount,{option} {target}, and the same in /etc/fstab"),
                false => {
                    format!("take {option} out of the options of {target} in /etc/fstab and mount it again")
                }
            };
            let name = format!("mount option {option} of {path}");
            same(report, &name, words(has(option)), words(wanted), Severity::NoGo, &hint);
        }
    }

    fn writable(&self, report: &mut Report, space: &Attributes) {
        let Some(wanted) = self.writable else { return };
        let path = &*self.path;
        let stat = match files::stat(path, true) {
            Ok(stat) => stat,
            Err(error) => {
                report.unknown(format!("cannot tell whether {path} can be written: {error}"));
                return;
            }
        };
        let (Some(may), Some(read_only)) =
            (need::<bool>(report, &stat, "writable", path), need::<bool>(report, space, "read-only", path))
        else {
            return;
        };
        let words = |writable| if writable { "writable" } else { "not writable" };
        let hint = match (wanted, read_only) {
            (true, true) => format!(
                "it is mounted read-only: look at `sudo dmesg` for errors, then `sudo mount -o remount,rw {path}`"
            ),
            (true, false) => format!("sudo chown \"$USER\" {path}"),
            (false, _) => format!("mount it with `ro`, or `chmod -R a-w {path}`"),
        };
        same(report, path, words(may && !read_only), words(wanted), Severity::NoGo, &hint);
    }
}

/// Holds what is mounted at a target against what should be. Of several mounts on one target the last is the one in sight.
fn source(report: &mut Report, path: &str, target: &str, wanted: &str, table: &[Attributes]) {
    let mount = table.iter().rev().find(|mount| mount.get("target") == Ok(Some(target.to_owned())));
    let Some(mount) = mount else {
        report.unknown(format!(
            "cannot tell what is mounted at {target}: the table of mounts does not have it"
        ));
        return;
    };
    if let Some(found) = need::<String>(report, mount, "source", path) {
        let hint = format!("correct the line of {target} in /etc/fstab and mount it again");
        same(report, &format!("source of {path}"), &found, wanted, Severity::NoGo, &hint);
    }
}
