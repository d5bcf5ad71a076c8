//! What is expected beside what came, line by line.

use serde_json::Value as Json;

/// Lines around a difference that are shown, so that one sees where it is.
const AROUND: usize = 3;

/// Most cells of the table by which lines are aligned: 16 MiB. What a check may say needs fewer.
const CELLS: usize = 4 << 20;

/// Most lines of each side that are shown where that does not suffice.
const MOST: usize = 200;

/// Longest line that is shown whole, in characters.
const LONGEST: usize = 160;

/// Characters that are shown before the first that differs in longer lines.
const BEFORE: usize = 40;

/// One line of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// In both.
    Same(String),
    /// Only expected.
    Expected(String),
    /// Only seen.
    Seen(String),
    /// So many lines that are in both are left out here.
    Skipped(usize),
}

/// Compares two values as they are written down.
pub fn lines(expected: &Json, seen: &Json) -> Vec<Line> {
    let written = |value: &Json| {
        let text = serde_json::to_string_pretty(value).unwrap_or_default();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    shortened(skipped(aligned(&written(expected), &written(seen))))
}

/// Both lists as one, by the longest sequence of lines that is in both.
fn aligned(expected: &[String], seen: &[String]) -> Vec<Line> {
    // What is the same at both ends needs no table.
    let head = expected.iter().zip(seen).take_while(|(one, other)| one == other).count();
    let rest = (&expected[head..], &seen[head..]);
    let tail = rest.0.iter().rev().zip(rest.1.iter().rev()).take_while(|(one, other)| one == other).count();
    let (one, other) = (&rest.0[..rest.0.len() - tail], &rest.1[..rest.1.len() - tail]);
    let mut out = expected[..head].iter().cloned().map(Line::Same).collect::<Vec<_>>();
    if one.len() * other.len() > CELLS {
        out.extend(one.iter().take(MOST).cloned().map(Line::Expected));
        out.extend(other.iter().take(MOST).cloned().map(Line::Seen));
        return out;
    }
    // longest[i][j]: of one[i..] and other[j..].
    let mut longest = vec![vec![0_u32; other.len() + 1]; one.len() + 1];
    for i in (0..one.len()).rev() {
        for j in (0..other.len()).rev() {
            longest[i][j] = match one[i] == other[j] {
                true => longest[i + 1][j + 1] + 1,
                false => longest[i + 1][j].max(longest[i][j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < one.len() || j < other.len() {
        if i < one.len() && j < other.len() && one[i] == other[j] {
            out.push(Line::Same(one[i].clone()));
            (i, j) = (i + 1, j + 1);
        } else if j == other.len() || (i < one.len() && longest[i + 1][j] >= longest[i][j + 1]) {
            out.push(Line::Expected(one[i].clone()));
            i += 1;
        } else {
            out.push(Line::Seen(other[j].clone()));
            j += 1;
        }
    }
    out.extend(expected[expected.len() - tail..].iter().cloned().map(Line::Same));
    out
}

/// Leaves out what is the same far from what differs.
fn skipped(lines: Vec<Line>) -> Vec<Line> {
    let differs = lines.iter().map(|line| !matches!(line, Line::Same(_))).collect::<Vec<_>>();
    let near = |at: usize| {
        let (from, to) = (at.saturating_sub(AROUND), (at + AROUND + 1).min(differs.len()));
        differs[from..to].contains(&true)
    };
    let mut out = Vec::new();
    for (at, line) in lines.into_iter().enumerate() {
        if near(at) {
            out.push(line);
        } else if let Some(Line::Skipped(count)) = out.last_mut() {
            *count += 1;
        } else {
            out.push(Line::Skipped(1));
        }
    }
    out
}

/// Cuts long lines; of two that stand for one another, where they differ.
fn shortened(mut lines: Vec<Line>) -> Vec<Line> {
    let mut at = 0;
    while at < lines.len() {
        let pair = match (&lines[at], lines.get(at + 1)) {
            (Line::Expected(one), Some(Line::Seen(other))) => Some((one.clone(), other.clone())),
            _ => None,
        };
        if let Some((one, other)) = pair {
            let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
            lines[at] = Line::Expected(window(&one, same));
            lines[at + 1] = Line::Seen(window(&other, same));
            at += 1;
        } else if let Line::Same(text) | Line::Expected(text) | Line::Seen(text) = &mut lines[at] {
            *text = window(text, 0);
        }
        at += 1;
    }
    lines
}

/// What of a line is shown when it matters from that character on.
fn window(line: &str, from: usize) -> String {
    if line.chars().count() <= LONGEST {
        return line.to_owned();
    }
    let skip = from.saturating_sub(BEFORE);
    let shown = line.chars().skip(skip).take(LONGEST).collect::<String>();
    let more = line.chars().count() > skip + LONGEST;
    format!("{}{shown}{}", if skip > 0 { "…" } else { "" }, if more { "…" } else { "" })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(expected: &Json, seen: &Json) -> String {
        let line = |line: &Line| match line {
            Line::Same(text) => format!("  {text}\n"),
            Line::Expected(text) => format!("- {text}\n"),
            Line::Seen(text) => format!("+ {text}\n"),
            Line::Skipped(count) => format!("~ {count}\n"),
        };
        lines(expected, seen).iter().map(line).collect()
    }

    #[test]
    fn what_differs_stands_between_what_is_the_same() {
        let expected = json!([1, 2, 3, 4, 5, 6, 7, 8, 9]);
        let seen = json!([1, 2, 3, 4, 5, 60, 7, 8, 9, 10]);
        let text =
            "~ 3\n    3,\n    4,\n    5,\n-   6,\n+   60,\n    7,\n    8,\n-   9\n+   9,\n+   10\n  ]\n";
        assert_eq!(shown(&expected, &seen), text);
        assert_eq!(shown(&json!("a"), &json!(null)), "- \"a\"\n+ null\n");
    }

    #[test]
    fn a_long_text_is_shown_where_it_differs() {
        let (one, other) = ("ü".repeat(5_000), format!("{}x", "ü".repeat(4_999)));
        let text = shown(&json!(one), &json!(other));
        let lines = text.lines().collect::<Vec<_>>();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("- …ü") && lines[0].ends_with("ü\""), "{text}");
        assert!(lines[1].ends_with("üx\"") && lines.iter().all(|line| line.chars().count() < 200), "{text}");
    }

    #[test]
    fn both_sides_can_be_read_back() {
        let (one, other) = (json!({"a": [1, 2, {"b": 3}], "c": "x"}), json!({"a": [2, {"b": 4}], "d": "x"}));
        let all = aligned(
            &serde_json::to_string_pretty(&one).unwrap().lines().map(str::to_owned).collect::<Vec<_>>(),
            &serde_json::to_string_pretty(&other).unwrap().lines().map(str::to_owned).collect::<Vec<_>>(),
        );
        let side = |left: bool| {
            let text = |line: &Line| match line {
                Line::Same(text) => Some(text.clone()),
                Line::Expected(text) => left.then(|| text.clone()),
                Line::Seen(text) => (!left).then(|| text.clone()),
                Line::Skipped(_) => None,
            };
            serde_json::from_str::<Json>(&all.iter().filter_map(text).collect::<Vec<_>>().join("\n")).unwrap()
        };
        assert_eq!((side(true), side(false)), (one, other));
    }
}
