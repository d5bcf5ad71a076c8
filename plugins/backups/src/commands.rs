//! The commands that are run on backups, and how one is made from its template.
//!
//! None of them writes into a backup that is whole: restic takes no lock and keeps no cache, borg passes its lock by. borg makes a damaged
//! index anew, so that each check looks at it first. It keeps a note of each repository that it has met below the user's ~/.config and
//! ~/.cache.

use gonogo_sdk::{
    Error, Stop, files,
    process::{self, Output},
};

use crate::backup::Backup;

/// A command template of the contract.
pub type Template = &'static [&'static str];

macro_rules! restic {
    ($($word:literal),+) => {
        &[
            "restic",
            "--no-lock",
            "--no-cache",
            "-r",
            "{backups[].path}",
            "--password-file",
            "{backups[].password-file}",
            $($word),+
        ]
    };
}

macro_rules! borg {
    ($($word:literal),+) => {
        &["env", "TZ=UTC", "BORG_RELOCATED_REPO_ACCESS_IS_OK=yes", "BORG_PASSCOMMAND=cat '{backups[].password-file}'", $($word),+]
    };
}

macro_rules! borg_unencrypted {
    ($($word:literal),+) => {
        &[
            "env",
            "TZ=UTC",
            "BORG_RELOCATED_REPO_ACCESS_IS_OK=yes",
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes",
            $($word),+
        ]
    };
}

/// Structure, indexes and snapshots.
pub const RESTIC_CHECK: Template = restic!("check");
/// The same, and all data decrypted and held against its ids.
pub const RESTIC_VERIFY: Template = restic!("check", "--read-data");
/// Who holds a lock.
pub const RESTIC_LOCK: Template = restic!("cat", "lock", "{?id}");
/// All snapshots.
pub const RESTIC_SNAPSHOTS: Template = restic!("snapshots", "--json");
/// What a restore of a snapshot would give.
pub const RESTIC_STATS: Template = restic!("stats", "--json", "{?id}");
/// A whole snapshot into a directory.
pub const RESTIC_RESTORE: Template = restic!("restore", "{?id}", "--target", "{scratch}/{?part}");
/// Part of one.
pub const RESTIC_RESTORE_PART: Template =
    restic!("restore", "{?id}", "--target", "{scratch}/{?part}", "--include", "{backups[].include}");

/// Archives and that all their chunks are there.
pub const BORG_CHECK: Template =
    borg!("borg", "--bypass-lock", "check", "--archives-only", "{backups[].path}");
/// The same of a repository without encryption.
pub const BORG_CHECK_PLAIN: Template =
    borg_unencrypted!("borg", "--bypass-lock", "check", "--archives-only", "{backups[].path}");
/// The same, and each chunk decrypted and held against its id.
pub const BORG_VERIFY: Template =
    borg!("borg", "--bypass-lock", "check", "--verify-data", "{backups[].path}");
/// The same of a repository without encryption.
pub const BORG_VERIFY_PLAIN: Template =
    borg_unencrypted!("borg", "--bypass-lock", "check", "--verify-data", "{backups[].path}");
/// The last archives with their figures.
pub const BORG_INFO: Template =
    borg!("borg", "--bypass-lock", "info", "--json", "--last", "2", "{backups[].path}");
/// The same of a repository without encryption.
pub const BORG_INFO_PLAIN: Template =
    borg_unencrypted!("borg", "--bypass-lock", "info", "--json", "--last", "2", "{backups[].path}");
/// The paths in an archive.
pub const BORG_PATHS: Template = borg!("borg", "--bypass-lock", "list", "--short", "{backups[].path}::{?id}");
/// The same of a repository without encryption.
pub const BORG_PATHS_PLAIN: Template =
    borg_unencrypted!("borg", "--bypass-lock", "list", "--short", "{backups[].path}::{?id}");

/// An archive as a tar: borg extracts into the directory it runs in, where a relative path would no longer lead to the repository.
pub const BORG_EXPORT: Template =
    borg!("borg", "--bypass-lock", "export-tar", "{backups[].path}::{?id}", "{scratch}/{?part}.tar");
/// The same of a repository without encryption.
pub const BORG_EXPORT_PLAIN: Template = borg_unencrypted!(
    "borg",
    "--bypass-lock",
    "export-tar",
    "{backups[].path}::{?id}",
    "{scratch}/{?part}.tar"
);

/// A directory to unpack into.
pub const MAKE: Template = &["mkdir", "{scratch}/{?part}"];
/// What borg has exported.
pub const UNTAR: Template =
    &["tar", "-xf", "{scratch}/{?part}.tar", "-C", "{scratch}/{?part}", "--no-same-owner"];
