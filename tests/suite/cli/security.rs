//! What must not be there, planted in the sample that is ready: the item that is about it turns.
//!
//! Tokens are put together here, so that nobody's scanner takes this file for a leak.

use super::scratch::{Ran, Scratch, before, turned};

const SECRETS: &str = "risk.security.secrets";
const ARTIFACTS: &str = "risk.security.artifacts";
const ADVISORIES: &str = "risk.security.advisories";
const PERMISSIONS: &str = "data.storage.permissions";
const ROLLUP: (&str, &str) = ("risk.security.vulnerabilities", "no-go");

/// A token of Hugging Face's form.
fn token() -> String {
    ["hf_", "kQzWvXbTnRmLpJhGfDsAyUeIoCwBxZqVtN"].concat()
}

/// All that an item found, as text.
fn said(ran: &Ran, id: &str) -> String {
    ran.item(id)["findings"].to_string()
}

#[test]
fn a_token_in_source() {
    let ready = Scratch::ready();
    ready.write("upload.py", &format!("import os\n\nTOKEN = \"{}\"\n", token()));
    let ran = ready.check();
    let verdicts = ran.verdicts();
    assert_eq!(turned(before(), &verdicts), [(SECRETS, "no-go")], "{}", ran.out);
    let finding = &ran.item(SECRETS)["findings"][0];
    assert_eq!(
        (&finding["location"]["path"], &finding["location"]["line"]),
        (&"upload.py".into(), &3.into())
    );
    assert!(!ran.out.contains(&token()), "{}", ran.out);
}

#[test]
fn a_token_in_the_output_of_a_notebook() {
    let ready = Scratch::ready();
    let notebook = serde_json::json!({
        "cells": [{
            "cell_type": "code", "execution_count": 1, "metadata": {}, "source": ["login()"],
            "outputs": [{"output_type": "stream", "name": "stdout", "text": [format!("logged in with {}\n", token())]}],
        }],
        "metadata": {}, "nbformat": 4, "nbformat_minor": 5,
    });
    ready.write("explore.ipynb", &serde_json::to_string_pretty(&notebook).unwrap());
    let ran = ready.check();
    assert_eq!(turned(before(), &ran.verdicts()), [(SECRETS, "no-go")], "{}", ran.out);
    assert!(said(&ran, SECRETS).contains("explore.ipynb"));
}

#[test]
fn a_token_that_only_history_has() {
    let ready = Scratch::ready();
    ready.configure("[items.\"risk.security.secrets\".with]\nhistory = true\n");
    let git = "git -c user.name=a -c user.email=a@example.org";
    ready.write("upload.py", &format!("TOKEN = \"{}\"\n", token()));
    ready.sh(&format!(
        "git add upload.py && {git} commit -qm one && git rm -q upload.py && {git} commit -qm two"
    ));
    let ran = ready.check();
    assert_eq!(ran.item(SECRETS)["verdict"], "no-go", "{}", ran.out);
    let commit = ready.sh("git rev-parse --short=7 HEAD~1");
    assert!(said(&ran, SECRETS).contains(commit.trim()), "{}", ran.out);
    assert!(!ran.out.contains(&token()), "{}", ran.out);
}

#[test]
fn secrets_enter_no_recording() {
    let ready = Scratch::ready();
    ready.write("upload.py", &format!("TOKEN = \"{}\"\n", token()));
    let recorded = ready.run(&["check", "--record", "r.json", "-v", "-v"]);
    assert_eq!(recorded.code, Some(1), "{}", recorded.err);
    for text in [ready.read("r.json"), recorded.out, recorded.err] {
        assert!(!text.contains(&token()), "{text}");
    }
    let replayed = ready.run(&["check", "--replay", "r.json", "--format", "json"]);
    assert_eq!(replayed.item(SECRETS)["verdict"], "no-go", "{}", replayed.out);
}

#[test]
fn a_key_that_others_can_read() {
    let ready = Scratch::ready();
    ready.sh("ssh-keygen -q -t ed25519 -N '' -f id_ed25519 && chmod 0644 id_ed25519");
    let ran = ready.check();
    assert_eq!(ran.item(PERMISSIONS)["verdict"], "no-go", "{}", ran.out);
    assert!(said(&ran, PERMISSIONS).contains("id_ed25519"), "{}", ran.out);
}

