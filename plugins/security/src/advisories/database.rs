//! The records of a database that can matter: a folder is searched by the host for the names of the packages, an archive is looked through as it is unpacked.

use std::collections::{BTreeMap, BTreeSet};

use gonogo_sdk::{
    Error, Stop,
    files::{self, Content, Kind, MOST_BYTES, Pattern},
};

use super::{packages::Packages, record::Record, time, version::Ecosystem};

/// Names that one expression holds: more make it slow to compile.
const NAMES: usize = 200;

/// Larger than any record: the largest that are known have 2 MiB.
const MOST_RECORD: u64 = 16 << 20;

/// How many records that cannot be read are named.
const MOST_BROKEN: usize = 5;

/// A point in time so far ahead is a mistake, and says nothing of the database's age.
const AHEAD: f64 = 2.0 * time::DAY;

/// What was found in a database.
#[derive(Default)]
pub struct Database {
    /// Records that name one of the packages.
    pub records: Vec<Record>,
    /// How many records there are for each ecosystem, and when the newest of them was changed.
    pub ages: BTreeMap<Ecosystem, Age>,
    /// Records that could not be read: which, and why.
    pub broken: Vec<String>,
    /// How many could not be read in all.
    pub broken_count: usize,
}

/// The records of an ecosystem.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Age {
    /// How many there are.
    pub records: u64,
    /// Seconds since the Unix epoch, of the newest.
    pub newest: Option<f64>,
}

impl Database {
    /// Reads what is of use to these packages.
    pub fn read(path: &str, packages: &Packages, now: f64) -> Result<Self, Stop> {
        let mut database = Self::default();
        let stat = files::stat(path, true).map_err(|error| match error {
            Error::NotFound(_) => Stop::unknown(format!("there is no advisory database at {path}: fetch one from https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip")),
            error => Stop::unknown(format!("cannot look at the advisory database {path}: {error}")),
        })?;
        let mut wanted = BTreeMap::<_, BTreeSet<String>>::new();
        for ecosystem in packages.ecosystems() {
            wanted.insert(ecosystem, packages.names(ecosystem).into_iter().map(str::to_owned).collect());
        }
        let reader = &mut Reader { database: &mut database, wanted: &wanted, now };
        match stat.need::<String>("kind")?.as_str() {
            "directory" => reader.folder(path)?,
            "file" => reader.archive(path)?,
            kind => {
                return Err(Stop::unknown(format!(
                    "the advisory database {path} is a {kind}, a folder or an archive wanted"
                )));
            }
        }
        Ok(database)
    }

    fn broken(&mut self, what: &str, why: &str) {
        self.broken_count += 1;
        if self.broken.len() < MOST_BROKEN {
            self.broken.push(format!("{what}: {why}"));
        }
    }
}

struct Reader<'d> {
    database: &'d mut Database,
    wanted: &'d BTreeMap<Ecosystem, BTreeSet<String>>,
    now: f64,
}

