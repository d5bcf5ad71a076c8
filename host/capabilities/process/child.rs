//! One command from its start to its end: what it inherits, its output, its deadline.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, Read},
    os::{
        fd::{AsFd, OwnedFd, RawFd},
        unix::process::{CommandExt, ExitStatusExt},
    },
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::{
    buffer::spare_capacity,
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    io::Errno,
    process::{
        Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, pidfd_open, set_parent_process_death_signal, setsid,
        waitid,
    },
};

use super::{
    Output,
    tree::{MARK, Run},
};
use crate::domain::{Error, duration, value::reason};

/// Most bytes of standard output that are kept.
const MOST_STDOUT: usize = 1 << 20;

/// Most bytes of standard error that are kept.
const MOST_STDERR: usize = 64 << 10;

/// Most bytes that a command may write in all, kept or not: beyond, it does not do what it was started for.
const MOST_OUTPUT: u64 = 64 << 20;

/// How long output is waited for after the program itself has ended: a grandchild can keep the pipe open for ever.
const DRAIN: Duration = Duration::from_millis(250);

/// How often the program's end is looked for on kernels that cannot tell it (no pidfd, before Linux 5.3).
const LOOK: Duration = Duration::from_millis(10);

/// Descriptors that are kept from a program on kernels before Linux 5.11, which cannot be told "all": more than hosts have open.
const MOST_DESCRIPTORS: RawFd = 4096;

/// Bytes of one read from a pipe: what a pipe holds.
const READ: usize = 64 << 10;

/// What is to be started.
pub struct Start<'a> {
    /// The program's file.
    pub program: &'a Path,
    /// Without the program.
    pub arguments: &'a [String],
    /// Where it runs.
    pub directory: &'a Path,
    /// Its whole environment, but for the mark of its run.
    pub variables: &'a [(&'static str, OsString)],
    /// The command, fit for a message.
    pub shown: &'a str,
    /// When it must have ended.
    pub deadline: Instant,
}

/// Runs a command to its end; leaves no process behind whatever happens.
pub fn run(start: &Start<'_>) -> Result<Output, Error> {
    let began = Instant::now();
    check_format(start)?;
    let mut run = Run::begin();
    let mut command = Command::new(start.program);
    command
        .args(start.arguments)
        .current_dir(start.directory)
        .env_clear()
        .envs(start.variables.iter().map(|(name, value)| (name, value)))
        .env(MARK, run.mark())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    #[expect(
        unsafe_code,
        reason = "between fork and exec only system calls are made, which is all that is allowed there"
    )]
    // SAFETY: `detach` allocates nothing, takes no lock and touches no memory of other threads.
    unsafe {
        command.pre_exec(detach);
    }
    let mut child = command.spawn().map_err(|error| cannot_start(start, &error))?;
    run.started(child.id());
    let mut watch = Watch { start, began, deadline: start.deadline };
    let followed = watch.follow(&mut child);
    run.end();
    // Never waits: what could not be ended must not hold up the host.
    let status = child.try_wait().map_err(|error| watch.failed("wait for", &error));
    let (mut stdout, mut stderr) = followed?;
    let status = status?.ok_or_else(|| watch.failed("end", &io::ErrorKind::ResourceBusy.into()))?;
    // What was still in the pipes when whoever held them was ended.
    stdout.read().and_then(|()| stderr.read()).map_err(|error| watch.failed("read the output of", &error))?;
    let ((stdout, more_out), (stderr, more_err)) = (stdout.text(), stderr.text());
    Ok(Output {
        code: status.code(),
        signal: status.signal(),
        stdout,
        stderr,
        truncated: more_out || more_err,
    })
}

/// Runs in the child before the program: a session of its own (so no terminal to ask on and a group to end), an end with the
/// host's, and none of the host's descriptors.
#[expect(unsafe_code, reason = "rustix does not offer close_range, nor descriptors by their number")]
fn detach() -> io::Result<()> {
    setsid()?;
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // Libraries in this process (GPU drivers) and whoever started it may have left descriptors open for children.
    // SAFETY: marks descriptors of the child only; the flag closes none before exec.
    let done =
        unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if done != 0 {
        for raw in 3..MOST_DESCRIPTORS {
            // SAFETY: sets a flag on the child's copy of a descriptor, and fails where there is none.
            unsafe { libc::fcntl(raw, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    }
    Ok(())
}

/// Waiting for a command.
struct Watch<'a> {
    start: &'a Start<'a>,
    began: Instant,
    deadline: Instant,
}

impl Watch<'_> {
    /// Reads both pipes until they are closed and the program has ended. Its status stays to be taken, so that its number is not
    /// another's while the rest of its tree is looked for.
    fn follow(&mut self, child: &mut Child) -> Result<(Stream, Stream), Error> {
        let (mut stdout, mut stderr) = streams(child).map_err(|e| self.failed("read the output of", &e))?;
        let pid = Pid::from_child(child);
        let end = pidfd_open(pid, PidfdFlags::empty()).ok();
        let mut exited = false;
        loop {
            if !exited && has_ended(pid).map_err(|errno| self.failed("wait for", &errno.into()))? {
                exited = true;
                self.deadline = self.deadline.min(Instant::now() + DRAIN);
            }
            stdout
                .read()
                .and_then(|()| stderr.read())
                .map_err(|error| self.failed("read the output of", &error))?;
            if stdout.total + stderr.total > MOST_OUTPUT {
                let (shown, most) = (self.start.shown, MOST_OUTPUT >> 20);
                return Err(Error::Limit(format!("{shown} wrote more than {most} MiB and was ended")));
            }
            let now = Instant::now();
            let closed = stdout.pipe.is_none() && stderr.pipe.is_none();
            if exited && (closed || now >= self.deadline) {
                return Ok((stdout, stderr));
            }
            if now >= self.deadline {
                return Err(Error::Timeout(format!(
                    "{} was still running after {} and was ended with all that it had started",
                    self.start.shown,
                    duration::show(self.began.elapsed())
                )));
            }
            let left = self.deadline - now;
            let time = if exited || end.is_some() { left } else { left.min(LOOK) };
            wait([stdout.pipe.as_ref(), stderr.pipe.as_ref(), end.as_ref().filter(|_| !exited)], time)
                .map_err(|errno| self.failed("wait for", &errno.into()))?;
        }
    }

    fn failed(&self, tried: &str, error: &io::Error) -> Error {
        Error::Io(format!("cannot {tried} {}: {}", self.start.shown, reason(error)))
    }
}

/// Both outputs of a child, each of which can be read without waiting.
fn streams(child: &mut Child) -> io::Result<(Stream, Stream)> {
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    Ok((Stream::new(stdout.into(), MOST_STDOUT)?, Stream::new(stderr.into(), MOST_STDERR)?))
}

/// Whether a child has ended; its status stays to be taken.
fn has_ended(pid: Pid) -> Result<bool, Errno> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    waitid(WaitId::Pid(pid), options).map(|status| status.is_some())
}

