//! Locks as they are written, as people break them, and what is new about a plugin.

use std::path::Path;

use proptest::{collection, option, prelude::*, sample};

use super::*;

fn read(text: &str) -> Result<Lock, Vec<String>> {
    parse(Path::new("gonogo.lock"), text).map_err(|problems| {
        let show = |problem: crate::domain::Problem| {
            let place = problem.place.unwrap();
            format!("{}:{} {}", place.line, place.column, problem.message)
        };
        problems.into_iter().map(show).collect()
    })
}

fn command(words: &[&str]) -> Ability {
    let words = words.iter().map(|&word| word.to_owned()).collect();
    Ability::Command { check: "status".to_owned(), words }
}

fn default(grant: &str, value: &[&str]) -> Ability {
    Ability::Default {
        check: "status".to_owned(),
        parameter: "tables[].scratch".to_owned(),
        grant: grant.to_owned(),
        value: value.iter().map(|&word| word.to_owned()).collect(),
    }
}

fn entry() -> Entry {
    Entry {
        source: "oci://registry.example/acme/checks:1.2".parse().unwrap(),
        version: "1.2.0".to_owned(),
        manifest: Some(format!("sha256:{}", "a".repeat(64))),
        sha256: "b".repeat(64),
        signer: Some(Signer { principal: "ann@acme.example".to_owned(), fingerprint: "SHA256:x".to_owned() }),
        contract: "0.1.0".to_owned(),
        abilities: [
            Ability::Interface("gonogo:plugin/files@0.1.0".to_owned()),
            Ability::Wasi,
            command(&["git", "log", "{range}"]),
            default("write", &["/var/tmp"]),
        ]
        .into(),
        line: 0,
    }
}

fn lock() -> Lock {
    Lock { plugins: [("acme".to_owned(), entry())].into() }
}

/// Where an entry stands is no part of what it says.
fn without_lines(mut lock: Lock) -> Lock {
    lock.plugins.values_mut().for_each(|entry| entry.line = 0);
    lock
}

const WRITTEN: &str = r#"# Which plugins this project runs, byte for byte, and what a person consented that each of them can do.
# Written by `gonogo plugin add`, `update` and `remove`. Keep it under version control, beside gonogo.toml.
version = 1

[plugins.acme]
source = "oci://registry.example/acme/checks:1.2"
version = "1.2.0"
manifest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
sha256 = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
signer = { principal = "ann@acme.example", fingerprint = "SHA256:x" }
contract = "0.1.0"
wasi = true
imports = [
    "gonogo:plugin/files@0.1.0",
]
commands = [
    { check = "status", words = ["git", "log", "{range}"] },
]
defaults = [
    { check = "status", parameter = "tables[].scratch", grant = "write", value = ["/var/tmp"] },
]
"#;

#[test]
fn a_lock_is_written_for_people_and_read_back() {
    assert_eq!(lock().text(), WRITTEN);
    let read = read(WRITTEN).unwrap();
    assert_eq!(read.plugins["acme"].line, 5);
    assert_eq!(without_lines(read), lock());
    let nothing = Lock::default();
    assert_eq!(parse(Path::new("x"), &nothing.text()).unwrap(), nothing);
}

#[test]
fn every_problem_has_its_line_and_its_key() {
    let broken = WRITTEN
        .replace("version = 1\n", "version = 2\n")
        .replace("source = \"oci:", "source = \"ftp:")
        .replace("sha256 = \"bbb", "sha256 = \"BBB")
        .replace("wasi = true\n", "")
        .replace("contract = \"0.1.0\"", "contract = \"new\"")
        .replace(", fingerprint = \"SHA256:x\"", "")
        .replace("grant = \"write\"", "grant = \"all\"")
        .replace("words = [\"git\",", "words = [3,")
        .replace("    \"gonogo:plugin/files@0.1.0\",", "    \"wasi:cli/environment@0.2.0\",")
        + "extra = 1\n[plugins.Bad]\n";
    let found = read(&broken).unwrap_err();
    for expected in [
        "3:11 'version' is 2, and this gonogo reads version 1 alone",
        "5:10 the key 'wasi' is missing",
        "6:10 'ftp://registry.example/acme/checks:1.2' is no plugin source",
        "9:10 'sha256' must be 64 hexadecimal digits in lower case",
        "10:10 the key 'fingerprint' is missing",
        "11:12 'contract' must be a version, such as 0.1.0",
        "13:5 'imports' must be the name of an interface",
        "16:34 'words' must be a text, not an integer",
        "19:65 'grant' must be one of read, ",
        "21:1 unknown key 'extra'",
        "22:10 'Bad' is no plugin name",
    ] {
        assert!(found.iter().any(|problem| problem.starts_with(expected)), "{expected}\n{found:#?}");
    }
    assert!(read("").unwrap_err()[0].contains("'version' is missing"));
    assert!(read("version = 1\nplugins = 3").unwrap_err()[0].contains("'plugins' must be a table"));
}

