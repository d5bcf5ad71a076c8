use std::{io::Write, sync::Arc};

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use proptest::prelude::*;

use super::{
    formats::{arrow_file, arrow_stream, arrow_stream_with, parquet},
    *,
};

/// The error that reading all of a file ends with, and the place that `damage` names.
fn broken(content: &[u8], name: &str, options: &[(&str, Value)]) -> (Error, Attributes) {
    let mut project = Project::with(name, content);
    let error = project.rows(name, options, "SELECT count(*), count(DISTINCT row_digest(*)) FROM t");
    let error = error.or_else(|_| project.rows(name, options, "SELECT * FROM t")).unwrap_err();
    let damage = project.damage(name, options);
    assert_eq!(damage.len(), 1, "{name}");
    (error, damage[0].clone())
}

#[track_caller]
fn names_line(content: &str, name: &str, line: i64, why: &str) {
    let (error, damage) = broken(content.as_bytes(), name, &[]);
    let Error::Io(text) = &error else { panic!("{error:?}") };
    assert!(text.contains(&format!("{name}:{line}")) && text.contains(why), "{text}");
    assert_eq!(damage.0["line"], Value::Integer(line));
}

#[test]
fn broken_csv_is_told_with_its_line() {
    names_line("a,b\n1,2\n3\n4,5\n", "x.csv", 3, "1 fields");
    names_line("a,b\n1,2\n3,4,5\n", "x.csv", 3, "3 fields");
    names_line("a,b\n\"1\n1\",2\n\n3,4,5\n", "x.csv", 5, "3 fields");
    names_line("a,b\n1,2\n\"3,4\n5,6\n", "x.csv", 3, "never closes");
    let long = "1,2\n".repeat(3_000_000);
    names_line(&format!("a,b\n{long}3\n{long}"), "x.csv", 3_000_002, "1 fields");
    names_line(&format!("a,b\n{long}\"3,4\n{long}"), "x.csv", 3_000_002, "never closes");
}

