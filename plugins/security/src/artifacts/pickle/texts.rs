//! Texts, bytes and numbers: what the stack gets of them, and which are kept to be looked into.

use std::cell::Cell;

use gonogo_sdk::Severity;

use super::{
    Event,
    machine::{CUT_OFF, Halt, LINE, Machine},
    opcodes as op,
    value::{Encoding, Slot, Value, decode},
};
use crate::artifacts::{globals, nested};

/// Most bytes of an argument that is looked at for code.
const ARGUMENT: u32 = 64 << 10;

/// What is asked of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Whether it looks like code.
    Code,
    /// Whether it names an attribute inside of Python's objects.
    Inside,
}

/// Texts that said no, by their places: the names of a class's attributes come again with each object.
pub(super) struct Denied(Vec<Cell<u64>>);

impl Default for Denied {
    fn default() -> Self {
        // A place for each of the last texts, more or less.
        Self(vec![Cell::new(u64::MAX); 512])
    }
}

impl Denied {
    fn key(offset: u64, asked: Asked) -> u64 {
        offset << 1 | u64::from(asked == Asked::Code)
    }

    /// Its place, which it may share with others.
    fn place(&self, key: u64) -> Option<&Cell<u64>> {
        self.0.get(key as usize % self.0.len())
    }
}

/// Most bytes of one constant that are looked into.
const CONSTANT: usize = 8 << 20;

/// Most bytes of all constants that are kept to be looked into.
const CONSTANTS: usize = 32 << 20;

/// Most constants that are kept to be looked into.
const MOST: usize = 4_096;

