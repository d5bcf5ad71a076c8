//! What the SDKs of Go and C have of the contract, checked in: it is of the current `wit/`, and tables are written as in Rust.

use std::{fs, path::Path};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::cli::scratch::{Ran, gonogo, root};

/// What makes the bindings anew.
const MAKE: &str = "cargo run --manifest-path sdk/bindings/Cargo.toml";

/// The digest of the contract, as sdk/bindings computes it: of the names of its files in order, each with its text.
fn contract() -> String {
    let mut paths =
        fs::read_dir(root().join("wit")).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    paths.sort();
    let mut digest = Sha256::new();
    for path in paths {
        digest.update(path.file_name().unwrap().as_encoded_bytes());
        digest.update([0]);
        digest.update(fs::read(&path).unwrap());
        digest.update([0]);
    }
    digest.finalize().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn bindings_are_of_the_current_contract() {
    let line = format!("Contract: sha256 {}", contract());
    let go = root().join("sdk/go/gonogo/internal/bindings");
    let generated =
        [go.join("imports"), go.join("exports/wit_exports"), root().join("sdk/c/gonogo/bindings")];
    let mut generated = generated.iter().flat_map(|folder| files(folder)).collect::<Vec<_>>();
    generated.retain(|file| file.extension().is_some_and(|end| end != "md"));
    // An interface each, the exports, and C's two files.
    assert_eq!(generated.len(), 9 + 1 + 2, "{generated:?}");
    for file in generated {
        let text = fs::read_to_string(&file).unwrap();
        let first = text.lines().next().unwrap();
        assert!(first.ends_with(&line), "{} is of another contract: run `{MAKE}`", file.display());
    }
}

/// The schema of the first parameter that names a table, in what a built-in plugin says of itself.
fn in_rust() -> Value {
    let mut command = gonogo();
    command.args(["plugin", "check", "--format", "json"]).arg(root().join("plugins/dist/data.wasm"));
    let ran = Ran::from(command.output().unwrap());
    let json = ran.json();
    let checks = json["description"]["checks"].as_array().unwrap().clone();
    let properties = checks.iter().filter_map(|check| check["parameters"]["properties"].as_object());
    let mut tables = properties
        .flat_map(serde_json::Map::values)
        .filter(|property| property["anyOf"][0]["anyOf"][0]["x-gonogo-grant"] == "dataset");
    tables.next().unwrap().clone()
}

#[test]
fn a_table_has_the_same_schema_in_every_language() {
    let wanted = in_rust()["anyOf"].clone();
    let go = fs::read_to_string(root().join("sdk/go/gonogo/dataset.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&go).unwrap()["anyOf"], wanted, "sdk/go/gonogo/dataset.json");

    // C has it as string literals, one after the other, whose escapes are those of JSON.
    let c = fs::read_to_string(root().join("sdk/c/gonogo/dataset.inc")).unwrap();
    let text = c.lines().map(|line| serde_json::from_str::<String>(line).unwrap()).collect::<String>();
    let json = serde_json::from_str::<Value>(&format!("{{{text}}}")).unwrap();
    assert_eq!(json["anyOf"], wanted, "sdk/c/gonogo/dataset.inc");
}
