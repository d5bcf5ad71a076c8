//! Searches of tables and of processes.

use std::{
    process::{Command, Stdio},
    sync::Arc,
};

use parquet::{
    basic::Compression,
    data_type::{ByteArray, ByteArrayType, Int32Type},
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};

use super::{super::file, *};

fn emails() -> Attributes {
    pattern("email", r"[a-z0-9.]+@[a-z]+\.[a-z]+", &[("keywords", texts(&["@"])), ("secret", "0".into())])
}

fn numbers() -> Attributes {
    pattern("number", r"^\d{3}$", &[])
}

/// Matches as `path field row pattern text`, counts as `path field pattern count/rows`, and totals.
fn search(root: &Path, options: &[(&str, Value)]) -> (Vec<String>, Vec<String>, Attributes) {
    let options = [options, &[("table", true.into())]].concat();
    let mut search = files(root).search("data", &[emails(), numbers()], &attributes(&options)).unwrap();
    let mut matches = Vec::new();
    loop {
        let batch = search.next(soon()).unwrap();
        if batch.is_empty() {
            break;
        }
        matches.extend(batch.iter().map(|found| {
            let [path, field, pattern, shown] =
                ["path", "field", "pattern", "text"].map(|name| text(found, name));
            format!("{path} {field} {} {pattern} {shown}", integer(found, "row"))
        }));
    }
    let counts = search.counts();
    let counts = counts.iter().map(|count| {
        let [path, field, pattern] = ["path", "field", "pattern"].map(|name| text(count, name));
        format!("{path} {field} {pattern} {}/{}", integer(count, "count"), integer(count, "rows"))
    });
    (matches, counts.collect(), search.totals())
}

#[test]
fn separated_values_are_rows_and_fields() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("a.csv"), "name,\"mail \"\nAda,\"ada@example.org, \nor\"\nBob,none,123\n")
        .unwrap();
    fs::write(root.path().join("b.tsv"), "id\tmail\n456\tbob@example.org\n").unwrap();
    let (matches, counts, totals) = search(root.path(), &[]);
    assert_eq!(
        matches,
        [
            "data/a.csv mail 1 email ada…",
            "data/a.csv column 3 2 number 123",
            "data/b.tsv id 1 number 456",
            "data/b.tsv mail 1 email bob…",
        ]
    );
    assert_eq!(
        counts,
        [
            "data/a.csv column 3 number 1/2",
            "data/a.csv mail email 1/2",
            "data/b.tsv id number 1/1",
            "data/b.tsv mail email 1/1",
        ]
    );
    assert_eq!((integer(&totals, "rows"), integer(&totals, "rows-total")), (3, 3));
}

#[test]
fn lines_of_json_are_rows_with_nested_fields() {
    let root = tempfile::tempdir().unwrap();
    let rows =
        "{\"a\": {\"b\": [\"x@example.org\", \"y@example.org\"]}, \"n\": 123}\n\nno json but z@example.org\n";
    fs::write(root.path().join("rows.jsonl"), rows).unwrap();
    let (matches, counts, totals) = search(root.path(), &[]);
    assert_eq!(
        matches,
        [
            "data/rows.jsonl a.b 1 email x@e…",
            "data/rows.jsonl a.b 1 email y@e…",
            "data/rows.jsonl n 1 number 123",
            "data/rows.jsonl  2 email z@e…",
        ]
    );
    assert_eq!(counts[1], "data/rows.jsonl a.b email 1/2", "rows are counted, not matches");
    assert_eq!(integer(&totals, "rows"), 2);
}

