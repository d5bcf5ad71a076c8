//! What a job may read from elsewhere: names, servers and logins, as its parameters name them.

use std::{collections::BTreeMap, ffi::OsString, sync::Arc};

use super::super::super::options::Away;
use crate::domain::{
    Authority, Endpoint, Error, Grant,
    remote::{self, Remote},
    text,
};

/// Most bytes of a name that a message quotes.
const MOST_QUOTED: usize = 300;

/// The grants of one job.
#[derive(Default)]
pub struct Access {
    names: Vec<String>,
    servers: Vec<Endpoint>,
    variables: Vec<String>,
    environment: Arc<BTreeMap<OsString, OsString>>,
}

/// A login of a bucket.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    pub key_id: String,
    pub secret: String,
    pub token: Option<String>,
}

/// A name that may be read, and from where.
pub struct Granted<'a> {
    pub name: &'a str,
    pub remote: Remote<'a>,
    pub server: Endpoint,
    pub region: Option<String>,
    pub login: Option<Login>,
}

impl Access {
    /// What `authorities` grant.
    pub fn new(authorities: &[Authority], environment: Arc<BTreeMap<OsString, OsString>>) -> Self {
        let mut access = Self { environment, ..Self::default() };
        for authority in authorities {
            match &authority.grant {
                Grant::Dataset { name, .. } if remote::is_remote(name) => access.names.push(name.clone()),
                Grant::Endpoint { server } => access.servers.push(server.clone()),
                Grant::Variable { name, .. } => access.variables.push(name.clone()),
                _ => {}
            }
        }
        access
    }

    /// Whether a name may be read, and how.
    pub fn grant<'a>(&self, name: &'a str, away: &Away) -> Result<Granted<'a>, Error> {
        let shown = text::line(name, MOST_QUOTED);
        let remote = remote::read(name)
            .map_err(|why| Error::Unsupported(format!("{shown} cannot be a remote table: {why}")))?;
        if !self.names.iter().any(|known| known == name) {
            return Err(Error::Denied(format!(
                "{shown} is not among the tables that this job's parameters name; to allow it, name it in a parameter of kind 'dataset' of this item in \
                 gonogo.toml"
            )));
        }
        let named = match &away.endpoint {
            None => None,
            Some(url) => Some(url.parse::<Endpoint>().map_err(|why| {
                Error::Unsupported(format!("'{}' cannot be an endpoint: {why}", text::line(url, MOST_QUOTED)))
            })?),
        };
        let server = match (&remote, named) {
            (Remote::Url { server }, _) => Some(server.clone()),
            (Remote::Bucket { .. }, Some(server)) => Some(server),
            // There is no doubt which is meant.
            (Remote::Bucket { .. }, None) => {
                self.servers.first().filter(|_| self.servers.len() == 1).cloned()
            }
        };
        let Some(server) = server.filter(|server| self.servers.contains(server)) else {
            return Err(self.no_server(name, &shown, &remote));
        };
        let login = match &remote {
            Remote::Url { .. } => None,
            Remote::Bucket { .. } => self.login(away)?,
        };
        Ok(Granted { name, remote, server, region: away.region.clone(), login })
    }

    fn no_server(&self, name: &str, shown: &str, remote: &Remote<'_>) -> Error {
        let (wants, example) = match remote {
            Remote::Url { server } => (server.to_string(), server.to_string()),
            Remote::Bucket { .. } => {
                ("an S3 service".to_owned(), "https://s3.eu-central-1.amazonaws.com".to_owned())
            }
        };
        let named = self.servers.iter().take(5).map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Error::Denied(format!(
            "{shown} lies on {wants}, which no endpoint of this job names (it names {}); to allow it, write the table as `{{ files = \"{}\", endpoint = \
             \"{example}\" }}` in gonogo.toml",
            if named.is_empty() { "none" } else { &named },
            text::line(name, MOST_QUOTED),
        ))
    }

    fn login(&self, away: &Away) -> Result<Option<Login>, Error> {
        let (key_id, secret) = match (&away.access_key_id, &away.secret_access_key) {
            (None, None) if away.session_token.is_none() => return Ok(None),
            (Some(key_id), Some(secret)) => (key_id, secret),
            _ => {
                return Err(Error::Unsupported(
                    "a login of S3 is an `access-key-id` and a `secret-access-key`: name both variables, or neither".to_owned(),
                ));
            }
        };
        let token = away.session_token.as_deref().map(|name| self.variable(name)).transpose()?;
        Ok(Some(Login { key_id: self.variable(key_id)?, secret: self.variable(secret)?, token }))
    }

    /// The value of a variable. It goes to the server that it is for, and nowhere else.
    fn variable(&self, name: &str) -> Result<String, Error> {
        let shown = text::line(name, 100);
        if !self.variables.iter().any(|known| known == name) {
            return Err(Error::Denied(format!("no parameter of this job names the variable {shown}")));
        }
        let value = self.environment.get(&OsString::from(name)).and_then(|value| value.to_str());
        let value = value.map(str::trim).filter(|value| !value.is_empty());
        value.map(str::to_owned).ok_or_else(|| {
            Error::NotFound(format!(
                "the variable {shown}, which holds a part of the login of S3, is not set"
            ))
        })
    }
}
