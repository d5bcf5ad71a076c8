//! Threads that take documents from a source and search them.

use std::{
    num::NonZero,
    ops::Range,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use super::{
    base64,
    file::{self, Sort},
    options::Options,
    redact::{self, Document, Part},
    rules::Rules,
    scan::{Found, Scanner},
    source::{Item, Source},
    totals::Totals,
};
use crate::domain::{Attributes, Error};

/// Most threads of one search.
const MOST_THREADS: usize = 32;

/// Largest buffer that a thread keeps from one file to the next.
const KEPT: usize = 16 << 20;

/// What a run found.
pub struct Done {
    /// In the order of documents.
    pub matches: Vec<Attributes>,
    /// What was searched.
    pub totals: Totals,
    /// Whether the source is at its end.
    pub ended: bool,
}

/// What threads share.
struct Shared<'a> {
    /// With how many items were taken.
    source: Mutex<(&'a mut Source, u64, Totals)>,
    /// Matches that are still wanted.
    wanted: AtomicUsize,
    /// No more items are taken.
    stop: AtomicBool,
    ended: AtomicBool,
}

/// Searches until there are `enough` matches or the source ends. What was begun is searched to its end, so that the next run goes on after it.
pub fn run(
    source: &mut Source,
    rules: &Rules,
    options: &Options,
    enough: usize,
    deadline: Instant,
) -> Result<Done, Error> {
    let threads = match source {
        Source::One(_) => 1,
        Source::Tree(_) => thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS),
    };
    let shared = Shared {
        source: Mutex::new((source, 0, Totals::default())),
        wanted: AtomicUsize::new(enough),
        stop: AtomicBool::new(false),
        ended: AtomicBool::new(false),
    };
    let results = thread::scope(|scope| {
        let work = || Worker::new(rules, options, deadline).work(&shared);
        let others = (1..threads).map(|_| scope.spawn(work)).collect::<Vec<_>>();
        let mut results = vec![work()];
        for other in others {
            match other.join() {
                Ok(result) => results.push(result),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    });
    let ended = shared.ended.into_inner();
    let (_, _, mut totals) = shared.source.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut matches = Vec::new();
    for result in results {
        let (found, counted) = result?;
        matches.extend(found);
        totals.add(counted);
    }
    totals.settle();
    matches.sort_by_key(|(at, _)| *at);
    let matches = matches.into_iter().flat_map(|(_, matches)| matches).collect();
    Ok(Done { matches, totals, ended })
}

/// One thread.
struct Worker<'a> {
    scanner: Scanner<'a>,
    buffer: Vec<u8>,
    totals: Totals,
}

/// Matches by the place of their document.
type Matches = Vec<(u64, Vec<Attributes>)>;

impl<'a> Worker<'a> {
    fn new(rules: &'a Rules, options: &'a Options, deadline: Instant) -> Self {
        Self {
            scanner: Scanner::new(rules, options, deadline),
            buffer: Vec::new(),
            totals: Totals::default(),
        }
    }

    fn work(mut self, shared: &Shared<'_>) -> Result<(Matches, Totals), Error> {
        let mut found = Vec::new();
        while !shared.stop.load(Ordering::Relaxed) {
            let taken = self.take(shared).and_then(|item| match item {
                Some(item) => self.item(item).map(Some),
                None => Ok(None),
            });
            match taken {
                Ok(Some(matches)) if matches.is_empty() => {}
                Ok(Some(matches)) => {
                    let before = shared.wanted.load(Ordering::Relaxed);
                    let left = before.saturating_sub(matches.len());
                    // Two threads at once may count one of them only: then a few more items are searched.
                    shared.wanted.store(left, Ordering::Relaxed);
                    if left == 0 {
                        shared.stop.store(true, Ordering::Relaxed);
                    }
                    found.push((self.totals.at, matches));
                }
                Ok(None) => {
                    shared.stop.store(true, Ordering::Relaxed);
                    shared.ended.store(true, Ordering::Relaxed);
                }
                Err(error) => {
                    shared.stop.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok((found, self.totals))
    }

    fn take(&mut self, shared: &Shared<'_>) -> Result<Option<Item>, Error> {
        let mut source = shared.source.lock().unwrap_or_else(PoisonError::into_inner);
        let (source, taken, totals) = &mut *source;
        *taken += 1;
        totals.at = *taken;
        self.totals.at = *taken;
        source.next(totals, self.scanner.deadline)
    }

    /// Searches one item. What cannot be read is counted; what ends the search is an error.
    fn item(&mut self, item: Item) -> Result<Vec<Attributes>, Error> {
        let Item { path, prefix, place } = item;
        if self.buffer.capacity() > KEPT {
            self.buffer = Vec::new();
        }
        let options = self.scanner.options;
        let mut buffer = std::mem::take(&mut self.buffer);
        let read = place.open(&path).and_then(|mut file| {
            file::read(&mut file, &path, options.size_maximum, options.binary, &mut buffer)
        });
        let matches = match read {
            Ok(Sort::Text) => {
                let relative = path.get(prefix..).unwrap_or(&path);
                let document = Document { path: &path, relative, source: "file", more: &[], known_as: &path };
                self.document(&document, &buffer)
            }
            Ok(Sort::Binary) => {
                self.totals.skipped_binary += 1;
                Ok(Vec::new())
            }
            Ok(Sort::Large) => {
                self.totals.skipped_large += 1;
                Ok(Vec::new())
            }
            // Removed since its directory was read: there is nothing to search.
            Err(Error::NotFound(_)) => Ok(Vec::new()),
            Err(error) => {
                self.totals.unreadable(&error);
                Ok(Vec::new())
            }
        };
        self.buffer = buffer;
        matches
    }

    /// Searches a document.
    fn document(&mut self, document: &Document<'_>, text: &[u8]) -> Result<Vec<Attributes>, Error> {
        self.totals.files += 1;
        self.totals.bytes += text.len() as u64;
        self.scanner.begin();
        let (path, relative) = (document.path, document.relative);
        let found = self.scanner.scan(text, path, relative)?;
        let mut decoded = Vec::new();
        if self.scanner.options.base64 {
            for (range, bytes) in base64::runs(text) {
                let found = self.scanner.scan(&bytes, path, relative)?;
                if !found.is_empty() && !self.scanner.allows(text, range.start) {
                    decoded.push((range, bytes, found));
                }
            }
        }
        let whole = Part { text, found: &found, within: None };
        let others = decoded.iter().map(|(range, bytes, found): &(Range<usize>, Vec<u8>, Found)| Part {
            text: bytes,
            found,
            within: Some(range.clone()),
        });
        let parts = std::iter::once(whole).chain(others).collect::<Vec<_>>();
        self.totals.suppressed += parts.iter().map(|part| part.found.suppressed).sum::<u64>();
        if parts.iter().all(|part| part.found.hits.is_empty()) {
            return Ok(Vec::new());
        }
        Ok(redact::matches(self.scanner.rules, document, &parts))
    }
}
