//! Memory: of the board, by cgroup, available now.

use procfs::{FromRead, Meminfo};

use super::{
    Machine,
    machine::{Reading, put},
};
use crate::domain::{Attributes, Error};

impl Machine {
    /// See `memory` in `wit/system.wit`. Fails where /proc/meminfo cannot be read: then nothing is known.
    pub fn memory(&self) -> Result<Attributes, Error> {
        let info = self.need("/proc/meminfo")?;
        let info = Meminfo::from_read(info.as_bytes())
            .map_err(|error| Error::Io(format!("cannot understand /proc/meminfo: {error}")))?;
        let mut memory = Attributes::new();
        memory.set("total", info.mem_total);
        memory.set_some("available", info.mem_available);
        memory.set("swap-total", info.swap_total);
        memory.set("swap-free", info.swap_free);
        memory.set_some("huge-pages-total", info.hugepages_total);
        memory.set_some("huge-pages-free", info.hugepages_free);

        match self.memory_budgets() {
            Ok(budgets) => {
                let tightest = budgets.iter().min_by_key(|budget| budget.limit);
                let left = budgets.iter().map(|budget| budget.left()).min();
                memory.set_some("cgroup-limit", tightest.map(|budget| budget.limit));
                memory.set_some("cgroup-used", tightest.map(|budget| budget.used));
                memory.set(
                    "usable",
                    tightest.map_or(info.mem_total, |budget| info.mem_total.min(budget.limit)),
                );
                let now =
                    info.mem_available.map(|available| left.map_or(available, |left| left.min(available)));
                memory.set_some("usable-now", now);
            }
            Err(failed) => {
                for name in ["cgroup-limit", "usable", "usable-now"] {
                    put(&mut memory, name, Reading::<u64>::Err(failed.clone()));
                }
            }
        }

        self.put_shm(&mut memory);
        put(&mut memory, "ecc-uncorrectable", self.ecc("ue_count"));
        put(&mut memory, "ecc-correctable", self.ecc("ce_count"));
        Ok(memory)
    }

    fn put_shm(&self, memory: &mut Attributes) {
        let path = self.path("/dev/shm");
        match rustix::fs::statvfs(&path) {
            Ok(shm) => {
                memory.set("shm-total", shm.f_blocks.saturating_mul(shm.f_frsize));
                memory.set("shm-available", shm.f_bavail.saturating_mul(shm.f_frsize));
            }
            Err(rustix::io::Errno::NOENT) => {}
            Err(error) => {
                let failed = Error::from_io("measure", "/dev/shm", &error.into());
                put(memory, "shm-total", Reading::<u64>::Err(failed));
            }
        }
    }

    /// Errors that the memory controllers counted; `None` without a driver for them.
    fn ecc(&self, counter: &str) -> Reading<u64> {
        const CONTROLLERS: &str = "/sys/devices/system/edac/mc";
        let mut total = None;
        for controller in self.names(CONTROLLERS)?.unwrap_or_default() {
            if controller.starts_with("mc")
                && let Some(count) = self.number(format!("{CONTROLLERS}/{controller}/{counter}"))?
            {
                total = Some(total.unwrap_or(0) + count);
            }
        }
        Ok(total)
    }
}
