//! One thing that must be installed, wherever it is written.

use std::{convert::Infallible, fmt, path::Path, str::FromStr};

use pep440_rs::{Version, VersionSpecifiers};
use pep508_rs::{
    ExtraName, ExtraOperator, MarkerExpression, MarkerTree, MarkerValueExtra, PackageName, Pep508Url,
};

/// The URL type that pep508_rs wants to know. Markers have none.
#[derive(Debug)]
struct Url(String);

impl Pep508Url for Url {
    type Err = Infallible;

    fn parse_url(url: &str, _: Option<&Path>) -> Result<Self, Infallible> {
        Ok(Self(url.to_owned()))
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which versions will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Those within any of these; all where the list is empty.
    Versions(Vec<VersionSpecifiers>),
    /// What comes from there.
    Url(String),
}

impl Allowed {
    /// Whether an installed version will do. Where it comes from is not looked at.
    pub fn contains(&self, version: &Version) -> bool {
        match self {
            Self::Versions(sets) => sets.is_empty() || sets.iter().any(|set| set.contains(version)),
            Self::Url(_) => true,
        }
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Versions(sets) => {
                let sets =
                    sets.iter().map(|set| set.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
                f.write_str(&sets.collect::<Vec<_>>().join(" || "))
            }
            Self::Url(url) => write!(f, " @ {url}"),
        }
    }
}

/// One requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Normalised.
    pub name: PackageName,
    /// What more of the package is asked for.
    pub extras: Vec<ExtraName>,
    /// Which versions will do.
    pub allowed: Allowed,
    /// Where it applies.
    pub marker: MarkerTree,
}

impl fmt::Display for Requirement {
    /// As an argument of `pip install`: without the marker.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_ref())?;
        if !self.extras.is_empty() {
            let extras = self.extras.iter().map(AsRef::as_ref).collect::<Vec<&str>>();
            write!(f, "[{}]", extras.join(","))?;
        }
        write!(f, "{}", self.allowed)
    }
}

impl FromStr for Requirement {
    type Err = String;

    /// Reads a PEP 508 requirement.
    ///
    /// The frame is read here, names, versions and markers by the crates of those standards: pep508_rs's own reader of the frame expands variables with
    /// a regular expression, which would make the plugin half as large again.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let end =
            text.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let name = package_name(name)?;
        let (extras, rest) = match rest.trim_start().strip_prefix('[') {
            Some(rest) => {
                let (list, rest) = rest.split_once(']').ok_or("the '[' of the extras has no ']'")?;
                let names = list.split(',').map(str::trim).filter(|_| !list.trim().is_empty());
                (names.map(extra_name).collect::<Result<_, _>>()?, rest.trim_start())
            }
            None => (Vec::new(), rest.trim_start()),
        };
        let (allowed, marker_text) = if let Some(rest) = rest.strip_prefix('@') {
            // A URL may have a semicolon inside.
            let (url, marker) =
                rest.split_once(" ;").map_or((rest, None), |(url, marker)| (url, Some(marker)));
            if url.trim().is_empty() {
                return Err("the '@' has no URL behind it".to_owned());
            }
            (Allowed::Url(url.trim().to_owned()), marker)
        } else {
            let (versions, marker) = rest.split_once(';').map_or((rest, None), |(a, b)| (a, Some(b)));
            let versions = versions.trim();
            let inner =
                versions.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(versions);
            let set = match inner.trim() {
                "" => None,
                inner => Some(specifiers(inner)?),
            };
            (Allowed::Versions(set.into_iter().collect()), marker)
        };
        let marker = marker_text.map(marker).transpose()?.unwrap_or_default();
        Ok(Self { name, extras, allowed, marker })
    }
}

/// Reads and normalises the name of a distribution.
pub fn package_name(text: &str) -> Result<PackageName, String> {
    // The crate takes an empty name.
    let name = PackageName::new(text.to_owned()).ok().filter(|_| !text.is_empty());
    name.ok_or_else(|| format!("'{text}' is no name of a distribution"))
}

