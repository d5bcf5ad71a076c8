//! Signatures: ssh-keygen agrees with us and we agree with it; cosign's; policies of sources.
//!
//! There is no cosign where these tests run: its signatures are made here as its specification has them, by openssl.

use std::{ffi::OsStr, fs};

use serde_json::{Value, json};

use super::{
    super::{
        scratch::sh,
        site::{Site, plugin, sha256},
    },
    daemon::Daemon,
    transfers::with_bundle,
};

/// Makes a key of that kind, a file of signers that names it as ann, and one that names somebody else as bob.
const KEYS: &str = r#"
set -eu
command -v ssh-keygen >/dev/null || { echo 'these tests need ssh-keygen: apt-get install openssh-client' >&2; exit 1; }
rm -f key key.pub other other.pub
ssh-keygen -q -t "$1" ${2:+-b "$2"} -N '' -C '' -f key
ssh-keygen -q -t ed25519 -N '' -C '' -f other
printf 'ann@acme.example namespaces="gonogo" %s\n' "$(cat key.pub)" >signers
printf 'bob@acme.example %s\n' "$(cat other.pub)" >others
"#;

/// What a person types who has no gonogo: the bytes that signatures are over, from the documentation.
const STATEMENT: &str = r#"printf 'gonogo artifact v1\nsha256:%s\n' "$(sha256sum <"$1" | cut -c-64)""#;

fn keys(daemon: &Daemon, kind: &str, bits: &str) {
    sh(&daemon.at(""), KEYS, &[kind, bits].map(OsStr::new));
}

fn shell(daemon: &Daemon, script: &str) -> String {
    sh(&daemon.at(""), &format!("set -eu\n{script}"), &[])
}

fn daemon_with_component() -> (Daemon, Vec<u8>) {
    let daemon = Daemon::new();
    let component = plugin("signed", "1.2.0", &[]);
    fs::write(daemon.at("a.wasm"), &component).unwrap();
    keys(&daemon, "ed25519", "");
    (daemon, component)
}

fn verify(daemon: &Daemon, artifact: &str, more: &[&str]) -> (Option<i32>, Value, String) {
    let words = ["bundle", "verify", artifact, "--format", "json"];
    let ran = daemon.run(&words.into_iter().chain(more.iter().copied()).collect::<Vec<_>>());
    (ran.code, ran.json(), ran.err)
}

#[test]
fn ssh_keygen_verifies_what_we_sign_and_we_verify_what_it_signs() {
    let (daemon, _) = daemon_with_component();
    let ecdsa = ["256", "384", "521"].map(|bits| ("ecdsa", bits));
    let rsa = ["2048", "4096"].map(|bits| ("rsa", bits));
    for (kind, bits) in [("ed25519", "")].into_iter().chain(ecdsa).chain(rsa) {
        keys(&daemon, kind, bits);
        let _ = fs::remove_file(daemon.at("a.wasm.sig"));
        daemon.done(&["bundle", "sign", "a.wasm", "--key", "key"]);
        let by_hand = format!(
            "set -- a.wasm\n{STATEMENT} | ssh-keygen -Y verify -n gonogo -f signers -I ann@acme.example -s a.wasm.sig"
        );
        shell(&daemon, &by_hand);
        let (code, said, _) = verify(&daemon, "a.wasm", &["--signers", "signers"]);
        assert_eq!(
            (code, &said["signatures"][0]["signer"]),
            (Some(0), &json!("ann@acme.example")),
            "{kind} {bits}"
        );

        let by_hand = format!(
            "set -- a.wasm\n{STATEMENT} | ssh-keygen -q -Y sign -n gonogo -f key >a.wasm.sig 2>/dev/null"
        );
        shell(&daemon, &by_hand);
        let (code, said, err) = verify(&daemon, "a.wasm", &["--signers", "signers"]);
        assert_eq!((code, &said["verified"]), (Some(0), &json!(true)), "{kind} {bits}: {err}");
    }
}

#[test]
fn signatures_go_along_into_the_registry_and_back() {
    let (daemon, component) = daemon_with_component();
    let bundle = with_bundle(&daemon, 10_000);
    for (file, name, kept) in
        [("a.wasm", "acme/checks:1", "a.wasm.sig"), ("acme-1.2.0.bundle", "acme/all:1", "acme-1.2.0.bundle")]
    {
        daemon.done(&["bundle", "sign", file, "--key", "key"]);
        assert!(fs::read_to_string(daemon.at("a.wasm.sig")).unwrap().contains("BEGIN SSH SIGNATURE"));
        let digest = daemon.push(file, name);
        let reference = daemon.reference(name);
        let (code, said, err) = verify(&daemon, &reference, &["--signers", "signers"]);
        assert_eq!((code, &said["manifest"]), (Some(0), &json!(digest)), "{err}");
        let pull =
            ["bundle", "pull", &reference, "-o", "pulled", "--signature", "required", "--signers", "signers"];
        assert!(daemon.done(&pull).contains("signed by ann@acme.example"));
        assert_eq!(verify(&daemon, "pulled", &["--signers", "signers"]).0, Some(0));
        // A second one, given in the registry alone, is beside the first.
        daemon.done(&["bundle", "sign", &reference, "--key", "other"]);
        for signers in ["signers", "others"] {
            let (code, said, err) = verify(&daemon, &reference, &["--signers", signers]);
            assert_eq!(
                (code, said["signatures"].as_array().unwrap().len()),
                (Some(0), 2),
                "{signers}: {err}"
            );
        }
        assert!(daemon.at(kept).exists());
    }
    assert_eq!(fs::read(daemon.at("a.wasm")).unwrap(), component, "signing changes no component");
    let signed = fs::read(daemon.at("acme-1.2.0.bundle")).unwrap();
    assert!(signed.starts_with(&bundle), "the content is what it was");
    let said = daemon.run(&["bundle", "inspect", "acme-1.2.0.bundle", "--format", "json"]).json();
    assert_eq!((&said["sha256"], &said["signatures"]), (&json!(sha256(&bundle)), &json!(1)));
}

