//! SSH signatures: made by the real `ssh-keygen`, which knows agents, passphrases and hardware keys; verified here.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use ssh_key::{Algorithm, HashAlg, PublicKey, SshSig, public::KeyData};

use super::{Error, NAMESPACE, policy::Fault, statement};
use crate::domain::text;

/// Of what a hardware key says beside its signature: somebody touched it.
const TOUCHED: u8 = 1;

/// A signature that holds.
pub(super) struct Held {
    /// The key that it was made with.
    pub key: KeyData,
    /// `SHA256:…` of that key.
    pub fingerprint: String,
}

/// Whether a signature is one over the statement of this digest.
pub(super) fn verify(armour: &str, sha256: &str) -> Result<Held, Fault> {
    let signature = SshSig::from_pem(armour.trim()).map_err(|error| Fault::Unreadable(error.to_string()))?;
    let key = signature.public_key().clone();
    let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
    if signature.namespace() != NAMESPACE {
        return Err(Fault::Namespace { found: text::line(signature.namespace(), 60), fingerprint });
    }
    let algorithm = key.algorithm();
    let hardware = matches!(algorithm, Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256);
    // The crate says of a kind that it cannot verify what it says of a signature that is wrong.
    let known =
        hardware || matches!(algorithm, Algorithm::Ecdsa { .. } | Algorithm::Ed25519 | Algorithm::Rsa { .. });
    if !known {
        return Err(Fault::Algorithm { algorithm: text::line(algorithm.as_ref(), 60), fingerprint });
    }
    // ssh-keygen asks the same of hardware keys.
    let flags = signature.signature_bytes().iter().rev().nth(4).copied().unwrap_or_default();
    if hardware && flags & TOUCHED == 0 {
        return Err(Fault::Untouched { fingerprint });
    }
    let held = PublicKey::from(key.clone()).verify(NAMESPACE, statement(sha256).as_bytes(), &signature);
    match held {
        Ok(()) => Ok(Held { key, fingerprint }),
        Err(_) => Err(Fault::OverSomethingElse { expected: sha256.to_owned(), fingerprint }),
    }
}

/// Signs the statement of a digest by `ssh-keygen -Y sign`, which asks for a passphrase or a touch where it needs one. `key` is a private key, or a
/// public one whose private half an agent has.
///
/// # Errors
/// Where the program is not there, refuses, or gives what does not verify.
pub fn sign(key: &Path, sha256: &str) -> Result<String, Error> {
    let failed = |why: String| Error::Signing { key: key.to_owned(), why };
    if !key.is_file() {
        return Err(failed("there is no such file".to_owned()));
    }
    let mut child = Command::new("ssh-keygen")
        .args(["-Y", "sign", "-n", NAMESPACE, "-f"])
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("ssh-keygen cannot be started: {error}")))?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that ends early says why on its standard error.
        let _ = stdin.write_all(statement(sha256).as_bytes());
    }
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(failed(format!("ssh-keygen says: {}", text::line(said.trim(), 400))));
    }
    let armour = String::from_utf8_lossy(&output.stdout).into_owned();
    // What is attached was verified by the code that will verify it elsewhere.
    verify(&armour, sha256)
        .map_err(|fault| failed(format!("what ssh-keygen made does not verify: {fault}")))?;
    Ok(armour)
}
