//! The languages that plugins are written in, and `gonogo plugin build`: a plugin's folder -> component, by the toolchain of its language.
//!
//! A new language is a file beside this one with its `LANGUAGE`, a row in [`LANGUAGES`], and a folder `sdk/<name>/`.

mod c;
mod go;
mod js;
mod module;
mod python;
mod rust;

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use include_dir::Dir;
use wit_component::ComponentEncoder;

pub use self::module::CONTRACT;

/// A language that plugins are written in.
#[derive(Clone, Copy, Debug)]
pub struct Language {
    /// As `--lang` takes it.
    pub name: &'static str,
    /// As people call it: `Rust`.
    pub title: &'static str,
    /// The file that says that a folder holds a plugin in this language: for messages.
    pub marker: &'static str,
    /// Whether the folder holds a plugin in this language.
    pub is_in: fn(&Path) -> bool,
    /// Builds the plugin in the folder, an absolute path. What the toolchain says goes to standard error.
    pub build: fn(&Path) -> Result<Built, Error>,
    /// What `plugin new` begins a folder with: `sdk/<name>/template/`.
    pub template: &'static Dir<'static>,
    /// What of the SDK goes into that folder, and to where in it: nothing need be fetched from us later.
    pub sdk: &'static [(&'static str, Part)],
}

/// Files of this repository inside of the program.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// A folder with all that is in it.
    Folder(&'static Dir<'static>),
    /// One file.
    File(&'static str),
}

/// The languages, in the order in which a folder is asked for them.
pub static LANGUAGES: &[Language] =
    &[rust::LANGUAGE, python::LANGUAGE, js::JS, js::TS, go::LANGUAGE, c::LANGUAGE];

/// Why there is no component.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing to build.
    #[error("{0} holds no plugin: there is no {markers} in it", markers = markers())]
    NotOne(PathBuf),
    /// A toolchain is not there.
    #[error("{what} is missing: {how}")]
    Missing {
        /// What.
        what: String,
        /// How to get it.
        how: &'static str,
    },
    /// A file could not be read or written, or a program not started.
    #[error("cannot {tried} {what}")]
    Io {
        /// What was tried.
        tried: &'static str,
        /// On what.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The toolchain said no; its own words are above.
    #[error("{program} could not build {folder}; its messages are above")]
    Failed {
        /// The program that ended with an error.
        program: String,
        /// What it was to build.
        folder: PathBuf,
    },
    /// What the folder says of itself cannot be used.
    #[error("{} cannot be used: {}", .0.display(), .1.trim_end())]
    Manifest(PathBuf, String),
    /// The build made no module.
    #[error("the build made no module: {0}")]
    NoModule(String),
    /// The module does not speak the contract.
    #[error("the module in {0} is no plugin: {1}")]
    NotAPlugin(PathBuf, String),
}

/// The files that say what a folder holds: `Cargo.toml, package.json or go.mod`.
fn markers() -> String {
    let mut markers = LANGUAGES.iter().map(|language| language.marker).collect::<Vec<_>>();
    markers.dedup();
    match markers.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => markers.concat(),
    }
}

/// What was built.
#[derive(Debug)]
pub struct Built {
    /// The component's bytes.
    pub component: Vec<u8>,
    /// What compiled it, with its version.
    pub toolchain: String,
}

/// Builds the plugin in `folder`. Gives the component and where it goes when nobody says otherwise: `NAME.wasm` in the folder.
///
/// # Errors
/// See [`Error`].
pub fn build(folder: &Path) -> Result<(Built, PathBuf), Error> {
    let folder = folder.canonicalize().map_err(|_| Error::NotOne(folder.to_owned()))?;
    let language = LANGUAGES.iter().find(|language| (language.is_in)(&folder));
    let language = language.ok_or_else(|| Error::NotOne(folder.clone()))?;
    tracing::debug!("{} is written in {}", folder.display(), language.name);
    let built = (language.build)(&folder)?;
    let beside = folder.join(folder.file_name().unwrap_or_default()).with_extension("wasm");
    Ok((built, beside))
}

/// Makes a component of a core module that carries the contract's description, as `wit-bindgen` leaves it.
fn componentize(core: &[u8]) -> Result<Vec<u8>, String> {
    let encoder = ComponentEncoder::default().validate(true).module(core);
    encoder.and_then(|mut encoder| encoder.encode()).map_err(|error| format!("{error:#}"))
}

fn io<'a>(
    tried: &'static str,
    what: impl std::fmt::Display + 'a,
) -> impl FnOnce(std::io::Error) -> Error + 'a {
    move |source| Error::Io { tried, what: what.to_string(), source }
}

/// The one line that a program prints, if it is there and succeeds.
fn ask(program: &str, arguments: &[&str], folder: &Path) -> Option<String> {
    let output =
        Command::new(program).args(arguments).current_dir(folder).stderr(Stdio::null()).output().ok()?;
    let line = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !line.is_empty()).then_some(line)
}
