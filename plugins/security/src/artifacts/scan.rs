//! A file, what is in it, and what is in that: which walker looks at what.

use gonogo_sdk::{Error, Severity};

use super::{
    finding::{Advice, Found, Tally},
    formats,
    memory::{self, Memory},
    nested,
    pickles::{self, Held},
    source::Source,
};

/// How deep archives, and constants of pickles, nest.
const DEPTH: u8 = 8;

/// Most members of one archive that are looked at.
const MEMBERS: usize = 100_000;

/// By what a scan goes.
pub struct Scan<'a> {
    /// Severity of a global that nobody knows.
    pub unknown: Severity,
    /// Whether the team accepts `module.name`.
    pub allowed: &'a dyn Fn(&str) -> bool,
    /// What was found.
    pub tally: Tally,
}

impl Scan<'_> {
    /// Looks at one file or member, by its name and its bytes.
    pub fn look(&mut self, source: &dyn Source, path: &str, depth: u8) {
        if let Err(error) = self.look_at(source, path, depth) {
            self.unreadable(path, "cannot be read", &error);
        }
    }

    fn look_at(&mut self, source: &dyn Source, path: &str, depth: u8) -> Result<(), Error> {
        let head = source.read(0, 64)?;
        if head.is_empty() {
            return Ok(());
        }
        let format = source.format()?;
        if format != "bytes" {
            self.archive(source, path, &format, depth);
        }
        // A file can be more than one thing at once: a loader of pickles does not ask for more than their first bytes.
        if formats::look(self, source, &head, path)? {
            return Ok(());
        }
        pickles::look(self, source, &head, path, Held::File, depth)?;
        Ok(())
    }

    fn archive(&mut self, source: &dyn Source, path: &str, format: &str, depth: u8) {
        if depth >= DEPTH {
            let message = format!("archives nest deeper than {DEPTH}: what is below was not looked at");
            return self.say(Severity::Unknown, path, message, Advice::Look);
        }
        let members = match source.members() {
            Ok(members) => members,
            // A few bytes that look like an archive and are none.
            Err(Error::Io(_) | Error::Unsupported(_)) if format == "zlib" => return,
            Err(error) => {
                return self.unreadable(path, &format!("is {format} that cannot be opened"), &error);
            }
        };
        if members.len() > MEMBERS {
            let message = format!("has {} members: only {MEMBERS} were looked at", members.len());
            self.say(Severity::Unknown, path, message, Advice::Look);
        }
        let script = members
            .iter()
            .any(|member| member.name.contains("code/") && member.name.rsplit('.').next() == Some("py"));
        if script && members.iter().any(|member| member.name.ends_with("data.pkl")) {
            let message = "is a TorchScript archive: the code in it runs when the model is called";
            self.say(Severity::Note, path, message, Advice::Pickle);
        }
        for (index, member) in members.iter().take(MEMBERS).enumerate() {
            if !member.file {
                continue;
            }
            let place =
                if member.name.is_empty() { path.to_owned() } else { format!("{path}!/{}", member.name) };
            if !member.damage.is_empty() {
                let message =
                    format!("is damaged, and loaders read it nevertheless: {}", member.damage.join("; "));
                self.say(Severity::Warn, &place, message, Advice::Again);
            }
            if member.encrypted {
                let message = "is encrypted: what is in it cannot be told";
                self.say(Severity::Unknown, &place, message, Advice::Look);
                continue;
            }
            self.tally.members += 1;
            match source.member(index as u32) {
                Ok(inner) => match self.look_at(&*inner, &place, depth + 1) {
                    Err(Error::Io(_) | Error::Unsupported(_)) if format == "zlib" => {}
                    Err(error) => self.unreadable(&place, "cannot be unpacked", &error),
                    Ok(()) => {}
                },
                Err(error) => self.unreadable(&place, "cannot be opened", &error),
            }
        }
    }

    /// A constant of a pickle: as it is, unpacked, decoded.
    pub fn constant(&mut self, bytes: Vec<u8>, path: &str, at: u64, depth: u8) {
        if depth >= DEPTH {
            let message =
                format!("constants nest deeper than {DEPTH} in byte {at}: what is below was not looked at");
            return self.say(Severity::Unknown, path, message, Advice::Look);
        }
        let place = format!("{path}@{at}");
        let format = memory::format(&bytes);
        for text in nested::decoded(&bytes) {
            self.constant(text, path, at, depth + 1);
        }
        if let [b'B', b'Z', b'h', ..] = bytes[..] {
            let message = format!("has a constant packed with bzip2 in byte {at}, which is not looked into");
            self.say(Severity::Warn, path, message, Advice::Look);
        }
        let source = Memory(bytes);
        if format != "bytes" {
            let (members, whole) = source.unpacked();
            for (_, bytes) in members {
                self.constant(bytes, path, at, depth + 1);
            }
            if !whole {
                let message = format!("has a constant in byte {at} that unpacks to more than is looked into");
                self.say(Severity::Unknown, path, message, Advice::Look);
            }
        }
        let looked = source
            .read(0, 64)
            .and_then(|head| pickles::look(self, &source, &head, &place, Held::Constant, depth));
        if let Err(error) = looked {
            self.unreadable(&place, "cannot be read", &error);
        }
    }

    /// Keeps a finding.
    pub fn say(&mut self, severity: Severity, path: &str, message: impl Into<String>, advice: Advice) {
        self.tally.add(Found {
            severity,
            path: path.to_owned(),
            message: message.into(),
            advice,
            global: None,
        });
    }

    /// Could not look at something.
    pub fn unreadable(&mut self, path: &str, what: &str, error: &Error) {
        self.say(Severity::Unknown, path, format!("{what}: {error}"), Advice::Look);
    }
}
