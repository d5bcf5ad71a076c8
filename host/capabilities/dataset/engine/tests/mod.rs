//! What the engine reads, refuses and survives.

mod broken;
pub mod formats;
mod queries;

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Engine, Table};
use crate::{
    capabilities::{
        dataset::{
            Asked,
            answer::{Answer, Cells},
        },
        files::Files,
    },
    domain::{Attributes, Authority, Error, Grant, Origin, Value},
};

/// A project whose files may all be read as tables.
struct Project {
    folder: tempfile::TempDir,
    files: Files,
    engine: Engine,
}

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let grant = Grant::Read { name: ".".to_owned(), path: folder.path().to_owned() };
        let authority = Authority { grant, parameter: "it".to_owned(), origin: Origin::Config { line: 1 } };
        let files = Files::new(folder.path(), &[authority]);
        Self { folder, files, engine: Engine::of(Arc::default()) }
    }

    fn with(name: &str, content: impl AsRef<[u8]>) -> Self {
        let project = Self::new();
        project.write(name, content);
        project
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn open(&mut self, name: &str, options: &[(&str, Value)]) -> Result<Table, Error> {
        let options =
            Attributes(options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect());
        self.engine.open(&self.files, &Asked { files: vec![name.to_owned()], options }, soon())
    }

    /// `name: type` of each column.
    fn columns(&mut self, table: &Table) -> Result<Vec<String>, Error> {
        let columns = self.engine.columns(table, soon())?;
        let text = |column: &Attributes, name: &str| match &column.0[name] {
            Value::Text(text) => text.clone(),
            other => format!("{other:?}"),
        };
        Ok(columns
            .iter()
            .map(|column| format!("{}: {}", text(column, "name"), text(column, "type")))
            .collect())
    }

    fn query(&mut self, table: &Table, sql: &str) -> Result<Answer, Error> {
        self.engine.query(&[("t".to_owned(), table)], sql, &Attributes::default(), soon())
    }

    /// The rows of an answer, each a line: cells as JSON.
    fn rows(&mut self, name: &str, options: &[(&str, Value)], sql: &str) -> Result<Vec<String>, Error> {
        let table = self.open(name, options)?;
        Ok(lines(&self.query(&table, sql)?))
    }

    /// The damage of a file: `path, reason` and places.
    fn damage(&mut self, name: &str, options: &[(&str, Value)]) -> Vec<Attributes> {
        let table = self.open(name, options).unwrap();
        self.engine.damage(&table, soon()).unwrap()
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// An answer as a person would write it down.
fn lines(answer: &Answer) -> Vec<String> {
    let rows = answer.first().map_or(0, |column| match &column.cells {
        Cells::Booleans(cells) => cells.len(),
        Cells::Integers(cells) => cells.len(),
        Cells::Numbers(cells) => cells.len(),
        Cells::Texts(cells) => cells.len(),
    });
    let cell = |cells: &Cells, row: usize| match cells {
        Cells::Booleans(cells) => serde_json::json!(cells[row]).to_string(),
        Cells::Integers(cells) => serde_json::json!(cells[row]).to_string(),
        Cells::Numbers(cells) => serde_json::json!(cells[row]).to_string(),
        Cells::Texts(cells) => serde_json::json!(cells[row]).to_string(),
    };
    (0..rows)
        .map(|row| answer.iter().map(|column| cell(&column.cells, row)).collect::<Vec<_>>().join(" "))
        .collect()
}
