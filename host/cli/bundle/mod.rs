//! `gonogo bundle`: packing, carrying and signing what teams share.

mod show;

use std::path::{Path, PathBuf};

use super::{
    args::{self, Artifact, BundlePack, BundlePull, BundlePush, BundleSign, BundleVerify, Trusting},
    exit::Exit,
    failure::Failure,
    output::Output,
    supply::bar,
    write,
};
use crate::{
    domain::{SignaturePolicy, source::Reference},
    registry::{
        self, Local, Pulling, Whole, bundle,
        oci::artifact::Kind,
        signature::{self, Content, Signature, Trust},
    },
};

/// Where a project keeps who may sign.
const SIGNERS: &str = ".gonogo/allowed_signers";

/// Does what the arguments say.
pub fn bundle(command: &args::Bundle, verbose: u8) -> Result<Exit, Failure> {
    match command {
        args::Bundle::Pack(args) => pack(args)?,
        args::Bundle::Inspect(args) => show::inspect(args, verbose)?,
        args::Bundle::Push(args) => push(args)?,
        args::Bundle::Pull(args) => pull(args)?,
        args::Bundle::Sign(args) => sign(args)?,
        args::Bundle::Verify(args) => verify(args, verbose)?,
    }
    Ok(Exit::Go)
}

fn pack(args: &BundlePack) -> Result<(), Failure> {
    let cannot =
        |error: bundle::Error| failed(format!("cannot pack {}", args.folder.display()), error.into());
    // What it is called stands in the folder.
    let to = match &args.output {
        Some(path) => path.clone(),
        None => PathBuf::from(format!("{}.bundle", bundle::title(&args.folder).map_err(cannot)?)),
    };
    let unwritable = |error| Failure::usage(format!("cannot write {}", to.display())).cause(error);
    let mut whole = Whole::new(&to).map_err(unwritable)?;
    let manifest = bundle::pack(&args.folder, &mut whole.file).map_err(cannot)?;
    whole.finish().map_err(unwritable)?;
    // What is told is what a reader finds.
    let local = open(&to)?;
    say(&format!(
        "packed {}: {} {}, {} files, {} bytes, sha256:{}",
        to.display(),
        manifest.name,
        manifest.version,
        manifest.members.len(),
        local.size,
        local.sha256
    ))
}

fn push(args: &BundlePush) -> Result<(), Failure> {
    let reference = &args.reference;
    if reference.digest.is_some() {
        let message = format!(
            "cannot push to {reference}: what the digest of a manifest will be is not for us to choose"
        );
        return Err(Failure::usage(message).hint("name a tag: oci://HOST/NAME:TAG"));
    }
    let mut local = open(&args.file)?;
    let bar = bar("pushing", &args.file.display().to_string());
    let progress = |have, all: Option<u64>| {
        if let Some(all) = all {
            bar.set_length(all);
        }
        bar.set_position(have);
    };
    let pushed = registry::push(&mut local, reference, args.asking.insecure_http, &progress);
    bar.finish_and_clear();
    let artifact = pushed.map_err(|error| failed(format!("cannot push {}", args.file.display()), error))?;
    let pinned = Reference { digest: Some(artifact.manifest.clone()), ..reference.clone() };
    say(&format!("pushed {}: {pinned}, {} signatures", artifact.kind.name(), local.signatures.len()))
}

fn pull(args: &BundlePull) -> Result<(), Failure> {
    let reference = &args.reference;
    let options = Pulling {
        insecure_http: args.asking.insecure_http,
        signature: args.signature,
        trust: trust(&args.trusting)?,
    };
    let cannot = |error| failed(format!("cannot pull {reference}"), error);
    let to = match &args.output {
        Some(path) => path.clone(),
        // What it is decides what it is called.
        None => {
            usual(reference, registry::see(reference, options.insecure_http).map_err(cannot)?.artifact.kind)
        }
    };
    Output::find(Some(&to))?;
    let bar = bar("pulling", &reference.to_string());
    let progress = |have, all: Option<u64>| {
        if let Some(all) = all {
            bar.set_length(all);
        }
        bar.set_position(have);
    };
    let pulled = registry::pull(reference, &options, &to, &progress);
    bar.finish_and_clear();
    let pulled = pulled.map_err(cannot)?;
    let by = match (&pulled.signer, pulled.signatures) {
        (Some(signer), _) => format!("signed by {signer}"),
        (None, 0) => "not signed".to_owned(),
        (None, _) => "signed, but nobody said who may sign".to_owned(),
    };
    say(&format!(
        "pulled {} into {}: {} bytes, {}, manifest {}, {by}",
        pulled.artifact.kind.name(),
        to.display(),
        pulled.artifact.layer.size,
        pulled.artifact.layer.digest,
        pulled.artifact.manifest
    ))
}

