//! Plugins over HTTPS: fetched by their digest, kept, vendored, and refused where they are something else.

use std::fs;

use super::{
    scratch::{Ran, gonogo},
    server::Server,
    site::{CONFIG, Site, kept, plugin, printed, sha256},
};

fn run(site: &Site, words: &[&str]) -> Ran {
    let mut command = gonogo();
    command.env("SSL_CERT_FILE", Server::authority()).args(words).current_dir(site.path());
    command.output().unwrap().into()
}

fn source(server: &Server, path: &str, bytes: &[u8]) -> String {
    format!("{}#sha256={}", server.url(path), sha256(bytes))
}

/// A project with the plugin `acme` from that server, locked and kept.
fn installed(server: &Server, component: &[u8]) -> Site {
    let site = Site::new();
    // The cache is kept between runs of the tests.
    let _ = fs::remove_file(kept(component));
    server.put("acme.wasm", component);
    let refused = run(&site, &["plugin", "add", "acme", &source(server, "acme.wasm", component)]);
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    assert!(!kept(component).exists(), "nothing is kept before somebody consents");
    let command = printed(&refused);
    let words = command.split(' ').skip(1).map(|word| word.trim_matches('\'')).collect::<Vec<_>>();
    let added = run(&site, &words);
    assert_eq!(added.code, Some(0), "{}", added.err);
    assert_eq!(fs::read(kept(component)).unwrap(), component);
    site
}

#[test]
fn a_plugin_that_was_fetched_runs_without_its_server_and_its_commands_count() {
    let component = plugin("https", "1.0.0", &["git status"]);
    let server = Server::new();
    let site = installed(&server, &component);
    drop(server);
    assert_eq!(site.verdict().0, "go");
    assert_eq!(site.check(&["--locked"]).code, Some(0));
    let listed = site.done(&["plugin", "list", "--format", "json"]).json();
    assert_eq!((&listed[0]["state"], &listed[0]["version"]), (&"installed".into(), &"1.0.0".into()));
    assert_eq!(listed[0]["can"][0], "run git status   [check]");
    let table = site.done(&["plugin", "list"]).out;
    assert!(table.contains("installed") && table.contains("1 command"), "{table}");
}

#[test]
fn a_component_that_was_swapped_after_consent_does_not_run() {
    let component = plugin("swapped", "1.0.0", &[]);
    let server = Server::new();
    let site = installed(&server, &component);
    let other = plugin("swapped in", "1.0.0", &[]);
    fs::write(kept(&component), &other).unwrap();
    for words in [&["check"][..], &["plan"], &["check", "--locked"]] {
        let ran = run(&site, words);
        assert_eq!((ran.code, ran.out.as_str()), (Some(4), ""), "{}", ran.err);
        let said = ran.err.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            format!("expected sha256 {}", sha256(&component)),
            format!("found {}", sha256(&other)),
            "remove it".to_owned(),
        ] {
            assert!(said.contains(&part), "{part}\n{}", ran.err);
        }
    }
    let listed = site.done(&["plugin", "list", "--format", "json"]).json();
    assert_eq!(listed[0]["state"], "changed");
}

#[test]
fn what_is_missing_is_fetched_again_by_its_digest_alone() {
    let component = plugin("missing", "1.0.0", &[]);
    let server = Server::new();
    let site = installed(&server, &component);
    fs::remove_file(kept(&component)).unwrap();
    let listed = site.done(&["plugin", "list", "--format", "json"]).json();
    assert_eq!(listed[0]["state"], "missing");
    assert_eq!(run(&site, &["check", "--only", "site.status"]).code, Some(0));
    assert!(kept(&component).exists());

    fs::remove_file(kept(&component)).unwrap();
    server.put("acme.wasm", &plugin("another at the same address", "1.0.0", &[]));
    let ran = run(&site, &["check", "--only", "site.status"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(4), ""), "{}", ran.err);
    assert!(ran.err.contains("expected sha256") && !kept(&component).exists(), "{}", ran.err);
}

