//! What is in an artifact, and what its signatures are worth.

use serde::Serialize;

use super::{Artifact, failed, named, open};
use crate::{
    cli::{args::BundleInspect, failure::Failure, output::Output, write},
    domain::{Value, text},
    registry::{
        self,
        bundle::Manifest,
        signature::{Content, Looked, Standing, statement},
    },
    report::{
        Style,
        layout::{ACTION, BAD, GOOD, STRONG, table},
        units,
    },
};

/// Most bytes of one cell.
const MOST: usize = 2_000;

/// What `bundle inspect` says.
#[derive(Debug, Serialize)]
struct Inspected {
    artifact: String,
    /// `plugin` or `bundle`.
    kind: &'static str,
    /// Of the content, which signatures are over.
    sha256: String,
    /// Bytes of the content.
    size: u64,
    /// Of its manifest in the registry.
    manifest: Option<String>,
    name: Option<String>,
    version: Option<String>,
    summary: Option<String>,
    members: Vec<Shown>,
    /// How many; `bundle verify` says what they are worth.
    signatures: usize,
}

#[derive(Debug, Serialize)]
struct Shown {
    /// `plugins`, `profiles` or `documentation`.
    sort: &'static str,
    name: Option<String>,
    file: String,
    sha256: String,
    size: u64,
}

/// Prints what is in an artifact, or one file of it.
pub fn inspect(args: &BundleInspect, verbose: u8) -> Result<(), Failure> {
    if let Some(member) = &args.member {
        return take_out(args, member);
    }
    let artifact = named(&args.artifact);
    let inspected = match &args.artifact {
        Artifact::File(path) => {
            let local = open(path)?;
            let sha256 = local.sha256.clone();
            let (kind, size, signatures) = (local.kind().name(), local.size, local.signatures.len());
            Inspected { artifact, kind, sha256, size, manifest: None, signatures, ..of(local.manifest()) }
        }
        Artifact::Registry(reference) => {
            let seen = registry::see(reference, args.asking.insecure_http)
                .map_err(|error| failed(format!("cannot look at {reference}"), error))?;
            let in_it = of(seen.manifest.as_ref());
            Inspected {
                artifact,
                kind: seen.artifact.kind.name(),
                sha256: seen.content().sha256,
                size: seen.artifact.layer.size,
                manifest: Some(seen.artifact.manifest.clone()),
                version: in_it.version.clone().or_else(|| seen.artifact.version.clone()),
                signatures: seen.signatures.len(),
                ..in_it
            }
        }
    };
    write(&args.output, verbose, &inspected, |style| inspected.as_text(style))
}

/// Writes one file of a bundle, as it is.
fn take_out(args: &BundleInspect, member: &str) -> Result<(), Failure> {
    let Artifact::File(path) = &args.artifact else {
        let message = format!("cannot take {member} out of {}: it is in a registry", named(&args.artifact));
        return Err(Failure::usage(message).hint("pull it first: gonogo bundle pull REF -o FILE"));
    };
    let output = Output::find(args.output.output.as_deref())?;
    let mut bytes = Vec::new();
    open(path)?
        .member(member, &mut bytes)
        .map_err(|error| failed(format!("cannot take {member} out of {}", path.display()), error))?;
    output.write(&bytes)
}

/// What a manifest says; the rest is for whoever knows it.
fn of(manifest: Option<&Manifest>) -> Inspected {
    let members = manifest.iter().flat_map(|manifest| &manifest.members);
    let members = members.map(|member| Shown {
        sort: member.sort.key(),
        name: member.name.clone(),
        file: member.file.clone(),
        sha256: member.sha256.clone(),
        size: member.size,
    });
    Inspected {
        artifact: String::new(),
        kind: "",
        sha256: String::new(),
        size: 0,
        manifest: None,
        name: manifest.map(|manifest| manifest.name.clone()),
        version: manifest.map(|manifest| manifest.version.clone()),
        summary: manifest.and_then(|manifest| manifest.summary.clone()),
        members: members.collect(),
        signatures: 0,
    }
}

