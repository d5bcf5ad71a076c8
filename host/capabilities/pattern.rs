//! Regular expressions that plugins give, compiled within limits.

use regex::bytes::{Regex, RegexBuilder};

use regex_syntax::{
    ParserBuilder, ast,
    hir::{Class, Hir, HirKind},
};

use crate::domain::{Error, text};

/// Longest pattern: parsing takes time and memory in proportion. The longest in use, secret scanners', have about 1 KiB.
const MOST_TEXT: usize = 64 << 10;

/// Largest compiled pattern and largest cache of the lazy DFA, in bytes: bounds how long one byte of text can take.
/// `\w{50}` needs about 1 MiB, as Unicode classes are large.
const MOST_COMPILED: usize = 2 << 20;

/// Largest compiled pattern of a search, in bytes.
const MOST_OF_SEARCH: usize = 1 << 20;

/// Largest of all compiled patterns of a search together, in bytes, and the least that each may have.
const ALL_OF_SEARCH: usize = 256 << 20;
const LEAST_OF_SEARCH: usize = 128 << 10;

/// Largest cache of the lazy DFA of a pattern of a search, in bytes, in each thread. Of those with many words and counters a smaller one is thrown away and built again and again.
const CACHE_OF_SEARCH: usize = 2 << 20;

/// Deepest nesting: the parser recurses.
const MOST_NESTING: u32 = 100;

/// Most bytes of a pattern that a message quotes.
const MOST_QUOTED: usize = 200;

/// Compiles a pattern, or says what is wrong with it.
pub fn compile(pattern: &str) -> Result<Regex, Error> {
    let quoted = quote(pattern);
    if pattern.len() > MOST_TEXT {
        return Err(Error::Limit(format!("pattern {quoted} is longer than {MOST_TEXT} bytes")));
    }
    RegexBuilder::new(pattern)
        .size_limit(MOST_COMPILED)
        .dfa_size_limit(MOST_COMPILED)
        .nest_limit(MOST_NESTING)
        .build()
        .map_err(|error| refused(&quoted, error))
}

fn refused(quoted: &str, error: regex::Error) -> Error {
    match error {
        regex::Error::CompiledTooBig(most) => {
            Error::Limit(format!("pattern {quoted} takes more than {most} bytes when compiled: simplify it"))
        }
        error => wrong(quoted, &error.to_string()),
    }
}

fn wrong(quoted: &str, error: &str) -> Error {
    let why = error.lines().last().unwrap_or(error).trim_start_matches("error: ");
    Error::Io(format!("{quoted} is no regular expression: {why}"))
}

/// Compiles a pattern that must match a whole text.
pub fn compile_whole(pattern: &str) -> Result<Regex, Error> {
    // On its own first: `a)|(b` would be valid only inside the group that anchors it.
    compile(pattern)?;
    compile(&format!(r"\A(?:{pattern})\z"))
}

/// How large each compiled pattern of a search may be, in bytes.
#[derive(Clone, Copy)]
pub struct Budget(usize);

impl Budget {
    /// For a search of so many patterns.
    pub fn of(patterns: usize) -> Self {
        Self((ALL_OF_SEARCH / patterns.max(1)).clamp(LEAST_OF_SEARCH, MOST_OF_SEARCH))
    }
}

/// Whether classes and letters are those of Unicode. Patterns of searches are over bytes: `\w`, `\b` and `(?i)` are ASCII's, which is several times faster, unless
/// `(?u)` or a letter beyond ASCII says otherwise.
fn is_unicode(pattern: &str) -> bool {
    !pattern.is_ascii() || pattern.contains(r"\p") || pattern.contains(r"\P")
}

/// What a pattern of a search says of itself.
pub struct Parsed {
    /// Bytes of its longest match, where there is such a bound.
    pub longest: Option<usize>,
    /// Whether a match can have a newline elsewhere than as its first or last byte.
    pub spans_lines: bool,
    /// Bytes of which every match has at least one, where they are few and rare.
    pub needed: Option<Vec<u8>>,
}

