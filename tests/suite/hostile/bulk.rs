//! The bulk file functions, as a guest can abuse them: patterns made to take for ever, walks and digests without end, archives in
//! archives, handles by the thousand, FIFOs, links and renames that lead out. What the functions do with each is tested in detail where they
//! are; here, that the job ends as unknown with the reason named, or gets nothing.

use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::symlink,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use gonogo::domain::{Attributes, Grant, Outcome, limits::HANDLES};

use crate::{
    guest::{Guest, report},
    image::List,
    sandbox::Attempt,
};

/// Time enough for whatever is not about time.
const AMPLE: Duration = Duration::from_mins(1);

/// Ends the job with what the host refused, where the result at `$scratch` is an error: a guest that is honest so far.
const OR_SAY: &str = "(if (i32.load8_u (global.get $scratch)) (then
    (i32.store8 (global.get $answer) (i32.const 1))
    (i32.store8 offset=4 (global.get $answer) (i32.const 1))
    (i64.store offset=8 align=4 (global.get $answer) (i64.load offset=8 align=4 (global.get $scratch)))
    (return (global.get $answer))))";

/// Starts a search of the path for the patterns.
const SEARCH: &str = "(call $files.search (global.get $path) (global.get $path.length) (global.get $patterns)
    (global.get $patterns.length) (global.get $options) (global.get $options.length) (global.get $scratch))";

/// Starts a walk of the path.
const WALK: &str = "(call $files.walk (global.get $path) (global.get $path.length) (global.get $options)
    (global.get $options.length) (global.get $scratch))";

/// Opens the path.
const OPEN: &str = "(call $files.open (global.get $path) (global.get $path.length) (global.get $scratch))";

/// The digests of the paths.
const DIGESTS: &str = "(call $files.digests (global.get $paths) (global.get $paths.length) (i32.const 0)
    (global.get $scratch))";

/// The member 0 of the content at `$scratch`, in its place.
const MEMBER: &str = "(call $files.content.member (i32.load offset=4 (global.get $scratch)) (i32.const 0) (global.get $scratch))";

