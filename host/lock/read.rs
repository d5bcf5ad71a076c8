//! gonogo.lock as it is read: nothing is guessed, and every problem has its line and its key.

use std::{collections::BTreeMap, ops::Range, path::Path};

use toml::de::DeTable;

use super::{Abilities, Ability, Entry, GRANTS, Lock, VERSION};
use crate::domain::{
    Problem, Signer, id,
    reader::{self, Reader},
    source::is_sha256,
};

/// Keys at the top.
const KEYS: &[&str] = &["version", "plugins"];
/// Keys of `[plugins.NAME]`.
const ENTRY_KEYS: &[&str] = &[
    "source", "version", "manifest", "sha256", "signer", "contract", "wasi", "imports", "commands",
    "defaults",
];

/// What to do about a lock that is not as it was written.
const ANEW: &str =
    "take the file as it was from version control, or remove it and run `gonogo plugin update`";

type Value<'t> = reader::Entry<'t>;

/// Reads gonogo.lock. `path` is how messages name the file.
///
/// # Errors
/// Everything that is wrong with it, in the file's order.
pub fn parse(path: &Path, text: &str) -> Result<Lock, Vec<Problem>> {
    let (mut reader, table) = Reader::parse(path, text);
    let (mut lock, mut versioned) = (Lock::default(), false);
    for (key, value) in &table {
        match key.get_ref().as_ref() {
            "version" => {
                versioned = true;
                version(&mut reader, value);
            }
            "plugins" => lock.plugins = plugins(&mut reader, value),
            _ => reader.unknown(key, KEYS),
        }
    }
    if !versioned {
        reader.problem(&(0..0), "the key 'version' is missing", Some(ANEW.to_owned()));
    }
    reader.finish(lock)
}

fn version(reader: &mut Reader, value: &Value<'_>) {
    let Some(version) = reader.number("version", value) else { return };
    if version != VERSION {
        let message = format!("'version' is {version}, and this gonogo reads version {VERSION} alone");
        reader.problem(
            &value.span(),
            message,
            Some("use the gonogo that wrote the file, or a newer one".to_owned()),
        );
    }
}

fn plugins(reader: &mut Reader, value: &Value<'_>) -> BTreeMap<String, Entry> {
    let mut plugins = BTreeMap::new();
    for (name, value) in reader.table("plugins", value).into_iter().flatten() {
        let text = name.get_ref();
        if !id::is_name(text) {
            let message = format!("'{text}' is no plugin name: write a-z, 0-9 and '-'");
            reader.problem(&name.span(), message, None);
        }
        let Some(table) = reader.table(text, value) else { continue };
        if let Some(entry) = entry(reader, name.span(), table) {
            plugins.insert(text.to_string(), entry);
        }
    }
    plugins
}

fn entry(reader: &mut Reader, name: Range<usize>, table: &DeTable<'_>) -> Option<Entry> {
    let mut fields = Fields { reader, at: name.clone(), table };
    fields.only(ENTRY_KEYS);
    let source = fields.need("source", |reader, value| reader.parsed("source", value));
    let version = fields.need("version", |reader, value| reader.any_text("version", value));
    let manifest = fields.may("manifest", |reader, value| {
        let is_digest = |text: &str| text.strip_prefix("sha256:").is_some_and(is_sha256);
        fitting(reader, "manifest", value, is_digest, "sha256: and 64 hexadecimal digits in lower case")
    });
    let sha256 = fields.need("sha256", |reader, value| {
        fitting(reader, "sha256", value, is_sha256, "64 hexadecimal digits in lower case")
    });
    let signer = fields.may("signer", signer);
    let contract = fields.need("contract", |reader, value| {
        let is_version = |text: &str| semver::Version::parse(text).is_ok();
        fitting(reader, "contract", value, is_version, "a version, such as 0.1.0")
    });
    let wasi = fields.need("wasi", |reader, value| reader.boolean("wasi", value));
    let imports = fields.each("imports", import);
    let commands = fields.each("commands", command);
    let defaults = fields.each("defaults", default);
    let mut abilities = imports?.into_iter().chain(commands?).chain(defaults?).collect::<Abilities>();
    abilities.extend(wasi?.value.then_some(Ability::Wasi));
    Some(Entry {
        source: source?.value,
        version: version?,
        manifest: manifest?,
        sha256: sha256?,
        signer: signer?,
        contract: contract?,
        abilities,
        line: reader.mark(name).line(),
    })
}

