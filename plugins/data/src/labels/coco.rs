//! Annotations in COCO's format: one object of JSON with lists of images, categories and annotations, read as a stream, so that half a gigabyte of it fits.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    io::Read,
};

use gonogo_sdk::{Error, JsonSchema, Readable, Report, Stop};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::images;
use crate::{
    stream::Stream,
    tally::{Tally, Wrong},
    words::{class, of},
};

/// How far a box may reach beyond its image, in pixels: tools round.
const SLACK: f64 = 1.0;

/// Annotations in COCO's format.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars", inline)]
pub struct Coco {
    /// The file of annotations.
    annotations: Readable,
    /// The directory of the images; without it, only what the file says of them is looked at.
    images: Option<Readable>,
}

#[derive(Deserialize)]
struct Image {
    id: i64,
    #[serde(default)]
    width: f64,
    #[serde(default)]
    height: f64,
    #[serde(default)]
    file_name: String,
}

#[derive(Deserialize)]
struct Category {
    id: i64,
}

#[derive(Deserialize)]
struct Annotation {
    #[serde(default)]
    id: Option<i64>,
    image_id: i64,
    category_id: Option<i64>,
    #[serde(default)]
    bbox: Vec<f64>,
}

/// Images and categories, by their ids.
#[derive(Default)]
struct Known {
    images: BTreeMap<i64, (f64, f64)>,
    categories: BTreeSet<i64>,
    lists: Vec<&'static str>,
}

const NO_IMAGE: &str = "annotations of an image that is not listed";
const NO_CATEGORY: &str = "annotations of a category that is not listed";
const NO_BOX: &str = "boxes that are not four numbers of a positive size";
const OUTSIDE: &str = "boxes that reach beyond their image";
const TWICE: &str = "ids that occur twice";
const NO_FILE: &str = "images that are not there or empty";
const NO_SIZE: &str = "images without a width and a height";

/// What can be wrong, in the order in which it is reported.
const RULES: [&str; 7] = [NO_SIZE, NO_FILE, TWICE, NO_IMAGE, NO_CATEGORY, NO_BOX, OUTSIDE];

impl Coco {
    /// Reads the file twice: what is known first, then what is said of it. What to say of it all.
    pub fn judge(&self, report: &mut Report) -> Result<String, Stop> {
        let path = &*self.annotations;
        let there = images(self.images.as_ref())?;
        let mut wrong = Tally::default();
        let mut known = Known::default();
        let mut without = 0_u64;
        let first = each(
            Stream::open(path)?,
            |item| match item {
                Item::Image(image) => {
                    if let Some((_, files)) = &there
                        && files.get(image.file_name.trim_start_matches("./")).is_none_or(|size| *size == 0)
                    {
                        wrong.add(NO_FILE, || class(&image.file_name));
                    }
                    if !(image.width > 0.0 && image.height > 0.0) {
                        wrong.add(NO_SIZE, || format!("image {}", image.id));
                    }
                    if known.images.insert(image.id, (image.width, image.height)).is_some() {
                        wrong.add(TWICE, || format!("image {}", image.id));
                    }
                }
                Item::Category(category) => {
                    if !known.categories.insert(category.id) {
                        wrong.add(TWICE, || format!("category {}", category.id));
                    }
                }
                Item::List(name) => known.lists.push(name),
                Item::Annotation(_) => {}
            },
            false,
        );
        let missing =
            ["images", "annotations", "categories"].into_iter().filter(|list| !known.lists.contains(list));
        let missing = missing.collect::<Vec<_>>();
        let mut annotations = 0_u64;
        let mut annotated = BTreeSet::new();
        let read = first.and_then(|()| {
            if !missing.is_empty() {
                return Ok(());
            }
            each(
                open(path)?,
                |item| {
                    if let Item::Annotation(annotation) = item {
                        annotations += 1;
                        annotated.insert(annotation.image_id);
                        known.judge(&annotation, &mut wrong);
                    }
                },
                true,
            )
        });
        if let Err(error) = read {
            report
                .no_go(format!("{path} is no file of annotations in COCO's format: {error}"))
                .at(path)
                .hint("see how it was made");
            return Ok(format!("{path} cannot be read to its end"));
        }
        if !missing.is_empty() {
            report
                .no_go(format!("{path} has no list of {}", missing.join(", ")))
                .at(path)
                .hint("COCO's format is an object with the lists images, annotations, categories");
            return Ok(format!("{path} is not complete"));
        }
        without += known.images.keys().filter(|id| !annotated.contains(id)).count() as u64;
        let images = known.images.len() as u64;
        report.fact(format!("annotations in {path}"), annotations).unit("1").bound(">= 1");
        report.fact(format!("images in {path}"), images).unit("1").bound(">= 1");
        report.fact(format!("images without annotations in {path}"), without).unit("1");
        if annotations == 0 {
            report.no_go(format!("{path} has no annotations")).at(path);
        }
        for rule in RULES.iter().filter(|rule| **rule != NO_FILE || self.images.is_some()) {
            let Wrong { count, first, .. } = wrong.take(rule);
            report.fact(format!("{rule} ({path})"), count).unit("1").bound("= 0");
            if count > 0 {
                let total = if [NO_FILE, NO_SIZE].contains(rule) { images } else { annotations };
                let count = if *rule == TWICE { count.to_string() } else { of(count, total, "are wrong") };
                report
                    .no_go(format!("{path}: {rule}: {count}: {}", first.join(", ")))
                    .at(path)
                    .hint("mend these entries, or take them out");
            }
        }
        Ok(format!("{annotations} annotations of {images} images in {path}"))
    }
}

