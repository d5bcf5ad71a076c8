//! Contents: files and the members of archives as sequences of bytes.
//!
//! A member is a part of what it is in, or unpacked from it as far as it is read; nothing is written anywhere. Archives are
//! read as leniently as the loaders that attackers aim at: what is wrong is noted, and the member is given all the same.

mod bytes;
mod format;
mod scan;
mod seven;
mod tar;
#[cfg(test)]
mod tests;
mod unpack;
mod zip;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

pub use self::bytes::Budget;
use self::{
    bytes::Bytes,
    format::Format,
    unpack::{Method, Unpacked},
};
use super::{Files, Kind, MOST_READ, content, place::Access};
use crate::domain::{Attributes, Error, limits::ARCHIVE_LEVELS};

/// A file, or a member of an archive in it.
pub struct Content {
    bytes: Arc<Bytes>,
    budget: Arc<Budget>,
    /// How many archives it is in.
    level: u32,
    /// What to call it in a message.
    shown: String,
    /// Found out once.
    format: Mutex<Option<Format>>,
    listing: Mutex<Option<Arc<Listing>>>,
}

/// What an archive holds.
struct Listing {
    members: Vec<Member>,
}

/// One member.
struct Member {
    name: String,
    kind: Kind,
    size: u64,
    packed: u64,
    encrypted: bool,
    damage: Vec<String>,
    place: Place,
}

/// Where the bytes of a member are.
enum Place {
    /// Nowhere: it is a directory or a link.
    Nothing,
    /// As they are.
    Part { offset: u64, length: u64 },
    /// Packed.
    Packed { offset: u64, length: u64, method: Method },
    /// In a block of a 7z archive.
    Seven { file: usize },
    /// Packed or hidden in a way that this host does not undo.
    Closed(String),
}

impl Files {
    /// Opens a regular file, to read it in parts or to look into it.
    pub fn open(&self, path: &str) -> Result<Content, Error> {
        let held = self.locate(path, Access::Read)?.open(true)?;
        let file = content::open(&held)?;
        let size = u64::try_from(held.stat.st_size).unwrap_or(0);
        let bytes = Arc::new(Bytes::File { file, size, shown: held.shown.clone() });
        Ok(Content::new(bytes, &self.contents, 0, held.shown))
    }
}

impl Content {
    fn new(bytes: Arc<Bytes>, budget: &Arc<Budget>, level: u32, shown: String) -> Self {
        let (format, listing) = (Mutex::default(), Mutex::default());
        Self { bytes, budget: Arc::clone(budget), level, shown, format, listing }
    }

    /// What it is by its first bytes.
    pub fn format(&self, deadline: Instant) -> Result<String, Error> {
        self.asked(deadline, || self.known_format().map(|format| format.name().to_owned()))
    }

    /// Length in bytes.
    pub fn size(&self, deadline: Instant) -> Result<u64, Error> {
        self.asked(deadline, || self.bytes.size(&self.budget))
    }

    /// At most `length` bytes from `offset`; fewer at the end, or at a break: there the next read fails.
    pub fn read(&self, offset: u64, length: u32, deadline: Instant) -> Result<Vec<u8>, Error> {
        if length > MOST_READ {
            return Err(Error::Limit(format!(
                "{length} bytes of {} were asked for, and one read gives {MOST_READ} at most",
                self.shown
            )));
        }
        let known = self.bytes.known_size().map(|size| size.saturating_sub(offset));
        let length = (length as usize)
            .min(known.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX)));
        self.asked(deadline, || self.bytes.get(offset, length, &self.budget))
    }

    /// What an archive holds; the one member of a compressed file; nothing in other bytes.
    pub fn members(&self, deadline: Instant) -> Result<Vec<Attributes>, Error> {
        self.asked(deadline, || Ok(self.listing()?.members.iter().map(Member::attributes).collect()))
    }

    /// One member, by its place in [`Content::members`].
    pub fn member(&self, index: u32, deadline: Instant) -> Result<Self, Error> {
        self.asked(deadline, || {
            if self.level >= ARCHIVE_LEVELS {
                return Err(Error::Limit(format!("more than {ARCHIVE_LEVELS} archives within one another")));
            }
            let listing = self.listing()?;
            let Some(member) = listing.members.get(index as usize) else {
                return Err(Error::NotFound(format!(
                    "it has {} members, and none at {index}",
                    listing.members.len()
                )));
            };
            let part = |offset, length| Bytes::Part { of: Arc::clone(&self.bytes), offset, length };
            let bytes = match &member.place {
                Place::Nothing => part(0, 0),
                Place::Part { offset, length } => part(*offset, *length),
                Place::Packed { offset, length, method } => {
                    let packed = Arc::new(part(*offset, *length));
                    Bytes::Unpacked(Box::new(Mutex::new(Unpacked::new(packed, *method, &self.budget))))
                }
                Place::Seven { file } => seven::unpack(&self.bytes, *file, &self.budget)?,
                Place::Closed(why) => return Err(Error::Unsupported(why.clone())),
            };
            Ok(Self::new(
                Arc::new(bytes),
                &self.budget,
                self.level + 1,
                format!("member {index} of {}", self.shown),
            ))
        })
    }

    /// Says of an error what it is about.
    fn asked<T>(&self, deadline: Instant, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        self.budget.until(deadline);
        work().map_err(|error| error.map_text(|text| format!("{}: {text}", self.shown)))
    }

    fn known_format(&self) -> Result<Format, Error> {
        let mut format = self.format.lock().unwrap_or_else(PoisonError::into_inner);
        match *format {
            Some(format) => Ok(format),
            None => Ok(*format.insert(Format::of(&self.bytes, &self.budget)?)),
        }
    }

    fn listing(&self) -> Result<Arc<Listing>, Error> {
        let format = self.known_format()?;
        let mut listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(listing) = &*listing {
            return Ok(Arc::clone(listing));
        }
        let found = match format {
            Format::Zip => zip::list(&self.bytes, &self.budget)?,
            Format::Tar => tar::list(&self.bytes, &self.budget)?,
            Format::SevenZip => seven::list(&self.bytes, &self.budget)?,
            Format::Packed(method) => Listing { members: vec![self.packed(method)?] },
            Format::Bytes => Listing { members: Vec::new() },
        };
        Ok(Arc::clone(listing.insert(Arc::new(found))))
    }

    /// The one member of a compressed file. Its size is not known before it is unpacked.
    fn packed(&self, method: Method) -> Result<Member, Error> {
        self.budget.member(0)?;
        let packed = self.bytes.known_size();
        Ok(Member {
            name: String::new(),
            kind: Kind::File,
            size: 0,
            packed: packed.unwrap_or(0),
            encrypted: false,
            damage: Vec::new(),
            place: Place::Packed { offset: 0, length: u64::MAX, method },
        })
    }
}

impl Member {
    fn attributes(&self) -> Attributes {
        let mut attributes = Attributes::new();
        attributes.set("name", self.name.as_str());
        attributes.set(
            "kind",
            match self.kind {
                Kind::File => "file",
                Kind::Directory => "directory",
                Kind::Link => "link",
                Kind::Other => "other",
            },
        );
        // A packed stream does not say how long it is.
        if !matches!(self.place, Place::Packed { length: u64::MAX, .. }) {
            attributes.set("size", self.size);
        }
        attributes.set("packed", self.packed);
        attributes.set("encrypted", self.encrypted);
        attributes.set("damage", self.damage.clone());
        attributes
    }
}
