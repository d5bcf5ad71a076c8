//! Everything but control groups, on machines laid out in files.

use super::{Layout, failed, integer, number, text};
use crate::domain::Error;

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

type Files<'a> = &'a [(&'a str, &'a str)];

#[test]
fn containers_by_what_their_engines_leave() {
    let bare = ("proc/self/mountinfo", "27 1 254:0 / / rw - ext4 /dev/vda rw\n");
    let version = ("proc/version", "Linux version 6.1.0 (gcc) #1 SMP\n");
    let cases: &[(Files, Option<&str>)] = &[
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
