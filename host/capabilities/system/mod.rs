//! What the machine has, what of it this process may use, and what its kernel says: the host side of `wit/system.wit`, which
//! lists every name with its unit.
//!
//! Every function measures now and keeps nothing, but for the libraries of GPU vendors, which stay open. A name that does not
//! apply to this machine is absent; one that should be readable and was not is [`Value::Failed`]. Nothing is ever zero because it
//! is unknown. What Linux tells is read below a [`Machine`]'s root, so that tests can lay out machines that are not at hand.

#[cfg(target_os = "linux")]
mod cgroup;
#[cfg(target_os = "linux")]
mod clib;
#[cfg(target_os = "linux")]
mod cpu;
#[cfg(target_os = "linux")]
mod gpu;
#[cfg(target_os = "linux")]
mod interfaces;
#[cfg(target_os = "linux")]
mod kernel;
#[cfg(target_os = "linux")]
mod limits;
#[cfg(target_os = "linux")]
mod machine;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod mounts;
#[cfg(target_os = "linux")]
mod os;
#[cfg(any(not(target_os = "linux"), test))]
mod portable;
mod probe;
#[cfg(target_os = "linux")]
mod processes;

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;

use std::time::Instant;

#[cfg(target_os = "linux")]
pub use machine::Machine;
#[cfg(not(target_os = "linux"))]
pub use portable::Machine;

use crate::domain::{Attributes, Error, Value};

/// Operating system, kernel, distribution, container.
pub fn os() -> Result<Attributes, Error> {
    Machine::here().os()
}

/// Cores: of the board, in the affinity mask, by cgroup quota.
pub fn cpu() -> Result<Attributes, Error> {
    Machine::here().cpu()
}

/// Memory: of the board, by cgroup, available now.
pub fn memory() -> Result<Attributes, Error> {
    Machine::here().memory()
}

/// Resource limits of this process and of the system.
pub fn limits() -> Result<Attributes, Error> {
    Machine::here().limits()
}

/// Mounted filesystems, in the order in which they were mounted: of two with the same target, the later hides the earlier.
pub fn mounts() -> Result<Vec<Attributes>, Error> {
    Machine::here().mounts()
}

/// Network interfaces, then InfiniBand ports.
pub fn interfaces() -> Result<Vec<Attributes>, Error> {
    Machine::here().interfaces()
}

/// Zombies and processes in uninterruptible sleep.
pub fn troubled_processes() -> Result<Vec<Attributes>, Error> {
    Machine::here().troubled_processes()
}

/// GPU drivers and libraries, one entry for each vendor found.
pub fn gpu_drivers() -> Result<Vec<Attributes>, Error> {
    Machine::here().gpu_drivers()
}

/// GPUs. The first call opens the vendors' libraries, which can take a second on a machine with many.
pub fn gpus() -> Result<Vec<Attributes>, Error> {
    Machine::here().gpus()
}

/// Kernel messages of the last `seconds` that hint at trouble.
pub fn kernel_events(seconds: u64) -> Result<Vec<Attributes>, Error> {
    Machine::here().kernel_events(seconds)
}

/// Runs arithmetic for about `seconds`. [`Error::Limit`] above five seconds, [`Error::Timeout`] where the deadline leaves less.
pub fn probe_cpu(seconds: f64, deadline: Instant) -> Result<Attributes, Error> {
    probe::cpu(seconds, usable_cores()?, deadline)
}

/// Copies and adds arrays of `size` bytes together. [`Error::Limit`] where `size` is more than 2 GiB or than the memory that is
/// free, [`Error::Timeout`] where not one pass ends before the deadline.
pub fn probe_memory(size: u64, deadline: Instant) -> Result<Attributes, Error> {
    probe::memory(size, free_memory()?, usable_cores()?, deadline)
}

/// How many threads use all that this process may use: a quota of one and a half cores takes two.
fn usable_cores() -> Result<usize, Error> {
    match cpu()?.get("usable") {
        Some(Value::Number(cores)) => Ok(cores.ceil().max(1.0) as usize),
        Some(Value::Failed { failed }) => Err(failed.clone()),
        _ => Err(Error::Unsupported("this platform does not say how many cores may be used".to_owned())),
    }
}

/// Bytes that can be taken without swapping or hitting the cgroup's limit.
fn free_memory() -> Result<u64, Error> {
    match memory()?.get("usable-now") {
        Some(Value::Integer(bytes)) => Ok(bytes.unsigned_abs()),
        Some(Value::Failed { failed }) => Err(failed.clone()),
        _ => Err(Error::Unsupported("this platform does not say how much memory is free".to_owned())),
    }
}
