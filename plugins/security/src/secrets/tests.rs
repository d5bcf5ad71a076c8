//! Runs every example of every rule through what the host does with a pattern; whether a private key is whole is left to the host's own tests.

use std::collections::HashSet;

use regex::bytes::{Regex, RegexBuilder};

use super::rules::{RULES, Rule, named};

/// Rule, what it must find, what no rule may find.
const EXAMPLES: &[(&str, &[&str], &[&str])] = include!(concat!(env!("OUT_DIR"), "/examples.rs"));

/// Lines of other scanners' test suites. See `rules/regression/README.md`.
const FOUND: &str = include_str!("../../rules/regression/found.txt");
const NOT_FOUND: &str = include_str!("../../rules/regression/not-found.txt");

/// Most bytes of a compiled pattern in the host, with this many of them.
const COMPILED: usize = 512 << 10;

struct Compiled {
    rule: &'static Rule,
    pattern: Regex,
    exclude: Vec<Regex>,
    exclude_match: Vec<Regex>,
}

fn compile(pattern: &str) -> Regex {
    let built =
        RegexBuilder::new(pattern).unicode(!pattern.is_ascii()).multi_line(true).size_limit(COMPILED).build();
    built.unwrap_or_else(|error| panic!("{pattern}: {error}"))
}

fn all() -> Vec<Compiled> {
    let one = |rule: &'static Rule| Compiled {
        rule,
        pattern: compile(rule.pattern),
        exclude: rule.exclude.iter().map(|pattern| compile(pattern)).collect(),
        exclude_match: rule.exclude_match.iter().map(|pattern| compile(pattern)).collect(),
    };
    RULES.iter().map(one).collect()
}

impl Compiled {
    /// Whether the rule finds something in a text, line by line.
    fn finds(&self, text: &str) -> bool {
        let finds = |text: &str| {
            let lower = text.to_ascii_lowercase();
            self.rule.keywords.iter().any(|keyword| lower.contains(keyword)) && self.matches(text)
        };
        if self.rule.multi_line { finds(text) } else { text.lines().any(finds) }
    }

    fn matches(&self, line: &str) -> bool {
        self.pattern.captures_iter(line.as_bytes()).any(|found| {
            let secret = found.name("secret").map_or(&b""[..], |secret| secret.as_bytes());
            let lower = String::from_utf8_lossy(secret).to_ascii_lowercase();
            entropy(secret) >= self.rule.entropy
                && self.rule.checksum.is_none_or(|checksum| match checksum {
                    "pem" => !secret.starts_with(b"-----BEGIN ENC"),
                    "pem-encrypted" => secret.starts_with(b"-----BEGIN ENC"),
                    _ => fits(&String::from_utf8_lossy(secret)),
                })
                && !self.rule.stop_words.iter().any(|word| lower.contains(word))
                && !self.exclude.iter().any(|exclude| exclude.is_match(secret))
                && !self.exclude_match.iter().any(|exclude| exclude.is_match(&found[0]))
        })
    }
}

/// Shannon entropy in bits per byte.
fn entropy(text: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for &byte in text {
        counts[usize::from(byte)] += 1;
    }
    let shares = counts.iter().filter(|&&count| count > 0).map(|&count| f64::from(count) / text.len() as f64);
    shares.map(|share| -share * share.log2()).sum()
}

/// GitHub and npm put the CRC-32 of what follows the prefix at the end, in base 62.
fn fits(token: &str) -> bool {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let Some((body, check)) =
        token.split_once('_').and_then(|(_, rest)| rest.split_at_checked(rest.len().checked_sub(6)?))
    else {
        return false;
    };
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    let mut crc = !body.bytes().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(byte), step));
    check.bytes().rev().all(|digit| {
        let wanted = DIGITS[crc as usize % 62];
        crc /= 62;
        digit == wanted
    })
}

#[test]
fn rules_are_as_they_should_be() {
    let mut ids = HashSet::new();
    for rule in RULES.iter() {
        let id = rule.id;
        assert!(ids.insert(id), "{id}: two rules have this id");
        assert!(
            id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
            "{id}"
        );
        assert!(!rule.keywords.is_empty(), "{id}: without a keyword it is tried everywhere");
        assert!(
            rule.keywords.iter().all(|word| word.len() > 1 && *word == word.to_lowercase()),
            "{id}: keywords"
        );
        assert!(rule.pattern.contains("(?<secret>"), "{id}: no group 'secret'");
        assert!(!rule.description.ends_with('.') && !rule.revoke.is_empty(), "{id}: description, revoke");
        let checksums = ["crc32-base62", "pem", "pem-encrypted"];
        assert!(rule.checksum.is_none_or(|checksum| checksums.contains(&checksum)), "{id}: checksum");
        assert!(named(id).is_some_and(|other| other.pattern == rule.pattern), "{id}");
    }
    assert!(RULES.len() >= 200);
}

#[test]
fn every_example_is_found_by_its_rule() {
    let rules = all();
    let mut wrong = Vec::new();
    for (id, found, _) in EXAMPLES {
        let rule = rules.iter().find(|rule| rule.rule.id == *id).unwrap();
        if found.is_empty() {
            wrong.push(format!("{id}: no example"));
        }
        wrong.extend(
            found.iter().filter(|text| !rule.finds(text)).map(|text| format!("{id}: not found in {text}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_counter_example_is_found_by_any_rule() {
    let rules = all();
    let texts = EXAMPLES.iter().flat_map(|(id, _, not)| not.iter().map(move |text| (*id, *text)));
    let regression = NOT_FOUND.lines().map(|text| ("regression", text));
    let wrong = texts.chain(regression).flat_map(|(id, text)| {
        let found = rules.iter().filter(move |rule| rule.finds(text));
        found.map(move |rule| format!("{id}: {} finds something in {text}", rule.rule.id))
    });
    let wrong = wrong.collect::<Vec<_>>();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_other_scanners_find_is_found() {
    let rules = all();
    let wrong = FOUND.lines().filter(|text| !rules.iter().any(|rule| rule.finds(text))).collect::<Vec<_>>();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_checksum_that_does_not_fit_is_no_token() {
    assert!(!fits("ghp_0000000000000000000000000000000000A0") && !fits("ghp") && !fits("ghp_1") && !fits(""));
}
