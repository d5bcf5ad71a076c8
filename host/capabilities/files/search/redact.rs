//! Matches as the plugin sees them: no secret among them.
//!
//! A secret is cut out of every text of its document in two ways: by its place, where another match lies over it, and by its value,
//! wherever it stands again.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use memchr::memchr_iter;

use super::{
    rules::Rules,
    scan::{Found, Hit, line_of},
};
use crate::{
    capabilities::found,
    domain::{Attributes, Value},
};

/// Most bytes of a text that a plugin gets.
const MOST_TEXT: usize = 2_000;

/// Shortest secret that is cut out by value, in bytes: shorter ones stand everywhere.
const SHORTEST: usize = 4;

/// Most characters that are shown of a secret.
const SHOWN: usize = 4;

const CUT: char = '…';

/// Where texts come from, and what their matches say of it.
pub struct Document<'a> {
    /// As matches show it.
    pub path: &'a str,
    /// As patterns of paths see it: relative to the search's own.
    pub relative: &'a str,
    /// `file`, `staged`, …
    pub source: &'static str,
    /// Further attributes of each match.
    pub more: Vec<(&'static str, Value)>,
    /// What fingerprints count as the path: the same from run to run.
    pub known_as: &'a str,
}

/// A text of a document with what was found in it.
pub struct Part<'a> {
    /// The text itself.
    pub text: &'a [u8],
    /// Its matches.
    pub found: &'a Found,
    /// Its place in the document, where it was decoded: then its matches stand there.
    pub within: Option<Range<usize>>,
}

/// Shannon entropy in bits per byte.
pub fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for &byte in bytes {
        counts[usize::from(byte)] += 1;
    }
    let length = bytes.len() as f64;
    let share = |count: &u32| f64::from(*count) / length;
    let bits =
        counts.iter().filter(|count| **count > 0).map(share).map(|share| share * share.log2()).sum::<f64>();
    // Zero, not its negative.
    (0.0 - bits).max(0.0)
}

/// The matches of a document's parts, in order. The first part is the document itself.
pub fn matches(rules: &Rules, document: &Document<'_>, parts: &[Part<'_>]) -> Vec<Attributes> {
    let Some(whole) = parts.first() else { return Vec::new() };
    let by_value = by_value(parts);
    let mut placed = Vec::new();
    for part in parts {
        let cuts = cuts(part, parts, by_value.as_ref());
        let mut counted = Counted { text: whole.text, at: 0, line: 1 };
        for hit in &part.found.hits {
            let at = part.within.as_ref().map_or(hit.range.start, |within| within.start);
            let mut attributes = attributes(rules, document, part, hit, &cuts);
            attributes.set("line", counted.line_at(at));
            attributes.set("column", at - line_of(whole.text, at).start + 1);
            placed.push((at, hit.rule, attributes));
        }
    }
    placed.sort_by_key(|(at, rule, _)| (*at, *rule));
    placed.into_iter().map(|(_, _, attributes)| attributes).collect()
}

/// Counts lines forward.
struct Counted<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl Counted<'_> {
    fn line_at(&mut self, at: usize) -> usize {
        if let Some(between) = self.text.get(self.at..at) {
            self.line += memchr_iter(b'\n', between).count();
            self.at = at;
        }
        self.line
    }
}

fn attributes(
    rules: &Rules,
    document: &Document<'_>,
    part: &Part<'_>,
    hit: &Hit,
    cuts: &[Cut],
) -> Attributes {
    let shown = |range: &Range<usize>| bounded(cut(part.text, range, cuts));
    let mut attributes = Attributes::new();
    attributes.set("path", document.path);
    attributes.set("source", if part.within.is_some() { "base64" } else { document.source });
    for (name, value) in &document.more {
        attributes.set(name, value.clone());
    }
    attributes.set("text", shown(&hit.range));
    let Some(rule) = rules.all.get(hit.rule) else { return attributes };
    attributes.set("pattern", &*rule.id);
    let names = rule.compiled().map_or(&[][..], |compiled| &compiled.groups);
    let overlaps = |range: &Range<usize>| {
        hit.secret.as_ref().is_some_and(|secret| range.start < secret.end && secret.start < range.end)
    };
    let is_secret =
        |name: &str| matches!(&rule.secret, Some(super::rule::Secret::Group(secret)) if secret == name);
    let groups = hit.groups.iter().filter_map(|(at, range)| Some((&*names.get(*at)?.0, range)));
    let groups = groups.filter(|(name, range)| !is_secret(name) && !overlaps(range));
    attributes
        .set("groups", groups.map(|(name, range)| format!("{name}={}", shown(range))).collect::<Vec<_>>());
    if let Some(secret) = &hit.secret {
        let value = part.text.get(secret.clone()).unwrap_or_default();
        found::remember(value);
        let mut seen = [false; 256];
        for &byte in value {
            seen[usize::from(byte)] = true;
        }
        attributes.set("length", value.len());
        attributes.set("entropy", entropy(value));
        attributes.set("distinct", seen.iter().filter(|seen| **seen).count());
        attributes.set("fingerprint", fingerprint(document.known_as, &rule.id, value));
    }
    attributes
}

