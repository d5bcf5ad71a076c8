//! pylock.toml (PEP 751): every package with its own marker.

use super::{Lock, Locked, Unreadable};
use crate::{
    requirement::{marker, package_name},
    toml_text::{Document, Node},
};

/// Reads a pylock.toml.
pub fn parse(file: &str, document: &Document<'_>) -> Result<Lock, Unreadable> {
    let packages = document.get(&["packages"]).into_iter().flat_map(Node::items);
    let packages = packages.map(|node| package(node).map_err(|why| Unreadable { why, line: node.line() }));
    Ok(Lock {
        file: file.to_owned(),
        sync: "uv pip sync pylock.toml",
        update: "uv export --format pylock.toml --output-file pylock.toml",
        packages: packages.collect::<Result<_, _>>()?,
    })
}

fn package(node: Node<'_>) -> Result<Locked, String> {
    let part = |key: &str| node.get(key).and_then(Node::text);
    let name = part("name").ok_or("a package has no name")?;
    let version =
        part("version").map(|text| text.parse().map_err(|error| format!("'{text}' is no version: {error}")));
    let directory = node.get("directory").and_then(|directory| directory.get("path")).and_then(Node::text);
    Ok(Locked {
        name: package_name(name)?,
        version: version.transpose()?,
        is_project: directory == Some("."),
        marker: part("marker").map(marker).transpose()?.unwrap_or_default(),
        line: node.line(),
        needs: Vec::new(),
    })
}
