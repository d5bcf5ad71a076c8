//! Real programs, well behaved and not.

use std::{
    ffi::{OsStr, OsString},
    fs,
    os::{fd::AsRawFd, unix::fs::PermissionsExt},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use super::*;
use crate::domain::Origin;

/// A job in a project of its own that may run what the test gives it.
struct Job {
    project: tempfile::TempDir,
    path: SearchPath,
}

impl Job {
    fn new() -> Self {
        let project = tempfile::tempdir().unwrap();
        let path = SearchPath::new(OsStr::new("/usr/local/bin:/usr/bin:/bin"), project.path());
        Self { project, path }
    }

    fn run(&self, command: &[&str], time: Duration) -> Result<Output, Error> {
        let arguments: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
        let grants = [grant(Grant::command(arguments.clone()))];
        Processes::new(self.project.path(), &grants, &self.path).run(&arguments, Instant::now() + time)
    }

    fn shell(&self, script: &str, time: Duration) -> Result<Output, Error> {
        self.run(&["sh", "-c", script], time)
    }

    fn script(&self, name: &str, text: &str) -> String {
        let path = self.project.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        format!("./{name}")
    }

    /// The number that a script wrote into a file of the project.
    fn number(&self, file: &str) -> i32 {
        let path = self.project.path().join(file);
        eventually(|| fs::read_to_string(&path).is_ok_and(|text| text.ends_with('\n')));
        fs::read_to_string(path).unwrap().trim().parse().unwrap()
    }
}

const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(300);

fn grant(grant: Grant) -> Authority {
    Authority { grant, parameter: "commands".to_owned(), origin: Origin::Profile }
}

fn eventually(holds: impl Fn() -> bool) {
    let patience = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < patience, "did not come true");
        thread::sleep(Duration::from_millis(2));
    }
}

fn is_gone(process: i32) -> bool {
    // A zombie that somebody else has to reap counts as gone.
    fs::read_to_string(format!("/proc/{process}/stat")).map_or(true, |text| text.contains(") Z "))
}

#[test]
fn output_codes_and_signals_are_told() {
    let job = Job::new();
    let output = job.shell("echo out; echo err >&2; exit 3", LONG).unwrap();
    let expected =
        Output { code: Some(3), stdout: "out\n".to_owned(), stderr: "err\n".to_owned(), ..Output::default() };
    assert_eq!(output, expected);
    let output = job.shell("kill -TERM $$", LONG).unwrap();
    assert_eq!((output.code, output.signal), (None, Some(15)));
    let output = job.shell(r"printf 'a\377b'; cat", LONG).unwrap();
    assert_eq!(output.stdout, "a\u{fffd}b", "and standard input is empty");
}

#[test]
fn only_commands_of_the_plan_run_word_for_word() {
    let job = Job::new();
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let grants = [grant(Grant::command(["touch", "allowed"]))];
    let processes = Processes::new(job.project.path(), &grants, &job.path);
    let others: [&[&str]; 6] = [
        &["touch", "other"],
        &["touch"],
        &["touch", "allowed", "other"],
        &["/usr/bin/touch", "allowed"],
        &[],
        &[""],
    ];
    for other in others {
        let denied = processes.run(&words(other), Instant::now() + LONG).unwrap_err();
        assert!(matches!(&denied, Error::Denied(text) if text.contains("touch allowed")), "{denied}");
    }
    assert_eq!(fs::read_dir(job.project.path()).unwrap().count(), 0);
    processes.run(&words(&["touch", "allowed"]), Instant::now() + LONG).unwrap();
    assert!(job.project.path().join("allowed").exists(), "and the project is its directory");
}

#[test]
fn programs_are_found_only_where_named() {
    let job = Job::new();
    let grants = [
        grant(Grant::Program { name: "sh".to_owned() }),
        grant(Grant::Program { name: "no-such-program".to_owned() }),
        grant(Grant::command(["cat", "x"])),
    ];
    let processes = Processes::new(job.project.path(), &grants, &job.path);
    assert!(processes.find("sh").unwrap().ends_with("/sh"));
    assert!(processes.find("cat").unwrap().ends_with("/cat"));
    assert!(matches!(processes.find("no-such-program"), Err(Error::NotFound(_))));
    for name in ["ls", "", "/bin/sh", "x"] {
        assert!(matches!(processes.find(name), Err(Error::Denied(_))), "{name}");
    }
}