#[test]
fn consent_is_to_these_bytes_from_this_place_with_these_abilities() {
    let (entry, consent) = (entry(), entry().consent("acme"));
    assert!(consent.starts_with("sha256:") && consent.len() == 71, "{consent}");
    assert_eq!(Entry { line: 9, ..entry.clone() }.consent("acme"), consent);
    let others = [
        Entry { sha256: "c".repeat(64), ..entry.clone() },
        Entry { source: "path:a".parse().unwrap(), ..entry.clone() },
        Entry { signer: None, ..entry.clone() },
        Entry { manifest: None, ..entry.clone() },
        Entry { version: "1.2.1".to_owned(), ..entry.clone() },
        Entry { abilities: Abilities::new(), ..entry.clone() },
    ];
    for other in &others {
        assert_ne!(other.consent("acme"), consent, "{other:?}");
    }
    assert_ne!(entry.consent("other"), consent);
}

#[test]
fn only_what_is_new_needs_consent() {
    let locked = entry();
    let change = |change: &dyn Fn(&mut Entry)| {
        let mut found = locked.clone();
        change(&mut found);
        Difference::between(&locked, &found)
    };
    let quiet: [&dyn Fn(&mut Entry); 5] = [
        &|_| {},
        &|found| found.sha256 = "c".repeat(64),
        &|found| found.version = "1.10.0".to_owned(),
        &|found| found.abilities = Abilities::new(),
        &|found| found.source = "oci://registry.example/acme/checks:1.3".parse().unwrap(),
    ];
    for (at, quiet) in quiet.iter().enumerate() {
        assert!(!change(quiet).needs_consent(), "{at}");
    }
    let asking: [&dyn Fn(&mut Entry); 9] = [
        &|found| found.abilities = [command(&["git", "log", "{range} "])].into(),
        &|found| found.abilities = [default("reveal", &["/var/tmp"])].into(),
        &|found| found.abilities = [Ability::Interface("gonogo:plugin/files@0.2.0".to_owned())].into(),
        &|found| found.signer = None,
        &|found| {
            found.signer =
                Some(Signer { principal: "ann@acme.example".into(), fingerprint: "SHA256:y".into() });
        },
        &|found| found.version = "1.2.0-rc.1".to_owned(),
        &|found| found.version = "newest".to_owned(),
        &|found| found.source = "oci://registry.example/acme/check:1.2".parse().unwrap(),
        &|found| found.source = "path:checks.wasm".parse().unwrap(),
    ];
    for (at, asking) in asking.iter().enumerate() {
        assert!(change(asking).needs_consent(), "{at}");
    }
    let unsigned = Entry { signer: None, ..entry() };
    assert!(!Difference::between(&unsigned, &entry()).needs_consent(), "a signature where there was none");
}

#[test]
fn abilities_are_shown_word_for_word_on_one_line() {
    let show = |ability: Ability| ability.to_string();
    assert_eq!(show(command(&["sh", "-c", "{script}"])), "run sh -c {script}   [status]");
    assert_eq!(show(command(&["sh", "-c", "rm -rf {a} $b"])), "run sh -c 'rm -rf {a} $b'   [status]");
    assert_eq!(show(default("read", &["/etc/a b"])), "read /etc/a b by default   [status: tables[].scratch]");
    assert_eq!(
        show(default("command", &["cat", "a b"])),
        "run cat 'a b' by default   [status: tables[].scratch]"
    );
    assert_eq!(
        show(Ability::Interface("gonogo:plugin/clock@0.1.0".to_owned())),
        "call clock@0.1.0: the time"
    );
    let long = "x".repeat(5_000);
    let shown = show(command(&["echo", &long, "a\nb\u{1b}[2J"]));
    assert!(shown.contains(&long) && !shown.contains(['\n', '\u{1b}']), "{shown}");
}

