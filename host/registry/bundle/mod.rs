//! Bundles: plugins, profiles and their documentation under one manifest, in one file.
//!
//! A bundle is a tar archive of one form only: first `bundle.toml`, then the files that it names, in its order, each a plain file of mode 0644
//! that belongs to 0 since 1970; then the end of the archive, two empty blocks. The same files give the same bytes, on every machine. It is not
//! compressed: compressors give other bytes with each version, and what is small when compressed may be endless when unpacked.
//!
//! After the end may stand a second archive with signatures, `signatures/1.sig` and so on. The content, whose digest is signed and which is the layer
//! in a registry, is the first archive alone.
//!
//! A reader accepts just this form, header by header, bit by bit. So there are no links, devices, absolute or repeated names, no sizes that lie, and nothing
//! between the files. Nothing is ever written under a name that stands in an archive.

mod archive;
mod manifest;
mod pack;

use std::{
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

pub use manifest::{Manifest, Member, Sort};
pub(super) use pack::COMPONENT;
pub use pack::{pack, title};

use super::{hex, signature::Signature};
use crate::domain::{
    Problem,
    limits::{BUNDLE_BYTES, MANIFEST_BYTES, SIGNATURE_BYTES, SIGNATURES},
};
use archive::{BLOCK, Scan};

/// The name of the manifest, in a folder that is packed and in a bundle.
pub const MANIFEST: &str = "bundle.toml";

/// Why a bundle is none, or cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read or written.
    #[error("cannot {tried} {path}")]
    Io {
        /// What was tried.
        tried: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// What is wrong in bundle.toml.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n"))]
    Manifest(Vec<Problem>),
    /// Not in the one form that bundles have.
    #[error("{what} is no bundle: {why}")]
    Form {
        /// The bundle.
        what: String,
        /// Where it is different, and how.
        why: String,
    },
    /// A member is not what the manifest says.
    #[error("{member} in {what} is not what {MANIFEST} says: expected sha256 {expected}, found {found}")]
    Digest {
        /// The bundle.
        what: String,
        /// The member.
        member: String,
        /// Lower-case hex.
        expected: String,
        /// Lower-case hex.
        found: String,
    },
    /// More than is taken.
    #[error("{what} has {size} bytes, more than the {most} that are taken")]
    TooLarge {
        /// The bundle, or a file for one.
        what: String,
        /// Its size.
        size: u64,
        /// What is taken.
        most: u64,
    },
    /// It changed while it was packed or read.
    #[error("{0} changed while it was read")]
    Changed(String),
    /// No such plugin or file in it.
    #[error("{what} has no {wanted}: it has {has}")]
    Absent {
        /// The bundle.
        what: String,
        /// What was looked for.
        wanted: String,
        /// What is there.
        has: String,
    },
}

impl Error {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Form { .. } | Self::Digest { .. } => Some(
                "get it again, or have it packed again by `gonogo bundle pack`: what other programs packed or changed is not taken",
            ),
            Self::Changed(_) => Some("pack it while nobody writes there"),
            Self::TooLarge { .. } => {
                Some("leave out what is no check, profile or documentation: data belongs elsewhere")
            }
            Self::Absent { .. } => Some("`gonogo bundle inspect` lists what is in it"),
            Self::Io { .. } | Self::Manifest(_) => None,
        }
    }
}

/// A bundle that was read once, whole, and found to be what its manifest says.
#[derive(Debug)]
pub struct Bundle<R> {
    /// How messages call it.
    what: String,
    source: R,
    /// What is in it.
    pub manifest: Manifest,
    /// The manifest's text.
    pub text: String,
    /// SHA-256 of the content, lower-case hex.
    pub sha256: String,
    /// Bytes of the content.
    pub size: u64,
    /// The signatures that it carries.
    pub signatures: Vec<Signature>,
    /// Where the bytes of each member begin.
    offsets: Vec<u64>,
}

impl<R: Read + Seek> Bundle<R> {
    /// Reads a bundle once through, and holds it to its form and its digests.
    ///
    /// # Errors
    /// Where anything is not as `gonogo bundle pack` makes it.
    pub fn open(mut source: R, what: &str) -> Result<Self, Error> {
        let failed = |source| Error::Io { tried: "read", path: what.into(), source };
        let size = source.seek(SeekFrom::End(0)).map_err(failed)?;
        if size > BUNDLE_BYTES {
            return Err(Error::TooLarge { what: what.to_owned(), size, most: BUNDLE_BYTES });
        }
        source.rewind().map_err(failed)?;
        let mut scan = Scan::new(&mut source, what);
        let text = scan.text(MANIFEST, MANIFEST_BYTES)?;
        let manifest =
            Manifest::packed(Path::new(&format!("{what}/{MANIFEST}")), &text).map_err(Error::Manifest)?;
        let mut offsets = Vec::with_capacity(manifest.members.len());
        for member in &manifest.members {
            offsets.push(scan.member(member)?);
        }
        scan.end()?;
        let (sha256, size) = scan.so_far();
        let signatures = signatures(scan)?;
        let what = what.to_owned();
        Ok(Self { what, source, manifest, text, sha256, size, signatures, offsets })
    }