#[test]
fn arguments_are_never_read_by_a_shell() {
    let hostile = ["$(touch a)", "`touch b`", "; touch c", "| touch d", "*", "~", "$HOME", "-n\n", "'\""];
    let job = Job::new();
    let mut command = vec!["printf", "%s\\n"];
    command.extend(hostile);
    let output = job.run(&command, LONG).unwrap();
    assert_eq!(output.stdout, hostile.map(|word| format!("{word}\n")).concat());
    assert_eq!(fs::read_dir(job.project.path()).unwrap().count(), 0);
}

#[test]
fn the_environment_is_clean() {
    let output = Job::new().run(&["env"], LONG).unwrap();
    let allowed = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "GONOGO_RUN"];
    let names: Vec<_> = output.stdout.lines().map(|line| line.split('=').next().unwrap()).collect();
    assert!(names.iter().all(|name| allowed.contains(name)), "{names:?}");
    assert!(
        output.stdout.contains("LC_ALL=C.UTF-8\n") && output.stdout.contains("PATH=/"),
        "{}",
        output.stdout
    );
}

#[test]
fn no_descriptor_is_inherited() {
    // Without close-on-exec, as a library or a careless parent leaves it.
    let file = fs::File::open("/dev/null").unwrap();
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();
    let output = Job::new().run(&["ls", "-l", "/proc/self/fd"], LONG).unwrap();
    // Its own three, and the directory that it lists.
    assert_eq!(output.stdout.matches(" -> ").count(), 4, "{}", output.stdout);
    assert!(file.as_raw_fd() > 2);
}

#[test]
fn a_sleeper_that_ignores_signals_ends_at_the_deadline() {
    let job = Job::new();
    let start = Instant::now();
    let error = job.shell("trap '' TERM INT HUP; echo $$ > pid; sleep 60; sleep 60", SHORT).unwrap_err();
    assert!(matches!(&error, Error::Timeout(text) if text.contains("sh -c")), "{error}");
    assert!(start.elapsed() < Duration::from_secs(20));
    assert!(is_gone(job.number("pid")));
}

#[test]
fn a_stopped_program_ends_at_the_deadline() {
    assert!(matches!(Job::new().shell("kill -STOP $$", SHORT), Err(Error::Timeout(_))));
}

#[test]
fn a_grandchild_that_keeps_the_pipe_does_not_keep_the_host() {
    let job = Job::new();
    let start = Instant::now();
    let output = job.shell("sleep 60 & echo $! > pid; echo done", LONG).unwrap();
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), "done\n"));
    assert!(start.elapsed() < LONG / 2);
    assert!(is_gone(job.number("pid")), "and is ended");
}

#[test]
fn output_of_a_grandchild_that_ends_soon_counts() {
    let output = Job::new().shell("(sleep 0.05; echo late) & echo early", LONG).unwrap();
    assert_eq!(output.stdout, "early\nlate\n");
}

#[test]
fn a_daemon_that_left_its_session_is_ended_too() {
    let job = Job::new();
    let daemon = "setsid sh -c 'sh -c \"echo \\$\\$ > pid; exec sleep 60\" &' > /dev/null 2>&1 < /dev/null";
    job.shell(&format!("{daemon}; while ! test -s pid; do sleep 0.01; done"), LONG).unwrap();
    assert!(is_gone(job.number("pid")), "after a normal end");
    fs::remove_file(job.project.path().join("pid")).unwrap();
    let error = job.shell(&format!("{daemon}; sleep 60"), Duration::from_secs(2)).unwrap_err();
    assert!(matches!(error, Error::Timeout(_)));
    assert!(is_gone(job.number("pid")), "and after the deadline");
}

#[test]
fn a_daemon_that_cleared_its_environment_is_ended_with_the_last_run() {
    let job = Job::new();
    let daemon = "setsid env -i /bin/sh -c '/bin/sh -c \"echo \\$\\$ > pid; exec /bin/sleep 60\" &' > /dev/null 2>&1 < /dev/null";
    job.shell(&format!("{daemon}; while ! test -s pid; do sleep 0.01; done"), LONG).unwrap();
    let process = job.number("pid");
    // Other tests run commands at the same time: it goes with the last of them.
    eventually(|| {
        job.run(&["true"], LONG).unwrap();
        is_gone(process)
    });
}

#[test]
fn one_run_ends_without_the_processes_of_another() {
    let (one, other) = (Job::new(), Job::new());
    let output = thread::scope(|scope| {
        let waits =
            scope.spawn(|| other.shell("touch up; (setsid sleep 1; echo slept) & wait; echo alive", LONG));
        eventually(|| other.project.path().join("up").exists());
        for _ in 0..10 {
            one.run(&["true"], LONG).unwrap();
        }
        waits.join().unwrap()
    });
    assert_eq!(output.unwrap().stdout, "slept\nalive\n");
}

