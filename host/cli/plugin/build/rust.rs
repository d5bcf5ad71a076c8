//! Rust: a package -> core module -> component.
//!
//! Two toolchains make the core module: rustup's with the target `wasm32-unknown-unknown`, and Debian's, which has no such target but builds
//! the standard library for it from source. Whichever is there is used.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use super::{Built, Error, Language, Part, ask, componentize, io};

/// The row of the table. A workspace of several packages is built one package at a time, so each has its own `Cargo.toml`.
pub const LANGUAGE: Language = Language {
    name: "rust",
    title: "Rust",
    marker: "Cargo.toml",
    is_in: |folder| folder.join("Cargo.toml").is_file(),
    build,
    template: &TEMPLATE,
    sdk: &[
        ("sdk/rust/Cargo.toml", Part::File(include_str!("../../../../sdk/rust/Cargo.toml"))),
        ("sdk/rust/src", Part::Folder(&SDK)),
    ],
};

static TEMPLATE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sdk/rust/template");
static SDK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sdk/rust/src");

const TARGET: &str = "wasm32-unknown-unknown";

/// How to get a toolchain.
const HOW: &str = "run `rustup target add wasm32-unknown-unknown`, or on Debian `apt-get install rustc-web cargo-web rust-web-src lld-22`";

/// A compiler that can make core modules.
#[derive(Debug)]
struct Toolchain {
    /// `rustc 1.96.0 (…) from Debian's rustc-web`.
    name: String,
    cargo: PathBuf,
    variables: Vec<(&'static str, OsString)>,
    arguments: &'static [&'static str],
}

/// Builds the package in `folder`, an absolute path. Cargo's own output goes to standard error.
///
/// # Errors
/// See [`Error`].
pub fn build(folder: &Path) -> Result<Built, Error> {
    let toolchain = toolchain(folder)?;
    let module = compile(folder, &toolchain)?;
    let core = fs::read(&module).map_err(io("read", module.display()))?;
    let component = componentize(&core).map_err(|why| Error::NotAPlugin(module, why))?;
    Ok(Built { component, toolchain: toolchain.name })
}

/// The first toolchain that can build for the target.
fn toolchain(folder: &Path) -> Result<Toolchain, Error> {
    let has_target = |sysroot: &Path| sysroot.join("lib/rustlib").join(TARGET).is_dir();
    if let Some(sysroot) = ask("rustc", &["--print", "sysroot"], folder)
        && has_target(Path::new(&sysroot))
        && let Some(version) = ask("rustc", &["--version"], folder)
    {
        return Ok(Toolchain { name: version, cargo: "cargo".into(), variables: Vec::new(), arguments: &[] });
    }
    // Debian's rustc-web: /usr/bin/rustc with the library's source beside it.
    let (rustc, cargo) = (Path::new("/usr/bin/rustc"), Path::new("/usr/bin/cargo"));
    let version = ask("/usr/bin/rustc", &["--version"], folder);
    let sysroot = ask("/usr/bin/rustc", &["--print", "sysroot"], folder).map(PathBuf::from);
    let source = sysroot.filter(|sysroot| sysroot.join("lib/rustlib/src/rust/library/Cargo.toml").is_file());
    let (Some(version), Some(_), Some(linker), true) = (version, source, wasm_linker(), cargo.is_file())
    else {
        return Err(Error::Missing { what: format!("a Rust toolchain for {TARGET}"), how: HOW });
    };
    Ok(Toolchain {
        name: format!("{version} with -Zbuild-std"),
        cargo: cargo.to_owned(),
        variables: vec![
            ("RUSTC_BOOTSTRAP", "1".into()),
            ("RUSTC", rustc.into()),
            ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker.into()),
        ],
        // Its sorts and prints of numbers are a tenth of a plugin otherwise.
        arguments: &["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"],
    })
}

/// Debian's `wasm-ld-22`, or the newest that is there.
fn wasm_linker() -> Option<PathBuf> {
    let entries = fs::read_dir("/usr/bin").ok()?;
    let version = |path: &PathBuf| path.to_str()?.strip_prefix("/usr/bin/wasm-ld-")?.parse::<u32>().ok();
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| version(path).is_some())
        .max_by_key(version)
}

#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

/// Cargo's messages on standard output, of which one kind matters here.
#[derive(Deserialize)]
struct Message {
    manifest_path: Option<PathBuf>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// Compiles the package and gives the module's path.
fn compile(folder: &Path, toolchain: &Toolchain) -> Result<PathBuf, Error> {
    let cargo = |arguments: &[&str]| {
        let mut command = Command::new(&toolchain.cargo);
        command
            .args(arguments)
            .current_dir(folder)
            .envs(toolchain.variables.iter().map(|(name, value)| (name, value)));
        command
    };
    let metadata = cargo(&["metadata", "--format-version=1", "--no-deps"])
        .stderr(Stdio::inherit())
        .output()
        .map_err(io("start", toolchain.cargo.display()))?;
    let metadata: Metadata = serde_json::from_slice(&metadata.stdout)
        .map_err(|_| Error::Failed { program: "cargo".to_owned(), folder: folder.to_owned() })?;
    let root = fs::read_to_string(metadata.workspace_root.join("Cargo.toml")).unwrap_or_default();
    let profile = if root.contains("[profile.plugin]") { "plugin" } else { "release" };

    let output = cargo(&["build", "--lib", "--target", TARGET, "--profile", profile])
        .args(toolchain.arguments)
        .args(["--message-format", "json-render-diagnostics"])
        // A folder of its own: another compiler's artifacts would be thrown away at each turn.
        .env("CARGO_TARGET_DIR", metadata.target_directory.join("plugins"))
        .env("CARGO_ENCODED_RUSTFLAGS", remapped(&metadata.workspace_root).join("\u{1f}"))
        .stderr(Stdio::inherit())
        .output()
        .map_err(io("start", toolchain.cargo.display()))?;
    if !output.status.success() {
        return Err(Error::Failed { program: "cargo".to_owned(), folder: folder.to_owned() });
    }
    let manifest = folder.join("Cargo.toml");
    let messages = String::from_utf8_lossy(&output.stdout);
    let mut modules = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| message.manifest_path.as_ref() == Some(&manifest))
        .flat_map(|message| message.filenames);
    modules.find(|file| file.extension().is_some_and(|end| end == "wasm")).ok_or_else(|| {
        Error::NoModule(format!(
            "the package needs `[lib] crate-type = [\"cdylib\"]`, so that it makes a {TARGET} module"
        ))
    })
}

/// Flags that keep this machine's paths out of the module, so that it is the same wherever it is built.
fn remapped(workspace: &Path) -> Vec<String> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(home?.join(".cargo")));
    let registries = cargo_home.and_then(|home| fs::read_dir(home.join("registry/src")).ok());
    let registries =
        registries.into_iter().flatten().filter_map(|entry| Some((entry.ok()?.path(), "/registry")));
    std::iter::once((workspace.to_owned(), "/workspace"))
        .chain(registries)
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
        .collect()
}
