//! Intel's discrete GPUs, from /sys alone: what the i915 and xe drivers write there.

use super::{
    Driver, Machine, lost, may_use,
    pci::{self, Device, Devices, Kind},
    put,
};
use crate::domain::{Attributes, Error};

const VENDOR: &str = "intel";

/// Every discrete Intel GPU on the bus.
pub(super) fn gpus(machine: &Machine, devices: &Devices) -> Result<Vec<Attributes>, Error> {
    let found = pci::of(devices, Kind::IntelGpu).enumerate();
    found.map(|(index, device)| gpu(machine, index, device)).collect()
}

/// The driver's entry: there is no management library that we ask, so only where there is a device.
pub(super) fn driver(machine: &Machine, devices: &Devices) -> Option<Attributes> {
    let count = pci::count(devices, Kind::IntelGpu).filter(|count| *count > 0)?;
    let kernel_driver = pci::of(devices, Kind::IntelGpu).find_map(|device| device.driver.clone());
    // Both drivers come with the kernel and have its version.
    let version = match kernel_driver {
        Some(_) => machine.line("/proc/sys/kernel/osrelease"),
        None => Err(Error::NotFound("neither i915 nor xe drives the GPU".to_owned())),
    };
    let library = Some(Ok("sysfs".to_owned()));
    let mut driver = Driver { vendor: VENDOR, devices: Some(count), library, version }.attributes()?;
    driver.set("compute-library", Machine::compute_library("libze_loader.so.1"));
    Some(driver)
}

fn gpu(machine: &Machine, index: usize, device: &Device) -> Result<Attributes, Error> {
    if !matches!(device.driver.as_deref(), Some("i915" | "xe")) {
        let driver = device.driver.as_deref().unwrap_or("no driver");
        let reason = format!("the GPU at {} has {driver} instead of i915 or xe", device.address);
        let mut gpu = lost(VENDOR, Some(&device.address), &["name", "memory-total"], &reason);
        gpu.set("index", index);
        return Ok(gpu);
    }
    let folder = format!("{}/{}", pci::DEVICES, device.address);
    let nodes = machine.names(format!("{folder}/drm"))?.unwrap_or_default();
    let mut gpu = Attributes::new();
    gpu.set("vendor", VENDOR);
    gpu.set("index", index);
    gpu.set("pci", device.address.as_str());
    if let Some(card) = nodes.iter().find(|name| name.starts_with("card")) {
        put(&mut gpu, "memory-total", machine.number(format!("{folder}/drm/{card}/lmem_total_bytes")));
        let free = machine.number(format!("{folder}/drm/{card}/lmem_avail_bytes"));
        put(&mut gpu, "memory-free", free);
    }
    machine.put_link(&mut gpu, &device.address);
    if let Some(node) = nodes.iter().find(|name| name.starts_with("renderD")) {
        gpu.set("visible", may_use(machine, &format!("/dev/dri/{node}")));
    }
    Ok(gpu)
}
