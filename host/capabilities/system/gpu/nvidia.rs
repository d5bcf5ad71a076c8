//! NVIDIA GPUs, through NVML.
//!
//! A GPU that the bus has and NVML does not answer for is listed with failed values: a lost driver is never "no GPUs".

use std::{ffi::OsStr, mem::MaybeUninit, path::Path, sync::OnceLock};

use nvml_wrapper::{
    Device, Nvml,
    enum_wrappers::device::{
        Clock, ComputeMode, EccCounter, MemoryError, MemoryLocation, RetirementCause, TemperatureSensor,
        TemperatureThreshold,
    },
    enum_wrappers::nv_link::ErrorCounter,
    enums::device::SampleValue,
    error::{NvmlError, nvml_try},
    structs::device::FieldId,
    sys_exports::field_id::{
        NVML_FI_DEV_NVLINK_LINK_COUNT, NVML_FI_DEV_REMAPPED_COR, NVML_FI_DEV_REMAPPED_FAILURE,
        NVML_FI_DEV_REMAPPED_PENDING, NVML_FI_DEV_REMAPPED_UNC,
    },
};

use super::{
    Driver, Machine, is_nowhere, lost, may_use,
    pci::{self, Devices, Kind},
};
use crate::domain::{Attributes, Error, Value};

const VENDOR: &str = "nvidia";

/// The names the library has: the second is what an installation without the packages' links leaves.
const LIBRARIES: [&str; 2] = ["libnvidia-ml.so.1", "libnvidia-ml.so"];

/// What every NVIDIA GPU has, and a lost one therefore fails to answer.
const ALWAYS: [&str; 14] = [
    "name",
    "uuid",
    "memory-total",
    "memory-used",
    "memory-free",
    "compute-capability",
    "temperature",
    "power",
    "utilisation",
    "memory-utilisation",
    "ecc-volatile-uncorrectable",
    "throttle-reasons",
    "link-width",
    "processes",
];

/// NVML, or why there is none.
pub(super) enum Nvidia {
    /// The library is nowhere.
    Absent,
    /// It is there, and cannot be loaded or does not start.
    Broken(String),
    /// It answers.
    Ready {
        /// The name it was found by.
        library: String,
        nvml: Box<Nvml>,
    },
}

