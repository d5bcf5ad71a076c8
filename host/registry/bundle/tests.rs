//! Bundles as they are made, and archives that attack.

use std::{fs, io::Cursor};

use super::{archive::header, *};
use crate::registry::digest;

/// A component, as far as packing looks.
const COMPONENT_BYTES: &[u8] = b"\0asm\x0d\0\x01\0rest";

const WRITTEN: &str = r#"
name = "acme-checks"
version = "1.2.0"
summary = "What acme \"asks\" for"
plugins = [{ name = "acme", file = "plugins/acme.wasm" }]
profiles = [{ name = "site", file = "site.toml" }]
documentation = ["README.md"]
"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("plugins")).unwrap();
    fs::write(folder.path().join(MANIFEST), WRITTEN).unwrap();
    fs::write(folder.path().join("plugins/acme.wasm"), COMPONENT_BYTES).unwrap();
    fs::write(folder.path().join("site.toml"), "extends = \"training\"\n").unwrap();
    fs::write(folder.path().join("README.md"), "# Read me\n").unwrap();
    folder
}

fn packed() -> Vec<u8> {
    let mut bytes = Vec::new();
    pack(folder().path(), &mut bytes).unwrap();
    bytes
}

fn open(bytes: Vec<u8>) -> Result<Bundle<Cursor<Vec<u8>>>, Error> {
    Bundle::open(Cursor::new(bytes), "acme.bundle")
}

fn refused(bytes: Vec<u8>) -> String {
    open(bytes).unwrap_err().to_string()
}

#[test]
fn what_is_packed_comes_out_again_and_is_the_same_each_time() {
    let bytes = packed();
    assert_eq!(bytes, packed());
    let mut bundle = open(bytes.clone()).unwrap();
    assert_eq!((bundle.sha256.clone(), bundle.size), (digest(&bytes), bytes.len() as u64));
    assert_eq!(bundle.manifest.summary.as_deref(), Some("What acme \"asks\" for"));
    let files = bundle.manifest.members.iter().map(|member| member.file.clone()).collect::<Vec<_>>();
    assert_eq!(files, ["plugins/acme.wasm", "site.toml", "README.md"]);
    assert_eq!(bundle.plugin("any").unwrap(), COMPONENT_BYTES);
    let mut profile = Vec::new();
    bundle.member("site.toml", &mut profile).unwrap();
    assert_eq!(profile, b"extends = \"training\"\n");
    assert!(matches!(bundle.member("../secret", &mut profile), Err(Error::Absent { .. })));
    let again = Manifest::packed(Path::new("x"), &bundle.manifest.text()).unwrap();
    assert_eq!(again, bundle.manifest);
}

#[test]
fn other_programs_can_list_it() {
    let bytes = packed();
    let mut archive = tar::Archive::new(bytes.as_slice());
    let names = archive.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string());
    assert_eq!(names.collect::<Vec<_>>(), [MANIFEST, "plugins/acme.wasm", "site.toml", "README.md"]);
}

#[test]
fn signatures_come_after_the_end_and_change_no_digest() {
    let content = packed();
    let signatures = ["one", "two"].map(|armour| Signature::Ssh(armour.to_owned()));
    let bytes = [content.clone(), signatures_archive(&signatures)].concat();
    let bundle = open(bytes.clone()).unwrap();
    assert_eq!(
        (bundle.sha256.as_str(), bundle.signatures.as_slice()),
        (digest(&content).as_str(), &signatures[..])
    );
    assert!(refused([bytes.clone(), vec![0; 512]].concat()).contains("behind its signatures"));
    assert!(refused([bytes.clone(), b"x".to_vec()].concat()).contains("in the middle"));
    assert!(refused([content.clone(), vec![0; 1024]].concat()).contains("signatures/1.sig"));
    let many = vec![Signature::Ssh("x".to_owned()); SIGNATURES + 1];
    assert!(refused([content, signatures_archive(&many)].concat()).contains("more than"));
}

/// The packed bundle whose second header is another one.
fn with_header(change: impl Fn(&mut tar::Header)) -> String {
    let mut bytes = packed();
    let size = u64::from_str_radix(std::str::from_utf8(&bytes[124..135]).unwrap(), 8).unwrap();
    let at = BLOCK + (size as usize).next_multiple_of(BLOCK);
    let mut header = tar::Header::from_byte_slice(&bytes[at..at + BLOCK]).clone();
    change(&mut header);
    header.set_cksum();
    bytes[at..at + BLOCK].copy_from_slice(header.as_bytes());
    refused(bytes)
}

#[test]
fn hostile_headers_are_refused_and_named() {
    let named = |name: &'static [u8]| {
        with_header(move |header| {
            let field = &mut header.as_old_mut().name;
            field.fill(0);
            field[..name.len()].copy_from_slice(name);
        })
    };
    assert!(named(b"../../etc/cron.d/x").contains("found '../../etc/cron.d/x'"));
    assert!(named(b"/etc/passwd").contains("found '/etc/passwd'"));
    assert!(named(b"site.toml").contains("expected plugins/acme.wasm, found 'site.toml'"));
    for (kind, said) in [
        (tar::EntryType::Symlink, "a link"),
        (tar::EntryType::Link, "a link"),
        (tar::EntryType::Char, "a device"),
        (tar::EntryType::Block, "a device"),
        (tar::EntryType::Fifo, "a FIFO"),
        (tar::EntryType::Directory, "a directory"),
        (tar::EntryType::XHeader, "an extension"),
        (tar::EntryType::GNULongName, "an extension"),
        (tar::EntryType::GNUSparse, "an extension"),
    ] {
        let why = with_header(|header| header.set_entry_type(kind));
        assert!(why.contains(said), "{why}");
    }
    assert!(with_header(|header| header.set_size(1 << 33)).contains("with 12 bytes, found 8589934592"));
    for change in [
        |header: &mut tar::Header| header.set_mode(0o4755),
        |header: &mut tar::Header| header.set_uid(1000),
        |header: &mut tar::Header| header.set_mtime(1),
    ] {
        assert!(with_header(change).contains("an owner, a time or a mode"));
    }
}

