//! Registries, as OCI's distribution specification has them.
//!
//! Logins and manifests' types are those of oci-client. The transfers are our own, over reqwest: each answer has a bound, blobs are streamed and resumed, no proxy
//! is taken from the environment, and no redirect leads to plain HTTP.

pub mod artifact;
mod blob;
mod error;
mod referrers;

use std::cell::RefCell;

use oci_client::{
    RegistryOperation,
    client::{ClientConfig, ClientProtocol},
    errors::{OciDistributionError, OciEnvelope},
    manifest::{
        IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE,
        OCI_IMAGE_MEDIA_TYPE, OciImageIndex,
    },
    secrets::RegistryAuth,
};
use reqwest::{
    Client, Method, RequestBuilder, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
    redirect::Policy,
};

pub use error::Error;

use super::{credentials, digest};
use crate::domain::{
    limits::{CONNECT_TIMEOUT, ERROR_BYTES, OCI_MANIFEST_BYTES, REDIRECTS, SILENCE_TIMEOUT},
    source::Reference,
    text,
};
use artifact::Artifact;

/// One repository of a registry, with what it takes to ask it.
pub(super) struct Remote {
    reference: Reference,
    /// `https://registry.example`.
    origin: String,
    http: Client,
    tokens: oci_client::Client,
    login: RegistryAuth,
    operation: RegistryOperation,
    /// The value of the header that says who asks.
    authorization: RefCell<Option<String>>,
}

/// A manifest that came, and that has the digest that it should have.
pub(super) struct Manifest {
    pub bytes: Vec<u8>,
    pub media_type: String,
}

impl Remote {
    /// Asks a registry who may do this; from then on each request says who asks.
    pub async fn connect(
        reference: &Reference,
        insecure_http: bool,
        operation: RegistryOperation,
    ) -> Result<Self, Error> {
        let login = credentials::of(&reference.registry)?;
        let plain = insecure_http || is_loopback(&reference.registry);
        let host = named(reference).resolve_registry().to_owned();
        let unreachable =
            |error: &dyn std::error::Error| Error::Unreachable { registry: host.clone(), why: causes(error) };
        let http = Client::builder()
            .https_only(!plain)
            .no_proxy()
            .redirect(Policy::limited(REDIRECTS))
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(SILENCE_TIMEOUT)
            .user_agent(AGENT)
            .build()
            .map_err(|error| unreachable(&error))?;
        let config = ClientConfig {
            protocol: if plain { ClientProtocol::Http } else { ClientProtocol::Https },
            connect_timeout: Some(CONNECT_TIMEOUT),
            read_timeout: Some(SILENCE_TIMEOUT),
            user_agent: AGENT,
            // A proxy that is used for no host at all: without one, the environment's would be taken. `*` means names alone.
            http_proxy: Some(NO_PROXY.to_owned()),
            https_proxy: Some(NO_PROXY.to_owned()),
            no_proxy: Some("*,0.0.0.0/0,::/0".to_owned()),
            ..ClientConfig::default()
        };
        let tokens = oci_client::Client::try_from(config).map_err(|error| unreachable(&error))?;
        let scheme = if plain { "http" } else { "https" };
        let remote = Self {
            reference: reference.clone(),
            origin: format!("{scheme}://{host}"),
            http,
            tokens,
            login,
            operation,
            authorization: RefCell::default(),
        };
        remote.authorize().await?;
        Ok(remote)
    }

    /// Gets a fresh token, where the registry works with tokens.
    async fn authorize(&self) -> Result<(), Error> {
        let image = named(&self.reference);
        let asked = self.tokens.auth(&image, &self.login, self.operation);
        let token = match tokio::time::timeout(SILENCE_TIMEOUT, asked).await {
            Ok(Ok(token)) => token,
            Ok(Err(OciDistributionError::AuthenticationFailure(why))) => {
                return Err(self.unauthorized(&text::line(&why, 200)));
            }
            Ok(Err(error)) => {
                return Err(Error::Unreachable { registry: self.registry(), why: causes(&error) });
            }
            Err(_) => {
                let why = format!("no answer within {} s", SILENCE_TIMEOUT.as_secs());
                return Err(Error::Unreachable { registry: self.registry(), why });
            }
        };
        let basic = || match &self.login {
            RegistryAuth::Basic(user, password) => {
                use base64::{Engine, engine::general_purpose::STANDARD};
                Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
            }
            _ => None,
        };
        let authorization = token.map(|token| format!("Bearer {token}")).or_else(basic);
        self.authorization.replace(authorization);
        Ok(())
    }

