//! The packages in node_modules, of npm's and of pnpm's layout, and how Node would resolve from one to another.

use std::collections::BTreeMap;

use gonogo_sdk::{Error, files::Kind};

use super::package_json::PackageJson;
use crate::project::{join, list, read};

/// What one place holds.
pub enum Package {
    /// A package that can be read.
    Read(Box<PackageJson>),
    /// There is none.
    Absent,
    /// There is one whose package.json makes no sense, and why.
    Broken(String),
    /// The host did not answer.
    Unread(String),
}

/// The packages below a directory, read when they are asked for.
#[derive(Default)]
pub struct Modules {
    packages: BTreeMap<String, Package>,
    listed: BTreeMap<String, Vec<String>>,
}

impl Modules {
    /// Finds every package below `node_modules`: the paths of those that are no links.
    pub fn scan(&mut self, node_modules: &str) -> Result<Vec<String>, Error> {
        let mut found = Vec::new();
        let mut open = vec![node_modules.to_owned()];
        while let Some(directory) = open.pop() {
            let Some(entries) = list(&directory)? else { continue };
            let mut names = Vec::new();
            let before = found.len();
            for (name, kind) in entries {
                let path = join(&directory, &name);
                match (name.as_str(), kind) {
                    (".pnpm", Kind::Directory) => {
                        let stores = list(&path)?.unwrap_or_default();
                        let stores = stores.iter().filter(|(_, kind)| *kind == Kind::Directory);
                        open.extend(stores.map(|(store, _)| match store.as_str() {
                            "node_modules" => join(&path, store),
                            store => join(&join(&path, store), "node_modules"),
                        }));
                    }
                    (hidden, _) if hidden.starts_with('.') => {}
                    (scope, Kind::Directory) if scope.starts_with('@') => {
                        for (inner, kind) in list(&path)?.unwrap_or_default() {
                            names.push(join(&name, &inner));
                            if kind == Kind::Directory {
                                found.push(join(&path, &inner));
                            }
                        }
                    }
                    (_, Kind::Directory) => {
                        names.push(name);
                        found.push(path);
                    }
                    (_, Kind::Link) => names.push(name),
                    _ => {}
                }
            }
            open.extend(found[before..].iter().map(|path| join(path, "node_modules")));
            self.listed.insert(directory, names);
        }
        found.sort();
        Ok(found)
    }

    /// The package at a path.
    pub fn at(&mut self, path: &str) -> &Package {
        self.packages.entry(path.to_owned()).or_insert_with(|| match read(&join(path, "package.json")) {
            Ok(Some(text)) => match PackageJson::parse(text) {
                Ok(package) => Package::Read(Box::new(package)),
                Err(why) => Package::Broken(why),
            },
            Ok(None) => Package::Absent,
            Err(error) => Package::Unread(error.to_string()),
        })
    }

    /// Where Node finds a package when one at `from` asks for it: in its own node_modules, else in those further up. Only what
    /// [`Modules::scan`] has listed is looked at.
    pub fn resolve(&self, from: &str, name: &str) -> Option<String> {
        let mut directory = from;
        loop {
            let modules = join(directory, "node_modules");
            if self.listed.get(&modules).is_some_and(|names| names.iter().any(|other| other == name)) {
                return Some(join(&modules, name));
            }
            if directory == "." || directory.is_empty() {
                return None;
            }
            // A directory named node_modules has none of its own.
            directory = directory.rsplit_once('/').map_or(".", |(up, _)| up);
            if directory == "node_modules" || directory.ends_with("/node_modules") {
                directory = directory.rsplit_once('/').map_or(".", |(up, _)| up);
            }
        }
    }
}
