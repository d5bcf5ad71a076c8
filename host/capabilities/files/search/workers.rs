//! Threads that take documents from a source and search them.

use std::{
    collections::BTreeSet,
    fs::File,
    num::NonZero,
    ops::Range,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use super::{
    base64,
    file::{self, Sort},
    git::{self, Cache, Got},
    options::{MOST_TEXT, Options},
    redact::{self, Document, Part},
    rules::Rules,
    scan::{Found, Scanner},
    source::{Blob, Item, Place, Source},
    table::{Table, is_sampled, is_table},
    totals::Totals,
    utf16,
};
use crate::{
    capabilities::files::in_time,
    domain::{Attributes, Error},
};

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
        Source::Tree(_) | Source::Processes(_) | Source::Versions(_) => {
            thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS)
        }
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
    /// What was unpacked of Git's objects.
    cache: Cache,
}

/// Matches by the place of their document.
type Matches = Vec<(u64, Vec<Attributes>)>;

impl<'a> Worker<'a> {
    fn new(rules: &'a Rules, options: &'a Options, deadline: Instant) -> Self {
        Self {
            scanner: Scanner::new(rules, options, deadline),
            buffer: Vec::new(),
            totals: Totals::default(),
            cache: Cache::default(),
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
        if self.buffer.capacity() > KEPT {
            self.buffer = Vec::new();
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let matches = self.item_in(item, &mut buffer);
        self.buffer = buffer;
        matches
    }

    fn item_in(&mut self, item: Item, buffer: &mut Vec<u8>) -> Result<Vec<Attributes>, Error> {
        let Item { path, prefix, ignored, place } = item;
        let options = self.scanner.options;
        let relative = path.get(prefix..).unwrap_or(&path);
        let mut document =
            Document { path: &path, relative, source: "file", more: Vec::new(), known_as: &path };
        if ignored {
            document.more.push(("ignored", true.into()));
        }
        let opened = match place {
            Place::Blob(blob) => return self.blob(&mut document, &blob, buffer),
            Place::Open(file) => Ok(file),
            Place::Name(directory, name) => file::open(&directory, &name, &path),
            Place::Process(process) => {
                document.source = "process";
                document.known_as = "process";
                document.more.push(("process", process.into()));
                self.totals.processes += 1;
                File::open(&path).map_err(|error| file::failed("open", &path, &error))
            }
        };
        let read = opened.and_then(|mut file| {
            if options.table && is_table(&path) {
                let size = file::size(&file, &path)?;
                return match size > options.size_maximum {
                    true => Ok((Sort::Large, None)),
                    false => Ok((Sort::Text, Some(Table::open(file, &path, size)?))),
                };
            }
            let most = options.size_maximum.min(MOST_TEXT);
            let binary = options.binary || document.source == "process";
            Ok((file::read(&mut file, &path, most, binary, buffer)?, None))
        });
        match read {
            Ok((Sort::Text, Some(table))) => self.table(&mut document, table),
            Ok((Sort::Text, None)) => {
                self.totals.files += u64::from(document.source == "file");
                self.totals.bytes += buffer.len() as u64;
                if document.source == "process" {
                    // Arguments end with a NUL each.
                    buffer
                        .iter_mut()
                        .filter(|byte| matches!(byte, 0 | b'\n' | b'\r'))
                        .for_each(|byte| *byte = b' ');
                }
                if let Some(text) = utf16::transcoded(buffer) {
                    *buffer = text.into_bytes();
                }
                self.scanner.begin();
                self.text(&document, buffer).map(|(matches, _)| matches)
            }
            Ok((Sort::Binary, _)) => {
                self.totals.skipped_binary += 1;
                Ok(Vec::new())
            }
            Ok((Sort::Large, _)) => {
                self.totals.skipped_large += 1;
                Ok(Vec::new())
            }
            // Removed since its directory was read: there is nothing to search.
            Err(Error::NotFound(_)) => Ok(Vec::new()),
            Err(error) => {
                self.totals.unreadable(&error);
                Ok(Vec::new())
            }
        }
    }

    /// Searches a version that Git keeps.
    fn blob(
        &mut self,
        document: &mut Document<'_>,
        blob: &Blob,
        buffer: &mut Vec<u8>,
    ) -> Result<Vec<Attributes>, Error> {
        let options = self.scanner.options;
        let most = options.size_maximum.min(MOST_TEXT);
        let bytes = match blob.repository.find(&blob.id, most, &mut self.cache) {
            Ok(Got::Object(_, bytes)) => bytes,
            Ok(Got::Large) => {
                self.totals.skipped_large += 1;
                return Ok(Vec::new());
            }
            Err(error) => {
                // A missing object is a fault of the repository, not of the path.
                let error = std::io::Error::other(error.to_string());
                self.totals.unreadable(&file::failed("read from .git a version of", document.path, &error));
                return Ok(Vec::new());
            }
        };
        if !options.binary && file::is_binary(&bytes) {
            self.totals.skipped_binary += 1;
            return Ok(Vec::new());
        }
        if let Some((directory, name)) = &blob.file
            && let Ok(mut file) = git::open_in(directory, name)
            && let Ok(Sort::Text) = file::read(&mut file, document.path, most, true, buffer)
            && *buffer == bytes
        {
            return Ok(Vec::new());
        }
        document.source = if blob.commit.is_some() { "history" } else { "staged" };
        document.more.extend(blob.commit.as_deref().map(|commit| ("commit", commit.into())));
        self.totals.files += 1;
        self.totals.bytes += bytes.len() as u64;
        self.scanner.begin();
        let text = utf16::transcoded(&bytes);
        self.text(document, text.as_deref().map_or(&bytes, str::as_bytes)).map(|(matches, _)| matches)
    }

    /// Searches the rows of a table, as many as are asked for.
    fn table(&mut self, document: &mut Document<'_>, mut table: Table) -> Result<Vec<Attributes>, Error> {
        let options = self.scanner.options;
        let path: Arc<str> = document.path.into();
        let mut cells = Vec::new();
        let mut matches = Vec::new();
        let mut looked_at = 0;
        self.totals.files += 1;
        self.scanner.begin();
        while looked_at < options.rows_maximum as u64 {
            in_time(self.scanner.deadline, "the", "search")?;
            let look = is_sampled(table.met, options.sample);
            match table.next(look, &mut cells) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    // What was read before still counts.
                    self.totals.unreadable(&error);
                    break;
                }
            }
            looked_at += u64::from(look);
            let mut counted = BTreeSet::new();
            for (field, value) in &cells {
                self.totals.bytes += value.len() as u64;
                document.more = vec![("field", (&**field).into()), ("row", table.met.into())];
                let (found, rules) = self.text(document, value)?;
                matches.extend(found);
                counted.extend(rules.into_iter().map(|rule| (Arc::clone(field), rule)));
            }
            for (field, rule) in counted {
                self.totals.count((Arc::clone(&path), field, rule), 1);
            }
        }
        self.totals.look_at(&path, looked_at);
        self.totals.rows_total += table.total();
        Ok(matches)
    }

    /// Searches a text of a document. Gives its matches, and the rules that match, suppressed ones too.
    fn text(&mut self, document: &Document<'_>, text: &[u8]) -> Result<(Vec<Attributes>, Vec<usize>), Error> {
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
        let rules = parts.iter().flat_map(|part| part.found.rules.iter().copied()).collect::<Vec<_>>();
        match parts.iter().all(|part| part.found.hits.is_empty()) {
            true => Ok((Vec::new(), rules)),
            false => Ok((redact::matches(self.scanner.rules, document, &parts), rules)),
        }
    }
}
