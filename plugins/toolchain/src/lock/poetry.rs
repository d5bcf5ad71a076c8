//! poetry.lock.

use super::{Lock, Locked, Unreadable};
use crate::{
    pyproject::poetry,
    requirement::{Requirement, extra_name, marker, of_extra, package_name},
    toml_text::{Document, Node},
};

/// Reads a poetry.lock.
pub fn parse(file: &str, document: &Document<'_>) -> Result<Lock, Unreadable> {
    let packages = document.get(&["package"]).into_iter().flat_map(Node::items);
    let packages = packages.map(|node| package(node).map_err(|why| Unreadable { why, line: node.line() }));
    Ok(Lock {
        file: file.to_owned(),
        sync: "poetry sync",
        update: "poetry lock",
        packages: packages.collect::<Result<_, _>>()?,
    })
}

fn package(node: Node<'_>) -> Result<Locked, String> {
    let part = |key: &str| node.get(key).and_then(Node::text);
    let name = part("name").ok_or("a package has no name")?;
    let version = part("version").ok_or_else(|| format!("{name} has no version"))?;
    let kind = node.get("source").and_then(|source| source.get("type")).and_then(Node::text);
    let mut needs = Vec::new();
    for (name, value) in node.get("dependencies").into_iter().flat_map(Node::entries) {
        let variants = if value.is_list() { value.items().collect() } else { vec![value] };
        for variant in variants {
            let optional = variant.get("optional").and_then(Node::boolean) == Some(true);
            let need = poetry(name, variant)?;
            match optional {
                // Of an extra: only the list of the extras says of which.
                true => needs.extend(of_extras(node, &need)?),
                false => needs.push(need),
            }
        }
    }
    Ok(Locked {
        name: package_name(name)?,
        version: match kind {
            Some("directory") => None,
            _ => Some(version.parse().map_err(|error| format!("'{version}' is no version: {error}"))?),
        },
        is_project: false,
        marker: part("markers").map(marker).transpose()?.unwrap_or_default(),
        line: node.line(),
        needs,
    })
}

/// An optional dependency once for each extra that lists it.
fn of_extras(package: Node<'_>, need: &Requirement) -> Result<Vec<Requirement>, String> {
    let mut found = Vec::new();
    for (extra, list) in package.get("extras").into_iter().flat_map(Node::entries) {
        let listed = list.items().filter_map(Node::text).any(|text| {
            let name = text
                .split(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c)))
                .next()
                .unwrap_or(text);
            package_name(name).is_ok_and(|name| name == need.name)
        });
        if listed {
            let mut marker = need.marker.clone();
            // The lock repeats `extra == "…"` in the marker itself; naming it twice changes nothing.
            marker.and(of_extra(extra_name(extra)?));
            found.push(Requirement { marker, ..need.clone() });
        }
    }
    Ok(found)
}
