//! HDF5: Keras models in it, by the JSON that describes them.

use gonogo_sdk::{Error, Severity};

use super::{
    super::{finding::Advice, globals, scan::Scan, source::Source},
    find, windows,
};

/// Looks for layers made of code.
pub fn look(scan: &mut Scan<'_>, source: &dyn Source, path: &str) -> Result<(), Error> {
    let (mut lambda, mut modules) = (None, Vec::new());
    windows(source, 512, |start, bytes| {
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
            modules.extend(
                module.filter(|module| foreign(module) && !modules.contains(module) && modules.len() < 20),
            );
        }
        false
    })?;
    if let Some(at) = lambda {
        let message = format!("has a Keras Lambda layer (byte {at}): its code runs when the model is loaded");
        scan.say(Severity::NoGo, path, message, Advice::Keras);
    }
    for module in modules {
        let known = globals::judge(&module, "load");
        let severity =
            if matches!(known, globals::Judgement::Dangerous(_)) { Severity::NoGo } else { scan.unknown };
        scan.say(severity, path, format!("is made of classes of {module}, outside of Keras"), Advice::Keras);
    }
    Ok(())
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
