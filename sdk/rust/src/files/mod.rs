//! Reading what [`Readable`](crate::Readable) parameters name, probing where [`Writable`](crate::Writable) ones allow it.
//!
//! Paths are written as in the parameter, with further names after it. See `wit/files.wit` for what each function answers.

mod content;
mod search;
mod walk;

use serde::{Deserialize, Serialize};
use serde_json::json;

pub use self::{
    content::{Content, open},
    search::{Matches, Pattern, Search, search, search_processes},
    walk::{Entries, Entry, Walk, walk},
};
use crate::{Attributes, Error, Value, bindings::gonogo::plugin::files as wit, host::ask};

/// What a name in a directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A FIFO, socket or device.
    Other,
}

/// How to digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// BLAKE3.
    Blake3,
}

impl From<wit::Kind> for Kind {
    fn from(kind: wit::Kind) -> Self {
        match kind {
            wit::Kind::File => Self::File,
            wit::Kind::Directory => Self::Directory,
            wit::Kind::Link => Self::Link,
            wit::Kind::Other => Self::Other,
        }
    }
}

impl From<Algorithm> for wit::Algorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Sha256,
            Algorithm::Blake3 => Self::Blake3,
        }
    }
}

/// Most bytes that one [`read`] gives.
pub const MOST_BYTES: u32 = 4 << 20;

/// What a path is; with `follow`, what a link leads to.
pub fn stat(path: &str, follow: bool) -> Result<Attributes, Error> {
    ask("files.stat", || json!({"path": path, "follow": follow}), || Ok(wit::stat(path, follow)?.into()))
}

/// Part of a file: fewer bytes than `length` only at its end.
pub fn read(path: &str, offset: u64, length: u32) -> Result<Vec<u8>, Error> {
    let asked = || json!({"path": path, "offset": offset, "length": length});
    ask("files.read", asked, || Ok(Bytes(wit::read(path, offset, length)?))).map(|bytes| bytes.0)
}

/// A whole text file of at most [`MOST_BYTES`].
pub fn read_text(path: &str) -> Result<String, Error> {
    let bytes = read(path, 0, MOST_BYTES)?;
    if bytes.len() as u64 == u64::from(MOST_BYTES) {
        return Err(Error::Limit(format!("{path} is larger than {MOST_BYTES} bytes")));
    }
    String::from_utf8(bytes).map_err(|error| {
        Error::Io(format!(
            "{path} is not UTF-8: byte {} starts no character",
            error.utf8_error().valid_up_to()
        ))
    })
}

/// Names in a directory with their kinds, sorted.
pub fn list(path: &str) -> Result<Vec<(String, Kind)>, Error> {
    let import = || Ok(wit::list(path)?.into_iter().map(|(name, kind)| (name, kind.into())).collect());
    ask("files.list", || json!({"path": path}), import)
}

/// The first line, from 1, on which a regular expression matches.
pub fn find(path: &str, pattern: &str) -> Result<Option<u64>, Error> {
    ask("files.find", || json!({"path": path, "pattern": pattern}), || Ok(wit::find(path, pattern)?))
}

/// A file's digest in lower-case hex.
pub fn digest(path: &str, algorithm: Algorithm) -> Result<String, Error> {
    let import = || Ok(wit::digest(path, algorithm.into())?);
    ask("files.digest", || json!({"path": path, "algorithm": algorithm}), import)
}

/// The digests of many files (at most 10,000), in their order. A file that cannot be read has an error of its own.
pub fn digests(paths: &[String], algorithm: Algorithm) -> Result<Vec<Result<String, Error>>, Error> {
    let import = || {
        let digests = wit::digests(paths, algorithm.into())?.into_iter();
        Ok(digests.map(|digest| digest.map_or_else(failed, Value::Text)).collect::<Vec<_>>())
    };
    let digest = |value| match value {
        Value::Text(digest) => Ok(digest),
        Value::Failed { failed } => Err(failed),
        value => Err(Error::Unsupported(format!("the host gives the digest {value:?}"))),
    };
    let answer = ask("files.digests", || json!({"paths": paths, "algorithm": algorithm}), import)?;
    Ok(answer.into_iter().map(digest).collect())
}

fn failed(error: crate::bindings::gonogo::plugin::types::Error) -> Value {
    Value::Failed { failed: error.into() }
}

/// Makes the directory that a [`Scratch`](crate::Scratch) parameter names, for the job's commands to fill. The host removes it when the job ends.
pub fn scratch(path: &str) -> Result<(), Error> {
    ask("files.scratch", || json!({"path": path}), || Ok(wit::scratch(path)?))
}

/// The filesystem that holds a path.
pub fn space(path: &str) -> Result<Attributes, Error> {
    ask("files.space", || json!({"path": path}), || Ok(wit::space(path)?.into()))
}

/// Writes, syncs, reads back and removes a file of `size` bytes in a directory.
pub fn probe(directory: &str, size: u64) -> Result<Attributes, Error> {
    ask(
        "files.probe",
        || json!({"directory": directory, "size": size}),
        || Ok(wit::probe(directory, size)?.into()),
    )
}

/// Bytes as a recording keeps them: text where they are UTF-8, else hex.
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => Recorded::Hex { hex: self.0.iter().map(|byte| format!("{byte:02x}")).collect() }
                .serialize(serializer),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Recorded {
    Text(String),
    Hex { hex: String },
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Recorded::deserialize(deserializer)? {
            Recorded::Text(text) => Ok(Self(text.into_bytes())),
            Recorded::Hex { hex } => {
                let byte = |at: usize| hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
                let bytes = (0..hex.len()).step_by(2).map(byte).collect::<Option<Vec<_>>>();
                bytes.map(Self).ok_or_else(|| serde::de::Error::custom("'hex' is no sequence of hex pairs"))
            }
        }
    }
}
