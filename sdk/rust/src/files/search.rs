//! Where patterns match: secrets are found by the host and never shown.

use serde_json::{Value as Json, json};

use super::{walk::texts, wit};
use crate::{Attributes, Error, host::ask};

/// One pattern of a search. `wit/files.wit` says what each part means.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pattern(Attributes);

impl Pattern {
    /// A regular expression, and what its matches call it.
    pub fn new(id: &str, pattern: &str) -> Self {
        Self::default().with("id", id).with("pattern", pattern)
    }

    /// Only near one of these words, in lower case, is the expression tried.
    #[must_use]
    pub fn keywords(self, keywords: &[&str]) -> Self {
        self.with("keywords", texts(keywords))
    }

    /// The group that holds a secret; `0` for the whole match.
    #[must_use]
    pub fn secret(self, group: &str) -> Self {
        self.with("secret", group)
    }

    /// Least Shannon entropy of the secret, in bits per character.
    #[must_use]
    pub fn entropy(self, least: f64) -> Self {
        self.with("entropy", least)
    }

    /// Any other part, by the contract's name: `exclude`, `exclude-match`, `stop-words`, `exclude-paths`, `paths`, `checksum`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<crate::Value>) -> Self {
        self.0.set(name, value);
        self
    }
}

/// A search that is being described.
#[derive(Clone, Debug)]
pub struct Search {
    path: String,
    options: Attributes,
}

/// A search of a file, or of all files below a directory. Recordings and cases know it by `name`.
pub fn search(path: &str, name: &str) -> Search {
    Search { path: path.to_owned(), options: Attributes::default() }.with("name", name)
}

impl Search {
    /// An option, by the contract's name: `exclude`, `ignore-files`, `size-maximum`, `base64`, `history`, `table`, …
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<crate::Value>) -> Self {
        self.options.set(name, value);
        self
    }

    /// Starts.
    ///
    /// # Errors
    /// Where the path is not granted, or a pattern is wrong or too large.
    pub fn start(self, patterns: &[Pattern]) -> Result<Matches, Error> {
        let Self { path, options } = self;
        let asked = json!({"path": path, "options": options});
        let mut handle = None;
        let import = || {
            handle = Some(wit::search(&path, &contract(patterns), &options.into_wit())?);
            Ok(())
        };
        ask("files.search", || asked.clone(), import)?;
        Ok(Matches::new(asked, handle))
    }
}

/// Searches the arguments of all processes that this user may see, for a [`Processes`](crate::Processes) parameter.
///
/// # Errors
/// Where no parameter grants it.
pub fn search_processes(patterns: &[Pattern]) -> Result<Matches, Error> {
    let asked = json!({"processes": true});
    let mut handle = None;
    let import = || {
        handle = Some(wit::search_processes(&contract(patterns))?);
        Ok(())
    };
    ask("files.search-processes", || asked.clone(), import)?;
    Ok(Matches::new(asked, handle))
}

fn contract(patterns: &[Pattern]) -> Vec<Vec<(String, crate::bindings::gonogo::plugin::types::Value)>> {
    patterns.iter().map(|pattern| pattern.0.clone().into_wit()).collect()
}

/// The matches of a search. After an error it is at its end.
pub struct Matches {
    asked: Json,
    handle: Option<wit::Matches>,
    batch: std::vec::IntoIter<Attributes>,
    ended: bool,
}

impl Matches {
    fn new(asked: Json, handle: Option<wit::Matches>) -> Self {
        Self { asked, handle, batch: Vec::new().into_iter(), ended: false }
    }

    /// What was searched so far.
    ///
    /// # Errors
    /// Where the host cannot tell.
    pub fn totals(&self) -> Result<Attributes, Error> {
        let import = || Ok(self.handle.as_ref().map_or(Ok(Vec::new()), wit::Matches::totals)?.into());
        ask("files.search.totals", || self.asked.clone(), import)
    }

    /// For tables: how many rows of each field matched each pattern.
    ///
    /// # Errors
    /// Where the host cannot tell.
    pub fn counts(&self) -> Result<Vec<Attributes>, Error> {
        let import = || {
            let counts = self.handle.as_ref().map_or(Ok(Vec::new()), wit::Matches::counts)?;
            Ok(counts.into_iter().map(Attributes::from).collect())
        };
        ask("files.search.counts", || self.asked.clone(), import)
    }
}

impl Iterator for Matches {
    type Item = Result<Attributes, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.batch.as_slice().is_empty() && !self.ended {
            let handle = self.handle.as_ref();
            let import = || {
                let batch = handle.map_or(Ok(Vec::new()), wit::Matches::next)?;
                Ok(batch.into_iter().map(Attributes::from).collect::<Vec<_>>())
            };
            match ask("files.search.next", || self.asked.clone(), import) {
                Ok(batch) => self.batch = batch.into_iter(),
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            }
            self.ended = self.batch.as_slice().is_empty();
        }
        self.batch.next().map(Ok)
    }
}
