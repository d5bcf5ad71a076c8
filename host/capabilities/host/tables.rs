//! The interface dataset. A recording knows a table by its files and options.

use serde_json::{Map, Value as Json, json};
use wasmtime::component::Resource;

use super::{Answered, Host, answered};
use crate::{
    bindings::{Attributes, attributes, dataset as contract},
    capabilities::{
        dataset::{Asked, Engine, Table as Live},
        session::Session,
    },
    domain::{self, Error},
};

/// A table that a guest holds.
pub struct Table {
    asked: Asked,
    /// Absent in a replay.
    live: Option<Live>,
}

impl Table {
    fn asked(&self) -> Json {
        json!({"files": self.asked.files, "options": self.asked.options})
    }

    fn subject(&self) -> String {
        self.asked.files.join(" ")
    }
}

fn gone() -> Error {
    Error::Unsupported("a recording cannot be asked further".to_owned())
}

/// What the host keeps under a guest's number.
fn held(resource: &Resource<contract::Table>) -> Resource<Table> {
    Resource::new_own(resource.rep())
}

impl Host {
    /// Asks one table.
    fn ask_table<T: serde::Serialize + serde::de::DeserializeOwned>(
        &mut self,
        call: &'static str,
        table: &Resource<contract::Table>,
        work: impl FnOnce(&mut Engine, &Live, &Session) -> Result<T, Error>,
    ) -> wasmtime::Result<Result<T, Error>> {
        let table: &Table = self.resources.get(&held(table))?;
        let engine = &mut self.engine;
        let work = |session: &Session| work(engine, table.live.as_ref().ok_or_else(gone)?, session);
        Ok(self.session.ask(call, &table.subject(), || table.asked(), work)?)
    }
}

fn list(answer: wasmtime::Result<Result<Vec<domain::Attributes>, Error>>) -> Answered<Vec<Attributes>> {
    Ok(answer?.map(|list| list.into_iter().map(attributes).collect()).map_err(Into::into))
}

impl contract::HostTable for Host {
    fn files(&mut self, table: Resource<contract::Table>) -> Answered<Vec<Attributes>> {
        list(self.ask_table("dataset.files", &table, |engine, table, session| {
            engine.files(table, session.deadline())
        }))
    }

    fn columns(&mut self, table: Resource<contract::Table>) -> Answered<Vec<Attributes>> {
        list(self.ask_table("dataset.columns", &table, |engine, table, session| {
            engine.columns(table, session.deadline())
        }))
    }

    fn rows(&mut self, table: Resource<contract::Table>) -> Answered<u64> {
        let rows =
            |engine: &mut Engine, table: &Live, session: &Session| engine.rows(table, session.deadline());
        Ok(self.ask_table("dataset.rows", &table, rows)?.map_err(Into::into))
    }

    fn damage(&mut self, table: Resource<contract::Table>) -> Answered<Vec<Attributes>> {
        list(self.ask_table("dataset.damage", &table, |engine, table, session| {
            engine.damage(table, session.deadline())
        }))
    }

    fn drop(&mut self, table: Resource<contract::Table>) -> wasmtime::Result<()> {
        self.resources.delete::<Table>(held(&table))?;
        Ok(())
    }
}

impl contract::Host for Host {
    fn open(&mut self, files: Vec<String>, options: Attributes) -> Answered<Resource<contract::Table>> {
        let asked = Asked { files, options: options.into() };
        let mut table = Table { asked, live: None };
        let mut live = None;
        let work = |session: &Session| {
            live = Some(self.engine.open(&self.files, &table.asked, session.deadline())?);
            Ok(())
        };
        let answer = self.session.ask("dataset.open", &table.subject(), || table.asked(), work)?;
        table.live = live;
        match answer {
            Ok(()) => Ok(Ok(Resource::new_own(self.resources.push(table)?.rep()))),
            Err(error) => Ok(Err(error.into())),
        }
    }

    fn query(
        &mut self,
        tables: Vec<(String, Resource<contract::Table>)>,
        sql: String,
        options: Attributes,
    ) -> Answered<Vec<(String, contract::Cells)>> {
        let options = domain::Attributes::from(options);
        let mut named = Vec::with_capacity(tables.len());
        for (name, table) in &tables {
            let table: &Table = self.resources.get(&held(table))?;
            named.push((name.clone(), table));
        }
        let ask = || {
            let tables = named.iter().map(|(name, table)| (name.clone(), table.asked()));
            json!({"tables": tables.collect::<Map<_, _>>(), "sql": sql, "options": options})
        };
        let work = |session: &Session| {
            let mut live = Vec::with_capacity(named.len());
            for (name, table) in &named {
                live.push((name.clone(), table.live.as_ref().ok_or_else(gone)?));
            }
            self.engine.query(&live, &sql, &options, session.deadline())
        };
        let answer = self.session.ask("dataset.query", &sql, ask, work);
        answered(answer, |columns| columns.into_iter().map(Into::into).collect())
    }
}
