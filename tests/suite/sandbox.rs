//! Runs guests through the real runtime: alone, or as jobs of a run beside friendly ones.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, atomic::AtomicBool},
    time::{Duration, Instant},
};

use gonogo::{
    capabilities::{
        host::Surroundings,
        search_path::SearchPath,
        session::{Mode, Trace},
    },
    catalog::{Catalog, Check, Description, Found, Source},
    domain::{Authority, Decision, Grant, ItemId, Origin, Outcome, Report, Verdict},
    plan::{How, Item, Job, Plan, Task},
    run::{Answers, Context, Observer, Run, run as execute},
    runtime::{Error, Runtime},
    verdict::Ran,
};
use serde_json::json;

use super::guest::Guest;

/// What a hostile job gets: little, because most of the tests wait for its end.
pub const TIMEOUT: Duration = Duration::from_millis(300);

/// Beyond its timeout, what a job may take on a busy machine before it counts as hanging.
const SLACK: Duration = Duration::from_secs(20);

/// One engine for all tests, as a process has one.
pub static RUNTIME: LazyLock<Arc<Runtime>> = LazyLock::new(|| Arc::new(Runtime::new(None)));

static FRIENDLY: LazyLock<Vec<u8>> = LazyLock::new(|| Guest::new().build());

/// Bytes, before anybody asked what they are.
pub fn found(name: &str, bytes: &[u8]) -> Found {
    Found::new(name.to_owned(), Source::File(PathBuf::from(format!("{name}.wasm"))), bytes.to_vec().into())
}

/// The value of the variable `SECRET`, the only one in the environment.
pub const SECRET: &str = "correct-horse-battery-staple";

/// An environment of one variable, and the programs of this machine.
pub fn surroundings(project: &Path) -> Surroundings {
    let path = std::env::var_os("PATH").unwrap_or_default();
    Surroundings {
        project: project.into(),
        search_path: SearchPath::new(&path, project),
        variables: Arc::new([("SECRET".into(), SECRET.into())].into()),
        tables: Arc::default(),
    }
}

/// Asks a guest what it is.
pub fn describe(bytes: &[u8]) -> Result<Description, Error> {
    RUNTIME.description(&found("hostile", bytes), &surroundings(Path::new("/nowhere")), || {})
}

/// A job for a guest, with what it is granted and how long it may take.
#[derive(Clone)]
pub struct Attempt {
    bytes: Vec<u8>,
    check: &'static str,
    timeout: Duration,
    project: PathBuf,
    grants: Vec<Grant>,
}

impl Attempt {
    /// A job of this guest, with no grant, in a project that is not there.
    pub fn of(guest: &Guest) -> Self {
        Self {
            bytes: guest.build(),
            check: "check",
            timeout: TIMEOUT,
            project: "/nowhere".into(),
            grants: Vec::new(),
        }
    }

    /// Of a check of that name, whether the plugin has it or not.
    pub fn check(mut self, name: &'static str) -> Self {
        self.check = name;
        self
    }

