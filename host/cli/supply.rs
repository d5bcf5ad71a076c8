//! Where the plugins of a project are: what gonogo.lock says, what the project vendors, what was fetched before, and, where that is missing, the
//! source, asked for exactly what is locked.

use std::{
    fs,
    io::{ErrorKind, IsTerminal},
    path::{Path, PathBuf},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{exit::Exit, failure::Failure, stages::read};
use crate::{
    bindings::CONTRACT,
    catalog::{self, Description, Found, Plugin, Source, Trust},
    config::{self, Config},
    domain::{PluginSource, Problem, SignaturePolicy, Signer},
    lock::{self, Difference, Entry, Lock},
    plan,
    registry::{self, Fetched, Fetching, Store, StoreError},
    runtime::{Cache, Runtime},
};

/// Where vendored components are, when gonogo.toml does not say.
const VENDOR: &str = "vendor/gonogo";

/// Who may sign, when gonogo.toml does not say and there is such a file.
const SIGNERS: &str = ".gonogo/allowed_signers";

/// What there is of the plugins of a project.
pub struct Supply {
    /// The folder of gonogo.toml, which sources are relative to.
    pub folder: PathBuf,
    /// Where gonogo.lock is, or would be.
    pub lock_path: PathBuf,
    /// What it says, where it is there.
    pub lock: Option<Lock>,
    /// Components that the project brings along.
    pub vendored: Store,
}

impl Supply {
    /// What there is beside this gonogo.toml.
    pub fn beside(path: &Path, config: &Config) -> Result<Self, Failure> {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let lock_path = path.with_extension("lock");
        let lock = match lock_path.symlink_metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            _ => {
                let written = read(&lock_path)?;
                let lock = lock::parse(&lock_path, &written.text);
                Some(lock.map_err(|problems| Failure::problems(&problems))?)
            }
        };
        let vendored = Self::store_in(&folder, config.vendor.as_ref().map(|written| written.value.as_str()));
        Ok(Self { folder, lock_path, lock, vendored })
    }

    /// The store of vendored components in that folder, or in the usual one.
    pub fn store_in(folder: &Path, vendor: Option<&str>) -> Store {
        Store::new(folder.join(vendor.unwrap_or(VENDOR)))
    }

    /// The entry of a plugin, where there is one.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.lock.as_ref()?.plugins.get(name)
    }

    /// The entry of a plugin whose bytes must be known before they are looked for.
    fn must(&self, name: &str, plugin: &config::Plugin) -> Result<&Entry, Failure> {
        let update = format!("see what it is and consent to it: gonogo plugin update {name}");
        let source = &plugin.source.value;
        let wrong = |message: String| {
            Failure::problems(&[Problem::new(message)
                .at(Some(plugin.source.mark.place()))
                .hint(Some(update.clone()))])
        };
        let file = self.lock_path.file_name().unwrap_or_default().to_string_lossy();
        let Some(entry) = self.entry(name) else {
            return Err(wrong(format!("plugin '{name}' is not in {file}, so nobody consented to it")));
        };
        if entry.source != *source {
            return Err(wrong(format!("plugin '{name}' is locked from {}, not from here", entry.source)));
        }
        if plugin.signature == SignaturePolicy::Required && entry.signer.is_none() {
            return Err(wrong(format!(
                "plugin '{name}' must be signed, and {file} has it without a signature"
            )));
        }
        Ok(entry)
    }

    /// The component of a plugin, before anybody asked what it is. Of a source that is not a path these are the locked bytes or none.
    pub fn find(&self, name: &str, plugin: &config::Plugin, runtime: &Runtime) -> Result<Found, Failure> {
        let source = &plugin.source.value;
        if let PluginSource::Path(path) = source {
            return runtime
                .find(name, self.folder.join(path))
                .map_err(|error| Failure::invalid("cannot open a plugin").cause(error));
        }
        let entry = self.must(name, plugin)?;
        if let Some(found) = self.known(name, &entry.sha256, runtime) {
            return Ok(Found { source: Source::Locked(source.clone()), ..found });
        }
        let bytes = self.component(name, plugin)?;
        let (source, sha256) = (Source::Locked(source.clone()), entry.sha256.clone());
        Ok(Found { name: name.to_owned(), source, bytes: bytes.into(), sha256 })
    }

    /// The bytes of a plugin whose source is not a path: the locked ones or none.
    pub fn component(&self, name: &str, plugin: &config::Plugin) -> Result<Vec<u8>, Failure> {
        let entry = self.must(name, plugin)?;
        match self.at_hand(name, &entry.sha256)? {
            Some(bytes) => Ok(bytes),
            None => self.fetch_locked(name, plugin, entry),
        }
    }

    /// The same without reading it, where it was read before and is what is locked. All else is for [`Self::at_hand`] to say.
    fn known(&self, name: &str, sha256: &str, runtime: &Runtime) -> Option<Found> {
        let stores = std::iter::once(self.vendored.clone()).chain(user_store());
        let mut paths = stores.map(|store| store.path(sha256));
        let path = paths.find(|path| path.symlink_metadata().is_ok())?;
        let plain = path.symlink_metadata().is_ok_and(|found| found.is_file());
        let found = plain.then(|| runtime.find(name, path).ok()).flatten()?;
        (found.sha256 == sha256).then_some(found)
    }

    /// A locked component that is in the project or in the user's cache.
    pub fn at_hand(&self, name: &str, sha256: &str) -> Result<Option<Vec<u8>>, Failure> {
        if let Some(bytes) = taken(name, self.vendored.get(sha256))? {
            return Ok(Some(bytes));
        }
        match user_store() {
            Some(store) => taken(name, store.get(sha256)),
            None => Ok(None),
        }
    }

    /// A locked component from its source.
    fn fetch_locked(&self, name: &str, plugin: &config::Plugin, entry: &Entry) -> Result<Vec<u8>, Failure> {
        let fetched = self.fetch(name, plugin, entry.manifest.clone())?;
        let found = registry::digest(&fetched.component);
        if found != entry.sha256 {
            let message = format!(
                "plugin {name} from {} is not the one that was locked: expected sha256 {}, found {found}",
                entry.source, entry.sha256
            );
            let hint =
                format!("nothing was run; if the new one is meant, look at it: gonogo plugin update {name}");
            return Err(Failure::invalid(message).hint(hint));
        }
        keep(&fetched.component);
        Ok(fetched.component)
    }

    /// What the source gives now, or what it gave under that manifest's digest.
    pub fn fetch(
        &self,
        name: &str,
        plugin: &config::Plugin,
        manifest_digest: Option<String>,
    ) -> Result<Fetched, Failure> {
        let source = &plugin.source.value;
        let usual = self.folder.join(SIGNERS);
        let named = plugin.signers.as_ref().map(|written| self.folder.join(&written.value));
        let options = Fetching {
            plugin: name.to_owned(),
            signature: plugin.signature,
            signers: named.or_else(|| usual.exists().then_some(usual)),
            insecure_http: plugin.insecure_http,
            manifest_digest,
        };
        let bar = bar("fetching the plugin", name);
        let progress = |have, all: Option<u64>| {
            if let Some(all) = all {
                bar.set_length(all);
            }
            bar.set_position(have);
        };
        let fetched = registry::fetch(source, &self.folder, &options, &progress);
        bar.finish_and_clear();
        fetched.map_err(|error| {
            let hint = error.hint();
            let failure = Failure::invalid(format!("cannot fetch the plugin {name}")).cause(error);
            match hint {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
        })
    }

    /// Whether a person consented to all that a plugin can do.
    pub fn trust(&self, plugin: &Plugin, source: &PluginSource) -> Result<Trust, Failure> {
        let Some(entry) = self.entry(&plugin.name).filter(|entry| entry.source == *source) else {
            return Ok(Trust::NotAsked);
        };
        Ok(match abilities(plugin)?.is_subset(&entry.abilities) {
            true => Trust::Consented { line: entry.line },
            false => Trust::AsksForMore,
        })
    }

    /// Holds the project to its lock: what is locked is all that there is, and just as it is.
    pub fn hold<'p>(
        &self,
        config: &Config,
        plugins: impl Iterator<Item = &'p Plugin>,
    ) -> Result<(), Failure> {
        let file = self.lock_path.display();
        let mut problems = Vec::new();
        for plugin in plugins {
            let Some(configured) = config.plugins.get(&plugin.name) else { continue };
            let name = &plugin.name;
            match self.entry(name) {
                None => problems.push(format!("plugin '{name}' is not in {file}")),
                Some(locked) => {
                    let (manifest, signer) = (locked.manifest.clone(), locked.signer.clone());
                    let now = entry(plugin, configured.source.value.clone(), manifest, signer)?;
                    problems.extend(differences(name, locked, &now));
                }
            }
        }
        let left = self.lock.iter().flat_map(|lock| lock.plugins.keys());
        let left = left.filter(|name| !config.plugins.contains_key(*name));
        problems.extend(
            left.map(|name| format!("{file} has the plugin '{name}', which gonogo.toml does not name")),
        );
        match problems.is_empty() {
            true => Ok(()),
            false => Err(Failure::problems(&problems)
                .hint("run `gonogo plugin update` where somebody can consent, and commit gonogo.lock")),
        }
    }
}