#[test]
fn data_that_everybody_may_write() {
    let ready = Scratch::ready();
    ready.sh("chmod 0666 data/penguins.csv");
    let ran = ready.check();
    assert_eq!(turned(before(), &ran.verdicts()), [(PERMISSIONS, "no-go")], "{}", ran.out);
    assert!(said(&ran, PERMISSIONS).contains("data/penguins.csv"), "{}", ran.out);
}

/// A checkpoint as torch writes it, whose pickle runs `os.system`, with a CRC that does not fit.
const CHECKPOINT: &str = r#"
python3 - <<'END'
import io, pickle, zipfile
class Run:
    def __reduce__(self):
        import os
        return os.system, ("true",)
buffer = io.BytesIO()
with zipfile.ZipFile(buffer, "w") as archive:
    archive.writestr("model/data.pkl", pickle.dumps(Run(), protocol=2))
    archive.writestr("model/version", "3\n")
    crc = archive.getinfo("model/data.pkl").CRC.to_bytes(4, "little")
open("model.pt", "wb").write(buffer.getvalue().replace(crc, b"\0\0\0\0"))
END
"#;

#[test]
fn a_checkpoint_that_runs_a_command_and_has_a_broken_crc() {
    let ready = Scratch::ready();
    ready.sh(CHECKPOINT);
    let ran = ready.check();
    assert_eq!(turned(before(), &ran.verdicts()), [(ARTIFACTS, "no-go"), ROLLUP], "{}", ran.out);
    let said = said(&ran, ARTIFACTS);
    assert!(said.contains("model.pt!/model/data.pkl") && said.contains("system"), "{said}");
}

#[test]
fn a_pickle_in_the_base64_of_a_pickle() {
    let ready = Scratch::ready();
    ready.sh(
        "python3 - <<'END'\nimport base64, pickle\nclass Run:\n    def __reduce__(self):\n        return eval, ('1',)\n\
         text = base64.b64encode(pickle.dumps(Run())).decode()\nopen('scaler.pkl', 'wb').write(pickle.dumps({'note': text}))\nEND\n",
    );
    let ran = ready.check();
    assert_eq!(turned(before(), &ran.verdicts()), [(ARTIFACTS, "no-go"), ROLLUP], "{}", ran.out);
    assert!(said(&ran, ARTIFACTS).contains("scaler.pkl"), "{}", ran.out);
}

/// The sample with a database of one record, last changed so many days ago, on the NumPy that is installed.
fn with_advisory(days: &str) -> Scratch {
    let ready = Scratch::ready();
    ready.replace(
        "gonogo.toml",
        "[items.\"risk.security.advisories\"]\nnot-applicable = \"no OSV database is mirrored here\"\n",
        "[items.\"risk.security.advisories\".with]\ndatabase = \"osv\"\n",
    );
    let record = format!(
        r#"mkdir -p osv/PyPI && cat > osv/PyPI/PYSEC-0000-1.json <<END
{{"id": "PYSEC-0000-1", "modified": "$(date -u -d '{days} days ago' +%Y-%m-%dT%H:%M:%SZ)", "published": "2020-01-01T00:00:00Z",
 "summary": "planted", "database_specific": {{"severity": "CRITICAL"}},
 "affected": [{{"package": {{"ecosystem": "PyPI", "name": "numpy"}}, "ranges": [{{"type": "ECOSYSTEM", "events": [{{"introduced": "0"}}, {{"fixed": "999"}}]}}]}}]}}
END"#
    );
    ready.sh(&record);
    ready
}

#[test]
fn a_package_with_a_known_vulnerability() {
    let ran = with_advisory("1").check();
    let item = ran.item(ADVISORIES);
    assert_eq!(item["verdict"], "no-go", "{item:#}");
    let said = said(&ran, ADVISORIES);
    assert!(said.contains("numpy") && said.contains("PYSEC-0000-1") && said.contains("999"), "{said}");
}

#[test]
fn a_database_of_last_year_cannot_tell() {
    let ready = with_advisory("365");
    // One that nothing here is affected by: an old database must not say go.
    ready.replace("osv/PyPI/PYSEC-0000-1.json", "\"numpy\"", "\"nobody-has-this\"");
    let item = ready.check().item(ADVISORIES);
    assert_eq!(item["verdict"], "unknown", "{item:#}");
}
