//! Signatures of cosign by a pair of keys: ECDSA on P-256 over the SHA-256 of a payload that names the digest of a manifest. All offline:
//! transparency logs, certificates and the newer bundles of Sigstore are not looked at.

use base64::{Engine, engine::general_purpose::STANDARD};
use p256::{
    ecdsa::{Signature, VerifyingKey, signature::Verifier},
    pkcs8::{DecodePublicKey, EncodePublicKey},
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::policy::Fault;
use crate::domain::text;

/// What the payload's `type` must be.
const TYPE: &str = "cosign container image signature";

/// A public key of cosign.
#[derive(Clone, Debug)]
pub struct CosignKey {
    key: VerifyingKey,
    fingerprint: String,
}

impl CosignKey {
    /// The key of a PEM text: `cosign.pub`.
    ///
    /// # Errors
    /// In words, where it is none, or none on P-256.
    pub fn parse(text: &str) -> Result<Self, String> {
        let key = VerifyingKey::from_public_key_pem(text.trim())
            .map_err(|error| format!("expected an ECDSA key on P-256 in PEM ({error})"))?;
        let der = key.to_public_key_der().map_err(|error| error.to_string())?;
        let digest = STANDARD.encode(Sha256::digest(der.as_bytes()));
        Ok(Self { key, fingerprint: format!("SHA256:{}", digest.trim_end_matches('=')) })
    }

    /// `SHA256:…` of the key in DER.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Whether a signature is by this key.
    pub(super) fn made(&self, payload: &[u8], signature: &str) -> bool {
        let der = STANDARD.decode(signature.trim()).ok();
        let signature = der.and_then(|der| Signature::from_der(&der).ok());
        signature.is_some_and(|signature| self.key.verify(payload, &signature).is_ok())
    }
}

/// Whether a payload is about this manifest.
pub(super) fn about(payload: &[u8], manifest: Option<&str>) -> Result<(), Fault> {
    let unreadable = || Fault::Unreadable("its payload is no statement of cosign's".to_owned());
    let payload: Value = serde_json::from_slice(payload).map_err(|_| unreadable())?;
    let critical = &payload["critical"];
    if critical["type"] != TYPE {
        return Err(unreadable());
    }
    let found = critical["image"]["docker-manifest-digest"].as_str().ok_or_else(unreadable)?;
    match manifest {
        Some(manifest) if found == manifest => Ok(()),
        manifest => Err(Fault::OtherManifest {
            expected: manifest.unwrap_or("none, as this is a file").to_owned(),
            found: text::line(found, 80),
        }),
    }
}
