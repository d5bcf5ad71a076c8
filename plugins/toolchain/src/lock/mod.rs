//! Lock files: which versions a resolver chose.

pub mod npm;
pub mod pnpm;
pub mod poetry;
pub mod pylock;
pub mod uv;

use std::collections::{BTreeMap, BTreeSet};

use pep440_rs::Version;
use pep508_rs::{ExtraName, MarkerEnvironment, MarkerTree, PackageName};

use crate::requirement::Requirement;

/// A package of a Python lock file.
#[derive(Debug)]
pub struct Locked {
    /// Normalised.
    pub name: PackageName,
    /// The version chosen; none of a directory's or a repository's that has no fixed one.
    pub version: Option<Version>,
    /// Whether it is the project itself or a part of it, which need not be installed.
    pub is_project: bool,
    /// Where this choice applies.
    pub marker: MarkerTree,
    /// Its line, from 1.
    pub line: u32,
    /// What it needs; what its extras need has `extra == "…"` in the marker.
    pub needs: Vec<Requirement>,
}

/// A Python lock file.
#[derive(Debug)]
pub struct Lock {
    /// The path.
    pub file: String,
    /// The command that makes the environment like it.
    pub sync: &'static str,
    /// The command that makes it like pyproject.toml.
    pub update: &'static str,
    /// All packages, for every platform.
    pub packages: Vec<Locked>,
}

/// A Node lock file: what it says of the project's own dependencies, and of all packages where it names their places.
#[derive(Debug, Default)]
pub struct NodeLock {
    /// What package.json asked for when the lock was made, where the lock repeats it.
    pub asked: Option<BTreeMap<String, String>>,
    /// The version chosen for each direct dependency; none where a link or a URL stands for it.
    pub chosen: BTreeMap<String, Option<String>>,
    /// Every package by its place, `node_modules/a/node_modules/b`.
    pub places: BTreeMap<String, Place>,
}

/// A package at a place in node_modules.
#[derive(Debug)]
pub struct Place {
    /// Its version; none of a link.
    pub version: Option<String>,
    /// Whether it is for development only.
    pub development: bool,
    /// Whether it may be absent: optional, or for another platform.
    pub optional: bool,
}

/// Why a lock file cannot be judged.
#[derive(Debug)]
pub struct Unreadable {
    /// Why.
    pub why: String,
    /// The line.
    pub line: u32,
}

impl Lock {
    /// The choices for a name that apply.
    fn choices<'l>(&'l self, need: &Requirement, markers: &MarkerEnvironment) -> Vec<&'l Locked> {
        let fits = |package: &&Locked| {
            package.name == need.name
                && package.marker.evaluate(markers, &[])
                && package.version.as_ref().is_none_or(|version| need.allowed.contains(version))
        };
        self.packages.iter().filter(fits).collect()
    }

    /// The packages that these roots need on this interpreter, and needs for which the lock has none.
    pub fn closure(
        &self,
        roots: Vec<Requirement>,
        markers: &MarkerEnvironment,
    ) -> (Vec<&Locked>, Vec<Requirement>) {
        let mut reached: BTreeMap<usize, &Locked> = BTreeMap::new();
        let mut seen: BTreeSet<(PackageName, Option<ExtraName>)> = BTreeSet::new();
        let mut missing = Vec::new();
        let mut open = roots;
        while let Some(need) = open.pop() {
            if !need.marker.evaluate(markers, &[]) {
                continue;
            }
            let choices = self.choices(&need, markers);
            if choices.is_empty() {
                missing.push(need);
                continue;
            }
            for package in choices {
                let line = package.line as usize;
                reached.insert(line, package);
                for extra in std::iter::once(None).chain(need.extras.iter().cloned().map(Some)) {
                    if seen.insert((package.name.clone(), extra.clone())) {
                        let asked = extra.as_slice();
                        let applies = |need: &&Requirement| need.marker.evaluate(markers, asked);
                        let next = package.needs.iter().filter(applies);
                        open.extend(
                            next.map(|need| Requirement { marker: MarkerTree::TRUE, ..need.clone() }),
                        );
                    }
                }
            }
        }
        (reached.into_values().collect(), missing)
    }
}
