//! Tables of servers: read where they may be, in parts where parts do, and never for longer than there is time.

mod server;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use datafusion::arrow::{
    array::{Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema},
};

use self::server::{Manner, Server};
use super::super::{Engine, Table, tests::formats};
use crate::{
    capabilities::{
        dataset::{
            Asked,
            answer::{Answer, Cells},
        },
        files::Files,
    },
    domain::{Attributes, Authority, Error, Grant, Origin, Value},
};

const CSV: &str = "id,name\n1,a\n2,b\n3,\n";

/// A job whose parameters name tables, servers and variables.
struct Job {
    engine: Engine,
    files: Files,
    deadline: Duration,
}

impl Job {
    fn new(names: &[&str], servers: &[&str]) -> Self {
        Self::sharing(Arc::default(), names, servers)
    }

    fn sharing(shared: Arc<super::super::Shared>, names: &[&str], servers: &[&str]) -> Self {
        let tables = names.iter().map(|&name| Grant::Dataset { name: name.to_owned(), path: name.into() });
        let servers = servers.iter().map(|url| Grant::Endpoint { server: url.parse().unwrap() });
        let variables =
            ["ID", "SECRET", "UNSET"].map(|name| Grant::Variable { name: name.into(), reveal: false });
        let authority =
            |grant| Authority { grant, parameter: "it".to_owned(), origin: Origin::Config { line: 1 } };
        let authorities = tables.chain(servers).chain(variables).map(authority).collect::<Vec<_>>();
        let values = [("ID", "AKIA1"), ("SECRET", "swordfish"), ("OTHER", "not named")];
        let values =
            values.map(|(name, value)| (name.into(), value.into())).into_iter().collect::<BTreeMap<_, _>>();
        let engine = Engine::new(shared, &authorities, &Arc::new(values));
        let files = Files::new("/nowhere".as_ref(), &authorities);
        Self { engine, files, deadline: Duration::from_mins(1) }
    }

    fn open(&mut self, name: &str, options: &[(&str, &str)]) -> Result<Table, Error> {
        let options = options.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
        let asked = Asked { files: vec![name.to_owned()], options: Attributes(options.collect()) };
        self.engine.open(&self.files, &asked, Instant::now() + self.deadline)
    }

    fn rows(&mut self, name: &str, options: &[(&str, &str)]) -> Result<u64, Error> {
        let table = self.open(name, options)?;
        self.engine.rows(&table, Instant::now() + self.deadline)
    }

    fn ask(&mut self, table: &Table, sql: &str) -> Result<Answer, Error> {
        let tables = [("t".to_owned(), table)];
        self.engine.query(&tables, sql, &Attributes::default(), Instant::now() + self.deadline)
    }
}

fn integers(answer: &Answer) -> Vec<Option<i64>> {
    match &answer[0].cells {
        Cells::Integers(cells) => cells.clone(),
        other => panic!("{other:?}"),
    }
}

/// Columns of a megabyte and more each, of values that do not get smaller.
fn large() -> Vec<u8> {
    let fields = ["a", "b", "c"].map(|name| Field::new(name, DataType::Int64, true)).to_vec();
    let schema = Arc::new(Schema::new([fields, vec![Field::new("text", DataType::Utf8, true)]].concat()));
    let numbers = |seed: i64| {
        let number = |row: i64| (row + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64) >> 8;
        Arc::new((0..200_000).map(number).collect::<Int64Array>())
    };
    let text = (0..200_000).map(|row| Some(format!("text {row}"))).collect::<StringArray>();
    let columns = vec![numbers(1) as _, numbers(2) as _, numbers(3) as _, Arc::new(text) as _];
    formats::parquet(&[RecordBatch::try_new(schema, columns).unwrap()])
}

#[test]
fn files_of_a_server_are_tables() {
    let json = b"{\"id\": 1}\n{\"id\": 2}\n".as_slice();
    let parquet = large();
    let files = [
        ("/d/x.csv", CSV.as_bytes()),
        ("/d/x.jsonl", json),
        ("/d/x.parquet", &parquet),
        ("/d/e f.csv", CSV.as_bytes()),
    ];
    for manner in [Manner::Good, Manner::WithoutRanges, Manner::BusyOnce] {
        for (path, rows) in
            [("/d/x.csv", 3), ("/d/x.jsonl", 2), ("/d/x.parquet", 200_000), ("/d/e%20f.csv", 3)]
        {
            let server = Server::start(manner.clone(), &files);
            let name = format!("{}{path}", server.url);
            let mut job = Job::new(&[&name], &[&server.url]);
            let table = job.open(&name, &[]).unwrap();
            let found = job.ask(&table, "SELECT count(*) AS n, __file FROM t GROUP BY __file").unwrap();
            assert_eq!(integers(&found), [Some(rows)], "{manner:?} {path}");
            assert_eq!(found[1].cells, Cells::Texts(vec![Some(name.clone())]));
            let files = job.engine.files(&table, Instant::now() + job.deadline).unwrap();
            assert_eq!(files[0].get("path"), Some(&Value::from(name)));
            assert!(job.engine.damage(&table, Instant::now() + job.deadline).unwrap().is_empty());
        }
    }
}

