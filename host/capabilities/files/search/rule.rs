//! One pattern with everything that makes or unmakes its matches.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use regex::bytes::{CaptureLocations, Regex};

use super::{checksum::Checksum, options::words, redact::entropy};
use crate::{
    capabilities::{
        files::walk::{
            Ignored,
            options::{number, one_text, texts},
        },
        pattern::{self, Budget},
    },
    domain::{Attributes, Error, text},
};

/// A pattern of a search. Its expressions are compiled when a keyword of it is first met: most never are.
pub struct Rule {
    /// What its matches call it.
    pub id: String,
    /// In any case; without any, the expression is tried everywhere.
    pub keywords: Vec<String>,
    /// The group that holds a secret.
    pub secret: Option<Secret>,
    /// Whether the whole of many lines can tell that none of them matches: nothing in the expression looks at the ends of the text.
    pub joins_lines: bool,
    /// Bytes of its longest match.
    pub longest: usize,
    budget: Budget,
    pattern: String,
    compiled: OnceLock<Result<Compiled, Error>>,
    entropy: Option<f64>,
    exclude: Expressions,
    exclude_match: Expressions,
    exclude_paths: Expressions,
    paths: Option<Ignored>,
    stop_words: Vec<String>,
    stop: OnceLock<Result<Option<AhoCorasick>, Error>>,
    checksum: Option<Checksum>,
}

/// What of a match is secret.
pub enum Secret {
    /// All of it.
    Match,
    /// The named group; all of it where the group took no part.
    Group(String),
}

/// An expression that is ready.
pub struct Compiled {
    /// The expression.
    pub regex: Regex,
    /// Its named groups.
    pub groups: Vec<(String, usize)>,
    /// Which group is secret; 0 for the match.
    pub secret: Option<usize>,
}

/// A list of expressions, any of which may match.
struct Expressions {
    patterns: Vec<String>,
    compiled: OnceLock<Result<Vec<Regex>, Error>>,
}

impl Rule {
    /// Reads a pattern as the contract gives it. What is wrong with an expression is said now; only its size shows later.
    pub fn read(given: &Attributes, budget: Budget) -> Result<Self, Error> {
        let required = |name| match given.get(name) {
            Some(value) => one_text(name, value),
            None => Err(Error::Unsupported(format!("a pattern has no '{name}'"))),
        };
        let mut rule = Self {
            id: required("id")?.to_owned(),
            keywords: Vec::new(),
            secret: None,
            joins_lines: false,
            longest: usize::MAX,
            budget,
            pattern: required("pattern")?.to_owned(),
            compiled: OnceLock::new(),
            entropy: None,
            exclude: Expressions::none(),
            exclude_match: Expressions::none(),
            exclude_paths: Expressions::none(),
            paths: None,
            stop_words: Vec::new(),
            stop: OnceLock::new(),
            checksum: None,
        };
        for (name, value) in &given.0 {
            match &**name {
                "id" | "pattern" => {}
                "keywords" => rule.keywords = texts(name, value)?.to_vec(),
                "secret" => {
                    rule.secret = Some(match one_text(name, value)? {
                        "0" => Secret::Match,
                        group => Secret::Group(group.to_owned()),
                    });
                }
                "entropy" => rule.entropy = Some(number(name, value)?),
                "exclude" => rule.exclude = Expressions::of(texts(name, value)?)?,
                "exclude-match" => rule.exclude_match = Expressions::of(texts(name, value)?)?,
                "exclude-paths" => rule.exclude_paths = Expressions::of(texts(name, value)?)?,
                "stop-words" => rule.stop_words = texts(name, value)?.to_vec(),
                "paths" => rule.paths = Some(Ignored::of(texts(name, value)?)?),
                "checksum" => rule.checksum = Some(Checksum::named(one_text(name, value)?)?),
                _ => return Err(Error::Unsupported(format!("a pattern has no '{}'", text::line(name, 50)))),
            }
        }
        let parsed = pattern::parse(&rule.pattern)?;
        rule.longest = parsed.longest.unwrap_or(usize::MAX);
        if let Some(Secret::Group(secret)) = &rule.secret
            && !parsed.groups.iter().any(|group| group == secret)
        {
            let (id, secret) = (text::line(&rule.id, 100), text::line(secret, 100));
            return Err(Error::Unsupported(format!("pattern '{id}' has no group '{secret}'")));
        }
        rule.joins_lines = !["$", r"\A", r"\z", r"\Z", r"\r"].iter().any(|part| rule.pattern.contains(part));
        Ok(rule)
    }

