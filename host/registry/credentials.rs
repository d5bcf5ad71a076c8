//! Logins of registries, where docker keeps them: `~/.docker/config.json` (or `$DOCKER_CONFIG/config.json`) and the helpers that it names.

use std::{env, fs::File, io, path::PathBuf};

use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use oci_client::secrets::RegistryAuth;

use super::oci::Error;
use crate::domain::text;

/// What the largest registry is called in that file.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// The login for a registry, or none where nobody logged in.
///
/// # Errors
/// Where there is one that cannot be had: to go on without would end in a refusal that misleads.
pub(super) fn of(registry: &str) -> Result<RegistryAuth, Error> {
    let Some(path) = path() else { return Ok(RegistryAuth::Anonymous) };
    let failed = |why: String| {
        let (registry, file) = (registry.to_owned(), path.display().to_string());
        Error::Credentials { registry, file, why }
    };
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(RegistryAuth::Anonymous),
        file => file.map_err(|error| failed(error.to_string()))?,
    };
    let server = match registry {
        "docker.io" | "index.docker.io" => DOCKER_HUB,
        registry => registry,
    };
    match get_credential_from_reader(file, server) {
        Ok(DockerCredential::UsernamePassword(user, password)) => Ok(RegistryAuth::Basic(user, password)),
        Ok(DockerCredential::IdentityToken(_)) => {
            Err(failed("an identity token is not supported: log in with a user name and a token".to_owned()))
        }
        Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(RegistryAuth::Anonymous),
        // A store that has nothing for this registry says so in words of its own.
        Err(CredentialRetrievalError::HelperFailure { stdout, stderr, .. })
            if format!("{stdout}{stderr}").contains("credentials not found") =>
        {
            Ok(RegistryAuth::Anonymous)
        }
        // What a helper printed may hold the secret.
        Err(CredentialRetrievalError::HelperFailure { helper, stderr, .. }) => Err(failed(format!(
            "the helper docker-credential-{helper} fails: {}",
            text::line(stderr.trim(), 200)
        ))),
        Err(error) => Err(failed(error.to_string())),
    }
}

fn path() -> Option<PathBuf> {
    let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".docker"));
    Some(env::var_os("DOCKER_CONFIG").map(PathBuf::from).or_else(home)?.join("config.json"))
}