    /// A plugin: the one of that name, or the only one.
    ///
    /// # Errors
    /// Where there is none, or its bytes are others than they were.
    pub fn plugin(&mut self, name: &str) -> Result<Vec<u8>, Error> {
        let plugins = self.manifest.members.iter().filter(|member| member.sort == Sort::Plugin);
        let plugins = plugins.collect::<Vec<_>>();
        let found = match plugins[..] {
            [only] => Some(only),
            _ => plugins.iter().copied().find(|member| member.name.as_deref() == Some(name)),
        };
        let Some(member) = found else {
            let names = plugins.iter().filter_map(|member| member.name.clone()).collect::<Vec<_>>();
            let has = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(Error::Absent { what: self.what.clone(), wanted: format!("plugin '{name}'"), has });
        };
        let file = member.file.clone();
        let mut component = Vec::new();
        self.member(&file, &mut component)?;
        Ok(component)
    }

    /// Writes the bytes of a member into something.
    ///
    /// # Errors
    /// Where there is none, its bytes are others than they were, or what it goes into refuses.
    pub fn member(&mut self, file: &str, into: &mut impl Write) -> Result<(), Error> {
        let Some(at) = self.manifest.members.iter().position(|member| member.file == file) else {
            let files = self.manifest.members.iter().map(|member| member.file.as_str()).collect::<Vec<_>>();
            let (what, wanted) = (self.what.clone(), format!("file '{file}'"));
            return Err(Error::Absent { what, wanted, has: files.join(", ") });
        };
        let failed = |source| Error::Io { tried: "read", path: self.what.clone().into(), source };
        let member = &self.manifest.members[at];
        self.source.seek(SeekFrom::Start(self.offsets[at])).map_err(failed)?;
        let mut hashed = Hashed { into, hash: Sha256::new() };
        let copied = std::io::copy(&mut (&mut self.source).take(member.size), &mut hashed).map_err(failed)?;
        let same = copied == member.size && hex(&hashed.hash.finalize()) == member.sha256;
        if same { Ok(()) } else { Err(Error::Changed(self.what.clone())) }
    }

    /// Reads the content once more, from its beginning, for whoever carries it on.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn content(&mut self) -> Result<impl Read + '_, Error> {
        let failed = |source| Error::Io { tried: "read", path: self.what.clone().into(), source };
        self.source.rewind().map_err(failed)?;
        Ok((&mut self.source).take(self.size))
    }
}

/// Hashes what is written.
struct Hashed<'w, W> {
    into: &'w mut W,
    hash: Sha256,
}

impl<W: Write> Write for Hashed<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.into.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.into.flush()
    }
}

/// The archive of signatures, where there is one.
fn signatures<R: Read>(mut scan: Scan<'_, R>) -> Result<Vec<Signature>, Error> {
    let mut signatures = Vec::new();
    if scan.is_over()? {
        return Ok(signatures);
    }
    loop {
        if signatures.len() == SIGNATURES {
            return Err(scan.wrong(format!("it carries more than {SIGNATURES} signatures")));
        }
        signatures.push(Signature::Ssh(scan.text(&signature_name(signatures.len()), SIGNATURE_BYTES)?));
        if scan.try_end()? {
            break;
        }
    }
    match scan.is_over()? {
        true => Ok(signatures),
        false => Err(scan.wrong("there is something behind its signatures".to_owned())),
    }
}

fn signature_name(at: usize) -> String {
    format!("signatures/{}.sig", at + 1)
}

/// The second archive, which carries signatures.
pub fn signatures_archive(signatures: &[Signature]) -> Vec<u8> {
    let armours = signatures.iter().filter_map(|signature| match signature {
        Signature::Ssh(armour) => Some(armour),
        // It is about a manifest in a registry, and says nothing in a file.
        Signature::Cosign { .. } => None,
    });
    let mut archive = Vec::new();
    for (at, armour) in armours.enumerate() {
        archive.extend_from_slice(&archive::header(&signature_name(at), armour.len() as u64));
        archive.extend_from_slice(armour.as_bytes());
        archive.resize(archive.len().next_multiple_of(BLOCK), 0);
    }
    if !archive.is_empty() {
        archive.resize(archive.len() + 2 * BLOCK, 0);
    }
    archive
}

#[cfg(test)]
mod tests;