impl Inspected {
    fn as_text(&self, style: &Style) -> String {
        let title = [self.name.as_deref(), self.version.as_deref()].into_iter().flatten();
        let title = title.collect::<Vec<_>>().join(" ");
        let title = if title.is_empty() { &self.artifact } else { &title };
        let mut out = format!("{}\n", style.paint(STRONG, &text::line(title, MOST)));
        let bytes = |size: u64| units::value(&Value::from(size), Some("B"));
        let mut rows = vec![
            ["  artifact".to_owned(), self.artifact.clone()],
            ["  kind".to_owned(), self.kind.to_owned()],
            ["  sha256".to_owned(), self.sha256.clone()],
            ["  size".to_owned(), format!("{} ({} bytes)", bytes(self.size), self.size)],
        ];
        rows.extend(self.manifest.iter().map(|digest| ["  manifest".to_owned(), digest.clone()]));
        rows.extend(self.summary.iter().map(|summary| ["  summary".to_owned(), summary.clone()]));
        rows.push(["  signatures".to_owned(), self.signatures.to_string()]);
        for member in &self.members {
            let name = member.name.as_ref().map(|name| format!("{name} = ")).unwrap_or_default();
            rows.push([
                format!("  {}", member.sort),
                format!("{name}{}, {}, sha256 {}", member.file, bytes(member.size), member.sha256),
            ]);
        }
        let rows = rows.iter().map(|row| [0, 1].map(|at| text::line(&row[at], MOST))).collect::<Vec<_>>();
        for line in table(&rows, [Some(ACTION), None], style) {
            out += &format!("{line}\n");
        }
        out
    }
}

/// What `bundle verify` says.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the field is the one word that scripts look for")]
pub struct Verified {
    artifact: String,
    /// Of the content, which signatures are over.
    sha256: String,
    /// Of its manifest in the registry.
    manifest: Option<String>,
    /// The bytes that SSH signatures are over.
    statement: String,
    /// Whether somebody who may sign has signed it, and no signature is wrong.
    verified: bool,
    signatures: Vec<One>,
}

#[derive(Debug, Serialize)]
struct One {
    /// `ssh` or `cosign`.
    kind: &'static str,
    fingerprint: Option<String>,
    /// `good`, `unnamed`, `foreign` or `wrong`.
    standing: &'static str,
    signer: Option<String>,
    /// Why it does not count.
    why: Option<String>,
}

impl Verified {
    /// All signatures of an artifact, each with what it is worth.
    pub fn new(artifact: &str, content: &Content, looked: &[Looked], verified: bool) -> Self {
        let one = |looked: &Looked| {
            let (standing, signer, why) = match &looked.standing {
                Standing::Good(signer) => ("good", Some(signer.principal.clone()), None),
                Standing::Unnamed => ("unnamed", None, Some("nobody said who may sign".to_owned())),
                Standing::Foreign(fault) => ("foreign", None, Some(fault.to_string())),
                Standing::Wrong(fault) => ("wrong", None, Some(fault.to_string())),
            };
            One { kind: looked.kind, fingerprint: looked.fingerprint.clone(), standing, signer, why }
        };
        Self {
            artifact: artifact.to_owned(),
            sha256: content.sha256.clone(),
            manifest: content.manifest.clone(),
            statement: statement(&content.sha256),
            verified,
            signatures: looked.iter().map(one).collect(),
        }
    }

    /// For people.
    pub fn as_text(&self, style: &Style) -> String {
        let (colour, word) = if self.verified { (GOOD, "verified") } else { (BAD, "not verified") };
        let head = format!("{}  {}  sha256:{}", style.paint(colour, word), self.artifact, self.sha256);
        let mut out = format!("{head}\n");
        for one in &self.signatures {
            let by = one.signer.as_deref().or(one.why.as_deref()).unwrap_or_default();
            let key = one.fingerprint.as_deref().unwrap_or("key unknown");
            out +=
                &format!("  {}\n", text::line(&format!("{} {}: {by} ({key})", one.kind, one.standing), MOST));
        }
        out
    }
}
