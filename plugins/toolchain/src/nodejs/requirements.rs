//! Whether package.json, its lock and node_modules agree.

use gonogo_sdk::{Error, Stop};

use super::{
    modules::{Modules, Package},
    package_json::PackageJson,
    range::Wanted,
};
use crate::{
    lock::{NodeLock, npm, pnpm},
    problems::Problems,
    project::{join, list, parent, read},
    pyproject::Part,
};

/// A package manager's lock and commands.
struct Manager {
    lock: &'static str,
    read: fn(&str) -> Result<NodeLock, String>,
    install: &'static str,
    update: &'static str,
}

/// In the order in which they count.
const MANAGERS: &[Manager] = &[
    Manager {
        lock: "pnpm-lock.yaml",
        read: pnpm::parse,
        install: "pnpm install --frozen-lockfile",
        update: "pnpm install",
    },
    Manager { lock: "package-lock.json", read: npm::parse, install: "npm ci", update: "npm install" },
    Manager { lock: "npm-shrinkwrap.json", read: npm::parse, install: "npm ci", update: "npm install" },
];

/// Judges a package.json: what was judged, for the summary.
pub fn check(problems: &mut Problems<'_>, file: &str, part: Part) -> Result<Option<String>, Stop> {
    let Some(text) = read(file)? else {
        problems.no_go(format!("there is no {file}")).at(file);
        return Ok(None);
    };
    let package = match PackageJson::parse(text) {
        Ok(package) => package,
        Err(why) => {
            problems.unknown(format!("{file} {why}")).at(file);
            return Ok(None);
        }
    };
    let table = if part == Part::Runtime { "dependencies" } else { "devDependencies" };
    let asked = package.table(table);
    if asked.is_empty() {
        return Ok(None);
    }
    let directory = parent(file);
    let names = list(directory)?.unwrap_or_default();
    let has = |name: &str| names.iter().any(|(other, _)| other == name);
    let manager = MANAGERS.iter().find(|manager| has(manager.lock));
    let lock = if let Some(manager) = manager {
        read_lock(problems, directory, manager)?
    } else {
        problems
            .note(format!("there is no package-lock.json or pnpm-lock.yaml beside {file}"))
            .hint("npm install --package-lock-only");
        None
    };
    let install = manager.map_or("npm install", |manager| manager.install);
    let judged = Judged { package: &package, file, table, install };
    if let (Some(manager), Some(lock)) = (manager, &lock) {
        judged.lock(problems, manager, lock, directory);
    }
    let modules = join(directory, "node_modules");
    if has("node_modules") {
        judged.installed(problems, lock.as_ref(), &modules);
        if let (Some(lock), Some(manager)) = (&lock, manager.filter(|_| part == Part::Runtime)) {
            everything(problems, lock, &join(directory, manager.lock), &modules)?;
        }
    } else {
        problems
            .no_go(format!("none of {} {table} is installed: there is no {modules}", asked.len()))
            .at(file)
            .hint(install);
    }
    let report = &mut *problems.report;
    report.fact(table, asked.len()).unit("1");
    Ok(Some(format!("{} {table} of {file}", asked.len())))
}

fn read_lock(
    problems: &mut Problems<'_>,
    directory: &str,
    manager: &Manager,
) -> Result<Option<NodeLock>, Error> {
    let path = join(directory, manager.lock);
    match read(&path)?.map(|text| (manager.read)(&text)) {
        Some(Ok(lock)) => Ok(Some(lock)),
        Some(Err(why)) => {
            problems.unknown(format!("cannot read {path}: {why}")).at(path);
            Ok(None)
        }
        None => Ok(None),
    }
}

struct Judged<'p> {
    package: &'p PackageJson,
    file: &'p str,
    table: &'static str,
    install: &'static str,
}

impl Judged<'_> {
    /// The lock against package.json.
    fn lock(&self, problems: &mut Problems<'_>, manager: &Manager, lock: &NodeLock, directory: &str) {
        let path = join(directory, manager.lock);
        let hint = manager.update;
        for (name, range) in self.package.table(self.table) {
            let line = self.package.line_of(self.table, name);
            let made_for = lock.asked.as_ref().and_then(|asked| asked.get(name));
            let problem = match lock.chosen.get(name) {
                None => "has no such package".to_owned(),
                Some(Some(version)) if Wanted::parse(range).takes(version) == Some(false) => {
                    format!("has {version}")
                }
                // Overrides rewrite what the lock says was asked for.
                Some(_) if made_for.is_some_and(|asked| asked != range) && !self.package.has_overrides() => {
                    format!("was made for {}", made_for.map(String::as_str).unwrap_or_default())
                }
                Some(_) => continue,
            };
            let message = format!("{} asks for {name} {range}, {path} {problem}", self.file);
            problems.no_go(message).at_line(self.file, line).hint(hint);
        }
    }

    /// What is installed against the lock, or else against package.json.
    fn installed(&self, problems: &mut Problems<'_>, lock: Option<&NodeLock>, node_modules: &str) {
        let mut modules = Modules::default();
        for (name, range) in self.package.table(self.table) {
            let line = self.package.line_of(self.table, name);
            let locked = lock.and_then(|lock| lock.chosen.get(name)).and_then(Option::as_deref);
            let path = join(node_modules, name);
            let finding = match modules.at(&path) {
                Package::Absent => {
                    problems.no_go(format!("{name} {range} is not installed in {node_modules}"))
                }
                Package::Broken(why) => problems.no_go(format!("{path}/package.json {why}")),
                Package::Unread(why) => problems.unknown(format!("cannot read {path}/package.json: {why}")),
                Package::Read(package) => match (package.text("version"), locked) {
                    (Some(version), Some(locked)) if version != locked => {
                        problems.no_go(format!("{name} {version} is installed, {locked} is locked"))
                    }
                    (Some(version), None) if Wanted::parse(range).takes(version) == Some(false) => {
                        problems.no_go(format!("{name} {version} is installed, {range} wanted"))
                    }
                    (None, Some(_)) => problems.unknown(format!("{path}/package.json has no version")),
                    _ => continue,
                },
            };
            finding.at_line(self.file, line).hint(self.install);
        }
    }
}

/// All packages of npm's lock against the record that npm leaves of what it installed.
fn everything(
    problems: &mut Problems<'_>,
    lock: &NodeLock,
    path: &str,
    node_modules: &str,
) -> Result<(), Error> {
    let record = join(node_modules, ".package-lock.json");
    if lock.places.is_empty() {
        return Ok(());
    }
    let installed = match read(&record)?.map(|text| npm::parse(&text)) {
        Some(Ok(installed)) => installed,
        Some(Err(why)) => {
            problems.unknown(format!("cannot read {record}: {why}")).at(record).hint("npm ci");
            return Ok(());
        }
        // Other package managers leave none.
        None => return Ok(()),
    };
    // Direct dependencies were read from their own package.json.
    let inner = lock
        .places
        .iter()
        .filter(|(_, place)| !place.optional && !place.development && place.version.is_some());
    for (place, locked) in inner.filter(|(place, _)| {
        !lock.chosen.contains_key(place.trim_start_matches("node_modules/"))
            || !installed.places.contains_key(*place)
    }) {
        let wanted = locked.version.as_deref().unwrap_or_default();
        let problem =
            match installed.places.get(place).map(|place| place.version.as_deref().unwrap_or("a link")) {
                Some(version) if version == wanted => continue,
                Some(version) => format!("{version} is installed"),
                None => "which is not installed".to_owned(),
            };
        problems.no_go(format!("{path} has {place} {wanted}, {problem}")).at(path).hint("npm ci");
    }
    Ok(())
}
