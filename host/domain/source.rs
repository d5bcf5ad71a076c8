//! Where a plugin or a bundle comes from, as gonogo.toml and the command line write it.

use std::{fmt, net::IpAddr, path::PathBuf, str::FromStr};

/// Where a plugin comes from, besides the program itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginSource {
    /// `path:checks/acme.wasm`: a component that its author is working on. Relative to the folder of gonogo.toml.
    Path(PathBuf),
    /// `file:acme-1.2.0.bundle`: a bundle, as `gonogo bundle pack` leaves it. Relative to the folder of gonogo.toml.
    File(PathBuf),
    /// `https://host/acme.wasm#sha256=…`: a component or a bundle of exactly these bytes.
    Https {
        /// The address, without the digest.
        url: String,
        /// SHA-256 of what is there, lower-case hex.
        sha256: String,
    },
    /// `oci://host/name:1.2`: a plugin or a bundle in an OCI registry.
    Oci(Reference),
}

/// A place in an OCI registry: `oci://host[:port]/name[:tag][@sha256:…]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// `registry.example` or `127.0.0.1:5055`.
    pub registry: String,
    /// `acme/checks`.
    pub repository: String,
    /// `1.2`; `latest` where neither it nor a digest is written.
    pub tag: Option<String>,
    /// `sha256:…`: the digest of the manifest.
    pub digest: Option<String>,
}

/// What must hold of signatures before anything of a source is written or compiled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignaturePolicy {
    /// One by somebody whom the file of signers names.
    Required,
    /// None is well; one that is there must be good, and by somebody whom the file of signers names, where there is such a file.
    #[default]
    IfPresent,
    /// Nobody looks.
    Off,
}

/// Who signed what was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// As the file of signers calls them: `releases@acme.example`.
    pub principal: String,
    /// Of the key: `SHA256:…` for SSH keys.
    pub fingerprint: String,
}

/// Why a text is no source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSource {
    /// It begins with nothing that is known.
    #[error(
        "'{0}' is no plugin source: write path:FILE.wasm, file:FILE.bundle, https://…#sha256=… or oci://HOST/NAME:TAG"
    )]
    Scheme(String),
    /// Nothing after the colon.
    #[error("'{0}' names no file")]
    NoFile(String),
    /// An address whose bytes could be anything.
    #[error(
        "'{0}' does not say which bytes it means: write #sha256= and the SHA-256 of the file, in 64 hexadecimal digits, behind it"
    )]
    NoDigest(String),
    /// Plain HTTP.
    #[error("'{0}' is plain HTTP, which anybody on the way can change: write https://")]
    Plain(String),
    /// A reference that is none.
    #[error("'{0}' is no reference to a registry: {1}")]
    Reference(String, &'static str),
}

impl FromStr for PluginSource {
    type Err = NoSource;

    fn from_str(text: &str) -> Result<Self, NoSource> {
        let file = |path: &str| match path.trim().is_empty() {
            true => Err(NoSource::NoFile(text.to_owned())),
            false => Ok(PathBuf::from(path)),
        };
        match text.split_once(':') {
            Some(("path", path)) => file(path).map(Self::Path),
            Some(("file", path)) => file(path).map(Self::File),
            Some(("oci", _)) => text.parse().map(Self::Oci),
            Some(("http", _)) => Err(NoSource::Plain(text.to_owned())),
            Some(("https", _)) => {
                let digest = text.rsplit_once("#sha256=").filter(|(_, digest)| is_sha256(digest));
                let (url, sha256) = digest.ok_or_else(|| NoSource::NoDigest(text.to_owned()))?;
                Ok(Self::Https { url: url.to_owned(), sha256: sha256.to_owned() })
            }
            _ => Err(NoSource::Scheme(text.to_owned())),
        }
    }
}

impl PluginSource {
    /// Whether its author works on it here: its bytes may be others at each build.
    pub fn is_path(&self) -> bool {
        matches!(self, Self::Path(_))
    }
}

impl TryFrom<String> for PluginSource {
    type Error = NoSource;

    fn try_from(text: String) -> Result<Self, NoSource> {
        text.parse()
    }
}

impl SignaturePolicy {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Required, Self::IfPresent, Self::Off];

    /// As people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::IfPresent => "if-present",
            Self::Off => "off",
        }
    }
}

impl TryFrom<String> for SignaturePolicy {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|policy| policy.name() == text);
        found.ok_or_else(|| format!("'{text}' is no policy of signatures: write required, if-present or off"))
    }
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.principal, self.fingerprint)
    }
}

impl fmt::Display for PluginSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "path:{}", path.display()),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Https { url, sha256 } => write!(f, "{url}#sha256={sha256}"),
            Self::Oci(reference) => reference.fmt(f),
        }
    }
}

impl FromStr for Reference {
    type Err = NoSource;

