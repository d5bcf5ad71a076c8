//! TensorFlow graphs: operations that reach outside, by their names.

use gonogo_sdk::{Error, Severity};

use super::{
    super::{finding::Advice, scan::Scan, source::Source},
    find, windows,
};

/// Operations that read or write any file, or run Python.
const DANGEROUS: &[&str] =
    &["ReadFile", "WriteFile", "PyFunc", "PyFuncStateless", "EagerPyFunc", "ImmutableConst"];

/// Operations that read what they are told, or send it away.
const SUSPICIOUS: &[&str] = &[
    "MatchingFiles",
    "WholeFileReader",
    "WholeFileReaderV2",
    "TextLineReaderV2",
    "FixedLengthRecordReaderV2",
    "PrintV2",
    "DebugIdentity",
    "DebugIdentityV2",
    "DebugIdentityV3",
    "RpcCall",
    "RpcClient",
    "RemoteCall",
];

/// Looks for them: `op` is field 2 of a node, so its name stands behind the byte 0x12 and its length; in text it stands in quotes.
pub fn look(scan: &mut Scan<'_>, source: &dyn Source, path: &str) -> Result<(), Error> {
    let patterns = DANGEROUS.iter().chain(SUSPICIOUS).map(|name| {
        let node = [&[0x12, name.len() as u8], name.as_bytes()].concat();
        (*name, node, format!("op: \"{name}\"").into_bytes())
    });
    let patterns = patterns.collect::<Vec<_>>();
    let mut met: Vec<(&str, u64)> = Vec::new();
    let mut lambda = false;
    windows(source, 64, |start, bytes| {
        for (name, node, text) in &patterns {
            if !met.iter().any(|(known, _)| known == name)
                && let Some(at) = find(bytes, node).or_else(|| find(bytes, text))
            // `PyFunc` is also how `PyFuncStateless` starts, but then the length is another one.
            {
                met.push((name, start + at as u64));
            }
        }
        lambda |= find(bytes, b"\"class_name\": \"Lambda\"").is_some();
        false
    })?;
    for (name, at) in met {
        let severity = if DANGEROUS.contains(&name) { Severity::NoGo } else { Severity::Warn };
        let message =
            format!("runs the TensorFlow operation {name} (byte {at}), which reaches outside of the model");
        scan.say(severity, path, message, Advice::TensorFlow);
    }
    if lambda {
        let message = "has a Keras Lambda layer: its code runs when the model is loaded";
        scan.say(Severity::NoGo, path, message, Advice::Keras);
    }
    Ok(())
}
