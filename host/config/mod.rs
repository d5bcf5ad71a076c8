//! gonogo.toml: text -> raw -> valid, every problem at once, each with its place in the file.

pub mod edit;
mod schema;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

pub use schema::schema;

use crate::domain::{
    CheckId, How, ItemId, Mark, Parameters, PluginSource, Problem, SignaturePolicy, Written, id,
    reader::{Entry, Reader},
};

/// What a project asks for. Without a gonogo.toml it is the default: nothing but the profile `training`.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The name of a built-in profile or the path of a profile file; `training` where absent.
    pub profile: Option<Written<String>>,
    /// How long a job may take, where neither its item nor its check says so.
    pub timeout: Option<Written<Duration>>,
    /// Where `gonogo plugin vendor` puts components, and where they are looked for first; `vendor/gonogo` where absent. Relative to the folder
    /// of gonogo.toml.
    pub vendor: Option<Written<String>>,
    /// Plugins besides the built-in ones, by name.
    pub plugins: BTreeMap<String, Plugin>,
    /// What is said of items, in the file's order, each id once.
    pub items: Vec<Item>,
}

/// Where a plugin comes from, and what must hold of it.
#[derive(Clone, Debug)]
pub struct Plugin {
    /// Where its name is written.
    pub name: Mark,
    /// Where it comes from. Paths are relative to the folder of gonogo.toml.
    pub source: Written<PluginSource>,
    /// What must hold of signatures.
    pub signature: SignaturePolicy,
    /// Who may sign, in the format of OpenSSH's `allowed_signers`; relative to the folder of gonogo.toml.
    pub signers: Option<Written<PathBuf>>,
    /// Whether its registry may be asked over plain HTTP. On this machine it may be anyhow.
    pub insecure_http: bool,
}

/// What gonogo.toml says of one item.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its id.
    pub id: Written<ItemId>,
    /// The check's parameters.
    pub with: Parameters,
    /// Whether the decision depends on it.
    pub required: Option<Written<bool>>,
    /// Why it does not apply.
    pub not_applicable: Option<Written<String>>,
    /// What must hold, for a person.
    pub title: Option<Written<String>>,
    /// The check that decides it.
    pub check: Option<Written<CheckId>>,
    /// How it is decided.
    pub how: Option<Written<How>>,
    /// Items that must hold before this one is asked.
    pub needs: Option<Written<Vec<Written<ItemId>>>>,
    /// Who sees to it.
    pub owner: Option<Written<String>>,
    /// How long its job may take.
    pub timeout: Option<Written<Duration>>,
}

/// Keys at the top.
const KEYS: &[&str] = &["profile", "timeout", "vendor", "plugins", "items"];
/// Keys of `[plugins.NAME]`.
const PLUGIN_KEYS: &[&str] = &["source", "signature", "signers", "insecure-http"];
/// Keys of `[items."ID"]`.
const ITEM_KEYS: &[&str] =
    &["with", "required", "not-applicable", "title", "check", "how", "needs", "owner", "timeout"];

/// Reads gonogo.toml. `path` is how messages name the file.
///
/// # Errors
/// Everything that is wrong with it, in the file's order.
pub fn parse(path: &Path, text: &str) -> Result<Config, Vec<Problem>> {
    let (mut reader, table) = Reader::parse(path, text);
    let mut config = Config::default();
    for (key, value) in &table {
        match key.get_ref().as_ref() {
            "profile" => config.profile = reader.text("profile", value),
            "timeout" => config.timeout = reader.timeout("timeout", value),
            "vendor" => config.vendor = reader.text("vendor", value),
            "plugins" => config.plugins = plugins(&mut reader, value),
            "items" => config.items = items(&mut reader, value),
            _ => reader.unknown(key, KEYS),
        }
    }
    reader.finish(config)
}

fn plugins(reader: &mut Reader, value: &Entry<'_>) -> BTreeMap<String, Plugin> {
    let mut plugins = BTreeMap::new();
    for (name, value) in reader.table("plugins", value).into_iter().flatten() {
        if !id::is_name(name.get_ref()) {
            let message = format!("'{}' is no plugin name: write a-z, 0-9 and '-'", name.get_ref());
            reader.problem(&name.span(), message, None);
        }
        if let Some(plugin) = plugin(reader, name, value) {
            plugins.insert(name.get_ref().to_string(), plugin);
        }
    }
    plugins
}

