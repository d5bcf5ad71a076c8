//! Checks of the machine: what it has, what of it this run may use, and whether it is healthy.

mod allocation;
mod cpu;
mod device;
mod driver;
mod events;
mod figure;
mod filesystem;
mod gpu;
mod gpu_settings;
mod health;
mod limits;
mod memory;
mod mounts;
mod paths;
mod probe;
mod storage;
mod system_wide;
mod writable;
mod xid;

use gonogo_sdk::{Entry, Plugin};

/// The table of the checks.
pub const PLUGIN: Plugin = Plugin {
    version: env!("CARGO_PKG_VERSION"),
    summary: "The machine: what it has, what of it this run may use, and whether it is healthy",
    checks: &[
        Entry::new::<cpu::Cpu>("cpu"),
        Entry::new::<memory::Memory>("memory"),
        Entry::new::<storage::Storage>("storage"),
        Entry::new::<gpu::Gpu>("gpu"),
        Entry::new::<gpu_settings::GpuSettings>("gpu-settings"),
        Entry::new::<limits::Limits>("limits"),
        Entry::new::<mounts::Mounts>("mounts"),
        Entry::new::<writable::Results>("writable"),
        Entry::new::<allocation::Allocation>("allocation"),
        Entry::new::<probe::Probe>("probe"),
        Entry::new::<health::Health>("health"),
        Entry::new::<paths::Paths>("paths"),
    ],
};

gonogo_sdk::export!(PLUGIN);

#[cfg(test)]
#[test]
fn cases() {
    gonogo_sdk::testing::cases(&PLUGIN, std::path::Path::new("cases"));
}