    /// The artifact of the reference, or the one with that manifest's digest in the same repository.
    pub async fn artifact(&self, pinned: Option<&str>) -> Result<Artifact, Error> {
        let (reference, tag) = (&self.reference, self.reference.tag.as_deref());
        let asked = pinned.or(reference.digest.as_deref()).or(tag).unwrap_or("latest");
        let what = self.called(asked);
        let manifest = self.manifest(asked).await?.ok_or_else(|| Error::Missing(what.clone()))?;
        // A reference with both says what the tag should mean.
        if let (Some(pinned), Some(written)) = (pinned, reference.digest.as_deref())
            && pinned != written
        {
            let (expected, found) = (written.to_owned(), pinned.to_owned());
            return Err(Error::Digest { what, expected, found });
        }
        if manifest.media_type == OCI_IMAGE_INDEX_MEDIA_TYPE
            || manifest.media_type == IMAGE_MANIFEST_LIST_MEDIA_TYPE
        {
            let index = serde_json::from_slice::<OciImageIndex>(&manifest.bytes).ok();
            let has = index.into_iter().flat_map(|index| index.manifests).take(4);
            let has = has.map(|entry| text::line(&entry.digest, 80)).collect::<Vec<_>>().join(", ");
            return Err(Error::List { what, found: manifest.media_type, has });
        }
        Artifact::parse(&manifest.bytes, &what)
    }

    /// A manifest by its tag or digest, if there is one.
    pub async fn manifest(&self, asked: &str) -> Result<Option<Manifest>, Error> {
        let what = self.called(asked);
        let accept = [
            OCI_IMAGE_MEDIA_TYPE,
            OCI_IMAGE_INDEX_MEDIA_TYPE,
            IMAGE_MANIFEST_MEDIA_TYPE,
            IMAGE_MANIFEST_LIST_MEDIA_TYPE,
        ];
        let request =
            self.request(Method::GET, &format!("manifests/{asked}")).header(ACCEPT, accept.join(", "));
        let response = self.send(request).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let response = self.succeeded(response, &what).await?;
        let header = |name: &str| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        let (said, promised) = (header(CONTENT_TYPE.as_str()), header("docker-content-digest"));
        let bytes = self.bounded(response, OCI_MANIFEST_BYTES, &what).await?;
        let digest = format!("sha256:{}", digest(&bytes));
        let expected = if asked.starts_with("sha256:") { Some(asked.to_owned()) } else { promised };
        if let Some(expected) = expected.filter(|expected| *expected != digest) {
            return Err(Error::Digest { what: format!("the manifest of {what}"), expected, found: digest });
        }
        // What the manifest says of itself is part of what has the digest; what the server says of it is not.
        let own = serde_json::from_slice::<serde_json::Value>(&bytes).ok();
        let own = own.and_then(|manifest| Some(manifest.get("mediaType")?.as_str()?.to_owned()));
        let media_type = text::line(&own.or(said).unwrap_or_default(), 120);
        Ok(Some(Manifest { bytes, media_type }))
    }

    /// Puts a manifest under a tag or its digest. Says whether the registry keeps lists of referrers by itself.
    pub async fn put_manifest(&self, name: &str, media_type: &str, bytes: &[u8]) -> Result<bool, Error> {
        let request = self.request(Method::PUT, &format!("manifests/{name}"));
        let request = request.header(CONTENT_TYPE, media_type).body(bytes.to_vec());
        let response = self.succeeded(self.send(request).await?, &self.called(name)).await?;
        Ok(response.headers().contains_key("oci-subject"))
    }

