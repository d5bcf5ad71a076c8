//! The program as people run it: on copies of the sample projects, with real environments and real faults.

// How the tests work.
pub mod scratch; // a copy of a sample project, its environment, and the program run on it
mod server; // files over HTTPS, and servers that misbehave
mod site; // a project that takes plugins in, and such plugins

// What must hold.
mod backups; // backups made by the real tools, whole and damaged
mod configuration; // gonogo.toml: every problem with its place, nothing selected, schemas
mod downloads; // plugins over HTTPS: fetched by their digest, kept, vendored
mod environments; // faults of a Python environment turn the right item
mod exit; // exit codes, pipes, files written whole
mod grants; // what a job may touch, and what comes of it when it tries more
#[cfg(target_os = "linux")]
mod machine; // faults of the machine turn the right item
mod plugins; // the built components: their cases, what they are
mod project; // faults of a project's own files turn the right item
mod recording; // record here, replay there
mod registry; // plugins and bundles in a real registry, and their signatures
#[cfg(feature = "dataset")]
mod remote; // tables of servers: granted, recorded, over in time
mod samples; // ready is GO, not-ready is NO-GO
mod security; // what must not be in a project turns the right item
mod sources; // plugins come in by consent, are held to gonogo.lock, and go again
mod stuck; // what hangs ends at its deadline; Ctrl-C ends at once
#[cfg(feature = "dataset")]
mod tables; // the answers of the engine of datasets are those of another engine
mod variables; // faults of the environment that a run starts in
