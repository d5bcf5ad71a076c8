//! Arguments of `gonogo plugin`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::{PluginAdd, PluginList, PluginRemove, PluginUpdate, PluginVendor};

/// What to do with plugins.
#[derive(Debug, Subcommand)]
pub enum Plugin {
    /// Make a folder for a new plugin: one check, its cases, the SDK and the contract
    #[command(after_help = "\
Examples:
  gonogo plugin new site-checks --lang rust
  gonogo plugin new site-checks --lang python --into checks")]
    New(PluginNew),
    /// Take in a plugin from elsewhere, once you consent to what it can do
    #[command(after_help = "\
Examples:
  gonogo plugin add acme oci://registry.example/acme/checks:1.2
  gonogo plugin add acme file:acme-1.2.0.bundle --signature required
  gonogo plugin add acme path:checks/acme.wasm")]
    Add(PluginAdd),
    /// Take a plugin out of gonogo.toml and gonogo.lock
    Remove(PluginRemove),
    /// Look for what plugins are now, and lock it; what can do more than before waits for consent
    #[command(after_help = "\
Examples:
  gonogo plugin update                 all plugins of gonogo.toml
  gonogo plugin update acme            also to consent to a plugin that nobody was asked about yet")]
    Update(PluginUpdate),
    /// List the plugins of gonogo.toml: where each comes from, who signed it, what it can do
    List(PluginList),
    /// Copy the locked components into the project, so that it runs without a network
    Vendor(PluginVendor),
    /// Build the plugin in a folder into a component, by the toolchain of its language
    Build(PluginBuild),
    /// Run a plugin's case files through the real runtime
    #[command(after_help = "\
Examples:
  gonogo plugin test                                build the plugin here, run cases/
  gonogo plugin test acme memory/ --watch           its cases of one check, again after each change
  gonogo plugin test acme --component acme.wasm --junit results.xml
  gonogo plugin test acme --record scratch/here --with 'directory=\"/tmp\"'")]
    Test(PluginTest),
    /// Say what a registry or a reviewer wants to know of a plugin, and how to mend it
    #[command(after_help = "\
Examples:
  gonogo plugin check                        build the plugin here, look at it and its cases
  gonogo plugin check acme.wasm --format json
  gonogo plugin check acme.wasm --strict     warnings count, too")]
    Check(PluginCheck),
    /// Measure a component: compiling, loading, starting, running a check, memory
    #[command(after_help = "\
Examples:
  gonogo plugin bench acme.wasm --check scratch
  gonogo plugin bench acme.wasm --case cases/scratch/fast.json --repeat 1000 --format json")]
    Bench(PluginBench),
    /// Print what a component is: digest, size, contract, imports, checks
    Inspect(PluginInspect),
}

/// Arguments of `plugin new`.
#[derive(Debug, Args)]
pub struct PluginNew {
    /// The plugin's name: words of a-z and 0-9 with '-' between them
    #[arg(value_name = "NAME")]
    pub name: String,

    /// The language that it is written in
    #[arg(long = "lang", value_name = "LANG")]
    pub language: String,

    /// The directory in which the folder NAME is made
    #[arg(long, value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
    pub into: PathBuf,
}

/// Arguments of `plugin build`.
#[derive(Debug, Args)]
pub struct PluginBuild {
    /// The plugin's folder
    #[arg(value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,

    /// Where the component goes; without it NAME.wasm in this directory
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// Arguments of `plugin test`.
#[derive(Debug, Args)]
pub struct PluginTest {
    /// The plugin's folder, with its cases/
    #[arg(value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,

    /// The cases; without it DIR/cases
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub cases: Option<PathBuf>,

    /// The component; without it the plugin is built
    #[arg(long, value_name = "FILE.wasm", value_hint = ValueHint::FilePath)]
    pub component: Option<PathBuf>,

    /// Only cases whose path contains this
    #[arg(value_name = "FILTER")]
    pub filter: Option<String>,

    /// Write what comes out into the cases as what is expected
    #[arg(long)]
    pub bless: bool,

    /// Also write the results to this file as JUnit XML
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "watch")]
    pub junit: Option<PathBuf>,

    /// Build and run again whenever a file changes, until Ctrl-C
    #[arg(long)]
    pub watch: bool,

    /// How a case is recorded.
    #[command(flatten)]
    pub recording: CaseRecording,
}

/// How `plugin test` records a case.
#[derive(Debug, Args)]
#[command(next_help_heading = "To make a case from a real run")]
pub struct CaseRecording {
    /// Run the check on this machine and write cases/CHECK/NAME.json, secrets blanked
    #[arg(long, value_name = "CHECK/NAME", conflicts_with_all = ["watch", "junit", "filter"])]
    pub record: Option<String>,

    /// A parameter as gonogo.toml has it below `with`: it grants what it would grant there; as often as there are
    #[arg(long, value_name = "'KEY = VALUE'", requires = "record")]
    pub with: Vec<String>,

    /// The project that the check looks at
    #[arg(long, value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath, requires = "record")]
    pub project: PathBuf,

    /// Grant what the plugin asks for by itself, too: commands, and defaults that carry authority
    #[arg(long, requires = "record")]
    pub consent: bool,
}

/// Arguments of `plugin check`.
#[derive(Debug, Args)]
pub struct PluginCheck {
    /// A component, or the folder of a plugin, which is built
    #[arg(value_name = "FILE.wasm|DIR", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub plugin: PathBuf,

    /// Its cases; without it the folder cases/ in DIR, or beside FILE.wasm
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub cases: Option<PathBuf>,

    /// End with 1 also where there are only warnings
    #[arg(long)]
    pub strict: bool,

    /// Where the answers go.
    #[command(flatten)]
    pub output: super::Listing,
}

/// Arguments of `plugin inspect`.
#[derive(Debug, Args)]
pub struct PluginInspect {
    /// The component
    #[arg(value_name = "FILE.wasm", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
}

/// Arguments of `plugin bench`.
#[derive(Debug, Args)]
pub struct PluginBench {
    /// The component
    #[arg(value_name = "FILE.wasm", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,

    /// The check to run; without it the one of the case, or the plugin's first
    #[arg(long, value_name = "NAME")]
    pub check: Option<String>,

    /// The case whose recorded answers it gets; without it the first in cases/NAME beside FILE.wasm
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub case: Option<PathBuf>,

    /// How often each is measured; compiling once
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub repeat: u32,

    /// Where the figures go.
    #[command(flatten)]
    pub output: super::Listing,
}
