//! OpenSSH's `allowed_signers`: whom a team trusts, one line each.
//!
//! `PRINCIPALS [OPTIONS] KEYTYPE KEY [COMMENT]`, as ssh-keygen(1) has it. Stricter than there in one point: a time without `Z` is local time of
//! nobody knows where, so a key counts only while it is valid in every time zone. `cert-authority` is not supported: such a line admits nobody,
//! and is named where a signature is refused.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use ssh_key::{PublicKey, public::KeyData};

use super::NAMESPACE;
use crate::domain::text;

/// Hours from a time in UTC to the last place on earth where it is that time: twelve zones to the west.
const LAST: i64 = 12;

/// Hours to the first: the Line Islands are fourteen ahead.
const FIRST: i64 = -14;

/// The signers that a file names.
#[derive(Clone, Debug)]
pub struct AllowedSigners {
    path: PathBuf,
    lines: Vec<Allowed>,
}

/// One line of the file.
#[derive(Clone, Debug)]
struct Allowed {
    principals: String,
    options: Options,
    key: KeyData,
    line: usize,
}

/// What narrows a line.
#[derive(Clone, Debug, Default)]
struct Options {
    authority: bool,
    namespaces: Option<String>,
    after: Option<Timestamp>,
    before: Option<Timestamp>,
}

/// Why a key may not sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAllowed {
    /// No line has it.
    Unknown {
        /// Whether there are certificate authorities that might have vouched for it.
        authorities: bool,
    },
    /// Its line is for other namespaces.
    Namespace(usize),
    /// Not valid yet.
    Early(usize, Timestamp),
    /// Not valid any more.
    Expired(usize, Timestamp),
    /// Its line names others than the one who must have signed.
    Other(usize),
}

/// Why a file of signers is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}: {why}")]
pub struct NoSigners {
    /// The file.
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

impl AllowedSigners {
    /// Reads the file's text. Nobody is passed over: a line that cannot be understood is an error.
    ///
    /// # Errors
    /// At the first line that says nothing that is known.
    pub fn parse(path: &Path, text: &str) -> Result<Self, NoSigners> {
        let mut lines = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |why| NoSigners { path: path.display().to_string(), line: at + 1, why };
            lines.push(Allowed::parse(line, at + 1).map_err(wrong)?);
        }
        Ok(Self { path: path.to_owned(), lines })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Who it is that signs with this key, at that time. `asked` is the one who must have signed, where that matters.
    pub(super) fn find(
        &self,
        key: &KeyData,
        asked: Option<&str>,
        now: Timestamp,
    ) -> Result<String, NotAllowed> {
        let authorities = self.lines.iter().any(|line| line.options.authority);
        let mut why = NotAllowed::Unknown { authorities };
        for line in self.lines.iter().filter(|line| !line.options.authority && line.key == *key) {
            match line.admits(asked, now) {
                Ok(principal) => return Ok(principal),
                Err(not) => why = not,
            }
        }
        Err(why)
    }
}

impl Allowed {
    fn parse(text: &str, line: usize) -> Result<Self, String> {
        let (principals, rest) = field(text)?;
        let (first, after) = field(rest)?;
        let is_key = ["ssh-", "ecdsa-", "sk-"].iter().any(|start| first.starts_with(start));
        let (options, key) = match is_key {
            true => (Options::default(), rest),
            false => (Options::parse(first)?, after),
        };
        // What stands behind the key is a comment.
        let key = key.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        let key = PublicKey::from_openssh(&key)
            .map_err(|error| format!("'{}' is no public key: {error}", text::line(&key, 60)))?;
        let principals = principals.trim_matches('"').to_owned();
        Ok(Self { principals, options, key: key.key_data().clone(), line })
    }

