mod database;
mod installed;
mod judge;
mod locks;
mod packages;
mod record;
mod severity;
mod time;
mod version;

use gonogo_sdk::{Check, Duration, JsonSchema, Readable, Report, Stop, clock, counted};
use serde::Deserialize;

use self::{
    database::Database,
    judge::{Allowed, Judge},
    packages::Packages,
    severity::Level,
};
use crate::shell::word;

/// No dependency has a known vulnerability at or above the level declared
///
/// What is installed (the metadata of the distributions in `environments`) and what is locked (`requirements.txt` with `==`, uv.lock, poetry.lock, pylock.toml, package-lock.json, pnpm-lock.yaml, Cargo.lock) is held against a database
/// of records in the Open Source Vulnerability format that lies on this machine: a folder of JSON files, with a folder for each ecosystem or without, or an archive of them. Fetch it beforehand, for instance
///
/// ```sh
/// curl -sSfo osv/PyPI.zip --create-dirs https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip
/// ```
///
/// Versions are ordered as PyPI (PEP 440), npm and crates.io (semver) order them; ranges, lists of versions, limits and withdrawn records count as the format has it, and records that are aliases of each other count once. Ranges of Git
/// commits cannot be held against a version and are noted. Severity is the worst CVSS 2 or 3 base score, else the database's own word; a vulnerability that nobody has scored counts as high, notices such as `unmaintained` as low, and malicious packages as critical.
/// From `level` upwards a vulnerability is a no-go, below it a warning.
///
/// A database says nothing of what was found after it was fetched: where the newest record of an ecosystem is older than `age-maximum`, or there is none, the verdict is unknown, never go.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Advisories {
    /// The database: a folder of OSV records, or an archive (zip, tar, tar.gz).
    database: Readable,
    /// Python environments, prefixes such as /usr/local, or `site-packages` directories. Those that are not there are passed over.
    #[serde(default = "environments")]
    environments: Vec<Readable>,
    /// Lock files. Those that are not there are passed over.
    #[serde(default = "locks")]
    locks: Vec<Readable>,
    /// The level from which on a vulnerability is a no-go.
    #[serde(default = "level")]
    level: Level,
    /// How old the newest record of an ecosystem may be.
    #[serde(default = "age")]
    age_maximum: Duration,
    /// Vulnerabilities that are accepted for a time.
    #[serde(default)]
    allow: Vec<Allowed>,
}

fn environments() -> Vec<Readable> {
    ["${VIRTUAL_ENV}", "${CONDA_PREFIX}", ".venv", "venv", "env"].map(Into::into).to_vec()
}

fn locks() -> Vec<Readable> {
    [
        "requirements.txt",
        "uv.lock",
        "poetry.lock",
        "pylock.toml",
        "package-lock.json",
        "pnpm-lock.yaml",
        "Cargo.lock",
    ]
    .map(Into::into)
    .to_vec()
}

fn level() -> Level {
    Level::High
}

fn age() -> Duration {
    Duration::from_seconds(30.0 * time::DAY)
}

/// Most places that cannot be read that are named one by one.
const SHOWN: usize = 10;

impl Check for Advisories {
    const TIMEOUT: Option<f64> = Some(300.0);

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let now = clock::now()?;
        let packages = self.packages(report)?;
        let database = Database::read(&self.database, &packages, now)?;
        self.age(report, &packages, &database, now);
        let mut judge = Judge::new(self.level, &self.allow, now)?;
        judge.all(&packages, &database.records);
        if database.broken_count > 0 {
            let message = format!(
                "{} records of {} cannot be read, the first: {}",
                database.broken_count,
                self.database,
                database.broken.join("; ")
            );
            report.unknown(message).at(&*self.database.0).hint("fetch the database again");
        }
        let found = judge.report(report);
        report.summary(format!(
            "{} held against {}: {found}",
            counted(packages.found.len() as u64, "package"),
            counted(records(&database) as u64, "record")
        ));
        Ok(())
    }
}

fn records(database: &Database) -> u64 {
    database.ages.values().map(|age| age.records).sum()
}

impl Advisories {
    fn packages(&self, report: &mut Report) -> Result<Packages, Stop> {
        let mut packages = Packages::default();
        for environment in &self.environments {
            installed::add(&mut packages, environment);
        }
        for lock in &self.locks {
            locks::add(&mut packages, lock);
        }
        for (path, why) in packages.unread.iter().take(SHOWN) {
            report.unknown(format!("what {path} names cannot be told: {why}")).at(path.as_str());
        }
        if packages.unread.len() > SHOWN {
            report.unknown(format!("{} more places cannot be read", packages.unread.len() - SHOWN));
        }
        if packages.read.is_empty() && packages.unread.is_empty() {
            let tried =
                self.environments.iter().chain(&self.locks).map(|path| path.0.as_str()).collect::<Vec<_>>();
            return Err(Stop::unknown(format!(
                "there is nothing to hold against the database: none of {} is there; name another with 'environments' or 'locks'",
                tried.join(", ")
            )));
        }
        report.fact("packages", packages.found.len()).unit("1");
        report.fact("read", packages.read.join(", "));
        if packages.unpinned > 0 {
            report.fact("requirements without a version", packages.unpinned).unit("1");
            let message = format!(
                "{} requirements name no version: only what is installed for them is judged",
                packages.unpinned
            );
            report.note(message).hint("pin them: uv pip compile, or pip freeze > requirements.txt");
        }
        Ok(packages)
    }

    /// Nothing that an old database does not say is told.
    fn age(&self, report: &mut Report, packages: &Packages, database: &Database, now: f64) {
        for ecosystem in packages.ecosystems() {
            let name = ecosystem.name();
            let age = database.ages.get(&ecosystem).copied().unwrap_or_default();
            report.fact(format!("records of {name}"), age.records).unit("1").bound(">= 1");
            let hint = format!(
                "curl -sSfo {name}.zip https://osv-vulnerabilities.storage.googleapis.com/{name}/all.zip, and put it into {}",
                word(&self.database)
            );
            let Some(newest) = age.newest else {
                let message = format!(
                    "{} has no dated record of {name}, and {name} packages are to be judged",
                    self.database
                );
                report.unknown(message).at(&*self.database.0).hint(hint);
                continue;
            };
            let seconds = (now - newest).max(0.0);
            let most = self.age_maximum.seconds();
            report
                .fact(format!("age of the newest record of {name}"), seconds)
                .unit("s")
                .bound(format!("<= {most}"));
            if seconds > most {
                let message = format!(
                    "the newest record of {name} in {} is of {}, {} ago, at most {} wanted: what was found since is not in it",
                    self.database,
                    time::date(newest),
                    Duration::from_seconds(seconds),
                    self.age_maximum
                );
                report.unknown(message).at(&*self.database.0).hint(hint);
            }
        }
    }
}