    /// Bytes of all its expressions.
    pub fn length(&self) -> usize {
        let lists = [&self.exclude, &self.exclude_match, &self.exclude_paths];
        let lists = lists.into_iter().flat_map(|list| &list.patterns).map(String::len).sum::<usize>();
        self.pattern.len() + lists
    }

    /// The expression, compiled.
    pub fn compiled(&self) -> Result<&Compiled, Error> {
        let compile = || {
            let regex = pattern::compile_for_lines(&self.pattern, self.budget)?;
            let names = regex.capture_names().enumerate();
            let groups = names.filter_map(|(at, name)| Some((name?.to_owned(), at))).collect::<Vec<_>>();
            let secret = self.secret.as_ref().map(|secret| match secret {
                Secret::Match => 0,
                Secret::Group(name) => {
                    groups.iter().find(|(group, _)| group == name).map_or(0, |(_, at)| *at)
                }
            });
            Ok(Compiled { regex, groups, secret })
        };
        self.compiled.get_or_init(compile).as_ref().map_err(Clone::clone)
    }

    /// Whether a file is searched at all: `path` as matches show it, `relative` to the search's own.
    pub fn wants(&self, path: &str, relative: &str) -> Result<bool, Error> {
        Ok(self.paths.as_ref().is_none_or(|paths| paths.names(relative))
            && !self.exclude_paths.any(path.as_bytes(), self.budget)?)
    }

    /// Whether a match counts. `secret` is the match where the pattern has none.
    pub fn accepts(&self, whole: &[u8], secret: &[u8]) -> Result<bool, Error> {
        if self.entropy.is_some_and(|least| entropy(secret) < least) {
            return Ok(false);
        }
        if self.checksum.is_some_and(|checksum| !checksum.fits(secret)) {
            return Ok(false);
        }
        if !self.stop_words.is_empty() {
            let stop = self.stop.get_or_init(|| words("stop-words", &self.stop_words));
            if stop.as_ref().map_err(Clone::clone)?.as_ref().is_some_and(|stop| stop.is_match(secret)) {
                return Ok(false);
            }
        }
        Ok(!self.exclude.any(secret, self.budget)? && !self.exclude_match.any(whole, self.budget)?)
    }
}

impl Compiled {
    /// Room for the places of groups.
    pub fn locations(&self) -> CaptureLocations {
        self.regex.capture_locations()
    }
}

impl Expressions {
    fn none() -> Self {
        Self { patterns: Vec::new(), compiled: OnceLock::new() }
    }

    fn of(patterns: &[String]) -> Result<Self, Error> {
        for pattern in patterns {
            pattern::parse(pattern)?;
        }
        Ok(Self { patterns: patterns.to_vec(), compiled: OnceLock::new() })
    }

    fn any(&self, text: &[u8], budget: Budget) -> Result<bool, Error> {
        if self.patterns.is_empty() {
            return Ok(false);
        }
        let compile =
            || self.patterns.iter().map(|pattern| pattern::compile_for_lines(pattern, budget)).collect();
        let compiled = self.compiled.get_or_init(compile).as_ref().map_err(Clone::clone)?;
        Ok(compiled.iter().any(|regex| regex.is_match(text)))
    }
}
