//! Zip archives, read as leniently as loaders do: by the directory at the end, with whatever stands in front of it, and by the headers
//! beside the data where the directory names none. What the two say differently is noted.

use std::sync::Arc;

use super::{
    Listing, Member, Place,
    bytes::{Budget, Bytes},
    scan,
    unpack::Method,
};
use crate::{
    capabilities::files::Kind,
    domain::{Error, limits::ARCHIVE_NAMES_BYTES},
};

/// Bytes of the record at the end without its comment, and with the longest one.
const END: usize = 22;
/// See [`END`].
const MOST_END: u64 = END as u64 + 65_535;

/// Bytes of an entry of the directory, without its texts.
const ENTRY: usize = 46;

/// Bytes of the header beside the data, without its texts.
const LOCAL: usize = 30;

/// Says that a 64-bit value stands elsewhere.
const ELSEWHERE: u64 = 0xffff_ffff;

/// What a header says of a member: the one in the directory, or the one beside the data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Its name, as bytes.
    pub name: Vec<u8>,
    /// Bit 0: encrypted. Bit 3: sizes and check value follow the data.
    pub flags: u16,
    /// 0 stored, 8 deflate, …
    pub method: u16,
    /// The check value.
    pub crc: u32,
    /// Bytes in the archive.
    pub packed: u64,
    /// Bytes unpacked.
    pub size: u64,
    /// Where the header beside the data is, in the directory; where the data is, beside them.
    pub offset: u64,
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|bytes| bytes.try_into().ok()).map_or(0, u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes)
}

/// The record at the end.
#[derive(Debug)]
struct End {
    /// Where it is.
    at: u64,
    /// Where what it describes ends: there is more between with 64 bits.
    before: u64,
    entries: u64,
    size: u64,
    offset: u64,
}

/// Whether there is a record of the end that points at a directory.
pub fn has_end(bytes: &Bytes, budget: &Budget) -> Result<bool, Error> {
    let Some(end) = find_end(bytes, budget)? else { return Ok(false) };
    Ok(end.entries == 0 && end.size == 0 && end.at == 0 || directory(bytes, &end, budget)?.is_some())
}

