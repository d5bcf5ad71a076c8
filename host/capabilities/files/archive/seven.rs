//! 7z archives. What is in a block with other files is unpacked with those in front of it.

use std::{io::Read, sync::Arc};

use sevenz_rust2::{Archive, BlockDecoder, Password};

use super::{
    Listing, Member, Place,
    bytes::{Budget, Bytes, Cursor, Kept},
};
use crate::{
    capabilities::files::Kind,
    domain::{Error, limits::ARCHIVE_NAMES_BYTES},
};

/// Largest dictionary or header, in KiB: that of `7z -mx=9`.
const MOST_MEMORY: usize = 66 << 10;

/// Bytes unpacked at once.
const BLOCK: usize = 128 << 10;

fn read(bytes: &Arc<Bytes>, budget: &Arc<Budget>) -> Result<(Archive, Cursor), Error> {
    let mut cursor = Cursor::new(bytes, budget);
    // Its header says how large it is: no more than there is, and no more than names may take.
    let head = bytes.get(0, 32, budget)?;
    let header = head.get(20..28).and_then(|size| size.try_into().ok()).map_or(0, u64::from_le_bytes);
    if header > ARCHIVE_NAMES_BYTES as u64 {
        return Err(Error::Limit(format!("a 7z header of {header} bytes")));
    }
    let archive = Archive::read_with_memory_limit(&mut cursor, &Password::empty(), MOST_MEMORY);
    archive.map(|archive| (archive, cursor)).map_err(|error| failed(&error, budget))
}

fn failed(error: &sevenz_rust2::Error, budget: &Budget) -> Error {
    budget.failed().unwrap_or_else(|| match error {
        sevenz_rust2::Error::PasswordRequired => Error::Unsupported("its directory is encrypted".to_owned()),
        error => Error::Io(format!("cannot be read as 7z: {error}")),
    })
}

/// The members.
pub fn list(bytes: &Arc<Bytes>, budget: &Arc<Budget>) -> Result<Listing, Error> {
    let (archive, _) = read(bytes, budget)?;
    let mut members = Vec::new();
    for (file, entry) in archive.files.iter().enumerate() {
        budget.member(entry.name().len())?;
        let encrypted = archive.is_file_encrypted(file);
        let place = match (entry.has_stream(), encrypted) {
            (false, _) => Place::Nothing,
            (true, true) => Place::Closed("it is encrypted".to_owned()),
            (true, false) => Place::Seven { file },
        };
        members.push(Member {
            name: entry.name().to_owned(),
            kind: if entry.is_directory() { Kind::Directory } else { Kind::File },
            size: entry.size(),
            packed: 0,
            encrypted,
            damage: Vec::new(),
            place,
        });
    }
    Ok(Listing { members })
}

/// One member, whole.
pub fn unpack(bytes: &Arc<Bytes>, file: usize, budget: &Arc<Budget>) -> Result<Bytes, Error> {
    let (archive, mut cursor) = read(bytes, budget)?;
    let block = archive.stream_map.file_block_index.get(file).copied().flatten();
    let Some(block) = block else { return Err(Error::Io("it has no data".to_owned())) };
    let first = archive.stream_map.file_block_index.iter().position(|of| *of == Some(block)).unwrap_or(file);
    budget.keep(MOST_MEMORY << 10)?;
    let password = Password::empty();
    let decoder =
        BlockDecoder::new_with_memory_limit(1, MOST_MEMORY, block, &archive, &password, &mut cursor);
    let mut found = Vec::new();
    let mut stopped = None;
    let mut at = first;
    let result = decoder.for_each_entries(&mut |_, reader: &mut dyn Read| {
        let wanted = at == file;
        at += 1;
        let mut chunk = vec![0; BLOCK];
        loop {
            let length = reader.read(&mut chunk)?;
            if length == 0 {
                return Ok(!wanted);
            }
            let counted =
                budget.spend(length).and_then(|()| if wanted { budget.keep(length) } else { Ok(()) });
            if let Err(error) = counted {
                stopped = Some(error);
                return Ok(false);
            }
            if wanted {
                found.extend_from_slice(chunk.get(..length).unwrap_or_default());
            }
        }
    });
    budget.forget(MOST_MEMORY << 10);
    let kept = Kept::counted(found, budget);
    match (stopped, result) {
        (Some(error), _) => Err(error),
        (None, Err(error)) => Err(failed(&error, budget)),
        (None, Ok(_)) => Ok(Bytes::Memory(kept)),
    }
}
