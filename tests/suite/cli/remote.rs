//! Tables of servers in a whole run: granted by an endpoint, shown in the plan, recorded and replayed, and over at the deadline.

#[path = "../../../host/capabilities/dataset/engine/remote/tests/server.rs"]
#[allow(dead_code, reason = "the engine's own tests use all of it")]
mod server;

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use self::server::{Manner, Server};
use super::scratch::{Ran, folder, gonogo};

/// One row is there twice, and one cell is empty.
const CSV: &str = "id,name,label\n1,a,x\n2,b,y\n2,b,y\n4,,x\n";

const SECRET: &str = "swordfish-4711";

fn run(place: &Path, words: &[&str]) -> Ran {
    let mut command = gonogo();
    command.env("KEY_ID", "AKIA1").env("KEY", SECRET);
    // A proxy is nothing that a parameter names.
    command
        .env("http_proxy", "http://127.0.0.1:1")
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .env("ALL_PROXY", "http://127.0.0.1:1");
    command.args(words).current_dir(place).output().unwrap().into()
}

/// A project with one item of its own: the rules of quality over a table.
fn project(data: &str, timeout: &str) -> tempfile::TempDir {
    let place = folder();
    let item = format!(
        "[items.\"site.table\"]\ntitle = \"The table is sound\"\ncheck = \"data/quality\"\ntimeout = \"{timeout}\"\nwith = {{ data = {data} }}\n"
    );
    fs::write(place.path().join("gonogo.toml"), item).unwrap();
    place
}

const CHECK: [&str; 5] = ["check", "--only", "site.table", "--format", "json"];

#[test]
fn a_check_reads_what_an_endpoint_grants_and_a_replay_needs_no_server() {
    let server = Server::start(
        Manner::Login("AKIA1"),
        &[("/b/d/x.csv", CSV.as_bytes()), ("/b/d/y.csv", CSV.as_bytes())],
    );
    let data = format!(
        "{{ files = \"s3://b/d/*.csv\", endpoint = \"{}\", region = \"eu-central-1\", access-key-id = \"KEY_ID\", secret-access-key = \"KEY\" }}",
        server.url
    );
    let place = project(&data, "30 s");
    let plan = run(place.path(), &["plan", "--only", "site.table"]);
    let port = server.url.rsplit(':').next().unwrap();
    let text = plan.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        format!("ask http, host 127.0.0.1, port {port} [data.endpoint, gonogo.toml line 5]"),
        "tables s3://b/d/*.csv [data.files, gonogo.toml line 5]".to_owned(),
        "test $KEY [data.secret-access-key, gonogo.toml line 5]".to_owned(),
    ] {
        assert!(text.contains(&words), "{words}\n{}\n{}", plan.out, plan.err);
    }

    let recorded = run(place.path(), &[&CHECK[..], &["--record", "run.rec"]].concat());
    let item = recorded.item("site.table");
    let fact = |name: &str| {
        let facts = item["facts"].as_array().unwrap().iter();
        facts.clone().find(|fact| fact["name"] == name).unwrap_or_else(|| panic!("no '{name}' in {item:#}"))["value"].clone()
    };
    // Each row is there twice, for there are two files.
    assert_eq!(fact("rows"), 8, "{item:#}");
    assert_eq!(item["verdict"], "no-go", "{item:#}");

    drop(server);
    let replayed = run(place.path(), &[&CHECK[..], &["--replay", "run.rec"]].concat());
    assert_eq!(replayed.item("site.table")["findings"], item["findings"]);
    let recording = fs::read_to_string(place.path().join("run.rec")).unwrap();
    for text in [&plan.out, &recorded.out, &recorded.err, &recording] {
        assert!(!text.contains(SECRET) && !text.contains("AKIA1"), "{text}");
    }
}

#[test]
fn without_an_endpoint_it_is_unknown_and_says_what_to_write() {
    let server = Server::start(Manner::Good, &[("/x.csv", CSV.as_bytes())]);
    let name = format!("{}/x.csv", server.url);
    let ran = run(project(&format!("\"{name}\""), "30 s").path(), &CHECK);
    let item = ran.item("site.table");
    assert_eq!((ran.code, item["verdict"].as_str()), (Some(3), Some("unknown")), "{item:#}");
    let reason = item["reason"].as_str().unwrap();
    let line = format!("{{ files = \"{name}\", endpoint = \"{}\" }}", server.url);
    assert!(reason.contains("denied") && reason.contains(&line), "{reason}");
    assert!(server.asked().is_empty());
}

#[test]
fn a_server_that_never_answers_ends_with_the_job() {
    let server = Server::start(Manner::Silent, &[]);
    let data = format!("{{ files = \"{0}/x.csv\", endpoint = \"{0}\" }}", server.url);
    let started = Instant::now();
    let ran = run(project(&data, "1 s").path(), &CHECK);
    let item = ran.item("site.table");
    assert_eq!(item["verdict"], "unknown", "{item:#}");
    let reason = item["reason"].as_str().unwrap();
    // Either the call or the job meets the deadline first.
    let late = ["deadline", "timeout", "did not end within"];
    assert!(late.iter().any(|late| reason.contains(late)), "{reason}");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn a_profile_is_of_what_the_command_line_names() {
    let server = Server::start(Manner::Good, &[("/x.csv", CSV.as_bytes()), ("/b/x.csv", CSV.as_bytes())]);
    let place = folder();
    let name = format!("{}/x.csv", server.url);
    let ran = run(place.path(), &["data", "profile", &name, "--format", "json"]);
    assert_eq!((ran.code, &ran.json()["tables"][0]["rows"]), (Some(0), &4.into()), "{}", ran.err);
    let bucket = run(place.path(), &["data", "profile", "s3://b/x.csv", "--endpoint", &server.url]);
    assert!(bucket.code == Some(0) && bucket.out.contains("4 rows"), "{}{}", bucket.out, bucket.err);
    let which = run(place.path(), &["data", "profile", "s3://b/x.csv"]);
    assert!(which.code == Some(2) && which.err.contains("--endpoint"), "{}", which.err);
}
