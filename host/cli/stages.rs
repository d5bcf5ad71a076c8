//! What the commands ask of the stages below: the project's plan, its run.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs::File,
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    args::Selecting,
    exit::Exit,
    failure::Failure,
    progress::{Compiling, Progress},
    supply::{self, Supply},
};
use crate::{
    capabilities::{files::remove_scratches, host::Surroundings, process::end_all, search_path::SearchPath},
    catalog::{self, Catalog, Found, Plugin},
    config::{self, Config},
    domain::value,
    plan::{self, Plan, Selection},
    profile::{self, Choice, Profile},
    run::{self, Answers, Context, Run},
    runtime::{
        Cache, Compiler, Runtime,
        compiler::{Apart, Limits},
    },
};

/// The configuration's name in a project.
const CONFIG: &str = "gonogo.toml";

/// Most bytes of a configuration or a profile: far more than people write.
const MOST_TEXT: u64 = 4 << 20;

/// A project with all that is decided before anything runs.
pub struct Project {
    /// What is to run.
    pub plan: Plan,
    /// What can run.
    pub catalog: Catalog,
    runtime: Arc<Runtime>,
    surroundings: Surroundings,
}

/// What a run gave.
pub struct Done {
    /// What was run.
    pub plan: Arc<Plan>,
    /// What ran it.
    pub catalog: Arc<Catalog>,
    /// Outcomes and recorded answers.
    pub run: Run,
}

/// A text that a person wrote.
#[derive(Debug, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
}

/// What a plan is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be run: the plugins of what is chosen are enough.
    Run,
    /// To be looked at, with all plugins.
    Show,
}

/// The plan of the project that the arguments name.
pub fn plan_project(selecting: &Selecting, purpose: Purpose) -> Result<Project, Failure> {
    let settings = Settings::read(selecting)?;
    let profile = settings.profile(selecting)?;
    let config = &settings.config;
    let selection = Selection { only: selecting.only.clone(), skip: selecting.skip.clone() };
    // Whoever holds the project to its lock looks at all of it.
    let wanted = match purpose {
        Purpose::Run if !selecting.locked => wanted(config, &profile, &selection),
        Purpose::Run | Purpose::Show => None,
    };
    let ready = Ready::new(&settings, selecting.locked, wanted.as_ref())?;
    let catalog = ready.catalog(config, selecting.locked)?;
    let variables = variables(&ready.surroundings);
    let place = plan::Surroundings { project: ready.surroundings.project.to_path_buf(), variables };
    let plan = plan::plan(&place, config, &profile, &catalog, &selection);
    Ok(ready.with(plan.map_err(|problems| Failure::problems(&problems))?, catalog))
}

/// The names of the plugins that chosen items ask for. None where one of them is not there: then it matters which there are.
fn wanted(config: &Config, profile: &Profile, selection: &Selection) -> Option<BTreeSet<String>> {
    let declared = profile.items.iter().map(|item| (&item.id.value, item.check.as_ref()));
    let own = config.items.iter().map(|item| (&item.id.value, item.check.as_ref().map(|check| &check.value)));
    let checks = declared.chain(own).filter_map(|(id, check)| Some((id, check?)));
    let is_likely = selection.likely();
    let names = checks.filter(|(id, check)| is_likely(id, check)).map(|(_, check)| check.plugin().to_owned());
    let names = names.collect::<BTreeSet<_>>();
    let is_there = |name: &String| catalog::is_built_in(name) || config.plugins.contains_key(name);
    names.iter().all(is_there).then_some(names)
}

/// The recorded plan, to be run again by the plugins at hand.
pub fn recorded_project(plan: Plan, selecting: &Selecting) -> Result<Project, Failure> {
    let settings = Settings::read(selecting)?;
    let ready = Ready::new(&settings, selecting.locked, None)?;
    let catalog = ready.catalog(&settings.config, selecting.locked)?;
    Ok(ready.with(plan, catalog))
}

/// What a person wrote about a project.
struct Settings {
    project: PathBuf,
    /// Where gonogo.toml is, or would be: what it names is relative to its folder.
    path: PathBuf,
    config: Config,
}

impl Settings {
    fn read(selecting: &Selecting) -> Result<Self, Failure> {
        let project = directory(&selecting.project)?;
        let (path, text) = configuration_at(&project, selecting.config.as_deref())?;
        let config = match &text {
            Some(text) => config::parse(&path, text).map_err(|problems| Failure::problems(&problems))?,
            None => Config::default(),
        };
        supply::refuse_taken_names(&config)?;
        Ok(Self { project, path, config })
    }

