use gonogo_sdk::{
    Attributes, Check, Error, JsonSchema, Readable, Report, Severity, Size, Stop, counted, files, system,
};
use serde::Deserialize;

use crate::{
    device, driver, events,
    figure::{Figure, Unit, get, matching, need},
    filesystem, system_wide,
};

/// During the run, utilisation, memory, temperature, throttling and disk growth stay within bounds
///
/// A look at the whole machine while it works, with the bounds of the node checkers of large clusters (gpud, LBNL NHC, Google's cluster-health-scanner).
///
/// No-go: a GPU that is lost or broken (see `system/gpu`), a disk of which 85 % or more is used and whose free floor is not met, memory below its floor, 95 % of
/// the system's files or process ids in use, a process of the NVIDIA driver that hangs in the kernel, and in the kernel log of the last 2 hours NVMe
/// errors, a filesystem remounted read-only or an XID of broken hardware; more than 5 lost carriers of a network link in 24 hours; InfiniBand ports that are not active at the rate declared. Warnings: processes killed
/// for lack of memory, machine checks, I/O errors, throttling, much swap in use, a load of more than twice the cores, many zombies, disks from 80 % used on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Health {
    /// A directory on the disk that the run fills.
    #[serde(default = "path")]
    path: Readable,
    /// Space that must stay available there, whatever share is used.
    #[serde(default = "floor")]
    disk: Size,
    /// Memory that must stay usable.
    #[serde(default = "memory")]
    memory: Size,
    /// Most swap space in use before there is a warning.
    #[serde(default = "swap")]
    swap: Size,
    /// Highest load average over 5 minutes for each logical core before there is a warning.
    #[serde(default = "load")]
    load: f64,
    /// Most zombies before there is a warning.
    #[serde(default = "zombies")]
    zombies: u32,
    /// Lowest utilisation of each GPU, between 0 and 1, before there is a warning.
    gpu_utilisation: Option<f64>,
    /// Highest share of each GPU's memory in use, between 0 and 1, before there is a warning.
    gpu_memory: Option<f64>,
    /// Temperature of a GPU in degrees Celsius from which on there is a warning.
    gpu_temperature: Option<f64>,
    /// Fewest InfiniBand ports that are active.
    infiniband_ports: Option<u32>,
    /// Lowest rate of each InfiniBand port, in gigabits per second: 200 beside A100, 400 beside H100.
    infiniband_rate: Option<f64>,
    /// Whether the kernel log is read. Where it is closed to this user, the answer is unknown.
    #[serde(default = "kernel_log")]
    kernel_log: bool,
}

fn path() -> Readable {
    ".".into()
}

fn floor() -> Size {
    Size::gib(10)
}

fn memory() -> Size {
    Size::gib(1)
}

fn swap() -> Size {
    Size::gib(1)
}

fn load() -> f64 {
    2.0
}

fn zombies() -> u32 {
    10
}

fn kernel_log() -> bool {
    true
}

impl Check for Health {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let mut summary = Vec::new();
        // Each part is judged whatever becomes of the others.
        let gpus = match system::gpus() {
            Ok(gpus) => gpus,
            Err(Error::Unsupported(_)) => Vec::new(),
            Err(error) => {
                report.unknown(format!("cannot tell the GPUs: {error}"));
                Vec::new()
            }
        };
        self.gpus(report, &gpus, &mut summary);
        part(report, "memory", system::memory(), |report, memory| self.memory(report, memory, &mut summary));
        part(report, "the load", system::cpu(), |report, cpu| self.load(report, cpu));
        part(report, "the limits", system::limits(), system_wide::used);
        part(report, "the disk", files::space(&self.path), |report, space| {
            self.disk(report, space, &mut summary);
        });
        match system::troubled_processes() {
            Ok(processes) => self.processes(report, &processes),
            Err(error) => _ = report.unknown(format!("cannot tell the processes: {error}")),
        }
        if self.infiniband_ports.is_some() || self.infiniband_rate.is_some() {
            match system::interfaces() {
                Ok(interfaces) => self.infiniband(report, &interfaces),
                Err(error) => _ = report.unknown(format!("cannot tell the InfiniBand ports: {error}")),
            }
        }
        if self.kernel_log {
            events::judge(report, &gpus);
        }
        report.summary(if summary.is_empty() {
            "nothing could be told".to_owned()
        } else {
            summary.join(", ")
        });
        Ok(())
    }
}

