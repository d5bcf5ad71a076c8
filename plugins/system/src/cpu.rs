use gonogo_sdk::{Attributes, Check, Frequency, JsonSchema, Report, Severity, Stop, system};
use serde::Deserialize;

use crate::figure::{Figure, Unit, get, matching, need, same};

/// Enough logical cores are usable, clocked and equipped as the run needs
///
/// Usable is the least of the affinity mask and the tightest cgroup quota: a board with 64 cores is no help to a container that
/// may use 2. The reason names which of the three limits: quota, mask or board.
///
/// By default only the number of usable cores is judged: at least 4, so that data loaders, the training process and the system do
/// not wait for each other. What is declared besides (physical cores, load, governor, frequency, clock source, a synchronised clock,
/// instruction sets) must hold. Undeclared, a governor other than `performance`, a slow clock source (`hpet`, `acpi_pm`,
/// `jiffies`) and a clock that is not synchronised are notes: node checkers of large clusters ask for `performance`, `tsc` and a
/// synchronised clock.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cpu {
    /// Fewest usable logical cores.
    #[serde(default = "minimum")]
    minimum: f64,
    /// Fewest physical cores of the board.
    physical: Option<f64>,
    /// Highest load average over the last minute for each logical core of the board: 1 means that all of them are busy.
    load: Option<f64>,
    /// The frequency governor of every core: `performance`.
    governor: Option<String>,
    /// Lowest maximum frequency, such as `3 GHz`.
    frequency: Option<Frequency>,
    /// The kernel's clock source: `tsc`.
    clocksource: Option<String>,
    /// Whether the clock must be synchronised.
    #[serde(default)]
    clock_synchronised: bool,
    /// Instruction sets and features that must be there, as /proc/cpuinfo names them: `avx2`, `avx512f`, `amx_bf16`.
    #[serde(default)]
    flags: Vec<String>,
}

fn minimum() -> f64 {
    4.0
}

impl Check for Cpu {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let cpu = system::cpu()?;
        let usable: f64 = cpu.need("usable")?;
        let (limit, hint) = limit(&cpu, self.minimum);
        report.summary(format!("{} usable cores: {limit}", Unit::Count.show(usable)));
        let figure = Figure::new("usable cores", usable, Unit::Count);
        figure.at_least(report, self.minimum, Severity::NoGo, &format!("{limit}: {hint}"));
        let logical = get::<f64>(report, &cpu, "logical", "CPU");
        if let Some(logical) = logical {
            Figure::new("logical cores of the board", logical, Unit::Count).fact(report);
        }
        if let Some(least) = self.physical
            && let Some(physical) = need(report, &cpu, "physical", "CPU")
        {
            let hint = "run on a larger machine, or lower 'physical'";
            Figure::new("physical cores", physical, Unit::Count).at_least(
                report,
                least,
                Severity::NoGo,
                hint,
            );
        }
        self.load(report, &cpu, logical);
        self.clocks(report, &cpu);
        if !self.flags.is_empty()
            && let Some(there) = need::<Vec<String>>(report, &cpu, "flags", "CPU")
        {
            for flag in &self.flags {
                let holds = there.contains(flag);
                let hint = "run on a CPU that has it, or, in a virtual machine, pass the host's CPU through (`-cpu host`)";
                let found = if holds { "there" } else { "missing" };
                let judged = holds.then_some(()).ok_or((Severity::NoGo, hint));
                matching(report, &format!("CPU feature {flag}"), found, "= there", judged);
            }
        }
        Ok(())
    }
}

impl Cpu {
    fn load(&self, report: &mut Report, cpu: &Attributes, logical: Option<f64>) {
        // The load is the whole machine's, whatever of it this process may use: so it is shared by the board's cores.
        let load = match self.load {
            Some(_) => need::<f64>(report, cpu, "load-1", "CPU"),
            None => get(report, cpu, "load-1", "CPU"),
        };
        let (Some(load), Some(logical)) = (load, logical) else {
            if self.load.is_some() && logical.is_none() {
                report.unknown("CPU: cannot tell the load of each core without the number of logical cores");
            }
            return;
        };
        let figure = Figure::new("load for each core", load / logical.max(1.0), Unit::Count);
        match self.load {
            Some(most) => {
                let hint = "see what runs with `ps -eo pcpu,pid,user,args --sort=-pcpu | head`";
                figure.at_most(report, most, Severity::NoGo, hint);
            }
            None => figure.fact(report),
        }
    }

