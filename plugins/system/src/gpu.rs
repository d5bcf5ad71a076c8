use gonogo_sdk::{
    Attributes, Check, Duration, Error, JsonSchema, Report, Severity, Size, Stop, Variable, environment,
    system,
};
use serde::Deserialize;

use crate::{
    device, driver,
    figure::{Figure, Unit, get, matching, version_at_least},
    xid,
};

/// The GPUs that the run asks for are there, of the kind that it asks for, and healthy
///
/// Counted are the GPUs that this process may use and that have the model, memory and compute capability asked for: what a
/// container, a scheduler or `CUDA_VISIBLE_DEVICES` hides does not count. With `count = 0`, the default, no GPU is asked for and the check does
/// not apply.
///
/// Each GPU that counts is then judged as the node checkers of large clusters (gpud, Meta's gcm, azurehpc-health-checks, Google's
/// cluster-health-scanner) do. No-go: lost or waiting for a reset, uncorrectable ECC errors since the last reset, more than 10 retired pages, a row remap that
/// is pending or failed, more than 512 rows remapped for uncorrectable errors, no margin to the temperature at which it slows down, inactive NVLinks
/// among active ones, a fabric that is not completed where there are NVSwitches, compute mode `prohibited`, a driver or library that is
/// missing or too old, fewer GPUs in the driver than on the PCI bus, and the XIDs of the kernel log in the last 2 hours that mean broken hardware. Warnings:
/// throttling for trouble, many correctable errors, a PCIe link below its maximum, GPUs in use before the run starts, debugging variables that slow every
/// CUDA program, XIDs that point at a program.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Gpu {
    /// Fewest GPUs; 0 asks for none.
    #[serde(default)]
    count: u32,
    /// Part of the model's name, in upper or lower case: `H100`.
    model: Option<String>,
    /// Least memory of each.
    memory: Option<Size>,
    /// Least compute capability of each: 8.0 for bfloat16, 8.9 for 8-bit floating point.
    compute_capability: Option<String>,
    /// The maker.
    vendor: Option<Vendor>,
    /// Least driver version: `550.54`.
    driver: Option<String>,
    /// Least CUDA version that the driver must take, the one of the runtime in use: `12.4`.
    cuda: Option<String>,
    /// Fewest PCIe lanes of each.
    link_width: Option<u32>,
    /// Whether the GPUs should be idle: no process, and no more memory in use than `idle-memory`.
    #[serde(default = "yes")]
    idle: bool,
    /// Most memory in use on an idle GPU.
    #[serde(default = "idle_memory")]
    idle_memory: Size,
    /// Temperature in degrees Celsius from which on there is a warning.
    temperature: Option<f64>,
    /// Whether the kernel log is searched for XIDs. Where it is closed to this user, the answer is unknown.
    #[serde(default = "yes")]
    kernel_log: bool,
    /// How far back.
    #[serde(default = "window")]
    window: Duration,
    /// Variables that slow down or stop every CUDA program where they are set.
    #[serde(default = "traps")]
    traps: Vec<Variable>,
    /// Variables that say that a scheduler runs this and may hide some of the machine's GPUs.
    #[serde(default = "scheduler")]
    scheduler: Vec<Variable>,
}

/// A maker of GPUs.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Vendor {
    Nvidia,
    Amd,
    Intel,
}

impl Vendor {
    const fn name(self) -> &'static str {
        match self {
            Self::Nvidia => "nvidia",
            Self::Amd => "amd",
            Self::Intel => "intel",
        }
    }
}

fn yes() -> bool {
    true
}

fn idle_memory() -> Size {
    Size::mib(15)
}

fn window() -> Duration {
    Duration::from_seconds(7200.0)
}

fn traps() -> Vec<Variable> {
    [
        "CUDA_INJECTION32_PATH",
        "CUDA_INJECTION64_PATH",
        "NSIGHT_CUDA_DEBUGGER",
        "CUDA_ENABLE_COREDUMP_ON_EXCEPTION",
        "CUDA_DEVICE_WAITS_ON_EXCEPTION",
        "CUDA_PROFILE",
        "COMPUTE_PROFILE",
    ]
    .map(Variable::from)
    .into()
}

fn scheduler() -> Vec<Variable> {
    ["SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID"].map(Variable::from).into()
}

