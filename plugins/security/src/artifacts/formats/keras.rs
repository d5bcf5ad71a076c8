//! The JSON of Keras models, and chat templates beside tokenizers.

use gonogo_sdk::{Error, Severity};
use serde_json::Value as Json;

use super::{
    super::{
        finding::Advice,
        globals::{self, Judgement},
        scan::Scan,
        source::Source,
    },
    gguf, hdf5,
};

/// Most bytes of a description.
const MOST: u32 = 4 << 20;

/// Looks at a description of a model.
pub fn look(scan: &mut Scan<'_>, source: &dyn Source, path: &str) -> Result<(), Error> {
    let bytes = source.read(0, MOST)?;
    let text = String::from_utf8_lossy(&bytes);
    let jinja = path.rsplit('.').next().is_some_and(|end| end.eq_ignore_ascii_case("jinja"));
    if text.contains("\"chat_template\"") || jinja {
        let json = serde_json::from_str::<Json>(&text).ok();
        let template = json.as_ref().and_then(|json| json.get("chat_template")).map(Json::to_string);
        // What is no JSON is the template itself.
        if let Some(mark) = gguf::reaches_out(template.as_deref().unwrap_or(&text)) {
            let message = format!("has a chat template that reaches outside of itself: {mark}");
            scan.say(Severity::NoGo, path, message, Advice::Template);
        }
    }
    let more = bytes.len() as u64 == u64::from(MOST) && source.size()? > u64::from(MOST);
    if jinja && !more {
        return Ok(());
    }
    // Any letter of a name may be written as `\u0061`.
    if !text.contains("\"class_name\"") && !text.contains("\\u00") && !more {
        return Ok(());
    }
    match serde_json::from_str::<Json>(&text) {
        Ok(json) if !more => {
            scan.tally.models += u64::from(json.get("class_name").is_some());
            node(scan, &json, path);
        }
        Err(error) if !more => {
            scan.tally.models += 1;
            let message = format!("describes a Keras model, and is no JSON: {error}");
            scan.say(Severity::Unknown, path, message, Advice::Again);
        }
        _ => {
            let message = "may describe a Keras model in more than the 4 MiB that are looked at";
            scan.say(Severity::Unknown, path, message, Advice::Look);
        }
    }
    Ok(())
}

/// `serde_json` bounds the depth of what it reads to 128.
fn node(scan: &mut Scan<'_>, json: &Json, path: &str) {
    match json {
        Json::Array(all) => all.iter().for_each(|inner| node(scan, inner, path)),
        Json::Object(all) => {
            let text = |key: &str| all.get(key).and_then(Json::as_str).unwrap_or_default();
            let (class, module) = (text("class_name"), text("module"));
            if matches!(class, "Lambda" | "__lambda__") {
                let message = "has a Keras Lambda layer: its code runs when the model is loaded";
                scan.say(Severity::NoGo, path, message, Advice::Keras);
            } else if !class.is_empty() && (hdf5::foreign(module) || module == "builtins") {
                // A function is named by its `config`.
                let named = all.get("config").and_then(Json::as_str).unwrap_or(class);
                let severity = match globals::judge(module, named) {
                    Judgement::Dangerous(_) => Severity::NoGo,
                    Judgement::Safe => Severity::Note,
                    _ => scan.unknown,
                };
                let message = format!("is made of {module}.{named}, outside of Keras");
                scan.say(severity, path, message, Advice::Keras);
            } else if !class.is_empty()
                && !text("registered_name").is_empty()
                && text("registered_name") != class
            {
                let message =
                    format!("is made of the registered class {}, outside of Keras", text("registered_name"));
                scan.say(scan.unknown, path, message, Advice::Keras);
            }
            all.values().for_each(|inner| node(scan, inner, path));
        }
        _ => {}
    }
}