/// Whether a pattern of a search can be read: its grammar only, which takes a third of the time of parsing it whole.
pub fn check(pattern: &str) -> Result<(), Error> {
    if pattern.len() > MOST_TEXT {
        let quoted = quote(pattern);
        return Err(Error::Limit(format!("pattern {quoted} is longer than {MOST_TEXT} bytes")));
    }
    let mut parser = ast::parse::ParserBuilder::new().nest_limit(MOST_NESTING).build();
    parser.parse(pattern).map(|_| ()).map_err(|error| wrong(&quote(pattern), &error.to_string()))
}

/// Parses a pattern of a search without compiling it.
pub fn parse(pattern: &str) -> Result<Parsed, Error> {
    let unicode = is_unicode(pattern);
    let mut parser =
        ParserBuilder::new().utf8(false).unicode(unicode).multi_line(true).nest_limit(MOST_NESTING).build();
    let parsed = parser.parse(pattern).map_err(|error| wrong(&quote(pattern), &error.to_string()))?;
    Ok(Parsed {
        longest: parsed.properties().maximum_len(),
        spans_lines: spans_lines(&parsed, true, true),
        needed: sets(&parsed)
            .into_iter()
            .min_by_key(|set| commonness(set))
            .filter(|set| commonness(set) < LETTER),
    })
}

/// Most bytes that are looked for at once.
const MOST_NEEDED: usize = 3;

/// How common a lower-case letter is: what is no rarer than that stands in nearly every line.
const LETTER: u32 = 30;

/// How common bytes are in sources and texts, together.
fn commonness(set: &[u8]) -> u32 {
    let each = set.iter().map(|byte| match byte {
        b'@' | b'~' | b'^' | b'`' | b'?' | b'!' | b'|' | b'&' | b'%' | b'$' | b'#' | b'\\' => 2,
        b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'+' | b'*' | b';' => 4,
        b'=' | b':' | b'\'' | b'"' | b',' | b'(' | b')' | b'A'..=b'Z' | b'0'..=b'9' => 8,
        b'/' | b'-' | b'_' | b'.' => 12,
        _ => LETTER,
    });
    each.sum()
}

/// Sets of bytes, of each of which every match of a part has at least one.
fn sets(part: &Hir) -> Vec<Vec<u8>> {
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => Vec::new(),
        HirKind::Literal(literal) => literal.0.iter().map(|byte| vec![*byte]).collect(),
        HirKind::Class(class) => class_of_few(class).into_iter().collect(),
        HirKind::Repetition(repetition) if repetition.min == 0 => Vec::new(),
        HirKind::Repetition(repetition) => sets(&repetition.sub),
        HirKind::Capture(group) => sets(&group.sub),
        HirKind::Concat(parts) => parts.iter().flat_map(sets).collect(),
        HirKind::Alternation(parts) => {
            let mut branches = parts.iter().map(sets).collect::<Vec<_>>();
            // Those with least to choose from first: the others may have one of theirs.
            branches.sort_by_key(Vec::len);
            let mut union = Vec::<u8>::new();
            for branch in branches {
                let is_in = |set: &Vec<u8>| set.iter().all(|byte| union.contains(byte));
                if branch.iter().any(is_in) {
                    continue;
                }
                match branch.into_iter().min_by_key(|set| commonness(set)) {
                    Some(set) => union.extend(set),
                    None => return Vec::new(),
                }
            }
            union.sort_unstable();
            union.dedup();
            if union.len() > MOST_NEEDED { Vec::new() } else { vec![union] }
        }
    }
}

/// The bytes of a class, where they are few.
fn class_of_few(class: &Class) -> Option<Vec<u8>> {
    let ranges: Vec<(u32, u32)> = match class {
        Class::Unicode(class) => class.iter().map(|it| (it.start().into(), it.end().into())).collect(),
        Class::Bytes(class) => class.iter().map(|it| (it.start().into(), it.end().into())).collect(),
    };
    let mut bytes = Vec::new();
    for (start, end) in ranges {
        if end > 0x7f || end - start >= MOST_NEEDED as u32 {
            return None;
        }
        bytes.extend((start..=end).filter_map(|byte| u8::try_from(byte).ok()));
    }
    (bytes.len() <= MOST_NEEDED).then_some(bytes)
}

