//! Control groups as kernels, engines and namespaces show them.

use super::super::cgroup::Budget;
use super::{Layout, failed, integer, number};
use crate::domain::Error;

/// How version 1 writes that there is no limit.
const NO_LIMIT: &str = "9223372036854771712\n";

const V2: &[(&str, &str)] = &[
    ("proc/self/cgroup", "0::/jobs.slice/job-7.scope\n"),
    (
        "proc/self/mountinfo",
        "24 1 0:22 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n",
    ),
    ("sys/fs/cgroup/jobs.slice/cpu.max", "150000 100000\n"),
    ("sys/fs/cgroup/jobs.slice/job-7.scope/cpu.max", "max 100000\n"),
    ("sys/fs/cgroup/jobs.slice/memory.max", "1000000\n"),
    ("sys/fs/cgroup/jobs.slice/memory.current", "900000\n"),
    ("sys/fs/cgroup/jobs.slice/memory.stat", "anon 1\ninactive_file 300000\nactive_file 5\n"),
    ("sys/fs/cgroup/jobs.slice/job-7.scope/memory.max", "800000\n"),
    ("sys/fs/cgroup/jobs.slice/job-7.scope/memory.current", "100000\n"),
    ("sys/fs/cgroup/jobs.slice/pids.max", "64\n"),
    ("sys/fs/cgroup/jobs.slice/pids.current", "60\n"),
    ("sys/fs/cgroup/jobs.slice/job-7.scope/pids.max", "max\n"),
    ("sys/fs/cgroup/jobs.slice/job-7.scope/pids.current", "3\n"),
];

#[test]
fn every_level_of_version_2_counts() {
    let layout = Layout::new(V2);
    let machine = layout.machine();
    assert_eq!(machine.cpu_quota(), Ok(Some(1.5)));
    let budgets = vec![Budget { limit: 800_000, used: 100_000 }, Budget { limit: 1_000_000, used: 600_000 }];
    assert_eq!(machine.memory_budgets(), Ok(budgets));
    assert_eq!(machine.pids_budgets(), Ok(vec![Budget { limit: 64, used: 60 }]));
}

#[test]
fn usable_is_what_all_limits_leave() {
    let layout = Layout::new(V2).with(&[
        (
            "proc/meminfo",
            "MemTotal: 4000 kB\nMemFree: 1 kB\nMemAvailable: 3000 kB\nBuffers: 1 kB\nCached: 1 kB\nSwapCached: 0 kB\n\
             Active: 1 kB\nInactive: 1 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\nDirty: 0 kB\nWriteback: 0 kB\nMapped: 0 kB\n\
             Slab: 0 kB\nCommitted_AS: 0 kB\nVmallocTotal: 0 kB\nVmallocUsed: 0 kB\nVmallocChunk: 0 kB\n\
             HugePages_Total: 12\nHugePages_Free: 5\n",
        ),
        ("sys/devices/system/cpu/online", "0-3\n"),
        ("proc/sys/kernel/threads-max", "1000\n"),
        ("proc/sys/kernel/pid_max", "500\n"),
        ("proc/loadavg", "0.10 0.20 0.30 1/77 1234\n"),
        ("sys/devices/system/edac/mc/mc0/ue_count", "1\n"),
        ("sys/devices/system/edac/mc/mc1/ue_count", "2\n"),
        ("sys/devices/system/edac/mc/mc0/ce_count", "0\n"),
    ]);
    let memory = layout.machine().memory().unwrap();
    assert_eq!(integer(&memory, "total"), 4_096_000);
    assert_eq!((integer(&memory, "cgroup-limit"), integer(&memory, "cgroup-used")), (800_000, 100_000));
    assert_eq!(integer(&memory, "usable"), 800_000);
    // The outer group leaves less than the inner one.
    assert_eq!(integer(&memory, "usable-now"), 400_000);
    assert_eq!((integer(&memory, "huge-pages-total"), integer(&memory, "huge-pages-free")), (12, 5));
    assert_eq!((integer(&memory, "ecc-uncorrectable"), integer(&memory, "ecc-correctable")), (3, 0));
    assert_eq!(memory.get("shm-total"), None);

    let cpu = layout.machine().cpu().unwrap();
    assert_eq!(integer(&cpu, "logical"), 4);
    assert!(number(&cpu, "usable") <= 1.5);
    assert_eq!(cpu.get("load-15"), Some(&0.3.into()));

    let limits = layout.machine().limits().unwrap();
    assert_eq!((integer(&limits, "pids-maximum"), integer(&limits, "pids-used")), (64, 60));
    assert!(failed(&limits, "files-open"), "{limits:?}");
    assert_eq!(limits.get("shm-maximum"), None);
}