/// Each part with its length before it, so that no two triples read the same.
fn fingerprint(path: &str, pattern: &str, value: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [path.as_bytes(), pattern.as_bytes(), value] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().to_hex().chars().take(8).collect()
}

/// A place that is not shown: one secret, or several that overlap.
struct Cut {
    range: Range<usize>,
    /// How many characters of its beginning are shown.
    shown: usize,
}

/// What of a part is not shown, in order and apart from each other.
fn cuts(part: &Part<'_>, parts: &[Part<'_>], by_value: Option<&AhoCorasick>) -> Vec<Cut> {
    let mut ranges = part.found.secrets.clone();
    if part.within.is_none() {
        // What a secret was decoded from is the secret.
        let encoded = parts.iter().filter(|part| !part.found.secrets.is_empty());
        ranges.extend(encoded.filter_map(|part| part.within.clone()));
    }
    let again = by_value.into_iter().flat_map(|values| values.find_overlapping_iter(part.text));
    ranges.extend(again.map(|found| found.range()));
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut cuts = Vec::<Cut>::new();
    for range in ranges {
        let shown = of_secret(part.text.get(range.clone()).unwrap_or_default());
        match cuts.last_mut() {
            Some(last) if range.start < last.range.end => {
                last.range.end = last.range.end.max(range.end);
                last.shown = last.shown.min(shown);
            }
            _ => cuts.push(Cut { range, shown }),
        }
    }
    cuts
}

/// How many characters of a secret are shown: at most a quarter.
fn of_secret(value: &[u8]) -> usize {
    (String::from_utf8_lossy(value).chars().count() / 4).min(SHOWN)
}

/// A part of a text without its secrets.
fn cut(text: &[u8], range: &Range<usize>, cuts: &[Cut]) -> String {
    let mut out = String::new();
    let mut at = range.start;
    let first = cuts.partition_point(|cut| cut.range.end <= range.start);
    for cut in cuts.iter().skip(first).take_while(|cut| cut.range.start < range.end) {
        out += &String::from_utf8_lossy(text.get(at..cut.range.start).unwrap_or_default());
        // Of a secret that began before, or is shown only in part, nothing is shown.
        if cut.range.start >= at && cut.range.end <= range.end {
            let value = String::from_utf8_lossy(text.get(cut.range.clone()).unwrap_or_default());
            out.extend(value.chars().take(cut.shown));
        }
        out.push(CUT);
        at = cut.range.end;
    }
    out + &String::from_utf8_lossy(text.get(at..range.end).unwrap_or_default())
}

/// Finds the secrets of a document by value, wherever they stand again.
fn by_value(parts: &[Part<'_>]) -> Option<AhoCorasick> {
    let values = parts.iter().flat_map(|part| {
        part.found.secrets.iter().map(|range| part.text.get(range.clone()).unwrap_or_default())
    });
    let mut values = values.filter(|value| value.len() >= SHORTEST).collect::<Vec<_>>();
    values.sort_unstable();
    values.dedup();
    // For one document: what is quickly made, not what is quickly searched.
    let quick = || AhoCorasick::builder().kind(Some(AhoCorasickKind::NoncontiguousNFA)).build(&values).ok();
    if values.is_empty() { None } else { quick() }
}

fn bounded(mut text: String) -> String {
    if text.len() > MOST_TEXT {
        text.truncate(text.floor_char_boundary(MOST_TEXT));
        text.push(CUT);
    }
    text
}
