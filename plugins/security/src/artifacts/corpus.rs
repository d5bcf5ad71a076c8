//! Folders of files looked at natively: `GONOGO_CORPUS=folder cargo test -p gonogo-plugin-security corpus -- --nocapture`.

use std::{fs, path::Path};

use gonogo_sdk::Severity;

use super::{finding::Tally, memory::Memory, scan::Scan};

/// What the scan of some bytes found, under a name.
pub fn scanned(bytes: Vec<u8>, name: &str) -> Tally {
    let mut scan = Scan { unknown: Severity::Warn, allowed: &|_| false, tally: Tally::default() };
    scan.look(&Memory(bytes), name, 0);
    scan.tally
}

/// The worst severity of a tally.
pub fn worst(tally: &Tally) -> Option<Severity> {
    tally.found.iter().map(|found| found.severity).max()
}

#[test]
fn corpus() {
    let Some(folder) = std::env::var_os("GONOGO_CORPUS") else { return };
    let mut paths = Vec::new();
    collect(Path::new(&folder), &mut paths);
    paths.sort();
    for path in paths {
        let bytes = fs::read(&path).unwrap();
        let length = bytes.len();
        let started = std::time::Instant::now();
        let tally = scanned(bytes, &path.to_string_lossy());
        let took = started.elapsed();
        let why = tally.found.iter().max_by_key(|found| found.severity).map(|found| found.message.as_str());
        println!(
            "{:?}\t{}\t{} B\t{took:?}\t{}",
            worst(&tally),
            path.display(),
            length,
            why.unwrap_or_default()
        );
    }
}

fn collect(folder: &Path, paths: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { collect(&path, paths) } else { paths.push(path) }
    }
}
