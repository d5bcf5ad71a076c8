//! Where the patterns match in one text: keywords first, then expressions, only on the lines around a keyword.

use std::{ops::Range, time::Instant};

use memchr::{memchr, memrchr};
use regex::bytes::CaptureLocations;

use super::{options::Options, rules::Rules};
use crate::{capabilities::files::in_time, domain::Error};

/// Longest line that an expression sees as a whole; of longer ones it sees what lies around a keyword. Bounds the time that minified files take.
const LONG_LINE: usize = 64 << 10;

/// Bytes before a keyword and after it that an expression sees of a long line.
const BEFORE: usize = 2 << 10;
const AFTER: usize = 16 << 10;

/// Bytes after a keyword's line that an expression without a longest match sees where it may match across lines: the largest private keys have 13 KiB.
const MANY_LINES: usize = 64 << 10;

/// Reaches up to this length are looked at again for each line.
const SHORT: usize = 4 << 10;

/// Texts of lines that are held against an expression together.
const BLOCK: usize = 64 << 10;

/// Most matches that are given of one text; more are counted.
const MOST_HITS: usize = 10_000;

/// Tries of expressions between two looks at the deadline.
const TRIES: usize = 64;

/// A match that counts.
pub struct Hit {
    /// The rule, by its place.
    pub rule: usize,
    /// Where in the text.
    pub range: Range<usize>,
    /// The secret's place.
    pub secret: Option<Range<usize>>,
    /// Named groups that took part: by their place in the rule's, and where.
    pub groups: Vec<(usize, Range<usize>)>,
}

/// What was found in one text.
#[derive(Default)]
pub struct Found {
    /// Matches, by place and rule.
    pub hits: Vec<Hit>,
    /// All secrets, those of suppressed matches too.
    pub secrets: Vec<Range<usize>>,
    /// Matches beyond the maximum.
    pub suppressed: u64,
    /// The rules that match, suppressed or not; each at least once.
    pub rules: Vec<usize>,
}

impl Found {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

/// What a thread needs to scan texts one after the other.
pub struct Scanner<'a> {
    /// All patterns.
    pub rules: &'a Rules,
    /// The search's options.
    pub options: &'a Options,
    /// When the search must have ended.
    pub deadline: Instant,
    tries: usize,
    /// For each rule, up to where the text needs no other look.
    covered: Vec<usize>,
    /// For each rule, where its last match ended.
    last: Vec<usize>,
    /// For each rule, whether it wants this document; unknown until it is asked.
    wanted: Vec<Option<bool>>,
    /// For each rule, how many matches this document has.
    count: Vec<usize>,
    locations: Vec<Option<CaptureLocations>>,
}

/// What of a text an expression is held against.
struct Window {
    /// Where the text begins, for the expression.
    base: usize,
    /// Where its first match may begin.
    from: usize,
    /// Where the text ends, for the expression.
    to: usize,
    /// Up to where keywords need no other window.
    covered: usize,
    /// Matches that begin here or later belong to the next window.
    until: usize,
}

impl<'a> Scanner<'a> {
    /// For these patterns.
    pub fn new(rules: &'a Rules, options: &'a Options, deadline: Instant) -> Self {
        let length = rules.all.len();
        Self {
            rules,
            options,
            deadline,
            tries: 0,
            covered: vec![0; length],
            last: vec![0; length],
            wanted: vec![None; length],
            count: vec![0; length],
            locations: std::iter::repeat_with(|| None).take(length).collect(),
        }
    }

    /// Starts a document, within which matches are counted.
    pub fn begin(&mut self) {
        self.wanted.fill(None);
        self.count.fill(0);
    }

