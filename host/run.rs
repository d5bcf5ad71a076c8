//! Executes a plan: order, parallelism, deadlines, cancellation.
//!
//! Each job runs on a thread of its own, because most of a job is waiting; `jobs` says how many at once. The threads are not joined: when
//! the run is cancelled, what is known by then is what counts, and a job that does not come back from a host call is given up with its thread.

use std::{
    collections::{BTreeMap, VecDeque},
    error::Error,
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    capabilities::{
        host::Surroundings,
        session::{Call, Mode, Trace},
    },
    catalog::Catalog,
    domain::{
        ItemId, Outcome, Verdict,
        limits::{GRACE, THREAD_STACK_BYTES},
    },
    plan::{Plan, Task},
    runtime::{self, Runtime},
    verdict::Ran,
};

/// How often a cancellation and jobs past their deadline are looked for.
const LOOK: Duration = Duration::from_millis(20);

/// How long threads may be silent while jobs wait before there are twice as many. Many jobs take less than this, and then a thread
/// for each core is best.
const PATIENCE: Duration = Duration::from_millis(2);

/// How many jobs run at once where nobody says otherwise. Most of a job is waiting for a disk, a child or a driver: the cores are busy
/// with far fewer, and the threads cost nothing while they wait.
pub const JOBS: u16 = 32;

/// Where the host's answers come from and go to.
#[derive(Clone, Debug)]
pub enum Answers {
    /// From this machine.
    Live,
    /// From this machine, and kept.
    Record,
    /// From a recording.
    Replay(BTreeMap<ItemId, Vec<Call>>),
}

/// Who wants to know how the run is getting on.
pub trait Observer {
    /// A job began.
    fn started(&self, item: &ItemId);
    /// A job ended.
    fn finished(&self, item: &ItemId, ran: &Ran);
    /// A plugin is being compiled, which takes a second or so and happens once.
    fn compiling(&self, plugin: &str);
}

/// What a run needs beside the plan.
#[derive(Clone)]
pub struct Context {
    /// The plugins.
    pub catalog: Arc<Catalog>,
    /// What runs them.
    pub runtime: Arc<Runtime>,
    /// The project and this process's surroundings.
    pub surroundings: Arc<Surroundings>,
    /// How many jobs at once, at least one.
    pub jobs: usize,
    /// Where answers come from.
    pub answers: Answers,
}

/// What a run gave.
#[derive(Debug, Default)]
pub struct Run {
    /// The items that ran.
    pub ran: BTreeMap<ItemId, Ran>,
    /// What was recorded, for each.
    pub calls: BTreeMap<ItemId, Vec<Call>>,
    /// Whether it was cancelled before all items were through.
    pub cancelled: bool,
    /// How many jobs were given up because they did not come back from a host call.
    pub stuck: usize,
}

/// What job threads have to tell. It is read when a thread finds nothing more to do, and every few milliseconds: to wake whoever reads for
/// each of a thousand short jobs would cost more than the jobs.
#[derive(Default)]
struct Board {
    told: Mutex<Told>,
    urgent: Condvar,
}

#[derive(Default)]
struct Told {
    events: Vec<Event>,
    urgent: bool,
}

impl Board {
    fn tell(&self, event: Event, urgent: bool) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.events.push(event);
        if urgent {
            told.urgent = true;
            self.urgent.notify_one();
        }
    }

    /// What was told, once something urgent was or the time is over.
    fn take(&self, within: Duration) -> Vec<Event> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let told = self.urgent.wait_timeout_while(told, within, |told| !told.urgent);
        let (mut told, _) = told.unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *told).events
    }
}

/// What a job thread tells.
enum Event {
    Compiling(String),
    /// The plugin is at hand: from now on the job's time runs.
    Started(usize, Trace),
    Finished(usize, Outcome, Duration),
}

/// A job that is running.
struct Running {
    since: Instant,
    trace: Trace,
}

/// Jobs that may begin, taken by whichever thread is free.
#[derive(Default)]
struct Queue {
    jobs: Mutex<VecDeque<usize>>,
    closed: AtomicBool,
    more: Condvar,
}

