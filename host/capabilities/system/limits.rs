//! Resource limits of this process and of the system.

use rustix::process::{Resource, getrlimit};

use super::{
    Machine,
    cgroup::Budget,
    machine::{Reading, parsed, put},
};
use crate::domain::{Attributes, Error};

const PROCESS: [(&str, Resource); 11] = [
    ("nofile", Resource::Nofile),
    ("nproc", Resource::Nproc),
    ("memlock", Resource::Memlock),
    ("core", Resource::Core),
    ("stack", Resource::Stack),
    ("as", Resource::As),
    ("fsize", Resource::Fsize),
    ("data", Resource::Data),
    ("rtprio", Resource::Rtprio),
    ("msgqueue", Resource::Msgqueue),
    ("sigpending", Resource::Sigpending),
];

const FILES: &str = "/proc/sys/fs/file-nr";

impl Machine {
    /// See `limits` in `wit/system.wit`.
    pub fn limits(&self) -> Result<Attributes, Error> {
        let mut limits = Attributes::new();
        for (name, resource) in PROCESS {
            let limit = getrlimit(resource);
            limits.set_some(&format!("{name}-soft"), limit.current);
            limits.set_some(&format!("{name}-hard"), limit.maximum);
        }

        // Allocated, allocated and free (always 0 since Linux 2.6), maximum.
        let files = self.need(FILES);
        for (name, place) in [("files-open", 0), ("files-maximum", 2)] {
            let count = files.as_ref().map_err(Clone::clone).and_then(|text| {
                parsed::<u64>(text.split_whitespace().nth(place).unwrap_or_default(), FILES).map(Some)
            });
            put(&mut limits, name, count);
        }

        let threads = self.number("/proc/sys/kernel/threads-max");
        match threads.clone().and_then(|threads| self.tightest_pids(threads)) {
            Ok(pids) => {
                limits.set_some("pids-used", pids.map(|pids| pids.used));
                limits.set_some("pids-maximum", pids.map(|pids| pids.limit));
            }
            Err(failed) => {
                put(&mut limits, "pids-used", Reading::<u64>::Err(failed.clone()));
                put(&mut limits, "pids-maximum", Reading::<u64>::Err(failed));
            }
        }
        put(&mut limits, "threads-maximum", threads);
        put(&mut limits, "map-count-maximum", self.number("/proc/sys/vm/max_map_count"));
        put(&mut limits, "shm-maximum", self.number("/proc/sys/kernel/shmmax"));
        Ok(limits)
    }

    /// Of the kernel's and the control groups' limits on processes and threads, the one that leaves least.
    fn tightest_pids(&self, threads: Option<u64>) -> Reading<Budget> {
        let mut budgets = self.pids_budgets()?;
        if let Some(limit) = self.number("/proc/sys/kernel/pid_max")?.into_iter().chain(threads).min() {
            // The fourth field is "running/all", where all are processes and their threads: each takes a number.
            let load = self.need("/proc/loadavg")?;
            let all = load.split(' ').nth(3).and_then(|field| field.split('/').nth(1)).unwrap_or_default();
            budgets.push(Budget { limit, used: parsed(all, "/proc/loadavg")? });
        }
        Ok(budgets.into_iter().min_by_key(|budget| budget.left()))
    }
}
