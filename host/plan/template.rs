//! Command templates: the exact commands that a check may run, with its parameters put in.
//!
//! A template is cut into literals and placeholders before any value is seen, and a value is put in as it is: what looks like
//! a placeholder in it stays text, and only `{…...}` can give more than one argument. `{?name}` is left to the check, which fills
//! it in when it runs: it is cut out here, and stays apart from the text around it.

use serde_json::Value;

use crate::domain::{
    document::{element_path, key_path},
    grant::Argument,
};

/// The most commands of one job. More would be a plan that nobody reads.
const MOST_COMMANDS: usize = 10_000;

/// One command template.
#[derive(Debug)]
pub(super) struct Template {
    words: Vec<Word>,
    /// The lists that it goes through, outer before inner.
    loops: Vec<Vec<Step>>,
}

#[derive(Debug)]
enum Word {
    /// Exactly one argument.
    One(Vec<Part>),
    /// One argument for each element of a list.
    Each(Vec<Step>),
}

#[derive(Debug)]
enum Part {
    Literal(String),
    Placeholder(Vec<Step>),
    /// Left to the check, by this name.
    Slot(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    /// Any element of a list, the same one wherever the template goes through that list.
    Element,
}

/// A command that a template gave.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Expanded {
    /// The program and its arguments.
    pub arguments: Vec<Argument>,
    /// The paths of the parameters that were put in.
    pub from: Vec<String>,
}

impl Template {
    /// Reads a template. The error says what is wrong with it.
    pub fn new(words: &[String]) -> Result<Self, String> {
        if words.is_empty() {
            return Err("it has no words".to_owned());
        }
        let words = words.iter().map(|word| read_word(word)).collect::<Result<Vec<_>, _>>()?;
        if matches!(words.first(), Some(Word::Each(_))) {
            return Err("its program would be a list".to_owned());
        }
        if words.first().is_some_and(Word::has_slot) {
            return Err("its program would be left to the check".to_owned());
        }
        let mut loops: Vec<Vec<Step>> = Vec::new();
        for path in words.iter().flat_map(Word::paths) {
            for (at, step) in path.iter().enumerate() {
                if *step == Step::Element && !loops.iter().any(|known| known[..] == path[..=at]) {
                    loops.push(path[..=at].to_vec());
                }
            }
        }
        Ok(Self { words, loops })
    }

    /// The names of the parameters at the top that values come from.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.words.iter().flat_map(Word::paths).filter_map(|path| match path.first() {
            Some(Step::Key(key)) => Some(key.as_str()),
            _ => None,
        })
    }

    /// The commands for these parameters: none where a parameter is not set.
    pub fn expand(&self, parameters: &Value) -> Result<Vec<Expanded>, String> {
        let mut commands = Vec::new();
        self.go_through(parameters, &mut Vec::new(), &mut commands)?;
        Ok(commands)
    }

    fn go_through(
        &self,
        parameters: &Value,
        at: &mut Vec<usize>,
        commands: &mut Vec<Expanded>,
    ) -> Result<(), String> {
        let Some(list) = self.loops.get(at.len()) else {
            if commands.len() >= MOST_COMMANDS {
                return Err(format!("it gives more than {MOST_COMMANDS} commands"));
            }
            commands.extend(self.put_in(parameters, at)?);
            return Ok(());
        };
        let Some((path, found)) = self.find(&list[..list.len() - 1], parameters, at) else { return Ok(()) };
        let Value::Array(elements) = found else { return Err(format!("its parameter '{path}' is no list")) };
        for index in 0..elements.len() {
            at.push(index);
            let result = self.go_through(parameters, at, commands);
            at.pop();
            result?;
        }
        Ok(())
    }

    /// One command; `at` says which element of each list.
    fn put_in(&self, parameters: &Value, at: &[usize]) -> Result<Option<Expanded>, String> {
        let mut command = Expanded { arguments: Vec::new(), from: Vec::new() };
        for word in &self.words {
            match word {
                Word::One(parts) => {
                    // With the text before the slot, where there is one.
                    let (mut argument, mut slot) = (String::new(), None);
                    for part in parts {
                        match part {
                            Part::Literal(text) => argument.push_str(text),
                            Part::Slot(name) => slot = Some((std::mem::take(&mut argument), name.clone())),
                            Part::Placeholder(path) => {
                                let Some((path, value)) = self.find(path, parameters, at) else {
                                    return Ok(None);
                                };
                                argument.push_str(&written(&path, value)?);
                                command.from.push(path);
                            }
                        }
                    }
                    command.arguments.push(match slot {
                        None => Argument::Text(argument),
                        Some((before, slot)) => Argument::Slot { before, slot, after: argument },
                    });
                }
                Word::Each(path) => {
                    let Some((path, value)) = self.find(path, parameters, at) else { return Ok(None) };
                    let Value::Array(elements) = value else {
                        return Err(format!("its parameter '{path}' is no list"));
                    };
                    for (index, element) in elements.iter().enumerate() {
                        let path = element_path(&path, index);
                        command.arguments.push(Argument::Text(written(&path, element)?));
                        command.from.push(path);
                    }
                }
            }
        }
        Ok(Some(command).filter(|command| {
            command.arguments.first().is_some_and(|program| *program != Argument::Text(String::new()))
        }))
    }

    /// The value at a path with its written path; nothing where it is absent or null.
    fn find<'v>(&self, path: &[Step], parameters: &'v Value, at: &[usize]) -> Option<(String, &'v Value)> {
        let (mut value, mut written) = (parameters, String::new());
        for (depth, step) in path.iter().enumerate() {
            match step {
                Step::Key(key) => {
                    value = value.get(key)?;
                    written = key_path(&written, key);
                }
                Step::Element => {
                    let through = self.loops.iter().position(|known| known[..] == path[..=depth])?;
                    let index = *at.get(through)?;
                    value = value.get(index)?;
                    written = element_path(&written, index);
                }
            }
        }
        Some((written, value)).filter(|(_, value)| !value.is_null())
    }
}