#[test]
fn version_1_knows_no_limit_as_a_huge_one() {
    let layout = Layout::new(&[
        (
            "proc/self/cgroup",
            "5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n3:pids:/docker/abc\n0::/docker/abc\n",
        ),
        (
            "proc/self/mountinfo",
            "30 1 0:1 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n\
             31 1 0:2 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n\
             32 1 0:3 /docker/abc /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n",
        ),
        ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n"),
        ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
        ("sys/fs/cgroup/memory/memory.limit_in_bytes", NO_LIMIT),
        ("sys/fs/cgroup/memory/memory.usage_in_bytes", "5000\n"),
        ("sys/fs/cgroup/pids/pids.max", "max\n"),
        ("sys/fs/cgroup/pids/pids.current", "5\n"),
    ]);
    let machine = layout.machine();
    assert_eq!(machine.cpu_quota(), Ok(Some(0.5)));
    assert_eq!(machine.memory_budgets(), Ok(vec![]));
    assert_eq!(machine.pids_budgets(), Ok(vec![]));

    let layout = layout.with(&[
        ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"),
        ("sys/fs/cgroup/memory/memory.limit_in_bytes", "8000\n"),
        ("sys/fs/cgroup/memory/memory.stat", "cache 9\ninactive_file 1\ntotal_inactive_file 2000\n"),
    ]);
    assert_eq!(layout.machine().cpu_quota(), Ok(None));
    assert_eq!(layout.machine().memory_budgets(), Ok(vec![Budget { limit: 8000, used: 3000 }]));
}

#[test]
fn a_controller_of_version_1_beside_version_2_is_found() {
    let layout = Layout::new(&[
        ("proc/self/cgroup", "8:memory:/job\n0::/session\n"),
        (
            "proc/self/mountinfo",
            "41 1 0:9 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n42 1 0:8 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
        ),
        ("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "700\n"),
        ("sys/fs/cgroup/memory/job/memory.usage_in_bytes", "70\n"),
        ("sys/fs/cgroup/unified/session/cgroup.controllers", "hugetlb\n"),
    ]);
    assert_eq!(layout.machine().memory_budgets(), Ok(vec![Budget { limit: 700, used: 70 }]));
    assert_eq!(layout.machine().cpu_quota(), Ok(None));
}

#[test]
fn inside_a_cgroup_namespace_the_root_has_limits() {
    let layout = Layout::new(&[
        ("proc/self/cgroup", "0::/\n"),
        ("proc/self/mountinfo", "24 1 0:22 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n"),
        ("sys/fs/cgroup/cpu.max", "200000 100000\n"),
    ]);
    assert_eq!(layout.machine().cpu_quota(), Ok(Some(2.0)));
}

#[test]
fn a_group_that_cannot_be_found_is_a_failure_and_not_freedom() {
    let hidden = Layout::new(&[("proc/self/cgroup", "0::/job\n"), ("proc/self/mountinfo", "")]);
    assert!(matches!(hidden.machine().cpu_quota(), Err(Error::NotFound(_))));
    let cpu = hidden.machine().cpu().unwrap();
    assert!(failed(&cpu, "quota") && failed(&cpu, "usable"), "{cpu:?}");

    // Another group's folder is mounted; the own one is outside of it.
    let elsewhere = Layout::new(&[
        ("proc/self/cgroup", "0::/a/mine\n"),
        ("proc/self/mountinfo", "24 1 0:22 /b /sys/fs/cgroup ro - cgroup2 cgroup rw\n"),
        ("sys/fs/cgroup/cpu.max", "200000 100000\n"),
    ]);
    assert!(elsewhere.machine().cpu_quota().is_err());

    // The machine's own root, with nothing mounted, is free; the root of a namespace may not be.
    let root = [("proc/self/cgroup", "0::/\n"), ("proc/self/mountinfo", "")];
    let first = Layout::new(&root).link("proc/self/ns/cgroup", "cgroup:[4026531835]");
    assert_eq!(first.machine().cpu_quota(), Ok(None));
    let inner = Layout::new(&root).link("proc/self/ns/cgroup", "cgroup:[4026532201]");
    assert!(inner.machine().cpu_quota().is_err());

    let unreadable = Layout::new(V2).with(&[("sys/fs/cgroup/jobs.slice/cpu.max", "much\n")]);
    assert!(matches!(unreadable.machine().cpu_quota(), Err(Error::Io(_))));
}
