//! `gonogo plugin bench`: what a plugin costs, step by step, as a run would pay it.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::{found, test::Case};
use crate::{
    capabilities::session::{Call, Mode, Trace},
    catalog::{Check, Found},
    cli::{
        args,
        exit::Exit,
        failure::Failure,
        progress::Compiling,
        stages::{described, directory, runtime, surroundings},
        write,
    },
    domain::{Authority, CheckId, Grant, Origin, Outcome, Value, Verdict, limits::DEFAULT_TIMEOUT, text},
    plan::Job,
    report::{
        Style,
        layout::{ACTION, FAINT, STRONG, table},
        units,
    },
    runtime::{Error, Runtime, Spent},
};

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Bench {
    /// The plugin.
    plugin: String,
    /// Its SHA-256.
    sha256: String,
    /// The check that ran.
    check: String,
    /// The case that it got its answers from; without one it ran on none, and most checks end early then.
    case: Option<PathBuf>,
    /// What came out of the last run.
    verdict: Verdict,
    /// Why, where it is unknown.
    reason: Option<String>,
    /// How often each step was measured.
    repeat: u32,
    /// Bytes of the component.
    component_bytes: usize,
    /// Bytes of its native code.
    compiled_bytes: usize,
    /// Seconds that compiling took, in a process of its own.
    compile: f64,
    /// Seconds until the code in the cache is checked, mapped and linked; absent where there is no cache.
    load: Option<Spread>,
    /// Seconds from nothing to an instance.
    start: Spread,
    /// Seconds of the check itself.
    call: Spread,
    /// Most bytes of the guest's memory.
    memory_bytes: usize,
}

/// Where measurements lie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    median: f64,
    p5: f64,
    p95: f64,
}

impl Spread {
    /// Of at least one measurement.
    fn of(times: impl IntoIterator<Item = Duration>) -> Option<Self> {
        let mut times = times.into_iter().map(|time| time.as_secs_f64()).collect::<Vec<_>>();
        times.sort_by(f64::total_cmp);
        let last = times.len().checked_sub(1)?;
        let at = |part: f64| times[(last as f64 * part).round() as usize];
        Some(Self { median: at(0.5), p5: at(0.05), p95: at(0.95) })
    }
}

/// Measures, and writes down what it found.
pub fn bench(args: &args::PluginBench, verbose: u8) -> Result<Exit, Failure> {
    let bench = measured(args)?;
    write(&args.output, verbose, &bench, |style| bench.as_text(style))?;
    Ok(Exit::Go)
}

fn measured(args: &args::PluginBench) -> Result<Bench, Failure> {
    let found = found(&args.file)?;
    let (surroundings, first) = (surroundings(&directory(Path::new("."))?), runtime());
    let invalid = |error: Error| {
        Failure::invalid(format!("cannot use the plugin in {}", args.file.display())).cause(error)
    };
    let (code, compile) = {
        let _line = Compiling::new(&found.name);
        let began = Instant::now();
        let code = first.compile(&found.sha256, &found.bytes).map_err(invalid)?;
        (code.len(), began.elapsed())
    };
    let plugin = described(found.clone(), &first, &surroundings)?;
    let (check, file) = chosen(args, &plugin.description.checks)?;
    let case = file.as_deref().map(read).transpose()?;
    let case = case.unwrap_or_default();
    let job = job(&plugin.name, check, &case)?;

    let loads = (0..args.repeat).map(|_| load(&found)).collect::<Result<Option<Vec<_>>, _>>()?;
    let loaded = first.load(&found.sha256, &found.bytes, || {}).map_err(invalid)?;
    let run = || {
        let mode = Mode::Replay(case.calls.clone());
        loaded.measure("bench", &job, &surroundings, mode, &Trace::default())
    };
    // The first of all meets cold caches, which is what `load` is about.
    let (mut outcome, _) = run();
    let mut spent = Vec::new();
    for _ in 0..args.repeat {
        let (next, took) = run();
        outcome = next;
        spent.push(took);
    }
    let spread = |part: fn(&Spent) -> Duration| {
        Spread::of(spent.iter().map(part)).ok_or_else(|| Failure::usage("nothing was measured"))
    };
    Ok(Bench {
        verdict: Verdict::from(&outcome),
        reason: match &outcome {
            Outcome::Unknown { reason, .. } => Some(reason.clone()),
            _ => None,
        },
        check: job.check.to_string(),
        case: file,
        repeat: args.repeat,
        component_bytes: found.bytes.len(),
        compiled_bytes: code,
        compile: compile.as_secs_f64(),
        load: loads.and_then(Spread::of),
        start: spread(|spent| spent.start)?,
        call: spread(|spent| spent.call)?,
        memory_bytes: spent.iter().map(|spent| spent.memory).max().unwrap_or_default(),
        plugin: plugin.name,
        sha256: found.sha256,
    })
}

/// How long a new process's sandbox takes to have the plugin ready, from the cache; nothing where there is none.
fn load(found: &Found) -> Result<Option<Duration>, Failure> {
    let runtime: Runtime = runtime();
    let mut compiled = false;
    let failed = |error| Failure::invalid(format!("cannot load the plugin {}", found.name)).cause(error);
    runtime.start(1).map_err(failed)?;
    let began = Instant::now();
    runtime.load(&found.sha256, &found.bytes, || compiled = true).map_err(failed)?;
    let took = began.elapsed();
    Ok((!compiled).then_some(took))
}