impl Word {
    fn paths(&self) -> Vec<&[Step]> {
        match self {
            Self::Each(path) => vec![path],
            Self::One(parts) => parts
                .iter()
                .filter_map(|part| match part {
                    Part::Placeholder(path) => Some(&path[..]),
                    Part::Literal(_) | Part::Slot(_) => None,
                })
                .collect(),
        }
    }

    fn has_slot(&self) -> bool {
        matches!(self, Self::One(parts) if parts.iter().any(|part| matches!(part, Part::Slot(_))))
    }
}

fn written(path: &str, value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        _ => Err(format!("its parameter '{path}' is not one value")),
    }
}

fn read_word(word: &str) -> Result<Word, String> {
    let mut parts = Vec::new();
    let mut rest = word;
    while let Some(start) = rest.find('{') {
        let length =
            rest[start..].find('}').ok_or_else(|| format!("'{word}' has a '{{' without its '}}'"))?;
        let inner = &rest[start + 1..start + length];
        if let Some(list) = inner.strip_suffix("...") {
            if start != 0 || !parts.is_empty() || length + 1 != rest.len() {
                return Err(format!("'{word}' has a list in the middle of a word"));
            }
            return Ok(Word::Each(read_path(list, word)?));
        }
        if start > 0 {
            parts.push(Part::Literal(rest[..start].to_owned()));
        }
        parts.push(match inner.strip_prefix('?') {
            None => Part::Placeholder(read_path(inner, word)?),
            // With two, a word could be read in more than one way.
            Some(_) if parts.iter().any(|part| matches!(part, Part::Slot(_))) => {
                return Err(format!("'{word}' has two slots in one word"));
            }
            Some(name) if is_name(name) => Part::Slot(name.to_owned()),
            Some(_) => return Err(format!("'{word}' has '{{{inner}}}', which is no name of a slot")),
        });
        rest = &rest[start + length + 1..];
    }
    if !rest.is_empty() || parts.is_empty() {
        parts.push(Part::Literal(rest.to_owned()));
    }
    Ok(Word::One(parts))
}

