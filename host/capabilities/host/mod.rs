//! The host as one job sees it: each interface of the contract, answered by its capability through the job's session.

mod bulk;
mod journal;
mod tables;

pub use journal::{Journal, Output};

use std::{collections::BTreeMap, ffi::OsString, path::Path, sync::Arc};

use serde_json::{Value as Json, json};
use wasmtime::component::{Resource, ResourceTable};

use super::{
    dataset::{self, Engine},
    environment::Environment,
    files::{Algorithm, Files, Kind},
    process::Processes,
    search_path::SearchPath,
    session::{Bytes, Session},
    system,
};
use crate::{
    bindings::{self, Attributes, attributes},
    domain::{Authority, Error, Origin, Value, limits::HANDLES},
};

/// What is the same for all jobs of a run.
#[derive(Debug)]
pub struct Surroundings {
    /// The project directory, absolute.
    pub project: Box<Path>,
    /// Where programs are looked up.
    pub search_path: SearchPath,
    /// The environment of this process, as it started.
    pub variables: Arc<BTreeMap<OsString, OsString>>,
    /// Tables that were read.
    pub tables: Arc<dataset::Shared>,
}

/// The host functions of one job. It holds secrets, so it cannot be printed.
pub struct Host {
    files: Files,
    /// What answers questions of tables. Dropped before the files.
    engine: Engine,
    /// Walks, searches, contents and tables that the guest holds.
    resources: ResourceTable,
    processes: Processes,
    environment: Environment,
    /// Variables whose values are no secret: a built-in check asks for them by default.
    open_variables: Vec<String>,
    /// The conversation.
    pub session: Session,
    /// What it writes.
    pub journal: Journal,
}

/// Values shorter than this are not looked for in what a plugin says: removing every `1` would destroy the report.
const SHORTEST_SECRET: usize = 4;

impl Host {
    /// The host functions of a job with these authorities.
    pub fn new(
        name: String,
        surroundings: &Surroundings,
        authorities: &[Authority],
        session: Session,
    ) -> Self {
        let open = authorities.iter().filter(|authority| authority.origin == Origin::Default);
        let open_variables = open.filter_map(|authority| match &authority.grant {
            crate::domain::Grant::Variable { name, .. } => Some(name.clone()),
            _ => None,
        });
        Self {
            files: Files::new(&surroundings.project, authorities),
            engine: Engine::new(Arc::clone(&surroundings.tables), authorities, &surroundings.variables),
            resources: resources(),
            processes: Processes::new(&surroundings.project, authorities, &surroundings.search_path),
            environment: Environment::new(authorities, Arc::clone(&surroundings.variables)),
            open_variables: open_variables.collect(),
            session,
            journal: Journal::new(name),
        }
    }

    /// Asks the machine for one set of attributes.
    fn machine(
        &mut self,
        call: &'static str,
        work: impl FnOnce() -> Result<crate::domain::Attributes, Error>,
    ) -> Answered<Attributes> {
        answered(self.session.ask(call, "", || Json::Null, |_| work()), attributes)
    }

    /// Asks the machine for a list of attributes.
    fn machines(
        &mut self,
        call: &'static str,
        work: impl FnOnce() -> Result<Vec<crate::domain::Attributes>, Error>,
    ) -> Answered<Vec<Attributes>> {
        answered(self.session.ask(call, "", || Json::Null, |_| work()), |list| {
            list.into_iter().map(attributes).collect()
        })
    }
}

/// What a generated host function gives back.
type Answered<T> = wasmtime::Result<Result<T, bindings::types::Error>>;

fn answered<T, W>(
    answer: Result<Result<T, Error>, super::session::Broken>,
    convert: impl FnOnce(T) -> W,
) -> Answered<W> {
    Ok(answer?.map(convert).map_err(Into::into))
}

impl bindings::types::Host for Host {}

impl bindings::files::Host for Host {
    fn stat(&mut self, path: String, follow: bool) -> Answered<Attributes> {
        let ask = || json!({"path": path, "follow": follow});
        answered(self.session.ask("files.stat", &path, ask, |_| self.files.stat(&path, follow)), attributes)
    }

    fn read(&mut self, path: String, offset: u64, length: u32) -> Answered<Vec<u8>> {
        let ask = || json!({"path": path, "offset": offset, "length": length});
        let work = |_: &Session| self.files.read(&path, offset, length).map(Bytes);
        answered(self.session.ask("files.read", &path, ask, work), |bytes| bytes.0)
    }

    fn list(&mut self, path: String) -> Answered<Vec<(String, bindings::files::Kind)>> {
        let list =
            self.session.ask("files.list", &path, || json!({"path": path}), |_| self.files.list(&path));
        answered(list, |list| list.into_iter().map(|(name, kind)| (name, kind.into())).collect())
    }

