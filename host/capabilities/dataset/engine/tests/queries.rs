use super::{
    super::{Shared, known::Part, source::Clock, temporary},
    *,
};
use crate::domain::limits::DATASET_QUERIES_AT_ONCE;

fn table(rows: usize) -> String {
    (0..rows).fold("a,b\n".to_owned(), |csv, row| csv + &format!("{row},{}\n", row % 10))
}

#[test]
fn only_queries_are_answered() {
    let mut project = Project::with("t.csv", table(3));
    project.write("secret.csv", "x\n1\n");
    let secret = project.path().join("secret.csv").display().to_string();
    let table = project.open("t.csv", &[]).unwrap();
    for sql in [
        "CREATE TABLE x (a INT)".to_owned(),
        "CREATE TABLE x AS SELECT * FROM t".to_owned(),
        "CREATE VIEW x AS SELECT * FROM t".to_owned(),
        format!("CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '{secret}'"),
        "CREATE DATABASE x".to_owned(),
        "CREATE SCHEMA x".to_owned(),
        "CREATE FUNCTION f(DOUBLE) RETURNS DOUBLE RETURN $1".to_owned(),
        "DROP TABLE t".to_owned(),
        "INSERT INTO t VALUES (1, 2)".to_owned(),
        "UPDATE t SET a = 1".to_owned(),
        "DELETE FROM t".to_owned(),
        "TRUNCATE TABLE t".to_owned(),
        "ALTER TABLE t ADD COLUMN c INT".to_owned(),
        "MERGE INTO t USING t AS s ON t.a = s.a WHEN MATCHED THEN DELETE".to_owned(),
        "SELECT a INTO x FROM t".to_owned(),
        "WITH x AS (DELETE FROM t RETURNING a) SELECT * FROM x".to_owned(),
        "SET datafusion.execution.batch_size = 1".to_owned(),
        "RESET datafusion.execution.batch_size".to_owned(),
        "SHOW ALL".to_owned(),
        "SHOW TABLES".to_owned(),
        "DESCRIBE t".to_owned(),
        "EXPLAIN SELECT * FROM t".to_owned(),
        "EXPLAIN ANALYZE SELECT * FROM t".to_owned(),
        "PREPARE p AS SELECT 1".to_owned(),
        "EXECUTE p".to_owned(),
        "BEGIN".to_owned(),
        "COMMIT".to_owned(),
        format!("COPY t TO '{secret}'"),
        format!("COPY (SELECT * FROM t) TO '{secret}' STORED AS CSV"),
        "SELECT 1; SELECT 2".to_owned(),
        "SELECT 1; DROP TABLE t".to_owned(),
        String::new(),
        "SELECT".to_owned(),
        "nonsense".to_owned(),
        format!("SELECT * FROM '{secret}'"),
        format!("SELECT * FROM \"{secret}\""),
        "SELECT * FROM 'secret.csv'".to_owned(),
        "SELECT * FROM secret".to_owned(),
        format!("SELECT * FROM read_csv('{secret}')"),
        format!("SELECT * FROM read_parquet('{secret}')"),
        format!("SELECT * FROM parquet_metadata('{secret}')"),
        "SELECT * FROM glob('/*')".to_owned(),
        "SELECT * FROM generate_series(1, 1000000000)".to_owned(),
        "SELECT * FROM range(1, 10)".to_owned(),
        "SELECT * FROM information_schema.tables".to_owned(),
        "SELECT * FROM information_schema.df_settings".to_owned(),
        "SELECT * FROM 'https://example.com/x.csv'".to_owned(),
        "SELECT repeat('x', 2000000000)".to_owned(),
        "SELECT lpad('x', 2000000000)".to_owned(),
        "SELECT pg_read_file('/etc/passwd')".to_owned(),
    ] {
        let refused = project.query(&table, &sql);
        assert!(matches!(refused, Err(Error::Unsupported(_))), "{sql}: {refused:?}");
    }
    assert_eq!(fs::read_to_string(project.path().join("secret.csv")).unwrap(), "x\n1\n");
    assert_eq!(lines(&project.query(&table, "SELECT count(*) FROM t").unwrap()), ["3"]);
}

#[test]
fn several_tables_are_asked_at_once() {
    let mut project = Project::with("train.csv", "id,x,Label\n1,a,0\n2,b,1\n3,c,0\n3,c,0\n");
    project.write("test.csv", "id,x,Label\n3,c,1\n4,d,0\n");
    let (train, test) = (project.open("train.csv", &[]).unwrap(), project.open("test.csv", &[]).unwrap());
    let tables = [("train".to_owned(), &train), ("Test".to_owned(), &test)];
    let mut ask = |sql: &str| {
        project.engine.query(&tables, sql, &Attributes::default(), soon()).map(|answer| lines(&answer))
    };
    let leaked = "SELECT count(*) FROM \"Test\" WHERE row_digest(x) IN (SELECT row_digest(x) FROM train)";
    assert_eq!(ask(leaked).unwrap(), ["1"]);
    assert_eq!(
        ask("SELECT count(*) - count(DISTINCT row_digest(id, x, \"Label\")) FROM train").unwrap(),
        ["1"]
    );
    let joined = "SELECT a.id, b.\"__row\" FROM \"Test\" a JOIN train b ON a.x = b.x AND a.\"Label\" <> b.\"Label\" ORDER BY 2";
    assert_eq!(ask(joined).unwrap(), ["3 3", "3 4"]);
    assert!(matches!(ask("SELECT Label FROM train"), Err(Error::Unsupported(why)) if why.contains("label")));
}

