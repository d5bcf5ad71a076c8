//! Mounted filesystems, as mountinfo lists them.

use super::Machine;
use crate::domain::{Attributes, Error};

const TABLE: &str = "/proc/self/mountinfo";

/// One line of mountinfo.
pub(super) struct Mount {
    /// The folder of the filesystem that is mounted: `/`, or the inside of a bind mount.
    pub root: String,
    /// Where it is mounted.
    pub target: String,
    /// `ext4`.
    pub kind: String,
    /// What is mounted: a device, a server's path, or a word.
    pub source: String,
    /// Options of the mount.
    pub options: Vec<String>,
    /// Options of the filesystem beneath, which its other mounts share.
    pub filesystem_options: Vec<String>,
}

impl Machine {
    /// See `mounts` in `wit/system.wit`.
    pub fn mounts(&self) -> Result<Vec<Attributes>, Error> {
        Ok(self.mount_table()?.into_iter().map(Attributes::from).collect())
    }

    /// What this process sees mounted.
    pub(super) fn mount_table(&self) -> Result<Vec<Mount>, Error> {
        let table = self.need(TABLE)?;
        let parse = |line| {
            Mount::parse(line).ok_or_else(|| Error::Io(format!("cannot understand '{line}' in {TABLE}")))
        };
        table.lines().map(parse).collect()
    }
}

impl Mount {
    /// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`, with any number of fields before the `-`.
    /// Not through the crate procfs, which leaves `\040` as it is and gives the options in no order.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split(' ');
        let mut next = || fields.next();
        let (root, target, options) = (next().and(next()).and(next()).and(next())?, next()?, next()?);
        while next()? != "-" {}
        let (kind, source, filesystem_options) = (next()?, next()?, next().unwrap_or_default());
        let list = |options: &str| options.split(',').map(unescaped).collect();
        Some(Self {
            root: unescaped(root),
            target: unescaped(target),
            kind: unescaped(kind),
            source: unescaped(source),
            options: list(options),
            filesystem_options: list(filesystem_options),
        })
    }
}

impl From<Mount> for Attributes {
    fn from(mount: Mount) -> Self {
        let mut attributes = Self::new();
        let mut options = mount.options;
        for option in mount.filesystem_options {
            // The filesystem's "rw" says nothing where the mount is "ro".
            if !option.is_empty() && option != "rw" && !options.contains(&option) {
                options.push(option);
            }
        }
        attributes.set("read-only", options.iter().any(|option| option == "ro"));
        attributes.set("target", mount.target);
        attributes.set("source", mount.source);
        attributes.set("type", mount.kind);
        attributes.set("options", options);
        attributes
    }
}

/// The kernel writes white space and backslashes as three octal digits: `\040`.
fn unescaped(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) if first == b'\\' => {
                bytes.push(byte);
                rest = &after[3..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Value;

    #[test]
    fn a_line_of_mountinfo() {
        let line = r"36 35 98:0 /a\134b /mnt/my\040data ro,noatime shared:1 master:2 - ext4 /dev/root rw,errors=continue";
        let mount = Mount::parse(line).unwrap();
        assert_eq!((mount.root.as_str(), mount.target.as_str()), (r"/a\b", "/mnt/my data"));
        let mount = Attributes::from(mount);
        assert_eq!(mount.get("type"), Some(&"ext4".into()));
        assert_eq!(mount.get("source"), Some(&"/dev/root".into()));
        assert_eq!(mount.get("read-only"), Some(&true.into()));
        let options = ["ro", "noatime", "errors=continue"].map(str::to_owned).to_vec();
        assert_eq!(mount.get("options"), Some(&Value::Texts(options)));
    }

    #[test]
    fn a_filesystem_that_went_read_only_makes_its_mounts_so() {
        let mount = Mount::parse("1 1 8:1 / / rw - ext4 /dev/sda1 ro").unwrap();
        assert_eq!(Attributes::from(mount).get("read-only"), Some(&true.into()));
    }

    #[test]
    fn a_cut_line_is_none() {
        for line in ["", "36 35 98:0 / /mnt rw", "36 35 98:0 / /mnt rw - ext4"] {
            assert!(Mount::parse(line).is_none(), "{line}");
        }
    }
}
