//! Secrets that searches found, kept in this process alone: so that they can be cut out of what other checks were answered before it is
//! written anywhere. The check of model files reads a source file, too, and its recording must not have the token that stands in it.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use serde_json::Value;

/// Secrets that are remembered; a project with more has been told enough.
const MOST: usize = 10_000;

/// Shorter ones stand everywhere: to cut them out would destroy the recording.
const SHORTEST: usize = 6;

static FOUND: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Remembers a secret.
pub fn remember(value: &[u8]) {
    let Ok(text) = std::str::from_utf8(value) else { return };
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if text.len() >= SHORTEST && found.len() < MOST {
        found.insert(text.to_owned());
    }
}

/// Puts as many asterisks in the place of each secret in all texts of a value, so that places in a file stay what they are.
pub fn blank(value: &mut Value) {
    let found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if !found.is_empty() {
        blank_all(value, &found);
    }
}

fn blank_all(value: &mut Value, found: &BTreeSet<String>) {
    match value {
        Value::String(text) => {
            for secret in found {
                if text.contains(secret.as_str()) {
                    *text = text.replace(secret.as_str(), &"*".repeat(secret.len()));
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| blank_all(element, found)),
        Value::Object(object) => object.values_mut().for_each(|element| blank_all(element, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_cut_out_wherever_it_stands() {
        remember(b"found-once-0123456789");
        let mut answer =
            json!({"ok": ["key = found-once-0123456789;", {"deep": "found-once-0123456789"}, 7]});
        blank(&mut answer);
        assert_eq!(
            answer,
            json!({"ok": ["key = *********************;", {"deep": "*********************"}, 7]})
        );
    }
}