#[test]
fn quotes_in_the_middle_of_fields_are_read_as_they_are() {
    // Counting quotes finds the wrong ends here, and reading finds the right ones.
    let rows = "5\" pipe,\"two\nlines\"\n".repeat(1_000_000);
    let mut project = Project::with("x.csv", format!("a,b\n{rows}"));
    let all = "SELECT count(*), count(DISTINCT a), max(b), max(\"__line\"), count(DISTINCT \"__row\") FROM t";
    assert_eq!(project.rows("x.csv", &[], all).unwrap(), [r#"1000000 1 "two\nlines" 2000000 1000000"#]);
}

#[test]
fn broken_json_is_told_with_its_line() {
    names_line("{\"a\":1}\n{\"a\":}\n", "x.jsonl", 2, "JSON");
    names_line("{\"a\":1}\n[1]\n", "x.jsonl", 2, "JSON");
    names_line("{\"a\":1}\n{\"a\":2\n", "x.jsonl", 2, "JSON");
    names_line("[{\"a\":1},\n{\"a\":]\n", "x.json", 2, "JSON");
    names_line("[{\"a\":1},\n{\"a\":2}\n", "x.json", 3, "JSON");
    let deep = format!("{{\"a\":1}}\n{{\"a\":{}{}}}\n", "[".repeat(1_000_000), "]".repeat(1_000_000));
    names_line(&deep, "x.jsonl", 2, "128 levels");
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    names_line(&deep, "x.json", 1, "JSON");
}

#[test]
fn other_broken_text_is_told_too() {
    let (error, _) = broken(b"a,b\n\xff\xfe,2\n", "x.csv", &[]);
    assert!(
        matches!(&error, Error::Io(why) if why.contains("x.csv:2") && why.contains("column 'a'")),
        "{error}"
    );
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writeln!(gzip, "a,b").unwrap();
    for row in 0..1_000_000 {
        writeln!(gzip, "{row},{}", row * 7 % 1_001).unwrap();
    }
    let gzip = gzip.finish().unwrap();
    let (error, _) = broken(&gzip[..gzip.len() / 2], "x.csv.gz", &[]);
    assert!(
        matches!(&error, Error::Io(why) if why.contains("x.csv.gz") && why.contains("truncated")),
        "{error}"
    );
    let mut flipped = gzip.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x55;
    let (error, _) = broken(&flipped, "x.csv.gz", &[]);
    assert!(matches!(&error, Error::Io(why) if why.contains("x.csv.gz")), "{error}");
    let mut project = Project::with("empty.csv", "");
    assert!(
        matches!(project.rows("empty.csv", &[], "SELECT 1 FROM t"), Err(Error::Io(why)) if why.contains("empty"))
    );
    project.write("twice.csv", "a,a\n1,2\n");
    assert!(
        matches!(project.rows("twice.csv", &[], "SELECT 1 FROM t"), Err(Error::Io(why)) if why.contains("'a'"))
    );
    project.write("own.csv", "__row\n1\n");
    assert!(
        matches!(project.rows("own.csv", &[], "SELECT 1 FROM t"), Err(Error::Io(why)) if why.contains("__row"))
    );
}

#[test]
fn a_line_without_end_is_a_limit() {
    let mut project = Project::with("x.csv", "a,b\n");
    let file = fs::OpenOptions::new().write(true).open(project.path().join("x.csv")).unwrap();
    // Two gigabytes of one line, none of them on the disk.
    file.set_len(2 << 30).unwrap();
    let refused = project.rows("x.csv", &[], "SELECT count(*) FROM t");
    assert!(matches!(&refused, Err(Error::Limit(why)) if why.contains("x.csv")), "{refused:?}");
}

#[test]
fn a_folder_of_mixed_files_is_no_table() {
    let mut project = Project::with("d/a.csv", "a,b\n1,2\n");
    project.write("d/b.jsonl", "{\"a\":1}\n");
    let refused = project.open("d", &[]).err();
    assert!(
        matches!(&refused, Some(Error::Io(why)) if why.contains("d/a.csv") && why.contains("d/b.jsonl")),
        "{refused:?}"
    );
    project.write("e/a.csv", "a,b\n1,2\n");
    project.write("e/b.csv", "a,c\n1,2\n");
    let refused = project.rows("e", &[], "SELECT 1 FROM t");
    assert!(
        matches!(&refused, Err(Error::Io(why)) if why.contains("e/b.csv:1") && why.contains("'c'")),
        "{refused:?}"
    );
    project.write("f/k=1/a.csv", "a\n1\n");
    project.write("f/b.csv", "a\n1\n");
    assert!(matches!(project.open("f", &[]).err(), Some(Error::Io(_)) | None));
    let wide = format!("{}\n", (0..100_000).map(|at| format!("c{at}")).collect::<Vec<_>>().join(","));
    project.write("wide.csv", wide);
    assert!(matches!(project.rows("wide.csv", &[], "SELECT 1 FROM t"), Err(Error::Limit(_))));
}

fn batch() -> RecordBatch {
    let numbers = Arc::new(Int64Array::from_iter_values((0..2_000).map(|n| n * n % 977))) as ArrayRef;
    let texts = Arc::new(
        (0..2_000).map(|n| (n % 5 != 0).then(|| format!("text {}", n % 31))).collect::<StringArray>(),
    ) as ArrayRef;
    RecordBatch::try_from_iter_with_nullable([("n", numbers, false), ("t", texts, true)]).unwrap()
}

#[test]
fn truncated_parquet_and_arrow_are_told() {
    for (name, bytes) in [("x.parquet", parquet(&[batch()])), ("x.arrow", arrow_file(&[batch()]))] {
        let (error, _) = broken(&bytes[..bytes.len() / 2], name, &[]);
        assert!(matches!(&error, Error::Io(why) if why.contains(name)), "{error}");
        let (error, _) = broken(&bytes[..10], name, &[]);
        assert!(matches!(&error, Error::Io(why) if why.contains(name)), "{error}");
    }
}

#[test]
fn a_damaged_page_is_told_with_its_column() {
    let properties = parquet::file::properties::WriterProperties::builder()
        .set_compression(parquet::basic::Compression::ZSTD(parquet::basic::ZstdLevel::default()))
        .set_dictionary_enabled(false)
        .build();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(Vec::new(), batch().schema(), Some(properties)).unwrap();
    writer.write(&batch()).unwrap();
    let mut bytes = writer.into_inner().unwrap();
    // The head of the first page, which is that of the first column.
    bytes[4..20].fill(0xff);
    let (error, damage) = broken(&bytes, "x.parquet", &[]);
    assert!(matches!(&error, Error::Io(why) if why.contains("x.parquet")), "{error}");
    assert_eq!(damage.0["column"], text("n"));
}

/// Parquet whose pages are as they are, so that a test finds its way in them.
fn plain_parquet() -> Vec<u8> {
    let properties = parquet::file::properties::WriterProperties::builder()
        .set_compression(parquet::basic::Compression::UNCOMPRESSED)
        .set_dictionary_enabled(false)
        .build();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(Vec::new(), batch().schema(), Some(properties)).unwrap();
    writer.write(&batch()).unwrap();
    writer.into_inner().unwrap()
}

/// Where the footer begins.
fn footer_of(bytes: &[u8]) -> usize {
    let end = bytes.len() - 8;
    end - u32::from_le_bytes(bytes[end..end + 4].try_into().unwrap()) as usize
}

#[test]
fn a_damaged_footer_is_told() {
    let whole = plain_parquet();
    let (start, end) = (footer_of(&whole), whole.len() - 8);
    let damages: [(&str, std::ops::Range<usize>, &[u8]); 5] = [
        ("longer than the file", end..end + 4, &u32::MAX.to_le_bytes()),
        ("of no length", end..end + 4, &[0; 4]),
        ("of half its length", end..end + 4, &((end - start) as u32 / 2).to_le_bytes()),
        ("without its last word", end + 4..end + 8, b"XXXX"),
        ("of other bytes", start..start + 16, &[0xff; 16]),
    ];
    for (what, place, by) in damages {
        let mut bytes = whole.clone();
        bytes[place].copy_from_slice(by);
        let (error, _) = broken(&bytes, "x.parquet", &[]);
        assert!(matches!(&error, Error::Io(why) if why.contains("x.parquet")), "{what}: {error}");
    }
}

#[test]
fn damaged_levels_are_told_with_their_column() {
    let whole = plain_parquet();
    // Levels that say which cells are null: their length, then runs. Of the second column, the first being without nulls.
    let first_text = whole.windows(8).position(|bytes| bytes == b"\x06\0\0\0text").unwrap();
    let length = (0..first_text - 4).rev().find(|at| {
        let length = u32::from_le_bytes(whole[*at..at + 4].try_into().unwrap()) as usize;
        at + 4 + length == first_text
    });
    let at = length.unwrap();
    for by in [u32::MAX, 1 << 20] {
        let mut bytes = whole.clone();
        bytes[at..at + 4].copy_from_slice(&by.to_le_bytes());
        let (error, damage) = broken(&bytes, "x.parquet", &[]);
        assert!(matches!(&error, Error::Io(why) if why.contains("x.parquet")), "{error}");
        assert_eq!(damage.0["column"], text("t"));
    }
}

#[test]
fn statistics_that_lie_change_no_answer() {
    let mut bytes = plain_parquet();
    let footer = footer_of(&bytes);
    let count = "SELECT count(*), max(n), min(n), count(t) FROM t WHERE n >= 900";
    let truth = Project::with("x.parquet", &bytes).rows("x.parquet", &[], count).unwrap();
    // The largest number of the first column, wherever the footer has it.
    let largest = (0..2_000_i64).map(|n| n * n % 977).max().unwrap().to_le_bytes();
    let places =
        (footer..bytes.len() - 8).filter(|at| bytes[*at..].starts_with(&largest)).collect::<Vec<_>>();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + 8].copy_from_slice(&7_i64.to_le_bytes());
    }
    assert_eq!(Project::with("x.parquet", &bytes).rows("x.parquet", &[], count).unwrap(), truth);
}

