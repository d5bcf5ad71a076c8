//! One thing that must be installed, wherever it is written.

use std::{convert::Infallible, fmt, path::Path, str::FromStr};

use pep440_rs::{Version, VersionSpecifiers};
use pep508_rs::{ExtraName, MarkerTree, PackageName, Pep508Url, VersionOrUrl};

/// A URL as written. Nothing is opened by it, so nothing of it needs to be valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url(pub String);

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
    fn from_str(text: &str) -> Result<Self, String> {
        // pep508_rs takes these for valid and then panics.
        if let Some((_, extras)) = text.split_once(['[', ';', '@']).filter(|_| text.contains('[')) {
            let list = extras.split(']').next().unwrap_or_default();
            if list.split(',').any(|extra| extra.trim().ends_with(['-', '_', '.'])) {
                return Err("an extra's name must end with a letter or a digit".to_owned());
            }
        }
        let read = pep508_rs::Requirement::<Url>::parse(text, "").map_err(|error| match error.message {
            pep508_rs::Pep508ErrorSource::String(why)
            | pep508_rs::Pep508ErrorSource::UnsupportedRequirement(why) => {
                why.lines().next().unwrap_or_default().to_owned()
            }
            pep508_rs::Pep508ErrorSource::UrlError(never) => match never {},
        })?;
        let allowed = match read.version_or_url {
            None => Allowed::Versions(Vec::new()),
            Some(VersionOrUrl::VersionSpecifier(set)) => Allowed::Versions(vec![set]),
            Some(VersionOrUrl::Url(url)) => Allowed::Url(url.0),
        };
        Ok(Self { name: read.name, extras: read.extras, allowed, marker: read.marker })
    }
}

/// Reads a requirement as it stands in the metadata of a published package: what installers forgive is forgiven.
pub fn published(text: &str) -> Result<Requirement, String> {
    text.parse().or_else(|why| forgiven(text).parse().map_err(|_| why))
}

/// Reads version specifiers as they stand in the metadata of a published package.
pub fn published_specifiers(text: &str) -> Result<VersionSpecifiers, String> {
    let read = |text: &str| VersionSpecifiers::from_str(text).map_err(|error| error.to_string());
    let first_line = |why: String| why.lines().next().unwrap_or_default().to_owned();
    read(text).or_else(|why| read(&forgiven(text)).map_err(|_| first_line(why)))
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
