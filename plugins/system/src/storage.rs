use gonogo_sdk::{Check, Error, JsonSchema, Readable, Report, Size, Stop, Writable, files};
use serde::Deserialize;

use crate::filesystem;

/// Enough space and inodes are free on the filesystem that holds the work directory, and it is writable
///
/// Space is what is available to this user, not what is free to root. By default at least 50 GiB must be available (checkpoints
/// of a small model, its data and an environment) and 100,000 inodes, where the filesystem counts them.
///
/// From 80 % used on there is a warning, the level at which the node checkers of large clusters (gpud, azurehpc-health-checks) speak up. Their
/// no-go at 85 % is not used here, because the free floor is declared: 15 % of a large filesystem may well be enough. A filesystem mounted read-only
/// is a no-go: the kernel remounts one so after errors.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Storage {
    /// The work directory.
    #[serde(default = "path")]
    path: Readable,
    /// Least space available.
    #[serde(default = "minimum")]
    minimum: Size,
    /// Fewest free inodes.
    #[serde(default = "inodes")]
    inodes: u32,
    /// A directory to write a file of 4 KiB in, sync it and remove it: modes and mount options can say that writing works where it does not.
    probe: Option<Writable>,
}

fn path() -> Readable {
    ".".into()
}

fn minimum() -> Size {
    Size::gib(50)
}

fn inodes() -> u32 {
    100_000
}

impl Check for Storage {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let path = &*self.path;
        let stat = match files::stat(path, true) {
            Ok(stat) => stat,
            Err(Error::NotFound(_)) => {
                report.summary("the work directory is not there");
                report.no_go(format!("{path} does not exist")).hint(format!("mkdir -p {path}"));
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let space = files::space(path)?;
        let available: Size = space.need::<u64>("available")?.into();
        report.summary(format!("{available} available on {}", filesystem::name(&space, path)));
        filesystem::free(report, &space, path, self.minimum.bytes() as f64, f64::from(self.inodes));
        filesystem::writable(report, &space, &stat, path);
        if matches!(space.get::<String>("type"), Ok(Some(kind)) if kind == "tmpfs" || kind == "ramfs") {
            report
                .warn(format!(
                    "{path} is in memory: its files take memory from the run and are gone after a restart"
                ))
                .hint("set 'path' to a directory on a disk");
        }
        if let Some(directory) = &self.probe {
            filesystem::probe(report, directory);
        }
        Ok(())
    }
}