/// The check to run, and its case, where there is one.
fn chosen<'c>(
    args: &args::PluginBench,
    checks: &'c [Check],
) -> Result<(&'c Check, Option<PathBuf>), Failure> {
    // `cases/<check>/<case>.json`.
    let of_case = args.case.as_ref().and_then(|case| Some(case.parent()?.file_name()?.to_str()?.to_owned()));
    let known = |name: &str| checks.iter().find(|check| check.name == name);
    let check = match (&args.check, of_case) {
        (Some(name), _) => known(name).ok_or_else(|| {
            let names = checks.iter().map(|check| check.name.as_str()).collect::<Vec<_>>().join(", ");
            Failure::usage(format!("the plugin has no check {}", text::line(name, 100)))
                .hint(format!("it has {names}"))
        })?,
        (None, Some(name)) if known(&name).is_some() => known(&name).unwrap_or(&checks[0]),
        (None, _) => checks.first().ok_or_else(|| Failure::invalid("the plugin has no check to run"))?,
    };
    if args.case.is_some() {
        return Ok((check, args.case.clone()));
    }
    let folder = args.file.with_file_name("cases").join(&check.name);
    let mut files = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect::<Vec<_>>();
    files.sort();
    Ok((check, files.into_iter().next()))
}

fn read(file: &Path) -> Result<Replayed, Failure> {
    let failed = |why: String| Failure::usage(format!("cannot read the case {}: {why}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
    let case = serde_json::from_str::<Case>(&text).map_err(|error| failed(error.to_string()))?;
    Ok(Replayed { parameters: case.parameters, calls: case.calls })
}

/// What of a case a run needs.
#[derive(Clone, Debug, Default)]
struct Replayed {
    parameters: Json,
    calls: Vec<Call>,
}

/// A job that gets its answers from a case. What the case reveals is no secret.
fn job(plugin: &str, check: &Check, case: &Replayed) -> Result<Job, Failure> {
    let name = format!("{plugin}/{}", check.name);
    let id = CheckId::try_from(name.clone())
        .map_err(|_| Failure::invalid(format!("{name} is no name of a check")))?;
    let revealed = case.calls.iter().filter(|call| call.call == "environment.reveal");
    let authorities = revealed.filter_map(|call| {
        let name = call.ask.get("name")?.as_str()?.to_owned();
        let parameter = name.clone();
        Some(Authority { grant: Grant::Variable { name, reveal: true }, parameter, origin: Origin::Default })
    });
    let parameters = match &case.parameters {
        Json::Null => Json::Object(Map::new()),
        parameters => parameters.clone(),
    };
    let timeout = check.timeout.unwrap_or(DEFAULT_TIMEOUT);
    Ok(Job { check: id, parameters, authorities: authorities.collect(), timeout, exclusive: false })
}

impl Bench {
    /// As an aligned table.
    fn as_text(&self, style: &Style) -> String {
        let seconds = |seconds: f64| units::value(&Value::from(seconds), Some("s"));
        let bytes = |bytes: usize| units::value(&Value::from(bytes), Some("B"));
        let none = String::new;
        let row = |name: &str, spread: Spread| {
            [format!("  {name}"), seconds(spread.median), seconds(spread.p5), seconds(spread.p95)]
        };
        let one = |name: &str, value: String| [format!("  {name}"), value, none(), none()];
        let mut rows = vec![
            [none(), "median".to_owned(), "5 %".to_owned(), "95 %".to_owned()],
            one("compile", seconds(self.compile)),
        ];
        rows.push(self.load.map_or_else(|| one("load", "no cache".to_owned()), |load| row("load", load)));
        rows.extend([
            row("start", self.start),
            row("call", self.call),
            one("component", bytes(self.component_bytes)),
            one("compiled", bytes(self.compiled_bytes)),
            one("memory", bytes(self.memory_bytes)),
        ]);
        let case = match &self.case {
            Some(case) => format!("answers of {}", case.display()),
            None => "no case: it gets no answers".to_owned(),
        };
        let mut out = format!(
            "{}  {}\n",
            style.paint(STRONG, &self.check),
            style.paint(FAINT, &text::line(&format!("{case}, {} runs", self.repeat), 400))
        );
        for line in table(&rows, [Some(ACTION), None, None, None], style) {
            out += &format!("{}\n", line.trim_end());
        }
        let reason = self.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        out + &format!("  {}{}\n", self.verdict.name(), text::line(&reason, 400))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_of_what_was_measured() {
        let spread = Spread::of((0..=100).rev().map(Duration::from_secs)).unwrap();
        assert_eq!(spread, Spread { median: 50.0, p5: 5.0, p95: 95.0 });
        let one = Spread::of([Duration::from_secs(3)]).unwrap();
        assert_eq!(one, Spread { median: 3.0, p5: 3.0, p95: 3.0 });
        assert_eq!(Spread::of([]), None);
    }
}
