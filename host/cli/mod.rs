//! The command line: the only place that prints. One file per command.

pub mod args;
mod bundle;
mod check;
mod compile;
mod data;
pub mod exit;
mod explain;
pub mod failure;
mod list;
mod output;
mod parameters;
mod plan;
mod plugin;
mod progress;
mod recording;
mod stages;
mod supply;

use std::{
    io::{ErrorKind, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
};

use clap::{CommandFactory, Parser};
use tracing_subscriber::EnvFilter;

use crate::report;
use args::{Cli, Command, Data, Listing, ListingFormat, SchemaOf};
use exit::Exit;
use failure::Failure;
use output::Output;
use stages::Purpose;

/// The whole program: arguments in, exit code out.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => return help_or_usage(&answer).into(),
    };
    failure::install_panic_hook();
    output::choose_colour(cli.global.color);
    log(cli.global.verbose);
    // The hook has said what there is to say. A job that panics never gets here: it is unknown, and the run goes on.
    let result = catch_unwind(AssertUnwindSafe(|| command(&cli)));
    let exit = match result {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => {
            // Nothing is left to do where standard error is closed too.
            let _ = std::io::stderr().write_all(failure.render(&output::style_of_errors()).as_bytes());
            failure.exit
        }
        Err(_) => Exit::Bug,
    };
    exit.into()
}

/// What clap has to say in place of a command: help, the version, or what is wrong with the arguments.
fn help_or_usage(answer: &clap::Error) -> Exit {
    let exit = if answer.use_stderr() { Exit::Usage } else { Exit::Go };
    match answer.print() {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Exit::Usage,
        _ => exit,
    }
}

fn command(cli: &Cli) -> Result<Exit, Failure> {
    let verbose = cli.global.verbose;
    match &cli.command {
        Command::Check(args) => return check::check(args, verbose),
        Command::Plan(args) => {
            let project = stages::plan_project(&args.selecting, Purpose::Show)?;
            write(&args.output, verbose, &project.plan, |style| plan::as_text(&project.plan, style))?;
        }
        Command::List(args) => {
            let project = stages::plan_project(&args.selecting, Purpose::Show)?;
            match args.checks {
                true => write(&args.output, verbose, &list::checks(&project.catalog), |style| {
                    list::checks_as_text(&project.catalog, style)
                })?,
                false => write(&args.output, verbose, &list::items(&project.plan), |style| {
                    list::items_as_text(&project.plan, style)
                })?,
            }
        }
        Command::Explain(args) => {
            let project = stages::plan_project(&args.selecting, Purpose::Show)?;
            let style = Output::Standard.style(verbose);
            let text = explain::explain(&args.name, &project.plan, &project.catalog, &style)?;
            Output::Standard.write(text.as_bytes())?;
        }
        Command::Data(Data::Profile(args)) => return data::profile(args, verbose),
        Command::Bundle(command) => return bundle::bundle(command, verbose),
        Command::Plugin(command) => return plugin::plugin(command, verbose),
        Command::CompilePlugin(args) => return compile::compile(args),
        Command::Schema(args) => {
            let schema = match args.of {
                SchemaOf::Report => report::json::schema(),
                SchemaOf::Config => crate::config::schema(),
            };
            Output::Standard.write(json(&schema)?.as_bytes())?;
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "gonogo", &mut script);
            Output::Standard.write(&script)?;
        }
    }
    Ok(Exit::Go)
}

/// Writes a listing in the form that was asked for.
fn write(
    to: &Listing,
    verbose: u8,
    data: &impl serde::Serialize,
    text: impl FnOnce(&report::Style) -> String,
) -> Result<(), Failure> {
    let output = Output::find(to.output.as_deref())?;
    let text = match to.format {
        ListingFormat::Text => text(&output.style(verbose)),
        ListingFormat::Json => json(data)?,
    };
    output.write(text.as_bytes())
}

fn json(data: &impl serde::Serialize) -> Result<String, Failure> {
    report::json::pretty(data)
        .map_err(|error| Failure::new(Exit::Bug, "cannot write this as JSON").cause(error))
}

/// Twice verbose: what happens inside, on standard error. GONOGO_LOG chooses more finely.
fn log(verbose: u8) {
    let level = match verbose {
        0 | 1 => return,
        2 => "gonogo=debug",
        _ => "gonogo=trace,info",
    };
    let filter = EnvFilter::try_from_env("GONOGO_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    // Only a second subscriber could fail here.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
