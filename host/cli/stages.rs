//! What the commands ask of the stages below: the project's plan, its run, a plugin's component.

use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

use super::{
    args::{PluginBuild, PluginTest, Running, Selecting},
    exit::Exit,
    failure::Failure,
    progress::Progress,
};
use crate::{
    catalog::{Catalog, Plugin},
    domain::value,
    plan::Plan,
    verdict::Assessment,
};

/// The configuration's name in a project.
const CONFIG: &str = "gonogo.toml";

/// Most bytes of a configuration or a profile: far more than people write.
const MOST_TEXT: u64 = 4 << 20;

/// A project with all that is decided before anything runs.
#[derive(Debug)]
pub struct Project {
    /// What is to run.
    pub plan: Plan,
    /// What can run.
    pub catalog: Catalog,
}

/// A text that a person wrote.
#[derive(Debug, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
}

/// The plan of the project that the arguments name.
pub fn plan_project(selecting: &Selecting) -> Result<Project, Failure> {
    let project = directory(&selecting.project)?;
    let _config = configuration(&project, selecting.config.as_deref())?;
    Err(unfinished("plan_project"))
}

/// Runs the plan and judges what it gave.
pub fn run_project(_: &Project, _: &Running, _: &Progress) -> Result<Assessment, Failure> {
    Err(unfinished("run_project"))
}

/// The component of that file, with the version of the contract that it needs.
pub fn open_plugin(_: &Path) -> Result<(Plugin, String), Failure> {
    Err(unfinished("open_plugin"))
}

/// `gonogo plugin build`.
pub fn build_plugin(_: &PluginBuild) -> Result<Exit, Failure> {
    Err(unfinished("build_plugin"))
}

/// `gonogo plugin test`.
pub fn test_plugin(_: &PluginTest) -> Result<Exit, Failure> {
    Err(unfinished("test_plugin"))
}

/// The JSON Schema of gonogo.toml.
pub fn config_schema() -> serde_json::Value {
    serde_json::Value::Null
}

fn unfinished(what: &str) -> Failure {
    Failure::new(Exit::Bug, format!("{what} is not there yet"))
}

/// The project's directory, absolute and without links, so that a grant names what it opens.
fn directory(path: &Path) -> Result<PathBuf, Failure> {
    let failed = |why: &str| Failure::usage(format!("cannot use {} as the project: {why}", path.display()));
    let found = std::fs::canonicalize(path).map_err(|error| failed(&value::reason(&error)))?;
    match found.is_dir() {
        true => Ok(found),
        false => Err(failed("it is no directory").hint("name the directory that holds gonogo.toml")),
    }
}

/// The configuration: the file that was named, or the project's own where there is one.
fn configuration(project: &Path, named: Option<&Path>) -> Result<Option<Written>, Failure> {
    let Some(path) = named else {
        let path = project.join(CONFIG);
        // A link that leads nowhere is there: to take it for absent would run with other settings than were meant.
        return match path.symlink_metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            _ => read(&path).map(Some),
        };
    };
    read(path).map(Some)
}

/// A whole text file.
fn read(path: &Path) -> Result<Written, Failure> {
    let failed = |exit, why: &str| Failure::new(exit, format!("cannot read {}: {why}", path.display()));
    let unreadable = |error: std::io::Error| failed(Exit::Usage, &value::reason(&error));
    // Opening what is no regular file could wait for ever.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(failed(Exit::Usage, "it is no file"));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MOST_TEXT + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > MOST_TEXT {
        return Err(failed(Exit::Invalid, "it is larger than 4 MiB"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Written { path: path.to_owned(), text }),
        Err(_) => Err(failed(Exit::Invalid, "it is not UTF-8")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_may_have_a_configuration_or_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(configuration(folder.path(), None).unwrap(), None);
        std::fs::write(folder.path().join(CONFIG), "profile = \"training\"").unwrap();
        assert_eq!(configuration(folder.path(), None).unwrap().unwrap().text, "profile = \"training\"");
    }

    #[test]
    fn a_configuration_that_cannot_be_read_is_never_taken_for_absent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CONFIG);
        assert_eq!(configuration(folder.path(), Some(&path)).unwrap_err().exit, Exit::Usage);
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        assert_eq!(configuration(folder.path(), None).unwrap_err().exit, Exit::Usage);
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, b"\xff").unwrap();
        assert_eq!(configuration(folder.path(), None).unwrap_err().exit, Exit::Invalid);
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert_eq!(configuration(folder.path(), None).unwrap_err().exit, Exit::Usage);
        assert_eq!(directory(&path.join("none")).unwrap_err().exit, Exit::Usage);
    }
}