fn words() -> impl Strategy<Value = Vec<String>> {
    collection::vec("(?s).{0,6}|[a-z{}\"\\\\' \u{7f}\u{202e}]{0,6}", 0..4)
}

fn ability() -> impl Strategy<Value = Ability> {
    let name = "[a-z][a-z0-9-]{0,3}";
    prop_oneof![
        "gonogo:plugin/[a-z]{1,3}@0\\.[0-9]\\.0".prop_map(Ability::Interface),
        Just(Ability::Wasi),
        (name, words()).prop_map(|(check, words)| Ability::Command { check, words }),
        (name, "(?s).{0,6}", sample::select(GRANTS), words()).prop_map(|(check, parameter, grant, value)| {
            Ability::Default { check, parameter, grant: grant.to_owned(), value }
        }),
    ]
}

fn entries() -> impl Strategy<Value = Entry> {
    let source = prop_oneof![
        "[!-~][ -~é]{0,8}".prop_map(|path| format!("path:{path}")),
        "[a-f0-9]{64}".prop_map(|digest| format!("https://a.example/b?c#sha256={digest}")),
        Just("oci://[::1]:5055/a/b:1".to_owned()),
    ];
    let signer = ("[!-~é][ -~]{0,8}", "[!-~]{1,8}")
        .prop_map(|(principal, fingerprint)| Signer { principal, fingerprint });
    let digest = "[a-f0-9]{64}";
    let able = collection::btree_set(ability(), 0..6);
    (source, "(?s).{0,8}", option::of(digest), digest, option::of(signer), able).prop_map(
        |(source, version, manifest, sha256, signer, abilities)| Entry {
            source: source.parse().unwrap(),
            version,
            manifest: manifest.map(|digest| format!("sha256:{digest}")),
            sha256,
            signer,
            contract: "0.1.0".to_owned(),
            abilities,
            line: 0,
        },
    )
}

proptest! {
    #[test]
    fn a_lock_survives_being_written(plugins in collection::btree_map("[a-z0-9][a-z0-9-]{0,4}", entries(), 0..4)) {
        let lock = Lock { plugins };
        let text = lock.text();
        let read = read(&text).unwrap();
        prop_assert_eq!(read.text(), text);
        prop_assert_eq!(without_lines(read), lock);
    }

    #[test]
    fn nothing_is_new_exactly_where_all_was_consented_to(
        able in collection::btree_set(ability(), 0..8), kept in collection::vec(any::<bool>(), 8), others in collection::btree_set(ability(), 0..4)
    ) {
        let mut consented = able.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(it, _)| it.clone()).collect::<Abilities>();
        consented.extend(others);
        let (locked, found) = (Entry { abilities: consented.clone(), ..entry() }, Entry { abilities: able.clone(), ..entry() });
        let difference = Difference::between(&locked, &found);
        prop_assert_eq!(difference.more.is_empty(), able.is_subset(&consented));
        prop_assert_eq!(difference.needs_consent(), !able.is_subset(&consented));
        prop_assert!(difference.more.iter().all(|it| able.contains(it) && !consented.contains(it)));
        prop_assert!(difference.fewer.iter().all(|it| consented.contains(it) && !able.contains(it)));
    }

    #[test]
    fn no_mutation_of_a_lock_makes_it_panic(
        cuts in collection::vec((0..WRITTEN.len(), 0..40_usize, "[\\[\\]{}=\"'.,#a0\\n\\x00é-]{0,6}"), 1..5)
    ) {
        let mut text = WRITTEN.to_owned();
        for (at, length, insert) in cuts {
            let at = text.floor_char_boundary(at.min(text.len()));
            let end = text.floor_char_boundary((at + length).min(text.len()));
            text.replace_range(at..end, &insert);
        }
        if let Err(problems) = parse(Path::new("gonogo.lock"), &text) {
            prop_assert!(!problems.is_empty());
        }
    }
}
