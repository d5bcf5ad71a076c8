//! Arguments of the commands that take plugins in and out of a project.

use std::path::PathBuf;

use clap::{Args, ValueHint, builder::TypedValueParser};

use super::Listing;
use crate::domain::{PluginSource, SignaturePolicy};

/// Which project.
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// The project's directory
    #[arg(long, value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
    pub project: PathBuf,

    /// The configuration; without it DIR/gonogo.toml
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
}

/// Arguments of `plugin add`.
#[derive(Debug, Args)]
pub struct PluginAdd {
    /// What it is called here: its checks are NAME/…
    pub name: String,

    /// Where it comes from: oci://HOST/NAME:TAG, file:FILE.bundle, path:FILE.wasm, https://…#sha256=…; paths are relative to the folder of gonogo.toml
    #[arg(value_name = "SOURCE")]
    pub source: PluginSource,

    /// What must hold of signatures: required, if-present or off
    #[arg(long, value_name = "POLICY", value_parser = policy())]
    pub signature: Option<SignaturePolicy>,

    /// Who may sign, in the format of OpenSSH's allowed_signers; relative to the folder of gonogo.toml
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub signers: Option<String>,

    /// Ask a registry that is not on this machine over plain HTTP
    #[arg(long)]
    pub insecure_http: bool,

    /// Consent to exactly what was shown before, by its digest
    #[arg(long, value_name = "sha256:…")]
    pub accept: Vec<String>,

    /// Which project.
    #[command(flatten)]
    pub place: Place,
}

/// Arguments of `plugin remove`.
#[derive(Debug, Args)]
pub struct PluginRemove {
    /// The plugins
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,

    /// Which project.
    #[command(flatten)]
    pub place: Place,
}

/// Arguments of `plugin update`.
#[derive(Debug, Args)]
pub struct PluginUpdate {
    /// The plugins; without a name all of gonogo.toml
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,

    /// Take a version that is older than the locked one
    #[arg(long)]
    pub allow_downgrade: bool,

    /// Consent to exactly what was shown before, by its digest; once for each plugin that asks
    #[arg(long, value_name = "sha256:…")]
    pub accept: Vec<String>,

    /// Which project.
    #[command(flatten)]
    pub place: Place,
}

/// Arguments of `plugin list`.
#[derive(Debug, Args)]
pub struct PluginList {
    /// Which project.
    #[command(flatten)]
    pub place: Place,

    /// Where the list goes.
    #[command(flatten)]
    pub output: Listing,
}

/// Arguments of `plugin vendor`.
#[derive(Debug, Args)]
pub struct PluginVendor {
    /// Where they go, relative to the folder of gonogo.toml; without it the folder that gonogo.toml names, or vendor/gonogo
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub folder: Option<String>,

    /// Which project.
    #[command(flatten)]
    pub place: Place,
}

pub(super) fn policy() -> impl TypedValueParser<Value = SignaturePolicy> {
    clap::builder::StringValueParser::new().try_map(SignaturePolicy::try_from)
}