fn signer(reader: &mut Reader, value: &Value<'_>) -> Option<Signer> {
    let table = reader.table("signer", value)?;
    let mut fields = Fields { reader, at: value.span(), table };
    fields.only(&["principal", "fingerprint"]);
    let principal = fields.need("principal", |reader, value| reader.text("principal", value));
    let fingerprint = fields.need("fingerprint", |reader, value| reader.text("fingerprint", value));
    Some(Signer { principal: principal?.value, fingerprint: fingerprint?.value })
}

fn import(reader: &mut Reader, value: &Value<'_>) -> Option<Ability> {
    let is_import = |text: &str| text.contains(':') && !text.starts_with("wasi:");
    let expected = "the name of an interface, such as gonogo:plugin/files@0.1.0";
    fitting(reader, "imports", value, is_import, expected).map(Ability::Interface)
}

fn command(reader: &mut Reader, value: &Value<'_>) -> Option<Ability> {
    let table = reader.table("commands", value)?;
    let mut fields = Fields { reader, at: value.span(), table };
    fields.only(&["check", "words"]);
    let check = fields.need("check", check);
    let words = fields.need("words", |reader, value| texts(reader, "words", value));
    Some(Ability::Command { check: check?, words: words? })
}

fn default(reader: &mut Reader, value: &Value<'_>) -> Option<Ability> {
    let table = reader.table("defaults", value)?;
    let mut fields = Fields { reader, at: value.span(), table };
    fields.only(&["check", "parameter", "grant", "value"]);
    let check = fields.need("check", check);
    let parameter = fields.need("parameter", |reader, value| reader.any_text("parameter", value));
    let grant = fields.need("grant", |reader, value| {
        let expected = format!("one of {}", GRANTS.join(", "));
        fitting(reader, "grant", value, |text| GRANTS.contains(&text), &expected)
    });
    let value = fields.need("value", |reader, value| texts(reader, "value", value));
    Some(Ability::Default { check: check?, parameter: parameter?, grant: grant?, value: value? })
}

fn check(reader: &mut Reader, value: &Value<'_>) -> Option<String> {
    fitting(reader, "check", value, id::is_name, "the name of a check: a-z, 0-9 and '-'")
}

fn texts(reader: &mut Reader, key: &str, value: &Value<'_>) -> Option<Vec<String>> {
    let list = reader.list(key, value)?;
    list.iter().map(|element| reader.any_text(key, element)).collect()
}

/// A text of a certain form.
fn fitting(
    reader: &mut Reader,
    key: &str,
    value: &Value<'_>,
    fits: impl Fn(&str) -> bool,
    expected: &str,
) -> Option<String> {
    let text = reader.any_text(key, value)?;
    if fits(&text) {
        return Some(text);
    }
    reader.problem(&value.span(), format!("'{key}' must be {expected}"), Some(ANEW.to_owned()));
    None
}

/// The keys of one table.
struct Fields<'r, 'v, 't> {
    reader: &'r mut Reader,
    /// Where the table is.
    at: Range<usize>,
    table: &'v DeTable<'t>,
}

impl<'v, 't> Fields<'_, 'v, 't> {
    fn only(&mut self, known: &[&str]) {
        for (key, _) in self.table {
            if !known.contains(&key.get_ref().as_ref()) {
                self.reader.unknown(key, known);
            }
        }
    }

    fn value(&self, key: &str) -> Option<&'v Value<'t>> {
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    /// What must be there.
    fn need<T>(&mut self, key: &str, read: impl FnOnce(&mut Reader, &Value<'_>) -> Option<T>) -> Option<T> {
        if let Some(value) = self.value(key) {
            return read(self.reader, value);
        }
        self.reader.problem(&self.at, format!("the key '{key}' is missing"), Some(ANEW.to_owned()));
        None
    }

    /// What may be there. None where it is wrong.
    #[expect(clippy::option_option, reason = "absent is one answer, wrong is another")]
    fn may<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&mut Reader, &Value<'_>) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.value(key) {
            None => Some(None),
            Some(value) => read(self.reader, value).map(Some),
        }
    }

    /// A list that must be there, element by element.
    fn each(
        &mut self,
        key: &str,
        read: impl Fn(&mut Reader, &Value<'_>) -> Option<Ability>,
    ) -> Option<Vec<Ability>> {
        self.need(key, |reader, value| {
            let list = reader.list(key, value)?;
            // All of them, so that every problem is told.
            let read = list.iter().map(|element| read(reader, element)).collect::<Vec<_>>();
            read.into_iter().collect()
        })
    }
}
