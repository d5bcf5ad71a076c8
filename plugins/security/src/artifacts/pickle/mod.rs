//! Pickles walked symbolically: what they import and call, without doing it.

mod bulk;
mod calls;
mod containers;
mod joblib;
mod machine;
mod memo;
mod opcodes;
mod rare;
mod texts;
mod value;

#[cfg(test)]
mod tests;

use gonogo_sdk::{Error, Severity};

use super::{globals::Judgement, source::Source};

/// Something in a pickle that is worth saying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// How bad it is.
    pub severity: Severity,
    /// The opcode's place in the source, in bytes.
    pub offset: u64,
    /// The opcode's name, as `pickletools` has it.
    pub opcode: &'static str,
    /// What it does.
    pub message: String,
}

/// A global that a pickle imports.
#[derive(Clone, Debug)]
pub struct Import {
    /// The module, as written.
    pub module: String,
    /// The name in it, perhaps with dots.
    pub name: String,
    /// What it means.
    pub judgement: Judgement,
    /// The place of the first import.
    pub offset: u64,
    /// By which opcode.
    pub opcode: &'static str,
    /// Whether the team accepts it.
    pub allowed: bool,
    /// Whether its name says that it does something, rather than what it is.
    pub verb: bool,
    /// Whether it is called, with what that shows.
    pub called: Option<Called>,
}

/// How a global is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Called {
    /// With nothing that stands out, or to make an object of a class.
    Plain,
    /// With a text, where the name says that it runs or loads.
    Verb,
    /// With a text that looks like code or a command line.
    Code,
}

/// How a walk ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With `STOP`; the next byte's place.
    Stop(u64),
    /// The stream is no pickle from here on: why.
    Broken(u64, &'static str),
    /// A limit was met: which.
    Limit(u64, &'static str),
    /// It cannot be read.
    Unreadable(u64, Error),
}

/// What one walk found.
#[derive(Debug)]
pub struct Walked {
    /// How it ended.
    pub end: End,
    /// What it imports, in the order of the stream.
    pub imports: Vec<Import>,
    /// What it does beside that.
    pub events: Vec<Event>,
    /// How many opcodes there were.
    pub opcodes: u64,
    /// Constants that may hold a pickle, or something packed, with their places.
    pub constants: Vec<(u64, Vec<u8>)>,
    /// Whether it took something from an empty stack or memo: no pickler writes that.
    pub malformed: bool,
}

/// How much a walk may take.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Opcodes.
    pub opcodes: u64,
    /// Entries of the stack, the memo, the arena of tuples, and calls: each.
    pub entries: usize,
}

impl Default for Budget {
    fn default() -> Self {
        // 8 Mi entries of 8 bytes are 64 MiB; a pickle with more has not more to import.
        Self { opcodes: 2_000_000_000, entries: 8 << 20 }
    }
}

/// By what a walk goes.
#[derive(Clone, Copy)]
struct Rules<'a> {
    strict: bool,
    budget: Budget,
    allowed: &'a dyn Fn(&str) -> bool,
    /// How many pickles this one lies in, object arrays of joblib.
    depth: u8,
}

/// Walks one pickle from `offset` to its `STOP`.
///
/// `strict` ends the walk at the first thing that no pickler writes: for bytes that may be no pickle at all. `allowed` says whether the team accepts `module.name`.
pub fn walk(
    source: &dyn Source,
    offset: u64,
    strict: bool,
    budget: Budget,
    allowed: &dyn Fn(&str) -> bool,
) -> Walked {
    walk_by(source, offset, Rules { strict, budget, allowed, depth: 0 })
}

fn walk_by(source: &dyn Source, offset: u64, rules: Rules<'_>) -> Walked {
    machine::Machine::new(source, offset, rules).run()
}
