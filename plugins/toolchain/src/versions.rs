//! Versions in what programs print and in what tools' files pin.

/// The first thing in a text that looks like a version, without a leading `v`: dotted numbers before a bare number.
pub fn first_in(text: &str) -> Option<&str> {
    let dotted = numbers(text).find(|number| number.contains('.'));
    dotted.or_else(|| numbers(text).next())
}

/// Runs of digits and inner dots that do not start inside a word.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    let mut before = ' ';
    std::iter::from_fn(move || {
        loop {
            let at = rest.find(|c: char| c.is_ascii_digit())?;
            let previous = rest[..at].chars().next_back().unwrap_or(before);
            let prefixed = previous == 'v' || previous == 'V';
            let from = &rest[at..];
            let end = from.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(from.len());
            before = from[..end].chars().next_back().unwrap_or(' ');
            rest = &from[end..];
            if prefixed || !(previous.is_alphanumeric() || previous == '_') {
                return Some(from[..end].trim_end_matches('.'));
            }
        }
    })
}

/// How a version stands to one that a tool's file pins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// The pin is the version, or a prefix of it.
    Same,
    /// They differ, but not in the parts that decide.
    Close,
    /// They differ.
    Other,
    /// The pin is no version number.
    Unreadable,
}

/// Holds a version against a pin such as `3.11` or `v20.4.0`. The first `decisive` numbers must be the same.
pub fn agreement(pin: &str, version: &str, decisive: usize) -> Agreement {
    let pinned = pin.trim_start_matches(['v', 'V', '=']);
    let pinned = pinned.strip_prefix("cpython-").or_else(|| pinned.strip_prefix("python-")).unwrap_or(pinned);
    let parts = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (pinned, version) = (parts(pinned), parts(version));
    if !pinned.iter().all(|part| part.starts_with(|c: char| c.is_ascii_digit())) {
        return Agreement::Unreadable;
    }
    match pinned.iter().zip(&version).position(|(a, b)| a != b) {
        None if pinned.len() <= version.len() => Agreement::Same,
        Some(at) if at < decisive => Agreement::Other,
        _ => Agreement::Close,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_version_is_found() {
        for (text, version) in [
            ("git version 2.39.5 (Apple Git-154)", Some("2.39.5")),
            ("cmake version 3.25.1\n", Some("3.25.1")),
            ("v20.11.0", Some("20.11.0")),
            ("OpenSSH_9.2p1 Debian-2, OpenSSL 3.0.11", Some("3.0.11")),
            ("less 590 (GNU regular expressions)", Some("590")),
            ("GNU ld (GNU Binutils for Debian) 2.40.", Some("2.40")),
            ("x86_64 only", None),
            ("no version here", None),
        ] {
            assert_eq!(first_in(text), version, "{text}");
        }
    }

    #[test]
    fn pins_are_prefixes() {
        assert_eq!(agreement("3.11", "3.11.7", 2), Agreement::Same);
        assert_eq!(agreement("3.11.4", "3.11.7", 2), Agreement::Close);
        assert_eq!(agreement("3.1", "3.11.7", 2), Agreement::Other);
        assert_eq!(agreement("v18", "20.1.0", 1), Agreement::Other);
        assert_eq!(agreement("cpython-3.11.7", "3.11.7", 2), Agreement::Same);
        assert_eq!(agreement("lts/iron", "20.1.0", 1), Agreement::Unreadable);
    }
}