    /// Scans a text of a document.
    pub fn scan(&mut self, text: &[u8], path: &str, relative: &str) -> Result<Found, Error> {
        let mut found = Found::default();
        let rules = self.rules;
        self.covered.fill(0);
        self.last.fill(0);
        if let Some(keywords) = &rules.keywords {
            let mut line = 0..0;
            for keyword in keywords.find_overlapping_iter(text) {
                // Keywords that are each other's beginnings meet the same bytes again and again.
                self.in_time(0)?;
                if keyword.start() >= line.end || keyword.start() < line.start {
                    line = line_of(text, keyword.start());
                }
                let of_keyword =
                    rules.of_keyword.get(keyword.pattern().as_usize()).map_or(&[][..], Vec::as_slice);
                for &rule in of_keyword {
                    if keyword.start() < self.covered[rule] || !self.wants(rule, path, relative)? {
                        continue;
                    }
                    let window = self.window(rule, text, &line, keyword.range())?;
                    self.covered[rule] = window.covered;
                    let seen = text.get(window.from..window.to).unwrap_or_default();
                    if !self.rules.all[rule].shape()?.may_match(seen) {
                        continue;
                    }
                    self.hold(rule, text, &window, &mut found)?;
                }
            }
        }
        for &rule in &rules.everywhere {
            if self.wants(rule, path, relative)? {
                self.everywhere(rule, text, &mut found)?;
            }
        }
        found.hits.sort_by_key(|hit| (hit.range.start, hit.rule));
        Ok(found)
    }

    fn wants(&mut self, rule: usize, path: &str, relative: &str) -> Result<bool, Error> {
        if let Some(wanted) = self.wanted[rule] {
            return Ok(wanted);
        }
        let wanted = self.rules.all[rule].wants(path, relative)?;
        self.wanted[rule] = Some(wanted);
        Ok(wanted)
    }

    fn window(
        &self,
        rule: usize,
        text: &[u8],
        line: &Range<usize>,
        keyword: Range<usize>,
    ) -> Result<Window, Error> {
        // What was looked at before needs no other look: a match that begins there ended there, or was longer than any that is looked for.
        let before = self.covered[rule];
        let line_end = without_return(text, line);
        let is_long = line.len() > LONG_LINE;
        // A long line is as its part around the keyword.
        let start = if is_long { line.start.max(keyword.start.saturating_sub(BEFORE)) } else { line.start };
        let end = if is_long { line_end.min(keyword.end + AFTER) } else { line_end };
        let covered = if is_long && end < line_end { keyword.end + AFTER / 2 } else { line.end + 1 };
        if !self.options.multi_line && !self.rules.all[rule].multi_line {
            return Ok(Window {
                base: line.start,
                from: start.max(before),
                to: end,
                covered,
                until: usize::MAX,
            });
        }
        let shape = self.rules.all[rule].shape()?;
        if !shape.spans_lines {
            // The newlines on both sides may be its first and last byte.
            let to = if end == line.end { (end + 1).min(text.len()) } else { end };
            return Ok(Window {
                base: 0,
                from: start.saturating_sub(1).max(before),
                to,
                covered,
                until: usize::MAX,
            });
        }
        let from = start.saturating_sub(shape.longest.min(BEFORE)).max(before);
        let reach = shape.longest.min(MANY_LINES);
        // One byte more, for what an expression looks at without taking it.
        let to = end.saturating_add(reach + 1).min(text.len());
        let covered = if reach <= SHORT { covered } else { covered.max(to.saturating_sub(reach / 2)) };
        Ok(Window { base: 0, from, to, covered, until: usize::MAX })
    }

