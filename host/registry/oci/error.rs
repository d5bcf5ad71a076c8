//! What goes wrong between us and a registry: what was expected, what came, what to do.

use std::{io, path::PathBuf};

use super::artifact::{BUNDLE_CONFIG, WASM_CONFIG};

/// Why a registry does not give or take an artifact.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody answers.
    #[error("cannot reach the registry {registry}: {why}")]
    Unreachable {
        /// Host and port.
        registry: String,
        /// All causes, in one line.
        why: String,
    },
    /// The registry wants to know who asks, or does not let them.
    #[error("the registry {registry} does not let {who} {doing} {repository}: {why}")]
    Unauthorized {
        /// Host and port.
        registry: String,
        /// Of the registry.
        repository: String,
        /// `you`, or `anybody without a login`.
        who: &'static str,
        /// `read` or `write`.
        doing: &'static str,
        /// What it said.
        why: String,
    },
    /// A login that cannot be had.
    #[error("cannot get the login for {registry} from {file}: {why}")]
    Credentials {
        /// Host and port.
        registry: String,
        /// Docker's configuration.
        file: String,
        /// Why.
        why: String,
    },
    /// No such tag, digest or repository.
    #[error("{0} is not in the registry: it has no such repository, tag or digest")]
    Missing(String),
    /// Not the bytes that were meant.
    #[error("{what} is not what was asked for: expected {expected}, found {found}")]
    Digest {
        /// What was fetched.
        what: String,
        /// `sha256:…`.
        expected: String,
        /// `sha256:…`.
        found: String,
    },
    /// An artifact of another kind: an image, most likely.
    #[error(
        "{what} is no plugin and no bundle: expected a manifest with the config {WASM_CONFIG} or {BUNDLE_CONFIG}, found {found}"
    )]
    MediaType {
        /// The reference.
        what: String,
        /// The media type that came.
        found: String,
    },
    /// A layer of another kind.
    #[error("{what} has another content than its kind: expected one layer {expected}, found {found}")]
    Layer {
        /// The reference.
        what: String,
        /// The media type.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// An index of manifests where one manifest is wanted.
    #[error("{what} is a list of manifests ({found}), expected one manifest: it has {has}")]
    List {
        /// The reference.
        what: String,
        /// Its media type.
        found: String,
        /// The digests in it.
        has: String,
    },
    /// More than is taken.
    #[error("{what} has {size} bytes, more than the {most} that are taken")]
    TooLarge {
        /// What it is.
        what: String,
        /// Its size, as far as known.
        size: u64,
        /// What is taken.
        most: u64,
    },
    /// Not what the protocol says.
    #[error("the registry's answer for {what} makes no sense: {why}")]
    Malformed {
        /// What was asked for.
        what: String,
        /// What is wrong.
        why: String,
    },
    /// A registry that refuses or fails.
    #[error("the registry refuses {what}: it answers {status}{said}")]
    Status {
        /// What was asked for.
        what: String,
        /// Number and phrase.
        status: String,
        /// `: ` and its own words, where it has any.
        said: String,
    },
    /// The connection was lost, again and again.
    #[error(
        "the connection to {registry} was lost after {have} of {size} bytes of {what}, and {tries} attempts to go on failed: {why}"
    )]
    Interrupted {
        /// Host and port.
        registry: String,
        /// What was fetched.
        what: String,
        /// Bytes that came.
        have: u64,
        /// Bytes that there are.
        size: u64,
        /// How often it was tried again.
        tries: u32,
        /// What happened last.
        why: String,
    },
    /// Where the bytes go or come from.
    #[error("cannot {tried} {path}")]
    Io {
        /// What was tried.
        tried: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl Error {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => {
                "look whether the address is right and can be reached from here; a registry that is not on this machine is asked over HTTPS, unless insecure-http is on"
            }
            Self::Unauthorized { .. } => {
                "log in by `docker login HOST` (its credential store is read), or ask for the right to the repository"
            }
            Self::Credentials { .. } => {
                "log in again by `docker login HOST`, or set DOCKER_CONFIG to a folder with a config.json that works"
            }
            Self::Missing(_) => {
                "look at the name and the tag; a registry also says so of what you may not see"
            }
            Self::Digest { .. } => {
                "nothing was taken in: the registry, or somebody on the way, changed it; ask its author which digest is right"
            }
            Self::MediaType { .. } | Self::Layer { .. } => {
                "name what `gonogo bundle push` or `wkg oci push` put there"
            }
            Self::List { .. } => "name one of its manifests by oci://HOST/NAME@sha256:…",
            Self::TooLarge { .. } => "nothing was taken in: look whether this is the artifact that you mean",
            Self::Malformed { .. } => {
                "look whether a registry answers there, and not a proxy or a login page"
            }
            Self::Status { .. } => "try again later, or ask who runs the registry",
            Self::Interrupted { .. } => "nothing was kept: try again when the line is better",
            Self::Io { .. } => "look at free space and rights",
        }
    }
}
