//! What DVC tracks, and the objects of its remotes: `files/md5/xx/…`, each named by the MD5 of its bytes.

use std::collections::BTreeMap;

use gonogo_sdk::{Error, files};
use serde::Deserialize;

use crate::{backup::join, manifest::text, tree::Tree};

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
    /// The outputs.
    pub objects: Objects,
    /// The `.dvc` files that name none by MD5.
    pub unclear: Vec<String>,
}

/// The objects that the `.dvc` and `dvc.lock` files below a source name as outputs.
pub fn tracked(source: &Tree) -> Result<Tracked, Error> {
    let mut tracked = Tracked::default();
    for file in &source.files {
        let name = file.name.rsplit('/').next().unwrap_or(&file.name);
        if name == "dvc.lock"
            || (name.strip_suffix(".dvc").is_some_and(|stem| !stem.is_empty()) && file.target.is_none())
        {
            let outputs = outputs(&text(&source.path(file))?);
            // A pipeline may have no output; a .dvc file is there for one.
            if outputs.is_empty() && name != "dvc.lock" {
                tracked.unclear.push(file.name.clone());
            }
            tracked.objects.extend(outputs.into_iter().map(|object| (object, file.name.clone())));
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

/// The values of `md5:` below `outs:`. These files are written by DVC, one key to a line.
fn outputs(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut below: Option<usize> = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let item = line.trim();
        let key = item.trim_start_matches("- ");
        // A list stands below its key at the same depth, or deeper.
        if below.is_some_and(|at| indent < at || (indent == at && !item.starts_with('-'))) {
            below = None;
        }
        if key == "outs:" {
            below = Some(indent + item.len() - key.len());
        }
        if let (Some(_), Some(md5)) = (below, key.strip_prefix("md5:")) {
            let md5 = md5.trim().trim_matches(['\'', '"']);
            let hex = md5.strip_suffix(".dir").unwrap_or(md5);
            if hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                found.push(md5.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn outputs_and_not_dependencies() {
        let file =
            "outs:\n- md5: 22e1d61a6a5a1a3c9c8f3c2b0a7f0f1e.dir\n  size: 5\n  hash: md5\n  path: data\n";
        assert_eq!(outputs(file), ["22e1d61a6a5a1a3c9c8f3c2b0a7f0f1e.dir"]);
        let lock = "schema: '2.0'\nstages:\n  train:\n    cmd: python train.py\n    deps:\n    - path: train.py\n      \
                    md5: 11111111111111111111111111111111\n    outs:\n    - path: model.pt\n      hash: md5\n      \
                    md5: 22222222222222222222222222222222\n  next:\n    deps:\n    - path: x\n      md5: 33333333333333333333333333333333\n";
        assert_eq!(outputs(lock), ["22222222222222222222222222222222"]);
        let import = "deps:\n- md5: 44444444444444444444444444444444\nouts:\n- md5: 55555555555555555555555555555555\nmd5: 66666666666666666666666666666666\n";
        assert_eq!(outputs(import), ["55555555555555555555555555555555"]);
    }

    #[test]
    fn places_of_objects() {
        assert_eq!(place("remote", "22e1.dir"), "remote/files/md5/22/e1.dir");
        assert_eq!(place("remote", "é"), "remote/files/md5/é/");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[ -]{0,4}(outs:|md5: |[\\PC\\n]){0,20}") {
            outputs(&text);
        }
    }
}