fn write_parquet(path: &Path, rows: i32) {
    let schema = "message m { required binary mail (UTF8); required int32 n; required binary raw; }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = Arc::new(WriterProperties::builder().set_compression(Compression::SNAPPY).build());
    let mut writer = SerializedFileWriter::new(fs::File::create(path).unwrap(), schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mail = |row| ByteArray::from(format!("user{row}@example.org").into_bytes());
    let mut column = group.next_column().unwrap().unwrap();
    let mails = (0..rows).map(mail).collect::<Vec<_>>();
    column.typed::<ByteArrayType>().write_batch(&mails, None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int32Type>().write_batch(&(0..rows).collect::<Vec<_>>(), None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let raw = (0..rows).map(|_| ByteArray::from(vec![0xff, 0xfe])).collect::<Vec<_>>();
    column.typed::<ByteArrayType>().write_batch(&raw, None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
}

#[test]
fn parquet_is_rows_and_text_columns() {
    let root = tempfile::tempdir().unwrap();
    write_parquet(&root.path().join("a.parquet"), 500);
    let (matches, counts, totals) = search(root.path(), &[("matches-maximum", 1_i64.into())]);
    assert_eq!(matches, ["data/a.parquet mail 1 email user…"]);
    assert_eq!(counts, ["data/a.parquet mail email 500/500"]);
    assert_eq!((integer(&totals, "rows-total"), integer(&totals, "suppressed")), (500, 499));
    let bytes = fs::read(root.path().join("a.parquet")).unwrap();
    for (at, name) in [(bytes.len() / 2, "half"), (4, "first"), (bytes.len() - 9, "end")] {
        let mut damaged = bytes.clone();
        damaged[at..].iter_mut().for_each(|byte| *byte ^= 0x55);
        fs::write(root.path().join(format!("{name}.parquet")), &damaged).unwrap();
    }
    let (_, _, totals) = search(root.path(), &[]);
    assert_eq!((integer(&totals, "files") + integer(&totals, "unreadable-count")), 4);
    assert_eq!(integer(&totals, "unreadable-count"), 3);
}

#[test]
fn a_share_of_the_rows_is_the_same_in_each_run() {
    let root = tempfile::tempdir().unwrap();
    let rows = (0..1000).map(|row| format!("{row},user{row}@example.org\n")).collect::<String>();
    fs::write(root.path().join("a.csv"), format!("id,mail\n{rows}")).unwrap();
    let (matches, counts, totals) = search(root.path(), &[("sample", 0.01.into())]);
    assert_eq!((integer(&totals, "rows"), integer(&totals, "rows-total")), (10, 1000));
    assert_eq!(counts.last().unwrap(), "data/a.csv mail email 10/10");
    assert_eq!(matches, search(root.path(), &[("sample", 0.01.into())]).0);
    let (_, _, totals) = search(root.path(), &[("rows-maximum", 7_i64.into())]);
    assert_eq!(integer(&totals, "rows"), 7);
    for share in [0.0, 0.001, 0.37, 0.5, 1.0] {
        let chosen = (0..1000).filter(|row| table::is_sampled(*row, share)).count();
        assert_eq!(chosen, (1000.0 * share) as usize, "{share}");
    }
}

#[test]
fn a_row_without_an_end_is_unreadable() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("a.csv"), format!("mail\na@example.org\n\"{}", "x,\n".repeat(7 << 20)))
        .unwrap();
    fs::write(root.path().join("b.jsonl"), "x".repeat(17 << 20)).unwrap();
    let (matches, _, totals) = search(root.path(), &[("size-maximum", (100_i64 << 20).into())]);
    assert_eq!(matches, ["data/a.csv mail 1 email a@e…"]);
    assert_eq!(integer(&totals, "unreadable-count"), 2);
}

#[test]
fn arguments_of_processes_are_searched_where_that_is_granted() {
    let root = tempfile::tempdir().unwrap();
    let mut files = files(root.path());
    let secret =
        format!("tok-{}-{:x}", std::process::id(), Instant::now().elapsed().subsec_nanos() + 0x1000_0000);
    let patterns = [pattern("token", r"--token[ =](?<value>tok-\S+)", &[("secret", "value".into())])];
    assert!(matches!(files.search_processes(&patterns), Err(Error::Denied(_))));
    files.processes = true;
    let mut shell = Command::new("sh");
    shell.args(["-c", "read _", "sh", "--token", &secret]).stdin(Stdio::piped());
    let mut child = shell.spawn().unwrap();
    // For a moment after it was started, a process has no arguments.
    while fs::read(format!("/proc/{}/cmdline", child.id())).unwrap().is_empty() {
        std::thread::yield_now();
    }
    let mut search = files.search_processes(&patterns).unwrap();
    let found = search.next(soon());
    child.kill().unwrap();
    child.wait().unwrap();
    let found = found.unwrap();
    let own = found.iter().find(|found| found.get("process") == Some(&child.id().into())).unwrap();
    assert_eq!((text(own, "source"), text(own, "text")), ("process", "--token tok-…"));
    assert!(!format!("{found:?}").contains(&secret));
    assert!(integer(&search.totals(), "processes") > 0);
}

#[test]
fn a_process_that_ends_before_it_is_read_is_gone_and_not_unreadable() {
    let mut child = Command::new("sh").args(["-c", "read _"]).stdin(Stdio::piped()).spawn().unwrap();
    let path = format!("/proc/{}/cmdline", child.id());
    let mut arguments = fs::File::open(&path).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let read = file::read(&mut arguments, &path, 1 << 20, true, &mut Vec::new());
    assert!(matches!(read, Err(Error::NotFound(_))), "{read:?}");
}
