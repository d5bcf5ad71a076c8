//! `gonogo plugin`: making, building, testing and looking into plugins.

mod bench;
mod build;
mod check;
mod consent;
mod inspect;
mod list;
mod new;
mod sources;
mod test;

use std::path::{Path, PathBuf};

use super::{
    args,
    exit::Exit,
    failure::Failure,
    output::Output,
    stages::{described, directory, end_on_interrupt, runtime, surroundings},
    supply::contract,
    write,
};
use crate::{
    catalog::{Found, Plugin, Source},
    domain::id,
    report::units,
};

/// Does what the arguments say.
pub fn plugin(command: &args::Plugin, verbose: u8) -> Result<Exit, Failure> {
    match command {
        args::Plugin::New(args) => new_plugin(args),
        args::Plugin::Add(args) => sources::add(args),
        args::Plugin::Remove(args) => sources::remove(args),
        args::Plugin::Update(args) => sources::update(args),
        args::Plugin::List(args) => list::list(args, verbose),
        args::Plugin::Vendor(args) => sources::vendor(args),
        args::Plugin::Build(args) => build_plugin(args),
        args::Plugin::Check(args) => check_plugin(args, verbose),
        args::Plugin::Test(args) => test_plugin(args),
        args::Plugin::Bench(args) => bench::bench(args, verbose),
        args::Plugin::Inspect(args) => {
            let (plugin, contract) = open(&args.file)?;
            let text = inspect::inspect(&plugin, &contract, &Output::Standard.style(verbose));
            Output::Standard.write(text.as_bytes())?;
            Ok(Exit::Go)
        }
    }
}

/// The component of that file, with the version of the contract that it needs.
fn open(path: &Path) -> Result<(Plugin, String), Failure> {
    let here = std::env::current_dir()
        .map_err(|error| Failure::usage("cannot tell the current directory").cause(error))?;
    let (surroundings, runtime) = (surroundings(&here), runtime());
    let plugin = described(found(path)?, &runtime, &surroundings)?;
    let contract = format!("gonogo:plugin@{}", contract(&plugin.description));
    Ok((plugin, contract))
}

/// A component in a file, named after the file.
fn found(path: &Path) -> Result<Found, Failure> {
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().to_lowercase().replace('_', "-"))
        .unwrap_or_default();
    let name = if id::is_name(&stem) { stem } else { "plugin".to_owned() };
    Found::in_file(&name, path.to_owned())
        .map_err(|error| Failure::usage("cannot open the plugin").cause(error))
}

/// `gonogo plugin new`.
fn new_plugin(args: &args::PluginNew) -> Result<Exit, Failure> {
    let made = new::new(&args.name, &args.language, &args.into).map_err(|error| {
        let failure = Failure::usage(format!("cannot make the plugin: {error}"));
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })?;
    Output::Standard.write(new::next(&made).as_bytes())?;
    Ok(Exit::Go)
}

/// `gonogo plugin build`.
fn build_plugin(args: &args::PluginBuild) -> Result<Exit, Failure> {
    let (built, beside) = built(&args.folder)?;
    let path = args.output.clone().unwrap_or(beside);
    Output::find(Some(&path))?.write(&built.component)?;
    let line = format!("{}  {} bytes, by {}\n", path.display(), built.component.len(), built.toolchain);
    Output::Standard.write(line.as_bytes())?;
    Ok(Exit::Go)
}

/// The component of that folder, and where it goes when nobody says otherwise.
fn built(folder: &Path) -> Result<(build::Built, PathBuf), Failure> {
    build::build(folder)
        .map_err(|error| Failure::invalid(format!("cannot build {}", folder.display())).cause(error))
}

/// `gonogo plugin check`.
fn check_plugin(args: &args::PluginCheck, verbose: u8) -> Result<Exit, Failure> {
    let (found, beside) = match args.plugin.is_dir() {
        true => (made(&args.plugin)?, args.plugin.join("cases")),
        false => (found(&args.plugin)?, args.plugin.with_file_name("cases")),
    };
    let cases = args.cases.clone().or_else(|| beside.is_dir().then_some(beside));
    let (surroundings, runtime) = (surroundings(&directory(Path::new("."))?), runtime());
    let review = match runtime.description(&found, &surroundings, || {}) {
        Ok(description) => check::Review::of(&found.described(description), cases.as_deref()),
        Err(error) => check::Review::of_refused(&found, &error),
    };
    write(&args.output, verbose, &review, |style| review.as_text(style))?;
    let worst = if args.strict { check::Mark::Warn } else { check::Mark::Error };
    Ok(if review.worst >= worst { Exit::NoGo } else { Exit::Go })
}

