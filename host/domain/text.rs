//! What a plugin, a file or a program says is untrusted: bounded, and without characters that act instead of being read.

/// Whether a character acts on a terminal or reorders text instead of being read: control characters, bidi controls,
/// zero-width and other invisible format characters, line and paragraph separators.
pub fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// One line of at most `most` bytes: what acts becomes a space, and what is cut is marked with `…`.
pub fn line(text: &str, most: usize) -> String {
    bounded(text, most, |c| acts(c).then_some(' '))
}

/// Several lines of at most `most` bytes: newlines and tabs stay.
pub fn lines(text: &str, most: usize) -> String {
    bounded(text, most, |c| (acts(c) && c != '\n' && c != '\t').then_some(' '))
}

fn bounded(text: &str, most: usize, replaced: impl Fn(char) -> Option<char>) -> String {
    const CUT: char = '…';
    let mut out = String::with_capacity(text.len().min(most));
    for c in text.chars() {
        let c = replaced(c).unwrap_or(c);
        if out.len() + c.len_utf8() > most {
            while out.len() + CUT.len_utf8() > most && out.pop().is_some() {}
            if CUT.len_utf8() <= most {
                out.push(CUT);
            }
            break;
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_replaced() {
        assert_eq!(line("a\u{1b}[31mb\nc\u{202e}d\0", 100), "a [31mb c d ");
        assert_eq!(lines("a\n\tb\u{7}", 100), "a\n\tb ");
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        assert_eq!(line("äöüäöü", 8), "äö…");
        assert_eq!(line("äöü", 6), "äöü");
        for most in 0..12 {
            assert!(line(&"x".repeat(100), most).len() <= most);
        }
    }
}