impl Nvidia {
    /// This machine's, opened once: that takes long, and NVML keeps the driver awake as long as it is open.
    pub(super) fn here() -> &'static Self {
        static HERE: OnceLock<Nvidia> = OnceLock::new();
        HERE.get_or_init(|| Self::open(None))
    }

    /// The library at `path`, or wherever the system's loader finds it.
    pub(super) fn open(path: Option<&Path>) -> Self {
        let names: Vec<&OsStr> = match path {
            Some(path) => vec![path.as_os_str()],
            None => LIBRARIES.iter().map(OsStr::new).collect(),
        };
        for name in names {
            let library = name.to_string_lossy().into_owned();
            match Nvml::builder().lib_path(name).init() {
                Ok(nvml) => return Self::Ready { library, nvml: Box::new(nvml) },
                Err(NvmlError::LibloadingError(error)) => {
                    let message = error.to_string();
                    if !is_nowhere(&message, &library) {
                        return Self::Broken(format!("cannot load {library}: {message}"));
                    }
                }
                Err(error) => return Self::Broken(format!("{library} does not start: {error}")),
            }
        }
        Self::Absent
    }

    /// Every GPU that NVML has, then those that are ours, on the bus, and unknown to it.
    pub(super) fn gpus(&self, machine: &Machine, devices: &Devices) -> Result<Vec<Attributes>, Error> {
        let (library, nvml) = match self {
            Self::Ready { library, nvml } => (library, nvml),
            Self::Broken(reason) => return Ok(all_lost(devices, reason)),
            Self::Absent => {
                return Ok(all_lost(devices, "NVIDIA's library libnvidia-ml.so.1 is not installed"));
            }
        };
        let count = match nvml.device_count() {
            Ok(count) => count,
            Err(error) => {
                let reason = format!("{library} cannot count the GPUs: {error}");
                let gpus = all_lost(devices, &reason);
                return if gpus.is_empty() { Err(Error::Io(reason)) } else { Ok(gpus) };
            }
        };
        let mut gpus: Vec<Attributes> =
            (0..count).map(|index| gpu(machine, index, nvml.device_by_index(index))).collect();
        for device in pci::of(devices, Kind::NvidiaGpu) {
            let known = gpus.iter().any(|gpu| gpu.get("pci") == Some(&device.address.as_str().into()));
            // A GPU that NVML lists and cannot open has no address: it may be this one.
            let may_be_known = gpus.iter().any(|gpu| gpu.get("pci").is_none());
            if !known && !may_be_known && is_ours(machine, device) {
                let reason =
                    format!("the GPU at {} is on the bus, but NVML does not list it", device.address);
                gpus.push(lost(VENDOR, Some(&device.address), &ALWAYS, &reason));
            }
        }
        Ok(gpus)
    }

    /// The driver's entry.
    pub(super) fn driver(&self, machine: &Machine, devices: &Devices) -> Option<Attributes> {
        let loaded = || {
            Ok(Some(
                machine
                    .module_version(VENDOR)?
                    .ok_or_else(|| Error::NotFound("NVIDIA's kernel driver is not loaded".to_owned()))?,
            ))
        };
        let (library, version) = match self {
            Self::Ready { library, nvml } => (
                Some(Ok(library.clone())),
                nvml.sys_driver_version().map(Some).map_err(|error| failure(&error)),
            ),
            Self::Broken(reason) => (Some(Err(reason.clone())), loaded()),
            Self::Absent => (None, loaded()),
        };
        let devices_on_bus = pci::count(devices, Kind::NvidiaGpu);
        let mut driver = Driver { vendor: VENDOR, devices: devices_on_bus, library, version }.attributes()?;
        if let Self::Ready { nvml, .. } = self {
            set(&mut driver, "library-version", nvml.sys_nvml_version());
            let cuda = nvml.sys_cuda_driver_version();
            set(&mut driver, "cuda", cuda.map(|cuda| format!("{}.{}", cuda / 1000, cuda % 1000 / 10)));
        }
        driver.set("compute-library", Machine::compute_library("libcuda.so.1"));
        let switches = pci::count(devices, Kind::NvSwitch);
        driver.set_some("nvswitches", switches);
        if switches > Some(0) {
            driver.set("fabric-manager", Value::from(fabric_manager(machine)));
        }
        Some(driver)
    }
}

/// Whether the service that joins the switches runs. The kernel keeps 15 letters of a name.
fn fabric_manager(machine: &Machine) -> Result<&'static str, Error> {
    match machine.runs("nv-fabricmanage")? {
        Some(true) => Ok("active"),
        Some(false) => Ok("inactive"),
        None => Err(Error::Io(
            "the fabric manager runs outside of this container, where it cannot be seen".to_owned(),
        )),
    }
}

/// Every GPU on the bus, with nothing to say about any.
fn all_lost(devices: &Devices, reason: &str) -> Vec<Attributes> {
    pci::of(devices, Kind::NvidiaGpu)
        .map(|device| {
            let driver = device
                .driver
                .as_deref()
                .map_or("no kernel driver".to_owned(), |name| format!("driver {name}"));
            let reason = format!("{reason} (the GPU at {} has {driver})", device.address);
            lost(VENDOR, Some(&device.address), &ALWAYS, &reason)
        })
        .collect()
}

/// Whether a GPU on the bus that NVML leaves out should be one of ours. In a container the bus shows all GPUs of the host, but the
/// driver's files only those given to the container; a GPU that another driver holds is passed on to a virtual machine.
fn is_ours(machine: &Machine, device: &pci::Device) -> bool {
    match device.driver.as_deref() {
        None => true,
        Some(VENDOR) => {
            let information = format!("/proc/driver/nvidia/gpus/{}/information", device.address);
            let information = machine.read(information).ok().flatten().unwrap_or_default();
            let minor = information.lines().find_map(|line| line.strip_prefix("Device Minor:"));
            minor.is_some_and(|minor| may_use(machine, &format!("/dev/nvidia{}", minor.trim())))
        }
        Some(_) => false,
    }
}

