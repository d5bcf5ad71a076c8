//! Machines laid out in files (`cgroups`, `layouts`), and the one that runs the tests (`here`), held against what its own tools say.

mod cgroups;
mod here;
mod layouts;

use std::{fs, os::unix::fs::symlink, path::Path};

use tempfile::TempDir;

use super::Machine;
use crate::domain::{Attributes, Value};

/// A machine of which only the files given exist.
pub(super) struct Layout {
    root: TempDir,
}

impl Layout {
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let layout = Self { root: tempfile::tempdir().unwrap() };
        layout.with(files)
    }

    pub(super) fn with(self, files: &[(&str, &str)]) -> Self {
        for (path, text) in files {
            let path = self.root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        self
    }

    pub(super) fn link(self, path: &str, to: &str) -> Self {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(to, path).unwrap();
        self
    }

    pub(super) fn path(&self) -> &Path {
        self.root.path()
    }

    pub(super) fn machine(&self) -> Machine {
        Machine::below(self.root.path())
    }
}

fn failed(attributes: &Attributes, name: &str) -> bool {
    matches!(attributes.get(name), Some(Value::Failed { .. }))
}

fn integer(attributes: &Attributes, name: &str) -> i64 {
    match attributes.get(name) {
        Some(Value::Integer(value)) => *value,
        other => panic!("{name}: {other:?}"),
    }
}

fn number(attributes: &Attributes, name: &str) -> f64 {
    match attributes.get(name) {
        Some(Value::Number(value)) => *value,
        other => panic!("{name}: {other:?}"),
    }
}

fn text<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    match attributes.get(name)? {
        Value::Text(text) => Some(text),
        other => panic!("{name}: {other:?}"),
    }
}