impl Reader<'_> {
    /// A folder: in it records, archives of records, or a folder of either for each ecosystem.
    fn folder(&mut self, path: &str) -> Result<(), Stop> {
        let names = files::list(path)?;
        let is_ecosystem = |name: &str| Ecosystem::ALL.iter().any(|ecosystem| ecosystem.name() == name);
        let by_ecosystem = names.iter().any(|(name, kind)| *kind == Kind::Directory && is_ecosystem(name));
        let archives = |names: &[(String, Kind)], directory: &str| {
            let names = names.iter().filter(|(name, kind)| *kind == Kind::File && is_archive(name));
            names.map(|(name, _)| format!("{directory}/{name}")).collect::<Vec<_>>()
        };
        for archive in archives(&names, path) {
            self.archive(&archive)?;
        }
        if !by_ecosystem {
            return self.search(path);
        }
        for ecosystem in self.wanted.keys() {
            let directory = format!("{path}/{}", ecosystem.name());
            let names = match files::list(&directory) {
                Ok(names) => names,
                Err(Error::NotFound(_)) => continue,
                // More names than a list may have are records, not archives.
                Err(Error::Limit(_)) => Vec::new(),
                Err(error) => return Err(error.into()),
            };
            for archive in archives(&names, &directory) {
                self.archive(&archive)?;
            }
            self.search(&directory)?;
        }
        Ok(())
    }

    /// Has the host find the records that name a package, and the dates of all.
    fn search(&mut self, path: &str) -> Result<(), Stop> {
        let mut patterns = vec![
            Pattern::new("modified", r#""modified"\s*:\s*"(?P<at>[0-9]{4}-[0-9]{2}-[0-9]{2}[^"]*)""#),
            Pattern::new("ecosystem", r#""ecosystem"\s*:\s*"(?P<of>PyPI|npm|crates\.io)""#),
        ];
        for (ecosystem, names) in self.wanted {
            let names = names.iter().map(|name| expression(*ecosystem, name)).collect::<Vec<_>>();
            let flags = if *ecosystem == Ecosystem::PyPi { "(?i-u:" } else { "(?:" };
            for (at, names) in names.chunks(NAMES).enumerate() {
                let pattern = format!(r#""name"\s*:\s*"{flags}{})""#, names.join("|"));
                patterns.push(Pattern::new(&format!("{}-{at}", ecosystem.name()), &pattern));
            }
        }
        // Records only: what else is there is counted neither as too large nor as unreadable.
        let others = ["*", "!*/", "!*.json"].map(str::to_owned).to_vec();
        let search = files::search(path, "advisories")
            .with("binary", true)
            .with("exclude", others)
            .with("matches-maximum", 1_u32)
            .with("size-maximum", MOST_RECORD);
        let mut naming = BTreeSet::new();
        let mut dates = BTreeMap::<String, (Option<f64>, Option<Ecosystem>)>::new();
        let mut matches = search.start(&patterns)?;
        for found in matches.by_ref() {
            let found = found?;
            let (path, pattern): (String, String) = (found.need("path")?, found.need("pattern")?);
            let groups = found.get::<Vec<String>>("groups")?.unwrap_or_default();
            let group =
                |name: &str| groups.iter().find_map(|group| group.strip_prefix(name)?.strip_prefix('='));
            match pattern.as_str() {
                "modified" => dates.entry(path).or_default().0 = group("at").and_then(time::parse),
                "ecosystem" => dates.entry(path).or_default().1 = group("of").and_then(Ecosystem::parse),
                _ => _ = naming.insert(path),
            }
        }
        for (modified, ecosystem) in dates.into_values() {
            self.date(modified, ecosystem);
        }
        let totals = matches.totals()?;
        let unread = totals.get::<u64>("unreadable-count")?.unwrap_or(0)
            + totals.get::<u64>("skipped-large")?.unwrap_or(0);
        if unread > 0 {
            let first = totals
                .get::<Vec<String>>("unreadable")?
                .unwrap_or_default()
                .into_iter()
                .next()
                .unwrap_or_default();
            self.database.broken(path, &format!("{unread} files could not be searched {first}"));
        }
        for path in naming {
            match whole(&path) {
                Ok(bytes) => self.record(&path, &bytes),
                Err(error) => self.database.broken(&path, &error.to_string()),
            }
        }
        Ok(())
    }

    /// A zip, or a tar that may be compressed.
    fn archive(&mut self, path: &str) -> Result<(), Stop> {
        let mut content = files::open(path)?;
        let mut format = content.format()?;
        if !matches!(format.as_str(), "zip" | "tar" | "bytes") {
            content = content.member(0)?;
            format = content.format()?;
        }
        if format != "zip" && format != "tar" {
            return Err(Stop::unknown(format!(
                "the advisory database {path} is neither a zip nor a tar (its bytes are those of '{format}')"
            )));
        }
        for (index, member) in (0_u32..).zip(content.members()?) {
            let name = member.get::<String>("name")?.unwrap_or_default();
            let is_file = member.get::<String>("kind")?.is_none_or(|kind| kind == "file");
            if !is_file || !name.to_ascii_lowercase().ends_with(".json") {
                continue;
            }
            match content.member(index).and_then(|member| unpacked(&member)) {
                Ok(bytes) => self.look(&format!("{path}:{name}"), &bytes),
                // A limit of the host ends what can be read of all that follows.
                Err(error @ (Error::Limit(_) | Error::Timeout(_))) => {
                    return Err(Stop::unknown(format!(
                        "the advisory database {path} cannot be read to its end: {error}"
                    )));
                }
                Err(error) => self.database.broken(&format!("{path}:{name}"), &error.to_string()),
            }
        }
        Ok(())
    }

    /// Counts a record of an archive, and keeps it where it names a package.
    fn look(&mut self, name: &str, bytes: &[u8]) {
        let ecosystem =
            texts(bytes, b"\"ecosystem\"").find_map(|text| Ecosystem::parse(std::str::from_utf8(text).ok()?));
        let modified =
            texts(bytes, b"\"modified\"").find_map(|text| time::parse(std::str::from_utf8(text).ok()?));
        self.date(modified, ecosystem);
        let names = || texts(bytes, b"\"name\"").filter_map(|text| std::str::from_utf8(text).ok());
        let is_wanted = self.wanted.iter().any(|(ecosystem, wanted)| {
            names().any(|name| name.contains('\\') || wanted.contains(&ecosystem.normal(name)))
        });
        if is_wanted {
            self.record(name, bytes);
        }
    }

    fn date(&mut self, modified: Option<f64>, ecosystem: Option<Ecosystem>) {
        let Some(ecosystem) = ecosystem else { return };
        let age = self.database.ages.entry(ecosystem).or_default();
        age.records += 1;
        let modified = modified.filter(|at| *at < self.now + AHEAD);
        age.newest = modified.into_iter().chain(age.newest).reduce(f64::max);
    }

    fn record(&mut self, name: &str, bytes: &[u8]) {
        match Record::parse(bytes) {
            Ok(record) if record.is_withdrawn() => {}
            Ok(record) => self.database.records.push(record),
            Err(why) => self.database.broken(name, &why),
        }
    }
}

fn is_archive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".zip", ".tar", ".tgz", ".tar.gz", ".tar.zst", ".tar.xz"].iter().any(|end| name.ends_with(end))
}