/// One GPU of NVML's list.
fn gpu(machine: &Machine, index: u32, device: Result<Device<'_>, NvmlError>) -> Attributes {
    let device = match device {
        Ok(device) => device,
        Err(error) => {
            let mut gpu = lost(VENDOR, None, &ALWAYS, &format!("NVML cannot open GPU {index}: {error}"));
            gpu.set("index", index);
            return gpu;
        }
    };
    let mut gpu = Attributes::new();
    gpu.set("vendor", VENDOR);
    gpu.set("index", index);
    put_identity(&mut gpu, machine, &device);
    put_load(&mut gpu, &device);
    put_settings(&mut gpu, &device);
    put_errors(&mut gpu, &device);
    put_links(&mut gpu, &device);
    gpu
}

fn put_identity(gpu: &mut Attributes, machine: &Machine, device: &Device<'_>) {
    set(gpu, "name", device.name());
    set(gpu, "uuid", device.uuid());
    if let Ok(pci) = device.pci_info() {
        gpu.set("pci", pci::address(&pci.bus_id).unwrap_or(pci.bus_id));
    }
    let capability = device.cuda_compute_capability();
    set(gpu, "compute-capability", capability.map(|version| format!("{}.{}", version.major, version.minor)));
    match device.architecture() {
        // A GPU newer than the bindings.
        Err(NvmlError::UnexpectedVariant(number)) => {
            gpu.set("architecture", format!("architecture {number}"));
        }
        architecture => set(gpu, "architecture", architecture.map(|name| name.to_string())),
    }
    set(gpu, "visible", device.minor_number().map(|minor| may_use(machine, &format!("/dev/nvidia{minor}"))));
}

fn put_load(gpu: &mut Attributes, device: &Device<'_>) {
    set_each(
        gpu,
        device.memory_info(),
        |memory| {
            [
                ("memory-total", memory.total.into()),
                ("memory-used", memory.used.into()),
                ("memory-free", memory.free.into()),
            ]
        },
        ["memory-total", "memory-used", "memory-free"],
    );
    set_each(
        gpu,
        device.utilization_rates(),
        |rates| [("utilisation", share(rates.gpu)), ("memory-utilisation", share(rates.memory))],
        ["utilisation", "memory-utilisation"],
    );
    set(gpu, "temperature", device.temperature(TemperatureSensor::Gpu).map(f64::from));
    set(
        gpu,
        "temperature-slowdown",
        device.temperature_threshold(TemperatureThreshold::Slowdown).map(f64::from),
    );
    set(gpu, "power", device.power_usage().map(watts));
    set(gpu, "power-limit", device.power_management_limit().map(watts));
    set(gpu, "power-limit-default", device.power_management_limit_default().map(watts));
    set(gpu, "throttle-reasons", device.current_throttle_reasons().map(|reasons| reasons.bits()));
    set(gpu, "clock-sm", device.clock_info(Clock::SM).map(hertz));
    set(gpu, "clock-sm-maximum", device.max_clock_info(Clock::SM).map(hertz));
    set(gpu, "clock-memory", device.clock_info(Clock::Memory).map(hertz));
    set(gpu, "clock-application", device.applications_clock(Clock::Graphics).map(hertz));
    let graphics = device.running_graphics_processes_count().or_else(|error| unsupported_as(error, 0));
    let processes = device.running_compute_processes_count();
    set(gpu, "processes", processes.and_then(|compute| Ok(compute + graphics?)));
}

fn put_settings(gpu: &mut Attributes, device: &Device<'_>) {
    set(gpu, "persistence", device.is_in_persistent_mode());
    let mode = device.compute_mode().map(|mode| match mode {
        ComputeMode::Default => "default",
        ComputeMode::ExclusiveThread => "exclusive-thread",
        ComputeMode::Prohibited => "prohibited",
        ComputeMode::ExclusiveProcess => "exclusive-process",
    });
    set(gpu, "compute-mode", mode);
    set_each(
        gpu,
        device.is_ecc_enabled(),
        |ecc| [("ecc", ecc.currently_enabled.into()), ("ecc-pending", ecc.pending_enabled.into())],
        ["ecc", "ecc-pending"],
    );
    set_each(
        gpu,
        device.mig_mode(),
        |mig| [("mig", (mig.current == 1).into()), ("mig-pending", (mig.pending == 1).into())],
        ["mig", "mig-pending"],
    );
    if gpu.get("mig") == Some(&true.into()) {
        set(gpu, "mig-devices", mig_devices(device));
    }
}

