use std::{io::Write, sync::Arc};

use datafusion::arrow::{
    array::{
        ArrayRef, Decimal128Array, DictionaryArray, Float32Array, Int32Array, ListArray, RecordBatch,
        StringArray, UInt64Array,
    },
    datatypes::{Int32Type, Int64Type},
};
use parquet::arrow::ArrowWriter;

use super::{super::Shared, *};

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn batch() -> RecordBatch {
    let lists =
        ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1), None]), None, Some(vec![])]);
    let columns: [(&str, ArrayRef); 6] = [
        ("n", Arc::new(Int32Array::from(vec![Some(1), None, Some(3)]))),
        ("x", Arc::new(Float32Array::from(vec![0.5, f32::NAN, -1.0]))),
        ("t", Arc::new(StringArray::from(vec!["a", "b", "é"]))),
        ("c", Arc::new(DictionaryArray::<Int32Type>::from_iter(["u", "v", "u"]))),
        ("l", Arc::new(lists)),
        ("d", Arc::new(Decimal128Array::from(vec![123, -5, 0]).with_precision_and_scale(10, 2).unwrap())),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

const ROWS: [&str; 3] = [
    r#"1 0.5 "a" "u" "[1,null]" "1.23""#,
    // What is not a number has no JSON but in quotes; `lines` writes null.
    r#"null null "b" "v" null "-0.05""#,
    r#"3 -1.0 "é" "u" "[]" "0.00""#,
];

pub fn parquet(batches: &[RecordBatch]) -> Vec<u8> {
    let mut writer = ArrowWriter::try_new(Vec::new(), batches[0].schema(), None).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
        writer.flush().unwrap();
    }
    writer.into_inner().unwrap()
}

