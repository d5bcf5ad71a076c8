//! `bundle.toml`: what a bundle is called and what is in it. As people write it, without digests; as it is packed, with them.

use std::{collections::BTreeSet, path::Path};

use toml::{
    Spanned,
    de::{DeString, DeTable},
};

use crate::domain::{
    Problem,
    id::is_name,
    limits::{BUNDLE_BYTES, BUNDLE_MEMBERS, PLUGIN_BYTES, PROFILE_BYTES},
    reader::{Entry, Reader},
    source::is_sha256,
};

/// The form of what is packed. A later one that means something else gets another number.
const FORMAT: u64 = 1;

/// Longest name of a file: what every tar has room for.
const NAME_BYTES: usize = 100;

const KEYS: &[&str] = &["format", "name", "version", "summary", "plugins", "profiles", "documentation"];

/// What a bundle is and has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// `acme-checks`.
    pub name: String,
    /// Semver.
    pub version: String,
    /// One line.
    pub summary: Option<String>,
    /// What is in it, in the order in which it is in the archive: plugins, profiles, documentation.
    pub members: Vec<Member>,
}

/// One file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// What it is for.
    pub sort: Sort,
    /// What a plugin or a profile is called.
    pub name: Option<String>,
    /// Its path in the bundle, and in the folder that was packed.
    pub file: String,
    /// SHA-256, lower-case hex; empty until it is packed.
    pub sha256: String,
    /// Its bytes; 0 until it is packed.
    pub size: u64,
}

/// What a file of a bundle is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A component.
    Plugin,
    /// A profile, as `profile = "FILE"` takes it.
    Profile,
    /// For people.
    Documentation,
}

impl Sort {
    /// The key of its list.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Plugin => "plugins",
            Self::Profile => "profiles",
            Self::Documentation => "documentation",
        }
    }

    /// Most bytes of one.
    pub const fn most(self) -> u64 {
        match self {
            Self::Plugin => PLUGIN_BYTES as u64,
            Self::Profile => PROFILE_BYTES,
            Self::Documentation => BUNDLE_BYTES,
        }
    }
}

impl Manifest {
    /// As people write it: `documentation = ["README.md"]`, no digests.
    ///
    /// # Errors
    /// Everything that is wrong, with its place.
    pub fn written(path: &Path, text: &str) -> Result<Self, Vec<Problem>> {
        read(path, text, false)
    }

    /// As it is packed.
    ///
    /// # Errors
    /// Everything that is wrong, with its place.
    pub fn packed(path: &Path, text: &str) -> Result<Self, Vec<Problem>> {
        read(path, text, true)
    }

    /// As it is packed: one text for one manifest.
    pub fn text(&self) -> String {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let mut out = format!(
            "format = {FORMAT}\nname = {}\nversion = {}\n",
            quoted(&self.name),
            quoted(&self.version)
        );
        self.summary.iter().for_each(|summary| out += &format!("summary = {}\n", quoted(summary)));
        for member in &self.members {
            out += &format!("\n[[{}]]\n", member.sort.key());
            member.name.iter().for_each(|name| out += &format!("name = {}\n", quoted(name)));
            out += &format!(
                "file = {}\nsha256 = {}\nsize = {}\n",
                quoted(&member.file),
                quoted(&member.sha256),
                member.size
            );
        }
        out
    }
}

fn read(path: &Path, text: &str, packed: bool) -> Result<Manifest, Vec<Problem>> {
    let (mut reader, table) = Reader::parse(path, text);
    let (mut name, mut version, mut summary) = (None, None, None);
    let (mut format, mut plugins, mut profiles, mut documentation) =
        (None, Vec::new(), Vec::new(), Vec::new());
    for (key, value) in &table {
        match key.get_ref().as_ref() {
            "format" => format = reader.number("format", value).map(|number| (number, value.span())),
            "name" => name = reader.text("name", value),
            "version" => version = reader.text("version", value),
            "summary" => summary = reader.text("summary", value),
            "plugins" => plugins = members(&mut reader, value, Sort::Plugin, packed),
            "profiles" => profiles = members(&mut reader, value, Sort::Profile, packed),
            "documentation" => documentation = members(&mut reader, value, Sort::Documentation, packed),
            _ => reader.unknown(key, KEYS),
        }
    }
    match format {
        Some((FORMAT, _)) => {}
        None if !packed => {}
        Some((other, span)) => {
            let hint = "a newer gonogo may read it".to_owned();
            reader.problem(
                &span,
                format!("the format of this bundle is {other}, expected {FORMAT}"),
                Some(hint),
            );
        }
        None => reader.problem(&(0..0), "'format' is missing", None),
    }
    if name.is_none() && !has(&table, "name") {
        reader.problem(&(0..0), "'name' is missing", Some("write name = \"acme-checks\"".to_owned()));
    }
    if version.is_none() && !has(&table, "version") {
        reader.problem(&(0..0), "'version' is missing", Some("write version = \"1.0.0\"".to_owned()));
    }
    if let Some(name) = name.as_ref().filter(|name| !is_name(&name.value)) {
        let message = format!("'{}' is no name of a bundle: write a-z, 0-9 and '-'", name.value);
        reader.problem_at(&name.mark, message, None);
    }
    if let Some(version) = version.as_ref()
        && let Err(error) = semver::Version::parse(&version.value)
    {
        let message = format!("'{}' is no version ({error})", version.value);
        reader.problem_at(&version.mark, message, Some("write three numbers, such as 1.2.0".to_owned()));
    }
    let members = [plugins, profiles, documentation].into_iter().flatten().collect::<Vec<_>>();
    if members.is_empty() {
        let hint = "write plugins = [{ name = \"acme\", file = \"acme.wasm\" }]".to_owned();
        reader.problem(&(0..0), "this bundle has nothing in it", Some(hint));
    }
    if members.len() > BUNDLE_MEMBERS {
        let message =
            format!("this bundle has {} files, more than the {BUNDLE_MEMBERS} that are taken", members.len());
        reader.problem(&(0..0), message, None);
    }
    repeated(&mut reader, &members);
    let text = |written: Option<crate::domain::Written<String>>| written.map(|written| written.value);
    let manifest = Manifest {
        name: text(name).unwrap_or_default(),
        version: text(version).unwrap_or_default(),
        summary: text(summary),
        members: members.into_iter().map(|(member, _)| member).collect(),
    };
    reader.finish(manifest)
}