    /// With this timeout.
    pub fn within(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// In this project.
    pub fn project(mut self, project: &Path) -> Self {
        project.clone_into(&mut self.project);
        self
    }

    /// With these grants.
    pub fn granted(mut self, grants: impl IntoIterator<Item = Grant>) -> Self {
        self.grants.extend(grants);
        self
    }

    /// The job, of the check of that id.
    pub fn job(&self, check: &str) -> Job {
        let authority =
            |grant| Authority { grant, parameter: "given".to_owned(), origin: Origin::Config { line: 1 } };
        Job {
            check: check.to_owned().try_into().unwrap(),
            parameters: json!({}),
            authorities: self.grants.iter().cloned().map(authority).collect(),
            timeout: self.timeout,
            exclusive: false,
        }
    }

    /// Runs it on this thread, nothing beside it.
    pub fn alone(&self) -> Outcome {
        let found = found("hostile", &self.bytes);
        let loaded = RUNTIME.load(&found.sha256, &found.bytes, || {}).unwrap();
        let surroundings = surroundings(&self.project);
        let job = self.job("hostile/check");
        loaded.run("hostile.alone", &job, &surroundings, Mode::Live, &Trace::default())
    }

    /// Runs it beside friendly jobs, which must end as ever, and gives its outcome.
    pub fn outcome(&self) -> Outcome {
        let hostile = "hostile.beside".to_owned();
        let mut run = beside([(hostile.as_str(), self)], 2);
        let ran = run.ran.remove(&ItemId::try_from(hostile).unwrap()).unwrap();
        assert!(ran.duration < self.timeout + SLACK, "it took {:?}", ran.duration);
        ran.outcome
    }

    /// Runs it beside friendly jobs: it must end as unknown, for a reason that has all these words, which cannot be GO.
    pub fn ends_unknown(&self, words: &[&str]) -> Report {
        let outcome = self.outcome();
        assert_eq!(Verdict::from(&outcome).decision(true), Decision::Incomplete, "{outcome:?}");
        let Outcome::Unknown { reason, report } = outcome else { panic!("not unknown: {outcome:?}") };
        for word in words {
            assert!(reason.contains(word), "'{word}' is not in: {reason}");
        }
        report
    }

    /// Runs it beside friendly jobs: it must have judged.
    pub fn judges(&self) -> Report {
        match self.outcome() {
            Outcome::Judged(report) => report,
            other => panic!("did not judge: {other:?}"),
        }
    }
}

/// Runs these and two friendly jobs for each, `jobs` at once, and holds the friendly ones to their outcome.
pub fn beside<'a>(attempts: impl IntoIterator<Item = (&'a str, &'a Attempt)>, jobs: usize) -> Run {
    let attempts = attempts.into_iter().collect::<Vec<_>>();
    let mut catalog = Catalog::default();
    let mut items = Vec::new();
    let friendly = Attempt {
        bytes: FRIENDLY.clone(),
        check: "check",
        timeout: SLACK,
        project: "/nowhere".into(),
        grants: Vec::new(),
    };
    for (number, (id, attempt)) in attempts.iter().enumerate() {
        let hostile = format!("hostile-{number}");
        catalog.plugins.insert(hostile.clone(), plugin(&hostile, &attempt.bytes));
        items.push(item(id, attempt.job(&format!("{hostile}/{}", attempt.check))));
        for at in ["first", "second"] {
            items.push(item(&format!("friendly.{at}-{number}"), friendly.job("friendly/check")));
        }
    }
    catalog.plugins.insert("friendly".to_owned(), plugin("friendly", &friendly.bytes));
    let project = attempts.first().map_or("/nowhere".into(), |(_, attempt)| attempt.project.clone());
    let context = Context {
        catalog: Arc::new(catalog),
        runtime: Arc::clone(&RUNTIME),
        surroundings: Arc::new(surroundings(&project)),
        jobs,
        answers: Answers::Live,
    };
    let plan = Arc::new(Plan { project, profile: "hostile".to_owned(), items });
    let longest = attempts.iter().map(|(_, attempt)| attempt.timeout).max().unwrap_or_default();
    let started = Instant::now();
    let run = execute(&plan, &context, &Nobody, &AtomicBool::new(false)).unwrap();
    assert!(started.elapsed() < longest * attempts.len() as u32 + SLACK, "the run hung");
    assert_eq!(run.ran.len(), plan.items.len(), "every job has an outcome");
    // Each thread of the run holds the plan.
    while Arc::strong_count(&plan) > 1 {
        assert!(started.elapsed() < longest * attempts.len() as u32 + SLACK * 2, "a thread of the run stays");
        std::thread::sleep(Duration::from_millis(1));
    }
    for (id, ran) in run.ran.iter().filter(|(id, _)| id.as_str().starts_with("friendly.")) {
        assert_eq!(ran.outcome, Outcome::Judged(super::guest::report("fine")), "{id}");
    }
    run
}

/// A plugin that nobody asks what it is: its description is made up, so that a job of it runs.
fn plugin(name: &str, bytes: &[u8]) -> gonogo::catalog::Plugin {
    let check = Check {
        name: "check".to_owned(),
        summary: "Something holds".to_owned(),
        documentation: String::new(),
        parameters: json!({"type": "object"}).into(),
        commands: Vec::new(),
        timeout: None,
        exclusive: false,
    };
    found(name, bytes).described(Description {
        version: "1.0.0".to_owned(),
        summary: "A guest".to_owned(),
        imports: Vec::new(),
        checks: vec![check],
    })
}

fn item(id: &str, job: Job) -> Item {
    Item {
        id: id.to_owned().try_into().unwrap(),
        title: "A job".to_owned(),
        how: How::Auto,
        required: true,
        needs: Vec::new(),
        owner: None,
        overridden: Vec::new(),
        task: Task::Job(job),
    }
}

struct Nobody;

impl Observer for Nobody {
    fn started(&self, _: &ItemId) {}
    fn finished(&self, _: &ItemId, _: &Ran) {}
    fn compiling(&self, _: &str) {}
}
