use gonogo_sdk::{
    Attributes, Check, Duration, JsonSchema, Rate, Report, Severity, Size, Stop, Writable, files, system,
};
use serde::Deserialize;

use crate::figure::{Figure, Unit, need};

/// Short probes of CPU, memory and disk reach the floors declared
///
/// The CPU does arithmetic on all usable cores, memory copies and adds arrays as STREAM does, and in `directory` a file is written, synced, read back
/// and removed, past the page cache where the filesystem allows it. Each probe runs only where a floor on it is declared, and nothing runs beside it. Disks
/// differ by a factor of 1,000, so there are no default floors: measure a machine known to be good (`gonogo check -v` shows the figures) and declare some 80 %.
///
/// A read that came from the page cache says nothing about the disk: if it reaches the floor, the answer is unknown. With nothing declared the check
/// does not apply.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Probe {
    /// Fewest floating-point operations per second on all usable cores: `2e11`.
    cpu: Option<f64>,
    /// Fewest floating-point operations per second on one core.
    cpu_single: Option<f64>,
    /// Lowest memory bandwidth on all usable cores (STREAM triad), such as `100 GB/s`.
    memory: Option<Rate>,
    /// Where the disk is probed.
    directory: Option<Writable>,
    /// Lowest rate of sequential writing, syncing included.
    write: Option<Rate>,
    /// Lowest rate of sequential reading.
    read: Option<Rate>,
    /// Fewest random reads of 4 KiB per second.
    random_reads: Option<f64>,
    /// Longest time to write 4 KiB and sync them.
    sync: Option<Duration>,
    /// Size of the file written: larger is more exact.
    #[serde(default = "size")]
    size: Size,
    /// Size of the arrays in memory, well above the caches.
    #[serde(default = "memory_size")]
    memory_size: Size,
    /// How long the CPU is probed, at most 5 s.
    #[serde(default = "seconds")]
    cpu_time: Duration,
}

fn size() -> Size {
    Size::mib(256)
}

fn memory_size() -> Size {
    Size::mib(512)
}

fn seconds() -> Duration {
    Duration::from_seconds(1.0)
}

impl Check for Probe {
    const TIMEOUT: Option<f64> = Some(120.0);
    const EXCLUSIVE: bool = true;

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let cpu = self.cpu.is_some() || self.cpu_single.is_some();
        let disk =
            self.write.is_some() || self.read.is_some() || self.random_reads.is_some() || self.sync.is_some();
        if !cpu && self.memory.is_none() && !disk {
            return Err(Stop::not_applicable("no floor declared"));
        }
        let mut summary = Vec::new();
        if cpu {
            match system::probe_cpu(self.cpu_time.seconds()) {
                Ok(probe) => self.cpu(report, &probe, &mut summary),
                Err(error) => _ = report.unknown(format!("cannot probe the CPU: {error}")),
            }
        }
        if let Some(least) = self.memory {
            match system::probe_memory(self.memory_size.bytes()) {
                Ok(probe) => memory(report, &probe, least, &mut summary),
                Err(error) => _ = report.unknown(format!("cannot probe memory: {error}")),
            }
        }
        match (&self.directory, disk) {
            (Some(directory), true) => match files::probe(directory, self.size.bytes()) {
                Ok(probe) => self.disk(report, &probe, directory, &mut summary),
                Err(error) => _ = report.unknown(format!("cannot probe the disk in {directory}: {error}")),
            },
            (None, true) => {
                report
                    .unknown("cannot probe the disk: floors are declared, but no directory to write in")
                    .hint("add directory = \"runs\", a directory on the disk that the run writes to");
            }
            (_, false) => {}
        }
        report.summary(if summary.is_empty() {
            "no probe has an answer".to_owned()
        } else {
            summary.join(", ")
        });
        Ok(())
    }
}

const CPU: &str = "look for other load (`top`), a frequency cap (`cpupower frequency-info`), throttling (`sudo dmesg | grep -i thermal`), a cgroup quota";

impl Probe {
    fn cpu(&self, report: &mut Report, probe: &Attributes, summary: &mut Vec<String>) {
        for (attribute, name, least) in [
            ("all", "arithmetic on all cores", self.cpu),
            ("single", "arithmetic on one core", self.cpu_single),
        ] {
            let Some(least) = least else { continue };
            if let Some(found) = need(report, probe, attribute, "CPU probe") {
                summary.push(format!("{name} {}", Unit::PerSecond.show(found)));
                Figure::new(name, found, Unit::PerSecond).at_least(report, least, Severity::NoGo, CPU);
            }
        }
    }

    fn disk(&self, report: &mut Report, probe: &Attributes, directory: &str, summary: &mut Vec<String>) {
        let hint = format!(
            "look for other load (`iostat -x 1`), a full or worn disk (`sudo smartctl -a`), the filesystem that holds it (`findmnt -T {directory}`)"
        );
        // What is not told to have gone past the cache may have come from it.
        let cached = probe.get::<bool>("direct").ok().flatten() != Some(true);
        let floors = [
            ("write-rate", "sequential write", self.write.map(Rate::per_second), Unit::Rate, false),
            ("read-rate", "sequential read", self.read.map(Rate::per_second), Unit::Rate, cached),
            ("random-reads", "random reads", self.random_reads, Unit::PerSecond, cached),
        ];
        for (attribute, name, least, unit, cached) in floors {
            let Some(least) = least else { continue };
            let Some(found) = need::<f64>(report, probe, attribute, "disk probe") else { continue };
            summary.push(format!("{name} {}", unit.show(found)));
            if Figure::new(name, found, unit).at_least(report, least, Severity::NoGo, &hint) && cached {
                report
                    .unknown(format!("{name}: {} came from the page cache, which says nothing about the disk", unit.show(found)))
                    .hint(format!("name a directory on a filesystem that can read past the cache (O_DIRECT); {directory} cannot"));
            }
        }
        if let Some(most) = self.sync
            && let Some(found) = need(report, probe, "sync-time", "disk probe")
        {
            summary.push(format!("sync {}", Unit::Seconds.show(found)));
            let figure = Figure::new("sync of 4 KiB", found, Unit::Seconds);
            figure.at_most(report, most.seconds(), Severity::NoGo, &hint);
        }
    }
}

fn memory(report: &mut Report, probe: &Attributes, least: Rate, summary: &mut Vec<String>) {
    if let Some(found) = need(report, probe, "triad", "memory probe") {
        summary.push(format!("memory {}", Unit::Rate.show(found)));
        let hint = "look for other load (`top`), memory on one channel or node only (`sudo dmidecode -t memory`, `numactl --hardware`), a cgroup quota on cores";
        let figure = Figure::new("memory bandwidth", found, Unit::Rate);
        figure.at_least(report, least.per_second(), Severity::NoGo, hint);
    }
}
