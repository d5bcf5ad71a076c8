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
    /// None, a number that is no integer, a list, a set: nothing depends on it.
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
