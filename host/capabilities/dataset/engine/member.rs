//! A file of a table, here or elsewhere.

use std::{
    fs::File,
    ops::Range,
    path::{Component, Path},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::{
    remote::Object,
    source::{Clock, LOOKED_AT},
};
use crate::{capabilities::files::selection::Selected, domain::Error};

/// A file of a table.
#[derive(Clone)]
pub struct Member {
    /// As the parameter writes it, with further names after it.
    pub path: String,
    /// In bytes, when it was found.
    pub size: u64,
    /// Whether it was found by a directory or a pattern.
    pub found: bool,
    place: Place,
}

#[derive(Clone)]
enum Place {
    Here(Selected),
    Away(Arc<Object>),
}

/// Bytes that are fetched to find out what a file is. What does not get smaller by compression gets longer.
const HEAD: u64 = 2 * LOOKED_AT as u64;

/// Bytes at its end that are fetched with them: most footers of Parquet are shorter.
pub const FOOTER: u64 = 64 << 10;

/// Servers answer so many at a time. A request takes as long however small it is.
const AT_ONCE: usize = 8;

/// What of a file will be read.
pub enum Wanted<'a> {
    /// As much as is looked at to find out what it is.
    Head,
    /// All of it.
    All,
    /// These parts.
    Parts(&'a [Range<u64>]),
}

impl Member {
    /// A file of this machine.
    pub fn local(selected: Selected) -> Self {
        let (path, size, found) = (selected.path.clone(), selected.size, selected.found);
        Self { path, size, found, place: Place::Here(selected) }
    }

    /// An object of a server.
    pub fn remote(path: String, found: bool, object: Arc<Object>) -> Self {
        Self { path, size: object.size(), found, place: Place::Away(object) }
    }

    /// Whether it is fetched, part by part, as it is asked for.
    pub fn is_remote(&self) -> bool {
        matches!(self.place, Place::Away(_))
    }

    /// Whether both are one file, found in the same way, that was not written to in between.
    pub fn is(&self, other: &Self) -> bool {
        self.path == other.path
            && self.found == other.found
            && match (&self.place, &other.place) {
                (Place::Here(one), Place::Here(other)) => one.is(other),
                (Place::Away(one), Place::Away(other)) => one.is(other),
                _ => false,
            }
    }

    /// Opens it for reading. Of one that is elsewhere, what was not fetched is zeros.
    pub fn open(&self) -> Result<File, Error> {
        match &self.place {
            Place::Here(selected) => selected.open(),
            Place::Away(object) => object.open(),
        }
    }

    /// Fetches what will be read, where it is elsewhere and was not fetched yet.
    pub fn fetch(&self, wanted: &Wanted<'_>, clock: &Clock) -> Result<(), Error> {
        match (&self.place, wanted) {
            (Place::Here(_), _) => Ok(()),
            (Place::Away(object), Wanted::Head) => {
                object.fetch(&[0..HEAD, self.size.saturating_sub(FOOTER)..self.size], clock)
            }
            (Place::Away(object), Wanted::All) => object.fetch(std::slice::from_ref(&(0..self.size)), clock),
            (Place::Away(object), Wanted::Parts(parts)) => object.fetch(parts, clock),
        }
    }

    /// The directories on the way to it that are named `name=value`.
    pub fn partitions(&self) -> Vec<(String, String)> {
        partitions(&self.path)
    }
}

fn partitions(path: &str) -> Vec<(String, String)> {
    let directories = Path::new(path).parent().into_iter().flat_map(Path::components);
    let named = directories.filter_map(|part| match part {
        Component::Normal(name) => name.to_str()?.split_once('='),
        _ => None,
    });
    named.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Fetches what is looked at of all files that are elsewhere, several at a time.
pub fn fetch_heads(members: &[Member], clock: &Clock) -> Result<(), Error> {
    let away = members.iter().filter(|member| member.is_remote()).collect::<Vec<_>>();
    let next = AtomicUsize::new(0);
    let fetch = || {
        while let Some(member) = away.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = member.fetch(&Wanted::Head, clock) {
                // The others need not begin.
                next.store(away.len(), Ordering::Relaxed);
                return Err(error);
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads = (0..AT_ONCE.min(away.len())).map(|_| scope.spawn(fetch)).collect::<Vec<_>>();
        let failed = || Err(Error::Io("a thread that fetches remote tables failed".to_owned()));
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| failed()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_in_the_names_of_directories() {
        let expected = [("y".to_owned(), "1".to_owned()), ("z".to_owned(), "b".to_owned())];
        assert_eq!(partitions("d/y=1/z=b/c=2.csv"), expected);
        assert_eq!(partitions("s3://bucket/d/y=1/z=b/c.csv"), expected);
        assert_eq!(partitions("c=2.csv"), []);
    }
}
