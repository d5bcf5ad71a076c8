//! Files and the members of archives as sequences of bytes.

use serde_json::{Value as Json, json};

use super::{Bytes, wit};
use crate::{Attributes, Error, host::ask};

/// A file, or a member of an archive in it.
pub struct Content {
    path: String,
    /// The places of the members that lead here, from the file inwards.
    members: Vec<u32>,
    handle: Option<wit::Content>,
}

/// Opens a regular file, to read it in parts or to look into it.
///
/// # Errors
/// Where the path is not granted, or is no regular file.
pub fn open(path: &str) -> Result<Content, Error> {
    let mut handle = None;
    let import = || {
        handle = Some(wit::open(path)?);
        Ok(())
    };
    ask("files.open", || json!({"path": path}), import)?;
    Ok(Content { path: path.to_owned(), members: Vec::new(), handle })
}

impl Content {
    /// By its first bytes: `zip`, `tar`, `gzip`, `zlib`, `zstd`, `bzip2`, `xz`, `7z`, or `bytes`.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn format(&self) -> Result<String, Error> {
        ask("files.content.format", || self.asked(json!({})), || Ok(self.handle()?.format()?))
    }

    /// Length in bytes.
    ///
    /// # Errors
    /// Where it cannot be unpacked to its end.
    pub fn size(&self) -> Result<u64, Error> {
        ask("files.content.size", || self.asked(json!({})), || Ok(self.handle()?.size()?))
    }

    /// Fewer bytes than `length` only at the end.
    ///
    /// # Errors
    /// Where it cannot be read or unpacked that far.
    pub fn read(&self, offset: u64, length: u32) -> Result<Vec<u8>, Error> {
        let asked = || self.asked(json!({"offset": offset, "length": length}));
        let import = || Ok(Bytes(self.handle()?.read(offset, length)?));
        ask("files.content.read", asked, import).map(|bytes| bytes.0)
    }

    /// What an archive holds.
    ///
    /// # Errors
    /// Where it is no archive any more.
    pub fn members(&self) -> Result<Vec<Attributes>, Error> {
        let import = || Ok(self.handle()?.members()?.into_iter().map(Attributes::from).collect());
        ask("files.content.members", || self.asked(json!({})), import)
    }

    /// One member, by its place in [`Content::members`].
    ///
    /// # Errors
    /// Where it is encrypted, or packed in a way that the host does not know.
    pub fn member(&self, index: u32) -> Result<Self, Error> {
        let mut handle = None;
        let import = || {
            handle = Some(self.handle()?.member(index)?);
            Ok(())
        };
        ask("files.content.member", || self.asked(json!({"index": index})), import)?;
        let mut members = self.members.clone();
        members.push(index);
        Ok(Self { path: self.path.clone(), members, handle })
    }

    fn handle(&self) -> Result<&wit::Content, Error> {
        self.handle.as_ref().ok_or_else(|| Error::Unsupported("only a component has a host".to_owned()))
    }

    fn asked(&self, more: Json) -> Json {
        let mut asked = json!({"path": self.path, "members": self.members});
        if let (Some(asked), Json::Object(more)) = (asked.as_object_mut(), more) {
            asked.extend(more);
        }
        asked
    }
}
