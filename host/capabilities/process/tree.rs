//! Every process that comes from a command, and the end of them all.
//!
//! The host makes itself the reaper of its descendants: a process whose parent has ended becomes the host's child, however often
//! it forked and whatever session it went to. So each process of a run is below one of the host's children, and only those
//! have to be told apart: by the run's session, or by a mark in the environment they were started with. A child that shows neither
//! (it left the session and cleared its environment) is ended with the last of the runs that it can belong to.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Mutex, MutexGuard, Once, PoisonError},
    time::{Duration, Instant},
};

use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, getpid, getsid, kill_process, pidfd_open, pidfd_send_signal,
    set_child_subreaper, waitpid,
};

/// The variable that marks the processes of one run.
pub const MARK: &str = "GONOGO_RUN";

/// How long it is tried to end a tree: a process in an uninterruptible wait (a dead network filesystem) cannot be ended at all.
const PATIENCE: Duration = Duration::from_secs(2);

/// Between two looks at a tree that was told to end.
const PAUSE: Duration = Duration::from_millis(1);

/// Runs between their beginning and their end.
static LIVE: Mutex<Live> = Mutex::new(Live { last: 0, runs: BTreeMap::new() });

struct Live {
    last: u64,
    /// The first process of each run, once it is started.
    runs: BTreeMap<u64, Option<i32>>,
}

fn live() -> MutexGuard<'static, Live> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One run of a command. Its processes are ended when it is dropped, if not before.
pub struct Run {
    number: u64,
    root: Option<i32>,
    ended: bool,
}

impl Run {
    /// To be called before the command is started, so that nothing of it is taken for somebody else's.
    pub fn begin() -> Self {
        static REAPER: Once = Once::new();
        // Where the kernel refuses, daemons that leave their session escape, as they would from any other program.
        REAPER.call_once(|| {
            set_child_subreaper(Some(getpid())).ok();
        });
        let mut live = live();
        live.last += 1;
        let number = live.last;
        live.runs.insert(number, None);
        Self { number, root: None, ended: false }
    }

    /// The value of [`MARK`] in the environment of this run's processes.
    pub fn mark(&self) -> String {
        format!("{}.{}", getpid().as_raw_nonzero(), self.number)
    }

    /// Says which process the run began with. It leads a session of its own.
    /// Its status must not be taken before [`end`](Self::end).
    pub fn started(&mut self, process: u32) {
        self.root = i32::try_from(process).ok();
        live().runs.insert(self.number, self.root);
    }

    /// Ends every process of this run that is still there. The first one's status stays for whoever started it.
    pub fn end(&mut self) {
        if self.ended {
            return;
        }
        self.ended = true;
        let mark = format!("{MARK}={}", self.mark());
        let patience = Instant::now() + PATIENCE;
        loop {
            let mut left = false;
            {
                // Held while looking: a run that begins meanwhile waits, and what it starts is not seen.
                let live = live();
                let alone = live.runs.len() == 1;
                let roots: Vec<i32> = live.runs.values().flatten().copied().collect();
                for child in children(own()) {
                    let mine = Some(child) == self.root
                        || !roots.contains(&child) && self.adopted(child, &mark, alone);
                    if mine {
                        left |= end(child, own(), Some(child) != self.root);
                    }
                }
            }
            if !left || Instant::now() >= patience {
                break;
            }
            std::thread::sleep(PAUSE);
        }
        live().runs.remove(&self.number);
    }

    /// Whether a child of the host that is no run's first process belongs to this run.
    fn adopted(&self, child: i32, mark: &str, alone: bool) -> bool {
        let of = session(child);
        // The host's other children stay in its session.
        if of.is_none() || of == session(own()) {
            return false;
        }
        of == self.root
            || match environment(child) {
                Some(variables) if variables.iter().any(|variable| variable == mark.as_bytes()) => true,
                Some(variables) if variables.iter().any(|variable| variable.starts_with(MARK.as_bytes())) => {
                    false
                }
                _ => alone,
            }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.end();
    }
}

