//! Which signatures let something pass.
//!
//! One that is wrong is refused whatever the policy, unless nobody looks. One that is right but by somebody whom nobody named does no harm
//! beside one that counts, and never counts itself.

use std::fmt;

use jiff::Timestamp;

use super::{Content, Error, Signature, Trust, allowed::NotAllowed, cosign, now, ssh};
use crate::domain::{SignaturePolicy, Signer};

/// What signers of cosign are called: their keys have no names.
const COSIGN: &str = "cosign";

/// One signature, looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// `ssh` or `cosign`.
    pub kind: &'static str,
    /// Of the key, where it is known.
    pub fingerprint: Option<String>,
    /// What it is worth.
    pub standing: Standing,
}

/// What a signature is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is right, and by somebody who may sign.
    Good(Signer),
    /// It is right as far as that can be told, but nobody said who may sign.
    Unnamed,
    /// It is right, but by somebody who may not sign, or not now.
    Foreign(Fault),
    /// It is wrong.
    Wrong(Fault),
}

/// Why a signature does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not in the form of a signature.
    Unreadable(String),
    /// Made for something else.
    Namespace {
        /// What for.
        found: String,
        /// Of the key.
        fingerprint: String,
    },
    /// Over other bytes, or damaged.
    OverSomethingElse {
        /// The digest that it should be over.
        expected: String,
        /// Of the key.
        fingerprint: String,
    },
    /// A payload of cosign about another manifest.
    OtherManifest {
        /// The digest that it should be about.
        expected: String,
        /// The one that it is about.
        found: String,
    },
    /// A kind of key that nobody here can verify.
    Algorithm {
        /// Its name.
        algorithm: String,
        /// Of the key.
        fingerprint: String,
    },
    /// A hardware key that nobody touched.
    Untouched {
        /// Of the key.
        fingerprint: String,
    },
    /// None of cosign's signatures is by the key that was named.
    OtherKey {
        /// Of the key that was named.
        expected: String,
    },
    /// The key has no line among the signers that counts.
    Key {
        /// Of the key.
        fingerprint: String,
        /// The file of signers.
        file: String,
        /// Why its line does not count.
        why: NotAllowed,
    },
}

impl Fault {
    fn fingerprint(&self) -> Option<&str> {
        match self {
            Self::Namespace { fingerprint, .. }
            | Self::OverSomethingElse { fingerprint, .. }
            | Self::Algorithm { fingerprint, .. }
            | Self::Untouched { fingerprint }
            | Self::Key { fingerprint, .. } => Some(fingerprint),
            Self::Unreadable(_) | Self::OtherManifest { .. } | Self::OtherKey { .. } => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => write!(f, "it is no signature that can be read ({why})"),
            Self::Namespace { found, fingerprint } => {
                write!(f, "it was made for the namespace '{found}', not for 'gonogo' (key {fingerprint})")
            }
            Self::OverSomethingElse { expected, fingerprint } => write!(
                f,
                "it is over something else, or damaged: expected one over sha256 {expected} (key {fingerprint})"
            ),
            Self::OtherManifest { expected, found } => {
                write!(f, "it is over something else: expected the manifest {expected}, found {found}")
            }
            Self::Algorithm { algorithm, fingerprint } => {
                write!(f, "keys of the kind {algorithm} cannot be verified here (key {fingerprint})")
            }
            Self::Untouched { fingerprint } => write!(f, "nobody touched the hardware key {fingerprint}"),
            Self::OtherKey { expected } => {
                write!(f, "none of cosign's signatures is by the key {expected}")
            }
            Self::Key { fingerprint, file, why } => match why {
                NotAllowed::Unknown { authorities } => {
                    write!(f, "the key {fingerprint} is not in {file}")?;
                    let note = ", whose lines with cert-authority are not supported";
                    f.write_str(if *authorities { note } else { "" })
                }
                NotAllowed::Namespace(line) => {
                    write!(
                        f,
                        "{file}:{line} admits the key {fingerprint}, but not for the namespace 'gonogo'"
                    )
                }
                NotAllowed::Early(line, when) => {
                    write!(f, "the key {fingerprint} is not valid before {when} ({file}:{line})")
                }
                NotAllowed::Expired(line, when) => {
                    write!(f, "the key {fingerprint} expired at {when} ({file}:{line})")
                }
                NotAllowed::Other(line) => {
                    write!(f, "the key {fingerprint} is that of somebody else ({file}:{line})")
                }
            },
        }
    }
}

/// Looks at every signature.
pub fn look(signatures: &[Signature], trust: &Trust, content: &Content) -> Vec<Looked> {
    at(signatures, trust, content, now())
}

fn at(signatures: &[Signature], trust: &Trust, content: &Content, now: Timestamp) -> Vec<Looked> {
    signatures.iter().map(|signature| one(signature, trust, content, now)).collect()
}