impl Check for Gpu {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let gpus = system::gpus();
        if self.count == 0 {
            let there = match gpus {
                Ok(gpus) => format!("{} are there", gpus.len()),
                Err(error) => format!("how many are there cannot be told: {error}"),
            };
            return Err(Stop::not_applicable(format!("no GPU asked for (count = 0); {there}")));
        }
        let gpus = match gpus {
            Ok(gpus) => gpus,
            Err(Error::Unsupported(why)) => {
                report.summary("no GPU");
                report
                    .no_go(format!("no GPU, at least {} wanted: {why}", self.count))
                    .hint("run on a machine with GPUs, or set count = 0");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let drivers = driver::all(report);
        let suitable = self.suitable(report, &gpus, &drivers);
        let maker = match (self.vendor, suitable.first()) {
            (Some(wanted), _) => wanted.name().to_owned(),
            (None, Some(gpu)) => vendor(gpu),
            (None, None) => Vendor::Nvidia.name().to_owned(),
        };
        driver::judge(report, &drivers, &maker, self.driver.as_deref(), self.cuda.as_deref());
        driver::same_count(report, &drivers, &maker, &gpus, &self.scheduler);
        let switches = driver::switches(&drivers);
        for gpu in &suitable {
            device::judge(report, gpu, self.temperature, switches);
            self.ready(report, gpu);
        }
        if self.kernel_log && gpus.iter().any(|gpu| vendor(gpu) == "nvidia") {
            match system::kernel_events(self.window.seconds() as u64) {
                Ok(events) => {
                    xid::judge(report, &events, &gpus);
                    driver::limited(report, &events);
                }
                Err(error) => {
                    report
                        .unknown(format!("cannot tell XIDs: {error}"))
                        .hint("run as a user who may read the kernel log (`sudo sysctl kernel.dmesg_restrict=0`), or set kernel-log = false");
                }
            }
        }
        self.environment(report);
        Ok(())
    }
}

impl Gpu {
    /// The GPUs that count. Those that do not are named where they are missed.
    fn suitable<'a>(
        &self,
        report: &mut Report,
        gpus: &'a [Attributes],
        drivers: &[Attributes],
    ) -> Vec<&'a Attributes> {
        let mut suitable = Vec::new();
        let mut misfits = Vec::new();
        let mut lost = 0;
        let wanted = |gpu: &&Attributes| self.vendor.is_none_or(|wanted| vendor(gpu) == wanted.name());
        let (seen, hidden): (Vec<_>, Vec<_>) =
            gpus.iter().filter(wanted).partition(|gpu| device::visible(gpu));
        for gpu in seen {
            let label = device::label(gpu);
            get::<bool>(report, gpu, "visible", &label);
            if !device::there(report, gpu) {
                lost += 1;
                continue;
            }
            match self.misfit(gpu) {
                Ok(None) => suitable.push(gpu),
                Ok(Some(why)) => misfits.push(format!("{label} does not count: {why}")),
                Err(error) => _ = report.unknown(format!("cannot tell whether {label} counts: {error}")),
            }
        }
        let found = suitable.len();
        let models: Vec<String> = suitable.iter().filter_map(|gpu| gpu.get("name").ok().flatten()).collect();
        report.summary(match models.first() {
            Some(model) if models.iter().all(|other| other == model) => format!("{found} × {model}"),
            Some(_) => models.join(", "),
            None => format!("{found} GPUs that count"),
        });
        let hint = if lost > 0 {
            format!("{lost} are lost: bring them back as said there, or run elsewhere")
        } else if !hidden.is_empty() {
            format!(
                "{} more are hidden from this process: look at CUDA_VISIBLE_DEVICES, --gpus of the container, --gpus of the Slurm job",
                hidden.len()
            )
        } else if gpus.is_empty() && driver::devices(drivers) > 0 {
            format!(
                "{} are on the PCI bus, but the driver offers none: install it, and look at `nvidia-smi` and `sudo dmesg`",
                driver::devices(drivers)
            )
        } else if gpus.is_empty() {
            "run on a machine with GPUs, or set count = 0; in a container, `docker run --gpus all`".to_owned()
        } else {
            "ask the scheduler for more or other GPUs, or lower what is asked for".to_owned()
        };
        let figure = Figure::new("GPUs that count", found as f64, Unit::Count);
        let enough = figure.at_least(report, f64::from(self.count), Severity::NoGo, &hint);
        for why in misfits {
            report.finding(if enough { Severity::Note } else { Severity::NoGo }, why).hint(&*hint);
        }
        for gpu in &suitable {
            self.facts(report, gpu);
        }
        suitable
    }

    /// Why a GPU is none of those asked for.
    fn misfit(&self, gpu: &Attributes) -> Result<Option<String>, Error> {
        if let Some(model) = &self.model {
            let name: String = gpu.need("name")?;
            if !name.to_ascii_lowercase().contains(&model.to_ascii_lowercase()) {
                return Ok(Some(format!("it is a {name}, {model} wanted")));
            }
        }
        if let Some(least) = self.memory {
            let memory: u64 = gpu.need("memory-total")?;
            if memory < least.bytes() {
                return Ok(Some(format!("it has {} of memory, at least {least} wanted", Size::from(memory))));
            }
        }
        if let Some(least) = &self.compute_capability {
            let found: String = gpu.need("compute-capability")?;
            match version_at_least(&found, least) {
                Some(true) => {}
                Some(false) => {
                    return Ok(Some(format!("its compute capability is {found}, at least {least} wanted")));
                }
                None => {
                    return Err(Error::Unsupported(format!(
                        "cannot compare compute capability '{found}' with '{least}'"
                    )));
                }
            }
        }
        Ok(None)
    }

    /// What a GPU that counts was chosen by.
    fn facts(&self, report: &mut Report, gpu: &Attributes) {
        let label = device::label(gpu);
        let mut text = |attribute, words: &str, bound: Option<String>| {
            if let Some(found) = get::<String>(report, gpu, attribute, &label) {
                let fact = report.fact(format!("{label} {words}"), found);
                if let Some(bound) = bound {
                    fact.bound(bound);
                }
            }
        };
        text("name", "model", self.model.as_ref().map(|model| format!("has {model}")));
        text(
            "compute-capability",
            "compute capability",
            self.compute_capability.as_ref().map(|least| format!(">= {least}")),
        );
        if let Some(memory) = get(report, gpu, "memory-total", &label) {
            let name = format!("{label} memory");
            let figure = Figure::new(&name, memory, Unit::Bytes);
            match self.memory {
                Some(least) => _ = figure.at_least(report, least.bytes() as f64, Severity::NoGo, ""),
                None => figure.fact(report),
            }
        }
    }

    /// Whether a GPU can take work now.
    fn ready(&self, report: &mut Report, gpu: &Attributes) {
        let label = device::label(gpu);
        let index = label.trim_start_matches("GPU ");
        if get::<String>(report, gpu, "compute-mode", &label).is_some_and(|mode| mode == "prohibited") {
            let hint = format!("sudo nvidia-smi -c DEFAULT -i {index}");
            matching(
                report,
                &format!("{label} compute mode"),
                "prohibited",
                "default",
                Err((Severity::NoGo, &hint)),
            );
        }
        let mig = get::<bool>(report, gpu, "mig", &label) == Some(true);
        if mig && get::<i64>(report, gpu, "mig-devices", &label) == Some(0) {
            report
                .no_go(format!("{label} is in MIG mode and has no MIG device: nothing can run on it"))
                .hint(format!("make one (sudo nvidia-smi mig -cgi 0 -C -i {index}), or turn MIG off (sudo nvidia-smi -i {index} -mig 0)"));
        }
        if let Some(least) = self.link_width
            && let Some(width) = crate::figure::need(report, gpu, "link-width", &label)
        {
            let hint = "reseat the GPU or its riser; `sudo lspci -vv` shows LnkSta against LnkCap";
            let name = format!("{label} PCIe lanes");
            Figure::new(&name, width, Unit::Count).at_least(report, f64::from(least), Severity::NoGo, hint);
        }
        if !self.idle {
            return;
        }
        let hint = format!(
            "see who uses it with `nvidia-smi -i {index}` or `sudo fuser -v /dev/nvidia{index}`; set idle = false where GPUs are shared"
        );
        if let Some(used) = get(report, gpu, "memory-used", &label) {
            let name = format!("{label} memory in use");
            let most = self.idle_memory.bytes() as f64;
            Figure::new(&name, used, Unit::Bytes).at_most(report, most, Severity::Warn, &hint);
        }
        if let Some(processes) = get(report, gpu, "processes", &label) {
            let name = format!("{label} processes");
            Figure::new(&name, processes, Unit::Count).at_most(report, 0.0, Severity::Warn, &hint);
        }
    }

    fn environment(&self, report: &mut Report) {
        for name in &self.traps {
            match environment::length(name) {
                Ok(None | Some(0)) => {}
                Ok(Some(_)) => {
                    report.warn(format!("{name} is set: it slows down or stops every CUDA program")).hint(format!(
                        "unset {name}, and look for where it is set: grep -r {name} /etc/environment /etc/profile.d ~/.bashrc"
                    ));
                }
                Err(error) => _ = report.unknown(format!("cannot tell whether {name} is set: {error}")),
            }
        }
    }
}

fn vendor(gpu: &Attributes) -> String {
    gpu.get("vendor").ok().flatten().unwrap_or_default()
}