fn open(path: &str) -> Result<Stream, String> {
    Stream::open(path).map_err(|error: Error| error.to_string())
}

impl Known {
    fn judge(&self, annotation: &Annotation, wrong: &mut Tally) {
        let name = || {
            annotation.id.map_or_else(
                || format!("one of image {}", annotation.image_id),
                |id| format!("annotation {id}"),
            )
        };
        if annotation.category_id.is_none_or(|id| !self.categories.contains(&id)) {
            wrong.add(NO_CATEGORY, name);
        }
        let Some(&(width, height)) = self.images.get(&annotation.image_id) else {
            wrong.add(NO_IMAGE, name);
            return;
        };
        match *annotation.bbox {
            // Captions have no box.
            [] => {}
            [x, y, w, h] if w > 0.0 && h > 0.0 && [x, y, w, h].iter().all(|side| side.is_finite()) => {
                let fits = x >= -SLACK && y >= -SLACK && x + w <= width + SLACK && y + h <= height + SLACK;
                if !fits && width > 0.0 && height > 0.0 {
                    wrong.add(OUTSIDE, name);
                }
            }
            _ => _ = wrong.add(NO_BOX, name),
        }
    }
}

/// One thing that the file lists.
enum Item {
    List(&'static str),
    Image(Image),
    Category(Category),
    Annotation(Annotation),
}

/// Hands over one item after the other. `annotations`: those, else all the rest.
fn each(stream: impl Read, mut take: impl FnMut(Item), annotations: bool) -> Result<(), String> {
    let mut json = serde_json::Deserializer::from_reader(std::io::BufReader::with_capacity(1 << 16, stream));
    json.deserialize_map(Top { take: &mut take, annotations }).map_err(|error| error.to_string())?;
    json.end().map_err(|error| error.to_string())
}

struct Top<'f> {
    take: &'f mut dyn FnMut(Item),
    annotations: bool,
}

impl<'de> Visitor<'de> for Top<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the lists images, annotations, categories")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let take = self.take;
        while let Some(key) = map.next_key::<String>()? {
            match (&*key, self.annotations) {
                ("images", false) => {
                    take(Item::List("images"));
                    map.next_value_seed(List::<Image> { take: &mut |image| take(Item::Image(image)) })?;
                }
                ("categories", false) => {
                    take(Item::List("categories"));
                    map.next_value_seed(List::<Category> {
                        take: &mut |category| take(Item::Category(category)),
                    })?;
                }
                ("annotations", true) => {
                    map.next_value_seed(List::<Annotation> {
                        take: &mut |annotation| take(Item::Annotation(annotation)),
                    })?;
                }
                (name, _) => {
                    if name == "annotations" {
                        take(Item::List("annotations"));
                    }
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct List<'f, T> {
    take: &'f mut dyn FnMut(T),
}

impl<'de, T: DeserializeOwned> serde::de::DeserializeSeed<'de> for List<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for List<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(item) = list.next_element()? {
            (self.take)(item);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn known() -> Known {
        let mut known = Known::default();
        known.images.insert(1, (100.0, 50.0));
        known.categories.insert(7);
        known
    }

    fn wrong(annotation: &str) -> Vec<&'static str> {
        let mut wrong = Tally::default();
        known().judge(&serde_json::from_str(annotation).unwrap(), &mut wrong);
        wrong.names()
    }

    #[test]
    fn annotations_are_judged_by_what_is_known() {
        assert!(wrong(r#"{"id": 1, "image_id": 1, "category_id": 7, "bbox": [0, 0, 100.4, 50]}"#).is_empty());
        assert!(wrong(r#"{"image_id": 1, "category_id": 7, "caption": "none"}"#).is_empty());
        assert_eq!(wrong(r#"{"image_id": 2, "category_id": 7}"#), [NO_IMAGE]);
        assert_eq!(wrong(r#"{"image_id": 1, "category_id": 8}"#), [NO_CATEGORY]);
        assert_eq!(wrong(r#"{"image_id": 1, "category_id": 7, "bbox": [0, 0, 102, 5]}"#), [OUTSIDE]);
        assert_eq!(wrong(r#"{"image_id": 1, "category_id": 7, "bbox": [0, 0, 0, 5]}"#), [NO_BOX]);
        assert_eq!(wrong(r#"{"image_id": 1, "category_id": 7, "bbox": [0, 0, 5]}"#), [NO_BOX]);
    }

    #[test]
    fn lists_come_in_any_order() {
        let text = br#"{"info": {"a": [1]}, "annotations": [{"image_id": 1, "category_id": 7}], "categories": [{"id": 7, "name": "x"}],
            "images": [{"id": 1, "width": 2, "height": 2, "file_name": "a.jpg"}]}"#;
        let (mut one, mut two) = (0, 0);
        each(&text[..], |_| one += 1, false).unwrap();
        each(&text[..], |_| two += 1, true).unwrap();
        assert_eq!((one, two), (5, 1));
        assert!(each(&b"[]"[..], |_| {}, false).is_err());
        assert!(each(&b"{\"images\": [{\"id\": 1}"[..], |_| {}, false).unwrap_err().contains("line 1"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in r#"(\{|\}|\[|\]|"images":|"annotations":|"id":|1|,|[\PC]){0,20}"#) {
            _ = each(text.as_bytes(), |_| {}, false);
            _ = each(text.as_bytes(), |_| {}, true);
        }
    }
}