    fn registry(&self) -> String {
        self.reference.registry.clone()
    }

    /// A tag or a digest of this repository, for people.
    fn called(&self, name: &str) -> String {
        let between = if name.starts_with("sha256:") { '@' } else { ':' };
        format!("oci://{}/{}{between}{name}", self.reference.registry, self.reference.repository)
    }

    /// A request about this repository.
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let repository = named(&self.reference).repository().to_owned();
        self.to(method, &format!("{}/v2/{repository}/{path}", self.origin))
    }

    /// A request to any address; only the registry itself hears who asks.
    fn to(&self, method: Method, url: &str) -> RequestBuilder {
        let request = self.http.request(method, url);
        let own = url.strip_prefix(&self.origin).is_some_and(|rest| rest.starts_with('/'));
        match &*self.authorization.borrow() {
            Some(authorization) if own => request.header(AUTHORIZATION, authorization),
            _ => request,
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        let lost =
            |error: reqwest::Error| Error::Unreachable { registry: self.registry(), why: causes(&error) };
        request.send().await.map_err(lost)
    }

    /// The answer, where it is no refusal.
    async fn succeeded(&self, response: Response, what: &str) -> Result<Response, Error> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = self.bounded(response, ERROR_BYTES, what).await.unwrap_or_default();
        let said = serde_json::from_slice::<OciEnvelope>(&body).ok().map(|envelope| {
            let said = envelope.errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>();
            text::line(&said.join(", "), 200)
        });
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(self.unauthorized(&said.unwrap_or_else(|| status.to_string())))
            }
            StatusCode::NOT_FOUND => Err(Error::Missing(what.to_owned())),
            status => Err(Error::Status {
                what: what.to_owned(),
                status: status.to_string(),
                said: said.map(|said| format!(": {said}")).unwrap_or_default(),
            }),
        }
    }

    fn unauthorized(&self, why: &str) -> Error {
        let anonymous = self.login == RegistryAuth::Anonymous;
        Error::Unauthorized {
            registry: self.registry(),
            repository: self.reference.repository.clone(),
            who: if anonymous { "anybody without a login" } else { "this login" },
            doing: if self.operation == RegistryOperation::Push { "write" } else { "read" },
            why: why.to_owned(),
        }
    }

    /// A body of which there may be at most so much, whatever the server says of its length.
    async fn bounded(&self, mut response: Response, most: usize, what: &str) -> Result<Vec<u8>, Error> {
        let lost =
            |error: reqwest::Error| Error::Unreachable { registry: self.registry(), why: causes(&error) };
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(lost)? {
            if bytes.len() + chunk.len() > most {
                let size = (bytes.len() + chunk.len()) as u64;
                return Err(Error::TooLarge {
                    what: format!("the answer for {what}"),
                    size,
                    most: most as u64,
                });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

const AGENT: &str = concat!("gonogo/", env!("CARGO_PKG_VERSION"));

/// Nobody listens there.
const NO_PROXY: &str = "http://127.0.0.1:9";

/// As oci-client names it.
fn named(reference: &Reference) -> oci_client::Reference {
    let tag = reference.tag.as_deref().unwrap_or("latest");
    oci_client::Reference::with_tag(reference.registry.clone(), reference.repository.clone(), tag.to_owned())
}

/// Whether a registry is on this machine, where nobody listens in between.
fn is_loopback(registry: &str) -> bool {
    let host = match registry.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => registry.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// An error with all that it comes from, in one line: the outermost of reqwest's says nothing but where.
fn causes(error: &dyn std::error::Error) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked_over_plain_http() {
        for here in ["localhost", "localhost:5000", "127.0.0.1:5055", "127.8.0.1", "[::1]:5000", "[::1]"] {
            assert!(is_loopback(here), "{here}");
        }
        for there in
            ["localhost.example", "registry.example:5000", "10.0.0.1", "[fe80::1]:5000", "127.0.0.1.example"]
        {
            assert!(!is_loopback(there), "{there}");
        }
    }
}
