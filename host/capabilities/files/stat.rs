//! What a file is: attributes of a thing that is held, names of its owner and group.

use std::{collections::HashMap, fs, sync::OnceLock};

use rustix::{
    fs::{Access, AtFlags, CWD, FileType, accessat, major, minor, readlinkat},
    io::Errno,
};

use super::place::Held;
use crate::domain::{Attributes, Error, Value};

/// Attributes as `files.stat` answers them.
pub fn attributes(held: &Held) -> Attributes {
    let stat = &held.stat;
    let kind = held.kind();
    let mut attributes = Attributes::new();
    attributes.set("kind", name(kind));
    attributes.set("size", stat.st_size);
    attributes.set("mode", stat.st_mode & 0o7777);
    attributes.set("owner", stat.st_uid);
    attributes.set("group", stat.st_gid);
    let names = Names::get();
    attributes.set_some("owner-name", names.users.get(&stat.st_uid).cloned());
    attributes.set_some("group-name", names.groups.get(&stat.st_gid).cloned());
    attributes.set("modified", stat.st_mtime);
    attributes.set("links", stat.st_nlink);
    attributes.set("device", stat.st_dev);
    if kind == FileType::Symlink {
        attributes.set("target", target(held));
        // The permissions of a link are nobody's: access is asked of what it leads to.
        return attributes;
    }
    let link = held.link();
    for (name, access) in
        [("readable", Access::READ_OK), ("writable", Access::WRITE_OK), ("executable", Access::EXEC_OK)]
    {
        attributes.set(name, may(held, &link, access));
    }
    attributes
}

/// `8:1` as /proc/self/mountinfo writes a device number.
pub fn device(held: &Held) -> String {
    format!("{}:{}", major(held.stat.st_dev), minor(held.stat.st_dev))
}

fn name(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "file",
        FileType::Directory => "directory",
        FileType::Symlink => "link",
        FileType::Fifo => "fifo",
        FileType::Socket => "socket",
        FileType::BlockDevice => "block-device",
        FileType::CharacterDevice => "character-device",
        FileType::Unknown => "unknown",
    }
}

fn target(held: &Held) -> Result<String, Error> {
    let target = readlinkat(held, "", Vec::new()).map_err(|errno| held.error("read link", &errno.into()))?;
    target
        .into_string()
        .map_err(|_| Error::Io(format!("cannot read link {}: its target is not UTF-8", held.shown)))
}

fn may(held: &Held, link: &str, access: Access) -> Value {
    match accessat(CWD, link, access, AtFlags::EACCESS) {
        Ok(()) => Value::Boolean(true),
        Err(Errno::ACCESS | Errno::PERM | Errno::ROFS | Errno::TXTBSY) => Value::Boolean(false),
        Err(errno) => Value::Failed { failed: held.error("ask for access to", &errno.into()) },
    }
}

/// Names of users and groups, as /etc/passwd and /etc/group have them.
struct Names {
    users: HashMap<u32, String>,
    groups: HashMap<u32, String>,
}

impl Names {
    /// Read once per process.
    fn get() -> &'static Self {
        static NAMES: OnceLock<Names> = OnceLock::new();
        NAMES.get_or_init(|| Self { users: names("/etc/passwd"), groups: names("/etc/group") })
    }
}

/// Name and id are the first and the third field in both files. Who is in neither has no name.
fn names(path: &str) -> HashMap<u32, String> {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mut names = HashMap::new();
    for line in text.lines() {
        let mut fields = line.split(':');
        if let (Some(name), Some(Ok(id))) = (fields.next(), fields.nth(1).map(str::parse)) {
            names.entry(id).or_insert_with(|| name.to_owned());
        }
    }
    names
}
