//! Artifacts to and from registries: what the command line and [`fetch`](super::fetch) ask for, whole.

use std::{
    fs::File,
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use oci_client::RegistryOperation;

use super::{
    Error, Fetched, Fetching, Whole, blocking,
    bundle::{self, Bundle, Manifest, signatures_archive},
    judged,
    local::{Local, write_beside},
    oci::{
        self, Remote,
        artifact::{Artifact, Blob, Kind},
    },
    signature::{Content, Signature, Trust, judge, look},
    whole::unnamed,
};
use crate::domain::{
    SignaturePolicy, Signer,
    limits::{BUNDLE_BYTES, MANIFEST_BYTES, PLUGIN_BYTES},
    source::Reference,
};

/// What is known of an artifact in a registry before its content is fetched.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What its manifest says.
    pub artifact: Artifact,
    /// What describes it: JSON for a plugin, `bundle.toml` for a bundle.
    pub config: Vec<u8>,
    /// What is in it, where it is a bundle.
    pub manifest: Option<Manifest>,
    /// All its signatures.
    pub signatures: Vec<Signature>,
}

impl Seen {
    /// What signatures of it must be about.
    pub fn content(&self) -> Content {
        content(&self.artifact)
    }
}

/// How to pull.
#[derive(Clone, Debug)]
pub struct Pulling {
    /// Whether a registry that is not on this machine may be asked over plain HTTP.
    pub insecure_http: bool,
    /// What must hold of signatures.
    pub signature: SignaturePolicy,
    /// Who may sign.
    pub trust: Trust,
}

/// What was pulled.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// What its manifest says.
    pub artifact: Artifact,
    /// Whose signature held.
    pub signer: Option<Signer>,
    /// How many signatures it has.
    pub signatures: usize,
}

type Progress<'p> = &'p dyn Fn(u64, Option<u64>);

/// A plugin from a registry. Signatures are judged before the content is asked for.
pub(super) fn fetch(
    reference: &Reference,
    options: &Fetching,
    progress: Progress<'_>,
) -> Result<Fetched, Error> {
    blocking(async {
        let remote = Remote::connect(reference, options.insecure_http, RegistryOperation::Pull).await?;
        let artifact = remote.artifact(options.manifest_digest.as_deref()).await?;
        let what = reference.to_string();
        let signatures = match options.signature {
            SignaturePolicy::Off => Vec::new(),
            _ => remote.signatures(&artifact).await?,
        };
        let signer = judged(options, &signatures, &content(&artifact), &what)?;
        let most = of_kind(artifact.kind);
        let too_large = |size| oci::Error::TooLarge { what: what.clone(), size, most };
        if artifact.layer.size > most {
            return Err(too_large(artifact.layer.size).into());
        }
        let (component, version) = match artifact.kind {
            Kind::Plugin => {
                let mut bytes = Vec::new();
                remote.blob(&artifact.layer, &mut bytes, Path::new("memory"), &what, progress).await?;
                if !bytes.starts_with(bundle::COMPONENT) {
                    return Err(Error::NoPlugin(what));
                }
                (bytes, artifact.version)
            }
            Kind::Bundle => {
                let path = std::env::temp_dir();
                let failed = |source| oci::Error::Io { tried: "write into", path: path.clone(), source };
                let mut file = unnamed().map_err(failed)?;
                remote.blob(&artifact.layer, &mut file, &path, &what, progress).await?;
                file.rewind().map_err(failed)?;
                let mut bundle = Bundle::open(file, &what)?;
                described(&remote, &artifact, &bundle, &what).await?;
                (bundle.plugin(&options.plugin)?, Some(bundle.manifest.version))
            }
        };
        Ok(Fetched { component, manifest_digest: Some(artifact.manifest), signer, version })
    })?
}

/// Looks at an artifact in a registry without fetching its content.
///
/// # Errors
/// Where there is none, or anything about it is wrong.
pub fn see(reference: &Reference, insecure_http: bool) -> Result<Seen, Error> {
    blocking(async {
        let remote = Remote::connect(reference, insecure_http, RegistryOperation::Pull).await?;
        let artifact = remote.artifact(None).await?;
        let what = reference.to_string();
        let config = remote.small_blob(&artifact.config, MANIFEST_BYTES as u64, &what).await?;
        let manifest = match artifact.kind {
            Kind::Plugin => None,
            Kind::Bundle => {
                let text = String::from_utf8_lossy(&config);
                let place = PathBuf::from(format!("{what}/{}", bundle::MANIFEST));
                Some(Manifest::packed(&place, &text).map_err(bundle::Error::Manifest)?)
            }
        };
        let signatures = remote.signatures(&artifact).await?;
        Ok(Seen { artifact, config, manifest, signatures })
    })?
}