/// How a plugin is not as it is locked, for `--locked`.
fn differences(name: &str, locked: &Entry, now: &Entry) -> Option<String> {
    if (Entry { line: locked.line, ..now.clone() }) == *locked {
        return None;
    }
    let difference = Difference::between(locked, now);
    let what = match difference.more.first() {
        Some(ability) => format!("it can do more, such as: {ability}"),
        None if now.sha256 != locked.sha256 => {
            format!("expected sha256 {}, found {}", locked.sha256, now.sha256)
        }
        None if now.source != locked.source => format!("it is locked from {}", locked.source),
        None => "its entry would change".to_owned(),
    };
    Some(format!("plugin '{name}' is not as it is locked: {what}"))
}

/// What gonogo.lock is to say of a plugin.
pub fn entry(
    plugin: &Plugin,
    source: PluginSource,
    manifest: Option<String>,
    signer: Option<Signer>,
) -> Result<Entry, Failure> {
    Ok(Entry {
        source,
        version: plugin.description.version.clone(),
        manifest,
        sha256: plugin.sha256.clone(),
        signer,
        contract: contract(&plugin.description),
        abilities: abilities(plugin)?,
        line: 0,
    })
}

fn abilities(plugin: &Plugin) -> Result<lock::Abilities, Failure> {
    plan::abilities(&plugin.description).map_err(|error| {
        Failure::invalid(format!("cannot tell what the plugin {} can do", plugin.name)).cause(error)
    })
}

