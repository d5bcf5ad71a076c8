//! YAML as DVC and its users write it: maps, lists and texts.

use saphyr_parser::{Event, Parser, StrInput};

/// Deeper nesting than any of these files has.
const DEEPEST: usize = 64;

/// A value.
#[derive(Debug, PartialEq)]
pub enum Yaml {
    /// A text, a number, a truth value, nothing: as written.
    Text(String),
    /// Keys and values in their order.
    Map(Vec<(String, Yaml)>),
    /// A list.
    List(Vec<Yaml>),
    /// A reference to what stands elsewhere in the file, which is not followed.
    Other,
}

impl Yaml {
    /// Reads the first document; an empty one is an empty map.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut events = Events { parser: Parser::new_from_str(text) };
        loop {
            match events.next()? {
                Event::StreamEnd => return Ok(Self::Map(Vec::new())),
                event @ (Event::MappingStart(..) | Event::SequenceStart(..) | Event::Scalar(..)) => {
                    return events.value(event, 0);
                }
                _ => {}
            }
        }
    }

    /// What a map has under a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// What a map has, or nothing.
    pub fn entries(&self) -> &[(String, Self)] {
        if let Self::Map(entries) = self { entries } else { &[] }
    }

    /// What a list has, or nothing.
    pub fn items(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    /// A text.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// Whether a key says no.
    pub fn denies(&self, key: &str) -> bool {
        matches!(self.get(key).and_then(Self::text), Some("false" | "False" | "FALSE"))
    }
}

struct Events<'t> {
    parser: Parser<'t, StrInput<'t>>,
}

impl<'t> Events<'t> {
    fn next(&mut self) -> Result<Event<'t>, String> {
        match self.parser.next_event() {
            None => Ok(Event::StreamEnd),
            Some(Ok((event, _))) => Ok(event),
            Some(Err(error)) => Err(format!("it is not YAML: {error}")),
        }
    }

    fn value(&mut self, first: Event<'t>, depth: usize) -> Result<Yaml, String> {
        if depth > DEEPEST {
            return Err(format!("it is nested deeper than {DEEPEST} levels"));
        }
        match first {
            Event::Scalar(text, ..) => Ok(Yaml::Text(text.into_owned())),
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        Event::SequenceEnd => return Ok(Yaml::List(items)),
                        Event::StreamEnd => return Err("it ends within a list".to_owned()),
                        event => items.push(self.value(event, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(..) => {
                let mut entries = Vec::new();
                loop {
                    let key = match self.next()? {
                        Event::MappingEnd => return Ok(Yaml::Map(entries)),
                        Event::StreamEnd => return Err("it ends within a mapping".to_owned()),
                        event => self.value(event, depth + 1)?,
                    };
                    let event = self.next()?;
                    let value = self.value(event, depth + 1)?;
                    if let Yaml::Text(key) = key {
                        entries.push((key, value));
                    }
                }
            }
            _ => Ok(Yaml::Other),
        }
    }
}
