//! The built components: every case through the real runtime, and what they say they are.

use super::scratch::{Ran, gonogo, root};

fn plugin(words: &[&str]) -> Ran {
    gonogo().arg("plugin").args(words).current_dir(root()).output().unwrap().into()
}

fn cases_pass(name: &str) {
    let (folder, component) = (format!("plugins/{name}"), format!("plugins/dist/{name}.wasm"));
    let ran = plugin(&["test", &folder, "--component", &component]);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.out, ran.err);
    assert!(ran.out.ends_with(" passed, 0 failed\n"), "{}", ran.out);
}

#[test]
fn every_case_of_backups_passes() {
    cases_pass("backups");
}

#[test]
fn every_case_of_data_passes() {
    cases_pass("data");
}

#[test]
fn every_case_of_environment_passes() {
    cases_pass("environment");
}

#[test]
fn every_case_of_security_passes() {
    cases_pass("security");
}

#[test]
fn every_case_of_system_passes() {
    cases_pass("system");
}

#[test]
fn every_case_of_toolchain_passes() {
    cases_pass("toolchain");
}

#[test]
fn a_component_says_what_it_is() {
    for (name, check) in [("system", "system/cpu"), ("toolchain", "toolchain/venv")] {
        let ran = plugin(&["inspect", &format!("plugins/dist/{name}.wasm")]);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        for word in ["sha256", "gonogo:plugin", "0.1.0", check] {
            assert!(ran.out.contains(word), "{word}\n{}", ran.out);
        }
        assert!(!ran.out.contains("wasi:"), "{}", ran.out);
    }
}

#[test]
fn what_is_no_component_is_refused() {
    let ran = plugin(&["inspect", "Cargo.toml"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(4), ""), "{}", ran.err);
    assert!(ran.err.contains("Cargo.toml"), "{}", ran.err);
}

#[test]
fn a_bench_measures_each_step() {
    let case = "plugins/system/cases/cpu/node-as-declared.json";
    let words = ["bench", "plugins/dist/system.wasm", "--case", case, "--repeat", "5"];
    let ran = plugin(&[&words[..], &["--format", "json"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let bench = serde_json::from_str::<serde_json::Value>(&ran.out).unwrap();
    assert_eq!((&bench["check"], &bench["repeat"]), (&"system/cpu".into(), &5.into()), "{}", ran.out);
    assert_ne!(bench["verdict"], "unknown", "{}", ran.out);
    for step in ["load", "start", "call"] {
        let at = |part: &str| bench[step][part].as_f64().unwrap();
        assert!(
            0.0 < at("p5") && at("p5") <= at("median") && at("median") <= at("p95"),
            "{step}\n{}",
            ran.out
        );
    }
    assert!(bench["compile"].as_f64().unwrap() > 0.0, "{}", ran.out);
    for bytes in ["component_bytes", "compiled_bytes", "memory_bytes"] {
        assert!(bench[bytes].as_u64().unwrap() > 10_000, "{bytes}\n{}", ran.out);
    }
    let ran = plugin(&words);
    for word in ["system/cpu", "median", "compile", "load", "start", "call", "compiled", "memory", "KiB"] {
        assert!(ran.out.contains(word), "{word}\n{}", ran.out);
    }
}

#[test]
fn a_bench_of_what_is_not_there_says_what_there_is() {
    let ran = plugin(&["bench", "plugins/dist/system.wasm", "--check", "nothing"]);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(ran.err.contains("no check nothing") && ran.err.contains("cpu"), "{}", ran.err);
}
