//! The settings of OpenSSH's daemon, as sshd_config(5) defines them.

use std::collections::BTreeMap;

use gonogo_sdk::{
    Error, Report, Severity,
    files::{self, Kind},
};

/// Includes within includes, as OpenSSH limits them.
const DEEPEST: usize = 16;

/// Files that may be included in all: more are a mistake, or a trap.
const MOST_FILES: usize = 256;

/// The keywords that are judged, with the value that OpenSSH 9 has where none is set.
const DEFAULTS: &[(&str, &str)] = &[
    ("permitrootlogin", "prohibit-password"),
    ("passwordauthentication", "yes"),
    ("kbdinteractiveauthentication", "yes"),
    ("permitemptypasswords", "no"),
    ("usepam", "no"),
    ("x11forwarding", "no"),
    ("strictmodes", "yes"),
    ("ignorerhosts", "yes"),
    ("hostbasedauthentication", "no"),
    ("permituserenvironment", "no"),
];

/// A value and where it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    text: String,
    /// File and line; `None` of a default.
    place: Option<(String, u32)>,
}

/// Settings under one condition. The first value of a keyword counts.
type Block = BTreeMap<String, Value>;

/// What the daemon was told.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Settings {
    global: Block,
    /// `Match` blocks in their order, each with its criteria.
    matches: Vec<(String, Block)>,
}

/// Why the settings cannot be told.
#[derive(Debug)]
pub struct Unreadable {
    /// Which file.
    pub file: String,
    /// Why.
    pub why: String,
}

impl Settings {
    /// Reads a sshd_config and what it includes. `directory` is where relative includes start.
    pub fn read(file: &str, directory: &str) -> Result<Self, Unreadable> {
        let mut reader = Reader { directory, settings: Self::default(), files: 0 };
        reader.file(file, None, 0)?;
        Ok(reader.settings)
    }

    /// What counts for everybody: a `Match all` block goes before the global section.
    fn value(&self, keyword: &str) -> Value {
        let mut for_all = self.matches.iter().filter(|(criteria, _)| criteria.eq_ignore_ascii_case("all"));
        let set = for_all.find_map(|(_, block)| block.get(keyword)).or_else(|| self.global.get(keyword));
        let default = || {
            let default = DEFAULTS.iter().find(|(name, _)| *name == keyword).map_or("", |(_, value)| value);
            Value { text: default.to_owned(), place: None }
        };
        set.cloned().unwrap_or_else(default)
    }

    /// Judges all keywords.
    pub fn judge(&self, report: &mut Report) {
        let is = |keyword: &str, wanted: &str| self.value(keyword).text.eq_ignore_ascii_case(wanted);
        let passwords = is("passwordauthentication", "yes");
        let pam = is("kbdinteractiveauthentication", "yes") && is("usepam", "yes");
        self.root(report, passwords || pam);
        self.one(report, "PermitEmptyPasswords", "no", Severity::NoGo);
        self.one(report, "PasswordAuthentication", "no", Severity::Warn);
        if pam && !passwords {
            let value = self.value("kbdinteractiveauthentication");
            let message = "passwords get in through PAM: KbdInteractiveAuthentication is yes, no wanted";
            say(report, Severity::Warn, message, &value, "KbdInteractiveAuthentication no");
        }
        self.one(report, "HostbasedAuthentication", "no", Severity::Warn);
        self.one(report, "PermitUserEnvironment", "no", Severity::Warn);
        self.one(report, "StrictModes", "yes", Severity::Warn);
        self.one(report, "IgnoreRhosts", "yes", Severity::Warn);
        self.one(report, "X11Forwarding", "no", Severity::Note);
    }

    fn root(&self, report: &mut Report, passwords: bool) {
        let value = self.value("permitrootlogin");
        report.fact("PermitRootLogin", value.text.clone()).bound("not yes");
        if value.text.eq_ignore_ascii_case("yes") {
            let (severity, how) =
                if passwords { (Severity::NoGo, "with a password") } else { (Severity::Warn, "with a key") };
            let message =
                format!("root may log in {how}: PermitRootLogin is yes, no or prohibit-password wanted");
            say(report, severity, &message, &value, "PermitRootLogin prohibit-password");
        }
        self.conditional(report, "PermitRootLogin", Severity::Warn, |text| text.eq_ignore_ascii_case("yes"));
    }

