//! The one form of archive that bundles have: headers as they must be, and what is different about one that is not.

use std::io::{ErrorKind, Read};

use sha2::{Digest, Sha256};

use super::{Error, Member, hex};

/// Tar counts in these.
pub(super) const BLOCK: usize = 512;

/// Bytes read at a time.
const CHUNK: usize = 1 << 16;

/// The header of a member.
pub(super) fn header(name: &str, size: u64) -> [u8; BLOCK] {
    let mut header = tar::Header::new_ustar();
    // Names were held to 100 bytes of plain ASCII, which always fit.
    let field = &mut header.as_old_mut().name;
    let length = name.len().min(field.len());
    field[..length].copy_from_slice(&name.as_bytes()[..length]);
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    header.set_cksum();
    *header.as_bytes()
}

/// Reads an archive from its beginning, and hashes what it reads.
pub(super) struct Scan<'r, R> {
    source: &'r mut R,
    what: &'r str,
    hash: Sha256,
    at: u64,
    /// A block that was read to see what comes.
    ahead: Option<[u8; BLOCK]>,
}

impl<'r, R: Read> Scan<'r, R> {
    pub fn new(source: &'r mut R, what: &'r str) -> Self {
        Self { source, what, hash: Sha256::new(), at: 0, ahead: None }
    }

    /// The digest and the number of bytes read so far.
    pub fn so_far(&self) -> (String, u64) {
        (hex(&self.hash.clone().finalize()), self.at)
    }

    pub fn wrong(&self, why: String) -> Error {
        Error::Form { what: self.what.to_owned(), why }
    }

    /// A text member of that name, whatever its size up to a limit.
    pub fn text(&mut self, name: &str, most: usize) -> Result<String, Error> {
        let block = self.block()?;
        let size = tar::Header::from_byte_slice(&block).entry_size().unwrap_or(u64::MAX);
        if block != header(name, size) {
            return Err(self.different(&block, name, None));
        }
        if size > most as u64 {
            let what = format!("{name} in {}", self.what);
            return Err(Error::TooLarge { what, size, most: most as u64 });
        }
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(most)];
        self.fill(&mut bytes)?;
        self.padding(size)?;
        String::from_utf8(bytes).map_err(|_| self.wrong(format!("{name} is not UTF-8")))
    }

    /// A member that the manifest names: where its bytes begin.
    pub fn member(&mut self, member: &Member) -> Result<u64, Error> {
        let block = self.block()?;
        if block != header(&member.file, member.size) {
            return Err(self.different(&block, &member.file, Some(member.size)));
        }
        let begin = self.at;
        let mut hash = Sha256::new();
        let mut left = member.size;
        let mut chunk = vec![0; CHUNK];
        while left > 0 {
            let part = usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK));
            self.fill(&mut chunk[..part])?;
            hash.update(&chunk[..part]);
            left -= part as u64;
        }
        self.padding(member.size)?;
        let found = hex(&hash.finalize());
        if found == member.sha256 {
            return Ok(begin);
        }
        let (what, member, expected) = (self.what.to_owned(), member.file.clone(), member.sha256.clone());
        Err(Error::Digest { what, member, expected, found })
    }

    /// The end of an archive: two empty blocks.
    pub fn end(&mut self) -> Result<(), Error> {
        for _ in 0..2 {
            let block = self.block()?;
            if block != [0; BLOCK] {
                let name = name(&block);
                return Err(self.wrong(format!("'{name}' is in it, which its manifest does not name")));
            }
        }
        Ok(())
    }

    /// The end of an archive, where the next block is empty; else that block is left for whoever reads on.
    pub fn try_end(&mut self) -> Result<bool, Error> {
        let block = self.block()?;
        if block != [0; BLOCK] {
            self.ahead = Some(block);
            return Ok(false);
        }
        match self.block()? == [0; BLOCK] {
            true => Ok(true),
            false => Err(self.wrong("its end is not two empty blocks".to_owned())),
        }
    }

    /// Whether there is nothing more.
    pub fn is_over(&mut self) -> Result<bool, Error> {
        let mut byte = [0];
        match self.source.read(&mut byte) {
            Ok(0) => Ok(true),
            Ok(_) => {
                // What comes is read as a block, and this is its first byte.
                let mut block = [0; BLOCK];
                block[0] = byte[0];
                self.fill(&mut block[1..])?;
                self.ahead = Some(block);
                Ok(false)
            }
            Err(source) => Err(Error::Io { tried: "read", path: self.what.into(), source }),
        }
    }

    fn block(&mut self) -> Result<[u8; BLOCK], Error> {
        if let Some(block) = self.ahead.take() {
            return Ok(block);
        }
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        Ok(block)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.source.read_exact(bytes).map_err(|source| match source.kind() {
            ErrorKind::UnexpectedEof => self.wrong(format!("it ends after {} bytes, in the middle", self.at)),
            _ => Error::Io { tried: "read", path: self.what.into(), source },
        })?;
        self.hash.update(&*bytes);
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// Zeros up to the next block.
    fn padding(&mut self, size: u64) -> Result<(), Error> {
        let mut rest = vec![0; (size.next_multiple_of(BLOCK as u64) - size) as usize];
        self.fill(&mut rest)?;
        match rest.iter().all(|&byte| byte == 0) {
            true => Ok(()),
            false => Err(self.wrong("something is hidden between its members".to_owned())),
        }
    }

    /// What is different about a header.
    fn different(&self, block: &[u8; BLOCK], expected: &str, size: Option<u64>) -> Error {
        let header = tar::Header::from_byte_slice(block);
        let found = name(block);
        let sum = block.iter().enumerate();
        let sum = sum.map(|(at, &byte)| if (148..156).contains(&at) { 32 } else { u32::from(byte) });
        if header.cksum().ok() != Some(sum.sum()) {
            return self.wrong(match self.at <= BLOCK as u64 {
                true => format!("expected a tar archive that begins with {expected}, found something else"),
                false => format!("expected {expected}, found what is no header of tar"),
            });
        }
        let kind = header.entry_type();
        let kind = match kind {
            tar::EntryType::Regular => None,
            tar::EntryType::Link | tar::EntryType::Symlink => Some("a link"),
            tar::EntryType::Char | tar::EntryType::Block => Some("a device"),
            tar::EntryType::Fifo => Some("a FIFO"),
            tar::EntryType::Directory => Some("a directory"),
            _ => Some("an extension of tar"),
        };
        let why = match (kind, header.entry_size()) {
            (Some(kind), _) => format!("expected the file {expected}, found {kind} '{found}'"),
            (None, _) if found != expected => format!("expected {expected}, found '{found}'"),
            (None, Ok(has)) if size.is_some_and(|size| size != has) => {
                format!("expected {expected} with {} bytes, found {has}", size.unwrap_or_default())
            }
            _ => format!("{expected} has an owner, a time or a mode, which nothing in a bundle has"),
        };
        self.wrong(why)
    }
}

/// The name in a header, for people.
fn name(block: &[u8; BLOCK]) -> String {
    let name = String::from_utf8_lossy(&tar::Header::from_byte_slice(block).path_bytes()).into_owned();
    crate::domain::text::line(&name, 120)
}
