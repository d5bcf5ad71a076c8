//! What plugins and bundles are in a registry.
//!
//! A plugin is in the layout of the CNCF's Wasm working group, which wkg and others read and write: the config [`WASM_CONFIG`] says what the component
//! imports and exports, the one layer [`WASM_LAYER`] is the component. A bundle has the config [`BUNDLE_CONFIG`], which is its `bundle.toml` as packed, and
//! the one layer [`BUNDLE_LAYER`], its archive without signatures. Both are the same for the same content: nothing in them says when or where they were made.

use std::collections::BTreeMap;

use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest};
use serde_json::json;

use super::Error;
use crate::{domain::text, registry::digest};

/// The config of a component.
pub const WASM_CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// A component.
pub const WASM_LAYER: &str = "application/wasm";
/// What a bundle says that it is.
pub const BUNDLE_TYPE: &str = "application/vnd.gonogo.bundle.v1";
/// The config of a bundle: its `bundle.toml`, as packed.
pub const BUNDLE_CONFIG: &str = "application/vnd.gonogo.bundle.config.v1+toml";
/// The archive of a bundle.
pub const BUNDLE_LAYER: &str = "application/vnd.gonogo.bundle.v1+tar";
/// What a signature says that it is; also its one layer, in the armour of ssh-keygen.
pub const SSH_SIGNATURE: &str = "application/vnd.gonogo.signature.ssh.v1";
/// The config of what needs none.
pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// Where OCI keeps the version of what a manifest is about.
const VERSION: &str = "org.opencontainers.image.version";
const TITLE: &str = "org.opencontainers.image.title";

/// The two kinds of artifacts that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One component.
    Plugin,
    /// An archive.
    Bundle,
}

impl Kind {
    /// For people and for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plugin => "plugin",
            Self::Bundle => "bundle",
        }
    }

    const fn layer(self) -> &'static str {
        match self {
            Self::Plugin => WASM_LAYER,
            Self::Bundle => BUNDLE_LAYER,
        }
    }
}

/// An artifact as its manifest describes it.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// `sha256:…` of the manifest.
    pub manifest: String,
    /// Bytes of the manifest.
    pub manifest_size: u64,
    /// What it is.
    pub kind: Kind,
    /// What describes it.
    pub config: Blob,
    /// The content itself.
    pub layer: Blob,
    /// What its manifest calls its version.
    pub version: Option<String>,
}

/// Bytes in a registry, by their digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// `sha256:…`.
    pub digest: String,
    /// How many.
    pub size: u64,
}

impl Artifact {
    /// Reads a manifest.
    pub(super) fn parse(manifest: &[u8], what: &str) -> Result<Self, Error> {
        let malformed = |why: String| Error::Malformed { what: what.to_owned(), why };
        let parsed = serde_json::from_slice::<OciImageManifest>(manifest)
            .map_err(|error| malformed(format!("expected a manifest of OCI ({error})")))?;
        let kind = match parsed.config.media_type.as_str() {
            WASM_CONFIG => Kind::Plugin,
            BUNDLE_CONFIG => Kind::Bundle,
            other => {
                let found = parsed.artifact_type.as_deref().filter(|_| other == EMPTY).unwrap_or(other);
                return Err(Error::MediaType { what: what.to_owned(), found: text::line(found, 120) });
            }
        };
        let layer = match &parsed.layers[..] {
            [layer] if layer.media_type == kind.layer() => layer,
            layers => {
                let found = layers.iter().take(4).map(|layer| layer.media_type.as_str()).collect::<Vec<_>>();
                let found = match found.is_empty() {
                    true => "none".to_owned(),
                    false => text::line(&found.join(", "), 240),
                };
                return Err(Error::Layer { what: what.to_owned(), expected: kind.layer(), found });
            }
        };
        let version = parsed.annotations.as_ref().and_then(|notes| notes.get(VERSION));
        Ok(Self {
            manifest: format!("sha256:{}", digest(manifest)),
            manifest_size: manifest.len() as u64,
            kind,
            config: blob(&parsed.config, what)?,
            layer: blob(layer, what)?,
            version: version.map(|version| text::line(version, 60)),
        })
    }
}

/// A descriptor whose digest is one, and whose size is no less than nothing.
pub(super) fn blob(descriptor: &OciDescriptor, what: &str) -> Result<Blob, Error> {
    let good = descriptor.digest.strip_prefix("sha256:").is_some_and(crate::domain::source::is_sha256);
    match u64::try_from(descriptor.size) {
        Ok(size) if good => Ok(Blob { digest: descriptor.digest.clone(), size }),
        _ => Err(Error::Malformed {
            what: what.to_owned(),
            why: format!(
                "expected the SHA-256 and the size of a blob, found {} and {}",
                text::line(&descriptor.digest, 100),
                descriptor.size
            ),
        }),
    }
}