#[test]
fn of_parquet_only_what_is_asked_for_is_fetched() {
    let parquet = large();
    let server = Server::start(Manner::Good, &[("/x.parquet", &parquet)]);
    let name = format!("{}/x.parquet", server.url);
    let mut job = Job::new(&[&name], &[&server.url]);
    let table = job.open(&name, &[]).unwrap();
    let deadline = Instant::now() + job.deadline;
    assert_eq!(job.engine.rows(&table, deadline), Ok(200_000));
    assert_eq!(job.engine.columns(&table, deadline).unwrap().len(), 4);
    let fetched = || {
        let asked = server.asked();
        assert!(asked.iter().all(|asked| asked.method == "HEAD" || asked.range.is_some()), "{asked:?}");
        asked.iter().filter_map(|asked| asked.range.clone()).map(|range| range.end - range.start).sum::<u64>()
    };
    assert!(parquet.len() > 5 << 20 && fetched() <= 192 << 10, "{} of {}", fetched(), parquet.len());
    server.forget();
    let sum = job.ask(&table, "SELECT count(b) AS n FROM t WHERE b <> 7").unwrap();
    assert_eq!(integers(&sum), [Some(200_000)]);
    let of_one = fetched();
    assert!((1 << 20..3 << 20).contains(&of_one), "{of_one}");
    // What is there is not asked for again.
    job.ask(&table, "SELECT max(b) AS n FROM t").unwrap();
    assert_eq!(fetched(), of_one);
}

#[test]
fn objects_of_a_bucket_are_found_by_key_prefix_and_pattern() {
    let csv = CSV.as_bytes();
    let names = [
        "/b/d/y=1/a.csv",
        "/b/d/y=2/a.csv",
        "/b/d/y=2/b.csv",
        "/b/d/_SUCCESS",
        "/b/d/.hidden/a.csv",
        "/b/e.csv",
    ];
    let files = names.map(|name| (name, csv));
    let server = Server::start(Manner::Login("AKIA1"), &files);
    let login = [("access-key-id", "ID"), ("secret-access-key", "SECRET"), ("region", "eu-central-1")];
    for (name, rows) in [
        ("s3://b/e.csv", 3),
        ("s3://b/d", 9),
        ("s3://b/d/", 9),
        ("s3://b/d/*/a.csv", 9),
        ("s3://b/d/**/a.csv", 6),
        ("s3://b/*.csv", 3),
    ] {
        assert_eq!(Job::new(&[name], &[&server.url]).rows(name, &login), Ok(rows), "{name}");
    }
    for asked in server.asked() {
        let signed = &asked.headers["authorization"];
        assert!(signed.contains("/eu-central-1/s3/aws4_request"), "{signed}");
        assert!(!format!("{asked:?}").contains("swordfish"));
    }
    let mut job = Job::new(&["s3://b/d"], &[&server.url]);
    let table = job.open("s3://b/d", &login).unwrap();
    let of_two = job.ask(&table, "SELECT count(*) AS n FROM t WHERE y = 2").unwrap();
    assert_eq!(integers(&of_two), [Some(6)]);
    for gone in ["s3://b/none.csv", "s3://b/none/*.csv"] {
        let mut job = Job::new(&[gone], &[&server.url]);
        assert!(matches!(job.open(gone, &login), Err(Error::NotFound(_))), "{gone}");
    }
}

