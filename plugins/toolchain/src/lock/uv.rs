//! uv.lock.

use pep440_rs::{Version, VersionSpecifier, VersionSpecifiers};
use pep508_rs::{ExtraName, MarkerTree, PackageName};

use super::{Lock, Locked, Unreadable};
use crate::{
    pyproject::is_development,
    requirement::{Allowed, Requirement, extra_name, marker, of_extra, package_name},
    toml_text::{Document, Node},
};

/// A uv.lock with what it remembers of the project.
pub struct UvLock {
    /// The packages.
    pub lock: Lock,
    /// What the project needs to run, as locked.
    pub runtime: Vec<Requirement>,
    /// What its development groups and extras need.
    pub development: Vec<Requirement>,
    /// What pyproject.toml asked for when the lock was made, with the line; absent in locks of old.
    pub asked: Option<Vec<(Requirement, u32)>>,
}

/// Reads a uv.lock. `project` is the name in pyproject.toml.
pub fn parse(
    file: &str,
    document: &Document<'_>,
    project: Option<&PackageName>,
) -> Result<UvLock, Unreadable> {
    let mut read = UvLock {
        lock: Lock { file: file.to_owned(), sync: "uv sync", update: "uv lock", packages: Vec::new() },
        runtime: Vec::new(),
        development: Vec::new(),
        asked: None,
    };
    for node in document.get(&["package"]).into_iter().flat_map(Node::items) {
        let fail = |why: String| Unreadable { why, line: node.line() };
        let name =
            node.get("name").and_then(Node::text).ok_or_else(|| fail("a package has no name".to_owned()))?;
        let name = package_name(name).map_err(fail)?;
        let source = |kind: &str| node.get("source").and_then(|source| source.get(kind)).and_then(Node::text);
        let here = source("virtual").or_else(|| source("editable"));
        let version =
            node.get("version").and_then(Node::text).map(|text| version(text).map_err(fail)).transpose()?;
        let mut needs = edges(node.get("dependencies"), None).map_err(fail)?;
        for (extra, list) in node.get("optional-dependencies").into_iter().flat_map(Node::entries) {
            let extra = extra_name(extra).map_err(fail)?;
            needs.extend(edges(Some(list), Some(&extra)).map_err(fail)?);
        }
        let is_root = match project {
            Some(project) => here.is_some() && name == *project,
            None => here == Some("."),
        };
        if is_root {
            read.runtime.clone_from(&needs);
            for table in ["dev-dependencies", "optional-dependencies"] {
                for (_, list) in node
                    .get(table)
                    .into_iter()
                    .flat_map(Node::entries)
                    .filter(|(group, _)| is_development(group))
                {
                    read.development.extend(edges(Some(list), None).map_err(fail)?);
                }
            }
            if let Some(list) = node.get("metadata").and_then(|metadata| metadata.get("requires-dist")) {
                let asked = list.items().map(|node| Ok((asked(node)?, node.line())));
                read.asked = Some(asked.collect::<Result<_, String>>().map_err(fail)?);
            } else if node.get("metadata").is_some() {
                read.asked = Some(Vec::new());
            }
        }
        let forks = node.get("resolution-markers").into_iter().flat_map(Node::items).filter_map(Node::text);
        let forks = forks.map(marker).collect::<Result<Vec<_>, _>>().map_err(fail)?;
        let applies = forks.iter().fold(None, |any: Option<MarkerTree>, fork| {
            let mut either = any.unwrap_or(MarkerTree::FALSE);
            either.or(fork.clone());
            Some(either)
        });
        read.lock.packages.push(Locked {
            name,
            version: version.filter(|_| here.is_none()),
            is_project: here.is_some(),
            marker: applies.unwrap_or_default(),
            line: node.line(),
            needs,
        });
    }
    Ok(read)
}

fn version(text: &str) -> Result<Version, String> {
    text.parse().map_err(|error| format!("'{text}' is no version: {error}"))
}

/// `[{ name = "…", version = "…", extra = ["…"], marker = "…" }]`
fn edges(list: Option<Node<'_>>, extra: Option<&ExtraName>) -> Result<Vec<Requirement>, String> {
    let edge = |node: Node<'_>| {
        let part = |key: &str| node.get(key).and_then(Node::text);
        let name = package_name(part("name").ok_or("a dependency has no name")?)?;
        let exactly = |text: &str| {
            Ok::<_, String>(VersionSpecifiers::from(VersionSpecifier::equals_version(version(text)?)))
        };
        let allowed = part("version").map(exactly).transpose()?.into_iter().collect();
        let mut applies = part("marker").map(marker).transpose()?.unwrap_or_default();
        if let Some(extra) = extra {
            applies.and(of_extra(extra.clone()));
        }
        Ok(Requirement {
            name,
            extras: extras(node, "extra")?,
            allowed: Allowed::Versions(allowed),
            marker: applies,
        })
    };
    list.into_iter().flat_map(Node::items).map(edge).collect()
}

fn extras(node: Node<'_>, key: &str) -> Result<Vec<ExtraName>, String> {
    let names = node.get(key).into_iter().flat_map(Node::items).filter_map(Node::text);
    names.map(extra_name).collect()
}

/// `{ name = "…", extras = ["…"], specifier = ">=1", marker = "…" }`
fn asked(node: Node<'_>) -> Result<Requirement, String> {
    let part = |key: &str| node.get(key).and_then(Node::text);
    let name = package_name(part("name").ok_or("a requirement has no name")?)?;
    let read = |text: &str| text.parse().map_err(|error| format!("'{text}' is no specifier: {error}"));
    let allowed = match part("git").or_else(|| part("url")) {
        Some(place) => Allowed::Url(place.to_owned()),
        None => Allowed::Versions(part("specifier").map(read).transpose()?.into_iter().collect()),
    };
    let marker = part("marker").map(marker).transpose()?.unwrap_or_default();
    Ok(Requirement { name, extras: extras(node, "extras")?, allowed, marker })
}
