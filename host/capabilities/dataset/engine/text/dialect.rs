//! How CSV is written: what stands between fields and around them.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::super::super::options::{Options, Quote};

/// Most lines that are looked at to find the delimiter.
const MOST_LINES: usize = 50;

/// What may stand between fields, the likelier first.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// A way to write CSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub delimiter: u8,
    pub quote: Option<u8>,
    pub escape: Option<u8>,
    pub comment: Option<u8>,
}

impl Dialect {
    /// The dialect of a file that begins so.
    pub fn of(head: &[u8], whole: bool, options: &Options) -> Self {
        let mut dialect = Self {
            delimiter: DELIMITERS[0],
            quote: match options.quote {
                Quote::Usual => Some(b'"'),
                Quote::None => None,
                Quote::Is(quote) => Some(quote),
            },
            escape: options.escape,
            comment: options.comment,
        };
        // The last line may be cut off.
        let end =
            if whole { head.len() } else { memchr::memrchr(b'\n', head).map_or(head.len(), |at| at + 1) };
        dialect.delimiter = options.delimiter.unwrap_or_else(|| {
            let widths = DELIMITERS.map(|delimiter| {
                let widths = Self { delimiter, ..dialect }.widths(&head[..end]);
                match widths.split_first() {
                    Some((first, rest)) if rest.iter().all(|width| width == first) => *first,
                    // Unequal: worse than any that fits, better than none where no other splits at all.
                    _ => 0,
                }
            });
            let widest = widths.iter().copied().max().unwrap_or_default();
            let at = widths.iter().position(|width| *width == widest && widest > 1);
            at.map_or_else(|| Self::first_met(&head[..end]), |at| DELIMITERS[at])
        });
        dialect
    }

    /// Where none splits all lines equally: the one that the first line has most of.
    fn first_met(head: &[u8]) -> u8 {
        let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let count = |delimiter: u8| memchr::memchr_iter(delimiter, line).count();
        let most = DELIMITERS.into_iter().map(count).max().unwrap_or_default();
        DELIMITERS.into_iter().find(|delimiter| count(*delimiter) == most).unwrap_or(DELIMITERS[0])
    }

    fn widths(self, mut head: &[u8]) -> Vec<usize> {
        let (mut reader, mut widths) = (self.reader(), Vec::new());
        let (mut out, mut ends) = (vec![0; head.len().max(1)], vec![0; head.len() + 1]);
        while widths.len() < MOST_LINES {
            let (result, read, _, fields) = reader.read_record(head, &mut out, &mut ends);
            head = &head[read..];
            match result {
                ReadRecordResult::Record => widths.push(fields),
                ReadRecordResult::InputEmpty if read > 0 => {}
                _ => break,
            }
        }
        widths
    }

    /// What splits it.
    pub fn reader(self) -> Reader {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(self.delimiter).comment(self.comment);
        match self.quote {
            Some(quote) => builder.quote(quote),
            None => builder.quoting(false),
        };
        builder.escape(self.escape).double_quote(self.escape.is_none()).build()
    }

    /// Whether text that begins where a row does ends inside of quotes.
    pub fn ends_in_quotes(self, text: &[u8]) -> bool {
        #[derive(Clone, Copy, PartialEq)]
        enum At {
            Start,
            Field,
            Quoted,
            Escaped,
            AfterQuote,
        }
        let Some(quote) = self.quote else { return false };
        let mut at = At::Start;
        for byte in text {
            let ends = *byte == self.delimiter || matches!(byte, b'\n' | b'\r');
            at = match at {
                At::Start | At::Field | At::AfterQuote if ends => At::Start,
                At::Start if *byte == quote => At::Quoted,
                At::Quoted if self.escape == Some(*byte) => At::Escaped,
                At::Quoted if *byte == quote => At::AfterQuote,
                At::Quoted | At::Escaped => At::Quoted,
                At::AfterQuote if *byte == quote && self.escape.is_none() => At::Quoted,
                At::Start | At::Field | At::AfterQuote => At::Field,
            };
        }
        matches!(at, At::Quoted | At::Escaped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delimiter(head: &str) -> u8 {
        Dialect::of(head.as_bytes(), true, &Options::default()).delimiter
    }

    #[test]
    fn the_delimiter_is_the_one_that_splits_all_lines_equally() {
        assert_eq!(delimiter("a,b\n1,2\n"), b',');
        assert_eq!(delimiter("a;b;c\n1,5;2;3\n1,5;2;3\n"), b';');
        assert_eq!(delimiter("a\tb\n\"x,y,z\"\t2\n"), b'\t');
        assert_eq!(delimiter("a|b\n1|2"), b'|');
        assert_eq!(delimiter("a\n1\n"), b',');
        assert_eq!(delimiter("a;b\n1;2;3\n"), b';', "ragged, and still no commas");
        assert_eq!(delimiter(""), b',');
    }

    #[test]
    fn quotes_that_never_close_are_told() {
        let dialect = Dialect::of(b"", true, &Options::default());
        for open in ["\"", "a,\"b", "a,\"b\n", "\"a\"\"", "\"a\nb\",\"c"] {
            assert!(dialect.ends_in_quotes(open.as_bytes()), "{open}");
        }
        for closed in ["", "a", "\"a\"", "a\"b", "\"a\"\"\"", "\"a\nb\",c", "5\" pipe\n"] {
            assert!(!dialect.ends_in_quotes(closed.as_bytes()), "{closed}");
        }
        let escaped = Dialect { escape: Some(b'\\'), ..dialect };
        assert!(escaped.ends_in_quotes(b"\"a\\\"") && !escaped.ends_in_quotes(b"\"a\\\"\""));
    }
}