    fn profile(&self, selecting: &Selecting) -> Result<Profile, Failure> {
        let folder = self.path.parent().unwrap_or(&self.project);
        let (setting, folder) = match (&selecting.profile, &self.config.profile) {
            // What is typed is relative to where it is typed, what is written to where it is written.
            (Some(name), _) => (name.as_str(), Path::new("")),
            (None, Some(name)) => (name.value.as_str(), folder),
            (None, None) => ("training", folder),
        };
        profile(setting, folder, 0).map_err(|failure| match setting.split_once('/') {
            Some((plugin, name)) if self.config.plugins.contains_key(plugin) && !folder.join(setting).exists() => {
                let file = Path::new(name).with_extension("toml").display().to_string();
                failure.hint(format!(
                    "what a profile says is granted, so one of a bundle becomes a file of the project first: gonogo bundle inspect BUNDLE --member {file} --output {file}; then profile = \"{file}\""
                ))
            }
            _ => failure,
        })
    }
}

/// What there is before anybody asked the plugins what they are.
struct Ready {
    surroundings: Surroundings,
    runtime: Runtime,
    /// Of the built-in plugins and those that gonogo.toml names, the ones that are wanted.
    found: Vec<Found>,
    /// Where the latter come from; absent where there are none.
    supply: Option<Supply>,
}

impl Ready {
    fn new(settings: &Settings, locked: bool, wanted: Option<&BTreeSet<String>>) -> Result<Self, Failure> {
        let Settings { project, path, config } = settings;
        let (surroundings, runtime) = (surroundings(project), runtime());
        let is_wanted = |name: &str| wanted.is_none_or(|wanted| wanted.contains(name));
        let mut found = Found::built_in().filter(|found| is_wanted(&found.name)).collect::<Vec<_>>();
        // Most projects have the built-in plugins alone, and pay for nothing else.
        let supply = match config.plugins.is_empty() && !locked {
            true => None,
            false => Some(Supply::beside(path, config)?),
        };
        for (name, configured) in config.plugins.iter().filter(|(name, _)| is_wanted(name)) {
            if let Some(supply) = &supply {
                found.push(supply.find(name, configured, &runtime)?);
            }
        }
        Ok(Self { surroundings, runtime, found, supply })
    }

    /// The plugins, with what they say of themselves.
    fn catalog(&self, config: &Config, locked: bool) -> Result<Catalog, Failure> {
        let mut catalog = Catalog::default();
        let taken = |error| Failure::invalid("cannot take a plugin in").cause(error);
        for found in &self.found {
            let mut plugin = described(found.clone(), &self.runtime, &self.surroundings)?;
            if let (Some(supply), Some(configured)) = (&self.supply, config.plugins.get(&found.name)) {
                plugin.trust = supply.trust(&plugin, &configured.source.value)?;
            }
            catalog.add(plugin).map_err(taken)?;
        }
        if let (true, Some(supply)) = (locked, &self.supply) {
            supply.hold(config, catalog.plugins.values())?;
        }
        Ok(catalog)
    }

    fn with(self, plan: Plan, catalog: Catalog) -> Project {
        let runtime = Arc::new(self.runtime);
        // It lives as long as the program: to take an engine apart takes a millisecond, and the system takes its memory back at once.
        std::mem::forget(Arc::clone(&runtime));
        Project { plan, catalog, runtime, surroundings: self.surroundings }
    }
}

/// Runs the plan. Ctrl-C and a request to end let it give what is known so far; before it runs, they end the program.
pub fn run_project(
    project: Project,
    jobs: u16,
    answers: Answers,
    progress: &Progress,
) -> Result<Done, Failure> {
    make_room_for_files();
    let cancelled = cancellation()?;
    project
        .runtime
        .start(project.plan.jobs())
        .map_err(|error| Failure::new(Exit::Bug, "cannot run plugins on this machine").cause(error))?;
    let plan = Arc::new(project.plan);
    let catalog = Arc::new(project.catalog);
    let context = Context {
        catalog: Arc::clone(&catalog),
        runtime: project.runtime,
        surroundings: Arc::new(project.surroundings),
        jobs: usize::from(jobs),
        answers,
    };
    let run = run::run(&plan, &context, progress, cancelled);
    end_all();
    remove_scratches();
    let run =
        run.map_err(|error| Failure::new(Exit::Bug, "cannot start a thread to run jobs").cause(error))?;
    Ok(Done { plan, catalog, run })
}