    fn admits(&self, asked: Option<&str>, now: Timestamp) -> Result<String, NotAllowed> {
        let options = &self.options;
        if !options.namespaces.as_ref().is_none_or(|list| matches(list, NAMESPACE)) {
            return Err(NotAllowed::Namespace(self.line));
        }
        if let Some(after) = options.after.filter(|after| now < *after) {
            return Err(NotAllowed::Early(self.line, after));
        }
        if let Some(before) = options.before.filter(|before| now > *before) {
            return Err(NotAllowed::Expired(self.line, before));
        }
        match asked {
            None => Ok(self.principals.clone()),
            Some(asked) if matches(&self.principals, asked) => Ok(asked.to_owned()),
            Some(_) => Err(NotAllowed::Other(self.line)),
        }
    }
}

impl Options {
    fn parse(text: &str) -> Result<Self, String> {
        let mut options = Self::default();
        for option in split(text, ',') {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let value = value.trim_matches('"');
            match name.to_ascii_lowercase().as_str() {
                "cert-authority" => options.authority = true,
                "namespaces" => options.namespaces = Some(value.to_owned()),
                "valid-after" => options.after = Some(time(value, LAST)?),
                "valid-before" => options.before = Some(time(value, FIRST)?),
                _ => return Err(format!("unknown option '{}'", text::line(name, 60))),
            }
        }
        match (options.after, options.before) {
            (Some(after), Some(before)) if before <= after => Err("it is valid at no time".to_owned()),
            _ => Ok(options),
        }
    }
}

/// `YYYYMMDD[HHMM[SS]][Z]`; without the `Z`, that many hours later.
fn time(text: &str, unsure: i64) -> Result<Timestamp, String> {
    let wrong = || format!("'{}' is no time: write YYYYMMDDHHMMSSZ", text::line(text, 40));
    let (digits, shift) = match text.strip_suffix(['Z', 'z']) {
        Some(digits) => (digits, 0),
        None => (text, unsure),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || !matches!(digits.len(), 8 | 12 | 14) {
        return Err(wrong());
    }
    let number = |from: usize, to: usize| digits.get(from..to).map_or(Ok(0), str::parse::<i8>);
    let make = || -> Option<Timestamp> {
        let year = digits.get(..4)?.parse().ok()?;
        let [month, day, hour, minute, second] =
            [(4, 6), (6, 8), (8, 10), (10, 12), (12, 14)].map(|(from, to)| number(from, to).unwrap_or(-1));
        let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
        let time = TimeZone::UTC.to_timestamp(civil).ok()?;
        time.checked_add(SignedDuration::from_hours(shift)).ok()
    };
    make().ok_or_else(wrong)
}

/// The first field of a line, in which quotes keep spaces, and the rest.
fn field(text: &str) -> Result<(&str, &str), String> {
    let text = text.trim_start();
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => return Ok((&text[..at], text[at..].trim_start())),
            _ => {}
        }
    }
    match (quoted, text.is_empty()) {
        (true, _) => Err("a quote is not closed".to_owned()),
        (_, true) => Err("it ends before the key: write NAME KEYTYPE KEY".to_owned()),
        _ => Ok((text, "")),
    }
}

/// The parts of a list whose commas inside of quotes are none.
fn split(text: &str, at: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(|c| {
        quoted ^= c == '"';
        c == at && !quoted
    })
    .collect()
}

/// Whether a list of patterns admits a word: some pattern fits, and none behind a `!` does.
fn matches(list: &str, word: &str) -> bool {
    let mut found = false;
    for pattern in list.split(',') {
        match pattern.strip_prefix('!') {
            Some(refused) if fits(refused, word) => return false,
            Some(_) => {}
            None => found |= fits(pattern, word),
        }
    }
    found
}