fn plugin(reader: &mut Reader, name: &Spanned<DeString<'_>>, value: &Entry<'_>) -> Option<Plugin> {
    let table = reader.table(name.get_ref(), value)?;
    let (mut source, mut signature, mut signers, mut insecure_http) = (None, None, None, None);
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "source" => source = Some(reader.parsed::<PluginSource>("source", value)),
            "signature" => signature = reader.parsed::<SignaturePolicy>("signature", value),
            "signers" => signers = reader.text("signers", value),
            "insecure-http" => insecure_http = reader.boolean("insecure-http", value),
            _ => reader.unknown(key, PLUGIN_KEYS),
        }
    }
    let Some(source) = source else {
        let message = format!("plugin '{}' has no source", name.get_ref());
        let hint = "write source = \"path:FILE.wasm\"".to_owned();
        reader.problem(&name.span(), message, Some(hint));
        return None;
    };
    let source = source?;
    let policy = signature.as_ref().map(|written| written.value).unwrap_or_default();
    if let Some(signature) =
        signature.filter(|_| source.value.is_path() && policy == SignaturePolicy::Required)
    {
        let message = "a component at path: has no signature that could be required";
        let hint = "pack and sign a bundle, and write source = \"file:FILE.bundle\"".to_owned();
        reader.problem_at(&signature.mark, message, Some(hint));
    }
    if let Some(signers) = signers.as_ref().filter(|_| policy == SignaturePolicy::Off) {
        let message = "nobody looks at 'signers' where signature = \"off\"";
        reader.problem_at(&signers.mark, message, Some("remove one of the two".to_owned()));
    }
    if let Some(insecure) = insecure_http.as_ref().filter(|_| !matches!(source.value, PluginSource::Oci(_))) {
        let message = "'insecure-http' is for registries, whose source begins with oci://";
        reader.problem_at(&insecure.mark, message, Some("remove it".to_owned()));
    }
    Some(Plugin {
        name: reader.mark(name.span()),
        source,
        signature: policy,
        signers: signers.map(|written| Written { value: PathBuf::from(written.value), mark: written.mark }),
        insecure_http: insecure_http.is_some_and(|written| written.value),
    })
}

fn items(reader: &mut Reader, value: &Entry<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    for (key, value) in reader.table("items", value).into_iter().flatten() {
        let name = key.get_ref();
        match ItemId::try_from(name.to_string()) {
            Ok(id) => {
                let id = Written { value: id, mark: reader.mark(key.span()) };
                items.extend(item(reader, id, value));
            }
            // `[items.system.hardware.cpu]` without quotes is a table in a table in a table.
            Err(_) if is_unquoted(value) => {
                let message = format!("the id of an item that starts with '{name}' is not quoted");
                let hint = format!("write [items.\"{}\"]", spelt_out(key, value));
                reader.problem(&key.span(), message, Some(hint));
            }
            Err(error) => reader.problem(&key.span(), error.to_string(), None),
        }
    }
    items
}

/// Whether an entry of `items` holds no key of an item but tables alone.
fn is_unquoted(value: &Entry<'_>) -> bool {
    let DeValue::Table(table) = value.get_ref() else { return false };
    !table.is_empty()
        && table.iter().all(|(key, value)| {
            !ITEM_KEYS.contains(&key.get_ref().as_ref()) && matches!(value.get_ref(), DeValue::Table(_))
        })
}

/// The id that was meant by tables in tables.
fn spelt_out(key: &Spanned<DeString<'_>>, value: &Entry<'_>) -> String {
    let mut id = key.get_ref().to_string();
    let mut value = value;
    while is_unquoted(value) {
        let DeValue::Table(table) = value.get_ref() else { break };
        let Some((key, next)) = table.iter().next() else { break };
        id = format!("{id}.{}", key.get_ref());
        value = next;
    }
    id
}

fn item(reader: &mut Reader, id: Written<ItemId>, value: &Entry<'_>) -> Option<Item> {
    let table: &DeTable<'_> = reader.table(id.value.as_str(), value)?;
    let mut item = Item {
        id,
        with: Parameters::default(),
        required: None,
        not_applicable: None,
        title: None,
        check: None,
        how: None,
        needs: None,
        owner: None,
        timeout: None,
    };
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "with" => item.with = reader.parameters("with", value).unwrap_or_default(),
            "required" => item.required = reader.boolean("required", value),
            "not-applicable" => item.not_applicable = reader.text("not-applicable", value),
            "title" => item.title = reader.text("title", value),
            "check" => item.check = reader.parsed("check", value),
            "how" => item.how = reader.parsed("how", value),
            "needs" => item.needs = reader.all_parsed("needs", value),
            "owner" => item.owner = reader.text("owner", value),
            "timeout" => item.timeout = reader.timeout("timeout", value),
            _ => reader.unknown(key, ITEM_KEYS),
        }
    }
    Some(item)
}
