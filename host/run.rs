//! Executes a plan: order, parallelism, deadlines, cancellation.
//!
//! Each job runs on a thread of its own, because most of a job is waiting; `jobs` says how many at once. The threads are not joined: when
//! the run is cancelled, what is known by then is what counts.

use std::{
    collections::{BTreeMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    capabilities::{
        host::Surroundings,
        session::{Call, Mode},
    },
    catalog::Catalog,
    domain::{ItemId, Outcome, Verdict, limits::THREAD_STACK_BYTES},
    plan::{Plan, Task},
    runtime::Runtime,
    verdict::Ran,
};

/// How often a cancellation is looked for.
const CANCELLATION: Duration = Duration::from_millis(20);

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
}

enum Event {
    Started(usize),
    Compiling(String),
    Finished(usize, Ran, Vec<Call>),
}

/// Jobs that may begin, taken by whichever thread is free.
#[derive(Default)]
struct Queue {
    jobs: Mutex<VecDeque<usize>>,
    closed: AtomicBool,
    more: Condvar,
}

impl Queue {
    fn push(&self, job: usize) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).push_back(job);
        self.more.notify_one();
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
    let mut state = Schedule::new(plan);
    let queue = Arc::new(Queue::default());
    let _closing = Closing(&queue);
    let (events, arriving) = mpsc::channel();
    let most = context.jobs.clamp(1, state.jobs.max(1));
    let mut threads = 0;
    let mut run = Run::default();
    loop {
        for job in state.ready(plan, &run.ran) {
            if threads < most && threads <= state.running {
                spawn(plan, context, &queue, &events)?;
                threads += 1;
            }
            state.running += 1;
            queue.push(job);
        }
        if state.running == 0 {
            break;
        }
        match arriving.recv_timeout(CANCELLATION) {
            Ok(Event::Started(job)) => observer.started(&plan.items[job].id),
            Ok(Event::Compiling(plugin)) => observer.compiling(&plugin),
            Ok(Event::Finished(job, ran, calls)) => {
                let id = &plan.items[job].id;
                observer.finished(id, &ran);
                state.running -= 1;
                run.ran.insert(id.clone(), ran);
                run.calls.insert(id.clone(), calls);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if cancelled.load(Ordering::Relaxed) {
            run.cancelled = true;
            break;
        }
    }
    Ok(run)
}

/// Which jobs are waiting for what.
struct Schedule {
    waiting: Vec<usize>,
    exclusive: VecDeque<usize>,
    running: usize,
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
        Self { jobs: waiting.len() + exclusive.len(), waiting, exclusive, running: 0 }
    }

    /// Takes out the jobs that may begin now: those whose needs hold; then, when nothing else runs or can run, one that measures speed.
    fn ready(&mut self, plan: &Plan, ran: &BTreeMap<ItemId, Ran>) -> Vec<usize> {
        let (ready, waiting) = self.waiting.iter().partition::<Vec<_>, _>(|&&job| needs_hold(plan, job, ran));
        self.waiting = waiting;
        if ready.is_empty() && self.running == 0 {
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

fn spawn(
    plan: &Arc<Plan>,
    context: &Context,
    queue: &Arc<Queue>,
    events: &Sender<Event>,
) -> std::io::Result<()> {
    let (plan, context, queue, events) =
        (Arc::clone(plan), context.clone(), Arc::clone(queue), events.clone());
    let work = move || {
        while let Some(at) = queue.next() {
            if events.send(Event::Started(at)).is_err() {
                break;
            }
            let start = Instant::now();
            let ended = catch_unwind(AssertUnwindSafe(|| execute(&plan, at, &context, &events)));
            let (outcome, calls) = ended.unwrap_or_else(|_| {
                (
                    Outcome::unknown("the host panicked while it ran this job: this is a bug of gonogo"),
                    Vec::new(),
                )
            });
            let ran = Ran { outcome, duration: start.elapsed() };
            if events.send(Event::Finished(at, ran, calls)).is_err() {
                break;
            }
        }
    };
    thread::Builder::new().name("job".to_owned()).stack_size(THREAD_STACK_BYTES).spawn(work).map(|_| ())
}

fn execute(plan: &Plan, at: usize, context: &Context, events: &Sender<Event>) -> (Outcome, Vec<Call>) {
    let item = &plan.items[at];
    let Task::Job(job) = &item.task else {
        return (Outcome::unknown("this item has no job"), Vec::new());
    };
    let Some((plugin, _)) = context.catalog.check(&job.check) else {
        return (Outcome::unknown(format!("there is no check {}", job.check)), Vec::new());
    };
    let mode = match &context.answers {
        Answers::Live => Mode::Live,
        Answers::Record => Mode::Record,
        Answers::Replay(calls) => Mode::Replay(calls.get(&item.id).cloned().unwrap_or_default()),
    };
    // A closed channel means that the run was cancelled: nobody needs to know.
    let compiling = || drop(events.send(Event::Compiling(plugin.name.clone())));
    match context.runtime.load(&plugin.sha256, &plugin.bytes, compiling) {
        Ok(loaded) => context.runtime.run(item.id.as_str(), &loaded, job, &context.surroundings, mode),
        Err(error) => {
            (Outcome::unknown(format!("the plugin {} cannot be used: {error}", plugin.name)), Vec::new())
        }
    }
}
