//! AMD GPUs: what the kernel's driver writes into /sys, and what the vendor's library adds.

use std::{path::Path, sync::OnceLock};

use super::super::machine::{Reading, parsed};
use super::{
    Driver, Machine, is_nowhere, load, lost, may_use,
    pci::{self, Device, Devices, Kind},
    put,
    rocm::Rocm,
};
use crate::domain::Attributes;

const VENDOR: &str = "amd";
const LIBRARIES: [&str; 2] = ["librocm_smi64.so", "librocm_smi64.so.1"];

/// The vendor's library, or why there is none.
pub(super) enum Amd {
    /// It is nowhere.
    Absent,
    /// It is there, and was not started.
    Idle(String),
    /// It is there, and cannot be loaded or does not start.
    Broken(String),
    /// It answers.
    Ready {
        /// The name it was found by.
        library: String,
        rocm: Rocm,
    },
}

impl Amd {
    /// This machine's, opened once. To be started only where there is a GPU: without one it fails, and says so on standard error.
    pub(super) fn here(start: bool) -> &'static Self {
        static STARTED: OnceLock<Amd> = OnceLock::new();
        static FOUND: OnceLock<Amd> = OnceLock::new();
        if start {
            STARTED.get_or_init(|| Self::open(None, true))
        } else {
            FOUND.get_or_init(|| Self::open(None, false))
        }
    }

    /// The library at `path`, or wherever the system's loader finds it.
    pub(super) fn open(path: Option<&Path>, start: bool) -> Self {
        let names: Vec<&Path> =
            path.map_or_else(|| LIBRARIES.iter().map(Path::new).collect(), |path| vec![path]);
        for path in names {
            let name = path.display().to_string();
            match load(path) {
                Ok(_) if !start => return Self::Idle(name),
                Ok(library) => {
                    return match Rocm::start(library) {
                        Ok(rocm) => Self::Ready { library: name, rocm },
                        Err(reason) => Self::Broken(format!("{name} does not start: {reason}")),
                    };
                }
                Err(message) if is_nowhere(&message, &name) => {}
                Err(message) => return Self::Broken(format!("cannot load {name}: {message}")),
            }
        }
        Self::Absent
    }

    /// Every AMD GPU on the bus.
    pub(super) fn gpus(&self, machine: &Machine, devices: &Devices) -> Vec<Attributes> {
        let managed = self.managed();
        let found = pci::of(devices, Kind::AmdGpu).enumerate();
        found
            .map(|(index, device)| {
                let mut gpu = if device.driver.as_deref() == Some("amdgpu") {
                    in_sys(machine, device)
                } else {
                    let driver = device.driver.as_deref().unwrap_or("no driver");
                    let reason = format!("the GPU at {} has {driver} instead of amdgpu", device.address);
                    lost(VENDOR, Some(&device.address), &["name", "memory-total", "memory-used"], &reason)
                };
                gpu.set("index", index);
                if let Self::Ready { rocm, .. } = self
                    && let Some((_, number)) = managed.iter().find(|(address, _)| *address == device.address)
                {
                    by_library(&mut gpu, rocm, *number);
                }
                gpu
            })
            .collect()
    }

    /// The driver's entry.
    pub(super) fn driver(&self, machine: &Machine, devices: &Devices) -> Option<Attributes> {
        let count = pci::count(devices, Kind::AmdGpu);
        // Only the driver from ROCm has a version; the kernel's own has the kernel's.
        let version = machine.module_version("amdgpu");
        let (library, version) = match self {
            Self::Ready { library, rocm } => (
                Some(Ok(library.clone())),
                version.and_then(|version| Ok(version.or(rocm.driver_version()?))),
            ),
            Self::Broken(reason) => (Some(Err(reason.clone())), version),
            Self::Idle(library) => (Some(Ok(library.clone())), version),
            Self::Absent => (None, version),
        };
        let mut driver = Driver { vendor: VENDOR, devices: count, library, version }.attributes()?;
        driver.set("compute-library", Machine::compute_library("libamdhip64.so"));
        Some(driver)
    }

    /// The GPUs that the library knows: address and number.
    fn managed(&self) -> Vec<(String, u32)> {
        let Self::Ready { rocm, .. } = self else { return Vec::new() };
        let numbers = 0..rocm.count().unwrap_or(0);
        numbers.filter_map(|number| Some((rocm.pci(number).ok()??, number))).collect()
    }
}

