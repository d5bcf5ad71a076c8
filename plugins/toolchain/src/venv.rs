use gonogo_sdk::{Check, Error, JsonSchema, Readable, Report, Stop, process};
use serde::Deserialize;

use crate::{
    environments::{self, Environment, Maker, candidates},
    project::Project,
    versions::{Agreement, agreement},
};

/// A virtual environment is active or found, belongs to this project, and its interpreter runs
///
/// The first of `environments` that is there counts. Its interpreter is started, isolated (`-I`), and must be of the version that the environment was
/// made for: after an upgrade of the system's Python an environment often points to nothing, or to another version whose packages lie
/// elsewhere.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Venv {
    /// The project directory.
    #[serde(default = "crate::defaults::project")]
    project: Readable,
    /// Where the project's environment may be; the first that is there counts.
    #[serde(default = "crate::defaults::environments")]
    environments: Vec<Readable>,
}

/// Prints the version, the environment and the installation that it stands on, a line each.
const SELF: &str = "import sys; print(sys.version.split()[0], sys.prefix, sys.base_prefix, sep=chr(10))";

impl Check for Venv {
    const COMMANDS: &'static [&'static [&'static str]] =
        &[&["{environments[]}/bin/python", "-I", "-c", SELF]];

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        if !Project::open(&self.project)?.is_python() {
            return Err(Stop::not_applicable(
                "the project has no Python file, requirements or pyproject.toml",
            ));
        }
        let found = environments::find(&self.environments);
        let Some(environment) = found.environments.first() else {
            if let Some(problem) = found.problems.first() {
                return Err(Stop::unknown(problem.clone()));
            }
            report.summary("no environment");
            let message = format!("there is no Python environment at {}", candidates(&self.environments));
            report.no_go(message).hint("python3 -m venv .venv, or: uv venv");
            return Ok(());
        };
        report.fact("environment", environment.path.clone());
        report.summary(format!("{} for Python {}", environment.path, environment.version));
        let Some(seen) = ask(report, environment)? else { return Ok(()) };
        report.summary(format!("{} with Python {}", environment.path, seen.version));
        report.fact("version", seen.version.clone()).bound(format!("= {}", environment.version));
        report.fact("prefix", seen.prefix.clone());
        report.fact("base", seen.base.clone());
        judge(report, environment, &seen);
        belongs(report, environment, &seen, &found.environments)
    }
}

/// What an interpreter says of itself.
struct Seen {
    version: String,
    prefix: String,
    base: String,
}

/// Starts the interpreter. `None` where that failed and the report says so.
fn ask(report: &mut Report, environment: &Environment) -> Result<Option<Seen>, Stop> {
    let python = environment.python();
    let output = match process::run(&[&python, "-I", "-c", SELF]) {
        Ok(output) => output,
        Err(Error::NotFound(_)) => {
            let was =
                environment.home.as_ref().map(|home| format!("; it was made from the Python in {home}"));
            let message = format!("the interpreter {python} is gone{}", was.unwrap_or_default());
            report.no_go(message).hint(anew(environment));
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    if !output.succeeded() {
        let last = output.stderr.trim_end().lines().last().unwrap_or("nothing on standard error");
        report
            .no_go(format!("the interpreter {python} ended with {}: {last}", output.ending()))
            .hint(anew(environment));
        return Ok(None);
    }
    let mut lines = output.stdout.lines().map(str::to_owned);
    match (lines.next(), lines.next(), lines.next()) {
        (Some(version), Some(prefix), Some(base)) => Ok(Some(Seen { version, prefix, base })),
        _ => Err(Stop::unknown(format!(
            "{python} printed '{}', not its version and prefixes",
            output.stdout.trim()
        ))),
    }
}

fn judge(report: &mut Report, environment: &Environment, seen: &Seen) {
    let path = &environment.path;
    let made = environment.version.to_string();
    match agreement(&made, &seen.version, 2) {
        Agreement::Same | Agreement::Unreadable => {}
        Agreement::Close => {
            report
                .note(format!("{path} was made for Python {made}, its interpreter is {} now", seen.version));
        }
        Agreement::Other => {
            let message = format!(
                "{path} was made for Python {made}, its interpreter is {} now: it sees none of the packages installed before",
                seen.version
            );
            report.no_go(message).hint(anew(environment));
        }
    }
    if environment.maker == Maker::Venv && seen.prefix == seen.base {
        let message = format!("the interpreter of {path} does not use it: it runs as that of {}", seen.base);
        report.no_go(message).hint(anew(environment));
    }
    if environment.site_packages.is_none() {
        report.no_go(format!("{path} has no site-packages for Python {made}")).hint(anew(environment));
    }
}

/// An active environment elsewhere, beside one in the project, is probably another project's.
fn belongs(report: &mut Report, used: &Environment, seen: &Seen, all: &[Environment]) -> Result<(), Stop> {
    let outside = |environment: &Environment| environment.path.starts_with('/');
    let Some(own) = all.iter().find(|other| !outside(other)).filter(|_| outside(used)) else { return Ok(()) };
    let output = process::run(&[&own.python(), "-I", "-c", SELF]);
    let prefix = match &output {
        Ok(output) if output.succeeded() => output.stdout.lines().nth(1),
        Ok(_) | Err(Error::NotFound(_)) => None,
        Err(error) => return Err(error.clone().into()),
    };
    if prefix != Some(seen.prefix.as_str()) {
        report
            .warn(format!("the active environment {} is not the project's own, {}", used.path, own.path))
            .hint(format!("deactivate; . {}/bin/activate", own.path));
    }
    Ok(())
}

fn anew(environment: &Environment) -> String {
    match environment.maker {
        Maker::Conda => "make the conda environment anew: conda env create".to_owned(),
        Maker::Venv | Maker::Prefix => {
            format!(
                "python3 -m venv --clear {0}, or: uv venv --clear {0}; then install the requirements again",
                environment.path
            )
        }
    }
}
