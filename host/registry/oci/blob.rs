//! Blobs: streamed, hashed on the way, and resumed where they broke off.

use std::{
    io::{Read, Write},
    path::Path,
    time::Duration,
};

use reqwest::{
    Method, Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, LOCATION, RANGE},
};
use sha2::{Digest, Sha256};

use super::{
    Error, Remote,
    artifact::{self, Blob},
    causes,
};
use crate::{
    domain::limits::{RETRIES, RETRIES_ALTOGETHER, RETRY_PAUSE, UPLOAD_CHUNK},
    registry::hex,
};

/// Why a stream ended before its end.
enum Broken {
    /// The line: it may be tried again.
    Line(String),
    /// Anything else.
    Fault(Error),
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        match error {
            Error::Unreachable { why, .. } => Self::Line(why),
            error => Self::Fault(error),
        }
    }
}

/// Bytes on their way from the registry.
struct Stream<'s, W> {
    into: &'s mut W,
    path: &'s Path,
    hash: Sha256,
    have: u64,
}

impl Remote {
    /// A blob in memory, of which there may be at most so much.
    pub async fn small_blob(&self, blob: &Blob, most: u64, what: &str) -> Result<Vec<u8>, Error> {
        if blob.size > most {
            return Err(Error::TooLarge { what: what.to_owned(), size: blob.size, most });
        }
        let mut bytes = Vec::new();
        self.blob(blob, &mut bytes, Path::new("memory"), what, &|_, _| ()).await?;
        Ok(bytes)
    }

    /// Streams a blob into something. After a lost connection it goes on where it was; a registry without ranges sends the beginning
    /// again, which is skipped. The digest is that of all that went into it.
    pub async fn blob(
        &self,
        blob: &Blob,
        into: &mut impl Write,
        path: &Path,
        what: &str,
        progress: &dyn Fn(u64, Option<u64>),
    ) -> Result<(), Error> {
        let mut stream = Stream { into, path, hash: Sha256::new(), have: 0 };
        let (mut tries, mut altogether) = (0, 0);
        loop {
            let before = stream.have;
            let why = match self.rest(blob, &mut stream, what, progress).await {
                Ok(()) => break,
                Err(Broken::Fault(error)) => return Err(error),
                Err(Broken::Line(why)) => why,
            };
            // Some progress is worth another few attempts, but not without end.
            tries = if stream.have > before { 1 } else { tries + 1 };
            altogether += 1;
            if tries > RETRIES || altogether > RETRIES_ALTOGETHER {
                let (registry, what) = (self.registry(), what.to_owned());
                let (have, size) = (stream.have, blob.size);
                return Err(Error::Interrupted { registry, what, have, size, tries: altogether - 1, why });
            }
            tracing::info!("{what}: {why}; going on at byte {} of {}", stream.have, blob.size);
            tokio::time::sleep(RETRY_PAUSE * 2_u32.pow(tries - 1)).await;
        }
        let found = format!("sha256:{}", hex(&stream.hash.finalize()));
        match found == blob.digest {
            true => Ok(()),
            false => Err(Error::Digest { what: what.to_owned(), expected: blob.digest.clone(), found }),
        }
    }

    /// What is left of a blob, over one connection.
    async fn rest<W: Write>(
        &self,
        blob: &Blob,
        stream: &mut Stream<'_, W>,
        what: &str,
        progress: &dyn Fn(u64, Option<u64>),
    ) -> Result<(), Broken> {
        if stream.have > 0 {
            // The token may be as old as the download.
            self.authorize().await?;
        }
        let request = self.request(Method::GET, &format!("blobs/{}", blob.digest));
        let request = match stream.have {
            0 => request,
            have => request.header(RANGE, format!("bytes={have}-")),
        };
        let response = self.send(request).await?;
        if response.status().is_server_error() || response.status() == StatusCode::TOO_MANY_REQUESTS {
            return Err(Broken::Line(format!("the registry answers {}", response.status())));
        }
        let mut response = self.succeeded(response, what).await?;
        let mut skip = begins(&response, stream.have, what)?;
        while let Some(chunk) = response.chunk().await.map_err(|error| Broken::Line(causes(&error)))? {
            let skipped = usize::try_from(skip).map_or(chunk.len(), |skip| skip.min(chunk.len()));
            skip -= skipped as u64;
            let chunk = &chunk[skipped..];
            let size = stream.have + chunk.len() as u64;
            if size > blob.size {
                return Err(Error::TooLarge { what: what.to_owned(), size, most: blob.size }.into());
            }
            stream.into.write_all(chunk).map_err(|source| {
                Broken::Fault(Error::Io { tried: "write", path: stream.path.to_owned(), source })
            })?;
            stream.hash.update(chunk);
            stream.have = size;
            progress(size, Some(blob.size));
        }
        match stream.have == blob.size {
            true => Ok(()),
            false => Err(Broken::Line("the registry ended the answer early".to_owned())),
        }
    }

