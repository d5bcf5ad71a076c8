//! What the crate sysinfo tells on platforms other than Linux; the rest is unsupported there. Linux compiles it for its tests, as
//! a second opinion on its own figures.

use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use crate::domain::{Attributes, Error};

/// The machine that this process runs on.
#[derive(Clone, Copy, Debug)]
pub struct Machine;

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
        os.set_some("kernel", System::kernel_version());
        os.set("distribution", System::distribution_id());
        os.set_some("distribution-version", System::os_version());
        os.set_some("hostname", System::host_name());
        os.set("uptime", System::uptime() as f64);
        Ok(os)
    }

    /// Cores and load.
    pub fn cpu(&self) -> Result<Attributes, Error> {
        let kind = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing().with_frequency());
        let system = System::new_with_specifics(kind);
        let usable = std::thread::available_parallelism()
            .map_err(|error| Error::from_io("count", "the cores of this process", &error))?;
        let mut cpu = Attributes::new();
        cpu.set("logical", system.cpus().len());
        cpu.set_some("physical", System::physical_core_count());
        cpu.set("usable", usable.get() as f64);
        if let Some(first) = system.cpus().first() {
            cpu.set("model", first.brand());
            cpu.set("vendor", first.vendor_id());
        }
        let load = System::load_average();
        cpu.set("load-1", load.one);
        cpu.set("load-5", load.five);
        cpu.set("load-15", load.fifteen);
        Ok(cpu)
    }

    /// Memory and swap.
    pub fn memory(&self) -> Result<Attributes, Error> {
        let kind = RefreshKind::nothing().with_memory(MemoryRefreshKind::everything());
        let system = System::new_with_specifics(kind);
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

#[cfg(not(target_os = "linux"))]
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
