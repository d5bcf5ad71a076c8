//! AMD's management library, librocm_smi64, by the signatures of its C header (rocm_smi.h, ROCm 5 and 6).
#![expect(unsafe_code, reason = "foreign functions of a library that may or may not be there")]

use std::ffi::{CStr, c_char};

use libloading::{Library, Symbol};

use crate::domain::Error;

/// `rsmi_status_t`.
type Status = u32;
const SUCCESS: Status = 0;
const NOT_SUPPORTED: Status = 2;

/// `RSMI_SW_COMP_DRIVER`.
const DRIVER: u32 = 0;
/// `RSMI_MEM_TYPE_VRAM`.
const VRAM: u32 = 0;
/// `RSMI_GPU_BLOCK_UMC`: the memory controllers.
const MEMORY_CONTROLLERS: u64 = 1;

/// `rsmi_error_count_t`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ErrorCount {
    /// Errors that were corrected.
    pub correctable: u64,
    /// Errors that were not.
    pub uncorrectable: u64,
    // Newer headers have a third count.
    _deferred: u64,
}

/// The library, started.
#[derive(Debug)]
pub(super) struct Rocm {
    library: Library,
}

impl Rocm {
    /// Starts the library; why not, in words.
    pub(super) fn start(library: Library) -> Result<Self, String> {
        let rocm = Self { library };
        // SAFETY: rsmi_status_t rsmi_init(uint64_t init_flags)
        match unsafe {
            rocm.function::<unsafe extern "C" fn(u64) -> Status>(c"rsmi_init").map(|init| init(0))
        } {
            Ok(SUCCESS) => Ok(rocm),
            Ok(status) => Err(format!("rsmi_init answers with status {status}")),
            Err(error) => Err(error.to_string()),
        }
    }

    /// How many GPUs it manages.
    pub(super) fn count(&self) -> Result<u32, Error> {
        // SAFETY: rsmi_status_t rsmi_num_monitor_devices(uint32_t *num_devices)
        let count = unsafe {
            let call =
                self.function::<unsafe extern "C" fn(*mut u32) -> Status>(c"rsmi_num_monitor_devices")?;
            let mut count = 0;
            check("rsmi_num_monitor_devices", call(&raw mut count), count)?
        };
        count.ok_or_else(|| Error::Unsupported("rocm-smi cannot count GPUs".to_owned()))
    }

    /// The driver's version.
    pub(super) fn driver_version(&self) -> Result<Option<String>, Error> {
        let mut text = [0 as c_char; 256];
        // SAFETY: rsmi_status_t rsmi_version_str_get(rsmi_sw_component_t component, char *ver_str, uint32_t len)
        unsafe {
            let call = self
                .function::<unsafe extern "C" fn(u32, *mut c_char, u32) -> Status>(c"rsmi_version_str_get")?;
            let status = call(DRIVER, text.as_mut_ptr(), text.len() as u32);
            check("rsmi_version_str_get", status, string(&mut text))
        }
    }

    /// A GPU's name.
    pub(super) fn name(&self, index: u32) -> Result<Option<String>, Error> {
        let mut text = [0 as c_char; 256];
        // SAFETY: rsmi_status_t rsmi_dev_name_get(uint32_t dv_ind, char *name, size_t len)
        unsafe {
            let call = self
                .function::<unsafe extern "C" fn(u32, *mut c_char, usize) -> Status>(c"rsmi_dev_name_get")?;
            let status = call(index, text.as_mut_ptr(), text.len());
            check("rsmi_dev_name_get", status, string(&mut text))
        }
    }

    /// A GPU's address on the bus, as /sys writes it.
    pub(super) fn pci(&self, index: u32) -> Result<Option<String>, Error> {
        let id = self.number64(c"rsmi_dev_pci_id_get", index)?;
        Ok(id.map(|id| {
            format!("{:04x}:{:02x}:{:02x}.{:x}", id >> 32, (id >> 8) & 0xff, (id >> 3) & 0x1f, id & 7)
        }))
    }

    /// Bytes of a GPU's own memory.
    pub(super) fn memory_total(&self, index: u32) -> Result<Option<u64>, Error> {
        self.kind64(c"rsmi_dev_memory_total_get", index, VRAM)
    }

    /// Bytes of it that are taken.
    pub(super) fn memory_used(&self, index: u32) -> Result<Option<u64>, Error> {
        self.kind64(c"rsmi_dev_memory_usage_get", index, VRAM)
    }

    /// Average power, in watts.
    pub(super) fn power(&self, index: u32) -> Result<Option<f64>, Error> {
        Ok(self.kind64(c"rsmi_dev_power_ave_get", index, 0)?.map(|microwatts| microwatts as f64 / 1e6))
    }

