use std::str::FromStr;

use gonogo_sdk::{Check, Error, JsonSchema, Program, Readable, Report, Stop, process};
use pep440_rs::{Version, VersionSpecifiers};
use serde::Deserialize;

use crate::{
    environments::{self, Maker},
    pins::{self, Pin},
    poetry_constraint,
    project::Project,
    pyproject::Pyproject,
    toml_text::Document,
    versions::{Agreement, agreement, first_in},
};

/// Python is there, at a version within every range that the project states
///
/// The version is that of the project's environment, read from its pyvenv.cfg or conda-meta without starting anything; without an
/// environment it is what the program prints. It is held against the parameter `version`, `requires-python` of pyproject.toml (or
/// Poetry's `python`), and what .python-version, .tool-versions and mise.toml pin. A pin of another minor version is a no-go,
/// one of another patch release a warning.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Python {
    /// The versions that will do, as a PEP 440 specifier.
    #[serde(default = "version")]
    version: String,
    /// The project directory.
    #[serde(default = "crate::defaults::project")]
    project: Readable,
    /// Where the project's environment may be; the first that is there counts.
    #[serde(default = "crate::defaults::environments")]
    environments: Vec<Readable>,
    /// The interpreter that is asked where there is no environment.
    #[serde(default = "program")]
    program: Program,
}

fn version() -> String {
    ">=3.8".to_owned()
}

fn program() -> Program {
    "python3".into()
}

impl Check for Python {
    const COMMANDS: &'static [&'static [&'static str]] = &[&["{program}", "--version"]];

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let asked = VersionSpecifiers::from_str(&self.version).map_err(|_| {
            Stop::unknown(format!("'{}' is no PEP 440 specifier, such as '>=3.10,<3.13'", self.version))
        })?;
        let project = Project::open(&self.project)?;
        let found = environments::find(&self.environments);
        // A prefix does not tell the patch release.
        let environment = found.environments.first().filter(|environment| environment.maker != Maker::Prefix);
        let (version, place) = match (environment, found.problems.first()) {
            (Some(environment), _) => (environment.version.clone(), environment.path.clone()),
            (None, Some(problem)) => return Err(Stop::unknown(problem.clone())),
            (None, None) => {
                let Some(version) = self.ask()? else {
                    report.summary(format!("no {}", self.program));
                    report
                        .no_go(format!("there is no environment and no program {}", self.program))
                        .hint("install Python, then: python3 -m venv .venv");
                    return Ok(());
                };
                (version, self.program.0.clone())
            }
        };
        report.summary(format!("Python {version} ({place})"));
        report.fact("version", version.to_string()).bound(self.version.clone());
        report.fact("place", place);
        if !asked.contains(&version) {
            report
                .no_go(format!("Python is {version}, {} wanted", self.version))
                .hint(install(&self.version));
        }
        pyproject(report, &project, &version)?;
        let (pins, unreadable) = pins::of(&project, "python", &[".python-version"])?;
        for pin in &pins {
            pinned(report, pin, &version);
        }
        for file in unreadable {
            report.unknown(format!("{} {}", file.file, file.why)).at(file.file);
        }
        Ok(())
    }
}

impl Python {
    /// The version that the program prints; `None` where there is no such program.
    fn ask(&self) -> Result<Option<Version>, Stop> {
        let output = match process::run(&[&self.program, "--version"]) {
            Ok(output) => output,
            Err(Error::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let printed = format!("{}{}", output.stdout, output.stderr);
        let version = first_in(&printed).filter(|_| output.succeeded()).and_then(|text| text.parse().ok());
        let shown = printed.lines().next().unwrap_or_default();
        let why =
            || format!("'{} --version' ended with {} and printed '{shown}'", self.program, output.ending());
        version.map(Some).ok_or_else(|| Stop::unknown(why()))
    }
}

fn pyproject(report: &mut Report, project: &Project, version: &Version) -> Result<(), Stop> {
    let Some(text) = project.read("pyproject.toml")? else { return Ok(()) };
    let file = project.path("pyproject.toml");
    let document = match Document::parse(&text) {
        Ok(document) => document,
        Err(broken) => {
            report.unknown(format!("{file} {}", broken.message)).at_line(file, broken.line);
            return Ok(());
        }
    };
    let pyproject = Pyproject::new(&document);
    let standard = pyproject.requires_python().map(|(text, line)| {
        let read = VersionSpecifiers::from_str(text).map(|set| vec![set]).map_err(|error| error.to_string());
        (text, line, read)
    });
    let poetry = pyproject.poetry_python().map(|(text, line)| (text, line, poetry_constraint::parse(text)));
    for (text, line, read) in standard.into_iter().chain(poetry) {
        report.fact("requires-python", version.to_string()).bound(text);
        match read {
            Ok(sets) if sets.is_empty() || sets.iter().any(|set| set.contains(version)) => {}
            Ok(_) => drop(
                report
                    .no_go(format!("Python is {version}, {file} requires {text}"))
                    .at_line(&file, line)
                    .hint(install(text)),
            ),
            Err(_) => drop(
                report.unknown(format!("'{text}' in {file} is no version specifier")).at_line(&file, line),
            ),
        }
    }
    Ok(())
}

fn pinned(report: &mut Report, pin: &Pin, version: &Version) {
    let Pin { version: text, file, line } = pin;
    if text == "system" {
        return;
    }
    report.fact(crate::project::name(file), version.to_string()).bound(text.clone());
    let message = format!("Python is {version}, {file} pins {text}");
    match agreement(text, &version.to_string(), 2) {
        Agreement::Same => {}
        Agreement::Close => drop(report.warn(message).at_line(file, *line).hint(install(text))),
        Agreement::Other => drop(report.no_go(message).at_line(file, *line).hint(install(text))),
        Agreement::Unreadable => {
            report.unknown(format!("'{text}' in {file} is no version number")).at_line(file, *line);
        }
    }
}

fn install(version: &str) -> String {
    format!("make the environment anew with that Python: uv venv --python '{version}'")
}
