//! Plugins of others are compiled in a child process: a component can be made so that a compiler takes hours or all memory for it, and
//! the process that judges a training run must outlive that.
//!
//! The child is this very program. It limits itself before it reads the first byte, ends with its parent, and writes native code to its
//! standard output. That code is authenticated by the cache that the parent puts it in; the child has no key.

use std::{
    ffi::OsString,
    io::{self, Read, Write},
    num::NonZero,
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Resource, Rlimit, Signal, getppid, getrlimit, setrlimit};

use super::{Error, engine};
use crate::domain::{
    duration,
    limits::{
        COMPILE_CPU, COMPILE_MEMORY_BYTES, COMPILE_THREADS, COMPILE_TIMEOUT, COMPILED_BYTES, PLUGIN_BYTES,
    },
    text,
};

/// Who compiles what is not part of the program.
#[derive(Clone, Debug)]
pub enum Compiler {
    /// This process: for plugins that are trusted as much as the program is.
    Here,
    /// A child of this process.
    Apart(Apart),
}

/// A program that compiles, and what it may take.
#[derive(Clone, Debug)]
pub struct Apart {
    /// The program, which calls [`serve`].
    pub program: PathBuf,
    /// Its arguments; those of [`Order`] follow.
    pub arguments: Vec<OsString>,
    /// What it may take.
    pub limits: Limits,
}

/// What compiling one plugin may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of memory that it may write to.
    pub memory: u64,
    /// Processor time, in whole seconds.
    pub cpu: Duration,
    /// Time by the clock.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory: COMPILE_MEMORY_BYTES, cpu: COMPILE_CPU, time: COMPILE_TIMEOUT }
    }
}

/// What the child is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// What it may take.
    pub limits: Limits,
    /// Whether the code is for a process whose address space is bounded.
    pub bounded: bool,
    /// Whose child it is.
    pub parent: u32,
}

/// Most of what the child says that is kept.
const SAID_BYTES: u64 = 16 << 10;

/// How often a child that has said all is looked at until it ends.
const LOOK: Duration = Duration::from_millis(1);

impl Order {
    /// As arguments of the child.
    fn arguments(&self) -> [String; 4] {
        let Self { limits, bounded, parent } = self;
        [
            format!("--memory={}", limits.memory),
            format!("--cpu={}", limits.cpu.as_secs()),
            format!("--parent={parent}"),
            format!("--bounded={bounded}"),
        ]
    }
}

impl Apart {
    /// Native code of a component, for this process's engine.
    ///
    /// # Errors
    /// Where the component is invalid, takes more than the limits, or breaks the compiler.
    pub fn compile(&self, bytes: &[u8], bounded: bool) -> Result<Vec<u8>, Error> {
        let order = Order { limits: self.limits, bounded, parent: std::process::id() };
        let failed = |source| Error::Compiler { program: self.program.clone(), source };
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(COMPILE_THREADS);
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .args(order.arguments())
            .env_clear()
            .env("RAYON_NUM_THREADS", threads.to_string())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let (status, code, said) = converse(child, bytes, self.limits.time).map_err(failed)?;
        let Some(status) = status else { return Err(Error::TooMuch(duration::show(self.limits.time))) };
        match status.success() {
            true => Ok(code),
            // It could not write all that it had.
            false if code.len() as u64 > COMPILED_BYTES => {
                Err(Error::TooMuch(megabytes(COMPILED_BYTES, "compiled code")))
            }
            false => Err(self.why(status, said)),
        }
    }

    /// Why a child gave no code.
    fn why(&self, status: ExitStatus, said: String) -> Error {
        let signal = status.signal();
        let is = |wanted: Signal| signal == Some(wanted.as_raw());
        if said.contains("memory allocation of") || said.contains("Cannot allocate memory") {
            return Error::TooMuch(megabytes(self.limits.memory, "memory"));
        }
        if is(Signal::XCPU) {
            return Error::TooMuch(format!("{} of processor time", duration::show(self.limits.cpu)));
        }
        match (signal, status.code()) {
            (None, Some(INVALID)) => Error::Compile(wasmtime::Error::msg(said)),
            (Some(signal), _) => Error::Broke { how: format!("signal {signal}"), said },
            (None, code) => Error::Broke { how: format!("exit code {}", code.unwrap_or(-1)), said },
        }
    }
}