    /// Holds an expression against a window.
    fn hold(&mut self, rule: usize, text: &[u8], window: &Window, found: &mut Found) -> Result<(), Error> {
        let the_rule = &self.rules.all[rule];
        let compiled = the_rule.compiled()?;
        // Taken, so that the rest of the scanner can be used meanwhile; put back at the end.
        let mut locations = self.locations[rule].take().unwrap_or_else(|| compiled.locations());
        let slice = text.get(window.base..window.to).unwrap_or_default();
        let mut at = window.from.max(self.last[rule]).saturating_sub(window.base);
        while at <= slice.len() {
            self.in_time(slice.len() - at)?;
            let Some(matched) = compiled.regex.captures_read_at(&mut locations, slice, at) else { break };
            if matched.is_empty() {
                at = matched.end() + 1;
                continue;
            }
            at = matched.end();
            let place = |(start, end): (usize, usize)| window.base + start..window.base + end;
            let range = place((matched.start(), matched.end()));
            if range.start >= window.until {
                break;
            }
            // Where the secret's group took no part, nothing says what else is secret.
            let secret =
                compiled.secret.map(|group| locations.get(group).map_or_else(|| range.clone(), place));
            let value = secret.as_ref().unwrap_or(&range);
            if !the_rule.accepts(&text[range.clone()], &text[value.clone()])?
                || self.allows(text, range.start)
            {
                continue;
            }
            self.last[rule] = range.end;
            found.secrets.extend(secret.clone());
            if found.rules.last() != Some(&rule) {
                found.rules.push(rule);
            }
            if self.count[rule] >= self.options.matches_maximum || found.hits.len() >= MOST_HITS {
                found.suppressed += 1;
                continue;
            }
            self.count[rule] += 1;
            let groups = compiled.groups.iter().enumerate();
            let groups = groups.filter_map(|(name, (_, group))| Some((name, place(locations.get(*group)?))));
            found.hits.push(Hit { rule, range, secret, groups: groups.collect() });
        }
        self.locations[rule] = Some(locations);
        Ok(())
    }

    /// Looks at the deadline: now and then before short texts, always before long ones. What an expression takes for a byte is bounded by
    /// its size alone, and a large one takes a second for some ten thousand.
    fn in_time(&mut self, length: usize) -> Result<(), Error> {
        self.tries += 1;
        match length > SHORT || self.tries.is_multiple_of(TRIES) {
            true => in_time(self.deadline, "the", "search"),
            false => Ok(()),
        }
    }

    /// Whether the line around a place has a word that unmakes all matches on it.
    pub fn allows(&self, text: &[u8], at: usize) -> bool {
        self.options.allow.as_ref().is_some_and(|words| words.is_match(&text[line_of(text, at)]))
    }

    /// Holds an expression without keywords against all lines.
    fn everywhere(&mut self, rule: usize, text: &[u8], found: &mut Found) -> Result<(), Error> {
        if self.options.multi_line || self.rules.all[rule].multi_line {
            return self.in_pieces(rule, text, 0..text.len(), found);
        }
        let the_rule = &self.rules.all[rule];
        let mut start = 0;
        while start < text.len() {
            // Whole lines, or one long line.
            let least = (start + BLOCK).min(text.len());
            let end = memchr(b'\n', &text[least..]).map_or(text.len(), |at| least + at + 1);
            self.in_time(end - start)?;
            // One long line is held against it in pieces.
            let joined = the_rule.joins_lines && end - start <= 2 * BLOCK;
            if !joined || the_rule.compiled()?.regex.is_match(&text[start..end]) {
                let mut next = start;
                while next < end {
                    let line = line_of(text, next);
                    self.in_pieces(rule, text, line.start..without_return(text, &line), found)?;
                    next = line.end + 1;
                }
            }
            start = end;
        }
        Ok(())
    }

    /// Holds an expression against a part of a text, piece by piece where that is long: the deadline is looked at between them. A match
    /// that is longer than the reach may be cut off, as everywhere.
    fn in_pieces(
        &mut self,
        rule: usize,
        text: &[u8],
        part: Range<usize>,
        found: &mut Found,
    ) -> Result<(), Error> {
        let reach = self.rules.all[rule].shape()?.longest.min(MANY_LINES) + 1;
        let mut from = part.start;
        loop {
            let until = from + BLOCK;
            let is_last = part.end.saturating_sub(until) <= reach;
            let (to, until) = if is_last { (part.end, usize::MAX) } else { (until + reach, until) };
            self.hold(rule, text, &Window { base: part.start, from, to, covered: 0, until }, found)?;
            if is_last {
                return Ok(());
            }
            from = until;
        }
    }
}

/// The line around a place, without its newline.
pub fn line_of(text: &[u8], at: usize) -> Range<usize> {
    let start = memrchr(b'\n', &text[..at]).map_or(0, |newline| newline + 1);
    start..memchr(b'\n', &text[at..]).map_or(text.len(), |newline| at + newline)
}

fn without_return(text: &[u8], line: &Range<usize>) -> usize {
    line.end - usize::from(text[line.clone()].ends_with(b"\r"))
}
