//! The two things that only the C library tells.
#![expect(unsafe_code, reason = "foreign functions of the C library, which std links anyway")]

use std::ffi::{c_int, c_long, c_uint};

use crate::domain::Error;

/// The start of the kernel's `struct timex`, and room for the rest of it in every variant.
#[repr(C)]
struct Timex {
    modes: c_uint,
    offset: c_long,
    frequency: c_long,
    maximum_error: c_long,
    rest: [c_long; 64],
}

unsafe extern "C" {
    fn adjtimex(time: *mut Timex) -> c_int;
    #[cfg(target_env = "gnu")]
    fn gnu_get_libc_version() -> *const std::ffi::c_char;
}

/// Above this estimate of its own error, in microseconds, the kernel's clock is one that nothing has set for hours. timedatectl
/// draws the line there as well; it holds under NTP, chrony and PTP alike, where the kernel's unsynchronised flag does not.
const LARGEST_ERROR: c_long = 16_000_000;

/// Whether something keeps the clock right.
pub(super) fn clock_synchronised() -> Result<bool, Error> {
    let mut time = Timex { modes: 0, offset: 0, frequency: 0, maximum_error: 0, rest: [0; 64] };
    // SAFETY: with no mode set the call only writes, at most the kernel's 208 bytes, into a larger structure.
    let state = unsafe { adjtimex(&raw mut time) };
    if state < 0 {
        return Err(Error::from_io("ask for", "the state of the clock", &std::io::Error::last_os_error()));
    }
    Ok(time.maximum_error < LARGEST_ERROR)
}

/// `glibc 2.36`.
#[cfg(target_env = "gnu")]
#[expect(clippy::unnecessary_wraps, reason = "other C libraries do not tell")]
pub(super) fn libc() -> Option<String> {
    // SAFETY: the function returns a static string that ends in a zero byte.
    let version = unsafe { std::ffi::CStr::from_ptr(gnu_get_libc_version()) };
    Some(format!("glibc {}", version.to_string_lossy()))
}

/// Without glibc in this process, nothing to ask: the caller looks for files.
#[cfg(not(target_env = "gnu"))]
pub(super) fn libc() -> Option<String> {
    None
}
