//! The stack machine: opcodes one by one, values as far as they matter.

use std::collections::BTreeMap;

use gonogo_sdk::Error;

use super::{
    End, Event, Import, Rules, Walked, opcodes as op,
    texts::parse,
    value::{Call, Encoding, Value},
};
use crate::artifacts::source::{Source, Window};

/// Most bytes of a line of protocol 0: no name and no number is longer, a text may be.
pub(super) const LINE: usize = 8 << 20;

/// Elements of a tuple or dict that are kept.
pub(super) const KEPT: usize = 32;

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
    pub(super) stack: Vec<Value>,
    marks: Vec<usize>,
    pub(super) memo: Vec<Value>,
    /// What is put far beyond the others.
    pub(super) sparse: BTreeMap<u32, Value>,
    pub(super) memoized: usize,
    pub(super) memo_full: bool,
    arena: Vec<Value>,
    pub(super) calls: Vec<Call>,
    /// The one call of a harmless global that stands for all of them.
    pub(super) alike: BTreeMap<u32, u32>,
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
            memo: Vec::new(),
            sparse: BTreeMap::new(),
            memoized: 0,
            memo_full: false,
            arena: Vec::new(),
            calls: Vec::new(),
            alike: BTreeMap::new(),
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
            if let Err(halt) = self.step() {
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

    #[inline]
    fn step(&mut self) -> Result<(), Halt> {
        let at = self.window.offset();
        let code = self.byte()?;
        match code {
            op::BININT1 => {
                let number = self.byte()?;
                self.push(Value::Integer(i64::from(number)))
            }
            op::BININT2 => {
                let number = u16::from_le_bytes(self.bytes()?);
                self.push(Value::Integer(i64::from(number)))
            }
            op::BININT => {
                let number = i32::from_le_bytes(self.bytes()?);
                self.push(Value::Integer(i64::from(number)))
            }
            op::BINFLOAT => {
                self.bytes::<8>()?;
                self.push(Value::Other)
            }
            op::BINGET => {
                let id = self.byte()?;
                self.get(u32::from(id))
            }
            op::LONG_BINGET => {
                let id = u32::from_le_bytes(self.bytes()?);
                self.get(id)
            }
            op::MEMOIZE => {
                let id = u32::try_from(self.memoized).unwrap_or(u32::MAX);
                self.put(id)
            }
            op::BINPUT => {
                let id = self.byte()?;
                self.put(u32::from(id))
            }
            op::LONG_BINPUT => {
                let id = u32::from_le_bytes(self.bytes()?);
                self.put(id)
            }
            op::SHORT_BINUNICODE | op::SHORT_BINSTRING => {
                let length = self.byte()?;
                self.text(Encoding::Plain, u64::from(length))
            }
            op::BINUNICODE | op::BINSTRING => {
                let length = u32::from_le_bytes(self.bytes()?);
                self.text(Encoding::Plain, u64::from(length))
            }
            op::SHORT_BINBYTES => {
                let length = self.byte()?;
                self.text(Encoding::Bytes, u64::from(length))
            }
            op::BINBYTES => {
                let length = u32::from_le_bytes(self.bytes()?);
                self.text(Encoding::Bytes, u64::from(length))
            }
            op::MARK => {
                if self.marks.len() >= self.rules.budget.entries {
                    return Err(Halt::Limit("marks"));
                }
                self.marks.push(self.stack.len());
                Ok(())
            }
            op::EMPTY_TUPLE => self.push(Value::Tuple(0, 0)),
            op::TUPLE1 => self.tuple(1),
            op::TUPLE2 => self.tuple(2),
            op::TUPLE3 => self.tuple(3),
            op::NONE | op::EMPTY_LIST | op::EMPTY_SET => self.push(Value::Other),
            op::NEWTRUE => self.push(Value::Integer(1)),
            op::NEWFALSE => self.push(Value::Integer(0)),
            op::EMPTY_DICT => self.push(Value::Dict(0, 0)),
            op::APPENDS | op::ADDITEMS | op::POP_MARK => {
                let from = self.mark()?;
                self.stack.truncate(from);
                Ok(())
            }
            op::APPEND | op::POP => {
                self.popped(code)?;
                Ok(())
            }
            op::SETITEM => {
                let from = self.stack.len().saturating_sub(2);
                self.set_items(from)
            }
            op::SETITEMS => {
                let from = self.mark()?;
                self.set_items(from)
            }
            op::STOP => Err(Halt::Stop),
            _ => self.rare(code, at),
        }
    }

    /// Opcodes that are few in any pickle.
    #[cold]
    fn rare(&mut self, code: u8, at: u64) -> Result<(), Halt> {
        match code {
            op::PROTO => {
                let version = self.byte()?;
                if version > 5 { Err(Halt::Broken("its protocol is unknown")) } else { Ok(()) }
            }
            op::FRAME => self.bytes::<8>().map(|_| ()),
            op::BINUNICODE8 => {
                let length = u64::from_le_bytes(self.bytes()?);
                self.text(Encoding::Plain, length)
            }
            op::BINBYTES8 | op::BYTEARRAY8 => {
                let length = u64::from_le_bytes(self.bytes()?);
                self.text(Encoding::Bytes, length)
            }
            op::NEXT_BUFFER => self.push(Value::Persistent),
            op::READONLY_BUFFER => Ok(()),
            op::LONG1 => {
                let length = self.byte()?;
                self.long(usize::from(length))
            }
            op::LONG4 => match usize::try_from(i32::from_le_bytes(self.bytes()?)) {
                Ok(length) => self.long(length),
                Err(_) => Err(Halt::Broken("a LONG4 has a negative length")),
            },
            op::INT | op::LONG | op::FLOAT => self.number(code),
            op::UNICODE => self.text_line(Encoding::Escaped),
            op::STRING => self.text_line(Encoding::Quoted),
            op::GET | op::PUT => {
                let line = self.line()?;
                match parse::<u32>(&line) {
                    Some(id) if code == op::GET => self.get(id),
                    Some(id) => self.put(id),
                    None => Err(Halt::Broken("a memo index is no number")),
                }
            }
            op::DUP => {
                let top = self.pop()?;
                self.push(top)?;
                self.push(top)
            }
            op::TUPLE => {
                let from = self.mark()?;
                self.tuple(self.stack.len() - from)
            }
            op::LIST | op::FROZENSET => {
                let from = self.mark()?;
                self.stack.truncate(from);
                self.push(Value::Other)
            }
            op::DICT => {
                let from = self.mark()?;
                self.stack.insert(from, Value::Dict(0, 0));
                self.set_items(from + 1)
            }
            op::PERSID => {
                self.line()?;
                self.push(Value::Persistent)
            }
            op::BINPERSID => {
                self.pop()?;
                self.push(Value::Persistent)
            }
            op::GLOBAL => {
                let global = self.global_lines("GLOBAL", at)?;
                self.push(global)
            }
            op::STACK_GLOBAL => self.stack_global(at),
            op::EXT1 => {
                let number = self.byte()?;
                self.extension("EXT1", u32::from(number), at)
            }
            op::EXT2 => {
                let number = u16::from_le_bytes(self.bytes()?);
                self.extension("EXT2", u32::from(number), at)
            }
            op::EXT4 => {
                let number = u32::from_le_bytes(self.bytes()?);
                self.extension("EXT4", number, at)
            }
            op::REDUCE => self.reduce(at),
            op::NEWOBJ => {
                let arguments = self.pop()?;
                let class = self.pop()?;
                let object = self.call(class, &[arguments], "NEWOBJ", at)?;
                self.push(object)
            }
            op::NEWOBJ_EX => {
                let named = self.pop()?;
                let arguments = self.pop()?;
                let class = self.pop()?;
                let object = self.call(class, &[arguments, named], "NEWOBJ_EX", at)?;
                self.push(object)
            }
            op::INST => {
                let class = self.global_lines("INST", at)?;
                let from = self.mark()?;
                self.tuple(self.stack.len() - from)?;
                let arguments = self.pop()?;
                let object = self.call(class, &[arguments], "INST", at)?;
                self.push(object)
            }
            op::OBJ => {
                let from = self.mark()?;
                self.tuple((self.stack.len() - from).saturating_sub(1))?;
                let arguments = self.pop()?;
                let class = self.pop()?;
                let object = self.call(class, &[arguments], "OBJ", at)?;
                self.push(object)
            }
            op::BUILD => {
                let state = self.pop()?;
                let target = self.pop()?;
                let target = self.build(target, state, at)?;
                self.push(target)
            }
            _ => {
                self.window.seek(at);
                Err(Halt::Broken("a byte is no opcode"))
            }
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
    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Halt> {
        if self.window.ahead().len() < N && !self.window.need(N)? {
            return Err(CUT_OFF);
        }
        let bytes = *self.window.ahead().first_chunk::<N>().ok_or(CUT_OFF)?;
        self.window.pass(N);
        Ok(bytes)
    }

    #[inline]
    pub(super) fn push(&mut self, value: Value) -> Result<(), Halt> {
        if self.stack.len() >= self.rules.budget.entries {
            return Err(Halt::Limit("stack"));
        }
        self.stack.push(value);
        Ok(())
    }

    /// The top of the stack, not below the last mark.
    #[inline]
    pub(super) fn pop(&mut self) -> Result<Value, Halt> {
        let floor = self.marks.last().copied().unwrap_or_default();
        if self.stack.len() > floor {
            return Ok(self.stack.pop().unwrap_or(Value::Nothing));
        }
        self.odd("it takes from an empty stack")?;
        Ok(Value::Nothing)
    }

    /// `POP` on a mark takes the mark.
    fn popped(&mut self, code: u8) -> Result<(), Halt> {
        if code == op::POP && self.marks.last() == Some(&self.stack.len()) {
            self.marks.pop();
            return Ok(());
        }
        self.pop().map(|_| ())
    }

    #[inline]
    fn mark(&mut self) -> Result<usize, Halt> {
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

    /// The uppermost `count` values as a tuple.
    #[inline]
    fn tuple(&mut self, count: usize) -> Result<(), Halt> {
        let floor = self.marks.last().copied().unwrap_or_default();
        if self.stack.len() < floor + count {
            self.odd("it makes a tuple of an empty stack")?;
        }
        let from = self.stack.len().saturating_sub(count);
        // Numbers before anything is imported: nobody asks for them.
        let plain = |value: &Value| matches!(value, Value::Integer(_) | Value::Other);
        let (start, length) = if self.imports.is_empty() && self.stack.iter().skip(from).all(plain) {
            (0, Some(0))
        } else {
            self.keep(from)
        };
        self.stack.truncate(from);
        self.push(match length {
            Some(length) => Value::Tuple(start, length),
            None => Value::Lost,
        })
    }

    /// Copies the stack from a place on into the arena, as far as it is kept.
    #[inline]
    fn keep(&mut self, from: usize) -> (u32, Option<u32>) {
        let start = self.arena.len();
        if start + KEPT > self.rules.budget.entries {
            return (0, None);
        }
        let to = self.stack.len().min(from + KEPT);
        self.arena.extend_from_slice(self.stack.get(from..to).unwrap_or_default());
        (start as u32, Some((self.arena.len() - start) as u32))
    }

    /// Keys and values from a place on go into the dict below them.
    fn set_items(&mut self, from: usize) -> Result<(), Halt> {
        let Some(place) = from.checked_sub(1) else {
            self.stack.truncate(from);
            return self.odd("it sets items of nothing");
        };
        // A dict matters as the state of an object, whose class is imported before.
        if !self.imports.is_empty()
            && let Some(&Value::Dict(start, length)) = self.stack.get(place)
            && self.stack.len() - from + length as usize <= KEPT
            && self.arena.len() + KEPT <= self.rules.budget.entries
        {
            let fresh = self.arena.len();
            self.arena.extend_from_within(start as usize..(start + length) as usize);
            self.arena.extend_from_slice(self.stack.get(from..).unwrap_or_default());
            if let Some(dict) = self.stack.get_mut(place) {
                *dict = Value::Dict(fresh as u32, (self.arena.len() - fresh) as u32);
            }
        }
        self.stack.truncate(from);
        Ok(())
    }

    /// The elements of a tuple or dict.
    pub(super) fn elements(&self, value: Value) -> &[Value] {
        match value {
            Value::Tuple(start, length) | Value::Dict(start, length) => {
                self.arena.get(start as usize..(start + length) as usize).unwrap_or_default()
            }
            _ => &[],
        }
    }

    pub(super) fn line(&mut self) -> Result<Vec<u8>, Halt> {
        let Some((offset, length)) = self.window.line(LINE)? else { return Err(CUT_OFF) };
        Ok(self.window.bytes_at(offset, length)?)
    }

    /// Takes over what a pickle inside this one brought.
    pub(super) fn absorb(&mut self, inner: Walked) {
        self.imports.extend(inner.imports);
        self.events.extend(inner.events);
        self.constants.extend(inner.constants);
        self.opcodes += inner.opcodes;
        self.malformed |= inner.malformed;
    }
}