/// Judges one answer of the host, or says that it could not be had.
fn part(
    report: &mut Report,
    what: &str,
    answer: Result<Attributes, Error>,
    judge: impl FnOnce(&mut Report, &Attributes),
) {
    match answer {
        Ok(attributes) => judge(report, &attributes),
        Err(error) => _ = report.unknown(format!("cannot tell {what}: {error}")),
    }
}

impl Health {
    fn gpus(&self, report: &mut Report, gpus: &[Attributes], summary: &mut Vec<String>) {
        let visible: Vec<_> = gpus.iter().filter(|gpu| device::visible(gpu)).collect();
        if visible.is_empty() {
            return;
        }
        let switches = driver::switches(&driver::all(report));
        let count = visible.len();
        let mut lowest = f64::INFINITY;
        for gpu in visible {
            if !device::there(report, gpu) {
                continue;
            }
            device::judge(report, gpu, self.gpu_temperature, switches);
            let label = device::label(gpu);
            let utilisation = get::<f64>(report, gpu, "utilisation", &label);
            lowest = lowest.min(utilisation.unwrap_or(f64::INFINITY));
            if let Some(least) = self.gpu_utilisation {
                match utilisation {
                    Some(found) => {
                        let hint = "the GPU waits: for data (more workers, a faster disk), for the CPU (`py-spy top`), or for other ranks";
                        let name = format!("{label} utilisation");
                        Figure::new(&name, found, Unit::Share).at_least(report, least, Severity::Warn, hint);
                    }
                    None => _ = report.unknown(format!("cannot tell the utilisation of {label}")),
                }
            }
            if let Some(most) = self.gpu_memory
                && let (Some(used), Some(total)) = (
                    need::<f64>(report, gpu, "memory-used", &label),
                    need::<f64>(report, gpu, "memory-total", &label),
                )
            {
                let hint =
                    "lower the batch size or turn on activation checkpointing before it runs out of memory";
                let name = format!("{label} memory in use");
                Figure::new(&name, used / total.max(1.0), Unit::Share).at_most(
                    report,
                    most,
                    Severity::Warn,
                    hint,
                );
            }
        }
        summary.push(match lowest.is_finite() {
            true => format!("{} at {} or more", counted(count as u64, "GPU"), Unit::Share.show(lowest)),
            false => counted(count as u64, "GPU"),
        });
    }

    fn memory(&self, report: &mut Report, memory: &Attributes, summary: &mut Vec<String>) {
        const HINT: &str = "see what takes it with `ps -eo rss,pid,user,args --sort=-rss | head`; fewer or lighter data loaders";
        if let Some(now) = need(report, memory, "usable-now", "memory") {
            summary.push(format!("{} of memory usable", Unit::Bytes.show(now)));
            let figure = Figure::new("memory usable now", now, Unit::Bytes);
            figure.at_least(report, self.memory.bytes() as f64, Severity::NoGo, HINT);
        }
        if let Some(total) = get::<f64>(report, memory, "swap-total", "memory")
            && let Some(free) = need::<f64>(report, memory, "swap-free", "memory")
        {
            let figure = Figure::new("swap in use", total - free, Unit::Bytes);
            figure.at_most(report, self.swap.bytes() as f64, Severity::Warn, HINT);
        }
        if let Some(count) = get(report, memory, "ecc-uncorrectable", "memory") {
            let hint = "stop at the next checkpoint and take the machine out of service: `ras-mc-ctl --errors` names the module";
            let figure = Figure::new("uncorrectable memory errors", count, Unit::Count);
            figure.at_most(report, 0.0, Severity::NoGo, hint);
        }
    }

    fn load(&self, report: &mut Report, cpu: &Attributes) {
        // The load is the whole machine's, so it is shared by the board's cores.
        if let Some(load) = get::<f64>(report, cpu, "load-5", "CPU")
            && let Some(logical) = need::<f64>(report, cpu, "logical", "CPU")
        {
            let hint = "see what runs with `top`; fewer data loader workers, OMP_NUM_THREADS at cores divided by processes";
            let figure = Figure::new("load for each core", load / logical.max(1.0), Unit::Count);
            figure.at_most(report, self.load, Severity::Warn, hint);
        }
    }