#[test]
fn encodings_that_change_in_the_middle_are_told_with_their_line() {
    let before = "naïve,café\n".repeat(200_000);
    let mut content = format!("a,b\n{before}").into_bytes();
    content.extend_from_slice(b"na\xefve,caf\xe9\n");
    content.extend_from_slice(before.as_bytes());
    let (error, damage) = broken(&content, "x.csv", &[]);
    assert!(
        matches!(&error, Error::Io(why) if why.contains("x.csv:200002") && why.contains("UTF-8")),
        "{error}"
    );
    assert_eq!(damage.0["line"], Value::Integer(200_002));
}

/// Replaces the first place where a number stands, eight bytes long, by one that no memory has room for.
fn boast(bytes: &mut [u8], number: i64, from: usize) -> bool {
    let place = (from..bytes.len() - 8).find(|at| bytes[*at..].starts_with(&number.to_le_bytes()));
    place.is_some_and(|at| {
        bytes[at..at + 8].copy_from_slice(&(1_i64 << 40).to_le_bytes());
        true
    })
}

#[test]
fn arrow_that_claims_more_than_is_there_is_told() {
    use arrow_ipc::{CompressionType, root_as_footer, root_as_message};
    let whole = arrow_file(&[batch()]);
    let end = whole.len() - 10;
    let footer = end - u32::from_le_bytes(whole[end..end + 4].try_into().unwrap()) as usize;
    let body = root_as_footer(&whole[footer..end]).unwrap().recordBatches().unwrap().get(0).bodyLength();
    let mut bytes = whole.clone();
    assert!(boast(&mut bytes, body, footer));
    let (error, _) = broken(&bytes, "x.arrow", &[]);
    assert!(matches!(&error, Error::Io(why) if why.contains("leads nowhere")), "{error}");

    for compression in [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)] {
        let mut bytes = arrow_stream_with(&[batch()], compression);
        // The second message, behind the one with the columns.
        let first = 8 + u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
        let head = u32::from_le_bytes(bytes[first + 4..first + 8].try_into().unwrap()) as usize;
        let message = root_as_message(&bytes[first + 8..first + 8 + head]).unwrap();
        let claimed = match compression {
            None => message.bodyLength(),
            // What the first buffer that is compressed gets.
            Some(_) => 2_000 * 8,
        };
        assert!(boast(&mut bytes, claimed, first));
        let (error, _) = broken(&bytes, "x.arrow", &[]);
        assert!(matches!(&error, Error::Limit(why) if why.contains("x.arrow")), "{compression:?}: {error}");
    }
}

