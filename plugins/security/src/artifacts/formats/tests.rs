//! Model files of real writers, in pairs: `tests/artifacts/make_models.py` makes them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use gonogo_sdk::Severity;

use crate::artifacts::corpus::{scanned, worst};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// Name and bytes of each file; the name tells what it is.
fn models() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/artifacts/models");
    let mut found = Vec::new();
    files(&folder, &mut found);
    found.sort();
    assert!(found.len() > 25, "{}", folder.display());
    let name = |path: &Path| path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
    found.iter().map(|path| (name(path), fs::read(path).unwrap())).collect()
}

#[test]
fn what_reaches_out_is_told_from_what_does_not() {
    let mut wrong = Vec::new();
    for (name, bytes) in models() {
        let tally = scanned(bytes, &name);
        let worst = worst(&tally);
        let right = match name.starts_with("bad-") {
            true => worst == Some(Severity::NoGo),
            false => worst <= Some(Severity::Note),
        };
        if !right || tally.models == 0 {
            wrong.push(format!("{name}: {worst:?}, {} models, {:?}", tally.models, tally.found));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_cut_off_is_never_fine() {
    // These say at their beginning how much of them there is.
    for (name, bytes) in models() {
        let whole = [".safetensors", ".gguf"].iter().any(|end| name.ends_with(end));
        if !whole || !name.starts_with("good") {
            continue;
        }
        let header = if bytes.starts_with(b"GGUF") { 300 } else { bytes.len() };
        for length in (9..header).step_by(7) {
            let cut = bytes.get(..length).unwrap_or_default().to_vec();
            let worst = worst(&scanned(cut, &name));
            assert!(worst >= Some(Severity::Unknown), "{name} of {length} bytes: {worst:?}");
        }
    }
}

#[test]
fn mutated_models_never_panic() {
    for (name, bytes) in models() {
        for at in (0..bytes.len().min(2_000)).step_by(13) {
            for byte in [0, 0x7f, 0xff] {
                let mut bytes = bytes.clone();
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
                scanned(bytes, &name);
            }
        }
    }
}