    /// Share of the time that it is busy.
    pub(super) fn utilisation(&self, index: u32) -> Result<Option<f64>, Error> {
        // SAFETY: rsmi_status_t rsmi_dev_busy_percent_get(uint32_t dv_ind, uint32_t *busy_percent)
        let percent = unsafe {
            let call =
                self.function::<unsafe extern "C" fn(u32, *mut u32) -> Status>(c"rsmi_dev_busy_percent_get")?;
            let mut percent = 0;
            check("rsmi_dev_busy_percent_get", call(index, &raw mut percent), percent)?
        };
        Ok(percent.map(|percent| f64::from(percent) / 100.0))
    }

    /// Temperature at the hottest spot, else at the edge, in degrees Celsius.
    pub(super) fn temperature(&self, index: u32) -> Result<Option<f64>, Error> {
        const JUNCTION: u32 = 1;
        const EDGE: u32 = 0;
        const CURRENT: u32 = 0;
        let read = |sensor| {
            // SAFETY: rsmi_status_t rsmi_dev_temp_metric_get(uint32_t dv_ind, uint32_t sensor_type, rsmi_temperature_metric_t
            // metric, int64_t *temperature)
            unsafe {
                let call = self.function::<unsafe extern "C" fn(u32, u32, u32, *mut i64) -> Status>(
                    c"rsmi_dev_temp_metric_get",
                )?;
                let mut millidegrees = 0;
                let status = call(index, sensor, CURRENT, &raw mut millidegrees);
                check("rsmi_dev_temp_metric_get", status, millidegrees)
            }
        };
        let millidegrees = match read(JUNCTION)? {
            None => read(EDGE)?,
            some => some,
        };
        Ok(millidegrees.map(|millidegrees| millidegrees as f64 / 1000.0))
    }

    /// Errors in the memory since the driver was loaded.
    pub(super) fn memory_errors(&self, index: u32) -> Result<Option<ErrorCount>, Error> {
        // SAFETY: rsmi_status_t rsmi_dev_ecc_count_get(uint32_t dv_ind, rsmi_gpu_block_t block, rsmi_error_count_t *ec), where the
        // enumeration of blocks has 64 bits, and the counts are two or, in newer headers, three.
        unsafe {
            let call = self.function::<unsafe extern "C" fn(u32, u64, *mut ErrorCount) -> Status>(
                c"rsmi_dev_ecc_count_get",
            )?;
            let mut count = ErrorCount::default();
            check("rsmi_dev_ecc_count_get", call(index, MEMORY_CONTROLLERS, &raw mut count), count)
        }
    }

    fn number64(&self, name: &CStr, index: u32) -> Result<Option<u64>, Error> {
        // SAFETY: the functions named have (uint32_t dv_ind, uint64_t *value)
        unsafe {
            let call = self.function::<unsafe extern "C" fn(u32, *mut u64) -> Status>(name)?;
            let mut value = 0;
            check(&name.to_string_lossy(), call(index, &raw mut value), value)
        }
    }

    fn kind64(&self, name: &CStr, index: u32, kind: u32) -> Result<Option<u64>, Error> {
        // SAFETY: the functions named have (uint32_t dv_ind, 32-bit enumeration or sensor, uint64_t *value)
        unsafe {
            let call = self.function::<unsafe extern "C" fn(u32, u32, *mut u64) -> Status>(name)?;
            let mut value = 0;
            check(&name.to_string_lossy(), call(index, kind, &raw mut value), value)
        }
    }

    /// A function of the library.
    ///
    /// # Safety
    ///
    /// `F` must be what the header says of the function.
    unsafe fn function<F>(&self, name: &CStr) -> Result<Symbol<'_, F>, Error> {
        // SAFETY: as asked of the caller.
        unsafe { self.library.get(name) }.map_err(|error| {
            Error::Unsupported(format!("librocm_smi64 has no {}: {error}", name.to_string_lossy()))
        })
    }
}

/// The value where the call succeeded, `None` where the GPU has no such thing.
fn check<T>(call: &str, status: Status, value: T) -> Result<Option<T>, Error> {
    match status {
        SUCCESS => Ok(Some(value)),
        NOT_SUPPORTED => Ok(None),
        status => Err(Error::Io(format!("{call} answers with status {status}"))),
    }
}

/// The text that a call left, whether or not it ended it.
fn string(text: &mut [c_char]) -> String {
    let bytes: Vec<u8> = text.iter().take_while(|byte| **byte != 0).map(|byte| *byte as u8).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
