//! Git bundles: a header with references and what they build on, then a pack that ends with the digest of all its bytes.

use gonogo_sdk::{
    Report, Size, Stop,
    files::{self, MOST_BYTES},
};

use crate::{
    backup::Backup,
    digest::{Algorithm, hex},
};

/// What a bundle's header says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Commits that the one who unpacks must have already.
    pub prerequisites: Vec<String>,
    /// Object ids with the references that lead to them.
    pub references: Vec<(String, String)>,
    /// Whether ids are SHA-256.
    pub sha256: bool,
    /// Where the pack begins.
    pub pack: usize,
}

impl Header {
    /// Reads the header of a bundle of version 2 or 3. The error says what is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut header = Self::default();
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let first = lines.next().unwrap_or_default();
        if first != b"# v2 git bundle" && first != b"# v3 git bundle" {
            return Err("it does not begin as a bundle of version 2 or 3".to_owned());
        }
        header.pack = first.len() + 1;
        for line in lines {
            header.pack += line.len() + 1;
            if line.is_empty() {
                return if header.pack <= bytes.len() {
                    Ok(header)
                } else {
                    Err("it ends in its header".to_owned())
                };
            }
            let text = String::from_utf8_lossy(line);
            if let Some(capability) = text.strip_prefix('@') {
                header.sha256 |= capability == "object-format=sha256";
                continue;
            }
            let (needed, text) = text.strip_prefix('-').map_or((false, &*text), |text| (true, text));
            let (id, name) = text.split_once(' ').unwrap_or((text, ""));
            if ![40, 64].contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(format!(
                    "its header has a line that is no reference, at byte {}",
                    header.pack - line.len() - 1
                ));
            }
            match needed {
                true => header.prerequisites.push(id.to_owned()),
                false => header.references.push((id.to_owned(), name.to_owned())),
            }
        }
        Err(format!("its header does not end within {MOST_BYTES} bytes"))
    }
}

/// Verifies a bundle.
pub fn verify(backup: &Backup, report: &mut Report) -> Result<String, Stop> {
    let path = &*backup.path;
    let content = files::open(path)?;
    let hint = "restore it from another copy, or: git bundle create FILE --all";
    let header = match Header::parse(&content.read(0, MOST_BYTES)?) {
        Ok(header) => header,
        Err(why) => {
            report.no_go(format!("{path} is damaged: {why}")).at(path).hint(hint);
            return Ok("no header".to_owned());
        }
    };
    let algorithm = if header.sha256 { Algorithm::Sha256 } else { Algorithm::Sha1 };
    let (begin, trailer) = (header.pack as u64, (algorithm.digits() / 2) as u64);
    let size = content.size()?;
    report.fact(format!("{path}: references"), header.references.len()).unit("1").bound(">= 1");
    if header.references.is_empty() {
        report.no_go(format!("{path} has no reference: there is nothing to clone")).at(path).hint(hint);
    }
    if !header.prerequisites.is_empty() {
        let message = format!(
            "{path} restores only where these commits are already: {}",
            crate::compare::several(&header.prerequisites)
        );
        report
            .warn(message)
            .at(path)
            .hint("git bundle create FILE --all, without a range, restores by itself");
    }
    if content.read(begin, 4)? != b"PACK" || size < begin + 12 + trailer {
        report.no_go(format!("{path} is damaged: no pack of objects follows its header")).at(path).hint(hint);
        return Ok("no pack".to_owned());
    }
    let (found, bytes) = algorithm.digest(&content, begin, Some(size - trailer))?;
    let wanted = hex(&content.read(size - trailer, trailer as u32)?);
    report
        .fact(format!("{path}: {} of the pack", algorithm.name()), found.as_str())
        .bound(format!("= {wanted}"));
    report.fact(format!("{path}: bytes read"), size).unit("B");
    report.fact(
        format!("{path}: not verified by its digest"),
        "which commits its references lead to: backups/drill clones them",
    );
    if found != wanted {
        let name = algorithm.name();
        report
            .no_go(format!("{path} is damaged: the {name} of its pack is {found}, {wanted} wanted"))
            .at(path)
            .hint(hint);
    }
    Ok(format!("{} references, a pack of {}", header.references.len(), Size::from(bytes)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn headers() {
        let id = "0123456789012345678901234567890123456789";
        let text =
            format!("# v3 git bundle\n@object-format=sha1\n-{id} message\n{id} refs/heads/main\n\nPACK");
        let header = Header::parse(text.as_bytes()).unwrap();
        assert_eq!(header.prerequisites, [id]);
        assert_eq!(header.references, [(id.to_owned(), "refs/heads/main".to_owned())]);
        assert_eq!(&text[header.pack..], "PACK");
        for wrong in [
            "",
            "# v2 git bundle",
            "# v2 git bundle\n",
            "# v2 git bundle\nx y\n\n",
            "# v9 git bundle\n\nPACK",
        ] {
            assert!(Header::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = Header::parse(&[b"# v2 git bundle\n", &bytes[..]].concat());
        }
    }
}
