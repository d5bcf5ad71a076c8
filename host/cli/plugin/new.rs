//! `gonogo plugin new`: a folder that builds, with one check, its cases, the SDK and the contract.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use include_dir::{Dir, DirEntry};

use super::build::{CONTRACT, LANGUAGES, Language, Part};
use crate::{
    catalog::Found,
    domain::{grant::shell_words, id, value},
};

/// Longest name: it becomes that of files, packages and modules.
const MOST: usize = 40;

/// Why there is no new plugin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A name that is none.
    #[error(
        "'{0}' is no name for a plugin: write words of a-z and 0-9 with '-' between them, a letter first, at most {MOST} characters"
    )]
    Name(String),
    /// A name that gonogo.toml could not tell from a built-in plugin's.
    #[error("'{0}' is the name of a built-in plugin")]
    BuiltIn(String),
    /// A language that there is no SDK for.
    #[error("there is no SDK for '{0}'")]
    Language(String),
    /// Something is there.
    #[error("{0} is there already, and nothing is ever overwritten")]
    Exists(PathBuf),
    /// The file system said no.
    #[error("cannot {tried} {}: {}", .path.display(), value::reason(.source))]
    Io {
        /// What was tried.
        tried: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl Error {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Name(_) => Some("for example: gonogo plugin new site-checks --lang rust".to_owned()),
            Self::Language(_) => Some(format!("choose one of {}", names().join(", "))),
            Self::Exists(_) | Self::BuiltIn(_) => {
                Some("choose another name, or another directory with --into".to_owned())
            }
            Self::Io { .. } => None,
        }
    }
}

/// The languages that a plugin can be made in.
pub fn names() -> Vec<&'static str> {
    LANGUAGES.iter().map(|language| language.name).collect()
}

/// A plugin that was made.
#[derive(Debug)]
pub struct Made {
    /// Its folder.
    pub folder: PathBuf,
    /// Its language.
    pub language: &'static Language,
}

/// Makes the folder `name` in `into`, whole or not at all.
///
/// # Errors
/// See [`Error`].
pub fn new(name: &str, language: &str, into: &Path) -> Result<Made, Error> {
    let names = Names::of(name)?;
    let found = LANGUAGES.iter().find(|found| found.name == language);
    let language = found.ok_or_else(|| Error::Language(language.to_owned()))?;
    let folder = into.join(name);
    if folder.symlink_metadata().is_ok() {
        return Err(Error::Exists(folder));
    }
    fs::create_dir_all(into).map_err(failed("make", into))?;
    // Made beside and renamed: what breaks off in the middle is never taken for a plugin.
    let making = into.join(format!(".{name}.{}.tmp", std::process::id()));
    let made = fill(&making, language, &names)
        .and_then(|()| fs::rename(&making, &folder).map_err(failed("make", &folder)));
    if made.is_err() {
        // It may never have been made.
        let _ = fs::remove_dir_all(&making);
    }
    made.map(|()| Made { folder, language })
}

/// What to type next.
pub fn next(made: &Made) -> String {
    let folder = shell_words(&[made.folder.display().to_string()]);
    format!(
        "{}: a plugin in {}, with one check, its cases, the SDK and the contract\n\nNext:\n  cd {folder}\n  gonogo plugin test     build it, and run cases/\n  gonogo plugin check    what a reviewer would ask\n\nREADME.md says how to go on from there.\n",
        made.folder.display(),
        made.language.title,
    )
}

/// What stands for the placeholders of a template.
struct Names<'a> {
    /// `{{name}}`: `site-checks`.
    name: &'a str,
    /// `{{module}}`: `site_checks`.
    module: String,
    /// `{{title}}`: `Site checks`.
    title: String,
}

impl<'a> Names<'a> {
    fn of(name: &'a str) -> Result<Self, Error> {
        let words = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.split('-').all(|word| !word.is_empty());
        if !(words && id::is_name(name) && name.len() <= MOST) {
            return Err(Error::Name(crate::domain::text::line(name, MOST)));
        }
        if Found::built_in().any(|plugin| plugin.name == name) {
            return Err(Error::BuiltIn(name.to_owned()));
        }
        let title = format!("{}{}", name[..1].to_uppercase(), name[1..].replace('-', " "));
        Ok(Self { name, module: name.replace('-', "_"), title })
    }

    fn put_into(&self, text: &str) -> String {
        text.replace("{{name}}", self.name)
            .replace("{{module}}", &self.module)
            .replace("{{title}}", &self.title)
    }
}

