//! Plugins found: where they come from, their digests, what they describe.

mod built_in;
mod bytes;
pub mod described;
mod parameter_schema;

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    fs::Metadata,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use bytes::Bytes;
pub use parameter_schema::ParameterSchema;

use crate::domain::{CheckId, PluginSource, limits::PLUGIN_BYTES};

/// Where a plugin comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Embedded in the program.
    BuiltIn,
    /// A file that gonogo.toml names.
    File(PathBuf),
    /// From elsewhere: the very bytes that gonogo.lock names.
    Locked(PluginSource),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Locked(source) => source.fmt(f),
        }
    }
}

/// Whether what a plugin itself brings (the defaults of its parameters, its commands) may give it authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It is part of the program.
    BuiltIn,
    /// A person consented to all that it can do.
    Consented {
        /// Where gonogo.lock says so, counted from 1.
        line: usize,
    },
    /// Nobody was asked.
    NotAsked,
    /// It can do more than a person consented to.
    AsksForMore,
}

/// A plugin's bytes and where they come from.
#[derive(Clone, Debug)]
pub struct Plugin {
    /// `system` in `system/cpu`.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
    /// The component.
    pub bytes: Bytes,
    /// SHA-256 of the component, lower-case hex.
    pub sha256: String,
    /// What it says of itself, validated.
    pub description: Description,
    /// Whether what it brings may give it authority.
    pub trust: Trust,
}

/// What a plugin says of itself. Every text is bounded and clean; names are unique and well formed; schemas are valid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Semver.
    pub version: String,
    /// One line.
    pub summary: String,
    /// Interfaces that the component imports: `gonogo:plugin/files@0.1.0`.
    pub imports: Vec<String>,
    /// In the plugin's order.
    pub checks: Vec<Check>,
}

/// What a plugin says of one check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// `cpu` in `system/cpu`.
    pub name: String,
    /// What must hold, one line.
    pub summary: String,
    /// Markdown.
    pub documentation: String,
    /// JSON Schema of the parameters.
    pub parameters: ParameterSchema,
    /// Commands with placeholders.
    pub commands: Vec<Vec<String>>,
    /// How long the whole job may take.
    #[serde(default)]
    pub timeout: Option<Duration>,
    /// Whether nothing may run beside it.
    #[serde(default)]
    pub exclusive: bool,
}

/// A plugin that was found, before anybody asked what it is.
#[derive(Clone, Debug)]
pub struct Found {
    /// `system` in `system/cpu`.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
    /// The component.
    pub bytes: Bytes,
    /// SHA-256 of the component, lower-case hex.
    pub sha256: String,
}

impl Found {
    /// A plugin of these bytes.
    pub fn new(name: String, source: Source, bytes: Cow<'static, [u8]>) -> Self {
        let sha256 = hex(&Sha256::digest(&bytes));
        let bytes = bytes.into();
        Self { name, source, bytes, sha256 }
    }

    /// A plugin in a file.
    ///
    /// # Errors
    /// Where the file cannot be read, or is larger than any plugin may be.
    pub fn in_file(name: &str, path: PathBuf) -> Result<Self, Error> {
        look(name, &path)?;
        let unreadable = |source| Error::Unreadable { name: name.to_owned(), path: path.clone(), source };
        let bytes = bytes::whole(&path).map_err(unreadable)?;
        Ok(Self::new(name.to_owned(), Source::File(path), bytes.into()))
    }

    /// A plugin in a file of which the digest is known: the file is read when the plugin has to be compiled, and not before. Should it hold
    /// something else by then, it is refused.
    pub fn known(name: String, source: Source, path: PathBuf, sha256: String, length: usize) -> Self {
        let bytes = Bytes::in_file(path, sha256.clone(), length);
        Self { name, source, bytes, sha256 }
    }

    /// The plugins inside the program.
    pub fn built_in() -> impl Iterator<Item = Self> {
        let mut digests = built_in::digests();
        built_in::PLUGINS.iter().map(move |&(name, bytes)| {
            let sha256 = digests.remove(name).unwrap_or_else(|| hex(&Sha256::digest(bytes)));
            Self { name: name.to_owned(), source: Source::BuiltIn, bytes: bytes.into(), sha256 }
        })
    }

