//! What a dependency in package.json asks for.

use nodejs_semver::{Range, Version};

/// What is asked for.
pub enum Wanted {
    /// A version within a range.
    Range(Range),
    /// Something that no version number decides: a tag, a URL, a directory, another part of a workspace.
    Other,
}

impl Wanted {
    /// Reads `^1.2.3`, `npm:other@^1`, `workspace:*`, `latest`, `file:../lib`, …
    pub fn parse(text: &str) -> Self {
        let text = match text.strip_prefix("npm:") {
            Some(alias) => alias.rfind('@').filter(|&at| at > 0).map_or("*", |at| &alias[at + 1..]),
            None => text,
        };
        Range::parse(text).map_or(Self::Other, Self::Range)
    }

    /// Whether a version will do; `None` where the version is none that npm knows.
    pub fn takes(&self, version: &str) -> Option<bool> {
        match self {
            Self::Range(range) => Some(range.satisfies(&Version::parse(version).ok()?)),
            Self::Other => Some(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_tags_and_places() {
        for (text, version, takes) in [
            ("^1.2.3", "1.9.0", true),
            ("^1.2.3", "2.0.0", false),
            ("~1.2", "1.2.9", true),
            (">=16 <21", "20.1.0", true),
            ("1.x || >=3", "2.0.0", false),
            ("", "9.9.9", true),
            ("npm:string-width@^4.2.0", "4.2.3", true),
            ("npm:@scope/a@^4", "5.0.0", false),
            ("npm:@scope/a", "5.0.0", true),
            ("latest", "0.0.1", true),
            ("workspace:*", "0.0.1", true),
            ("github:user/repository#v1", "0.0.1", true),
            ("file:../lib", "0.0.1", true),
        ] {
            assert_eq!(Wanted::parse(text).takes(version), Some(takes), "{text} {version}");
        }
        assert_eq!(Wanted::parse("^1").takes("one"), None);
    }
}
