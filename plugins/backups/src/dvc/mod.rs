//! What DVC tracks, and the objects of its remotes: `files/md5/xx/…`, each named by the MD5 of its bytes.

mod outputs;
mod yaml;

use std::collections::BTreeMap;

use gonogo_sdk::{Error, files};
use serde::Deserialize;

use crate::{backup::join, manifest::text, tree::Tree};
use outputs::{Fate, Pushed, Reason};

/// A list of files that DVC has written for a directory, as an object of its own.
#[derive(Deserialize)]
struct Listed {
    md5: String,
    relpath: String,
}

/// An output, or a file of one that is a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The name of its object: an MD5, which ends in `.dir` where the object is a list of files.
    pub object: String,
    /// What names it.
    pub from: String,
    /// Where it lies below the source; nothing where that is elsewhere.
    pub place: Option<String>,
    /// The remote of its own, where one is named.
    pub remote: Option<String>,
}

impl Output {
    /// Whether its object is a list of files.
    pub fn is_list(&self) -> bool {
        self.object.strip_suffix(".dir").is_some()
    }
}

/// What a source tracks.
#[derive(Debug, Default)]
pub struct Tracked {
    /// What `dvc push` takes to a remote.
    pub outputs: Vec<Output>,
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
                Fate::Pushed(Pushed { object, remote, path }) => {
                    let above = file.name.strip_suffix(name).unwrap_or_default();
                    let (from, place) = (file.name.clone(), plain(above, &path));
                    tracked.outputs.push(Output { object, from, place, remote });
                }
                Fate::Left(reason) => *tracked.left.entry(reason).or_default() += 1,
                Fate::Unclear => {}
            }
        }
    }
    Ok(tracked)
}

/// A path from a directory on, without `.` and `..`. Nothing where it leads out of the source.
fn plain(above: &str, path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in above.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            part => parts.push(part),
        }
    }
    (!path.starts_with('/') && !parts.is_empty()).then(|| parts.join("/"))
}

/// The files of those outputs that are directories, and the lists that cannot be read, with why. A list that is not there is an object that
/// is missing.
pub fn listed(remote: &str, outputs: &[Output]) -> (Vec<Output>, Vec<(String, String)>) {
    let (mut inner, mut unread) = (Vec::new(), Vec::new());
    for output in outputs.iter().filter(|output| output.is_list()) {
        let path = place(remote, &output.object);
        let list = match text(&path) {
            Ok(text) => serde_json::from_str::<Vec<Listed>>(&text).map_err(|error| error.to_string()),
            Err(Error::NotFound(_)) => continue,
            Err(error) => Err(error.to_string()),
        };
        match list {
            Ok(list) => inner.extend(list.into_iter().map(|file| Output {
                from: format!("{}: {}", output.from, file.relpath),
                place: output.place.as_ref().and_then(|directory| plain(directory, &file.relpath)),
                object: file.md5,
                remote: None,
            })),
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

    #[test]
    fn places_of_outputs() {
        for (above, path, place) in [
            ("", "data", Some("data")),
            ("a/b/", "./data/", Some("a/b/data")),
            ("a/b/", "../c", Some("a/c")),
            ("a/", "../../c", None),
            ("a/", "/c", None),
            ("", "", None),
        ] {
            assert_eq!(plain(above, path).as_deref(), place, "{above} {path}");
        }
    }
}
