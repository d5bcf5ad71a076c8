//! Core modules of compilers that know nothing of components -> component: the contract is described in them, and what imports WASI preview 1 gets the adapter.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use include_dir::{Dir, include_dir};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::{Error, io};

/// The contract: every SDK makes its bindings from it.
pub static CONTRACT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/wit");

/// The world that a plugin's module is of.
const WORLD: &str = "plugin";

/// Makes the component of a core module that a compiler left in `file`. The contract is that in the plugin's folder, from which its bindings were made; without one, this program's.
pub fn componentize(folder: &Path, file: &Path, scratch: &Scratch) -> Result<Vec<u8>, Error> {
    let core = fs::read(file).map_err(io("read", file.display()))?;
    let own = folder.join("wit");
    let contract = if own.is_dir() { own } else { scratch.contract()? };
    encode(core, &contract).map_err(|why| Error::NotAPlugin(file.to_owned(), why))
}

fn encode(mut core: Vec<u8>, contract: &Path) -> Result<Vec<u8>, String> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(contract).map_err(|error| format!("{error:#}"))?;
    let world = resolve.select_world(&[package], Some(WORLD)).map_err(|error| format!("{error:#}"))?;
    embed_component_metadata(&mut core, &resolve, world, StringEncoding::UTF8)
        .map_err(|error| format!("{error:#}"))?;
    // The adapter goes into the component only where the module imports WASI.
    let encoder = ComponentEncoder::default().validate(true).module(&core).and_then(|encoder| {
        encoder.adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER)
    });
    encoder.and_then(|mut encoder| encoder.encode()).map_err(|error| format!("{error:#}"))
}

/// A directory for what a build leaves on its way, removed afterwards: nothing of it gets into the plugin's folder.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes one.
    ///
    /// # Errors
    /// Where the system's directory for temporary files cannot be written to.
    pub fn new() -> Result<Self, Error> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("gonogo-build-{}-{number}", std::process::id()));
        // Not `create_dir_all`: what somebody else has put there is not ours.
        fs::create_dir(&path).map_err(io("make", path.display()))?;
        Ok(Self(path))
    }

    /// A place in it.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }

    /// The contract of this program, as files.
    fn contract(&self) -> Result<PathBuf, Error> {
        let folder = self.join("wit");
        fs::create_dir_all(&folder).map_err(io("make", folder.display()))?;
        CONTRACT.extract(&folder).map_err(io("write", folder.display()))?;
        Ok(folder)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever cleans temporary directories.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Where a program is: in the virtual environment of the plugin's folder, else on the PATH.
pub fn places(folder: &Path, program: &str) -> [PathBuf; 2] {
    [folder.join(".venv/bin").join(program), program.into()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_becomes_a_component_with_what_it_imports_and_no_more() {
        let scratch = Scratch::new().unwrap();
        let module = r#"(module
            (import "gonogo:plugin/clock@0.1.0" "now" (func (result f64)))
            (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
            (func (export "gonogo:plugin/checks@0.1.0#describe") (result i32) unreachable)
            (func (export "gonogo:plugin/checks@0.1.0#run") (param i32 i32 i32 i32) (result i32) unreachable))"#;
        let file = scratch.join("core.wasm");
        fs::write(&file, wat::parse_str(module).unwrap()).unwrap();
        let component = componentize(Path::new("/nowhere"), &file, &scratch).unwrap();
        let has = |text: &str| component.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(has("gonogo:plugin/clock@0.1.0") && has("gonogo:plugin/checks@0.1.0"));
        assert!(!has("gonogo:plugin/files@0.1.0") && !has("wasi:"));
    }

    #[test]
    fn a_module_without_the_exports_is_no_plugin_and_the_scratch_directory_goes() {
        let scratch = Scratch::new().unwrap();
        let place = scratch.join("");
        let file = scratch.join("core.wasm");
        fs::write(&file, wat::parse_str("(module)").unwrap()).unwrap();
        let error = componentize(Path::new("/nowhere"), &file, &scratch).unwrap_err();
        assert!(matches!(error, Error::NotAPlugin(_, _)), "{error}");
        assert!(error.to_string().contains("core.wasm is no plugin"), "{error}");
        drop(scratch);
        assert!(!place.exists());
    }
}
