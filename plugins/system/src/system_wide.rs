//! Rules on what all processes of the system share: open files and process ids.

use gonogo_sdk::{Attributes, Report};

use crate::figure::{Figure, Unit, get};

/// Judges how much of the system's open files and process ids is used: 80 % warns, 95 % is a no-go.
pub fn used(report: &mut Report, limits: &Attributes) {
    const FILES: &str = "see who holds them with `sudo lsof | awk '{print $1}' | sort | uniq -c | sort -n | tail`; sudo sysctl fs.file-max=…";
    const PIDS: &str = "see who has them with `ps -eLo user,comm | sort | uniq -c | sort -n | tail`; raise kernel.pid_max, or pids.max of the cgroup (TasksMax= in a unit, --pids-limit of a container)";
    for (used, most, words, hint) in [
        ("files-open", "files-maximum", "open files", FILES),
        ("pids-used", "pids-maximum", "process ids", PIDS),
    ] {
        let (Some(used), Some(most)) =
            (get::<f64>(report, limits, used, "system"), get::<f64>(report, limits, most, "system"))
        else {
            continue;
        };
        if most > 0.0 {
            let name = format!("{words} in use");
            Figure::new(words, used, Unit::Count).fact(report);
            Figure::new(&name, used / most, Unit::Share).below(report, 0.80, 0.95, hint);
        }
    }
}
