mod names;
mod tally;

use std::collections::{BTreeMap, BTreeSet, btree_map};

use gonogo_sdk::{
    Check, Error, JsonSchema, Readable, Report, Severity, Stop, counted,
    files::{self, Entry, Kind},
    system,
};
use serde::Deserialize;

use self::{
    names::{Sensitive, sensitive},
    tally::Tally,
};
use crate::shell::word;

/// Files and directories have the owner, group and modes that they should: nothing is world-writable, keys are private
///
/// All below `paths` is looked at once, natively, and judged by its permission bits:
///
/// - what everybody may write is a no-go; a directory with the sticky bit, such as a shared scratch directory, is a note;
/// - what the user who runs gonogo cannot read is a no-go (`readable`): the host asks the kernel once for each combination of owner, group and mode;
/// - a private key (`id_rsa`, `id_ed25519`, … by name; `*.pem`, `*.key`, `*_key` where a line of it begins one) that group or others have any right to is a no-go: 0600 or 0400 is wanted;
/// - a credential file (`.env`, `.netrc`, `.pgpass`, `.aws/credentials`, `kaggle.json`, `service-account*.json`, `.npmrc` and `.pypirc` with a token, …) that others can read is a no-go, one that a group of several users can read a
///   warning. Templates such as `.env.example` are none. What packages bring along (`site-packages`, `node_modules`) is not taken for the project's keys;
/// - a file with the setuid bit, or with the setgid bit and executable by its group, is a no-go;
/// - `owner`, `group` and `mode-maximum` hold for everything, where they are declared.
///
/// Links are not followed. Access control lists and the umask cannot be seen by this check: with an ACL the group bits of the mode show its mask, so that a grant to a further user shows as a
/// right of the group at least. Find them with `getfacl -R --skip-base data`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Permissions {
    /// What is looked at, with all below it.
    #[serde(default = "paths")]
    paths: Vec<Readable>,
    /// What is left out: patterns of .gitignore, relative to each path.
    #[serde(default)]
    exclude: Vec<String>,
    /// The owner of everything, by name or number.
    owner: Option<String>,
    /// The group of everything, by name or number.
    group: Option<String>,
    /// Permission bits of which nothing may have more: `0640`. Directories may also be entered by whom it lets read.
    #[schemars(regex(pattern = "^[0-7]{3,4}$"))]
    mode_maximum: Option<String>,
    /// Whether the user who runs gonogo must be able to read everything.
    #[serde(default = "yes")]
    readable: bool,
}

fn paths() -> Vec<Readable> {
    vec![".".into()]
}

fn yes() -> bool {
    true
}

const STICKY: u32 = 0o1000;
const SETGID: u32 = 0o2000;
const SETUID: u32 = 0o4000;

/// Most files that are searched for a private key or a token: a data set may have a million files named `*.key`.
const MOST_SEARCHED: usize = 1_000;

/// A line that begins a private key in PEM, OpenSSH's, PGP's or PuTTY's form.
const PRIVATE_KEY: &str =
    r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|^PuTTY-User-Key-File-[0-9]+:";

impl Check for Permissions {
    const TIMEOUT: Option<f64> = Some(300.0);

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        if self.paths.is_empty() {
            return Err(Stop::not_applicable("no path declared"));
        }
        let mut judge = Judge::new(self)?;
        for path in &self.paths {
            judge.tree(path);
        }
        let Judge { tally, files, directories, links, .. } = judge;
        report.fact("files", files).unit("1");
        report.fact("directories", directories).unit("1");
        report.fact("links not followed", links).unit("1");
        match system::os().and_then(|os| os.get::<i64>("user")) {
            Ok(Some(user)) => _ = report.fact("user", user.to_string()),
            Ok(None) => {}
            Err(error) => _ = report.note(format!("who runs gonogo cannot be told: {error}")),
        }
        let wrong = tally.report(report);
        let looked = format!("{} and {}", counted(files, "file"), counted(directories, "directory"));
        report.summary(match wrong {
            0 => format!("{looked}: permissions as they should be"),
            _ => format!("{} wrong or not to be told, among {looked}", counted(wrong as u64, "thing")),
        });
        Ok(())
    }
}

/// What the kernel decides access by, for one kind of thing: kind, owner, group, permission bits.
type Rights = (bool, u32, u32, u32);

