//! Arguments of `gonogo plugin`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

/// What to do with plugins.
#[derive(Debug, Subcommand)]
pub enum Plugin {
    /// Make a folder for a new plugin: one check, its cases, the SDK and the contract
    #[command(after_help = "\
Examples:
  gonogo plugin new site-checks --lang rust
  gonogo plugin new site-checks --lang python --into checks")]
    New(PluginNew),
    /// Build the plugin in a folder into a component, by the toolchain of its language
    Build(PluginBuild),
    /// Run a plugin's case files through the real runtime
    Test(PluginTest),
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
}

/// Arguments of `plugin inspect`.
#[derive(Debug, Args)]
pub struct PluginInspect {
    /// The component
    #[arg(value_name = "FILE.wasm", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
}
