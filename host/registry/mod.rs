//! Plugins from elsewhere: one source in, verified bytes out.
//!
//! [`fetch`] is the whole interface. What its callers rely on:
//!
//! - It gives back a component whole or an error. It writes nothing where a plugin is looked for, and compiles nothing: whoever called it asks a
//!   person, then puts the bytes into the [`Store`].
//! - All that can be known without trusting the bytes holds when it returns: sizes within
//!   [`PLUGIN_BYTES`](crate::domain::limits::PLUGIN_BYTES), digests that the source or the lock names, and the policy of signatures. It says whose signature
//!   held in [`Fetched::signer`]; under [`SignaturePolicy::Off`] nobody looked, so there is none.
//! - [`Fetching::manifest_digest`] pins what a tag meant when it was locked. With it a registry is asked for that digest, never for the tag.
//! - A source that holds several plugins (a bundle) gives the one that [`Fetching::plugin`] names, or its only one.
//! - No proxy is taken from the environment, no redirect leads to plain HTTP, and every wait ends.
//! - It blocks. What is asynchronous inside runs on a runtime of one thread that lives as long as the call ([`blocking`]).

pub mod bundle;
mod credentials;
mod exchange;
mod https;
mod local;
pub mod oci;
pub mod signature;
mod store;
mod whole;

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

pub use exchange::{Pulled, Pulling, Seen, attach, pull, push, see};
pub use local::Local;
pub use store::{Error as StoreError, Store};
pub use whole::Whole;

use crate::domain::{PluginSource, SignaturePolicy, Signer, limits::PLUGIN_BYTES};
use bundle::Bundle;
use signature::{Content, Signature, Trust};

/// How to fetch.
#[derive(Clone, Debug, Default)]
pub struct Fetching {
    /// The name of the plugin in this project: of several plugins in a bundle, the one that is meant.
    pub plugin: String,
    /// What must hold of signatures.
    pub signature: SignaturePolicy,
    /// Who may sign, in the format of OpenSSH's `allowed_signers`: a path that can be opened as it is.
    pub signers: Option<PathBuf>,
    /// Whether a registry that is not on this machine may be asked over plain HTTP.
    pub insecure_http: bool,
    /// `sha256:…` of the manifest that a tag meant when it was locked.
    pub manifest_digest: Option<String>,
}

/// What was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The component. Nobody looked yet whether it is one, beyond its first bytes.
    pub component: Vec<u8>,
    /// `sha256:…` of its manifest in the registry, or of that of its bundle there.
    pub manifest_digest: Option<String>,
    /// Whose signature held, where there is one and the policy asks for it.
    pub signer: Option<Signer>,
    /// What the artifact calls its version; what the component says of itself counts, and may differ.
    pub version: Option<String>,
}

