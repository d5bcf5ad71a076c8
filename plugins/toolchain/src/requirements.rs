use std::collections::BTreeSet;

use gonogo_sdk::{Check, JsonSchema, Readable, Report, Stop};
use pep508_rs::{MarkerTree, PackageName};
use serde::Deserialize;

use crate::{
    asked::{Asked, Wanted},
    environments::{self, Found},
    lock::{Lock, poetry, pylock, uv},
    nodejs::requirements as node,
    problems::Problems,
    project::{Project, list, name, read},
    pyproject::{DEVELOPMENT, Part, Pyproject},
    requirement::{Allowed, Requirement},
    satisfied::Judge,
    toml_text::Document,
};

/// Every requirement is installed, at a version that satisfies it
///
/// Reads requirements.txt (with `-r`, `-c`, hashes, extras, URLs, `-e`), pyproject.toml (`project`, `dependency-groups`, Poetry's tables), uv.lock,
/// poetry.lock and pylock.toml, and holds them against the metadata of the distributions in the environment. Python is not started: it works where the
/// interpreter is broken. Markers are evaluated for the environment's interpreter and this machine. Where there is a lock, its versions must be
/// installed, and it must agree with pyproject.toml.
///
/// Where there is a package.json, the same for package-lock.json or pnpm-lock.yaml and node_modules.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Requirements {
    /// Which requirements are meant.
    #[serde(default)]
    scope: Scope,
    /// The project directory.
    #[serde(default = "crate::defaults::project")]
    project: Readable,
    /// Where the project's environment may be; the first that is there counts.
    #[serde(default = "crate::defaults::environments")]
    environments: Vec<Readable>,
    /// The files that list them; those that the project has under their usual names, where none is named.
    #[serde(default)]
    files: Vec<Readable>,
}

/// Which requirements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub enum Scope {
    /// What the project needs to run.
    #[default]
    Runtime,
    /// What working on it needs besides: tests, linters.
    Development,
    /// What the model that is trained needs: the files named.
    Model,
}

impl Check for Requirements {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        if self.scope == Scope::Model && self.files.is_empty() {
            return Err(Stop::not_applicable("no requirements file of a model is named (files = [\"…\"])"));
        }
        let project = Project::open(&self.project)?;
        let part = if self.scope == Scope::Development { Part::Development } else { Part::Runtime };
        let files = if self.files.is_empty() {
            usual(&project, part)?
        } else {
            self.files.iter().map(|file| file.0.clone()).collect()
        };
        let mut problems = Problems::new(report);
        let (node, python): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|file| name(file) == "package.json");
        let mut said = self.python(&mut problems, &python, part)?;
        for file in &node {
            said.extend(node::check(&mut problems, file, part)?);
        }
        match (said.is_empty(), problems.count()) {
            (true, 0) => return Err(Stop::not_applicable(self.nothing(&project))),
            (_, count) => problems.report.summary(format!("{}: {count} problems", said.join(", "))),
        }
        problems.finish();
        Ok(())
    }
}

