//! The distributions of Python environments, by their metadata, without starting Python.

use gonogo_sdk::{
    Error,
    files::{self, Kind},
};

use super::{
    packages::{Packages, Place, Source},
    version::Ecosystem,
};

/// Name and version stand at the beginning of the metadata.
const HEADER: u32 = 4 << 10;

/// Adds what an environment, a prefix or a `site-packages` directory has.
pub fn add(packages: &mut Packages, path: &str) {
    match directories(path) {
        Ok(directories) => {
            for directory in directories {
                match distributions(packages, &directory) {
                    Ok(()) => packages.read.push(directory),
                    Err(error) => packages.unread.push((directory, error.to_string())),
                }
            }
        }
        Err(Error::NotFound(_)) => {}
        Err(error) => packages.unread.push((path.to_owned(), error.to_string())),
    }
}

/// The directories that hold distributions.
fn directories(path: &str) -> Result<Vec<String>, Error> {
    let names = files::list(path)?;
    if names.iter().any(|(name, _)| is_metadata(name)) {
        return Ok(vec![path.to_owned()]);
    }
    if !names.iter().any(|(name, _)| name == "lib") {
        return Ok(Vec::new());
    }
    let lib = join(path, "lib");
    let mut found = Vec::new();
    for (name, _) in
        files::list(&lib)?.iter().filter(|(name, _)| name.starts_with("python") || name.starts_with("pypy"))
    {
        for packages in ["site-packages", "dist-packages"] {
            let directory = format!("{lib}/{name}/{packages}");
            match files::stat(&directory, true) {
                Ok(_) => found.push(directory),
                Err(Error::NotFound(_) | Error::Io(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(found)
}

fn join(directory: &str, name: &str) -> String {
    if directory == "." { name.to_owned() } else { format!("{}/{name}", directory.trim_end_matches('/')) }
}

fn is_metadata(name: &str) -> bool {
    name.ends_with(".dist-info") || name.ends_with(".egg-info")
}

fn distributions(packages: &mut Packages, directory: &str) -> Result<(), Error> {
    for (name, kind) in files::list(directory)? {
        if !is_metadata(&name) || name.starts_with('~') {
            continue;
        }
        let path = join(directory, &name);
        let file = match (name.ends_with(".dist-info"), kind) {
            (true, _) => format!("{path}/METADATA"),
            (false, Kind::File) => path.clone(),
            (false, _) => format!("{path}/PKG-INFO"),
        };
        let read = files::read(&file, 0, HEADER);
        let header =
            read.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
        // A distribution without metadata still says in its directory's name what it is.
        if let Some((distribution, version)) = named(&header).or_else(|| of_directory(&name)) {
            let place = Place { path, line: None, source: Source::Installed };
            packages.add(Ecosystem::PyPi, &distribution, &version, place);
        } else {
            let missing = || "it has no Name and Version".to_owned();
            packages.unread.push((path, read.err().map_or_else(missing, |error| error.to_string())));
        }
    }
    Ok(())
}

/// Name and version of a header of metadata.
fn named(header: &str) -> Option<(String, String)> {
    let field = |wanted: &str| {
        header.lines().take_while(|line| !line.trim().is_empty()).find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted)
                .then(|| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        })
    };
    Some((field("Name")?, field("Version")?))
}

/// `numpy` and `1.26.4` of `numpy-1.26.4.dist-info`, or of `numpy-1.26.4-py3.11.egg-info`.
fn of_directory(name: &str) -> Option<(String, String)> {
    let stem = name.strip_suffix(".dist-info").or_else(|| name.strip_suffix(".egg-info"))?;
    let mut parts = stem.split('-');
    let (name, version) = (parts.next()?, parts.next()?);
    (!name.is_empty() && version.starts_with(|c: char| c.is_ascii_digit()))
        .then(|| (name.to_owned(), version.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_read() {
        let both = |name: &str, version: &str| Some((name.to_owned(), version.to_owned()));
        assert_eq!(
            named("Metadata-Version: 2.1\r\nName: Jinja2\r\nVersion: 3.1.4\r\n\r\nName: x\n"),
            both("Jinja2", "3.1.4")
        );
        assert_eq!(named("Name: a\n\nVersion: 1\n"), None);
        assert_eq!(named("\u{fffd}"), None);
        assert_eq!(of_directory("ruamel_yaml-0.18.6.dist-info"), both("ruamel_yaml", "0.18.6"));
        assert_eq!(of_directory("a-1.0-py3.11.egg-info"), both("a", "1.0"));
        assert_eq!(of_directory("a.egg-info"), None);
        assert_eq!(join(".", "a"), "a");
    }
}