#[test]
fn signatures_that_do_not_count_say_why() {
    let (daemon, _) = daemon_with_component();
    let key = fs::read_to_string(daemon.at("key.pub")).unwrap();
    let key = key.trim();
    let refused = |signers: &str, standing: &str| {
        fs::write(daemon.at("now"), signers).unwrap();
        let (code, said, err) = verify(&daemon, "a.wasm", &["--signers", "now"]);
        assert_eq!((code, &said["verified"]), (Some(4), &json!(false)), "{err}");
        let found = said["signatures"][0]["standing"].as_str().unwrap_or("missing");
        assert_eq!(found, standing, "{err}");
        err
    };
    let ann = format!("ann {key}\n");
    assert!(refused(&ann, "missing").contains("is not signed, and must be"));
    daemon.done(&["bundle", "sign", "a.wasm", "--key", "key"]);
    assert_eq!(verify(&daemon, "a.wasm", &["--signers", "now"]).0, Some(0));

    assert!(refused(&fs::read_to_string(daemon.at("others")).unwrap(), "foreign").contains("is not in now"));
    assert!(
        refused(&format!("ann valid-before=\"20200101Z\" {key}"), "foreign")
            .contains("expired at 2020-01-01")
    );
    assert!(
        refused(&format!("ann valid-after=\"29990101Z\" {key}"), "foreign").contains("not valid before 2999")
    );
    assert!(
        refused(&format!("ann namespaces=\"git\" {key}"), "foreign")
            .contains("not for the namespace 'gonogo'")
    );
    assert!(
        refused(&format!("ca cert-authority {key}"), "foreign").contains("cert-authority are not supported")
    );
    let other = verify(&daemon, "a.wasm", &["--signers", "signers", "--principal", "eve@acme.example"]);
    assert!(other.0 == Some(4) && other.2.contains("somebody else"), "{}", other.2);

    let script =
        format!("set -- a.wasm\n{STATEMENT} | ssh-keygen -q -Y sign -n file -f key >a.wasm.sig 2>/dev/null");
    shell(&daemon, &script);
    assert!(refused(&ann, "wrong").contains("namespace 'file', not for 'gonogo'"));
    let script = format!(
        "set -- key.pub\n{STATEMENT} | ssh-keygen -q -Y sign -n gonogo -f key >a.wasm.sig 2>/dev/null"
    );
    shell(&daemon, &script);
    assert!(refused(&ann, "wrong").contains("over something else"));
    fs::write(daemon.at("a.wasm.sig"), "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n")
        .unwrap();
    assert!(refused(&ann, "wrong").contains("no signature that can be read"));

    // What is present and wrong is refused where none is asked for, too, before anything is written.
    daemon.push("a.wasm", "acme/checks:1");
    let said = daemon.refused(&["bundle", "pull", &daemon.reference("acme/checks:1"), "-o", "pulled.wasm"]);
    assert!(said.contains("is wrong") && !daemon.at("pulled.wasm").exists(), "{said}");
    daemon.done(&[
        "bundle",
        "pull",
        &daemon.reference("acme/checks:1"),
        "-o",
        "pulled.wasm",
        "--signature",
        "off",
    ]);
}

#[test]
fn signing_that_fails_says_what_ssh_keygen_says() {
    let (daemon, _) = daemon_with_component();
    let said = daemon.refused(&["bundle", "sign", "a.wasm", "--key", "nowhere"]);
    assert!(said.contains("cannot sign with nowhere"), "{said}");
    fs::write(daemon.at("no-key"), "no key").unwrap();
    let said = daemon.refused(&["bundle", "sign", "a.wasm", "--key", "no-key"]);
    assert!(said.contains("ssh-keygen says:"), "{said}");
    assert!(!daemon.at("a.wasm.sig").exists());
}

