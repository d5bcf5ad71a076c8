//! How servers are spoken to: the named one only, at addresses that were looked at, without proxies, without following where they send one, and never more
//! of what they say than was asked for.

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::Once,
    task::{Context, Poll},
    time::Duration,
};

use async_trait::async_trait;
use http_body::{Body, Frame, SizeHint};
use object_store::{
    ClientOptions,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody,
        HttpService,
    },
};
use reqwest::{
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};

use crate::domain::{Endpoint, endpoint::Scheme, text};

/// How long a connection may take: to the other side of the world, with a packet lost.
const CONNECTING: Duration = Duration::from_secs(10);

/// How long a server may say nothing.
const SILENT: Duration = Duration::from_secs(30);

/// Most bytes of a page of a listing (1,000 keys), and of what a server says to a refusal.
const MOST_TOLD: u64 = 8 << 20;

/// Why a request was not made, or its answer not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// An address that must not be connected to.
    #[error("{0}")]
    Address(String),
    /// The store would have asked somebody else.
    #[error("the request would have gone to {0}, which no parameter names")]
    Elsewhere(String),
    /// An answer that sends one elsewhere.
    #[error("it sends one on to '{0}', which is not followed: name that place itself")]
    Redirect(String),
    /// An answer that does not end.
    #[error("it sends more than was asked for")]
    TooMuch,
    /// A client that cannot be made.
    #[error("no connection can be made: {0}")]
    Client(String),
}

/// Speaks to one server.
#[derive(Clone, Debug)]
pub struct Client {
    server: Endpoint,
    client: reqwest::Client,
}

impl Client {
    pub fn new(server: &Endpoint) -> Result<Self, Refused> {
        // Others may have chosen the same already.
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| _ = rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .https_only(server.scheme == Scheme::Https)
            .http1_only()
            .dns_resolver(Resolver(server.clone()))
            .connect_timeout(CONNECTING)
            .read_timeout(SILENT)
            .user_agent(concat!("gonogo/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Refused::Client(said(&error)))?;
        Ok(Self { server: server.clone(), client })
    }
}

impl HttpConnector for Client {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Client {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let refused = |why| HttpError::new(HttpErrorKind::Unknown, why);
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string();
        match Endpoint::of_url(&url) {
            Ok((server, _)) if server == self.server => {}
            _ => return Err(refused(Refused::Elsewhere(text::line(&url, 200)))),
        }
        // An address needs no resolver, so nobody else looks at it.
        if let Some(address) = self.server.address() {
            self.server.may_connect(address).map_err(|why| refused(Refused::Address(why)))?;
        }
        let most = asked_for(&parts);
        let mut asked = self.client.request(parts.method, url).headers(parts.headers);
        if let Some(body) = body.as_bytes().filter(|body| !body.is_empty()) {
            asked = asked.body(body.clone());
        }
        let answer = asked.send().await.map_err(failed)?;
        if answer.status().is_redirection() {
            let place = answer.headers().get("location").and_then(|place| place.to_str().ok());
            return Err(refused(Refused::Redirect(text::line(place.unwrap_or("nowhere"), 200))));
        }
        let most = if answer.status().is_success() { most } else { Some(MOST_TOLD) };
        let (parts, body) = http::Response::<reqwest::Body>::from(answer).into_parts();
        let left = most.unwrap_or(u64::MAX);
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(Bounded { body, left })))
    }
}

/// How many bytes an answer may have; `None` where whoever reads it counts them.
fn asked_for(parts: &http::request::Parts) -> Option<u64> {
    let listing = parts.uri.query().is_some_and(|query| query.contains("list-type"));
    if listing {
        return Some(MOST_TOLD);
    }
    let range = parts.headers.get("range")?.to_str().ok()?.strip_prefix("bytes=")?;
    let (start, end) = range.split_once('-')?;
    let (start, end) = (start.parse::<u64>().ok()?, end.parse::<u64>().ok()?);
    // Nothing is left to ask for where a request is made again after the last byte.
    Some(end.checked_add(1)?.saturating_sub(start))
}

/// An answer that ends where it may.
struct Bounded {
    body: reqwest::Body,
    left: u64,
}

impl Body for Bounded {
    type Data = <reqwest::Body as Body>::Data;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, HttpError>>> {
        Pin::new(&mut self.body).poll_frame(context).map(|frame| {
            frame.map(|frame| {
                let frame = frame.map_err(failed)?;
                let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                match self.left.checked_sub(length) {
                    Some(left) => self.left = left,
                    None => return Err(HttpError::new(HttpErrorKind::Unknown, Refused::TooMuch)),
                }
                Ok(frame)
            })
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Finds addresses, and leaves out those that must not be connected to.
struct Resolver(Endpoint);

impl Resolve for Resolver {
    fn resolve(&self, _: Name) -> Resolving {
        let server = self.0.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((server.host.as_str(), server.port)).await?;
            let mut addresses = Vec::<SocketAddr>::new();
            for address in found {
                // One bad address among good ones is no accident.
                server.may_connect(address.ip()).map_err(Refused::Address)?;
                addresses.push(address);
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// What went wrong on the way, without the URL: whoever shows it knows which.
fn failed(error: reqwest::Error) -> HttpError {
    let kind = if error.is_connect() {
        HttpErrorKind::Connect
    } else if error.is_timeout() {
        HttpErrorKind::Timeout
    } else {
        HttpErrorKind::Interrupted
    };
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(error) = source {
        if let Some(Refused::Address(why)) = error.downcast_ref::<Refused>() {
            // Asking again would find the same.
            return HttpError::new(HttpErrorKind::Unknown, Refused::Address(why.clone()));
        }
        source = error.source();
    }
    HttpError::new(kind, Said { timeout: error.is_timeout(), what: said(&error.without_url()) })
}

/// What a connection said.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct Said {
    /// Whether it was the time that was over.
    pub timeout: bool,
    pub what: String,
}

/// An error with its causes.
fn said(error: &dyn std::error::Error) -> String {
    let mut parts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(error) = source {
        let part = error.to_string();
        if parts.last().is_none_or(|last| !last.contains(&part)) {
            parts.push(part);
        }
        source = error.source();
    }
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_to_this_machine_is_not_followed() {
        // The system's resolver reads it as 127.0.0.1. No parameter can name it.
        let odd = Endpoint { scheme: Scheme::Http, host: "0x7f000001".to_owned(), port: 80 };
        let here = Endpoint { host: "localhost".to_owned(), ..odd.clone() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let resolve = |server: Endpoint| {
            let found = runtime.block_on(Resolver(server).resolve("name".parse().unwrap()));
            found.map(Iterator::count).map_err(|error| error.to_string())
        };
        assert!(resolve(odd).unwrap_err().contains("which is this machine"));
        assert!(resolve(here).unwrap() > 0);
    }
}
