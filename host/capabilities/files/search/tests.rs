//! Searches over real files.

mod hostile;
mod tables;
mod versions;

use std::{fs, path::Path, time::Duration};

use super::*;
use regex::Regex;

use crate::domain::{Authority, Grant, Origin, Value};

/// The directory, granted as `data`.
fn files(root: &Path) -> Files {
    let grant = Grant::Read { name: "data".to_owned(), path: root.to_owned() };
    let authority = Authority { grant, parameter: "root".to_owned(), origin: Origin::Config { line: 1 } };
    Files::new(Path::new("/project"), &[authority])
}

pub(super) fn soon() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

pub(super) fn attributes(attributes: &[(&str, Value)]) -> Attributes {
    Attributes(attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

pub(super) fn texts(texts: &[&str]) -> Value {
    Value::Texts(texts.iter().map(|text| (*text).to_owned()).collect())
}

fn pattern(id: &str, pattern: &str, more: &[(&str, Value)]) -> Attributes {
    let mut attributes = attributes(more);
    attributes.set("id", id);
    attributes.set("pattern", pattern);
    attributes
}

fn text<'a>(attributes: &'a Attributes, name: &str) -> &'a str {
    match attributes.get(name) {
        Some(Value::Text(text)) => text,
        other => panic!("{name} is {other:?} in {attributes:?}"),
    }
}

fn integer(attributes: &Attributes, name: &str) -> i64 {
    match attributes.get(name) {
        Some(Value::Integer(value)) => *value,
        other => panic!("{name} is {other:?} in {attributes:?}"),
    }
}

/// All matches, and the totals after them.
fn run(root: &Path, patterns: &[Attributes], options: &[(&str, Value)]) -> (Vec<Attributes>, Attributes) {
    let mut search = files(root).search("data", patterns, &attributes(options)).unwrap();
    let mut matches = Vec::new();
    loop {
        let batch = search.next(soon()).unwrap();
        assert!(batch.len() <= MOST_MATCHES);
        if batch.is_empty() {
            return (matches, search.totals());
        }
        matches.extend(batch);
    }
}

/// Matches of a text, as `line:column pattern text`.
fn lines(content: &[u8], patterns: &[Attributes], options: &[(&str, Value)]) -> Vec<String> {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("file"), content).unwrap();
    let shown = |found: &Attributes| {
        let place = format!("{}:{}", integer(found, "line"), integer(found, "column"));
        format!("{place} {} {}", text(found, "pattern"), text(found, "text"))
    };
    run(root.path(), patterns, options).0.iter().map(shown).collect()
}

#[test]
fn matches_come_in_order_with_their_places() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("sub")).unwrap();
    fs::write(root.path().join("b"), "one\r\ntwo key=1 key=22\r\nthree").unwrap();
    fs::write(root.path().join("a"), "KEY=3").unwrap();
    fs::write(root.path().join("sub/c"), "no such thing\nkey=4\n").unwrap();
    let patterns = [
        pattern("three", "^three$", &[]),
        pattern("key", r"(?i)(?<name>key)=(?<value>\d+)", &[("keywords", texts(&["key"]))]),
        pattern("key-again", r"key=\d+$", &[("keywords", texts(&["no", "KEY"]))]),
    ];
    let (found, totals) = run(root.path(), &patterns, &[]);
    let shown = found.iter().map(|found| {
        let place = (integer(found, "line"), integer(found, "column"));
        (text(found, "path"), place, text(found, "pattern"), text(found, "text"))
    });
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [
            ("data/a", (1, 1), "key", "KEY=3"),
            ("data/b", (2, 5), "key", "key=1"),
            ("data/b", (2, 11), "key", "key=22"),
            ("data/b", (2, 11), "key-again", "key=22"),
            ("data/b", (3, 1), "three", "three"),
            ("data/sub/c", (2, 1), "key", "key=4"),
            ("data/sub/c", (2, 1), "key-again", "key=4"),
        ]
    );
    assert_eq!(found[0].get("groups"), Some(&texts(&["name=KEY", "value=3"])));
    assert_eq!(text(&found[0], "source"), "file");
    assert_eq!((integer(&totals, "files"), integer(&totals, "bytes")), (3, 28 + 5 + 20));
}