#[test]
fn what_no_parameter_names_is_denied() {
    let server = Server::start(Manner::Good, &[("/x.csv", CSV.as_bytes()), ("/b/x.csv", CSV.as_bytes())]);
    let name = format!("{}/x.csv", server.url);
    let denied = |names: &[&str], servers: &[&str], asked: &str, options: &[(&str, &str)]| match Job::new(
        names, servers,
    )
    .open(asked, options)
    {
        Err(Error::Denied(why)) => why,
        other => panic!("{asked}: {:?}", other.map(drop)),
    };
    let why = denied(&[&name], &[], &name, &[]);
    assert!(why.contains(&format!("{{ files = \"{name}\", endpoint = \"{}\" }}", server.url)), "{why}");
    let why = denied(&[&name], &["http://127.0.0.1:1"], &name, &[]);
    assert!(why.contains("it names http://127.0.0.1:1"), "{why}");
    denied(&["s3://b/x.csv"], &[&server.url], &name, &[]);
    denied(&[], &[&server.url], &name, &[]);
    // A server must be named by a parameter, not by an option alone; of several it must be said which.
    denied(&["s3://b/x.csv"], &[], "s3://b/x.csv", &[("endpoint", &server.url)]);
    denied(&["s3://b/x.csv"], &["http://127.0.0.1:1", &server.url], "s3://b/x.csv", &[]);
    let login = [("access-key-id", "ID"), ("secret-access-key", "OTHER")];
    denied(&["s3://b/x.csv"], &[&server.url], "s3://b/x.csv", &login);
    assert!(server.asked().is_empty());
    let both = ["http://127.0.0.1:1", server.url.as_str()];
    assert_eq!(Job::new(&["s3://b/x.csv"], &both).rows("s3://b/x.csv", &[("endpoint", &server.url)]), Ok(3));
}

#[test]
fn a_login_is_whole_and_set() {
    let server = Server::start(Manner::Good, &[("/b/x.csv", CSV.as_bytes())]);
    let open = |options: &[(&str, &str)]| {
        Job::new(&["s3://b/x.csv"], &[&server.url]).open("s3://b/x.csv", options).map(drop)
    };
    assert!(
        matches!(open(&[("access-key-id", "ID")]), Err(Error::Unsupported(why)) if why.contains("neither"))
    );
    let unset = open(&[("access-key-id", "ID"), ("secret-access-key", "UNSET")]);
    assert!(matches!(unset, Err(Error::NotFound(why)) if why.contains("UNSET")));
}

#[test]
fn bad_manners_are_told_and_end() {
    let rows = "1,abcdefghi\n".repeat(30_000);
    let content = format!("id,name\n{rows}");
    let elsewhere = Server::start(Manner::Good, &[("/x.csv", CSV.as_bytes())]);
    for (manner, why) in [
        (Manner::Redirect(format!("{}/x.csv", elsewhere.url)), "not followed"),
        (Manner::Redirect("http://169.254.169.254/latest/meta-data".to_owned()), "not followed"),
        (Manner::Endless, "changed"),
        (Manner::Half, "cannot read"),
        (Manner::Boast, "changed"),
        (Manner::Changing, "changed"),
        (Manner::Forbidden, "403"),
    ] {
        let server = Server::start(manner.clone(), &[("/x.csv", content.as_bytes())]);
        let name = format!("{}/x.csv", server.url);
        let started = Instant::now();
        let error = Job::new(&[&name], &[&server.url]).rows(&name, &[]).unwrap_err();
        assert!(
            matches!(&error, Error::Io(said) if said.contains(why) && said.contains(&name)),
            "{manner:?}: {error}"
        );
        assert!(started.elapsed() < Duration::from_secs(10), "{manner:?}");
    }
    assert!(elsewhere.asked().is_empty());
    // Of what is large parts are asked for, and no part is longer than that.
    let content = content.repeat(60);
    let server = Server::start(Manner::Endless, &[("/x.csv", content.as_bytes())]);
    let name = format!("{}/x.csv", server.url);
    let error = Job::new(&[&name], &[&server.url]).rows(&name, &[]).unwrap_err();
    assert!(matches!(&error, Error::Io(said) if said.contains("sends more than")), "{error}");
}

#[test]
fn a_deadline_holds_whatever_a_server_does() {
    for manner in [Manner::Silent, Manner::Drip] {
        let server = Server::start(manner.clone(), &[("/x.csv", "id\n".repeat(10_000).as_bytes())]);
        let name = format!("{}/x.csv", server.url);
        let mut job = Job::new(&[&name], &[&server.url]);
        job.deadline = Duration::from_millis(400);
        let started = Instant::now();
        assert!(
            matches!(job.rows(&name, &[]), Err(Error::Timeout(why)) if why.contains(&name)),
            "{manner:?}"
        );
        assert!(started.elapsed() < Duration::from_secs(2), "{manner:?} {:?}", started.elapsed());
    }
}

#[test]
fn jobs_of_a_run_fetch_an_object_once() {
    let server = Server::start(Manner::Good, &[("/x.csv", CSV.as_bytes())]);
    let name = format!("{}/x.csv", server.url);
    let shared = Arc::<super::super::Shared>::default();
    for _ in 0..3 {
        assert_eq!(Job::sharing(Arc::clone(&shared), &[&name], &[&server.url]).rows(&name, &[]), Ok(3));
    }
    let count = |method: &str| server.asked().iter().filter(|asked| asked.method == method).count();
    // Each job proves that it may; none asks for what another has.
    assert_eq!((count("HEAD"), count("GET")), (3, 1));
}
