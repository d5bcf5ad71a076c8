use std::str::FromStr;

use gonogo_sdk::{Check, Error, JsonSchema, Program, Readable, Report, Stop, files, process};
use pep440_rs::{Version, VersionSpecifiers};
use serde::Deserialize;

use crate::{
    project::{join, list},
    versions::first_in,
};

/// Every listed system program and shared library is there, at a version in range
///
/// A program without a version range is only looked up; with one it is started, and the first version in what it prints counts. A shared
/// library is looked for by its file name in the library directories: `libcudnn.so.9` is there if `libcudnn.so.9` or
/// `libcudnn.so.9.1.0` is.
///
/// ```toml
/// [items."system.software.dependencies".with]
/// programs = [
///     { name = "ffmpeg", version = ">=4.2", arguments = ["-version"] },
///     { name = "nvcc", version = ">=12", after = "release" },
/// ]
/// libraries = ["libcudnn.so.9"]
/// ```
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Programs {
    /// The programs.
    #[serde(default, rename = "programs")]
    listed: Vec<Listed>,
    /// The shared libraries, by file name.
    #[serde(default)]
    libraries: Vec<String>,
    /// Where shared libraries may be.
    #[serde(default = "library_directories", rename = "library-directories")]
    library_directories: Vec<Readable>,
}

/// A program.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Listed {
    /// Its name, or its path.
    name: Program,
    /// The versions that will do, as a PEP 440 specifier: `>=4.2,<6`.
    #[serde(default)]
    version: Option<String>,
    /// What makes it print its version.
    #[serde(default = "arguments")]
    arguments: Vec<String>,
    /// Text that stands before the version, where another number is printed first.
    #[serde(default)]
    after: Option<String>,
}

fn arguments() -> Vec<String> {
    vec!["--version".to_owned()]
}

fn library_directories() -> Vec<Readable> {
    [
        "/usr/lib",
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/usr/lib64",
        "/lib64",
        "/usr/local/lib",
        "/usr/local/cuda/lib64",
    ]
    .map(Into::into)
    .to_vec()
}

impl Check for Programs {
    const COMMANDS: &'static [&'static [&'static str]] =
        &[&["{programs[].name}", "{programs[].arguments...}"]];

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        if self.listed.is_empty() && self.libraries.is_empty() {
            return Err(Stop::not_applicable("no program and no library is listed"));
        }
        for program in &self.listed {
            program.check(report);
        }
        if !self.libraries.is_empty() {
            let directories = Directories::list(&self.library_directories);
            for library in &self.libraries {
                directories.check(report, library);
            }
        }
        report.summary(format!("programs: {}, libraries: {}", self.listed.len(), self.libraries.len()));
        Ok(())
    }
}

impl Listed {
    fn check(&self, report: &mut Report) {
        let name = &self.name;
        let found = match &self.version {
            None => process::find(name).map(|path| {
                report.fact(name.0.clone(), path);
            }),
            Some(range) => self.version(report, range),
        };
        match found {
            Ok(()) => {}
            Err(Error::NotFound(_)) => {
                report.no_go(format!("there is no program {name}")).hint(format!("install {name}"));
            }
            Err(error) => drop(report.unknown(format!("cannot tell whether {name} is there: {error}"))),
        }
    }

    fn version(&self, report: &mut Report, range: &str) -> Result<(), Error> {
        let name = &self.name;
        let Ok(specifiers) = VersionSpecifiers::from_str(range) else {
            report.unknown(format!("'{range}' for {name} is no PEP 440 specifier, such as '>=4.2,<6'"));
            return Ok(());
        };
        let words = std::iter::once(name.0.as_str())
            .chain(self.arguments.iter().map(String::as_str))
            .collect::<Vec<_>>();
        let output = process::run(&words)?;
        let printed = format!("{}\n{}", output.stdout, output.stderr);
        let from = match &self.after {
            Some(text) => printed.find(text.as_str()).and_then(|at| printed.get(at + text.len()..)),
            None => Some(printed.as_str()),
        };
        let version = from.and_then(first_in).and_then(|text| text.parse::<Version>().ok());
        if let Some(version) = version {
            report.fact(name.0.clone(), version.to_string()).bound(range);
            if !specifiers.contains(&version) {
                let message = format!("{name} is {version}, {range} wanted");
                report.no_go(message).hint(format!("install {name} {range}"));
            }
        } else {
            let first = printed.lines().find(|line| !line.trim().is_empty()).unwrap_or("nothing");
            let (command, ending) = (words.join(" "), output.ending());
            report
                .unknown(format!("'{command}' ended with {ending} and printed no version: {first}"))
                .hint("name the 'arguments' that make it print one, and the text 'after' which it stands");
        }
        Ok(())
    }
}

const HINT: &str = "name the directory that it is in: library-directories = [\"…\"]";

/// The names in the library directories.
struct Directories<'d> {
    names: Vec<(&'d str, Vec<String>)>,
    problems: Vec<String>,
}

impl<'d> Directories<'d> {
    fn list(directories: &'d [Readable]) -> Self {
        let mut listed = Self { names: Vec::new(), problems: Vec::new() };
        for directory in directories {
            match list(directory) {
                Ok(Some(entries)) => {
                    listed.names.push((directory, entries.into_iter().map(|(name, _)| name).collect()));
                }
                Ok(None) => {}
                Err(error) => listed.problems.push(format!("cannot list {directory}: {error}")),
            }
        }
        listed
    }

    fn check(&self, report: &mut Report, library: &str) {
        let is_it = |name: &str| {
            name == library || name.strip_prefix(library).is_some_and(|rest| rest.starts_with('.'))
        };
        let mut unclear = self.problems.clone();
        for (directory, names) in &self.names {
            for name in names.iter().filter(|name| is_it(name)) {
                let path = join(directory, name);
                match files::stat(&path, true) {
                    Ok(_) => {
                        // `libcudnn.so.9.1.0` beside `libcudnn.so.9` tells the whole version.
                        let longest = names.iter().filter(|name| is_it(name)).max_by_key(|name| name.len());
                        report.fact(library, join(directory, longest.unwrap_or(name)));
                        return;
                    }
                    // A link that leads nowhere.
                    Err(Error::NotFound(_)) => {}
                    Err(error) => unclear.push(format!("cannot follow {path}: {error}")),
                }
            }
        }
        let base = library.split(".so").next().unwrap_or(library);
        let others = self.names.iter().flat_map(|(_, names)| names);
        let others = others.filter(|name| {
            name.strip_prefix(base).is_some_and(|rest| rest.starts_with(".so.") && !is_it(name))
        });
        let others = others.map(String::as_str).collect::<Vec<_>>().join(", ");
        if let Some(problem) = unclear.first() {
            report.unknown(format!("cannot tell whether {library} is there: {problem}")).hint(HINT);
        } else {
            let besides = if others.is_empty() { String::new() } else { format!(", only {others}") };
            let places = self.names.iter().map(|(directory, _)| *directory).collect::<Vec<_>>().join(", ");
            report
                .no_go(format!("there is no {library} in {places}{besides}"))
                .hint(format!("install it, or {HINT}"));
        }
    }
}
