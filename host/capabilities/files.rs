//! stub
#![allow(missing_docs)]
use crate::domain::*;
use std::{path::Path, time::Instant};
#[derive(Debug)]
pub struct Files;
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub enum Kind {
    File,
    Directory,
    Link,
    Other,
}
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub enum Algorithm {
    Sha256,
    Blake3,
}
impl Files {
    pub fn new(_: &Path, _: &[Authority]) -> Self {
        Self
    }
    pub fn stat(&self, _: &str, _: bool) -> Result<Attributes, Error> {
        Err(Error::Io(String::new()))
    }
    pub fn read(&self, _: &str, _: u64, _: u32) -> Result<Vec<u8>, Error> {
        Err(Error::Io(String::new()))
    }
    pub fn list(&self, _: &str) -> Result<Vec<(String, Kind)>, Error> {
        Err(Error::Io(String::new()))
    }
    pub fn find(&self, _: &str, _: &str, _: Instant) -> Result<Option<u64>, Error> {
        Err(Error::Io(String::new()))
    }
    pub fn digest(&self, _: &str, _: Algorithm, _: Instant) -> Result<String, Error> {
        Err(Error::Io(String::new()))
    }
    pub fn space(&self, _: &str) -> Result<Attributes, Error> {
        Err(Error::Io(String::new()))
    }
    pub fn probe(&self, _: &str, _: u64, _: Instant) -> Result<Attributes, Error> {
        Err(Error::Io(String::new()))
    }
}
