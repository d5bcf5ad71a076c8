//! Archives of every kind, whole and broken.

use std::{
    fs,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use flate2::{Compression, write};
use proptest::prelude::*;

use super::*;
use crate::domain::{Authority, Grant, Origin, Value};

/// What most members hold.
const TEXT: &[u8] = b"hello archive hello archive hello archive hello archive hello archive ";

/// Made by Python's bz2, lzma (`FORMAT_XZ`, `FORMAT_ALONE`) and py7zr (LZMA2; members `a` and `d/b`).
const BZIP2: &str = "425a68393141592653590c60c69d000011118040002a64910020003100301153419a969c4a4c48969b4b4a4ea4131227c5dc914e1424031831a740";
const XZ: &str = "fd377a585a000004e6d6b446020021010c0000008f98419ce0004500155d00341949db855c63439d372935a66802a83a1f9d0000000000003bee4b110f3e353f000131463c5664791fb6f37d010000000004595a";
const LZMA: &str = "5d00000400ffffffffffffffff00341949db855c63439d372935a66802a83a294a8bfffffb734000";
const SEVEN: &str = "377abcaf271c0004c7524d7680000000000000001400000000000000c94352c1e0004a001a5d00331a4aac0c750ecccbdca022402da82548d61caa10b8941e000000e0005c00565d0000813307ae0fd02cf4bc9f3f474106fec8bc18b9cafd2b83d551550ec038138f613c9c37d8733bd6a8456aa3e0cfd6b740e8ee39fff5f90afa6febc552a9567a1998aaa2df80fdb553306c4bad2102283049c00000000017062201095e00070b010001212101180c5d0000";

fn soon() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

fn files(project: &Path) -> Files {
    let grant = Grant::Read { name: ".".to_owned(), path: project.to_owned() };
    let authority = Authority { grant, parameter: "it".to_owned(), origin: Origin::Config { line: 1 } };
    Files::new(project, &[authority])
}

/// These bytes as a file, opened.
fn opened(bytes: &[u8]) -> Content {
    let project = tempfile::tempdir().unwrap();
    fs::write(project.path().join("x"), bytes).unwrap();
    files(project.path()).open("x").unwrap()
}

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn format(content: &Content) -> String {
    content.format(soon()).unwrap()
}

fn all(content: &Content) -> Vec<u8> {
    content.read(0, MOST_READ, soon()).unwrap()
}

fn member(content: &Content, index: u32) -> Content {
    content.member(index, soon()).unwrap()
}

/// The members' names, and what is wrong with each.
fn listed(content: &Content) -> Vec<(String, Vec<String>)> {
    let one = |member: Attributes| match (member.get("name"), member.get("damage")) {
        (Some(Value::Text(name)), Some(Value::Texts(damage))) => (name.clone(), damage.clone()),
        other => panic!("{other:?}"),
    };
    content.members(soon()).unwrap().into_iter().map(one).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = write::GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut packed = write::ZlibEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut packed = write::DeflateEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// One member of a zip, with the lies that it is to tell.
#[derive(Clone, Default)]
struct Made {
    name: &'static str,
    bytes: Vec<u8>,
    deflated: bool,
    central_flags: u16,
    local_flags: u16,
    crc: (u32, u32),
    local_name: Option<&'static str>,
    not_in_directory: bool,
}

fn plain(name: &'static str, bytes: &[u8], deflated: bool) -> Made {
    Made { name, bytes: bytes.to_vec(), deflated, crc: (7, 7), ..Made::default() }
}

fn zip(members: &[Made]) -> Vec<u8> {
    let (mut out, mut directory, mut count) = (Vec::new(), Vec::new(), 0_u16);
    for made in members {
        let at = out.len() as u32;
        let packed = if made.deflated { deflate(&made.bytes) } else { made.bytes.clone() };
        let both = |crc: u32, flags: u16, name: &str| {
            let mut fixed = Vec::new();
            fixed.extend_from_slice(&20_u16.to_le_bytes());
            fixed.extend_from_slice(&flags.to_le_bytes());
            fixed.extend_from_slice(&if made.deflated { 8_u16 } else { 0 }.to_le_bytes());
            fixed.extend_from_slice(&[0; 4]);
            fixed.extend_from_slice(&crc.to_le_bytes());
            fixed.extend_from_slice(&(packed.len() as u32).to_le_bytes());
            fixed.extend_from_slice(&(made.bytes.len() as u32).to_le_bytes());
            fixed.extend_from_slice(&(name.len() as u16).to_le_bytes());
            fixed.extend_from_slice(&[0; 2]);
            fixed
        };
        let local_name = made.local_name.unwrap_or(made.name);
        out.extend_from_slice(b"PK\x03\x04");
        out.extend(both(made.crc.1, made.local_flags, local_name));
        out.extend_from_slice(local_name.as_bytes());
        out.extend_from_slice(&packed);
        if !made.not_in_directory {
            count += 1;
            directory.extend_from_slice(b"PK\x01\x02\x14\x00");
            directory.extend(both(made.crc.0, made.central_flags, made.name));
            directory.extend_from_slice(&[0; 10]);
            directory.extend_from_slice(&at.to_le_bytes());
            directory.extend_from_slice(made.name.as_bytes());
        }
    }
    let at = out.len() as u32;
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    out.extend_from_slice(&at.to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    out
}

/// A tar of these members: name, type and bytes.
fn tar(members: &[(&str, u8, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, kind, bytes) in members {
        let mut header = [0_u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
        header[156] = *kind;
        header[257..263].copy_from_slice(b"ustar\0");
        header[148..156].fill(b' ');
        let sum = header.iter().map(|&byte| u32::from(byte)).sum::<u32>();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        out.extend_from_slice(&header);
        out.extend_from_slice(bytes);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

#[test]
fn packed_files_have_one_member() {
    let zstd = ruzstd::encoding::compress_to_vec(TEXT, ruzstd::encoding::CompressionLevel::Fastest);
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3][..], &zstd, &zstd].concat();
    let cases = [
        ("gzip", gzip(TEXT), 1),
        ("gzip", [gzip(TEXT), gzip(TEXT)].concat(), 2),
        ("gzip", [gzip(TEXT), vec![0; 100]].concat(), 1),
        ("zlib", zlib(TEXT), 1),
        ("zstd", zstd, 1),
        ("zstd", skipped, 2),
        ("bzip2", from_hex(BZIP2), 1),
        ("xz", from_hex(XZ), 1),
        ("xz", from_hex(LZMA), 1),
    ];
    for (name, bytes, times) in cases {
        let content = opened(&bytes);
        assert_eq!(format(&content), name);
        assert_eq!(content.members(soon()).unwrap().len(), 1, "{name}");
        let inner = member(&content, 0);
        assert_eq!(all(&inner), TEXT.repeat(times), "{name}");
        assert_eq!(inner.size(soon()), Ok((TEXT.len() * times) as u64), "{name}");
        assert_eq!(inner.read(6, 7, soon()).unwrap(), b"archive", "{name}");
        assert_eq!(inner.read(1 << 40, 7, soon()).unwrap(), b"", "{name}");
        assert_eq!(format(&inner), "bytes", "{name}");
        assert!(matches!(content.member(1, soon()), Err(Error::NotFound(_))));
    }
}

#[test]
fn text_is_no_archive() {
    for bytes in [
        &b""[..],
        b"x",
        b"x^2 + y^2 is what it says",
        b"BZh9 is a name",
        b"x\x9c and more",
        b"PK",
        &[0; 2000],
    ] {
        let content = opened(bytes);
        assert_eq!(format(&content), "bytes", "{bytes:?}");
        assert!(content.members(soon()).unwrap().is_empty());
        assert_eq!((all(&content), content.size(soon())), (bytes.to_vec(), Ok(bytes.len() as u64)));
    }
}

#[test]
fn a_zip_is_read_wherever_it_begins() {
    let inner = zip(&[plain("a/b", TEXT, false), plain("../../c", TEXT, true), plain("d/", b"", false)]);
    for front in [&b""[..], b"#!/bin/sh\n", &vec![0x80; 70_000]] {
        let content = opened(&[front, &inner].concat());
        assert_eq!(format(&content), "zip");
        let names = listed(&content).into_iter().map(|(name, damage)| {
            assert_eq!(damage, Vec::<String>::new());
            name
        });
        assert_eq!(names.collect::<Vec<_>>(), ["a/b", "../../c", "d/"]);
        assert_eq!(all(&member(&content, 0)), TEXT);
        assert_eq!(all(&member(&content, 1)), TEXT);
        assert_eq!(all(&member(&content, 2)), b"");
    }
}

#[test]
fn what_is_wrong_with_a_zip_is_noted_and_its_members_are_read() {
    let lies = Made { crc: (1, 2), local_name: Some("else"), central_flags: 1, ..plain("lies", TEXT, true) };
    let hidden = Made { not_in_directory: true, ..plain("hidden", TEXT, true) };
    let missing = Made { crc: (0, 0), ..plain("lies", TEXT, false) };
    let content = opened(&zip(&[lies, hidden, missing]));
    let found = listed(&content);
    let damage = |at: usize, part: &str| {
        assert!(found[at].1.iter().any(|text| text.contains(part)), "{part}: {found:?}");
    };
    damage(0, "its name: 'lies' in the directory, 'else' beside the data");
    damage(0, "its flags: 0x0001");
    damage(0, "its CRC: 00000001");
    damage(0, "flags say that it is encrypted, and it is not");
    damage(1, "CRC is missing");
    damage(1, "another member has the same name");
    damage(2, "only a scan for headers finds it");
    assert_eq!(found[2].0, "hidden");
    for at in 0..3 {
        assert_eq!(all(&member(&content, at)), TEXT);
    }
}

#[test]
fn a_zip_without_its_end_is_scanned() {
    let whole = zip(&[plain("a", TEXT, true), plain("b", TEXT, false)]);
    let cut = &whole[..whole.len() - 23];
    let content = opened(cut);
    let found = listed(&content);
    assert!(found[0].1.iter().any(|text| text.contains("there is no directory")), "{found:?}");
    assert_eq!(found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(all(&member(&content, 1)), TEXT);
    // Cut within a member: what is there is given, and then it breaks.
    let content = opened(&whole[..40]);
    let inner = member(&content, 0);
    assert!(matches!(inner.size(soon()), Err(Error::Io(_))));
}

#[test]
fn a_stream_that_breaks_is_given_up_to_the_break() {
    let noise = (0..300_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect::<Vec<_>>();
    let packed = gzip(&noise);
    let mut broken = packed.clone();
    broken.truncate(packed.len() / 2);
    let inner = member(&opened(&broken), 0);
    let read = all(&inner);
    assert!(read.len() > 100_000 && noise.starts_with(&read), "{}", read.len());
    assert!(
        matches!(inner.read(read.len() as u64, 1, soon()), Err(Error::Io(text)) if text.contains("cannot unpack beyond"))
    );
    assert_eq!(inner.read(0, 5, soon()).unwrap(), &noise[..5]);
    // A payload, and then what is no deflate: loaders run what came before.
    let mut payload = deflate(&[TEXT, &vec![7; 50_000]].concat());
    payload.truncate(payload.len() - 4);
    payload.extend_from_slice(&[0xff; 64]);
    let mut made = zip(&[plain("a", &payload, false)]);
    for at in (0..made.len() - 4)
        .filter(|&at| matches!(&made[at..at + 4], b"PK\x03\x04" | b"PK\x01\x02"))
        .collect::<Vec<_>>()
    {
        let method = if made[at + 2] == 3 { at + 8 } else { at + 10 };
        made[method] = 8;
    }
    let read = all(&member(&opened(&made), 0));
    assert!(read.starts_with(TEXT), "{} bytes", read.len());
}

#[test]
fn tars_are_listed_with_long_names_and_as_far_as_they_go() {
    let long = "n".repeat(300);
    let record = format!("path={long}p\n");
    let pax = format!("{} {record}", record.len() + 4);
    let bytes = tar(&[
        ("a", b'0', TEXT),
        ("d/", b'5', b""),
        ("l", b'2', b""),
        ("././@LongLink", b'L', long.as_bytes()),
        ("x", b'0', b"1"),
        ("p", b'x', pax.as_bytes()),
        ("x", b'0', TEXT),
    ]);
    let content = opened(&bytes);
    assert_eq!(format(&content), "tar");
    let names = listed(&content).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names, ["a", "d/", "l", &long, &format!("{long}p")]);
    assert_eq!(all(&member(&content, 0)), TEXT);
    assert_eq!(all(&member(&content, 4)), TEXT);
    let packed = member(&opened(&gzip(&bytes)), 0);
    assert_eq!((format(&packed), listed(&packed).len()), ("tar".to_owned(), 5));
    assert_eq!(all(&member(&packed, 4)), TEXT);
    let cut = opened(&bytes[..600]);
    let found = listed(&cut);
    assert!(found[0].1[0].contains("the archive ends"), "{found:?}");
}

#[test]
fn members_of_7z_are_unpacked() {
    let content = opened(&from_hex(SEVEN));
    assert_eq!(format(&content), "7z");
    assert_eq!(listed(&content).into_iter().map(|(name, _)| name).collect::<Vec<_>>(), ["a", "d/b"]);
    assert_eq!((all(&member(&content, 0)), all(&member(&content, 1))), (b"first".to_vec(), TEXT.to_vec()));
}

#[test]
fn too_deep_is_a_limit() {
    let mut bytes = TEXT.to_vec();
    for _ in 0..9 {
        bytes = gzip(&bytes);
    }
    let mut content = opened(&bytes);
    for _ in 0..ARCHIVE_LEVELS {
        content = member(&content, 0);
    }
    assert!(matches!(content.member(0, soon()), Err(Error::Limit(_))));
}

#[test]
fn too_much_from_too_little_is_a_limit() {
    let bomb = zip(&[plain("zeros", &vec![0; 40 << 20], true)]);
    let content = opened(&bomb);
    let inner = member(&content, 0);
    assert_eq!(inner.read(0, 9, soon()).unwrap(), [0; 9]);
    assert!(matches!(inner.size(soon()), Err(Error::Limit(text)) if text.contains("1000 times")));
    assert!(
        matches!(inner.read((40 << 20) - 9, 9, soon()), Err(Error::Limit(_))),
        "however often it is tried"
    );
}

#[test]
fn the_deadline_counts_while_unpacking() {
    let content = opened(&gzip(&vec![0; 1 << 20]));
    let inner = member(&content, 0);
    assert!(matches!(inner.read(0, 9, Instant::now()), Err(Error::Timeout(_))));
    assert_eq!(inner.read(0, 9, soon()).unwrap(), [0; 9], "and is no damage");
}

#[test]
fn what_is_forgotten_is_unpacked_again() {
    let noise = (0..40_u32 << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 27) as u8).collect::<Vec<_>>();
    let packed = gzip(&noise);
    let budget = Arc::new(Budget::default());
    budget.keep(crate::domain::limits::UNPACKED_KEPT_BYTES).unwrap();
    let project = tempfile::tempdir().unwrap();
    fs::write(project.path().join("x"), packed).unwrap();
    let mut files = files(project.path());
    files.contents = Arc::clone(&budget);
    let inner = member(&files.open("x").unwrap(), 0);
    assert_eq!(inner.size(soon()), Ok(noise.len() as u64));
    for at in [30 << 20, 0, 39 << 20, 5 << 20] {
        assert_eq!(inner.read(at as u64, 100_000, soon()).unwrap(), &noise[at..at + 100_000]);
    }
    drop(inner);
    assert!(
        budget
            .keep(crate::domain::limits::UNPACKED_BYTES - crate::domain::limits::UNPACKED_KEPT_BYTES)
            .is_ok()
    );
}

/// Opens all that can be opened, and reads it.
fn go_through(content: &Content, deadline: Instant) {
    let _ = content.format(deadline);
    let _ = content.size(deadline);
    let _ = content.read(0, 70_000, deadline);
    let members = content.members(deadline).map_or(0, |members| members.len());
    for at in 0..members.min(20) {
        if let Ok(inner) = content.member(at as u32, deadline) {
            go_through(&inner, deadline);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_archive_makes_it_panic(
        which in 0..8_usize, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12), cut in any::<prop::sample::Index>(), cuts in any::<bool>()
    ) {
        let inner = tar(&[("a", b'0', TEXT), ("b", b'0', &gzip(TEXT))]);
        let mut bytes = match which {
            0 => zip(&[plain("a", TEXT, true), plain("b", &inner, true), plain("c", TEXT, false)]),
            1 => inner,
            2 => gzip(&inner),
            3 => from_hex(XZ),
            4 => from_hex(LZMA),
            5 => from_hex(BZIP2),
            6 => from_hex(SEVEN),
            _ => ruzstd::encoding::compress_to_vec(TEXT, ruzstd::encoding::CompressionLevel::Fastest),
        };
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        let start = Instant::now();
        go_through(&opened(&bytes), start + Duration::from_secs(5));
        prop_assert!(start.elapsed() < Duration::from_secs(4));
    }
}
