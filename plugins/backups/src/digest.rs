//! Digests that the plugin computes itself: of members of archives, and by algorithms that the host does not have.

use gonogo_sdk::{
    Error,
    files::{self, Content},
};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

/// How to digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// MD5: against accidents only.
    Md5,
    /// SHA-1: against accidents only.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Md5, Self::Sha1, Self::Sha256, Self::Sha512];

    /// As names of manifests have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// Hexadecimal digits of a digest.
    pub const fn digits(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha1 => 40,
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }

    /// Of a content from `offset` to `end`, or to its end, in lower-case hex; and how many bytes that were.
    pub fn digest(self, content: &Content, offset: u64, end: Option<u64>) -> Result<(String, u64), Error> {
        match self {
            Self::Md5 => stream::<Md5>(content, offset, end),
            Self::Sha1 => stream::<Sha1>(content, offset, end),
            Self::Sha256 => stream::<Sha256>(content, offset, end),
            Self::Sha512 => stream::<Sha512>(content, offset, end),
        }
    }

    /// Of files. SHA-256 is the host's, on all cores.
    pub fn digests(self, paths: &[String]) -> Result<Vec<Result<String, Error>>, Error> {
        if self == Self::Sha256 {
            return by_host(paths, files::Algorithm::Sha256);
        }
        let one = |path: &String| Ok(self.digest(&files::open(path)?, 0, None)?.0);
        Ok(paths.iter().map(one).collect())
    }
}

/// Digests by the host: as many as files, or an error. A file without a digest would count as one that is right.
pub fn by_host(paths: &[String], algorithm: files::Algorithm) -> Result<Vec<Result<String, Error>>, Error> {
    let digests = files::digests(paths, algorithm)?;
    if digests.len() != paths.len() {
        let why = format!("the host gave {} digests of {} files", digests.len(), paths.len());
        return Err(Error::Io(why));
    }
    Ok(digests)
}

fn stream<D: Digest>(content: &Content, mut offset: u64, end: Option<u64>) -> Result<(String, u64), Error> {
    let mut digest = D::new();
    let begin = offset;
    loop {
        let left = end.map_or(u64::MAX, |end| end.saturating_sub(offset));
        let length = u32::try_from(left).unwrap_or(u32::MAX).min(files::MOST_BYTES);
        let bytes = if length == 0 { Vec::new() } else { content.read(offset, length)? };
        digest.update(&bytes);
        offset += bytes.len() as u64;
        if bytes.len() < files::MOST_BYTES as usize {
            return Ok((hex(&digest.finalize()), offset - begin));
        }
    }
}

/// Bytes in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
