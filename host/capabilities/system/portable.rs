//! What the crate sysinfo tells on platforms other than Linux; the rest is unsupported there. Linux compiles it for its tests, as
//! a second opinion on its own figures.

use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use crate::domain::{Attributes, Error, Value};

/// The machine that this process runs on.
#[derive(Clone, Debug)]
pub struct Machine;

#[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the methods that the Linux machine has")]
impl Machine {
    /// The machine that this process runs on.
    pub fn here() -> Self {
        Self
    }

    /// Name, version and host.
    pub fn os(&self) -> Result<Attributes, Error> {
        let mut os = Attributes::new();
        os.set("os", std::env::consts::OS);
        os.set("machine", std::env::consts::ARCH);
        os.set("kernel", told(System::kernel_version()));
        os.set("distribution", System::distribution_id());
        os.set("distribution-version", told(System::os_version()));
        os.set("hostname", told(System::host_name()));
        os.set("uptime", told(System::uptime().map(|seconds| seconds as f64)));
        Ok(os)
    }

    /// Cores and load.
    pub fn cpu(&self) -> Result<Attributes, Error> {
        let kind = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing().with_frequency());
        let system = System::new_with_specifics(kind).map_err(failure)?;
        let usable = std::thread::available_parallelism()
            .map_err(|error| Error::from_io("count", "the cores of this process", &error))?;
        let mut cpu = Attributes::new();
        cpu.set("logical", system.cpus().len());
        cpu.set("physical", told(System::physical_core_count()));
        cpu.set("usable", usable.get() as f64);
        if let Some(first) = system.cpus().first() {
            cpu.set("model", first.brand());
            cpu.set("vendor", first.vendor_id());
        }
        let load = System::load_average().map_err(failure);
        cpu.set("load-1", Value::from(load.clone().map(|load| load.one)));
        cpu.set("load-5", Value::from(load.clone().map(|load| load.five)));
        cpu.set("load-15", Value::from(load.map(|load| load.fifteen)));
        Ok(cpu)
    }

    /// Memory and swap.
    pub fn memory(&self) -> Result<Attributes, Error> {
        let kind = RefreshKind::nothing().with_memory(MemoryRefreshKind::everything());
        let system = System::new_with_specifics(kind).map_err(failure)?;
        let mut memory = Attributes::new();
        memory.set("total", system.total_memory());
        memory.set("available", system.available_memory());
        memory.set("swap-total", system.total_swap());
        memory.set("swap-free", system.free_swap());
        memory.set("usable", system.total_memory());
        memory.set("usable-now", system.available_memory());
        Ok(memory)
    }
}

fn told<T: Into<Value>>(answer: Result<T, sysinfo::Error>) -> Value {
    answer.map_err(failure).into()
}

fn failure(error: sysinfo::Error) -> Error {
    Error::Io(format!("the system does not tell: {error}"))
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unused_self, reason = "the methods that the Linux machine has")]
impl Machine {
    /// Unsupported.
    pub fn limits(&self) -> Result<Attributes, Error> {
        unsupported("the limits of a process")
    }

    /// Unsupported.
    pub fn mounts(&self) -> Result<Vec<Attributes>, Error> {
        unsupported("what is mounted")
    }

    /// Unsupported.
    pub fn interfaces(&self) -> Result<Vec<Attributes>, Error> {
        unsupported("network interfaces")
    }

    /// Unsupported.
    pub fn troubled_processes(&self) -> Result<Vec<Attributes>, Error> {
        unsupported("other processes")
    }

    /// Unsupported.
    pub fn gpu_drivers(&self) -> Result<Vec<Attributes>, Error> {
        unsupported("GPU drivers")
    }

    /// Unsupported.
    pub fn gpus(&self) -> Result<Vec<Attributes>, Error> {
        unsupported("GPUs")
    }

    /// Unsupported.
    pub fn kernel_events(&self, _seconds: u64) -> Result<Vec<Attributes>, Error> {
        unsupported("the kernel log")
    }
}

#[cfg(not(target_os = "linux"))]
fn unsupported<T>(subject: &str) -> Result<T, Error> {
    Err(Error::Unsupported(format!("reading {subject} works on Linux only")))
}