/// A tar archive.
pub const TAR: Template = &["tar", "-xf", "{backups[].path}", "-C", "{scratch}/{?part}", "--no-same-owner"];
/// A zip archive.
pub const UNZIP: Template = &["unzip", "-q", "{backups[].path}", "-d", "{scratch}/{?part}"];
/// A zip archive's own checksums.
pub const UNZIP_TEST: Template = &["unzip", "-tqq", "{backups[].path}"];
/// A bundle's branches.
pub const CLONE: Template =
    &["git", "-c", "core.hooksPath=/dev/null", "clone", "-q", "{backups[].path}", "{scratch}/{?part}"];
/// The objects of a restored clone.
pub const FSCK: Template = &["git", "-C", "{scratch}/{?part}", "fsck", "--full", "--no-progress"];
/// The commit that a clone is at.
pub const CLONE_HEAD: Template = &["git", "-C", "{scratch}/{?part}", "rev-parse", "HEAD"];
/// The commit that a source is at.
pub const HEAD: Template = &["git", "-C", "{backups[].source}", "rev-parse", "HEAD"];
/// The path of a source from the root on, as tools store it.
pub const REALPATH: Template = &["realpath", "--", "{sources[]}"];
/// The same, of a backup's source.
pub const REALPATH_OF: Template = &["realpath", "--", "{backups[].source}"];
/// Whether a process lives.
pub const PS: Template = &["ps", "-o", "stat=", "-p", "{?id}"];

/// What a command is about.
#[derive(Clone, Copy, Default)]
pub struct About<'a> {
    /// A snapshot, an archive, a lock.
    pub id: &'a str,
    /// Where things are restored.
    pub scratch: &'a str,
    /// A directory in there.
    pub part: &'a str,
}

/// A template with a backup's parameters put in, as the plan has it. Nothing where one of them is not set.
pub fn filled(template: Template, backup: &Backup, about: About<'_>) -> Option<Vec<String>> {
    let values = [
        ("{backups[].path}", Some(&*backup.path)),
        ("{backups[].password-file}", backup.password_file.as_deref()),
        ("{backups[].source}", backup.source.as_deref()),
        ("{backups[].include}", backup.include.as_deref()),
        ("{scratch}", Some(about.scratch)),
        ("{?id}", Some(about.id)),
        ("{?part}", Some(about.part)),
    ];
    let words = template.iter().map(|word| {
        let mut filled = (*word).to_owned();
        for (name, value) in values.iter().filter(|(name, _)| word.contains(name)) {
            filled = filled.replace(name, (*value)?);
        }
        Some(filled)
    });
    words.collect()
}

/// The template for a borg repository with a password, or the one for it without. Nothing where it has one that is not named.
pub fn borg(
    with: Template,
    without: Template,
    backup: &Backup,
    about: About<'_>,
) -> Result<Option<Vec<String>>, Error> {
    if backup.password_file.is_some() {
        return Ok(filled(with, backup, about));
    }
    // In mode repokey the key is in the configuration. A repository with a key file or without encryption has none there.
    let config = files::read_text(&backup.below("config"))?;
    let has_key = config.lines().any(|line| line.split('=').next().is_some_and(|name| name.trim() == "key"));
    Ok(if has_key { None } else { filled(without, backup, about) })
}

/// Runs a command. Nothing where the program is not there: the second of the pair says which.
pub fn run(command: &[String]) -> Result<Result<Output, String>, Stop> {
    let output = match process::run(&command.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(output) => output,
        Err(Error::NotFound(why)) => return Ok(Err(why)),
        Err(error) => return Err(error.into()),
    };
    // What `env` says where it does not find the program.
    let by_env = command.first().is_some_and(|program| program == "env");
    Ok(if by_env && output.code == Some(127) { Err(said(&output)) } else { Ok(output) })
}

/// Whether borg ended because it was given no password.
pub fn asks_for_password(output: &Output) -> bool {
    !output.succeeded() && output.stderr.contains("passphrase")
}

/// The first lines that a command said, in one.
pub fn said(output: &Output) -> String {
    let lines = output.stderr.lines().chain(output.stdout.lines()).map(str::trim);
    lines.filter(|line| !line.is_empty()).take(4).collect::<Vec<_>>().join(" / ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_or_left_out() {
        let backup = |json: &str| serde_json::from_str::<Backup>(json).unwrap();
        let about = About { id: "ab12", scratch: "scratch", part: "b0" };
        let open = backup(r#"{"path": "r", "password-file": "p"}"#);
        let words = filled(RESTIC_RESTORE, &open, about).unwrap();
        assert_eq!(
            words[3..],
            ["-r", "r", "--password-file", "p", "restore", "ab12", "--target", "scratch/b0"]
        );
        assert_eq!(filled(RESTIC_CHECK, &backup(r#"{"path": "r"}"#), about), None);
        assert_eq!(filled(BORG_EXPORT, &open, about).unwrap()[3..][..1], ["BORG_PASSCOMMAND=cat 'p'"]);
    }
}
