//! Patterns of names: `*` for anything but a slash, `**` for any directories, `?` for one character, `{a,b}` for either.

/// A pattern.
pub struct Pattern {
    alternatives: Vec<Vec<String>>,
}

/// Most patterns that braces make.
const MOST: usize = 1_000;

impl Pattern {
    /// Reads one.
    pub fn new(text: &str) -> Self {
        let alternatives = braces(text.trim_start_matches("./"));
        Self {
            alternatives: alternatives
                .iter()
                .map(|text| text.split('/').map(str::to_owned).collect())
                .collect(),
        }
    }

    /// Whether a name, relative and with slashes, is meant.
    pub fn matches(&self, name: &str) -> bool {
        let parts = name.split('/').collect::<Vec<_>>();
        self.alternatives.iter().any(|pattern| path(pattern, &parts))
    }
}

/// All that a pattern with braces stands for. Braces that never close are letters.
fn braces(text: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut open = vec![text.to_owned()];
    while let Some(text) = open.pop() {
        let found = text.rfind('{').and_then(|start| Some((start, start + text[start..].find('}')?)));
        match found {
            Some((start, end)) if open.len() + done.len() < MOST => {
                let inner = text[start + 1..end].split(',');
                open.extend(inner.map(|one| format!("{}{one}{}", &text[..start], &text[end + 1..])));
            }
            _ => done.push(text),
        }
    }
    done
}

fn path(pattern: &[String], parts: &[&str]) -> bool {
    match (pattern.split_first(), parts.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == "**" => {
            // At the end it stands for all below, elsewhere for no directory or any.
            (rest.is_empty() && !parts.is_empty())
                || (0..=parts.len()).any(|skipped| !rest.is_empty() && path(rest, &parts[skipped..]))
        }
        (Some((first, rest)), Some((part, parts))) => {
            let (pattern, part) = (first.chars().collect::<Vec<_>>(), part.chars().collect::<Vec<_>>());
            name(&pattern, &part) && path(rest, parts)
        }
        _ => false,
    }
}

/// One name, in time linear in the product of the lengths: only the last star is gone back to.
fn name(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(letter) if *letter == '?' || *letter == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_matched() {
        for (pattern, name, expected) in [
            ("*.csv", "a.csv", true),
            ("*.csv", "x/a.csv", false),
            ("**/*.csv", "a.csv", true),
            ("**/*.csv", "x/y/a.csv", true),
            ("train/**", "train/x/y", true),
            ("train/**", "train", false),
            ("train/part-??.parquet", "train/part-07.parquet", true),
            ("*.{jpg,png}", "a.png", true),
            ("{a,b}/{c,d}", "b/c", true),
            ("*.{jpg,png}", "a.gif", false),
            ("a*b*c", "aXbXbXc", true),
            ("./a", "a", true),
            ("a{", "a{", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches(name), expected, "{pattern} {name}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(pattern in "[ab*?{},/]{0,20}", name in "[ab/]{0,20}") {
            Pattern::new(&pattern).matches(&name);
        }

        #[test]
        fn a_name_matches_itself(name in "[a-z]{1,5}(/[a-z]{1,5}){0,3}") {
            prop_assert!(Pattern::new(&name).matches(&name));
        }
    }
}
