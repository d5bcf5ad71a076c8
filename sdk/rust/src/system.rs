//! What the machine has, what of it this process may use, and what its kernel says. `wit/system.wit` lists each function's names.

use serde_json::{Value as Json, json};

use crate::{
    Attributes, Error,
    bindings::gonogo::plugin::{system as wit, types},
    host::ask,
};

type Given = Vec<(String, types::Value)>;

fn one(call: &str, import: impl FnOnce() -> Result<Given, types::Error>) -> Result<Attributes, Error> {
    ask(call, || Json::Null, || Ok(import()?.into()))
}

fn many(
    call: &str,
    import: impl FnOnce() -> Result<Vec<Given>, types::Error>,
) -> Result<Vec<Attributes>, Error> {
    ask(call, || Json::Null, || Ok(import()?.into_iter().map(Into::into).collect()))
}

/// Operating system, kernel, distribution, container.
pub fn os() -> Result<Attributes, Error> {
    one("system.os", wit::os)
}

/// Cores: of the board, in the affinity mask, by cgroup quota.
pub fn cpu() -> Result<Attributes, Error> {
    one("system.cpu", wit::cpu)
}

/// Memory: of the board, by cgroup, available now.
pub fn memory() -> Result<Attributes, Error> {
    one("system.memory", wit::memory)
}

/// Resource limits of this process and of the system.
pub fn limits() -> Result<Attributes, Error> {
    one("system.limits", wit::limits)
}

/// Mounted filesystems.
pub fn mounts() -> Result<Vec<Attributes>, Error> {
    many("system.mounts", wit::mounts)
}

/// Network interfaces and InfiniBand ports.
pub fn interfaces() -> Result<Vec<Attributes>, Error> {
    many("system.interfaces", wit::interfaces)
}

/// Zombies and processes in uninterruptible sleep.
pub fn troubled_processes() -> Result<Vec<Attributes>, Error> {
    many("system.troubled-processes", wit::troubled_processes)
}

/// GPU drivers and libraries, one for each vendor found.
pub fn gpu_drivers() -> Result<Vec<Attributes>, Error> {
    many("system.gpu-drivers", wit::gpu_drivers)
}

/// GPUs.
pub fn gpus() -> Result<Vec<Attributes>, Error> {
    many("system.gpus", wit::gpus)
}

/// Kernel messages of the last `seconds` that hint at trouble.
pub fn kernel_events(seconds: u64) -> Result<Vec<Attributes>, Error> {
    let import = || Ok(wit::kernel_events(seconds)?.into_iter().map(Into::into).collect());
    ask("system.kernel-events", || json!({"seconds": seconds}), import)
}

/// Arithmetic for about `seconds`.
pub fn probe_cpu(seconds: f64) -> Result<Attributes, Error> {
    ask("system.probe-cpu", || json!({"seconds": seconds}), || Ok(wit::probe_cpu(seconds)?.into()))
}

/// Memory bandwidth over arrays of `size` bytes together.
pub fn probe_memory(size: u64) -> Result<Attributes, Error> {
    ask("system.probe-memory", || json!({"size": size}), || Ok(wit::probe_memory(size)?.into()))
}
