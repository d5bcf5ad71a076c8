//! Artifacts in files: a bundle, which carries its signatures, or a component with its signatures in `FILE.sig` beside it.

use std::{
    fs::File,
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use super::{
    Error, Whole,
    bundle::{Bundle, Manifest, signatures_archive},
    digest,
    oci::artifact::{self, Kind},
    signature::{Content, Signature},
};
use crate::domain::limits::{SIGNATURE_BYTES, SIGNATURES};

/// How a component and a core module begin.
const WASM: &[u8] = b"\0asm";

/// How a component goes on.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// How the armour of a signature ends.
const ARMOUR_ENDS: &str = "-----END SSH SIGNATURE-----";

/// An artifact in a file, read once and found to be what it should be.
#[derive(Debug)]
pub struct Local {
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of the content, lower-case hex.
    pub sha256: String,
    /// Bytes of the content.
    pub size: u64,
    /// What it carries, or what is beside it.
    pub signatures: Vec<Signature>,
    form: Form,
}

/// What is in the file.
#[derive(Debug)]
enum Form {
    /// A component.
    Component(Vec<u8>),
    /// A bundle.
    Bundle(Box<Bundle<File>>),
}

impl Local {
    /// Opens the artifact in a file.
    ///
    /// # Errors
    /// Where it cannot be read, or is neither a component nor a bundle as it must be.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let unreadable = |source| Error::Unreadable { path: path.to_owned(), source };
        // Opening a FIFO would wait for whoever writes into it.
        if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err(unreadable(io::Error::other("it is no file")));
        }
        let mut file = File::open(path).map_err(unreadable)?;
        let mut start = Vec::new();
        (&mut file).take(WASM.len() as u64).read_to_end(&mut start).map_err(unreadable)?;
        file.rewind().map_err(unreadable)?;
        let (path_text, path) = (path.display().to_string(), path.to_owned());
        if start != WASM {
            let mut bundle = Box::new(Bundle::open(file, &path_text)?);
            let signatures = std::mem::take(&mut bundle.signatures);
            let (sha256, size) = (bundle.sha256.clone(), bundle.size);
            return Ok(Self { path, sha256, size, signatures, form: Form::Bundle(bundle) });
        }
        let bytes = super::read(&path)?;
        if !bytes.starts_with(COMPONENT) {
            return Err(Error::NoPlugin(path_text));
        }
        let signatures = beside(&path)?;
        let (sha256, size) = (digest(&bytes), bytes.len() as u64);
        Ok(Self { path, sha256, size, signatures, form: Form::Component(bytes) })
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        match self.form {
            Form::Component(_) => Kind::Plugin,
            Form::Bundle(_) => Kind::Bundle,
        }
    }

    /// What signatures of it must be about.
    pub fn content(&self) -> Content {
        Content { sha256: self.sha256.clone(), manifest: None }
    }

    /// What is in it, where it is a bundle.
    pub fn manifest(&self) -> Option<&Manifest> {
        match &self.form {
            Form::Component(_) => None,
            Form::Bundle(bundle) => Some(&bundle.manifest),
        }
    }

    /// What it calls its version; a component says so only to whom runs it.
    pub fn version(&self) -> Option<String> {
        self.manifest().map(|manifest| manifest.version.clone())
    }

    /// The plugin of that name, or the only one.
    ///
    /// # Errors
    /// Where there is none, or the file changed.
    pub fn component(&mut self, name: &str) -> Result<Vec<u8>, Error> {
        match &mut self.form {
            Form::Component(bytes) => Ok(std::mem::take(bytes)),
            Form::Bundle(bundle) => Ok(bundle.plugin(name)?),
        }
    }

    /// Writes the bytes of one file of a bundle into something.
    ///
    /// # Errors
    /// Where there is none, or the bundle changed.
    pub fn member(&mut self, file: &str, into: &mut impl Write) -> Result<(), Error> {
        match &mut self.form {
            Form::Component(_) => Err(Error::Bundle(super::bundle::Error::Absent {
                what: self.path.display().to_string(),
                wanted: format!("file '{file}'"),
                has: "nothing but itself, as it is a component and no bundle".to_owned(),
            })),
            Form::Bundle(bundle) => Ok(bundle.member(file, into)?),
        }
    }

    /// What describes it in a registry.
    pub(super) fn config(&self) -> Result<Vec<u8>, Error> {
        match &self.form {
            Form::Component(bytes) => {
                let (imports, exports) =
                    interfaces(bytes).ok_or_else(|| Error::NoPlugin(self.path.display().to_string()))?;
                Ok(artifact::wasm_config(&self.sha256, &imports, &exports))
            }
            Form::Bundle(bundle) => Ok(bundle.text.clone().into_bytes()),
        }
    }

    /// The content, from its beginning.
    pub(super) fn bytes(&mut self) -> Result<Box<dyn Read + '_>, Error> {
        match &mut self.form {
            Form::Component(bytes) => Ok(Box::new(bytes.as_slice())),
            Form::Bundle(bundle) => Ok(Box::new(bundle.content()?)),
        }
    }

    /// Keeps one more signature: in the bundle, or beside the component.
    ///
    /// # Errors
    /// Where there are too many, or the file cannot be written.
    pub fn add(&mut self, armour: String) -> Result<(), Error> {
        let too_many =
            || io::Error::other(format!("it has {SIGNATURES} signatures, which is all that is looked at"));
        let path = self.path.clone();
        let failed =
            |source| Error::Bundle(super::bundle::Error::Io { tried: "write", path: path.clone(), source });
        if self.signatures.len() >= SIGNATURES {
            return Err(failed(too_many()));
        }
        self.signatures.push(Signature::Ssh(armour));
        let signatures = self.signatures.clone();
        match self.kind() {
            Kind::Plugin => write_beside(&path, &signatures),
            Kind::Bundle => {
                let mut whole = Whole::new(&path).map_err(failed)?;
                io::copy(&mut self.bytes()?, &mut whole.file).map_err(failed)?;
                whole.file.write_all(&signatures_archive(&signatures)).map_err(failed)?;
                whole.finish().map_err(failed)
            }
        }
    }
}

