//! Real files, and everything that has ever led out of a directory.

use std::{
    fs::{self, File},
    os::{
        fd::AsFd,
        unix::{
            ffi::OsStrExt,
            fs::{FileExt, symlink},
            net::UnixListener,
        },
    },
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::{place::Refusal, *};
use crate::domain::{Grant, Origin, Value};

/// `project/data` is granted for reading; `secret` lies beside the project.
struct Scratch {
    root: tempfile::TempDir,
}

/// What no test may read through `data`.
const SECRET: &[u8] = b"secret";

impl Scratch {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("project/data/sub")).unwrap();
        fs::write(root.path().join("project/data/a.txt"), "one\ntwo\r\nthree").unwrap();
        fs::write(root.path().join("project/data/sub/b"), "b").unwrap();
        fs::create_dir(root.path().join("outside")).unwrap();
        fs::write(root.path().join("outside/secret"), SECRET).unwrap();
        Self { root }
    }

    fn project(&self) -> PathBuf {
        self.root.path().join("project")
    }

    fn data(&self) -> PathBuf {
        self.project().join("data")
    }

    fn outside(&self) -> PathBuf {
        self.root.path().join("outside")
    }

    /// Files with `data` granted.
    fn files(&self) -> Files {
        self.granted(&[("data", self.data())])
    }

    fn granted(&self, roots: &[(&str, PathBuf)]) -> Files {
        let read =
            |(name, path): &(&str, PathBuf)| Grant::Read { name: (*name).to_owned(), path: path.clone() };
        self.with(roots.iter().map(read))
    }

    fn with(&self, grants: impl IntoIterator<Item = Grant>) -> Files {
        let authority =
            |grant| Authority { grant, parameter: "root".to_owned(), origin: Origin::Config { line: 1 } };
        Files::new(&self.project(), &grants.into_iter().map(authority).collect::<Vec<_>>())
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

fn is_denied<T: std::fmt::Debug>(result: Result<T, Error>) {
    assert!(matches!(result, Err(Error::Denied(_))), "{result:?}");
}

fn text<'a>(attributes: &'a Attributes, name: &str) -> &'a str {
    match attributes.get(name) {
        Some(Value::Text(text)) => text,
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn what_is_granted_is_reached_by_name_and_by_absolute_path() {
    let scratch = Scratch::new();
    let files = scratch.files();
    let absolute = scratch.data().join("sub/b");
    for path in ["data/sub/b", "./data//sub/./b", absolute.to_str().unwrap()] {
        assert_eq!(files.read(path, 0, 10).unwrap(), b"b", "{path}");
    }
    assert_eq!(files.read("data/a.txt", 4, 3).unwrap(), b"two");
    assert_eq!(files.read("data/a.txt", 9, 100).unwrap(), b"three");
    assert_eq!(files.read("data/a.txt", 1 << 40, 100).unwrap(), b"");
    assert!(matches!(files.read("data/a.txt", 0, MOST_READ + 1), Err(Error::Limit(_))));
    assert!(matches!(files.read("data/missing", 0, 1), Err(Error::NotFound(_))));
    assert!(matches!(files.read("data/a.txt/b", 0, 1), Err(Error::NotFound(_))));
    assert!(matches!(files.read("data/sub", 0, 1), Err(Error::Io(_))));
}

#[test]
fn paths_that_lead_out_by_their_words_are_denied() {
    let scratch = Scratch::new();
    let files = scratch.files();
    let absolute = scratch.outside().join("secret");
    let beside = format!("{}x", scratch.data().display());
    for path in [
        "data/../../outside/secret",
        "data/sub/../a.txt",
        "../outside/secret",
        absolute.to_str().unwrap(),
        "/etc/passwd",
        "",
        "data/a.txt\0",
        "datax",
        &beside,
        "DATA/a.txt",
        ".",
        "/",
    ] {
        is_denied(files.read(path, 0, 10));
        is_denied(files.stat(path, false));
        is_denied(files.list(path));
        is_denied(files.space(path));
        is_denied(files.probe(path, 0, soon()));
        is_denied(files.digest(path, Algorithm::Sha256, soon()));
        is_denied(files.find(path, "", soon()));
    }
    let message = files.read("/etc/passwd", 0, 1).unwrap_err().to_string();
    assert!(message.contains("/etc/passwd") && message.contains("(data)"), "{message}");
    is_denied(scratch.with([]).read("data/a.txt", 0, 1));
}

#[test]
fn a_grant_may_name_its_place_in_any_way() {
    let scratch = Scratch::new();
    let outside = scratch.granted(&[("../outside", scratch.outside())]);
    assert_eq!(outside.read("../outside/secret", 0, 9).unwrap(), SECRET);
    is_denied(outside.read("../project/data/a.txt", 0, 9));
    is_denied(outside.read("../outside/../project/data/a.txt", 0, 9));
    let project = scratch.granted(&[(".", scratch.project())]);
    assert_eq!(project.read("data/sub/b", 0, 9).unwrap(), b"b");
    assert_eq!(text(&project.stat(".", true).unwrap(), "kind"), "directory");
    is_denied(project.read("/etc/passwd", 0, 9));
    let file = scratch.granted(&[("data/a.txt", scratch.data().join("a.txt"))]);
    assert_eq!(file.read("data/a.txt", 0, 3).unwrap(), b"one");
    is_denied(file.read("data/sub/b", 0, 3));
    is_denied(file.list("data"));
    symlink(scratch.outside(), scratch.project().join("linked")).unwrap();
    let linked = scratch.granted(&[("linked", scratch.project().join("linked"))]);
    assert_eq!(
        linked.read("linked/secret", 0, 9).unwrap(),
        SECRET,
        "a link that the user names is the user's word"
    );
    assert_eq!(text(&linked.stat("linked", false).unwrap(), "kind"), "link");
    let nested = scratch.granted(&[(".", scratch.project()), ("linked", scratch.project().join("linked"))]);
    assert_eq!(nested.read("linked/secret", 0, 9).unwrap(), SECRET, "the most specific grant decides");
}

#[test]
fn links_are_followed_inside_and_never_out() {
    let scratch = Scratch::new();
    let (data, files) = (scratch.data(), scratch.files());
    symlink("sub/b", data.join("one")).unwrap();
    symlink("sub/../one", data.join("two")).unwrap();
    symlink("sub", data.join("directory")).unwrap();
    assert_eq!(files.read("data/two", 0, 9).unwrap(), b"b");
    assert_eq!(files.read("data/directory/b", 0, 9).unwrap(), b"b");
    let secret = scratch.outside().join("secret");
    symlink(&secret, data.join("absolute")).unwrap();
    symlink("../../outside/secret", data.join("relative")).unwrap();
    symlink("relative", data.join("chain")).unwrap();
    symlink("../../outside", data.join("out")).unwrap();
    symlink("..", data.join("up")).unwrap();
    symlink("/proc/self/root", data.join("magic")).unwrap();
    symlink("circle", data.join("circle")).unwrap();
    for path in [
        "absolute",
        "relative",
        "chain",
        "out/secret",
        "out/",
        "up/data/a.txt",
        "up",
        "magic/etc/passwd",
        "circle",
    ] {
        let path = format!("data/{path}");
        is_denied(files.read(&path, 0, 10));
        is_denied(files.list(&path));
        is_denied(files.stat(&path, true));
        is_denied(files.digest(&path, Algorithm::Blake3, soon()));
    }
    let message = files.read("data/chain", 0, 1).unwrap_err().to_string();
    assert!(message.contains("data/chain is a link that leads out of data"), "{message}");
    for path in ["data/out", "data/out/", "data/out/."] {
        let link = files.stat(path, false).unwrap();
        assert_eq!((text(&link, "kind"), text(&link, "target")), ("link", "../../outside"), "{path}");
    }
    fs::hard_link(&secret, data.join("hard")).unwrap();
    assert_eq!(files.read("data/hard", 0, 9).unwrap(), SECRET, "a hard link is a file inside");
}

#[test]
fn links_of_proc_lead_nowhere() {
    let scratch = Scratch::new();
    let proc = scratch.granted(&[("/proc", "/proc".into())]);
    let open = File::open(scratch.outside().join("secret")).unwrap();
    let descriptor = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&open));
    for path in ["/proc/self/root/etc/passwd", "/proc/self/cwd/Cargo.toml", "/proc/self/exe", &descriptor] {
        is_denied(proc.read(path, 0, 10));
        is_denied(proc.stat(path, true));
    }
    assert_eq!(text(&proc.stat(&descriptor, false).unwrap(), "kind"), "link");
    let meminfo = proc.read("/proc/meminfo", 0, MOST_READ).unwrap();
    assert!(meminfo.starts_with(b"MemTotal"), "a file without a size is read to its end");
    assert!(proc.find("/proc/meminfo", "^MemFree", soon()).unwrap() > Some(1));
    assert_eq!(proc.digest("/proc/version", Algorithm::Sha256, soon()).unwrap().len(), 64);
}

