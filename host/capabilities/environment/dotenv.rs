//! `.env` files, by the rules of python-dotenv: comments, `export`, quotes, escapes, values over several lines, `${NAME}`.

/// A name with its value; a name without `=` has none.
pub type Entry = (String, Option<String>);

/// The entries of a file in order, `${…}` put in with what `variable` knows, or else what stands further up. A line that is no entry is left out, as
/// programs that load such files do; its number is in the second list.
pub fn parse(text: &str, variable: impl Fn(&str) -> Option<String>) -> (Vec<Entry>, Vec<usize>) {
    let mut reader = Reader { rest: text.strip_prefix('\u{feff}').unwrap_or(text), line: 1 };
    let (mut entries, mut wrong) = (Vec::<Entry>::new(), Vec::new());
    loop {
        reader.skip(char::is_whitespace);
        if reader.rest.is_empty() {
            return (entries, wrong);
        }
        let line = reader.line;
        match reader.entry() {
            Some(Line::Entry((name, value))) => {
                let above = |asked: &str| {
                    let known = entries.iter().rev().find(|(name, _)| name == asked);
                    variable(asked).or_else(|| known.and_then(|(_, value)| value.clone()))
                };
                let value = value.map(|value| put_in(&value, above));
                entries.push((name, value));
            }
            Some(Line::Comment) => {}
            None => {
                wrong.push(line);
                reader.take(|c| !matches!(c, '\r' | '\n'));
            }
        }
    }
}

/// What a line is.
enum Line {
    Comment,
    Entry(Entry),
}

struct Reader<'a> {
    rest: &'a str,
    /// Counted from 1.
    line: usize,
}

impl<'a> Reader<'a> {
    fn advance(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    fn take(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let length = self.rest.find(|c| !fits(c)).unwrap_or(self.rest.len());
        self.advance(length)
    }

    fn skip(&mut self, fits: impl Fn(char) -> bool) {
        self.take(fits);
    }

    fn skip_blanks(&mut self) {
        self.skip(|c| c.is_whitespace() && !matches!(c, '\r' | '\n'));
    }

    /// One entry, or a comment. `None` where the line is neither.
    fn entry(&mut self) -> Option<Line> {
        let after = self.rest.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']));
        if after.is_some() {
            self.advance("export".len());
            self.skip_blanks();
        }
        let name = match self.rest.chars().next()? {
            '#' => {
                self.take(|c| !matches!(c, '\r' | '\n'));
                return Some(Line::Comment);
            }
            '\'' => {
                let end = self.rest.get(1..)?.find('\'').filter(|length| *length > 0)?;
                let quoted = self.advance(end + 2);
                quoted.trim_matches('\'')
            }
            _ => self.take(|c| !(c == '=' || c == '#' || c.is_whitespace())),
        };
        if name.is_empty() {
            return None;
        }
        self.skip_blanks();
        let value = if self.rest.starts_with('=') {
            self.advance(1);
            let start = self.rest;
            self.skip_blanks();
            Some(self.value(start.len() > self.rest.len())?)
        } else {
            None
        };
        self.skip_blanks();
        if self.rest.starts_with('#') {
            self.take(|c| !matches!(c, '\r' | '\n'));
        }
        let ends = self.rest.is_empty() || self.rest.starts_with(['\r', '\n']);
        ends.then(|| Line::Entry((name.to_owned(), value)))
    }

    /// `apart`: whether a blank stands in front of it.
    fn value(&mut self, apart: bool) -> Option<String> {
        if let Some(quote @ ('\'' | '"')) = self.rest.chars().next() {
            self.quoted(quote)
        } else {
            let text = self.take(|c| !matches!(c, '\r' | '\n'));
            // A `#` begins a comment only after a blank.
            let comment = text.char_indices().find(|&(at, c)| {
                let before = text.get(..at).unwrap_or_default();
                c == '#' && if before.is_empty() { apart } else { before.ends_with(char::is_whitespace) }
            });
            let text = comment.and_then(|(at, _)| text.get(..at)).unwrap_or(text);
            Some(text.trim_end().to_owned())
        }
    }

    fn quoted(&mut self, quote: char) -> Option<String> {
        let (mut out, mut letters) = (String::new(), self.rest.char_indices().skip(1).peekable());
        while let Some((at, letter)) = letters.next() {
            if letter == quote {
                self.advance(at + 1);
                return Some(out);
            }
            let escaped =
                letters.peek().filter(|_| letter == '\\').and_then(|&(_, next)| match (quote, next) {
                    (_, '\\' | '\'') | ('"', '"') => Some(next),
                    ('"', 'a') => Some('\u{7}'),
                    ('"', 'b') => Some('\u{8}'),
                    ('"', 'f') => Some('\u{c}'),
                    ('"', 'n') => Some('\n'),
                    ('"', 'r') => Some('\r'),
                    ('"', 't') => Some('\t'),
                    ('"', 'v') => Some('\u{b}'),
                    _ => None,
                });
            if escaped.is_some() {
                letters.next();
            }
            out.push(escaped.unwrap_or(letter));
        }
        None
    }
}

/// Puts in `${NAME}`, and `${NAME:-what stands for one that is not set}`.
fn put_in(text: &str, variable: impl Fn(&str) -> Option<String>) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((inner, behind)) = after.split_once('}') else {
            out.push_str("${");
            rest = after;
            continue;
        };
        let (name, other) = match inner.split_once(":-") {
            Some((name, other)) => (name, other),
            None => (inner, ""),
        };
        match name.contains(':') {
            true => out.push_str(&format!("${{{inner}}}")),
            false => out.push_str(&variable(name).unwrap_or_else(|| other.to_owned())),
        }
        rest = behind;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> (Vec<Entry>, Vec<usize>) {
        parse(text, |name| (name == "HOME").then(|| "/srv/x".to_owned()))
    }