/// Where the signatures of a component are.
fn signature_file(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}

/// The signatures beside a component, one after another.
fn beside(path: &Path) -> Result<Vec<Signature>, Error> {
    let path = signature_file(path);
    let unreadable = |source| Error::Unreadable { path: path.clone(), source };
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        file => file.map_err(unreadable)?,
    };
    let most = SIGNATURES * SIGNATURE_BYTES;
    let mut text = String::new();
    file.take(most as u64 + 1).read_to_string(&mut text).map_err(unreadable)?;
    let armours = text.split_inclusive(ARMOUR_ENDS).filter(|armour| !armour.trim().is_empty());
    let signatures = armours.map(|armour| Signature::Ssh(armour.trim_start().to_owned())).collect::<Vec<_>>();
    if text.len() > most || signatures.len() > SIGNATURES {
        return Err(unreadable(io::Error::other(format!("it has more than {SIGNATURES} signatures"))));
    }
    Ok(signatures)
}

/// Puts signatures beside a component; where there are none, none stay there that were somebody else's.
pub(super) fn write_beside(path: &Path, signatures: &[Signature]) -> Result<(), Error> {
    let path = signature_file(path);
    let failed =
        |source| Error::Bundle(super::bundle::Error::Io { tried: "write", path: path.clone(), source });
    let armours = signatures.iter().filter_map(|signature| match signature {
        Signature::Ssh(armour) => Some(format!("{}\n", armour.trim())),
        Signature::Cosign { .. } => None,
    });
    let text = armours.collect::<String>();
    if text.is_empty() {
        return match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        };
    }
    let mut whole = Whole::new(&path).map_err(failed)?;
    whole.file.write_all(text.as_bytes()).map_err(failed)?;
    whole.finish().map_err(failed)
}

/// What a component imports and exports.
fn interfaces(bytes: &[u8]) -> Option<(Vec<String>, Vec<String>)> {
    let Ok(wit_component::DecodedWasm::Component(resolve, world)) = wit_component::decode(bytes) else {
        return None;
    };
    let world = &resolve.worlds[world];
    let names = |items: &mut dyn Iterator<Item = &wit_parser::WorldKey>| {
        items.map(|key| resolve.name_world_key(key)).collect::<Vec<_>>()
    };
    Some((names(&mut world.imports.keys()), names(&mut world.exports.keys())))
}
