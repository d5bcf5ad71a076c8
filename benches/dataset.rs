//! The questions of a dataset gate over train and test, each run with an engine of its own that reads the files anew.

#![expect(clippy::print_stdout, reason = "answers and figures that are held against a peer's")]

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use criterion::Criterion;
use gonogo::{
    capabilities::{
        dataset::{
            Asked, Engine,
            answer::{Answer, Cells},
        },
        files::Files,
    },
    domain::{Attributes, Authority, Grant, Origin},
};

/// Rows where nobody names a folder of tables.
const ROWS: usize = 100_000;

const FEATURES: [&str; 15] =
    ["f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "n1", "n2", "n3", "c1", "c2"];

/// Tables like those of `peers/tables.py`, smaller.
fn written(folder: &Path) {
    for (name, rows) in [("train", 0..ROWS * 4 / 5), ("test", ROWS * 4 / 5..ROWS)] {
        let mut csv = format!("id,{},label\n", FEATURES.join(","));
        for row in rows {
            let key = row % (ROWS * 98 / 100);
            write!(csv, "{row}").unwrap();
            (0..10).for_each(|at| {
                write!(csv, ",{}.{:07}", key * 7 % 100, (key * 7_919 + at * 104_729) % 10_000_000).unwrap();
            });
            writeln!(
                csv,
                ",{},{},{},category {},group-{},label {}",
                key % 1_000,
                key % 50,
                key % 99_991,
                key % 12,
                key % 4_000,
                key % 5
            )
            .unwrap();
        }
        fs::write(folder.join(name).with_extension("csv"), csv).unwrap();
    }
}

fn questions() -> Vec<String> {
    let features = FEATURES.join(", ");
    let columns = ["id"].iter().chain(&FEATURES).chain(&["label"]).copied().collect::<Vec<_>>();
    let each =
        |form: fn(&str) -> String| columns.iter().map(|name| form(name)).collect::<Vec<_>>().join(", ");
    let mut questions = vec![
        format!("SELECT count(*) - count(DISTINCT row_digest({features}, label)) AS duplicates FROM train"),
        format!(
            "SELECT count(*) AS conflicts FROM (SELECT row_digest({features}) AS digest FROM train GROUP BY digest HAVING min(label) <> max(label))"
        ),
        format!(
            "SELECT count(*) AS leaked FROM test WHERE row_digest({features}) IN (SELECT row_digest({features}) FROM train)"
        ),
        format!("SELECT {} FROM train", each(|name| format!("count(*) - count({name}) AS {name}"))),
        "SELECT label, count(*) AS rows FROM train GROUP BY label ORDER BY label".to_owned(),
    ];
    questions
        .extend(columns.iter().map(|name| format!("SELECT count(DISTINCT {name}) AS {name} FROM train")));
    questions
}

fn ask(files: &Files, folder: &Path, end: &str, told: bool) -> Vec<Answer> {
    let deadline = Instant::now() + Duration::from_mins(10);
    let mut engine = Engine::of(Arc::default());
    let mut open = |name: &str| {
        let path = folder.join(name).with_extension(end).display().to_string();
        engine.open(files, &Asked { files: vec![path], options: Attributes::default() }, deadline).unwrap()
    };
    let (train, test) = (open("train"), open("test"));
    let tables = [("train".to_owned(), &train), ("test".to_owned(), &test)];
    let mut answers = Vec::new();
    for sql in questions() {
        let started = Instant::now();
        answers.push(engine.query(&tables, &sql, &Attributes::default(), deadline).unwrap());
        if told {
            println!(
                "{:6.3} s  {}",
                started.elapsed().as_secs_f64(),
                sql.chars().take(60).collect::<String>()
            );
        }
    }
    answers
}

fn shown(answer: &Answer) -> BTreeMap<&str, String> {
    let cells = |cells: &Cells| match cells {
        Cells::Booleans(cells) => format!("{cells:?}"),
        Cells::Integers(cells) => {
            cells.iter().map(|cell| cell.unwrap_or_default().to_string()).collect::<Vec<_>>().join(" ")
        }
        Cells::Numbers(cells) => format!("{cells:?}"),
        Cells::Texts(cells) => cells.iter().flatten().cloned().collect::<Vec<_>>().join(" "),
    };
    answer.iter().map(|column| (column.name.as_str(), cells(&column.cells))).collect()
}

/// Needs a folder of tables for figures that say something: `GONOGO_TABLES`.
pub fn dataset(criterion: &mut Criterion) {
    let made = tempfile::tempdir().unwrap();
    let named = std::env::var_os("GONOGO_TABLES").map(PathBuf::from);
    if named.is_none() {
        written(made.path());
    }
    let folder = named.clone().unwrap_or_else(|| made.path().to_owned());
    let grant = Grant::Read { name: folder.display().to_string(), path: folder.clone() };
    let authority = Authority { grant, parameter: "it".to_owned(), origin: Origin::Config { line: 1 } };
    let files = Files::new(&folder, &[authority]);
    let mut group = criterion.benchmark_group("dataset");
    group.sample_size(10);
    for end in ["csv", "parquet"].into_iter().filter(|end| folder.join("train").with_extension(end).exists())
    {
        if named.is_some() {
            for answer in ask(&files, &folder, end, true) {
                println!("{end}: {:?}", shown(&answer));
            }
            let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
            println!("{end}: {}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
        }
        group.bench_function(format!("questions-{end}"), |bencher| {
            bencher.iter(|| black_box(ask(&files, &folder, end, false)));
        });
    }
}
