use gonogo_sdk::{
    Check, Duration, JsonSchema, Report, Revealed, Severity, Size, Stop, clock, environment, system,
};
use serde::Deserialize;

use crate::{
    device,
    figure::{Figure, Unit, need, same},
};

/// The allocation given is the one asked for, and all of it is usable
///
/// What Slurm says that it gave (its `SLURM_*` variables), or Kubernetes by the container's cgroup limits, is held against what is asked for, and against
/// what this process can really use: an allocation of 8 cores of which an affinity mask leaves 4 is a no-go, whatever was asked for. In Slurm the cores of a
/// task are `SLURM_CPUS_PER_TASK`, or all of the node's where it is not set; memory may fall short by 3 %, which the kernel keeps.
///
/// Without a scheduler cores, memory and GPUs are held against what is usable here; several nodes or a partition cannot be had, and time does not end. With nothing asked
/// for and no allocation the check does not apply.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Allocation {
    /// Fewest nodes.
    nodes: Option<u32>,
    /// Fewest logical cores on this node.
    cores: Option<f64>,
    /// Least memory on this node.
    memory: Option<Size>,
    /// Fewest GPUs on this node.
    gpus: Option<u32>,
    /// Least time left until the job ends.
    time: Option<Duration>,
    /// The partition or queue.
    partition: Option<String>,
    /// Variables in which the scheduler says what it gave.
    #[serde(default = "variables")]
    variables: Vec<Revealed>,
}

fn variables() -> Vec<Revealed> {
    [
        "SLURM_JOB_ID",
        "SLURM_JOB_NUM_NODES",
        "SLURM_CPUS_ON_NODE",
        "SLURM_CPUS_PER_TASK",
        "SLURM_MEM_PER_NODE",
        "SLURM_MEM_PER_CPU",
        "SLURM_GPUS_ON_NODE",
        "SLURM_JOB_END_TIME",
        "SLURM_JOB_PARTITION",
        "CUDA_VISIBLE_DEVICES",
    ]
    .map(Revealed::from)
    .into()
}

/// Share of the memory given that the kernel may keep.
const KEPT: f64 = 0.03;

impl Check for Allocation {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let job = self.text(report, "SLURM_JOB_ID");
        let slurm = job.is_some();
        let container: Option<String> = system::os()?.get("container")?;
        let kubernetes = container.as_deref() == Some("kubernetes");
        if !slurm && !kubernetes && !self.asked() {
            // A variable that could not be read may have told of a job.
            return match report.worst() {
                Some(_) => {
                    report.summary("whether a scheduler runs this cannot be told");
                    Ok(())
                }
                None => Err(Stop::not_applicable(
                    "nothing asked for, and neither a Slurm job nor a Kubernetes pod",
                )),
            };
        }
        report.summary(match &job {
            Some(job) => format!("Slurm job {job}"),
            None if kubernetes => "a Kubernetes pod".to_owned(),
            None => "no scheduler: all that is usable here".to_owned(),
        });
        if slurm || self.nodes.is_some() {
            self.nodes(report, slurm);
        }
        self.cores(report, slurm);
        self.memory(report, slurm);
        if slurm || self.gpus.is_some() {
            self.gpus(report, slurm);
        }
        self.time(report, slurm);
        if let Some(wanted) = &self.partition {
            let found = self.text(report, "SLURM_JOB_PARTITION").unwrap_or_else(|| "none".to_owned());
            same(
                report,
                "partition",
                &found,
                wanted,
                Severity::NoGo,
                &format!("sbatch --partition={wanted}"),
            );
        }
        Ok(())
    }
}

impl Allocation {
    const fn asked(&self) -> bool {
        self.nodes.is_some()
            || self.cores.is_some()
            || self.memory.is_some()
            || self.gpus.is_some()
            || self.time.is_some()
            || self.partition.is_some()
    }

    /// The value of a variable, where it is one of those that may be read, and set.
    fn text(&self, report: &mut Report, name: &str) -> Option<String> {
        if !self.variables.iter().any(|variable| **variable == *name) {
            return None;
        }
        match environment::reveal(name) {
            Ok(value) => value.filter(|value| !value.is_empty()),
            Err(error) => {
                report.unknown(format!("cannot read {name}: {error}"));
                None
            }
        }
    }

    fn number(&self, report: &mut Report, name: &str) -> Option<f64> {
        let text = self.text(report, name)?;
        let number = text.trim().parse().ok().filter(|number: &f64| number.is_finite());
        if number.is_none() {
            report.unknown(format!("{name} is set, but not to a number"));
        }
        number
    }

    fn nodes(&self, report: &mut Report, slurm: bool) {
        let asked = self.nodes.map(f64::from);
        let given = if slurm { self.number(report, "SLURM_JOB_NUM_NODES") } else { Some(1.0) };
        given_as_asked(
            report,
            "nodes given",
            given,
            Unit::Count,
            asked,
            &format!("--nodes={}", asked.unwrap_or(1.0)),
        );
    }