fn read_path(path: &str, word: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (key, elements) = match part.strip_suffix("[]") {
            Some(key) => (key, true),
            None => (part, false),
        };
        if !is_name(key) {
            return Err(format!("'{word}' has '{{{path}}}', which names no parameter"));
        }
        steps.push(Step::Key(key.to_owned()));
        if elements {
            steps.push(Step::Element);
        }
    }
    Ok(steps)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn expand(words: &[&str], parameters: &Value) -> Vec<Vec<String>> {
        let words = words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let commands = Template::new(&words).unwrap().expand(parameters).unwrap();
        let text = |argument| match argument {
            Argument::Text(text) => text,
            Argument::Slot { .. } => panic!("{argument:?} is left to the check"),
        };
        commands.into_iter().map(|command| command.arguments.into_iter().map(text).collect()).collect()
    }

    #[test]
    fn slots_stay_apart_from_values_that_look_like_them() {
        let words = ["borg", "{repository}::{?archive}", "{?archive}", "{look}"].map(str::to_owned);
        let parameters = json!({ "repository": "{?x}", "look": "{?archive}", "archive": "not this" });
        let commands = Template::new(&words).unwrap().expand(&parameters).unwrap();
        let slot = |before: &str| Argument::Slot {
            before: before.to_owned(),
            slot: "archive".to_owned(),
            after: String::new(),
        };
        let text = |text: &str| Argument::Text(text.to_owned());
        assert_eq!(commands[0].arguments, [text("borg"), slot("{?x}::"), slot(""), text("{?archive}")]);
    }

    #[test]
    fn values_are_put_in() {
        assert_eq!(
            expand(&["{a}", "--depth={b.c}", "x"], &json!({ "a": "git", "b": { "c": 3 } })),
            [["git", "--depth=3", "x"]]
        );
        assert_eq!(expand(&["git", "status"], &json!({})), [["git", "status"]]);
    }

    #[test]
    fn a_list_gives_a_command_for_each_element() {
        let parameters = json!({
            "programs": [{ "name": "git", "arguments": ["-v", "-x"] }, { "name": "make" }, { "name": "cc", "arguments": [] }],
            "environments": [".venv", "b"],
        });
        assert_eq!(expand(&["{programs[].name}", "--version"], &parameters).len(), 3);
        assert_eq!(
            expand(&["{programs[].name}", "{programs[].arguments...}"], &parameters),
            [vec!["git", "-v", "-x"], vec!["cc"]],
        );
        assert_eq!(
            expand(&["{environments[]}/bin/python", "{environments...}"], &parameters),
            [[".venv/bin/python", ".venv", "b"], ["b/bin/python", ".venv", "b"]],
        );
    }

    #[test]
    fn lists_in_lists_go_together() {
        let parameters = json!({ "a": [{ "n": 1, "b": ["x", "y"] }, { "n": 2, "b": ["z"] }] });
        assert_eq!(expand(&["p", "{a[].n}{a[].b[]}"], &parameters), [["p", "1x"], ["p", "1y"], ["p", "2z"]]);
    }

    #[test]
    fn a_command_with_a_parameter_that_is_not_set_is_left_out() {
        for parameters in [json!({}), json!({ "a": null }), json!({ "a": { "b": null } })] {
            assert!(expand(&["p", "{a.b}"], &parameters).is_empty());
            assert!(expand(&["p", "{a...}"], &json!({ "a": null })).is_empty());
            assert!(expand(&["p", "{a.c[]}"], &parameters).is_empty());
        }
        assert!(expand(&["{a}"], &json!({ "a": "" })).is_empty());
    }

    #[test]
    fn what_looks_like_a_placeholder_in_a_value_stays_text() {
        let parameters = json!({ "a": "{b}", "b": "{a...}", "list": ["{a}", "x y", "; rm -rf /"] });
        assert_eq!(expand(&["p", "{a}", "{b}"], &parameters), [["p", "{b}", "{a...}"]]);
        assert_eq!(expand(&["p", "{list...}"], &parameters), [["p", "{a}", "x y", "; rm -rf /"]]);
    }

    #[test]
    fn templates_that_cannot_be_meant_are_refused() {
        for wrong in [
            &[][..],
            &["{a"],
            &["{}"],
            &["{a b}"],
            &["{a..b}"],
            &["p", "x{a...}"],
            &["p", "{a...}x"],
            &["{a...}"],
            &["{?a}"],
            &["x{?a}"],
            &["p", "{?}"],
            &["p", "{?a b}"],
            &["p", "{?a.b}"],
            &["p", "{?a...}"],
            &["p", "{?a}{?b}"],
            &["p", "{?a}:{?a}"],
        ] {
            let words = wrong.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
            assert!(Template::new(&words).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_template_has_a_most_commands() {
        let list = vec!["x"; 200];
        let words = ["p", "{a[]}", "{b[]}"].map(str::to_owned);
        let expanded = Template::new(&words).unwrap().expand(&json!({ "a": list, "b": list }));
        assert_eq!(expanded, Err("it gives more than 10000 commands".to_owned()));
    }

    proptest! {
        #[test]
        fn no_value_adds_an_argument(
            a in "(\\{\\?[a-z]\\}|\\PC){0,20}", b in prop::collection::vec("\\PC{0,20}", 0..4), spread in any::<bool>()
        ) {
            let mut words = vec!["p".to_owned(), "{a}".to_owned(), "--b={b[]}".to_owned()];
            if spread {
                words.push("{b...}".to_owned());
            }
            let parameters = json!({ "a": a, "b": b });
            for command in Template::new(&words).unwrap().expand(&parameters).unwrap() {
                prop_assert_eq!(command.arguments.len(), 3 + if spread { b.len() } else { 0 });
                prop_assert_eq!(&command.arguments[1], &Argument::Text(a.clone()));
            }
        }

        #[test]
        fn no_template_makes_it_panic(words in prop::collection::vec("[a{}?.\\[\\]é]{0,12}", 0..4)) {
            if let Ok(template) = Template::new(&words) {
                let _ = template.expand(&json!({ "a": [{ "a": "x" }, "y", null] }));
            }
        }
    }
}
