//! Texts, trees and patterns made to blow up or to lead out, and secrets on their way out.

use std::{
    ffi::OsStr,
    os::unix::{ffi::OsStrExt, fs::symlink, net::UnixListener},
};

use proptest::prelude::*;
use rustix::fs::{CWD, Mode, mknodat};

use super::*;

fn key() -> Attributes {
    pattern("key", "key=[a-z]+", &[("keywords", texts(&["key"]))])
}

fn count(name: &str, value: i64) -> (&str, Value) {
    (name, value.into())
}

#[test]
fn only_regular_files_below_the_path_are_opened() {
    let root = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "key=outside").unwrap();
    fs::write(root.path().join("inside"), "key=inside").unwrap();
    symlink(outside.path(), root.path().join("out")).unwrap();
    symlink(outside.path().join("secret"), root.path().join("out-file")).unwrap();
    symlink(".", root.path().join("loop")).unwrap();
    symlink("/proc/self/root", root.path().join("magic")).unwrap();
    mknodat(CWD, root.path().join("fifo"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let _socket = UnixListener::bind(root.path().join("socket")).unwrap();
    fs::write(root.path().join(OsStr::from_bytes(b"\xff")), "key=unnamed").unwrap();
    let (found, totals) = run(root.path(), &[key()], &[]);
    assert_eq!(found.iter().map(|found| text(found, "path")).collect::<Vec<_>>(), ["data/inside"]);
    assert_eq!((integer(&totals, "files"), integer(&totals, "unreadable-count")), (1, 1));
    assert!(matches!(totals.get("unreadable"), Some(Value::Texts(why)) if why[0].contains("not UTF-8")));
    for path in ["data/fifo", "data/socket"] {
        let search = files(root.path()).search(path, &[key()], &Attributes::new());
        assert!(matches!(search, Err(Error::Unsupported(_))), "{path}");
    }
}

#[test]
fn what_replaces_a_file_before_it_is_opened_is_not_read() {
    let root = tempfile::tempdir().unwrap();
    let directory = std::os::fd::OwnedFd::from(fs::File::open(root.path()).unwrap());
    mknodat(CWD, root.path().join("fifo"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    symlink("/etc/passwd", root.path().join("link")).unwrap();
    let mut buffer = Vec::new();
    let mut read = |name: &str| {
        file::open(&directory, name.as_bytes(), name)
            .and_then(|mut file| file::read(&mut file, name, 100, true, &mut buffer))
    };
    assert!(matches!(read("fifo"), Err(Error::Io(why)) if why.contains("replaced")));
    assert!(read("link").is_err());
    assert!(matches!(read("none"), Err(Error::NotFound(_))));
}

#[test]
fn endless_and_growing_files_end() {
    let root = tempfile::tempdir().unwrap();
    let sparse = fs::File::create(root.path().join("sparse")).unwrap();
    sparse.set_len(1 << 40).or_else(|_| sparse.set_len(1 << 34)).unwrap();
    let (_, totals) = run(root.path(), &[key()], &[]);
    assert_eq!((integer(&totals, "skipped-large"), integer(&totals, "bytes")), (1, 0));
    let (_, totals) = run(root.path(), &[key()], &[count("size-maximum", i64::MAX), ("binary", true.into())]);
    assert_eq!(integer(&totals, "skipped-large"), 1, "more than may be in memory");
    // Files of /proc say that they are empty: what is there is read, and no more than asked for.
    let proc = Grant::Read { name: "data".to_owned(), path: "/proc/self/maps".into() };
    let authority =
        Authority { grant: proc, parameter: "root".to_owned(), origin: Origin::Config { line: 1 } };
    let files = Files::new(Path::new("/"), &[authority]);
    let mut search = files.search("data", &[key()], &attributes(&[count("size-maximum", 100)])).unwrap();
    search.next(soon()).unwrap();
    assert_eq!(integer(&search.totals(), "skipped-large"), 1);
}

#[test]
fn one_line_of_a_hundred_megabytes_takes_no_longer_than_many() {
    let root = tempfile::tempdir().unwrap();
    let mut line = "key key= ".repeat(100 << 17);
    line.insert_str(64 << 20, "key=found ");
    fs::write(root.path().join("line"), line).unwrap();
    let start = Instant::now();
    let greedy = pattern("greedy", "key.*found", &[("keywords", texts(&["key"]))]);
    let (found, _) = run(root.path(), &[key(), greedy], &[count("size-maximum", 1 << 30)]);
    assert_eq!(text(&found[0], "pattern"), "greedy", "within the reach of an expression");
    assert_eq!((text(&found[1], "text"), integer(&found[1], "column")), ("key=found", (64 << 20) + 1));
    assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
}

#[test]
fn patterns_made_to_blow_up_are_limits_and_end() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("file"), "a".repeat(100_000)).unwrap();
    let start = |expression: &str| {
        files(root.path()).search("data", &[pattern("p", expression, &[])], &Attributes::new())
    };
    assert!(matches!(start(&"a".repeat(1 << 20)), Err(Error::Limit(_))));
    assert!(start(&"(".repeat(50_000)).is_err());
    for large in ["(?:a{1000}){1000}", r"(?u)\w{5000}", "(?:){4294967295}{4294967295}x"] {
        if let Ok(mut search) = start(large) {
            assert!(matches!(search.next(soon()), Err(Error::Limit(_)) | Ok(_)), "{large}");
            assert_eq!(search.next(soon()), Ok(Vec::new()), "after an error it is at its end");
        }
    }
    for slow in ["(a*)*b", "(a|a)*b", "(a|aa)+$", "a*a*a*a*a*a*b", "", "a*?", r"\b|$"] {
        let begun = Instant::now();
        start(slow).unwrap().next(soon()).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(5), "{slow} took {:?}", begun.elapsed());
    }
    let mut search = start("(a*)*b").unwrap();
    fs::write(root.path().join("file"), "a\n".repeat(4 << 20)).unwrap();
    assert!(matches!(search.next(Instant::now()), Err(Error::Timeout(_))));
}

