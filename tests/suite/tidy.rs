//! The source tree: layers, names, cases, lengths, reasons.
//!
//! These tests read files as text. That is enough for the habits they hold people to, and keeps them short.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use regex::Regex;

/// The modules of the host, and what each may use. `lib.rs` draws the same as a line:
/// `cli > report > verdict | run > runtime > capabilities > bindings | plan > config, profile, catalog, lock, registry > domain`.
/// A module that decides (config, profile, plan, verdict, report) never sees the sandbox.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("catalog", &["domain"]),
    ("config", &["domain"]),
    ("lock", &["domain"]),
    ("profile", &["domain"]),
    ("registry", &["domain"]),
    ("plan", &["catalog", "config", "domain", "lock", "profile"]),
    ("bindings", &["catalog", "domain"]),
    ("capabilities", &["bindings", "domain"]),
    ("runtime", &["bindings", "capabilities", "catalog", "domain", "plan"]),
    ("verdict", &["catalog", "config", "domain", "plan", "profile"]),
    ("run", &["capabilities", "catalog", "domain", "plan", "runtime", "verdict"]),
    ("report", &["catalog", "config", "domain", "plan", "profile", "verdict"]),
    (
        "cli",
        &[
            "bindings",
            "capabilities",
            "catalog",
            "config",
            "domain",
            "lock",
            "plan",
            "profile",
            "registry",
            "report",
            "run",
            "runtime",
            "verdict",
        ],
    ),
];

/// Files outside of `host/cli` that print, each with the reason.
const MAY_PRINT: &[(&str, &str)] = &[
    ("sdk/rust/src/log.rs", "outside of WebAssembly, a plugin's messages go to the test that runs it"),
    ("plugins/security/src/artifacts/corpus.rs", "a test that says what it found in a folder of somebody's"),
];

/// The plugins that are part of the program.
const PLUGINS: &[&str] = &["backups", "data", "environment", "security", "system", "toolchain"];

/// Verdicts for which a check has no case, each with the reason.
const WITHOUT_CASE: &[(&str, &str, &str)] = &[];

/// Longest file of code, in lines: one idea each.
const LINES: usize = 500;

/// Files that name a developer's folder, each with the reason.
const MAY_NAME_HOME: &[(&str, &str)] = &[];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below a folder of the repository, by their path in it, whose names end so. No build output, nothing hidden.
fn files(folder: &str, end: &str) -> Vec<String> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with('.') || name == "target" || name == "node_modules" || path.is_symlink() {
                continue;
            }
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    let name = |path: &PathBuf| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
    let mut names = found.iter().map(name).filter(|name| name.ends_with(end)).collect::<Vec<_>>();
    names.sort();
    names
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The code of a file: without its comments, and without the unit tests at its end.
fn code(file: &str) -> String {
    let text = read(file);
    let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| line.split(" // ").next().unwrap()).collect::<Vec<_>>().join("\n")
}

fn is_test(file: &str) -> bool {
    file.ends_with("/tests.rs") || file.contains("/tests/")
}

/// The module of the host that a file belongs to: `runtime` for `host/runtime/cache.rs`.
fn module(file: &str) -> Option<&str> {
    let rest = file.strip_prefix("host/")?;
    let module = rest.split('/').next()?;
    let module = module.strip_suffix(".rs").unwrap_or(module);
    (module != "lib" && module != "main").then_some(module)
}

/// Names directly after `crate::`, alone or in braces.
fn used(code: &str) -> BTreeSet<String> {
    static NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\s*([a-z_]+)").unwrap());
    let mut names = BTreeSet::new();
    for (at, prefix) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        let mut parts = Vec::new();
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut start = 0;
            for (at, c) in list.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth > 0 => depth -= 1,
                    ',' | '}' if depth == 0 => {
                        parts.push(&list[start..at]);
                        start = at + 1;
                        if c == '}' {
                            break;
                        }
                    }
                    _ => {}
                }
            }
        } else {
            parts.push(rest);
        }
        names.extend(parts.iter().filter_map(|part| Some(NAME.captures(part)?[1].to_owned())));
    }
    names
}

#[test]
fn names_after_crate_are_found() {
    let code = "use crate::{domain::{Fact, id::{A, B}}, plan,\n    run::Run};\nfn f() -> crate::verdict::Ran {}\nuse my_crate::no;";
    assert_eq!(used(code), ["domain", "plan", "run", "verdict"].map(str::to_owned).into());
}