#[test]
fn what_is_no_file_is_never_opened() {
    let scratch = Scratch::new();
    let data = scratch.data();
    mknodat(CWD, data.join("fifo"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let _listener = UnixListener::bind(data.join("socket")).unwrap();
    let devices = [("/dev/zero", PathBuf::from("/dev/zero")), ("/dev/tty", "/dev/tty".into())];
    let files = scratch.granted(&[&devices[..], &[("data", data)]].concat());
    // A writer that waits for a reader shows whether the FIFO was opened.
    let fifo = scratch.data().join("fifo");
    let opened = Arc::new(AtomicBool::new(false));
    let writer = thread::spawn({
        let (fifo, opened) = (fifo.clone(), opened.clone());
        move || {
            drop(File::options().write(true).open(fifo));
            opened.store(true, Ordering::SeqCst);
        }
    });
    for path in ["data/fifo", "data/socket", "/dev/zero", "/dev/tty"] {
        let results = [
            files.read(path, 0, 10).map(drop),
            files.find(path, "x", soon()).map(drop),
            files.digest(path, Algorithm::Sha256, soon()).map(drop),
        ];
        for result in results {
            assert!(matches!(result, Err(Error::Unsupported(_))), "{path}: {result:?}");
        }
        assert!(files.list(path).is_err());
        assert!(files.stat(path, true).is_ok());
    }
    thread::sleep(Duration::from_millis(50));
    assert!(!opened.load(Ordering::SeqCst), "nobody has opened the FIFO");
    drop(File::open(fifo));
    writer.join().unwrap();
    assert_eq!(text(&files.stat("data/fifo", false).unwrap(), "kind"), "fifo");
    assert_eq!(text(&files.stat("data/socket", false).unwrap(), "kind"), "socket");
    assert_eq!(text(&files.stat("/dev/zero", false).unwrap(), "kind"), "character-device");
}

#[test]
fn a_swapped_path_never_gives_what_lies_outside() {
    let scratch = Scratch::new();
    let (data, files) = (scratch.data(), scratch.files());
    fs::create_dir(data.join("real")).unwrap();
    fs::write(data.join("real/secret"), "inside").unwrap();
    symlink("../../outside", data.join("link")).unwrap();
    let done = AtomicBool::new(false);
    let (mut inside, mut refused) = (0, 0);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for name in ["real", "link"] {
                    fs::rename(data.join(name), data.join("path")).unwrap();
                    fs::rename(data.join("path"), data.join(name)).unwrap();
                }
            }
        });
        for _ in 0..20_000 {
            match files.read("data/path/secret", 0, 100) {
                Ok(bytes) if bytes == b"inside" => inside += 1,
                Ok(bytes) => panic!("read {bytes:?}"),
                Err(Error::Denied(_)) => refused += 1,
                Err(Error::NotFound(_) | Error::Io(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(inside > 0 && refused > 0, "the race was run: {inside} inside, {refused} refused");
}

#[test]
fn without_openat2_no_link_is_followed() {
    let scratch = Scratch::new();
    symlink("sub", scratch.data().join("link")).unwrap();
    let root = File::open(scratch.data()).unwrap();
    let open = |path: &str, follow| place::step_by_step(root.as_fd(), Path::new(path), follow);
    assert!(open("sub/b", true).is_ok());
    assert!(open("link", false).is_ok());
    assert!(matches!(open("link", true), Err(Refusal::NoSafeLinks)));
    assert!(matches!(open("link/b", false), Err(Refusal::NoSafeLinks | Refusal::Errno(_))));
    assert!(matches!(open("none", true), Err(Refusal::Errno(_))));
}

#[test]
fn attributes_say_what_a_file_is() {
    let scratch = Scratch::new();
    let files = scratch.files();
    let attributes = files.stat("data/a.txt", true).unwrap();
    assert_eq!(text(&attributes, "kind"), "file");
    assert_eq!(attributes.get("size"), Some(&Value::Integer(14)));
    assert_eq!(attributes.get("links"), Some(&Value::Integer(1)));
    assert_eq!(attributes.get("readable"), Some(&Value::Boolean(true)));
    assert_eq!(attributes.get("executable"), Some(&Value::Boolean(false)));
    let Some(Value::Integer(modified)) = attributes.get("modified") else { panic!("{attributes:?}") };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(u64::try_from(*modified).unwrap().abs_diff(now) < 600);
    let root = scratch.granted(&[("/", "/".into())]).stat("/etc/passwd", true).unwrap();
    assert_eq!((text(&root, "owner-name"), text(&root, "group-name")), ("root", "root"));
    assert_eq!(root.get("mode"), Some(&Value::Integer(0o644)));
}

#[test]
fn a_directory_is_listed_sorted_with_kinds_up_to_a_limit() {
    let scratch = Scratch::new();
    let files = scratch.files();
    symlink("/", scratch.data().join("link")).unwrap();
    mknodat(CWD, scratch.data().join("fifo"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    let expected =
        [("a.txt", Kind::File), ("fifo", Kind::Other), ("link", Kind::Link), ("sub", Kind::Directory)];
    assert_eq!(files.list("data").unwrap(), expected.map(|(name, kind)| (name.to_owned(), kind)));
    assert!(matches!(files.list("data/a.txt"), Err(Error::Io(_))));
    let held = files.locate("data", Access::Read).unwrap().open(true).unwrap();
    assert!(matches!(directory::list(&held, 3), Err(Error::Limit(_))));
    assert_eq!(directory::list(&held, 4).unwrap().len(), 4);
    fs::write(scratch.data().join(std::ffi::OsStr::from_bytes(b"\xff")), "").unwrap();
    assert!(matches!(files.list("data"), Err(Error::Io(text)) if text.contains("not UTF-8")));
}

#[test]
fn the_first_matching_line_is_found() {
    let scratch = Scratch::new();
    let files = scratch.files();
    assert_eq!(files.find("data/a.txt", "^two$", soon()), Ok(Some(2)), "an end of line is no part of it");
    assert_eq!(files.find("data/a.txt", "three", soon()), Ok(Some(3)));
    assert_eq!(files.find("data/a.txt", "one\ntwo", soon()), Ok(None));
    fs::write(scratch.data().join("longest"), [&vec![b'x'; 1 << 20][..], b"\r\nend"].concat()).unwrap();
    assert_eq!(files.find("data/longest", "end", soon()), Ok(Some(2)));
    fs::write(scratch.data().join("longer"), vec![b'x'; (1 << 20) + 1]).unwrap();
    assert!(matches!(files.find("data/longer", "end", soon()), Err(Error::Limit(_))));
    assert!(matches!(files.find("data/a.txt", "one", Instant::now()), Err(Error::Timeout(_))));
}

#[test]
fn digests_are_the_known_ones() {
    let scratch = Scratch::new();
    let files = scratch.files();
    fs::write(scratch.data().join("abc"), "abc").unwrap();
    let sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let blake = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85";
    assert_eq!(files.digest("data/abc", Algorithm::Sha256, soon()).unwrap(), sha);
    assert_eq!(files.digest("data/abc", Algorithm::Blake3, soon()).unwrap(), blake);
}

#[test]
fn endless_files_end() {
    let scratch = Scratch::new();
    let files = scratch.files();
    // What a scratch filesystem takes as sparse; a terabyte where it can.
    let sparse = File::create(scratch.data().join("sparse")).unwrap();
    sparse.set_len(1 << 40).or_else(|_| sparse.set_len(1 << 34)).unwrap();
    let start = Instant::now();
    let deadline = start + Duration::from_millis(100);
    assert!(matches!(files.digest("data/sparse", Algorithm::Sha256, deadline), Err(Error::Timeout(_))));
    assert!(
        matches!(files.find("data/sparse", "x", soon()), Err(Error::Limit(_))),
        "one line without an end"
    );
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_eq!(files.read("data/sparse", 1 << 33, 4).unwrap(), [0; 4]);
}

/// Each change is made between two blocks of the read itself, so that it is never before or after it.
#[test]
fn a_file_that_changes_while_it_is_digested_has_no_digest() {
    let scratch = Scratch::new();
    let files = scratch.files();
    let path = scratch.data().join("changing");
    let digest_while = |change: &dyn Fn(&File)| {
        fs::write(&path, vec![b'x'; 3 << 20]).unwrap();
        let writer = File::options().write(true).open(&path).unwrap();
        let held = files.locate("data/changing", Access::Read).unwrap().open(true).unwrap();
        let mut blocks = 0;
        let opened = digests::Opened::new(&held).unwrap();
        let fed = opened.feed(&mut vec![0; 1 << 20], soon(), |_| {
            blocks += 1;
            if blocks == 1 {
                // Longer than the grain of the clock that filesystems stamp with.
                thread::sleep(Duration::from_millis(50));
                change(&writer);
            }
        });
        (fed, blocks)
    };
    let (unchanged, blocks) = digest_while(&|_| {});
    assert_eq!((unchanged, blocks), (Ok(()), 3));
    let grows = |file: &File| file.write_all_at(b"more", 3 << 20).unwrap();
    let shrinks = |file: &File| file.set_len(2 << 20).unwrap();
    let is_rewritten = |file: &File| file.write_all_at(b"other", 0).unwrap();
    for (name, (changed, _)) in [
        ("grows", digest_while(&grows)),
        ("shrinks", digest_while(&shrinks)),
        ("is rewritten", digest_while(&is_rewritten)),
    ] {
        assert!(matches!(&changed, Err(Error::Io(text)) if text.contains("changed")), "{name}: {changed:?}");
    }
}

#[test]
fn space_is_that_of_the_mount() {
    let scratch = Scratch::new();
    let files = scratch.granted(&[("/proc", "/proc".into()), ("data", scratch.data())]);
    let proc = files.space("/proc/self").unwrap();
    assert_eq!((text(&proc, "type"), text(&proc, "mount")), ("proc", "/proc"));
    let data = files.space("data").unwrap();
    let (Some(Value::Integer(total)), Some(Value::Integer(available))) =
        (data.get("total"), data.get("available"))
    else {
        panic!("{data:?}")
    };
    assert!(0 < *available && available <= total);
    assert_eq!(data.get("read-only"), Some(&Value::Boolean(false)));
    assert!(matches!(data.get("options"), Some(Value::Texts(options)) if options.iter().any(|o| o == "rw")));
}

#[test]
fn a_probe_measures_and_leaves_nothing() {
    let scratch = Scratch::new();
    let grant = Grant::Write { name: "data".to_owned(), path: scratch.data() };
    let files = scratch.with([grant]);
    let before = fs::read_dir(scratch.data()).unwrap().count();
    let probed = files.probe("data", 0, soon()).unwrap();
    assert_eq!(probed.get("written"), Some(&Value::Integer(4096)));
    assert_eq!(probed.get("random-reads"), None);
    let probed = files.probe("data", 2_500_000, soon()).unwrap();
    for name in ["write-rate", "read-rate", "sync-time", "random-reads"] {
        assert!(matches!(probed.get(name), Some(Value::Number(rate)) if *rate > 0.0), "{name}: {probed:?}");
    }
    assert!(matches!(files.probe("data", MOST_PROBE + 1, soon()), Err(Error::Limit(_))));
    assert!(matches!(files.probe("data", 1 << 20, Instant::now()), Err(Error::Timeout(_))));
    assert_eq!(fs::read_dir(scratch.data()).unwrap().count(), before);
    is_denied(files.probe("data/sub", 0, soon()));
    is_denied(scratch.files().probe("data", 0, soon()));
    is_denied(files.read("data/a.txt", 0, 1));
    is_denied(files.list("data"));
    assert!(
        files.stat("data", true).is_ok() && files.space("data").is_ok(),
        "what is probed may be looked at"
    );
}
