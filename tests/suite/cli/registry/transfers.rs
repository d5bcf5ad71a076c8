//! Push, pull, tags, digests; lines that break and registries that lie: whole or not at all.

use std::{
    fs,
    io::ErrorKind,
    process::Command,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use serde_json::json;

use super::{
    super::{
        scratch::{Ran, gonogo},
        site::{plugin, sha256},
    },
    daemon::Daemon,
    proxy::Proxy,
};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A registry with the component `a.wasm` beside it: its bytes.
fn with_component(daemon: &Daemon) -> Vec<u8> {
    let component = plugin("registry", "1.2.0", &[]);
    fs::write(daemon.at("a.wasm"), &component).unwrap();
    component
}

/// A folder with a bundle of some size, packed as `acme-1.2.0.bundle`: its bytes.
pub fn with_bundle(daemon: &Daemon, documentation: usize) -> Vec<u8> {
    let folder = daemon.at("acme");
    fs::create_dir_all(&folder).unwrap();
    let manifest = "name = \"acme\"\nversion = \"1.2.0\"\nplugins = [{ name = \"acme\", file = \"acme.wasm\" }]\nprofiles = [{ name = \"site\", file = \"site.toml\" }]\ndocumentation = [\"manual.txt\"]\n";
    fs::write(folder.join("bundle.toml"), manifest).unwrap();
    fs::write(folder.join("acme.wasm"), plugin("registry", "1.2.0", &[])).unwrap();
    fs::write(folder.join("site.toml"), "extends = \"training\"\n").unwrap();
    // No two blocks are the same, so that what is resumed at a wrong place shows.
    let text = (0_u64..).flat_map(|at| at.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    fs::write(folder.join("manual.txt"), text.take(documentation).collect::<Vec<_>>()).unwrap();
    daemon.done(&["bundle", "pack", "acme"]);
    fs::read(daemon.at("acme-1.2.0.bundle")).unwrap()
}

/// What lies in the folder under names that begin so, hidden files included.
fn lies_there(daemon: &Daemon, with: &str) -> Vec<String> {
    let names = fs::read_dir(daemon.at("")).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).filter(|name| name.contains(with)).collect()
}

#[test]
fn a_component_is_in_the_layout_that_others_read_and_a_digest_outlives_its_tag() {
    let daemon = Daemon::new();
    let component = with_component(&daemon);
    let first = daemon.push("a.wasm", "acme/checks:1");
    let manifest = daemon.manifest("acme/checks", &first);
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.wasm.config.v0+json");
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 1);
    assert_eq!(manifest["layers"][0]["mediaType"], "application/wasm");
    let config = manifest["config"]["digest"].as_str().unwrap().trim_start_matches("sha256:");
    let config: serde_json::Value = serde_json::from_slice(&fs::read(daemon.blob(config)).unwrap()).unwrap();
    assert_eq!((&config["architecture"], &config["os"]), (&json!("wasm"), &json!("wasip2")));
    assert_eq!(config["layerDigests"], json!([format!("sha256:{}", sha256(&component))]));
    let exports = config["component"]["exports"].to_string();
    assert!(exports.contains("gonogo:plugin/checks@"), "{config}");
    assert_eq!(daemon.push("a.wasm", "acme/checks:1"), first, "the same once more");

    daemon.done(&["bundle", "pull", &daemon.reference("acme/checks:1")]);
    assert_eq!(fs::read(daemon.at("checks-1.wasm")).unwrap(), component);

    let other = plugin("registry, moved", "1.3.0", &[]);
    fs::write(daemon.at("b.wasm"), &other).unwrap();
    let second = daemon.push("b.wasm", "acme/checks:1");
    assert_ne!(first, second);
    for (reference, expected) in
        [("acme/checks:1".to_owned(), &other), (format!("acme/checks@{first}"), &component)]
    {
        daemon.done(&["bundle", "pull", &daemon.reference(&reference), "-o", "pulled.wasm"]);
        assert_eq!(&fs::read(daemon.at("pulled.wasm")).unwrap(), expected);
    }
}