#[test]
fn the_functions_of_the_host_answer_in_sql() {
    let mut project = Project::with("t.csv", "a\n\"one two three four five six\"\nNaN\n\n");
    let rows = project.rows("t.csv", &[], "SELECT cell_type(a), null_spelling(a), fold_text(a), text_measure(a, 'words') FROM t ORDER BY \"__row\"");
    assert_eq!(
        rows.unwrap(),
        [r#""text" null "one two three four five six" 6.0"#, r#""text" "nan" "nan" 1.0"#]
    );
    let bands = "SELECT count(*), count(DISTINCT band) FROM (SELECT unnest(minhash_bands(a)) AS band FROM t)";
    assert_eq!(project.rows("t.csv", &[], bands).unwrap(), ["28 28"]);
    let constants = "SELECT text_similarity('a b c d e f', 'a b c d e g'), json_length('[1, 2]'), json_kind('{}'), json_at('{\"a\": \"b\"}', '/a')";
    assert_eq!(project.rows("t.csv", &[], constants).unwrap(), [r#"0.3333333333333333 2 "object" "b""#]);
    for wrong in [
        "SELECT text_measure(a, 'beauty') FROM t",
        "SELECT json_at(a, 'x') FROM t",
        "SELECT row_digest() FROM t",
        "SELECT cell_type() FROM t",
    ] {
        let refused = project.rows("t.csv", &[], wrong);
        assert!(matches!(refused, Err(Error::Unsupported(_))), "{wrong}: {refused:?}");
    }
}

#[test]
fn an_answer_has_bounds() {
    let mut project = Project::with("t.csv", table(20_000));
    let table = project.open("t.csv", &[]).unwrap();
    let refused = project.query(&table, "SELECT a FROM t");
    assert!(matches!(&refused, Err(Error::Limit(why)) if why.contains("10000 rows")), "{refused:?}");
    let mut ask = |rows: i64, sql: &str| {
        let options = Attributes([("rows-maximum".to_owned(), Value::Integer(rows))].into_iter().collect());
        project.engine.query(&[("t".to_owned(), &table)], sql, &options, soon())
    };
    assert_eq!(lines(&ask(20_000, "SELECT a FROM t").unwrap()).len(), 20_000);
    assert!(matches!(ask(19_999, "SELECT a FROM t"), Err(Error::Limit(_))));
    assert!(matches!(ask(1_000_000, "SELECT a FROM t"), Err(Error::Limit(_))));
    assert!(matches!(ask(0, "SELECT a FROM t"), Err(Error::Limit(_))));
    let wide = format!(
        "SELECT {} FROM t",
        (0..200)
            .map(|at| format!("concat(a, 'xxxxxxxxxxxxxxxxxxxx') AS c{at}"))
            .collect::<Vec<_>>()
            .join(", ")
    );
    assert!(matches!(ask(20_000, &wide), Err(Error::Limit(why)) if why.contains("MiB")));
    let long = format!("SELECT '{}'", "x".repeat(1 << 20));
    assert!(matches!(ask(1, &long), Err(Error::Limit(_))));
}

#[test]
fn a_query_ends_with_the_deadline() {
    let mut project = Project::with("t.csv", table(200_000));
    let table = project.open("t.csv", &[]).unwrap();
    project.query(&table, "SELECT count(*) FROM t").unwrap();
    let started = Instant::now();
    let endless = "SELECT sum(one.a * two.b) FROM t AS one, t AS two";
    let deadline = started + Duration::from_millis(300);
    let ended = project.engine.query(&[("t".to_owned(), &table)], endless, &Attributes::default(), deadline);
    assert!(matches!(ended, Err(Error::Timeout(_))), "{ended:?}");
    // What is already over is not begun.
    project.write("other.csv", "a\n1\n");
    let other = project.open("other.csv", &[]).unwrap();
    assert!(matches!(project.engine.rows(&other, Instant::now()), Err(Error::Timeout(_))));
    drop(project);
}

#[test]
fn memory_has_a_limit_and_the_disk_helps() {
    let mut project = Project::with("t.csv", table(3_000_000));
    project.engine =
        Engine { memory: 48 << 20, ..Engine::of(Arc::new(Shared::keeping(0, temporary::folder()))) };
    let table = project.open("t.csv", &[]).unwrap();
    // Sorting can spill; what is kept of all rows at once cannot.
    let sorted = "SELECT a FROM (SELECT a, row_number() OVER (ORDER BY b, a DESC) AS n FROM t) WHERE n = 7";
    assert_eq!(lines(&project.query(&table, sorted).unwrap()), ["2999930"]);
    for unbounded in [
        "SELECT sum(one.a + two.a + three.a) FROM t AS one, t AS two, t AS three",
        "SELECT count(l) FROM (SELECT array_agg(one.a) AS l FROM t AS one JOIN t AS two ON one.b = two.b)",
    ] {
        let refused = project.query(&table, unbounded);
        assert!(matches!(refused, Err(Error::Limit(_))), "{refused:?}");
    }
}

#[test]
fn spilled_rows_are_gone_with_the_engine() {
    let mut project = Project::with("t.csv", table(1_000));
    let table = project.open("t.csv", &[]).unwrap();
    project.query(&table, "SELECT count(*) FROM t").unwrap();
    let mine = || {
        let own = format!("gonogo-spill-{}-", std::process::id());
        let entries = fs::read_dir(temporary::folder()).unwrap().flatten();
        entries
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(&own))
            .map(|entry| entry.path())
            .collect::<Vec<_>>()
    };
    assert!(!mine().is_empty());
    let before = mine();
    drop(table);
    drop(project);
    // Other tests have directories of their own.
    assert!(before.iter().any(|path| !path.exists()));
}

#[test]
fn deep_and_long_sql_ends_without_harm() {
    let mut project = Project::with("t.csv", table(3));
    let table = project.open("t.csv", &[]).unwrap();
    let deep = format!("SELECT {}1{}", "(".repeat(20_000), ")".repeat(20_000));
    let nots = format!("SELECT {}true", "NOT ".repeat(20_000));
    let nested = format!("{}SELECT 1{}", "SELECT * FROM (".repeat(2_000), ")".repeat(2_000));
    for sql in [deep, nots, nested] {
        let refused = project.query(&table, &sql);
        assert!(matches!(refused, Err(Error::Unsupported(_))), "{refused:?}");
    }
    let sum = format!("SELECT a{} AS s FROM t", " + a".repeat(500));
    let answer = project.query(&table, &sum);
    assert!(matches!(answer, Ok(_) | Err(Error::Unsupported(_) | Error::Limit(_))), "{answer:?}");
}

#[test]
fn jobs_of_a_run_read_a_file_once_and_again_when_it_was_written_to() {
    let mut project = Project::with("t.csv", table(1_000));
    let shared = Arc::clone(&project.engine.shared);
    let first = project.open("t.csv", &[]).unwrap();
    assert_eq!(project.engine.rows(&first, soon()).unwrap(), 1_000);
    project.engine = Engine::of(Arc::clone(&shared));
    let second = project.open("t.csv", &[]).unwrap();
    assert!(Arc::ptr_eq(&first.0, &second.0));
    let other = project.open("t.csv", &[("types", Value::Text("text".to_owned()))]).unwrap();
    assert!(!Arc::ptr_eq(&first.0, &other.0), "read in another way");
    project.write("t.csv", table(2_000));
    let third = project.open("t.csv", &[]).unwrap();
    assert_eq!(project.engine.rows(&third, soon()).unwrap(), 2_000);
}

#[test]
fn rows_that_nobody_asks_make_room_for_those_that_are_asked() {
    let mut project = Project::with("a.csv", table(10_000));
    project.write("b.csv", table(10_000));
    let shared = Arc::new(Shared::keeping(250 << 10, temporary::folder()));
    project.engine = Engine::of(Arc::clone(&shared));
    let mut kept = |name: &str| {
        let table = project.open(name, &[]).unwrap();
        project.engine.rows(&table, soon()).unwrap();
        let known = project.engine.known(&table, &Clock::new(soon())).unwrap();
        assert!(matches!(known.parts[0], Part::Kept(_) | Part::Laid(..)), "on disk, if not in memory");
        (matches!(known.parts[0], Part::Kept(_)), table)
    };
    let (a_kept, a) = kept("a.csv");
    assert!(a_kept);
    assert!(!kept("b.csv").0, "the room is a.csv's while somebody holds it");
    drop(a);
    project.write("c.csv", table(10_000));
    let mut kept = |name: &str| {
        let table = project.open(name, &[]).unwrap();
        let known = project.engine.known(&table, &Clock::new(soon())).unwrap();
        matches!(known.parts[0], Part::Kept(_))
    };
    assert!(kept("c.csv"));
}

#[test]
fn a_query_waits_for_its_turn_until_its_deadline() {
    let mut project = Project::with("t.csv", table(10));
    let shared = Arc::clone(&project.engine.shared);
    let table = project.open("t.csv", &[]).unwrap();
    let turns = (0..DATASET_QUERIES_AT_ONCE).map(|_| shared.turn(soon()).unwrap()).collect::<Vec<_>>();
    let mut ask = |deadline| {
        project.engine.query(
            &[("t".to_owned(), &table)],
            "SELECT count(*) FROM t",
            &Attributes::default(),
            deadline,
        )
    };
    let late = ask(Instant::now() + Duration::from_millis(20));
    assert!(matches!(&late, Err(Error::Timeout(why)) if why.contains("other jobs")), "{late:?}");
    drop(turns);
    ask(soon()).unwrap();
}
