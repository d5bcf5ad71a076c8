//! Arguments of `gonogo plugin`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

/// What to do with plugins.
#[derive(Debug, Subcommand)]
pub enum Plugin {
    /// Build a plugin's crate into a component
    Build(PluginBuild),
    /// Run a plugin's case files through the real runtime
    Test(PluginTest),
    /// Measure a component: compiling, loading, starting, running a check, memory
    #[command(after_help = "\
Examples:
  gonogo plugin bench acme.wasm --check scratch
  gonogo plugin bench acme.wasm --case cases/scratch/fast.json --repeat 1000 --format json")]
    Bench(PluginBench),
    /// Print what a component is: digest, size, contract, imports, checks
    Inspect(PluginInspect),
}

/// Arguments of `plugin build`.
#[derive(Debug, Args)]
pub struct PluginBuild {
    /// The plugin's folder, with its Cargo.toml
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

    /// The component; without it the built-in plugin of the folder's name
    #[arg(long, value_name = "FILE.wasm", value_hint = ValueHint::FilePath)]
    pub component: Option<PathBuf>,

    /// Only cases whose path contains this
    #[arg(value_name = "FILTER")]
    pub filter: Option<String>,

    /// Write what comes out into the cases as what is expected
    #[arg(long)]
    pub bless: bool,
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