/// Judges one entry after another, and asks the host once for each distinct answer.
struct Judge<'c> {
    check: &'c Permissions,
    most: Option<u32>,
    tally: Tally,
    files: u64,
    directories: u64,
    links: u64,
    searched: usize,
    may: BTreeMap<Rights, bool>,
    owners: BTreeMap<u32, bool>,
    groups: BTreeMap<u32, bool>,
    private_groups: BTreeSet<(u32, u32)>,
}

impl<'c> Judge<'c> {
    fn new(check: &'c Permissions) -> Result<Self, Stop> {
        let bits = |text: &String| {
            u32::from_str_radix(text, 8)
                .map_err(|_| Stop::unknown(format!("'{text}' is no octal mode, such as 0640")))
        };
        Ok(Self {
            check,
            most: check.mode_maximum.as_ref().map(bits).transpose()?,
            tally: Tally::default(),
            files: 0,
            directories: 0,
            links: 0,
            searched: 0,
            may: BTreeMap::new(),
            owners: BTreeMap::new(),
            groups: BTreeMap::new(),
            private_groups: BTreeSet::new(),
        })
    }

    /// A path that a parameter names, and all below it.
    fn tree(&mut self, path: &str) {
        let root = match root(path) {
            Ok(root) => root,
            Err(Error::NotFound(_)) => {
                let hint = "put it there, or take it out of 'paths'";
                return self.tally.add(
                    Severity::NoGo,
                    "missing",
                    path,
                    format!("{path} does not exist"),
                    hint,
                );
            }
            Err(error) => {
                let hint = "make it readable for the user who runs gonogo";
                let message = format!("cannot look at {path}: {error}");
                return self.tally.add(Severity::Unknown, "unread", path, message, hint);
            }
        };
        let is_directory = root.kind == Kind::Directory;
        self.entry(&root, "");
        if !is_directory {
            return;
        }
        let exclude = self.check.exclude.iter().map(String::as_str).collect::<Vec<_>>();
        let mut walk = files::walk(path);
        if !exclude.is_empty() {
            walk = walk.exclude(&exclude);
        }
        let cannot = |error: &Error| format!("cannot walk {path}: {error}");
        let hint = "name its parts in 'paths', or leave out what is in the way with 'exclude'";
        let entries = match walk.start() {
            Ok(entries) => entries,
            Err(error) => return self.tally.add(Severity::Unknown, "unread", path, cannot(&error), hint),
        };
        for entry in entries {
            match entry {
                // A walk may begin with the directory itself.
                Ok(entry) if entry.path == path => {}
                Ok(entry) => self.entry(&entry, path),
                Err(error) => self.tally.add(Severity::Unknown, "unread", path, cannot(&error), hint),
            }
        }
    }

    /// One thing that a walk below `root` met, or the root itself.
    fn entry(&mut self, entry: &Entry, root: &str) {
        match entry.kind {
            Kind::File => self.files += 1,
            Kind::Directory => self.directories += 1,
            Kind::Link => {
                self.links += 1;
                return;
            }
            Kind::Other => {}
        }
        if let Some(error) = &entry.failed {
            return self.failed(entry, error);
        }
        self.writable(entry);
        self.special(entry);
        self.declared(entry);
        if self.check.readable && matches!(entry.kind, Kind::File | Kind::Directory) {
            self.readable(entry);
        }
        if entry.kind == Kind::File && entry.mode & 0o077 != 0 {
            self.sensitive(entry, below(&entry.path, root));
        }
    }

    fn failed(&mut self, entry: &Entry, error: &Error) {
        let path = &*entry.path;
        let readable = files::stat(path, false).and_then(|stat| stat.get::<bool>("readable"));
        match readable {
            Ok(Some(false)) if self.check.readable => {
                let message = format!("{path} cannot be read by this user, nor what is in it");
                let hint = format!("chmod u+rX {}, or chown it to the user who trains", word(path));
                self.tally.add(Severity::NoGo, "not readable", path, message, hint);
            }
            _ => {
                let message = format!("{path} could not be looked at: {error}");
                self.tally.add(Severity::Unknown, "unread", path, message, "see what it is: ls -la");
            }
        }
    }