/// Whether a part can match a newline; at the first or last byte of the whole match, it does not count.
fn spans_lines(part: &Hir, first: bool, last: bool) -> bool {
    let has_newline = |part: &Hir| spans_lines(part, false, false);
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => {
            let end = literal.0.len().saturating_sub(usize::from(last));
            literal.0.get(usize::from(first)..end).is_some_and(|bytes| bytes.contains(&b'\n'))
        }
        HirKind::Class(class) => {
            let newline = match class {
                Class::Unicode(class) => {
                    class.iter().any(|range| (range.start()..=range.end()).contains(&'\n'))
                }
                Class::Bytes(class) => {
                    class.iter().any(|range| (range.start()..=range.end()).contains(&b'\n'))
                }
            };
            newline && !first && !last
        }
        HirKind::Repetition(repetition) => {
            let once = repetition.max == Some(1);
            spans_lines(&repetition.sub, first && once, last && once)
        }
        HirKind::Capture(group) => spans_lines(&group.sub, first, last),
        HirKind::Alternation(parts) => parts.iter().any(|part| spans_lines(part, first, last)),
        HirKind::Concat(parts) => {
            let end = parts.len().saturating_sub(1);
            parts.iter().enumerate().any(|(at, part)| match at {
                0 => spans_lines(part, first, last && end == 0),
                at if at == end => spans_lines(part, false, last),
                _ => has_newline(part),
            })
        }
    }
}

/// Compiles a pattern of a search: over bytes, `^` and `$` at the ends of lines.
pub fn compile_for_lines(pattern: &str, budget: Budget) -> Result<Regex, Error> {
    RegexBuilder::new(pattern)
        .unicode(is_unicode(pattern))
        .multi_line(true)
        .size_limit(budget.0)
        .dfa_size_limit(CACHE_OF_SEARCH)
        .nest_limit(MOST_NESTING)
        .build()
        .map_err(|error| refused(&quote(pattern), error))
}

/// A pattern as a message quotes it.
fn quote(pattern: &str) -> String {
    format!("'{}'", text::line(pattern, MOST_QUOTED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_match_cannot_be_escaped() {
        assert!(compile_whole("a)|(?:b").is_err());
        let either = compile_whole("a|ab").unwrap();
        assert!(either.is_match(b"ab") && !either.is_match(b"abc") && !either.is_match(b"ab\n"));
    }

    #[test]
    fn patterns_made_to_blow_up_are_limits() {
        for pattern in ["(?:a{1000}){1000}", r"\w{5000}", &"a".repeat(MOST_TEXT + 1)] {
            assert!(matches!(compile(pattern), Err(Error::Limit(_))), "{pattern:.20}");
        }
        let nested = format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000));
        assert!(compile(&nested).is_err());
    }

    #[test]
    fn patterns_that_span_lines_are_known() {
        for (pattern, spans) in [
            ("abc", false),
            (r"a[ \t]b", false),
            (r"(?:^|[^a-z])abc(?:[^a-z]|$)", false),
            (r"a\sb", true),
            (r"a[^b]*", true),
            (r"[^b]+a", true),
            (r"(a\n)?b", true),
            ("(?s)a.b", true),
            ("a.b", false),
            (r"a\n|\nb", false),
        ] {
            assert_eq!(parse(pattern).unwrap().spans_lines, spans, "{pattern}");
        }
        assert_eq!(parse("(?<one>a)|(?<two>b{3})").unwrap().longest, Some(3));
        assert_eq!(parse("a+").unwrap().longest, None);
    }

    #[test]
    fn bytes_that_every_match_has_are_known() {
        for (pattern, needed) in [
            (r"[a-z]+://[^:]*:(?<secret>[^@]+)@[a-z]+", Some("@")),
            (r"(?i:github[a-z]{0,9}(?:=>|:=|={1,2}|:))(?<secret>[0-9a-f]{40})", Some(":=")),
            (r#"key[ ]*=?["'`]x"#, Some("\"'`")),
            (r"(?:a@|b#)?c", None),
            ("abc", None),
            ("", None),
        ] {
            let parsed = parse(pattern).unwrap().needed;
            assert_eq!(parsed.as_deref(), needed.map(str::as_bytes), "{pattern}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_pattern_is_one_line() {
        assert_eq!(compile("a(b").unwrap_err().to_string(), "'a(b' is no regular expression: unclosed group");
    }
}
