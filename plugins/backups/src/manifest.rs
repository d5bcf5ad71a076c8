//! Lists of digests, as `sha256sum`, its kin and BagIt write them.

use std::collections::BTreeMap;

use gonogo_sdk::{
    Error,
    files::{self, MOST_BYTES},
};

use crate::digest::Algorithm;

/// Most bytes of a manifest: half a million lines.
const MOST: u64 = 64 << 20;

/// A list of digests.
#[derive(Debug, Default, PartialEq)]
pub struct Manifest {
    /// Digests in lower-case hex, by name.
    pub digests: BTreeMap<String, (Algorithm, String)>,
    /// Lines that are none, from 1.
    pub wrong: Vec<u32>,
}

impl Manifest {
    /// Reads a file of at most 64 MiB.
    pub fn read(path: &str) -> Result<Self, Error> {
        Ok(Self::parse(&text(path)?))
    }

    /// One line for each file: `DIGEST  NAME`, `DIGEST *NAME`, or `SHA256 (NAME) = DIGEST`. Empty lines and those that begin with `#` do not count.
    pub fn parse(text: &str) -> Self {
        let mut manifest = Self::default();
        for (number, line) in (1..).zip(text.split('\n')) {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            match parse_line(line) {
                Some((name, algorithm, digest)) => _ = manifest.digests.insert(name, (algorithm, digest)),
                None => manifest.wrong.push(number),
            }
        }
        manifest
    }
}

fn parse_line(line: &str) -> Option<(String, Algorithm, String)> {
    // GNU's way to write names with newlines and backslashes.
    let (escaped, line) = line.strip_prefix('\\').map_or((false, line), |line| (true, line));
    let bsd = line.split_once(" (").and_then(|(_, rest)| rest.rsplit_once(") = "));
    let (name, digest) = if let Some(both) = bsd {
        both
    } else {
        let (digest, name) = line.split_once([' ', '\t'])?;
        let name = name.trim_start_matches([' ', '\t']);
        (name.strip_prefix('*').unwrap_or(name), digest)
    };
    let algorithm = Algorithm::ALL.into_iter().find(|algorithm| algorithm.digits() == digest.len())?;
    if name.is_empty() || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let name = if escaped { unescape(name) } else { name.to_owned() };
    let name = name.strip_prefix("./").map(str::to_owned).unwrap_or(name);
    Some((name, algorithm, digest.to_ascii_lowercase()))
}

fn unescape(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut letters = name.chars();
    while let Some(letter) = letters.next() {
        out.push(match (letter, letter == '\\') {
            (_, true) => match letters.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                other => other.unwrap_or('\\'),
            },
            (letter, false) => letter,
        });
    }
    out
}

/// A text file of at most 64 MiB.
pub fn text(path: &str) -> Result<String, Error> {
    let mut bytes = Vec::new();
    loop {
        let part = files::read(path, bytes.len() as u64, MOST_BYTES)?;
        let last = part.len() < MOST_BYTES as usize;
        bytes.extend(part);
        if bytes.len() as u64 > MOST {
            return Err(Error::Limit(format!("{path} is larger than {MOST} bytes")));
        }
        if last {
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
        let md5 = "d41d8cd98f00b204e9800998ecf8427e";
        let sha256 = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855";
        let text = format!(
            "# comment\n{md5}  a b\n{sha256} *./c\r\n\n\\{md5}  d\\ne\\\\f\nSHA256 (g (1)) = {sha256}\nnonsense\n{md5}\n{}x  h\n",
            &md5[1..]
        );
        let manifest = Manifest::parse(&text);
        let names = manifest.digests.keys().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(names, ["a b", "c", "d\ne\\f", "g (1)"]);
        assert_eq!(manifest.digests["c"], (Algorithm::Sha256, sha256.to_lowercase()));
        assert_eq!(manifest.wrong, [7, 8, 9]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9a-f]{30,34}[\\PC\\n]{0,80}") {
            Manifest::parse(&text);
        }

        #[test]
        fn what_sha256sum_writes_is_read(names in prop::collection::btree_set("[a-z]([a-z ./-]{0,10}[a-z])?", 0..10)) {
            let digest = "0".repeat(64);
            let text = names.iter().map(|name| format!("{digest}  {name}\n")).collect::<String>();
            let manifest = Manifest::parse(&text);
            prop_assert!(manifest.digests.keys().eq(names.iter()));
            prop_assert!(manifest.wrong.is_empty());
        }
    }
}