#[test]
fn a_bundle_is_the_same_bytes_wherever_it_is_packed_and_wherever_it_went() {
    let daemon = Daemon::new();
    let bundle = with_bundle(&daemon, 100_000);
    for file in ["acme.wasm", "site.toml", "manual.txt", "bundle.toml"] {
        let path = daemon.at("acme").join(file);
        let bytes = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, bytes).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(&path, mode).unwrap();
    }
    daemon.done(&["bundle", "pack", "acme", "-o", "again.bundle"]);
    assert_eq!(fs::read(daemon.at("again.bundle")).unwrap(), bundle);

    let digest = daemon.push("acme-1.2.0.bundle", "acme/all:1.2");
    let manifest = daemon.manifest("acme/all", &digest);
    assert_eq!(manifest["artifactType"], "application/vnd.gonogo.bundle.v1");
    daemon.done(&["bundle", "pull", &daemon.reference("acme/all:1.2"), "-o", "pulled.bundle"]);
    assert_eq!(fs::read(daemon.at("pulled.bundle")).unwrap(), bundle);

    for artifact in ["pulled.bundle", &daemon.reference("acme/all:1.2")] {
        let said = daemon.run(&["bundle", "inspect", artifact, "--format", "json"]).json();
        assert_eq!((&said["name"], &said["version"]), (&json!("acme"), &json!("1.2.0")));
        assert_eq!(said["sha256"], json!(sha256(&bundle)));
        let files = said["members"].as_array().unwrap().iter().map(|member| member["file"].clone());
        assert_eq!(files.collect::<Vec<_>>(), ["acme.wasm", "site.toml", "manual.txt"]);
    }
    let profile = daemon.done(&["bundle", "inspect", "pulled.bundle", "--member", "site.toml"]);
    assert_eq!(profile, "extends = \"training\"\n");
    let ran = daemon.run(&["bundle", "inspect", "pulled.bundle", "--member", "../../etc/passwd"]);
    assert_eq!(ran.code, Some(4), "{}", ran.err);
}

#[test]
fn a_line_that_breaks_is_gone_on_with_where_it_was() {
    let daemon = Daemon::new();
    let bundle = with_bundle(&daemon, 6_000_000);
    daemon.push("acme-1.2.0.bundle", "acme/all:1");
    let proxy = Proxy::new(daemon.port(), &[1_000_000, 2_000_000, 500_000], || ());
    daemon.done(&["bundle", "pull", &proxy.reference("acme/all:1"), "-o", "pulled.bundle"]);
    assert_eq!(fs::read(daemon.at("pulled.bundle")).unwrap(), bundle);
    assert_eq!(proxy.cuts_left(), 0);
    // Three times from the beginning would be more than twice as much.
    let carried = proxy.carried();
    assert!(carried < bundle.len() as u64 * 5 / 4, "{carried} bytes for {}", bundle.len());
}

#[test]
fn a_registry_that_is_stopped_in_the_middle_and_started_again_goes_on() {
    let mut daemon = Daemon::new();
    let bundle = with_bundle(&daemon, 6_000_000);
    daemon.push("acme-1.2.0.bundle", "acme/all:1");
    let (port, pulled) = (daemon.port(), daemon.at("pulled.bundle"));
    let folder = daemon.at("");
    daemon.stop();
    daemon.start();
    let shared = Arc::new(Mutex::new(daemon));
    let stopped = Arc::clone(&shared);
    let restart = move || {
        stopped.lock().unwrap().stop();
        let stopped = Arc::clone(&stopped);
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(900));
            stopped.lock().unwrap().start();
        });
    };
    let proxy = Proxy::new(port, &[2_000_000], restart);
    let words = ["bundle", "pull", &proxy.reference("acme/all:1"), "-o", "pulled.bundle"];
    let ran = gonogo().args(words).current_dir(&folder).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(fs::read(pulled).unwrap(), bundle);
    assert_eq!(proxy.cuts_left(), 0);
}

