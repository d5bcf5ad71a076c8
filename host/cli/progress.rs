//! What runs now, on a terminal; nothing anywhere else.
//!
//! The line appears only once a run takes longer than a blink, and is gone before the report is written.

use std::{
    collections::BTreeMap,
    io::IsTerminal,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    domain::{ItemId, duration},
    report::layout,
    run::Observer,
    verdict::Ran,
};

/// A run that is over by then shows nothing: a line that flashes is noise.
const QUIET: Duration = Duration::from_millis(200);

/// How often the line is drawn.
const TICK: Duration = Duration::from_millis(100);

/// How many running items are named.
const NAMED: usize = 3;

/// The line that says that a plugin is being compiled, and for how long by now. Dropping it takes the line away.
#[derive(Debug)]
pub struct Compiling(Option<ProgressBar>);

impl Compiling {
    /// Drawn on a terminal, from now on.
    pub fn new(plugin: &str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let template = "{spinner:.cyan} compiling the plugin {msg}, once … {elapsed}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.tick_chars(SPINNER));
            }
            bar.set_message(layout::cut(plugin, 40));
            bar.enable_steady_tick(TICK);
            bar
        });
        Self(bar)
    }
}

impl Drop for Compiling {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// What turns while something is waited for.
const SPINNER: &str = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ";

#[derive(Debug, Default)]
struct State {
    done: usize,
    running: BTreeMap<ItemId, Instant>,
    compiling: Option<(String, Instant)>,
    over: bool,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock can panic; and if it did, the counts would still be good enough to draw.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The line on standard error. Dropping it takes the line away.
#[derive(Debug)]
pub struct Progress {
    shared: Arc<Shared>,
    drawing: Option<JoinHandle<()>>,
}

impl Progress {
    /// The progress of so many jobs. Draws only on a terminal, and not where `quiet` says that other text goes there.
    pub fn new(total: usize, quiet: bool) -> Self {
        let shared = Arc::new(Shared::default());
        let draws = !quiet && std::io::stderr().is_terminal();
        let drawing = draws.then(|| {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name("progress".to_owned()).spawn(move || draw(&shared, total)).ok()
        });
        Self { shared, drawing: drawing.flatten() }
    }
}

impl Observer for Progress {
    fn started(&self, item: &ItemId) {
        let mut state = self.shared.lock();
        state.compiling = None;
        state.running.insert(item.clone(), Instant::now());
    }

    fn finished(&self, item: &ItemId, _: &Ran) {
        let mut state = self.shared.lock();
        state.running.remove(item);
        state.done += 1;
    }

    fn compiling(&self, plugin: &str) {
        self.shared.lock().compiling = Some((plugin.to_owned(), Instant::now()));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.shared.lock().over = true;
        self.shared.changed.notify_all();
        if let Some(drawing) = self.drawing.take() {
            // A line that could not be drawn is no reason to fail.
            let _ = drawing.join();
        }
    }
}

fn draw(shared: &Shared, total: usize) {
    let began = Instant::now();
    let mut bar: Option<ProgressBar> = None;
    let mut state = shared.lock();
    while !state.over {
        let wait = if bar.is_some() { TICK } else { QUIET.saturating_sub(began.elapsed()) };
        (state, _) = shared.changed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner);
        if !state.over && began.elapsed() >= QUIET {
            let bar = bar.get_or_insert_with(|| line(total));
            bar.set_message(message(&state));
            bar.set_position(state.done as u64);
            bar.tick();
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

fn line(total: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {pos}/{len}  {wide_msg}") {
        bar.set_style(style.tick_chars(SPINNER));
    }
    bar
}

/// The jobs that run the longest, and how long.
fn message(state: &State) -> String {
    if let Some((plugin, since)) = &state.compiling {
        return format!("compiling the plugin {plugin}, once … {}s", since.elapsed().as_secs());
    }
    let mut running = state.running.iter().collect::<Vec<_>>();
    running.sort_by_key(|(_, since)| **since);
    let named = running.iter().take(NAMED).map(|(id, since)| {
        let seconds = since.elapsed().as_secs();
        let took = if seconds == 0 { String::new() } else { format!(" {}", duration::show(since.elapsed())) };
        format!("{}{took}", layout::cut(id.as_str(), 40))
    });
    let named = named.collect::<Vec<_>>().join(", ");
    match running.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_running_are_named_first() {
        let mut state = State::default();
        for (at, id) in ["a.d", "a.c", "a.b", "a.a"].into_iter().enumerate() {
            let since = Instant::now().checked_sub(Duration::from_secs(10 - at as u64)).unwrap();
            state.running.insert(ItemId::try_from(id.to_owned()).unwrap(), since);
        }
        assert_eq!(message(&state), "a.d 10.0 s, a.c 9.0 s, a.b 8.0 s and 1 more");
        let since = Instant::now().checked_sub(Duration::from_secs(3)).unwrap();
        state.compiling = Some(("system".to_owned(), since));
        assert_eq!(message(&state), "compiling the plugin system, once … 3s");
    }
}
