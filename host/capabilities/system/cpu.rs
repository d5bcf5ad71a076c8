//! Cores: of the board, in the affinity mask, by cgroup quota.

use std::collections::BTreeSet;

use super::{
    Machine, clib,
    machine::{Reading, parsed, put},
};
use crate::domain::{Attributes, Error};

/// The first processor's block of /proc/cpuinfo fits in here. The rest repeats it for each core, and making that text takes the
/// kernel milliseconds on a large machine.
const ONE_PROCESSOR: u64 = 8 * 1024;

impl Machine {
    /// See `cpu` in `wit/system.wit`.
    pub fn cpu(&self) -> Result<Attributes, Error> {
        let mut cpu = Attributes::new();
        let online = self.online();
        put(
            &mut cpu,
            "physical",
            online.as_ref().map_err(Clone::clone).and_then(|online| self.physical(online)),
        );
        put(&mut cpu, "logical", online.map(|online| Some(online.len())));

        let affinity = affinity();
        let quota = self.cpu_quota();
        let usable = match (&affinity, &quota) {
            (Ok(cores), Ok(quota)) => {
                let cores = f64::from(*cores);
                Ok(Some(quota.map_or(cores, |quota| cores.min(quota))))
            }
            (Err(error), _) | (_, Err(error)) => Err(error.clone()),
        };
        put(&mut cpu, "affinity", affinity.map(Some));
        put(&mut cpu, "quota", quota);
        put(&mut cpu, "usable", usable);

        self.put_model(&mut cpu);
        self.put_load(&mut cpu);
        self.put_frequency(&mut cpu);
        put(
            &mut cpu,
            "clocksource",
            self.line("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
        );
        put(&mut cpu, "clock-synchronised", clib::clock_synchronised().map(Some));
        Ok(cpu)
    }

    /// Numbers of the logical cores that are switched on.
    fn online(&self) -> Result<BTreeSet<u32>, Error> {
        core_list(&self.need("/sys/devices/system/cpu/online")?)
    }

    /// How many cores there are when those that share one count once. `None` where the kernel does not tell the topology.
    fn physical(&self, online: &BTreeSet<u32>) -> Reading<usize> {
        let mut left = online.clone();
        let mut cores = 0;
        while let Some(core) = left.pop_first() {
            let path = format!("/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list");
            let Some(siblings) = self.read(path)? else { return Ok(None) };
            for sibling in core_list(&siblings)? {
                left.remove(&sibling);
            }
            cores += 1;
        }
        Ok(Some(cores))
    }

    fn put_model(&self, cpu: &mut Attributes) {
        let info = match self.read_start("/proc/cpuinfo", ONE_PROCESSOR) {
            Ok(info) => info.unwrap_or_default(),
            Err(failed) => return put(cpu, "model", Reading::<String>::Err(failed)),
        };
        let field = |name: &str| {
            let value = info.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                (key.trim_end() == name).then(|| value.trim())
            });
            value.filter(|value| !value.is_empty())
        };
        cpu.set_some("model", field("model name"));
        cpu.set_some("vendor", field("vendor_id"));
        // "Features" is what 64-bit Arm calls them.
        let flags = field("flags").or_else(|| field("Features"));
        cpu.set_some("flags", flags.map(|flags| flags.split(' ').map(str::to_owned).collect::<Vec<_>>()));
    }

    fn put_load(&self, cpu: &mut Attributes) {
        let load = self.need("/proc/loadavg");
        for (place, name) in ["load-1", "load-5", "load-15"].into_iter().enumerate() {
            let value = load.as_ref().map_err(Clone::clone).and_then(|load| {
                parsed::<f64>(load.split(' ').nth(place).unwrap_or_default(), "/proc/loadavg").map(Some)
            });
            put(cpu, name, value);
        }
    }

    fn put_frequency(&self, cpu: &mut Attributes) {
        const POLICIES: &str = "/sys/devices/system/cpu/cpufreq";
        let read = || {
            let mut governors = BTreeSet::new();
            let mut maximum = None;
            for policy in self.names(POLICIES)?.unwrap_or_default() {
                if policy.starts_with("policy") {
                    governors.extend(self.line(format!("{POLICIES}/{policy}/scaling_governor"))?);
                    maximum = maximum.max(self.number(format!("{POLICIES}/{policy}/cpuinfo_max_freq"))?);
                }
            }
            Ok((governors, maximum))
        };
        match read() {
            Ok((governors, maximum)) => {
                if !governors.is_empty() {
                    cpu.set("governor", Vec::from_iter(governors));
                }
                cpu.set_some("frequency-maximum", maximum.map(|kilohertz| kilohertz * 1000));
            }
            Err(failed) => put(cpu, "governor", Reading::<String>::Err(failed)),
        }
    }
}

/// How many cores the scheduler may put this process on.
fn affinity() -> Result<u32, Error> {
    rustix::thread::sched_getaffinity(None)
        .map(|cores| cores.count())
        .map_err(|error| Error::from_io("ask for", "the affinity of this process", &error.into()))
}

/// The kernel's way to write a set of cores: `0-3,8,10-11`.
fn core_list(text: &str) -> Result<BTreeSet<u32>, Error> {
    let mut cores = BTreeSet::new();
    for range in text.trim().split(',').filter(|range| !range.is_empty()) {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        cores.extend(parsed::<u32>(first, "a list of cores")?..=parsed(last, "a list of cores")?);
    }
    Ok(cores)
}
