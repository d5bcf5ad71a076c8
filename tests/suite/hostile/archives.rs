//! Archives that are bombs, broken, endless, or lie about themselves. Each is a limit, an error, or what there is of it, in a short time.

use std::{
    fs::{self, File},
    io::{Seek, SeekFrom, Write},
    path::Path,
    time::{Duration, Instant},
};

use flate2::{Compression, write::DeflateEncoder, write::GzEncoder};
use gonogo::{
    capabilities::files::{Files, archive::Content},
    domain::{Attributes, Authority, Error, Grant, Origin, Value},
};

/// How long any of them may take.
const PATIENCE: Duration = Duration::from_secs(20);

fn soon() -> Instant {
    Instant::now() + Duration::from_mins(2)
}

fn open(folder: &Path, name: &str) -> Content {
    let grant = Grant::Read { name: ".".to_owned(), path: folder.to_owned() };
    let authority = Authority { grant, parameter: "root".to_owned(), origin: Origin::Profile };
    Files::new(folder, &[authority]).open(name).unwrap()
}

/// A file of these bytes, opened.
fn opened(bytes: &[u8]) -> Content {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x"), bytes).unwrap();
    open(folder.path(), "x")
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// An entry of a zip: its name, where its header is, and what the directory says of its lengths.
struct Entry<'a>(&'a str, u32, u32, u32);

fn header(name: &str, packed: u32, size: u32) -> Vec<u8> {
    let mut out = b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\x01\0\0\0".to_vec();
    out.extend_from_slice(&packed.to_le_bytes());
    out.extend_from_slice(&size.to_le_bytes());
    out.extend_from_slice(&(name.len() as u16).to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    out.extend_from_slice(name.as_bytes());
    out
}

/// The directory of a zip, and its end.
fn directory(out: &mut Vec<u8>, entries: &[Entry]) {
    let start = out.len();
    for Entry(name, at, packed, size) in entries {
        out.extend_from_slice(b"PK\x01\x02\x14\0\x14\0\0\0\x08\0\0\0\0\0\x01\0\0\0");
        out.extend_from_slice(&packed.to_le_bytes());
        out.extend_from_slice(&size.to_le_bytes());
        out.extend_from_slice(&(name.len() as u16).to_le_bytes());
        out.extend_from_slice(&[0; 12]);
        out.extend_from_slice(&at.to_le_bytes());
        out.extend_from_slice(name.as_bytes());
    }
    let length = out.len() - start;
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&(entries.len() as u16).to_le_bytes());
    out.extend_from_slice(&(entries.len() as u16).to_le_bytes());
    out.extend_from_slice(&(length as u32).to_le_bytes());
    out.extend_from_slice(&(start as u32).to_le_bytes());
    out.extend_from_slice(&[0; 2]);
}

fn damage(members: &[Attributes]) -> String {
    members.iter().map(|member| format!("{:?}\n", member.get("damage"))).collect()
}

#[test]
fn a_flat_bomb_is_a_limit() {
    let packed = deflated(&vec![0; 100 << 20]);
    let mut bytes = header("zeros", packed.len() as u32, 100 << 20);
    bytes.extend_from_slice(&packed);
    directory(&mut bytes, &[Entry("zeros", 0, packed.len() as u32, 100 << 20)]);
    let started = Instant::now();
    let content = opened(&bytes);
    assert_eq!(content.members(soon()).unwrap().len(), 1);
    assert!(matches!(content.member(0, soon()).unwrap().size(soon()), Err(Error::Limit(_))));
    assert!(started.elapsed() < PATIENCE);
}

#[test]
fn a_nested_bomb_is_a_limit() {
    let bytes = gzipped(&gzipped(&gzipped(&vec![0; 64 << 20])));
    let mut content = opened(&bytes);
    for _ in 0..3 {
        content = content.member(0, soon()).unwrap();
    }
    assert!(matches!(content.size(soon()), Err(Error::Limit(_))));
}

#[test]
fn members_that_share_their_bytes_are_told_and_each_counts() {
    let packed = deflated(&vec![7; 15 << 20]);
    let mut bytes = header("0", packed.len() as u32, 15 << 20);
    bytes.extend_from_slice(&packed);
    let names = (0..2_000).map(|at| format!("{at}")).collect::<Vec<_>>();
    let entries = names.iter().map(|name| Entry(name, 0, packed.len() as u32, 15 << 20)).collect::<Vec<_>>();
    directory(&mut bytes, &entries);
    let content = opened(&bytes);
    let members = content.members(soon()).unwrap();
    assert_eq!(members.len(), 2_000);
    assert!(damage(&members[1..2]).contains("overlap"), "{}", damage(&members[1..2]));
    let started = Instant::now();
    let unpack = |at: u32| content.member(at, soon()).unwrap().size(soon());
    let stopped = (0..2_000).map(unpack).find_map(Result::err);
    assert!(matches!(stopped, Some(Error::Limit(text)) if text.contains("20 GiB")));
    assert!(started.elapsed() < 4 * PATIENCE);
}