#[test]
fn a_secret_is_shown_by_its_first_characters() {
    let secret = "ghp_x7Kq9ZpLm2Wv8RtYb4Nc";
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("file"), format!("token = \"{secret}\" # {secret}\nagain {secret}\n"))
        .unwrap();
    let patterns = [
        pattern(
            "token",
            r#"(?<name>token) = "(?<value>(?<prefix>ghp_)\w+)""#,
            &[("keywords", texts(&["token"])), ("secret", "value".into()), ("entropy", 3.0.into())],
        ),
        pattern("all", r"^.*$", &[]),
        pattern("piece", r"Kq9ZpLm2Wv8Rt.*", &[]),
    ];
    let (found, _) = run(root.path(), &patterns, &[]);
    let shown = found.iter().map(|found| (text(found, "pattern"), text(found, "text"))).collect::<Vec<_>>();
    assert_eq!(
        shown,
        [
            ("token", "token = \"ghp_…\""),
            ("all", "token = \"ghp_…\" # ghp_…"),
            ("piece", "…\" # ghp_…"),
            ("all", "again ghp_…"),
            ("piece", "…"),
        ]
    );
    let token = found.iter().find(|found| text(found, "pattern") == "token").unwrap();
    assert_eq!(token.get("groups"), Some(&texts(&["name=token"])));
    assert_eq!((integer(token, "length"), integer(token, "distinct")), (24, 23));
    assert!(matches!(token.get("entropy"), Some(Value::Number(bits)) if *bits > 4.0));
    assert_eq!(text(token, "fingerprint").len(), 8);
}

#[test]
fn matches_are_unmade_by_each_of_their_conditions() {
    let of = |more: &[(&str, Value)]| {
        let text = b"key=aaaaaaaa\nkey=x7Kq9ZpL\nkey=example1\nkey=4111111111111111\n";
        let mut more = more.to_vec();
        more.push(("secret", "value".into()));
        lines(text, &[pattern("k", r"key=(?<value>\w+)", &more)], &[]).len()
    };
    assert_eq!(of(&[]), 4);
    assert_eq!(of(&[("entropy", 2.5.into())]), 2);
    assert_eq!(of(&[("exclude", texts(&["^a+$", r"^\d+$"]))]), 2);
    assert_eq!(of(&[("exclude-match", texts(&["^key=ex"]))]), 3);
    assert_eq!(of(&[("exclude", texts(&["^key=ex"]))]), 4);
    assert_eq!(of(&[("stop-words", texts(&["example", "zpl"]))]), 2);
    assert_eq!(of(&[("checksum", "luhn".into())]), 1);
    assert_eq!(of(&[("exclude-paths", texts(&["^data/f"]))]), 0);
    assert_eq!(of(&[("paths", texts(&["*.py"]))]), 0);
    assert_eq!(of(&[("paths", texts(&["/file"]))]), 4);
    let allowed =
        lines(b"a=1 # NOSEC\na=2\n", &[pattern("a", r"a=\d", &[])], &[("allow", texts(&["nosec"]))]);
    assert_eq!(allowed, ["2:1 a a=2"]);
}

#[test]
fn only_multi_line_matches_across_lines() {
    let key = b"x\n-----BEGIN KEY-----\nabc\ndef\n-----END KEY-----\ny\n";
    let patterns = [pattern(
        "key",
        r"-----BEGIN KEY-----[\s\S]+?-----END KEY-----",
        &[("keywords", texts(&["-----begin"]))],
    )];
    assert_eq!(lines(key, &patterns, &[]), [""; 0]);
    let found = lines(key, &patterns, &[("multi-line", true.into())]);
    assert_eq!(found, ["2:1 key -----BEGIN KEY-----\nabc\ndef\n-----END KEY-----"]);
    let everywhere = [pattern("key", r"c\nd", &[]), pattern("start", "^def$", &[])];
    assert_eq!(lines(key, &everywhere, &[("multi-line", true.into())]), ["3:3 key c\nd", "4:1 start def"]);
}