fn put_errors(gpu: &mut Attributes, device: &Device<'_>) {
    use {
        EccCounter::{Aggregate, Volatile},
        MemoryError::{Corrected, Uncorrected},
    };
    set(gpu, "ecc-volatile-uncorrectable", device.total_ecc_errors(Uncorrected, Volatile));
    set(gpu, "ecc-aggregate-uncorrectable", device.total_ecc_errors(Uncorrected, Aggregate));
    let corrected = |location| device.memory_error_counter(Corrected, Volatile, location);
    set(gpu, "ecc-volatile-correctable-sram", corrected(MemoryLocation::SRAM));
    set(gpu, "ecc-volatile-correctable-dram", corrected(MemoryLocation::Device));
    let retired = |cause| device.retired_pages(cause).map(|pages| pages.len());
    let single = retired(RetirementCause::MultipleSingleBitEccErrors);
    set(
        gpu,
        "retired-pages",
        single.and_then(|single| Ok(single + retired(RetirementCause::DoubleBitEccError)?)),
    );

    set(gpu, "remap-correctable", field(device, NVML_FI_DEV_REMAPPED_COR));
    set(gpu, "remap-uncorrectable", field(device, NVML_FI_DEV_REMAPPED_UNC));
    set(gpu, "remap-pending", field(device, NVML_FI_DEV_REMAPPED_PENDING).map(|state| state != 0));
    set(gpu, "remap-failed", field(device, NVML_FI_DEV_REMAPPED_FAILURE).map(|state| state != 0));
}

fn put_links(gpu: &mut Attributes, device: &Device<'_>) {
    set(gpu, "link-width", device.current_pcie_link_width());
    set(gpu, "link-width-maximum", device.max_pcie_link_width());
    set(gpu, "link-generation", device.current_pcie_link_gen());
    set(gpu, "link-generation-maximum", device.max_pcie_link_gen());
    set(gpu, "pcie-replays", device.pcie_replay_counter());
    let names = ["nvlinks-active", "nvlinks-inactive", "nvlink-errors"];
    match field(device, NVML_FI_DEV_NVLINK_LINK_COUNT).and_then(|links| nvlinks(device, links)) {
        Ok(links) => {
            if links.active + links.inactive > 0 {
                gpu.set("nvlinks-active", links.active);
                gpu.set("nvlinks-inactive", links.inactive);
                gpu.set_some("nvlink-errors", links.errors);
            }
        }
        Err(error) => set_each(gpu, Err::<(), _>(error), |()| [], names),
    }
    match fabric_state(device) {
        Ok(state) => gpu.set_some("fabric-state", state),
        // A driver from before there were fabrics.
        Err(NvmlError::FailedToLoadSymbol(_) | NvmlError::FunctionNotFound) => {}
        Err(error) => set(gpu, "fabric-state", Err::<bool, _>(error)),
    }
}

struct NvLinks {
    active: u32,
    inactive: u32,
    /// `None` where the GPU does not count errors in this way, as from the fifth generation of NVLink on.
    errors: Option<u64>,
}

