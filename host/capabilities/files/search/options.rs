//! The options of a search.

use aho_corasick::AhoCorasick;

use crate::{
    capabilities::files::walk::{
        self, Ignored,
        options::{boolean, count, number, one_text, texts},
    },
    domain::{Attributes, Error, text},
};

/// Largest file that is searched without `size-maximum`, in bytes.
const SIZE: u64 = 10 << 20;

/// Largest text that is held in memory, in bytes, whatever `size-maximum` says: tables may be larger.
pub const MOST_TEXT: u64 = 256 << 20;

/// Matches of one pattern in one file, without `matches-maximum`.
const MATCHES: usize = 100;

/// Versions of Git's history that are looked at, without `commits-maximum`.
const COMMITS: usize = 100_000;

/// What to search, and how. `wit/files.wit` says what each option means.
pub struct Options {
    pub size_maximum: u64,
    pub binary: bool,
    pub multi_line: bool,
    pub base64: bool,
    /// Words that unmake all matches on their line.
    pub allow: Option<AhoCorasick>,
    pub matches_maximum: usize,
    pub staged: bool,
    pub history: bool,
    pub commits_maximum: usize,
    pub table: bool,
    pub sample: f64,
    pub rows_maximum: usize,
}

impl Options {
    /// What is searched without any option.
    pub fn new() -> Self {
        Self {
            size_maximum: SIZE,
            binary: false,
            multi_line: false,
            base64: false,
            allow: None,
            matches_maximum: MATCHES,
            staged: false,
            history: false,
            commits_maximum: COMMITS,
            table: false,
            sample: 1.0,
            rows_maximum: usize::MAX,
        }
    }

    /// Reads options, those of the walk included.
    pub fn read(given: &Attributes) -> Result<(Self, walk::Options), Error> {
        let mut options = Self::new();
        let mut walk = walk::Options::everything();
        for (name, value) in &given.0 {
            match &**name {
                // For recordings only.
                "name" => _ = one_text(name, value)?,
                "size-maximum" => options.size_maximum = count(name, value)? as u64,
                "binary" => options.binary = boolean(name, value)?,
                "multi-line" => options.multi_line = boolean(name, value)?,
                "base64" => options.base64 = boolean(name, value)?,
                "allow" => options.allow = words(name, texts(name, value)?)?,
                "matches-maximum" => options.matches_maximum = count(name, value)?,
                "staged" => options.staged = boolean(name, value)?,
                "history" => options.history = boolean(name, value)?,
                "commits-maximum" => options.commits_maximum = count(name, value)?,
                "table" => options.table = boolean(name, value)?,
                "sample" => options.sample = number(name, value)?.clamp(0.0, 1.0),
                "rows-maximum" => options.rows_maximum = count(name, value)?,
                "ignored" => walk.ignored = Ignored::of(texts(name, value)?)?,
                "kinds" | "mode-any" => return Err(unknown(name)),
                _ => {
                    if !walk.take(name, value)? {
                        return Err(unknown(name));
                    }
                }
            }
        }
        Ok((options, walk))
    }
}

fn unknown(name: &str) -> Error {
    Error::Unsupported(format!("search has no option '{}'", text::line(name, 50)))
}

/// Words to be found in any case; none where there are none.
pub fn words(name: &str, words: &[String]) -> Result<Option<AhoCorasick>, Error> {
    let mut words = words.iter().filter(|word| !word.is_empty()).peekable();
    if words.peek().is_none() {
        return Ok(None);
    }
    let built = AhoCorasick::builder().ascii_case_insensitive(true).build(words);
    built.map(Some).map_err(|error| Error::Limit(format!("the words of '{name}' are too many: {error}")))
}
