use gonogo_sdk::{Attributes, Check, Error, Frequency, JsonSchema, Report, Severity, Stop, counted, system};
use serde::Deserialize;

use crate::{
    device, driver,
    figure::{Figure, Unit, get, matching, need, on_off, same},
};

/// GPUs are set as the run needs: persistence, ECC, MIG, compute mode, power limit, clocks, driver and CUDA
///
/// Judged are the GPUs that this process may use. What is declared must hold on each of them. Undeclared, persistence mode that is off warns (without it
/// the driver unloads between programs: slow starts, lost settings; the node checkers of large clusters ask for it), and a change of ECC or MIG mode
/// that waits for a reset warns, because the settings will be others after the next one.
///
/// Without a GPU and with nothing declared the check does not apply; without a GPU and with something declared it is a no-go.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GpuSettings {
    /// Whether persistence mode is on.
    persistence: Option<bool>,
    /// Whether memory errors are corrected (ECC).
    ecc: Option<bool>,
    /// Whether GPUs are split (MIG).
    mig: Option<bool>,
    /// Who may use a GPU at once.
    compute_mode: Option<ComputeMode>,
    /// Least power limit, in watts.
    power_limit: Option<f64>,
    /// Highest power limit, in watts.
    power_limit_maximum: Option<f64>,
    /// Least application clock of the multiprocessors, such as `1980 MHz`.
    application_clock: Option<Frequency>,
    /// The driver's version, or its first numbers: `550` or `550.90.07`.
    driver: Option<String>,
    /// Least CUDA version that the driver must take, the one of the runtime in use: `12.4`.
    cuda: Option<String>,
}

/// Who may use a GPU at once.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum ComputeMode {
    Default,
    ExclusiveProcess,
    Prohibited,
}

impl ComputeMode {
    const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::ExclusiveProcess => "exclusive-process",
            Self::Prohibited => "prohibited",
        }
    }
}

impl Check for GpuSettings {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let gpus = match system::gpus() {
            Ok(gpus) => gpus,
            Err(Error::Unsupported(_)) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let gpus: Vec<_> = gpus.iter().filter(|gpu| device::visible(gpu)).collect();
        if gpus.is_empty() {
            if !self.declared() {
                return Err(Stop::not_applicable("no GPU here and no setting declared"));
            }
            report.summary("no GPU");
            report
                .no_go("settings of GPUs are declared, but this process may use none")
                .hint("run on a machine with GPUs, or take the settings out of gonogo.toml");
            return Ok(());
        }
        report.summary(format!("settings of {}", counted(gpus.len() as u64, "GPU")));
        if !self.declared() && gpus.iter().all(|gpu| gpu.get::<bool>("persistence") == Ok(None)) {
            return Err(Stop::not_applicable("no setting declared, and these GPUs have no persistence mode"));
        }
        let vendor: String = gpus[0].need("vendor")?;
        for gpu in gpus {
            if device::there(report, gpu) {
                self.modes(report, gpu);
                self.power(report, gpu);
            }
        }
        if self.driver.is_some() || self.cuda.is_some() {
            let drivers = driver::all(report);
            driver::judge(report, &drivers, &vendor, None, self.cuda.as_deref());
            self.driver(report, driver::of(&drivers, &vendor));
        }
        Ok(())
    }
}

impl GpuSettings {
    const fn declared(&self) -> bool {
        self.persistence.is_some()
            || self.ecc.is_some()
            || self.mig.is_some()
            || self.compute_mode.is_some()
            || self.power_limit.is_some()
            || self.power_limit_maximum.is_some()
            || self.application_clock.is_some()
            || self.driver.is_some()
            || self.cuda.is_some()
    }

    fn modes(&self, report: &mut Report, gpu: &Attributes) {
        let label = device::label(gpu);
        let index = label.trim_start_matches("GPU ");
        let mut switch = |attribute: &str, words: &str, wanted: Option<bool>, otherwise, command: &str| {
            let Some(wanted) = wanted else { return };
            if let Some(found) = need::<bool>(report, gpu, attribute, &label) {
                let hint = format!("sudo nvidia-smi -i {index} {command} {}", u8::from(wanted));
                same(report, &format!("{label} {words}"), on_off(found), on_off(wanted), otherwise, &hint);
            }
        };
        switch("ecc", "ECC", self.ecc, Severity::NoGo, "-e");
        switch("mig", "MIG", self.mig, Severity::NoGo, "-mig");
        switch("persistence", "persistence mode", self.persistence, Severity::NoGo, "-pm");
        // Other makers' GPUs have no such mode.
        if self.persistence.is_none() && gpu.get::<bool>("persistence") != Ok(None) {
            switch("persistence", "persistence mode", Some(true), Severity::Warn, "-pm");
        }
        for (now, next, words) in [("ecc", "ecc-pending", "ECC"), ("mig", "mig-pending", "MIG")] {
            let Some(next) = get::<bool>(report, gpu, next, &label) else { continue };
            if gpu.get(now) != Ok(Some(next)) {
                report.warn(format!("{label}: {words} will be {} after the next reset", on_off(next))).hint(
                    format!(
                        "reset the GPU now (sudo nvidia-smi --gpu-reset -i {index}) or take the change back"
                    ),
                );
            }
        }
        if let Some(wanted) = self.compute_mode
            && let Some(found) = need::<String>(report, gpu, "compute-mode", &label)
        {
            let hint = format!(
                "sudo nvidia-smi -i {index} -c {}",
                wanted.name().to_ascii_uppercase().replace('-', "_")
            );
            same(report, &format!("{label} compute mode"), &found, wanted.name(), Severity::NoGo, &hint);
        }
    }

    fn power(&self, report: &mut Report, gpu: &Attributes) {
        let label = device::label(gpu);
        let index = label.trim_start_matches("GPU ");
        if (self.power_limit.is_some() || self.power_limit_maximum.is_some())
            && let Some(limit) = need(report, gpu, "power-limit", &label)
        {
            let name = format!("{label} power limit");
            let figure = Figure::new(&name, limit, Unit::Watts);
            if let Some(least) = self.power_limit {
                figure.at_least(
                    report,
                    least,
                    Severity::NoGo,
                    &format!("sudo nvidia-smi -i {index} -pl {least}"),
                );
            }
            if let Some(most) = self.power_limit_maximum {
                figure.at_most(
                    report,
                    most,
                    Severity::NoGo,
                    &format!("sudo nvidia-smi -i {index} -pl {most}"),
                );
            }
        }
        if let Some(least) = self.application_clock
            && let Some(clock) = need(report, gpu, "clock-application", &label)
        {
            let name = format!("{label} application clock");
            let hint = format!(
                "sudo nvidia-smi -i {index} -ac MEMORY,{:.0}; the pairs: nvidia-smi -q -d SUPPORTED_CLOCKS",
                least.hertz() / 1e6
            );
            Figure::new(&name, clock, Unit::Hertz).at_least(report, least.hertz(), Severity::NoGo, &hint);
        }
    }

    /// Holds the driver against the version declared: as many of its numbers as are written.
    fn driver(&self, report: &mut Report, driver: Option<&Attributes>) {
        let Some(wanted) = &self.driver else { return };
        let Some(driver) = driver else {
            report.unknown("cannot tell the driver's version: no driver answers");
            return;
        };
        let Some(found) = need::<String>(report, driver, "driver", "driver") else { return };
        let holds =
            found.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let judged =
            holds.then_some(()).ok_or((Severity::NoGo, "install that driver and restart the machine"));
        matching(report, "driver", &found, &format!("= {wanted}"), judged);
    }
}