    fn cores(&self, report: &mut Report, slurm: bool) {
        let cpu = match system::cpu() {
            Ok(cpu) => cpu,
            Err(error) => {
                report.unknown(format!("cannot tell the usable cores: {error}"));
                return;
            }
        };
        let Some(usable) = need::<f64>(report, &cpu, "usable", "CPU") else { return };
        let figure = Figure::new("usable cores", usable, Unit::Count);
        if !slurm {
            let Some(asked) = self.cores else { return figure.fact(report) };
            let hint = format!(
                "raise the limit: resources.limits.cpu: \"{asked}\" in Kubernetes, `docker run --cpus={asked}`"
            );
            figure.at_least(report, asked, Severity::NoGo, &hint);
            return;
        }
        let on_node = self.number(report, "SLURM_CPUS_ON_NODE");
        let of_task = self.number(report, "SLURM_CPUS_PER_TASK");
        let option = format!("--cpus-per-task={}", self.cores.unwrap_or(1.0));
        given_as_asked(report, "cores given", of_task.or(on_node), Unit::Count, self.cores, &option);
        match of_task.or(on_node) {
            Some(given) => {
                let hint = format!(
                    "only part of the allocation reaches this process: start it with `srun --cpus-per-task={given}` (srun does not inherit it from sbatch), or `srun --cpu-bind=none`; `taskset -cp $$` shows the mask"
                );
                figure.at_least(report, given, Severity::NoGo, &hint);
            }
            None => figure.fact(report),
        }
    }

    fn memory(&self, report: &mut Report, slurm: bool) {
        let usable = system::memory().and_then(|memory| memory.need::<f64>("usable"));
        let usable = match usable {
            Ok(usable) => usable,
            Err(error) => {
                report.unknown(format!("cannot tell the usable memory: {error}"));
                return;
            }
        };
        let asked = self.memory.map(|size| size.bytes() as f64);
        let figure = Figure::new("usable memory", usable, Unit::Bytes);
        let mib = self.memory.map_or(0, |size| size.bytes() >> 20);
        if !slurm {
            let Some(asked) = asked else { return figure.fact(report) };
            let hint = format!(
                "raise the limit: resources.limits.memory: {mib}Mi in Kubernetes, `docker run --memory={mib}m`"
            );
            figure.at_least(report, (asked * (1.0 - KEPT)).floor(), Severity::NoGo, &hint);
            return;
        }
        // Slurm writes MiB.
        let given = match self.number(report, "SLURM_MEM_PER_NODE") {
            Some(of_node) => Some(of_node * 1_048_576.0),
            None => self
                .number(report, "SLURM_MEM_PER_CPU")
                .zip(self.number(report, "SLURM_CPUS_ON_NODE"))
                .map(|(of_core, cores)| of_core * cores * 1_048_576.0),
        };
        given_as_asked(report, "memory given", given, Unit::Bytes, asked, &format!("--mem={mib}M"));
        match given {
            Some(given) => {
                let hint = "the node has less than Slurm gave away: `scontrol show node` against `free -m`, RealMemory in slurm.conf, and the job's cgroup";
                figure.at_least(report, (given * (1.0 - KEPT)).floor(), Severity::NoGo, hint);
            }
            None => figure.fact(report),
        }
    }

    fn gpus(&self, report: &mut Report, slurm: bool) {
        let asked = self.gpus.map(f64::from);
        let given = if slurm { self.number(report, "SLURM_GPUS_ON_NODE") } else { None };
        if slurm {
            // Slurm sets the variable only where the job has any.
            let given = given.unwrap_or(0.0);
            let option = format!("--gpus-per-node={}", asked.unwrap_or(1.0));
            given_as_asked(report, "GPUs given", Some(given), Unit::Count, asked, &option);
        }
        let Some(wanted) = given.or(asked).filter(|wanted| *wanted > 0.0) else { return };
        if let Some(list) = self.text(report, "CUDA_VISIBLE_DEVICES") {
            let named = list.split(',').filter(|device| !device.trim().is_empty()).count();
            report.fact("GPUs named by CUDA_VISIBLE_DEVICES", named).unit("1");
        }
        let visible = match system::gpus() {
            Ok(gpus) => gpus.iter().filter(|gpu| device::visible(gpu) && device::lost(gpu).is_none()).count(),
            Err(gonogo_sdk::Error::Unsupported(_)) => 0,
            Err(error) => {
                report.unknown(format!("cannot tell the usable GPUs: {error}"));
                return;
            }
        };
        let hint = "look at CUDA_VISIBLE_DEVICES and `nvidia-smi -L`; in Slurm start it with `srun --gpus-per-task`, in Kubernetes set resources.limits.nvidia.com/gpu";
        let figure = Figure::new("usable GPUs", visible as f64, Unit::Count);
        figure.at_least(report, wanted, Severity::NoGo, hint);
    }

    fn time(&self, report: &mut Report, slurm: bool) {
        let asked = self.time.map(Duration::seconds);
        if !slurm {
            if asked.is_some() {
                report
                    .fact("time left", "without end")
                    .bound(format!(">= {}", Unit::Seconds.show(asked.unwrap_or(0.0))));
            }
            return;
        }
        let end = self.number(report, "SLURM_JOB_END_TIME");
        let left = match end.map(|end| clock::now().map(|now| end - now)) {
            Some(Ok(left)) => Some(left),
            Some(Err(error)) => {
                report.unknown(format!("cannot tell the time: {error}"));
                return;
            }
            None => None,
        };
        let minutes = (asked.unwrap_or(0.0) / 60.0).ceil();
        given_as_asked(report, "time left", left, Unit::Seconds, asked, &format!("--time={minutes}"));
    }
}

/// A figure that Slurm gave, held against what is asked for; where something is asked for it must be told.
fn given_as_asked(
    report: &mut Report,
    name: &str,
    given: Option<f64>,
    unit: Unit,
    asked: Option<f64>,
    option: &str,
) {
    match (given, asked) {
        (Some(given), None) => Figure::new(name, given, unit).fact(report),
        (Some(given), Some(asked)) => {
            let hint = format!("ask for it: sbatch {option}");
            Figure::new(name, given, unit).at_least(report, asked, Severity::NoGo, &hint);
        }
        (None, Some(_)) => {
            report
                .unknown(format!("{name}: Slurm does not say"))
                .hint(format!("ask for it by name: sbatch {option}"));
        }
        (None, None) => {}
    }
}