#[test]
fn a_million_members_are_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let mut block = [0_u8; 512];
    block[0] = b'x';
    block[124..135].copy_from_slice(b"00000000000");
    block[156] = b'0';
    block[148..156].fill(b' ');
    let sum = block.iter().map(|&byte| u32::from(byte)).sum::<u32>();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let many = block.repeat(10_000);
    let mut file = File::create(folder.path().join("x")).unwrap();
    (0..100).for_each(|_| file.write_all(&many).unwrap());
    let started = Instant::now();
    let content = open(folder.path(), "x");
    assert_eq!(content.format(soon()).unwrap(), "tar");
    assert!(matches!(content.members(soon()), Err(Error::Limit(_))));
    assert!(started.elapsed() < PATIENCE);
}

#[test]
fn a_stream_without_an_end_stops_at_the_deadline() {
    // Noise, in blocks that are stored: it unpacks as long as there are bytes, and a sparse file has many.
    let folder = tempfile::tempdir().unwrap();
    let mut file = File::create(folder.path().join("x")).unwrap();
    file.write_all(b"\x1f\x8b\x08\0\0\0\0\0\0\x03").unwrap();
    // A stored block of zero bytes, again and again.
    let empty = b"\x00\x00\x00\xff\xff".repeat(1 << 20);
    (0..20).for_each(|_| file.write_all(&empty).unwrap());
    file.seek(SeekFrom::Start(1 << 33)).unwrap();
    file.write_all(b"x").unwrap();
    let content = open(folder.path(), "x").member(0, soon()).unwrap();
    let started = Instant::now();
    let error = content.size(Instant::now() + Duration::from_millis(300));
    assert!(matches!(error, Err(Error::Timeout(_) | Error::Io(_) | Error::Limit(_))), "{error:?}");
    assert!(started.elapsed() < PATIENCE);
}

#[test]
fn four_gibibytes_that_are_not_there() {
    let mut bytes = header("big", u32::MAX - 1, u32::MAX - 1);
    // A block of a type that deflate does not have.
    bytes.extend_from_slice(b"\x07none");
    directory(&mut bytes, &[Entry("big", 0, u32::MAX - 1, u32::MAX - 1)]);
    let content = opened(&bytes);
    let members = content.members(soon()).unwrap();
    assert!(damage(&members).contains("the archive ends before it does"), "{}", damage(&members));
    assert!(content.member(0, soon()).unwrap().size(soon()).is_err());
    // The header of a 7z that says its directory is large, and one of a tar.
    let mut seven = b"7z\xbc\xaf\x27\x1c\0\x04\0\0\0\0".to_vec();
    seven.extend_from_slice(&[0xff; 20]);
    let content = opened(&seven);
    assert_eq!(content.format(soon()).unwrap(), "7z");
    assert!(content.members(soon()).is_err());
}

#[test]
fn names_that_climb_write_nothing() {
    let packed = deflated(b"evil");
    let (name, length) = ("../../../../../../tmp/gonogo-zip-slip", packed.len() as u32);
    let mut bytes = header(name, length, 4);
    bytes.extend_from_slice(&packed);
    directory(&mut bytes, &[Entry(name, 0, length, 4)]);
    let content = opened(&bytes);
    let members = content.members(soon()).unwrap();
    assert_eq!(members[0].get("name"), Some(&Value::Text(name.to_owned())));
    assert_eq!(content.member(0, soon()).unwrap().read(0, 9, soon()).unwrap(), b"evil");
    assert!(!Path::new("/tmp/gonogo-zip-slip").exists());
}

#[test]
fn whatever_is_cut_off_is_read_as_far_as_it_goes() {
    let packed = deflated(&b"some text ".repeat(100));
    let mut bytes = header("a", packed.len() as u32, 1_000);
    bytes.extend_from_slice(&packed);
    directory(&mut bytes, &[Entry("a", 0, packed.len() as u32, 1_000)]);
    let started = Instant::now();
    for length in 0..bytes.len() {
        let content = opened(&bytes[..length]);
        let members = content.members(soon()).unwrap();
        assert!(members.len() <= 1);
        if !members.is_empty() {
            let text = content.member(0, soon()).and_then(|member| member.read(0, 2_000, soon()));
            assert!(
                text.is_err() || text.is_ok_and(|text| b"some text ".repeat(100).starts_with(&text)),
                "{length}"
            );
        }
    }
    assert!(started.elapsed() < PATIENCE);
}