#[test]
fn a_long_line_is_searched_in_pieces_as_if_it_were_whole() {
    // Words of digits at odd distances, so that some lie across the ends of pieces.
    let words = (0..40_000_u64).map(|at| match at % 7 {
        0 => format!("{}", 100_000 + at * 37),
        _ => "abcdefghijk".repeat(at as usize % 3) + " ",
    });
    let content = words.collect::<String>() + "77777";
    assert!(content.len() > 400_000 && !content.contains('\n'));
    for expression in ["[0-9]{5,9}", "[0-9]{5,9}[a-z]?", "[0-9]{5,}", "7+$"] {
        let whole = Regex::new(expression).unwrap();
        let wanted =
            whole.find_iter(&content).map(|found| format!("1:{} p {}", found.start() + 1, found.as_str()));
        let wanted = wanted.collect::<Vec<_>>();
        assert!(!wanted.is_empty());
        for multi_line in [false, true] {
            let options = [("matches-maximum", Value::from(100_000_u64)), ("multi-line", multi_line.into())];
            assert_eq!(
                lines(content.as_bytes(), &[pattern("p", expression, &[])], &options),
                wanted,
                "{expression}"
            );
        }
    }
}

#[test]
fn one_pattern_may_match_across_lines_and_others_not() {
    let body = "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF";
    let begin = "-----BEGIN PRIVATE KEY-----";
    let text = format!(
        "find(\"{begin}\")\n{begin}\n{body}\n-----END PRIVATE KEY-----\n{begin}\nMC4C\n-----END PRIVATE KEY-----\n"
    );
    let key = pattern(
        "key",
        "(?<secret>-----BEGIN PRIVATE KEY-----(?:-?[^-])*?-----END)",
        &[
            ("keywords", texts(&["private key-----"])),
            ("multi-line", Value::Boolean(true)),
            ("secret", Value::Text("secret".to_owned())),
            ("checksum", Value::Text("pem".to_owned())),
        ],
    );
    let line = pattern("line", r"KEY-----\s+(?<rest>\S)", &[("keywords", texts(&["private key-----"]))]);
    assert_eq!(lines(text.as_bytes(), &[key, line], &[]), ["2:1 key ----…"]);
}

#[test]
fn base64_is_searched_one_level_deep() {
    // "aws_key = AKIAEXAMPLEEXAMPLE12"
    let text = b"first\ndata: YXdzX2tleSA9IEFLSUFFWEFNUExFRVhBTVBMRTEy\n";
    let patterns = [
        pattern("aws", "AKIA[A-Z0-9]{16}", &[("keywords", texts(&["akia"])), ("secret", "0".into())]),
        pattern("line", "data: .*", &[]),
    ];
    assert_eq!(lines(text, &patterns[..1], &[]), [""; 0]);
    let found = lines(text, &patterns, &[("base64", true.into())]);
    assert_eq!(found, ["2:1 line data: YXdz…", "2:7 aws AKIA…"]);
}

#[test]
fn matches_have_a_maximum_for_each_file_and_pattern() {
    let root = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        fs::write(root.path().join(name), "key key key\n".repeat(500)).unwrap();
    }
    let patterns = [pattern("k", "key", &[("keywords", texts(&["key"]))]), pattern("l", "k.y", &[])];
    let (found, totals) = run(root.path(), &patterns, &[]);
    assert_eq!((found.len(), integer(&totals, "suppressed")), (400, 4 * 1400));
    let (found, _) = run(root.path(), &patterns, &[("matches-maximum", 1_500_i64.into())]);
    assert_eq!(found.len(), 6_000, "in several batches");
}

#[test]
fn what_is_skipped_is_counted() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("binary"), b"key\0").unwrap();
    fs::write(root.path().join("large"), "key".repeat(100)).unwrap();
    fs::write(root.path().join("late"), [&[b'x'; 9000][..], b"\0key"].concat()).unwrap();
    let patterns = [pattern("k", "key", &[("keywords", texts(&["key"]))])];
    let (found, totals) = run(root.path(), &patterns, &[]);
    assert_eq!((found.len(), integer(&totals, "skipped-binary")), (101, 1));
    let (found, totals) =
        run(root.path(), &patterns, &[("size-maximum", 100_i64.into()), ("binary", true.into())]);
    assert_eq!(
        (found.len(), integer(&totals, "skipped-large"), integer(&totals, "skipped-binary")),
        (1, 2, 0)
    );
}