fn fill(folder: &Path, language: &Language, names: &Names<'_>) -> Result<(), Error> {
    fs::create_dir(folder).map_err(failed("make", folder))?;
    copy(language.template, folder, Some(names))?;
    copy(&CONTRACT, &folder.join("wit"), None)?;
    for (place, part) in language.sdk {
        match part {
            Part::Folder(part) => copy(part, &folder.join(place), None)?,
            Part::File(text) => write(&folder.join(place), text.as_bytes())?,
        }
    }
    Ok(())
}

/// Writes all files of an embedded folder; with names, in the place of the placeholders.
fn copy(from: &Dir<'_>, to: &Path, names: Option<&Names<'_>>) -> Result<(), Error> {
    let mut left = vec![from];
    while let Some(folder) = left.pop() {
        for entry in folder.entries() {
            match entry {
                // What Python leaves beside sources that were run.
                DirEntry::Dir(inner) if inner.path().ends_with("__pycache__") => {}
                DirEntry::Dir(inner) => left.push(inner),
                DirEntry::File(file) => {
                    let below = file.path().strip_prefix(from.path()).unwrap_or(file.path());
                    match (names, file.contents_utf8()) {
                        (Some(names), Some(text)) => {
                            let below = names.put_into(&below.display().to_string());
                            write(&to.join(below), names.put_into(text).as_bytes())?;
                        }
                        _ => write(&to.join(below), file.contents())?,
                    }
                }
            }
        }
    }
    Ok(())
}

fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed("make", folder))?;
    }
    fs::write(path, content).map_err(failed("write", path))
}

fn failed(tried: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { tried, path, source }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every file below a folder with its text, in order.
    fn files(folder: &Path) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut left = vec![folder.to_owned()];
        while let Some(next) = left.pop() {
            for entry in fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    left.push(path);
                } else {
                    let name = path.strip_prefix(folder).unwrap().display().to_string();
                    found.push((name, fs::read_to_string(path).unwrap_or_default()));
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn every_language_makes_a_whole_folder_without_placeholders() {
        for language in LANGUAGES {
            let into = tempfile::tempdir().unwrap();
            let made = new("site-checks", language.name, into.path()).unwrap();
            assert_eq!(made.folder, into.path().join("site-checks"));
            assert!((language.is_in)(&made.folder), "{}", language.name);
            let files = files(&made.folder);
            for (name, text) in &files {
                for placeholder in ["{{name}}", "{{module}}", "{{title}}"] {
                    assert!(
                        !name.contains(placeholder) && !text.contains(placeholder),
                        "{} {name}",
                        language.name
                    );
                }
            }
            let has = |wanted: &str| files.iter().any(|(name, _)| name.starts_with(wanted));
            for wanted in [
                "README.md",
                ".gitignore",
                ".github/workflows/",
                "wit/world.wit",
                "cases/",
                &format!("sdk/{}/", sdk_of(language)),
            ] {
                assert!(
                    has(wanted),
                    "{}: no {wanted} among {:?}",
                    language.name,
                    files.iter().map(|(name, _)| name).collect::<Vec<_>>()
                );
            }
            assert_eq!(fs::read_dir(into.path()).unwrap().count(), 1, "nothing is left beside it");
        }
    }

    /// TypeScript goes by JavaScript's.
    fn sdk_of(language: &Language) -> &str {
        if language.name == "ts" { "js" } else { language.name }
    }

    #[test]
    fn the_table_has_each_language_once() {
        let names = names();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    }

    #[test]
    fn what_is_there_is_never_overwritten() {
        let into = tempfile::tempdir().unwrap();
        fs::create_dir(into.path().join("mine")).unwrap();
        fs::write(into.path().join("mine/README.md"), "mine").unwrap();
        assert!(matches!(new("mine", "rust", into.path()), Err(Error::Exists(_))));
        assert_eq!(fs::read_to_string(into.path().join("mine/README.md")).unwrap(), "mine");
    }

    #[test]
    fn names_are_words_that_every_language_takes() {
        let into = tempfile::tempdir().unwrap();
        for wrong in
            ["", "Site", "1st", "a_b", "a--b", "a-", "-a", "../a", "a b", "größe", &"a".repeat(MOST + 1)]
        {
            assert!(matches!(new(wrong, "rust", into.path()), Err(Error::Name(_))), "{wrong}");
        }
        assert!(matches!(new("system", "rust", into.path()), Err(Error::BuiltIn(_))));
        assert!(matches!(new("a", "cobol", into.path()), Err(Error::Language(_))));
        assert_eq!(fs::read_dir(into.path()).unwrap().count(), 0);
    }
}
