//! Things that are wrong in one of several ways, counted, with the first of each.

use crate::words::EXAMPLES;

/// Counts by what is wrong.
#[derive(Default)]
pub struct Tally(Vec<Wrong>);

/// Things that are wrong in one way.
#[derive(Default)]
pub struct Wrong {
    what: &'static str,
    /// How many.
    pub count: u64,
    /// The first of them, in words.
    pub first: Vec<String>,
    /// Where the first of them is.
    pub place: Option<(String, Option<u32>)>,
}

impl Tally {
    /// Adds a thing, in words and with its place: they are only asked for where they are kept.
    pub fn add(&mut self, what: &'static str, example: impl FnOnce() -> String) -> &mut Wrong {
        let at = self.0.iter().position(|wrong| wrong.what == what).unwrap_or_else(|| {
            self.0.push(Wrong { what, ..Wrong::default() });
            self.0.len() - 1
        });
        let wrong = &mut self.0[at];
        wrong.count += 1;
        if wrong.first.len() < EXAMPLES {
            wrong.first.push(example());
        }
        wrong
    }

    /// What is wrong in one way, and nothing where none is.
    pub fn take(&mut self, what: &str) -> Wrong {
        self.0.iter_mut().find(|wrong| wrong.what == what).map(std::mem::take).unwrap_or_default()
    }

    /// In which ways.
    #[cfg(test)]
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|wrong| wrong.what).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_each_are_kept() {
        let mut tally = Tally::default();
        for at in 0..100 {
            tally.add("odd", || at.to_string());
        }
        tally.add("even", String::new);
        let odd = tally.take("odd");
        assert_eq!((odd.count, odd.first.len()), (100, EXAMPLES));
        assert_eq!(tally.take("other").count, 0);
        assert_eq!(tally.take("even").count, 1);
    }
}
