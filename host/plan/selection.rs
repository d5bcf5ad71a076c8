//! Which items a run is about.

use super::line::Line;
use crate::{
    domain::{CheckId, ItemId, Problem},
    profile::{self, Pattern},
};

/// Patterns of item ids (`system.*`) or, where they hold a slash, of check ids (`system/*`).
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only what matches one of these; everything where there is none.
    pub only: Vec<String>,
    /// Not what matches one of these.
    pub skip: Vec<String>,
}

/// Whether a line is in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    No,
    /// As one of all.
    Yes,
    /// By a pattern.
    Named,
}

impl Selection {
    /// Tells which items are likely to be chosen, by their own names alone: what needs them is known to the plan only.
    pub fn likely(&self) -> impl Fn(&ItemId, &CheckId) -> bool {
        let read = |texts: &[String]| {
            texts.iter().filter_map(|text| Pattern::try_from(text.clone()).ok()).collect::<Vec<_>>()
        };
        let (every, only, skip) = (self.only.is_empty(), read(&self.only), read(&self.skip));
        move |id, check| {
            let any = |patterns: &[Pattern]| patterns.iter().any(|pattern| meant(pattern, id, Some(check)));
            (every || any(&only)) && !any(&skip)
        }
    }

    /// What of the lines is chosen. A pattern that matches nothing is a problem, and so is choosing nothing.
    pub(super) fn choose(&self, lines: &[Line<'_>], problems: &mut Vec<Problem>) -> Vec<Chosen> {
        let before = problems.len();
        let only = read("--only", &self.only, lines, problems);
        let skip = read("--skip", &self.skip, lines, problems);
        let any = |patterns: &[Pattern], line: &Line<'_>| {
            patterns.iter().any(|pattern| meant(pattern, &line.id, line.check.as_ref()))
        };
        let chosen = lines.iter().map(|line| match (any(&only, line), any(&skip, line)) {
            (true, false) => Chosen::Named,
            (false, false) if self.only.is_empty() => Chosen::Yes,
            (_, true) | (false, false) => Chosen::No,
        });
        let chosen = chosen.collect::<Vec<_>>();
        if problems.len() == before && chosen.iter().all(|chosen| *chosen == Chosen::No) {
            problems.push(Problem::new("nothing is left to check: every item is left out"));
        }
        chosen
    }
}

fn read(option: &str, texts: &[String], lines: &[Line<'_>], problems: &mut Vec<Problem>) -> Vec<Pattern> {
    let mut patterns = Vec::new();
    for text in texts {
        match Pattern::try_from(text.clone()) {
            Ok(pattern) if lines.iter().any(|line| meant(&pattern, &line.id, line.check.as_ref())) => {
                patterns.push(pattern);
            }
            Ok(_) => {
                let problem = Problem::new(format!("{option} '{text}' matches no item"));
                let ids = lines.iter().map(|line| line.id.to_string());
                let checks = lines.iter().filter_map(|line| line.check.as_ref()).map(ToString::to_string);
                problems.push(problem.hint(profile::did_you_mean(text, ids.chain(checks))));
            }
            Err(error) => problems.push(Problem::new(format!("{option}: {error}"))),
        }
    }
    patterns
}

fn meant(pattern: &Pattern, id: &ItemId, check: Option<&CheckId>) -> bool {
    match (pattern.as_str().contains('/'), check) {
        (false, _) => pattern.matches(id.as_str()),
        (true, Some(check)) => pattern.matches(&check.to_string()),
        (true, None) => false,
    }
}