/// Why a source gives no plugin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that is not there, or cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// More than is taken.
    #[error("{0} is larger than {most} bytes, which is all that is taken", most = PLUGIN_BYTES)]
    TooLarge(String),
    /// Not the bytes that were meant.
    #[error("{what} is not what was asked for: expected sha256 {expected}, found {found}")]
    Digest {
        /// What was fetched.
        what: String,
        /// Lower-case hex.
        expected: String,
        /// Lower-case hex.
        found: String,
    },
    /// Neither a component nor a bundle.
    #[error("{0} is neither a WebAssembly component nor a bundle")]
    NoPlugin(String),
    /// A server that is not there, hangs up, or sends what is no answer.
    #[error("cannot fetch {url}: {why}")]
    Http {
        /// The address.
        url: String,
        /// What happened, all causes in one line.
        why: String,
    },
    /// A server that refuses.
    #[error("cannot fetch {url}: the server answers {status}")]
    Status {
        /// The address.
        url: String,
        /// Number and phrase.
        status: String,
    },
    /// The policy asks for a signature.
    #[error("{0} is not signed, and its policy is signature = \"required\"")]
    Unsigned(String),
    /// A registry does not give it, or not as it should be.
    #[error(transparent)]
    Oci(#[from] oci::Error),
    /// A bundle that is none, or does not have it.
    #[error(transparent)]
    Bundle(#[from] bundle::Error),
    /// Signatures do not let it pass.
    #[error(transparent)]
    Signature(#[from] signature::Error),
    /// No runtime for a connection.
    #[error("cannot start what connections run on")]
    Runtime(#[source] io::Error),
}

impl Error {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Oci(error) => Some(error.hint()),
            Self::Bundle(error) => error.hint(),
            Self::Signature(error) => Some(error.hint()),
            Self::Digest { .. } => Some(
                "the file has changed, or gonogo.toml names another one: ask whoever made it which digest is right",
            ),
            Self::Http { .. } | Self::Status { .. } => Some(
                "look whether the address is right and can be reached from here; `gonogo plugin vendor` keeps what a machine without a network needs",
            ),
            Self::Unsigned(_) => Some("ask its author for a signed one, or write signature = \"if-present\""),
            Self::NoPlugin(_) => Some(
                "name a component, as `gonogo plugin build` makes it, or a bundle of `gonogo bundle pack`",
            ),
            Self::Unreadable { .. } | Self::TooLarge(_) | Self::Runtime(_) => None,
        }
    }
}

/// Fetches a plugin. `folder` is that of gonogo.toml, which paths are relative to; `progress` hears of bytes that came and, where
/// that is known, of how many there are to come.
///
/// # Errors
/// Where there is no such thing, it is not what was asked for, or the policy does not let it pass.
pub fn fetch(
    source: &PluginSource,
    folder: &Path,
    options: &Fetching,
    progress: &dyn Fn(u64, Option<u64>),
) -> Result<Fetched, Error> {
    let fetched = match source {
        PluginSource::Path(path) => {
            let path = folder.join(path);
            let bytes = read(&path)?;
            bare(bytes, &path.display().to_string())?
        }
        PluginSource::File(path) => {
            let mut local = Local::open(&folder.join(path))?;
            let signer = judged(options, &local.signatures, &local.content(), &source.to_string())?;
            let (component, version) = (local.component(&options.plugin)?, local.version());
            Fetched { component, manifest_digest: None, signer, version }
        }
        PluginSource::Https { url, sha256 } => {
            let bytes = blocking(https::download(url, PLUGIN_BYTES, progress))??;
            let found = digest(&bytes);
            if found != *sha256 {
                return Err(Error::Digest { what: url.clone(), expected: sha256.clone(), found });
            }
            match bytes.starts_with(b"\0asm") {
                true => bare(bytes, url)?,
                false => bundled(bytes, url, options)?,
            }
        }
        PluginSource::Oci(reference) => exchange::fetch(reference, options, progress)?,
    };
    match options.signature {
        SignaturePolicy::Required if fetched.signer.is_none() => Err(Error::Unsigned(source.to_string())),
        _ => Ok(fetched),
    }
}

/// Whose signature lets something pass, by what a source asks for.
fn judged(
    options: &Fetching,
    signatures: &[Signature],
    content: &Content,
    what: &str,
) -> Result<Option<Signer>, Error> {
    if options.signature == SignaturePolicy::Off {
        return Ok(None);
    }
    let trust = match &options.signers {
        Some(path) => Trust::in_file(path)?,
        None => Trust::default(),
    };
    let looked = signature::look(signatures, &trust, content);
    Ok(signature::judge(options.signature, looked, &trust, what)?)
}

/// A plugin of a bundle that is in memory.
fn bundled(bytes: Vec<u8>, what: &str, options: &Fetching) -> Result<Fetched, Error> {
    let mut bundle = Bundle::open(io::Cursor::new(bytes), what)?;
    let content = Content { sha256: bundle.sha256.clone(), manifest: None };
    let signer = judged(options, &bundle.signatures, &content, what)?;
    let component = bundle.plugin(&options.plugin)?;
    Ok(Fetched { component, manifest_digest: None, signer, version: Some(bundle.manifest.version) })
}

/// A component that comes by itself.
fn bare(component: Vec<u8>, what: &str) -> Result<Fetched, Error> {
    if !component.starts_with(b"\0asm") {
        return Err(Error::NoPlugin(what.to_owned()));
    }
    Ok(Fetched { component, manifest_digest: None, signer: None, version: None })
}

/// A file that is no larger than any plugin.
fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let unreadable = |source| Error::Unreadable { path: path.to_owned(), source };
    // Opening a FIFO would wait for whoever writes into it.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(unreadable(io::Error::other("it is no file")));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(PLUGIN_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    match bytes.len() > PLUGIN_BYTES {
        true => Err(Error::TooLarge(path.display().to_string())),
        false => Ok(bytes),
    }
}

/// Runs something asynchronous to its end, on this thread.
fn blocking<T>(future: impl Future<Output = T>) -> Result<T, Error> {
    // Who installed another provider before is as welcome: it is the same cryptography for the whole process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(Error::Runtime)?.block_on(future))
}

/// SHA-256, lower-case hex.
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(_: u64, _: Option<u64>) {}

    fn of_path(folder: &Path, options: &Fetching) -> Result<Fetched, Error> {
        fetch(&"path:a.wasm".parse().unwrap(), folder, options, &quiet)
    }

    #[test]
    fn a_component_in_a_file_comes_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.wasm"), b"\0asm rest").unwrap();
        let fetched = of_path(folder.path(), &Fetching::default()).unwrap();
        assert_eq!((fetched.component.as_slice(), fetched.signer), (&b"\0asm rest"[..], None));
    }

    #[test]
    fn what_cannot_be_taken_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wasm");
        let refused = |options: &Fetching| of_path(folder.path(), options).unwrap_err();
        assert!(matches!(refused(&Fetching::default()), Error::Unreadable { .. }));
        std::fs::write(&path, "#!/bin/sh").unwrap();
        assert!(matches!(refused(&Fetching::default()), Error::NoPlugin(_)));
        std::fs::write(&path, b"\0asm").unwrap();
        let strict = Fetching { signature: SignaturePolicy::Required, ..Fetching::default() };
        assert!(matches!(refused(&strict), Error::Unsigned(_)));
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert!(matches!(refused(&Fetching::default()), Error::TooLarge(_)));
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(matches!(refused(&Fetching::default()), Error::Unreadable { .. }));
    }
}
