//! Ways into a value: parts of JSON Web Tokens, base64, fields of JSON.

use std::borrow::Cow;

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::Value;

use crate::domain::{Error, text};

/// Most steps: a token in a field of a configuration in base64 takes five.
const MOST_STEPS: usize = 8;

/// One step.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// The first part of a JSON Web Token.
    JwtHeader,
    /// Its second part.
    JwtClaims,
    /// All of it, with the alphabet of files or of addresses, padded or not.
    Base64,
    /// A field of an object.
    Json(&'a str),
}

impl<'a> Step<'a> {
    /// The steps of these names.
    pub fn all(names: &'a [String]) -> Result<Vec<Self>, Error> {
        if names.len() > MOST_STEPS {
            return Err(Error::Limit(format!("more than {MOST_STEPS} steps into a value")));
        }
        let step = |name: &'a String| match name.as_str() {
            "jwt-header" => Ok(Self::JwtHeader),
            "jwt-claims" => Ok(Self::JwtClaims),
            "base64" => Ok(Self::Base64),
            other => other.strip_prefix("json:").map(Self::Json).ok_or_else(|| {
                let other = text::line(other, 100);
                Error::Unsupported(format!(
                    "'{other}' is no step into a value: there are jwt-header, jwt-claims, base64, json:NAME"
                ))
            }),
        };
        names.iter().map(step).collect()
    }
}

/// Where the steps lead; nothing where one of them leads nowhere.
pub fn apply<'v>(steps: &[Step<'_>], value: &'v [u8]) -> Option<Cow<'v, [u8]>> {
    steps.iter().try_fold(Cow::Borrowed(value), |value, step| {
        let found = match step {
            Step::JwtHeader => from_base64(value.trim_ascii().split(|byte| *byte == b'.').next()?)?,
            Step::JwtClaims => from_base64(value.trim_ascii().split(|byte| *byte == b'.').nth(1)?)?,
            Step::Base64 => from_base64(&value)?,
            Step::Json(name) => match serde_json::from_slice::<Value>(&value).ok()?.get_mut(*name)?.take() {
                Value::String(text) => text.into_bytes(),
                other => other.to_string().into_bytes(),
            },
        };
        Some(Cow::Owned(found))
    })
}

fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<_>>();
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if text.iter().any(|byte| matches!(byte, b'-' | b'_')) { URL_SAFE } else { STANDARD };
    GeneralPurpose::new(&alphabet, config.with_decode_allow_trailing_bits(true)).decode(text).ok()
}
