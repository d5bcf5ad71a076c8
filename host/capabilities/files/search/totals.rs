//! What was searched, as the plugin sees it.

use std::{collections::BTreeMap, sync::Arc};

use super::rules::Rules;
use crate::domain::{Attributes, Error};

/// Most files that cannot be read that are named.
const MOST_UNREADABLE: usize = 100;

/// Most counts of fields and patterns: about 10 MB.
const MOST_COUNTS: usize = 50_000;

/// What was searched so far. `wit/files.wit` says what each part is.
#[derive(Default)]
pub struct Totals {
    pub files: u64,
    pub bytes: u64,
    pub skipped_binary: u64,
    pub skipped_large: u64,
    pub rows: u64,
    pub rows_total: u64,
    pub commits: u64,
    pub processes: u64,
    pub suppressed: u64,
    pub unreadable_count: u64,
    /// In how many rows a field matched a rule: by path, field and rule.
    counts: BTreeMap<(Arc<str>, Arc<str>, usize), u64>,
    /// How many rows of each path were looked at.
    looked_at: BTreeMap<Arc<str>, u64>,
    /// With the place of the document in its source.
    unreadable: Vec<(u64, String)>,
    /// The place of the document that is being searched.
    pub at: u64,
}

impl Totals {
    /// Counts something that could not be searched.
    pub fn unreadable(&mut self, error: &Error) {
        self.unreadable_count += 1;
        // Each thread's first ones are all that can be among the first of all.
        if self.unreadable.len() < MOST_UNREADABLE {
            self.unreadable.push((self.at, error.to_string()));
        }
    }

    /// Adds what a thread counted.
    pub fn add(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.skipped_binary += other.skipped_binary;
        self.skipped_large += other.skipped_large;
        self.rows += other.rows;
        self.rows_total += other.rows_total;
        self.commits += other.commits;
        self.processes += other.processes;
        self.suppressed += other.suppressed;
        self.unreadable_count += other.unreadable_count;
        self.unreadable.extend(other.unreadable);
        self.looked_at.extend(other.looked_at);
        for (key, count) in other.counts {
            self.count(key, count);
        }
    }

    /// Puts what the threads of one run named in order.
    pub fn settle(&mut self) {
        self.unreadable.sort();
        self.unreadable.truncate(MOST_UNREADABLE);
    }

    /// Adds what a later run counted, which is settled.
    pub fn add_run(&mut self, other: Self) {
        self.add(other);
        self.unreadable.truncate(MOST_UNREADABLE);
    }

    /// As the contract gives it.
    pub fn attributes(&self) -> Attributes {
        let mut attributes = Attributes::new();
        for (name, value) in [
            ("files", self.files),
            ("bytes", self.bytes),
            ("skipped-binary", self.skipped_binary),
            ("skipped-large", self.skipped_large),
            ("unreadable-count", self.unreadable_count),
            ("rows", self.rows),
            ("rows-total", self.rows_total),
            ("commits", self.commits),
            ("processes", self.processes),
            ("suppressed", self.suppressed),
        ] {
            attributes.set(name, value);
        }
        let named = self.unreadable.iter().map(|(_, text)| text.clone());
        attributes.set("unreadable", named.collect::<Vec<_>>());
        attributes
    }

    /// Counts rows of a table that were looked at.
    pub fn look_at(&mut self, path: &Arc<str>, rows: u64) {
        self.rows += rows;
        self.looked_at.insert(Arc::clone(path), rows);
    }

    /// Counts rows whose field matched a rule.
    pub fn count(&mut self, key: (Arc<str>, Arc<str>, usize), rows: u64) {
        if self.counts.len() < MOST_COUNTS || self.counts.contains_key(&key) {
            *self.counts.entry(key).or_default() += rows;
        } else {
            self.suppressed += rows;
        }
    }

    /// For tables: how many rows of each field matched each pattern.
    pub fn counts(&self, rules: &Rules) -> Vec<Attributes> {
        let attributes = |((path, field, rule), count): (&(Arc<str>, Arc<str>, usize), &u64)| {
            let mut attributes = Attributes::new();
            attributes.set("path", &**path);
            attributes.set("field", &**field);
            attributes.set("pattern", rules.all.get(*rule).map_or("", |rule| &rule.id));
            attributes.set("count", *count);
            attributes.set("rows", self.looked_at.get(path).copied().unwrap_or(0));
            attributes
        };
        self.counts.iter().map(attributes).collect()
    }
}
