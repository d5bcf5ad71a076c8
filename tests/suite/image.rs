//! What a guest says, laid out in its memory as the canonical ABI asks for.

use gonogo::{
    bindings::checks::Stop,
    catalog::described::{Said, SaidCheck},
    domain::{Attributes, Error, Fact, Finding, Location, Report, Severity, Value},
};
use wit_component::StringEncoding;

/// A text with this character becomes invalid: in memory stands half of a surrogate pair.
pub const SURROGATE: char = '\u{e000}';

/// A result of `run`.
pub type Answer = Result<Report, Stop>;

/// Bytes from an address on.
pub struct Image {
    base: u32,
    /// The bytes.
    pub bytes: Vec<u8>,
    encoding: StringEncoding,
}

/// Sizes and alignments of the contract's types in memory.
const NUMBER: (u32, u32) = (8, 8);
const STRING: (u32, u32) = (8, 4);
const CHECK: (u32, u32) = (48, 4);
const TRAIT: (u32, u32) = (32, 8);
const FACT: (u32, u32) = (56, 8);
const FINDING: (u32, u32) = (52, 4);
const DESCRIPTION: (u32, u32) = (24, 4);
const ANSWER: (u32, u32) = (28, 4);
/// A list: its address and its length.
const LIST: (u32, u32) = (8, 4);

/// A list of what a guest hands to the host.
#[derive(Clone)]
pub enum List {
    /// Names with values: options.
    Attributes(Attributes),
    /// Many of them: patterns.
    Many(Vec<Attributes>),
    /// Texts: paths.
    Texts(Vec<String>),
    /// One text as often: a list that is longer than the memory it needs.
    Same(String, u32),
}

impl Image {
    /// Nothing yet.
    pub fn new(base: u32, encoding: StringEncoding) -> Self {
        Self { base, bytes: Vec::new(), encoding }
    }

    /// The first address after what is laid out.
    pub fn end(&self) -> u32 {
        self.base + self.bytes.len() as u32
    }

    fn room(&mut self, count: usize, (size, align): (u32, u32)) -> u32 {
        while !self.end().is_multiple_of(align) {
            self.bytes.push(0);
        }
        let at = self.end();
        self.bytes.resize(self.bytes.len() + count * size as usize, 0);
        at
    }

    fn put(&mut self, at: u32, bytes: &[u8]) {
        let at = (at - self.base) as usize;
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn word(&mut self, at: u32, word: u32) {
        self.put(at, &word.to_le_bytes());
    }

    /// Lays out a text and gives its address and its length as the ABI counts it.
    pub fn text(&mut self, text: &str) -> (u32, u32) {
        let (bytes, length) = match self.encoding {
            StringEncoding::UTF8 => {
                let bytes = text.bytes().collect::<Vec<_>>();
                let marker = SURROGATE.to_string().into_bytes();
                let at = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(&marker)).collect::<Vec<_>>();
                let mut bytes = bytes;
                for at in at {
                    bytes[at..at + 3].copy_from_slice(&[0xed, 0xa0, 0x80]);
                }
                let length = bytes.len();
                (bytes, length as u32)
            }
            StringEncoding::CompactUTF16 if text.chars().all(|c| c < '\u{100}') => {
                let bytes = text.chars().map(|c| c as u8).collect::<Vec<_>>();
                let length = bytes.len();
                (bytes, length as u32)
            }
            StringEncoding::UTF16 | StringEncoding::CompactUTF16 => {
                let marked = |unit| if unit == SURROGATE as u16 { 0xd800 } else { unit };
                let units = text.encode_utf16().map(marked).collect::<Vec<_>>();
                let tag = if matches!(self.encoding, StringEncoding::UTF16) { 0 } else { 1 << 31 };
                (units.iter().flat_map(|unit| unit.to_le_bytes()).collect(), units.len() as u32 | tag)
            }
        };
        let at = self.room(1, (bytes.len() as u32, 2));
        self.put(at, &bytes);
        (at, length)
    }

    fn string(&mut self, at: u32, text: &str) {
        let (text, length) = self.text(text);
        self.word(at, text);
        self.word(at + 4, length);
    }

    fn list<T>(&mut self, at: u32, items: &[T], element: (u32, u32), put: impl Fn(&mut Self, u32, &T)) {
        let first = self.room(items.len(), element);
        self.word(at, first);
        self.word(at + 4, items.len() as u32);
        for (index, item) in items.iter().enumerate() {
            put(self, first + index as u32 * element.0, item);
        }
    }

    fn optional<T>(&mut self, at: u32, value: Option<&T>, align: u32, put: impl FnOnce(&mut Self, u32, &T)) {
        if let Some(value) = value {
            self.put(at, &[1]);
            put(self, at + align, value);
        }
    }

