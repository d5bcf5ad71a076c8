//! Walks and searches of a source tree, from the page cache, beside `find` and `grep` in the same run. Budgets: the time of the peer, which gives
//! as much of each entry, and looks for the same expressions.

use std::{
    fmt::Write,
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use criterion::{Criterion, Throughput};
use gonogo::{
    capabilities::files::Files,
    domain::{Attributes, Authority, Grant, Origin},
};

/// Directories, the files of each, and the lines of each file: 4,000 files of 2 KB.
const TREE: (usize, usize, usize) = (40, 100, 40);

/// Patterns: what a scanner for secrets has.
const PATTERNS: usize = 200;

fn soon() -> Instant {
    Instant::now() + Duration::from_mins(5)
}

fn files(folder: &Path) -> Files {
    let grant = Grant::Read { name: folder.to_str().unwrap().to_owned(), path: folder.to_owned() };
    Files::new(folder, &[Authority { grant, parameter: "root".to_owned(), origin: Origin::Profile }])
}

/// Lines as source has them; one file in ten has a match.
fn source(number: usize) -> String {
    let mut text = String::new();
    for line in 0..TREE.2 {
        let _ =
            writeln!(text, "    value_{line} = compute(step={line}, name=\"layer-{number}\")  # {number}");
    }
    if number.is_multiple_of(10) {
        let _ = writeln!(text, "key_{} = \"{:040x}\"", number % PATTERNS, number + 1);
    }
    text
}

fn make(folder: &Path) -> u64 {
    let mut bytes = 0;
    for directory in 0..TREE.0 {
        let inner = folder.join(format!("package_{directory}"));
        fs::create_dir(&inner).unwrap();
        for file in 0..TREE.1 {
            let text = source(directory * TREE.1 + file);
            bytes += text.len() as u64;
            fs::write(inner.join(format!("module_{file}.py")), text).unwrap();
        }
    }
    bytes
}

/// Patterns as the contract has them, and as `grep -E -f` reads them.
fn patterns() -> (Vec<Attributes>, String) {
    let expression = |at: usize| format!("key_{at} = \"[0-9a-f]{{40}}\"");
    let pattern = |at: usize| {
        let mut pattern = Attributes::new();
        pattern.set("id", format!("rule-{at}"));
        pattern.set("pattern", expression(at));
        pattern.set("keywords", vec![format!("key_{at} ")]);
        pattern
    };
    let lines = (0..PATTERNS).map(|at| expression(at) + "\n").collect();
    ((0..PATTERNS).map(pattern).collect(), lines)
}

/// Runs a peer, which must succeed.
fn peer(program: &str, words: &[&str]) {
    let status = Command::new(program).args(words).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "{program} {words:?}: {status}");
}

/// The group.
pub fn search(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    fs::create_dir(&tree).unwrap();
    let bytes = make(&tree);
    let (path, files) = (tree.to_str().unwrap(), files(&tree));
    let entries = TREE.0 * TREE.1 + TREE.0;

    let mut group = criterion.benchmark_group("walk");
    group.sample_size(10).throughput(Throughput::Elements(entries as u64));
    group.bench_function("4040-entries", |bencher| {
        bencher.iter(|| {
            let mut walk = files.walk(path, &Attributes::new()).unwrap();
            let mut met = 0;
            loop {
                let batch = walk.next(soon()).unwrap().len();
                met += batch;
                if batch == 0 {
                    break;
                }
            }
            assert_eq!(met, entries);
        });
    });
    group.bench_function("find-beside", |bencher| {
        bencher.iter(|| peer("find", &[path, "-printf", "%p %y %s %m %U %G %T@ %n %D %l\\n"]));
    });
    group.finish();

    let (patterns, lines) = patterns();
    let list = folder.path().join("patterns");
    fs::write(&list, lines).unwrap();
    let mut group = criterion.benchmark_group("search");
    group.sample_size(10).throughput(Throughput::Bytes(bytes));
    group.bench_function("200-patterns", |bencher| {
        bencher.iter(|| {
            let mut search = files.search(path, &patterns, &Attributes::new()).unwrap();
            let mut matches = 0;
            loop {
                let batch = search.next(soon()).unwrap().len();
                matches += batch;
                if batch == 0 {
                    break;
                }
            }
            assert_eq!(matches, TREE.0 * TREE.1 / 10);
        });
    });
    group.bench_function("grep-beside", |bencher| {
        bencher.iter(|| peer("grep", &["-rnE", "-f", list.to_str().unwrap(), path]));
    });
    group.finish();
}
