//! What pyproject.toml asks for: `project`, `dependency-groups` (PEP 735) and Poetry's tables.

use std::collections::BTreeSet;

use pep508_rs::{MarkerTree, PackageName};

use crate::{
    poetry_constraint,
    requirement::{Allowed, Requirement, extra_name, marker, package_name},
    toml_text::{Document, Node},
};

/// Groups and extras that are for development.
pub const DEVELOPMENT: &[&str] =
    &["dev", "develop", "development", "test", "tests", "testing", "lint", "linting", "typing", "check"];

/// Which of the requirements are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What the project needs to run.
    Runtime,
    /// What working on it needs besides.
    Development,
}

/// A requirement, or why it cannot be read, with its line.
pub struct Written {
    /// The requirement.
    pub requirement: Result<Requirement, String>,
    /// Its line, from 1.
    pub line: u32,
}

/// A pyproject.toml.
pub struct Pyproject<'t> {
    document: &'t Document<'t>,
}

impl<'t> Pyproject<'t> {
    /// Of a parsed text.
    pub fn new(document: &'t Document<'t>) -> Self {
        Self { document }
    }

    /// The project's name.
    pub fn name(&self) -> Option<PackageName> {
        let name = self
            .document
            .get(&["project", "name"])
            .or_else(|| self.document.get(&["tool", "poetry", "name"]))?;
        package_name(name.text()?).ok()
    }

    /// Which versions of Python it is for: the text and its line.
    pub fn requires_python(&self) -> Option<(&str, u32)> {
        let node = self.document.get(&["project", "requires-python"])?;
        Some((node.text()?, node.line()))
    }

    /// The same in Poetry's words.
    pub fn poetry_python(&self) -> Option<(&str, u32)> {
        let node = self.document.get(&["tool", "poetry", "dependencies", "python"])?;
        Some((node.text()?, node.line()))
    }

    /// The line that leaves the dependencies to the build backend.
    pub fn dynamic_dependencies(&self) -> Option<u32> {
        let dynamic = self.document.get(&["project", "dynamic"])?;
        dynamic.items().find(|node| node.text() == Some("dependencies")).map(Node::line)
    }

    /// Whether uv takes a dependency from elsewhere than its index.
    pub fn has_source(&self, name: &PackageName) -> bool {
        let sources = self.document.get(&["tool", "uv", "sources"]);
        sources.is_some_and(|table| table.entries().any(|(key, _)| same_name(key, name)))
    }