#[test]
fn text_in_utf_16_is_searched() {
    let root = tempfile::tempdir().unwrap();
    let units = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    fs::write(root.path().join(".env"), units("\u{feff}A=ä\r\nkey=hidden\r\n")).unwrap();
    // Without a mark it could be anything.
    fs::write(root.path().join("unmarked"), units("key=hidden\n")).unwrap();
    let patterns = [pattern("k", "key=(?<s>[a-z]+)", &[("secret", "s".into())])];
    let (found, totals) = run(root.path(), &patterns, &[]);
    assert_eq!((found.len(), integer(&totals, "skipped-binary")), (1, 1));
    assert_eq!((text(&found[0], "path"), integer(&found[0], "line")), ("data/.env", 2));
    assert!(!format!("{found:?}").contains("hidden"), "{found:?}");
}

#[test]
fn files_that_are_ignored_are_searched_where_they_are_named() {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, content: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    write(".gitignore", "out/\n.env\n*.log\n");
    for path in ["a", ".env", "a.log", "out/b", "out/deep/.env", "left/out/.env", ".git/.env", "sub/.env.ci"]
    {
        write(path, "key=1\n");
    }
    // Nothing that an ignored directory says itself takes its files back.
    write("out/.gitignore", "!b\n");
    // Deeper than walks go: what is there cannot be told.
    write(&format!("out/{}.env", "d/".repeat(130)), "key=1\n");
    let pattern = pattern("key", "key=1", &[]);
    let options = [
        ("ignore-files", Value::Boolean(true)),
        ("ignored", texts(&[".env", ".env.*"])),
        ("exclude", texts(&["left/"])),
    ];
    let (found, totals) = run(root.path(), std::slice::from_ref(&pattern), &options);
    let shown = found.iter().map(|found| (text(found, "path"), found.get("ignored").is_some()));
    let ignored = [("data/.env", true), ("data/a", false), ("data/out/deep/.env", true)];
    assert_eq!(shown.collect::<Vec<_>>(), [&ignored[..], &[("data/sub/.env.ci", false)]].concat());
    assert_eq!(integer(&totals, "unreadable-count"), 1, "{totals:?}");
    let (found, totals) = run(root.path(), &[pattern], &options[..1]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(integer(&totals, "unreadable-count"), 0);
}

#[test]
fn one_file_is_searched_alone() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("file.py"), "key").unwrap();
    let patterns = [pattern("k", "key", &[("paths", texts(&["*.py"]))])];
    let mut search = files(root.path()).search("data/file.py", &patterns, &Attributes::new()).unwrap();
    assert_eq!(text(&search.next(soon()).unwrap()[0], "path"), "data/file.py");
    assert_eq!(search.next(soon()).unwrap(), []);
}

#[test]
fn what_is_wrong_with_a_search_is_said_at_its_start() {
    let root = tempfile::tempdir().unwrap();
    let start = |pattern: Attributes, options: &[(&str, Value)]| {
        files(root.path())
            .search("data", &[pattern], &attributes(options))
            .err()
            .map(|error| error.to_string())
    };
    let good = || pattern("k", "key", &[]);
    assert_eq!(start(good(), &[("name", "secrets".into())]), None);
    for (pattern, options, why) in [
        (pattern("k", "a(b", &[]), &[][..], "no regular expression"),
        (pattern("k", "ab", &[("exclude", texts(&["["]))]), &[], "no regular expression"),
        (pattern("k", "ab", &[("secret", "value".into())]), &[], "has no group 'value'"),
        (pattern("k", "ab", &[("checksum", "md5".into())]), &[], "no checksum 'md5'"),
        (pattern("k", "ab", &[("keyword", texts(&["a"]))]), &[], "has no 'keyword'"),
        (attributes(&[("id", "k".into())]), &[], "has no 'pattern'"),
        (good(), &[("kinds", texts(&["file"]))], "no option 'kinds'"),
        (good(), &[("binary", 1_i64.into())], "true or false"),
    ] {
        let said = start(pattern, options);
        assert!(said.as_ref().is_some_and(|said| said.contains(why)), "{said:?} for {why}");
    }
    let many = vec![good(); 2_001];
    assert!(matches!(files(root.path()).search("data", &many, &Attributes::new()), Err(Error::Limit(_))));
}
