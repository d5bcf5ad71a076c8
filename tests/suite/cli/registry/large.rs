//! A gigabyte goes through in bounded memory.

use std::{
    fs::{self, File},
    process::Stdio,
    thread,
    time::Duration,
};

use super::{
    super::{scratch::gonogo, site::plugin},
    daemon::Daemon,
};

/// What the program may take at its most: some chunks, and itself.
const MOST_KIB: u64 = 160 << 10;

/// Runs the program, which must do what it should: the most memory that it had at once, in KiB.
fn peak(daemon: &Daemon, words: &[&str]) -> u64 {
    let mut command = gonogo();
    let command = command.args(words).current_dir(daemon.at("")).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let figure = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak = peak.max(figure.unwrap_or_default());
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{words:?}");
            return peak;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_gigabyte_is_packed_pushed_and_pulled_in_bounded_memory() {
    let daemon = Daemon::new();
    let folder = daemon.at("large");
    fs::create_dir(&folder).unwrap();
    let manifest = "name = \"large\"\nversion = \"1.0.0\"\nplugins = [{ name = \"large\", file = \"a.wasm\" }]\ndocumentation = [\"film.bin\"]\n";
    fs::write(folder.join("bundle.toml"), manifest).unwrap();
    fs::write(folder.join("a.wasm"), plugin("large", "1.0.0", &[])).unwrap();
    // It has a size, and next to no blocks on the disk.
    File::create(folder.join("film.bin")).unwrap().set_len(1 << 30).unwrap();
    let reference = daemon.reference("large:1");
    for words in [
        &["bundle", "pack", "large", "-o", "large.bundle"][..],
        &["bundle", "push", "large.bundle", &reference],
        &["bundle", "pull", &reference, "-o", "pulled.bundle"],
    ] {
        let peak = peak(&daemon, words);
        assert!(peak > 0 && peak < MOST_KIB, "{words:?} took {peak} KiB");
    }
    let size = |name: &str| fs::metadata(daemon.at(name)).unwrap().len();
    assert!(size("pulled.bundle") > 1 << 30);
    assert_eq!(size("pulled.bundle"), size("large.bundle"));
    assert_eq!(
        daemon.run(&["bundle", "inspect", "pulled.bundle", "--format", "json"]).json()["sha256"],
        daemon.run(&["bundle", "inspect", &reference, "--format", "json"]).json()["sha256"]
    );
}