    fn from_str(text: &str) -> Result<Self, NoSource> {
        let wrong = |why| NoSource::Reference(text.to_owned(), why);
        let rest = text.strip_prefix("oci://").ok_or_else(|| wrong("it does not begin with oci://"))?;
        let (registry, rest) =
            rest.split_once('/').ok_or_else(|| wrong("it names no repository behind the host"))?;
        let (rest, digest) = match rest.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (rest, None),
        };
        let (repository, tag) = match rest.split_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (rest, None),
        };
        if registry.is_empty() || registry.contains('@') || !registry.chars().all(is_host) {
            return Err(wrong("its host may have letters, digits, '.', '-', ':' and brackets"));
        }
        if !repository.split('/').all(is_component) {
            return Err(wrong(
                "its name may have lower-case letters and digits, with '.', '_', '-' and '/' between them",
            ));
        }
        if !tag.is_none_or(is_tag) {
            return Err(wrong("its tag may have letters, digits, '.', '_' and '-', at most 128"));
        }
        if !digest.is_none_or(|digest| digest.strip_prefix("sha256:").is_some_and(is_sha256)) {
            return Err(wrong("its digest is sha256: and 64 hexadecimal digits in lower case"));
        }
        Ok(Self {
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned).or_else(|| digest.is_none().then(|| "latest".to_owned())),
            digest: digest.map(str::to_owned),
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "oci://{}/{}", self.registry, self.repository)?;
        self.tag.iter().try_for_each(|tag| write!(f, ":{tag}"))?;
        self.digest.iter().try_for_each(|digest| write!(f, "@{digest}"))
    }
}

impl Reference {
    /// Whether the registry is on this machine, which nobody on the way can change.
    pub fn is_loopback(&self) -> bool {
        let host = match self.registry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, _)) => host,
            None => self.registry.split_once(':').map_or(self.registry.as_str(), |(host, _)| host),
        };
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

fn is_host(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']')
}

/// A part of a repository's name, as the distribution specification has it.
fn is_component(part: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    edge(part.chars().next())
        && edge(part.chars().last())
        && part.chars().all(|c| edge(Some(c)) || matches!(c, '.' | '_' | '-'))
}

fn is_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (1..=128).contains(&tag.len())
        && tag.starts_with(word)
        && tag.chars().all(|c| word(c) || matches!(c, '.' | '-'))
}

/// Whether a text is a SHA-256 in lower-case hex.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_come_back_as_they_were_written() {
        let digest = "ab".repeat(32);
        for text in [
            "path:checks/acme.wasm",
            "file:../acme-1.2.0.bundle",
            "oci://registry.example/acme/checks:1.2",
            "oci://127.0.0.1:5055/acme:1.2.0-rc.1",
            "oci://[::1]:5055/a_b/c-d.e:1",
            &format!("oci://registry.example/acme@sha256:{digest}"),
            &format!("oci://registry.example/acme:1@sha256:{digest}"),
            &format!("https://example.org/a.wasm?v=1#sha256={digest}"),
        ] {
            assert_eq!(text.parse::<PluginSource>().unwrap().to_string(), text);
        }
        let latest = "oci://registry.example/acme".parse::<PluginSource>().unwrap();
        assert_eq!(latest.to_string(), "oci://registry.example/acme:latest");
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let loopback =
            |registry: &str| format!("oci://{registry}/a:1").parse::<Reference>().unwrap().is_loopback();
        for registry in ["localhost", "localhost:5055", "127.0.0.1:5055", "127.1.2.3", "[::1]:5055", "[::1]"]
        {
            assert!(loopback(registry), "{registry}");
        }
        for registry in
            ["registry.example", "localhost.example:80", "10.0.0.1:5055", "127.0.0.1.example", "[::2]"]
        {
            assert!(!loopback(registry), "{registry}");
        }
    }

    #[test]
    fn policies_come_back_as_they_were_written() {
        for policy in SignaturePolicy::ALL {
            assert_eq!(SignaturePolicy::try_from(policy.name().to_owned()), Ok(policy));
        }
        assert!(
            SignaturePolicy::try_from("always".to_owned())
                .unwrap_err()
                .contains("required, if-present or off")
        );
    }

    #[test]
    fn what_is_no_source_says_why() {
        let why = |text: &str| text.parse::<PluginSource>().unwrap_err().to_string();
        assert!(why("acme.wasm").contains("path:FILE.wasm"));
        assert!(why("path: ").contains("names no file"));
        assert!(why("http://a/b.wasm").contains("plain HTTP"));
        assert!(why("https://a/b.wasm").contains("#sha256="));
        assert!(why("https://a/b.wasm#sha256=ABC").contains("64 hexadecimal digits"));
        assert!(why("oci://host").contains("no repository"));
        assert!(why("oci://user@host/a").contains("its host"));
        assert!(why("oci://host/Acme").contains("lower-case"));
        assert!(why("oci://host/a/../b").contains("lower-case"));
        assert!(why("oci://host/a:-x").contains("its tag"));
        assert!(why("oci://host/a@sha256:12").contains("its digest"));
    }
}
