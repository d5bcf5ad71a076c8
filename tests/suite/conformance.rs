//! Every SDK writes the same checks the same way: the plugin of each language in `tests/conformance/` describes itself as the Rust
//! reference does and gives the same outcomes on `tests/conformance/cases`, through the real runtime, by the real program.
//!
//! Components are built with the language's own toolchain and kept in the target directory as long as their sources are the same.

use std::{
    collections::BTreeSet,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    thread,
};

use serde_json::{Map, Value, json};

use super::cli::scratch::{Ran, folder, gonogo, root, shared};

/// Folders and files that hold what was built, not what it is built from.
const BUILT: &[&str] = &["target", "node_modules", "__pycache__"];

/// What of a parameter's schema must be the same. Formats and lengths are each language's own.
const KEPT: &[&str] =
    &["type", "default", "description", "pattern", "minimum", "x-gonogo-expected", "x-gonogo-grant"];

/// The checks whose outcome a case cannot hold: what became of them, in a real run, and what must be said of it.
const ENDS: &[(&str, &str, &str)] = &[
    ("failure", "unknown", "broken by design"),
    ("endless", "unknown", "did not end within 1"),
    ("escape", "go", "4 of 4 refused"),
    ("unicode", "go", "Grüße, 世界 👋🏽"),
];

/// The languages that `plugin new` knows, as it says itself.
pub fn languages() -> Vec<String> {
    let ran = Ran::from(gonogo().args(["plugin", "new", "none", "--lang", "none"]).output().unwrap());
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    let (_, names) = ran.err.split_once("choose one of ").unwrap_or_else(|| panic!("{}", ran.err));
    names.trim().split(", ").map(str::to_owned).collect()
}

/// Runs a test for each language at the same time: most of it is waiting for one compiler or another.
pub fn each_language(languages: &[String], test: impl Fn(&str) -> Result<(), String> + Sync) {
    let faults = thread::scope(|scope| {
        let test = &test;
        let runs = languages.iter().map(|name| (name, scope.spawn(move || test(name)))).collect::<Vec<_>>();
        let fault =
            |(name, run): (&String, thread::ScopedJoinHandle<'_, Result<(), String>>)| match run.join() {
                Ok(Ok(())) => None,
                Ok(Err(why)) => Some(format!("{name}: {why}")),
                Err(_) => Some(format!("{name}: panicked, see above")),
            };
        runs.into_iter().filter_map(fault).collect::<Vec<_>>()
    });
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

#[test]
fn every_language_of_plugin_new_has_its_conformance_plugin() {
    for language in languages() {
        let folder = root().join("tests/conformance").join(&language);
        assert!(folder.is_dir(), "there is no {}", folder.display());
    }
}

#[test]
fn every_sdk_gives_what_the_reference_gives() {
    let reference = described(component("rust").as_deref().unwrap());
    each_language(&languages(), |language| {
        let component = component(language)?;
        let differing = differing(&reference, &described(&component));
        if !differing.is_empty() {
            return Err(format!("it describes itself otherwise than Rust:\n{}", differing.join("\n")));
        }
        cases_pass(language, &component)?;
        real_run(&component)
    });
}

/// The component of a language: kept, or built.
fn component(language: &str) -> Result<PathBuf, String> {
    let plugin = root().join("tests/conformance").join(language);
    let sdk = if language == "ts" { "js" } else { language };
    let mut hash = blake3::Hasher::new();
    for folder in
        [&*plugin, &root().join("sdk").join(sdk), &root().join("wit"), &root().join("host/cli/plugin/build")]
    {
        add(folder, &mut hash);
    }
    let key = format!("conformance/{language}-{}", &hash.finalize().to_hex()[..16]);
    let file = shared().join(key).join("conformance.wasm");
    if file.is_file() {
        return Ok(file);
    }
    let making = folder();
    let made = making.path().join("conformance.wasm");
    let mut command = gonogo();
    command.args(["plugin", "build"]).arg(&plugin).arg("--output").arg(&made);
    let ran =
        Ran::from(command.env("CARGO_TARGET_DIR", shared().join("conformance-target")).output().unwrap());
    if ran.code != Some(0) {
        return Err(format!(
            "it cannot be built (.ci/run installs every toolchain):\n{}{}",
            ran.out, ran.err
        ));
    }
    // Made beside and renamed: what a killed build leaves behind is never taken for a component.
    fs::create_dir_all(file.parent().unwrap()).and_then(|()| fs::rename(&made, &file)).unwrap();
    Ok(file)
}

/// Adds all that a folder holds to a hash, but for what was built.
fn add(folder: &Path, hash: &mut blake3::Hasher) {
    let mut paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let built = BUILT.contains(&name.as_str()) || path.extension().is_some_and(|end| end == "wasm");
        if name.starts_with('.') || name == "template" || built || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            add(&path, hash);
        } else {
            hash.update(name.as_bytes());
            hash.update(&fs::read(&path).unwrap());
        }
    }
}