/// The version of the contract that a plugin is made for.
pub fn contract(description: &Description) -> String {
    let (package, offered) = CONTRACT.split_once('@').unwrap_or((CONTRACT, ""));
    let of_ours = |import: &&String| import.strip_prefix(package).is_some_and(|rest| rest.starts_with('/'));
    let version = description.imports.iter().filter(of_ours).find_map(|import| import.rsplit_once('@'));
    version.map_or(offered, |(_, version)| version).to_owned()
}

/// The names in gonogo.toml that built-in plugins have: nobody else answers for their checks.
pub fn refuse_taken_names(config: &Config) -> Result<(), Failure> {
    let taken = config.plugins.iter().filter(|(name, _)| catalog::is_built_in(name));
    let problems = taken.map(|(name, plugin)| {
        Problem::new(format!("'{name}' is the name of a plugin that is built in"))
            .at(Some(plugin.name.place()))
            .hint(Some(format!("choose another name, such as [plugins.my-{name}]")))
    });
    let problems = problems.collect::<Vec<_>>();
    if problems.is_empty() { Ok(()) } else { Err(Failure::problems(&problems)) }
}

/// Keeps a component for the next run. A failure costs time then and nothing else.
pub fn keep(component: &[u8]) {
    if let Some(store) = user_store()
        && let Err(error) = store.put(component)
    {
        tracing::warn!("cannot keep a plugin that was fetched: {error}");
    }
}

/// Where the user's fetched components are: within the directory that is theirs alone.
fn user_store() -> Option<Store> {
    Cache::of_user().ok().map(|cache| Store::new(cache.directory().join("plugins")))
}

/// What a store has under a digest. What was swapped there does not run, and is not passed over in silence either.
fn taken(name: &str, got: Result<Option<Vec<u8>>, StoreError>) -> Result<Option<Vec<u8>>, Failure> {
    got.map_err(|error| {
        let hint = match &error {
            StoreError::Swapped { .. } => {
                "find out who changed it, then remove it: gonogo takes it from its source again".to_owned()
            }
            StoreError::Io { path, .. } => format!("make {} readable, or remove it", path.display()),
        };
        Failure::new(Exit::Invalid, format!("cannot use the plugin {name}")).cause(error).hint(hint)
    })
}

/// How far a download is, on a terminal.
pub fn bar(doing: &str, name: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{msg}  {bytes} of {total_bytes}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        .with_message(format!("{doing} {name}"))
}

/// Removes a file; that it is not there is well.
pub fn remove_file(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Failure::usage(format!("cannot remove {}", path.display())).cause(error))
        }
        _ => Ok(()),
    }
}
