//! Faults of the machine: the item that is about them turns, and no other.

use std::{fs, path::Path};

use super::scratch::{Ran, Scratch, before, turned};

const HARDWARE: (&str, &str) = ("verification.pretraining.hardware", "no-go");

fn first_message(ran: &Ran, id: &str) -> String {
    let item = ran.item(id);
    let message = item["findings"][0]["message"].as_str();
    message.unwrap_or_else(|| panic!("{item:#}")).to_owned()
}

#[test]
fn memory_below_the_floor() {
    let ready = Scratch::ready();
    ready.replace("gonogo.toml", "minimum = \"1 GiB\"\navailable", "minimum = \"9 PiB\"\navailable");
    let ran = ready.check();
    assert_eq!(turned(before(), &ran.verdicts()), [("system.hardware.memory", "no-go"), HARDWARE]);
    assert!(first_message(&ran, "system.hardware.memory").contains("at least 9 PiB wanted"));
    assert_eq!(ran.code, Some(1));
}

/// Runs the command line in `"$@"` with half a core, by a cgroup made by hand or by systemd.
const HALF_A_CORE: &str = r#"
name=gonogo-test-$$
if [ -f /sys/fs/cgroup/cpu/cpu.cfs_quota_us ]; then
    group=/sys/fs/cgroup/cpu/$name
    mkdir "$group" && echo 50000 > "$group/cpu.cfs_quota_us"
elif [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    group=/sys/fs/cgroup/$name
    mkdir "$group" && { [ -f "$group/cpu.max" ] || echo +cpu > /sys/fs/cgroup/cgroup.subtree_control; } &&
        echo '50000 100000' > "$group/cpu.max"
else
    false
fi 2> /dev/null
if [ $? = 0 ] && sh -c 'echo $$ > "$0/cgroup.procs"' "$group" 2> /dev/null; then
    sh -c 'echo $$ > "$0/cgroup.procs" && exec "$@"' "$group" "$@"
    code=$?
    rmdir "$group"
    exit $code
fi
[ -z "${group-}" ] || rmdir "$group" 2> /dev/null
for user in '' --user; do
    if systemd-run $user --scope --quiet true 2> /dev/null; then
        exec systemd-run $user --scope --quiet -p CPUQuota=50% "$@"
    fi
done
exit 77
"#;

/// The script's word that this machine lets nobody set a quota here.
const NO_QUOTA: i32 = 77;

#[test]
fn a_quota_below_the_cores_asked_for() {
    let ready = Scratch::ready();
    let ran = ready.check_by(HALF_A_CORE);
    if ran.code == Some(NO_QUOTA) {
        let skipped = "skipped: neither a cgroup can be made here nor systemd-run works, so no quota can be set; the capability's \
                       own tests read quotas of every layout";
        eprintln!("{skipped}");
        return;
    }
    assert_eq!(
        turned(before(), &ran.verdicts()),
        [("system.hardware.cpu", "no-go"), HARDWARE],
        "{}",
        ran.err
    );
    let message = first_message(&ran, "system.hardware.cpu");
    assert!(message.contains("usable cores: 0.5, at least 1 wanted"), "{message}");
    assert!(ran.item("system.hardware.cpu").to_string().contains("cgroup"), "{message}");
}

#[test]
fn an_affinity_mask_below_the_cores_asked_for() {
    let all = std::thread::available_parallelism().unwrap().get();
    if all == 1 {
        let skipped = "skipped: this process may use one core, and no mask is narrower";
        eprintln!("{skipped}");
        return;
    }
    let ready = Scratch::ready();
    ready.replace("gonogo.toml", "minimum = 1\n", "minimum = 2\n");
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap();
    let first = allowed.trim().split([',', '-']).next().unwrap();
    let ran = ready.check_by(&format!(r#"exec taskset -c {first} "$@""#));
    assert_eq!(
        turned(before(), &ran.verdicts()),
        [("system.hardware.cpu", "no-go"), HARDWARE],
        "{}",
        ran.err
    );
    let message = first_message(&ran, "system.hardware.cpu");
    assert!(message.contains("usable cores: 1, at least 2 wanted"), "{message}");
    assert!(ran.item("system.hardware.cpu").to_string().contains("affinity"), "{message}");
}

/// Runs a script as `$1` that may mount, in a mount namespace of its own, then the command line in the rest.
fn mounting(mount: &str) -> String {
    format!(
        r#"user=; [ "$(id -u)" = 0 ] || user=--map-root-user
        exec unshare --mount $user sh -c '{mount} && exec "$@"' sh "$@""#
    )
}

const FULL: &str =
    "mount -t tmpfs -o size=1m tmpfs runs && { head -c 2M /dev/zero > runs/fill 2> /dev/null || true; }";
const READ_ONLY: &str = "mount --bind runs runs && mount -o remount,bind,ro runs";

#[test]
fn a_full_small_filesystem() {
    let ready = Scratch::ready();
    let ran = ready.check_by(&mounting(FULL));
    let verdicts = ran.verdicts();
    assert_eq!(turned(before(), &verdicts), [("infrastructure.storage.results", "no-go")], "{}", ran.err);
    let said = ran.item("infrastructure.storage.results")["findings"].to_string();
    assert!(said.contains("no space left") && said.contains("space available in runs: 0 B"), "{said}");
    assert!(is_empty_but_for_gitignore(&ready.at("runs")));

    // The same disk as the work directory.
    ready.replace("gonogo.toml", "inodes = 10000", "inodes = 10000\npath = \"runs\"");
    let ran = ready.check_by(&mounting(FULL));
    let verdicts = ran.verdicts();
    let expected =
        [("infrastructure.storage.results", "no-go"), ("system.hardware.storage", "no-go"), HARDWARE];
    assert_eq!(turned(before(), &verdicts), expected, "{}", ran.err);
}

#[test]
fn a_read_only_mount() {
    let ready = Scratch::ready();
    let ran = ready.check_by(&mounting(READ_ONLY));
    let verdicts = ran.verdicts();
    assert_eq!(turned(before(), &verdicts), [("infrastructure.storage.results", "no-go")], "{}", ran.err);
    let message = first_message(&ran, "infrastructure.storage.results");
    assert!(message.contains("read-only"), "{message}");
    assert!(is_empty_but_for_gitignore(&ready.at("runs")));
}

#[test]
fn a_low_limit_of_open_files() {
    let ready = Scratch::ready();
    let ran = ready.check_by(r#"ulimit -n 200 && exec "$@""#);
    let verdicts = ran.verdicts();
    assert_eq!(turned(before(), &verdicts), [("model.environment.limits", "no-go")], "{}", ran.err);
    let message = first_message(&ran, "model.environment.limits");
    assert!(message.contains("200, at least 256 wanted"), "{message}");
}

#[test]
fn a_low_limit_of_addresses_leaves_every_job_its_memory() {
    let ready = Scratch::ready();
    let ran = ready.check_by(r#"ulimit -v 2000000 && exec "$@""#);
    let verdicts = ran.verdicts();
    let turned = turned(before(), &verdicts);
    assert!(turned.iter().all(|(_, verdict)| *verdict != "unknown"), "{turned:?}: {}", ran.err);
}

/// Probes leave nothing behind.
fn is_empty_but_for_gitignore(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().all(|entry| entry.unwrap().file_name() == ".gitignore")
}
