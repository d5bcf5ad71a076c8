//! What is new about a plugin, beside what was consented to.

use std::cmp::Ordering;

use semver::Version;

use super::{Abilities, Ability, Entry};
use crate::domain::{PluginSource, Signer};

/// How a plugin that was found differs from the one that is locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// It can do this too.
    pub more: Vec<Ability>,
    /// It can no longer do this.
    pub fewer: Vec<Ability>,
    /// It comes from another place: the old and the new one.
    pub moved: Option<(PluginSource, PluginSource)>,
    /// The signature is another's, or missing: the old signer and the new one.
    pub signer: Option<(Signer, Option<Signer>)>,
    /// It is older, or nobody can tell: the old version and the new one.
    pub downgrade: Option<(String, String)>,
}

impl Difference {
    /// From the one that is locked to the one that was found.
    pub fn between(locked: &Entry, found: &Entry) -> Self {
        let signer = match (&locked.signer, &found.signer) {
            (Some(old), new) if Some(old) != new.as_ref() => Some((old.clone(), new.clone())),
            _ => None,
        };
        Self {
            more: beyond(&found.abilities, &locked.abilities),
            fewer: beyond(&locked.abilities, &found.abilities),
            moved: (!same_place(&locked.source, &found.source))
                .then(|| (locked.source.clone(), found.source.clone())),
            signer,
            downgrade: is_downgrade(&locked.version, &found.version)
                .then(|| (locked.version.clone(), found.version.clone())),
        }
    }

    /// Whether a person has to say yes to it.
    pub fn needs_consent(&self) -> bool {
        !self.more.is_empty() || self.moved.is_some() || self.signer.is_some() || self.downgrade.is_some()
    }
}

/// What the first can do and the second cannot.
pub fn beyond(able: &Abilities, consented: &Abilities) -> Vec<Ability> {
    able.difference(consented).cloned().collect()
}

/// Whether the same people stand behind both. Another tag, digest or file name is another version of the same thing.
fn same_place(old: &PluginSource, new: &PluginSource) -> bool {
    match (old, new) {
        (PluginSource::Path(old), PluginSource::Path(new)) => old == new,
        (PluginSource::File(old), PluginSource::File(new)) => old.parent() == new.parent(),
        (PluginSource::Https { url: old, .. }, PluginSource::Https { url: new, .. }) => {
            folder(old) == folder(new)
        }
        (PluginSource::Oci(old), PluginSource::Oci(new)) => {
            (&old.registry, &old.repository) == (&new.registry, &new.repository)
        }
        _ => false,
    }
}

/// An address up to the last part of its path.
fn folder(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    path.rsplit_once('/').map_or(path, |(folder, _)| folder)
}

/// Versions are compared as semver has them. Where only the old one is such a version nobody can tell, which is no reason to trust the new one.
fn is_downgrade(old: &str, new: &str) -> bool {
    match (Version::parse(old), Version::parse(new)) {
        (Ok(old), Ok(new)) => new.cmp_precedence(&old) == Ordering::Less,
        (Ok(_), Err(_)) => true,
        (Err(_), _) => false,
    }
}
