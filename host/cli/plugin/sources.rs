//! `gonogo plugin add | remove | update | vendor`: what comes into a project, and what gonogo.toml and gonogo.lock say of it.

use std::{collections::BTreeMap, io::Write, path::PathBuf};

use super::consent::{self, Given, Request};
use crate::{
    catalog::{Found, Plugin, Source, is_built_in},
    cli::{
        args::{Place, PluginAdd, PluginRemove, PluginUpdate, PluginVendor},
        exit::Exit,
        failure::Failure,
        output::{Output, style_of_errors},
        stages::{configuration_at, described, directory, runtime, surroundings},
        supply::{self, Supply, keep, remove_file},
    },
    config::{self, Config, edit},
    domain::{PluginSource, id, problem::did_you_mean, text},
    lock::{Difference, Entry, Lock},
    runtime::Runtime,
};

/// A project whose plugins change.
struct Project {
    folder: PathBuf,
    path: PathBuf,
    text: String,
    config: Config,
    supply: Supply,
}

impl Project {
    fn open(place: &Place) -> Result<Self, Failure> {
        let folder = directory(&place.project)?;
        let (path, text) = configuration_at(&folder, place.config.as_deref())?;
        let text = text.unwrap_or_default();
        let config = config::parse(&path, &text).map_err(|problems| Failure::problems(&problems))?;
        supply::refuse_taken_names(&config)?;
        let supply = Supply::beside(&path, &config)?;
        Ok(Self { folder, path, text, config, supply })
    }

    /// The same project with another gonogo.toml, which is looked at before anybody writes it.
    fn with(mut self, text: String) -> Result<Self, Failure> {
        self.config = config::parse(&self.path, &text).map_err(|problems| Failure::problems(&problems))?;
        self.text = text;
        Ok(self)
    }

    fn lock(&self) -> Lock {
        self.supply.lock.clone().unwrap_or_default()
    }

    fn write_config(&self) -> Result<(), Failure> {
        Output::find(Some(&self.path))?.write(self.text.as_bytes())
    }

    fn write_lock(&self, lock: &Lock) -> Result<(), Failure> {
        match lock.plugins.is_empty() {
            true => remove_file(&self.supply.lock_path),
            false => Output::find(Some(&self.supply.lock_path))?.write(lock.text().as_bytes()),
        }
    }

    fn known(&self, names: &[String]) -> Result<(), Failure> {
        let Some(name) = names.iter().find(|name| !self.config.plugins.contains_key(*name)) else {
            return Ok(());
        };
        let file = self.path.display();
        let known = self.config.plugins.keys().map(String::as_str).collect::<Vec<_>>();
        let hint = did_you_mean(name, known.iter().copied()).unwrap_or_else(|| match known.is_empty() {
            true => "it names no plugin".to_owned(),
            false => format!("it names {}", known.join(", ")),
        });
        Err(Failure::usage(format!("{file} names no plugin '{}'", text::line(name, 200))).hint(hint))
    }

    /// What a plugin is now, compiled and described, and what gonogo.lock would say of it.
    fn resolve(&self, name: &str, runtime: &Runtime) -> Result<Resolved, Failure> {
        let Some(configured) = self.config.plugins.get(name) else {
            return Err(Failure::new(Exit::Bug, format!("nothing is known of the plugin {name}")));
        };
        let source = configured.source.value.clone();
        let fetched = self.supply.fetch(name, configured, None)?;
        let from = match &source {
            PluginSource::Path(path) => Source::File(self.supply.folder.join(path)),
            other => Source::Locked(other.clone()),
        };
        let found = Found::new(name.to_owned(), from, fetched.component.into());
        let plugin = described(found, runtime, &surroundings(&self.folder))?;
        // What describes itself from the cache may have lost its code there: no run is to wait for that.
        runtime
            .load(&plugin.sha256, &plugin.bytes, || {})
            .map_err(|error| Failure::invalid(format!("cannot use the plugin {name}")).cause(error))?;
        let entry = supply::entry(&plugin, source, fetched.manifest_digest, fetched.signer)?;
        Ok(Resolved { plugin, entry })
    }
}

