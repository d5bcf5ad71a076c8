//! The file `integrity.N` of a borg repository: the digests that `index.N` and `hints.N` must have. borg itself makes a damaged index anew
//! without a word, and so writes into the repository: this is read before borg is run.
//!
//! A msgpack map; `index` and `hints` are JSON with the algorithm and a digest for each part of the file. A digest is the XXH64 (seed 0) of the
//! file's name, then for each part its bytes, the part's name, and how far into the file that is; names have their length before them, in
//! ten places, and all numbers are in decimal.

use std::{collections::BTreeMap, hash::Hasher as _};

use gonogo_sdk::{Error, files};
use serde::Deserialize;
use twox_hash::XxHash64;

/// The only algorithm that borg 1 has.
const XXH64: &str = "XXH64";

/// The last part of a file, with all that comes before.
const FINAL: &str = "final";

/// Digests of the two files that belong to a commit.
#[derive(Debug, Deserialize)]
pub struct Detached {
    /// JSON.
    index: Option<String>,
    /// JSON.
    hints: Option<String>,
}

/// What one of them must have.
#[derive(Debug, Deserialize)]
struct Digests {
    algorithm: String,
    /// By the names of parts.
    digests: BTreeMap<String, String>,
}

/// Whether a file has the digest that it must have.
#[derive(Debug, PartialEq, Eq)]
pub enum Held {
    /// It has.
    Right,
    /// It has another one; here what is wrong.
    Wrong(String),
    /// That cannot be told, for this reason.
    Unclear(String),
}

impl Detached {
    /// Reads `integrity.N`. The inner error says what is wrong with it.
    pub fn read(path: &str) -> Result<Result<Self, String>, Error> {
        let bytes = files::read(path, 0, files::MOST_BYTES)?;
        Ok(rmp_serde::from_slice(&bytes).map_err(|error| error.to_string()))
    }

    /// Holds `index.N` against its digest, whose first part is the header.
    pub fn index(&self, path: &str) -> Result<Held, Error> {
        hold(self.index.as_deref(), path, &[("HashHeader", 18)])
    }

    /// Holds `hints.N` against its digest.
    pub fn hints(&self, path: &str) -> Result<Held, Error> {
        hold(self.hints.as_deref(), path, &[])
    }
}

fn hold(json: Option<&str>, path: &str, parts: &[(&str, u64)]) -> Result<Held, Error> {
    let Some(json) = json else { return Ok(Held::Unclear(format!("no digest of {path} was kept"))) };
    let wanted = match serde_json::from_str::<Digests>(json) {
        Ok(wanted) => wanted,
        Err(error) => {
            return Ok(Held::Wrong(format!("the digest that it must have cannot be read: {error}")));
        }
    };
    if wanted.algorithm != XXH64 {
        return Ok(Held::Unclear(format!(
            "its digest is by {}, and only {XXH64} is known",
            wanted.algorithm
        )));
    }
    let Some(wanted) = wanted.digests.get(FINAL) else {
        return Ok(Held::Wrong(format!("its digest lacks the part '{FINAL}'")));
    };
    let found = digest(path, parts)?;
    Ok(match found == *wanted {
        true => Held::Right,
        false => Held::Wrong(format!("its {XXH64} is {found}, {wanted} wanted")),
    })
}

/// The digest of a file with these parts before the final one; each ends at a byte.
fn digest(path: &str, parts: &[(&str, u64)]) -> Result<String, Error> {
    let mut digest = Digest::of(path.rsplit('/').next().unwrap_or(path));
    let content = files::open(path)?;
    let mut offset = 0;
    for (part, end) in parts {
        let bytes = content.read(offset, u32::try_from(end - offset).unwrap_or(u32::MAX))?;
        offset += bytes.len() as u64;
        digest.bytes(&bytes);
        digest.part(part, offset);
    }
    loop {
        let bytes = content.read(offset, files::MOST_BYTES)?;
        offset += bytes.len() as u64;
        digest.bytes(&bytes);
        if bytes.len() < files::MOST_BYTES as usize {
            digest.part(FINAL, offset);
            return Ok(digest.shown());
        }
    }
}

struct Digest(XxHash64);

impl Digest {
    fn of(name: &str) -> Self {
        let mut digest = Self(XxHash64::with_seed(0));
        digest.name(name);
        digest
    }

    fn name(&mut self, name: &str) {
        self.bytes(format!("{:10}", name.len()).as_bytes());
        self.bytes(name.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    /// A part ends here.
    fn part(&mut self, name: &str, at: u64) {
        self.name(name);
        self.bytes(at.to_string().as_bytes());
    }

    fn shown(&self) -> String {
        format!("{:016x}", self.0.finish())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `hints.5` of a repository of borg 1.2.4, and the `integrity.5` beside it.
    const HINTS: &[u8] = b"\x85\xa7version\x02\xa8segments\x86\x00\x00\x01\x00\x02\x03\x03\x00\x04\x01\x05\x00\xa7compact\x84\x01\x09\x00\xcd\x02\x0a\x03)\x05\x09\xb1storage_quota_use\xce\x00\x04\x9b\x9b\xacshadow_index\x80";
    const INTEGRITY: &[u8] = b"\x83\xa7version\x02\xa5hints\xda\x00@{\"algorithm\": \"XXH64\", \"digests\": {\"final\": \"c331a69f790d2199\"}}\xa5index\xda\x00b{\"algorithm\": \"XXH64\", \"digests\": {\"HashHeader\": \"607fec9a1ce82561\", \"final\": \"547b43665365b92b\"}}";

    #[test]
    fn what_borg_has_written() {
        let detached: Detached = rmp_serde::from_slice(INTEGRITY).unwrap();
        let wanted: Digests = serde_json::from_str(&detached.hints.unwrap()).unwrap();
        let found = |name: &str, bytes: &[u8]| {
            let mut digest = Digest::of(name);
            digest.bytes(bytes);
            digest.part(FINAL, bytes.len() as u64);
            digest.shown()
        };
        assert_eq!(found("hints.5", HINTS), wanted.digests[FINAL]);
        assert_ne!(found("hints.6", HINTS), wanted.digests[FINAL]);
        assert_ne!(found("hints.5", &HINTS[1..]), wanted.digests[FINAL]);
        let index: Digests = serde_json::from_str(&detached.index.unwrap()).unwrap();
        assert_eq!((&*index.algorithm, index.digests.len()), (XXH64, 2));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = rmp_serde::from_slice::<Detached>(&bytes);
        }
    }
}
