//! Searches: all patterns at once, on all cores, and no secret leaves.
//!
//! A search is a row of sources (the tree, Git's index, its history), each of which hands out one document after the other. Threads take
//! them, [`scan`] says where patterns match, and [`redact`] makes of that what the plugin sees. Matches come in the order of documents.

mod base64;
mod checksum;
mod file;
mod git;
mod national;
mod options;
mod pem;
mod redact;
mod rule;
mod rules;
mod scan;
mod source;
mod table;
#[cfg(test)]
mod tests;
mod totals;
mod utf16;
mod wallet;
mod workers;

use std::{collections::VecDeque, sync::Arc, time::Instant};

use rustix::fs::{FileType, OFlags};

use self::{
    options::Options,
    rules::Rules,
    source::{One, Source, Tree, Versions},
    totals::Totals,
};
use super::{Files, place::Access, walk::Walk};
use crate::domain::{Attributes, Error};

/// Most matches of one batch: about half a megabyte in a plugin's memory.
const MOST_MATCHES: usize = 1_000;

/// A search under way.
pub struct Search {
    rules: Rules,
    options: Options,
    sources: VecDeque<Source>,
    /// Matches that were found and not yet given.
    ready: VecDeque<Attributes>,
    totals: Totals,
}

impl Files {
    /// Starts to search a file, or all files below a directory.
    pub fn search(&self, path: &str, patterns: &[Attributes], given: &Attributes) -> Result<Search, Error> {
        let held = self.locate(path, Access::Read)?.open(true)?;
        let (options, walk) = Options::read(given)?;
        let rules = Rules::read(patterns)?;
        let sources = match held.kind() {
            FileType::RegularFile => vec![Source::One(One::new(path, held.reopen(OFlags::empty())?.into()))],
            FileType::Directory => {
                let exclude = Options::read(given)?.1.exclude;
                let walk = Walk::new(path, &held, walk)?;
                let prefix = walk.prefix().to_owned();
                let mut sources = vec![Source::Tree(Box::new(Tree::new(walk)))];
                if options.staged || options.history {
                    let tree = Arc::new(held.reopen(OFlags::DIRECTORY)?);
                    sources.extend(Versions::all(tree, &held.shown, &prefix, exclude, &options)?);
                }
                sources
            }
            _ => {
                let shown = &held.shown;
                return Err(Error::Unsupported(format!(
                    "{shown} is a FIFO, a socket or a device, which are never opened"
                )));
            }
        };
        Ok(Search::new(rules, options, sources))
    }

    /// Starts to search the arguments of processes.
    pub fn search_processes(&self, patterns: &[Attributes]) -> Result<Search, Error> {
        self.may_search_processes()?;
        Ok(Search::new(Rules::read(patterns)?, Options::new(), [source::processes()?]))
    }
}

impl Search {
    fn new(rules: Rules, options: Options, sources: impl IntoIterator<Item = Source>) -> Self {
        let sources = sources.into_iter().collect();
        Self { rules, options, sources, ready: VecDeque::new(), totals: Totals::default() }
    }

    /// The next batch; empty at the end.
    pub fn next(&mut self, deadline: Instant) -> Result<Vec<Attributes>, Error> {
        while self.ready.len() < MOST_MATCHES
            && let Some(source) = self.sources.front_mut()
        {
            let enough = MOST_MATCHES - self.ready.len();
            let done = match workers::run(source, &self.rules, &self.options, enough, deadline) {
                Ok(done) => done,
                Err(error) => {
                    // What follows an error would be an answer without its first part.
                    self.sources.clear();
                    self.ready.clear();
                    return Err(error);
                }
            };
            self.ready.extend(done.matches);
            self.totals.add_run(done.totals);
            if done.ended {
                self.sources.pop_front();
            }
        }
        let length = self.ready.len().min(MOST_MATCHES);
        Ok(self.ready.drain(..length).collect())
    }

    /// What was searched so far.
    pub fn totals(&self) -> Attributes {
        self.totals.attributes()
    }

    /// For tables: how many rows of each field matched each pattern.
    pub fn counts(&self) -> Vec<Attributes> {
        self.totals.counts(&self.rules)
    }
}
