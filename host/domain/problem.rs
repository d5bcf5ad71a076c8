//! Something wrong in what a person wrote, with its place: what all the stages that read such text report in.

use std::{fmt, path::PathBuf};

use super::text;

/// Characters of a source line that a message shows, so that a line of a megabyte stays readable.
const SHOWN: usize = 120;

/// One problem. Written out it says what is wrong, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong: a lower-case fragment.
    pub message: String,
    /// Where, if it is in a file.
    pub place: Option<Place>,
    /// What to do: `did you mean 'profile'?`.
    pub hint: Option<String>,
}

/// A place in a file that a person wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named.
    pub file: PathBuf,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// How many characters of the line are meant, at least 1.
    pub width: usize,
    /// The line itself.
    pub text: String,
}

impl Problem {
    /// A problem in no file.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None, hint: None }
    }

    /// The same problem, at a place.
    #[must_use]
    pub fn at(mut self, place: Option<Place>) -> Self {
        self.place = place;
        self
    }

    /// The same problem, with something to do about it.
    #[must_use]
    pub fn hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", text::lines(&self.message, 2000))?;
        let margin = self.place.as_ref().map_or(0, |place| place.line.to_string().len());
        if let Some(place) = &self.place {
            let file = text::line(&place.file.to_string_lossy(), 500);
            let (shown, column, width) = place.window();
            write!(f, "\n{:margin$}--> {file}:{}:{}", "", place.line, place.column)?;
            write!(f, "\n{:margin$} |\n{} | {shown}", "", place.line)?;
            write!(f, "\n{:margin$} | {:column$}{:^<width$}", "", "", "")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n{:margin$} = {}", "", text::lines(hint, 2000))?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

impl Place {
    /// The part of the line to show, the characters before the mark in it, and the mark's width in it.
    fn window(&self) -> (String, usize, usize) {
        let before = self.column.saturating_sub(1);
        let start = before.saturating_sub(SHOWN / 2);
        let start = if before < SHOWN - 20 { 0 } else { start };
        let shown = self.text.chars().skip(start).take(SHOWN).collect::<String>();
        let room = shown.chars().count().saturating_sub(before - start);
        (text::line(&shown, shown.len()), before - start, self.width.clamp(1, room.max(1)))
    }
}

/// The candidate that a misspelt word was likely meant to be.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |candidate: &str| {
        let bound = (word.len().max(candidate.len()) / 3).max(1);
        Some(strsim::damerau_levenshtein(word, candidate)).filter(|distance| *distance <= bound)
    };
    let near = candidates.into_iter().filter_map(|candidate| Some((distance(candidate)?, candidate)));
    near.min().map(|(_, candidate)| candidate)
}

/// `did you mean 'x'?`, where something is close enough to be meant.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    closest(word, candidates).map(|meant| format!("did you mean '{meant}'?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, column: usize, width: usize) -> Place {
        Place { file: "gonogo.toml".into(), line: 12, column, width, text: text.to_owned() }
    }

    #[test]
    fn the_mark_stands_under_what_is_meant() {
        let problem = Problem::new("unknown key 'profil'")
            .at(Some(place("profil = 1", 1, 6)))
            .hint(did_you_mean("profil", ["timeout", "profile"]));
        assert_eq!(
            problem.to_string(),
            "unknown key 'profil'\n  --> gonogo.toml:12:1\n   |\n12 | profil = 1\n   | ^^^^^^\n   = did you mean 'profile'?"
        );
    }

    #[test]
    fn what_acts_on_a_terminal_is_not_written_out() {
        let problem = Problem::new("odd \u{1b}[2J").at(Some(place("x\t= \"\u{1b}[31m\"", 6, 1)));
        assert!(!problem.to_string().contains('\u{1b}'), "{problem}");
    }

    #[test]
    fn of_a_long_line_only_the_part_around_the_mark_is_shown() {
        let line = format!("{}HERE{}", "x".repeat(100_000), "y".repeat(100_000));
        let shown = Problem::new("too much").at(Some(place(&line, 100_001, 4))).to_string();
        assert!(shown.len() < 1000 && shown.contains("HERE"));
        let lines = shown.lines().collect::<Vec<_>>();
        let column = lines[3].find("HERE").unwrap();
        assert_eq!(lines[4].find("^^^^"), Some(column));
    }

    #[test]
    fn only_what_is_close_is_suggested() {
        assert_eq!(closest("minimun", ["maximum", "minimum"]), Some("minimum"));
        assert_eq!(closest("banana", ["maximum", "minimum"]), None);
    }
}
