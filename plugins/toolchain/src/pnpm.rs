use gonogo_sdk::{Check, Error, JsonSchema, Program, Readable, Report, Stop, process};
use nodejs_semver::{Range, Version};
use serde::Deserialize;

use crate::{
    node::Required,
    nodejs::package_json::PackageJson,
    project::Project,
    versions::{Agreement, agreement, first_in},
};

/// pnpm is there, at a version within every range that the project states
///
/// Needed where the project has a pnpm-lock.yaml, or a package.json whose `packageManager` is pnpm. The version that the program prints is
/// held against the parameter `version`, `engines.pnpm`, and `packageManager`, where another major version is a no-go and less a warning.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Pnpm {
    /// The versions that will do, as an npm range.
    #[serde(default)]
    version: Option<String>,
    /// Whether the project needs pnpm at all.
    #[serde(default)]
    required: Required,
    /// The project directory.
    #[serde(default = "crate::defaults::project")]
    project: Readable,
    /// The program.
    #[serde(default = "program")]
    program: Program,
}

fn program() -> Program {
    "pnpm".into()
}

impl Check for Pnpm {
    const COMMANDS: &'static [&'static [&'static str]] = &[&["{program}", "--version"]];

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        if self.required == Required::Never {
            return Err(Stop::not_applicable("pnpm is declared as not needed (required = \"never\")"));
        }
        let project = Project::open(&self.project)?;
        let file = project.path("package.json");
        let package = match project.read("package.json")?.map(PackageJson::parse) {
            Some(Ok(package)) => Some(package),
            Some(Err(why)) => return Err(Stop::unknown(format!("{file} {why}"))),
            None => None,
        };
        let manager = package.as_ref().and_then(|package| package.text("packageManager"));
        let pin = manager
            .and_then(|text| text.strip_prefix("pnpm@"))
            .map(|text| text.split('+').next().unwrap_or(text));
        if self.required == Required::Auto && pin.is_none() && !project.has("pnpm-lock.yaml") {
            return Err(Stop::not_applicable(
                "the project has no pnpm-lock.yaml and names no pnpm as its packageManager",
            ));
        }
        let wanted = self.version.as_deref().or(pin).unwrap_or("latest").to_owned();
        let hint = format!("npm install --global 'pnpm@{wanted}'");
        let output = match process::run(&[&self.program, "--version"]) {
            Ok(output) => output,
            Err(Error::NotFound(_)) => {
                report.summary(format!("no {}", self.program));
                report.no_go(format!("there is no program {}", self.program)).hint(hint);
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let version = first_in(&output.stdout)
            .filter(|_| output.succeeded())
            .and_then(|text| Version::parse(text).ok());
        let Some(version) = version else {
            let printed = output.stdout.lines().chain(output.stderr.lines()).next().unwrap_or_default();
            let command = format!("{} --version", self.program);
            return Err(Stop::unknown(format!(
                "'{command}' ended with {} and printed '{printed}'",
                output.ending()
            )));
        };
        report.summary(format!("pnpm {version}"));
        let fact = report.fact("version", version.to_string());
        if let Some(range) = &self.version {
            fact.bound(range.clone());
            within(report, &version, range, "gonogo.toml", None, &hint);
        }
        if let Some((package, range)) =
            package.as_ref().and_then(|package| Some((package, package.engine("pnpm")?)))
        {
            report.fact("engines", version.to_string()).bound(range);
            within(report, &version, range, &file, Some(package.line_of("engines", "pnpm")), &hint);
        }
        if let (Some(package), Some(pin)) = (&package, pin) {
            report.fact("packageManager", version.to_string()).bound(pin);
            let line = package.line_of("packageManager", "packageManager");
            let message = format!("pnpm is {version}, {file} pins {pin}");
            match agreement(pin, &version.to_string(), 1) {
                Agreement::Same => {}
                Agreement::Close => drop(report.warn(message).at_line(&file, line).hint(hint)),
                Agreement::Other => drop(report.no_go(message).at_line(&file, line).hint(hint)),
                Agreement::Unreadable => {
                    report.unknown(format!("'{pin}' in {file} is no version number")).at_line(&file, line);
                }
            }
        }
        Ok(())
    }
}

fn within(report: &mut Report, version: &Version, range: &str, file: &str, line: Option<u32>, hint: &str) {
    let finding = match Range::parse(range) {
        Ok(parsed) if parsed.satisfies(version) => return,
        Ok(_) => report.no_go(format!("pnpm is {version}, {file} asks for {range}")).hint(hint),
        Err(_) => report.unknown(format!("'{range}' in {file} is no npm range, such as '>=8 <10'")),
    };
    if let Some(line) = line {
        finding.at_line(file, line);
    }
}