#[test]
fn parquet_that_claims_more_than_is_there_is_told() {
    // A version, a root without columns, no rows, and two thousand million row groups.
    let footer = b"\x15\x02\x19\x1c\x48\x01s\x15\x00\x00\x16\x00\x19\xfc\xff\xff\xff\xff\x07";
    let bytes = [&b"PAR1"[..], footer, &(footer.len() as u32).to_le_bytes(), b"PAR1"].concat();
    let (error, _) = broken(&bytes, "x.parquet", &[]);
    assert!(matches!(&error, Error::Io(why) if why.contains("million")), "{error}");

    // The head of the first page becomes a text of 34 GB, or the page one of a size that nobody writes.
    let whole = plain_parquet();
    for (head, why) in [
        (&b"\x18\xff\xff\xff\xff\x7f"[..], "claims more"),
        (b"\x15\x00\x15\xfe\xff\xff\xff\x0f\x15\x02\x00", "more than"),
        (b"\x15\x00\x00", "no size"),
    ] {
        let mut bytes = whole.clone();
        bytes[4..4 + head.len()].copy_from_slice(head);
        let (error, _) = broken(&bytes, "x.parquet", &[]);
        assert!(error.to_string().contains(why), "{why}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn bytes_that_change_never_bring_the_engine_down(places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let compressed = [arrow_ipc::CompressionType::LZ4_FRAME, arrow_ipc::CompressionType::ZSTD];
        let [lz4, zstd] = compressed.map(|compression| arrow_stream_with(&[batch()], Some(compression)));
        for (name, bytes) in [
            ("x.parquet", parquet(&[batch()])),
            ("x.parquet", plain_parquet()),
            ("x.arrow", arrow_file(&[batch()])),
            ("x.arrow", arrow_stream(&[batch()])),
            ("x.arrow", lz4),
            ("x.arrow", zstd),
            ("x.csv", b"a,b\n1,\"x\"\n2,y\n".to_vec()),
        ] {
            let mut bytes = bytes;
            for (place, byte) in &places {
                let at = place.index(bytes.len());
                bytes[at] = *byte;
            }
            let mut project = Project::with(name, &bytes);
            // Whatever comes of it comes as an answer or an error.
            if let Ok(table) = project.open(name, &[]) {
                let _ = project.query(&table, "SELECT * FROM t LIMIT 10");
                let _ = project.query(&table, "SELECT count(*), count(DISTINCT row_digest(*)) FROM t");
                let _ = project.engine.damage(&table, soon());
            }
        }
    }
}
