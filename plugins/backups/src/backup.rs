//! A backup as gonogo.toml names it, and what kind of backup it is.

use gonogo_sdk::{
    Error, JsonSchema, Readable, Report,
    files::{self, Kind as Entry},
};
use serde::Deserialize;

/// Directories of a restic repository.
const RESTIC: &[&str] = &["data", "index", "keys", "locks", "snapshots"];

/// One backup.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Backup {
    /// The repository, archive or folder.
    pub path: Readable,
    /// What it is; found out from its content when not given.
    pub kind: Option<Kind>,
    /// The file that holds the password of a restic or borg repository. Without it, what is encrypted is not looked into.
    pub password_file: Option<Readable>,
    /// What it is a backup of.
    pub source: Option<Readable>,
    /// What of the source is left out of the backup: patterns of .gitignore, relative to the source.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Digests of what an archive, mirror or restore must hold, in the form that `sha256sum` writes.
    pub manifest: Option<Readable>,
    /// The only part that a drill restores: a path below the source.
    pub include: Option<String>,
}

/// What made a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A restic repository.
    Restic,
    /// A borg repository, of borg 1.
    Borg,
    /// A bag: RFC 8493.
    Bagit,
    /// A tar archive, compressed or not.
    Tar,
    /// A zip archive.
    Zip,
    /// A plain copy, as rsync makes it.
    Mirror,
    /// What `git bundle create` writes.
    GitBundle,
    /// A remote or cache of DVC.
    Dvc,
}

impl Kind {
    /// As people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Restic => "restic repository",
            Self::Borg => "borg repository",
            Self::Bagit => "bag",
            Self::Tar => "tar archive",
            Self::Zip => "zip archive",
            Self::Mirror => "mirror",
            Self::GitBundle => "Git bundle",
            Self::Dvc => "DVC remote",
        }
    }
}

/// A file that is missing is no-go, one that cannot be read too: nobody could restore from it.
pub fn unreadable(report: &mut Report, what: &str, path: &str, error: &Error) {
    match error {
        Error::NotFound(_) => {
            let hint = "put it there, or correct the path";
            report.no_go(format!("{what} {path} is not there")).at(path).hint(hint);
        }
        Error::Io(why) => {
            let hint =
                format!("as the user who is to restore: ls -ld {path}; then mend its owner, mode or medium");
            report.no_go(format!("{what} {path} cannot be read by this user: {why}")).at(path).hint(hint);
        }
        error => _ = report.unknown(format!("cannot tell about {what} {path}: {error}")).at(path),
    }
}

impl Backup {
    /// What kind of backup it is. Nothing where it is not there or cannot be read: the report says so.
    pub fn examine(&self, report: &mut Report) -> Option<Kind> {
        match self.recognise() {
            Ok(found) => {
                if let (Some(said), true) = (self.kind, self.kind != Some(found) && found != Kind::Mirror) {
                    let message =
                        format!("{} looks like a {}, not like a {}", self.path, found.name(), said.name());
                    report.warn(message).at(&*self.path).hint("correct 'kind', or leave it out");
                }
                Some(self.kind.unwrap_or(found))
            }
            Err(error) => {
                unreadable(report, "the backup", &self.path, &error);
                None
            }
        }
    }

    fn recognise(&self) -> Result<Kind, Error> {
        let stat = files::stat(&self.path, true)?;
        match stat.need::<String>("kind")?.as_str() {
            "directory" => {
                let names = files::list(&self.path)?;
                let has = |name: &str, kind| names.iter().any(|(other, is)| other == name && *is == kind);
                let folders = |all: &[&str]| all.iter().all(|name| has(name, Entry::Directory));
                Ok(if has("bagit.txt", Entry::File) {
                    Kind::Bagit
                } else if RESTIC.iter().filter(|name| has(name, Entry::Directory)).count() >= 3 {
                    // One that has lost a part is one all the same.
                    Kind::Restic
                } else if has("config", Entry::File) && has("README", Entry::File) && folders(&["data"]) {
                    Kind::Borg
                } else if folders(&["files"]) && has_objects(&self.below("files/md5"))? {
                    Kind::Dvc
                } else {
                    Kind::Mirror
                })
            }
            "file" => {
                let first = files::read(&self.path, 0, 16)?;
                if first.starts_with(b"# v2 git bundle") || first.starts_with(b"# v3 git bundle") {
                    return Ok(Kind::GitBundle);
                }
                match (files::open(&self.path)?.format()?.as_str(), self.kind) {
                    ("zip", _) => Ok(Kind::Zip),
                    ("tar" | "gzip" | "zstd" | "bzip2" | "xz", _) => Ok(Kind::Tar),
                    // What is damaged at its beginning is what it was said to be.
                    (_, Some(kind)) => Ok(kind),
                    (format, None) => {
                        let why =
                            format!("{} is a file of {format}, which is no backup that is known", self.path);
                        Err(Error::Unsupported(why))
                    }
                }
            }
            kind => Err(Error::Unsupported(format!("{} is a {kind}", self.path))),
        }
    }

    /// A path in the backup.
    pub fn below(&self, name: &str) -> String {
        join(&self.path, name)
    }

    /// Holds the password file to what restoring needs: there, readable by this user, by no other.
    pub fn judge_key(&self, report: &mut Report) {
        let Some(file) = &self.password_file else { return };
        let stat = match files::stat(file, true) {
            Ok(stat) => stat,
            Err(error) => return unreadable(report, "the password file", file, &error),
        };
        if let Err(error) = files::read(file, 0, 1) {
            return unreadable(report, "the password file", file, &error);
        }
        match stat.need::<u32>("mode") {
            Ok(mode) if mode.trailing_zeros() >= 6 => {}
            Ok(mode) => {
                let message = format!("the password file {file} has mode {mode:04o}, 0600 wanted");
                report.no_go(message).at(&**file).hint(format!("chmod 600 {file}"));
            }
            Err(error) => _ = report.unknown(format!("cannot tell the mode of {file}: {error}")).at(&**file),
        }
    }
}

/// Whether the directory of a DVC remote's objects is there.
fn has_objects(path: &str) -> Result<bool, Error> {
    match files::stat(path, true) {
        Ok(_) => Ok(true),
        Err(Error::NotFound(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A name below a path.
pub fn join(path: &str, name: &str) -> String {
    match path.trim_end_matches('/') {
        "." => name.to_owned(),
        path => format!("{path}/{name}"),
    }
}
