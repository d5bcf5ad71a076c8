//! Names under which keys and credentials lie.

/// What a file's name says of what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sensitive {
    /// A private key.
    Key,
    /// A private key, or a certificate, or something else altogether.
    PerhapsKey,
    /// Credentials.
    Credentials,
    /// A configuration that holds credentials where a line matches this expression.
    CredentialsWith(&'static str),
}

/// Directories of packages: the test keys and certificates in them are everybody's.
const OF_PACKAGES: &[&str] = &["site-packages", "dist-packages", "node_modules"];

/// What ssh-keygen calls its keys.
const KEYS: &[&str] =
    &["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk", "identity.pem"];

const KEY_ENDS: &[&str] = &[".ppk", ".p12", ".pfx"];

const PERHAPS_KEY_ENDS: &[&str] = &[".pem", ".key", "_key", "-key", "_rsa", "_ed25519", "_ecdsa"];

const CREDENTIALS: &[&str] = &[
    ".env",
    ".netrc",
    "_netrc",
    ".pgpass",
    ".git-credentials",
    ".vault-token",
    ".s3cfg",
    ".boto",
    "kaggle.json",
    "application_default_credentials.json",
];

/// With the directory that makes the name mean what it does.
const CREDENTIALS_IN: &[(&str, &str)] = &[
    (".aws", "credentials"),
    (".azure", "accessTokens.json"),
    (".azure", "msal_token_cache.json"),
    (".cargo", "credentials"),
    (".cargo", "credentials.toml"),
    (".kube", "config"),
    (".huggingface", "token"),
    ("huggingface", "token"),
    ("rclone", "rclone.conf"),
];

const CREDENTIALS_WITH: &[(&str, &str)] = &[
    (".npmrc", r"_authToken\s*=|_password\s*=|_auth\s*="),
    (".pypirc", r"^\s*password\s*[=:]"),
    (".my.cnf", r"^\s*password\s*="),
    (".dockercfg", r#""auth"\s*:"#),
    ("pip.conf", r"://[^/\s:@]+:[^/\s@]+@"),
];

/// What others commit on purpose: no value is real.
const TEMPLATES: &[&str] = &["example", "sample", "template", "tmpl", "dist", "defaults", "schema"];

/// Judges a path below a directory that is looked at.
pub fn sensitive(path: &str) -> Option<Sensitive> {
    let mut parts = path.rsplit('/');
    let name = parts.next()?;
    let directory = parts.next().unwrap_or_default();
    if path.split('/').any(|part| OF_PACKAGES.contains(&part)) {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| lower.len() > end.len() && lower.ends_with(end));
    if KEYS.contains(&name) || ends(KEY_ENDS) {
        return Some(Sensitive::Key);
    }
    if ends(PERHAPS_KEY_ENDS) {
        return Some(Sensitive::PerhapsKey);
    }
    let service_account = lower.starts_with("service-account") || lower.starts_with("service_account");
    if CREDENTIALS.contains(&name)
        || CREDENTIALS_IN.contains(&(directory, name))
        || service_account && lower.strip_suffix(".json").is_some()
        || is_environment(&lower)
    {
        return Some(Sensitive::Credentials);
    }
    if directory == ".docker" && name == "config.json" {
        return Some(Sensitive::CredentialsWith(r#""auth"\s*:"#));
    }
    CREDENTIALS_WITH
        .iter()
        .find(|(other, _)| *other == name)
        .map(|(_, pattern)| Sensitive::CredentialsWith(pattern))
}

/// `.env.production`, `prod.env`, but not `.env.example`.
fn is_environment(name: &str) -> bool {
    let is_template = name.split(['.', '-', '_']).any(|part| TEMPLATES.contains(&part));
    (name.starts_with(".env.") || name.strip_suffix(".env").is_some_and(|stem| !stem.is_empty()))
        && !is_template
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        for key in ["id_rsa", ".ssh/id_ed25519", "a/b/login.ppk", "store.P12"] {
            assert_eq!(sensitive(key), Some(Sensitive::Key), "{key}");
        }
        for perhaps in ["ca.pem", "deploy_key", "tls/server.KEY", "github_rsa"] {
            assert_eq!(sensitive(perhaps), Some(Sensitive::PerhapsKey), "{perhaps}");
        }
        let credentials = [
            ".env",
            "app/.env.production",
            "prod.env",
            ".aws/credentials",
            "x/.kube/config",
            "kaggle.json",
            "service-account-7.json",
            ".cache/huggingface/token",
        ];
        for name in credentials {
            assert_eq!(sensitive(name), Some(Sensitive::Credentials), "{name}");
        }
        assert!(matches!(sensitive(".npmrc"), Some(Sensitive::CredentialsWith(_))));
        let others = [
            "",
            "id_rsa.pub",
            ".env.example",
            "example.env",
            "credentials",
            "config",
            "token",
            ".key",
            "model.safetensors",
            "venv/lib/python3.11/site-packages/tornado/test/test.key",
            "environment.yml",
        ];
        for name in others {
            assert_eq!(sensitive(name), None, "{name}");
        }
    }
}