/// Reads and normalises the name of an extra.
pub fn extra_name(text: &str) -> Result<ExtraName, String> {
    let name = ExtraName::new(text.to_owned()).ok().filter(|_| !text.is_empty());
    name.ok_or_else(|| format!("'{text}' is no name of an extra"))
}

/// The marker of what an extra needs.
pub fn of_extra(extra: ExtraName) -> MarkerTree {
    let name = MarkerValueExtra::Extra(extra);
    MarkerTree::expression(MarkerExpression::Extra { operator: ExtraOperator::Equal, name })
}

/// Reads PEP 440 version specifiers.
pub fn specifiers(text: &str) -> Result<VersionSpecifiers, String> {
    VersionSpecifiers::from_str(text).map_err(|error| {
        // The first line says where, the last repeats the text.
        let error = error.to_string();
        let why = error.lines().next().unwrap_or_default().trim_end_matches(':');
        let why = why.strip_prefix("Failed to parse version: ").unwrap_or(why);
        format!("'{text}' is no version specifier: {why}")
    })
}

/// Reads a PEP 508 marker.
pub fn marker(text: &str) -> Result<MarkerTree, String> {
    use pep508_rs::Pep508ErrorSource::{String, UnsupportedRequirement, UrlError};

    MarkerTree::parse_str::<Url>(text.trim()).map_err(|error| match error.message {
        String(why) | UnsupportedRequirement(why) => {
            format!(
                "the marker '{}' is not understood: {}",
                text.trim(),
                why.lines().next().unwrap_or_default()
            )
        }
        UrlError(never) => match never {},
    })
}

/// Reads a requirement as it stands in the metadata of a published package: what installers forgive is forgiven.
pub fn published(text: &str) -> Result<Requirement, String> {
    text.parse().or_else(|why| forgiven(text).parse().map_err(|_| why))
}

/// Reads version specifiers as they stand in the metadata of a published package.
pub fn published_specifiers(text: &str) -> Result<VersionSpecifiers, String> {
    specifiers(text).or_else(|why| specifiers(&forgiven(text)).map_err(|_| why))
}

/// `>=3.6.*` means `>=3.6`, and a comma too many means nothing.
fn forgiven(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (specifiers, marker) = text.split_once(';').map_or((text, None), |(a, b)| (a, Some(b)));
    for (at, part) in specifiers.split(',').enumerate() {
        let ordered = part.contains(['<', '>']);
        let part = if ordered { part.replace(".*", "") } else { part.to_owned() };
        if part.trim().is_empty() {
            continue;
        }
        if at > 0 && !out.is_empty() {
            out.push(',');
        }
        out.push_str(&part);
    }
    let out = out.replace(",)", ")");
    match marker {
        Some(marker) => format!("{out};{marker}"),
        None => out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_shown_as_arguments() {
        let shown = |text: &str| text.parse::<Requirement>().map(|requirement| requirement.to_string());
        assert_eq!(shown("NumPy >=1.26, <3 ; python_version > '3'").as_deref(), Ok("numpy>=1.26,<3"));
        assert_eq!(shown("requests[socks,Security]").as_deref(), Ok("requests[socks,security]"));
        assert_eq!(
            shown("a @ git+https://example.org/a@v1").as_deref(),
            Ok("a @ git+https://example.org/a@v1")
        );
    }

    #[test]
    fn nonsense_is_an_error_and_no_panic() {
        for text in [
            "",
            "!!!",
            "a[b-]",
            "a[b",
            "a>=",
            "a==1.x",
            "a ; python_version",
            "a @",
            "ä",
            "a>=1ä",
            "a[b_] ; x",
        ] {
            assert!(text.parse::<Requirement>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_installers_forgive() {
        assert!(published("b (>=1.0.*)").is_ok());
        assert!(published("b (>=1.0,)").is_ok());
        assert!(published("b !!!").is_err());
        assert_eq!(published_specifiers(">=3.6.*, <4,").map(|set| set.len()), Ok(2));
    }
}
