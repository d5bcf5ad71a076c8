//! Rules on the filesystem that holds a path: free space and inodes, writing. Shared by the checks that look at directories.

use gonogo_sdk::{Attributes, Error, Report, Severity, files};

use crate::figure::{Figure, Unit, get, matching, need};

/// Share used from which on a filesystem is worth a warning.
pub const USED_WARN: f64 = 0.80;

/// Share used from which on a filesystem is a no-go where no free floor speaks for it.
pub const USED_NO_GO: f64 = 0.85;

/// The filesystem as people name it: `/home (ext4)`.
pub fn name(space: &Attributes, path: &str) -> String {
    let text = |name| space.get::<String>(name).ok().flatten();
    match (text("mount"), text("type")) {
        (Some(mount), Some(kind)) => format!("{mount} ({kind})"),
        (Some(mount), None) => mount,
        (None, _) => format!("the filesystem of {path}"),
    }
}

/// Available space and free inodes against their floors; a large share used warns.
pub fn free(report: &mut Report, space: &Attributes, path: &str, bytes: f64, inodes: f64) {
    let show = |path: &str| {
        format!(
            "see what takes it with `du -xh --max-depth=2 {path} | sort -h | tail`, or choose another filesystem"
        )
    };
    let mount = space.get::<String>("mount").ok().flatten().unwrap_or_else(|| path.to_owned());
    if let Some(available) = need::<f64>(report, space, "available", path) {
        let figure = Figure::new("space available", available, Unit::Bytes);
        figure.at_least(report, bytes, Severity::NoGo, &show(&mount));
        if let Some(used) = used(report, space, path) {
            let figure = Figure::new("space used", used, Unit::Share);
            // The floor has spoken: the share alone stops nothing.
            figure.below(report, USED_WARN, f64::INFINITY, &show(&mount));
        }
    }
    // Filesystems that make inodes as they need them (btrfs, many network ones) count none.
    let total = get::<f64>(report, space, "inodes-total", path).filter(|total| *total > 0.0);
    if let Some(total) = total
        && let Some(free) = need::<f64>(report, space, "inodes-free", path)
    {
        let hint = format!(
            "see where the many files are with `du -x --inodes --max-depth=2 {mount} | sort -n | tail`; pack small files into archives"
        );
        Figure::new("inodes free", free, Unit::Count).at_least(report, inodes, Severity::NoGo, &hint);
        Figure::new("inodes used", 1.0 - free / total, Unit::Share).below(
            report,
            USED_WARN,
            f64::INFINITY,
            &hint,
        );
    }
}

/// The share of the space that is used, as `df` counts: what is kept for root belongs to nobody.
pub fn used(report: &mut Report, space: &Attributes, path: &str) -> Option<f64> {
    let value = |report: &mut Report, name| need::<f64>(report, space, name, path);
    let used = value(report, "total")? - value(report, "free")?;
    let all = used + value(report, "available")?;
    (all > 0.0).then(|| used / all)
}

/// Whether the filesystem is mounted for writing and this user may write in the directory.
pub fn writable(report: &mut Report, space: &Attributes, stat: &Attributes, path: &str) {
    if let Some(kind) = need::<String>(report, stat, "kind", path)
        && kind != "directory"
    {
        report
            .no_go(format!("{path} is a {kind}, not a directory"))
            .hint(format!("move it away and run `mkdir -p {path}`"));
        return;
    }
    let read_only = need::<bool>(report, space, "read-only", path);
    if read_only == Some(true) {
        let mount = space.get::<String>("mount").ok().flatten().unwrap_or_else(|| path.to_owned());
        let hint = format!(
            "look for disk errors in `sudo dmesg` first, then `sudo mount -o remount,rw {mount}`; for a container, mount it without `ro`"
        );
        matching(
            report,
            &format!("{path} mounted"),
            "read-only",
            "= read-write",
            Err((Severity::NoGo, &hint)),
        );
    } else if let Some(writable) = need::<bool>(report, stat, "writable", path) {
        let found = if writable { "yes" } else { "no" };
        let hint = format!("sudo chown \"$USER\" {path}, or `chmod u+w {path}` where you own it");
        let judged = writable.then_some(()).ok_or((Severity::NoGo, hint.as_str()));
        matching(report, &format!("{path} writable"), found, "= yes", judged);
    }
}

/// Writes 4 KiB in a directory, syncs and removes them.
pub fn probe(report: &mut Report, directory: &str) {
    match files::probe(directory, 4096) {
        Ok(probe) => {
            let name = format!("{directory} written and synced in");
            if let Some(time) = get(report, &probe, "sync-time", directory) {
                Figure::new(&name, time, Unit::Seconds).fact(report);
            }
        }
        // The system refused the write itself: that is the answer, not the lack of one.
        Err(Error::NotFound(_)) => {
            report.no_go(format!("{directory} does not exist")).hint(format!("mkdir -p {directory}"));
        }
        Err(Error::Io(why)) => {
            let hint = format!(
                "try it by hand: `touch {directory}/x && sync {directory}/x && rm {directory}/x`; look at `df -h {directory}`, `df -i {directory}` and `quota -s`"
            );
            report.no_go(format!("writing in {directory} fails: {why}")).hint(hint);
        }
        Err(error) => {
            report.unknown(format!("cannot tell whether {directory} can be written: {error}"));
        }
    }
}