fn find_end(bytes: &Bytes, budget: &Budget) -> Result<Option<End>, Error> {
    let size = match bytes.size(budget) {
        Ok(size) => size,
        // What cannot be unpacked to its end has none.
        Err(Error::Io(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let start = size.saturating_sub(MOST_END);
    let tail = bytes.get(start, usize::try_from(size - start).unwrap_or(0), budget)?;
    let Some(place) = scan::last(&tail, *b"PK\x05\x06") else { return Ok(None) };
    let record = tail.get(place..).unwrap_or_default();
    let at = start + place as u64;
    let mut end = End {
        at,
        before: at,
        entries: u64::from(u16_at(record, 10)),
        size: u64::from(u32_at(record, 12)),
        offset: u64::from(u32_at(record, 16)),
    };
    // With 64 bits, a locator stands right in front, and says where the larger record is.
    let locator = at.checked_sub(20).map(|at| bytes.get(at, 20, budget)).transpose()?.unwrap_or_default();
    if locator.starts_with(b"PK\x06\x07") {
        // Bytes in front move it: then it stands right in front of the locator.
        for place in [u64_at(&locator, 8), at.saturating_sub(76)] {
            let record = bytes.get(place, 56, budget)?;
            if record.starts_with(b"PK\x06\x06") && record.len() == 56 {
                end.before = place;
                end.entries = u64_at(&record, 32);
                end.size = u64_at(&record, 40);
                end.offset = u64_at(&record, 48);
                break;
            }
        }
    }
    Ok(Some(end))
}

/// Where the directory begins, and how many bytes stand in front of what offsets count from.
fn directory(bytes: &Bytes, end: &End, budget: &Budget) -> Result<Option<(u64, u64)>, Error> {
    let by_size = end.before.checked_sub(end.size);
    // Bytes in front move everything alike.
    let moved = by_size.and_then(|at| Some((at, at.checked_sub(end.offset)?)));
    for (at, shift) in moved.into_iter().chain([(end.offset, 0)]) {
        if bytes.get(at, 4, budget)? == b"PK\x01\x02" {
            return Ok(Some((at, shift)));
        }
    }
    Ok(None)
}

/// The members.
pub fn list(bytes: &Arc<Bytes>, budget: &Budget) -> Result<Listing, Error> {
    let mut members = Vec::new();
    // Parts of the archive that are spoken for.
    let mut known = Vec::new();
    let end = find_end(bytes, budget)?;
    let found = end.as_ref().map(|end| directory(bytes, end, budget)).transpose()?.flatten();
    let mut note = None;
    if let (Some(end), Some((at, shift))) = (&end, found) {
        let (entries, after) = entries(bytes, at, end.before, budget)?;
        known.push((at, after));
        known.push((end.before, end.at + END as u64));
        if entries.len() as u64 != end.entries
            && (end.entries > 0xffff || entries.len() as u64 % 0x1_0000 != end.entries)
        {
            note = Some(format!("the end says {} members, the directory has {}", end.entries, entries.len()));
        }
        for entry in entries {
            members.push(member(bytes, &entry, shift, &mut known, budget)?);
        }
    } else if end.as_ref().is_none_or(|end| end.entries > 0 || end.size > 0) {
        note = Some(match end {
            None => "there is no directory: the archive is cut off, or its end is gone".to_owned(),
            Some(_) => "the end points at no directory".to_owned(),
        });
    }
    let hidden = hidden(bytes, known, budget)?;
    for header in hidden {
        let damage = vec!["only a scan for headers finds it: the directory does not name it".to_owned()];
        members.push(judged(bytes, &header, header.offset, damage, budget)?);
    }
    name_twice(&mut members);
    if let (Some(note), Some(first)) = (note, members.first_mut()) {
        first.damage.push(note);
    }
    Ok(Listing { members })
}

/// The entries of the directory, and where they end.
fn entries(bytes: &Bytes, start: u64, end: u64, budget: &Budget) -> Result<(Vec<Header>, u64), Error> {
    let (mut entries, mut at) = (Vec::new(), start);
    while at < end {
        let fixed = bytes.get(at, ENTRY, budget)?;
        if fixed.len() < ENTRY || !fixed.starts_with(b"PK\x01\x02") {
            break;
        }
        let lengths = [28, 30, 32].map(|place| usize::from(u16_at(&fixed, place)));
        let [name, extra, comment] = lengths;
        let texts = bytes.get(at + ENTRY as u64, name + extra, budget)?;
        budget.member(name)?;
        let mut header = Header {
            name: texts.get(..name).unwrap_or(&texts).to_vec(),
            flags: u16_at(&fixed, 8),
            method: u16_at(&fixed, 10),
            crc: u32_at(&fixed, 16),
            packed: u64::from(u32_at(&fixed, 20)),
            size: u64::from(u32_at(&fixed, 24)),
            offset: u64::from(u32_at(&fixed, 42)),
        };
        let extra = texts.get(name..).unwrap_or_default();
        widen(extra, [Some(&mut header.size), Some(&mut header.packed), Some(&mut header.offset)]);
        entries.push(header);
        at += (ENTRY + name + extra.len() + comment) as u64;
        if at - start > ARCHIVE_NAMES_BYTES as u64 * 4 {
            return Err(Error::Limit("a directory of more than 128 MiB".to_owned()));
        }
    }
    Ok((entries, at))
}

/// Puts in the 64-bit values of an extra field, in their order, for those that say that theirs stands there.
fn widen(mut extra: &[u8], values: [Option<&mut u64>; 3]) {
    while extra.len() >= 4 {
        let (kind, length) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
        let body = extra.get(4..(4 + length).min(extra.len())).unwrap_or_default();
        if kind == 1 {
            let mut at = 0;
            for value in values.into_iter().flatten() {
                if *value == ELSEWHERE && body.len() >= at + 8 {
                    *value = u64_at(body, at);
                    at += 8;
                }
            }
            return;
        }
        extra = extra.get(4 + length..).unwrap_or_default();
    }
}

/// The header beside the data, at a place; its `offset` is where the data begins.
pub fn local(bytes: &Bytes, at: u64, budget: &Budget) -> Result<Option<Header>, Error> {
    let fixed = match bytes.get(at, LOCAL, budget) {
        Err(Error::Io(_)) => return Ok(None),
        fixed => fixed?,
    };
    if fixed.len() < LOCAL || !fixed.starts_with(b"PK\x03\x04") {
        return Ok(None);
    }
    let [name, extra] = [26, 28].map(|place| usize::from(u16_at(&fixed, place)));
    let texts = bytes.get(at + LOCAL as u64, name + extra, budget)?;
    let mut header = Header {
        name: texts.get(..name).unwrap_or(&texts).to_vec(),
        flags: u16_at(&fixed, 6),
        method: u16_at(&fixed, 8),
        crc: u32_at(&fixed, 14),
        packed: u64::from(u32_at(&fixed, 18)),
        size: u64::from(u32_at(&fixed, 22)),
        offset: at + (LOCAL + name + extra) as u64,
    };
    widen(texts.get(name..).unwrap_or_default(), [Some(&mut header.size), Some(&mut header.packed), None]);
    Ok(Some(header))
}

fn member(
    bytes: &Arc<Bytes>,
    entry: &Header,
    shift: u64,
    known: &mut Vec<(u64, u64)>,
    budget: &Budget,
) -> Result<Member, Error> {
    let at = entry.offset.saturating_add(shift);
    let mut damage = Vec::new();
    let beside = match local(bytes, at, budget)? {
        // Bytes in front that offsets count already.
        None if shift > 0 => local(bytes, entry.offset, budget)?,
        beside => beside,
    };
    let Some(beside) = beside else {
        damage.push(format!("there is no header at byte {at}, where the directory says"));
        let mut member = judged(bytes, entry, at, damage, budget)?;
        member.place = Place::Closed(format!("there is no header at byte {at}, where the directory says"));
        return Ok(member);
    };
    let mut differs = |what: &str, one: String, other: String| {
        if one != other {
            damage.push(format!("{what}: {one} in the directory, {other} beside the data"));
        }
    };
    let quoted =
        |name: &[u8]| format!("'{}'", crate::domain::text::line(&String::from_utf8_lossy(name), 100));
    if entry.name != beside.name {
        differs("its name", quoted(&entry.name), quoted(&beside.name));
    }
    differs("its flags", format!("{:#06x}", entry.flags), format!("{:#06x}", beside.flags));
    differs("its method", entry.method.to_string(), beside.method.to_string());
    let later = beside.flags & 8 != 0;
    if !(later && beside.crc == 0) {
        differs("its CRC", format!("{:08x}", entry.crc), format!("{:08x}", beside.crc));
    }
    if !(later && beside.packed == 0 && beside.size == 0) {
        differs("its size", entry.size.to_string(), beside.size.to_string());
        differs("its packed size", entry.packed.to_string(), beside.packed.to_string());
    }
    if entry.crc == 0 && entry.size > 0 {
        damage.push("its CRC is missing".to_owned());
    }
    let start = beside.offset.saturating_sub((LOCAL + beside.name.len()) as u64);
    let end = beside.offset.saturating_add(entry.packed);
    if known.iter().any(|&(from, to)| beside.offset < to && from < end && entry.packed > 0)
        && known.len() < 4096
    {
        damage.push("its data overlap another part of the archive".to_owned());
    }
    known.push((at.min(start), end));
    judged(bytes, entry, beside.offset, damage, budget)
}

/// The member of which a header says so much, with its data at a place.
fn judged(
    bytes: &Arc<Bytes>,
    header: &Header,
    data: u64,
    mut damage: Vec<String>,
    budget: &Budget,
) -> Result<Member, Error> {
    let name = String::from_utf8_lossy(&header.name).into_owned();
    let length = header.packed;
    if bytes.known_size().is_some_and(|size| data.saturating_add(length) > size) {
        damage.push("the archive ends before it does".to_owned());
    }
    let place = match header.method {
        0 => Place::Part { offset: data, length },
        8 | 9 => Place::Packed { offset: data, length, method: Method::Deflate },
        12 => Place::Packed { offset: data, length, method: Method::Bzip2 },
        14 => Place::Packed { offset: data, length, method: Method::ZipLzma(header.size) },
        20 | 93 => Place::Packed { offset: data, length, method: Method::Zstd },
        95 => Place::Packed { offset: data, length, method: Method::Xz },
        other => Place::Closed(format!("it is packed by method {other}, which this host does not undo")),
    };
    let mut encrypted = header.flags & 1 != 0;
    if encrypted && is_open(bytes, header, data, budget)? {
        encrypted = false;
        damage.push("its flags say that it is encrypted, and it is not".to_owned());
    }
    let place = if encrypted { Place::Closed("it is encrypted".to_owned()) } else { place };
    let folder = name.ends_with('/') && header.size == 0;
    Ok(Member {
        kind: if folder { Kind::Directory } else { Kind::File },
        name,
        size: header.size,
        packed: header.packed,
        encrypted,
        damage,
        place: if folder { Place::Nothing } else { place },
    })
}

/// Whether what says that it is encrypted is not: encryption adds 12 bytes in front, and leaves nothing that unpacks.
fn is_open(bytes: &Bytes, header: &Header, data: u64, budget: &Budget) -> Result<bool, Error> {
    Ok(match header.method {
        0 => header.packed == header.size && header.size > 0,
        8 => {
            let most = usize::try_from(header.packed).unwrap_or(usize::MAX).min(4096);
            let head = bytes.get(data, most, budget)?;
            let mut out = vec![0; 64 << 10];
            let mut inflate = flate2::Decompress::new(false);
            let status = inflate.decompress(&head, &mut out, flate2::FlushDecompress::None);
            // Noise may begin like a block, but not go on for long.
            matches!(status, Ok(flate2::Status::StreamEnd))
                || status.is_ok() && (inflate.total_in() >= 1024 || inflate.total_out() == out.len() as u64)
        }
        _ => false,
    })
}

/// Members that stand in no part that is spoken for.
fn hidden(bytes: &Arc<Bytes>, mut known: Vec<(u64, u64)>, budget: &Budget) -> Result<Vec<Header>, Error> {
    let size = match bytes.known_size() {
        Some(size) => size,
        None => match bytes.size(budget) {
            Err(Error::Io(_)) => u64::MAX,
            size => size?,
        },
    };
    known.sort_unstable();
    known.push((size, size));
    let (mut found, mut at) = (Vec::new(), 0);
    for (from, to) in known {
        while let Some(place) = scan::next(bytes, at, from, *b"PK\x03\x04", budget)? {
            let Some(mut header) = local(bytes, place, budget)? else {
                at = place + 4;
                continue;
            };
            if header.flags & 8 != 0 && header.packed == 0 {
                // Its length comes after its data: what comes next ends it.
                let next = scan::next_of(
                    bytes,
                    header.offset,
                    from,
                    &[b"PK\x07\x08", b"PK\x03\x04", b"PK\x01\x02"],
                    budget,
                )?;
                header.packed = next.unwrap_or(from).saturating_sub(header.offset);
            }
            at = header.offset.saturating_add(header.packed).max(place + 4);
            budget.member(header.name.len())?;
            found.push(header);
        }
        at = at.max(to);
    }
    Ok(found)
}

fn name_twice(members: &mut [Member]) {
    let mut seen = std::collections::HashSet::new();
    let twice = members.iter().enumerate().filter(|(_, member)| !seen.insert(member.name.clone()));
    let twice = twice.map(|(at, _)| at).collect::<Vec<_>>();
    for at in twice {
        if let Some(member) = members.get_mut(at) {
            member.damage.push("another member has the same name".to_owned());
        }
    }
}
