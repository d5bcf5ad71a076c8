//! Lists of checksums, as sha256sum, b3sum, md5sum and BagIt write them.

use std::collections::BTreeMap;

use gonogo_sdk::{
    Error, JsonSchema,
    files::{self, MOST_BYTES},
};
use serde::Deserialize;

use super::md5;

/// Most bytes of a manifest: half a million lines.
const MOST: usize = 64 << 20;

/// How to digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars", inline)]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// BLAKE3.
    Blake3,
    /// MD5: against accidents only.
    Md5,
}

impl Algorithm {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Blake3, Self::Md5];

    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Blake3 => "BLAKE3",
            Self::Md5 => "MD5",
        }
    }

    /// What a manifest's name says.
    pub fn of_name(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        [("blake3", Self::Blake3), ("b3", Self::Blake3), ("sha256", Self::Sha256), ("md5", Self::Md5)]
            .into_iter()
            .find(|(word, _)| name.contains(word))
            .map(|(_, algorithm)| algorithm)
    }

    /// Of files, in their order, in lower-case hex.
    pub fn digests(self, paths: &[String]) -> Result<Vec<Result<String, Error>>, Error> {
        match self {
            Self::Sha256 => files::digests(paths, files::Algorithm::Sha256),
            Self::Blake3 => files::digests(paths, files::Algorithm::Blake3),
            Self::Md5 => Ok(paths.iter().map(|path| md5::of(path)).collect()),
        }
    }
}

/// What a file should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// By which digest.
    pub algorithm: Algorithm,
    /// In lower-case hex.
    pub digest: String,
    /// In bytes, where it is said.
    pub size: Option<u64>,
}

/// A list of checksums.
#[derive(Debug, Default)]
pub struct Manifest {
    /// By name.
    pub files: BTreeMap<String, Wanted>,
    /// Lines that are none, from 1.
    pub wrong: Vec<u32>,
}

impl Manifest {
    /// One line for each file: `DIGEST  NAME`, `DIGEST *NAME`, or `SHA256 (NAME) = DIGEST`. Empty lines and those that begin with `#` do not count. 64 digits are SHA-256, unless something says that they are BLAKE3.
    pub fn parse(text: &str, algorithm: Option<Algorithm>) -> Self {
        let mut manifest = Self::default();
        for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').split('\n')) {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            match parse_line(line, algorithm) {
                Some((name, wanted)) => _ = manifest.files.insert(name, wanted),
                None => manifest.wrong.push(number),
            }
        }
        manifest
    }
}

fn parse_line(line: &str, algorithm: Option<Algorithm>) -> Option<(String, Wanted)> {
    // GNU's way to write names with newlines and backslashes.
    let (escaped, line) = line.strip_prefix('\\').map_or((false, line), |line| (true, line));
    let tagged = line.split_once(" (").and_then(|(tag, rest)| {
        let (name, digest) = rest.rsplit_once(") = ")?;
        Some((tag, name, digest))
    });
    let (said, name, digest) = if let Some((tag, name, digest)) = tagged {
        (Algorithm::of_name(&tag.replace('-', "")), name, digest)
    } else {
        let (digest, name) = line.split_once([' ', '\t'])?;
        let name = name.trim_start_matches([' ', '\t']);
        (None, name.strip_prefix('*').unwrap_or(name), digest)
    };
    let algorithm = match (said.or(algorithm), digest.len()) {
        (_, 32) => Algorithm::Md5,
        (Some(Algorithm::Blake3), 64) => Algorithm::Blake3,
        (_, 64) => Algorithm::Sha256,
        _ => return None,
    };
    if name.is_empty() || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let name = if escaped { unescape(name) } else { name.to_owned() };
    let name = name.strip_prefix("./").map(str::to_owned).unwrap_or(name);
    Some((name, Wanted { algorithm, digest: digest.to_ascii_lowercase(), size: None }))
}

fn unescape(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut letters = name.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        out.push(match letters.next() {
            Some('n') => '\n',
            Some('r') => '\r',
            other => other.unwrap_or('\\'),
        });
    }
    out
}

/// A text file of at most 64 MiB.
pub fn text(path: &str) -> Result<String, Error> {
    let mut bytes = Vec::new();
    loop {
        let part = files::read(path, bytes.len() as u64, MOST_BYTES)?;
        let is_last = part.len() < MOST_BYTES as usize;
        bytes.extend(part);
        if bytes.len() > MOST {
            return Err(Error::Limit(format!("{path} is larger than {MOST} bytes")));
        }
        if is_last {
            break;
        }
    }
    String::from_utf8(bytes).map_err(|_| Error::Io(format!("{path} is not UTF-8")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_of_all_kinds() {
        let (md5, long) = (
            "d41d8cd98f00b204e9800998ecf8427e",
            "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
        );
        let text = format!(
            "# comment\n{md5}  a b\n{long} *./c\r\n\n\\{md5}  d\\ne\\\\f\nSHA256 (g (1)) = {long}\nBLAKE3 (h) = {long}\nnonsense\n{}x  i\n",
            &md5[1..]
        );
        let manifest = Manifest::parse(&text, None);
        let seen =
            manifest.files.iter().map(|(name, wanted)| (name.as_str(), wanted.algorithm)).collect::<Vec<_>>();
        assert_eq!(
            seen,
            [
                ("a b", Algorithm::Md5),
                ("c", Algorithm::Sha256),
                ("d\ne\\f", Algorithm::Md5),
                ("g (1)", Algorithm::Sha256),
                ("h", Algorithm::Blake3)
            ]
        );
        assert_eq!(manifest.wrong, [8, 9]);
        let blake3 = Manifest::parse(&format!("{long}  a"), Algorithm::of_name("data/B3SUMS"));
        assert_eq!(blake3.files["a"].algorithm, Algorithm::Blake3);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9a-f]{30,34}[\\PC\\n]{0,80}") {
            Manifest::parse(&text, None);
        }
    }
}