impl Queue {
    /// All at once: the threads that take them would wait for whoever puts in one by one.
    fn extend(&self, jobs: Vec<usize>) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).extend(jobs);
        self.more.notify_all();
    }

    /// Whether jobs wait for a thread.
    fn waits(&self) -> bool {
        !self.jobs.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    fn close(&self) {
        let _held = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        self.closed.store(true, Ordering::Relaxed);
        self.more.notify_all();
    }

    /// The next job, waited for; none once the run is over.
    fn next(&self) -> Option<usize> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |jobs: &mut VecDeque<usize>| jobs.is_empty() && !self.closed.load(Ordering::Relaxed);
        let mut jobs = self.more.wait_while(jobs, waits).unwrap_or_else(PoisonError::into_inner);
        if self.closed.load(Ordering::Relaxed) { None } else { jobs.pop_front() }
    }
}

/// Lets the threads end when the run does, however it ends.
struct Closing<'q>(&'q Queue);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Runs every job of the plan whose needs hold. Items that are not in the result were not asked.
///
/// # Errors
/// Where the system gives no thread.
pub fn run(
    plan: &Arc<Plan>,
    context: &Context,
    observer: &dyn Observer,
    cancelled: &AtomicBool,
) -> std::io::Result<Run> {
    let mut schedule = Schedule::new(plan);
    let queue = Arc::new(Queue::default());
    let _closing = Closing(&queue);
    let board = Arc::new(Board::default());
    let most = context.jobs.clamp(1, schedule.jobs.max(1));
    // So many threads are enough for now.
    let mut enough = match most {
        // To find out how many cores there are takes almost as long as to start a thread.
        1 => 1,
        _ => thread::available_parallelism().map_or(1, NonZero::get),
    };
    let mut threads = 0;
    let mut running = BTreeMap::<usize, Running>::new();
    let mut run = Run::default();
    loop {
        let ready = schedule.ready(plan, &run.ran);
        if !ready.is_empty() {
            schedule.begun += ready.len();
            queue.extend(ready);
        }
        while threads < most.min(enough).min(schedule.begun) {
            spawn(plan, context, &queue, &board)?;
            threads += 1;
        }
        if schedule.begun == 0 || cancelled.load(Ordering::Relaxed) {
            run.cancelled = schedule.begun > 0;
            for (job, Running { since, trace }) in running {
                let duration = since.elapsed();
                let outcome = runtime::interrupted(&trace, duration);
                run.keep(&plan.items[job].id, Ran { outcome, duration }, Some(trace), observer);
            }
            return Ok(run);
        }
        let waits = threads < most && queue.waits();
        let events = board.take(if waits { PATIENCE } else { LOOK });
        let quiet = !events.iter().any(|event| matches!(event, Event::Finished(..)));
        for event in events {
            match event {
                Event::Compiling(plugin) => observer.compiling(&plugin),
                Event::Started(job, trace) => {
                    observer.started(&plan.items[job].id);
                    running.insert(job, Running { since: Instant::now(), trace });
                }
                // A job that was given up may still come back; its outcome stands.
                Event::Finished(job, ..) if run.ran.contains_key(&plan.items[job].id) => {}
                Event::Finished(job, outcome, duration) => {
                    let trace = running.remove(&job).map(|running| running.trace);
                    schedule.begun -= 1;
                    run.keep(&plan.items[job].id, Ran { outcome, duration }, trace, observer);
                }
            }
        }
        if quiet && waits {
            // No thread came to an end of its job: they wait for something, so more of them can work.
            enough = threads * 2;
        } else if quiet {
            for job in overdue(plan, &running) {
                let Some(Running { since, trace }) = running.remove(&job) else { continue };
                let outcome = runtime::stuck(&trace, timeout(plan, job));
                schedule.begun -= 1;
                run.keep(
                    &plan.items[job].id,
                    Ran { outcome, duration: since.elapsed() },
                    Some(trace),
                    observer,
                );
                // Its thread is lost: another may take its place.
                threads -= 1;
                run.stuck += 1;
            }
        }
    }
}

impl Run {
    fn keep(&mut self, id: &ItemId, ran: Ran, trace: Option<Trace>, observer: &dyn Observer) {
        observer.finished(id, &ran);
        self.ran.insert(id.clone(), ran);
        self.calls.insert(id.clone(), trace.map(|trace| trace.take_calls()).unwrap_or_default());
    }
}

/// Jobs that should have ended a while ago.
fn overdue(plan: &Plan, running: &BTreeMap<usize, Running>) -> Vec<usize> {
    let late = |(job, running): (&usize, &Running)| {
        let allowed = timeout(plan, *job) + GRACE;
        (running.since.elapsed() > allowed).then_some(*job)
    };
    running.iter().filter_map(late).collect()
}

