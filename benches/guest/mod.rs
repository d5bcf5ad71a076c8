//! The smallest plugin there can be: a core module that speaks the canonical ABI by hand, so that what is measured is the host.
//!
//! Its answer is a report that says nothing, which in memory is all zeros. Before it answers it does one host call, as often as asked.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use gonogo::{
    capabilities::{
        host::Surroundings,
        search_path::SearchPath,
        session::{Mode, Trace},
    },
    catalog::{Found, Source},
    domain::{Authority, CheckId, Grant, Origin, Outcome},
    plan::Job,
    runtime::{Loaded, Runtime},
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A guest that does one host call `times` times, then answers.
///
/// `import` declares it as the function `$call`; `call` is its use, with the path or words that it needs in `data`, which lies at 64;
/// what it returns through memory goes to 16.
pub fn component(import: &str, data: &str, call: &str, times: u32) -> Vec<u8> {
    let text = format!(
        r#"(module
        {import}
        (memory (export "memory") 4)
        (data (i32.const 64) "{data}")
        (global $heap (mut i32) (i32.const 4096))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
          (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
          (global.set $heap (i32.add (local.get $at) (local.get 3)))
          (local.get $at))
        (func (export "gonogo:plugin/checks@0.1.0#describe") (result i32) unreachable)
        (func (export "gonogo:plugin/checks@0.1.0#run") (param i32 i32 i32 i32) (result i32) (local $left i32)
          (local.set $left (i32.const {times}))
          (block $done (loop $again
            (br_if $done (i32.eqz (local.get $left)))
            (global.set $heap (i32.const 4096))
            {call}
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            (br $again)))
          (memory.fill (i32.const 0) (i32.const 0) (i32.const 64))
          (i32.const 0)))"#
    );
    let mut module = wat::parse_str(&text).unwrap();
    let mut resolve = Resolve::default();
    resolve.push_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("wit")).unwrap();
    let package = resolve.push_str("wasi.wit", include_str!("../../tests/suite/wasi.wit")).unwrap();
    let world = resolve.select_world(&[package], Some("guest")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

/// A sandbox with one plugin in it.
pub struct Bench {
    loaded: Arc<Loaded>,
    surroundings: Surroundings,
    job: Job,
}

impl Bench {
    /// A sandbox that keeps nothing, with this component and a job for its check, which may do what the grants say.
    pub fn new(component: Vec<u8>, check: &str, grants: Vec<Grant>) -> Self {
        let runtime = Runtime::new(None);
        let found = Found::new("bench".to_owned(), Source::BuiltIn, component.into());
        let loaded = runtime.load(&found.sha256, &found.bytes, || {}).unwrap();
        let project = PathBuf::from("/");
        let search_path = SearchPath::new(OsStr::new("/usr/bin:/bin"), &project);
        let surroundings = Surroundings {
            project: project.into_boxed_path(),
            search_path,
            variables: Arc::new(BTreeMap::new()),
            tables: Arc::default(),
        };
        let authority = |grant| Authority { grant, parameter: "bench".to_owned(), origin: Origin::Default };
        let job = Job {
            check: CheckId::try_from(check.to_owned()).unwrap(),
            parameters: serde_json::json!({}),
            authorities: grants.into_iter().map(authority).collect(),
            timeout: Duration::from_mins(1),
            exclusive: false,
        };
        Self { loaded, surroundings, job }
    }

    /// One job, from the compiled plugin to its outcome.
    pub fn run(&self, mode: Mode) -> Outcome {
        self.loaded.run("bench", &self.job, &self.surroundings, mode, &Trace::default())
    }

    /// The job's parameters.
    pub fn with(mut self, parameters: serde_json::Value) -> Self {
        self.job.parameters = parameters;
        self
    }
}