#[test]
fn a_registry_that_does_not_come_back_leaves_nothing_behind() {
    let daemon = Daemon::new();
    with_bundle(&daemon, 6_000_000);
    daemon.push("acme-1.2.0.bundle", "acme/all:1");
    fs::write(daemon.at("pulled.bundle"), "what was there before").unwrap();
    let folder = daemon.at("");
    let (port, shared) = (daemon.port(), Arc::new(Mutex::new(daemon)));
    let stopped = Arc::clone(&shared);
    let proxy = Proxy::new(port, &[2_000_000], move || stopped.lock().unwrap().stop());
    let words = ["bundle", "pull", &proxy.reference("acme/all:1"), "-o", "pulled.bundle"];
    let ran = gonogo().args(words).current_dir(&folder).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(4), "{said}");
    assert!(
        said.contains("was lost after") && said.contains("bytes of") && said.contains("attempts"),
        "{said}"
    );
    let daemon = shared.lock().unwrap();
    assert_eq!(lies_there(&daemon, "pulled"), ["pulled.bundle"]);
    assert_eq!(fs::read(daemon.at("pulled.bundle")).unwrap(), b"what was there before");
}

#[test]
fn bytes_that_were_changed_in_the_registry_are_not_taken_in() {
    let daemon = Daemon::new();
    let component = with_component(&daemon);
    let bundle = with_bundle(&daemon, 100_000);
    daemon.push("a.wasm", "acme/checks:1");
    daemon.push("acme-1.2.0.bundle", "acme/all:1");
    for (bytes, name) in [(&component, "acme/checks:1"), (&bundle, "acme/all:1")] {
        let mut changed = bytes.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        fs::write(daemon.blob(&sha256(bytes)), &changed).unwrap();
        let said = daemon.refused(&["bundle", "pull", &daemon.reference(name), "-o", "pulled"]);
        for part in ["expected sha256:", &sha256(bytes), "found sha256:", &sha256(&changed)] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(lies_there(&daemon, "pulled").is_empty());
        // One that is longer than its manifest says is not read to its end.
        fs::write(daemon.blob(&sha256(bytes)), [bytes.as_slice(), &[0; 5000]].concat()).unwrap();
        let said = daemon.refused(&["bundle", "pull", &daemon.reference(name), "-o", "pulled"]);
        assert!(said.contains("more than the"), "{said}");
        assert!(lies_there(&daemon, "pulled").is_empty());
    }
}

#[test]
fn a_layer_that_is_not_what_its_kind_says_is_refused_before_it_comes() {
    let daemon = Daemon::new();
    with_component(&daemon);
    let digest = daemon.push("a.wasm", "acme/checks:1");
    let good = daemon.manifest("acme/checks", &digest);
    let put = |tag: &str, pointer: &str, value: serde_json::Value| {
        let mut changed = good.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        daemon.put_manifest("acme/checks", tag, &changed);
        daemon.refused(&[
            "bundle",
            "pull",
            &daemon.reference(&format!("acme/checks:{tag}")),
            "-o",
            "pulled.wasm",
        ])
    };
    let said = put("image", "/config/mediaType", json!("application/vnd.oci.image.config.v1+json"));
    for part in
        ["expected", "application/vnd.wasm.config.v0+json", "found application/vnd.oci.image.config.v1+json"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = put("zip", "/layers/0/mediaType", json!("application/zip"));
    assert!(said.contains("expected one layer application/wasm, found application/zip"), "{said}");
    let said = put("large", "/layers/0/size", json!(70_000_000));
    assert!(said.contains("70000000 bytes, more than the 67108864"), "{said}");

    let index = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{ "mediaType": MANIFEST, "digest": digest, "size": good.to_string().len() }],
    });
    daemon.put_manifest("acme/checks", "list", &index);
    let said =
        daemon.refused(&["bundle", "pull", &daemon.reference("acme/checks:list"), "-o", "pulled.wasm"]);
    assert!(said.contains("list of manifests") && said.contains(&digest), "{said}");
    assert!(lies_there(&daemon, "pulled").is_empty());
}

