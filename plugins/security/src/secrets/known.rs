//! What a team has looked at already: the baseline, and what the configuration allows.

use gonogo_sdk::{JsonSchema, Stop, files};
use serde::Deserialize;

use super::find::Find;

/// Finds that are allowed. All parts that are given must fit.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Allowed {
    /// The path, from where the search started; `*` stands for any characters within a name, `**` for any at all.
    path: Option<String>,
    /// The id of the rule.
    rule: Option<String>,
    /// What the finding says after `fingerprint`.
    fingerprint: Option<String>,
    /// Why it may be there.
    #[schemars(length(min = 1))]
    reason: String,
}

impl Allowed {
    /// Whether it says anything of a find. What gives neither path, rule nor fingerprint allows nothing.
    pub fn fits(&self, find: &Find) -> bool {
        let given = self.path.is_some() || self.rule.is_some() || self.fingerprint.is_some();
        given
            && self
                .path
                .as_ref()
                .is_none_or(|path| globs(path, find.path.strip_prefix("./").unwrap_or(&find.path)))
            && self.rule.as_ref().is_none_or(|rule| rule == find.rule.id)
            && self.fingerprint.as_ref().is_none_or(|fingerprint| *fingerprint == find.fingerprint)
    }

    /// Why it may be there.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// One line of a baseline.
#[derive(Deserialize)]
pub struct Known {
    /// The file, as the finding named it.
    #[serde(default)]
    pub path: String,
    /// The rule's id.
    #[serde(default)]
    pub rule: String,
    /// The find's fingerprint.
    pub fingerprint: String,
}

impl Known {
    /// Whether a find is this one. The fingerprint covers path, rule and value; a path or rule that is given must fit too.
    pub fn is(&self, find: &Find) -> bool {
        self.fingerprint == find.fingerprint
            && (self.path.is_empty() || self.path == find.path)
            && (self.rule.is_empty() || self.rule == find.rule.id)
    }
}

/// Reads a baseline: one JSON object a line.
///
/// # Errors
/// Where it cannot be read, or a line is none.
pub fn baseline(path: &str) -> Result<Vec<Known>, Stop> {
    let text = files::read_text(path)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let known = |(at, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| {
            let form = r#"{"path": "…", "rule": "…", "fingerprint": "…"}"#;
            Stop::unknown(format!("{path}: line {} is not of the form {form}: {error}", at + 1))
        })
    };
    lines.map(known).collect()
}

/// `*` stands for any characters but `/`, `**` for any. The time is bounded by the product of the lengths.
fn globs(pattern: &str, path: &str) -> bool {
    let (pattern, path) = (pattern.as_bytes(), path.as_bytes());
    // Whether the pattern so far matches the first n bytes of the path.
    let mut matched = vec![false; path.len() + 1];
    if let Some(first) = matched.first_mut() {
        *first = true;
    }
    let mut rest = pattern;
    while let Some((&first, after)) = rest.split_first() {
        let any = first == b'*' && after.first() == Some(&b'*');
        let mut before = false;
        for (at, here) in matched.iter_mut().enumerate() {
            let last = at.checked_sub(1).and_then(|last| path.get(last)).copied();
            let was = *here;
            *here = match first {
                b'*' => was || (before && (any || last != Some(b'/'))),
                other => before && last == Some(other),
            };
            before = if first == b'*' { *here } else { was };
        }
        rest = if any { after.get(1..).unwrap_or_default() } else { after };
        if any && rest.first() == Some(&b'/') {
            // `**/` is any number of whole names, none included.
            rest = rest.get(1..).unwrap_or_default();
            for (at, here) in matched.iter_mut().enumerate() {
                *here &= at.checked_sub(1).and_then(|last| path.get(last)).is_none_or(|&last| last == b'/');
            }
        }
    }
    matched.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use super::globs;

    #[test]
    fn stars_stay_within_a_name_and_two_do_not() {
        assert!(globs("tests/*.py", "tests/a.py") && globs("**/*.py", "a/b.py") && globs("**/b.py", "b.py"));
        assert!(globs("a/**/b", "a/b") && globs("a/**/b", "a/c/d/b") && !globs("**/b.py", "ab.py"));
        assert!(
            globs("tests/**", "tests/a/b.py") && globs("a", "a") && globs("*", "a") && globs("**", "a/b")
        );
        assert!(
            !globs("tests/*", "tests/a/b.py")
                && !globs("tests", "tests/a")
                && !globs("", "a")
                && !globs("*.py", "a.pyc")
        );
    }

    #[test]
    fn a_pattern_made_to_blow_up_takes_no_time() {
        assert!(!globs(&"*a".repeat(500), &"b".repeat(5_000)));
    }
}