    fn clocks(&self, report: &mut Report, cpu: &Attributes) {
        const GOVERNOR: &str = "sudo cpupower frequency-set -g performance";
        const CLOCKSOURCE: &str =
            "echo tsc | sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource";
        const SYNCHRONISE: &str = "sudo timedatectl set-ntp true, then look at `timedatectl`";

        if let Some(wanted) = &self.governor {
            if let Some(found) = need::<Vec<String>>(report, cpu, "governor", "CPU") {
                let hint = format!("sudo cpupower frequency-set -g {wanted}");
                same(report, "governor", &found.join(", "), wanted, Severity::NoGo, &hint);
            }
        } else {
            let found = get::<Vec<String>>(report, cpu, "governor", "CPU").unwrap_or_default();
            if found.iter().any(|governor| governor != "performance") {
                same(report, "governor", &found.join(", "), "performance", Severity::Note, GOVERNOR);
            }
        }
        if let Some(least) = self.frequency
            && let Some(found) = need(report, cpu, "frequency-maximum", "CPU")
        {
            let hint = "look for a cap: `cpupower frequency-info`, the BIOS' power profile, /sys/devices/system/cpu/cpufreq/boost";
            let figure = Figure::new("highest frequency", found, Unit::Hertz);
            figure.at_least(report, least.hertz(), Severity::NoGo, hint);
        }
        if let Some(wanted) = &self.clocksource {
            if let Some(found) = need::<String>(report, cpu, "clocksource", "CPU") {
                let hint = CLOCKSOURCE.replace("tsc", wanted);
                same(report, "clock source", &found, wanted, Severity::NoGo, &hint);
            }
        } else if let Some(found) = get::<String>(report, cpu, "clocksource", "CPU")
            && matches!(found.as_str(), "hpet" | "acpi_pm" | "jiffies" | "refined-jiffies")
        {
            same(report, "clock source", &found, "tsc", Severity::Note, CLOCKSOURCE);
        }
        let words = |synchronised| if synchronised { "synchronised" } else { "not synchronised" };
        let (found, otherwise): (Option<bool>, _) = match self.clock_synchronised {
            true => (need(report, cpu, "clock-synchronised", "CPU"), Severity::NoGo),
            false => (get(report, cpu, "clock-synchronised", "CPU"), Severity::Note),
        };
        if let Some(found) = found {
            same(report, "clock", words(found), words(true), otherwise, SYNCHRONISE);
        }
    }
}

/// What keeps the number of usable cores as low as it is, and what would raise it.
fn limit(cpu: &Attributes, wanted: f64) -> (String, String) {
    // Only explains: a value that could not be read explains nothing.
    let value = |name| cpu.get::<f64>(name).ok().flatten();
    let cores = wanted.ceil();
    match (value("quota"), value("affinity"), value("logical")) {
        (Some(quota), affinity, logical) if affinity.or(logical).is_none_or(|mask| quota < mask) => (
            format!("a cgroup quota grants {}", of(quota, logical)),
            format!(
                "raise it: `docker run --cpus={cores}`, resources.limits.cpu: \"{cores}\" in Kubernetes, --cpus-per-task={cores} in Slurm, \
                 or `systemctl set-property UNIT CPUQuota={}%`",
                cores * 100.0
            ),
        ),
        (_, Some(affinity), logical) if logical.is_none_or(|logical| affinity < logical) => (
            format!("the affinity mask holds {}", of(affinity, logical)),
            format!(
                "ask Slurm for --cpus-per-task={cores}, or start it under `taskset -c 0-{}`, where the cpuset allows it",
                cores - 1.0
            ),
        ),
        (_, _, Some(logical)) => (
            format!("the board has {}", Unit::Count.show(logical)),
            "run on a larger machine, or lower 'minimum'".to_owned(),
        ),
        _ => (
            "what limits them is not told".to_owned(),
            "run on a larger machine, or lower 'minimum'".to_owned(),
        ),
    }
}

fn of(part: f64, whole: Option<f64>) -> String {
    let part = Unit::Count.show(part);
    whole.map_or_else(|| part.clone(), |whole| format!("{part} of {}", Unit::Count.show(whole)))
}