/// Puts a signature of cosign beside an artifact, as cosign does: its payload names `about`, and is signed by `key`.
fn cosign(daemon: &Daemon, manifest: &str, about: &str, key: &str) {
    let payload = json!({
        "critical": {
            "identity": { "docker-reference": "" },
            "image": { "docker-manifest-digest": about },
            "type": "cosign container image signature",
        },
        "optional": null,
    });
    fs::write(daemon.at("payload"), payload.to_string()).unwrap();
    let script = r#"openssl dgst -sha256 -sign "$1" payload | openssl base64 -A"#;
    let signature = sh(&daemon.at(""), script, &[OsStr::new(key)]);
    let payload = payload.to_string();
    let mut layer = daemon.put_blob(
        "acme/checks",
        "application/vnd.dev.cosign.simplesigning.v1+json",
        payload.as_bytes(),
    );
    layer["annotations"] = json!({ "dev.cosignproject.cosign/signature": signature.trim() });
    let config = daemon.put_blob("acme/checks", "application/vnd.oci.image.config.v1+json", b"{}");
    let signed = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": [layer],
    });
    daemon.put_manifest("acme/checks", &format!("{}.sig", manifest.replace(':', "-")), &signed);
}

#[test]
fn signatures_of_cosign_are_verified_without_a_network_of_trust() {
    let (daemon, _) = daemon_with_component();
    let script = r"for key in cosign other-cosign; do
openssl ecparam -name prime256v1 -genkey -noout -out $key.key
openssl ec -in $key.key -pubout -out $key.pub 2>/dev/null
done";
    shell(&daemon, script);
    let digest = daemon.push("a.wasm", "acme/checks:1");
    let reference = daemon.reference("acme/checks:1");
    let with = |key: &str| verify(&daemon, &reference, &["--cosign-key", key]);

    let (code, _, err) = with("cosign.pub");
    assert!(code == Some(4) && err.contains("is not signed"), "{err}");
    cosign(&daemon, &digest, &digest, "cosign.key");
    let (code, said, err) = with("cosign.pub");
    assert_eq!((code, &said["signatures"][0]["standing"]), (Some(0), &json!("good")), "{err}");
    let (code, said, err) = with("other-cosign.pub");
    assert_eq!((code, &said["signatures"][0]["standing"]), (Some(4), &json!("foreign")), "{err}");
    let pull =
        ["bundle", "pull", &reference, "-o", "p.wasm", "--signature", "required", "--signers", "cosign.pub"];
    assert!(daemon.done(&pull).contains("signed by cosign"));

    let about = format!("sha256:{}", "ab".repeat(32));
    cosign(&daemon, &digest, &about, "cosign.key");
    let (code, _, err) = with("cosign.pub");
    assert!(
        code == Some(4) && err.contains(&format!("expected the manifest {digest}, found {about}")),
        "{err}"
    );
}

#[test]
fn a_source_is_held_to_its_policy_and_the_lock_names_who_signed() {
    let (daemon, _) = daemon_with_component();
    with_bundle(&daemon, 1000);
    let reference = daemon.reference("acme/checks:1");
    daemon.push("a.wasm", "acme/checks:1");
    let site = Site::new();
    fs::create_dir(site.at("keys")).unwrap();
    fs::copy(daemon.at("signers"), site.at("keys/signers")).unwrap();
    let required = ["--signature", "required", "--signers", "keys/signers"];
    let add = |source: &str| {
        let words = ["plugin", "add", "acme", source].into_iter().chain(required);
        words.map(str::to_owned).collect::<Vec<_>>()
    };
    let words = add(&reference);
    let words = words.iter().map(String::as_str).collect::<Vec<_>>();
    let ran = site.run(&words);
    assert!(ran.code == Some(4) && ran.err.contains("is not signed, and must be"), "{}", ran.err);
    assert!(!site.at("gonogo.lock").exists());

    daemon.done(&["bundle", "sign", &reference, "--key", "key"]);
    site.consent(&words);
    let lock = site.read("gonogo.lock");
    assert!(lock.contains("ann@acme.example") && lock.contains("manifest"), "{lock}");
    assert_eq!(site.check(&["--locked"]).item("site.status")["verdict"], "go");

    // The tag is moved to something else that nobody signed: what is locked still runs, and an update refuses.
    fs::write(daemon.at("b.wasm"), plugin("moved", "1.3.0", &[])).unwrap();
    daemon.push("b.wasm", "acme/checks:1");
    assert_eq!(site.check(&["--locked"]).item("site.status")["verdict"], "go");
    let ran = site.run(&["plugin", "update", "acme"]);
    assert!(ran.code == Some(4) && ran.err.contains("is not signed, and must be"), "{}", ran.err);
    assert_eq!(site.read("gonogo.lock"), lock);

    // The same from a bundle in a file.
    let site = Site::new();
    fs::create_dir(site.at("keys")).unwrap();
    fs::copy(daemon.at("signers"), site.at("keys/signers")).unwrap();
    daemon.done(&["bundle", "sign", "acme-1.2.0.bundle", "--key", "key"]);
    fs::copy(daemon.at("acme-1.2.0.bundle"), site.at("acme.bundle")).unwrap();
    let words = add("file:acme.bundle");
    site.consent(&words.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(site.read("gonogo.lock").contains("ann@acme.example"));
    assert_eq!(site.check(&["--locked"]).item("site.status")["verdict"], "go");
}
