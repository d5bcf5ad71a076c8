//! All files below a directory, by their names below it.

use std::collections::HashMap;

use gonogo_sdk::{
    Error,
    files::{self, Kind},
};

use crate::backup::join;

/// A file, or a link.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// Below the tree's root.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Seconds since the Unix epoch.
    pub modified: f64,
    /// Where a link leads to.
    pub target: Option<String>,
}

/// What lies below a directory. A single file is a tree of one.
#[derive(Debug, Default)]
pub struct Tree {
    /// The directory.
    pub root: String,
    /// In the order of the walk.
    pub files: Vec<File>,
    /// When each directory was last changed; the root's name is empty.
    pub directories: HashMap<String, f64>,
    /// What could not be looked at, and why.
    pub failed: Vec<(String, Error)>,
}

impl Tree {
    /// Walks a directory, without what the patterns of .gitignore name.
    pub fn of(path: &str, exclude: &[String]) -> Result<Self, Error> {
        let stat = files::stat(path, true)?;
        let modified: f64 = stat.need("modified")?;
        if stat.need::<String>("kind")? == "file" {
            let (root, name) = path.rsplit_once('/').unwrap_or((".", path));
            let root = if root.is_empty() { "/" } else { root };
            let file = File { name: name.to_owned(), size: stat.need("size")?, modified, target: None };
            return Ok(Self { root: root.to_owned(), files: vec![file], ..Self::default() });
        }
        let mut tree = Self { root: path.to_owned(), ..Self::default() };
        tree.directories.insert(String::new(), modified);
        let exclude = exclude.iter().map(String::as_str).collect::<Vec<_>>();
        let walk = if exclude.is_empty() { files::walk(path) } else { files::walk(path).exclude(&exclude) };
        for entry in walk.start()? {
            let entry = entry?;
            let name = below(path, &entry.path).to_owned();
            if let Some(error) = entry.failed {
                tree.failed.push((name, error));
                continue;
            }
            match entry.kind {
                Kind::Directory => _ = tree.directories.insert(name, entry.modified),
                Kind::File => {
                    tree.files.push(File { name, size: entry.size, modified: entry.modified, target: None });
                }
                Kind::Link if entry.target.is_some() => {
                    let (modified, target) = (entry.modified, entry.target);
                    tree.files.push(File { name, size: 0, modified, target });
                }
                Kind::Link => {
                    tree.failed.push((name, Error::Io("where the link leads cannot be read".to_owned())));
                }
                Kind::Other => {}
            }
        }
        Ok(tree)
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).fold(0, u64::saturating_add)
    }

    /// The file that was changed last.
    pub fn newest(&self) -> Option<&File> {
        self.files
            .iter()
            .filter(|file| file.target.is_none())
            .max_by(|a, b| a.modified.total_cmp(&b.modified))
    }

    /// When the nearest directory above a name that is there was last changed.
    pub fn directory_changed(&self, name: &str) -> Option<f64> {
        let mut above = name;
        loop {
            above = above.rsplit_once('/').map_or("", |(above, _)| above);
            match self.directories.get(above) {
                Some(changed) => return Some(*changed),
                None if above.is_empty() => return None,
                None => {}
            }
        }
    }

    /// The path of a file, for the host.
    pub fn path(&self, file: &File) -> String {
        join(&self.root, &file.name)
    }

    /// The part of it below a directory.
    pub fn part(mut self, directory: &str) -> Self {
        if directory.is_empty() {
            return self;
        }
        let prefix = format!("{directory}/");
        let inner = |name: &str| name.strip_prefix(&prefix).map(str::to_owned);
        self.files.retain_mut(|file| {
            let name = inner(&file.name);
            name.is_some_and(|name| {
                file.name = name;
                true
            })
        });
        let root = self.directories.get(directory).map(|changed| (String::new(), *changed));
        let directories =
            self.directories.iter().filter_map(|(name, changed)| Some((inner(name)?, *changed)));
        self.directories = directories.chain(root).collect();
        self.failed.retain_mut(|(name, _)| {
            let inner = inner(name);
            inner.is_some_and(|inner| {
                *name = inner;
                true
            })
        });
        self.root = join(&self.root, directory);
        self
    }
}

/// The name of a path below another.
pub fn below<'p>(root: &str, path: &'p str) -> &'p str {
    let inner = path.strip_prefix(root.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'));
    inner.unwrap_or_else(|| path.strip_prefix("./").unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lie_below_their_root() {
        assert_eq!(below("a/b", "a/b/c/d"), "c/d");
        assert_eq!(below("/", "/c"), "c");
        assert_eq!(below(".", "./c"), "c");
        assert_eq!(below(".", ".hidden"), ".hidden");
        assert_eq!(below("a", "ab/c"), "ab/c");
    }

    #[test]
    fn a_part_is_a_tree_of_its_own() {
        let file = |name: &str| File { name: name.to_owned(), size: 1, modified: 1.0, target: None };
        let directories = [("", 1.0), ("a", 2.0), ("a/b", 3.0)].map(|(name, at)| (name.to_owned(), at));
        let tree = Tree {
            root: "r".to_owned(),
            files: vec![file("x"), file("a/b/c"), file("ab")],
            directories: directories.into(),
            failed: Vec::new(),
        };
        assert_eq!(tree.directory_changed("a/gone/too/x"), Some(2.0));
        let part = tree.part("a");
        assert_eq!(part.root, "r/a");
        assert_eq!(part.files, [file("b/c")]);
        assert_eq!(part.directory_changed("x"), Some(2.0));
        assert_eq!(part.directory_changed("b/x"), Some(3.0));
    }
}
