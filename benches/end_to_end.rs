//! `gonogo check` as a person runs it: a process, with a warm cache unless it says otherwise.

use std::{path::Path, process::Command, time::Duration};

use super::projects;
use criterion::{BatchSize, Criterion};
use tempfile::TempDir;

/// A project, and the cache that its checks use.
struct Project<'c> {
    project: TempDir,
    cache: &'c Path,
}

impl<'c> Project<'c> {
    fn new(profile: &str, cache: &'c Path) -> Self {
        let project = Self { project: tempfile::tempdir().unwrap(), cache };
        projects::write(project.project.path(), profile);
        project
    }

    /// Checks the project, which must be GO: what fails early would look fast.
    fn check(&self) {
        let output = Command::new(env!("CARGO_BIN_EXE_gonogo"))
            .args(["check", "--project"])
            .arg(self.project.path())
            .env("XDG_CACHE_HOME", self.cache)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    }

    fn forget(&self) {
        let kept = self.cache.join("gonogo");
        if kept.exists() {
            std::fs::remove_dir_all(kept).unwrap();
        }
    }

    fn path(&self) -> &Path {
        self.project.path()
    }
}

/// The group.
pub fn end_to_end(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("end_to_end");
    group.measurement_time(Duration::from_secs(3));
    let (filled, empty) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut warm = |name: &str, profile: &str, files: bool| {
        let project = Project::new(profile, filled.path());
        if files {
            projects::files(project.path());
        }
        project.check();
        group.bench_function(name, |bencher| bencher.iter(|| project.check()));
    };
    warm("20-node-checks", projects::NODE, false);
    warm("500-assertions-in-one-job", &projects::one_job(), true);
    warm("500-jobs", &projects::many_jobs(), true);
    warm("10-jobs-that-wait-half-a-second", &projects::waiting(), false);

    let project = Project::new(projects::NODE, empty.path());
    group.bench_function("20-node-checks-with-an-empty-cache", |bencher| {
        bencher.iter_batched(|| project.forget(), |()| project.check(), BatchSize::PerIteration);
    });
    group.finish();
}