/// The config of a component: what the CNCF's layout says of it.
pub fn wasm_config(sha256: &str, imports: &[String], exports: &[String]) -> Vec<u8> {
    let config = json!({
        // When it was pushed says nothing about it, and would make it another artifact each time.
        "created": "1970-01-01T00:00:00Z",
        "author": null,
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [format!("sha256:{sha256}")],
        "component": { "exports": exports, "imports": imports, "target": null },
    });
    config.to_string().into_bytes()
}

/// The manifest of an artifact.
pub(super) fn manifest(
    kind: Kind,
    config: &Blob,
    layer: &Blob,
    title: &str,
    version: Option<&str>,
) -> Result<Vec<u8>, Error> {
    let config_type = match kind {
        Kind::Plugin => WASM_CONFIG,
        Kind::Bundle => BUNDLE_CONFIG,
    };
    let title = Some((TITLE.to_owned(), title.to_owned()));
    let version = version.map(|version| (VERSION.to_owned(), version.to_owned()));
    written(&OciImageManifest {
        media_type: Some(OCI_IMAGE_MEDIA_TYPE.to_owned()),
        // The layout of the CNCF has none.
        artifact_type: (kind == Kind::Bundle).then(|| BUNDLE_TYPE.to_owned()),
        config: descriptor(config_type, config),
        layers: vec![descriptor(kind.layer(), layer)],
        annotations: Some(title.into_iter().chain(version).collect::<BTreeMap<_, _>>()),
        ..OciImageManifest::default()
    })
}

/// The manifest of a signature of an artifact.
pub(super) fn signature_manifest(of: &Artifact, empty: &Blob, armour: &Blob) -> Result<Vec<u8>, Error> {
    let subject = Blob { digest: of.manifest.clone(), size: of.manifest_size };
    written(&OciImageManifest {
        media_type: Some(OCI_IMAGE_MEDIA_TYPE.to_owned()),
        artifact_type: Some(SSH_SIGNATURE.to_owned()),
        config: descriptor(EMPTY, empty),
        layers: vec![descriptor(SSH_SIGNATURE, armour)],
        subject: Some(descriptor(OCI_IMAGE_MEDIA_TYPE, &subject)),
        ..OciImageManifest::default()
    })
}

fn descriptor(media_type: &str, blob: &Blob) -> OciDescriptor {
    OciDescriptor {
        media_type: media_type.to_owned(),
        digest: blob.digest.clone(),
        size: blob.size.cast_signed(),
        ..OciDescriptor::default()
    }
}

fn written(manifest: &OciImageManifest) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(manifest)
        .map_err(|error| Error::Malformed { what: "the manifest".to_owned(), why: error.to_string() })
}

/// The name of a blob.
pub(super) fn named(bytes: &[u8]) -> Blob {
    Blob { digest: format!("sha256:{}", digest(bytes)), size: bytes.len() as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(manifest: &serde_json::Value) -> Result<Artifact, String> {
        Artifact::parse(manifest.to_string().as_bytes(), "it").map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_written_is_read_and_what_is_not_ours_says_what_it_is() {
        let (config, layer) = (named(b"{}"), named(b"\0asm"));
        for kind in [Kind::Plugin, Kind::Bundle] {
            let bytes = manifest(kind, &config, &layer, "acme", Some("1.2.0")).unwrap();
            let artifact = Artifact::parse(&bytes, "it").unwrap();
            assert_eq!(
                (artifact.kind, &artifact.layer, artifact.version.as_deref()),
                (kind, &layer, Some("1.2.0"))
            );
        }
        let bytes = manifest(Kind::Plugin, &config, &layer, "acme", None).unwrap();
        let good: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let with = |pointer: &str, value: serde_json::Value| {
            let mut changed = good.clone();
            *changed.pointer_mut(pointer).unwrap() = value;
            parse(&changed).unwrap_err()
        };
        let image = with("/config/mediaType", "application/vnd.docker.container.image.v1+json".into());
        assert!(image.contains(WASM_CONFIG) && image.contains("docker.container.image"), "{image}");
        let zip = with("/layers/0/mediaType", "application/zip".into());
        assert!(zip.contains(WASM_LAYER) && zip.contains("application/zip"), "{zip}");
        assert!(with("/layers", json!([])).contains("found none"));
        assert!(with("/layers/0/digest", "sha256:../../etc".into()).contains("expected the SHA-256"));
        assert!(with("/layers/0/size", (-1).into()).contains("expected the SHA-256"));
    }

    #[test]
    fn the_config_is_that_of_the_layout() {
        let config = wasm_config(
            "ab",
            &["gonogo:plugin/log@0.1.0".to_owned()],
            &["gonogo:plugin/checks@0.1.0".to_owned()],
        );
        let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
        assert_eq!(config["architecture"], "wasm");
        assert_eq!(config["os"], "wasip2");
        assert_eq!(config["layerDigests"], json!(["sha256:ab"]));
        assert_eq!(config["component"]["imports"], json!(["gonogo:plugin/log@0.1.0"]));
    }
}
