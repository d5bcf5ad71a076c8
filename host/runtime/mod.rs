//! The sandbox: compiles plugins, and runs one check in a store of its own with its grants and limits.

mod cache;
pub mod compiler;
mod digests;
pub mod engine;
mod limiter;
mod outcome;
mod wasi;

pub use outcome::{interrupted, stuck};

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use wasmtime::{
    Engine, Store,
    component::{Component, HasSelf, Linker},
};

use crate::{
    bindings::{CONTRACT, Plugin, PluginPre, checks},
    capabilities::{
        host::{Host, Surroundings},
        session::{Mode, Session, Trace},
    },
    catalog::{Description, Found, described},
    domain::{
        Outcome,
        limits::{CALL_BYTES, DESCRIBE_TIMEOUT, HANDLES, PLUGIN_BYTES},
    },
    plan::Job,
};
pub use cache::Cache;
pub use compiler::Compiler;
use limiter::Limiter;
use wasi::Wasi;

/// Why a plugin cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// This machine cannot run WebAssembly.
    #[error("cannot start the sandbox")]
    Engine(#[source] wasmtime::Error),
    /// Too large.
    #[error("the plugin has {0} bytes, more than the {PLUGIN_BYTES} that are taken")]
    TooLarge(usize),
    /// Not a component.
    #[error("this is {0}; `gonogo plugin build` makes a component")]
    NotAComponent(&'static str),
    /// Damaged, or of features that are off.
    #[error("the component does not compile")]
    Compile(#[source] wasmtime::Error),
    /// Compiling it met a limit.
    #[error("compiling the plugin takes more than {0}, which is all that a plugin may take")]
    TooMuch(String),
    /// The child that compiles did not even start.
    #[error("cannot run {program}, which compiles plugins in a process of its own")]
    Compiler {
        /// The program.
        program: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The child that compiles ended in a way that is no answer.
    #[error("the compiler broke off ({how}): {}", if said.is_empty() { "it says nothing" } else { said })]
    Broke {
        /// The signal or the exit code.
        how: String,
        /// What it said.
        said: String,
    },
    /// Made for another contract.
    #[error("the plugin imports {import}, which this gonogo does not offer: it offers {CONTRACT}")]
    Import {
        /// What the plugin wants.
        import: String,
    },
    /// It does not export what a plugin exports.
    #[error("the plugin exports {found}, where this gonogo needs {CONTRACT}'s interface checks")]
    Export {
        /// What it exports.
        found: String,
    },
    /// It does not fit in some other way.
    #[error("the plugin does not fit the contract {CONTRACT}")]
    Contract(#[source] wasmtime::Error),
    /// It broke while it described itself.
    #[error("the plugin does not describe itself: {0}")]
    Describe(String),
}

/// What a store holds.
struct State {
    host: Host,
    limiter: Limiter,
    /// Made when a guest first asks for something of WASI.
    wasi: Option<Box<Wasi>>,
}

/// A compiled plugin, ready to be run.
pub struct Loaded {
    pre: PluginPre<State>,
    /// Interfaces that the component imports.
    pub imports: Vec<String>,
}

impl Loaded {
    /// What a plugin says of itself, as it says it. It runs with no grant.
    ///
    /// # Errors
    /// Where it traps, takes too long or says too much.
    fn describe(&self, name: &str, surroundings: &Surroundings) -> Result<checks::Description, Error> {
        let session = Session::new(Mode::Closed, DESCRIBE_TIMEOUT, Trace::default());
        let host = Host::new(format!("describe {name}"), surroundings, &[], session);
        let mut store = self.store(host, DESCRIBE_TIMEOUT);
        let described = self
            .pre
            .instantiate(&mut store)
            .and_then(|plugin| plugin.gonogo_plugin_checks().call_describe(&mut store));
        described.map_err(|error| {
            let state = store.into_data();
            state.host.journal.finish();
            Error::Describe(outcome::broken(&error, &state.host, state.limiter.met, DESCRIBE_TIMEOUT))
        })
    }

    /// Runs one job to its outcome. `trace` shows where it stands, and holds what was recorded.
    pub fn run(
        &self,
        name: &str,
        job: &Job,
        surroundings: &Surroundings,
        mode: Mode,
        trace: &Trace,
    ) -> Outcome {
        self.measure(name, job, surroundings, mode, trace).0
    }

    /// Runs one job to its outcome, as [`Loaded::run`] does, and says what it took.
    pub fn measure(
        &self,
        name: &str,
        job: &Job,
        surroundings: &Surroundings,
        mode: Mode,
        trace: &Trace,
    ) -> (Outcome, Spent) {
        let began = Instant::now();
        let mut spent = Spent::default();
        let session = Session::new(mode, job.timeout, trace.clone());
        let host = Host::new(name.to_owned(), surroundings, &job.authorities, session);
        let mut store = self.store(host, job.timeout);
        let parameters = job.parameters.to_string();
        let ran = self.pre.instantiate(&mut store).and_then(|plugin| {
            spent.start = began.elapsed();
            let checks = plugin.gonogo_plugin_checks();
            checks.call_run(&mut store, job.check.name(), &parameters)
        });
        spent.call = began.elapsed().saturating_sub(spent.start);
        let State { host, limiter, .. } = store.into_data();
        spent.memory = limiter.memory();
        host.journal.finish();
        let outcome = match ran {
            Ok(answer) => outcome::accept(answer, &host, job.timeout),
            Err(error) => Outcome::unknown(outcome::broken(&error, &host, limiter.met, job.timeout)),
        };
        (outcome, spent)
    }

    fn store(&self, host: Host, timeout: Duration) -> Store<State> {
        let state = State { host, limiter: Limiter::default(), wasi: None };
        let mut store = Store::new(self.pre.engine(), state);
        store.limiter(|state| &mut state.limiter);
        store.set_hostcall_fuel(CALL_BYTES);
        store.set_max_component_handles(HANDLES);
        store.set_epoch_deadline(engine::ticks(timeout));
        store.epoch_deadline_trap();
        store
    }
}

/// What a job took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// From nothing to an instance that can be called.
    pub start: Duration,
    /// The check itself.
    pub call: Duration,
    /// Bytes of linear memory, at most.
    pub memory: usize,
}

/// Locked while the plugin is compiled, so that whoever else needs it waits.
type Slot = Arc<Mutex<Option<Arc<Loaded>>>>;

/// Runs plugins. The sandbox is started when something is to run in it: what plugins say of themselves was kept, and is read without it.
pub struct Runtime {
    sandbox: OnceLock<Sandbox>,
    /// Held by who starts it.
    starting: Mutex<()>,
    compiler: Compiler,
    cache: Option<Cache>,
    loaded: Mutex<HashMap<String, Slot>>,
}

/// What plugins run in.
struct Sandbox {
    engine: Engine,
    linker: Linker<State>,
    /// The same with WASI. Made when a plugin first imports it: nobody else should pay for it.
    with_wasi: OnceLock<Linker<State>>,
    /// Which compiled code is for this engine. Whether it is for this processor, wasmtime asks the code itself.
    fingerprint: String,
}

impl Sandbox {
    fn new(jobs: usize) -> Result<Self, Error> {
        let engine = engine::engine(jobs).map_err(Error::Engine)?;
        let mut linker = Linker::new(&engine);
        Plugin::add_to_linker::<_, HasSelf<Host>>(&mut linker, |state: &mut State| &mut state.host)
            .map_err(Error::Engine)?;
        let mut fingerprint = Fingerprint(blake3::Hasher::new());
        engine.precompile_compatibility_hash().hash(&mut fingerprint);
        let fingerprint = fingerprint.0.finalize().to_hex()[..16].to_owned();
        Ok(Self { engine, linker, with_wasi: OnceLock::new(), fingerprint })
    }

    /// Where compiled code is kept.
    fn entry(&self, sha256: &str) -> String {
        format!("{sha256}-{}.code", self.fingerprint)
    }

    fn with_wasi(&self) -> Result<&Linker<State>, Error> {
        if self.with_wasi.get().is_none() {
            // Where two threads come here at once, one does it for nothing.
            let _ = self.with_wasi.set(wasi::linker(&self.linker).map_err(Error::Engine)?);
        }
        Ok(self.with_wasi.get().unwrap_or(&self.linker))
    }

    fn link(&self, component: &Component) -> Result<Loaded, Error> {
        let names = component.component_type();
        let imports = names.imports(&self.engine).map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
        if let Some(import) = imports.iter().find(|import| !offered(import) && !wasi::offered(import)) {
            return Err(Error::Import { import: import.clone() });
        }
        let checks = format!("{}/checks@{}", package().0, package().1);
        let mut exports = names.exports(&self.engine).map(|(name, _)| name.to_owned());
        if !exports.any(|name| name == checks) {
            let exports = names.exports(&self.engine).map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
            let found = if exports.is_empty() { "nothing".to_owned() } else { exports.join(", ") };
            return Err(Error::Export { found });
        }
        let linker =
            if imports.iter().any(|import| wasi::is_wasi(import)) { self.with_wasi()? } else { &self.linker };
        let pre = linker.instantiate_pre(component).and_then(PluginPre::new).map_err(Error::Contract)?;
        Ok(Loaded { pre, imports })
    }

    #[expect(
        unsafe_code,
        reason = "compiled code is trusted as far as the cache's keyed hash, which only this user can make"
    )]
    fn deserialize(&self, code: &[u8]) -> wasmtime::Result<Component> {
        // SAFETY: `Cache::get_file` gives back only what `Runtime::compile` wrote under this plugin's digest and this engine's fingerprint, and
        // what it gives was made for this process just now.
        unsafe { Component::deserialize(&self.engine, code) }
    }
}

impl Runtime {
    /// Compiles in this process and keeps what it compiles in `cache`.
    pub fn new(cache: Option<Cache>) -> Self {
        Self::with(cache, Compiler::Here)
    }

    /// Lets `compiler` compile what is not part of this program, and keeps all code in `cache`.
    pub fn with(cache: Option<Cache>, compiler: Compiler) -> Self {
        let (sandbox, starting, loaded) = (OnceLock::new(), Mutex::default(), Mutex::default());
        Self { sandbox, starting, compiler, cache, loaded }
    }

    /// Starts the sandbox for so many jobs in all, if it is not started yet.
    ///
    /// # Errors
    /// Where this machine cannot run WebAssembly.
    pub fn start(&self, jobs: usize) -> Result<(), Error> {
        self.started(jobs).map(|_| ())
    }

    fn sandbox(&self) -> Result<&Sandbox, Error> {
        self.started(usize::MAX)
    }

    fn started(&self, jobs: usize) -> Result<&Sandbox, Error> {
        if let Some(sandbox) = self.sandbox.get() {
            return Ok(sandbox);
        }
        let _alone = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        match self.sandbox.get() {
            Some(sandbox) => Ok(sandbox),
            None => Sandbox::new(jobs).map(|sandbox| self.sandbox.get_or_init(|| sandbox)),
        }
    }

    fn keep(&self, entry: &str, content: &[u8]) {
        if let Some(cache) = &self.cache {
            cache.put(entry, content);
        }
    }

    /// The plugin, compiled: at once where the cache has it, else `compiling` is told first. Two jobs that need it at once wait for one compile.
    ///
    /// # Errors
    /// Where the bytes are no plugin of this contract.
    pub fn load(
        &self,
        sha256: &str,
        bytes: &(impl AsRef<[u8]> + ?Sized),
        compiling: impl FnOnce(),
    ) -> Result<Arc<Loaded>, Error> {
        let slot = self.slot(sha256);
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = &*slot {
            return Ok(Arc::clone(loaded));
        }
        let sandbox = self.sandbox()?;
        let component = if let Some(component) = self.compiled(sandbox, sha256) {
            component
        } else {
            compiling();
            let code = self.compile(sha256, bytes.as_ref())?;
            match self.compiled(sandbox, sha256) {
                Some(component) => component,
                // Also what compiles may ask for more than a job can have.
                None => sandbox.deserialize(&code).map_err(Error::Compile)?,
            }
        };
        let made = Arc::new(sandbox.link(&component)?);
        *slot = Some(Arc::clone(&made));
        Ok(made)
    }

    fn slot(&self, sha256: &str) -> Slot {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(loaded.entry(sha256.to_owned()).or_default())
    }

    /// From the cache, mapped: of a large plugin most code is never touched.
    #[expect(
        unsafe_code,
        reason = "compiled code is trusted as far as the cache's keyed hash, which only this user can make"
    )]
    fn compiled(&self, sandbox: &Sandbox, sha256: &str) -> Option<Component> {
        let kept = self.cache.as_ref()?.get_file(&sandbox.entry(sha256))?;
        // SAFETY: `Cache::get_file` gives back only what `compile` below wrote under this plugin's digest and this engine's fingerprint, and
        // nobody but this user, who could as well change this process, can change the file.
        let component = unsafe { Component::deserialize_file(&sandbox.engine, kept.path()) };
        component
            .inspect_err(|error| tracing::debug!("compiled code cannot be mapped: {error:#}"))
            .ok()
            // A file system without permission to execute still gives bytes.
            .or_else(|| sandbox.deserialize(&kept.content()?).ok())
    }

    /// Compiles a plugin, whether it was compiled before or not, and keeps the code, which it gives back.
    ///
    /// # Errors
    /// Where the bytes are no component, or take too much to compile.
    pub fn compile(&self, sha256: &str, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        if bytes.len() > PLUGIN_BYTES {
            return Err(Error::TooLarge(bytes.len()));
        }
        match bytes {
            [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => {}
            [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => return Err(Error::NotAComponent("a core module")),
            [0x7f, b'E', b'L', b'F', ..] => return Err(Error::NotAComponent("native code")),
            _ => return Err(Error::NotAComponent("not WebAssembly")),
        }
        let code = match &self.compiler {
            Compiler::Apart(apart) if !is_built_in(sha256, bytes) => {
                apart.compile(bytes, engine::address_space_is_bounded())?
            }
            _ => engine::compiler(engine::address_space_is_bounded())
                .map_err(Error::Engine)?
                .precompile_component(bytes)
                .map_err(Error::Compile)?,
        };
        self.keep(&self.sandbox()?.entry(sha256), &code);
        Ok(code)
    }

    /// What a plugin is: from the cache, or by asking it.
    ///
    /// # Errors
    /// Where the bytes are no plugin of this contract, or it does not describe itself as the contract asks.
    pub fn description(
        &self,
        found: &Found,
        surroundings: &Surroundings,
        compiling: impl FnOnce(),
    ) -> Result<Description, Error> {
        let entry = format!("{}.described-{}", found.sha256, env!("CARGO_PKG_VERSION"));
        let kept = self.cache.as_ref().and_then(|cache| cache.get(&entry));
        if let Some(description) = kept.and_then(|kept| postcard::from_bytes(&kept).ok()) {
            return Ok(description);
        }
        let loaded = self.load(&found.sha256, &found.bytes, compiling)?;
        let said = loaded.describe(&found.name, surroundings)?;
        let description = described::valid(said.into(), loaded.imports.clone())
            .map_err(|error| Error::Describe(error.to_string()))?;
        if let Ok(content) = postcard::to_stdvec(&description) {
            self.keep(&entry, &content);
        }
        Ok(description)
    }
}

/// The contract's package and version.
fn package() -> (&'static str, &'static str) {
    CONTRACT.split_once('@').unwrap_or((CONTRACT, ""))
}

/// Whether these bytes are part of the program.
fn is_built_in(sha256: &str, bytes: &[u8]) -> bool {
    Found::built_in().any(|found| found.sha256 == sha256 && *found.bytes == *bytes)
}

/// Whether the host offers an interface of the contract of that name at all.
fn offered(import: &str) -> bool {
    let (package, version) = package();
    import.strip_prefix(package).and_then(|rest| rest.strip_prefix('/')).is_some_and(|rest| {
        let (interface, wanted) = rest.split_once('@').unwrap_or((rest, ""));
        wanted == version
            && ["types", "clock", "dataset", "environment", "files", "log", "process", "system"]
                .contains(&interface)
    })
}

/// A stable hash of whatever says what compiled code depends on.
struct Fingerprint(blake3::Hasher);

impl Hasher for Fingerprint {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}