    fn one(text: &str) -> Option<String> {
        let (entries, wrong) = parsed(text);
        assert!(entries.len() == 1 && wrong.is_empty(), "{text:?}: {entries:?} {wrong:?}");
        entries[0].1.clone()
    }

    /// What python-dotenv 1.2 gives for the same text.
    #[test]
    fn values_are_what_python_dotenv_reads() {
        for (text, value) in [
            ("a=b", "b"),
            ("export a=b", "b"),
            (" a = b ", "b"),
            ("'a'=b", "b"),
            ("a=b c", "b c"),
            ("a=b #c", "b"),
            ("a=b#c", "b#c"),
            ("a=#c", "#c"),
            ("a=", ""),
            ("a= # c", ""),
            ("a='b' # c", "b"),
            ("a=\"b # c\"", "b # c"),
            ("a='b\\'c'", "b'c"),
            ("a='b\\nc'", "b\\nc"),
            ("a=\"b\\nc\\\"d\"", "b\nc\"d"),
            ("a=\"b\\zc\"", "b\\zc"),
            ("a=\"b\nc\"\n", "b\nc"),
            ("a=b\\nc", "b\\nc"),
            ("a=${HOME}/b", "/srv/x/b"),
            ("a='${HOME}/b'", "/srv/x/b"),
            ("a=${NONE}b", "b"),
            ("a=${NONE:-c}b", "cb"),
            ("a=$HOME", "$HOME"),
            ("a=${HOME", "${HOME"),
            ("a=${HO:ME}x", "${HO:ME}x"),
            ("a.b-c=d", "d"),
            ("a=é", "é"),
        ] {
            assert_eq!(one(text).as_deref(), Some(value), "{text:?}");
        }
        assert_eq!(one("a"), None);
        let (entries, _) = parsed("\u{feff}a=b\r\nc=d\r\n");
        assert_eq!(entries, [("a".to_owned(), Some("b".to_owned())), ("c".to_owned(), Some("d".to_owned()))]);
    }

    #[test]
    fn what_stands_further_up_is_put_in_and_the_environment_goes_first() {
        let (entries, _) = parsed("HOME=file\na=1\nb=${a}${HOME}\na=2\nc=${a}");
        let value = |at: usize| entries[at].1.clone().unwrap();
        assert_eq!((value(2), value(4)), ("1/srv/x".to_owned(), "2".to_owned()));
    }

    #[test]
    fn lines_that_are_none_are_left_out() {
        let (entries, wrong) = parsed("# comment\na=1\n=x\nb='open\nc=3\nd=\"x\" y\ne=5 # end");
        let names = entries.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        assert_eq!(names, ["a", "c", "e"]);
        assert_eq!(wrong, [3, 4, 6]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_hang(text in "([a-z=#'\"\\\\$\\{\\}:\\- \n\ré]|export ){0,60}") {
            let (entries, wrong) = parsed(&text);
            prop_assert!(entries.len() + wrong.len() <= text.len());
        }
    }
}
