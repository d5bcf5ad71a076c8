//! Archives: every member to its end, and the samples of WebDataset's shards complete.

use std::collections::{BTreeMap, BTreeSet};

use gonogo_sdk::{
    Attributes,
    files::{self, Content, MOST_BYTES},
};

use super::Fault;

/// Least share of the samples that must agree on their extensions for the rest to be incomplete.
const AGREE: f64 = 0.5;

/// Reads an archive.
pub fn read(path: &str) -> Result<(), Fault> {
    let outer = files::open(path)?;
    let content = match outer.format()?.as_str() {
        // A compressed tar: what is in the one member.
        "gzip" | "zstd" | "bzip2" | "xz" => outer.member(0)?,
        _ => outer,
    };
    let format = content.format()?;
    if format != "tar" && format != "zip" {
        return Err(Fault::Broken(format!("it is no tar and no zip, but {format}"), None));
    }
    let members = content.members()?;
    let mut names = Vec::new();
    for (index, member) in (0..).zip(&members) {
        let name: String = member.need("name")?;
        if let Some(damage) =
            member.get::<Vec<String>>("damage")?.and_then(|damage| damage.into_iter().next())
        {
            return Err(Fault::Broken(format!("member {name}: {damage}"), None));
        }
        if member.need::<String>("kind")? != "file" {
            continue;
        }
        to_its_end(&content, index, &name, member)?;
        names.push(name);
    }
    if names.is_empty() {
        return Err(Fault::Broken("the archive is empty".to_owned(), None));
    }
    match incomplete(&names).filter(|_| format == "tar") {
        Some(what) => Err(Fault::Broken(what, None)),
        None => Ok(()),
    }
}

fn to_its_end(content: &Content, index: u32, name: &str, member: &Attributes) -> Result<(), Fault> {
    let wanted = member.get::<u64>("size")?;
    let inner = content.member(index)?;
    let mut offset = 0;
    loop {
        let part = inner.read(offset, MOST_BYTES)?.len();
        offset += part as u64;
        if part < MOST_BYTES as usize {
            break;
        }
    }
    match wanted {
        Some(wanted) if wanted != offset => {
            Err(Fault::Broken(format!("member {name} has {offset} of {wanted} bytes"), None))
        }
        _ => Ok(()),
    }
}

/// The first sample that lacks a file which most others have. A sample is all up to the first dot of the last name.
fn incomplete(names: &[String]) -> Option<String> {
    let mut samples = BTreeMap::<&str, BTreeSet<&str>>::new();
    for name in names {
        let start = name.rfind('/').map_or(0, |slash| slash + 1);
        let dot = start + name[start..].find('.')?;
        samples.entry(&name[..dot]).or_default().insert(&name[dot + 1..]);
    }
    // The only one that can have the majority, by Boyer and Moore: each other sample takes one vote from it.
    let mut usual = samples.values().next()?;
    let mut lead = 0_usize;
    for extensions in samples.values() {
        match (extensions == usual, lead) {
            (true, _) => lead += 1,
            (false, 0) => (usual, lead) = (extensions, 1),
            (false, _) => lead -= 1,
        }
    }
    let count = samples.values().filter(|extensions| *extensions == usual).count();
    if usual.len() < 2 || (count as f64) < AGREE * samples.len() as f64 {
        return None;
    }
    let (sample, has) = samples.iter().find(|(_, extensions)| !usual.is_subset(extensions))?;
    let lacks = usual.difference(has).copied().collect::<Vec<_>>().join(", ");
    Some(format!("sample {sample} lacks {lacks}, which {count} of {} samples have", samples.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lacks(names: &[&str]) -> Option<String> {
        incomplete(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn samples_are_complete() {
        assert_eq!(lacks(&["a.jpg", "a.cls", "b.jpg", "b.cls"]), None);
        assert_eq!(lacks(&["x/a.seg.png", "x/a.jpg", "x.y/b.seg.png", "x.y/b.jpg"]), None);
        assert_eq!(lacks(&["a.txt", "b.txt", "README.md"]), None, "no shard");
        assert_eq!(lacks(&["a", "b.jpg"]), None, "no shard");
        let found = lacks(&["a.jpg", "a.cls", "b.jpg", "b.cls", "c.jpg"]).unwrap();
        assert!(found.contains("sample c lacks cls"), "{found}");
    }
}