#[test]
fn a_vendored_plugin_runs_offline_and_is_held_to_its_digest() {
    let component = plugin("vendored", "1.0.0", &[]);
    let server = Server::new();
    let site = installed(&server, &component);
    fs::create_dir_all(site.at("vendor/gonogo")).unwrap();
    let stale = format!("vendor/gonogo/{}.wasm", "0".repeat(64));
    site.write(&stale, b"of long ago");
    let before = site.read("gonogo.toml");
    let ran = site.done(&["plugin", "vendor"]);
    let path = format!("vendor/gonogo/{}.wasm", sha256(&component));
    assert!(ran.out.contains(&path), "{}", ran.out);
    assert!(!site.at(&stale).exists());
    assert_eq!(site.read("gonogo.toml"), before);
    drop(server);
    fs::remove_file(kept(&component)).unwrap();
    assert_eq!(site.check(&["--locked"]).code, Some(0));
    assert!(!kept(&component).exists());

    site.write(&path, &plugin("vendored by another", "1.0.0", &[]));
    let ran = site.check(&[]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(4), ""));
    assert!(ran.err.contains("is not the component that was locked"), "{}", ran.err);
}

#[test]
fn components_go_where_the_project_says() {
    let component = plugin("elsewhere", "1.0.0", &[]);
    let site = installed(&Server::new(), &component);
    site.done(&["plugin", "vendor", "third-party/checks"]);
    assert!(site.at("third-party/checks").join(format!("{}.wasm", sha256(&component))).exists());
    let config = site.read("gonogo.toml");
    assert!(config.contains("vendor = \"third-party/checks\"") && config.contains("# the usual"), "{config}");
    fs::remove_file(kept(&component)).unwrap();
    assert_eq!(site.check(&[]).code, Some(0));
}

#[test]
fn a_source_that_is_not_the_locked_one_does_not_run() {
    let component = plugin("moved", "1.0.0", &[]);
    let server = Server::new();
    let site = installed(&server, &component);
    let next = plugin("moved on", "1.1.0", &[]);
    server.put("next.wasm", &next);
    let lock = site.read("gonogo.lock");
    site.replace(
        "gonogo.toml",
        &source(&server, "acme.wasm", &component),
        &source(&server, "next.wasm", &next),
    );
    let ran = run(&site, &["check"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(4), ""));
    assert!(ran.err.contains("plugin 'acme' is locked from https://localhost"), "{}", ran.err);
    // The same folder of the same server is the same place: an update needs nobody.
    let updated = run(&site, &["plugin", "update"]);
    assert_eq!(
        (updated.code, updated.out.as_str()),
        (Some(0), "acme 1.0.0  updated to 1.1.0\n"),
        "{}",
        updated.err
    );
    assert_eq!(run(&site, &["check", "--only", "site.status", "--locked"]).code, Some(0));

    site.write("gonogo.lock", lock.replace("[plugins.acme]", "[plugins.other]").as_bytes());
    let ran = run(&site, &["check"]);
    assert_eq!(ran.code, Some(4));
    assert!(
        ran.err.contains("plugin 'acme' is not in gonogo.lock, so nobody consented to it"),
        "{}",
        ran.err
    );
}

#[test]
fn what_a_server_does_wrong_is_told_and_leaves_nothing() {
    let component = plugin("refused", "1.0.0", &[]);
    let server = Server::new();
    server.put("acme.wasm", &component);
    let site = Site::new();
    let url = |path: &str| source(&server, path, &component);
    let other = source(&server, "acme.wasm", b"something else");
    for (source, why) in [
        (other.as_str(), "expected sha256"),
        (&url("nowhere.wasm"), "404 Not Found"),
        (&url("to-plain"), "cannot fetch"),
        (&url("round"), "redirect"),
        (&url("huge"), "is larger than 67108864 bytes"),
        (&url("endless"), "is larger than 67108864 bytes"),
        (&url("cut/acme.wasm"), "cannot fetch"),
        (
            "https://127.0.0.1:9/acme.wasm#sha256=0000000000000000000000000000000000000000000000000000000000000000",
            "refused",
        ),
    ] {
        let ran = run(&site, &["plugin", "add", "acme", source]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(4), ""), "{source}: {}", ran.err);
        assert!(ran.err.contains(why), "{why}\n{}", ran.err);
    }
    let strict = ["plugin", "add", "acme", &url("acme.wasm"), "--signature", "required"];
    let ran = run(&site, &strict);
    assert_eq!(ran.code, Some(4));
    assert!(ran.err.contains("is not signed"), "{}", ran.err);
    let ran = site.run(&["plugin", "add", "acme", &url("acme.wasm")]);
    assert_eq!(ran.code, Some(4), "an authority that nobody trusts");
    assert!(ran.err.contains("certificate"), "{}", ran.err);
    assert_eq!(site.read("gonogo.toml"), CONFIG);
    assert!(!site.at("gonogo.lock").exists() && !kept(&component).exists());
    // A redirect that stays on HTTPS is followed.
    assert_eq!(run(&site, &["plugin", "add", "acme", &url("to/acme.wasm")]).code, Some(2));
}