#[test]
fn what_is_cut_appended_or_changed_is_refused() {
    let good = packed();
    for cut in [0, 100, 512, 1000, good.len() - 1024, good.len() - 1] {
        let why = refused(good[..cut].to_vec());
        assert!(why.contains("in the middle"), "{cut}: {why}");
    }
    let at = good.windows(COMPONENT_BYTES.len()).position(|window| window == COMPONENT_BYTES).unwrap();
    let mut changed = good.clone();
    changed[at + 9] ^= 1;
    let why = refused(changed);
    assert!(why.contains("plugins/acme.wasm") && why.contains("expected sha256"), "{why}");
    let mut hidden = good.clone();
    hidden[at + 100] = 1;
    assert!(refused(hidden).contains("hidden"));
    let mut more = good[..good.len() - 1024].to_vec();
    more.extend_from_slice(&header("extra.sh", 0));
    more.extend_from_slice(&[0; 1024]);
    assert!(refused(more).contains("'extra.sh' is in it"));
    assert!(refused(b"PK\x03\x04".repeat(300)).contains("begins with bundle.toml"));
}

/// A bundle with this manifest and nothing else.
fn with_manifest(text: &str) -> Vec<u8> {
    let mut bytes = header(MANIFEST, text.len() as u64).to_vec();
    bytes.extend_from_slice(text.as_bytes());
    bytes.resize(bytes.len().next_multiple_of(BLOCK) + 2 * BLOCK, 0);
    bytes
}

#[test]
fn hostile_manifests_are_refused_with_their_place() {
    let digest = "ab".repeat(32);
    let member = |file: &str| {
        with_manifest(&format!(
            "format = 1\nname = \"a\"\nversion = \"1.0.0\"\n[[documentation]]\nfile = \"{file}\"\nsha256 = \"{digest}\"\nsize = 0\n"
        ))
    };
    for (file, said) in [
        ("../x", "leads elsewhere"),
        ("a/../../x", "leads elsewhere"),
        ("./x", "leads elsewhere"),
        ("a//x", "leads elsewhere"),
        ("/etc/passwd", "absolute"),
        ("a\\\\..\\\\x", "write letters"),
        ("C:x", "write letters"),
        ("-rf", "write letters"),
        ("a\\u0000b", "write letters"),
        ("Bundle.TOML", "bundle's own"),
        ("signatures/1.sig", "bundle's own"),
    ] {
        let why = refused(member(file));
        assert!(why.contains(said) && why.contains("acme.bundle/bundle.toml:"), "{file}: {why}");
    }
    assert!(refused(member(&"x".repeat(101))).contains("longer than 100"));
    let twice =
        "format = 1\nname = \"a\"\nversion = \"1.0.0\"\ndocumentation = [\"README.md\", \"readme.md\"]";
    let why = Manifest::written(Path::new(MANIFEST), twice).unwrap_err()[0].to_string();
    assert!(why.contains("stands here twice") && why.contains("bundle.toml:4:31"), "{why}");
    let why = refused(with_manifest("format = 2\nname = \"a\"\nversion = \"one\"\nscripts = [\"x.sh\"]\n"));
    for said in ["format of this bundle is 2", "no version", "unknown key 'scripts'", "nothing in it"] {
        assert!(why.contains(said), "{why}");
    }
    let large = with_manifest(&format!(
        "format = 1\nname = \"a\"\nversion = \"1.0.0\"\n[[plugins]]\nname = \"a\"\nfile = \"a.wasm\"\nsha256 = \"{digest}\"\nsize = 100000000\n"
    ));
    assert!(refused(large).contains("more than the 67108864"));
    let mut endless = header(MANIFEST, u64::from(u32::MAX)).to_vec();
    endless.resize(1 << 20, b'#');
    assert!(refused(endless).contains("more than the"));
}

#[test]
fn folders_that_cannot_be_packed_say_why() {
    let refused = |change: &dyn Fn(&Path)| {
        let folder = folder();
        change(folder.path());
        let mut bytes = Vec::new();
        let error = pack(folder.path(), &mut bytes).unwrap_err();
        std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source())
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(": ")
    };
    assert!(refused(&|folder| fs::remove_file(folder.join("README.md")).unwrap()).contains("README.md"));
    assert!(refused(&|folder| fs::remove_file(folder.join(MANIFEST)).unwrap()).contains(MANIFEST));
    assert!(
        refused(&|folder| fs::write(folder.join("plugins/acme.wasm"), "#!/bin/sh").unwrap())
            .contains("component")
    );
    assert!(
        refused(&|folder| fs::write(folder.join("plugins/acme.wasm"), "").unwrap()).contains("component")
    );
    let linked = refused(&|folder| {
        fs::remove_file(folder.join("README.md")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.join("README.md")).unwrap();
    });
    assert!(linked.contains("README.md"), "{linked}");
    let large = refused(&|folder| {
        fs::File::options().write(true).open(folder.join("site.toml")).unwrap().set_len(5 << 20).unwrap();
    });
    assert!(large.contains("more than"), "{large}");
    let written = refused(&|folder| {
        fs::write(folder.join(MANIFEST), format!("{WRITTEN}format = 1\nplugin = []\n")).unwrap();
    });
    assert!(written.contains("did you mean 'plugins'"), "{written}");
}