#[test]
fn long_output_is_cut_and_a_bomb_is_a_limit() {
    let job = Job::new();
    let output = job
        .shell("head -c 2000000 /dev/zero | tr '\\0' x; head -c 100000 /dev/zero | tr '\\0' e >&2", LONG)
        .unwrap();
    assert_eq!((output.stdout.len(), output.stderr.len(), output.truncated), (1 << 20, 64 << 10, true));
    let output = job.shell(r"head -c 1000000 /dev/zero | tr '\0' '\377'", LONG).unwrap();
    assert!(output.stdout.len() <= 1 << 20 && output.truncated, "replaced bytes take more room");
    let error = job.run(&["cat", "/dev/zero"], LONG).unwrap_err();
    assert!(matches!(&error, Error::Limit(text) if text.contains("64 MiB")), "{error}");
}

#[test]
fn nothing_planted_in_the_project_runs() {
    let job = Job::new();
    job.script("env", "#!/bin/sh\necho planted\n");
    job.script("only-here", "#!/bin/sh\necho planted\n");
    let both = std::env::join_paths([job.project.path(), Path::new("."), Path::new("/usr/bin")]).unwrap();
    let job = Job { path: SearchPath::new(&both, job.project.path()), ..job };
    assert!(!job.run(&["env"], LONG).unwrap().stdout.contains("planted"));
    assert!(matches!(job.run(&["only-here"], LONG), Err(Error::NotFound(_))));
    assert_eq!(
        job.run(&["./only-here"], LONG).unwrap().stdout,
        "planted\n",
        "unless the plan names it by its path"
    );
}

#[test]
fn what_cannot_start_says_why() {
    let job = Job::new();
    let orphan = job.script("orphan", "#!/nowhere/bin/python3\nprint()\n");
    let unnamed = job.script("unnamed", "echo shell\n");
    std::os::unix::fs::symlink("/nowhere/python", job.project.path().join("broken")).unwrap();
    let error = job.run(&[&orphan], LONG).unwrap_err();
    assert!(
        matches!(&error, Error::NotFound(text) if text.contains("/nowhere/bin/python3, which is not there")),
        "{error}"
    );
    let error = job.run(&["./broken"], LONG).unwrap_err();
    assert!(matches!(&error, Error::NotFound(text) if text.contains("a link to /nowhere/python")), "{error}");
    let error = job.run(&[&unnamed], LONG).unwrap_err();
    assert!(matches!(&error, Error::Io(text) if text.contains("'#!'")), "no shell steps in: {error}");
    assert!(matches!(job.run(&["echo", "nul\0"], LONG), Err(Error::Io(_))));
    let huge = "x".repeat(4 << 20);
    assert!(matches!(job.run(&["echo", &huge], LONG), Err(Error::Io(text)) if text.len() < 500));
}

#[test]
fn many_run_beside_each_other_and_leave_no_zombie() {
    let job = Job::new();
    thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| assert_eq!(job.run(&["sleep", "0.5"], LONG).unwrap().code, Some(0)));
        }
    });
}

/// In a process of its own: it ends everything that this one runs.
#[test]
fn end_all_ends_what_runs() {
    const INNER: &str = "GONOGO_TEST_END_ALL";
    if std::env::var_os(INNER).is_none() {
        let name = "capabilities::process::tests::end_all_ends_what_runs";
        let inner = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(INNER, OsString::from("1"))
            .output()
            .unwrap();
        assert!(inner.status.success(), "{}", String::from_utf8_lossy(&inner.stdout));
        assert!(String::from_utf8_lossy(&inner.stdout).contains("1 passed"));
        return;
    }
    let job = Job::new();
    let daemon = "setsid env -i /bin/sh -c '/bin/sh -c \"echo \\$\\$ > daemon; exec /bin/sleep 60\" &' > /dev/null 2>&1 < /dev/null";
    thread::scope(|scope| {
        let run = scope.spawn(|| job.shell(&format!("{daemon}; echo $$ > pid; sleep 60"), LONG * 2));
        let (process, daemon) = (job.number("pid"), job.number("daemon"));
        end_all();
        assert!(is_gone(daemon) && is_gone(process));
        assert_eq!(run.join().unwrap().unwrap().signal, Some(9));
    });
    assert!(
        fs::read_to_string("/proc/thread-self/children").unwrap_or_default().is_empty(),
        "no zombie is left"
    );
}
