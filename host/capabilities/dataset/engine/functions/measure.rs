//! Measures of texts: those by which the makers of training corpora sort out pages (Gopher, FineWeb), and signs of damage.

use std::collections::HashMap;

use datafusion::{
    arrow::array::{ArrayRef, Float64Array},
    common::Result,
};
use unicode_normalization::{IsNormalized, is_nfc_quick};

use super::{each_two, wrong};

/// Characters of a line that FineWeb calls short.
const SHORT_LINE: usize = 30;

/// What ends a sentence, or closes what does.
const ENDS: [char; 15] = ['.', '!', '?', '…', '"', '\'', '”', '’', '»', ')', ']', '}', '。', '！', '？'];

/// One measure of one text.
type Measure = fn(&str) -> f64;

/// All of them, by name.
const MEASURES: [(&str, Measure); 16] = [
    ("characters", |text| text.chars().count() as f64),
    ("words", |text| text.split_whitespace().count() as f64),
    ("lines", |text| lines(text).count() as f64),
    ("mean_word_length", |text| {
        let letters = text.split_whitespace().map(|word| word.chars().count()).sum();
        share(letters, text.split_whitespace().count())
    }),
    ("symbol_ratio", |text| {
        let symbols = text.matches('#').count() + text.matches('…').count() + text.matches("...").count();
        share(symbols, text.split_whitespace().count())
    }),
    ("lines_ending_in_punctuation", |text| of_lines(text, |line| line.ends_with(ENDS))),
    ("short_lines", |text| of_lines(text, |line| line.chars().nth(SHORT_LINE).is_none())),
    ("duplicate_line_characters", |text| {
        let mut seen = HashMap::new();
        for line in lines(text) {
            *seen.entry(line).or_insert(0_usize) += 1;
        }
        let all = seen.iter().map(|(line, times)| line.chars().count() * times).sum();
        let again = seen.iter().map(|(line, times)| line.chars().count() * (times - 1)).sum();
        share(again, all)
    }),
    ("control_characters", |text| {
        text.chars().filter(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')).count()
            as f64
    }),
    ("replacement_characters", |text| text.matches('\u{fffd}').count() as f64),
    ("mojibake", |text| mojibake(text) as f64),
    ("not_nfc", |text| f64::from(!is_nfc(text))),
    ("html_tags", |text| html_tags(text) as f64),
    ("special_characters", |text| {
        let special =
            text.chars().filter(|letter| !letter.is_alphanumeric() && !letter.is_whitespace()).count();
        share(special, text.chars().count())
    }),
    ("truncated", |text| {
        let last = text.trim_end().chars().next_back();
        f64::from(last.is_some_and(|last| !ENDS.contains(&last) && !last.is_numeric()))
    }),
    ("digits", |text| share(text.chars().filter(char::is_ascii_digit).count(), text.chars().count())),
];

pub fn text_measure(columns: &[ArrayRef], _: usize) -> Result<ArrayRef> {
    each_two::<_, Float64Array>(columns, |text, name| {
        if let Some((_, measure)) = MEASURES.iter().find(|(known, _)| *known == name) {
            Ok(Some(measure(text)))
        } else {
            let names = MEASURES.map(|(name, _)| name).join(", ");
            Err(wrong(&format!("no measure is called so; there are {names}")))
        }
    })
}

/// Lines with something in them, without blanks around.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn share(part: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { part as f64 / all as f64 }
}

fn of_lines(text: &str, holds: impl Fn(&str) -> bool) -> f64 {
    share(lines(text).filter(|line| holds(line)).count(), lines(text).count())
}

fn is_nfc(text: &str) -> bool {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => true,
        IsNormalized::No => false,
        IsNormalized::Maybe => unicode_normalization::is_nfc(text),
    }
}