#[test]
fn modules_use_only_what_stands_below_them() {
    let table = LAYERS.iter().copied().collect::<BTreeMap<_, _>>();
    for file in files("host", ".rs") {
        let Some(module) = module(&file) else { continue };
        let below = table.get(module).unwrap_or_else(|| panic!("{file}: '{module}' is not among the layers"));
        if is_test(&file) {
            continue;
        }
        for name in used(&code(&file)) {
            let fits = name == module || below.contains(&&*name) || !table.contains_key(&*name);
            assert!(fits, "{file} uses crate::{name}, which does not stand below {module}");
        }
        let up = "super::".repeat(file.matches('/').count() - usize::from(file.ends_with("/mod.rs")));
        assert!(!code(&file).contains(&up), "{file}: write crate:: for what is outside {module}");
    }
}

#[test]
fn only_the_command_line_prints() {
    let print = Regex::new(r"\be?print(ln)?!|\bdbg!|\b(stdout|stderr)\(\)").unwrap();
    for file in
        files("host", ".rs").into_iter().chain(files("plugins", ".rs")).chain(files("sdk/rust", ".rs"))
    {
        // What a build script prints is how it speaks to Cargo.
        if file.ends_with("/build.rs") {
            continue;
        }
        let listed = MAY_PRINT.iter().any(|(listed, _)| *listed == file);
        if file.starts_with("host/cli/") || file == "host/main.rs" || is_test(&file) || listed {
            continue;
        }
        let code = code(&file);
        let found = print.find(&code).map(|found| found.as_str());
        assert_eq!(found, None, "{file} prints: only host/cli does");
    }
}

