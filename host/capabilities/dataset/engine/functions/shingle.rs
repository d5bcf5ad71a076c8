//! Texts as sets of word 5-grams: which share most of them, found without comparing all with all.

use std::{collections::HashSet, sync::Arc};

use datafusion::{
    arrow::{
        array::{ArrayRef, Float64Array, Int64Builder, ListBuilder},
        datatypes::{DataType, Field},
    },
    common::Result,
};
use twox_hash::XxHash3_128;

use super::{each_two, texts, wrong};

/// Words of a gram, bands, and rows of a band: what datatrove and FineWeb take, for a similarity of about 0.75.
const WORDS: usize = 5;
const BANDS: usize = 14;
const ROWS: usize = 8;

pub fn bands() -> DataType {
    DataType::List(Arc::new(Field::new_list_field(DataType::Int64, true)))
}

/// 64 bits of the hash that digests have, too.
fn hashed(bytes: &[u8]) -> u64 {
    XxHash3_128::oneshot(bytes) as u64
}

/// The grams of a text, hashed.
fn grams(text: &str) -> HashSet<u64> {
    let lower = text.to_lowercase();
    let words = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let words = words.map(|word| hashed(word.as_bytes())).collect::<Vec<_>>();
    let hash = |gram: &[u64]| {
        let bytes = gram.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
        hashed(&bytes)
    };
    match words.len() {
        0 => HashSet::new(),
        count if count < WORDS => HashSet::from([hash(&words)]),
        _ => words.windows(WORDS).map(hash).collect(),
    }
}

/// Constants of the permutations: odd factors and summands, from a fixed seed.
fn permutations() -> [(u64, u64); BANDS * ROWS] {
    std::array::from_fn(|at| {
        let seed = |which: u64| hashed(&[(at as u64).to_le_bytes(), which.to_le_bytes()].concat());
        (seed(1) | 1, seed(2))
    })
}

pub fn minhash_bands(columns: &[ArrayRef], _: usize) -> Result<ArrayRef> {
    let column = columns.first().ok_or_else(|| wrong("no argument"))?;
    let permutations = permutations();
    let mut bands = ListBuilder::new(Int64Builder::new());
    for text in texts(column)? {
        let grams = text.map(grams).unwrap_or_default();
        if grams.is_empty() {
            bands.append_null();
            continue;
        }
        let mut least = [u64::MAX; BANDS * ROWS];
        for gram in grams {
            for (least, (factor, summand)) in least.iter_mut().zip(&permutations) {
                let hash = gram.wrapping_mul(*factor).wrapping_add(*summand);
                // The high bits are the mixed ones.
                *least = (*least).min(hash ^ (hash >> 32));
            }
        }
        for (band, rows) in least.chunks(ROWS).enumerate() {
            let bytes = rows.iter().flat_map(|hash| hash.to_le_bytes()).collect::<Vec<_>>();
            bands.values().append_value((hashed(&bytes) ^ band as u64).cast_signed());
        }
        bands.append(true);
    }
    Ok(Arc::new(bands.finish()))
}

pub fn text_similarity(columns: &[ArrayRef], _: usize) -> Result<ArrayRef> {
    each_two::<_, Float64Array>(columns, |one, other| Ok(similarity(&grams(one), &grams(other))))
}

fn similarity(one: &HashSet<u64>, other: &HashSet<u64>) -> Option<f64> {
    let shared = one.intersection(other).count();
    let all = one.len() + other.len() - shared;
    (all > 0).then(|| shared as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::{
        array::{Array, AsArray, StringViewArray},
        datatypes::Int64Type,
    };

    use super::*;

    fn shared(one: &str, other: &str) -> usize {
        let column = Arc::new(StringViewArray::from(vec![one, other])) as ArrayRef;
        let bands = minhash_bands(&[column], 2).unwrap();
        let of = |row| bands.as_list::<i32>().value(row).as_primitive::<Int64Type>().values().to_vec();
        let (one, other) = (of(0), of(1));
        assert_eq!(one.len(), BANDS);
        one.iter().filter(|band| other.contains(band)).count()
    }

    #[test]
    fn near_duplicates_share_bands_and_others_do_not() {
        let words = (0..200).map(|at| format!("word{at}")).collect::<Vec<_>>();
        let text = words.join(" ");
        let mut changed = words.clone();
        changed[100] = "other".to_owned();
        let changed = changed.join(", ");
        assert_eq!(shared(&text, &text.to_uppercase()), BANDS);
        assert!(shared(&text, &changed) >= 4, "a similarity of 191/201");
        let unrelated = (0..200).map(|at| format!("thing{at}")).collect::<Vec<_>>().join(" ");
        assert_eq!(shared(&text, &unrelated), 0);
        let exact = similarity(&grams(&text), &grams(&changed)).unwrap();
        assert!((exact - 191.0 / 201.0).abs() < 1e-9);
        assert_eq!(similarity(&grams("..."), &grams("")), None);
        assert_eq!(similarity(&grams("One, two!"), &grams("one two")), Some(1.0));
    }

    #[test]
    fn what_has_no_word_has_no_bands() {
        let column = Arc::new(StringViewArray::from(vec![Some("…"), None, Some("a")])) as ArrayRef;
        let bands = minhash_bands(&[column], 3).unwrap();
        assert!(bands.is_null(0) && bands.is_null(1) && bands.is_valid(2));
    }
}