    fn find(&mut self, path: String, pattern: String) -> Answered<Option<u64>> {
        let ask = || json!({"path": path, "pattern": pattern});
        let work = |session: &Session| self.files.find(&path, &pattern, session.deadline());
        answered(self.session.ask("files.find", &path, ask, work), |line| line)
    }

    fn digest(&mut self, path: String, algorithm: bindings::files::Algorithm) -> Answered<String> {
        let algorithm = Algorithm::from(algorithm);
        let ask = || json!({"path": path, "algorithm": algorithm});
        let work = |session: &Session| self.files.digest(&path, algorithm, session.deadline());
        answered(self.session.ask("files.digest", &path, ask, work), |digest| digest)
    }

    fn digests(
        &mut self,
        paths: Vec<String>,
        algorithm: bindings::files::Algorithm,
    ) -> Answered<Vec<Result<String, bindings::types::Error>>> {
        let algorithm = Algorithm::from(algorithm);
        let ask = || json!({"paths": paths, "algorithm": algorithm});
        let work = |session: &Session| self.files.digests(&paths, algorithm, session.deadline());
        let subject = paths.first().map(String::as_str).unwrap_or_default();
        let digests = self.session.ask("files.digests", subject, ask, work);
        let digest = |value| match value {
            Value::Text(digest) => Ok(digest),
            Value::Failed { failed } => {
                self.session.remember(&failed);
                Err(failed.into())
            }
            value => Err(Error::Unsupported(format!("{value:?} is no digest")).into()),
        };
        answered(digests, |digests| digests.into_iter().map(digest).collect())
    }

    fn walk(&mut self, path: String, options: Attributes) -> Answered<Resource<bindings::files::Entries>> {
        self.start_walk(path, options)
    }

    fn search(
        &mut self,
        path: String,
        patterns: Vec<Attributes>,
        options: Attributes,
    ) -> Answered<Resource<bindings::files::Matches>> {
        self.start_search(path, patterns, options)
    }

    fn search_processes(
        &mut self,
        patterns: Vec<Attributes>,
    ) -> Answered<Resource<bindings::files::Matches>> {
        self.start_search_of_processes(patterns)
    }

    fn open(&mut self, path: String) -> Answered<Resource<bindings::files::Content>> {
        self.open_content(path)
    }

    fn scratch(&mut self, path: String) -> Answered<()> {
        let ask = || json!({"path": path});
        answered(self.session.ask("files.scratch", &path, ask, |_| self.files.scratch(&path)), |()| ())
    }

    fn space(&mut self, path: String) -> Answered<Attributes> {
        let space =
            self.session.ask("files.space", &path, || json!({"path": path}), |_| self.files.space(&path));
        answered(space, attributes)
    }

    fn probe(&mut self, directory: String, size: u64) -> Answered<Attributes> {
        let ask = || json!({"directory": directory, "size": size});
        let work = |session: &Session| self.files.probe(&directory, size, session.deadline());
        answered(self.session.ask("files.probe", &directory, ask, work), attributes)
    }
}

/// A table of as many resources as a job may hold.
pub fn resources() -> ResourceTable {
    let mut table = ResourceTable::new();
    table.set_max_capacity(HANDLES);
    table
}

impl From<bindings::files::Algorithm> for Algorithm {
    fn from(algorithm: bindings::files::Algorithm) -> Self {
        match algorithm {
            bindings::files::Algorithm::Sha256 => Self::Sha256,
            bindings::files::Algorithm::Blake3 => Self::Blake3,
        }
    }
}

impl From<Kind> for bindings::files::Kind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::File => Self::File,
            Kind::Directory => Self::Directory,
            Kind::Link => Self::Link,
            Kind::Other => Self::Other,
        }
    }
}

impl bindings::process::Host for Host {
    fn find(&mut self, program: String) -> Answered<String> {
        let ask = || json!({"program": program});
        answered(self.session.ask("process.find", &program, ask, |_| self.processes.find(&program)), |path| {
            path
        })
    }

    fn run(&mut self, command: Vec<String>) -> Answered<bindings::process::Output> {
        let subject = crate::domain::grant::shell_words(&command);
        let work = |session: &Session| self.processes.run(&command, session.deadline());
        let output = self.session.ask("process.run", &subject, || json!({"command": command}), work);
        answered(output, |output| bindings::process::Output {
            code: output.code,
            signal: output.signal,
            stdout: output.stdout,
            stderr: output.stderr,
            truncated: output.truncated,
        })
    }
}

impl bindings::environment::Host for Host {
    fn length(&mut self, name: String) -> Answered<Option<u32>> {
        let ask = || json!({"name": name});
        let length = self.session.ask("environment.length", &name, ask, |_| self.environment.length(&name));
        answered(length, |length| length)
    }

