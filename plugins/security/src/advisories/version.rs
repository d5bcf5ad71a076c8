//! Versions in the order of their ecosystem.

use std::{cmp::Ordering, fmt};

/// Where packages come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ecosystem {
    /// Python packages.
    PyPi,
    /// Node.js packages.
    Npm,
    /// Rust crates.
    Crates,
}

impl Ecosystem {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::PyPi, Self::Npm, Self::Crates];

    /// As OSV writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PyPi => "PyPI",
            Self::Npm => "npm",
            Self::Crates => "crates.io",
        }
    }

    /// From OSV's name; what follows a colon there tells a release of the ecosystem.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.split(':').next()?;
        Self::ALL.into_iter().find(|ecosystem| ecosystem.name() == text)
    }

    /// A package's name in the one form that is compared: Python's do not tell case, nor `-`, `_` and `.`.
    pub fn normal(self, name: &str) -> String {
        if self != Self::PyPi {
            return name.to_owned();
        }
        let mut normal = String::with_capacity(name.len());
        for c in name.chars() {
            match c {
                '-' | '_' | '.' if normal.ends_with('-') => {}
                '-' | '_' | '.' => normal.push('-'),
                c => normal.push(c.to_ascii_lowercase()),
            }
        }
        normal
    }

    /// Reads a version; `None` where it has no place in the order.
    pub fn version(self, text: &str) -> Option<Version> {
        match self {
            // What is built locally, as `2.1.0+cu121`, is as vulnerable as what it is built from.
            Self::PyPi => {
                text.parse::<pep440_rs::Version>().ok().map(|it| Version::Python(it.without_local()))
            }
            Self::Npm | Self::Crates => semver_of(text).map(Version::Semver),
        }
    }
}

/// Lenient where databases are: `v1.2` is `1.2.0`.
fn semver_of(text: &str) -> Option<semver::Version> {
    let text = text.trim().trim_start_matches(['v', '=']);
    if let Ok(version) = semver::Version::parse(text) {
        return Some(version);
    }
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (release, rest) = text.split_at_checked(end)?;
    let missing = 2_usize.checked_sub(release.matches('.').count())?;
    semver::Version::parse(&format!("{release}{}{rest}", ".0".repeat(missing))).ok()
}

/// A version. Only versions of one ecosystem are compared.
#[derive(Clone, Debug)]
pub enum Version {
    /// By PEP 440.
    Python(pep440_rs::Version),
    /// By semver 2.0.
    Semver(semver::Version),
}

impl Version {
    /// The order of the ecosystem.
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Python(one), Self::Python(other)) => one.cmp(other),
            (Self::Semver(one), Self::Semver(other)) => one.cmp_precedence(other),
            (Self::Python(_), Self::Semver(_)) => Ordering::Less,
            (Self::Semver(_), Self::Python(_)) => Ordering::Greater,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Python(version) => version.fmt(f),
            Self::Semver(version) => version.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(ecosystem: Ecosystem, one: &str, other: &str) -> Ordering {
        ecosystem.version(one).unwrap().compare(&ecosystem.version(other).unwrap())
    }

    #[test]
    fn each_ecosystem_has_its_order() {
        use Ecosystem::{Crates, Npm, PyPi};
        assert_eq!(order(PyPi, "1.0rc1", "1.0"), Ordering::Less);
        assert_eq!(order(PyPi, "1.0.post1", "1.0"), Ordering::Greater);
        assert_eq!(order(PyPi, "1!0.1", "9"), Ordering::Greater);
        assert_eq!(order(PyPi, "1.10", "1.9"), Ordering::Greater);
        assert_eq!(order(PyPi, "2.1.0+cu121", "2.1"), Ordering::Equal);
        assert_eq!(order(Npm, "1.0.0-rc.2", "1.0.0-rc.10"), Ordering::Less);
        assert_eq!(order(Npm, "1.0.0-rc.1", "1.0.0"), Ordering::Less);
        assert_eq!(order(Crates, "1.0.0+a", "1.0.0+b"), Ordering::Equal);
        assert_eq!(order(Npm, "v1.2", "1.2.0"), Ordering::Equal);
        assert_eq!(order(Npm, "1.2-beta", "1.2.0"), Ordering::Less);
        for odd in ["", "one", "1.2.3.4", "é", "-", "1..2"] {
            assert!(Npm.version(odd).is_none(), "{odd}");
        }
        assert!(PyPi.version("not-a-version").is_none());
    }

    #[test]
    fn names_have_one_form() {
        assert_eq!(Ecosystem::PyPi.normal("Ruamel._.YAML"), "ruamel-yaml");
        assert_eq!(Ecosystem::Npm.normal("@Scope/A_b"), "@Scope/A_b");
        assert_eq!(Ecosystem::parse("PyPI:x"), Some(Ecosystem::PyPi));
        assert_eq!(Ecosystem::parse("Go"), None);
    }
}