fn timeout(plan: &Plan, job: usize) -> Duration {
    match &plan.items[job].task {
        Task::Job(job) => job.timeout,
        _ => Duration::ZERO,
    }
}

/// Which jobs are waiting for what.
struct Schedule {
    waiting: Vec<usize>,
    exclusive: VecDeque<usize>,
    /// Queued or running.
    begun: usize,
    jobs: usize,
}

impl Schedule {
    fn new(plan: &Plan) -> Self {
        let jobs = |exclusive: bool| {
            let of_kind = move |task: &Task| matches!(task, Task::Job(job) if job.exclusive == exclusive);
            plan.items.iter().enumerate().filter(move |(_, item)| of_kind(&item.task)).map(|(at, _)| at)
        };
        let waiting = jobs(false).collect::<Vec<_>>();
        let exclusive = jobs(true).collect::<VecDeque<_>>();
        Self { jobs: waiting.len() + exclusive.len(), waiting, exclusive, begun: 0 }
    }

    /// Takes out the jobs that may begin now: those whose needs hold; then, when nothing else runs or can run, one that measures speed.
    fn ready(&mut self, plan: &Plan, ran: &BTreeMap<ItemId, Ran>) -> Vec<usize> {
        let (ready, waiting) = self.waiting.iter().partition::<Vec<_>, _>(|&&job| needs_hold(plan, job, ran));
        self.waiting = waiting;
        if ready.is_empty() && self.begun == 0 {
            let next = self.exclusive.iter().position(|&job| needs_hold(plan, job, ran));
            return next.and_then(|at| self.exclusive.remove(at)).into_iter().collect();
        }
        ready
    }
}

fn needs_hold(plan: &Plan, job: usize, ran: &BTreeMap<ItemId, Ran>) -> bool {
    plan.items[job].needs.iter().all(|need| match ran.get(need) {
        Some(ran) => Verdict::from(&ran.outcome).satisfies_need(),
        None => {
            plan.items.iter().any(|item| item.id == *need && matches!(item.task, Task::NotApplicable { .. }))
        }
    })
}

fn spawn(plan: &Arc<Plan>, context: &Context, queue: &Arc<Queue>, board: &Arc<Board>) -> std::io::Result<()> {
    let (plan, context, queue, board) =
        (Arc::clone(plan), context.clone(), Arc::clone(queue), Arc::clone(board));
    let work = move || {
        while let Some(at) = queue.next() {
            let start = Instant::now();
            let ended = catch_unwind(AssertUnwindSafe(|| execute(&plan, at, &context, &board)));
            let bug = || Outcome::unknown("the host panicked while it ran this job: this is a bug of gonogo");
            let outcome = ended.unwrap_or_else(|_| bug());
            board.tell(Event::Finished(at, outcome, start.elapsed()), !queue.waits());
        }
    };
    thread::Builder::new().name("job".to_owned()).stack_size(THREAD_STACK_BYTES).spawn(work).map(|_| ())
}

fn execute(plan: &Plan, at: usize, context: &Context, board: &Board) -> Outcome {
    let item = &plan.items[at];
    let Task::Job(job) = &item.task else {
        return Outcome::unknown("this item has no job");
    };
    let Some((plugin, _)) = context.catalog.check(&job.check) else {
        return Outcome::unknown(format!("there is no check {}", job.check));
    };
    let mode = match &context.answers {
        Answers::Live => Mode::Live,
        Answers::Record => Mode::Record,
        Answers::Replay(calls) => Mode::Replay(calls.get(&item.id).cloned().unwrap_or_default()),
    };
    let loaded = context
        .runtime
        .load(&plugin.sha256, &plugin.bytes, || board.tell(Event::Compiling(plugin.name.clone()), true));
    match loaded {
        Ok(loaded) => {
            let trace = Trace::default();
            board.tell(Event::Started(at, trace.clone()), false);
            loaded.run(item.id.as_str(), job, &context.surroundings, mode, &trace)
        }
        Err(error) => {
            let mut why = format!("the plugin {} cannot be used: {error}", plugin.name);
            let mut cause = error.source();
            while let Some(deeper) = cause {
                why.push_str(&format!(": {deeper}"));
                cause = deeper.source();
            }
            Outcome::unknown(why)
        }
    }
}
