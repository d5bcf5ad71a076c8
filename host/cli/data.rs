//! `gonogo data profile`: what tables hold, for people who want to look before they decide.

mod measure;
mod picture;

use std::{
    collections::BTreeMap,
    ffi::OsString,
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
    domain::{
        Attributes, Authority, Error, Grant, Origin, Value,
        remote::{self, Remote, is_remote},
        text,
    },
};

/// A year: who looks at a table waits as long as they like, and ends it with Ctrl-C.
const PATIENCE: Duration = Duration::from_hours(365 * 24);

/// Options of a table with the variables in which the login of S3 usually is. The first two make one.
const LOGIN: [(&str, &str); 3] = [
    ("access-key-id", "AWS_ACCESS_KEY_ID"),
    ("secret-access-key", "AWS_SECRET_ACCESS_KEY"),
    ("session-token", "AWS_SESSION_TOKEN"),
];

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
    let mut options = options(args);
    // Whoever writes a name on the command line grants it.
    let mut grants = vec![Grant::Dataset { name: name.to_owned(), path: here.join(name) }];
    let variables = Arc::new(std::env::vars_os().collect::<BTreeMap<_, _>>());
    if is_remote(name) {
        grants.extend(grants_of_remote(name, args, &variables, &mut options)?);
    }
    let authority =
        |grant| Authority { grant, parameter: "FILES".to_owned(), origin: Origin::Config { line: 1 } };
    let authorities = grants.into_iter().map(authority).collect::<Vec<_>>();
    let files = Files::new(here, &authorities);
    let asked = Asked { files: vec![name.to_owned()], options };
    let line = Line::new(name);
    let deadline = Instant::now() + PATIENCE;
    Measuring::open(Engine::new(Arc::clone(shared), &authorities, &variables), &files, &asked, deadline)?
        .measure(&mut |done, of| line.show(done, of))
}

/// The server of a remote table, and the variables that hold its login, with the options that name them.
fn grants_of_remote(
    name: &str,
    args: &DataProfile,
    variables: &BTreeMap<OsString, OsString>,
    options: &mut Attributes,
) -> Result<Vec<Grant>, Error> {
    let wrong = |why: String| Error::Unsupported(why);
    if let Remote::Url { server } = remote::read(name).map_err(wrong)? {
        return Ok(vec![Grant::Endpoint { server }]);
    }
    let Some(url) = &args.endpoint else {
        return Err(wrong(
            "which S3 service has it? name it by --endpoint: https://s3.eu-central-1.amazonaws.com"
                .to_owned(),
        ));
    };
    let server = url.parse().map_err(|why| wrong(format!("--endpoint {url}: {why}")))?;
    let mut grants = vec![Grant::Endpoint { server }];
    options.set("endpoint", url.as_str());
    options.set_some("region", args.region.as_deref());
    let is_set = |name: &str| variables.get(&OsString::from(name)).is_some_and(|value| !value.is_empty());
    if LOGIN.iter().take(2).all(|(_, variable)| is_set(variable)) {
        for (option, variable) in LOGIN.iter().filter(|(_, variable)| is_set(variable)) {
            options.set(option, *variable);
            grants.push(Grant::Variable { name: (*variable).to_owned(), reveal: false });
        }
    }
    Ok(grants)
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