/// A name as a regular expression. Python's may be written in several ways.
fn expression(ecosystem: Ecosystem, name: &str) -> String {
    let mut expression = String::with_capacity(name.len() + 8);
    for c in name.chars() {
        match c {
            '-' if ecosystem == Ecosystem::PyPi => expression.push_str("[-_.]+"),
            c if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '@' | '/') || !c.is_ascii() => {
                expression.push(c);
            }
            c => expression.extend(['\\', c]),
        }
    }
    expression
}

/// The texts that follow a key in JSON, without parsing it: nothing else than a key is in quotes before a colon.
fn texts<'b>(bytes: &'b [u8], key: &'b [u8]) -> impl Iterator<Item = &'b [u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        loop {
            let quote = rest.iter().position(|byte| *byte == b'"')?;
            rest = rest.get(quote..)?;
            let Some(after) = rest.strip_prefix(key) else {
                rest = rest.get(1..)?;
                continue;
            };
            rest = after;
            let value = after.trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start);
            let Some(value) = value.and_then(|value| value.strip_prefix(b"\"")) else { continue };
            let end = value.iter().position(|byte| *byte == b'"')?;
            rest = value.get(end..)?;
            return value.get(..end);
        }
    })
}

fn whole(path: &str) -> Result<Vec<u8>, Error> {
    parts(path, |offset| files::read(path, offset, MOST_BYTES))
}

fn unpacked(member: &Content) -> Result<Vec<u8>, Error> {
    parts("it", |offset| member.read(offset, MOST_BYTES))
}

fn parts(what: &str, mut read: impl FnMut(u64) -> Result<Vec<u8>, Error>) -> Result<Vec<u8>, Error> {
    let mut bytes = read(0)?;
    let mut full = bytes.len() == MOST_BYTES as usize;
    while full {
        if bytes.len() as u64 >= MOST_RECORD {
            return Err(Error::Io(format!("{what} is larger than {MOST_RECORD} bytes")));
        }
        let part = read(bytes.len() as u64)?;
        full = part.len() == MOST_BYTES as usize;
        bytes.extend(part);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_after_a_key() {
        let json = br#"{"name" : "a","x":{"name":1,"names":"no","name":
"b"},"details":"\"name\": \"c\"","name":"d"#;
        let found = texts(json, b"\"name\"")
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .collect::<Vec<_>>();
        assert_eq!(found, ["a", "b"]);
    }

    #[test]
    fn names_are_expressions() {
        assert_eq!(expression(Ecosystem::PyPi, "ruamel-yaml"), "ruamel[-_.]+yaml");
        assert_eq!(expression(Ecosystem::Npm, "@a/b.c-d"), r"@a/b\.c-d");
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(proptest::sample::select(b"\"name: \\x".to_vec()), 0..60)) {
            _ = texts(&bytes, b"\"name\"").count();
        }
    }
}
