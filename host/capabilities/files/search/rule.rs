//! One pattern with everything that makes or unmakes its matches.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use aho_corasick::AhoCorasick;
use memchr::{memchr, memchr2, memchr3};
use regex::bytes::{CaptureLocations, Regex};

use super::{checksum::Checksum, options::words, redact::entropy};
use crate::{
    capabilities::{
        files::walk::{
            Ignored,
            options::{boolean, number, one_text, texts},
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
    /// Whether its matches may go on beyond their line, whatever the search says.
    pub multi_line: bool,
    shape: OnceLock<Result<Shape, Error>>,
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

/// How far the matches of an expression reach.
pub struct Shape {
    /// Bytes of its longest match.
    pub longest: usize,
    /// Whether a match can go on beyond its line.
    pub spans_lines: bool,
    /// Bytes of which every match has one.
    needed: Option<Vec<u8>>,
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

/// Expressions of a search by their text: rules have most of theirs in common, and each is compiled once.
#[derive(Default)]
pub struct Known(HashMap<String, Arc<Expression>>);

/// An expression that is compiled when it is first needed.
struct Expression {
    pattern: String,
    compiled: OnceLock<Result<Regex, Error>>,
}

/// A list of expressions, any of which may match.
#[derive(Default)]
struct Expressions(Vec<Arc<Expression>>);

impl Rule {
    /// Reads a pattern as the contract gives it. What is wrong with an expression's grammar is said now; its size, and classes that there are not, show later.
    pub fn read(given: &Attributes, budget: Budget, known: &mut Known) -> Result<Self, Error> {
        let required = |name| match given.get(name) {
            Some(value) => one_text(name, value),
            None => Err(Error::Unsupported(format!("a pattern has no '{name}'"))),
        };
        let mut rule = Self {
            id: required("id")?.to_owned(),
            keywords: Vec::new(),
            secret: None,
            joins_lines: false,
            multi_line: false,
            shape: OnceLock::new(),
            budget,
            pattern: required("pattern")?.to_owned(),
            compiled: OnceLock::new(),
            entropy: None,
            exclude: Expressions::default(),
            exclude_match: Expressions::default(),
            exclude_paths: Expressions::default(),
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
                "multi-line" => rule.multi_line = boolean(name, value)?,
                "entropy" => rule.entropy = Some(number(name, value)?),
                "exclude" => rule.exclude = known.list(texts(name, value)?)?,
                "exclude-match" => rule.exclude_match = known.list(texts(name, value)?)?,
                "exclude-paths" => rule.exclude_paths = known.list(texts(name, value)?)?,
                "stop-words" => rule.stop_words = texts(name, value)?.to_vec(),
                "paths" => rule.paths = Some(Ignored::of(texts(name, value)?)?),
                "checksum" => rule.checksum = Some(Checksum::named(one_text(name, value)?)?),
                _ => return Err(Error::Unsupported(format!("a pattern has no '{}'", text::line(name, 50)))),
            }
        }
        pattern::check(&rule.pattern)?;
        if let Some(Secret::Group(secret)) = &rule.secret
            && !["(?<", "(?P<"].iter().any(|open| rule.pattern.contains(&format!("{open}{secret}>")))
        {
            let (id, secret) = (text::line(&rule.id, 100), text::line(secret, 100));
            return Err(Error::Unsupported(format!("pattern '{id}' has no group '{secret}'")));
        }
        rule.joins_lines = !["$", r"\A", r"\z", r"\Z", r"\r"].iter().any(|part| rule.pattern.contains(part));
        Ok(rule)
    }

    /// Bytes of its expression.
    pub fn length(&self) -> usize {
        self.pattern.len()
    }

    /// How far its matches reach.
    pub fn shape(&self) -> Result<&Shape, Error> {
        let shape = || {
            let parsed = pattern::parse(&self.pattern)?;
            let longest = parsed.longest.unwrap_or(usize::MAX);
            Ok(Shape { longest, spans_lines: parsed.spans_lines, needed: parsed.needed })
        };
        self.shape.get_or_init(shape).as_ref().map_err(Clone::clone)
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

impl Shape {
    /// Whether a text has what every match has: says so in a fraction of the time that the expression takes.
    pub fn may_match(&self, text: &[u8]) -> bool {
        match self.needed.as_deref() {
            Some(&[one]) => memchr(one, text).is_some(),
            Some(&[one, two]) => memchr2(one, two, text).is_some(),
            Some(&[one, two, three]) => memchr3(one, two, three, text).is_some(),
            _ => true,
        }
    }
}

impl Compiled {
    /// Room for the places of groups.
    pub fn locations(&self) -> CaptureLocations {
        self.regex.capture_locations()
    }
}

impl Known {
    fn list(&mut self, patterns: &[String]) -> Result<Expressions, Error> {
        let mut list = Vec::with_capacity(patterns.len());
        for pattern in patterns {
            if let Some(known) = self.0.get(pattern) {
                list.push(Arc::clone(known));
                continue;
            }
            pattern::check(pattern)?;
            let expression = Expression { pattern: pattern.clone(), compiled: OnceLock::new() };
            list.push(Arc::clone(self.0.entry(pattern.clone()).or_insert(Arc::new(expression))));
        }
        Ok(Expressions(list))
    }

    /// Bytes of all of them.
    pub fn length(&self) -> usize {
        self.0.keys().map(String::len).sum()
    }
}

impl Expressions {
    fn any(&self, text: &[u8], budget: Budget) -> Result<bool, Error> {
        for expression in &self.0 {
            let compile = || pattern::compile_for_lines(&expression.pattern, budget);
            let regex = expression.compiled.get_or_init(compile).as_ref().map_err(Clone::clone)?;
            if regex.is_match(text) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
