//! `plugins/dist/` holds the built-in plugins, built, so that a fresh clone runs without a WASM toolchain. These tests hold it to the sources.
//!
//! `GONOGO_BLESS=1 cargo test --release --test suite dist` builds the plugins anew and writes down what they were built from and by what.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The built-in plugins.
const PLUGINS: &[&str] = &["backups", "data", "environment", "security", "system", "toolchain"];

/// Most bytes of one: host functions do the heavy work.
const MOST: usize = 1 << 20;

/// `plugins/dist/BUILT.toml`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Built {
    /// What compiled them.
    toolchain: String,
    plugins: BTreeMap<String, Digests>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Digests {
    /// SHA-256 over everything that goes into the component.
    sources: String,
    /// SHA-256 of the component.
    component: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn what_is_built_is_of_these_sources() {
    let file = root().join("plugins/dist/BUILT.toml");
    if std::env::var_os("GONOGO_BLESS").is_some() {
        fs::write(&file, toml::to_string(&build()).unwrap()).unwrap();
    }
    let text = fs::read_to_string(&file).expect("plugins/dist/BUILT.toml");
    let built: Built = toml::from_str(&text).unwrap();
    for plugin in PLUGINS {
        let now = digests(plugin);
        let then = &built.plugins[*plugin];
        assert_eq!(
            now.component, then.component,
            "plugins/dist/{plugin}.wasm is not the file that was built"
        );
        let stale = "is older than its sources: run `GONOGO_BLESS=1 cargo test --release --test suite dist` and commit plugins/dist";
        assert_eq!(now.sources, then.sources, "plugins/dist/{plugin}.wasm {stale}");
    }
}

#[test]
fn what_is_built_is_small_and_imports_nothing_of_wasi() {
    for plugin in PLUGINS {
        let bytes = fs::read(component(plugin)).unwrap();
        assert!(bytes.len() <= MOST, "{plugin}.wasm has {} bytes", bytes.len());
        let wit = wit_component::decode(&bytes).unwrap();
        let resolve = wit.resolve();
        let namespaces = resolve.packages.iter().map(|(_, package)| package.name.namespace.as_str());
        assert_eq!(
            namespaces.filter(|namespace| !["gonogo", "root"].contains(namespace)).count(),
            0,
            "{plugin}.wasm"
        );
    }
}

/// Builds each plugin into plugins/dist.
fn build() -> Built {
    let mut toolchain = String::new();
    for plugin in PLUGINS {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gonogo"));
        command
            .args(["plugin", "build"])
            .arg(root().join("plugins").join(plugin))
            .arg("--output")
            .arg(component(plugin));
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        said.trim().rsplit_once("bytes, by ").unwrap().1.clone_into(&mut toolchain);
    }
    Built { toolchain, plugins: PLUGINS.iter().map(|&plugin| (plugin.to_owned(), digests(plugin))).collect() }
}

fn component(plugin: &str) -> PathBuf {
    root().join("plugins/dist").join(plugin).with_extension("wasm")
}

fn digests(plugin: &str) -> Digests {
    let component = fs::read(component(plugin)).unwrap();
    Digests { sources: sources(plugin), component: hex(&Sha256::digest(component)) }
}

/// What goes into a component: the contract, the SDK, the plugin, the profile it is built with, and its dependencies as locked.
fn sources(plugin: &str) -> String {
    let mut hash = Sha256::new();
    let mut files = Vec::new();
    for folder in ["wit", "sdk/rust/src", &format!("plugins/{plugin}/src")] {
        collect(&root().join(folder), &mut files);
    }
    files.extend(
        ["sdk/rust/Cargo.toml".into(), format!("plugins/{plugin}/Cargo.toml")].map(|file| root().join(file)),
    );
    files.sort();
    for file in files {
        let name = file.strip_prefix(root()).unwrap().display().to_string();
        add(&mut hash, &name, &fs::read(&file).unwrap());
    }
    let manifest = read_toml("Cargo.toml");
    add(&mut hash, "profile", manifest["profile"]["plugin"].to_string().as_bytes());
    add(&mut hash, "dependencies", manifest["workspace"]["dependencies"].to_string().as_bytes());
    for package in locked(&format!("gonogo-plugin-{plugin}")) {
        add(&mut hash, "locked", package.as_bytes());
    }
    hex(&hash.finalize())
}

fn add(hash: &mut Sha256, name: &str, content: &[u8]) {
    for part in [name.as_bytes(), content] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

fn read_toml(file: &str) -> toml::Table {
    fs::read_to_string(root().join(file)).unwrap().parse().unwrap()
}

/// The packages that a package depends on, itself included, as Cargo.lock writes them.
fn locked(package: &str) -> BTreeSet<String> {
    let lock = read_toml("Cargo.lock");
    let packages = lock["package"].as_array().unwrap();
    let text = |package: &toml::Value, key: &str| {
        package.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
    };
    // A dependency is written `name`, or `name version` where there are several.
    let named = |wanted: &str| {
        let (name, version) = wanted.split_once(' ').unwrap_or((wanted, ""));
        let found = move |package: &&toml::Value| {
            text(package, "name") == name && (version.is_empty() || text(package, "version") == version)
        };
        packages.iter().find(found).unwrap_or_else(|| panic!("Cargo.lock has no {wanted}"))
    };
    let mut seen = BTreeSet::new();
    let mut left = vec![package.to_owned()];
    while let Some(wanted) = left.pop() {
        let package = named(&wanted);
        let id =
            format!("{} {} {}", text(package, "name"), text(package, "version"), text(package, "checksum"));
        if seen.insert(id) {
            let depends = package.get("dependencies").and_then(|list| list.as_array()).into_iter().flatten();
            left.extend(depends.filter_map(|name| name.as_str()).map(str::to_owned));
        }
    }
    seen
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
