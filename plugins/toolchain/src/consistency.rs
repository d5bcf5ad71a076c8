use gonogo_sdk::{Check, JsonSchema, Readable, Report, Stop, counted};
use pep508_rs::MarkerEnvironment;
use serde::Deserialize;

use crate::{
    environments::{self, Environment},
    installed::{Distribution, Fault, Installed},
    metadata::Metadata,
    nodejs::{
        modules::{Modules, Package},
        package_json::PackageJson,
        range::Wanted,
    },
    problems::Problems,
    project::Project,
    requirement::Requirement,
};

/// What is installed is consistent: nothing broken, missing or in conflict
///
/// **Python**: every distribution of the environment is read from its METADATA, without starting Python, and judged as `uv pip check` does: installed
/// twice, unreadable, for another Python, a dependency missing, a dependency at a version that does not satisfy. Markers are evaluated for the
/// environment's interpreter. What a dependency's extras need in turn is followed too; as pip and uv do not look at it, it is a warning.
///
/// **Node**: every package in node_modules must find its dependencies where Node would look for them, each at a version in range.
/// Peers that are not optional are warnings.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Consistency {
    /// The project directory.
    #[serde(default = "crate::defaults::project")]
    project: Readable,
    /// Where the project's environment may be; the first that is there counts.
    #[serde(default = "crate::defaults::environments")]
    environments: Vec<Readable>,
}

impl Check for Consistency {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let mut problems = Problems::new(report);
        let report = &mut problems;
        let project = Project::open(&self.project)?;
        let found = environments::find(&self.environments);
        let node_modules = project.has("node_modules");
        let mut checked = Vec::new();
        match (found.first(&self.environments), project.is_python()) {
            (Ok(environment), _) => {
                let count = python(report, environment)?;
                checked.push(format!("{count} distributions in {}", environment.path));
            }
            (Err(why), true) => drop(report.unknown(why)),
            (Err(why), false) if !found.problems.is_empty() => drop(report.unknown(why)),
            (Err(_), false) if !node_modules => {
                return Err(Stop::not_applicable(
                    "the project has neither a Python environment nor node_modules",
                ));
            }
            (Err(_), false) => {}
        }
        if node_modules {
            let count = node(report, &project.path("node_modules"))?;
            checked.push(format!("{} in node_modules", counted(count as u64, "package")));
        }
        report.report.summary(match checked.is_empty() {
            true => "nothing to read".to_owned(),
            false => format!("{}: {} problems", checked.join(", "), report.count()),
        });
        problems.finish();
        Ok(())
    }
}

fn python(report: &mut Problems<'_>, environment: &Environment) -> Result<usize, Stop> {
    let installed = Installed::read(environment)?;
    let judge = Judge { environment, markers: environment.markers()?, installed: &installed };
    report.report.fact("distributions", installed.count()).unit("1");
    for path in &installed.leftovers {
        report
            .warn(format!("{path} is left from an uninstall that was cut short"))
            .at(path)
            .hint(format!("rm -r {path}"));
    }
    for distributions in installed.by_name.values() {
        match distributions.as_slice() {
            [only] => judge.distribution(report, only),
            several => judge.duplicate(report, several),
        }
    }
    Ok(installed.count())
}

struct Judge<'i> {
    environment: &'i Environment,
    markers: MarkerEnvironment,
    installed: &'i Installed,
}