/// A pattern with `*` and `?`, in time that grows with the product of the lengths at worst.
fn fits(pattern: &str, word: &str) -> bool {
    let (pattern, word) = (pattern.as_bytes(), word.as_bytes());
    let (mut p, mut w) = (0, 0);
    // Where the last star was, and how much of the word it takes.
    let mut star = None;
    while w < word.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, w));
                p += 1;
            }
            Some(&c) if c == b'?' || c == word[w] => {
                p += 1;
                w += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    w = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";

    fn parse(line: &str) -> Result<AllowedSigners, NoSigners> {
        AllowedSigners::parse(Path::new("signers"), line)
    }

    fn find(line: &str, asked: Option<&str>, now: &str) -> Result<String, NotAllowed> {
        let key = PublicKey::from_openssh(KEY).unwrap().key_data().clone();
        parse(line).unwrap().find(&key, asked, now.parse().unwrap())
    }

    const NOW: &str = "2026-06-01T12:00:00Z";

    #[test]
    fn lines_say_who_may_sign_for_what_and_until_when() {
        assert_eq!(
            find(&format!("# ours\n\nann@acme {KEY} her laptop"), None, NOW),
            Ok("ann@acme".to_owned())
        );
        assert_eq!(
            find(&format!("*@acme,!eve@acme {KEY}"), Some("ann@acme"), NOW),
            Ok("ann@acme".to_owned())
        );
        assert_eq!(
            find(&format!("*@acme,!eve@acme {KEY}"), Some("eve@acme"), NOW),
            Err(NotAllowed::Other(1))
        );
        assert!(find(&format!("a namespaces=\"git,go*\" {KEY}"), None, NOW).is_ok());
        assert_eq!(
            find(&format!("a namespaces=\"git,file\" {KEY}"), None, NOW),
            Err(NotAllowed::Namespace(1))
        );
        let early = find(&format!("a valid-after=\"20260601120001Z\" {KEY}"), None, NOW);
        assert!(matches!(early, Err(NotAllowed::Early(1, _))));
        let late = find(&format!("a valid-before=\"202606011159Z\" {KEY}"), None, NOW);
        assert!(matches!(late, Err(NotAllowed::Expired(1, _))));
        assert!(
            find(&format!("a valid-after=\"20260601Z\",valid-before=\"20260602Z\" {KEY}"), None, NOW).is_ok()
        );
        assert_eq!(
            find(&format!("ca cert-authority {KEY}"), None, NOW),
            Err(NotAllowed::Unknown { authorities: true })
        );
        // The same key, on a line of another time and one of today.
        let both = format!("old valid-before=\"20200101Z\" {KEY}\nnew {KEY}");
        assert_eq!(find(&both, None, NOW), Ok("new".to_owned()));
    }

    #[test]
    fn a_time_of_nobody_knows_where_counts_where_it_is_worst() {
        assert!(find(&format!("a valid-after=\"20260601\" {KEY}"), None, "2026-06-01T11:59:59Z").is_err());
        assert!(find(&format!("a valid-after=\"20260601\" {KEY}"), None, NOW).is_ok());
        assert!(find(&format!("a valid-before=\"20260602\" {KEY}"), None, "2026-06-01T10:00:01Z").is_err());
        assert!(find(&format!("a valid-before=\"20260602\" {KEY}"), None, "2026-06-01T10:00:00Z").is_ok());
    }

    #[test]
    fn a_line_that_says_nothing_known_is_an_error_with_its_place() {
        let why = |line: &str| parse(line).unwrap_err().to_string();
        assert!(why("\nann@acme").starts_with("signers:2: it ends before the key"));
        assert!(why("ann@acme ssh-ed25519 AAAA").contains("no public key"));
        assert!(why(&format!("ann@acme touch-required {KEY}")).contains("unknown option 'touch-required'"));
        assert!(why(&format!("ann@acme valid-after=\"soon\" {KEY}")).contains("no time"));
        assert!(why(&format!("ann@acme valid-after=\"20261301Z\" {KEY}")).contains("no time"));
        assert!(why(&format!("ann@acme namespaces=\"git {KEY}")).contains("quote"));
        assert!(
            why(&format!("a valid-after=\"20270101Z\",valid-before=\"20260101Z\" {KEY}")).contains("no time")
        );
    }

    #[test]
    fn patterns_fit_as_a_shell_has_them() {
        for (pattern, word, expected) in [
            ("*", "", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*@acme.example", "ann@acme.example", true),
            ("*@acme.example", "ann@acme.example.org", false),
            ("a*b*c", "axxbyybzc", true),
            ("", "a", false),
        ] {
            assert_eq!(fits(pattern, word), expected, "{pattern} {word}");
        }
    }
}
