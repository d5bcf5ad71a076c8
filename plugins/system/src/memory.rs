use gonogo_sdk::{Attributes, Check, JsonSchema, Report, Severity, Size, Stop, system};
use serde::Deserialize;

use crate::figure::{Figure, Unit, get, need};

/// Enough memory is usable here and now, and it is sound
///
/// Usable is the least of the board's memory and the tightest cgroup limit; usable now is what of it is not taken. The board's
/// memory is no help to a container that is killed at its own limit.
///
/// By default at least 16 GiB must be usable and half of that usable now: enough for the process, its data loaders and the page
/// cache of a small run. A declared total may be missed by 3 %, because firmware and kernel keep some for themselves (the tolerance of
/// Google's cluster-health-scanner and others). Uncorrectable errors that the memory controller counted (EDAC) are a no-go: data may be
/// wrong already.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Memory {
    /// Least memory usable here, whether taken now or not.
    #[serde(default = "minimum")]
    minimum: Size,
    /// Least memory usable now; half of `minimum` unless declared.
    available: Option<Size>,
    /// Memory that the board must have, for instance as bought.
    total: Option<Size>,
    /// Share of `total` that may be missing.
    #[serde(default = "tolerance")]
    tolerance: f64,
    /// Least swap space.
    swap_minimum: Option<Size>,
    /// Most swap space: `0 B` where there must be none.
    swap_maximum: Option<Size>,
    /// Least size of the shared memory in /dev/shm, which data loaders pass batches through.
    shm: Option<Size>,
    /// Fewest free huge pages.
    huge_pages: Option<u32>,
}

fn minimum() -> Size {
    Size::gib(16)
}

fn tolerance() -> f64 {
    0.03
}

impl Check for Memory {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let memory = system::memory()?;
        let usable: f64 = memory.need("usable")?;
        let limit = limit(&memory);
        let show = |bytes| Unit::Bytes.show(bytes);
        report.summary(format!("{} usable: {limit}", show(usable)));
        let hint = format!("{limit}: {}", raise(&memory, self.minimum));
        let least = self.minimum.bytes() as f64;
        Figure::new("usable memory", usable, Unit::Bytes).at_least(report, least, Severity::NoGo, &hint);

        if let Some(now) = need::<f64>(report, &memory, "usable-now", "memory") {
            report.summary(format!("{} usable, {} now: {limit}", show(usable), show(now)));
            let least = self.available.map_or(least / 2.0, |size| size.bytes() as f64);
            let hint =
                "see what takes it with `ps -eo rss,pid,user,args --sort=-rss | head`, end it or wait for it";
            let figure = Figure::new("memory usable now", now, Unit::Bytes);
            figure.at_least(report, least, Severity::NoGo, hint);
        }
        if let Some(declared) = self.total
            && let Some(total) = need(report, &memory, "total", "memory")
        {
            let least = (declared.bytes() as f64 * (1.0 - self.tolerance)).floor();
            let hint = "a module is missing or disabled: `sudo dmidecode -t memory` lists them, `sudo ipmitool sel list` may say why";
            Figure::new("memory of the board", total, Unit::Bytes).at_least(
                report,
                least,
                Severity::NoGo,
                hint,
            );
        }
        self.swap(report, &memory);
        if let Some(least) = self.shm
            && let Some(shm) = need(report, &memory, "shm-total", "memory")
        {
            let hint = format!(
                "`docker run --shm-size={0}` or --ipc=host, an emptyDir of medium Memory on /dev/shm in Kubernetes, else `sudo mount -o remount,size={0} /dev/shm`",
                least.bytes()
            );
            let figure = Figure::new("shared memory", shm, Unit::Bytes);
            figure.at_least(report, least.bytes() as f64, Severity::NoGo, &hint);
        }
        if let Some(least) = self.huge_pages
            && let Some(free) = need(report, &memory, "huge-pages-free", "memory")
        {
            let hint = format!("sudo sysctl vm.nr_hugepages={least}");
            let figure = Figure::new("free huge pages", free, Unit::Count);
            figure.at_least(report, f64::from(least), Severity::NoGo, &hint);
        }
        errors(report, &memory);
        Ok(())
    }
}

impl Memory {
    fn swap(&self, report: &mut Report, memory: &Attributes) {
        if self.swap_minimum.is_none() && self.swap_maximum.is_none() {
            return;
        }
        let Some(swap) = need(report, memory, "swap-total", "memory") else { return };
        let figure = Figure::new("swap", swap, Unit::Bytes);
        if let Some(least) = self.swap_minimum {
            let hint = "add a swap file: fallocate, mkswap, swapon, and a line in /etc/fstab";
            figure.at_least(report, least.bytes() as f64, Severity::NoGo, hint);
        }
        if let Some(most) = self.swap_maximum {
            let hint = "sudo swapoff -a, and take the swap line out of /etc/fstab";
            figure.at_most(report, most.bytes() as f64, Severity::NoGo, hint);
        }
    }
}

/// What the memory controller counted.
fn errors(report: &mut Report, memory: &Attributes) {
    if let Some(count) = get(report, memory, "ecc-uncorrectable", "memory") {
        let hint = "take the machine out of service and replace the module that `edac-util -v` or `ras-mc-ctl --errors` names";
        let figure = Figure::new("uncorrectable memory errors", count, Unit::Count);
        figure.at_most(report, 0.0, Severity::NoGo, hint);
    }
    if let Some(count) = get(report, memory, "ecc-correctable", "memory") {
        Figure::new("correctable memory errors", count, Unit::Count).fact(report);
    }
}

/// The cgroup limit, where it is tighter than the board.
fn cgroup(memory: &Attributes) -> Option<f64> {
    // Only explains: a value that could not be read explains nothing.
    let value = |name| memory.get::<f64>(name).ok().flatten();
    let limit = value("cgroup-limit")?;
    value("total").is_none_or(|total| limit < total).then_some(limit)
}

fn limit(memory: &Attributes) -> String {
    let total = memory.get::<f64>("total").ok().flatten().map(|total| Unit::Bytes.show(total));
    match (cgroup(memory), total) {
        (Some(limit), Some(total)) => format!("a cgroup limits it to {} of {total}", Unit::Bytes.show(limit)),
        (Some(limit), None) => format!("a cgroup limits it to {}", Unit::Bytes.show(limit)),
        (None, Some(total)) => format!("the board has {total}"),
        (None, None) => "what limits it is not told".to_owned(),
    }
}

fn raise(memory: &Attributes, wanted: Size) -> String {
    let mib = wanted.bytes() >> 20;
    match cgroup(memory) {
        Some(_) => format!(
            "raise it: `docker run --memory={mib}m`, resources.limits.memory: {mib}Mi in Kubernetes, --mem={mib}M in Slurm, or `systemctl set-property UNIT MemoryMax={mib}M`"
        ),
        None => "run on a machine with more memory, or lower 'minimum'".to_owned(),
    }
}
