//! Tables that are elsewhere: objects of S3 and files of web servers, where a parameter of the job names the server.
//!
//! [`access`] says what a job may read, [`client`] speaks to servers, [`object`] keeps what was fetched. Requests run on threads of their own; who waits for one
//! waits until its deadline, whatever the server does.

mod access;
mod client;
mod object;
mod ranges;
#[cfg(test)]
mod tests;

use std::{
    future::Future,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::Ordering,
        mpsc::{self, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use globset::GlobBuilder;
use object_store::{
    BackoffConfig, ObjectMeta, ObjectStore, ObjectStoreExt, RetryConfig,
    aws::AmazonS3Builder,
    http::HttpBuilder,
    list::{PaginatedListOptions, PaginatedListStore},
    path::Path as Key,
};
use tokio::runtime::{Builder, Runtime};

pub use self::{access::Access, object::Object};
use self::{
    access::Granted,
    client::{Client, Refused, Said},
    object::{Budget, Wrong},
};
use super::{super::options::Away, member::Member, source::Clock, temporary};
use crate::{
    capabilities::files::Scratch,
    domain::{Endpoint, Error, remote::Remote, text},
};

/// Most objects of a table.
const MOST_OBJECTS: usize = 100_000;

/// Most keys that are looked at to find them.
const MOST_KEYS: usize = 1_000_000;

/// Threads that speak to servers: they wait more than they work.
const THREADS: usize = 2;

/// How often a request that failed on the way, or that a server was too busy for, is made again.
const RETRIES: usize = 3;

/// How long that is worth it.
const RETRYING: Duration = Duration::from_secs(30);

/// How long somebody waits before looking whether anybody still wants the answer.
const LOOK: Duration = Duration::from_millis(100);

/// The connections of a run.
#[derive(Default)]
pub struct Network {
    going: OnceLock<Result<Arc<Going>, Error>>,
}

/// What all requests of a run have in common.
pub struct Going {
    /// Taken out when it ends.
    runtime: Option<Runtime>,
    clients: Mutex<Vec<(Endpoint, Client)>>,
    /// The directory of what is fetched: removed with what is in it.
    room: Scratch,
    budget: Budget,
}

impl Network {
    /// Made when the first remote table is named.
    fn going(&self) -> Result<Arc<Going>, Error> {
        let make = || {
            let runtime = Builder::new_multi_thread()
                .worker_threads(THREADS)
                .thread_name("gonogo-remote")
                .enable_all()
                .build()
                .map_err(|error| Error::from_io("start", "the threads that fetch remote tables", &error))?;
            let (_, room) = temporary::directory("remote")?;
            Ok(Arc::new(Going {
                runtime: Some(runtime),
                clients: Mutex::default(),
                room,
                budget: Budget::default(),
            }))
        };
        self.going.get_or_init(make).clone()
    }

    /// The files of a table that a remote name stands for.
    pub fn select(
        &self,
        access: &Access,
        name: &str,
        away: &Away,
        clock: &Clock,
    ) -> Result<Vec<Member>, Error> {
        let granted = access.grant(name, away)?;
        let going = self.going()?;
        let client = going.client(&granted)?;
        let retry =
            RetryConfig { backoff: BackoffConfig::default(), max_retries: RETRIES, retry_timeout: RETRYING };
        let unmade = |error: object_store::Error| Error::Io(format!("cannot read {name}: {error}"));
        let Remote::Bucket { bucket, key } = granted.remote else {
            let store = HttpBuilder::new().with_url(name).with_retry(retry).with_http_connector(client);
            let store = Arc::new(store.build().map_err(unmade)?);
            let found = head(&going, store.clone(), Key::default(), name, clock)?;
            let object = Object::new(store, granted.server, name.to_owned(), found, going);
            return Ok(vec![Member::remote(name.to_owned(), false, Arc::new(object))]);
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_endpoint(granted.server.to_string())
            .with_region(granted.region.as_deref().unwrap_or("us-east-1"))
            .with_virtual_hosted_style_request(false)
            .with_allow_http(true)
            .with_retry(retry)
            .with_http_connector(client);
        builder = match &granted.login {
            None => builder.with_skip_signature(true),
            Some(login) => {
                let builder = builder
                    .with_access_key_id(login.key_id.as_str())
                    .with_secret_access_key(login.secret.as_str());
                match &login.token {
                    None => builder,
                    Some(token) => builder.with_token(token.as_str()),
                }
            }
        };
        let store = Arc::new(builder.build().map_err(unmade)?);
        let found = in_bucket(&going, &store, name, key, clock)?;
        let member = |(meta, found): (ObjectMeta, bool)| {
            let path = format!("s3://{bucket}/{}", meta.location);
            let (store, going) = (Arc::clone(&store), Arc::clone(&going));
            let object = Object::new(store, granted.server.clone(), path.clone(), meta, going);
            Member::remote(path, found, Arc::new(object))
        };
        Ok(found.into_iter().map(member).collect())
    }
}

impl Going {
    fn client(&self, granted: &Granted<'_>) -> Result<Client, Error> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = clients.iter().find(|(server, _)| *server == granted.server) {
            return Ok(client.clone());
        }
        let client = Client::new(&granted.server)
            .map_err(|error| Error::Io(format!("cannot read {}: {error}", granted.name)))?;
        clients.push((granted.server.clone(), client.clone()));
        Ok(client)
    }

    /// Waits for a server, until the deadline.
    fn wait<T: Send + 'static>(
        &self,
        path: &str,
        clock: &Clock,
        work: impl Future<Output = object_store::Result<T>> + Send + 'static,
    ) -> Result<T, Error> {
        let Some(runtime) = &self.runtime else { return Err(Error::Io("the program ends".to_owned())) };
        let (sender, answered) = mpsc::sync_channel(1);
        let task = runtime.spawn(async move {
            // Nobody waits any more.
            _ = sender.send(work.await);
        });
        loop {
            let left = clock.deadline.saturating_duration_since(Instant::now());
            match answered.recv_timeout(left.min(LOOK)) {
                Ok(answer) => return answer.map_err(|error| explained(path, &error)),
                Err(RecvTimeoutError::Timeout) if left.is_zero() || clock.stopped.load(Ordering::Relaxed) => {
                    task.abort();
                    return Err(Error::Timeout(format!("{path} was not fetched before the job's deadline")));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::Io(format!("cannot read {path}: what fetches it failed")));
                }
            }
        }
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        // A look-up of a name in the middle is not waited for.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn head(
    going: &Going,
    store: Arc<dyn ObjectStore>,
    key: Key,
    path: &str,
    clock: &Clock,
) -> Result<ObjectMeta, Error> {
    going.wait(path, clock, async move { store.head(&key).await })
}

/// The objects that a key stands for: itself, those below it, or those that match it. With each, whether it was found by looking.
fn in_bucket<S: ObjectStore + PaginatedListStore>(
    going: &Going,
    store: &Arc<S>,
    name: &str,
    key: &str,
    clock: &Clock,
) -> Result<Vec<(ObjectMeta, bool)>, Error> {
    let wrong = |error: object_store::path::Error| Error::Unsupported(format!("{name} is no key: {error}"));
    if !key.is_empty() && !key.ends_with('/') {
        let whole = Key::parse(key).map_err(wrong)?;
        match head(going, Arc::clone(store) as Arc<dyn ObjectStore>, whole, name, clock) {
            Err(Error::NotFound(_)) => {}
            found => return found.map(|meta| vec![(meta, false)]),
        }
    }
    let sign = key.find(['*', '?', '[', '{']);
    let matcher = match sign.map(|_| GlobBuilder::new(key).literal_separator(true).build()).transpose() {
        Ok(glob) => glob.map(|glob| glob.compile_matcher()),
        Err(error) => return Err(Error::Unsupported(format!("{name} is no pattern: {}", error.kind()))),
    };
    let prefix = match sign {
        Some(at) => key[..key[..at].rfind('/').map_or(0, |slash| slash + 1)].to_owned(),
        None if key.is_empty() => String::new(),
        None => format!("{}/", key.trim_end_matches('/')),
    };
    let length = prefix.len();
    let listing = Arc::clone(store);
    let found = going.wait(name, clock, async move { list(&*listing, &prefix).await })?;
    let deep = key.contains("**");
    let wanted = |meta: &ObjectMeta| {
        let whole = meta.location.as_ref();
        let Some(rest) = whole.get(length..) else { return false };
        let (directories, name) = rest.rsplit_once('/').unwrap_or(("", rest));
        // As below directories of this machine.
        let is_hidden = |part: &str| part.starts_with(['.', '_']) && !part.contains('=');
        match &matcher {
            Some(matcher) => matcher.is_match(whole) && !(deep && directories.split('/').any(is_hidden)),
            None => !directories.split('/').any(is_hidden) && !is_hidden(name),
        }
    };
    let found = found.into_iter().filter(wanted).map(|meta| (meta, true)).collect::<Vec<_>>();
    match found.len() {
        0 => Err(Error::NotFound(format!("{name} names no object"))),
        count if count > MOST_OBJECTS => {
            Err(Error::Limit(format!("{name} has more than {MOST_OBJECTS} objects")))
        }
        _ => Ok(found),
    }
}

async fn list(store: &dyn PaginatedListStore, prefix: &str) -> object_store::Result<Vec<ObjectMeta>> {
    let (mut found, mut seen, mut page_token) = (Vec::new(), 0, None);
    loop {
        let options = PaginatedListOptions { page_token, ..PaginatedListOptions::default() };
        let page = store.list_paginated(Some(prefix).filter(|prefix| !prefix.is_empty()), options).await?;
        seen += page.result.objects.len();
        // Names of "directories" are objects without content in some services.
        found.extend(page.result.objects.into_iter().filter(|meta| meta.size > 0));
        page_token = page.page_token;
        if page_token.is_none() {
            return Ok(found);
        }
        if seen > MOST_KEYS {
            return Err(told(TooMany));
        }
    }
}

/// A listing without end.
#[derive(Debug, thiserror::Error)]
#[error("it has more than {MOST_KEYS} keys: name a longer beginning of them")]
struct TooMany;

/// An error of ours, on its way through the store.
fn told(error: impl std::error::Error + Send + Sync + 'static) -> object_store::Error {
    object_store::Error::Generic { store: "gonogo", source: Box::new(error) }
}

/// What a store says, as the contract has it.
fn explained(path: &str, error: &object_store::Error) -> Error {
    let io = |why: &dyn std::fmt::Display| Error::Io(format!("cannot read {path}: {why}"));
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = source {
        if let Some(refused) = cause.downcast_ref::<Refused>() {
            return match refused {
                Refused::Address(_) | Refused::Elsewhere(_) => {
                    Error::Denied(format!("{path} is not fetched: {refused}"))
                }
                refused => io(refused),
            };
        }
        if let Some(wrong) = cause.downcast_ref::<Wrong>() {
            return match wrong {
                Wrong::Disk(error) if error.kind() == std::io::ErrorKind::StorageFull => {
                    Error::Limit(format!(
                        "the disk that {path} is fetched to is full: set TMPDIR to a directory with more room"
                    ))
                }
                wrong => io(wrong),
            };
        }
        if let Some(many) = cause.downcast_ref::<TooMany>() {
            return Error::Limit(format!("{path}: {many}"));
        }
        if let Some(said) = cause.downcast_ref::<Said>() {
            return match said.timeout {
                true => Error::Timeout(format!("{path}: the server said nothing for too long ({said})")),
                false => io(&text::line(&said.to_string(), 300)),
            };
        }
        source = cause.source();
    }
    match error {
        object_store::Error::Generic { .. } if error.to_string().contains("NoSuchBucket") => {
            Error::NotFound(format!("{path} is not there: the server has no such bucket"))
        }
        object_store::Error::NotFound { .. } => Error::NotFound(format!("{path} is not there")),
        object_store::Error::Unauthenticated { .. } => io(
            &"the server wants a login: name the variables that hold it (`access-key-id`, `secret-access-key`) beside `files`",
        ),
        object_store::Error::PermissionDenied { .. } => {
            io(&"the server refuses it (403): is the login right, and may it read this?")
        }
        error => io(&text::line(&error.to_string(), 300)),
    }
}
