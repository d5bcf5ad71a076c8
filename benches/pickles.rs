//! `security/artifacts` over pickles of 12 MB as Python writes them, through the whole host. Budget: 60 ms each, which is 200 MB/s.
//!
//! Arrays are bytes that are passed over; what costs is an opcode, so these are nothing but small ones.

use std::fs;

use criterion::{Criterion, Throughput};
use gonogo::{
    capabilities::session::Mode,
    catalog::Found,
    domain::{Grant, Outcome},
};

use super::guest::Bench;

/// Length of each.
const BYTES: usize = 12_000_000;

/// Items between `MARK` and `APPENDS` or `SETITEMS`, as the pickler has it.
const BATCH: usize = 1_000;

/// Keys that come again and again, in the memo under 0, 1 and 2.
const NAMES: [&str; 3] = ["step", "loss", "name"];

/// A pickle of protocol 4: one container, filled in batches of what `item` adds for each number.
fn pickle(container: u8, fill: u8, item: fn(&mut Vec<u8>, u32)) -> Vec<u8> {
    let mut bytes = b"\x80\x04".to_vec();
    for name in NAMES {
        text(&mut bytes, name);
        bytes.push(b'0');
    }
    bytes.extend([container, 0x94]);
    let mut number = 0_u32;
    while bytes.len() < BYTES {
        bytes.push(b'(');
        for _ in 0..BATCH {
            item(&mut bytes, number);
            number += 1;
        }
        bytes.push(fill);
    }
    bytes.push(b'.');
    bytes
}

fn integer(bytes: &mut Vec<u8>, number: u32) {
    match number {
        0..=0xff => bytes.extend([b'K', number as u8]),
        0x100..=0xffff => {
            bytes.push(b'M');
            bytes.extend((number as u16).to_le_bytes());
        }
        _ => {
            bytes.push(b'J');
            bytes.extend(number.to_le_bytes());
        }
    }
}

fn float(bytes: &mut Vec<u8>, number: u32) {
    bytes.push(b'G');
    bytes.extend((f64::from(number) / 7.0).to_be_bytes());
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend([0x8c, text.len() as u8]);
    bytes.extend(text.as_bytes());
    bytes.push(0x94);
}

/// `(7, 0.5, 70000)`
fn tuple(bytes: &mut Vec<u8>, number: u32) {
    integer(bytes, number % 256);
    float(bytes, number);
    integer(bytes, number.wrapping_mul(2_654_435_761) >> 15);
    bytes.extend([0x87, 0x94]);
}

/// `"key17": {"step": 17, "loss": 0.5, "name": "n17"}`, the inner keys from the memo.
fn entry(bytes: &mut Vec<u8>, number: u32) {
    text(bytes, &format!("key{number}"));
    bytes.extend(b"}\x94(h\x00");
    integer(bytes, number);
    bytes.extend(b"h\x01");
    float(bytes, number);
    bytes.extend(b"h\x02");
    text(bytes, &format!("n{number}"));
    bytes.push(b'u');
}

fn word(bytes: &mut Vec<u8>, number: u32) {
    text(bytes, &format!("word{number}"));
}

/// `[17, [17, [4000]]]`
fn nested(bytes: &mut Vec<u8>, number: u32) {
    bytes.extend(b"]\x94(");
    integer(bytes, number % 256);
    bytes.extend(b"]\x94(");
    integer(bytes, number % 100);
    bytes.extend(b"]\x94");
    integer(bytes, number % 5_000);
    bytes.extend(b"aee");
}

/// The group.
pub fn pickles(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let security = Found::built_in().find(|found| found.name == "security").unwrap().bytes.to_vec();
    let mut group = criterion.benchmark_group("pickles");
    group.sample_size(20);
    for (name, bytes) in [
        ("list-of-tuples", pickle(b']', b'e', tuple)),
        ("dict-of-dicts", pickle(b'}', b'u', entry)),
        ("list-of-words", pickle(b']', b'e', word)),
        ("nested-lists", pickle(b']', b'e', nested)),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, &bytes).unwrap();
        let shown = path.to_str().unwrap().to_owned();
        let parameters = serde_json::json!({ "paths": [shown] });
        let grant = Grant::Read { name: shown, path };
        let job = Bench::new(security.clone(), "security/artifacts", vec![grant]).with(parameters);
        let run = || {
            let outcome = job.run(Mode::Live);
            assert!(matches!(&outcome, Outcome::Judged(report) if report.findings.is_empty()), "{outcome:?}");
        };
        run();
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(run));
    }
    group.finish();
}
