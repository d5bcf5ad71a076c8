//! What control groups grant this process, in version 1, version 2 and mixtures of both.
//!
//! A limit anywhere between the process's own group and the top binds, so every level that can be seen is read and the
//! tightest counts. Where the own group cannot be found in what is mounted, the answer is an error: a quota may be there.

use std::path::{Path, PathBuf};

use super::{
    Machine,
    machine::{Reading, parsed},
    mounts::Mount,
};
use crate::domain::Error;

/// From here on, a limit of version 1 is its way to say "none": the largest signed number, rounded down to a page.
const NO_LIMIT: u64 = 1 << 62;

/// The link that /proc shows for a process in the namespace that the machine started with.
const FIRST_CGROUP_NAMESPACE: &str = "cgroup:[4026531835]";

/// What can be used up, and how much of it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Budget {
    /// The limit.
    pub limit: u64,
    /// How much of it is taken.
    pub used: u64,
}

impl Budget {
    /// What is left of it.
    pub fn left(self) -> u64 {
        self.limit.saturating_sub(self.used)
    }
}

/// The folders of this process's group and of those above it, in one hierarchy.
struct Place {
    version: Version,
    /// The own one first.
    folders: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

impl Machine {
    /// Cores that the tightest quota grants; `None` without a quota.
    pub(super) fn cpu_quota(&self) -> Reading<f64> {
        let Some(place) = self.cgroup("cpu")? else { return Ok(None) };
        let mut tightest: Option<f64> = None;
        for folder in &place.folders {
            let (quota, period) = match place.version {
                Version::One => (
                    self.line(folder.join("cpu.cfs_quota_us"))?,
                    self.line(folder.join("cpu.cfs_period_us"))?,
                ),
                Version::Two => match self.line(folder.join("cpu.max"))? {
                    Some(text) => {
                        let (quota, period) = text.split_once(' ').unwrap_or((&text, "100000"));
                        (Some(quota.to_owned()), Some(period.to_owned()))
                    }
                    None => (None, None),
                },
            };
            let Some(quota) = quota.filter(|quota| quota != "max" && quota != "-1") else { continue };
            let from = folder.display().to_string();
            let quota: f64 = parsed(&quota, &from)?;
            let period: f64 = parsed(&period.unwrap_or_default(), &from)?;
            let cores = quota / period;
            if !cores.is_finite() || cores <= 0.0 {
                return Err(Error::Io(format!("cannot understand the CPU quota {quota}/{period} in {from}")));
            }
            tightest = Some(tightest.map_or(cores, |least| least.min(cores)));
        }
        Ok(tightest)
    }

    /// The memory limits around this process, the own group's first. What is used leaves out the file cache that the kernel would
    /// drop first.
    pub(super) fn memory_budgets(&self) -> Result<Vec<Budget>, Error> {
        let Some(place) = self.cgroup("memory")? else { return Ok(Vec::new()) };
        let (limit, used, cache) = match place.version {
            Version::One => ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
            Version::Two => ("memory.max", "memory.current", "inactive_file"),
        };
        let mut budgets = Vec::new();
        for folder in &place.folders {
            if let Some(Budget { limit, used }) = self.budget(folder, limit, used)? {
                let statistics = self.read(folder.join("memory.stat"))?.unwrap_or_default();
                let cache = statistics.lines().find_map(|line| line.strip_prefix(cache)?.strip_prefix(' '));
                let cache: u64 = cache.map_or(Ok(0), |bytes| parsed(bytes, &folder.display().to_string()))?;
                budgets.push(Budget { limit, used: used.saturating_sub(cache) });
            }
        }
        Ok(budgets)
    }

    /// The limits on processes and threads around this process.
    pub(super) fn pids_budgets(&self) -> Result<Vec<Budget>, Error> {
        let Some(place) = self.cgroup("pids")? else { return Ok(Vec::new()) };
        let budgets = place.folders.iter().map(|folder| self.budget(folder, "pids.max", "pids.current"));
        budgets.filter_map(Result::transpose).collect()
    }

    fn budget(&self, folder: &Path, limit: &str, used: &str) -> Reading<Budget> {
        let Some(text) = self.line(folder.join(limit))?.filter(|text| text != "max") else { return Ok(None) };
        let from = folder.join(limit).display().to_string();
        let limit: u64 = parsed(&text, &from)?;
        if limit >= NO_LIMIT {
            return Ok(None);
        }
        match self.number(folder.join(used))? {
            Some(used) => Ok(Some(Budget { limit, used })),
            None => Err(Error::NotFound(format!("{from} has no '{used}' beside it"))),
        }
    }

    /// Where this process is in the hierarchy that holds `controller`; `None` where nothing can limit it.
    fn cgroup(&self, controller: &str) -> Reading<Place> {
        let Some(groups) = self.read("/proc/self/cgroup")? else { return Ok(None) };
        // "4:memory:/a" in version 1, "0::/a" in version 2. Where both are, the controller is in the one that names it.
        let entry = |wanted: &dyn Fn(&str) -> bool| {
            groups.lines().find_map(|line| {
                let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
                wanted(controllers).then_some(path)
            })
        };
        let named = |list: &str| list.split(',').any(|name| name == controller);
        let (version, path) = match (entry(&named), entry(&str::is_empty)) {
            (Some(path), _) => (Version::One, path),
            (None, Some(path)) => (Version::Two, path),
            (None, None) => return Ok(None),
        };
        let mounts = self.mount_table()?;
        let mut mounts: Vec<&Mount> = mounts
            .iter()
            .filter(|mount| match version {
                Version::One => {
                    mount.kind == "cgroup" && mount.filesystem_options.iter().any(|name| name == controller)
                }
                Version::Two => mount.kind == "cgroup2",
            })
            .collect();
        // Of several mounts, the one that shows most.
        mounts.sort_by_key(|mount| mount.root.len());
        for mount in &mounts {
            if let Ok(below) = Path::new(path).strip_prefix(&mount.root) {
                let top = Path::new(&mount.target);
                let own = if below.as_os_str().is_empty() { top.to_owned() } else { top.join(below) };
                if self.path(&own).is_dir() {
                    let folders = own.ancestors().take_while(|folder| folder.starts_with(top));
                    return Ok(Some(Place { version, folders: folders.map(Path::to_owned).collect() }));
                }
            }
        }
        if mounts.is_empty() && path == "/" && self.is_in_first_cgroup_namespace() {
            return Ok(None);
        }
        Err(Error::NotFound(format!(
            "cannot find the control group '{path}' of this process for '{controller}' in what is mounted; mount /sys/fs/cgroup"
        )))
    }

    /// Whether the group `/` is the machine's own, which nothing limits.
    fn is_in_first_cgroup_namespace(&self) -> bool {
        self.link_name("/proc/self/ns/cgroup").is_some_and(|link| link == FIRST_CGROUP_NAMESPACE)
    }
}