/// Makes the table of open files as large as jobs may need it. Once there are threads the kernel waits for all of them each time that it grows, some five milliseconds.
fn make_room_for_files() {
    /// The last one that the usual limit of 1,024 allows.
    const LAST: i32 = 1_023;
    // Where that is too many, the table grows when it must.
    drop(rustix::io::fcntl_dupfd_cloexec(std::io::stderr(), LAST));
}

/// Set by the first Ctrl-C. The second ends the program at once.
fn cancellation() -> Result<&'static AtomicBool, Failure> {
    static CANCELLED: AtomicBool = AtomicBool::new(false);
    let cancel = || {
        if CANCELLED.swap(true, Ordering::Relaxed) {
            end_all();
            remove_scratches();
            std::process::exit(Exit::Incomplete as i32);
        }
    };
    let failed = |error| Failure::new(Exit::Bug, "cannot listen for Ctrl-C").cause(error);
    ctrlc::set_handler(cancel).map_err(failed)?;
    Ok(&CANCELLED)
}

/// Ctrl-C ends the program, and leaves nothing behind.
pub fn end_on_interrupt() -> Result<(), Failure> {
    let end = || {
        remove_scratches();
        std::process::exit(Exit::Incomplete as i32);
    };
    ctrlc::set_handler(end).map_err(|error| Failure::new(Exit::Bug, "cannot listen for Ctrl-C").cause(error))
}

/// The profile of that name, with what it extends.
fn profile(setting: &str, folder: &Path, depth: usize) -> Result<Profile, Failure> {
    /// More than anybody nests; a profile that extends itself gets here.
    const MOST: usize = 8;
    if depth > MOST {
        return Err(Failure::invalid(format!(
            "the profile '{setting}' extends itself, or more than {MOST} others"
        )));
    }
    match profile::choose(setting).map_err(|problems| Failure::problems(&problems))? {
        Choice::BuiltIn(profile) => Ok(profile),
        Choice::File(path) => {
            let path = folder.join(path);
            let written = read(&path)?;
            let beside = path.parent().unwrap_or(Path::new(""));
            let base = match profile::extends(&written.text) {
                Some(name) => Some(profile(&name, beside, depth + 1)?),
                None => None,
            };
            profile::parse(&path, &written.text, base).map_err(|problems| Failure::problems(&problems))
        }
    }
}

/// What runs plugins, with the user's cache where there can be one. What is not part of the program is compiled by the program itself, in a process
/// of its own.
pub fn runtime() -> Runtime {
    let cache = Cache::of_user();
    if let Err(error) = &cache {
        tracing::warn!("nothing is kept between runs: {error}");
    }
    // On Linux this is the very program, also where its file was replaced since it started.
    let own = PathBuf::from("/proc/self/exe");
    let program = if cfg!(target_os = "linux") { own } else { std::env::current_exe().unwrap_or(own) };
    let apart = Apart { program, arguments: vec!["compile-plugin".into()], limits: Limits::default() };
    Runtime::with(cache.ok(), Compiler::Apart(apart))
}

/// A plugin, with what it says of itself.
pub fn described(found: Found, runtime: &Runtime, surroundings: &Surroundings) -> Result<Plugin, Failure> {
    // The first run takes longer than all others: whoever watches should know why.
    let mut line = None;
    let description = runtime.description(&found, surroundings, || line = Some(Compiling::new(&found.name)));
    drop(line);
    let description = description.map_err(|error| {
        Failure::invalid(format!("cannot use the plugin {} ({})", found.name, found.source)).cause(error)
    })?;
    Ok(found.described(description))
}

pub fn surroundings(project: &Path) -> Surroundings {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let variables = std::env::vars_os().collect::<BTreeMap<_, _>>();
    let search_path = SearchPath::new(&path, project);
    Surroundings {
        project: project.into(),
        search_path,
        variables: Arc::new(variables),
        tables: Arc::default(),
    }
}

/// What `${NAME}` in paths stands for: values that are no UTF-8 stand for nothing.
fn variables(surroundings: &Surroundings) -> BTreeMap<String, String> {
    let text =
        |(name, value): (&OsString, &OsString)| Some((name.to_str()?.to_owned(), value.to_str()?.to_owned()));
    surroundings.variables.iter().filter_map(text).collect()
}