    fn one(&self, report: &mut Report, keyword: &str, wanted: &str, severity: Severity) {
        let value = self.value(&keyword.to_ascii_lowercase());
        report.fact(keyword, value.text.clone()).bound(format!("= {wanted}"));
        if !value.text.eq_ignore_ascii_case(wanted) {
            let message = format!("{keyword} is {}, {wanted} wanted", value.text);
            say(report, severity, &message, &value, &format!("{keyword} {wanted}"));
        }
        // What holds for some only is less than what holds for all, but for empty passwords.
        let severity = if severity == Severity::Warn { Severity::Note } else { severity };
        self.conditional(report, keyword, severity, |text| !text.eq_ignore_ascii_case(wanted));
    }

    fn conditional(
        &self,
        report: &mut Report,
        keyword: &str,
        severity: Severity,
        is_wrong: impl Fn(&str) -> bool,
    ) {
        for (criteria, block) in self.matches.iter().filter(|(it, _)| !it.eq_ignore_ascii_case("all")) {
            if let Some(value) =
                block.get(&keyword.to_ascii_lowercase()).filter(|value| is_wrong(&value.text))
            {
                let message = format!("{keyword} is {} for those who match '{criteria}'", value.text);
                say(report, severity, &message, value, &format!("take {keyword} out of that Match block"));
            }
        }
    }
}

fn say(report: &mut Report, severity: Severity, message: &str, value: &Value, hint: &str) {
    if let Some((file, line)) = &value.place {
        report.finding(severity, message).at_line(file, *line).hint(hint);
    } else {
        let message = format!("{message} (nothing sets it: that is the default)");
        report.finding(severity, message).hint(hint);
    }
}

struct Reader<'d> {
    directory: &'d str,
    settings: Settings,
    files: usize,
}

impl Reader<'_> {
    /// Reads a file that is included under a condition: the place of a `Match` block.
    fn file(&mut self, file: &str, within: Option<usize>, depth: usize) -> Result<(), Unreadable> {
        let fail = |why: String| Unreadable { file: file.to_owned(), why };
        self.files += 1;
        if depth > DEEPEST || self.files > MOST_FILES {
            return Err(fail(format!(
                "files are included {DEEPEST} deep, or more than {MOST_FILES} of them"
            )));
        }
        let text = files::read_text(file).map_err(|error| fail(error.to_string()))?;
        // A Match block ends with its file.
        let mut within = within;
        for (number, line) in (1_u32..).zip(text.lines()) {
            let words =
                words(line).ok_or_else(|| fail(format!("line {number} has a quote without its end")))?;
            let Some((keyword, arguments)) = words.split_first() else { continue };
            match (keyword.to_ascii_lowercase().as_str(), arguments) {
                ("match", []) => return Err(fail(format!("line {number} is a Match without criteria"))),
                ("match", criteria) => {
                    self.settings.matches.push((criteria.join(" "), Block::new()));
                    within = Some(self.settings.matches.len() - 1);
                }
                ("include", patterns) => {
                    for pattern in patterns {
                        for file in self.matching(pattern)? {
                            self.file(&file, within, depth + 1)?;
                        }
                    }
                }
                (_, []) => {}
                (keyword, [first, ..]) => {
                    // The names of old.
                    let keyword = match keyword {
                        "challengeresponseauthentication" | "skeyauthentication" => {
                            "kbdinteractiveauthentication"
                        }
                        other => other,
                    };
                    let block = match within {
                        Some(at) => self.settings.matches.get_mut(at).map(|(_, block)| block),
                        None => Some(&mut self.settings.global),
                    };
                    let value = Value { text: plain(keyword, first), place: Some((file.to_owned(), number)) };
                    if let Some(block) = block {
                        block.entry(keyword.to_owned()).or_insert(value);
                    }
                }
            }
        }
        Ok(())
    }

    /// The files that an include names, sorted. None is no mistake.
    fn matching(&self, pattern: &str) -> Result<Vec<String>, Unreadable> {
        let path = match pattern.starts_with('/') {
            true => pattern.to_owned(),
            false => format!("{}/{pattern}", self.directory),
        };
        let (directory, name) = path.rsplit_once('/').unwrap_or((".", &path));
        let fail = |why: String| Unreadable { file: path.clone(), why };
        if directory.contains(['*', '?', '[']) {
            return Err(fail("an Include with a pattern in its directory is not followed".to_owned()));
        }
        if !name.contains(['*', '?', '[']) {
            return match files::stat(&path, true) {
                Ok(_) => Ok(vec![path]),
                Err(Error::NotFound(_)) => Ok(Vec::new()),
                Err(error) => Err(fail(error.to_string())),
            };
        }
        if name.contains('[') {
            return Err(fail("an Include with '[' is not followed".to_owned()));
        }
        let names = match files::list(directory) {
            Ok(names) => names,
            Err(Error::NotFound(_)) => return Ok(Vec::new()),
            Err(error) => return Err(fail(error.to_string())),
        };
        let fits = |(other, kind): &(String, Kind)| {
            *kind != Kind::Directory
                && glob(name.as_bytes(), other.as_bytes())
                && (name.starts_with('.') || !other.starts_with('.'))
        };
        Ok(names.into_iter().filter(fits).map(|(name, _)| format!("{directory}/{name}")).collect())
    }
}

