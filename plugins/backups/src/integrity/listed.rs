//! Files below a directory, held against a list of their digests.

use std::collections::BTreeMap;

use gonogo_sdk::{Report, Stop};

use super::named::{Sample, coverage};
use crate::{
    backup::{join, unreadable},
    digest::Algorithm,
    manifest::Manifest,
    tree::Tree,
};

/// Files of one call of the host.
const FILES: usize = 2_000;

/// Most findings of one kind.
const NAMED: usize = 50;

/// What is asked of the files.
pub struct Listed<'a> {
    /// The backup or bag, for messages.
    pub what: &'a str,
    /// The list, for messages.
    pub list: &'a str,
    /// Whether files that the list does not name are wrong.
    pub complete: bool,
    /// Which of them are read.
    pub sample: Sample,
}

impl Listed<'_> {
    /// Verifies the files of a tree, whose names are as the list has them. Says how many were read.
    pub fn verify(&self, tree: &Tree, manifest: &Manifest, report: &mut Report) -> Result<u64, Stop> {
        let Self { what, list, .. } = self;
        for line in manifest.wrong.iter().take(NAMED) {
            let hint = "restore the list from another copy";
            report
                .no_go(format!("line {line} of {list} is no digest with a name"))
                .at_line(*list, *line)
                .hint(hint);
        }
        let sizes: BTreeMap<&str, u64> = tree
            .files
            .iter()
            .filter(|file| file.target.is_none())
            .map(|file| (file.name.as_str(), file.size))
            .collect();
        let mut wanted: BTreeMap<Algorithm, Vec<(&str, &str)>> = BTreeMap::new();
        let (mut missing, mut bytes, mut read) = (0, 0, 0);
        for (name, (algorithm, digest)) in &manifest.digests {
            match sizes.get(name.as_str()) {
                None => {
                    missing += 1;
                    if missing <= NAMED {
                        let message = format!("{what} lacks {name}, which {list} names");
                        report.no_go(message).at(join(&tree.root, name)).hint("restore it from another copy");
                    }
                }
                Some(size) if self.sample.takes(name) => {
                    bytes += size;
                    wanted.entry(*algorithm).or_default().push((name, digest));
                }
                Some(_) => {}
            }
        }
        let mut damaged = 0;
        for (algorithm, files) in wanted {
            for batch in files.chunks(FILES) {
                let paths = batch.iter().map(|(name, _)| join(&tree.root, name)).collect::<Vec<_>>();
                for ((path, (_, wanted)), found) in paths.iter().zip(batch).zip(algorithm.digests(&paths)?) {
                    read += 1;
                    match found {
                        Ok(found) if found == *wanted => continue,
                        Ok(found) if damaged < NAMED => {
                            let (found, wanted) =
                                (found.get(..12).unwrap_or_default(), wanted.get(..12).unwrap_or_default());
                            let name = algorithm.name();
                            let message = format!(
                                "{path} is damaged: its {name} is {found}…, {wanted}… wanted by {list}"
                            );
                            report.no_go(message).at(path).hint("restore it from another copy");
                        }
                        Ok(_) => {}
                        Err(error) => unreadable(report, "a part of the backup,", path, &error),
                    }
                    damaged += 1;
                }
            }
        }
        let extra =
            tree.files.iter().filter(|file| !manifest.digests.contains_key(&file.name)).collect::<Vec<_>>();
        for file in extra.iter().take(if self.complete { NAMED } else { 0 }) {
            let message = format!("{what} holds {}, which {list} does not name", file.name);
            report
                .no_go(message)
                .at(tree.path(file))
                .hint("see where it comes from, and move it out or make the list anew");
        }
        for (name, error) in tree.failed.iter().take(NAMED) {
            unreadable(report, "a part of the backup,", &join(&tree.root, name), error);
        }
        report.fact(format!("{what}: files missing"), missing).unit("1").bound("= 0");
        report.fact(format!("{what}: files damaged"), damaged).unit("1").bound("= 0");
        report.fact(format!("{what}: files not listed"), extra.len()).unit("1").bound(if self.complete {
            "= 0"
        } else {
            "any"
        });
        coverage(report, what, manifest.digests.len() as u64, read, bytes);
        if manifest.digests.is_empty() {
            report.unknown(format!("{list} names no file: nothing was verified")).at(*list);
        }
        Ok(read)
    }
}