#[test]
fn what_is_not_there_or_not_for_us_says_so() {
    let daemon = Daemon::with_logins();
    with_component(&daemon);
    let pull = |reference: &str| daemon.refused(&["bundle", "pull", reference, "-o", "pulled.wasm"]);
    let reference = daemon.reference("acme/checks:1");
    let said = pull(&reference);
    assert!(said.contains("anybody without a login") && said.contains("docker login"), "{said}");

    let logged_in = |password: &str, words: &[&str]| {
        let config = daemon.at("docker");
        fs::create_dir_all(&config).unwrap();
        let login = json!({ "auths": { format!("127.0.0.1:{}", daemon.port()): { "username": "ann", "password": password } } });
        fs::write(config.join("config.json"), login.to_string()).unwrap();
        gonogo().args(words).env("DOCKER_CONFIG", config).current_dir(daemon.at("")).output().unwrap()
    };
    let pushed = logged_in("secret", &["bundle", "push", "a.wasm", &reference]);
    assert!(pushed.status.success(), "{}", String::from_utf8_lossy(&pushed.stderr));
    let pulled = logged_in("secret", &["bundle", "pull", &reference, "-o", "pulled.wasm"]);
    assert!(pulled.status.success(), "{}", String::from_utf8_lossy(&pulled.stderr));
    let missing =
        logged_in("secret", &["bundle", "pull", &daemon.reference("acme/checks:9"), "-o", "other.wasm"]);
    let said = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(said.contains("acme/checks:9 is not in the registry"), "{said}");
    let refused = logged_in("wrong", &["bundle", "pull", &reference, "-o", "other.wasm"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("this login") && !said.contains("wrong"), "{said}");

    let said = pull("oci://127.0.0.1:9/acme/checks:1");
    assert!(said.contains("cannot reach the registry 127.0.0.1:9"), "{said}");
    let pushed =
        daemon.run(&["bundle", "push", "a.wasm", &format!("{reference}@sha256:{}", "ab".repeat(32))]);
    assert_eq!(pushed.code, Some(2), "{}", pushed.err);
    fs::write(daemon.at("no.wasm"), b"\0asm\x01\0\0\0").unwrap();
    let refused = logged_in("secret", &["bundle", "push", "no.wasm", &reference]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("neither a WebAssembly component nor a bundle"), "{said}");
}

/// `wkg` takes long to build, so this is tried where it is installed: `cargo install wkg`.
#[test]
fn wkg_pulls_what_we_push_and_we_pull_what_it_pushes() {
    let wkg = |daemon: &Daemon, words: &[&str]| {
        let mut command = Command::new("wkg");
        command.arg("oci").args(words).current_dir(daemon.at(""));
        match command.env("WKG_OCI_INSECURE", format!("127.0.0.1:{}", daemon.port())).output() {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            ran => Some(Ran::from(ran.unwrap())),
        }
    };
    let daemon = Daemon::new();
    let component = with_component(&daemon);
    let named = |name: &str| daemon.reference(name).trim_start_matches("oci://").to_owned();

    daemon.push("a.wasm", "acme/ours:1.2.0");
    let Some(ran) = wkg(&daemon, &["pull", &named("acme/ours:1.2.0"), "-o", "theirs.wasm"]) else { return };
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(fs::read(daemon.at("theirs.wasm")).unwrap(), component);

    let ran = wkg(&daemon, &["push", &named("acme/theirs:1.2.0"), "a.wasm"]).unwrap();
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    daemon.done(&["bundle", "pull", &daemon.reference("acme/theirs:1.2.0"), "-o", "pulled.wasm"]);
    assert_eq!(fs::read(daemon.at("pulled.wasm")).unwrap(), component);
}
