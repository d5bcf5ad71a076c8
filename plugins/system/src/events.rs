//! Rules on what the kernel says of the last hours.

use gonogo_sdk::{Attributes, Report, Severity, clock, system};

use crate::{driver, xid};

/// How far back trouble counts, in seconds: what is older has been met by whoever keeps the machine.
const RECENT: f64 = 7200.0;

/// How far back lost carriers are counted.
const DAY: u64 = 86_400;

/// Lost carriers in a day from which on a link is no good.
const LOST_CARRIERS: usize = 5;

/// Category, what it means, how bad, what to do.
const RULES: &[(&str, &str, Severity, &str)] = &[
    (
        "oom-kill",
        "processes killed for lack of memory",
        Severity::Warn,
        "give the job more memory, or let it use less: fewer data loader workers, smaller caches",
    ),
    (
        "nvme",
        "NVMe errors",
        Severity::NoGo,
        "copy what matters elsewhere and look at the disk: `sudo nvme smart-log`, `sudo nvme error-log`",
    ),
    (
        "read-only-remount",
        "filesystems remounted read-only after errors",
        Severity::NoGo,
        "copy what matters elsewhere, then unmount and check it: `sudo fsck`, `sudo xfs_repair`",
    ),
    (
        "machine-check",
        "machine checks of the CPU or memory",
        Severity::Warn,
        "see `sudo ras-mc-ctl --errors` or `sudo mcelog`, and have the part that it names checked",
    ),
    (
        "io-error",
        "I/O errors",
        Severity::Warn,
        "look at the disk or its path: `sudo smartctl -a`, `sudo dmesg | grep -i 'i/o error'`",
    ),
];

/// Judges the kernel log: each kind of trouble once, with its count and its latest words.
pub fn judge(report: &mut Report, gpus: &[Attributes]) {
    let (events, now) = match (system::kernel_events(DAY), clock::now()) {
        (Ok(events), Ok(now)) => (events, now),
        (Err(error), _) | (_, Err(error)) => {
            report
                .unknown(format!("cannot tell what the kernel says: {error}"))
                .hint("run as a user who may read the kernel log (`sudo sysctl kernel.dmesg_restrict=0`), or set kernel-log = false");
            return;
        }
    };
    // An event whose time cannot be told may be recent.
    let recent =
        |event: &&Attributes| event.get::<f64>("time").ok().flatten().is_none_or(|time| time >= now - RECENT);
    let lost = events.iter().filter(|event| xid::category(event) == "lost-carrier").count();
    let events: Vec<Attributes> = events.iter().filter(recent).cloned().collect();
    for (category, words, severity, hint) in RULES {
        let of: Vec<_> = events.iter().filter(|event| xid::category(event) == *category).collect();
        report.fact(*words, of.len()).unit("1").bound("= 0");
        if let Some(latest) = of.last() {
            let message: String = latest.get("message").ok().flatten().unwrap_or_default();
            report
                .finding(*severity, format!("{words}: {} in the last 2 h, the latest: {message}", of.len()))
                .hint(*hint);
        }
    }
    report.fact("lost carriers in 24 h", lost).unit("1").bound(format!("<= {LOST_CARRIERS}"));
    if lost > LOST_CARRIERS {
        report
            .no_go(format!("lost carriers in 24 h: {lost}, at most {LOST_CARRIERS} wanted"))
            .hint("reseat or replace cable and transceiver of the link that `sudo dmesg | grep -i 'lost carrier'` names");
    }
    driver::limited(report, &events);
    if !gpus.is_empty() || events.iter().any(|event| xid::category(event) == "xid") {
        xid::judge(report, &events, gpus);
    }
}
