//! Changes to gonogo.toml that leave everything else as people wrote it, comments and spaces included. Text to text: nothing is written here.

use toml_edit::{DocumentMut, Item, Table, TomlError, value};

use crate::domain::SignaturePolicy;

/// What `[plugins.NAME]` is to say.
#[derive(Clone, Debug, Default)]
pub struct Addition {
    /// `oci://registry.example/acme/checks:1.2`.
    pub source: String,
    /// Where it is not the usual one.
    pub signature: Option<SignaturePolicy>,
    /// Who may sign.
    pub signers: Option<String>,
    /// Whether a registry may be asked over plain HTTP.
    pub insecure_http: bool,
}

/// Why a text cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no TOML.
    #[error("it is no TOML")]
    Syntax(#[from] TomlError),
    /// The plugins stand in one line, or are something else than tables.
    #[error("'plugins' is no table")]
    NoTable,
}

/// The text with one more plugin.
///
/// # Errors
/// Where it is no TOML, or `plugins` is no table.
pub fn add_plugin(text: &str, name: &str, addition: &Addition) -> Result<String, Error> {
    let mut document = text.parse::<DocumentMut>()?;
    let mut plugin = Table::new();
    plugin.insert("source", value(&addition.source));
    if let Some(signature) = addition.signature {
        plugin.insert("signature", value(signature.name()));
    }
    if let Some(signers) = &addition.signers {
        plugin.insert("signers", value(signers));
    }
    if addition.insecure_http {
        plugin.insert("insecure-http", value(true));
    }
    let plugins = document.entry("plugins").or_insert_with(|| {
        let mut plugins = Table::new();
        // `[plugins]` alone would say nothing.
        plugins.set_implicit(true);
        Item::Table(plugins)
    });
    match plugins {
        Item::Table(plugins) => {
            plugins.insert(name, Item::Table(plugin));
        }
        Item::Value(toml_edit::Value::InlineTable(plugins)) => {
            plugins.insert(name, plugin.into_inline_table().into());
            // Or else the blank that stood before the closing brace stands before the comma.
            plugins.fmt();
        }
        _ => return Err(Error::NoTable),
    }
    Ok(document.to_string())
}

/// The text without that plugin.
///
/// # Errors
/// Where it is no TOML.
pub fn remove_plugin(text: &str, name: &str) -> Result<String, Error> {
    let mut document = text.parse::<DocumentMut>()?;
    let Some(plugins) = document.get_mut("plugins").and_then(Item::as_table_like_mut) else {
        return Ok(text.to_owned());
    };
    plugins.remove(name);
    if plugins.is_empty() {
        document.remove("plugins");
    }
    Ok(document.to_string())
}

/// The text with the folder of vendored components.
///
/// # Errors
/// Where it is no TOML.
pub fn set_vendor(text: &str, folder: &str) -> Result<String, Error> {
    let mut document = text.parse::<DocumentMut>()?;
    document.insert("vendor", value(folder));
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "# Ours\nprofile = \"training\"   # the usual\n\n[plugins.acme] # from next door\nsource = \"path:acme.wasm\"\n\n[items.\"a.b\"]\nnot-applicable = \"no\"  # yet\n";

    fn source(source: &str) -> Addition {
        Addition { source: source.to_owned(), ..Addition::default() }
    }

    #[test]
    fn comments_and_spaces_stay() {
        let added = add_plugin(TEXT, "other", &source("path:other.wasm")).unwrap();
        assert_eq!(
            added,
            TEXT.replace("[items.", "[plugins.other]\nsource = \"path:other.wasm\"\n\n[items.")
        );
        assert_eq!(remove_plugin(&added, "other").unwrap(), TEXT);
        let without = remove_plugin(TEXT, "acme").unwrap();
        assert!(
            !without.contains("acme") && without.contains("# the usual") && without.contains("# yet"),
            "{without}"
        );
        assert_eq!(remove_plugin(TEXT, "nobody").unwrap(), TEXT);
    }

    #[test]
    fn a_file_that_says_nothing_yet_gets_its_first_plugin() {
        let all = Addition {
            source: "oci://r.example/a:1".to_owned(),
            signature: Some(SignaturePolicy::Required),
            signers: Some("keys".to_owned()),
            insecure_http: true,
        };
        assert_eq!(
            add_plugin("", "acme", &all).unwrap(),
            "[plugins.acme]\nsource = \"oci://r.example/a:1\"\nsignature = \"required\"\nsigners = \"keys\"\ninsecure-http = true\n"
        );
        let after = add_plugin("profile = \"x\"\n", "acme", &source("path:a")).unwrap();
        assert_eq!(after, "profile = \"x\"\n\n[plugins.acme]\nsource = \"path:a\"\n");
        assert_eq!(remove_plugin(&after, "acme").unwrap().trim(), "profile = \"x\"");
    }

    #[test]
    fn other_ways_to_write_tables_stay_what_they_are() {
        let inline =
            add_plugin("plugins = { a = { source = \"path:a\" } }\n", "b", &source("path:b")).unwrap();
        assert_eq!(inline, "plugins = { a = { source = \"path:a\" }, b = { source = \"path:b\" } }\n");
        let dotted = add_plugin("plugins.a.source = \"path:a\"\n", "b", &source("path:b")).unwrap();
        let config = crate::config::parse("gonogo.toml".as_ref(), &dotted).unwrap();
        assert_eq!(config.plugins.len(), 2, "{dotted}");
        assert!(matches!(add_plugin("plugins = 3\n", "b", &source("x")), Err(Error::NoTable)));
        assert!(matches!(add_plugin("plugins = \n", "b", &source("x")), Err(Error::Syntax(_))));
        let vendored = set_vendor(TEXT, "third-party").unwrap();
        assert!(
            vendored.contains("vendor = \"third-party\"\n") && vendored.contains("# the usual"),
            "{vendored}"
        );
    }

    proptest! {
        #[test]
        fn what_was_added_is_what_is_read(name in "[a-z0-9][a-z0-9-]{0,5}", path in "[!-~][ -~é\"\\\\]{0,9}") {
            let source = source(&format!("path:{path}"));
            for before in ["", TEXT, "plugins = {}\n"] {
                let text = add_plugin(before, &name, &source).unwrap();
                let config = crate::config::parse("gonogo.toml".as_ref(), &text).unwrap();
                prop_assert_eq!(config.plugins[&name].source.value.to_string(), source.source.clone());
                let without = crate::config::parse("gonogo.toml".as_ref(), &remove_plugin(&text, &name).unwrap()).unwrap();
                prop_assert!(!without.plugins.contains_key(&name));
            }
        }
    }
}
