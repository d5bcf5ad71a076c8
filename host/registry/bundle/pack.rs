//! Packing: a folder with its `bundle.toml` into one archive.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use rustix::fs::OFlags;
use sha2::{Digest, Sha256};

use super::{
    Error, MANIFEST, Manifest, Member, Sort,
    archive::{BLOCK, header},
    hex,
};
use crate::domain::limits::{BUNDLE_BYTES, MANIFEST_BYTES};

/// How a component begins; a core module has another number here.
pub(in crate::registry) const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// Writes the bundle of a folder, and says what is in it. Each file is read twice, once for the manifest and once for the archive; it must be the same.
///
/// # Errors
/// Where the manifest is wrong, a file is not there, is too large or changes, or what it goes into refuses.
pub fn pack(folder: &Path, into: &mut impl Write) -> Result<Manifest, Error> {
    let path = folder.join(MANIFEST);
    let text = manifest_text(&path)?;
    let mut manifest = Manifest::written(&path, &text).map_err(Error::Manifest)?;
    for member in &mut manifest.members {
        let file = folder.join(&member.file);
        (member.size, member.sha256) = pass(&file, member, &mut io::sink())?;
    }
    let size = manifest.members.iter().map(|member| member.size + 2 * BLOCK as u64).sum::<u64>();
    if size > BUNDLE_BYTES {
        return Err(Error::TooLarge { what: folder.display().to_string(), size, most: BUNDLE_BYTES });
    }
    let text = manifest.text();
    let failed = |source| Error::Io { tried: "write", path: "the bundle".into(), source };
    let mut write = |name: &str, bytes: &[u8]| {
        into.write_all(&header(name, bytes.len() as u64))?;
        into.write_all(bytes)?;
        into.write_all(&vec![0; padding(bytes.len() as u64)])
    };
    write(MANIFEST, text.as_bytes()).map_err(failed)?;
    for member in &manifest.members {
        into.write_all(&header(&member.file, member.size)).map_err(failed)?;
        let file = folder.join(&member.file);
        let again = pass(&file, member, into)?;
        if again != (member.size, member.sha256.clone()) {
            return Err(Error::Changed(file.display().to_string()));
        }
        into.write_all(&vec![0; padding(member.size)]).map_err(failed)?;
    }
    into.write_all(&[0; 2 * BLOCK]).map_err(failed)?;
    Ok(manifest)
}

/// What the bundle of a folder is called: `acme-checks-1.2.0`.
///
/// # Errors
/// Where its manifest is wrong.
pub fn title(folder: &Path) -> Result<String, Error> {
    let path = folder.join(MANIFEST);
    let manifest = Manifest::written(&path, &manifest_text(&path)?).map_err(Error::Manifest)?;
    Ok(format!("{}-{}", manifest.name, manifest.version))
}

fn padding(size: u64) -> usize {
    (size.next_multiple_of(BLOCK as u64) - size) as usize
}

fn manifest_text(path: &Path) -> Result<String, Error> {
    let failed = |source| Error::Io { tried: "read", path: path.to_owned(), source };
    let mut bytes = Vec::new();
    open(path).map_err(failed)?.take(MANIFEST_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > MANIFEST_BYTES {
        let (what, size) = (path.display().to_string(), bytes.len() as u64);
        return Err(Error::TooLarge { what, size, most: MANIFEST_BYTES as u64 });
    }
    String::from_utf8(bytes).map_err(|_| failed(io::Error::other("it is not UTF-8")))
}

/// A plain file: what is a link may lead out of the folder, what is a FIFO would be waited for.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is no plain file")),
    }
}

/// Reads a file into something: its size and its digest.
fn pass(path: &Path, member: &Member, into: &mut impl Write) -> Result<(u64, String), Error> {
    let failed = |tried| move |source| Error::Io { tried, path: path.to_owned(), source };
    let mut file = open(path).map_err(failed("read"))?;
    let most = member.sort.most();
    let (mut hash, mut size) = (Sha256::new(), 0);
    let mut chunk = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut chunk).map_err(failed("read"))?;
        if size == 0 && member.sort == Sort::Plugin && !chunk[..read].starts_with(COMPONENT) {
            let what = path.display().to_string();
            return Err(Error::Form { what, why: "a plugin must be a WebAssembly component".to_owned() });
        }
        size += read as u64;
        if size > most {
            return Err(Error::TooLarge { what: path.display().to_string(), size, most });
        }
        if read == 0 {
            return Ok((size, hex(&hash.finalize())));
        }
        hash.update(&chunk[..read]);
        into.write_all(&chunk[..read]).map_err(failed("pack"))?;
    }
}