    /// Puts bytes into the repository, unless they are there.
    pub async fn put_small_blob(&self, bytes: &[u8], what: &str) -> Result<Blob, Error> {
        let blob = artifact::named(bytes);
        self.put_blob(&blob, &mut &*bytes, Path::new(what), what, &|_, _| ()).await?;
        Ok(blob)
    }

    /// Streams bytes into the repository, unless they are there. They must be those of the blob's digest, which the registry checks, too.
    pub async fn put_blob(
        &self,
        blob: &Blob,
        from: &mut impl Read,
        path: &Path,
        what: &str,
        progress: &dyn Fn(u64, Option<u64>),
    ) -> Result<(), Error> {
        let there = self.send(self.request(Method::HEAD, &format!("blobs/{}", blob.digest))).await?;
        if there.status().is_success() {
            return Ok(());
        }
        let begun = self.request(Method::POST, "blobs/uploads/").header(CONTENT_LENGTH, 0);
        let begun = self.succeeded(self.send(begun).await?, what).await?;
        let mut location = self.location(&begun, what)?;
        let mut have = 0;
        loop {
            let mut chunk = Vec::new();
            let part = Read::by_ref(from).take(UPLOAD_CHUNK).read_to_end(&mut chunk);
            let failed = |source| Error::Io { tried: "read", path: path.to_owned(), source };
            if part.map_err(failed)? == 0 {
                break;
            }
            let end = have + chunk.len() as u64;
            let request = self
                .to(Method::PATCH, &location)
                .header(CONTENT_TYPE, "application/octet-stream")
                .header(CONTENT_LENGTH, chunk.len())
                .header(CONTENT_RANGE, format!("{have}-{}", end - 1))
                .body(chunk);
            let taken = self.succeeded(self.send(request).await?, what).await?;
            location = self.location(&taken, what)?;
            have = end;
            progress(have, Some(blob.size));
        }
        let between = if location.contains('?') { '&' } else { '?' };
        let end = self.to(Method::PUT, &format!("{location}{between}digest={}", blob.digest));
        self.succeeded(self.send(end.header(CONTENT_LENGTH, 0)).await?, what).await?;
        Ok(())
    }

    /// Where an upload goes on.
    fn location(&self, response: &Response, what: &str) -> Result<String, Error> {
        let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
        match location {
            Some(path) if path.starts_with('/') => Ok(format!("{}{path}", self.origin)),
            Some(url) => Ok(url.to_owned()),
            None => {
                let why = "it does not say where the upload goes on".to_owned();
                Err(Error::Malformed { what: what.to_owned(), why })
            }
        }
    }
}

/// How many bytes of an answer are there already.
fn begins(response: &Response, have: u64, what: &str) -> Result<u64, Error> {
    if response.status() != StatusCode::PARTIAL_CONTENT {
        return Ok(have);
    }
    let range = response.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
    let begin = range.and_then(|range| range.strip_prefix("bytes ")?.split('-').next()?.parse::<u64>().ok());
    match begin {
        Some(begin) if begin <= have => Ok(have - begin),
        _ => {
            let why = format!("expected the bytes from {have} on, found {}", range.unwrap_or("no range"));
            Err(Error::Malformed { what: what.to_owned(), why })
        }
    }
}

/// The pauses together give a registry time to be started again.
const _: () = assert!(RETRY_PAUSE.as_millis() * ((1 << RETRIES) - 1) >= Duration::from_secs(5).as_millis());
