//! What a pickle's stack holds, as far as it matters for judging.

/// How the bytes of a text are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, or a `str` of Python 2.
    Plain,
    /// `UNICODE` of protocol 0: Latin-1 with `\u` escapes.
    Escaped,
    /// `STRING` of protocol 0: in quotes, with the escapes of Python.
    Quoted,
    /// Bytes.
    Bytes,
}

/// A value, without what does not matter. Texts stay where they are in the source: `(how, length, offset)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// None, a number that is no integer, a list, a set, a tuple of such: nothing depends on it.
    Other,
    /// Was dropped because of a limit.
    Lost,
    /// An integer that fits.
    Integer(i64),
    /// A text or bytes.
    Text(Encoding, u32, u64),
    /// An imported global, by its place among the imports.
    Global(u32),
    /// What a call gave, by its place among the calls.
    Call(u32),
    /// A slice of the arena: start, length.
    Tuple(u32, u32),
    /// Keys and values in turn, a slice of the arena. Large ones are dropped.
    Dict(u32, u32),
    /// A persistent id, resolved by the program that loads.
    Persistent,
    /// Something that the stream took from nowhere: an empty stack or a memo that was never filled.
    Nothing,
}

/// A [`Value`] in one word, as stack, memo and arena keep it: large pickles put millions of them there, and each page of memory that is touched costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(u64);

impl Slot {
    /// [`Value::Other`]: zero, so that memory without anything in it is full of these.
    pub const OTHER: Self = Self(0);
    /// [`Value::Nothing`].
    pub const NOTHING: Self = Self(TAG_NOTHING);
    /// A tuple without elements.
    pub const EMPTY_TUPLE: Self = Self(TAG_TUPLE);
    /// A dict without entries.
    pub const EMPTY_DICT: Self = Self(TAG_DICT);

    /// The integer 0.
    pub const ZERO: Self = Self(TAG_INTEGER);

    /// An integer and so much more.
    #[inline]
    pub const fn plus(self, number: u32) -> Self {
        Self(self.0 + ((number as u64) << TAG_BITS))
    }

    /// A text or bytes: how they are to be read, how many, where.
    #[inline]
    pub fn text(encoding: Encoding, length: u64, offset: u64) -> Self {
        // What lies too far is as what is too long: nobody asks for it.
        let length = if offset >> OFFSET_BITS == 0 { length.min(LONGEST) } else { LONGEST };
        Self(offset << (TAG_BITS + LENGTH_BITS) | length << TAG_BITS | (TAG_TEXT + encoding as u64))
    }

    /// Whether nothing can depend on it, but as a number in a tuple.
    #[inline]
    pub fn is_plain(self) -> bool {
        matches!(self.0 & TAG, TAG_OTHER | TAG_INTEGER)
            || self == Self::EMPTY_TUPLE
            || self == Self::EMPTY_DICT
    }

    /// Which global it is.
    #[inline]
    pub fn global(self) -> Option<u32> {
        (self.0 & TAG == TAG_GLOBAL).then_some((self.0 >> TAG_BITS) as u32)
    }

    /// What it stands for.
    #[inline]
    pub fn value(self) -> Value {
        let rest = self.0 >> TAG_BITS;
        let slice = (rest as u32, (rest >> 32) as u32);
        match self.0 & TAG {
            TAG_OTHER => Value::Other,
            TAG_INTEGER => Value::Integer(self.0 as i64 >> TAG_BITS),
            TAG_LOST => Value::Lost,
            TAG_GLOBAL => Value::Global(rest as u32),
            TAG_CALL => Value::Call(rest as u32),
            TAG_TUPLE => Value::Tuple(slice.0, slice.1),
            TAG_DICT => Value::Dict(slice.0, slice.1),
            TAG_PERSISTENT => Value::Persistent,
            TAG_NOTHING => Value::Nothing,
            text => {
                let encoding = match text - TAG_TEXT {
                    0 => Encoding::Plain,
                    1 => Encoding::Escaped,
                    2 => Encoding::Quoted,
                    _ => Encoding::Bytes,
                };
                Value::Text(encoding, (rest & LONGEST) as u32, rest >> LENGTH_BITS)
            }
        }
    }
}