/// What the kernel's driver tells.
fn in_sys(machine: &Machine, device: &Device) -> Attributes {
    let folder = format!("{}/{}", pci::DEVICES, device.address);
    let file = |name: &str| format!("{folder}/{name}");
    let mut gpu = Attributes::new();
    gpu.set("vendor", VENDOR);
    gpu.set("pci", device.address.as_str());
    put(&mut gpu, "name", machine.line(file("product_name")));
    put(&mut gpu, "uuid", machine.line(file("unique_id")));
    let (total, used) =
        (machine.number(file("mem_info_vram_total")), machine.number(file("mem_info_vram_used")));
    if let (Ok(Some(total)), Ok(Some(used))) = (&total, &used) {
        gpu.set("memory-free", total.saturating_sub(*used));
    }
    put(&mut gpu, "memory-total", total);
    put(&mut gpu, "memory-used", used);
    for (name, percent) in [("utilisation", "gpu_busy_percent"), ("memory-utilisation", "mem_busy_percent")] {
        let percent = machine.number(file(percent));
        put(&mut gpu, name, percent.map(|percent| percent.map(|percent| percent as f64 / 100.0)));
    }
    machine.put_link(&mut gpu, &device.address);
    put(&mut gpu, "pcie-replays", machine.number(file("pcie_replay_count")));
    for (name, kind) in [("ecc-volatile-uncorrectable", "ue"), ("ecc-volatile-correctable-dram", "ce")] {
        put(&mut gpu, name, memory_errors(machine, &file("ras/umc_err_count"), kind));
    }
    put_sensors(&mut gpu, machine, &folder);
    if let Ok(Some(nodes)) = machine.names(file("drm")) {
        let node = nodes.iter().find(|name| name.starts_with("renderD"));
        let may_render = node.is_some_and(|node| may_use(machine, &format!("/dev/dri/{node}")));
        gpu.set("visible", may_render && may_use(machine, "/dev/kfd"));
    }
    gpu
}

/// Temperatures and power, in thousandths of a degree and millionths of a watt.
fn put_sensors(gpu: &mut Attributes, machine: &Machine, folder: &str) {
    let Ok(Some(monitors)) = machine.names(format!("{folder}/hwmon")) else { return };
    let Some(monitor) = monitors.first() else { return };
    let read = |names: &[&str], scale: f64| -> Reading<f64> {
        for name in names {
            if let Some(value) = machine.number(format!("{folder}/hwmon/{monitor}/{name}"))? {
                return Ok(Some(value as f64 / scale));
            }
        }
        Ok(None)
    };
    // The second sensor is the hottest spot, where there is one.
    put(gpu, "temperature", read(&["temp2_input", "temp1_input"], 1e3));
    put(gpu, "temperature-slowdown", read(&["temp2_crit", "temp1_crit"], 1e3));
    put(gpu, "power", read(&["power1_average", "power1_input"], 1e6));
    put(gpu, "power-limit", read(&["power1_cap"], 1e6));
    put(gpu, "power-limit-default", read(&["power1_cap_default"], 1e6));
    put(gpu, "clock-sm", read(&["freq1_input"], 1.0));
    put(gpu, "clock-memory", read(&["freq2_input"], 1.0));
}

/// `ue: 0` and `ce: 0`, a line each.
fn memory_errors(machine: &Machine, path: &str, kind: &str) -> Reading<u64> {
    let Some(text) = machine.read(path)? else { return Ok(None) };
    let count = text.lines().find_map(|line| line.strip_prefix(kind)?.strip_prefix(':'));
    count.map(|count| parsed(count, path)).transpose()
}

/// What the library adds where /sys leaves something out.
fn by_library(gpu: &mut Attributes, rocm: &Rocm, number: u32) {
    fn add<T: Into<crate::domain::Value>>(
        gpu: &mut Attributes,
        name: &str,
        answer: impl FnOnce() -> Reading<T>,
    ) {
        if gpu.get(name).is_none() {
            put(gpu, name, answer());
        }
    }
    add(gpu, "name", || rocm.name(number));
    add(gpu, "memory-total", || rocm.memory_total(number));
    add(gpu, "memory-used", || rocm.memory_used(number));
    add(gpu, "temperature", || rocm.temperature(number));
    add(gpu, "power", || rocm.power(number));
    add(gpu, "utilisation", || rocm.utilisation(number));
    let errors = rocm.memory_errors(number);
    let count = |of: fn(super::rocm::ErrorCount) -> u64| errors.clone().map(|errors| errors.map(of));
    add(gpu, "ecc-volatile-uncorrectable", || count(|errors| errors.uncorrectable));
    add(gpu, "ecc-volatile-correctable-dram", || count(|errors| errors.correctable));
}
