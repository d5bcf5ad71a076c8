//! `gonogo check`: plan, run, judge, report. The exit code is the decision's.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use super::{
    args, exit::Exit, failure::Failure, output::Output, progress::Progress, recording::Recording, stages,
};
use crate::{
    domain::text,
    plan::{Plan, Task},
    report::{self, Circumstances, Document, Format, Host},
    run::Answers,
    verdict,
};

/// Runs the checks, writes the report and says how to end.
pub fn check(args: &args::Check, verbose: u8) -> Result<Exit, Failure> {
    let output = Output::find(args.output.output.as_deref())?;
    let keep = args.running.record.as_deref().map(|path| Output::find(Some(path))).transpose()?;
    let format = format(&args.output.format)?;
    let (mut project, answers, host) = match &args.running.replay {
        None => {
            let answers = if keep.is_some() { Answers::Record } else { Answers::Live };
            (stages::plan_project(&args.selecting, stages::Purpose::Run)?, answers, host())
        }
        Some(path) => {
            let recording = Recording::read(path)?;
            let project = stages::recorded_project(recording.plan.clone(), &args.selecting)?;
            warn_of_changes(&recording, &project);
            (project, Answers::Replay(recording.answers), recording.host)
        }
    };
    limit(&mut project.plan, args.running.timeout);

    let (started, began) = (jiff::Timestamp::now(), Instant::now());
    // Log lines and a line that is redrawn do not go together.
    let progress = Progress::new(project.plan.jobs(), verbose >= 2);
    let done = stages::run_project(project, args.running.jobs, answers, &progress)?;
    drop(progress);

    let assessment = verdict::assess(&done.plan, &done.run.ran);
    let when = Circumstances { host: host.clone(), started: second(started), duration: began.elapsed() };
    let document = Document::new(&done.plan, &assessment, &done.catalog, &when);
    if let Some(keep) = keep {
        Recording::new(host, &done.catalog, Plan::clone(&done.plan), done.run.calls).write(&keep)?;
    }
    write(&document, format, &output, verbose)?;
    Ok(assessment.decision.into())
}

/// A replay is about the recorded machine; that other plugins judge it is worth a word.
fn warn_of_changes(recording: &Recording, project: &stages::Project) {
    for plugin in recording.changed(&project.catalog) {
        let line = format!(
            "note: the plugin {plugin} is not the one of the recording: its checks may judge otherwise\n"
        );
        let _ = std::io::stderr().write_all(text::lines(&line, 4_000).as_bytes());
    }
}

fn format(name: &str) -> Result<Format, Failure> {
    report::format(name).ok_or_else(|| Failure::usage(format!("there is no format '{name}'")))
}

/// Gives every job the time that the user says.
fn limit(plan: &mut Plan, timeout: Option<Duration>) {
    for item in &mut plan.items {
        if let (Task::Job(job), Some(timeout)) = (&mut item.task, timeout) {
            job.timeout = timeout;
        }
    }
}

/// To the second, which is as exact as people read it.
fn second(time: jiff::Timestamp) -> String {
    time.round(jiff::Unit::Second).unwrap_or(time).to_string()
}

/// This machine.
fn host() -> Host {
    let system = rustix::system::uname();
    let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    Host {
        name: text(system.nodename()),
        system: format!("{} {}", text(system.sysname()), text(system.release())),
        architecture: text(system.machine()),
        gonogo: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn write(document: &Document, format: Format, output: &Output, verbose: u8) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    (format.write)(document, &mut bytes, &output.style(verbose)).map_err(|error| {
        Failure::new(Exit::Bug, format!("cannot write the report as {}", format.name)).cause(error)
    })?;
    output.write(&bytes)?;
    if let Output::File(path) = output {
        // Whoever watches wants the decision, and standard output may be somebody's input.
        let line = format!("{}  report in {}\n", document.decision.name(), path.display());
        let _ = std::io::stderr().write_all(text::lines(&line, 4_000).as_bytes());
    }
    Ok(())
}
