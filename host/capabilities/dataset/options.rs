//! How a table is read, as the plugin asks for it. `wit/dataset.wit` says what each option means.

use crate::domain::{Attributes, Error, Value};

/// What files can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    JsonLines,
    Json,
    Parquet,
    Arrow,
}

impl Format {
    /// As the contract calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Json => "json",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }
}

/// How a file is compressed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    None,
    Gzip,
    Zstd,
}

/// What stands around cells that hold delimiters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quote {
    /// `"`.
    #[default]
    Usual,
    /// Nothing does.
    None,
    /// This one.
    Is(u8),
}

/// How a table is read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    pub format: Option<Format>,
    pub compression: Option<Compression>,
    pub delimiter: Option<u8>,
    pub quote: Quote,
    pub escape: Option<u8>,
    pub comment: Option<u8>,
    pub header: Option<bool>,
    pub columns: Vec<String>,
    pub encoding: Option<String>,
    pub nulls: Vec<String>,
    /// All columns of CSV are text.
    pub text: bool,
    pub partitions: Option<bool>,
    /// Where remote files are.
    pub away: Away,
}

/// Where remote files are, and the names of the variables that hold the login.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Away {
    pub endpoint: Option<String>,
    pub region: Option<String>,
    pub access_key_id: Option<String>,
    pub secret_access_key: Option<String>,
    pub session_token: Option<String>,
}

impl Options {
    /// Reads them all, and says what is wrong with the first that is wrong.
    pub fn read(asked: &Attributes) -> Result<Self, Error> {
        let mut options = Self::default();
        for (name, value) in &asked.0 {
            let wrong =
                |wants: &str| Error::Unsupported(format!("the option '{name}' of a table wants {wants}"));
            let text = || match value {
                Value::Text(text) => Ok(text.as_str()),
                _ => Err(wrong("a text")),
            };
            let texts = || match value {
                Value::Texts(texts) => Ok(texts.clone()),
                _ => Err(wrong("a list of texts")),
            };
            let truth = || match value {
                Value::Boolean(truth) => Ok(*truth),
                _ => Err(wrong("true or false")),
            };
            let sign = || match text()?.as_bytes() {
                [sign] if sign.is_ascii() && !matches!(sign, b'\n' | b'\r' | 0) => Ok(*sign),
                _ => Err(wrong("one ASCII character")),
            };
            match name.as_str() {
                "format" => {
                    options.format = Some(match text()? {
                        "csv" => Format::Csv,
                        "jsonl" => Format::JsonLines,
                        "json" => Format::Json,
                        "parquet" => Format::Parquet,
                        "arrow" => Format::Arrow,
                        _ => return Err(wrong("'csv', 'jsonl', 'json', 'parquet' or 'arrow'")),
                    });
                }
                "compression" => {
                    options.compression = Some(match text()? {
                        "none" => Compression::None,
                        "gzip" => Compression::Gzip,
                        "zstd" => Compression::Zstd,
                        _ => return Err(wrong("'none', 'gzip' or 'zstd'")),
                    });
                }
                "delimiter" => options.delimiter = Some(sign()?),
                "quote" if text()?.is_empty() => options.quote = Quote::None,
                "quote" => options.quote = Quote::Is(sign()?),
                "escape" => options.escape = Some(sign()?),
                "comment" => options.comment = Some(sign()?),
                "header" => options.header = Some(truth()?),
                "columns" => options.columns = texts()?,
                "encoding" => options.encoding = Some(text()?.to_owned()),
                "nulls" => options.nulls = texts()?,
                "types" => {
                    options.text = match text()? {
                        "found" => false,
                        "text" => true,
                        _ => return Err(wrong("'found' or 'text'")),
                    }
                }
                "partitions" => options.partitions = Some(truth()?),
                "endpoint" => options.away.endpoint = Some(text()?.to_owned()),
                "region" => options.away.region = Some(text()?.to_owned()),
                "access-key-id" => options.away.access_key_id = Some(text()?.to_owned()),
                "secret-access-key" => options.away.secret_access_key = Some(text()?.to_owned()),
                "session-token" => options.away.session_token = Some(text()?.to_owned()),
                _ => return Err(Error::Unsupported(format!("a table has no option '{name}'"))),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: Value) -> Result<Options, Error> {
        Options::read(&Attributes([(name.to_owned(), value)].into_iter().collect()))
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn what_is_asked_for_is_read() {
        assert_eq!(read("delimiter", text(";")).unwrap().delimiter, Some(b';'));
        assert_eq!(read("quote", text("")).unwrap().quote, Quote::None);
        assert_eq!(read("format", text("jsonl")).unwrap().format, Some(Format::JsonLines));
        assert!(read("types", text("text")).unwrap().text);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (name, value) in [
            ("delimiter", text("ab")),
            ("delimiter", text("é")),
            ("delimiter", text("\n")),
            ("header", text("yes")),
            ("nulls", text("NA")),
            ("format", text("xlsx")),
            ("delimeter", text(";")),
        ] {
            assert!(
                matches!(read(name, value), Err(Error::Unsupported(why)) if why.contains(name)),
                "{name}"
            );
        }
    }
}
