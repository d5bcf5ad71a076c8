//! What a Python project asks for, collected from its requirements files and its pyproject.toml.

use std::collections::BTreeSet;

use gonogo_sdk::Error;

use crate::{
    problems::Problems,
    project::{join, name, parent, read, resolve},
    pyproject::{Part, Pyproject},
    requirement::{Allowed, Requirement},
    requirements_txt::{self, Entry},
    toml_text::Document,
};

/// A requirement and where it stands.
pub struct Wanted {
    /// What must be installed.
    pub requirement: Requirement,
    /// The file.
    pub file: String,
    /// Its line, from 1.
    pub line: u32,
}

/// All that is asked for.
#[derive(Default)]
pub struct Asked {
    /// By requirements files.
    pub listed: Vec<Wanted>,
    /// By pyproject.toml.
    pub declared: Vec<Wanted>,
    /// Versions that may be installed, if the package is.
    pub constraints: Vec<Wanted>,
    /// Files read.
    pub files: BTreeSet<String>,
}

impl Asked {
    /// Reads a requirements file, or a file of constraints, and those that it includes.
    pub fn requirements_file(
        &mut self,
        problems: &mut Problems<'_>,
        root: &str,
        file: &str,
        constraints: bool,
    ) -> Result<(), Error> {
        if !self.files.insert(file.to_owned()) {
            return Ok(());
        }
        let Some(text) = read(file)? else {
            problems.no_go(format!("there is no {file}")).at(file);
            return Ok(());
        };
        for line in requirements_txt::parse(&text) {
            let number = line.number;
            let (included, constraints) = match line.entry {
                Entry::Requirement(text) => {
                    match text.parse::<Requirement>() {
                        Ok(requirement) => {
                            let list = if constraints { &mut self.constraints } else { &mut self.listed };
                            list.push(Wanted { requirement, file: file.to_owned(), line: number });
                        }
                        Err(why) => {
                            let message = format!("'{text}' in {file} is no requirement: {why}");
                            problems.unknown(message).at_line(file, number);
                        }
                    }
                    continue;
                }
                Entry::Place(place) => {
                    match of_place(root, &place) {
                        Ok(requirement) => {
                            self.listed.push(Wanted { requirement, file: file.to_owned(), line: number });
                        }
                        Err(why) => {
                            let message =
                                format!("cannot tell which distribution '{place}' in {file} is: {why}");
                            problems
                                .unknown(message)
                                .at_line(file, number)
                                .hint(format!("write it with its name: NAME @ {place}"));
                        }
                    }
                    continue;
                }
                Entry::Unreadable(why) => {
                    problems.unknown(format!("{file}: {why}")).at_line(file, number);
                    continue;
                }
                Entry::Include(path) => (path, constraints),
                Entry::Constraints(path) => (path, true),
            };
            if let Some(path) = resolve(parent(file), &included).filter(|_| !included.contains("://")) {
                self.requirements_file(problems, root, &path, constraints)?;
            } else {
                let message =
                    format!("{file} includes {included}, which is outside of the project and is not read");
                problems.unknown(message).at_line(file, number);
            }
        }
        Ok(())
    }

    /// Reads a part of pyproject.toml.
    pub fn pyproject(
        &mut self,
        problems: &mut Problems<'_>,
        file: &str,
        pyproject: &Pyproject<'_>,
        part: Part,
    ) {
        self.files.insert(file.to_owned());
        for written in pyproject.requirements(part) {
            match written.requirement {
                Ok(requirement) => {
                    self.declared.push(Wanted { requirement, file: file.to_owned(), line: written.line });
                }
                Err(why) => {
                    problems
                        .unknown(format!("a requirement in {file} is not understood: {why}"))
                        .at_line(file, written.line);
                }
            }
        }
        if let Some(line) = pyproject.dynamic_dependencies().filter(|_| part == Part::Runtime) {
            let message = format!("{file} leaves the dependencies to the build backend, which is not run");
            problems
                .unknown(message)
                .at_line(file, line)
                .hint("name the files that list them: files = [\"requirements.txt\"]");
        }
    }
}

/// What must be installed for a path or a URL without a name.
fn of_place(root: &str, place: &str) -> Result<Requirement, String> {
    let (path, fragment) = place.split_once('#').unwrap_or((place, ""));
    let is_url = path.contains("://") || path.starts_with("git+");
    let any = |name: &str| name.parse::<Requirement>();
    if let Some(egg) = fragment.split('&').find_map(|part| part.strip_prefix("egg=")) {
        let mut requirement = any(egg)?;
        if is_url {
            requirement.allowed = Allowed::Url(path.to_owned());
        }
        return Ok(requirement);
    }
    if let Some(wheel) = name(path).strip_suffix(".whl") {
        let mut parts = wheel.split('-');
        return match (parts.next(), parts.next()) {
            (Some(name), Some(version)) => any(&format!("{name}=={version}")),
            _ => Err("it is not named as wheels are".to_owned()),
        };
    }
    if is_url {
        return Err("the URL does not tell".to_owned());
    }
    let (path, extras) = match path.split_once('[') {
        Some((path, extras)) => (path, format!("[{extras}")),
        None => (path, String::new()),
    };
    // pip takes paths from the directory that it runs in: the project.
    let directory = resolve(root, path).ok_or("it is outside of the project")?;
    let file = join(&directory, "pyproject.toml");
    let text =
        read(&file).map_err(|error| error.to_string())?.ok_or_else(|| format!("there is no {file}"))?;
    let document = Document::parse(&text).map_err(|broken| format!("{file} {}", broken.message))?;
    let name = Pyproject::new(&document).name().ok_or_else(|| format!("{file} names no project"))?;
    any(&format!("{name}{extras}"))
}
