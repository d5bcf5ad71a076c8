//! Regular expressions that plugins give, compiled within limits.

use regex::bytes::{Regex, RegexBuilder};

use crate::domain::{Error, text};

/// Longest pattern: parsing takes time and memory in proportion. The longest in use, secret scanners', have about 1 KiB.
const MOST_TEXT: usize = 64 << 10;

/// Largest compiled pattern and largest cache of the lazy DFA, in bytes: bounds how long one byte of text can take.
/// `\w{50}` needs about 1 MiB, as Unicode classes are large.
const MOST_COMPILED: usize = 2 << 20;

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
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(most) => Error::Limit(format!(
                "pattern {quoted} takes more than {most} bytes when compiled: simplify it"
            )),
            error => {
                let text = error.to_string();
                let why = text.lines().last().unwrap_or(&text).trim_start_matches("error: ");
                Error::Io(format!("{quoted} is no regular expression: {why}"))
            }
        })
}

/// Compiles a pattern that must match a whole text.
pub fn compile_whole(pattern: &str) -> Result<Regex, Error> {
    // On its own first: `a)|(b` would be valid only inside the group that anchors it.
    compile(pattern)?;
    compile(&format!(r"\A(?:{pattern})\z"))
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
    fn what_is_wrong_with_a_pattern_is_one_line() {
        assert_eq!(compile("a(b").unwrap_err().to_string(), "'a(b' is no regular expression: unclosed group");
    }
}
