//! Signatures beside an artifact: referrers, as OCI 1.1 has them, and the tags of cosign.
//!
//! A registry that knows no referrers gets the list that the specification asks clients to keep, under the tag `sha256-…`. Two that sign at the same
//! moment there can lose one of the two lines: the specification has no remedy.

use oci_client::manifest::{
    ImageIndexEntry, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, OciImageIndex, OciImageManifest,
};
use reqwest::{Method, StatusCode, header::ACCEPT};

use super::{
    Error, Remote,
    artifact::{self, Artifact, Blob, Kind, SSH_SIGNATURE},
};
use crate::{
    domain::limits::{OCI_MANIFEST_BYTES, SIGNATURE_BYTES, SIGNATURES},
    registry::{digest, signature::Signature},
};

/// The layer of a signature of cosign: its payload.
const COSIGN_PAYLOAD: &str = "application/vnd.dev.cosign.simplesigning.v1+json";

/// Where cosign puts the signature of the payload.
const COSIGN_SIGNATURE: &str = "dev.cosignproject.cosign/signature";

impl Remote {
    /// All signatures of an artifact, of both kinds.
    pub async fn signatures(&self, of: &Artifact) -> Result<Vec<Signature>, Error> {
        let mut signatures = Vec::new();
        let index = self.referrers(of).await?;
        let ours = index.iter().flat_map(|index| &index.manifests);
        for entry in ours.filter(|entry| entry.artifact_type.as_deref() == Some(SSH_SIGNATURE)) {
            self.room(&signatures, of)?;
            signatures.push(self.ssh(&entry.digest, of).await?);
        }
        self.cosign(of, &mut signatures).await?;
        Ok(signatures)
    }

    /// Attaches a signature in the armour of SSH to an artifact.
    pub async fn attach(&self, of: &Artifact, armour: &str) -> Result<(), Error> {
        let what = format!("a signature of {}", self.called(&of.manifest));
        let empty = self.put_small_blob(b"{}", &what).await?;
        let layer = self.put_small_blob(armour.as_bytes(), &what).await?;
        let manifest = artifact::signature_manifest(of, &empty, &layer)?;
        let name = format!("sha256:{}", digest(&manifest));
        if self.put_manifest(&name, OCI_IMAGE_MEDIA_TYPE, &manifest).await? {
            return Ok(());
        }
        let tag = list_tag(of);
        let mut index = self.list(&tag).await?.unwrap_or_else(|| OciImageIndex {
            schema_version: 2,
            media_type: Some(OCI_IMAGE_INDEX_MEDIA_TYPE.to_owned()),
            manifests: Vec::new(),
            artifact_type: None,
            annotations: None,
        });
        if index.manifests.iter().any(|entry| entry.digest == name) {
            return Ok(());
        }
        index.manifests.push(ImageIndexEntry {
            media_type: OCI_IMAGE_MEDIA_TYPE.to_owned(),
            digest: name,
            size: manifest.len().cast_signed() as i64,
            platform: None,
            annotations: None,
            artifact_type: Some(SSH_SIGNATURE.to_owned()),
        });
        let bytes = serde_json::to_vec(&index)
            .map_err(|error| Error::Malformed { what: self.called(&tag), why: error.to_string() })?;
        self.put_manifest(&tag, OCI_IMAGE_INDEX_MEDIA_TYPE, &bytes).await.map(|_| ())
    }