    fn disk(&self, report: &mut Report, space: &Attributes, summary: &mut Vec<String>) {
        let path = &*self.path;
        let hint = format!(
            "remove old checkpoints and logs (`du -xh --max-depth=2 {path} | sort -h | tail`), or keep fewer"
        );
        let Some(available) = need::<f64>(report, space, "available", path) else { return };
        summary.push(format!(
            "{} available on {}",
            Unit::Bytes.show(available),
            filesystem::name(space, path)
        ));
        let floor = self.disk.bytes() as f64;
        let met = Figure::new("space available", available, Unit::Bytes).at_least(
            report,
            floor,
            Severity::Warn,
            &hint,
        );
        let no_go = if met { f64::INFINITY } else { filesystem::USED_NO_GO };
        if let Some(used) = filesystem::used(report, space, path) {
            Figure::new("space used", used, Unit::Share).below(report, filesystem::USED_WARN, no_go, &hint);
        }
        if let (Some(total), Some(free)) = (
            get::<f64>(report, space, "inodes-total", path).filter(|total| *total > 0.0),
            get::<f64>(report, space, "inodes-free", path),
        ) {
            let figure = Figure::new("inodes used", 1.0 - free / total, Unit::Share);
            figure.below(report, filesystem::USED_WARN, filesystem::USED_NO_GO, &hint);
        }
        if need::<bool>(report, space, "read-only", path) == Some(true) {
            report
                .no_go(format!(
                    "{} is mounted read-only: nothing can be saved",
                    filesystem::name(space, path)
                ))
                .hint("look for disk errors in `sudo dmesg`, then `sudo mount -o remount,rw`");
        }
    }

    fn processes(&self, report: &mut Report, processes: &[Attributes]) {
        let text =
            |process: &Attributes, name| process.get::<String>(name).ok().flatten().unwrap_or_default();
        let zombies = processes.iter().filter(|process| text(process, "state") == "Z").count();
        let hint = "their parents do not wait for them: `ps -eo stat,ppid,pid,comm | grep ^Z` names those; restart them";
        let figure = Figure::new("zombies", zombies as f64, Unit::Count);
        figure.at_most(report, f64::from(self.zombies), Severity::Warn, hint);
        let stuck = processes
            .iter()
            .filter(|process| text(process, "state") == "D" && text(process, "name").starts_with("nvidia"));
        for process in stuck {
            let id = process.get::<i64>("id").ok().flatten().unwrap_or_default();
            report
                .no_go(format!("{} (process {id}) hangs in the kernel: the GPU driver does not answer", text(process, "name")))
                .hint(format!("see where with `sudo cat /proc/{id}/stack` and `sudo dmesg | grep -i nvrm`; drain the node and restart it"));
        }
    }

    fn infiniband(&self, report: &mut Report, interfaces: &[Attributes]) {
        const HINT: &str =
            "see `ibstat` and `sudo dmesg | grep mlx5`; reseat or replace cable and transceiver";
        let of =
            |interface: &Attributes, name| interface.get::<String>(name).ok().flatten().unwrap_or_default();
        let ports: Vec<_> =
            interfaces.iter().filter(|interface| of(interface, "kind") == "infiniband").collect();
        let mut active = 0_u32;
        for port in ports {
            let name = format!("InfiniBand port {}", of(port, "name"));
            let Some(state) = need::<String>(report, port, "port-state", &name) else { continue };
            let holds = state.eq_ignore_ascii_case("active");
            active += u32::from(holds);
            let judged = holds.then_some(()).ok_or((Severity::NoGo, HINT));
            matching(report, &format!("{name} state"), &state, "= active", judged);
            if let Some(least) = self.infiniband_rate.filter(|_| holds)
                && let Some(rate) = need::<f64>(report, port, "rate", &name)
            {
                let name = format!("{name} rate in Gb/s");
                Figure::new(&name, rate / 1e9, Unit::Count).at_least(report, least, Severity::NoGo, HINT);
            }
        }
        let least = self.infiniband_ports.unwrap_or(1);
        let figure = Figure::new("active InfiniBand ports", f64::from(active), Unit::Count);
        figure.at_least(report, f64::from(least), Severity::NoGo, HINT);
    }
}
