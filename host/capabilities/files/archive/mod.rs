//! Contents: files and the members of archives as sequences of bytes.

use std::time::Instant;

use super::Files;
use crate::domain::{Attributes, Error};

/// A file, or a member of an archive in it.
pub struct Content;

impl Files {
    /// Opens a regular file, to read it in parts or to look into it.
    pub fn open(&self, _path: &str) -> Result<Content, Error> {
        Err(Error::Unsupported("this host does not look into files".to_owned()))
    }
}

impl Content {
    /// What it is by its first bytes.
    pub fn format(&self, _deadline: Instant) -> Result<String, Error> {
        Ok("bytes".to_owned())
    }

    /// Length in bytes.
    pub fn size(&self, _deadline: Instant) -> Result<u64, Error> {
        Ok(0)
    }

    /// At most `length` bytes from `offset`; fewer only at the end.
    pub fn read(&self, _offset: u64, _length: u32, _deadline: Instant) -> Result<Vec<u8>, Error> {
        Ok(Vec::new())
    }

    /// What an archive holds.
    pub fn members(&self, _deadline: Instant) -> Result<Vec<Attributes>, Error> {
        Ok(Vec::new())
    }

    /// One member, by its place in [`Content::members`].
    pub fn member(&self, _index: u32, _deadline: Instant) -> Result<Self, Error> {
        Ok(Self)
    }
}
