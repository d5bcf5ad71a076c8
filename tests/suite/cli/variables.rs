//! Faults of the environment that a run starts in: the item that is about them turns, and no other.

use super::scratch::{Scratch, before, turned};

/// A JSON Web Token of 2023, without a signature that anybody could check.
const EXPIRED: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJydW4iLCJleHAiOjE3MDAwMDAwMDB9.c2ln";

#[test]
fn a_variable_that_nobody_filled_in() {
    let ready = Scratch::ready();
    ready.replace(
        "gonogo.toml",
        "variables = [{ name = \"HOME\", pattern = \"/.*\" }]",
        "variables = [{ name = \"HOME\", pattern = \"/.*\" }, { name = \"TRACKER_PASSWORD\" }]",
    );
    let id = "model.environment.required";
    let ran = ready.check_by(r#"TRACKER_PASSWORD=changeme exec "$@""#);
    let verdicts = ran.verdicts();
    assert_eq!(turned(before(), &verdicts), [(id, "no-go")], "{}", ran.err);
    assert!(ran.item(id)["findings"][0]["message"].as_str().unwrap().contains("holds a placeholder"));
    assert!(!ran.out.contains("changeme"), "{}", ran.out);

    let set = ready.check_by(r#"TRACKER_PASSWORD=Tr0ub4dor-and-3 exec "$@""#);
    assert_eq!(set.item(id)["verdict"], "go", "{}", set.out);
    // What a .env file has counts where the process has nothing.
    ready.replace(
        "gonogo.toml",
        "{ name = \"TRACKER_PASSWORD\" }]",
        "{ name = \"TRACKER_PASSWORD\" }]\nenv-file = \".env\"",
    );
    ready.write(".env", "# local\nexport TRACKER_PASSWORD='Tr0ub4dor-and-3' # not in Git\n");
    ready.sh("chmod 0600 .env && echo .env >> .gitignore");
    let loaded = ready.check();
    assert_eq!(loaded.item(id)["verdict"], "go", "{}", loaded.out);
}

#[test]
fn a_token_past_its_date() {
    let ready = Scratch::ready();
    ready.configure("[items.\"model.environment.credentials\".with]\nvariables = [{ name = \"TRACKER_TOKEN\", kind = \"jwt\" }]\n");
    let id = "model.environment.credentials";
    let ran = ready.check_by(&format!(r#"TRACKER_TOKEN={EXPIRED} exec "$@""#));
    let item = ran.item(id);
    assert_eq!(item["verdict"], "no-go", "{item:#}");
    assert!(item["findings"][0]["message"].as_str().unwrap().contains("expired"), "{item:#}");
    assert!(!ran.out.contains(EXPIRED), "{}", ran.out);
}

#[test]
fn a_session_file_that_cannot_be_looked_into() {
    let ready = Scratch::ready();
    let id = "model.environment.credentials";
    let far = "2099-01-01T00:00:00Z";
    ready.sh("mkdir sso");
    ready.write("sso/session.json", &format!("{{\"expiresAt\": \"{far}\"}}\n"));
    ready.configure(&format!("[items.\"{id}\".with]\nvariables = []\nfiles = [{{ path = \"sso\" }}]\n"));
    let ran = ready.check();
    assert_eq!(ran.item(id)["verdict"], "go", "{}", ran.out);
    for (fault, said) in [
        ("printf 'a\\0b' > sso/node.der", "binary"),
        ("head -c 2000000 /dev/zero | tr '\\0' x > sso/node.der", "larger than 1 MiB"),
    ] {
        ready.sh(fault);
        let item = ready.check().item(id);
        assert_eq!(item["verdict"], "unknown", "{fault}\n{item:#}");
        assert!(item.to_string().contains(said), "{fault}\n{item:#}");
    }
    // Nothing in it: links are not followed.
    ready.sh("rm sso/*; ln -s ../gonogo.toml sso/session.json");
    assert_eq!(ready.check().item(id)["verdict"], "unknown");
}

#[test]
fn a_path_variable_that_leads_nowhere() {
    let ready = Scratch::ready();
    let id = "model.environment.paths";
    let ran = ready.check_by(r#"DATA_DIR=/nowhere exec "$@""#);
    assert_eq!(ran.item(id)["verdict"], "no-go", "{}", ran.out);
    let there = ready.check_by(r#"DATA_DIR="$PWD/data" exec "$@""#);
    assert_eq!(there.item(id)["verdict"], "go", "{}", there.out);
}
