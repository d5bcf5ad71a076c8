//! What DVC tracks, and the objects of its remotes: `files/md5/xx/…`, each named by the MD5 of its bytes.

mod outputs;
mod yaml;

use std::collections::BTreeMap;

use gonogo_sdk::{Error, files};
use serde::Deserialize;

use crate::{backup::join, manifest::text, tree::Tree};
use outputs::{Fate, Reason};

/// A list of files that DVC has written for a directory, as an object of its own.
#[derive(Deserialize)]
struct Listed {
    md5: String,
    relpath: String,
}

/// Object names, each with what it is for.
pub type Objects = BTreeMap<String, String>;

/// What a source tracks.
#[derive(Debug, Default)]
pub struct Tracked {
    /// The outputs that `dvc push` takes to a remote.
    pub objects: Objects,
    /// Those that it takes to a remote of their own, with its name.
    pub elsewhere: BTreeMap<String, String>,
    /// The files that do not say what they track.
    pub unclear: Vec<String>,
    /// How many outputs it takes to none, by why.
    pub left: BTreeMap<Reason, u64>,
}

/// What the `.dvc` and `dvc.lock` files below a source name as outputs.
pub fn tracked(source: &Tree) -> Result<Tracked, Error> {
    let mut tracked = Tracked::default();
    for file in &source.files {
        let name = file.name.rsplit('/').next().unwrap_or(&file.name);
        let lock = name == "dvc.lock";
        let own = name.strip_suffix(".dvc").is_some_and(|stem| !stem.is_empty()) && file.target.is_none();
        if !lock && !own {
            continue;
        }
        let read = text(&source.path(file))?;
        let fates = if lock {
            let beside = format!("{}dvc.yaml", file.name.strip_suffix(name).unwrap_or_default());
            let pipeline = match text(&join(&source.root, &beside)) {
                Ok(pipeline) => Some(pipeline),
                Err(Error::NotFound(_)) => None,
                Err(error) => return Err(error),
            };
            outputs::of_lock(&read, pipeline.as_deref())
        } else {
            outputs::of_file(&read)
        };
        // A pipeline may have no output; a .dvc file is there for one.
        let nothing = |fates: &Vec<Fate>| fates.is_empty() && own || fates.contains(&Fate::Unclear);
        if fates.as_ref().map_or(true, nothing) {
            tracked.unclear.push(file.name.clone());
        }
        for fate in fates.unwrap_or_default() {
            match fate {
                Fate::Pushed(object, remote) => {
                    if let Some(remote) = remote {
                        tracked.elsewhere.insert(object.clone(), remote);
                    }
                    tracked.objects.insert(object, file.name.clone());
                }
                Fate::Left(reason) => *tracked.left.entry(reason).or_default() += 1,
                Fate::Unclear => {}
            }
        }
    }
    Ok(tracked)
}

/// The objects behind those that are lists of a directory's files, and the lists that cannot be read, with why. A list that is not there
/// is an object that is missing.
pub fn listed(remote: &str, objects: &Objects) -> (Objects, Vec<(String, String)>) {
    let (mut inner, mut unread) = (Objects::new(), Vec::new());
    for (object, from) in objects.iter().filter(|(object, _)| object.strip_suffix(".dir").is_some()) {
        let path = place(remote, object);
        let list = match text(&path) {
            Ok(text) => serde_json::from_str::<Vec<Listed>>(&text).map_err(|error| error.to_string()),
            Err(Error::NotFound(_)) => continue,
            Err(error) => Err(error.to_string()),
        };
        match list {
            Ok(list) => {
                inner.extend(list.into_iter().map(|file| (file.md5, format!("{from}: {}", file.relpath))));
            }
            Err(why) => unread.push((path, why)),
        }
    }
    (inner, unread)
}

/// Where a remote keeps an object.
pub fn place(remote: &str, object: &str) -> String {
    let (first, rest) = object.split_at(object.floor_char_boundary(2));
    join(remote, &format!("files/md5/{first}/{rest}"))
}

/// Whether a remote has an object.
pub fn has(remote: &str, object: &str) -> Result<bool, Error> {
    match files::stat(&place(remote, object), true) {
        Ok(_) => Ok(true),
        Err(Error::NotFound(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_objects() {
        assert_eq!(place("remote", "22e1.dir"), "remote/files/md5/22/e1.dir");
        assert_eq!(place("remote", "é"), "remote/files/md5/é/");
    }
}