impl From<Value> for Slot {
    #[inline]
    fn from(value: Value) -> Self {
        let with = |tag, rest: u64| Self(rest << TAG_BITS | tag);
        let slice = |tag, start, length| with(tag, u64::from(length) << 32 | u64::from(start));
        match value {
            Value::Other => Self::OTHER,
            Value::Lost => Self(TAG_LOST),
            // Larger ones are no length of anything.
            Value::Integer(number) if number << TAG_BITS >> TAG_BITS != number => Self::OTHER,
            Value::Integer(number) => with(TAG_INTEGER, number as u64),
            Value::Text(encoding, length, offset) => Self::text(encoding, u64::from(length), offset),
            Value::Global(index) => with(TAG_GLOBAL, u64::from(index)),
            Value::Call(index) => with(TAG_CALL, u64::from(index)),
            Value::Tuple(start, length) => slice(TAG_TUPLE, start, length),
            Value::Dict(start, length) => slice(TAG_DICT, start, length),
            Value::Persistent => Self(TAG_PERSISTENT),
            Value::Nothing => Self::NOTHING,
        }
    }
}

const TAG_BITS: u32 = 4;
const TAG: u64 = (1 << TAG_BITS) - 1;
const TAG_OTHER: u64 = 0;
const TAG_INTEGER: u64 = 1;
const TAG_LOST: u64 = 2;
const TAG_GLOBAL: u64 = 3;
const TAG_CALL: u64 = 4;
const TAG_TUPLE: u64 = 5;
const TAG_DICT: u64 = 6;
const TAG_PERSISTENT: u64 = 7;
const TAG_NOTHING: u64 = 8;
/// And the next three, one for each [`Encoding`].
const TAG_TEXT: u64 = 12;

/// Bits of a text's length, of which the longest that anybody asks for has 17.
const LENGTH_BITS: u32 = 17;

/// The length of all texts that are as long or longer.
const LONGEST: u64 = (1 << LENGTH_BITS) - 1;

/// Bits of a text's offset: 8 TiB.
const OFFSET_BITS: u32 = 64 - TAG_BITS - LENGTH_BITS;

/// One call of a global, or of something else.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// What was called.
    pub callee: Value,
    /// With what.
    pub arguments: Value,
    /// What `BUILD` gave it later.
    pub state: Value,
}

/// Decodes a text to what Python would have.
pub fn decode(encoding: Encoding, bytes: &[u8]) -> String {
    match encoding {
        Encoding::Plain | Encoding::Bytes => String::from_utf8_lossy(bytes).into_owned(),
        Encoding::Escaped => unescape(bytes),
        Encoding::Quoted => {
            let trimmed = bytes.trim_ascii();
            let inner = match trimmed {
                [b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"'] => inner,
                other => other,
            };
            unescape(inner)
        }
    }
}

/// `\xHH`, `\uHHHH`, `\UHHHHHHHH`, octal and the usual letters. What is no escape stays.
fn unescape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            text.push(char::from(byte));
            continue;
        }
        let Some((&kind, after)) = rest.split_first() else { break };
        let digits = match kind {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            let number = after.get(..digits).and_then(|hex| std::str::from_utf8(hex).ok());
            let number = number.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
            if let Some(character) = number {
                text.push(character);
                rest = after.get(digits..).unwrap_or_default();
                continue;
            }
        }
        if (b'0'..=b'7').contains(&kind) {
            let length = rest.iter().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
            let (octal, after) = rest.split_at(length);
            let number = octal.iter().fold(0, |sum, digit| sum * 8 + u32::from(digit - b'0'));
            text.push(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER));
            rest = after;
            continue;
        }
        rest = after;
        match kind {
            b'n' => text.push('\n'),
            b't' => text.push('\t'),
            b'r' => text.push('\r'),
            b'\\' | b'\'' | b'"' => text.push(char::from(kind)),
            other => text.extend(['\\', char::from(other)]),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_stands_for_its_value() {
        for value in [
            Value::Other,
            Value::Lost,
            Value::Integer(-3),
            Value::Integer(1 << 40),
            Value::Text(Encoding::Plain, 7, 0),
            Value::Text(Encoding::Escaped, 65_536, 1 << 42),
            Value::Text(Encoding::Quoted, 1, 1),
            Value::Text(Encoding::Bytes, 0, 12),
            Value::Global(5),
            Value::Call(u32::MAX),
            Value::Tuple(u32::MAX, 32),
            Value::Dict(3, 2),
            Value::Persistent,
            Value::Nothing,
        ] {
            assert_eq!(Slot::from(value).value(), value);
        }
        assert_eq!(Slot::ZERO.plus(u32::MAX).value(), Value::Integer(i64::from(u32::MAX)));
        assert_eq!(Slot::from(Value::Integer(i64::MAX)).value(), Value::Other);
    }

    #[test]
    fn a_text_that_is_too_far_is_one_that_nobody_asks_for() {
        let length = |slot: Slot| match slot.value() {
            Value::Text(_, length, _) => length,
            _ => 0,
        };
        assert!(length(Slot::text(Encoding::Plain, 4, 1 << 43)) > 65_536);
        assert!(length(Slot::text(Encoding::Plain, 1 << 33, 0)) > 65_536);
    }
}