impl Machine<'_> {
    /// A text or bytes of a length that was read.
    #[inline]
    pub(super) fn text(&mut self, encoding: Encoding, length: u64) -> Result<(), Halt> {
        let at = self.window.offset();
        let here = usize::try_from(length).unwrap_or(usize::MAX);
        let whole = here <= 65_536;
        if whole && self.window.ahead().len() < here && !self.window.need(here)? {
            return Err(CUT_OFF);
        }
        if here >= nested::SHORTEST {
            if !whole {
                self.window.need(nested::HEAD)?;
            }
            let ahead = self.window.ahead();
            let head = ahead.get(..here).unwrap_or(ahead);
            if nested::promising(head) {
                self.constant(at, length)?;
            }
        }
        if whole {
            self.window.pass(here);
        } else {
            // The last byte must be there.
            let end = at.checked_add(length).ok_or(CUT_OFF)?;
            self.window.seek(end - 1);
            self.byte()?;
        }
        self.push(Slot::text(encoding, length, at))
    }

    /// Keeps a constant to look into it after the walk.
    #[cold]
    fn constant(&mut self, at: u64, length: u64) -> Result<(), Halt> {
        let whole = usize::try_from(length).unwrap_or(usize::MAX);
        let length = whole.min(CONSTANT);
        if !self.has_room(at, length) {
            return Ok(());
        }
        if whole > CONSTANT {
            self.events.push(Event {
                severity: Severity::Unknown,
                offset: at,
                opcode: "BINBYTES",
                message: format!(
                    "has a constant of {whole} bytes that may be a pickle, of which the first {} MiB are looked into",
                    CONSTANT >> 20
                ),
            });
        }
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let part = (length - bytes.len()).min(4 << 20) as u32;
            let more = self.window.bytes_at(at + bytes.len() as u64, part)?;
            if more.is_empty() {
                break;
            }
            bytes.extend_from_slice(&more);
        }
        self.constants.push((at, bytes));
        Ok(())
    }

    /// Whether one more constant is looked into. The first that is not is said.
    fn has_room(&mut self, at: u64, length: usize) -> bool {
        if self.constant_bytes > CONSTANTS {
            return false;
        }
        self.constant_bytes += length;
        if self.constant_bytes <= CONSTANTS && self.constants.len() < MOST {
            return true;
        }
        self.constant_bytes = usize::MAX;
        self.events.push(Event {
            severity: Severity::Unknown,
            offset: at,
            opcode: "BINBYTES",
            message: format!(
                "has more constants that may be pickles than are looked into ({MOST}, {} MiB)",
                CONSTANTS >> 20
            ),
        });
        false
    }

    pub(super) fn text_line(&mut self, encoding: Encoding) -> Result<(), Halt> {
        let Some((offset, length)) = self.window.line(LINE)? else { return Err(CUT_OFF) };
        let quoted = encoding == Encoding::Quoted;
        let head = self.window.bytes_at(offset, length.min(nested::HEAD as u32))?;
        if quoted && !matches!(head.first(), Some(b'\'' | b'"')) {
            self.odd("a STRING has no quotes")?;
        }
        let head = if quoted { head.get(1..).unwrap_or_default() } else { &head };
        if length as usize >= nested::SHORTEST && (nested::promising(head) || head.contains(&b'\\')) {
            let bytes = self.window.bytes_at(offset, length.min(CONSTANT as u32))?;
            let text = decode(encoding, &bytes);
            // Characters above U+00FF cannot come of bytes.
            let bytes = text.chars().map(|it| u8::try_from(u32::from(it)).ok()).collect::<Option<Vec<_>>>();
            if let Some(bytes) = bytes
                && nested::promising(&bytes)
                && self.has_room(offset, bytes.len())
            {
                self.constants.push((offset, bytes));
            }
        }
        self.push(Value::Text(encoding, length, offset))
    }

    pub(super) fn number(&mut self, code: u8) -> Result<(), Halt> {
        let line = self.line()?;
        let number =
            if code == op::FLOAT { None } else { parse::<i64>(line.strip_suffix(b"L").unwrap_or(&line)) };
        let plausible = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-._ ".contains(byte);
        if line.is_empty() || !line.iter().all(plausible) {
            self.odd("a number is none")?;
        }
        self.push(number.map_or(Value::Other, Value::Integer))
    }

    /// An integer of some bytes, little-endian.
    pub(super) fn long(&mut self, length: usize) -> Result<(), Halt> {
        if length > 8 {
            let end = self.window.offset() + length as u64;
            self.window.seek(end - 1);
            self.byte()?;
            return self.push(Value::Other);
        }
        let mut number = [0; 8];
        let mut last = 0;
        for place in number.iter_mut().take(length) {
            *place = self.byte()?;
            last = *place;
        }
        if last >= 0x80 {
            number.iter_mut().skip(length).for_each(|byte| *byte = 0xff);
        }
        self.push(Value::Integer(i64::from_le_bytes(number)))
    }

    /// Whether a text says yes.
    pub(super) fn says(&self, value: Value, asked: Asked) -> bool {
        let Value::Text(_, _, offset) = value else { return false };
        let key = Denied::key(offset, asked);
        let place = self.denied.place(key);
        if place.is_some_and(|place| place.get() == key) {
            return false;
        }
        let yes = match asked {
            Asked::Code => self.resolve(value, ARGUMENT).is_some_and(|text| globals::code_like(&text)),
            Asked::Inside => self
                .resolve(value, 64)
                .is_some_and(|name| globals::forbidden_attribute(&name) && name != "__dict__"),
        };
        if let Some(place) = place
            && !yes
        {
            place.set(key);
        }
        yes
    }

    /// A text that a value stands for, at most this long.
    pub(super) fn resolve(&self, value: Value, most: u32) -> Option<String> {
        match value {
            Value::Text(encoding, length, offset) if length <= most => {
                let bytes = self.window.bytes_at(offset, length).ok()?;
                Some(decode(encoding, &bytes))
            }
            _ => None,
        }
    }
}

/// A number in a line.
pub(super) fn parse<T: std::str::FromStr>(line: &[u8]) -> Option<T> {
    std::str::from_utf8(line).ok()?.trim().parse().ok()
}
