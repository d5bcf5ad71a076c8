//! Arguments of `gonogo bundle`.

use std::{path::PathBuf, str::FromStr};

use clap::{Args, Subcommand, ValueHint};

use super::{Listing, supply::policy};
use crate::domain::{
    SignaturePolicy,
    source::{NoSource, Reference},
};

/// What to do with bundles. A bare component, FILE.wasm, can stand wherever a bundle can.
#[derive(Debug, Subcommand)]
pub enum Bundle {
    /// Pack a folder with its bundle.toml into one file: the same files give the same bytes
    #[command(after_help = "\
Examples:
  gonogo bundle pack acme-checks
  gonogo bundle pack acme-checks -o acme.bundle")]
    Pack(BundlePack),
    /// Print what is in a bundle or a component, in a file or in a registry
    #[command(after_help = "\
Examples:
  gonogo bundle inspect acme-1.2.0.bundle
  gonogo bundle inspect oci://registry.example/acme/checks:1.2 --format json
  gonogo bundle inspect acme-1.2.0.bundle --member profiles/site.toml --output site.toml")]
    Inspect(BundleInspect),
    /// Put a bundle or a component into a registry, with its signatures
    #[command(after_help = "\
Examples:
  gonogo bundle push acme-1.2.0.bundle oci://registry.example/acme/checks:1.2")]
    Push(BundlePush),
    /// Get a bundle or a component out of a registry, whole or not at all
    #[command(after_help = "\
Examples:
  gonogo bundle pull oci://registry.example/acme/checks:1.2 --signature required --signers allowed_signers")]
    Pull(BundlePull),
    /// Sign a bundle or a component by an SSH key; ssh-keygen asks for what it needs
    #[command(after_help = "\
Examples:
  gonogo bundle sign acme-1.2.0.bundle --key ~/.ssh/id_ed25519
  gonogo bundle sign oci://registry.example/acme/checks:1.2 --key ~/.ssh/id_ed25519")]
    Sign(BundleSign),
    /// Say whether somebody who may sign has signed it
    #[command(after_help = "\
Examples:
  gonogo bundle verify acme-1.2.0.bundle --signers allowed_signers
  gonogo bundle verify oci://registry.example/acme/checks:1.2 --cosign-key cosign.pub")]
    Verify(BundleVerify),
}

/// A file or a place in a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Artifact {
    /// A bundle or a component.
    File(PathBuf),
    /// The same in a registry.
    Registry(Reference),
}

impl FromStr for Artifact {
    type Err = NoSource;

    fn from_str(text: &str) -> Result<Self, NoSource> {
        match text.starts_with("oci://") {
            true => text.parse().map(Self::Registry),
            false => Ok(Self::File(text.into())),
        }
    }
}

/// How registries are asked.
#[derive(Debug, Args)]
pub struct Asking {
    /// Ask a registry that is not on this machine over plain HTTP
    #[arg(long)]
    pub insecure_http: bool,
}

/// Who may sign.
#[derive(Debug, Args)]
pub struct Trusting {
    /// Who may sign, in the format of OpenSSH's allowed_signers; without it .gonogo/allowed_signers, where there is one
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub signers: Option<PathBuf>,

    /// The one who must have signed, of all whom that file names
    #[arg(long, value_name = "NAME")]
    pub principal: Option<String>,

    /// The public key of cosign, for artifacts in registries
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub cosign_key: Option<PathBuf>,
}

/// Arguments of `bundle pack`.
#[derive(Debug, Args)]
pub struct BundlePack {
    /// The folder, with its bundle.toml
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,

    /// Where the bundle goes; without it NAME-VERSION.bundle in this directory
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// Arguments of `bundle inspect`.
#[derive(Debug, Args)]
pub struct BundleInspect {
    /// The bundle or component
    #[arg(value_name = "FILE|REF")]
    pub artifact: Artifact,

    /// Write this file of the bundle, in place of what is in it
    #[arg(long, value_name = "NAME")]
    pub member: Option<String>,

    /// How it is asked for.
    #[command(flatten)]
    pub asking: Asking,

    /// Where it goes.
    #[command(flatten)]
    pub output: Listing,
}

/// Arguments of `bundle push`.
#[derive(Debug, Args)]
pub struct BundlePush {
    /// The bundle or component
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,

    /// Where it goes: oci://HOST/NAME:TAG
    #[arg(value_name = "REF")]
    pub reference: Reference,

    /// How it is asked for.
    #[command(flatten)]
    pub asking: Asking,
}

/// Arguments of `bundle pull`.
#[derive(Debug, Args)]
pub struct BundlePull {
    /// Where it is: oci://HOST/NAME:TAG
    #[arg(value_name = "REF")]
    pub reference: Reference,

    /// Where it goes; without it NAME-TAG.bundle or NAME-TAG.wasm in this directory
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,

    /// What must hold of signatures: required, if-present or off
    #[arg(long, value_name = "POLICY", value_parser = policy(), default_value = "if-present")]
    pub signature: SignaturePolicy,

    /// Who may sign.
    #[command(flatten)]
    pub trusting: Trusting,

    /// How it is asked for.
    #[command(flatten)]
    pub asking: Asking,
}

/// Arguments of `bundle sign`.
#[derive(Debug, Args)]
pub struct BundleSign {
    /// The bundle or component
    #[arg(value_name = "FILE|REF")]
    pub artifact: Artifact,

    /// The private key, or a public one whose private half an agent or a hardware key has
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: PathBuf,

    /// How it is asked for.
    #[command(flatten)]
    pub asking: Asking,
}

/// Arguments of `bundle verify`.
#[derive(Debug, Args)]
pub struct BundleVerify {
    /// The bundle or component
    #[arg(value_name = "FILE|REF")]
    pub artifact: Artifact,

    /// Who may sign.
    #[command(flatten)]
    pub trusting: Trusting,

    /// How it is asked for.
    #[command(flatten)]
    pub asking: Asking,

    /// Where it goes.
    #[command(flatten)]
    pub output: Listing,
}
