//! The header of a distribution's METADATA: name, version, what it requires.

use pep440_rs::{Version, VersionSpecifiers};

use crate::requirement::{self, Requirement};

/// What a distribution says of itself.
#[derive(Debug)]
pub struct Metadata {
    /// Its version.
    pub version: Version,
    /// Which versions of Python it runs on.
    pub requires_python: Option<VersionSpecifiers>,
    /// What it needs; that of its extras too, with `extra == "…"` in the marker.
    pub requires: Vec<Requirement>,
}

/// Where the header ends, if the bytes hold its end.
pub fn header_end(bytes: &[u8]) -> Option<usize> {
    let lf = bytes.windows(2).position(|pair| pair == b"\n\n");
    let crlf = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    lf.into_iter().chain(crlf).min()
}

/// Reads a header.
pub fn parse(header: &str) -> Result<Metadata, String> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in header.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        } else if !line.trim().is_empty() {
            return Err(format!("'{}' is no field of a header", line.chars().take(60).collect::<String>()));
        }
    }
    let get = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
    get("name").ok_or("it has no Name")?;
    let version = get("version").ok_or("it has no Version")?;
    let version = version.parse().map_err(|error| format!("'{version}' is no version: {error}"))?;
    let requires_python = match get("requires-python").filter(|text| !text.is_empty()) {
        Some(text) => {
            let read = requirement::published_specifiers(text);
            Some(read.map_err(|why| format!("Requires-Python '{text}' is not understood: {why}"))?)
        }
        None => None,
    };
    let requires = fields.iter().filter(|(field, _)| field == "requires-dist").map(|(_, text)| {
        requirement::published(text).map_err(|why| format!("Requires-Dist '{text}' is not understood: {why}"))
    });
    Ok(Metadata { version, requires_python, requires: requires.collect::<Result<_, _>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read() {
        let text = "Metadata-Version: 2.1\nName: Jinja2\nVersion: 3.1.4\nRequires-Python: >=3.7\nLicense: BSD\n        continued: here\nRequires-Dist: MarkupSafe>=2.0\nRequires-Dist: Babel>=2.7; extra == \"i18n\"\n";
        let metadata = parse(text).unwrap();
        assert_eq!(metadata.version.to_string(), "3.1.4");
        assert_eq!(metadata.requires.len(), 2);
        assert_eq!(metadata.requires[0].to_string(), "markupsafe>=2.0");
    }

    #[test]
    fn what_is_broken_says_why() {
        assert!(parse("").unwrap_err().contains("no Name"));
        assert!(parse("Name: a\nVersion: one\n").unwrap_err().contains("'one'"));
        assert!(parse("Name: a\nVersion: 1\nRequires-Dist: !!!\n").unwrap_err().contains("'!!!'"));
        assert!(parse("\u{0}\u{1}garbage\n").is_err());
    }

    #[test]
    fn the_end_of_a_header() {
        assert_eq!(header_end(b"Name: a\n\nbody\n\n"), Some(7));
        assert_eq!(header_end(b"Name: a\r\n\r\nbody"), Some(7));
        assert_eq!(header_end(b"Name: a\n"), None);
    }
}