struct Resolved {
    plugin: Plugin,
    entry: Entry,
}

/// The words that name the project again.
fn place_words(place: &Place) -> Vec<String> {
    let mut words = Vec::new();
    if place.project.as_os_str() != "." {
        words.extend(["--project".to_owned(), place.project.display().to_string()]);
    }
    if let Some(config) = &place.config {
        words.extend(["--config".to_owned(), config.display().to_string()]);
    }
    words
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn print(lines: &str) -> Result<(), Failure> {
    Output::Standard.write(lines.as_bytes())
}

/// `gonogo plugin add`.
pub fn add(args: &PluginAdd) -> Result<Exit, Failure> {
    let name = args.name.as_str();
    if !id::is_name(name) {
        let message = format!("'{}' is no plugin name", text::line(name, 200));
        return Err(Failure::usage(message).hint("write a-z, 0-9 and '-'"));
    }
    if is_built_in(name) {
        let message = format!("'{name}' is the name of a plugin that is built in");
        return Err(Failure::usage(message).hint(format!("choose another name, such as my-{name}")));
    }
    let project = Project::open(&args.place)?;
    if let Some(known) = project.config.plugins.get(name) {
        let message =
            format!("{} has a plugin '{name}' already, from {}", project.path.display(), known.source.value);
        let hint =
            format!("choose another name, or: gonogo plugin update {name}, gonogo plugin remove {name}");
        return Err(Failure::usage(message).hint(hint));
    }
    let addition = edit::Addition {
        source: args.source.to_string(),
        signature: args.signature,
        signers: args.signers.clone(),
        insecure_http: args.insecure_http,
    };
    let changed =
        edit::add_plugin(&project.text, name, &addition).map_err(|error| uneditable(&project, error))?;
    let project = project.with(changed)?;
    let found = project.resolve(name, &runtime())?;

    let mut command = words(["gonogo", "plugin", "add", name]);
    command.push(args.source.to_string());
    command.extend(args.signature.iter().flat_map(|policy| words(["--signature", policy.name()])));
    command.extend(args.signers.iter().flat_map(|signers| words(["--signers", signers])));
    command.extend(args.insecure_http.then(|| "--insecure-http".to_owned()));
    command.extend(place_words(&args.place));
    let request = Request { name, found: &found.entry, locked: None };
    let given = Given { accept: &args.accept, allow_downgrade: false };
    consent::ask(&[request], given, &command, &format!("the plugin {name} was not added"))?;

    let mut lock = project.lock();
    let version = text::line(&found.entry.version, 200);
    settle(&found);
    lock.plugins.insert(name.to_owned(), found.entry);
    // The lock first: an entry that gonogo.toml does not name yet gives nobody anything.
    project.write_lock(&lock)?;
    project.write_config()?;
    print(&format!("{name} {version}  added to {}\n", project.path.display()))?;
    Ok(Exit::Go)
}

fn uneditable(project: &Project, error: edit::Error) -> Failure {
    Failure::invalid(format!("cannot change {}", project.path.display())).cause(error)
}

/// Keeps what a person consented to. What its author works on stays where it is.
fn settle(found: &Resolved) {
    if !found.entry.source.is_path() {
        keep(&found.plugin.bytes);
    }
}

/// `gonogo plugin remove`.
pub fn remove(args: &PluginRemove) -> Result<Exit, Failure> {
    let mut project = Project::open(&args.place)?;
    project.known(&args.names)?;
    let mut lock = project.lock();
    let mut text = project.text.clone();
    for name in &args.names {
        text = edit::remove_plugin(&text, name).map_err(|error| uneditable(&project, error))?;
        lock.plugins.remove(name);
    }
    project = project.with(text)?;
    project.write_config()?;
    if project.supply.lock.is_some() {
        project.write_lock(&lock)?;
    }
    for name in &args.names {
        print(&format!("{name}  removed from {}\n", project.path.display()))?;
    }
    let left = project.config.items.iter().filter_map(|item| item.check.as_ref());
    let left = left.filter(|check| args.names.iter().any(|name| name == check.value.plugin()));
    for check in left {
        let line = format!("note: line {} of it still names the check {}\n", check.mark.line(), check.value);
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
    Ok(Exit::Go)
}

/// `gonogo plugin update`.
pub fn update(args: &PluginUpdate) -> Result<Exit, Failure> {
    let project = Project::open(&args.place)?;
    project.known(&args.names)?;
    let all = args.names.is_empty();
    let names = match all {
        true => project.config.plugins.keys().cloned().collect(),
        false => args.names.clone(),
    };
    let runtime = runtime();
    let mut found = BTreeMap::new();
    for name in &names {
        found.insert(name.as_str(), project.resolve(name, &runtime)?);
    }
    let requests = found.iter().map(|(name, found)| Request {
        name,
        found: &found.entry,
        locked: project.supply.entry(name),
    });
    let mut command = words(["gonogo", "plugin", "update"]);
    command.extend(args.names.iter().cloned());
    command.extend(place_words(&args.place));
    let given = Given { accept: &args.accept, allow_downgrade: args.allow_downgrade };
    consent::ask(&requests.collect::<Vec<_>>(), given, &command, "nothing was updated")?;

    let mut lock = project.lock();
    if all {
        lock.plugins.retain(|name, _| project.config.plugins.contains_key(name));
    }
    let mut said = String::new();
    for (name, found) in found {
        settle(&found);
        said += &updated(name, project.supply.entry(name), &found.entry);
        lock.plugins.insert(name.to_owned(), found.entry);
    }
    if project.supply.lock.as_ref().is_none_or(|locked| locked.text() != lock.text()) {
        project.write_lock(&lock)?;
    }
    print(if said.is_empty() { "no plugins to update: gonogo.toml names none\n" } else { &said })?;
    Ok(Exit::Go)
}

/// One line on what became of a plugin, and what it can no longer do.
fn updated(name: &str, locked: Option<&Entry>, found: &Entry) -> String {
    let version = text::line(&found.version, 200);
    let Some(locked) = locked else { return format!("{name} {version}  locked\n") };
    let what = match (locked.version == found.version, locked.sha256 == found.sha256) {
        (false, _) => format!("{name} {}  updated to {version}\n", text::line(&locked.version, 200)),
        (true, false) => format!("{name} {version}  updated to another build\n"),
        (true, true) => format!("{name} {version}  is what it was\n"),
    };
    let fewer = Difference { more: Vec::new(), ..Difference::between(locked, found) };
    what + &consent::difference(&fewer, &style_of_errors())
}

/// `gonogo plugin vendor`.
pub fn vendor(args: &PluginVendor) -> Result<Exit, Failure> {
    let mut project = Project::open(&args.place)?;
    let named = project.config.vendor.as_ref().map(|written| written.value.clone());
    let folder = args.folder.clone().or_else(|| named.clone());
    if let Some(folder) = folder.as_ref().filter(|folder| named.as_ref() != Some(folder)) {
        let text = edit::set_vendor(&project.text, folder).map_err(|error| uneditable(&project, error))?;
        project = project.with(text)?;
    }
    let store = Supply::store_in(&project.supply.folder, folder.as_deref());
    let mut lines = String::new();
    for (name, configured) in &project.config.plugins {
        if configured.source.value.is_path() {
            lines += &format!("{name}  stays where it is: {}\n", configured.source.value);
            continue;
        }
        let component = project.supply.component(name, configured)?;
        let path = store.put(&component).map_err(|error| unwritable(name, error))?;
        lines += &format!("{name}  {}\n", path.display());
    }
    let lock = project.lock();
    let is_locked = |sha256: &str| lock.plugins.values().any(|entry| entry.sha256 == sha256);
    if lines.is_empty() {
        lines += "no plugins to copy: gonogo.toml names none\n";
    } else if store.is_there() {
        store.keep_only(is_locked).map_err(|error| unwritable("that is no longer locked", error))?;
    }
    if project.config.vendor.as_ref().map(|written| &written.value) != named.as_ref() {
        project.write_config()?;
    }
    print(&lines)?;
    Ok(Exit::Go)
}

fn unwritable(name: &str, error: crate::registry::StoreError) -> Failure {
    Failure::usage(format!("cannot copy the plugin {name}")).cause(error)
}
