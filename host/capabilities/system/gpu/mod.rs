//! GPUs of all vendors, and the libraries and drivers that make them usable.
//!
//! What could not be tried on real hardware: NVIDIA devices (their calls run against a stand-in library in the tests), NVSwitch and
//! fabric state, MIG; AMD devices (the library's calls against a stand-in, /sys as recorded); Intel devices (/sys as documented).

mod amd;
mod intel;
mod nvidia;
pub(super) mod pci;
mod rocm;

#[cfg(test)]
mod tests;

use std::{error::Error as _, path::Path};

use super::{
    Machine,
    machine::{Reading, put},
};
use crate::domain::{Attributes, Error, Value};
use amd::Amd;
use nvidia::Nvidia;
use pci::Kind;

impl Machine {
    /// See `gpus` in `wit/system.wit`.
    pub fn gpus(&self) -> Result<Vec<Attributes>, Error> {
        let devices = self.pci_devices()?;
        let mut gpus = Nvidia::here().gpus(self, &devices)?;
        if pci::count(&devices, Kind::AmdGpu) > Some(0) {
            gpus.extend(Amd::here(true).gpus(self, &devices));
        }
        gpus.extend(intel::gpus(self, &devices)?);
        Ok(gpus)
    }

    /// See `gpu-drivers` in `wit/system.wit`.
    pub fn gpu_drivers(&self) -> Result<Vec<Attributes>, Error> {
        let devices = self.pci_devices()?;
        let has_amd = pci::count(&devices, Kind::AmdGpu) > Some(0);
        let found = [
            Nvidia::here().driver(self, &devices),
            Amd::here(has_amd).driver(self, &devices),
            intel::driver(self, &devices),
        ];
        Ok(found.into_iter().flatten().collect())
    }

    /// `loadable`, or why a program that computes could not load the library it needs.
    fn compute_library(name: &str) -> String {
        load(Path::new(name)).map_or_else(|reason| reason, |_| "loadable".to_owned())
    }

    /// The version of a kernel module that is loaded and has one.
    fn module_version(&self, name: &str) -> Reading<String> {
        self.line(format!("/sys/module/{name}/version"))
    }
}

/// Opens a library, running its initialisers.
fn load(path: &Path) -> Result<libloading::Library, String> {
    #[expect(unsafe_code, reason = "vendors' libraries exist as machine code only")]
    // SAFETY: the libraries asked for are the vendors' own by their well-known names, found where the system's loader looks;
    // their initialisers are made to run in any process.
    let library = unsafe { libloading::Library::new(path) };
    // What the loader said is the source; the error itself says only that it failed.
    library.map_err(|error| error.source().map_or_else(|| error.to_string(), ToString::to_string))
}

/// Whether a loader's message says that the very library asked for is nowhere: not that it is broken, or lacks another.
fn is_nowhere(message: &str, name: &str) -> bool {
    message.contains(&format!("{name}: cannot open shared object file: No such file"))
        || message.contains(&format!("{name}: No such file"))
}

/// Whether this process may open a device to read and to write. Only asked, not tried: opening a GPU can take seconds.
fn may_use(machine: &Machine, device: &str) -> bool {
    use rustix::fs::{Access, access};
    access(machine.path(device), Access::READ_OK | Access::WRITE_OK).is_ok()
}

/// A device that is there and answers nothing: every name that any device of its kind has is failed.
fn lost(vendor: &str, pci: Option<&str>, names: &[&str], reason: &str) -> Attributes {
    let mut gpu = Attributes::new();
    gpu.set("vendor", vendor);
    for name in names {
        gpu.set(name, Value::Failed { failed: Error::Io(reason.to_owned()) });
    }
    gpu.set_some("pci", pci);
    gpu
}

/// The entry of one vendor's driver, where a device or a library was found.
struct Driver<'a> {
    vendor: &'a str,
    /// Devices on the PCI bus.
    devices: Option<usize>,
    /// The management library's name, or why it cannot be used; `None` where it is nowhere.
    library: Option<Result<String, String>>,
    /// The driver's version.
    version: Reading<String>,
}

impl Driver<'_> {
    fn attributes(self) -> Option<Attributes> {
        let nothing = self.devices.unwrap_or(0) == 0;
        if nothing && self.library.is_none() {
            return None;
        }
        let mut driver = Attributes::new();
        driver.set("vendor", self.vendor);
        driver.set_some("devices", self.devices);
        put(&mut driver, "driver", self.version);
        let library = self
            .library
            .unwrap_or_else(|| Err("the vendor's management library is not installed".to_owned()));
        driver.set("library", Value::from(library.map_err(Error::Io)));
        Some(driver)
    }
}
