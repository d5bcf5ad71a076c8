//! `gonogo plugin test --watch`: again whenever something changed.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

/// How long nothing may change before it is looked at what did: editors write a file in several steps.
const QUIET: Duration = Duration::from_millis(100);

/// How often it is looked anyway: some file systems tell of nothing.
const LOOK: Duration = Duration::from_secs(5);

/// Folders that hold what was built, not what it is built from.
const BUILT: &[&str] = &["target", "node_modules", "__pycache__", "build", "dist"];

/// Endings of files that were built.
const BUILT_FILES: &[&str] = &["wasm", "pyc", "o"];

/// Largest file that is looked into; of larger ones the size counts.
const LARGEST: u64 = 64 << 20;

/// Why it cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch {}", .path.display())]
pub struct Error {
    path: PathBuf,
    source: notify::Error,
}

/// What is watched.
pub struct Watched {
    /// With all below them, but for what was built.
    pub folders: Vec<PathBuf>,
    /// Files outside of these, or that were built.
    pub files: Vec<PathBuf>,
}

/// Calls `run` now and after every change, for ever: Ctrl-C ends the program.
///
/// What a build writes is no change as long as it is the same as before: contents are compared, not times.
///
/// # Errors
/// Where the system does not tell of changes, or `run` fails.
pub fn watch<E: From<Error>>(watched: &Watched, mut run: impl FnMut() -> Result<(), E>) -> Result<(), E> {
    loop {
        // The watcher is made anew, so that folders that came are watched, too.
        let (_watcher, changes) = watcher(watched)?;
        let before = fingerprint(watched);
        run()?;
        while fingerprint(watched) == before {
            // An error is the end of the time, after which one looks anyway.
            let _ = changes.recv_timeout(LOOK);
            while changes.recv_timeout(QUIET).is_ok() {}
        }
    }
}

fn watcher(watched: &Watched) -> Result<(RecommendedWatcher, Receiver<()>), Error> {
    let (tell, changes) = channel();
    let told = move |event: notify::Result<notify::Event>| {
        // What is opened and read is no change. Whoever listens may have gone.
        if event.is_ok_and(|event| !event.kind.is_access()) {
            let _ = tell.send(());
        }
    };
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error { path, source }
    };
    let mut watcher = notify::recommended_watcher(told).map_err(failed(Path::new(".")))?;
    let mut folders = BTreeSet::new();
    for folder in &watched.folders {
        sources(folder, &mut |path| {
            if path.is_dir() {
                folders.insert(path.to_owned());
            }
        });
    }
    // A file is often replaced by another of its name, which only its folder tells.
    folders.extend(watched.files.iter().filter_map(|file| file.parent()).map(Path::to_owned));
    for folder in folders {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
        watcher.watch(folder, RecursiveMode::NonRecursive).map_err(failed(folder))?;
    }
    Ok((watcher, changes))
}

/// Visits a folder and what it holds, but for what was built and what is hidden.
fn sources(folder: &Path, visit: &mut impl FnMut(&Path)) {
    visit(folder);
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths = entries.filter_map(|entry| Some(entry.ok()?.path())).collect::<Vec<_>>();
    paths.sort();
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with('.') || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            if !BUILT.contains(&name.as_str()) {
                sources(&path, visit);
            }
        } else if !path.extension().is_some_and(|end| BUILT_FILES.iter().any(|built| end == *built)) {
            visit(&path);
        }
    }
}

/// What all that is watched holds.
fn fingerprint(watched: &Watched) -> blake3::Hash {
    let mut hash = blake3::Hasher::new();
    let mut add = |path: &Path| {
        hash.update(path.as_os_str().as_encoded_bytes());
        let size = path.metadata().map_or(0, |found| if found.is_file() { found.len() } else { 0 });
        hash.update(&size.to_le_bytes());
        if size > 0 && size <= LARGEST {
            hash.update(&fs::read(path).unwrap_or_default());
        }
    };
    for folder in &watched.folders {
        sources(folder, &mut add);
    }
    for file in &watched.files {
        add(file);
    }
    hash.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_count_and_what_is_built_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for path in ["src", "target/debug", ".git", "cases/a"] {
            fs::create_dir_all(at(path)).unwrap();
        }
        fs::write(at("src/lib.rs"), "1").unwrap();
        let watched = Watched { folders: vec![folder.path().to_owned()], files: vec![at("given.wasm")] };
        let mut last = fingerprint(&watched);
        let mut changes = |path: &str, text: &str| {
            fs::write(at(path), text).unwrap();
            let now = fingerprint(&watched);
            std::mem::replace(&mut last, now) != now
        };
        for built in ["target/debug/x", ".git/index", "x.wasm"] {
            assert!(!changes(built, "1"), "{built}");
        }
        for source in ["src/lib.rs", "cases/a/go.json", "given.wasm", "README.md"] {
            assert!(changes(source, "2"), "{source}");
            assert!(!changes(source, "2"), "{source}");
        }
    }

    #[test]
    fn it_runs_again_after_a_change_and_only_then() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.txt");
        let watched = Watched { folders: vec![folder.path().to_owned()], files: Vec::new() };
        let mut runs = 0;
        let ended = watch(&watched, || {
            runs += 1;
            if runs == 3 {
                return Err(Error { path: PathBuf::new(), source: notify::Error::generic("enough") });
            }
            let file = file.clone();
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(200));
                fs::write(file, runs.to_string()).unwrap();
            });
            Ok(())
        });
        assert!(ended.is_err() && runs == 3);
    }
}