    /// The plugin, with what it says of itself. Nobody was asked about it yet, unless it is built in.
    pub fn described(self, description: Description) -> Plugin {
        let Self { name, source, bytes, sha256 } = self;
        let trust = if source == Source::BuiltIn { Trust::BuiltIn } else { Trust::NotAsked };
        Plugin { name, source, bytes, sha256, description, trust }
    }
}

/// Whether a plugin of that name is part of the program, so that no other can be called so.
pub fn is_built_in(name: &str) -> bool {
    built_in::PLUGINS.iter().any(|(built_in, _)| *built_in == name)
}

/// What the file system says of a plugin's file, before it is opened.
///
/// # Errors
/// Where it is no file, or is larger than any plugin may be.
pub fn look(name: &str, path: &Path) -> Result<Metadata, Error> {
    let unreadable = |source| Error::Unreadable { name: name.to_owned(), path: path.to_owned(), source };
    // Opening a FIFO would wait for whoever writes into it.
    let found = std::fs::metadata(path).map_err(unreadable)?;
    if !found.is_file() {
        return Err(unreadable(std::io::Error::other("it is no file")));
    }
    if found.len() > PLUGIN_BYTES as u64 {
        return Err(Error::TooLarge { name: name.to_owned(), path: path.to_owned(), size: found.len() });
    }
    Ok(found)
}

/// Why a plugin cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is not there, or cannot be read.
    #[error("cannot read plugin {name} from {path}")]
    Unreadable {
        /// The plugin.
        name: String,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is too large.
    #[error("plugin {name} in {path} has {size} bytes, more than the {PLUGIN_BYTES} that are taken")]
    TooLarge {
        /// The plugin.
        name: String,
        /// The file.
        path: PathBuf,
        /// Its size.
        size: u64,
    },
    /// Another plugin has that name.
    #[error("there is a plugin called {name} already ({by})")]
    Taken {
        /// The name.
        name: String,
        /// Where the plugin comes from that has it.
        by: Source,
    },
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The plugins at hand, by name.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// By plugin name.
    pub plugins: BTreeMap<String, Plugin>,
}

impl Catalog {
    /// Takes a plugin in. Its checks are found under its name alone, so nobody answers for another's.
    ///
    /// # Errors
    /// Where there is a plugin of that name.
    pub fn add(&mut self, plugin: Plugin) -> Result<(), Error> {
        if let Some(known) = self.plugins.get(&plugin.name) {
            return Err(Error::Taken { name: plugin.name, by: known.source.clone() });
        }
        self.plugins.insert(plugin.name.clone(), plugin);
        Ok(())
    }

    /// The plugin and the check of that id.
    pub fn check(&self, id: &CheckId) -> Option<(&Plugin, &Check)> {
        let plugin = self.plugins.get(id.plugin())?;
        Some((plugin, plugin.description.checks.iter().find(|check| check.name == id.name())?))
    }

    /// Every check with its id, in order.
    pub fn checks(&self) -> impl Iterator<Item = (CheckId, &Plugin, &Check)> {
        self.plugins.values().flat_map(|plugin| {
            let id = |check: &Check| CheckId::try_from(format!("{}/{}", plugin.name, check.name)).ok();
            plugin.description.checks.iter().filter_map(move |check| Some((id(check)?, plugin, check)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugin(name: &str, source: Source) -> Plugin {
        let description = Description {
            version: "1.0.0".to_owned(),
            summary: String::new(),
            imports: Vec::new(),
            checks: Vec::new(),
        };
        Found::new(name.to_owned(), source, Cow::Borrowed(&[])).described(description)
    }

    #[test]
    fn a_name_is_taken_once() {
        let mut catalog = Catalog::default();
        catalog.add(plugin("system", Source::BuiltIn)).unwrap();
        let error = catalog.add(plugin("system", Source::File("evil.wasm".into()))).unwrap_err();
        assert_eq!(error.to_string(), "there is a plugin called system already (built in)");
        assert_eq!(catalog.plugins["system"].source, Source::BuiltIn);
        assert!(is_built_in("system") && !is_built_in("acme"));
    }

    #[test]
    fn only_what_is_built_in_is_trusted_by_itself() {
        assert_eq!(plugin("a", Source::BuiltIn).trust, Trust::BuiltIn);
        assert_eq!(plugin("a", Source::File("a.wasm".into())).trust, Trust::NotAsked);
        assert_eq!(plugin("a", Source::Locked("oci://r/a:1".parse().unwrap())).trust, Trust::NotAsked);
    }
}
