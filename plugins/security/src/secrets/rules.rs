//! What a secret looks like: the rules of `rules/*.toml`, as the host takes them.

use std::sync::LazyLock;

use gonogo_sdk::files::Pattern;

use super::places::PRIVATE;

/// What kind of thing a rule finds. In rising order of how sure the rule is: of two on one line the surer one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// A value that is called a password, a secret or a token.
    Generic,
    /// A password in an address or a connection string.
    UrlPassword,
    /// A token in the form that its provider gives out.
    Provider,
    /// A private key.
    PrivateKey,
}

impl Category {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Provider, Self::PrivateKey, Self::UrlPassword, Self::Generic];

    /// What a fact calls the finds of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider tokens",
            Self::PrivateKey => "private keys",
            Self::UrlPassword => "passwords in addresses",
            Self::Generic => "generic secrets",
        }
    }
}

/// One rule. `rules/README.md` says what the parts mean.
pub struct Rule {
    /// What matches call it.
    pub id: &'static str,
    /// What it finds.
    pub description: &'static str,
    /// What kind of thing that is.
    pub category: Category,
    /// Where or how such a secret is made worthless.
    pub revoke: &'static str,
    pub(super) pattern: &'static str,
    pub(super) keywords: Vec<&'static str>,
    pub(super) entropy: f64,
    pub(super) checksum: Option<&'static str>,
    pub(super) multi_line: bool,
    /// Whether a find is never worse than a warning.
    pub mild: bool,
    pub(super) exclude: Vec<&'static str>,
    pub(super) exclude_match: Vec<&'static str>,
    pub(super) stop_words: Vec<&'static str>,
    pub(super) exclude_paths: Vec<&'static str>,
    pub(super) paths: Vec<&'static str>,
}

/// All rules, sorted by file and in its order.
pub static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let packed = include_bytes!(concat!(env!("OUT_DIR"), "/rules.deflate"));
    let unpacked = miniz_oxide::inflate::decompress_to_vec(packed).unwrap_or_default();
    // Read once, for as long as the plugin lives.
    let text: &'static str = String::from_utf8(unpacked).unwrap_or_default().leak();
    text.split_terminator('\u{1e}').filter_map(Rule::read).collect()
});

/// The rule that a match names.
pub fn named(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

impl Rule {
    /// One rule, as `build.rs` writes it.
    fn read(text: &'static str) -> Option<Self> {
        let mut fields = text.split_terminator('\u{1f}');
        let mut next = || fields.next();
        let list = |field: &'static str| match field.is_empty() {
            true => Vec::new(),
            false => field.split('\u{1d}').collect(),
        };
        Some(Self {
            id: next()?,
            description: next()?,
            category: match next()? {
                "provider" => Category::Provider,
                "private-key" => Category::PrivateKey,
                "url-password" => Category::UrlPassword,
                _ => Category::Generic,
            },
            pattern: next()?,
            revoke: next()?,
            entropy: next()?.parse().ok()?,
            checksum: Some(next()?).filter(|checksum| !checksum.is_empty()),
            multi_line: !next()?.is_empty(),
            mild: next()? == "warn",
            exclude: list(next()?),
            keywords: list(next()?),
            exclude_match: list(next()?),
            stop_words: list(next()?),
            exclude_paths: list(next()?),
            paths: list(next()?),
        })
    }

    /// The rule as the host takes it. With `anywhere`, it does not matter what the file is called; in files for logins it never does.
    pub fn pattern(&self, anywhere: bool) -> Pattern {
        let mut pattern = Pattern::new(self.id, self.pattern).keywords(&self.keywords).secret("secret");
        if self.entropy > 0.0 {
            pattern = pattern.entropy(self.entropy);
        }
        if let Some(checksum) = self.checksum {
            pattern = pattern.with("checksum", checksum);
        }
        if self.multi_line {
            pattern = pattern.with("multi-line", true);
        }
        let paths = match anywhere || self.paths.is_empty() {
            true => Vec::new(),
            false => [&self.paths[..], PRIVATE].concat(),
        };
        let lists = [
            ("exclude", &self.exclude[..]),
            ("exclude-match", &self.exclude_match),
            ("stop-words", &self.stop_words),
            ("exclude-paths", &self.exclude_paths),
            ("paths", &paths),
        ];
        for (name, list) in lists {
            if !list.is_empty() {
                pattern = pattern.with(name, owned(list));
            }
        }
        pattern
    }
}

fn owned(list: &[&str]) -> Vec<String> {
    list.iter().map(|&text| text.to_owned()).collect()
}
