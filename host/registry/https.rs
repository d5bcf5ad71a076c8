//! Downloads over HTTPS: whole or not at all.

use std::error::Error as _;

use reqwest::{Client, redirect::Policy};

use super::Error;
use crate::domain::{
    limits::{CONNECT_TIMEOUT, FETCH_TIMEOUT, REDIRECTS, SILENCE_TIMEOUT},
    text,
};

/// All bytes of an address, of which there may be at most `most`.
pub(super) async fn download(
    url: &str,
    most: usize,
    progress: &dyn Fn(u64, Option<u64>),
) -> Result<Vec<u8>, Error> {
    let failed = |error: reqwest::Error| Error::Http { url: url.to_owned(), why: causes(&error) };
    let client = Client::builder()
        .https_only(true) // also behind a redirect
        .no_proxy()
        .redirect(Policy::limited(REDIRECTS))
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(SILENCE_TIMEOUT)
        .timeout(FETCH_TIMEOUT)
        .user_agent(concat!("gonogo/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(failed)?;
    let mut response = client.get(url).send().await.map_err(failed)?;
    if !response.status().is_success() {
        return Err(Error::Status { url: url.to_owned(), status: response.status().to_string() });
    }
    let expected = response.content_length();
    // What a server says of its length is a hint: the bytes are counted all the same.
    if expected.is_some_and(|length| length > most as u64) {
        return Err(Error::TooLarge(url.to_owned()));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if bytes.len() + chunk.len() > most {
            return Err(Error::TooLarge(url.to_owned()));
        }
        bytes.extend_from_slice(&chunk);
        progress(bytes.len() as u64, expected);
    }
    Ok(bytes)
}

/// An error with all that it comes from, in one line: the outermost of reqwest's says nothing but where.
fn causes(error: &reqwest::Error) -> String {
    let mut said = Vec::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let line = inner.to_string();
        if !said.iter().any(|known: &String| known.contains(&line)) {
            said.push(line);
        }
        cause = inner.source();
    }
    if said.is_empty() {
        said.push(error.to_string());
    }
    text::line(&said.join(": "), 600)
}
