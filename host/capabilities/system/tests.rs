//! Machines laid out in files, and the one that runs the tests, held against what its own tools say.

use std::{fs, os::unix::fs::symlink, path::Path, process::Command, time::Instant};

use tempfile::TempDir;

use super::{Machine, cgroup::Budget, portable};
use crate::domain::{Attributes, Error, Value};

const NO_QUOTA_V1: &str = "9223372036854771712\n";

/// A machine of which only the files given exist.
pub(super) struct Layout {
    root: TempDir,
}

impl Layout {
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let layout = Self { root: tempfile::tempdir().unwrap() };
        layout.with(files)
    }

    pub(super) fn with(self, files: &[(&str, &str)]) -> Self {
        for (path, text) in files {
            let path = self.root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        self
    }

    pub(super) fn link(self, path: &str, to: &str) -> Self {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(to, path).unwrap();
        self
    }

    pub(super) fn path(&self) -> &Path {
        self.root.path()
    }

    pub(super) fn machine(&self) -> Machine {
        Machine::below(self.root.path())
    }
}

fn failed(attributes: &Attributes, name: &str) -> bool {
    matches!(attributes.get(name), Some(Value::Failed { .. }))
}

fn integer(attributes: &Attributes, name: &str) -> i64 {
    match attributes.get(name) {
        Some(Value::Integer(value)) => *value,
        other => panic!("{name}: {other:?}"),
    }
}

fn number(attributes: &Attributes, name: &str) -> f64 {
    match attributes.get(name) {
        Some(Value::Number(value)) => *value,
        other => panic!("{name}: {other:?}"),
    }
}

fn text<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    match attributes.get(name)? {
        Value::Text(text) => Some(text),
        other => panic!("{name}: {other:?}"),
    }
}

