//! The filesystem that holds a path: its space, and the mount it is reached through.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustix::fs::{AtFlags, StatVfsMountFlags, StatxFlags, fstatvfs, statx};

use super::{place::Held, stat::device};
use crate::domain::{Attributes, Error, Value, value::reason};

/// Where the kernel lists the mounts that this process sees.
const MOUNTS: &str = "/proc/self/mountinfo";

/// Attributes as `files.space` answers them.
pub fn attributes(held: &Held) -> Result<Attributes, Error> {
    let stat = fstatvfs(held).map_err(|errno| held.error("ask for the space of", &errno.into()))?;
    let mut attributes = Attributes::new();
    let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
    attributes.set("total", bytes(stat.f_blocks));
    attributes.set("free", bytes(stat.f_bfree));
    attributes.set("available", bytes(stat.f_bavail));
    // Filesystems that make inodes as they need them say 0.
    if stat.f_files > 0 {
        attributes.set("inodes-total", stat.f_files);
        attributes.set("inodes-free", stat.f_ffree);
    }
    attributes.set("read-only", stat.f_flag.contains(StatVfsMountFlags::RDONLY));
    match mount(held) {
        Ok(mount) => {
            attributes.set("type", mount.kind);
            attributes.set("mount", mount.target.display().to_string());
            attributes.set("options", mount.options);
        }
        Err(failed) => {
            for name in ["type", "mount", "options"] {
                attributes.set(name, Value::Failed { failed: failed.clone() });
            }
        }
    }
    Ok(attributes)
}

/// One line of the list of mounts.
#[derive(Debug, PartialEq, Eq)]
struct Mount {
    id: u64,
    device: String,
    target: PathBuf,
    kind: String,
    options: Vec<String>,
}

/// The mount that a thing is reached through: by the mount's id where the kernel tells it (Linux 5.8), else the longest one of that
/// device above its real path.
fn mount(held: &Held) -> Result<Mount, Error> {
    let failed = |error: &std::io::Error| Error::Io(format!("cannot read {MOUNTS}: {}", reason(error)));
    let bytes = fs::read(MOUNTS).map_err(|error| failed(&error))?;
    let text = String::from_utf8_lossy(&bytes);
    let mut mounts = text.lines().filter_map(parse);
    let found = match statx(held, "", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID) {
        Ok(found) if found.stx_mask & StatxFlags::MNT_ID.bits() != 0 => {
            mounts.find(|mount| mount.id == found.stx_mnt_id)
        }
        _ => {
            let real = fs::read_link(held.link()).map_err(|error| failed(&error))?;
            let device = device(held);
            mounts
                .filter(|mount| mount.device == device && real.starts_with(&mount.target))
                .max_by_key(|mount| mount.target.components().count())
        }
    };
    found.ok_or_else(|| {
        Error::Io(format!("cannot tell the mount of {}: {MOUNTS} does not list it", held.shown))
    })
}

/// `36 35 98:0 /root /target rw,noatime shared:1 - ext4 /dev/sda1 rw,errors=continue`: options of the mount, any number of tags, a
/// dash, options of the filesystem.
fn parse(line: &str) -> Option<Mount> {
    let (front, back) = line.split_once(" - ")?;
    let mut front = front.split(' ');
    let id = front.next()?.parse().ok()?;
    let device = front.nth(1)?.to_owned();
    let target = Path::new(&unescape(front.nth(1)?)).to_owned();
    let mut options: Vec<String> = front.next()?.split(',').map(str::to_owned).collect();
    let mut back = back.split(' ');
    let kind = back.next()?.to_owned();
    for option in back.nth(1)?.split(',') {
        // The mount's own word goes before the filesystem's: a read-only mount of a writable filesystem is read-only.
        if !options.iter().any(|known| known == option) && !matches!(option, "rw" | "ro") {
            options.push(option.to_owned());
        }
    }
    Some(Mount { id, device, target, kind, options })
}

/// Space, tab, newline and backslash are written as `\040`.
fn unescape(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let octal = tail.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(value) if byte == b'\\' => {
                out.push(value);
                rest = &tail[3..];
            }
            _ => {
                out.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_mountinfo_is_read_with_its_escapes_and_tags() {
        let line = r"36 35 98:0 /m1 /mnt/my\040disk ro,noatime master:1 shared:2 - ext4 /dev/root rw,errors=continue";
        let mount = parse(line).unwrap();
        assert_eq!((mount.id, mount.device.as_str(), mount.kind.as_str()), (36, "98:0", "ext4"));
        assert_eq!(mount.target, Path::new("/mnt/my disk"));
        assert_eq!(mount.options, ["ro", "noatime", "errors=continue"]);
        assert_eq!(parse("36 35 98:0 / /"), None);
    }
}