fn nvlinks(device: &Device<'_>, count: u64) -> Result<NvLinks, NvmlError> {
    let mut links = NvLinks { active: 0, inactive: 0, errors: None };
    for number in 0..u32::try_from(count).unwrap_or(u32::MAX) {
        let link = device.link_wrapper_for(number);
        match link.is_active() {
            Ok(true) => links.active += 1,
            Ok(false) => {
                links.inactive += 1;
                continue;
            }
            // A link of the chip that this board does not have.
            Err(NvmlError::NotSupported | NvmlError::InvalidArg) => continue,
            Err(error) => return Err(error),
        }
        for counter in [
            ErrorCounter::DlReplay,
            ErrorCounter::DlRecovery,
            ErrorCounter::DlCrcFlit,
            ErrorCounter::DlCrcData,
        ] {
            match link.error_counter(counter) {
                Ok(errors) => links.errors = Some(links.errors.unwrap_or(0).saturating_add(errors)),
                Err(NvmlError::NotSupported) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(links)
}

/// Whether the GPU has joined its NVLink fabric; `None` where it belongs to none. The bindings' safe half lacks the call.
fn fabric_state(device: &Device<'_>) -> Result<Option<&'static str>, NvmlError> {
    let call = match device.nvml().lib().nvmlDeviceGetGpuFabricInfo.as_ref() {
        Ok(call) => call,
        Err(error) => return Err(NvmlError::FailedToLoadSymbol(error.to_string())),
    };
    let mut info = MaybeUninit::zeroed();
    #[expect(unsafe_code, reason = "a call that the bindings give only as a raw function")]
    // SAFETY: the handle is the bindings' own, and outlives the call with `device`; the structure is of the type the
    // library's header gives the function, made of integers, so that zero is a value of it.
    let info = unsafe {
        nvml_try(call(device.handle(), info.as_mut_ptr()))?;
        info.assume_init()
    };
    match info.state {
        0 => Ok(None),
        1 => Ok(Some("not-started")),
        2 => Ok(Some("in-progress")),
        3 => nvml_try(info.status).map(|()| Some("completed")),
        other => Err(NvmlError::UnexpectedVariant(other.into())),
    }
}

/// How many parts the GPU is split into.
fn mig_devices(device: &Device<'_>) -> Result<u32, NvmlError> {
    let mut count = 0;
    for index in 0..device.mig_device_count()? {
        match device.mig_device_by_index(index) {
            Ok(_) => count += 1,
            Err(NvmlError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

/// One of the values that NVML gives by number.
fn field(device: &Device<'_>, number: u32) -> Result<u64, NvmlError> {
    let sample = device.field_values_for(&[FieldId(number)])?.pop().ok_or(NvmlError::NoData)??;
    Ok(match sample.value? {
        SampleValue::U32(value) => value.into(),
        SampleValue::U64(value) => value,
        SampleValue::I64(value) => u64::try_from(value).unwrap_or(0),
        SampleValue::F64(value) => value as u64,
    })
}

/// Adds what NVML answered: absent where the GPU has no such thing, failed where it has and does not tell.
fn set<T: Into<Value>>(gpu: &mut Attributes, name: &str, answer: Result<T, NvmlError>) {
    match answer {
        Ok(value) => gpu.set(name, value),
        Err(NvmlError::NotSupported) => {}
        Err(error) => gpu.set(name, Value::Failed { failed: failure(&error) }),
    }
}

/// The same, where one answer holds several values.
fn set_each<T, const N: usize>(
    gpu: &mut Attributes,
    answer: Result<T, NvmlError>,
    values: impl FnOnce(T) -> [(&'static str, Value); N],
    names: impl IntoIterator<Item = &'static str>,
) {
    match answer {
        Ok(answer) => values(answer).into_iter().for_each(|(name, value)| gpu.set(name, value)),
        Err(NvmlError::NotSupported) => {}
        Err(error) => {
            let failed = failure(&error);
            names.into_iter().for_each(|name| gpu.set(name, Value::Failed { failed: failed.clone() }));
        }
    }
}

fn unsupported_as<T>(error: NvmlError, value: T) -> Result<T, NvmlError> {
    match error {
        NvmlError::NotSupported => Ok(value),
        error => Err(error),
    }
}

fn failure(error: &NvmlError) -> Error {
    match error {
        NvmlError::FailedToLoadSymbol(_) | NvmlError::FunctionNotFound => {
            Error::Unsupported(format!("the installed NVML is too old: {error}"))
        }
        NvmlError::Timeout => Error::Timeout(format!("NVML: {error}")),
        _ => Error::Io(format!("NVML: {error}")),
    }
}

fn share(percent: u32) -> Value {
    (f64::from(percent) / 100.0).into()
}

fn watts(milliwatts: u32) -> f64 {
    f64::from(milliwatts) / 1000.0
}

fn hertz(megahertz: u32) -> u64 {
    u64::from(megahertz) * 1_000_000
}