/// What a component says of itself.
fn described(component: &Path) -> Value {
    let mut command = gonogo();
    command
        .args(["plugin", "check", "--format", "json", "--cases"])
        .arg(root().join("tests/conformance/cases"));
    let ran = Ran::from(command.arg(component).output().unwrap());
    let description = ran.json()["description"].clone();
    assert!(description.is_object(), "{}\n{}", ran.out, ran.err);
    description
}

/// What two descriptions differ in, as far as they must not.
fn differing(reference: &Value, other: &Value) -> Vec<String> {
    let mut out = Vec::new();
    let mut compare = |what: String, one: &Value, other: &Value| {
        if one != other {
            out.push(format!("  {what}: {one} became {other}"));
        }
    };
    for key in ["version", "summary"] {
        compare(key.to_owned(), &reference[key], &other[key]);
    }
    let checks = |description: &Value| description["checks"].as_array().cloned().unwrap_or_default();
    let names = |description: &Value| {
        checks(description).iter().map(|check| check["name"].clone()).collect::<Value>()
    };
    compare("checks".to_owned(), &names(reference), &names(other));
    for (one, two) in checks(reference).iter().zip(&checks(other)) {
        let name = one["name"].as_str().unwrap();
        for key in ["summary", "documentation", "commands", "timeout", "exclusive"] {
            compare(format!("{name}, {key}"), &one[key], &two[key]);
        }
        let (one, two) = (&one["parameters"], &two["parameters"]);
        compare(
            format!("{name}, additionalProperties"),
            &one["additionalProperties"],
            &two["additionalProperties"],
        );
        compare(format!("{name}, required"), &required(one), &required(two));
        compare(format!("{name}, parameters"), &parameters(one), &parameters(two));
    }
    out
}

/// The names that must be given, in their order in the alphabet.
fn required(schema: &Value) -> Value {
    let names = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The parameters with what must be the same of them.
fn parameters(schema: &Value) -> Value {
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    let kept = |(name, property): (String, Value)| {
        let mut kept = KEPT.iter().filter_map(|key| Some(((*key).to_owned(), property.get(key)?.clone())));
        // A table can be named in several ways: what counts is which grants are among them.
        let kept = match grants(&property) {
            kinds if kinds.contains(&"dataset") => {
                json!({ "x-gonogo-grant": kinds, "description": property["description"] })
            }
            _ => kept.by_ref().collect::<Map<_, _>>().into(),
        };
        (name, kept)
    };
    properties.into_iter().map(kept).collect::<Map<_, _>>().into()
}

/// The kinds of grants in a schema, each once.
fn grants(schema: &Value) -> Vec<&str> {
    let mut found = match schema {
        Value::Object(object) => {
            let own = object.get("x-gonogo-grant").and_then(Value::as_str);
            own.into_iter().chain(object.values().flat_map(grants)).collect()
        }
        Value::Array(list) => list.iter().flat_map(grants).collect(),
        _ => Vec::new(),
    };
    found.sort_unstable();
    found.dedup();
    found
}

/// Every shared case passes.
fn cases_pass(language: &str, component: &Path) -> Result<(), String> {
    let mut command = gonogo();
    command.args(["plugin", "test"]).arg(root().join("tests/conformance").join(language));
    command.arg("--component").arg(component).arg("--cases").arg(root().join("tests/conformance/cases"));
    let ran = Ran::from(command.output().unwrap());
    match ran.code == Some(0) && ran.out.ends_with(" passed, 0 failed\n") {
        true => Ok(()),
        false => Err(format!("{}{}", ran.out, ran.err)),
    }
}

/// In a project of somebody's: an exception, a deadline, and the language's own library.
fn real_run(component: &Path) -> Result<(), String> {
    let project = folder();
    let mut config = format!("[plugins.conformance]\nsource = \"path:{}\"\n", component.display());
    for (check, _, _) in ENDS {
        config += &format!(
            "[items.\"conformance.{check}\"]\ntitle = \"{check}\"\ncheck = \"conformance/{check}\"\n"
        );
    }
    fs::write(project.path().join("gonogo.toml"), config).unwrap();
    // Where this user may: a connection that is made is better proof than one that is refused for want of a listener.
    let listener = TcpListener::bind("127.0.0.1:9").ok();
    let mut command = gonogo();
    command.args(["check", "--only", "conformance.*", "--format", "json"]).current_dir(project.path());
    let ran = Ran::from(command.output().unwrap());
    let connected =
        listener.is_some_and(|listener| listener.set_nonblocking(true).is_ok() && listener.accept().is_ok());
    let mut wrong = Vec::new();
    if connected {
        wrong.push("it connected to 127.0.0.1:9".to_owned());
    }
    // A required item that could not be told leaves the decision open.
    if ran.code != Some(3) {
        wrong.push(format!("check ended with {:?}\n{}", ran.code, ran.err));
    }
    for (check, verdict, words) in ENDS {
        let item = ran.item(&format!("conformance.{check}"));
        let text = item.to_string();
        if item["verdict"] != *verdict || !text.contains(words) {
            wrong.push(format!("{check} should be {verdict} and say '{words}': {text}"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}
