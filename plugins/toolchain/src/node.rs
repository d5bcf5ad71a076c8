use gonogo_sdk::{Check, Error, JsonSchema, Program, Readable, Report, Stop, process};
use nodejs_semver::{Range, Version};
use serde::Deserialize;

use crate::{
    nodejs::package_json::PackageJson,
    pins::{self, Pin},
    project::{self, Project},
    versions::{Agreement, agreement, first_in},
};

/// Node.js is there, at a version within every range that the project states
///
/// Needed where the project has a package.json. The version that the program prints is held against the parameter `version`,
/// `engines.node` of package.json, and what .nvmrc, .node-version, .tool-versions and mise.toml pin. A pin of another major version is a
/// no-go, one that differs in less a warning.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Node {
    /// The versions that will do, as an npm range.
    #[serde(default = "version")]
    version: String,
    /// Whether the project needs Node.js at all.
    #[serde(default)]
    required: Required,
    /// The project directory.
    #[serde(default = "crate::defaults::project")]
    project: Readable,
    /// The program.
    #[serde(default = "program")]
    program: Program,
}

/// Whether something is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub enum Required {
    /// Where the project's files say so.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

fn version() -> String {
    ">=16".to_owned()
}

fn program() -> Program {
    "node".into()
}

/// The major versions behind the names of Node's long-term releases. Source: nodejs/Release, schedule.json.
const LONG_TERM: &[(&str, &str)] = &[
    ("argon", "4"),
    ("boron", "6"),
    ("carbon", "8"),
    ("dubnium", "10"),
    ("erbium", "12"),
    ("fermium", "14"),
    ("gallium", "16"),
    ("hydrogen", "18"),
    ("iron", "20"),
    ("jod", "22"),
    ("krypton", "24"),
];

impl Check for Node {
    const COMMANDS: &'static [&'static [&'static str]] = &[&["{program}", "--version"]];

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let asked = Range::parse(&self.version)
            .map_err(|_| Stop::unknown(format!("'{}' is no npm range, such as '>=18 <23'", self.version)))?;
        if self.required == Required::Never {
            return Err(Stop::not_applicable("Node.js is declared as not needed (required = \"never\")"));
        }
        let project = Project::open(&self.project)?;
        if self.required == Required::Auto && !project.has("package.json") {
            return Err(Stop::not_applicable("the project has no package.json"));
        }
        let output = match process::run(&[&self.program, "--version"]) {
            Ok(output) => output,
            Err(Error::NotFound(_)) => {
                report.summary(format!("no {}", self.program));
                let hint = format!("install Node.js {}, or set required = \"never\"", self.version);
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
        report.summary(format!("Node.js {version}"));
        report.fact("version", version.to_string()).bound(self.version.clone());
        if !asked.satisfies(&version) {
            report
                .no_go(format!("Node.js is {version}, {} wanted", self.version))
                .hint(install(&self.version));
        }
        engines(report, &project, &version)?;
        let (pins, unreadable) = pins::of(&project, "node", &[".nvmrc", ".node-version"])?;
        for pin in &pins {
            pinned(report, pin, &version);
        }
        for file in unreadable {
            report.unknown(format!("{} {}", file.file, file.why)).at(file.file);
        }
        Ok(())
    }
}

fn engines(report: &mut Report, project: &Project, version: &Version) -> Result<(), Stop> {
    let Some(text) = project.read("package.json")? else { return Ok(()) };
    let file = project.path("package.json");
    let package = match PackageJson::parse(text) {
        Ok(package) => package,
        Err(why) => {
            report.unknown(format!("{file} {why}")).at(file);
            return Ok(());
        }
    };
    let Some(range) = package.engine("node") else { return Ok(()) };
    let line = package.line_of("engines", "node");
    report.fact("engines", version.to_string()).bound(range);
    match Range::parse(range) {
        Ok(parsed) if parsed.satisfies(version) => {}
        Ok(_) => drop(
            report
                .no_go(format!("Node.js is {version}, {file} asks for {range}"))
                .at_line(&file, line)
                .hint(install(range)),
        ),
        Err(_) => drop(report.unknown(format!("'{range}' in {file} is no npm range")).at_line(&file, line)),
    }
    Ok(())
}

fn pinned(report: &mut Report, pin: &Pin, version: &Version) {
    let Pin { version: text, file, line } = pin;
    if matches!(text.as_str(), "node" | "stable" | "latest" | "system" | "current") {
        return;
    }
    report.fact(project::name(file), version.to_string()).bound(text.clone());
    let name = text.strip_prefix("lts/").unwrap_or(text);
    let agrees = match LONG_TERM.iter().find(|(known, _)| *known == name) {
        Some((_, major)) => agreement(major, &version.to_string(), 1),
        // Every long-term release has an even major version.
        None if name == "*" && version.major().is_multiple_of(2) => Agreement::Same,
        None if name == "*" => Agreement::Other,
        None => agreement(text, &version.to_string(), 1),
    };
    let message = format!("Node.js is {version}, {file} pins {text}");
    match agrees {
        Agreement::Same => {}
        Agreement::Close => {
            report.warn(message).at_line(file, *line).hint(format!("nvm install {text}"));
        }
        Agreement::Other => {
            report.no_go(message).at_line(file, *line).hint(format!("nvm install {text}"));
        }
        Agreement::Unreadable => {
            report.unknown(format!("'{text}' in {file} is no version number")).at_line(file, *line);
        }
    }
}

/// The command that installs the lowest version of a range, or the version of a pin.
fn install(range: &str) -> String {
    let lowest = Range::parse(range).ok().and_then(|range| range.min_version());
    let version = lowest.map_or_else(|| range.to_owned(), |version| version.major().to_string());
    format!("nvm install {version}")
}