    /// The names of the groups and extras that are for development.
    pub fn development_groups(&self) -> Vec<String> {
        let tables =
            [&["dependency-groups"][..], &["project", "optional-dependencies"], &["tool", "poetry", "group"]];
        let keys = tables.iter().filter_map(|path| self.document.get(path)).flat_map(Node::entries);
        let names = keys.map(|(key, _)| key.to_owned()).filter(|key| is_development(key));
        names.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// All requirements of a part.
    pub fn requirements(&self, part: Part) -> Vec<Written> {
        let mut found = Vec::new();
        match part {
            Part::Runtime => {
                found.extend(self.list(&["project", "dependencies"]));
                found.extend(self.poetry_table(&["tool", "poetry", "dependencies"]));
            }
            Part::Development => {
                found.extend(self.poetry_table(&["tool", "poetry", "dev-dependencies"]));
                found.extend(self.list(&["tool", "uv", "dev-dependencies"]));
                for group in self.development_groups() {
                    self.group(&group, &mut BTreeSet::new(), &mut found);
                    found.extend(self.list(&["project", "optional-dependencies", &group]));
                    found.extend(self.poetry_table(&["tool", "poetry", "group", &group, "dependencies"]));
                }
            }
        }
        self.without_self(found)
    }

    /// `project[test]` stands for what that extra of the project lists.
    fn without_self(&self, found: Vec<Written>) -> Vec<Written> {
        let own = self.name();
        let is_own = |written: &Written| {
            written.requirement.as_ref().is_ok_and(|requirement| own.as_ref() == Some(&requirement.name))
        };
        let (own, mut found): (Vec<_>, Vec<_>) = found.into_iter().partition(is_own);
        let extras = own.iter().filter_map(|written| written.requirement.as_ref().ok());
        for extra in extras.flat_map(|requirement| &requirement.extras).collect::<BTreeSet<_>>() {
            found.extend(self.list(&["project", "optional-dependencies", extra.as_ref()]));
        }
        found
    }

    fn list(&self, path: &[&str]) -> Vec<Written> {
        let items = self.document.get(path).into_iter().flat_map(Node::items);
        items
            .map(|node| {
                written(node, node.text().map_or_else(|| Err("it is no text".to_owned()), str::parse))
            })
            .collect()
    }

    /// A PEP 735 group with those that it includes.
    fn group(&self, name: &str, seen: &mut BTreeSet<String>, found: &mut Vec<Written>) {
        if !seen.insert(normal(name)) {
            return;
        }
        let groups = self.document.get(&["dependency-groups"]).into_iter().flat_map(Node::entries);
        let Some((_, group)) = groups.into_iter().find(|(key, _)| normal(key) == normal(name)) else {
            return;
        };
        for node in group.items() {
            match (node.text(), node.get("include-group").and_then(Node::text)) {
                (Some(text), _) => found.push(written(node, text.parse())),
                (None, Some(other)) => self.group(other, seen, found),
                (None, None) => found
                    .push(written(node, Err("it is neither a requirement nor an include-group".to_owned()))),
            }
        }
    }

    fn poetry_table(&self, path: &[&str]) -> Vec<Written> {
        let entries = self.document.get(path).into_iter().flat_map(Node::entries);
        let wanted = entries.filter(|(name, _)| *name != "python").flat_map(|(name, node)| {
            let variants = if node.is_list() { node.items().collect() } else { vec![node] };
            variants
                .into_iter()
                .filter(|node| node.get("optional").and_then(Node::boolean) != Some(true))
                .map(move |node| written(node, poetry(name, node)))
        });
        wanted.collect()
    }
}

fn written(node: Node<'_>, requirement: Result<Requirement, String>) -> Written {
    Written { requirement, line: node.line() }
}

/// Whether a group or an extra is for development.
pub fn is_development(group: &str) -> bool {
    DEVELOPMENT.contains(&normal(group).as_str())
}

fn normal(group: &str) -> String {
    group.to_ascii_lowercase().replace(['_', '.'], "-")
}

fn same_name(written: &str, name: &PackageName) -> bool {
    package_name(written).is_ok_and(|other| other == *name)
}

/// Reads `name = "^1.2"` or `name = { version = "^1.2", extras = […], markers = "…" }`, here and in poetry.lock.
pub fn poetry(name: &str, node: Node<'_>) -> Result<Requirement, String> {
    let name = package_name(name)?;
    let part = |key: &str| node.get(key).and_then(Node::text);
    let allowed = match (node.text().or_else(|| part("version")), part("git").or_else(|| part("url"))) {
        (_, Some(place)) => Allowed::Url(place.to_owned()),
        (Some(constraint), None) => Allowed::Versions(poetry_constraint::parse(constraint)?),
        (None, None) => Allowed::Versions(Vec::new()),
    };
    let extras = node.get("extras").into_iter().flat_map(Node::items).filter_map(Node::text);
    let extras = extras.map(extra_name);
    let mut marker = part("markers").map(marker).transpose()?.unwrap_or_default();
    if let Some(python) = part("python") {
        marker.and(python_marker(python)?);
    }
    Ok(Requirement { name, extras: extras.collect::<Result<_, _>>()?, allowed, marker })
}

/// Poetry's `python = ">=3.8,<3.12"` of one dependency.
fn python_marker(constraint: &str) -> Result<MarkerTree, String> {
    let mut any = MarkerTree::FALSE;
    let sets = poetry_constraint::parse(constraint)?;
    for set in &sets {
        let mut all = MarkerTree::TRUE;
        for specifier in set.iter() {
            let version = specifier.to_string();
            let split = version.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
            all.and(marker(&format!("python_full_version {} '{}'", &version[..split], &version[split..]))?);
        }
        any.or(all);
    }
    Ok(if sets.is_empty() { MarkerTree::TRUE } else { any })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, part: Part) -> Vec<(String, u32)> {
        let document = Document::parse(text).unwrap();
        let show = |written: Written| {
            (written.requirement.map_or_else(|why| why, |read| read.to_string()), written.line)
        };
        Pyproject::new(&document).requirements(part).into_iter().map(show).collect()
    }

    #[test]
    fn standard_tables() {
        let text = "[project]\nname = 'My.Project'\ndependencies = [\n  'numpy>=1.26',\n  'torch; sys_platform == \"linux\"',\n]\n[project.optional-dependencies]\ntest = ['pytest>=8']\nplot = ['matplotlib']\n[dependency-groups]\ndev = [{ include-group = 'Lint' }, 'my-project[plot]']\nlint = ['ruff']\n";
        assert_eq!(shown(text, Part::Runtime), [("numpy>=1.26".into(), 4), ("torch".into(), 5)]);
        let development = shown(text, Part::Development);
        assert_eq!(
            development,
            [("ruff".into(), 12), ("ruff".into(), 12), ("pytest>=8".into(), 8), ("matplotlib".into(), 9)]
        );
    }

    #[test]
    fn poetry_tables() {
        let text = "[tool.poetry.dependencies]\npython = '^3.10'\nnumpy = '^1.26'\nrequests = { version = '*', extras = ['socks'] }\nextra = { version = '1.0', optional = true }\n[tool.poetry.group.dev.dependencies]\npytest = '~8.1'\n";
        assert_eq!(shown(text, Part::Runtime), [("numpy>=1.26,<2".into(), 3), ("requests[socks]".into(), 4)]);
        assert_eq!(shown(text, Part::Development), [("pytest>=8.1,<8.2".into(), 7)]);
    }

    #[test]
    fn groups_that_include_each_other_end() {
        let text = "[dependency-groups]\ndev = [{ include-group = 'test' }]\ntest = [{ include-group = 'dev' }, 'pytest']\n";
        assert_eq!(shown(text, Part::Development).len(), 2);
    }
}
