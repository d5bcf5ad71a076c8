//! gonogo.toml: text -> raw -> valid, every problem at once, each with its place in the file.

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
    CheckId, How, ItemId, Parameters, Problem, Written, id,
    reader::{Entry, Reader},
};

/// What a project asks for. Without a gonogo.toml it is the default: nothing but the profile `training`.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The name of a built-in profile or the path of a profile file; `training` where absent.
    pub profile: Option<Written<String>>,
    /// How long a job may take, where neither its item nor its check says so.
    pub timeout: Option<Written<Duration>>,
    /// Plugins besides the built-in ones, by name.
    pub plugins: BTreeMap<String, Plugin>,
    /// What is said of items, in the file's order, each id once.
    pub items: Vec<Item>,
}

/// Where a plugin is.
#[derive(Clone, Debug)]
pub struct Plugin {
    /// The component's file, as written: relative to the folder of gonogo.toml.
    pub path: Written<PathBuf>,
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
const KEYS: &[&str] = &["profile", "timeout", "plugins", "items"];
/// Keys of `[plugins.NAME]`.
const PLUGIN_KEYS: &[&str] = &["source"];
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
        let Some(table) = reader.table(name.get_ref(), value) else { continue };
        let mut path = None;
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "source" => path = Some(source(reader, value)),
                _ => reader.unknown(key, PLUGIN_KEYS),
            }
        }
        match path {
            Some(Some(path)) => {
                plugins.insert(name.get_ref().to_string(), Plugin { path });
            }
            Some(None) => {}
            None => {
                let message = format!("plugin '{}' has no source", name.get_ref());
                let hint = "write source = \"path:FILE.wasm\"".to_owned();
                reader.problem(&name.span(), message, Some(hint));
            }
        }
    }
    plugins
}

fn source(reader: &mut Reader, value: &Entry<'_>) -> Option<Written<PathBuf>> {
    let Written { value: text, mark } = reader.text("source", value)?;
    match text.split_once(':') {
        Some(("path", path)) if !path.trim().is_empty() => Some(Written { value: path.into(), mark }),
        Some((scheme @ ("oci" | "https" | "http" | "file" | "git"), _)) => {
            let message = format!("plugins from '{scheme}:' are not supported yet");
            reader.problem(
                &value.span(),
                message,
                Some("put the file beside and write \"path:FILE.wasm\"".into()),
            );
            None
        }
        _ => {
            let message = format!("'{text}' is no plugin source");
            reader.problem(&value.span(), message, Some("write \"path:FILE.wasm\"".into()));
            None
        }
    }
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
