//! The machine that runs the tests, held against its own tools and against the crate sysinfo.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use super::super::{self as system, portable};
use super::{integer, number, text};

/// What a program prints, without the white space around it.
fn printed(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn this_machine_agrees_with_its_own_tools() {
    let cpu = system::cpu().unwrap();
    assert_eq!(integer(&cpu, "logical").to_string(), printed("getconf", &["_NPROCESSORS_ONLN"]));
    assert_eq!(integer(&cpu, "affinity").to_string(), printed("nproc", &[]));
    let parallelism = std::thread::available_parallelism().unwrap().get();
    assert_eq!(number(&cpu, "usable").floor().max(1.0) as usize, parallelism, "{cpu:?}");

    let memory = system::memory().unwrap();
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

    let limits = system::limits().unwrap();
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

    let os = system::os().unwrap();
    assert_eq!(text(&os, "kernel"), Some(printed("uname", &["-r"]).as_str()));
    assert_eq!(text(&os, "machine"), Some(printed("uname", &["-m"]).as_str()));
    assert_eq!(integer(&os, "user").to_string(), printed("id", &["-u"]));

    let mounts = system::mounts().unwrap();
    let root = mounts.iter().rfind(|mount| text(mount, "target") == Some("/")).unwrap();
    assert_eq!(text(root, "type"), Some(printed("findmnt", &["-n", "-o", "FSTYPE", "/"]).as_str()));
    assert!(system::interfaces().unwrap().iter().any(|entry| text(entry, "kind") == Some("loopback")));
}

#[test]
fn a_zombie_of_this_machine_is_found() {
    let mut child = Command::new("true").spawn().unwrap();
    let id = i64::from(child.id());
    let start = Instant::now();
    let found = || {
        let processes = system::troubled_processes().unwrap();
        processes.iter().any(|process| integer(process, "id") == id && text(process, "state") == Some("Z"))
    };
    while !found() {
        assert!(start.elapsed().as_secs() < 10, "the child that nobody waits for is no zombie");
    }
    child.wait().unwrap();
}

#[test]
fn a_second_opinion_agrees() {
    let (ours, theirs) = (system::memory().unwrap(), portable::Machine::here().memory().unwrap());
    for name in ["total", "swap-total"] {
        assert_eq!(ours.get(name), theirs.get(name));
    }
    let (ours, theirs) = (system::cpu().unwrap(), portable::Machine::here().cpu().unwrap());
    for name in ["logical", "physical", "model", "vendor"] {
        assert_eq!(ours.get(name), theirs.get(name), "{name}");
    }
    let (ours, theirs) = (system::os().unwrap(), portable::Machine::here().os().unwrap());
    for name in ["os", "machine", "kernel", "distribution", "hostname"] {
        assert_eq!(ours.get(name), theirs.get(name), "{name}");
    }
}

#[test]
fn probes_measure_this_machine() {
    let later = Instant::now() + Duration::from_mins(1);
    let cpu = system::probe_cpu(0.05, later).unwrap();
    assert!(number(&cpu, "single") > 1e8);
    assert_eq!(integer(&cpu, "cores"), number(&system::cpu().unwrap(), "usable").ceil() as i64);
    assert!(number(&system::probe_memory(24 << 20, later).unwrap(), "triad") > 1e8);
}