impl Requirements {
    fn nothing(&self, project: &Project) -> &'static str {
        match self.scope {
            Scope::Development => "the project lists no development requirements",
            Scope::Runtime | Scope::Model if project.has("setup.py") => {
                "the project lists no requirements but those that setup.py may make up"
            }
            Scope::Runtime | Scope::Model => "the project lists no requirements",
        }
    }

    /// Judges the Python files: what was judged, for the summary.
    fn python(&self, problems: &mut Problems<'_>, files: &[String], part: Part) -> Result<Vec<String>, Stop> {
        let of_kind = |kind: Kind| files.iter().filter(move |file| kind_of(file) == kind);
        let mut asked = Asked::default();
        for file in of_kind(Kind::List) {
            asked.requirements_file(problems, &self.project, file, false)?;
        }
        let pyproject = of_kind(Kind::Pyproject).next();
        let text = pyproject.map(|file| read(file)).transpose()?.flatten();
        let parsed = text.as_deref().map(Document::parse).transpose();
        let document = match parsed {
            Ok(document) => document,
            Err(broken) => {
                let file = pyproject.map(String::as_str).unwrap_or_default();
                problems.unknown(format!("{file} {}", broken.message)).at_line(file, broken.line);
                None
            }
        };
        let declared = document.as_ref().map(Pyproject::new);
        if let (Some(file), Some(declared)) = (pyproject, &declared) {
            asked.pyproject(problems, file, declared, part);
        }
        let nothing_for_development = part == Part::Development && asked.declared.is_empty();
        let locks = of_kind(Kind::Lock).filter(|_| declared.is_none() || !nothing_for_development);
        let mut read_locks = Vec::new();
        for file in locks {
            read_locks.extend(read_lock(problems, file, declared.as_ref(), &asked.declared, part)?);
        }
        if asked.listed.is_empty()
            && asked.declared.is_empty()
            && asked.constraints.is_empty()
            && read_locks.is_empty()
        {
            return Ok(Vec::new());
        }
        let found = environments::find(&self.environments);
        self.installed(problems, &asked, &read_locks, &found)
    }

    fn installed(
        &self,
        problems: &mut Problems<'_>,
        asked: &Asked,
        locks: &[ReadLock],
        found: &Found,
    ) -> Result<Vec<String>, Stop> {
        let environment = match found.first(&self.environments) {
            Ok(environment) => environment,
            Err(why) => {
                problems.unknown(why);
                return Ok(vec!["nothing that is installed could be read".to_owned()]);
            }
        };
        let mut judge = Judge::new(environment)?;
        for wanted in &asked.listed {
            judge.requirement(problems, wanted);
        }
        for ReadLock { lock, roots, told } in locks {
            let (packages, missing) = lock.closure(roots.clone(), &judge.markers);
            for need in missing.into_iter().filter(|need| !told.contains(&need.name)) {
                let message = format!("{} has no {need}", lock.file);
                let place = asked.declared.iter().find(|wanted| wanted.requirement.name == need.name);
                let finding = problems.no_go(message);
                match place {
                    Some(wanted) => finding.at_line(&wanted.file, wanted.line),
                    None => finding.at(&lock.file),
                }
                .hint(format!("{}; {}", lock.update, lock.sync));
            }
            for package in packages.into_iter().filter(|package| !package.is_project) {
                judge.locked(problems, lock, package);
            }
        }
        if locks.is_empty() {
            for wanted in &asked.declared {
                judge.requirement(problems, wanted);
            }
        }
        for wanted in &asked.constraints {
            judge.constraint(problems, wanted);
        }
        let report = &mut *problems.report;
        report.fact("distributions", judge.installed.count()).unit("1");
        report.fact("requirements", judge.checked).unit("1");
        report.fact("for-other-platforms", judge.skipped).unit("1");
        Ok(vec![format!(
            "{} requirements held against {} distributions in {}",
            judge.checked,
            judge.installed.count(),
            environment.path
        )])
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pyproject,
    Lock,
    List,
}

fn kind_of(file: &str) -> Kind {
    match name(file) {
        "pyproject.toml" => Kind::Pyproject,
        "uv.lock" | "poetry.lock" => Kind::Lock,
        name if name
            .strip_prefix("pylock.")
            .is_some_and(|rest| rest == "toml" || rest.strip_suffix(".toml").is_some()) =>
        {
            Kind::Lock
        }
        _ => Kind::List,
    }
}

/// The files that a project has under their usual names.
fn usual(project: &Project, part: Part) -> Result<Vec<String>, Stop> {
    let stems = match part {
        Part::Runtime => &["base", "main", "prod", "production", "requirements"][..],
        Part::Development => DEVELOPMENT,
    };
    let is_list = |name: &str| match part {
        Part::Runtime => name == "requirements.txt",
        Part::Development => name.strip_suffix(".txt").is_some_and(|stem| {
            let rest = stem.strip_prefix("requirements").or_else(|| stem.strip_suffix("requirements"));
            rest.is_some_and(|rest| DEVELOPMENT.contains(&rest.trim_matches(['-', '_', '.'])))
        }),
    };
    let mut files =
        project.names().filter(|name| is_list(name)).map(|name| project.path(name)).collect::<Vec<_>>();
    if project.has("requirements") {
        let directory = project.path("requirements");
        for (name, _) in list(&directory)?.unwrap_or_default() {
            if name.strip_suffix(".txt").is_some_and(|stem| stems.contains(&stem)) {
                files.push(format!("{directory}/{name}"));
            }
        }
    }
    let others = ["pyproject.toml", "uv.lock", "poetry.lock", "package.json"];
    files.extend(others.iter().filter(|name| project.has(name)).map(|name| project.path(name)));
    let pylock = if part == Part::Runtime { "pylock.toml" } else { "pylock.dev.toml" };
    files.extend(project.has(pylock).then(|| project.path(pylock)));
    Ok(files)
}