/// The checks in a plugin's table.
fn checks(plugin: &str) -> Vec<String> {
    static ENTRY: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"Entry::new::<[^>]*>\(\s*"([^"]*)""#).unwrap());
    let table = code(&format!("plugins/{plugin}/src/lib.rs"));
    let checks = ENTRY.captures_iter(&table).map(|entry| entry[1].to_owned()).collect::<Vec<_>>();
    assert!(!checks.is_empty(), "plugins/{plugin}/src/lib.rs has a table");
    checks
}

#[test]
fn every_plugin_is_known() {
    let found = files("plugins", "/src/lib.rs").into_iter().filter(|file| file.matches('/').count() == 3);
    let found = found.collect::<Vec<_>>();
    let expected = PLUGINS.iter().map(|plugin| format!("plugins/{plugin}/src/lib.rs")).collect::<Vec<_>>();
    assert_eq!(found, expected);
}

#[test]
fn the_id_of_a_check_is_its_path() {
    for plugin in PLUGINS {
        let checks = checks(plugin);
        for check in &checks {
            let source = format!("plugins/{plugin}/src/{}.rs", check.replace('-', "_"));
            let folder = format!("plugins/{plugin}/src/{}/mod.rs", check.replace('-', "_"));
            assert!(
                root().join(&source).is_file() || root().join(&folder).is_file(),
                "{plugin}/{check} is in {source}"
            );
        }
        for case in files(&format!("plugins/{plugin}/cases"), "") {
            let parts = case.split('/').collect::<Vec<_>>();
            let [_, _, _, check, file] = parts[..] else {
                panic!("{case}: a case is plugins/<plugin>/cases/<check>/<name>.json")
            };
            assert!(checks.iter().any(|name| name == check), "{case}: {plugin} has no check '{check}'");
            assert_eq!(Path::new(file).extension().unwrap_or_default(), "json", "{case} is no case");
        }
    }
}

#[test]
fn every_check_has_a_case_for_every_sort_of_verdict() {
    // Each check can find that something holds or is not asked for, that it does not, and that it cannot be told.
    const SORTS: [(&str, &[&str]); 3] =
        [("go", &["go", "not-applicable"]), ("no-go", &["no-go"]), ("unknown", &["unknown"])];
    let mut missing = Vec::new();
    let mut excused = BTreeSet::new();
    for plugin in PLUGINS {
        for check in checks(plugin) {
            let id = format!("{plugin}/{check}");
            let mut seen = BTreeSet::new();
            for case in files(&format!("plugins/{plugin}/cases/{check}"), ".json") {
                let text: serde_json::Value =
                    serde_json::from_str(&read(&case)).unwrap_or_else(|error| panic!("{case}: {error}"));
                let verdict = text["expect"]["verdict"].as_str();
                seen.insert(verdict.unwrap_or_else(|| panic!("{case} expects no verdict")).to_owned());
            }
            for (sort, verdicts) in SORTS {
                let there = verdicts.iter().any(|&verdict| seen.contains(verdict));
                let excuse = WITHOUT_CASE.iter().position(|(of, verdict, _)| *of == id && *verdict == sort);
                match (there, excuse) {
                    (false, None) => missing.push(format!("{id}: {sort}")),
                    (true, Some(_)) => {
                        missing.push(format!("{id} has a case for {sort}: no exception is needed"));
                    }
                    (false, Some(excuse)) => {
                        excused.insert(excuse);
                    }
                    (true, None) => {}
                }
            }
        }
    }
    assert!(missing.is_empty(), "cases that are missing:\n{}", missing.join("\n"));
    assert_eq!(excused.len(), WITHOUT_CASE.len(), "an exception names no check");
}

#[test]
fn files_are_short() {
    let sdk = files("sdk/rust/src", ".rs");
    let plugins = files("plugins", ".rs");
    for file in files("host", ".rs").into_iter().chain(sdk).chain(plugins).chain(files("tests", ".rs")) {
        let lines = read(&file).lines().count();
        assert!(lines <= LINES, "{file} has {lines} lines, at most {LINES}");
    }
}

#[test]
fn no_test_file_is_forgotten() {
    for file in files("tests/suite", ".rs") {
        let path = Path::new(&file);
        let (parent, name) = (path.parent().unwrap(), path.file_stem().unwrap().to_str().unwrap());
        let (list, module) = match name {
            "main" => continue,
            "mod" => (parent.parent().unwrap(), parent.file_name().unwrap().to_str().unwrap()),
            _ => (parent, name),
        };
        let list = ["main.rs", "mod.rs"]
            .map(|name| list.join(name))
            .into_iter()
            .find(|list| root().join(list).is_file());
        let list = list.unwrap_or_else(|| panic!("{file} has no list of modules above it"));
        let listed = Regex::new(&format!(r"(?m)^(pub )?mod {module}; // .")).unwrap();
        assert!(
            listed.is_match(&read(list.to_str().unwrap())),
            "{file} is not in {} with what it tests",
            list.display()
        );
    }
}

#[test]
fn no_file_names_a_developers_folder() {
    // Not the `root` of `/proc/self`.
    let home = Regex::new(r"(^|[^\w}])/(home|root|Users)/\w").unwrap();
    for file in files("", "") {
        // What is no text is no source.
        let Ok(text) = fs::read_to_string(root().join(&file)) else { continue };
        let named = home.find(&text).map(|found| found.as_str());
        let listed = MAY_NAME_HOME.iter().any(|(listed, _)| *listed == file);
        assert_eq!(named.is_some(), listed, "{file}: {named:?}");
    }
}

#[test]
fn the_contract_is_held_against_the_last_released_one() {
    // The first release puts a copy of wit/ into wit/released/. Whoever does that replaces this test by one that merges the two and
    // asks `wit_component::semver_check`.
    let released = root().join("wit/released").exists();
    assert_eq!(
        released,
        env!("CARGO_PKG_VERSION") != "0.1.0",
        "a released contract is compared with, or nothing is released"
    );
}

#[test]
fn every_dependency_has_its_reason() {
    let sections =
        Regex::new(r"^\[(workspace\.)?((dev|build)-)?dependencies\]|^\[target\..*dependencies\]").unwrap();
    for file in files("", "Cargo.toml") {
        if file.starts_with("tests/") {
            continue;
        }
        let mut inside = false;
        for line in read(&file).lines() {
            if line.starts_with('[') {
                inside = sections.is_match(line);
                continue;
            }
            // What the workspace names has its reason there; what is our own needs none.
            let inherited = line.contains("workspace = true") || line.contains("path = \"");
            if inside && line.contains('=') && !line.starts_with('#') && !inherited {
                let reason = line.rsplit_once("# ").map(|(_, reason)| reason.trim());
                assert!(reason.is_some_and(|reason| reason.len() > 5), "{file}: say why: {line}");
            }
        }
    }
}
