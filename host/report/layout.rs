//! Text on a terminal: how wide it is, where it breaks, its colours. Knows nothing of reports.

use anstyle::{AnsiColor, Color};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How a text is to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to colour.
    pub colour: bool,
    /// Columns, at least [`NARROWEST`].
    pub width: usize,
    /// Whether to show facts with their bounds, and notes.
    pub verbose: bool,
}

/// What a text is laid out for where nobody knows how wide the terminal is, such as in the log of a CI job.
pub const USUAL_WIDTH: usize = 100;

/// Below this, columns would hold nothing but ellipses.
pub const NARROWEST: usize = 40;

/// Lines longer than this are hard to read, however wide the terminal.
pub const WIDEST: usize = 120;

/// Green: holds.
pub const GOOD: anstyle::Style = colour(AnsiColor::Green);
/// Yellow: look at it.
pub const CAUTION: anstyle::Style = colour(AnsiColor::Yellow);
/// Red: does not hold.
pub const BAD: anstyle::Style = colour(AnsiColor::Red);
/// Magenta: could not be told.
pub const UNSURE: anstyle::Style = colour(AnsiColor::Magenta);
/// Cyan: something to write or to run.
pub const ACTION: anstyle::Style = colour(AnsiColor::Cyan);
/// Headings.
pub const STRONG: anstyle::Style = anstyle::Style::new().bold();
/// What may be overlooked.
pub const FAINT: anstyle::Style = anstyle::Style::new().dimmed();

const fn colour(colour: AnsiColor) -> anstyle::Style {
    anstyle::Style::new().fg_color(Some(Color::Ansi(colour)))
}

impl Style {
    /// Neither colour nor facts, in the usual width.
    pub const PLAIN: Self = Self { colour: false, width: USUAL_WIDTH, verbose: false };

    /// The text in that colour, or as it is.
    pub fn paint(&self, with: anstyle::Style, text: &str) -> String {
        match self.colour && !text.is_empty() {
            true => format!("{with}{text}{with:#}"),
            false => text.to_owned(),
        }
    }
}

/// How many columns the text takes.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// The text with spaces after it, up to that many columns.
pub fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// The text in at most that many columns; what is cut is marked with `…`.
pub fn cut(text: &str, most: usize) -> String {
    match columns(text) <= most {
        true => text.to_owned(),
        false => format!("{}…", head(text, most.saturating_sub(1)).0),
    }
}

/// The text in lines of at most that many columns, broken at spaces where it can be. Its own line breaks stay, and so does
/// the indentation of its lines. A word that is too long is broken, so that no terminal breaks it at a column that is not ours.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    for line in text.lines() {
        let line = line.replace('\t', "    ");
        let line = line.trim_end();
        if columns(line) <= width {
            lines.push(line.to_owned());
            continue;
        }
        let indent = &line[..line.len() - line.trim_start_matches(' ').len()];
        let indent = if columns(indent) * 2 >= width { "" } else { indent };
        let room = width - columns(indent);
        let mut current = indent.to_owned();
        let (mut rest, mut gap) = (line.trim_start_matches(' '), 0);
        while !rest.is_empty() {
            let (mut word, after) = rest.split_at(rest.find(' ').unwrap_or(rest.len()));
            if current != indent {
                match columns(&current) + gap + columns(word) <= width {
                    // A command's spaces may mean something.
                    true => current.push_str(&" ".repeat(gap)),
                    false => lines.push(std::mem::replace(&mut current, indent.to_owned())),
                }
            }
            while current == indent && columns(word) > room {
                let (first, rest) = head(word, room);
                if first.is_empty() {
                    break; // One character is wider than the line.
                }
                lines.push(format!("{indent}{first}"));
                word = rest;
            }
            current.push_str(word);
            rest = after.trim_start_matches(' ');
            gap = after.len() - rest.len();
        }
        if current != indent {
            lines.push(current);
        }
    }
    lines
}

/// The longest start of the text that fits into so many columns, and the rest.
fn head(text: &str, most: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > most {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// Rows as aligned columns, two spaces between them; the last column is wrapped below itself. Every cell may be coloured.
pub fn table<const N: usize>(
    rows: &[[String; N]],
    colours: [Option<anstyle::Style>; N],
    style: &Style,
) -> Vec<String> {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = columns(cell).max(*width);
        }
    }
    let Some(last) = N.checked_sub(1) else { return Vec::new() };
    // No column but the last may take more than its share, else nothing is left for the last; what that has no use for is shared, too.
    let spare = style.width.saturating_sub(widths[last] + 2 * last) / last.max(1);
    let share = (style.width * 2 / 5).max(8).max(spare);
    for width in &mut widths[..last] {
        *width = (*width).min(share);
    }
    let left = widths[..last].iter().map(|width| width + 2).sum::<usize>();
    let right = style.width.saturating_sub(left).max(NARROWEST / 2);
    let paint = |at: usize, text: &str| match colours[at] {
        Some(with) => style.paint(with, text),
        None => text.to_owned(),
    };
    let mut lines = Vec::new();
    for row in rows {
        let mut line = String::new();
        for at in 0..last {
            let cell = cut(&row[at], widths[at]);
            let space = " ".repeat(widths[at] - columns(&cell) + 2);
            line.push_str(&paint(at, &cell));
            line.push_str(&space);
        }
        let mut wrapped = wrap(&row[last], right).into_iter();
        line.push_str(&paint(last, &wrapped.next().unwrap_or_default()));
        lines.push(line.trim_end().to_owned());
        lines.extend(wrapped.map(|text| format!("{}{}", " ".repeat(left), paint(last, &text))));
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cut_counts_columns_not_characters() {
        assert_eq!(cut("模型模型", 5), "模型…");
        assert_eq!(cut("模型模型", 8), "模型模型");
        assert_eq!(cut("abc", 2), "a…");
    }

    #[test]
    fn wrap_keeps_line_breaks_and_indentation() {
        assert_eq!(
            wrap("one two three\n  four five six", 9),
            ["one two", "three", "  four", "  five", "  six"]
        );
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("read   one two", 11), ["read   one", "two"]);
    }

    #[test]
    fn tables_align_whatever_their_cells_hold() {
        let rows = [["a".into(), "first".into()], ["模型".into(), "second".into()]];
        assert_eq!(table(&rows, [None; 2], &Style::PLAIN), ["a     first", "模型  second"]);
        let style = Style { width: 40, ..Style::PLAIN };
        let long = "a name of thirty-one characters";
        assert_eq!(table(&[[long.into(), "12".into()]], [None; 2], &style), [format!("{long}  12")]);
        let text = "a text that takes all the room that there is on a line";
        let cut = "a name of thirt…  a text that takes all";
        assert_eq!(table(&[[long.into(), text.into()]], [None; 2], &style)[0], cut);
    }

    proptest! {
        #[test]
        fn wrapped_lines_fit_and_lose_no_word(text in "[ a-z模\n]{0,80}", width in 2usize..30) {
            let lines = wrap(&text, width);
            for line in &lines {
                prop_assert!(columns(line) <= width, "{line:?}");
            }
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