/// The project's directory, absolute and without links, so that a grant names what it opens.
pub fn directory(path: &Path) -> Result<PathBuf, Failure> {
    let failed = |why: &str| Failure::usage(format!("cannot use {} as the project: {why}", path.display()));
    let found = std::fs::canonicalize(path).map_err(|error| failed(&value::reason(&error)))?;
    match found.is_dir() {
        true => Ok(found),
        false => Err(failed("it is no directory").hint("name the directory that holds gonogo.toml")),
    }
}

/// Where the configuration is, or would be, and what it says, where it is there.
pub fn configuration_at(project: &Path, named: Option<&Path>) -> Result<(PathBuf, Option<String>), Failure> {
    let written = configuration(project, named)?;
    Ok(match written {
        Some(Written { path, text }) => (path, Some(text)),
        None => (project.join(CONFIG), None),
    })
}

/// The configuration: the file that was named, or the project's own where there is one.
fn configuration(project: &Path, named: Option<&Path>) -> Result<Option<Written>, Failure> {
    let Some(path) = named else {
        let path = project.join(CONFIG);
        // A link that leads nowhere is there: to take it for absent would run with other settings than were meant.
        return match path.symlink_metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            _ => read(&path).map(Some),
        };
    };
    read(path).map(Some)
}

/// A whole text file.
pub fn read(path: &Path) -> Result<Written, Failure> {
    let failed = |exit, why: &str| Failure::new(exit, format!("cannot read {}: {why}", path.display()));
    let unreadable = |error: std::io::Error| failed(Exit::Usage, &value::reason(&error));
    // Opening what is no regular file could wait for ever.
    let found = std::fs::metadata(path).map_err(unreadable)?;
    if !found.is_file() {
        return Err(failed(Exit::Usage, "it is no file"));
    }
    let mut bytes = Vec::with_capacity(found.len().min(MOST_TEXT) as usize + 1);
    File::open(path).and_then(|file| file.take(MOST_TEXT + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > MOST_TEXT {
        return Err(failed(Exit::Invalid, "it is larger than 4 MiB"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Written { path: path.to_owned(), text }),
        Err(_) => Err(failed(Exit::Invalid, "it is not UTF-8")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Style;

    #[test]
    fn a_project_may_have_a_configuration_or_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(configuration(folder.path(), None).unwrap(), None);
        std::fs::write(folder.path().join(CONFIG), "profile = \"training\"").unwrap();
        assert_eq!(configuration(folder.path(), None).unwrap().unwrap().text, "profile = \"training\"");
    }

    #[test]
    fn a_configuration_that_cannot_be_read_is_never_taken_for_absent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CONFIG);
        assert_eq!(configuration(folder.path(), Some(&path)).unwrap_err().exit, Exit::Usage);
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        assert_eq!(configuration(folder.path(), None).unwrap_err().exit, Exit::Usage);
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, b"\xff").unwrap();
        assert_eq!(configuration(folder.path(), None).unwrap_err().exit, Exit::Invalid);
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert_eq!(configuration(folder.path(), None).unwrap_err().exit, Exit::Usage);
        assert_eq!(directory(&path.join("none")).unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn whoever_names_the_profile_of_a_bundle_hears_how_to_use_it() {
        let folder = tempfile::tempdir().unwrap();
        let config = "profile = \"acme/site\"\n[plugins.acme]\nsource = \"file:acme.bundle\"\n";
        let path = folder.path().join(CONFIG);
        let config = config::parse(&path, config).unwrap();
        let settings = Settings { project: folder.path().to_owned(), path, config };
        let said = |profile: Option<&str>| {
            let selecting = Selecting { profile: profile.map(str::to_owned), ..Selecting::default() };
            let text = settings.profile(&selecting).unwrap_err().render(&Style::PLAIN);
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert!(said(None).contains("--member site.toml --output site.toml"), "{}", said(None));
        assert!(!said(Some("other/site")).contains("--member"), "no plugin is called so");
        std::fs::create_dir(folder.path().join("acme")).unwrap();
        std::fs::write(folder.path().join("acme/site"), "items = 1").unwrap();
        assert!(!said(None).contains("--member"), "it is a file of the project");
    }
}
