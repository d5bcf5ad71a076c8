//! The parameter that names a table.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Attributes, Endpoint, Variable};

/// A table: files, and how they are read. Written as one name (`"data/train.csv"`), as several, or as a table of options with the names as `files`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum Dataset {
    /// Files, read as they look.
    Files(Files),
    /// Files, and how they are read.
    Read(Box<Reading>),
}

/// Names of files: each that of a file, of a directory, or a pattern (`data/train/*.parquet`); or of a remote object (`s3://bucket/train/*.parquet`,
/// `https://data.example/train.parquet`), which is read where `endpoint` names its server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum Files {
    /// One name.
    One(Name),
    /// Several, whose rows follow one another.
    Several(#[schemars(length(min = 1))] Vec<Name>),
}

/// A name of files that may be read as a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("x-gonogo-grant" = "dataset"))]
pub struct Name(#[schemars(length(min = 1))] pub String);

/// Files, and how they are read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(inline)]
pub struct Reading {
    /// A file, a directory or a pattern, or several.
    pub files: Files,
    /// What the files are. Without it their first bytes and extensions tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// How they are compressed. Without it their first bytes tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<Compression>,
    /// What stands between the fields of a row of CSV. Without it the first lines tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// What stands around fields of CSV; empty for nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// What stands before a quote in a quoted field of CSV; without it quotes are doubled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escape: Option<String>,
    /// What lines of CSV that are skipped begin with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Whether the first row of CSV has the names of the columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// The names of the columns of CSV, in place of the header's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The encoding of text, as the web names it: `windows-1252`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Cells of CSV that are null, besides empty ones: `NA`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nulls: Vec<String>,
    /// Whether the types of columns of CSV are found, or all are text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub types: Option<Types>,
    /// Whether directories named `name=value` are columns. Without it they are where a directory or a pattern was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partitions: Option<bool>,
    /// The server of remote files: that of an `https://` name, or the S3 service of `s3://` ones (`https://s3.eu-central-1.amazonaws.com`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
    /// The region of the S3 service; without it `us-east-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The variable that holds the id of a key of S3: `AWS_ACCESS_KEY_ID`. Without one, requests are not signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<Variable>,
    /// The variable that holds the key itself: `AWS_SECRET_ACCESS_KEY`. Its value stays in the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_access_key: Option<Variable>,
    /// The variable that holds the token of a session: `AWS_SESSION_TOKEN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_token: Option<Variable>,
}

/// What files can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Format {
    /// Fields between commas, tabs or the like.
    Csv,
    /// An object of JSON on each line.
    Jsonl,
    /// A list of objects.
    Json,
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow's IPC file or stream (Feather).
    Arrow,
}

/// How files can be compressed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// Where the types of columns come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Types {
    /// From what the cells spell.
    Found,
    /// All is text.
    Text,
}

impl Dataset {
    /// Files by their names, read as they look.
    pub fn named<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Self {
        Self::Files(Files::Several(names.into_iter().map(|name| Name(name.into())).collect()))
    }

    /// The names, as they were written.
    pub fn files(&self) -> Vec<String> {
        let files = match self {
            Self::Files(files) => files,
            Self::Read(reading) => &reading.files,
        };
        match files {
            Files::One(name) => vec![name.0.clone()],
            Files::Several(names) => names.iter().map(|name| name.0.clone()).collect(),
        }
    }

    /// How they are read, by the contract's names.
    pub fn options(&self) -> Attributes {
        let Self::Read(reading) = self else { return Attributes::default() };
        let mut options = serde_json::to_value(reading).unwrap_or_default();
        if let Some(options) = options.as_object_mut() {
            options.remove("files");
        }
        serde_json::from_value(options).unwrap_or_default()
    }

    /// The same table with an option of its own, by the contract's name: `nulls`, `types`, …
    #[must_use]
    pub fn with(&self, change: impl FnOnce(&mut Reading)) -> Self {
        let mut reading = match self {
            Self::Read(reading) => reading.clone(),
            Self::Files(files) => Box::new(Reading {
                files: files.clone(),
                format: None,
                compression: None,
                delimiter: None,
                quote: None,
                escape: None,
                comment: None,
                header: None,
                columns: Vec::new(),
                encoding: None,
                nulls: Vec::new(),
                types: None,
                partitions: None,
                endpoint: None,
                region: None,
                access_key_id: None,
                secret_access_key: None,
                session_token: None,
            }),
        };
        change(&mut reading);
        Self::Read(reading)
    }
}

impl From<&str> for Dataset {
    fn from(name: &str) -> Self {
        Self::Files(Files::One(Name(name.to_owned())))
    }
}

impl std::fmt::Display for Dataset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.files().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn it_is_written_in_three_ways() {
        let read = |value: Value| serde_json::from_value::<Dataset>(value);
        let one = read(json!("a.csv")).unwrap();
        assert_eq!((one.files(), one.options()), (vec!["a.csv".to_owned()], Attributes::default()));
        assert_eq!(read(json!(["a", "b"])).unwrap().files(), ["a", "b"]);
        let full = read(json!({"files": ["a"], "delimiter": ";", "header": false, "nulls": ["NA"]})).unwrap();
        let options = serde_json::to_value(full.options()).unwrap();
        assert_eq!(options, json!({"delimiter": ";", "header": false, "nulls": ["NA"]}));
        let away = json!({"files": "s3://b/x.csv", "endpoint": "https://s3.example", "access-key-id": "ID"});
        let options = serde_json::to_value(read(away).unwrap().options()).unwrap();
        assert_eq!(options, json!({"endpoint": "https://s3.example", "access-key-id": "ID"}));
        for wrong in [json!({"files": "a", "delimeter": ";"}), json!(1), json!({"format": "csv"})] {
            assert!(read(wrong).is_err());
        }
        let text = one.with(|reading| reading.types = Some(Types::Text));
        assert_eq!(serde_json::to_value(text.options()).unwrap(), json!({"types": "text"}));
    }

    #[test]
    fn every_name_in_its_schema_carries_authority_and_nothing_else_does() {
        let schema = serde_json::to_value(schemars::schema_for!(Dataset)).unwrap();
        let text = schema.to_string();
        let count = |kind: &str| text.matches(&format!(r#""x-gonogo-grant":"{kind}""#)).count();
        assert_eq!((count("dataset"), count("endpoint"), count("variable")), (4, 1, 3), "{text}");
        assert_eq!(text.matches("x-gonogo-grant").count(), 8, "{text}");
        assert!(!text.contains("$ref"), "{text}");
    }
}