/// Puts an artifact into a registry, with the signatures that it has.
///
/// # Errors
/// Where the registry does not take it, or the file changed.
pub fn push(
    local: &mut Local,
    reference: &Reference,
    insecure_http: bool,
    progress: Progress<'_>,
) -> Result<Artifact, Error> {
    blocking(async {
        let remote = Remote::connect(reference, insecure_http, RegistryOperation::Push).await?;
        let (config, kind, version) = (local.config()?, local.kind(), local.version());
        let layer = Blob { digest: format!("sha256:{}", local.sha256), size: local.size };
        let last = reference.repository.rsplit('/').next().unwrap_or_default().to_owned();
        let title = local.manifest().map_or(last, |manifest| manifest.name.clone());
        let (path, what, signatures) = (local.path.clone(), reference.to_string(), local.signatures.clone());
        remote.put_blob(&layer, &mut local.bytes()?, &path, &what, progress).await?;
        let artifact = remote.put(kind, &config, &layer, &title, version.as_deref()).await?;
        for signature in &signatures {
            if let Signature::Ssh(armour) = signature {
                remote.attach(&artifact, armour).await?;
            }
        }
        Ok(artifact)
    })?
}

/// Attaches a signature to an artifact in a registry.
///
/// # Errors
/// Where the registry does not take it.
pub fn attach(reference: &Reference, of: &Artifact, armour: &str, insecure_http: bool) -> Result<(), Error> {
    blocking(async {
        let remote = Remote::connect(reference, insecure_http, RegistryOperation::Push).await?;
        Ok(remote.attach(of, armour).await?)
    })?
}

/// Pulls an artifact into a file, which is whole or not there. Its signatures come along: in the bundle, or beside the component.
///
/// # Errors
/// Where there is none, it is not what it should be, or the policy does not let it pass.
pub fn pull(
    reference: &Reference,
    options: &Pulling,
    into: &Path,
    progress: Progress<'_>,
) -> Result<Pulled, Error> {
    blocking(async {
        let remote = Remote::connect(reference, options.insecure_http, RegistryOperation::Pull).await?;
        let artifact = remote.artifact(None).await?;
        let what = reference.to_string();
        let signatures = remote.signatures(&artifact).await?;
        let looked = look(&signatures, &options.trust, &content(&artifact));
        let signer = judge(options.signature, looked, &options.trust, &what)?;
        let most = of_kind(artifact.kind);
        if artifact.layer.size > most {
            let size = artifact.layer.size;
            return Err(oci::Error::TooLarge { what, size, most }.into());
        }
        let failed = |source| oci::Error::Io { tried: "write", path: into.to_owned(), source };
        let mut whole = Whole::new(into).map_err(failed)?;
        remote.blob(&artifact.layer, &mut whole.file, into, &what, progress).await?;
        match artifact.kind {
            Kind::Plugin => write_beside(into, &signatures)?,
            Kind::Bundle => {
                let file = whole.file.try_clone().map_err(failed)?;
                let bundle = Bundle::open(file, &what)?;
                described(&remote, &artifact, &bundle, &what).await?;
                // The clone moved along in the same file.
                whole.file.seek(SeekFrom::End(0)).map_err(failed)?;
                whole.file.write_all(&signatures_archive(&signatures)).map_err(failed)?;
            }
        }
        whole.finish().map_err(failed)?;
        Ok(Pulled { artifact, signer, signatures: signatures.len() })
    })?
}

/// Holds what a registry says of a bundle against the bundle. Its layer is the content alone: signatures within it would be covered by none.
async fn described(
    remote: &Remote,
    artifact: &Artifact,
    bundle: &Bundle<File>,
    what: &str,
) -> Result<(), Error> {
    let config = remote.small_blob(&artifact.config, MANIFEST_BYTES as u64, what).await?;
    let why = if config != bundle.text.as_bytes() {
        format!("its config in the registry is not its {}", bundle::MANIFEST)
    } else if content(artifact).sha256 != bundle.sha256 {
        "in the registry it has something behind its end".to_owned()
    } else {
        return Ok(());
    };
    Err(bundle::Error::Form { what: what.to_owned(), why }.into())
}

fn content(artifact: &Artifact) -> Content {
    let sha256 = artifact.layer.digest.trim_start_matches("sha256:").to_owned();
    Content { sha256, manifest: Some(artifact.manifest.clone()) }
}

/// The most that is taken.
const fn of_kind(kind: Kind) -> u64 {
    match kind {
        Kind::Plugin => PLUGIN_BYTES as u64,
        Kind::Bundle => BUNDLE_BYTES,
    }
}
