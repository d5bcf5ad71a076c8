//! Rules on GPU drivers and their libraries, and on how many devices they see.

use gonogo_sdk::{Attributes, Error, Report, Severity, Variable, environment, system};

use crate::{
    figure::{get, matching, need, version_at_least},
    xid,
};

/// The drivers of this machine; a machine without any has none.
pub fn all(report: &mut Report) -> Vec<Attributes> {
    match system::gpu_drivers() {
        Ok(drivers) => drivers,
        Err(Error::Unsupported(_)) => Vec::new(),
        Err(error) => {
            report.unknown(format!("cannot tell the GPU drivers: {error}"));
            Vec::new()
        }
    }
}

/// How many devices are on the PCI bus.
pub fn devices(drivers: &[Attributes]) -> i64 {
    drivers.iter().filter_map(|driver| driver.get::<i64>("devices").ok().flatten()).sum()
}

/// Whether NVSwitches connect the GPUs.
pub fn switches(drivers: &[Attributes]) -> bool {
    drivers.iter().any(|driver| driver.get::<i64>("nvswitches").ok().flatten().is_some_and(|count| count > 0))
}

/// The entry of one vendor. A machine may have several: a GPU on the CPU's own chip beside those that train.
pub fn of<'a>(drivers: &'a [Attributes], vendor: &str) -> Option<&'a Attributes> {
    drivers.iter().find(|driver| driver.get("vendor") == Ok(Some(vendor.to_owned())))
}

/// Judges a vendor's driver and libraries.
pub fn judge(
    report: &mut Report,
    drivers: &[Attributes],
    vendor: &str,
    least: Option<&str>,
    cuda: Option<&str>,
) {
    let Some(driver) = of(drivers, vendor) else {
        if least.is_some() || cuda.is_some() {
            report.unknown(format!("cannot tell the version of the {vendor} driver: none answers"));
        }
        return;
    };
    version(
        report,
        driver,
        "driver",
        &format!("{vendor} driver"),
        least,
        "install a newer driver and restart the machine, or run what the driver takes",
    );
    if vendor == "nvidia" || cuda.is_some() {
        let hint = "install a newer driver, or a build of the framework for an older CUDA (a newer one needs the newer driver)";
        version(report, driver, "cuda", "CUDA that the driver takes", cuda, hint);
    }
    if driver.get::<String>("library") == Ok(None) {
        report.no_go(format!("{vendor}: devices are there, but the management library is not")).hint(
            "install the driver's libraries; in a container, install nvidia-container-toolkit and start it with `--gpus all`",
        );
    }
    if let Some(state) = get::<String>(report, driver, "compute-library", vendor) {
        let hint = "install the driver's compute library (libcuda1, libnvidia-compute) of the same version as the kernel module; in a container, set NVIDIA_DRIVER_CAPABILITIES=compute,utility";
        let judged = if state == "loadable" { Ok(()) } else { Err((Severity::NoGo, hint)) };
        matching(report, &format!("{vendor} compute library"), &state, "= loadable", judged);
    }
    if switches(std::slice::from_ref(driver))
        && let Some(state) = need::<String>(report, driver, "fabric-manager", vendor)
    {
        let hint = "sudo systemctl enable --now nvidia-fabricmanager, of the driver's version; its log: journalctl -u nvidia-fabricmanager";
        let judged = if state == "active" { Ok(()) } else { Err((Severity::NoGo, hint)) };
        matching(report, "fabric manager", &state, "= active", judged);
    }
}

fn version(
    report: &mut Report,
    driver: &Attributes,
    attribute: &str,
    name: &str,
    least: Option<&str>,
    hint: &str,
) {
    let Some(least) = least else {
        if let Some(found) = get::<String>(report, driver, attribute, name) {
            report.fact(name, found);
        }
        return;
    };
    let Some(found) = need::<String>(report, driver, attribute, name) else { return };
    match version_at_least(&found, least) {
        Some(holds) => {
            let judged = holds.then_some(()).ok_or((Severity::NoGo, hint));
            matching(report, name, &found, &format!(">= {least}"), judged);
        }
        None => _ = report.unknown(format!("{name}: cannot compare '{found}' with '{least}'")),
    }
}

/// Holds a vendor's devices on the PCI bus against those that its driver offers. A container or a scheduler may hide some.
pub fn same_count(
    report: &mut Report,
    drivers: &[Attributes],
    vendor: &str,
    gpus: &[Attributes],
    scheduler: &[Variable],
) {
    let Some(driver) = of(drivers, vendor) else { return };
    let Some(on_bus) = get::<i64>(report, driver, "devices", vendor) else { return };
    let offered = gpus.iter().filter(|gpu| gpu.get("vendor") == Ok(Some(vendor.to_owned()))).count() as i64;
    report.fact(format!("{vendor} GPUs on the PCI bus"), on_bus).unit("1").bound(format!("= {offered}"));
    // That there is none at all has been said by whoever counted them.
    if on_bus <= offered || offered == 0 {
        return;
    }
    let message = format!("{on_bus} {vendor} GPUs are on the PCI bus, the driver offers {offered}");
    match hidden(scheduler) {
        Ok(Some(by)) => _ = report.note(format!("{message}: {by} may hide the others")),
        Ok(None) => {
            report.no_go(message).hint(
                "a GPU is lost or its driver did not start: look at `sudo dmesg | grep -i nvrm` and `lspci -d 10de:`, then restart the machine",
            );
        }
        Err(error) => _ = report.unknown(format!("{message}; cannot tell whether some are hidden: {error}")),
    }
}

/// What may hide devices from this process.
fn hidden(scheduler: &[Variable]) -> Result<Option<String>, Error> {
    for name in scheduler {
        if environment::length(name)?.is_some() {
            return Ok(Some(format!("the scheduler ({name})")));
        }
    }
    let container: Option<String> = system::os()?.get("container")?;
    Ok(container.map(|container| format!("the container ({container})")))
}

/// PCIe links that the kernel found to be slower than the device.
pub fn limited(report: &mut Report, events: &[Attributes]) {
    let mut seen = Vec::new();
    for event in events.iter().filter(|event| xid::category(event) == "pcie-limited") {
        let message: String = event.get("message").ok().flatten().unwrap_or_default();
        if !seen.contains(&message) {
            report.warn(format!("the kernel says that a PCIe link is limited: {message}")).hint(
                "move the card to a slot with more lanes, reseat it or its riser, and look at the slot's settings in the BIOS",
            );
            seen.push(message);
        }
    }
}