    fn writable(&mut self, entry: &Entry) {
        let (path, mode) = (&*entry.path, entry.mode);
        if mode & 0o002 == 0 || entry.kind == Kind::Other {
            return;
        }
        if entry.kind == Kind::Directory && mode & STICKY != 0 {
            let message = format!("everybody may put files into {path} (mode {mode:04o}, sticky)");
            return self.tally.add(Severity::Note, "world-writable and sticky", path, message, "");
        }
        let message = format!("{path} is world-writable (mode {mode:04o})");
        self.tally.add(Severity::NoGo, "world-writable", path, message, format!("chmod o-w {}", word(path)));
    }

    fn special(&mut self, entry: &Entry) {
        let (path, mode) = (&*entry.path, entry.mode);
        if entry.kind != Kind::File || mode & (SETUID | SETGID) == 0 {
            return;
        }
        let (bit, letter) = if mode & SETUID != 0 { ("setuid", "u") } else { ("setgid", "g") };
        // Where the group cannot run it, `chmod -R g+s` has put the bit there and it gives nobody a right.
        let harmless = mode & SETUID == 0 && mode & 0o010 == 0;
        let severity = if harmless { Severity::Warn } else { Severity::NoGo };
        let message = format!("{path} has the {bit} bit (mode {mode:04o})");
        self.tally.add(severity, bit, path, message, format!("chmod {letter}-s {}", word(path)));
    }

    fn declared(&mut self, entry: &Entry) {
        let (path, mode) = (&*entry.path, entry.mode);
        if let Some(most) = self.most {
            // Who may read a directory must enter it. Set-group-id hands the group down and lets nobody in.
            let enter = if entry.kind == Kind::Directory { (most & 0o444) >> 2 | SETGID } else { 0 };
            let more = mode & !(most | enter);
            if more != 0 && entry.kind != Kind::Other {
                let wanted = mode & !more;
                let message = format!(
                    "mode of {path} is {mode:04o}, no more than {:04o} wanted",
                    (most | enter) & !SETGID
                );
                self.tally.add(
                    Severity::NoGo,
                    "more than mode-maximum",
                    path,
                    message,
                    format!("chmod {wanted:04o} {}", word(path)),
                );
            }
        }
        let check = self.check;
        let declared = [
            (&check.owner, "owner", entry.owner, &mut self.owners, "chown"),
            (&check.group, "group", entry.group, &mut self.groups, "chgrp"),
        ];
        for (wanted, what, id, known, command) in declared {
            let Some(wanted) = wanted else { continue };
            let same = match known.entry(id) {
                btree_map::Entry::Occupied(known) => *known.get(),
                btree_map::Entry::Vacant(place) => match identity(path, what, id, wanted) {
                    Ok(same) => *place.insert(same),
                    Err(error) => {
                        let message = format!("cannot tell the {what} of {path}: {error}");
                        self.tally.add(Severity::Unknown, "unread", path, message, "write it as a number");
                        continue;
                    }
                },
            };
            if !same {
                let message = format!("{what} of {path} is {id}, {wanted} wanted");
                let hint = format!("sudo {command} {} {}", word(wanted), word(path));
                self.tally.add(Severity::NoGo, what, path, message, hint);
            }
        }
    }

    fn readable(&mut self, entry: &Entry) {
        let path = &*entry.path;
        let is_directory = entry.kind == Kind::Directory;
        let rights = (is_directory, entry.owner, entry.group, entry.mode & 0o777);
        let may = match self.may.entry(rights) {
            btree_map::Entry::Occupied(known) => *known.get(),
            btree_map::Entry::Vacant(place) => match may_read(path, is_directory) {
                Ok(may) => *place.insert(may),
                Err(error) => {
                    let message = format!("cannot tell whether {path} can be read: {error}");
                    return self.tally.add(
                        Severity::Unknown,
                        "unread",
                        path,
                        message,
                        "ls -la shows its mode",
                    );
                }
            },
        };
        if !may {
            let message = format!(
                "{path} cannot be read by this user (owner {}, group {}, mode {:04o})",
                entry.owner, entry.group, entry.mode
            );
            let hint = format!("sudo chmod a+rX {}, or chown it to the user who trains", word(path));
            self.tally.add(Severity::NoGo, "not readable", path, message, hint);
        }
    }