impl Judge<'_> {
    fn pip(&self, arguments: &str) -> String {
        format!("{} -m pip {arguments}", self.environment.python())
    }

    fn duplicate(&self, report: &mut Problems<'_>, several: &[Distribution]) {
        let Some(first) = several.first() else { return };
        let paths = several.iter().map(|distribution| crate::project::name(&distribution.path));
        let message = format!(
            "{} is installed {} times: {}",
            first.shown,
            several.len(),
            paths.collect::<Vec<_>>().join(", ")
        );
        let hint = self.pip(&format!("install --force-reinstall {}", first.shown));
        report.no_go(message).at(&first.path).hint(format!(
            "rm -r {}; {hint}",
            several.iter().map(|one| one.path.as_str()).collect::<Vec<_>>().join(" ")
        ));
    }

    fn distribution(&self, report: &mut Problems<'_>, distribution: &Distribution) {
        let shown = &distribution.shown;
        let metadata = match &distribution.metadata {
            Ok(metadata) => metadata,
            Err(fault) => {
                let hint = self.pip(&format!("install --force-reinstall --no-deps {shown}"));
                let message = format!("the metadata of {shown} cannot be read: {fault}");
                let finding = match fault {
                    Fault::Damaged(_) => report.no_go(message),
                    Fault::Unread(_) => report.unknown(message),
                };
                finding.at(&distribution.path).hint(hint);
                return;
            }
        };
        if let Some(range) = &metadata.requires_python {
            let version = &self.environment.version;
            match self.environment.is_within(range) {
                Some(true) => {}
                Some(false) => {
                    let message = format!(
                        "{shown} {} requires Python {range}, {version} is installed",
                        metadata.version
                    );
                    report
                        .no_go(message)
                        .at(&distribution.path)
                        .hint(self.pip(&format!("install --upgrade {shown}")));
                }
                None => {
                    let message = format!(
                        "{shown} requires Python {range}, and only {version} is known of the one installed"
                    );
                    report.unknown(message).at(&distribution.path);
                }
            }
        }
        for need in &metadata.requires {
            if need.marker.evaluate(&self.markers, &[]) {
                self.need(report, distribution, metadata, need);
            }
        }
    }

    fn need(
        &self,
        report: &mut Problems<'_>,
        distribution: &Distribution,
        metadata: &Metadata,
        need: &Requirement,
    ) {
        let by = format!("{} {}", distribution.shown, metadata.version);
        match self.installed.by_name.get(&need.name).map(Vec::as_slice) {
            None | Some([]) => {
                let finding = match self.environment.sees_system {
                    // What lies outside of the environment is not granted.
                    true => report.unknown(format!(
                        "{by} requires {need}, which is not in {}, and what the system has is not read",
                        self.environment.path
                    )),
                    false => report.no_go(format!("{by} requires {need}, which is not installed")),
                };
                finding.at(&distribution.path).hint(self.pip(&format!("install '{need}'")));
            }
            Some([only]) => {
                if let Some(version) = only.version.as_ref().filter(|version| !need.allowed.contains(version))
                {
                    let message = format!("{by} requires {need}, {version} is installed");
                    report.no_go(message).at(&distribution.path).hint(self.pip(&format!("install '{need}'")));
                }
                if let Ok(other) = &only.metadata {
                    self.extras(report, &by, need, other);
                }
            }
            // Installed twice: that is a finding of its own.
            Some(_) => {}
        }
    }

    /// What the extras of a dependency need in turn.
    fn extras(&self, report: &mut Problems<'_>, by: &str, need: &Requirement, of: &Metadata) {
        if need.extras.is_empty() {
            return;
        }
        let only_of_extra = |inner: &&Requirement| {
            !inner.marker.evaluate(&self.markers, &[]) && inner.marker.evaluate(&self.markers, &need.extras)
        };
        for inner in of.requires.iter().filter(only_of_extra) {
            let problem =
                match (self.installed.by_name.contains_key(&inner.name), self.installed.version(&inner.name))
                {
                    (false, _) => "which is not installed".to_owned(),
                    (true, Some(version)) if !inner.allowed.contains(version) => {
                        format!("{version} is installed")
                    }
                    (true, _) => continue,
                };
            let message = format!("{by} requires {need}, whose extra requires {inner}, {problem}");
            report.warn(message).hint(self.pip(&format!("install '{inner}'")));
        }
    }
}

fn node(report: &mut Problems<'_>, node_modules: &str) -> Result<usize, Stop> {
    let mut modules = Modules::default();
    let paths = modules.scan(node_modules)?;
    report.report.fact("node-packages", paths.len()).unit("1");
    for path in &paths {
        let (needs, by) = match modules.at(path) {
            Package::Read(package) => (
                needs(package),
                format!(
                    "{} {}",
                    package.text("name").unwrap_or(path),
                    package.text("version").unwrap_or("without version")
                ),
            ),
            // A directory without package.json is no package.
            Package::Absent => continue,
            Package::Broken(why) => {
                report.no_go(format!("{path}/package.json {why}")).at(path).hint("npm ci");
                continue;
            }
            Package::Unread(why) => {
                report.unknown(format!("cannot read {path}/package.json: {why}")).at(path);
                continue;
            }
        };
        for need in needs {
            let Some(problem) = unmet(&mut modules, path, &need) else { continue };
            let message = format!("{by} requires {} {}, {problem}", need.name, need.range);
            match need.is_peer {
                true => report.warn(message),
                false => report.no_go(message),
            }
            .at(path)
            .hint("npm ci");
        }
    }
    Ok(paths.len())
}

struct Need {
    name: String,
    range: String,
    is_peer: bool,
}

fn needs(package: &PackageJson) -> Vec<Need> {
    let need = |(name, range): (&str, &str), is_peer| Need {
        name: name.to_owned(),
        range: range.to_owned(),
        is_peer,
    };
    let optional = package.table("optionalDependencies");
    let plain = package.table("dependencies").into_iter().filter(|(name, _)| !optional.contains_key(name));
    let peers =
        package.table("peerDependencies").into_iter().filter(|(name, _)| !package.is_optional_peer(name));
    plain.map(|entry| need(entry, false)).chain(peers.map(|entry| need(entry, true))).collect()
}

/// What is wrong with a dependency, if anything is.
fn unmet(modules: &mut Modules, from: &str, need: &Need) -> Option<String> {
    let Some(path) = modules.resolve(from, &need.name) else {
        return Some("which is not installed".to_owned());
    };
    let wanted = Wanted::parse(&need.range);
    match modules.at(&path) {
        Package::Absent => Some(format!("and {path} has no package.json")),
        // A finding of its own, unless it is a link.
        Package::Broken(why) | Package::Unread(why) => Some(format!("and {path}/package.json {why}")),
        Package::Read(package) => match package.text("version") {
            Some(version) if wanted.takes(version) == Some(true) => None,
            Some(version) => Some(format!("{version} is installed")),
            None => Some(format!("and {path} has no version")),
        },
    }
}
