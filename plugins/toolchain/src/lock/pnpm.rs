//! pnpm-lock.yaml: what its importer `.` asks for and got.

use std::borrow::Cow;
use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, StrInput};

use super::NodeLock;

/// Deeper nesting than any lock file has.
const DEEPEST: usize = 64;

/// The keys at the top that are of use; the rest, most of the file, is passed over.
const KEPT: &[&str] = &["importers", "dependencies", "devDependencies", "optionalDependencies", "specifiers"];

/// A YAML value, as far as a lock file needs it.
enum Yaml {
    Text(String),
    Map(BTreeMap<String, Yaml>),
    Other,
}

impl Yaml {
    fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(map) => map.get(key),
            Self::Text(_) | Self::Other => None,
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Map(_) | Self::Other => None,
        }
    }

    fn entries(&self) -> impl Iterator<Item = (&str, &Self)> {
        let map = if let Self::Map(map) = self { Some(map) } else { None };
        map.into_iter().flatten().map(|(key, value)| (key.as_str(), value))
    }
}

/// Reads a pnpm-lock.yaml.
pub fn parse(text: &str) -> Result<NodeLock, String> {
    let mut events = Events { parser: Parser::new_from_str(text) };
    let mut root = None;
    loop {
        match events.next()? {
            Event::StreamEnd => break,
            // The last document is the lock; pnpm may put one about itself before it.
            event @ Event::MappingStart(..) => root = Some(events.value(event, 0, true)?),
            _ => {}
        }
    }
    let root = root.ok_or("it is no mapping")?;
    let importer = match root.get("importers") {
        Some(importers) => importers.get(".").ok_or("its importers have no '.'")?,
        None => &root,
    };
    let mut lock = NodeLock { asked: Some(BTreeMap::new()), ..NodeLock::default() };
    let asked = lock.asked.get_or_insert_default();
    for table in ["dependencies", "devDependencies", "optionalDependencies"] {
        for (name, value) in importer.get(table).into_iter().flat_map(Yaml::entries) {
            let version = value.text().or_else(|| value.get("version")?.text()).unwrap_or_default();
            lock.chosen.insert(name.to_owned(), plain(version));
            if let Some(specifier) = value.get("specifier").and_then(Yaml::text) {
                asked.insert(name.to_owned(), specifier.to_owned());
            }
        }
    }
    for (name, specifier) in importer.get("specifiers").into_iter().flat_map(Yaml::entries) {
        asked.insert(name.to_owned(), specifier.text().unwrap_or_default().to_owned());
    }
    Ok(lock)
}

/// `4.2.3` of `4.2.3(react@18.2.0)`, `4.2.3_react@18.2.0`, `string-width@4.2.3`; nothing of `link:../lib`.
fn plain(version: &str) -> Option<String> {
    if version.contains(':') {
        return None;
    }
    let version = version.split(['(', '_']).next().unwrap_or_default();
    let version = version.rfind('@').map_or(version, |at| &version[at + 1..]);
    version.starts_with(|c: char| c.is_ascii_digit()).then(|| version.to_owned())
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

    fn value(&mut self, first: Event<'t>, depth: usize, keep: bool) -> Result<Yaml, String> {
        if depth > DEEPEST {
            return Err(format!("it is nested deeper than {DEEPEST} levels"));
        }
        match first {
            Event::Scalar(text, ..) => Ok(if keep { Yaml::Text(Cow::into_owned(text)) } else { Yaml::Other }),
            Event::SequenceStart(..) => loop {
                match self.next()? {
                    Event::SequenceEnd => return Ok(Yaml::Other),
                    Event::StreamEnd => return Err("it ends within a list".to_owned()),
                    event => drop(self.value(event, depth + 1, false)?),
                }
            },
            Event::MappingStart(..) => {
                let mut map = BTreeMap::new();
                loop {
                    let key = match self.next()? {
                        Event::MappingEnd => return Ok(Yaml::Map(map)),
                        Event::StreamEnd => return Err("it ends within a mapping".to_owned()),
                        event => self.value(event, depth + 1, true)?,
                    };
                    let kept = keep && (depth > 0 || key.text().is_some_and(|key| KEPT.contains(&key)));
                    let event = self.next()?;
                    let value = self.value(event, depth + 1, kept)?;
                    if let (true, Yaml::Text(key)) = (kept, key) {
                        map.insert(key, value);
                    }
                }
            }
            _ => Ok(Yaml::Other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_of_today() {
        let text = "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n\nimporters:\n\n  .:\n    dependencies:\n      '@scope/a':\n        specifier: ^1.2.0\n        version: 1.2.3(react@18.2.0)\n      lib:\n        specifier: workspace:*\n        version: link:../lib\n    devDependencies:\n      alias:\n        specifier: npm:string-width@^4.2.0\n        version: string-width@4.2.3\n\npackages:\n\n  '@scope/a@1.2.3':\n    resolution: {integrity: sha512-xx==}\n    engines: {node: '>=14'}\n    cpu: [x64]\n";
        let lock = parse(text).unwrap();
        let asked = lock.asked.unwrap();
        assert_eq!(asked.get("@scope/a").map(String::as_str), Some("^1.2.0"));
        assert_eq!(lock.chosen.get("@scope/a").cloned().flatten().as_deref(), Some("1.2.3"));
        assert_eq!(lock.chosen.get("alias").cloned().flatten().as_deref(), Some("4.2.3"));
        assert_eq!(lock.chosen.get("lib"), Some(&None));
    }

    #[test]
    fn a_lock_of_old() {
        let text =
            "lockfileVersion: 5.4\n\nspecifiers:\n  a: ^1.2.0\n\ndependencies:\n  a: 1.2.3_react@18.2.0\n";
        let lock = parse(text).unwrap();
        assert_eq!(lock.asked.unwrap().get("a").map(String::as_str), Some("^1.2.0"));
        assert_eq!(lock.chosen.get("a").cloned().flatten().as_deref(), Some("1.2.3"));
    }

    #[test]
    fn what_is_no_lock() {
        assert!(parse("").is_err());
        assert!(parse("a: [").is_err());
        assert!(parse("importers:\n  lib: {}\n").is_err());
        assert!(parse(&format!("importers: {}", "[".repeat(10_000))).is_err());
    }
}