/// `gonogo plugin test`.
fn test_plugin(args: &args::PluginTest) -> Result<Exit, Failure> {
    let folder = args.cases.clone().unwrap_or_else(|| args.folder.join("cases"));
    if let Some(case) = &args.recording.record {
        return record_case(args, case, &folder);
    }
    let (surroundings, runtime) = (surroundings(&directory(&args.folder)?), runtime());
    let junit = args.junit.as_deref().map(|path| Output::find(Some(path))).transpose()?;
    let cases = test::Cases { folder, filter: args.filter.clone(), bless: args.bless };
    let run = || -> Result<Exit, Failure> {
        let plugin = described(component(args)?, &runtime, &surroundings)?;
        let unreadable = |error| Failure::usage("cannot run the cases").cause(error);
        let tried = test::test(&plugin, &cases, &runtime, &surroundings).map_err(unreadable)?;
        if let Some(junit) = &junit {
            let bug = |error| Failure::new(Exit::Bug, "cannot write the results as XML").cause(error);
            junit.write(test::as_junit(&plugin.name, &tried).map_err(bug)?.as_bytes())?;
        }
        Output::Standard.write(test::as_text(&tried, &Output::Standard.style(0)).as_bytes())?;
        Ok(if test::passed(&tried) { Exit::Go } else { Exit::NoGo })
    };
    if !args.watch {
        return run();
    }
    let watched = test::Watched {
        folders: vec![args.folder.clone(), cases.folder.clone()],
        files: args.component.iter().cloned().collect(),
    };
    test::watch(&watched, || {
        Output::Standard.clear()?;
        // What does not build today may build after the next change.
        if let Err(failure) = run() {
            Output::Standard.write(failure.render(&Output::Standard.style(0)).as_bytes())?;
        }
        Output::Standard.write(b"waiting for a change; Ctrl-C ends this\n")
    })?;
    Ok(Exit::Go)
}

impl From<test::Unwatched> for Failure {
    fn from(error: test::Unwatched) -> Self {
        Self::usage("cannot wait for changes").cause(error)
    }
}

/// The component to test: the one that is named, or what the folder makes.
fn component(args: &args::PluginTest) -> Result<Found, Failure> {
    match &args.component {
        Some(path) => found(path),
        None => made(&args.folder),
    }
}

/// What the toolchain of its language makes of a folder, named after it.
fn made(folder: &Path) -> Result<Found, Failure> {
    let (built, beside) = built(folder)?;
    let name = beside.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    Ok(Found::new(name.unwrap_or_default(), Source::File(beside), built.component.into()))
}

/// `gonogo plugin test --record`.
fn record_case(args: &args::PluginTest, case: &str, folder: &Path) -> Result<Exit, Failure> {
    end_on_interrupt()?;
    let (surroundings, runtime) = (surroundings(&directory(&args.recording.project)?), runtime());
    let plugin = described(component(args)?, &runtime, &surroundings)?;
    let recording = test::Recording {
        case,
        with: &args.recording.with,
        folder,
        consent: args.recording.consent,
        replace: args.bless,
    };
    let recorded = test::record(&plugin, &recording, &runtime, &surroundings).map_err(|error| {
        let failure = Failure::usage(format!("cannot record {case}: {error}"));
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })?;
    let mut text = format!(
        "{}  {}, from {}\n",
        recorded.file.display(),
        recorded.verdict.name(),
        units::counted(recorded.calls, "answer")
    );
    if recorded.otherwise {
        text += "the machine itself gave something else: a secret that the check was shown is not in the recording, or the check goes by the time\n";
    }
    Output::Standard.write(text.as_bytes())?;
    Ok(Exit::Go)
}
