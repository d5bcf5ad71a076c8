//! The stack machine: opcodes one by one, values as far as they matter.

use std::collections::BTreeMap;

use gonogo_sdk::Error;

use super::{
    End, Event, Import, Rules, Walked,
    bulk::{Kind, Known, opcode},
    calls::Record,
    containers::Arena,
    memo::Memo,
    opcodes as op,
    texts::Denied,
    value::{Call, Slot, Value},
};
use crate::artifacts::source::{Source, Window};

/// Most bytes of a line of protocol 0: no name and no number is longer, a text may be.
pub(super) const LINE: usize = 8 << 20;

/// Why the walk stops.
pub(super) enum Halt {
    Stop,
    Broken(&'static str),
    Limit(&'static str),
    Unreadable(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Unreadable(error)
    }
}

pub(super) const CUT_OFF: Halt = Halt::Broken("it ends before STOP");

/// One pickle on its way.
pub(super) struct Machine<'a> {
    pub(super) source: &'a dyn Source,
    pub(super) rules: Rules<'a>,
    pub(super) window: Window<'a>,
    pub(super) stack: Vec<Slot>,
    pub(super) marks: Vec<usize>,
    pub(super) memo: Memo,
    pub(super) arena: Arena,
    pub(super) calls: Vec<Call>,
    /// For each import, the call that stands for all of its calls.
    pub(super) records: Vec<Record>,
    /// Texts that were asked something, and said no.
    pub(super) denied: Denied,
    /// Whether a class is imported that reads shapes of arrays.
    pub(super) shapes: bool,
    pub(super) known: BTreeMap<String, u32>,
    pub(super) imports: Vec<Import>,
    pub(super) events: Vec<Event>,
    pub(super) constants: Vec<(u64, Vec<u8>)>,
    pub(super) constant_bytes: usize,
    pub(super) malformed: bool,
    pub(super) opcodes: u64,
}

impl<'a> Machine<'a> {
    pub(super) fn new(source: &'a dyn Source, offset: u64, rules: Rules<'a>) -> Self {
        Self {
            source,
            rules,
            window: Window::new(source, offset),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: Memo::default(),
            arena: Arena::default(),
            calls: Vec::new(),
            records: Vec::new(),
            denied: Denied::default(),
            shapes: false,
            known: BTreeMap::new(),
            imports: Vec::new(),
            events: Vec::new(),
            constants: Vec::new(),
            constant_bytes: 0,
            malformed: false,
            opcodes: 0,
        }
    }

    pub(super) fn run(mut self) -> Walked {
        let halt = loop {
            if self.opcodes >= self.rules.budget.opcodes {
                break Halt::Limit("opcodes");
            }
            if let Err(halt) = self.bulk().and_then(|()| self.step()) {
                break halt;
            }
            self.opcodes += 1;
        };
        let offset = self.window.offset();
        let end = match halt {
            Halt::Stop => End::Stop(offset),
            Halt::Broken(why) => End::Broken(offset, why),
            Halt::Limit(which) => End::Limit(offset, which),
            Halt::Unreadable(error) => End::Unreadable(offset, error),
        };
        self.left_over();
        Walked {
            end,
            imports: self.imports,
            events: self.events,
            opcodes: self.opcodes,
            constants: self.constants,
            malformed: self.malformed,
        }
    }

    /// One opcode, wherever it lies.
    fn step(&mut self) -> Result<(), Halt> {
        let at = self.window.offset();
        if let Some((code, operand)) = opcode(self.window.ahead(), 0) {
            return self.act(code, operand, at);
        }
        self.window.need(9)?;
        let (&code, rest) = self.window.ahead().split_first().ok_or(CUT_OFF)?;
        if rest.len() + 1 < usize::from(Known::of(code).length) {
            return Err(CUT_OFF);
        }
        let mut operand = [0; 8];
        operand.iter_mut().zip(rest).for_each(|(to, &from)| *to = from);
        self.act(code, u64::from_le_bytes(operand), at)
    }

    #[inline]
    fn act(&mut self, code: u8, operand: u64, at: u64) -> Result<(), Halt> {
        let known = Known::of(code);
        self.window.pass(usize::from(known.length));
        match known.kind {
            Kind::Constant => self.push(known.slot(operand)),
            Kind::Simple => self.simple(code, operand),
            Kind::Text(encoding) => self.text(encoding, u64::from(known.number(operand))),
            Kind::Rare => self.rare(code, at),
        }
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8, Halt> {
        if let Some(&byte) = self.window.ahead().first() {
            self.window.pass(1);
            return Ok(byte);
        }
        self.bytes::<1>().map(|[byte]| byte)
    }

    #[inline]
    pub(super) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Halt> {
        if self.window.ahead().len() < N && !self.window.need(N)? {
            return Err(CUT_OFF);
        }
        let bytes = *self.window.ahead().first_chunk::<N>().ok_or(CUT_OFF)?;
        self.window.pass(N);
        Ok(bytes)
    }

    #[inline]
    pub(super) fn push(&mut self, value: impl Into<Slot>) -> Result<(), Halt> {
        if self.stack.len() >= self.rules.budget.entries {
            return Err(Halt::Limit("stack"));
        }
        self.stack.push(value.into());
        Ok(())
    }

    /// The top of the stack, not below the last mark.
    #[inline]
    pub(super) fn pop(&mut self) -> Result<Value, Halt> {
        let floor = self.marks.last().copied().unwrap_or_default();
        if self.stack.len() > floor {
            return Ok(self.stack.pop().unwrap_or(Slot::NOTHING).value());
        }
        self.odd("it takes from an empty stack")?;
        Ok(Value::Nothing)
    }

    /// `POP` on a mark takes the mark.
    pub(super) fn popped(&mut self, code: u8) -> Result<(), Halt> {
        if code == op::POP && self.marks.last() == Some(&self.stack.len()) {
            self.marks.pop();
            return Ok(());
        }
        self.pop().map(|_| ())
    }

    #[inline]
    pub(super) fn open(&mut self) -> Result<(), Halt> {
        if self.marks.len() >= self.rules.budget.entries {
            return Err(Halt::Limit("marks"));
        }
        self.marks.push(self.stack.len());
        Ok(())
    }

    #[inline]
    pub(super) fn mark(&mut self) -> Result<usize, Halt> {
        match self.marks.pop() {
            Some(mark) => Ok(mark.min(self.stack.len())),
            None => self.odd("it closes a mark that was never set").map(|()| 0),
        }
    }

    /// Something that no pickler writes: the end where strict.
    #[cold]
    pub(super) fn odd(&mut self, why: &'static str) -> Result<(), Halt> {
        self.malformed = true;
        if self.rules.strict { Err(Halt::Broken(why)) } else { Ok(()) }
    }

    pub(super) fn line(&mut self) -> Result<Vec<u8>, Halt> {
        let Some((offset, length)) = self.window.line(LINE)? else { return Err(CUT_OFF) };
        Ok(self.window.bytes_at(offset, length)?)
    }

    /// Takes over what a pickle inside this one brought.
    pub(super) fn absorb(&mut self, inner: Walked) {
        self.records.resize(self.imports.len() + inner.imports.len(), Record::default());
        self.imports.extend(inner.imports);
        self.events.extend(inner.events);
        self.constants.extend(inner.constants);
        self.opcodes += inner.opcodes;
        self.malformed |= inner.malformed;
    }
}