    fn sensitive(&mut self, entry: &Entry, below: &str) {
        let (path, mode) = (&*entry.path, entry.mode);
        let Some(sensitive) = sensitive(below) else { return };
        let content = match sensitive {
            Sensitive::Key | Sensitive::Credentials => None,
            Sensitive::PerhapsKey => Some(PRIVATE_KEY),
            Sensitive::CredentialsWith(pattern) => Some(pattern),
        };
        let is_key = matches!(sensitive, Sensitive::Key | Sensitive::PerhapsKey);
        // Nobody but a group may read it: of a group with one user in it that is nobody.
        let others = mode & 0o004 != 0;
        if !is_key && !others && mode & 0o040 == 0 {
            return;
        }
        if let Some(pattern) = content {
            self.searched += 1;
            if self.searched > MOST_SEARCHED {
                let message =
                    format!("{path} was not searched for keys: {MOST_SEARCHED} files before it were");
                return self.tally.add(
                    Severity::Unknown,
                    "not searched",
                    path,
                    message,
                    "leave them out with 'exclude'",
                );
            }
            match files::find(path, pattern) {
                Ok(None) => return,
                Ok(Some(_)) => {}
                // Text has no such lines: what is no text is no PEM file, unless it begins like one.
                Err(Error::Limit(_)) => match begins_as_key(path) {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(error) => return self.not_seen(path, &error),
                },
                Err(error) => return self.not_seen(path, &error),
            }
        }
        let hint = format!("chmod 600 {}", word(path));
        if is_key {
            let message = format!("private key {path} has mode {mode:04o}, 0600 or 0400 wanted");
            self.tally.add(Severity::NoGo, "private key", path, message, hint);
        } else if others {
            let message =
                format!("{path} holds credentials and everybody can read it (mode {mode:04o}), 0600 wanted");
            self.tally.add(Severity::NoGo, "credentials", path, message, hint);
        } else if !self.is_private_group(entry) {
            let message =
                format!("{path} holds credentials and its group can read it (mode {mode:04o}), 0600 wanted");
            self.tally.add(Severity::Warn, "credentials of a group", path, message, hint);
        }
    }

    fn not_seen(&mut self, path: &str, error: &Error) {
        let message = format!("cannot see whether {path} holds a key or a token: {error}");
        let hint = "make it readable, or leave it out with 'exclude'";
        self.tally.add(Severity::Unknown, "not searched", path, message, hint);
    }

    /// Whether the group is the owner's own, by its name.
    fn is_private_group(&mut self, entry: &Entry) -> bool {
        let ids = (entry.owner, entry.group);
        if self.private_groups.contains(&ids) {
            return true;
        }
        let Ok(stat) = files::stat(&entry.path, false) else { return false };
        let name = |what: &str| stat.get::<String>(what).ok().flatten();
        let same = name("owner-name").is_some_and(|owner| name("group-name") == Some(owner));
        if same {
            self.private_groups.insert(ids);
        }
        same
    }
}

/// A path that a parameter names, as a walk would give it.
fn root(path: &str) -> Result<Entry, Error> {
    let stat = files::stat(path, true)?;
    let kind = match stat.need::<String>("kind")?.as_str() {
        "file" => Kind::File,
        "directory" => Kind::Directory,
        "link" => Kind::Link,
        _ => Kind::Other,
    };
    Ok(Entry {
        path: path.to_owned(),
        kind,
        size: 0,
        mode: stat.need("mode")?,
        owner: stat.need("owner")?,
        group: stat.need("group")?,
        modified: 0.0,
        links: 1,
        device: 0,
        target: None,
        failed: None,
    })
}

/// A path without that of the walk that met it: what a user's own directories are called says nothing of what is in them.
fn below<'p>(path: &'p str, root: &str) -> &'p str {
    let rest = if root == "." { None } else { path.strip_prefix(root) };
    rest.or_else(|| path.strip_prefix("./")).unwrap_or(path).trim_start_matches('/')
}

fn begins_as_key(path: &str) -> Result<bool, Error> {
    let begin = files::read(path, 0, 4096)?;
    Ok(String::from_utf8_lossy(&begin).contains("PRIVATE KEY-----"))
}

fn may_read(path: &str, is_directory: bool) -> Result<bool, Error> {
    let stat = files::stat(path, false)?;
    Ok(stat.need::<bool>("readable")? && (!is_directory || stat.need::<bool>("executable")?))
}

/// Whether an id is the one wanted, which is written as a number or as a name.
fn identity(path: &str, what: &str, id: u32, wanted: &str) -> Result<bool, Error> {
    if wanted.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(wanted.parse() == Ok(id));
    }
    let name = files::stat(path, false)?.get::<String>(&format!("{what}-name"))?;
    Ok(name.as_deref() == Some(wanted))
}
