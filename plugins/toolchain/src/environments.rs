//! Finding Python environments and reading what they are, without starting their interpreters.

use gonogo_sdk::{Error, Readable, files::Kind, system};
use pep440_rs::{Version, VersionSpecifiers};
use pep508_rs::{MarkerEnvironment, MarkerEnvironmentBuilder};

use crate::project::{join, list, read};

/// What made an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// venv, virtualenv or uv: there is a pyvenv.cfg.
    Venv,
    /// conda: there is a conda-meta.
    Conda,
    /// An installation prefix such as /usr/local.
    Prefix,
}

/// A Python environment.
pub struct Environment {
    /// As the parameter writes it.
    pub path: String,
    /// What made it.
    pub maker: Maker,
    /// The version that it was made for; of a prefix only major and minor.
    pub version: Version,
    /// The directory of the interpreter that it was made from.
    pub home: Option<String>,
    /// Whether it also sees what is installed outside of it.
    pub sees_system: bool,
    /// Its `site-packages`.
    pub site_packages: Option<String>,
    pypy: bool,
}

/// What was found among the candidates.
pub struct Found {
    /// In the order of the candidates.
    pub environments: Vec<Environment>,
    /// Candidates that are there and cannot be read, and why.
    pub problems: Vec<String>,
}

impl Found {
    /// The environment that counts, or why none can be told.
    pub fn first(&self, tried: &[Readable]) -> Result<&Environment, String> {
        self.environments.first().ok_or_else(|| match self.problems.first() {
            Some(problem) => problem.clone(),
            None => format!(
                "no Python environment at {}; make one with 'python3 -m venv .venv', or name another: environments = [\"/usr/local\"]",
                candidates(tried)
            ),
        })
    }
}

/// Candidates for a message.
pub fn candidates(tried: &[Readable]) -> String {
    match tried {
        [] => "no place at all (no 'environments' are named)".to_owned(),
        tried => tried.iter().map(|path| path.0.as_str()).collect::<Vec<_>>().join(", "),
    }
}

/// Looks at each candidate.
pub fn find(tried: &[Readable]) -> Found {
    let mut found = Found { environments: Vec::new(), problems: Vec::new() };
    for path in tried {
        match look(path) {
            Ok(Some(environment)) => found.environments.push(environment),
            Ok(None) => {}
            Err(why) => found.problems.push(why),
        }
    }
    found
}

fn look(path: &str) -> Result<Option<Environment>, String> {
    let cannot = |error: Error| format!("cannot read the environment {path}: {error}");
    let Some(names) = list(path).map_err(cannot)? else { return Ok(None) };
    let has = |name: &str| names.iter().any(|(other, _)| other == name);
    let libraries = match has("lib") {
        true => list(&join(path, "lib")).map_err(cannot)?.unwrap_or_default(),
        false => Vec::new(),
    };
    let configuration = match has("pyvenv.cfg") {
        true => read(&join(path, "pyvenv.cfg")).map_err(cannot)?,
        false => None,
    };
    let setting = |name: &str| configuration.as_deref().and_then(|text| setting(text, name));
    let (maker, version) = if configuration.is_some() {
        (Maker::Venv, setting("version_info").or_else(|| setting("version")).and_then(release))
    } else if has("conda-meta") {
        let records = list(&join(path, "conda-meta")).map_err(cannot)?.unwrap_or_default();
        (Maker::Conda, records.iter().find_map(|(name, _)| conda_python(name)))
    } else {
        (Maker::Prefix, None)
    };
    let directory = library(&libraries, version.as_ref());
    let Some(version) = version.or_else(|| directory.and_then(library_version)) else {
        return match maker {
            Maker::Venv => Err(format!("{path}/pyvenv.cfg names no version of Python")),
            Maker::Conda | Maker::Prefix => Ok(None),
        };
    };
    Ok(Some(Environment {
        path: path.to_owned(),
        maker,
        version,
        home: setting("home").map(str::to_owned),
        sees_system: setting("include-system-site-packages")
            .is_some_and(|value| value.eq_ignore_ascii_case("true")),
        site_packages: directory.map(|name| join(path, &format!("lib/{name}/site-packages"))),
        pypy: directory.is_some_and(|name| name.starts_with("pypy")),
    }))
}