/// The old names of `prohibit-password`, and `true` and `false`.
fn plain(keyword: &str, value: &str) -> String {
    let lower = value.to_ascii_lowercase();
    match (keyword, lower.as_str()) {
        ("permitrootlogin", "without-password") => "prohibit-password".to_owned(),
        (_, "true") => "yes".to_owned(),
        (_, "false") => "no".to_owned(),
        _ => lower,
    }
}

/// The words of a line: quotes, `=` after the keyword, comments. `None` where a quote has no end.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = line.trim_matches([' ', '\t', '\r', '\u{c}']);
    while !rest.is_empty() && !rest.starts_with('#') {
        let word;
        if let Some(quoted) = rest.strip_prefix('"') {
            (word, rest) = quoted.split_once('"')?;
        } else {
            let ends = |c: char| c == ' ' || c == '\t' || words.is_empty() && c == '=';
            let end = rest.find(ends).unwrap_or(rest.len());
            (word, rest) = rest.split_at_checked(end)?;
        }
        words.push(word.to_owned());
        rest = rest.trim_start_matches([' ', '\t']);
        if words.len() == 1 {
            rest = rest.strip_prefix('=').unwrap_or(rest).trim_start_matches([' ', '\t']);
        }
    }
    Some(words)
}

/// Whether a name fits a pattern of `*` and `?`, in time that grows with the product of the lengths.
fn glob(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut in_name) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while in_name < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, in_name));
                at += 1;
            }
            Some(&wanted) if wanted == b'?' || Some(&wanted) == name.get(in_name) => {
                at += 1;
                in_name += 1;
            }
            _ => match star {
                Some((place, from)) => {
                    star = Some((place, from + 1));
                    at = place + 1;
                    in_name = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).is_some_and(|rest| rest.iter().all(|&byte| byte == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_words() {
        let words = |line: &str| words(line).map(|words| words.join("|"));
        assert_eq!(words("  PermitRootLogin yes # why").as_deref(), Some("PermitRootLogin|yes"));
        assert_eq!(words("Port=22").as_deref(), Some("Port|22"));
        assert_eq!(words("Port = 22").as_deref(), Some("Port|22"));
        assert_eq!(words("Match User \"a b\",c").as_deref(), Some("Match|User|a b|,c"));
        assert_eq!(words("# x").as_deref(), Some(""));
        assert_eq!(words("A \"b"), None);
        assert_eq!(words("ü ö").as_deref(), Some("ü|ö"));
        assert_eq!(words("").as_deref(), Some(""));
    }

    #[test]
    fn patterns_of_names() {
        for (pattern, name, fits) in [
            ("*.conf", "50-cloud.conf", true),
            ("*.conf", "x.conf.bak", false),
            ("*", "", true),
            ("a*b*c", "aXbYbc", true),
            ("?", "", false),
            ("??", "ab", true),
            ("a*", "b", false),
        ] {
            assert_eq!(glob(pattern.as_bytes(), name.as_bytes()), fits, "{pattern} {name}");
        }
        let long = "a".repeat(5_000);
        assert!(!glob("*a*a*a*a*b".as_bytes(), long.as_bytes()));
    }

    fn set(pairs: &[(&str, &str)]) -> Block {
        pairs
            .iter()
            .map(|(key, text)| ((*key).to_owned(), Value { text: (*text).to_owned(), place: None }))
            .collect()
    }

    #[test]
    fn what_counts_for_everybody() {
        let mut settings = Settings::default();
        assert_eq!(settings.value("permitrootlogin").text, "prohibit-password");
        settings.global = set(&[("permitrootlogin", "yes")]);
        assert_eq!(settings.value("permitrootlogin").text, "yes");
        settings.matches = vec![
            ("user git".to_owned(), set(&[("permitrootlogin", "forced-commands-only")])),
            ("all".to_owned(), set(&[("permitrootlogin", "no")])),
        ];
        assert_eq!(settings.value("permitrootlogin").text, "no");
        assert_eq!(plain("permitrootlogin", "Without-Password"), "prohibit-password");
    }
}