fn one(signature: &Signature, trust: &Trust, content: &Content, now: Timestamp) -> Looked {
    let wrong = |kind, fault: Fault| Looked {
        kind,
        fingerprint: fault.fingerprint().map(str::to_owned),
        standing: Standing::Wrong(fault),
    };
    match signature {
        Signature::Ssh(armour) => {
            let held = match ssh::verify(armour, &content.sha256) {
                Ok(held) => held,
                Err(fault) => return wrong("ssh", fault),
            };
            let fingerprint = held.fingerprint;
            let standing = match &trust.signers {
                // Where only a key of cosign is trusted, no SSH key is.
                None if trust.cosign.is_some() => Standing::Foreign(Fault::Key {
                    fingerprint: fingerprint.clone(),
                    file: "the key of cosign".to_owned(),
                    why: NotAllowed::Unknown { authorities: false },
                }),
                None => Standing::Unnamed,
                Some(signers) => match signers.find(&held.key, trust.principal.as_deref(), now) {
                    Ok(principal) => Standing::Good(Signer { principal, fingerprint: fingerprint.clone() }),
                    Err(why) => Standing::Foreign(Fault::Key {
                        fingerprint: fingerprint.clone(),
                        file: signers.path().display().to_string(),
                        why,
                    }),
                },
            };
            Looked { kind: "ssh", fingerprint: Some(fingerprint), standing }
        }
        Signature::Cosign { payload, signature } => {
            if let Err(fault) = cosign::about(payload, content.manifest.as_deref()) {
                return wrong(COSIGN, fault);
            }
            let (fingerprint, standing) = match &trust.cosign {
                None => (None, Standing::Unnamed),
                Some(key) if key.made(payload, signature) => {
                    let fingerprint = key.fingerprint().to_owned();
                    let signer = Signer { principal: COSIGN.to_owned(), fingerprint: fingerprint.clone() };
                    (Some(fingerprint), Standing::Good(signer))
                }
                // By whom it is does not stand in it: it may be right, by another key.
                Some(key) => {
                    let expected = key.fingerprint().to_owned();
                    (None, Standing::Foreign(Fault::OtherKey { expected }))
                }
            };
            Looked { kind: COSIGN, fingerprint, standing }
        }
    }
}

/// Whose signature lets it pass. `what` is how messages call it.
///
/// # Errors
/// Where a signature is wrong, or none counts and one must.
pub fn judge(
    policy: SignaturePolicy,
    looked: Vec<Looked>,
    trust: &Trust,
    what: &str,
) -> Result<Option<Signer>, Error> {
    let what = || what.to_owned();
    if policy == SignaturePolicy::Off {
        return Ok(None);
    }
    let required = policy == SignaturePolicy::Required;
    if required && !trust.names_anybody() {
        return Err(Error::NobodyNamed(what()));
    }
    let (mut good, mut faults) = (None, Vec::new());
    for Looked { standing, .. } in looked {
        match standing {
            Standing::Wrong(fault) => return Err(Error::Wrong { what: what(), fault }),
            Standing::Foreign(fault) => faults.push(fault),
            Standing::Good(signer) => good = good.or(Some(signer)),
            Standing::Unnamed => {}
        }
    }
    match good {
        Some(signer) => Ok(Some(signer)),
        None if !faults.is_empty() => Err(Error::Foreign { what: what(), faults }),
        None if required => Err(Error::Missing(what())),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::signature::CosignKey;

    const KEY: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n-----END PUBLIC KEY-----\n";

    fn looked(standing: Standing) -> Looked {
        Looked { kind: "ssh", fingerprint: None, standing }
    }

    use SignaturePolicy::{IfPresent, Off, Required};

    #[test]
    fn the_policy_says_what_is_enough() {
        let named = Trust { cosign: Some(CosignKey::parse(KEY).unwrap()), ..Trust::default() };
        let ann = Signer { principal: "ann".to_owned(), fingerprint: "SHA256:x".to_owned() };
        let good = || looked(Standing::Good(ann.clone()));
        let foreign = || looked(Standing::Foreign(Fault::OtherKey { expected: "SHA256:y".to_owned() }));
        let wrong = || looked(Standing::Wrong(Fault::Unreadable("x".to_owned())));
        let unnamed = || looked(Standing::Unnamed);
        let pass = |policy, looked: Vec<Looked>| judge(policy, looked, &named, "it");
        for policy in [Required, IfPresent] {
            assert_eq!(pass(policy, vec![foreign(), good()]).unwrap(), Some(ann.clone()));
            assert!(matches!(pass(policy, vec![good(), wrong()]), Err(Error::Wrong { .. })));
            assert!(matches!(pass(policy, vec![foreign()]), Err(Error::Foreign { .. })));
        }
        assert!(matches!(pass(Required, vec![]), Err(Error::Missing(_))));
        assert!(matches!(pass(Required, vec![unnamed()]), Err(Error::Missing(_))));
        assert!(pass(IfPresent, vec![]).unwrap().is_none());
        assert!(pass(IfPresent, vec![unnamed()]).unwrap().is_none());
        assert!(pass(Off, vec![wrong()]).unwrap().is_none());
        let nobody = judge(Required, vec![good()], &Trust::default(), "it");
        assert!(matches!(nobody, Err(Error::NobodyNamed(_))));
    }
}
