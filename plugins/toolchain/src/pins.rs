//! Versions that tools' files pin: .python-version, .nvmrc, .node-version, .tool-versions, mise.toml.

use gonogo_sdk::Error;

use crate::{project::Project, toml_text::Document};

/// A version that a file names for a tool.
pub struct Pin {
    /// As written: `3.11`, `v20.4.0`, `lts/iron`.
    pub version: String,
    /// The file.
    pub file: String,
    /// Its line, from 1.
    pub line: u32,
}

/// A file that cannot be understood.
pub struct Unreadable {
    /// The file.
    pub file: String,
    /// Why.
    pub why: String,
}

/// All pins of a tool, of its own files (one version each) and of those of version managers.
pub fn of(project: &Project, tool: &str, own: &[&str]) -> Result<(Vec<Pin>, Vec<Unreadable>), Error> {
    let mut pins = Vec::new();
    let mut unreadable = Vec::new();
    let manager_name = if tool == "node" { &["node", "nodejs"][..] } else { &[tool][..] };
    for &file in own {
        let found = project.read(file)?.and_then(|text| first_word(&text));
        pins.extend(found.map(|(version, line)| Pin { version, file: project.path(file), line }));
    }
    if let Some(text) = project.read(".tool-versions")? {
        let found = manager_name.iter().find_map(|name| tool_versions(&text, name));
        pins.extend(found.map(|(version, line)| Pin { version, file: project.path(".tool-versions"), line }));
    }
    for file in ["mise.toml", ".mise.toml"] {
        let Some(text) = project.read(file)? else { continue };
        match Document::parse(&text) {
            Ok(document) => {
                let found = manager_name.iter().find_map(|name| mise(&document, name));
                pins.extend(found.map(|(version, line)| Pin { version, file: project.path(file), line }));
            }
            Err(why) => unreadable.push(Unreadable { file: project.path(file), why: why.message }),
        }
    }
    Ok((pins, unreadable))
}

/// The first word outside of comments, with its line.
fn first_word(text: &str) -> Option<(String, u32)> {
    let words = |line: &str| {
        line.split('#').next().and_then(|line| line.split_whitespace().next()).map(str::to_owned)
    };
    (1..).zip(text.lines()).find_map(|(number, line)| Some((words(line)?, number)))
}

/// `tool version [fallback…]`, one tool a line.
fn tool_versions(text: &str, tool: &str) -> Option<(String, u32)> {
    (1..).zip(text.lines()).find_map(|(number, line)| {
        let mut words = line.split('#').next()?.split_whitespace();
        (words.next()? == tool).then(|| words.next())?.map(|version| (version.to_owned(), number))
    })
}

/// `[tools]` with a text, a list of texts (the first counts), or a table with `version`.
fn mise(document: &Document<'_>, tool: &str) -> Option<(String, u32)> {
    let value = document.get(&["tools", tool])?;
    let version =
        value.text().or_else(|| value.items().next()?.text()).or_else(|| value.get("version")?.text())?;
    Some((version.to_owned(), value.line()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_version_managers() {
        assert_eq!(first_word("# pinned\n\n3.11.4\n3.10\n"), Some(("3.11.4".to_owned(), 3)));
        assert_eq!(
            tool_versions("nodejs 20.1.0\npython 3.11.4 3.10.0 # main\n", "python"),
            Some(("3.11.4".to_owned(), 2))
        );
        let text = "[tools]\npython = ['3.12', '3.11']\nnode = { version = '22' }\n";
        let document = Document::parse(text).unwrap();
        assert_eq!(mise(&document, "python"), Some(("3.12".to_owned(), 2)));
        assert_eq!(mise(&document, "node"), Some(("22".to_owned(), 3)));
        assert_eq!(mise(&document, "pnpm"), None);
    }
}
