//! GGUF: the header walked whole, and the chat template in it.

use gonogo_sdk::{Error, Severity};

use super::super::{
    finding::Advice,
    scan::Scan,
    source::{Source, Window},
};

/// Most keys and most tensors that a header may announce. Large models have some thousands.
const COUNT: u64 = 1 << 20;

/// Most bytes of a key.
const KEY: u64 = 1 << 16;

/// Most bytes of a text.
const TEXT: u64 = 64 << 20;

/// Most elements of an array: a vocabulary has some hundred thousand.
const ELEMENTS: u64 = 1 << 28;

/// Why a header is none.
enum Wrong {
    Header(String),
    Unreadable(Error),
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        Self::Unreadable(error)
    }
}

/// Walks the header and says what is wrong with it.
pub fn look(scan: &mut Scan<'_>, source: &dyn Source, path: &str) -> Result<(), Error> {
    let mut reader = Reader { window: Window::new(source, 4), big: false };
    match reader.header(scan, path) {
        Ok(()) => Ok(()),
        Err(Wrong::Unreadable(error)) => Err(error),
        Err(Wrong::Header(why)) => {
            let message =
                format!("is GGUF with a header that is none, at byte {}: {why}", reader.window.offset());
            scan.say(Severity::NoGo, path, message, Advice::Again);
            Ok(())
        }
    }
}

struct Reader<'a> {
    window: Window<'a>,
    /// Written by a machine of the other byte order.
    big: bool,
}

impl Reader<'_> {
    fn header(&mut self, scan: &mut Scan<'_>, path: &str) -> Result<(), Wrong> {
        let mut version = self.word()?;
        if version > 0xffff {
            version = version.swap_bytes();
            self.big = true;
        }
        if !(1..=3).contains(&version) {
            return Err(Wrong::Header(format!("version {version} is unknown")));
        }
        let narrow = version == 1;
        let tensors = self.count(narrow)?;
        let keys = self.count(narrow)?;
        if tensors > COUNT || keys > COUNT {
            return Err(Wrong::Header(format!(
                "{tensors} tensors and {keys} keys, at most {COUNT} of each wanted"
            )));
        }
        for _ in 0..keys {
            let key = self.text(narrow, KEY)?;
            let kind = self.word()?;
            let template = key.starts_with(b"tokenizer.chat_template");
            if template && kind == 8 {
                let text = self.text(narrow, TEXT)?;
                if let Some(mark) = reaches_out(&String::from_utf8_lossy(&text)) {
                    let message = format!("has a chat template that reaches outside of itself: {mark}");
                    scan.say(Severity::NoGo, path, message, Advice::Template);
                }
            } else {
                self.value(kind, narrow, 0)?;
            }
        }
        for _ in 0..tensors {
            self.text(narrow, KEY)?;
            let dimensions = self.word()?;
            if dimensions > 8 {
                return Err(Wrong::Header(format!("a tensor of {dimensions} dimensions")));
            }
            let mut elements = 1_u64;
            for _ in 0..dimensions {
                let length = self.count(narrow)?;
                elements = elements.checked_mul(length).ok_or_else(|| {
                    Wrong::Header("a tensor with more elements than can be counted".to_owned())
                })?;
            }
            self.word()?;
            self.double()?;
        }
        Ok(())
    }

    fn value(&mut self, kind: u32, narrow: bool, depth: u8) -> Result<(), Wrong> {
        if let Some(size) = size(kind) {
            return self.skip(size);
        }
        match kind {
            8 => self.text_passed(narrow),
            9 if depth < 4 => {
                let inner = self.word()?;
                let count = self.count(narrow)?;
                if count > ELEMENTS {
                    return Err(Wrong::Header(format!("an array of {count} elements")));
                }
                if let Some(size) = size(inner) {
                    return self.skip(size * count);
                }
                for _ in 0..count {
                    self.value(inner, narrow, depth + 1)?;
                }
                Ok(())
            }
            _ => Err(Wrong::Header(format!("a value of the unknown type {kind}"))),
        }
    }

    fn word(&mut self) -> Result<u32, Wrong> {
        let bytes = self.bytes()?;
        Ok(if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn double(&mut self) -> Result<u64, Wrong> {
        let bytes = self.bytes()?;
        Ok(if self.big { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
    }

    /// Version 1 counted in 32 bits.
    fn count(&mut self, narrow: bool) -> Result<u64, Wrong> {
        if narrow { self.word().map(u64::from) } else { self.double() }
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Wrong> {
        self.window.need(N)?;
        let bytes = self.window.ahead().first_chunk().copied();
        self.window.pass(N);
        bytes.ok_or_else(cut_off)
    }

    fn length(&mut self, narrow: bool, most: u64) -> Result<usize, Wrong> {
        let length = self.count(narrow)?;
        if length > most {
            return Err(Wrong::Header(format!("a text of {length} bytes, at most {most} wanted")));
        }
        Ok(length as usize)
    }

    fn text(&mut self, narrow: bool, most: u64) -> Result<Vec<u8>, Wrong> {
        let length = self.length(narrow, most)?;
        if !self.window.need(length)? {
            return Err(cut_off());
        }
        let text = self.window.ahead().get(..length).unwrap_or_default().to_vec();
        self.window.pass(length);
        Ok(text)
    }

    fn text_passed(&mut self, narrow: bool) -> Result<(), Wrong> {
        let length = self.length(narrow, TEXT)?;
        self.skip(length as u64)
    }

    fn skip(&mut self, length: u64) -> Result<(), Wrong> {
        if length <= self.window.ahead().len() as u64 {
            self.window.pass(length as usize);
            return Ok(());
        }
        let end = self.window.offset().checked_add(length).ok_or_else(cut_off)?;
        self.window.seek(end - 1);
        self.bytes::<1>().map(|_| ())
    }
}

fn cut_off() -> Wrong {
    Wrong::Header("it ends before its header does".to_owned())
}

/// Bytes of a plain value of this type.
fn size(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

/// What in a Jinja template leads from its own values to Python's inside.
pub fn reaches_out(template: &str) -> Option<&'static str> {
    const MARKS: &[&str] = &[
        "__class__",
        "__globals__",
        "__import__",
        "__builtins__",
        "__subclasses__",
        "__mro__",
        "__base__",
        "__bases__",
        "__init__",
        "__dict__",
        "__getattribute__",
        "__getitem__",
        "__reduce__",
        "__code__",
        "__call__",
        "__self__",
        "os.system",
        "os.popen",
        "os.environ",
        "os.exec",
        "os.spawn",
        "subprocess",
        "popen(",
        "eval(",
        "exec(",
        "\\x5f\\x5f",
        "\\u005f",
        "lipsum.",
        "cycler.",
        "joiner.",
        "importlib",
        "get_flashed_messages",
        "self._TemplateReference",
    ];
    let spaced = template.split_ascii_whitespace().collect::<String>();
    if let Some(mark) =
        MARKS.iter().find(|mark| template.contains(**mark) || mark.len() > 8 && spaced.contains(**mark))
    {
        return Some(mark);
    }
    // `|attr("_"~"_class_"~"_")`: attributes by names that are put together.
    (spaced.contains("|attr(") && spaced.contains('_')).then_some("|attr(")
}