    fn matches(&mut self, name: String, pattern: String) -> Answered<bool> {
        let ask = || json!({"name": name, "pattern": pattern});
        let work = |_: &Session| self.environment.matches(&name, &pattern);
        answered(self.session.ask("environment.matches", &name, ask, work), |found| found)
    }

    fn load(&mut self, path: String) -> Answered<Vec<String>> {
        let ask = || json!({"path": path});
        let work = |_: &Session| self.environment.load(&path, &self.files);
        answered(self.session.ask("environment.load", &path, ask, work), |names| names)
    }

    fn number(&mut self, name: String, decode: Vec<String>, pattern: String) -> Answered<Option<i64>> {
        let ask = || json!({"name": name, "decode": decode, "pattern": pattern});
        let work = |_: &Session| self.environment.number(&name, &decode, &pattern);
        answered(self.session.ask("environment.number", &name, ask, work), |number| number)
    }

    fn reveal(&mut self, name: String) -> Answered<Option<String>> {
        let open = self.open_variables.contains(&name);
        let recorded = |value: &Option<String>| match value {
            Some(_) if !open => json!("[redacted]"),
            value => json!(value),
        };
        let work = |_: &Session| self.environment.reveal(&name);
        let answer =
            self.session.ask_secret("environment.reveal", &name, || json!({"name": name}), work, recorded);
        if let Ok(Ok(Some(value))) = &answer
            && !open
            && !self.session.replays()
            && value.len() >= SHORTEST_SECRET
        {
            self.journal.hide(value.clone());
        }
        answered(answer, |value| value)
    }
}

impl bindings::clock::Host for Host {
    fn now(&mut self) -> wasmtime::Result<f64> {
        let now = |_: &Session| {
            let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            let seconds = since.map(|time| time.as_secs_f64());
            seconds.map_err(|_| Error::Io("this machine's clock stands before 1970".to_owned()))
        };
        infallible(self.session.ask("clock.now", "", || Json::Null, now)?)
    }

    fn elapsed(&mut self) -> wasmtime::Result<f64> {
        let elapsed = |session: &Session| Ok(session.started().elapsed().as_secs_f64());
        infallible(self.session.ask("clock.elapsed", "", || Json::Null, elapsed)?)
    }
}

/// The contract gives these functions no way to fail: where they do, the guest ends.
fn infallible<T>(answer: Result<T, Error>) -> wasmtime::Result<T> {
    answer.map_err(wasmtime::Error::new)
}

impl bindings::log::Host for Host {
    fn log(&mut self, level: bindings::log::Level, message: String) -> wasmtime::Result<()> {
        self.journal.log(level, &message);
        Ok(())
    }
}

impl bindings::system::Host for Host {
    fn os(&mut self) -> Answered<Attributes> {
        self.machine("system.os", system::os)
    }

    fn cpu(&mut self) -> Answered<Attributes> {
        self.machine("system.cpu", system::cpu)
    }

    fn memory(&mut self) -> Answered<Attributes> {
        self.machine("system.memory", system::memory)
    }

    fn limits(&mut self) -> Answered<Attributes> {
        self.machine("system.limits", system::limits)
    }

    fn mounts(&mut self) -> Answered<Vec<Attributes>> {
        self.machines("system.mounts", system::mounts)
    }

    fn interfaces(&mut self) -> Answered<Vec<Attributes>> {
        self.machines("system.interfaces", system::interfaces)
    }

    fn troubled_processes(&mut self) -> Answered<Vec<Attributes>> {
        self.machines("system.troubled-processes", system::troubled_processes)
    }

    fn gpu_drivers(&mut self) -> Answered<Vec<Attributes>> {
        self.machines("system.gpu-drivers", system::gpu_drivers)
    }

    fn gpus(&mut self) -> Answered<Vec<Attributes>> {
        self.machines("system.gpus", system::gpus)
    }

    fn kernel_events(&mut self, seconds: u64) -> Answered<Vec<Attributes>> {
        let ask = || json!({"seconds": seconds});
        let events = self.session.ask("system.kernel-events", "", ask, |_| system::kernel_events(seconds));
        answered(events, |list| list.into_iter().map(attributes).collect())
    }

    fn probe_cpu(&mut self, seconds: f64) -> Answered<Attributes> {
        let work = |session: &Session| system::probe_cpu(seconds, session.deadline());
        answered(self.session.ask("system.probe-cpu", "", || json!({"seconds": seconds}), work), attributes)
    }

    fn probe_memory(&mut self, size: u64) -> Answered<Attributes> {
        let work = |session: &Session| system::probe_memory(size, session.deadline());
        answered(self.session.ask("system.probe-memory", "", || json!({"size": size}), work), attributes)
    }
}