/// What a program prints, without the white space around it.
fn printed(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

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
    assert_eq!(number(&cpu, "load-15"), 0.3);

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
        ("sys/fs/cgroup/memory/memory.limit_in_bytes", NO_QUOTA_V1),
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

#[test]
fn cores_that_share_count_once() {
    let mut files = vec![
        ("sys/devices/system/cpu/online".to_owned(), "0-2,4-7"),
        (
            "proc/cpuinfo".to_owned(),
            "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC 9654\nflags\t\t: fpu avx2 avx512f\n\nprocessor\t: 1\n",
        ),
        ("sys/devices/system/cpu/cpufreq/policy0/scaling_governor".to_owned(), "performance\n"),
        ("sys/devices/system/cpu/cpufreq/policy1/scaling_governor".to_owned(), "powersave\n"),
        ("sys/devices/system/cpu/cpufreq/policy1/cpuinfo_max_freq".to_owned(), "3700000\n"),
        ("sys/devices/system/clocksource/clocksource0/current_clocksource".to_owned(), "tsc\n"),
    ];
    // Core 3, the sibling of core 7, is switched off.
    for (core, siblings) in [(0, "0,4"), (1, "1,5"), (2, "2,6"), (4, "0,4"), (5, "1,5"), (6, "2,6"), (7, "7")]
    {
        files.push((format!("sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list"), siblings));
    }
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let cpu = Layout::new(&files).machine().cpu().unwrap();
    assert_eq!((integer(&cpu, "logical"), integer(&cpu, "physical")), (7, 4));
    assert_eq!((text(&cpu, "model"), text(&cpu, "vendor")), (Some("AMD EPYC 9654"), Some("AuthenticAMD")));
    assert_eq!(
        cpu.get("flags"),
        Some(&vec!["fpu".to_owned(), "avx2".to_owned(), "avx512f".to_owned()].into())
    );
    assert_eq!(cpu.get("governor"), Some(&vec!["performance".to_owned(), "powersave".to_owned()].into()));
    assert_eq!(integer(&cpu, "frequency-maximum"), 3_700_000_000);
    assert_eq!(text(&cpu, "clocksource"), Some("tsc"));
    assert!(failed(&cpu, "load-1"));
    assert_eq!(cpu.get("quota"), None);
}

#[test]
fn containers_by_what_their_engines_leave() {
    let bare = ("proc/self/mountinfo", "27 1 254:0 / / rw - ext4 /dev/vda rw\n");
    let version = ("proc/version", "Linux version 6.1.0 (gcc) #1 SMP\n");
    let cases: &[(&[(&str, &str)], Option<&str>)] = &[
        (&[], None),
        (&[(".dockerenv", "")], Some("docker")),
        (&[("run/.containerenv", "")], Some("podman")),
        (
            &[("run/secrets/kubernetes.io/serviceaccount/namespace", "a"), (".dockerenv", "")],
            Some("kubernetes"),
        ),
        (
            &[("proc/self/cgroup", "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-2.scope\n")],
            Some("kubernetes"),
        ),
        (&[("proc/self/cgroup", "4:memory:/docker/0123\n")], Some("docker")),
        (&[("proc/self/cgroup", "0::/lxc.payload.box/init.scope\n")], Some("lxc")),
        (&[("run/systemd/container", "systemd-nspawn")], Some("systemd-nspawn")),
        (
            &[(
                "proc/self/mountinfo",
                "9 1 8:1 /var/lib/kubelet/pods/7/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw\n",
            )],
            Some("kubernetes"),
        ),
        (
            &[(
                "proc/self/mountinfo",
                "9 1 8:1 /var/lib/docker/containers/7/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n",
            )],
            Some("docker"),
        ),
        (&[("proc/version", "Linux version 5.15.90.1-microsoft-standard-WSL2\n")], Some("wsl")),
    ];
    for (files, wanted) in cases {
        let os = Layout::new(&[bare, version]).with(files).machine().os().unwrap();
        assert_eq!(text(&os, "container"), *wanted, "{files:?}");
    }
}

#[test]
fn distributions_write_their_name_with_and_without_quotes() {
    let release = "PRETTY_NAME=\"Rocky Linux 9.4\"\nID=\"rocky\"\nVERSION_ID='9.4'\nID_LIKE=rhel\n";
    let os = Layout::new(&[("etc/os-release", release)]).machine().os().unwrap();
    assert_eq!((text(&os, "distribution"), text(&os, "distribution-version")), (Some("rocky"), Some("9.4")));
    assert!(failed(&os, "uptime"));
    let rolling = Layout::new(&[("usr/lib/os-release", "ID=arch\nVERSION_ID=\n")]).machine().os().unwrap();
    assert_eq!(
        (text(&rolling, "distribution"), text(&rolling, "distribution-version")),
        (Some("arch"), None)
    );
}

#[test]
fn interfaces_and_infiniband_ports() {
    let layout = Layout::new(&[
        ("sys/class/net/bonding_masters", "bond0\n"),
        ("sys/class/net/eth0/type", "1\n"),
        ("sys/class/net/eth0/operstate", "up\n"),
        ("sys/class/net/eth0/mtu", "9000\n"),
        ("sys/class/net/eth0/speed", "100000\n"),
        ("sys/class/net/eth1/type", "1\n"),
        ("sys/class/net/eth1/operstate", "down\n"),
        ("sys/class/net/eth1/speed", "-1\n"),
        ("sys/class/net/ib0/type", "32\n"),
        ("sys/class/net/lo/type", "772\n"),
        ("sys/class/net/lo/operstate", "unknown\n"),
        ("sys/class/net/br0/type", "1\n"),
        ("sys/class/net/br0/bridge/bridge_id", "8000\n"),
        ("sys/class/infiniband/mlx5_0/ports/1/rate", "200 Gb/sec (4X HDR)\n"),
        ("sys/class/infiniband/mlx5_0/ports/1/state", "4: ACTIVE\n"),
        ("sys/class/infiniband/mlx5_0/ports/1/phys_state", "5: LinkUp\n"),
        ("sys/class/infiniband/mlx5_0/ports/1/link_layer", "InfiniBand\n"),
        ("sys/class/infiniband/mlx5_1/ports/1/rate", "2.5 Gb/sec (1X SDR)\n"),
        ("sys/class/infiniband/mlx5_1/ports/1/state", "1: DOWN\n"),
        ("sys/class/infiniband/mlx5_1/ports/1/phys_state", "3: Disabled\n"),
        ("sys/class/infiniband/mlx5_2/ports/1/rate", "fast\n"),
    ]);
    let entries = layout.machine().interfaces().unwrap();
    let named = |name: &str| entries.iter().find(|entry| text(entry, "name") == Some(name)).unwrap();
    assert_eq!(entries.len(), 8);
    assert_eq!(integer(named("eth0"), "speed"), 100_000_000_000);
    assert_eq!((integer(named("eth0"), "mtu"), text(named("eth0"), "kind")), (9000, Some("ethernet")));
    assert_eq!((text(named("eth1"), "state"), named("eth1").get("speed")), (Some("down"), None));
    let kinds = ["ib0", "lo", "br0"].map(|name| text(named(name), "kind").unwrap());
    assert_eq!(kinds, ["infiniband", "loopback", "bridge"]);

    let port = named("mlx5_0/1");
    assert_eq!((text(port, "device"), integer(port, "port")), (Some("mlx5_0"), 1));
    assert_eq!((integer(port, "rate"), text(port, "state")), (200_000_000_000, Some("up")));
    assert_eq!((text(port, "port-state"), text(port, "physical-state")), (Some("ACTIVE"), Some("LinkUp")));
    assert_eq!(integer(named("mlx5_1/1"), "rate"), 2_500_000_000);
    assert_eq!(text(named("mlx5_1/1"), "state"), Some("down"));
    assert!(failed(named("mlx5_2/1"), "rate"));
}

/// The line of /proc/PID/stat: 52 fields, of which the first four matter.
fn stat(id: u32, name: &str, state: char, parent: u32) -> String {
    format!("{id} ({name}) {state} {parent}{}\n", " 0".repeat(48))
}

#[test]
fn zombies_and_processes_that_wait_for_a_device() {
    let layout = Layout::new(&[
        ("proc/1/stat", &stat(1, "init", 'S', 0)),
        ("proc/20/stat", &stat(20, "nvidia (smi) )", 'D', 1)),
        ("proc/30/stat", &stat(30, "python", 'Z', 20)),
        ("proc/40/status", "gone before it was read"),
        ("proc/uptime", "5.0 5.0\n"),
    ]);
    let processes = layout.machine().troubled_processes().unwrap();
    assert_eq!(processes.len(), 2, "{processes:?}");
    assert_eq!((integer(&processes[0], "id"), integer(&processes[0], "parent")), (20, 1));
    assert_eq!(
        (text(&processes[0], "name"), text(&processes[0], "state")),
        (Some("nvidia (smi) )"), Some("D"))
    );
    assert_eq!((integer(&processes[1], "id"), text(&processes[1], "state")), (30, Some("Z")));
}

#[test]
fn kernel_events_of_the_last_seconds() {
    let log = "6,1,100000000,-;EXT4-fs (sda1): Remounting filesystem read-only\n\
               4,2,900000000,-;NVRM: Xid (PCI:0000:3b:00): 79, pid=7, GPU has fallen off the bus.\n SUBSYSTEM=pci\n\
               6,3,950000000,-;usb 1-1: new device\n";
    let layout = Layout::new(&[("dev/kmsg", log), ("proc/uptime", "1000.00 900.00\n")]);
    let events = layout.machine().kernel_events(200).unwrap();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!((text(&events[0], "category"), integer(&events[0], "xid")), (Some("xid"), 79));
    assert_eq!(text(&events[0], "pci"), Some("0000:3b:00.0"));
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    assert!((now - 100.0 - number(&events[0], "time")).abs() < 5.0);
    assert_eq!(layout.machine().kernel_events(2000).unwrap().len(), 2);
}

#[test]
fn a_flood_of_one_kind_does_not_hide_another() {
    let mut log = String::new();
    for _ in 0..5000 {
        log.push_str("4,1,100,-;NVRM: Xid (PCI:0000:3b:00): 13, Graphics Exception\n");
    }
    log.push_str("4,2,200,-;NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.\n");
    let layout = Layout::new(&[("dev/kmsg", &log), ("proc/uptime", "1.00 1.00\n")]);
    let events = layout.machine().kernel_events(60).unwrap();
    assert_eq!(events.len(), 1001);
    assert_eq!(integer(events.last().unwrap(), "xid"), 79);
}

#[test]
fn no_kernel_log_is_an_error() {
    let layout = Layout::new(&[("proc/uptime", "1.00 1.00\n")]);
    assert!(matches!(layout.machine().kernel_events(60), Err(Error::NotFound(_))));
    assert!(matches!(layout.machine().memory(), Err(Error::NotFound(_))));
    assert!(matches!(layout.machine().mounts(), Err(Error::NotFound(_))));
}

#[test]
fn this_machine_agrees_with_its_own_tools() {
    let cpu = super::cpu().unwrap();
    assert_eq!(integer(&cpu, "logical").to_string(), printed("getconf", &["_NPROCESSORS_ONLN"]));
    assert_eq!(integer(&cpu, "affinity").to_string(), printed("nproc", &[]));
    let parallelism = std::thread::available_parallelism().unwrap().get() as f64;
    assert_eq!(number(&cpu, "usable").floor().max(1.0), parallelism, "{cpu:?}");

    let memory = super::memory().unwrap();
    let free = printed("free", &["-b"]);
    let column = |line: usize, column: usize| -> i64 {
        free.lines().nth(line).unwrap().split_whitespace().nth(column).unwrap().parse().unwrap()
    };
    assert_eq!(integer(&memory, "total"), column(1, 1));
    assert!((integer(&memory, "available") - column(1, 6)).abs() < 512 << 20, "{memory:?}\n{free}");
    assert_eq!(integer(&memory, "swap-total"), column(2, 1));
    let shm: i64 =
        printed("df", &["-B1", "--output=size", "/dev/shm"]).lines().last().unwrap().trim().parse().unwrap();
    assert_eq!(integer(&memory, "shm-total"), shm);
    assert!(integer(&memory, "usable-now") <= integer(&memory, "usable"));

    let limits = super::limits().unwrap();
    for (name, flag) in [("nofile", "-n"), ("nproc", "-u"), ("stack", "-s"), ("core", "-c")] {
        for (kind, side) in [("soft", "-S"), ("hard", "-H")] {
            let said = printed("bash", &["-c", &format!("ulimit {side} {flag}")]);
            let unit = if flag == "-s" { 1024 } else { 1 };
            let measured = limits
                .get(&format!("{name}-{kind}"))
                .map(|_| integer(&limits, &format!("{name}-{kind}")) / unit);
            assert_eq!(
                measured.map_or("unlimited".to_owned(), |limit| limit.to_string()),
                said,
                "{name}-{kind}"
            );
        }
    }
    assert_eq!(
        integer(&limits, "map-count-maximum").to_string(),
        printed("cat", &["/proc/sys/vm/max_map_count"])
    );

    let os = super::os().unwrap();
    assert_eq!(text(&os, "kernel"), Some(printed("uname", &["-r"]).as_str()));
    assert_eq!(text(&os, "machine"), Some(printed("uname", &["-m"]).as_str()));
    assert_eq!(integer(&os, "user").to_string(), printed("id", &["-u"]));

    let mounts = super::mounts().unwrap();
    let root = mounts.iter().rfind(|mount| text(mount, "target") == Some("/")).unwrap();
    assert_eq!(text(root, "type"), Some(printed("findmnt", &["-n", "-o", "FSTYPE", "/"]).as_str()));
    assert!(super::interfaces().unwrap().iter().any(|entry| text(entry, "kind") == Some("loopback")));
}

#[test]
fn a_zombie_of_this_machine_is_found() {
    let mut child = Command::new("true").spawn().unwrap();
    let id = i64::from(child.id());
    let start = Instant::now();
    let found = || {
        let processes = super::troubled_processes().unwrap();
        processes.iter().any(|process| integer(process, "id") == id && text(process, "state") == Some("Z"))
    };
    while !found() {
        assert!(start.elapsed().as_secs() < 10, "the child that nobody waits for is no zombie");
    }
    child.wait().unwrap();
}

#[test]
fn a_second_opinion_agrees() {
    let (ours, theirs) = (super::memory().unwrap(), portable::Machine::here().memory().unwrap());
    for name in ["total", "swap-total"] {
        assert_eq!(ours.get(name), theirs.get(name));
    }
    let (ours, theirs) = (super::cpu().unwrap(), portable::Machine::here().cpu().unwrap());
    for name in ["logical", "physical", "model", "vendor"] {
        assert_eq!(ours.get(name), theirs.get(name), "{name}");
    }
    let (ours, theirs) = (super::os().unwrap(), portable::Machine::here().os().unwrap());
    for name in ["os", "machine", "kernel", "distribution", "hostname"] {
        assert_eq!(ours.get(name), theirs.get(name), "{name}");
    }
}

#[test]
fn probes_measure_this_machine() {
    let later = Instant::now() + std::time::Duration::from_secs(60);
    let cpu = super::probe_cpu(0.05, later).unwrap();
    assert!(number(&cpu, "single") > 1e8);
    assert_eq!(integer(&cpu, "cores") as f64, number(&super::cpu().unwrap(), "usable").ceil());
    assert!(number(&super::probe_memory(24 << 20, later).unwrap(), "triad") > 1e8);
}