/// `name = value` of a pyvenv.cfg.
fn setting<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// `3.11.7` of `3.11.7.final.0`.
fn release(text: &str) -> Option<Version> {
    let parts = text.split('.').take(3).collect::<Vec<_>>();
    parts.join(".").parse().ok()
}

/// `3.11.7` of `python-3.11.7-h955ad1f_0.json`.
fn conda_python(record: &str) -> Option<Version> {
    let (version, _) = record.strip_prefix("python-")?.split_once('-')?;
    version.parse().ok()
}

/// The directory in `lib` that belongs to a version, else the only one that belongs to a Python.
fn library<'n>(names: &'n [(String, Kind)], version: Option<&Version>) -> Option<&'n str> {
    let mut of_python =
        names.iter().map(|(name, _)| name.as_str()).filter(|name| library_version(name).is_some());
    let minor = |version: &Version| version.release().iter().take(2).copied().collect::<Vec<_>>();
    match version {
        Some(version) => {
            of_python.find(|name| library_version(name).is_some_and(|other| minor(&other) == minor(version)))
        }
        None => of_python.next(),
    }
}

/// `3.13` of `python3.13t`.
fn library_version(name: &str) -> Option<Version> {
    let version = name.strip_prefix("python").or_else(|| name.strip_prefix("pypy"))?;
    version.trim_end_matches('t').parse().ok().filter(|version: &Version| version.release().len() == 2)
}

impl Environment {
    /// Its interpreter.
    pub fn python(&self) -> String {
        join(&self.path, "bin/python")
    }

    /// Whether its Python is within a range; `None` where that depends on the patch release, which a prefix does not tell.
    pub fn is_within(&self, range: &VersionSpecifiers) -> Option<bool> {
        if self.version.release().len() > 2 {
            return Some(range.contains(&self.version));
        }
        let with = |patch: u64| Version::new(self.version.release().iter().copied().chain([patch]));
        let (first, last) = (range.contains(&with(0)), range.contains(&with(999)));
        (first == last).then_some(first)
    }

    /// What PEP 508 markers are held against, without starting the interpreter.
    pub fn markers(&self) -> Result<MarkerEnvironment, Error> {
        let os = system::os()?;
        let kind: String = os.need("os")?;
        let machine: String = os.need("machine")?;
        let kernel = os.get::<String>("kernel")?.unwrap_or_default();
        let (platform, system) = match kind.as_str() {
            "macos" => ("darwin", "Darwin"),
            "linux" => ("linux", "Linux"),
            other => (other, other),
        };
        let full = self.version.to_string();
        let minor = self.version.release().iter().take(2).map(u64::to_string).collect::<Vec<_>>().join(".");
        let (implementation, name) = if self.pypy { ("pypy", "PyPy") } else { ("cpython", "CPython") };
        MarkerEnvironment::try_from(MarkerEnvironmentBuilder {
            implementation_name: implementation,
            implementation_version: &full,
            os_name: "posix",
            platform_machine: &machine,
            platform_python_implementation: name,
            platform_release: &kernel,
            platform_system: system,
            platform_version: "",
            python_full_version: &full,
            python_version: &minor,
            sys_platform: platform,
        })
        .map_err(|error| Error::Unsupported(format!("'{full}' is no version of Python: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_names_and_settings() {
        let text = "home = /usr/bin\ninclude-system-site-packages = false\nversion_info = 3.11.7.final.0\n";
        assert_eq!(
            setting(text, "version_info").and_then(release).map(|v| v.to_string()).as_deref(),
            Some("3.11.7")
        );
        assert_eq!(setting(text, "home"), Some("/usr/bin"));
        assert_eq!(
            conda_python("python-3.10.13-h955ad1f_0.json").map(|v| v.to_string()).as_deref(),
            Some("3.10.13")
        );
        assert_eq!(conda_python("python_abi-3.10-2_cp310.json"), None);
        assert_eq!(library_version("python3.13t").map(|v| v.to_string()).as_deref(), Some("3.13"));
        for other in ["python3", "libpython3.11.so", "python3.11-config", "site-packages"] {
            assert_eq!(library_version(other), None, "{other}");
        }
    }
}