fn megabytes(bytes: u64, of: &str) -> String {
    format!("{} MiB of {of}", bytes >> 20)
}

/// Gives the child its input, and takes what it says. It has no status where it had to be killed because its time was over.
fn converse(
    mut child: Child,
    bytes: &[u8],
    time: Duration,
) -> io::Result<(Option<ExitStatus>, Vec<u8>, String)> {
    let deadline = Instant::now() + time;
    let (Some(mut input), Some(output), Some(errors)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(io::Error::other("it has no pipes"));
    };
    thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        let started = (|| {
            let named = |name: &str| thread::Builder::new().name(name.to_owned());
            // A child that ends before it has read all says why.
            named("compile-input").spawn_scoped(scope, move || drop(input.write_all(bytes)))?;
            let said = named("compile-errors").spawn_scoped(scope, move || read(errors, SAID_BYTES))?;
            named("compile-output").spawn_scoped(scope, move || {
                // Nobody listens any more once the time is over.
                let _ = tell.send(read(output, COMPILED_BYTES + 1));
            })?;
            Ok::<_, io::Error>(said)
        })();
        let code = match &started {
            Ok(_) => told.recv_timeout(time).ok(),
            Err(_) => None,
        };
        let status = code.as_ref().and_then(|_| ended(&mut child, deadline));
        if status.is_none() {
            // Whoever reads or writes a pipe of it is woken by its end.
            let _ = child.kill();
            let _ = child.wait();
        }
        let said = started?.join().unwrap_or_default();
        Ok((
            status,
            code.unwrap_or_default(),
            text::lines(String::from_utf8_lossy(&said).trim(), SAID_BYTES as usize),
        ))
    })
}

/// As much as that, or what there is.
fn read(from: impl Read, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What a broken pipe leaves is too short to be anything.
    let _ = from.take(most).read_to_end(&mut bytes);
    bytes
}

/// How the child ended, if it does in time.
fn ended(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => thread::sleep(LOOK),
            _ => return None,
        }
    }
}

/// The child's exit code where the component is at fault: its message is on standard error.
pub const INVALID: i32 = 4;

/// Why the child gives no code.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The system does not let it limit itself, or a pipe broke.
    #[error("cannot {0}")]
    Io(&'static str, #[source] io::Error),
    /// The parent is gone.
    #[error("whoever asked is gone")]
    Orphan,
    /// The component is at fault, or this processor.
    #[error("{0}")]
    Invalid(String),
}

/// The child: limits itself, reads a component, writes its code.
///
/// # Errors
/// See [`Refusal`].
pub fn serve(order: Order, input: impl Read, mut output: impl Write) -> Result<(), Refusal> {
    let io = |tried| move |source| Refusal::Io(tried, source);
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| Refusal::Io("end with the parent", error.into()))?;
    // It may have ended before that.
    if getppid().is_none_or(|parent| parent.as_raw_nonzero().get().cast_unsigned() != order.parent) {
        return Err(Refusal::Orphan);
    }
    let Limits { memory, cpu, .. } = order.limits;
    // Of addresses threads take more than anybody counts; what can be written to is what takes memory.
    for (resource, most) in [(Resource::Data, memory), (Resource::Cpu, cpu.as_secs()), (Resource::Core, 0)] {
        limit(resource, most).map_err(|error| Refusal::Io("limit itself", error.into()))?;
    }
    let mut bytes = Vec::new();
    input.take(PLUGIN_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(io("read the component"))?;
    let invalid = |error: wasmtime::Error| Refusal::Invalid(format!("{error:#}"));
    let engine = engine::compiler(order.bounded).map_err(invalid)?;
    let code = engine.precompile_component(&bytes).map_err(invalid)?;
    output.write_all(&code).and_then(|()| output.flush()).map_err(io("write the code"))
}

/// Lowers a limit of this process, for good.
fn limit(resource: Resource, most: u64) -> rustix::io::Result<()> {
    let allowed = getrlimit(resource).maximum.map_or(most, |maximum| maximum.min(most));
    // Who is over the soft limit of processor time is told so; at the hard limit it is killed without a word.
    let hard = if resource == Resource::Cpu { allowed.saturating_add(1) } else { allowed };
    let hard = getrlimit(resource).maximum.map_or(hard, |maximum| maximum.min(hard));
    setrlimit(resource, Rlimit { current: Some(allowed), maximum: Some(hard) })
}
