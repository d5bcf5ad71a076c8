//! HDF5: Keras models in it, by the JSON that describes them.

use gonogo_sdk::{Error, Severity};

use super::{
    super::{finding::Advice, globals, scan::Scan, source::Source},
    find, windows,
};

/// Most modules that are named; and as many again of those that are known to be dangerous.
const MODULES: usize = 20;

/// Looks for layers made of code.
pub fn look(scan: &mut Scan<'_>, source: &dyn Source, path: &str) -> Result<(), Error> {
    let (mut lambda, mut modules) = (None, Vec::new());
    windows(source, 512, |start, bytes| {
        let plain = unescaped(bytes);
        let bytes = plain.as_deref().unwrap_or(bytes);
        let mut at = 0;
        while let Some(next) = bytes.get(at..).and_then(|rest| find(rest, b"\"class_name\"")) {
            at += next + 12;
            if value(bytes.get(at..).unwrap_or_default()) == Some(b"Lambda") {
                lambda = lambda.or(Some(start + at as u64));
            }
        }
        at = 0;
        while let Some(next) = bytes.get(at..).and_then(|rest| find(rest, b"\"module\"")) {
            at += next + 8;
            let module =
                value(bytes.get(at..).unwrap_or_default()).map(|it| String::from_utf8_lossy(it).into_owned());
            modules.extend(module.filter(|module| {
                foreign(module)
                    && !modules.contains(module)
                    && (modules.len() < MODULES || modules.len() < 2 * MODULES && is_bad(module))
            }));
        }
        false
    })?;
    if let Some(at) = lambda {
        let message = format!("has a Keras Lambda layer (byte {at}): its code runs when the model is loaded");
        scan.say(Severity::NoGo, path, message, Advice::Keras);
    }
    for module in modules {
        let severity = if is_bad(&module) { Severity::NoGo } else { scan.unknown };
        scan.say(severity, path, format!("is made of classes of {module}, outside of Keras"), Advice::Keras);
    }
    Ok(())
}

fn is_bad(module: &str) -> bool {
    matches!(globals::judge(module, "load"), globals::Judgement::Dangerous(_))
}

/// JSON may write any letter of a name as `\u0061`. The same bytes with the letters instead; none where nothing is written so.
fn unescaped(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut letters = Vec::new();
    let mut at = 0;
    while let Some(next) = bytes.get(at..).and_then(|rest| find(rest, b"\\u00")) {
        at += next;
        let digits = bytes.get(at + 4..at + 6).and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(letter) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok())
            && letter.is_ascii_graphic()
        {
            letters.push((at, letter));
        }
        at += 4;
    }
    if letters.is_empty() {
        return None;
    }
    let mut text = Vec::with_capacity(bytes.len());
    let mut from = 0;
    for (at, letter) in letters {
        text.extend_from_slice(bytes.get(from..at)?);
        text.push(letter);
        from = at + 6;
    }
    text.extend_from_slice(bytes.get(from..)?);
    Some(text)
}

/// The text that follows a key.
fn value(rest: &[u8]) -> Option<&[u8]> {
    let rest = rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
    let end = rest.iter().take(256).position(|&byte| byte == b'"')?;
    rest.get(..end)
}

/// Whether a module is not of Keras itself.
pub fn foreign(module: &str) -> bool {
    let top = module.split('.').next().unwrap_or_default();
    !matches!(
        top,
        "keras" | "tf_keras" | "tensorflow" | "keras_nlp" | "keras_hub" | "keras_cv" | "builtins" | ""
    )
}