pub fn arrow_file(batches: &[RecordBatch]) -> Vec<u8> {
    let mut writer = arrow_ipc::writer::FileWriter::try_new(Vec::new(), &batches[0].schema()).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

pub fn arrow_stream(batches: &[RecordBatch]) -> Vec<u8> {
    arrow_stream_with(batches, None)
}

pub fn arrow_stream_with(
    batches: &[RecordBatch],
    compression: Option<arrow_ipc::CompressionType>,
) -> Vec<u8> {
    let options = arrow_ipc::writer::IpcWriteOptions::default().try_with_compression(compression).unwrap();
    let schema = batches[0].schema();
    let mut writer =
        arrow_ipc::writer::StreamWriter::try_new_with_options(Vec::new(), &schema, options).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

const CSV: &str =
    "id,name,score,when,ok\n1,a,0.5,2026-01-31,true\n2,\"b, c\",,2026-02-01,false\n3,,2,2026-02-02,true\n";

#[test]
fn csv_has_the_types_that_its_cells_spell() {
    let mut project = Project::with("a.csv", CSV);
    let table = project.open("a.csv", &[]).unwrap();
    let columns = ["id: integer", "name: text", "score: number", "when: date", "ok: boolean"];
    assert_eq!(project.columns(&table).unwrap(), columns);
    assert_eq!(project.engine.rows(&table, soon()), Ok(3));
    let rows = lines(&project.query(&table, "SELECT * FROM t ORDER BY id").unwrap());
    assert_eq!(rows[1], r#"2 "b, c" null "2026-02-01" false "a.csv" 2 3"#);
    assert_eq!(
        project.rows("a.csv", &[], "SELECT sum(score), count(name), max(\"when\") FROM t").unwrap(),
        [r#"2.5 2 "2026-02-02""#]
    );
    let as_text = [("types", text("text"))];
    assert_eq!(
        project.rows("a.csv", &as_text, "SELECT max(id), min(score) FROM t").unwrap(),
        [r#""3" "0.5""#]
    );
}

#[test]
fn options_say_how_csv_is_written() {
    let mut project = Project::new();
    let sum = "SELECT count(*), count(a), sum(b) FROM t";
    let texts = |texts: &[&str]| Value::Texts(texts.iter().map(|text| (*text).to_owned()).collect());
    for (content, options) in [
        ("a;b\nx,y;1\nz;2\n", vec![]),
        ("a\tb\n\"x\ty\"\t1\nz\t2", vec![]),
        (
            "x:1\nz:2\n",
            vec![
                ("delimiter", text(":")),
                ("header", Value::Boolean(false)),
                ("columns", texts(&["a", "b"])),
            ],
        ),
        ("a,b\n'x,y',1\nz,2\n", vec![("quote", text("'"))]),
        ("a,b\n\"x,1\nz,2\n", vec![("quote", text(""))]),
        ("a,b\n\"x\\\"y\",1\nz,2\n", vec![("escape", text("\\"))]),
        ("# c, d, e\na,b\n#\"\nx,1\nz,2\n", vec![("comment", text("#"))]),
        ("\u{feff}a,b\r\nx,1\r\n\r\nz,2\r\n", vec![]),
    ] {
        project.write("a.csv", content);
        assert_eq!(project.rows("a.csv", &options, sum).unwrap(), ["2 2 3"], "{content}");
    }
    project.write("a.csv", "a,b\nNA,1\nz,NULL\n");
    let nulls = [("nulls", texts(&["NA", "NULL"]))];
    assert_eq!(project.rows("a.csv", &nulls, sum).unwrap(), ["2 1 1"]);
    project.write("a.csv", "1,2\n3,4\n");
    let bare = [("header", Value::Boolean(false))];
    assert_eq!(project.rows("a.csv", &bare, "SELECT sum(column_1), sum(column_2) FROM t").unwrap(), ["4 6"]);
}

#[test]
fn other_encodings_are_named_or_marked() {
    let mut project = Project::new();
    let (latin, ..) = encoding_rs::WINDOWS_1252.encode("a,b\né,1\n");
    project.write("latin.csv", &latin);
    let encoding = [("encoding", text("windows-1252"))];
    assert_eq!(project.rows("latin.csv", &encoding, "SELECT a, b FROM t").unwrap(), [r#""é" 1"#]);
    let error = project.rows("latin.csv", &[], "SELECT a FROM t").unwrap_err();
    assert!(
        matches!(&error, Error::Io(why) if why.contains("latin.csv:2") && why.contains("UTF-8")),
        "{error}"
    );
    let wide = "\u{feff}a,b\né,1\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    project.write("wide.csv", wide);
    assert_eq!(project.rows("wide.csv", &[], "SELECT a, b FROM t").unwrap(), [r#""é" 1"#]);
    let unknown = [("encoding", text("klingon"))];
    assert!(matches!(project.rows("latin.csv", &unknown, "SELECT 1"), Err(Error::Unsupported(_))));
}

#[test]
fn compressed_files_are_told_by_their_first_bytes() {
    let mut project = Project::new();
    let large = format!("a,b\n{}", "x,1\n".repeat(3_000_000));
    project.write("plain", &large);
    project.write("g.csv.gz", gzip(large.as_bytes()));
    project.write("z", zstd::encode_all(large.as_bytes(), 1).unwrap());
    // Two members, one after the other.
    project.write("gg.gz", [gzip(b"a,b\nx,1\n"), gzip(b"y,2\n")].concat());
    for name in ["plain", "g.csv.gz", "z"] {
        assert_eq!(
            project.rows(name, &[], "SELECT sum(b), max(\"__line\") FROM t").unwrap(),
            ["3000000 3000001"],
            "{name}"
        );
    }
    assert_eq!(project.rows("gg.gz", &[], "SELECT sum(b) FROM t").unwrap(), ["3"]);
}

#[test]
fn json_is_read_in_lines_and_lists() {
    let mut project = Project::new();
    let rows = [r#"{"a":1,"b":{"c":[1]}}"#, r#"{"a":2.5,"d":"x"}"#, r#"{"a":null,"d":3}"#];
    project.write("a.jsonl", rows.join("\n\n"));
    project.write("a.json", format!("[{}]", rows.join(",\n")));
    project.write("a.jsonl.gz", gzip(rows.join("\n").as_bytes()));
    for name in ["a.jsonl", "a.json", "a.jsonl.gz"] {
        let table = project.open(name, &[]).unwrap();
        assert_eq!(project.columns(&table).unwrap(), ["a: number", "b: json", "d: text"], "{name}");
        let rows = lines(
            &project
                .query(&table, "SELECT a, b, d, json_at(b, '/c/0') AS c FROM t ORDER BY \"__row\"")
                .unwrap(),
        );
        assert_eq!(
            rows,
            [r#"1.0 "{\"c\":[1]}" null "1""#, r#"2.5 null "x" null"#, r#"null null "3" null"#],
            "{name}"
        );
    }
    assert_eq!(project.rows("a.jsonl", &[], "SELECT \"__line\" FROM t ORDER BY 1").unwrap(), ["1", "3", "5"]);
}

#[test]
fn parquet_and_arrow_say_their_own_types() {
    let mut project = Project::new();
    project.write("a.parquet", parquet(&[batch(), batch()]));
    project.write("a.arrow", arrow_file(&[batch(), batch()]));
    project.write("stream", arrow_stream(&[batch(), batch()]));
    for name in ["a.parquet", "a.arrow", "stream"] {
        let table = project.open(name, &[]).unwrap();
        let columns = ["n: integer", "x: number", "t: text", "c: text", "l: json", "d: decimal"];
        assert_eq!(project.columns(&table).unwrap(), columns, "{name}");
        assert_eq!(project.engine.rows(&table, soon()), Ok(6), "{name}");
        let rows = lines(
            &project.query(&table, "SELECT n, x, t, c, l, d FROM t ORDER BY \"__row\" LIMIT 3").unwrap(),
        );
        assert_eq!(rows, ROWS, "{name}");
        let rows = lines(&project.query(&table, "SELECT d, n FROM t WHERE \"__row\" = 6").unwrap());
        assert_eq!(rows, [r#""0.00" 3"#], "columns in another order: {name}");
        assert_eq!(lines(&project.query(&table, "SELECT count(*) FROM t").unwrap()), ["6"]);
        let files = project.engine.files(&table, soon()).unwrap();
        let wanted = (name != "stream").then_some(&Value::Integer(6));
        assert_eq!(files[0].0.get("rows"), wanted, "{name}");
    }
}

#[test]
fn the_schema_of_parquet_needs_footers_only() {
    let mut project = Project::new();
    let mut bytes = parquet(&[batch()]);
    // All pages are overwritten: who read one would fail.
    let footer =
        bytes.len() - 8 - u32::from_le_bytes(bytes[bytes.len() - 8..][..4].try_into().unwrap()) as usize;
    bytes[4..footer].fill(0xee);
    project.write("a.parquet", bytes);
    let table = project.open("a.parquet", &[]).unwrap();
    assert_eq!(project.columns(&table).unwrap().len(), 6);
    assert_eq!(project.engine.rows(&table, soon()), Ok(3));
    assert_eq!(lines(&project.query(&table, "SELECT count(*) FROM t").unwrap()), ["3"]);
    assert!(matches!(project.query(&table, "SELECT sum(n) FROM t"), Err(Error::Io(_))));
}

#[test]
fn columns_of_parquet_are_decoded_once() {
    let mut project = Project::new();
    let whole = parquet(&[batch(), batch()]);
    project.write("a.parquet", &whole);
    let table = project.open("a.parquet", &[]).unwrap();
    let ask = |project: &mut Project, sql: &str| project.query(&table, sql).map(|answer| lines(&answer));
    assert_eq!(ask(&mut project, "SELECT sum(n) FROM t").unwrap(), ["8"]);
    // From here on, who reads a page fails.
    project.write("a.parquet", vec![0xee; whole.len()]);
    assert_eq!(ask(&mut project, "SELECT count(n), max(n) FROM t").unwrap(), ["4 3"]);
    assert!(matches!(ask(&mut project, "SELECT sum(n), max(t) FROM t"), Err(Error::Io(_))));
    project.write("a.parquet", &whole);
    let both = "SELECT t, n FROM t WHERE \"__row\" >= 5 ORDER BY \"__row\"";
    assert_eq!(ask(&mut project, both).unwrap(), [r#""b" null"#, r#""é" 3"#]);
}

#[test]
fn integers_that_do_not_fit_keep_their_digits() {
    let large = Arc::new(UInt64Array::from(vec![1, u64::MAX])) as ArrayRef;
    let mut project =
        Project::with("a.parquet", parquet(&[RecordBatch::try_from_iter([("n", large)]).unwrap()]));
    let rows = project.rows("a.parquet", &[], "SELECT n FROM t ORDER BY n").unwrap();
    assert_eq!(rows, [r#""1""#, r#""18446744073709551615""#]);
    project.write("a.csv", "n\n18446744073709551615\n1\n");
    let table = project.open("a.csv", &[]).unwrap();
    assert_eq!(project.columns(&table).unwrap(), ["n: text"]);
}

#[test]
fn folders_are_one_table_with_their_partitions() {
    let mut project = Project::new();
    for (day, label, rows) in [(1, "a", 2), (1, "b%20c", 1), (2, "a", 3)] {
        project.write(&format!("d/day={day}/label={label}/part.csv"), format!("x\n{}", "7\n".repeat(rows)));
    }
    let table = project.open("d", &[]).unwrap();
    assert_eq!(project.columns(&table).unwrap(), ["x: integer", "day: integer", "label: text"]);
    let rows = lines(
        &project.query(&table, "SELECT day, label, count(*) FROM t GROUP BY 1, 2 ORDER BY 1, 2").unwrap(),
    );
    assert_eq!(rows, [r#"1 "a" 2"#, r#"1 "b c" 1"#, r#"2 "a" 3"#]);
    let files = project.engine.files(&table, soon()).unwrap();
    assert_eq!(files.len(), 3);
    assert_eq!(files[0].0["partitions"], Value::Texts(vec!["day=1".to_owned(), "label=a".to_owned()]));
    let without = [("partitions", Value::Boolean(false))];
    assert_eq!(project.rows("d/**/*.csv", &without, "SELECT count(*) FROM t").unwrap(), ["6"]);
    let table = project.open("d", &without).unwrap();
    assert_eq!(project.columns(&table).unwrap(), ["x: integer"]);
}

#[test]
fn what_does_not_fit_into_memory_is_read_again_with_the_same_answers() {
    let mut kept = Project::new();
    let mut csv = "n,x,t,mixed\n".to_owned();
    let mut jsonl = String::new();
    for row in 0..200_000 {
        // Types widen late, and a field has a line's end in it.
        let mixed = if row > 190_000 { "text" } else { "1.50" };
        let cell = if row % 1_000 == 7 { "\"two\nlines\"".to_owned() } else { format!("t{}", row % 13) };
        csv.push_str(&format!("{},{}.25,{cell},{mixed}\n", row % 7, row % 11));
        let mixed = if row > 190_000 { "\"text\"" } else { "1.5" };
        jsonl.push_str(&format!(
            "{{\"n\":{},\"x\":{}.25,\"t\":\"t{}\",\"mixed\":{mixed}}}\n",
            row % 7,
            row % 11,
            row % 13
        ));
    }
    kept.write("a.csv", &csv);
    kept.write("b.csv.gz", gzip(csv.as_bytes()));
    kept.write("c.jsonl", &jsonl);
    kept.write("d.json", format!("[{}]", jsonl.trim_end().replace('\n', ",")));
    for name in ["a.csv", "b.csv.gz", "c.jsonl", "d.json"] {
        // All rows in memory, on disk, and in their files alone.
        let here = super::super::temporary::folder();
        let rooms =
            [(64 << 20, here.clone()), (1 << 20, here.clone()), (1 << 20, here.join("nowhere/at/all"))];
        let mut tables = rooms.map(|(most, folder)| {
            let mut engine = Engine::of(Arc::new(Shared::keeping(most, folder)));
            let asked = Asked { files: vec![name.to_owned()], options: Attributes::default() };
            let table = engine.open(&kept.files, &asked, soon()).unwrap();
            (engine, table)
        });
        for sql in [
            "SELECT count(*), sum(n), sum(x), count(DISTINCT t), max(\"__row\"), max(\"__line\") FROM t",
            "SELECT mixed, count(*) FROM t GROUP BY mixed ORDER BY mixed",
            "SELECT count(*), count(DISTINCT row_digest(n, x, t, mixed)) FROM t",
            "SELECT n, \"__line\", \"__file\" FROM t WHERE \"__row\" IN (1, 8, 9, 150000) ORDER BY 2",
        ] {
            let answers = tables.each_mut().map(|(engine, table)| {
                lines(
                    &engine.query(&[("t".to_owned(), &*table)], sql, &Attributes::default(), soon()).unwrap(),
                )
            });
            assert_eq!(answers[0], answers[1], "{name}: {sql}");
            assert_eq!(answers[0], answers[2], "{name}: {sql}");
            assert!(!answers[0].is_empty());
        }
    }
    let mixed = kept.rows("a.csv", &[], "SELECT DISTINCT mixed FROM t ORDER BY 1").unwrap();
    assert_eq!(mixed, [r#""1.50""#, r#""text""#], "as it is spelled, though it was a number for long");
}
