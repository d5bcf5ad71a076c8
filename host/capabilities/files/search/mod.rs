//! Searches: all patterns at once, on all cores, and no secret leaves.

use std::time::Instant;

use super::Files;
use crate::domain::{Attributes, Error};

/// A search under way.
pub struct Search;

impl Files {
    /// Starts to search a file, or all files below a directory.
    pub fn search(
        &self,
        _path: &str,
        _patterns: &[Attributes],
        _options: &Attributes,
    ) -> Result<Search, Error> {
        Err(Error::Unsupported("this host does not search".to_owned()))
    }

    /// Starts to search the arguments of processes.
    pub fn search_processes(&self, _patterns: &[Attributes]) -> Result<Search, Error> {
        self.may_search_processes()?;
        Err(Error::Unsupported("this host does not search".to_owned()))
    }
}

impl Search {
    /// The next batch; empty at the end.
    pub fn next(&mut self, _deadline: Instant) -> Result<Vec<Attributes>, Error> {
        Ok(Vec::new())
    }

    /// What was searched so far.
    pub fn totals(&self) -> Attributes {
        Attributes::default()
    }

    /// For tables: how many rows of each field matched each pattern.
    pub fn counts(&self) -> Vec<Attributes> {
        Vec::new()
    }
}