#[test]
fn many_matches_of_many_patterns_stay_few() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("file"), "key ".repeat(10_000)).unwrap();
    let patterns = (0..300).map(|at| pattern(&format!("p{at}"), "key", &[("keywords", texts(&["key"]))]));
    let (found, totals) =
        run(root.path(), &patterns.collect::<Vec<_>>(), &[count("matches-maximum", 1_000_000)]);
    assert_eq!(found.len(), 10_000);
    assert_eq!(integer(&totals, "suppressed"), 300 * 10_000 - 10_000);
}

fn encoded(text: &str) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = text.bytes().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect::<Vec<_>>();
    let letter = |bits: &[u8]| {
        let value = bits.iter().fold(0, |value, bit| value << 1 | bit) << (6 - bits.len());
        char::from(letters[usize::from(value)])
    };
    bits.chunks(6).map(letter).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever else matches, wherever the value stands again, however it is encoded.
    #[test]
    fn no_secret_is_in_any_answer(
        secrets in prop::collection::vec("[A-Za-z0-9+/_.-]{8,40}", 1..6),
        order in prop::collection::vec((0..6_usize, 0..6_usize), 1..30),
    ) {
        let mut content = String::new();
        let mut used = Vec::new();
        for (which, how) in order {
            let secret = &secrets[which % secrets.len()];
            let assigned = format!("token = \"{secret}\"");
            used.push((secret.clone(), assigned.clone()));
            content += &assigned;
            content += &match how {
                0 => "\n".to_owned(),
                1 => format!(" # {secret}\n"),
                2 => format!("\nurl: https://user:{secret}@host/{secret}\n"),
                3 => format!("\ndata: {}\n", encoded(&assigned)),
                4 => format!("\n{secret}{secret}\n"),
                _ => format!(" other = \"{}\"\n", secrets[0]),
            };
        }
        let secret = |id, expression, group: &str| {
            pattern(id, expression, &[("keywords", texts(&["token", "other"])), ("secret", group.into())])
        };
        let patterns = [
            secret("assigned", "(?<name>token|other) = \"(?<value>(?<inner>[^\"]+))\"", "value"),
            secret("whole", "(?<all>token = \"[^\"]+\")", "0"),
            pattern("line", "^(?<first>.*)$", &[]),
            pattern("words", r"\S+", &[]),
            pattern("pieces", r"[A-Za-z0-9]{6,}.*", &[]),
            pattern("url", r"://(?<user>[^:]+):(?<password>[^@]+)@", &[]),
        ];
        for options in [&[][..], &[("multi-line", true.into()), ("base64", true.into())]] {
            let root = tempfile::tempdir().unwrap();
            fs::write(root.path().join("file"), &content).unwrap();
            let (found, totals) = run(root.path(), &patterns, options);
            let answer = serde_json::to_string(&(&found, &totals)).unwrap();
            for (secret, assigned) in &used {
                prop_assert!(!answer.contains(secret.as_str()), "{secret} in {answer}");
                prop_assert!(options.is_empty() || !answer.contains(&encoded(assigned)), "{assigned} encoded in {answer}");
            }
        }
    }

    /// Any bytes, any of these expressions: no panic, and places that are there.
    #[test]
    fn any_bytes_may_be_searched(content: Vec<u8>, expression in r"[a\[\]*+?.^$|()\\dw-]{0,12}") {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("file"), &content).unwrap();
        let patterns = [pattern("p", &expression, &[]), pattern("q", &expression, &[("keywords", texts(&["a", "\n"]))])];
        for options in [&[][..], &[("multi-line", true.into()), ("base64", true.into()), ("binary", true.into())]] {
            let Ok(mut search) = files(root.path()).search("data", &patterns, &attributes(options)) else { continue };
            for found in search.next(soon()).unwrap() {
                prop_assert!(integer(&found, "line") >= 1 && integer(&found, "column") >= 1);
            }
        }
    }
}
