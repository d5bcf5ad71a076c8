//! Arguments of `gonogo plugin`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::{PluginAdd, PluginList, PluginRemove, PluginUpdate, PluginVendor};

/// What to do with plugins.
#[derive(Debug, Subcommand)]
pub enum Plugin {
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
    /// Build a plugin's crate into a component
    Build(PluginBuild),
    /// Run a plugin's case files through the real runtime
    Test(PluginTest),
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