/// What a file is called that comes from there.
fn usual(reference: &Reference, kind: Kind) -> PathBuf {
    let name = reference.repository.rsplit('/').next().unwrap_or_default();
    let tag = reference.tag.as_deref().map(|tag| format!("-{tag}")).unwrap_or_default();
    let end = match kind {
        Kind::Plugin => "wasm",
        Kind::Bundle => "bundle",
    };
    PathBuf::from(format!("{name}{tag}.{end}"))
}

fn sign(args: &BundleSign) -> Result<(), Failure> {
    let insecure = args.asking.insecure_http;
    match &args.artifact {
        Artifact::File(path) => {
            let mut local = open(path)?;
            let cannot = |error| failed(format!("cannot sign {}", path.display()), error);
            let armour = signature::sign(&args.key, &local.sha256).map_err(|error| cannot(error.into()))?;
            local.add(armour).map_err(cannot)?;
            say(&format!("signed {}: sha256:{}", path.display(), local.sha256))
        }
        Artifact::Registry(reference) => {
            let cannot = |error| failed(format!("cannot sign {reference}"), error);
            let seen = registry::see(reference, insecure).map_err(cannot)?;
            let sha256 = seen.content().sha256;
            let armour = signature::sign(&args.key, &sha256).map_err(|error| cannot(error.into()))?;
            registry::attach(reference, &seen.artifact, &armour, insecure).map_err(cannot)?;
            say(&format!("signed {reference}: manifest {}, sha256:{sha256}", seen.artifact.manifest))
        }
    }
}

fn verify(args: &BundleVerify, verbose: u8) -> Result<(), Failure> {
    let what = named(&args.artifact);
    let trust = trust(&args.trusting)?;
    let (signatures, content) = signed(&args.artifact, args.asking.insecure_http)?;
    let looked = signature::look(&signatures, &trust, &content);
    let judged = signature::judge(SignaturePolicy::Required, looked.clone(), &trust, &what);
    let verified = show::Verified::new(&what, &content, &looked, judged.is_ok());
    write(&args.output, verbose, &verified, |style| verified.as_text(style))?;
    judged.map(|_| ()).map_err(|error| failed(format!("cannot vouch for {what}"), error.into()))
}

/// The signatures of an artifact, and what they must be about.
fn signed(artifact: &Artifact, insecure_http: bool) -> Result<(Vec<Signature>, Content), Failure> {
    match artifact {
        Artifact::File(path) => {
            let local = open(path)?;
            Ok((local.signatures.clone(), local.content()))
        }
        Artifact::Registry(reference) => {
            let seen = registry::see(reference, insecure_http)
                .map_err(|error| failed(format!("cannot look at {reference}"), error))?;
            Ok((seen.signatures.clone(), seen.content()))
        }
    }
}

/// Who may sign, by all that the arguments name.
fn trust(args: &Trusting) -> Result<Trust, Failure> {
    let cannot = |error: signature::Error| failed("cannot tell who may sign".to_owned(), error.into());
    let usual = PathBuf::from(SIGNERS);
    let signers = args.signers.clone().or_else(|| usual.exists().then_some(usual));
    let mut trust = match &signers {
        Some(path) => Trust::in_file(path).map_err(cannot)?,
        None => Trust::default(),
    };
    if let Some(path) = &args.cosign_key {
        trust.cosign = Trust::in_file(path).map_err(cannot)?.cosign;
        if trust.cosign.is_none() {
            let message = format!("{} holds no public key of cosign", path.display());
            return Err(
                Failure::usage(message).hint("name cosign.pub, which begins with -----BEGIN PUBLIC KEY-----")
            );
        }
    }
    trust.principal.clone_from(&args.principal);
    Ok(trust)
}

fn open(path: &Path) -> Result<Local, Failure> {
    Local::open(path).map_err(|error| {
        let missing = matches!(&error, registry::Error::Unreadable { .. });
        let failure = failed(format!("cannot open {}", path.display()), error);
        // A file that is not there is wrong usage, one that is wrong is invalid.
        if missing { Failure { exit: Exit::Usage, ..failure } } else { failure }
    })
}

/// For people.
fn named(artifact: &Artifact) -> String {
    match artifact {
        Artifact::File(path) => path.display().to_string(),
        Artifact::Registry(reference) => reference.to_string(),
    }
}

fn failed(message: String, error: registry::Error) -> Failure {
    let hint = error.hint();
    let failure = Failure::invalid(message).cause(error);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn say(line: &str) -> Result<(), Failure> {
    Output::Standard.write(format!("{}\n", crate::domain::text::line(line, 2_000)).as_bytes())
}