/// Characters that came of UTF-8 read as Windows-1252: two or more in a row that are bytes of one character.
fn mojibake(text: &str) -> usize {
    // Only these begin such a sequence, so most texts are told apart at once.
    if !text.contains(['Â', 'Ã', 'â', 'ð', 'Å', 'Ä', 'Ð', 'Ñ', 'Î', 'Ï', 'ã', 'å', 'æ', 'ç', 'è', 'é', 'ï'])
    {
        return 0;
    }
    let letters = text.chars().collect::<Vec<_>>();
    let (mut found, mut at) = (0, 0);
    while at < letters.len() {
        let length = match byte(letters[at]) {
            Some(0xc2..=0xdf) => 2,
            Some(0xe0..=0xef) => 3,
            Some(0xf0..=0xf4) => 4,
            _ => 0,
        };
        let bytes = letters.get(at..at + length).unwrap_or_default().iter().map(|letter| byte(*letter));
        let bytes = bytes.collect::<Option<Vec<u8>>>().unwrap_or_default();
        if length > 0 && std::str::from_utf8(&bytes).is_ok_and(|text| !text.is_empty()) {
            found += 1;
            at += length;
        } else {
            at += 1;
        }
    }
    found
}

/// The byte that Windows-1252 has for a character.
fn byte(letter: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(u32::from(letter)) {
        Some(byte)
    } else {
        let mut buffer = [0; 4];
        let (bytes, _, failed) = encoding_rs::WINDOWS_1252.encode(letter.encode_utf8(&mut buffer));
        match bytes.as_ref() {
            [byte] if !failed => Some(*byte),
            _ => None,
        }
    }
}

/// `<p>`, `</div>`, `<br/>`, `<a href="…">`.
fn html_tags(text: &str) -> usize {
    let mut found = 0;
    for (at, _) in text.match_indices('<') {
        let rest = text[at + 1..].strip_prefix('/').unwrap_or(&text[at + 1..]);
        let name = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let begins = rest.bytes().next().is_some_and(|first| first.is_ascii_alphabetic());
        let follows = rest.as_bytes().get(name);
        if begins
            && name <= 12
            && matches!(follows, Some(b'>' | b'/' | b' ' | b'\n'))
            && rest[name..].contains('>')
        {
            found += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(name: &str, text: &str) -> f64 {
        let (_, measure) = MEASURES.iter().find(|(known, _)| *known == name).unwrap();
        measure(text)
    }

    #[test]
    fn texts_are_measured() {
        let text = "One two three.\nshort\nshort\n\n# heading …";
        for (name, wanted) in [
            ("words", 8.0),
            ("lines", 4.0),
            ("symbol_ratio", 2.0 / 8.0),
            ("lines_ending_in_punctuation", 2.0 / 4.0),
            ("short_lines", 1.0),
            ("duplicate_line_characters", 5.0 / 35.0),
            ("truncated", 0.0),
        ] {
            assert!((measure(name, text) - wanted).abs() < 1e-12, "{name}: {}", measure(name, text));
        }
        assert!((measure("mean_word_length", "ab abcd") - 3.0).abs() < 1e-12);
        assert!(
            MEASURES.iter().all(|(_, measure)| measure("").abs() < 1e-12),
            "nothing is wrong with nothing"
        );
    }

    #[test]
    fn damage_shows() {
        let is = |name: &str, text: &str| measure(name, text) as u64;
        assert_eq!(is("mojibake", "CafÃ© â€œquotedâ€\u{9d}"), 3);
        assert_eq!(is("mojibake", "Café „quoted“ naïve Ångström"), 0);
        assert_eq!(is("not_nfc", "e\u{301}"), 1);
        assert_eq!(is("not_nfc", "é"), 0);
        assert_eq!(is("control_characters", "a\u{0}\u{1b}[1m\n"), 2);
        assert_eq!(is("replacement_characters", "a\u{fffd}"), 1);
        assert_eq!(is("html_tags", "<p>a < b</p><br/> <a href=\"x\"> x<y"), 4);
        assert_eq!(is("truncated", "and then it sto"), 1);
    }
}