/// A lock that could be read.
struct ReadLock {
    lock: Lock,
    /// What of it must be installed.
    roots: Vec<Requirement>,
    /// Requirements that it is known not to be made for.
    told: BTreeSet<PackageName>,
}

/// Reads a lock; `None`, with a finding, where that fails.
fn read_lock(
    problems: &mut Problems<'_>,
    file: &str,
    pyproject: Option<&Pyproject<'_>>,
    declared: &[Wanted],
    part: Part,
) -> Result<Option<ReadLock>, Stop> {
    let Some(text) = read(file)? else {
        problems.no_go(format!("there is no {file}")).at(file);
        return Ok(None);
    };
    let document = match Document::parse(&text) {
        Ok(document) => document,
        Err(broken) => {
            problems.unknown(format!("{file} {}", broken.message)).at_line(file, broken.line);
            return Ok(None);
        }
    };
    let roots = || declared.iter().map(|wanted| wanted.requirement.clone()).collect::<Vec<_>>();
    let read = match name(file) {
        "uv.lock" => uv::parse(file, &document, pyproject.and_then(Pyproject::name).as_ref()).map(|lock| {
            let told = match (pyproject, part) {
                (Some(pyproject), Part::Runtime) => disagreements(problems, &lock, pyproject, declared),
                _ => BTreeSet::new(),
            };
            let own = if part == Part::Runtime { lock.runtime } else { lock.development };
            let roots = if pyproject.is_some() { roots() } else { own };
            ReadLock { lock: lock.lock, roots, told }
        }),
        "poetry.lock" => poetry::parse(file, &document).map(|lock| {
            let all = || lock.packages.iter().map(|package| any(package.name.clone())).collect();
            let roots = if pyproject.is_some() { roots() } else { all() };
            ReadLock { lock, roots, told: BTreeSet::new() }
        }),
        _ => pylock::parse(file, &document).map(|lock| {
            let applies = lock
                .packages
                .iter()
                .map(|package| Requirement { marker: package.marker.clone(), ..any(package.name.clone()) });
            let roots = applies.collect();
            ReadLock { lock, roots, told: BTreeSet::new() }
        }),
    };
    match read {
        Ok(read) => Ok(Some(read)),
        Err(broken) => {
            problems.unknown(format!("{file} is not understood: {}", broken.why)).at_line(file, broken.line);
            Ok(None)
        }
    }
}

fn any(name: PackageName) -> Requirement {
    Requirement { name, extras: Vec::new(), allowed: Allowed::Versions(Vec::new()), marker: MarkerTree::TRUE }
}

/// Says where uv.lock was made for something else than what pyproject.toml asks for now: the names.
fn disagreements(
    problems: &mut Problems<'_>,
    lock: &uv::UvLock,
    pyproject: &Pyproject<'_>,
    declared: &[Wanted],
) -> BTreeSet<PackageName> {
    let mut told = BTreeSet::new();
    let Some(asked) = &lock.asked else { return told };
    let file = &lock.lock.file;
    let same = |one: &Requirement, other: &Requirement| {
        let sorted = |requirement: &Requirement| {
            let mut specifiers = match &requirement.allowed {
                Allowed::Versions(sets) => {
                    sets.iter().flat_map(|set| set.iter().map(ToString::to_string)).collect()
                }
                Allowed::Url(_) => Vec::new(),
            };
            specifiers.sort();
            specifiers
        };
        one.name == other.name && (sorted(one) == sorted(other) || pyproject.has_source(&one.name))
    };
    for wanted in declared {
        if !asked.iter().any(|(asked, _)| same(asked, &wanted.requirement)) {
            let message = format!("{file} was made before {} asked for {}", wanted.file, wanted.requirement);
            problems.no_go(message).at_line(&wanted.file, wanted.line).hint("uv lock; uv sync");
            told.insert(wanted.requirement.name.clone());
        }
    }
    let of_runtime = asked.iter().filter(|(asked, _)| asked.marker.evaluate_extras(&[]));
    for (asked, line) in of_runtime {
        if !declared.iter().any(|wanted| wanted.requirement.name == asked.name) {
            let message = format!("{file} was made for {asked}, which pyproject.toml no longer asks for");
            problems.no_go(message).at_line(file, *line).hint("uv lock; uv sync");
        }
    }
    told
}
