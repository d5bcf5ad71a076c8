//! Annotations in YOLO's format: a text file for each image, a line for each object: its class and its box or outline, as shares of the image.

use std::collections::BTreeMap;

use gonogo_sdk::{Error, JsonSchema, Readable, Report, Stop, files};
use serde::Deserialize;

use super::images;
use crate::{
    missing::there,
    tally::{Tally, Wrong},
    words::{class, of},
};

/// How far a coordinate may lie beyond its image: tools write six digits.
const SLACK: f64 = 1e-4;

/// Places that a finding names.
const SHOWN: usize = 5;

/// Extensions of images.
const IMAGES: [&str; 8] = ["jpg", "jpeg", "png", "bmp", "webp", "tif", "tiff", "gif"];

/// Annotations in YOLO's format.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars", inline)]
pub struct Yolo {
    /// The directory of the text files.
    labels: Readable,
    /// The directory of the images; each text file has the name of one.
    images: Option<Readable>,
}

const NO_LINE: &str = "lines that are no class and box or outline";
const NO_CLASS: &str = "lines of a class that is not declared";
const OUTSIDE: &str = "boxes that reach beyond their image";
const NO_SIZE: &str = "boxes without a size";
const TWICE: &str = "lines that occur twice in a file";
const NO_IMAGE: &str = "text files without an image";

/// What can be wrong, in the order in which it is reported.
const RULES: [&str; 6] = [NO_LINE, NO_CLASS, OUTSIDE, NO_SIZE, TWICE, NO_IMAGE];

impl Yolo {
    /// Reads all files. What to say of them.
    pub fn judge(&self, classes: &[String], report: &mut Report) -> Result<String, Stop> {
        let path = &*self.labels;
        let there = there(path).map_err(|error| Stop::unknown(format!("cannot walk {path}: {error}")))?;
        let images = images(self.images.as_ref())?;
        let images = images.map(|(_, images)| {
            let stems = images.into_keys().filter_map(|name| {
                let (stem, extension) = name.rsplit_once('.')?;
                IMAGES.contains(&&*extension.to_ascii_lowercase()).then(|| stem.to_owned())
            });
            stems.map(|stem| (stem, 0)).collect::<BTreeMap<_, u64>>()
        });
        let mut images = images;
        let mut wrong = Tally::default();
        let mut add = |what, file: &str, line: Option<u32>| {
            let example = || line.map_or_else(|| class(file), |line| format!("{} line {line}", class(file)));
            wrong.add(what, example).place.get_or_insert_with(|| (file.to_owned(), line));
        };
        let (mut read, mut objects, mut unread) = (0_u64, 0_u64, Vec::new());
        for (name, size) in &there {
            let Some(stem) = name.strip_suffix(".txt").filter(|stem| !stem.ends_with("classes")) else {
                continue;
            };
            read += 1;
            if let Some(images) = &mut images {
                match images.get_mut(stem) {
                    Some(seen) => *seen += 1,
                    None => add(NO_IMAGE, name, None),
                }
            }
            if *size == 0 {
                continue;
            }
            let text = match files::read_text(&format!("{path}/{name}")) {
                Ok(text) => text,
                Err(error) => {
                    unread.push((name, error));
                    continue;
                }
            };
            let mut seen = std::collections::BTreeSet::new();
            for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
                objects += 1;
                if let Some(fault) = fault(line, classes.len()) {
                    add(fault, name, Some(number));
                }
                if !seen.insert(line.trim()) {
                    add(TWICE, name, Some(number));
                }
            }
        }
        report.fact(format!("text files in {path}"), read).unit("1").bound(">= 1");
        report.fact(format!("objects in {path}"), objects).unit("1").bound(">= 1");
        if let Some(images) = &images {
            let background = images.values().filter(|seen| **seen == 0).count();
            report.fact(format!("images without a text file in {path}"), background).unit("1");
        }
        if objects == 0 {
            report.no_go(format!("{path} has no annotations")).at(path);
        }
        if classes.is_empty() {
            report.note(format!("how many classes {path} has is not declared: classes = […] names them"));
        }
        for (name, error) in unread.iter().take(SHOWN) {
            match error {
                Error::Io(_) => report.no_go(format!("{path}/{name} cannot be read: {error}")),
                _ => report.unknown(format!("{path}/{name} cannot be read: {error}")),
            };
        }
        if unread.len() > SHOWN {
            report.unknown(format!("{} more files of {path} cannot be read", unread.len() - SHOWN));
        }
        for rule in RULES {
            let Wrong { count, first, place, .. } = wrong.take(rule);
            report.fact(format!("{rule} ({path})"), count).unit("1").bound("= 0");
            if count > 0 {
                let total =
                    if rule == NO_IMAGE { of(count, read, "files") } else { of(count, objects, "objects") };
                let finding = report.no_go(format!("{path}: {rule}: {total}: {}", first.join(", ")));
                match place {
                    Some((name, Some(line))) => _ = finding.at_line(format!("{path}/{name}"), line),
                    Some((name, None)) => _ = finding.at(format!("{path}/{name}")),
                    None => {}
                }
                finding.hint("mend these lines, or take them out");
            }
        }
        Ok(format!("{objects} objects in {read} text files of {path}"))
    }
}

/// What is wrong with a line.
fn fault(line: &str, classes: usize) -> Option<&'static str> {
    let mut words = line.split_ascii_whitespace();
    let (Some(class), Ok(places)) = (words.next(), words.map(str::parse).collect::<Result<Vec<f64>, _>>())
    else {
        return Some(NO_LINE);
    };
    let Ok(class) = class.parse::<usize>() else { return Some(NO_LINE) };
    if places.iter().any(|place| !place.is_finite()) {
        return Some(NO_LINE);
    }
    if classes > 0 && class >= classes {
        return Some(NO_CLASS);
    }
    let inside = |place: &f64| (-SLACK..=1.0 + SLACK).contains(place);
    match *places {
        [x, y, w, h] => {
            if w <= 0.0 || h <= 0.0 {
                return Some(NO_SIZE);
            }
            let corners = [x - w / 2.0, x + w / 2.0, y - h / 2.0, y + h / 2.0];
            (!corners.iter().all(inside)).then_some(OUTSIDE)
        }
        _ if places.len() >= 6 && places.len().is_multiple_of(2) => {
            (!places.iter().all(inside)).then_some(OUTSIDE)
        }
        _ => Some(NO_LINE),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_judged() {
        for (line, expected) in [
            ("0 0.5 0.5 1 1", None),
            ("1 0.1 0.1 0.2 0.2 0.1 0.2", None),
            ("2 0.5 0.5 1 1", Some(NO_CLASS)),
            ("0 0.5 0.5 1.1 1", Some(OUTSIDE)),
            ("0 0.9 0.5 0.3 0.1", Some(OUTSIDE)),
            ("0 0.1 0.1 0.2 0.2 0.1 1.2", Some(OUTSIDE)),
            ("0 0.5 0.5 0 1", Some(NO_SIZE)),
            ("0 0.5 0.5 1", Some(NO_LINE)),
            ("0 0.5 0.5 1 1 1", Some(NO_LINE)),
            ("cat 0.5 0.5 1 1", Some(NO_LINE)),
            ("-1 0.5 0.5 1 1", Some(NO_LINE)),
            ("0 0.5 0.5 1 NaN", Some(NO_LINE)),
        ] {
            assert_eq!(fault(line, 2), expected, "{line}");
        }
        assert_eq!(fault("9 0.5 0.5 1 1", 0), None);
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(line in "[0-9a-z.+e -]{0,60}") {
            fault(&line, 3);
        }
    }
}
