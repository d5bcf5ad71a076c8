//! Signatures: what is signed, by whom, and whether that is enough.
//!
//! Signed is a statement of two lines, the second of which is the digest of the content: of a component its bytes, of a bundle its archive
//! without the signatures that it carries. In a registry the content is the one layer, so one signature holds in a file and in a registry.
//! SSH signatures are over these bytes, in the namespace `gonogo`; `ssh-keygen -Y verify` agrees:
//!
//! ```text
//! printf 'gonogo artifact v1\nsha256:%s\n' "$(sha256sum <acme.wasm | cut -c-64)" |
//!     ssh-keygen -Y verify -n gonogo -f allowed_signers -I ann@acme.example -s acme.wasm.sig
//! ```
//!
//! Signatures of cosign are over its own payload, which names the digest of the manifest in the registry; there is none in files.

mod allowed;
mod cosign;
mod policy;
mod ssh;

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use jiff::Timestamp;

pub use allowed::{AllowedSigners, NoSigners};
pub use cosign::CosignKey;
pub use policy::{Fault, Looked, Standing, judge, look};
pub use ssh::sign;

use crate::domain::limits::SIGNERS_BYTES;

/// What signatures of ours are for; one that was made for anything else does not count.
pub const NAMESPACE: &str = "gonogo";

/// The first line of what is signed.
const PREAMBLE: &str = "gonogo artifact v1";

/// The bytes that an SSH signature is over. `sha256` is the digest of the content, lower-case hex.
pub fn statement(sha256: &str) -> String {
    format!("{PREAMBLE}\nsha256:{sha256}\n")
}

/// A signature as it was found; nobody looked at it yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signature {
    /// In the armour of `ssh-keygen -Y sign`.
    Ssh(String),
    /// Of cosign.
    Cosign {
        /// What it is over: JSON that names the digest of a manifest.
        payload: Vec<u8>,
        /// The signature: base64 of DER.
        signature: String,
    },
}

/// What signatures are held against.
#[derive(Clone, Debug)]
pub struct Content {
    /// SHA-256 of the content, lower-case hex.
    pub sha256: String,
    /// `sha256:…` of its manifest, where it comes from a registry.
    pub manifest: Option<String>,
}

/// Who may sign.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// By SSH keys.
    pub signers: Option<AllowedSigners>,
    /// By a key of cosign.
    pub cosign: Option<CosignKey>,
    /// The one who must have signed, of all whom the file of signers names.
    pub principal: Option<String>,
}

impl Trust {
    /// What a file says of who may sign: OpenSSH's `allowed_signers`, or the public key of cosign in PEM.
    ///
    /// # Errors
    /// Where it cannot be read, or is neither.
    pub fn in_file(path: &Path) -> Result<Self, Error> {
        let text = read(path)?;
        let trust = Self::default();
        if text.contains("-----BEGIN PUBLIC KEY-----") {
            let key = CosignKey::parse(&text).map_err(|why| Error::NoKey { path: path.to_owned(), why })?;
            return Ok(Self { cosign: Some(key), ..trust });
        }
        let signers = AllowedSigners::parse(path, &text).map_err(Error::NoSigners)?;
        Ok(Self { signers: Some(signers), ..trust })
    }

    /// Whether it names anybody.
    pub fn names_anybody(&self) -> bool {
        self.signers.is_some() || self.cosign.is_some()
    }
}

/// Why signatures do not let something pass.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of signers that cannot be read.
    #[error("cannot read {path}, which is to say who may sign")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of signers that is none.
    #[error("cannot tell who may sign")]
    NoSigners(#[source] NoSigners),
    /// A key that is none.
    #[error("{path} holds no public key of cosign: {why}")]
    NoKey {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The policy asks for signatures, and nobody says whose.
    #[error("{0} must be signed, and no file says who may sign it")]
    NobodyNamed(String),
    /// The policy asks for a signature.
    #[error("{0} is not signed, and must be")]
    Missing(String),
    /// A signature that is wrong is refused whatever the policy.
    #[error("a signature of {what} is wrong: {fault}")]
    Wrong {
        /// What is signed.
        what: String,
        /// What is wrong.
        fault: Fault,
    },
    /// Signed, and by nobody who may.
    #[error("{what} is signed by nobody who may sign it: {}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Foreign {
        /// What is signed.
        what: String,
        /// Why each signature does not count.
        faults: Vec<Fault>,
    },
    /// The signing program failed, or is not there.
    #[error("cannot sign with {key}: {why}")]
    Signing {
        /// The key's file.
        key: PathBuf,
        /// What the program said.
        why: String,
    },
}

impl Error {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } | Self::NoSigners(_) | Self::NoKey { .. } => {
                "write one line for each signer: NAME namespaces=\"gonogo\" ssh-ed25519 AAAA…; or the public key of cosign in PEM"
            }
            Self::NobodyNamed(_) => {
                "write signers = \"FILE\" into gonogo.toml, or make .gonogo/allowed_signers; --signers FILE names one to `gonogo bundle`"
            }
            Self::Missing(_) => {
                "ask its author for a signed one (`gonogo bundle sign`), or take it unsigned by signature = \"if-present\""
            }
            Self::Wrong { .. } => {
                "nothing was taken in: ask its author which signature is right, by another way than this one"
            }
            Self::Foreign { .. } => "if you trust the key, add its line to the file of signers",
            Self::Signing { .. } => {
                "look whether ssh-keygen (package openssh-client) is there and takes the key: ssh-keygen -Y sign -n gonogo -f KEY"
            }
        }
    }
}

/// A small text file.
fn read(path: &Path) -> Result<String, Error> {
    let unreadable = |source| Error::Unreadable { path: path.to_owned(), source };
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(unreadable(io::Error::other("it is no file")));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(SIGNERS_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > SIGNERS_BYTES {
        return Err(unreadable(io::Error::other("it is larger than 1 MiB")));
    }
    String::from_utf8(bytes).map_err(|_| unreadable(io::Error::other("it is not UTF-8")))
}

/// Now, which keys are valid at or not.
fn now() -> Timestamp {
    Timestamp::now()
}