/// Ends every process that any run has started: for the end of the program. Runs that wait for them go on and find them ended.
pub fn end_all() {
    let patience = Instant::now() + PATIENCE;
    loop {
        let mut left = false;
        {
            let live = live();
            for child in children(own()) {
                let root = live.runs.values().flatten().any(|root| *root == child);
                let adopted = session(child).is_some() && session(child) != session(own());
                if root || adopted {
                    left |= end(child, own(), false);
                }
            }
        }
        if !left || Instant::now() >= patience {
            return;
        }
        std::thread::sleep(PAUSE);
    }
}

/// Kills a process and all below it, and gives whether any was alive. With `reap`, takes the status of one that has ended: it was
/// adopted, and nobody else waits for it.
fn end(process: i32, parent: i32, reap: bool) -> bool {
    // The parent first, so that it starts no others; then what was below it, some of which the host has adopted by then.
    let below = children(process);
    let mut left = kill(process, parent);
    for child in below {
        left |= end(child, process, false);
    }
    if reap && let Some(pid) = Pid::from_raw(process) {
        // Gone already, or not yet ended: the next look tells.
        waitpid(Some(pid), WaitOptions::NOHANG).ok();
    }
    left
}

/// Kills a process if it is (still) a child of `parent` or of the host, and gives whether it was alive.
fn kill(process: i32, parent: i32) -> bool {
    let Some(pid) = Pid::from_raw(process) else { return false };
    // The descriptor stays with this process: its number could be another's by the time of the signal.
    let held = pidfd_open(pid, PidfdFlags::empty());
    match state(process) {
        Some((state, of)) if !matches!(state, 'Z' | 'X') && (of == parent || of == own()) => {
            // What may not be killed (it became another user) is alive at the next look, until patience ends.
            held.map_or_else(
                |_| kill_process(pid, Signal::KILL),
                |held| pidfd_send_signal(held, Signal::KILL),
            )
            .ok();
            true
        }
        _ => false,
    }
}

/// The host's own process.
pub fn own() -> i32 {
    getpid().as_raw_nonzero().get()
}

fn session(process: i32) -> Option<i32> {
    // Of an own child, so a zombie's number is not another's yet.
    Pid::from_raw(process)
        .and_then(|pid| getsid(Some(pid)).ok())
        .map(|session| session.as_raw_nonzero().get())
}

/// The variables that a process was started with; `None` where they cannot be read or there are none.
fn environment(process: i32) -> Option<Vec<Vec<u8>>> {
    let bytes = fs::read(format!("/proc/{process}/environ")).ok()?;
    let variables: Vec<_> =
        bytes.split(|byte| *byte == 0).filter(|v| !v.is_empty()).map(<[u8]>::to_vec).collect();
    (!variables.is_empty()).then_some(variables)
}

/// State and parent of a process.
fn state(process: i32) -> Option<(char, i32)> {
    let text = fs::read(format!("/proc/{process}/stat")).ok()?;
    let text = String::from_utf8_lossy(&text);
    // The name, in parentheses, can contain anything.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// The children of a process, of all its threads.
pub fn children(process: i32) -> Vec<i32> {
    children_by_thread(process).unwrap_or_else(|| children_by_walk(process))
}

/// As the kernel lists them, where it was built to; `None` where not.
fn children_by_thread(process: i32) -> Option<Vec<i32>> {
    let mut children = Vec::new();
    let mut listed = false;
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return Some(children) };
    for thread in threads.flatten() {
        // A thread can end meanwhile: its children are another's then, and the next look finds them.
        if let Ok(text) = fs::read_to_string(thread.path().join("children")) {
            listed = true;
            children.extend(text.split_whitespace().filter_map(|id| id.parse::<i32>().ok()));
        }
    }
    listed.then_some(children)
}

/// Out of all processes.
fn children_by_walk(process: i32) -> Vec<i32> {
    let Ok(all) = fs::read_dir("/proc") else { return Vec::new() };
    all.flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter(|id| state(*id).is_some_and(|(_, parent)| parent == process))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_find_a_child() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let id = child.id().cast_signed();
        assert!(children(own()).contains(&id));
        assert!(children_by_walk(own()).contains(&id));
        assert_eq!(session(id), session(own()));
        assert_eq!(state(id).map(|(_, parent)| parent), Some(own()));
        assert!(kill(id, own()));
        child.wait().unwrap();
        assert!(!kill(id, own()));
    }
}
