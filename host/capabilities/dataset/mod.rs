//! Questions in SQL about tables: files that parameters of kind `dataset` name, answered by Apache DataFusion.
//!
//! [`answer`] is what crosses the boundary, [`options`] how a table is read. The engine behind them is a feature of the build, and made
//! when the first question is asked: a job that asks none pays nothing for it.
//!
//! Files are found and opened by [`super::files`] alone, below what is granted; the engine sees descriptors, and knows no path. Remote tables are fetched into files of a directory
//! of the run, from servers that a parameter names.

pub mod answer;
#[cfg(feature = "dataset")]
mod engine;
#[cfg(feature = "dataset")]
mod options;

#[cfg(not(feature = "dataset"))]
mod engine {
    //! What stands in for the engine where it was not built.

    use std::{collections::BTreeMap, ffi::OsString, sync::Arc, time::Instant};

    use super::{Asked, answer::Answer};
    use crate::{
        capabilities::files::Files,
        domain::{Attributes, Authority, Error},
    };

    fn absent<T>() -> Result<T, Error> {
        Err(Error::Unsupported(
            "built without the dataset engine: use a gonogo with the feature 'dataset', which is on by default".to_owned(),
        ))
    }

    /// Nothing to share.
    #[derive(Debug, Default)]
    pub struct Shared;

    /// No engine.
    pub struct Engine;

    /// A table that cannot be.
    pub enum Table {}

    #[expect(missing_docs, reason = "as in the engine itself")]
    impl Engine {
        pub fn new(_: Arc<Shared>, _: &[Authority], _: &Arc<BTreeMap<OsString, OsString>>) -> Self {
            Self
        }

        pub fn open(&mut self, _: &Files, _: &Asked, _: Instant) -> Result<Table, Error> {
            absent()
        }

        pub fn files(&mut self, table: &Table, _: Instant) -> Result<Vec<Attributes>, Error> {
            match *table {}
        }

        pub fn columns(&mut self, table: &Table, _: Instant) -> Result<Vec<Attributes>, Error> {
            match *table {}
        }

        pub fn rows(&mut self, table: &Table, _: Instant) -> Result<u64, Error> {
            match *table {}
        }

        pub fn damage(&mut self, table: &Table, _: Instant) -> Result<Vec<Attributes>, Error> {
            match *table {}
        }

        pub fn query(
            &mut self,
            _: &[(String, &Table)],
            _: &str,
            _: &Attributes,
            _: Instant,
        ) -> Result<Answer, Error> {
            absent()
        }
    }
}

use serde::{Deserialize, Serialize};

pub use self::engine::{Engine, Shared, Table};
use crate::domain::Attributes;

/// What a table was opened with: recordings know it by this.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// Names of files, directories and patterns.
    pub files: Vec<String>,
    /// How they are read.
    pub options: Attributes,
}