    /// Lays out a list and gives its address and its length.
    pub fn laid_out(&mut self, list: &List) -> (u32, u32) {
        let at = self.room(1, LIST);
        let length = match list {
            List::Attributes(attributes) => {
                self.attributes(at, attributes);
                attributes.0.len() as u32
            }
            List::Many(many) => {
                self.list(at, many, LIST, Self::attributes);
                many.len() as u32
            }
            List::Texts(texts) => {
                self.list(at, texts, STRING, |image, at, text| image.string(at, text));
                texts.len() as u32
            }
            List::Same(text, times) => {
                let (text, length) = self.text(text);
                let first = self.room(*times as usize, STRING);
                for index in 0..*times {
                    self.word(first + index * 8, text);
                    self.word(first + index * 8 + 4, length);
                }
                self.word(at, first);
                *times
            }
        };
        let first = (at - self.base) as usize;
        let first: [u8; 4] = self.bytes[first..first + 4].try_into().unwrap();
        (u32::from_le_bytes(first), length)
    }

    fn attributes(&mut self, at: u32, attributes: &Attributes) {
        let attributes = attributes.0.iter().collect::<Vec<_>>();
        self.list(at, &attributes, TRAIT, |image, at, (name, value)| {
            image.string(at, name);
            image.value(at + 8, value);
        });
    }

    /// Lays out a description and gives its address.
    pub fn description(&mut self, said: &Said) -> u32 {
        let at = self.room(1, DESCRIPTION);
        self.string(at, &said.version);
        self.string(at + 8, &said.summary);
        self.list(at + 16, &said.checks, CHECK, Self::check);
        at
    }

    fn check(&mut self, at: u32, check: &SaidCheck) {
        self.string(at, &check.name);
        self.string(at + 8, &check.summary);
        self.string(at + 16, &check.documentation);
        self.string(at + 24, &check.parameters);
        self.list(at + 32, &check.commands, STRING, |image, at, words| {
            image.list(at, words, STRING, |image, at, word| image.string(at, word));
        });
        self.attributes(at + 40, &check.traits);
    }

    fn value(&mut self, at: u32, value: &Value) {
        let (case, payload) = (at, at + 8);
        match value {
            Value::Boolean(value) => self.put(payload, &[u8::from(*value)]),
            Value::Integer(value) => {
                self.put(case, &[1]);
                self.put(payload, &value.to_le_bytes());
            }
            Value::Number(value) => {
                self.put(case, &[2]);
                self.put(payload, &value.to_le_bytes());
            }
            Value::Text(value) => {
                self.put(case, &[3]);
                self.string(payload, value);
            }
            Value::Texts(value) => {
                self.put(case, &[4]);
                self.list(payload, value, STRING, |image, at, text| image.string(at, text));
            }
            Value::Numbers(value) => {
                self.put(case, &[5]);
                self.list(payload, value, NUMBER, |image, at, number| image.put(at, &number.to_le_bytes()));
            }
            Value::Failed { failed } => {
                self.put(case, &[6]);
                let (case, text) = match failed {
                    Error::Denied(text) => (0, text),
                    Error::NotFound(text) => (1, text),
                    Error::Limit(text) => (2, text),
                    Error::Timeout(text) => (3, text),
                    Error::Io(text) => (4, text),
                    Error::Unsupported(text) => (5, text),
                };
                self.put(payload, &[case]);
                self.string(payload + 4, text);
            }
        }
    }

    /// Lays out a result of `run` and gives its address.
    pub fn answer(&mut self, answer: &Answer) -> u32 {
        let at = self.room(1, ANSWER);
        match answer {
            Ok(report) => {
                self.string(at + 4, &report.summary);
                self.list(at + 12, &report.facts, FACT, Self::fact);
                self.list(at + 20, &report.findings, FINDING, Self::finding);
            }
            Err(stop) => {
                let (case, why) = match stop {
                    Stop::NotApplicable(why) => (0, why),
                    Stop::Unknown(why) => (1, why),
                };
                self.put(at, &[1]);
                self.put(at + 4, &[case]);
                self.string(at + 8, why);
            }
        }
        at
    }

    fn fact(&mut self, at: u32, fact: &Fact) {
        self.string(at, &fact.name);
        self.value(at + 8, &fact.value);
        self.optional(at + 32, fact.unit.as_ref(), 4, |image, at, unit| image.string(at, unit));
        self.optional(at + 44, fact.bound.as_ref(), 4, |image, at, bound| image.string(at, bound));
    }

    fn finding(&mut self, at: u32, finding: &Finding) {
        let severity = match finding.severity {
            Severity::Note => 0,
            Severity::Warn => 1,
            Severity::Unknown => 2,
            Severity::NoGo => 3,
        };
        self.put(at, &[severity]);
        self.string(at + 4, &finding.message);
        self.optional(at + 12, finding.location.as_ref(), 4, Self::location);
        self.optional(at + 40, finding.hint.as_ref(), 4, |image, at, hint| image.string(at, hint));
    }

    fn location(&mut self, at: u32, location: &Location) {
        self.string(at, &location.path);
        self.optional(at + 8, location.line.as_ref(), 4, |image, at, line| image.word(at, *line));
        self.optional(at + 16, location.column.as_ref(), 4, |image, at, column| image.word(at, *column));
    }
}