/// A guest with these functions and lists, which does this and says `fine`.
fn guest(path: &str, lists: [(&'static str, List); 3], body: &str) -> Guest {
    let guest = Guest::new()
        .import("files", "search", "(param i32 i32 i32 i32 i32 i32 i32)")
        .import("files", "walk", "(param i32 i32 i32 i32 i32)")
        .import("files", "open", "(param i32 i32 i32)")
        .import("files", "digests", "(param i32 i32 i32 i32)")
        .import("files", "[method]matches.next", "(param i32 i32)")
        .import("files", "[method]entries.next", "(param i32 i32)")
        .import("files", "[method]content.member", "(param i32 i32 i32)")
        .import("files", "[method]content.read", "(param i32 i64 i32 i32)")
        .text("path", path);
    let guest = lists.into_iter().fold(guest, |guest, (name, list)| guest.list(name, list));
    guest.run(&format!("{body} (global.get $answer)"))
}

fn attributes(values: impl IntoIterator<Item = (&'static str, gonogo::domain::Value)>) -> Attributes {
    let mut attributes = Attributes::new();
    values.into_iter().for_each(|(name, value)| attributes.set(name, value));
    attributes
}

fn lists(patterns: Vec<Attributes>, options: Attributes, paths: List) -> [(&'static str, List); 3] {
    [("patterns", List::Many(patterns)), ("options", List::Attributes(options)), ("paths", paths)]
}

fn nothing() -> [(&'static str, List); 3] {
    lists(vec![pattern("x")], Attributes::new(), List::Texts(Vec::new()))
}

fn pattern(expression: &str) -> Attributes {
    attributes([("id", "p".into()), ("pattern", expression.into())])
}

/// A job of it that may read `data` of a project.
fn attempt(project: &Path, guest: &Guest) -> Attempt {
    let grant = Grant::Read { name: "data".to_owned(), path: project.join("data") };
    Attempt::of(guest).project(project).granted([grant])
}

/// A project with `data/open`, and a secret beside it.
fn project() -> tempfile::TempDir {
    let project = tempfile::tempdir().unwrap();
    fs::create_dir(project.path().join("data")).unwrap();
    fs::create_dir(project.path().join("beside")).unwrap();
    fs::write(project.path().join("data/open"), "open to all").unwrap();
    fs::write(project.path().join("beside/open"), "SECRET").unwrap();
    project
}

/// The first matches of the search at `$scratch`, in its place.
const NEXT: &str =
    "(call $files.matches.next (i32.load offset=4 (global.get $scratch)) (global.get $scratch))";

/// The job of a search for these patterns.
fn searches(project: &Path, patterns: Vec<Attributes>, options: Attributes) -> Attempt {
    let body = format!("{SEARCH} {OR_SAY} {NEXT} {OR_SAY}");
    attempt(project, &guest("data", lists(patterns, options, List::Texts(Vec::new())), &body))
}

#[test]
fn patterns_that_are_too_large() {
    let project = project();
    fs::write(project.path().join("data/text"), "a".repeat(10_000)).unwrap();
    let alternation = (0..20_000).map(|at| format!("w{at}")).collect::<Vec<_>>().join("|");
    let deep = format!("{}a{}", "(".repeat(300), ")".repeat(300));
    for (expression, said) in [
        (&*alternation, "is longer than 65536 bytes"),
        ("((a{500}){500}){500}", "bytes when compiled: simplify it"),
        (r"(\pL{100}){100}", "bytes when compiled: simplify it"),
        (&deep, "is no regular expression"),
        ("(", "is no regular expression"),
    ] {
        let attempt = searches(project.path(), vec![pattern(expression)], Attributes::new());
        attempt.within(AMPLE).ends_unknown(&[said]);
    }
    // In what unmakes a match they count as well.
    let mut unmaking = pattern("a+");
    unmaking.set("exclude", vec!["((a{500}){500}){500}".to_owned()]);
    searches(project.path(), vec![unmaking], Attributes::new())
        .within(AMPLE)
        .ends_unknown(&["when compiled"]);
}

#[test]
fn too_many_patterns() {
    let project = project();
    let many = |count: usize| (0..count).map(|at| pattern(&format!("zz{at}"))).collect::<Vec<_>>();
    searches(project.path(), many(2_001), Attributes::new())
        .within(AMPLE)
        .ends_unknown(&["more than 2000 patterns"]);
    searches(project.path(), many(2_000), Attributes::new()).within(AMPLE).judges();
    // What a call hands over is bounded before anybody reads it.
    let long = (0..200).map(|_| pattern(&"x".repeat(60_000))).collect();
    searches(project.path(), long, Attributes::new())
        .within(AMPLE)
        .ends_unknown(&["hands over more than 8 MiB"]);
}

/// A text of 9 MB in lines of 100 KB that looks different at each place: an automaton has no end of states on it.
fn noise(project: &Path) {
    let letter = |at: u32| {
        if at.wrapping_mul(0x9E37_79B9).rotate_left(13).wrapping_mul(0x85EB_CA6B) >> 31 == 0 {
            'a'
        } else {
            'b'
        }
    };
    let line = (0..99_999).map(letter).chain(['\n']).collect::<String>();
    fs::write(project.join("data/text"), line.repeat(90)).unwrap();
}

#[test]
fn a_thousand_patterns_that_each_read_everything_end_at_the_deadline() {
    let project = project();
    noise(project.path());
    let patterns = (0..1_000).map(|at| pattern(&format!("[ab]{{1,40}}[0-9]{at}x"))).collect();
    searches(project.path(), patterns, Attributes::new())
        .ends_unknown(&["did not end within 300 ms", "files.search"]);
}

#[test]
fn one_pattern_that_tries_everything_at_each_byte_ends_at_the_deadline() {
    let project = project();
    noise(project.path());
    for expression in [r"(?:a{0,60}){0,60}z", r"(?:[ab]+[ac]+)+[ad]+z", r"[ab]*a[ab]{400}c"] {
        let across = attributes([("multi-line", true.into())]);
        for options in [Attributes::new(), across] {
            let outcome = searches(project.path(), vec![pattern(expression)], options).outcome();
            // A machine that is fast enough may find in time that there is no match.
            match outcome {
                Outcome::Unknown { reason, .. } => assert!(reason.contains("files.search"), "{reason}"),
                judged => assert_eq!(judged, Outcome::Judged(report("fine"))),
            }
        }
    }
}

#[test]
fn a_large_automaton_over_one_long_line_ends_soon_after_the_deadline() {
    let project = project();
    noise(project.path());
    let text = fs::read_to_string(project.path().join("data/text")).unwrap().replace('\n', "a");
    fs::write(project.path().join("data/text"), text).unwrap();
    for expression in [r"[ab]*a[ab]{3000}c", r"(?:[ab]*a[ab]{900}){3}c"] {
        searches(project.path(), vec![pattern(expression)], Attributes::new())
            .ends_unknown(&["did not end within 300 ms", "files.search"]);
    }
}

#[test]
fn keywords_that_are_met_everywhere_end_at_the_deadline() {
    let project = project();
    let line = format!("{}\n", "a".repeat(99_999));
    fs::write(project.path().join("data/text"), line.repeat(90)).unwrap();
    let mut many = pattern("zz");
    many.set("keywords", (1..1_400).map(|length| "a".repeat(length)).collect::<Vec<_>>());
    searches(project.path(), vec![many], Attributes::new())
        .ends_unknown(&["did not end within 300 ms", "files.search"]);
}

#[test]
fn walks_and_searches_outside_of_the_grant_are_denied() {
    let project = project();
    symlink("../beside", project.path().join("data/link")).unwrap();
    symlink("/", project.path().join("data/root")).unwrap();
    let absolute = project.path().join("beside").to_str().unwrap().to_owned();
    for path in ["..", "data/..", "beside", "data/link", "data/root/etc", "/", "/proc/self/root", &absolute] {
        for call in [SEARCH, WALK, OPEN] {
            // What it says then does not count.
            attempt(project.path(), &guest(path, nothing(), call)).ends_unknown(&["denied"]);
        }
        let paths = List::Texts(vec![format!("{path}/open")]);
        let asked = guest(path, lists(Vec::new(), Attributes::new(), paths), DIGESTS);
        attempt(project.path(), &asked).ends_unknown(&["denied"]);
    }
}

/// The guest dies where a search of `data` for the secret has a match.
fn looks_for_the_secret(rounds: usize) -> Guest {
    let body = format!(
        "(loop $again {SEARCH}
           (if (i32.eqz (i32.load8_u (global.get $scratch))) (then
             {NEXT}
             (if (i32.eqz (i32.load8_u (global.get $scratch))) (then
               (if (i32.load offset=8 (global.get $scratch)) (then (unreachable)))))))
           (local.set $at (i32.add (local.get $at) (i32.const 1)))
           (br_if $again (i32.lt_u (local.get $at) (i32.const {rounds}))))"
    );
    guest("data", lists(vec![pattern("SECRET")], Attributes::new(), List::Texts(Vec::new())), &body)
}

#[test]
fn links_that_leave_are_not_followed_by_a_search() {
    let project = project();
    let data = project.path().join("data");
    symlink("../beside", data.join("link")).unwrap();
    symlink("../beside/open", data.join("file")).unwrap();
    symlink("/proc/self/cwd", data.join("magic")).unwrap();
    assert_eq!(attempt(project.path(), &looks_for_the_secret(1)).judges(), report("fine"));
    // The guest does find what is there.
    fs::write(data.join("more"), "a SECRET").unwrap();
    attempt(project.path(), &looks_for_the_secret(1)).ends_unknown(&["broke off", "files.search.next"]);
}

#[test]
fn a_directory_that_is_swapped_for_a_link_during_a_search() {
    let project = project();
    let data = project.path().join("data");
    fs::create_dir(data.join("sub")).unwrap();
    fs::write(data.join("sub/open"), "open to all").unwrap();
    symlink("../beside", data.join("way-out")).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let swapping = {
        let (stop, data) = (Arc::clone(&stop), data.clone());
        thread::spawn(move || {
            let (sub, kept, out) = (data.join("sub"), data.join("kept"), data.join("way-out"));
            while !stop.load(Ordering::Relaxed) {
                fs::rename(&sub, &kept).unwrap();
                fs::rename(&out, &sub).unwrap();
                fs::rename(&sub, &out).unwrap();
                fs::rename(&kept, &sub).unwrap();
            }
        })
    };
    let outcome = attempt(project.path(), &looks_for_the_secret(900)).within(AMPLE).outcome();
    stop.store(true, Ordering::Relaxed);
    swapping.join().unwrap();
    // It met nothing, or a denial; never the secret.
    match outcome {
        Outcome::Judged(said) => assert_eq!(said, report("fine")),
        Outcome::Unknown { reason, .. } => assert!(reason.contains("denied"), "{reason}"),
        other @ Outcome::NotApplicable(_) => panic!("{other:?}"),
    }
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[test]
fn bombs_and_archives_in_archives() {
    let project = project();
    fs::write(project.path().join("data/bomb"), gzipped(&gzipped(&vec![0; 64 << 20]))).unwrap();
    let read = "(call $files.content.read (i32.load offset=4 (global.get $scratch)) (i64.const 67000000) (i32.const 100) (global.get $scratch))";
    let body = format!("{OPEN} {OR_SAY} {MEMBER} {OR_SAY} {MEMBER} {OR_SAY} {read} {OR_SAY}");
    attempt(project.path(), &guest("data/bomb", nothing(), &body))
        .within(AMPLE)
        .ends_unknown(&["this looks like an attack"]);
    let nested = (0..12).fold(b"core".to_vec(), |inner, _| gzipped(&inner));
    fs::write(project.path().join("data/nested"), nested).unwrap();
    let body = format!("{OPEN} {OR_SAY} {}", format!("{MEMBER} {OR_SAY}").repeat(12));
    attempt(project.path(), &guest("data/nested", nothing(), &body))
        .within(AMPLE)
        .ends_unknown(&["more than 8 archives within one another"]);
}

#[test]
fn lists_of_digests_without_an_end() {
    let project = project();
    let digests = |paths: List| {
        let asked = lists(Vec::new(), Attributes::new(), paths);
        attempt(project.path(), &guest("data", asked, &format!("{DIGESTS} {OR_SAY}")))
    };
    digests(List::Same("data/open".to_owned(), 10_001)).within(AMPLE).ends_unknown(&["10000 at most"]);
    // More than a call may hand over, out of little memory.
    digests(List::Same("data/".repeat(40), 200_000))
        .within(AMPLE)
        .ends_unknown(&["hands over more than 8 MiB"]);
    let sparse = File::create(project.path().join("data/sparse")).unwrap();
    sparse.set_len(1 << 40).unwrap();
    digests(List::Same("data/sparse".to_owned(), 10_000))
        .ends_unknown(&["did not end within 300 ms", "files.digests"]);
}

/// The calls, so many times.
fn times(number: usize, body: &str) -> String {
    format!(
        "(loop $again {body}
           (local.set $at (i32.add (local.get $at) (i32.const 1)))
           (br_if $again (i32.lt_u (local.get $at) (i32.const {number}))))"
    )
}

#[test]
fn walks_searches_and_contents_by_the_thousand() {
    let project = project();
    fs::write(project.path().join("data/packed"), gzipped(b"text")).unwrap();
    let dies = "(if (i32.load8_u (global.get $scratch)) (then (unreachable)))";
    for (path, call, name) in [("data", WALK, "files.walk"), ("data", SEARCH, "files.search")] {
        let body = times(HANDLES * 2, &format!("{call} {dies}"));
        attempt(project.path(), &guest(path, nothing(), &body)).within(AMPLE).ends_unknown(&[name]);
    }
    let member = "(call $files.content.member (local.get $at) (i32.const 0) (global.get $scratch))";
    let body = format!(
        "{OPEN} {dies} (local.set $at (i32.load offset=4 (global.get $scratch))) (loop $again {member} {dies} (br $again))"
    );
    attempt(project.path(), &guest("data/packed", nothing(), &body))
        .within(AMPLE)
        .ends_unknown(&["last host call: files.content.member"]);
}

#[test]
fn a_fifo_is_never_opened() {
    let project = project();
    let made = Command::new("mkfifo").arg(project.path().join("data/fifo")).status().unwrap();
    assert!(made.success());
    for call in [OPEN, SEARCH] {
        let body = format!("{call} {OR_SAY}");
        attempt(project.path(), &guest("data/fifo", nothing(), &body)).within(AMPLE).ends_unknown(&["fifo"]);
    }
    // Among others it is passed by, and its digest is an error of its own.
    let body = format!("{SEARCH} {OR_SAY} {NEXT} {OR_SAY}");
    attempt(project.path(), &guest("data", nothing(), &body)).within(AMPLE).judges();
    let paths = List::Texts(vec!["data/fifo".to_owned()]);
    let asked = lists(Vec::new(), Attributes::new(), paths);
    attempt(project.path(), &guest("data", asked, DIGESTS)).within(AMPLE).judges();
}
