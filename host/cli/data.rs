//! `gonogo data profile`: what tables hold, for people who want to look before they decide.

mod measure;
mod picture;

use std::{
    io::IsTerminal,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use self::measure::{Measuring, Profile};
use super::{
    args::{DataProfile, ListingFormat},
    exit::Exit,
    failure::Failure,
    json,
    output::Output,
    stages,
};
use crate::{
    capabilities::{
        dataset::{Asked, Engine},
        files::Files,
    },
    domain::{Attributes, Authority, Error, Grant, Origin, Value, text},
};

/// A year: who looks at a table waits as long as they like, and ends it with Ctrl-C.
const PATIENCE: Duration = Duration::from_hours(365 * 24);

/// A profile that is ready by then shows no progress: a line that flashes is noise.
const QUIET: Duration = Duration::from_millis(200);

/// Measures tables and writes what was found. Where one cannot be read, the others are still written.
pub fn profile(args: &DataProfile, verbose: u8) -> Result<Exit, Failure> {
    let output = Output::find(args.output.output.as_deref())?;
    let here = std::env::current_dir()
        .map_err(|error| Failure::usage("cannot tell the current directory").cause(error))?;
    let shared = Arc::default();
    stages::end_on_interrupt()?;
    let (mut profile, mut failed) = (Profile::default(), Vec::new());
    for name in &args.files {
        match table(name, args, &here, &shared) {
            Ok(table) => profile.tables.push(table),
            Err(error) => failed.push(format!("cannot read {}: {error}", text::line(name, 200))),
        }
    }
    let written = match args.output.format {
        ListingFormat::Text => picture::as_text(&profile, &output.style(verbose)),
        ListingFormat::Json => json(&profile)?,
    };
    if !profile.tables.is_empty() {
        output.write(written.as_bytes())?;
    }
    match failed.is_empty() {
        true => Ok(Exit::Go),
        false => Err(Failure::usage(failed.join("\n\n"))),
    }
}

/// One table: all the files that a name stands for.
fn table(
    name: &str,
    args: &DataProfile,
    here: &Path,
    shared: &Arc<crate::capabilities::dataset::Shared>,
) -> Result<measure::Table, Error> {
    let path = here.join(name);
    let grant = Grant::Dataset { name: name.to_owned(), path };
    let authority = Authority { grant, parameter: "FILES".to_owned(), origin: Origin::Config { line: 1 } };
    let files = Files::new(here, &[authority]);
    let asked = Asked { files: vec![name.to_owned()], options: options(args) };
    let line = Line::new(name);
    let deadline = Instant::now() + PATIENCE;
    Measuring::open(Engine::of(Arc::clone(shared)), &files, &asked, deadline)?
        .measure(&mut |done, of| line.show(done, of))
}

/// How the files are to be read.
fn options(args: &DataProfile) -> Attributes {
    let mut options = Attributes::default();
    for (name, value) in
        [("delimiter", &args.delimiter), ("encoding", &args.encoding), ("format", &args.read_as)]
    {
        if let Some(value) = value {
            options.set(name, value.as_str());
        }
    }
    if !args.nulls.is_empty() {
        options.set("nulls", Value::Texts(args.nulls.clone()));
    }
    if args.no_header {
        options.set("header", false);
    }
    options
}

/// A line on a terminal that says how far it is. Gone when dropped.
struct Line {
    bar: ProgressBar,
    began: Instant,
}

impl Line {
    fn new(name: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {pos}/{len}  {wide_msg}") {
            bar.set_style(style.tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ "));
        }
        bar.set_message(text::line(name, 100));
        Self { bar, began: Instant::now() }
    }

    fn show(&self, done: usize, of: usize) {
        if self.began.elapsed() >= QUIET && std::io::stderr().is_terminal() && self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(of as u64);
        self.bar.set_position(done as u64);
        self.bar.tick();
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