type Placed = (Member, std::ops::Range<usize>);

fn members(reader: &mut Reader, value: &Entry<'_>, sort: Sort, packed: bool) -> Vec<Placed> {
    let list = reader.list(sort.key(), value).unwrap_or_default();
    let member = |entry: &Entry<'_>| {
        let span = entry.span();
        let member = match sort {
            // A path says all there is.
            Sort::Documentation if !packed => {
                let file = reader.text(sort.key(), entry)?.value;
                Member { sort, name: None, file, sha256: String::new(), size: 0 }
            }
            _ => member(reader, entry, sort, packed)?,
        };
        if let Err(why) = is_path(&member.file) {
            reader.problem(&span, format!("'{}' cannot be a file of a bundle: {why}", member.file), None);
        }
        if member.size > sort.most() {
            let message = format!(
                "'{}' has {} bytes, more than the {} that are taken",
                member.file,
                member.size,
                sort.most()
            );
            reader.problem(&span, message, None);
        }
        Some((member, span))
    };
    list.iter().filter_map(member).collect()
}

fn member(reader: &mut Reader, entry: &Entry<'_>, sort: Sort, packed: bool) -> Option<Member> {
    let known: &[&str] = match (sort, packed) {
        (Sort::Documentation, _) => &["file", "sha256", "size"],
        (_, true) => &["name", "file", "sha256", "size"],
        (_, false) => &["name", "file"],
    };
    let table: &DeTable<'_> = reader.table(sort.key(), entry)?;
    let (mut name, mut file, mut sha256, mut size) = (None, None, None, None);
    for (key, value) in table {
        let key: &Spanned<DeString<'_>> = key;
        match key.get_ref().as_ref() {
            known_key if !known.contains(&known_key) => reader.unknown(key, known),
            "name" => name = reader.text("name", value),
            "file" => file = reader.text("file", value),
            "sha256" => sha256 = reader.text("sha256", value),
            _ => size = reader.number("size", value),
        }
    }
    let span = entry.span();
    for key in known.iter().filter(|key| !has(table, key)) {
        reader.problem(&span, format!("'{key}' is missing"), None);
    }
    if let Some(name) = name.as_ref().filter(|name| !is_name(&name.value)) {
        reader.problem_at(&name.mark, format!("'{}' is no name: write a-z, 0-9 and '-'", name.value), None);
    }
    if let Some(digest) = sha256.as_ref().filter(|digest| !is_sha256(&digest.value)) {
        reader.problem_at(&digest.mark, "expected a SHA-256 in 64 hexadecimal digits", None);
    }
    Some(Member {
        sort,
        name: name.map(|name| name.value),
        file: file?.value,
        sha256: sha256.map(|digest| digest.value).unwrap_or_default(),
        size: size.unwrap_or_default(),
    })
}

fn has(table: &DeTable<'_>, key: &str) -> bool {
    table.iter().any(|(found, _)| found.get_ref() == key)
}

/// Names and files that stand there twice; on some systems `A` and `a` are one file.
fn repeated(reader: &mut Reader, members: &[Placed]) {
    let (mut files, mut names) = (BTreeSet::new(), BTreeSet::new());
    for (member, span) in members {
        if !files.insert(member.file.to_ascii_lowercase()) {
            reader.problem(span, format!("'{}' stands here twice", member.file), None);
        }
        if let Some(name) = &member.name
            && !names.insert((member.sort.key(), name.clone()))
        {
            reader.problem(span, format!("two {} are called '{name}'", member.sort.key()), None);
        }
    }
}

/// Whether a path can be that of a member: relative, plain ASCII, nothing that a shell or a file system might read otherwise.
fn is_path(path: &str) -> Result<(), &'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
    let first = path.split('/').next().unwrap_or_default().to_ascii_lowercase();
    if path.len() > NAME_BYTES {
        Err("its path is longer than 100 bytes")
    } else if path.starts_with('/') {
        Err("its path is absolute")
    } else if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        Err("its path leads elsewhere")
    } else if !path.split('/').all(|part| part.chars().all(plain) && !part.starts_with('-')) {
        Err("write letters, digits, '.', '_', '-' and '+' between slashes")
    } else if first == super::MANIFEST || first == "signatures" {
        Err("that name is the bundle's own")
    } else {
        Ok(())
    }
}
