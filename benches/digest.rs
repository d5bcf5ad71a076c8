//! Digests of files: one large file, and many small ones, from the page cache. Budget: BLAKE3 of a large file in 0.8 of the time of
//! `b3sum`, SHA-256 not slower than `openssl dgst -sha256`; `GONOGO_BENCH_FILE` names the file to measure beside them.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use criterion::{Criterion, Throughput};
use gonogo::{
    capabilities::files::{Algorithm, Files},
    domain::{Authority, Grant, Origin, Value},
};

/// Bytes of the large file, where none is named.
const LARGE: usize = 256 << 20;

/// How many small files, and the bytes of each.
const SMALL: (usize, usize) = (1_000, 64 << 10);

fn noise(length: usize) -> Vec<u8> {
    (0..length.div_ceil(8) as u64)
        .flat_map(|at| at.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes())
        .take(length)
        .collect()
}

fn files(folder: &Path) -> Files {
    let grant = Grant::Read { name: folder.to_str().unwrap().to_owned(), path: folder.to_owned() };
    Files::new(folder, &[Authority { grant, parameter: "root".to_owned(), origin: Origin::Profile }])
}

fn soon() -> Instant {
    Instant::now() + Duration::from_mins(5)
}

/// The group.
pub fn digest(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let large = std::env::var_os("GONOGO_BENCH_FILE").map_or_else(
        || {
            let path = folder.path().join("large");
            fs::write(&path, noise(LARGE)).unwrap();
            path
        },
        PathBuf::from,
    );
    let small = (0..SMALL.0).map(|at| {
        let path = folder.path().join(format!("small-{at}"));
        fs::write(&path, noise(SMALL.1)).unwrap();
        path.to_str().unwrap().to_owned()
    });
    let small = small.collect::<Vec<_>>();
    let mut group = criterion.benchmark_group("digest");
    group.sample_size(10);
    for (name, algorithm) in [("blake3", Algorithm::Blake3), ("sha256", Algorithm::Sha256)] {
        group.throughput(Throughput::Bytes(fs::metadata(&large).unwrap().len()));
        let files_of_large = files(large.parent().unwrap());
        let path = large.to_str().unwrap();
        group.bench_function(format!("{name}-one-large"), |bencher| {
            bencher.iter(|| files_of_large.digest(path, algorithm, soon()).unwrap());
        });
        group.throughput(Throughput::Bytes((SMALL.0 * SMALL.1) as u64));
        let files = files(folder.path());
        group.bench_function(format!("{name}-1000-small"), |bencher| {
            bencher.iter(|| {
                let digests = files.digests(&small, algorithm, soon()).unwrap();
                assert!(digests.iter().all(|digest| matches!(digest, Value::Text(_))));
            });
        });
    }
    group.finish();
}