    /// What refers to an artifact, by the registry's own list or by the one that clients keep.
    async fn referrers(&self, of: &Artifact) -> Result<Option<OciImageIndex>, Error> {
        let what = format!("the referrers of {}", self.called(&of.manifest));
        let request = self.request(Method::GET, &format!("referrers/{}", of.manifest));
        let response = self.send(request.header(ACCEPT, OCI_IMAGE_INDEX_MEDIA_TYPE)).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return self.list(&list_tag(of)).await;
        }
        let response = self.succeeded(response, &what).await?;
        let bytes = self.bounded(response, OCI_MANIFEST_BYTES, &what).await?;
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| Error::Malformed { what, why: error.to_string() })
    }

    async fn list(&self, tag: &str) -> Result<Option<OciImageIndex>, Error> {
        let Some(manifest) = self.manifest(tag).await? else { return Ok(None) };
        serde_json::from_slice(&manifest.bytes)
            .map(Some)
            .map_err(|error| Error::Malformed { what: self.called(tag), why: error.to_string() })
    }

    /// The signature of a manifest that refers to this artifact. One that the list names must be there: what cannot be seen may be wrong.
    async fn ssh(&self, name: &str, of: &Artifact) -> Result<Signature, Error> {
        let what = self.called(name);
        let Some(manifest) = self.manifest(name).await? else { return Err(Error::Missing(what)) };
        let malformed = |why: String| Error::Malformed { what: what.clone(), why };
        let parsed = serde_json::from_slice::<OciImageManifest>(&manifest.bytes)
            .map_err(|error| malformed(error.to_string()))?;
        let about = parsed.subject.map(|subject| subject.digest);
        if about.as_deref() != Some(of.manifest.as_str()) {
            let about = about.unwrap_or_else(|| "nothing".to_owned());
            return Err(malformed(format!("expected a signature of {}, found one of {about}", of.manifest)));
        }
        let [layer] = &parsed.layers[..] else {
            return Err(malformed("expected one layer, which is the signature".to_owned()));
        };
        let bytes = self.small_blob(&artifact::blob(layer, &what)?, SIGNATURE_BYTES as u64, &what).await?;
        Ok(Signature::Ssh(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The signatures that cosign put beside an artifact.
    async fn cosign(&self, of: &Artifact, signatures: &mut Vec<Signature>) -> Result<(), Error> {
        let tag = format!("{}.sig", list_tag(of));
        let what = self.called(&tag);
        let Some(manifest) = self.manifest(&tag).await? else { return Ok(()) };
        let parsed = serde_json::from_slice::<OciImageManifest>(&manifest.bytes)
            .map_err(|error| Error::Malformed { what: what.clone(), why: error.to_string() })?;
        for layer in parsed.layers.iter().filter(|layer| layer.media_type == COSIGN_PAYLOAD) {
            self.room(signatures, of)?;
            let notes = layer.annotations.as_ref();
            let Some(signature) = notes.and_then(|notes| notes.get(COSIGN_SIGNATURE)).cloned() else {
                continue;
            };
            let blob = artifact::blob(layer, &what)?;
            let payload = self.small_blob(&blob, SIGNATURE_BYTES as u64, &what).await?;
            signatures.push(Signature::Cosign { payload, signature });
        }
        Ok(())
    }

    /// Whoever may write into a repository may put a million signatures there.
    fn room(&self, signatures: &[Signature], of: &Artifact) -> Result<(), Error> {
        match signatures.len() < SIGNATURES {
            true => Ok(()),
            false => Err(Error::Malformed {
                what: self.called(&of.manifest),
                why: format!("it has more than {SIGNATURES} signatures"),
            }),
        }
    }

    /// Puts an artifact into the repository under its tag.
    pub async fn put(
        &self,
        kind: Kind,
        config: &[u8],
        layer: &Blob,
        title: &str,
        version: Option<&str>,
    ) -> Result<Artifact, Error> {
        let tag = self.reference.tag.clone().unwrap_or_else(|| "latest".to_owned());
        let what = self.called(&tag);
        let config = self.put_small_blob(config, &what).await?;
        let manifest = artifact::manifest(kind, &config, layer, title, version)?;
        self.put_manifest(&tag, OCI_IMAGE_MEDIA_TYPE, &manifest).await?;
        Artifact::parse(&manifest, &what)
    }
}

/// The tag of the list of what refers to an artifact.
fn list_tag(of: &Artifact) -> String {
    of.manifest.replace(':', "-")
}