/// Waits until one of the descriptors has something to tell, or until the time is over.
fn wait(fds: [Option<&OwnedFd>; 3], time: Duration) -> Result<(), Errno> {
    let mut polled: Vec<_> =
        fds.into_iter().flatten().map(|fd| PollFd::from_borrowed_fd(fd.as_fd(), PollFlags::IN)).collect();
    // What does not fit is longer than anybody waits.
    let time = Timespec::try_from(time).ok();
    match poll(&mut polled, time.as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// One of the two outputs.
struct Stream {
    /// Absent once it is closed.
    pipe: Option<OwnedFd>,
    kept: Vec<u8>,
    most: usize,
    /// Bytes read, kept or not.
    total: u64,
}

impl Stream {
    fn new(pipe: OwnedFd, most: usize) -> io::Result<Self> {
        let flags = fcntl_getfl(&pipe)?;
        fcntl_setfl(&pipe, flags | OFlags::NONBLOCK)?;
        Ok(Self { pipe: Some(pipe), kept: Vec::new(), most, total: 0 })
    }

    /// Takes what is there, as much as one pipe holds, and never waits.
    fn read(&mut self) -> io::Result<()> {
        let Some(pipe) = &self.pipe else { return Ok(()) };
        self.kept.reserve(READ);
        match rustix::io::read(pipe, spare_capacity(&mut self.kept)) {
            Ok(0) => self.pipe = None,
            Ok(length) => {
                self.total += length as u64;
                self.kept.truncate(self.most);
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        Ok(())
    }

    /// What was kept as text, and whether there was more.
    fn text(&self) -> (String, bool) {
        let mut text = String::from_utf8_lossy(&self.kept).into_owned();
        // A byte that is replaced takes three.
        let cut = text.len() > self.most;
        if cut {
            text.truncate(text.floor_char_boundary(self.most));
        }
        (text, cut || self.total > self.kept.len() as u64)
    }
}

/// Refuses what the C library would hand to a shell: a file that is neither a program nor a script that names its interpreter.
fn check_format(start: &Start<'_>) -> Result<(), Error> {
    match first_line(start.program) {
        // Programs that may be run and not read exist.
        Err(_) => Ok(()),
        Ok(first) if first.starts_with(b"\x7fELF") || first.starts_with(b"#!") => Ok(()),
        Ok(_) => Err(Error::Io(format!(
            "cannot run {}: {} is neither a program of this system nor a script that begins with '#!'",
            start.shown,
            start.program.display()
        ))),
    }
}

fn cannot_start(start: &Start<'_>, error: &io::Error) -> Error {
    let (shown, program) = (start.shown, start.program.display());
    if !start.directory.is_dir() {
        return Error::NotFound(format!(
            "cannot run {shown}: the directory {} is not there",
            start.directory.display()
        ));
    }
    // The file was there a moment ago: so what is missing is what runs it.
    match (error.kind(), first_line(start.program)) {
        (io::ErrorKind::NotFound, Ok(first)) if first.starts_with(b"#!") => {
            let line = String::from_utf8_lossy(&first);
            let interpreter = line[2..].split_whitespace().next().unwrap_or("an interpreter").to_owned();
            Error::NotFound(format!(
                "cannot run {shown}: {program} is a script for {interpreter}, which is not there"
            ))
        }
        (io::ErrorKind::NotFound, Ok(_)) => Error::NotFound(format!(
            "cannot run {shown}: {program} is there, but the loader that it was built for is not"
        )),
        _ => Error::from_io("run", shown, error),
    }
}

/// The first line of a file, as far as the kernel reads one.
fn first_line(path: &Path) -> io::Result<Vec<u8>> {
    let mut first = Vec::new();
    File::open(path)?.take(256).read_to_end(&mut first)?;
    first.truncate(first.iter().position(|byte| *byte == b'\n').unwrap_or(first.len()));
    Ok(first)
}
