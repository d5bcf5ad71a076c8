//! Model files that are no pickles, recognised by their first bytes, or by their name where those do not tell.

mod gguf;
mod hdf5;
mod keras;
mod npy;
mod onnx;
mod protobuf;
mod safetensors;
mod tensorflow;
#[cfg(test)]
mod tests;

use gonogo_sdk::{Error, Severity};

use super::{
    finding::Advice,
    pickles::{self, Held},
    scan::Scan,
    source::Source,
};

/// Endings of models that are no pickles, or archives that hold some.
const ENDINGS: &[&str] =
    &["safetensors", "onnx", "pb", "gguf", "h5", "hdf5", "keras", "npy", "npz", "zip", "jinja"];

/// Whether a path ends as models do.
pub fn is_model(path: &str) -> bool {
    let ending = path.rsplit('.').next().unwrap_or_default();
    pickles::is_named(path) || ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// Looks at a model file; whether nothing else needs to look at it.
pub fn look(scan: &mut Scan<'_>, source: &dyn Source, head: &[u8], path: &str) -> Result<bool, Error> {
    let name = path.rsplit('/').next().unwrap_or_default();
    match head {
        [0x93, b'N', b'U', b'M', b'P', b'Y', major, ..] => {
            scan.tally.models += 1;
            if let Some(start) = npy::objects(scan, source, *major, path)? {
                scan.say(Severity::Note, path, "is an array of objects, stored as a pickle", Advice::Pickle);
                pickles::look(scan, source, head, path, Held::Array(start), 0)?;
            }
            return Ok(true);
        }
        [b'G', b'G', b'U', b'F', ..] => {
            scan.tally.models += 1;
            gguf::look(scan, source, path)?;
            return Ok(true);
        }
        [0x89, b'H', b'D', b'F', b'\r', b'\n', 0x1a, b'\n', ..] => {
            scan.tally.models += 1;
            hdf5::look(scan, source, path)?;
            return Ok(true);
        }
        _ => {}
    }
    let ends = |end: &str| name.len() > end.len() && name.to_ascii_lowercase().ends_with(end);
    if ends(".safetensors") || safetensors::starts(head) {
        if safetensors::look(scan, source, path, ends(".safetensors"))? {
            scan.tally.models += 1;
        }
    } else if ends(".pb") || ends(".pbtxt") || ends(".meta") {
        scan.tally.models += 1;
        tensorflow::look(scan, source, path)?;
    } else if ends(".onnx") || onnx::starts(head) {
        if onnx::look(scan, source, path, ends(".onnx"))? {
            scan.tally.models += 1;
        } else {
            // A SavedModel begins in the same way.
            tensorflow::look(scan, source, path)?;
        }
    } else if name.ends_with("config.json")
        || name == "model.json"
        || name == "architecture.json"
        || name == "chat_template.json"
        || ends(".jinja")
    {
        keras::look(scan, source, path)?;
    }
    Ok(false)
}

/// Calls `each` with windows over all bytes that overlap by `overlap`, and their places, until it says that it has enough.
fn windows(
    source: &dyn Source,
    overlap: usize,
    mut each: impl FnMut(u64, &[u8]) -> bool,
) -> Result<(), Error> {
    let mut held = Vec::new();
    let mut offset = 0;
    loop {
        let more = source.read(offset, 1 << 20)?;
        if more.is_empty() {
            return Ok(());
        }
        let start = offset - held.len() as u64;
        offset += more.len() as u64;
        held.extend_from_slice(&more);
        if each(start, &held) {
            return Ok(());
        }
        let keep = held.len().min(overlap);
        held.drain(..held.len() - keep);
    }
}

/// Where one sequence of bytes stands in another.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let (&first, rest) = wanted.split_first()?;
    let mut at = 0;
    loop {
        at += bytes.get(at..)?.iter().position(|&byte| byte == first)? + 1;
        if bytes.get(at..)?.starts_with(rest) {
            return Some(at - 1);
        }
    }
}
